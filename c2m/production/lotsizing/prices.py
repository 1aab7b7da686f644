"""What capacity is worth: prices from a pool of plans, one plan of each block a round.

The master problem picks one column (a block's plan from some round) for every block so that the
lines' capacity holds. Its Lagrangian dual, over the columns known so far, is a convex function
of the prices with one dimension a line and period; its kinks are smoothed by a soft maximum that
is sharpened step by step, and it is minimised with bounds. New prices give new columns.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import block_values
from c2m.production.limits import item_usage
from c2m.production.lotsizing.dp import BlockView, best_runs
from c2m.production.lotsizing.lost import lost_paths
from c2m.production.problem import FloatArray, IntArray, Problem

_SHARPNESS = (0.1, 0.01, 0.001)
"""Temperatures of the soft maximum, as shares of a block's mean best value."""

_STEPS = 60
"""Gradient steps at each temperature."""

_MEMORY = 8
"""Steps over which the dual may rise before it must have fallen."""

_SETTLED = 1e-7
"""Change of the dual over those steps, as a share of it, below which it has settled."""

_PART = 0.5
"""How far prices move towards the master's in a round; damps their swinging."""


@dataclass(frozen=True)
class Pool:
    """Columns: plans of every block, one a round. The first makes nothing.

    Parameters
    ----------
    made : ndarray of int, shape (n_rounds, n_items, n_periods)
        Units or packs.
    value : ndarray, shape (n_rounds, n_blocks)
        Expected profit before overtime.
    usage : ndarray, shape (n_rounds, n_items, n_periods)
        Capacity taken.
    """

    made: IntArray
    value: FloatArray
    usage: FloatArray

    def add(self, problem: Problem, made: IntArray) -> "Pool":
        """Return the pool with one more plan.

        Parameters
        ----------
        problem : Problem
            The problem.
        made : ndarray of int, shape (n_items, n_periods)
            The plan.

        Returns
        -------
        Pool
            With it as the last round.
        """
        return Pool(
            np.concatenate([self.made, made[None]]),
            np.concatenate([self.value, block_values(problem, made)[None]]),
            np.concatenate([self.usage, item_usage(problem, made)[None]]),
        )

    def add_all(self, problem: Problem, plans: list[IntArray]) -> "Pool":
        """Return the pool with more plans.

        Parameters
        ----------
        problem : Problem
            The problem.
        plans : list of ndarray of int, shape (n_items, n_periods)
            The plans.

        Returns
        -------
        Pool
            With them as the last rounds.
        """
        return Pool(
            np.concatenate([self.made, np.stack(plans)]),
            np.concatenate([self.value, [block_values(problem, made) for made in plans]]),
            np.concatenate([self.usage, [item_usage(problem, made) for made in plans]]),
        )

    def pick(self, problem: Problem, choice: IntArray) -> IntArray:
        """Return the plan that takes one column for every block.

        Parameters
        ----------
        problem : Problem
            The problem.
        choice : ndarray of int, shape (n_blocks,)
            Rounds.

        Returns
        -------
        ndarray of int, shape (n_items, n_periods)
            Units or packs made.
        """
        return self.made[choice[problem.items.block], np.arange(problem.n_items)]


def empty_pool(problem: Problem) -> Pool:
    """Return the pool that only holds the plan to make nothing.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    Pool
        One round.
    """
    nothing = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    none = Pool(
        np.empty((0, *nothing.shape), dtype=np.int64),
        np.empty((0, problem.n_blocks)),
        np.empty((0, *nothing.shape)),
    )
    return none.add(problem, nothing)


def price_capacity(
    problem: Problem, view: BlockView, pool: Pool, rounds: int, start: FloatArray | None = None
) -> tuple[FloatArray, Pool]:
    """Find prices of capacity and the columns that answer to them.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    pool : Pool
        Columns to start with.
    rounds : int
        How often to ask every block for a plan.
    start : ndarray, shape (n_lines, n_periods), optional
        Prices to begin with; capacity is free unless given.

    Returns
    -------
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    pool : Pool
        With the new columns.
    """
    prices = np.zeros(problem.regular.shape) if start is None else start
    lost = None
    for number in range(rounds):
        made = best_runs(problem, view, prices, lost)
        lost = lost_paths(problem, view, made)
        pool = pool.add(problem, made)
        if number < rounds - 1:
            target = master_prices(problem, pool, prices, _SHARPNESS[:-1])
            prices = prices + _PART * (target - prices)
    prices = master_prices(problem, pool, prices)
    return prices, pool


