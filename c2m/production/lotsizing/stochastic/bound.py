"""The proved bound under uncertain demand: prices of scenarios and of capacity, in turn.

The prices of capacity that the plan's columns give are not those at which the bound is the least.
After some steps of the scenarios' prices, the capacity that the relaxed plans take on average is
the slope of the bound in the prices of capacity: these go a step down it, and the scenarios'
prices go on from where they were. The least bound of all counts.
"""

import numpy as np

from c2m.production.evaluate import arrivals
from c2m.production.lotsizing.dp import BlockView, run_costs, units_of
from c2m.production.lotsizing.foresight import cheapest_runs
from c2m.production.lotsizing.prices import Pool, dual_value, reduced_values
from c2m.production.lotsizing.stochastic.multipliers import (
    Ascent,
    SkuCosts,
    scenario_bound,
)
from c2m.production.lotsizing.stochastic.paths import parts_of
from c2m.production.problem import FloatArray, Problem

_FIRST = 60
"""Steps of the scenarios' prices before the first step of the prices of capacity."""

_NEXT = 20
"""Steps between two of the latter, and after the last one."""

_TURNS = 6
"""Steps of the prices of capacity."""

_STEP = 0.04
"""Share of the gap that a step of the prices of capacity would close if the bound were linear."""

_HELD = 4_000_000
"""SKUs times periods times scenarios up to which the prices of all paths are kept in memory."""

_ALONE = 50
"""Steps of the scenarios' prices in larger problems, where capacity keeps its prices."""


def scenario_price_bound(
    problem: Problem, view: BlockView, pool: Pool, prices: FloatArray, value: float
) -> float:
    """Return a proved upper bound on the expected profit.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_bounded` holds.
    view : BlockView
        Its blocks.
    pool : Pool
        Columns; the best at any prices tell how far the bound may fall.
    prices : ndarray, shape (n_lines, n_periods)
        Prices of capacity to begin with.
    value : float
        Profit of a plan.

    Returns
    -------
    float
        Money.
    """
    costs, without = sku_costs(problem, view, pool, prices), pool.value[0]
    parts = parts_of(problem.net.shape)
    if problem.net.size > _HELD:
        return dual_value(problem, prices, without) + float(scenario_bound(costs, _ALONE).sum())
    ascents = [Ascent(costs.take(part)) for part in parts]
    best = np.inf
    for turn in range(_TURNS + 1):
        gained = sum(float(ascent.run(_NEXT if turn else _FIRST).sum()) for ascent in ascents)
        bound = dual_value(problem, prices, without) + gained
        best = min(best, bound)
        if turn == _TURNS:
            break
        slope = capacity_slope(problem, view, prices, ascents)
        prices = _lower(prices, slope, bound - value)
        costs = sku_costs(problem, view, pool, prices)
        for part, ascent in zip(parts, ascents, strict=True):
            ascent.charge(costs.each[:, part], costs.fixed[:, part], costs.target[part])
    return best


def sku_costs(problem: Problem, view: BlockView, pool: Pool, prices: FloatArray) -> SkuCosts:
    """Return what the bound needs at prices of capacity.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    pool : Pool
        Columns, of which the best at the prices are the targets.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    SkuCosts
        Of all SKUs.
    """
    reduced = reduced_values(problem, pool, prices)
    made = pool.pick(problem, reduced.argmax(axis=0))
    fixed, each = cheapest_runs(problem, view, prices)
    members = np.bincount(problem.block_of, minlength=problem.n_blocks)
    target = (reduced.max(axis=0) - reduced[0]) / members
    return SkuCosts(
        problem.net,
        problem.price + problem.penalty,
        problem.holding_cost,
        problem.end_value,
        each,
        fixed,
        arrivals(problem, made).cumsum(axis=1),
        target[problem.block_of],
    )


def capacity_slope(
    problem: Problem, view: BlockView, prices: FloatArray, ascents: list[Ascent]
) -> FloatArray:
    """Return how the bound changes with the prices of capacity.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    prices : ndarray, shape (n_lines, n_periods)
        Prices of capacity, at which the ascents ran.
    ascents : list of Ascent
        Of all SKUs, in their order.

    Returns
    -------
    ndarray, shape (n_lines, n_periods)
        Capacity that is left over, below 0 where more is taken.
    """
    units = np.concatenate([ascent.units for ascent in ascents], axis=1)  # [H, N]
    runs = np.concatenate([ascent.runs for ascent in ascents], axis=1)
    pieces = np.bincount(problem.block_of, units_of(problem), problem.n_blocks)
    begun, started = _by_block(problem, units) / pieces, _by_block(problem, runs)
    packs = np.bincount(problem.block_of, minlength=problem.n_blocks) > 1
    started[:, packs] = 0.0  # the bound leaves their set-ups out
    fixed, each = run_costs(problem, view, prices)
    over = prices > problem.overtime_cost[:, None]
    left = problem.regular + np.where(over, problem.overtime, 0.0)
    time = problem.items.unit_time / problem.good_share
    for amount, cost, weight in ((begun, each, time), (started, fixed, problem.items.setup_time)):
        arrival, block = np.nonzero((amount > 0) & np.isfinite(cost).any(axis=2))
        item = view.item_at[block, cost[arrival, block].argmin(axis=1)]
        when = arrival - problem.items.lead[item]
        taken = amount[arrival, block] * weight[item]
        np.subtract.at(left, (problem.items.line[item], when), taken)
    return left


def _by_block(problem: Problem, amount: FloatArray) -> FloatArray:
    """Return the sums over the SKUs of every block, (n_periods, n_blocks)."""
    return np.stack([np.bincount(problem.block_of, each, problem.n_blocks) for each in amount])


def _lower(prices: FloatArray, slope: FloatArray, gap: float) -> FloatArray:
    """Return prices a step down the slope."""
    slope = np.where((prices <= 0) & (slope > 0), 0.0, slope)
    size = float((slope * slope).sum())
    step = _STEP * gap / size if size > 0 else 0.0
    return np.maximum(prices - step * slope, 0.0)
