"""Runs of every block by itself, once capacity has a price: a dynamic programme over run periods.

A cycle runs from the period in which one run arrives to the period before the next arrives. Its
level y (units that runs have brought so far) stays the same through it. With M the running
maximum of the net demand inside the cycle, less what was lost before it under a reference plan,
the units lost in the cycle are max(0, M - y), so that the best level is a quantile of M: the
newsvendor's critical ratio, with the next run's unit cost as the worth of what is left. What was
lost before is taken from the reference, because it must not be counted once in every cycle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import charges, setup_charges
from c2m.production.problem import FloatArray, IntArray, Problem

_NEVER = -1e30
"""Value of what cannot be chosen."""


@dataclass(frozen=True)
class BlockView:
    """Every block as if it were one article, counted in its good units or packs.

    Parameters
    ----------
    gain, unit_cost, end_value, holding_cost : ndarray, shape (n_blocks,)
        Money per unit or pack; gain is price and lost-sale penalty.
    net : ndarray, shape (n_periods, n_blocks, n_scenarios)
        See `Problem.net`. Of a pack: the mean over its SKUs, weighted by what they earn.
    mean_net : ndarray, shape (n_periods, n_blocks)
        Its mean over the scenarios.
    item_at : ndarray of int, shape (n_blocks, n_slots)
        The items of each block; -1 where there are fewer.
    """

    gain: FloatArray
    unit_cost: FloatArray
    end_value: FloatArray
    holding_cost: FloatArray
    net: FloatArray
    mean_net: FloatArray
    item_at: IntArray


@dataclass(frozen=True)
class _Arcs:
    """The best choice at each arrival period: arrays of shape (n_periods, n_blocks)."""

    value: FloatArray
    until: IntArray
    level: FloatArray
    item: IntArray


def block_view(problem: Problem) -> BlockView:
    """Return every block as one article.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    BlockView
        The blocks; of single SKUs without a copy of the scenarios.
    """
    item_at = _item_table(problem)
    units, counts = units_of(problem), np.bincount(problem.block_of, minlength=problem.n_blocks)
    gain = problem.price + problem.penalty

    def _total(values: FloatArray) -> FloatArray:
        return np.bincount(problem.block_of, values * units, problem.n_blocks).astype(np.float64)

    net = problem.net
    if counts.max() > 1 or not np.array_equal(problem.block_of, np.arange(problem.n_blocks)):
        weight = np.maximum(gain, 1e-9) * units
        weight /= np.bincount(problem.block_of, weight, problem.n_blocks)[problem.block_of]
        net = np.zeros((problem.n_periods, problem.n_blocks, problem.n_scenarios))
        for sku, block in enumerate(problem.block_of):
            net[:, block] += problem.net[:, sku] * (weight[sku] / units[sku])
    return BlockView(
        _total(gain),
        _total(problem.unit_cost),
        _total(problem.end_value),
        _total(problem.holding_cost),
        net,
        net.mean(axis=2),
        item_at,
    )


def units_of(problem: Problem) -> FloatArray:
    """Return the units of each SKU in one good unit or pack of its block.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_skus,)
        Units.
    """
    units = np.ones(problem.n_skus)
    units[problem.members.sku] = problem.members.pieces
    return units


def run_costs(
    problem: Problem, view: BlockView, prices: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what a run costs by the period in which it arrives.

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
    fixed, each : ndarray, shape (n_periods, n_blocks, n_slots)
        Money per run, and per good unit or pack; infinite where there is no run.
    """
    ways = _Ways(problem, view, prices)
    return ways.fixed, ways.each


def _item_table(problem: Problem) -> IntArray:
    block = problem.items.block
    slot = np.arange(len(block)) - np.searchsorted(block, block)
    table = np.full((problem.n_blocks, int(slot.max()) + 1), -1, dtype=np.int64)
    table[block, slot] = np.arange(len(block))
    return table


def best_runs(
    problem: Problem, view: BlockView, prices: FloatArray, lost: FloatArray | None
) -> IntArray:
    """Return the runs of every block at given prices of capacity.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    lost : ndarray, shape (n_periods, n_blocks, n_scenarios), optional
        Units lost so far under the reference plan; none unless given.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Units or packs made; every run obeys its own limits, not the capacity.
    """
    ways = _Ways(problem, view, prices)
    arcs = _solve(problem, view, ways, lost)
    return _walk(problem, arcs, _first_arrival(problem, view, ways, arcs))