def master_prices(
    problem: Problem, pool: Pool, start: FloatArray, sharpnesses: tuple[float, ...] = _SHARPNESS
) -> FloatArray:
    """Minimise the master's dual over the columns of a pool.

    Parameters
    ----------
    problem : Problem
        The problem.
    pool : Pool
        The columns.
    start : ndarray, shape (n_lines, n_periods)
        Prices to begin with.
    sharpnesses : tuple of float
        Temperatures, the last one the sharpest.

    Returns
    -------
    ndarray, shape (n_lines, n_periods)
        Prices; 0 where there is capacity to spare.
    """
    scale = max(float(pool.value.max(axis=0).mean() - pool.value[0].mean()), 1e-6)
    prices = start
    for sharpness in sharpnesses:
        prices = _minimise(problem, pool, sharpness * scale, prices)
    return prices


def _minimise(problem: Problem, pool: Pool, heat: float, start: FloatArray) -> FloatArray:
    """Minimise the smoothed dual over prices >= 0 by spectral projected gradients.

    Birgin, Martinez & Raydan (2000), *SIAM J. Optim.* 10(4), 1196-1211. Written out because a
    library's linear algebra may round differently on another number of threads.
    """
    x, (value, slope) = start, _soft_dual(start, problem, pool, heat)
    best, best_value, recent = x, value, [value]
    step = 1.0 / max(float(np.abs(slope).max()), 1e-12)
    for _ in range(_STEPS):
        direction = np.maximum(x - step * slope, 0.0) - x
        downhill = float((direction * slope).sum())
        if downhill > -1e-12 * (1.0 + abs(value)):
            break
        length = 1.0
        while True:
            new = x + length * direction
            new_value, new_slope = _soft_dual(new, problem, pool, heat)
            if new_value <= max(recent) + 1e-4 * length * downhill or length < 1e-6:
                break
            length *= 0.5
        moved, bent = new - x, new_slope - slope
        curvature = float((moved * bent).sum())
        step = float((moved * moved).sum()) / curvature if curvature > 0 else step * 2.0
        x, value, slope = new, new_value, new_slope
        recent = [*recent[-_MEMORY:], value]
        if value < best_value:
            best, best_value = x, value
        if len(recent) > _MEMORY and max(recent) - min(recent) <= _SETTLED * abs(value):
            break
    return best


def reduced_values(problem: Problem, pool: Pool, prices: FloatArray) -> FloatArray:
    """Return what each column brings once its capacity is paid for.

    Parameters
    ----------
    problem : Problem
        The problem.
    pool : Pool
        The columns.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    ndarray, shape (n_rounds, n_blocks)
        Money.
    """
    paid = np.einsum("rjt,jt->rj", pool.usage, prices[problem.items.line])  # [R, J]
    if problem.n_items > problem.n_blocks:
        starts = np.searchsorted(problem.items.block, np.arange(problem.n_blocks))
        paid = np.add.reduceat(paid, starts, axis=1)
    return np.asarray(pool.value - paid)


def dual_value(problem: Problem, prices: FloatArray, best: FloatArray) -> float:
    """Return the Lagrangian value: capacity at its price and the best of every block.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity, at least 0.
    best : ndarray, shape (n_blocks,)
        What each block brings at best once its capacity is paid for.

    Returns
    -------
    float
        An upper bound on the profit if every entry of `best` is one.
    """
    extra = np.maximum(prices - problem.overtime_cost[:, None], 0.0)
    return float((prices * problem.regular + extra * problem.overtime).sum() + best.sum())


def _soft_dual(
    prices: FloatArray, problem: Problem, pool: Pool, heat: float
) -> tuple[float, FloatArray]:
    """Return the smoothed dual and its gradient, shape (n_lines, n_periods)."""
    reduced = reduced_values(problem, pool, prices)
    top = reduced.max(axis=0)
    weight = np.exp((reduced - top) / heat)
    total = weight.sum(axis=0)
    weight /= total
    soft = top + heat * np.log(total)
    share = weight[:, problem.items.block]  # [R, J]
    used = np.zeros(problem.regular.shape)
    np.add.at(used, problem.items.line, np.einsum("rj,rjt->jt", share, pool.usage))
    over = prices > problem.overtime_cost[:, None]
    slope = problem.regular + np.where(over, problem.overtime, 0.0) - used
    return dual_value(problem, prices, soft), slope
