"""The best sizes of runs whose periods are given, one run after another, over all scenarios.

With X what has come so far and D the net demand, units lost are max(0, max D - X). One more unit
in a run lowers the loss up to period u in those scenarios in which the largest D - X from the run
to u is above all before it by more than what was added so far. These thresholds make the slope of
profit in the size of a run a step function: the best size is a weighted quantile of them, found
by bisection. A unit may also move to the next run: then later periods see no change in X.
"""

import numpy as np

from c2m.production.lotsizing.stochastic.articles import Articles
from c2m.production.problem import BoolArray, FloatArray, IntArray

_HALVINGS = 9
_CELLS = 60_000
"""Entries of an array that are worked on at a time, so that they stay in the cache."""


def plan_value(articles: Articles, block: IntArray, units: FloatArray) -> FloatArray:
    """Return what plans bring, beyond the price of all demand.

    Parameters
    ----------
    articles : Articles
        Blocks.
    block : ndarray of int, shape (n_rows,)
        The block of each plan.
    units : ndarray, shape (n_rows, n_periods)
        Units by arrival.

    Returns
    -------
    ndarray, shape (n_rows,)
        Expected money, runs and capacity paid for.
    """
    level = units.cumsum(axis=1)
    lost = np.empty_like(level)
    count = articles.net.shape[2]
    worst = np.zeros((len(block), count))
    for period in range(articles.n_periods):
        short = articles.net[block, period]
        short -= level[:, period, None]
        np.maximum(worst, short, out=worst)
        lost[:, period] = worst.sum(axis=1) / count
    stock = level - articles.mean[block] + lost
    value: FloatArray = (
        articles.end_value[block] * stock[:, -1]
        - articles.holding_cost[block] * stock.sum(axis=1)
        - articles.gain[block] * lost[:, -1]
        - (articles.each[block] * units).sum(axis=1)
        - (articles.fixed[block] * (units > 0)).sum(axis=1)
    )
    return value


def size_runs(
    articles: Articles, block: IntArray, runs: BoolArray, units: FloatArray, rounds: int
) -> FloatArray:
    """Return better sizes of given runs.

    Parameters
    ----------
    articles : Articles
        Blocks.
    block : ndarray of int, shape (n_rows,)
        The block of each plan.
    runs : ndarray of bool, shape (n_rows, n_periods)
        When runs arrive.
    units : ndarray, shape (n_rows, n_periods)
        Sizes to begin with, within the limits of each run; 0 where there is none.
    rounds : int
        How often every run is sized: by itself, then against the next one.

    Returns
    -------
    ndarray, shape (n_rows, n_periods)
        Sizes, within the same limits.
    """
    units = units.copy()
    following = _following(runs)
    n_periods = articles.n_periods
    for _ in range(rounds):
        for period in range(n_periods - 1, -1, -1):
            _each(articles, block, units, np.flatnonzero(runs[:, period]), period, None)
        for period in range(n_periods - 1):
            rows = np.flatnonzero(runs[:, period] & (following[:, period] < n_periods))
            _each(articles, block, units, rows, period, following)
    return units


def _following(runs: BoolArray) -> IntArray:
    """Return the period of the next run after each period; n_periods where there is none."""
    n_periods = runs.shape[1]
    following = np.full(runs.shape, n_periods)
    for period in range(n_periods - 2, -1, -1):
        later = runs[:, period + 1]
        following[:, period] = np.where(later, period + 1, following[:, period + 1])
    return following


def _each(
    articles: Articles,
    block: IntArray,
    units: FloatArray,
    rows: IntArray,
    period: int,
    following: IntArray | None,
) -> None:
    """Size the runs of some rows that arrive in one period, in parts that fit the cache."""
    count = articles.net.shape[2]
    part = max(1, _CELLS // ((articles.n_periods - period) * count))
    for start in range(0, len(rows), part):
        some = rows[start : start + part]
        if following is None:
            _size(articles, block[some], units, some, period)
        else:
            _shift(articles, block[some], units, some, period, following[some, period])


def _short(
    articles: Articles, block: IntArray, units: FloatArray, period: int
) -> tuple[FloatArray, FloatArray]:
    """Return D - X from a period on, [R, U, S], and the loss before it, [R, S]."""
    level = units.cumsum(axis=1)
    short = articles.net[block] - level[:, :, None]
    if period == 0:
        return short, np.zeros((len(block), short.shape[2]))
    before = np.maximum(short[:, :period].max(axis=1), 0.0)
    return short[:, period:], before


def _size(
    articles: Articles, block: IntArray, units: FloatArray, rows: IntArray, period: int
) -> None:
    """Give the runs of one period their best size, all else as it is."""
    short, before = _short(articles, block, units[rows], period)
    threshold = np.maximum.accumulate(short, axis=1)
    threshold -= before[:, None, :]
    held = articles.holding_cost[block] * (articles.n_periods - period)
    base = articles.end_value[block] - articles.each[block, period] - held
    now = units[rows, period]
    low = articles.least[block, period] - now
    top = np.maximum(threshold[:, -1].max(axis=1), 0.0)
    high = np.maximum(np.minimum(articles.most[block, period] - now, top), low)
    units[rows, period] += _best_step(articles, block, threshold, base, low, high)


def _shift(
    articles: Articles,
    block: IntArray,
    units: FloatArray,
    rows: IntArray,
    period: int,
    following: IntArray,
) -> None:
    """Move units between the runs of one period and the run after each."""
    short, before = _short(articles, block, units[rows], period)
    after = (np.arange(short.shape[1]) >= (following - period)[:, None])[:, :, None]
    inside = np.maximum.accumulate(np.where(after, -np.inf, short), axis=1)
    later = np.maximum.accumulate(np.where(after, short, -np.inf), axis=1)
    threshold = inside - np.maximum(later, before[:, None, :])
    saved = articles.each[block, following] - articles.each[block, period]
    base = saved - articles.holding_cost[block] * (following - period)
    now, then = units[rows, period], units[rows, following]
    least, most = articles.least, articles.most
    low = np.maximum(least[block, period] - now, then - most[block, following])
    high = np.minimum(most[block, period] - now, then - least[block, following])
    low = np.minimum(low, 0.0)
    step = _best_step(articles, block, threshold, base, low, np.maximum(high, 0.0))
    units[rows, period] += step
    units[rows, following] -= step


def _best_step(
    articles: Articles,
    block: IntArray,
    threshold: FloatArray,
    base: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Return where the slope of profit changes its sign, (n_rows,), in whole units if inside."""
    count = threshold.shape[2]
    holding = articles.holding_cost[block] / count
    gain = (articles.gain - articles.end_value)[block] / count
    left, right = low, high
    helps = np.empty(threshold.shape, dtype=bool)
    counted = helps.view(np.uint8).reshape(len(block), -1)  # summed faster than booleans are
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        np.greater(threshold, middle[:, None, None], out=helps)
        times = np.add.reduce(counted, axis=1, dtype=np.uint32)
        at_end = np.add.reduce(counted[:, -count:], axis=1, dtype=np.uint32)
        slope = base + holding * times + gain * at_end
        left, right = np.where(slope > 0, middle, left), np.where(slope > 0, right, middle)
    step: FloatArray = np.clip(np.rint((left + right) / 2), low, high)
    return step