class _Ways:
    """Cost and limits of a run by arrival period: shape (n_periods, n_blocks, n_slots)."""

    def __init__(self, problem: Problem, view: BlockView, prices: FloatArray) -> None:
        items, n_periods = problem.items, problem.n_periods
        share = problem.good_share
        fixed = setup_charges(problem, prices)  # [J, H]
        each = view.unit_cost[items.block][:, None] + charges(problem, prices) / share[:, None]
        shape = (n_periods, *view.item_at.shape)
        self.fixed, self.each = np.full(shape, np.inf), np.full(shape, np.inf)
        self.most = np.zeros(shape)
        for slot, item in enumerate(view.item_at.T):
            rows = np.flatnonzero(item >= 0)
            for step in range(n_periods):
                made = step - items.lead[item[rows]]
                can = (made >= 0) & (items.most[item[rows], np.maximum(made, 0)] > 0)
                block, which, when = rows[can], item[rows][can], made[can]
                self.fixed[step, block, slot] = fixed[which, when]
                self.each[step, block, slot] = each[which, when]
                self.most[step, block, slot] = items.most[which, when] * share[which]
        self.moq = np.where(view.item_at >= 0, (items.moq * share)[view.item_at], 0.0)
        self.cheapest = self.each.min(axis=2)  # [H, B]
        self.worth = np.concatenate([self.cheapest, view.end_value[None]])  # of a unit left at t


@dataclass(frozen=True)
class _Cycle:
    """One cycle of every block: periods start to stop - 1; arrays of shape (n_blocks, ...)."""

    start: int
    stop: int
    slot: IntArray  # which of the block's items makes its run
    worst: FloatArray  # [B, S] largest net demand in it, less what was lost before
    before: FloatArray  # mean net demand before it, less what was lost
    after: FloatArray  # the same at its end
    needed: FloatArray  # the same, summed over its periods


def _solve(problem: Problem, view: BlockView, ways: _Ways, lost: FloatArray | None) -> _Arcs:
    """Work backwards over the arrival periods; value[t] includes all later cycles."""
    n_periods, n_blocks = problem.n_periods, problem.n_blocks
    arcs = _Arcs(
        value=np.full((n_periods + 1, n_blocks), _NEVER),
        until=np.zeros((n_periods, n_blocks), dtype=np.int64),
        level=np.zeros((n_periods, n_blocks)),
        item=np.zeros((n_periods, n_blocks), dtype=np.int64),
    )
    arcs.value[n_periods] = 0.0
    for start in range(n_periods - 1, -1, -1):
        if not np.isfinite(ways.cheapest[start]).any():
            continue
        for cycle in _cycles(problem, view, ways, start, lost):
            level, gain = _best_level(view, ways, cycle)
            total = gain + arcs.value[cycle.stop]
            better = total > arcs.value[start]
            item = np.take_along_axis(view.item_at, cycle.slot[:, None], axis=1)[:, 0]
            arcs.value[start, better] = total[better]
            arcs.until[start, better] = cycle.stop
            arcs.level[start, better] = level[better]
            arcs.item[start, better] = item[better]
    return arcs


def _cycles(
    problem: Problem, view: BlockView, ways: _Ways, start: int, lost: FloatArray | None
) -> Iterator[_Cycle]:
    """Yield the cycles that begin in one period, the shortest first."""
    n_blocks = problem.n_blocks
    gone = np.zeros((n_blocks, 1)) if start == 0 or lost is None else lost[start - 1]
    gone_mean = gone.mean(axis=1)
    before = (view.mean_net[start - 1] if start else np.zeros(n_blocks)) - gone_mean
    worst = np.full((n_blocks, problem.n_scenarios), -np.inf)
    needed = np.zeros(n_blocks)
    for stop in range(start + 1, problem.n_periods + 1):
        worst = np.maximum(worst, view.net[stop - 1] - gone)
        after = view.mean_net[stop - 1] - gone_mean
        needed = needed + after
        if stop < problem.n_periods and not np.isfinite(ways.cheapest[stop]).any():
            continue
        slot = _pick_slot(ways, start, after - before)
        yield _Cycle(start, stop, slot, worst, before, after, needed)


def _pick_slot(ways: _Ways, start: int, units: FloatArray) -> IntArray:
    """Return the cheapest way to make a cycle's mean demand."""
    if ways.each.shape[2] == 1:
        return np.zeros(len(units), dtype=np.int64)
    units = np.maximum(np.maximum(units[:, None], ways.moq), 1.0)
    cost = ways.fixed[start] + ways.each[start] * units
    return np.asarray(cost.argmin(axis=1), dtype=np.int64)


