"""A proved bound: what could be earned if each path of demand were known before the first run.

At prices of capacity the SKUs part, and with foresight so do the paths. One SKU on one path is
lot sizing with lost sales and no capacity, solved exactly by a dynamic programme over cycles: in
an optimal solution nothing is in stock when a run arrives (a concave-cost flow has a tree as its
solution), so that one run serves a cycle and each unit is either served by it or lost. MOQs,
multiples, largest lots and the set-ups of groups and pre-packs are left out, which can only raise
the value. The price of not knowing the demand is part of the gap, so the bound is loose where
demand is uncertain; for one path it is the usual Lagrangian bound.
"""

import numpy as np

from c2m.production.lotsizing.dp import BlockView, run_costs, units_of
from c2m.production.lotsizing.prices import dual_value
from c2m.production.lotsizing.stochastic.paths import (
    PathCase,
    parts_of,
    path_values,
    units_lost,
)
from c2m.production.problem import FloatArray, Problem

_SCALES = (1.0, 0.8, 1.25, 0.6, 1.6, 0.4, 2.5)
"""Multiples of the heuristic's prices at which the bound is tried; every price gives one."""


def is_bounded(problem: Problem) -> bool:
    """Say whether making only for the end value never pays, so that the bound is finite.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        True where no end value is above the least that a unit costs.
    """
    return bool(np.all(problem.end_value <= least_cost(problem) + problem.holding_cost))


def least_cost(problem: Problem) -> FloatArray:
    """Return the least that a good unit of each SKU costs, extra costs included, (n_skus,).

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_skus,)
        Money; an extra cost of a pack is borne by its SKUs in equal parts a piece.
    """
    if not problem.items.has_extra:
        return problem.unit_cost
    pieces = np.bincount(problem.block_of, units_of(problem), problem.n_blocks)
    extra = problem.items.extra.min(axis=1) / problem.good_share
    least = np.full(problem.n_blocks, np.inf)
    np.minimum.at(least, problem.items.block, extra)
    return np.asarray(problem.unit_cost + (least / pieces)[problem.block_of])


def foresight_bound(
    problem: Problem, view: BlockView, prices: FloatArray, without: FloatArray
) -> float:
    """Return a proved upper bound on the expected profit.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_bounded` holds.
    view : BlockView
        Its blocks.
    prices : ndarray, shape (n_lines, n_periods)
        Prices to scale, money per unit of capacity.
    without : ndarray, shape (n_blocks,)
        Profit of each block when nothing is made.

    Returns
    -------
    float
        Money.
    """
    gain = (problem.price + problem.penalty)[:, None]
    holding_cost = problem.holding_cost[:, None]
    costs = [cheapest_runs(problem, view, prices * scale) for scale in _SCALES]
    gained = np.zeros(len(_SCALES))
    for part in parts_of(problem.net.shape):
        case = PathCase(units_lost(problem.net[:, part]), gain[part], holding_cost[part])
        for number, (fixed, each) in enumerate(costs):
            value = path_values(case, each[:, part, None], fixed[:, part, None])
            gained[number] += float(value.mean(axis=1).sum())
    charged = [dual_value(problem, prices * scale, without) for scale in _SCALES]
    return min(map(sum, zip(charged, gained.tolist(), strict=True)))


def cheapest_runs(
    problem: Problem, view: BlockView, prices: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the least that a run costs by the period in which it arrives.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    setup, unit : ndarray, shape (n_periods, n_skus)
        Money per run, 0 for the SKUs of packs, and per unit; 1e30 where no run can arrive.
    """
    fixed, each = run_costs(problem, view, prices)
    members = np.bincount(problem.block_of, minlength=problem.n_blocks)
    setup = np.where(members[None, :] == 1, fixed.min(axis=2), 0.0)
    setup = np.where(np.isfinite(each).any(axis=2), setup, 1e30)
    pieces = np.bincount(problem.block_of, units_of(problem), problem.n_blocks)
    capacity = (each.min(axis=2) - view.unit_cost) / pieces
    unit = problem.unit_cost + np.where(np.isfinite(capacity), capacity, 1e30)[:, problem.block_of]
    return setup[:, problem.block_of], unit
