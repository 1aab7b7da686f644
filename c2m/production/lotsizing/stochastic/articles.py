"""Every block as one article at prices of capacity, laid out block by block."""

from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.dp import BlockView, lot, run_costs
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_CYCLE = 4
"""Periods of demand in a usual run: the size at which the ways to make a block are compared."""


@dataclass(frozen=True)
class Articles:
    """Blocks in good units or packs; the first axis of every array is the block.

    Parameters
    ----------
    net : ndarray, shape (n_blocks, n_periods, n_scenarios)
        See `Problem.net`.
    mean : ndarray, shape (n_blocks, n_periods)
        Its mean over the scenarios.
    gain, end_value, holding_cost : ndarray, shape (n_blocks,)
        Money per unit; gain is price and lost-sale penalty.
    each, fixed : ndarray, shape (n_blocks, n_periods)
        Money per unit and per run by the period in which it arrives, capacity charged.
    least, most : ndarray, shape (n_blocks, n_periods)
        Smallest and largest run; `most` is 0 where none can arrive.
    item : ndarray of int, shape (n_blocks, n_periods)
        What makes it.
    """

    net: FloatArray
    mean: FloatArray
    gain: FloatArray
    end_value: FloatArray
    holding_cost: FloatArray
    each: FloatArray
    fixed: FloatArray
    least: FloatArray
    most: FloatArray
    item: IntArray

    @property
    def n_periods(self) -> int:
        """How many periods are planned."""
        return int(self.net.shape[1])

    def take(self, blocks: slice) -> "Articles":
        """Return some of the blocks.

        Parameters
        ----------
        blocks : slice
            Which.

        Returns
        -------
        Articles
            Those.
        """
        return Articles(**{name: array[blocks] for name, array in vars(self).items()})


def articles_at(problem: Problem, view: BlockView, prices: FloatArray, net: FloatArray) -> Articles:
    """Return every block with the cheapest way to make it.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    net : ndarray, shape (n_blocks, n_periods, n_scenarios)
        `BlockView.net` block by block.

    Returns
    -------
    Articles
        The blocks.
    """
    fixed, each = run_costs(problem, view, prices)  # [H, B, slots]
    least, most = _limits(problem, view)
    usual = np.maximum(view.mean_net[-1], 0.0)[:, None] * (_CYCLE / problem.n_periods)
    usual = np.clip(usual, least, np.maximum(least, most)) + 1.0
    can = most > 0
    slot = np.where(can, fixed / usual + each, np.inf).argmin(axis=2)[:, :, None]

    def _cheapest(values: FloatArray) -> FloatArray:
        return np.ascontiguousarray(np.take_along_axis(values, slot, axis=2)[:, :, 0].T)

    table = np.broadcast_to(view.item_at, most.shape)
    most = _cheapest(most)
    return Articles(
        net,
        view.mean_net.T.copy(),
        view.gain,
        view.end_value,
        view.holding_cost,
        np.where(most > 0, _cheapest(each), 0.0),
        np.where(most > 0, _cheapest(fixed), 0.0),
        _cheapest(least),
        most,
        np.take_along_axis(table, slot, axis=2)[:, :, 0].T.copy(),
    )


def _limits(problem: Problem, view: BlockView) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest run by arrival, each (n_periods, n_blocks, n_slots)."""
    items, share = problem.items, problem.good_share
    made = np.arange(problem.n_periods)[:, None, None] - items.lead[view.item_at]
    can = (made >= 0) & (view.item_at >= 0)
    most = items.most[view.item_at, np.maximum(made, 0)] * share[view.item_at]
    least = np.broadcast_to((items.moq * share)[view.item_at], made.shape)
    return least, np.where(can, most, 0.0)


def brought_by(problem: Problem, made: IntArray) -> FloatArray:
    """Return the good units or packs of every block that arrive in each period.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_blocks, n_periods)
        Units or packs.
    """
    brought = np.zeros((problem.n_blocks, problem.n_periods))
    items = problem.items
    good = made * problem.good_share[:, None]
    for lead in np.unique(items.lead):
        here = items.lead == lead
        late = good[here][:, : max(problem.n_periods - lead, 0)]
        np.add.at(brought[:, lead:], items.block[here], late)
    return brought


def whole_runs(problem: Problem, articles: Articles, units: FloatArray) -> IntArray:
    """Turn units that should arrive into runs that obey their own limits.

    Parameters
    ----------
    problem : Problem
        The problem.
    articles : Articles
        All its blocks.
    units : ndarray, shape (n_blocks, n_periods)
        Good units or packs by arrival.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Units or packs made; what rounding leaves over is made up for by the next run.
    """
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    level = units.cumsum(axis=1)
    brought = np.zeros(len(units))
    for step in range(problem.n_periods):
        block = np.flatnonzero(units[:, step] > 0)
        if not len(block):
            continue
        item = articles.item[block, step]
        when = step - problem.items.lead[item]
        share = problem.good_share[item]
        size = lot(problem, item, when, (level[block, step] - brought[block]) / share)
        made[item, when] += size
        brought[block] += size * share
    return made


def runs_of(articles: Articles, units: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Return which runs a plan has where runs can arrive, and their sizes within limits.

    Parameters
    ----------
    articles : Articles
        Blocks.
    units : ndarray, shape (n_blocks, n_periods)
        Units or packs by arrival.

    Returns
    -------
    runs : ndarray of bool, shape (n_blocks, n_periods)
        Runs.
    units : ndarray, shape (n_blocks, n_periods)
        Within the limits of each run; 0 where there is none.
    """
    runs = (units > 0) & (articles.most > 0)
    return runs, np.where(runs, np.clip(units, articles.least, articles.most), 0.0)