def _best_level(view: BlockView, ways: _Ways, cycle: _Cycle) -> tuple[FloatArray, FloatArray]:
    """Return the best level of a cycle and what it brings, each (n_blocks,)."""
    start, stop, length = cycle.start, cycle.stop, cycle.stop - cycle.start
    rows = np.arange(len(cycle.slot))
    can = np.isfinite(ways.each[start, rows, cycle.slot]) & np.isfinite(ways.worth[stop])
    each = np.where(can, ways.each[start, rows, cycle.slot], 0.0)
    fixed = np.where(can, ways.fixed[start, rows, cycle.slot], 0.0)
    worth = np.where(can, ways.worth[stop], 0.0)
    ratio = _critical_ratio(view, each, worth, length)
    count = cycle.worst.shape[1]
    place = np.clip(np.ceil(ratio * count - 1e-9).astype(np.int64) - 1, 0, count - 1)
    level = np.sort(cycle.worst, axis=1)[rows, place]
    low = cycle.before + ways.moq[rows, cycle.slot]
    high = cycle.before + ways.most[start, rows, cycle.slot]
    level = np.maximum(np.clip(level, low, np.maximum(low, high)), 0.0)
    short = np.maximum(cycle.worst - level[:, None], 0.0).mean(axis=1)
    stock = np.maximum(length * level - cycle.needed + short, 0.0)
    gain = (
        worth * (level - cycle.after + short)
        - each * (level - cycle.before)
        - fixed
        - view.gain * short
        - view.holding_cost * stock
    )
    return level, np.where(can, gain, _NEVER)


def _critical_ratio(
    view: BlockView, each: FloatArray, worth: FloatArray, length: int
) -> FloatArray:
    """Return the share of scenarios that a cycle's level should cover, (n_blocks,).

    One more unit costs ``each``, is held for the cycle, and is worth the next run's unit cost
    where it is left; where it is sold it brings the price, saves the penalty and one period of
    stock.
    """
    over = each - worth + view.holding_cost * length
    spread = np.maximum(view.gain - worth + view.holding_cost, 1e-12)
    ratio: FloatArray = 1.0 - np.clip(over / spread, 0.0, 1.0)
    return ratio


def _first_arrival(problem: Problem, view: BlockView, ways: _Ways, arcs: _Arcs) -> IntArray:
    """Return the period in which the first run of each block arrives; n_periods for none."""
    best = arcs.value[0].copy()
    first = np.zeros(problem.n_blocks, dtype=np.int64)
    worst = np.zeros((problem.n_blocks, problem.n_scenarios))
    held = np.zeros(problem.n_blocks)
    for start in range(1, problem.n_periods + 1):
        np.maximum(worst, view.net[start - 1], out=worst)
        short = worst.mean(axis=1)
        stock = short - view.mean_net[start - 1]
        held += stock
        worth = np.where(np.isfinite(ways.worth[start]), ways.worth[start], 0.0)
        total = worth * stock - view.gain * short - view.holding_cost * held + arcs.value[start]
        later = total > best
        best, first = np.where(later, total, best), np.where(later, start, first)
    return first


def _walk(problem: Problem, arcs: _Arcs, first: IntArray) -> IntArray:
    """Turn levels into runs that obey their own limits."""
    items = problem.items
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    brought = np.zeros(problem.n_blocks)
    due = first.copy()
    for step in range(problem.n_periods):
        block = np.flatnonzero(due == step)
        if not len(block):
            continue
        item = arcs.item[step, block]
        when = step - items.lead[item]
        share = problem.good_share[item]
        size = lot(problem, item, when, (arcs.level[step, block] - brought[block]) / share)
        made[item, when] = size
        brought[block] += size * share
        due[block] = arcs.until[step, block]
    return made


def lot(problem: Problem, item: IntArray, when: IntArray, wanted: FloatArray) -> IntArray:
    """Return the run nearest to a wanted quantity that obeys an item's own limits.

    Parameters
    ----------
    problem : Problem
        The problem.
    item, when : ndarray of int, shape (n,)
        Items and periods.
    wanted : ndarray, shape (n,)
        Units or packs.

    Returns
    -------
    ndarray of int, shape (n,)
        The nearest multiple; 0 where less than half of the smallest run is wanted.
    """
    multiple, moq = problem.items.multiple[item], problem.items.moq[item]
    most = problem.items.most[item, when]
    steps = np.rint(np.clip(wanted, 0.0, 2.0**50) / multiple).astype(np.int64) * multiple
    size = np.minimum(np.maximum(steps, moq), most)
    result: IntArray = np.where((wanted * 2 >= moq) & (most > 0), size, 0)
    return result
