"""When runs should arrive, block by block at prices of capacity: neighbours of a plan, resized.

Neighbours have one run less, one more, or one a period earlier or later. All are tried with sizes
carried over; the best few of every block get their own best sizes, and the best of them goes on.
"""

import numpy as np

from c2m.production.lotsizing.stochastic.articles import Articles, runs_of
from c2m.production.lotsizing.stochastic.sizes import plan_value, size_runs
from c2m.production.problem import BoolArray, FloatArray, IntArray

_BLOCKS = 256
"""Blocks that are searched together."""

_PAYS = 1e-7
"""Gain, as a share of a plan's value, below which a neighbour is no better."""


def best_patterns(
    articles: Articles, units: FloatArray, *, rounds: int, tried: int, kept: int
) -> list[FloatArray]:
    """Improve the plan of every block at its prices.

    Parameters
    ----------
    articles : Articles
        Blocks.
    units : ndarray, shape (n_blocks, n_periods)
        Units by arrival, to begin with.
    rounds : int
        Most steps to a better neighbour.
    tried : int
        Neighbours of each block that get their own sizes in a round.
    kept : int
        Neighbours that are returned from each round.

    Returns
    -------
    list of ndarray, shape (n_blocks, n_periods)
        First the best plan found, then neighbours of the plans on the way.
    """
    plans = [np.zeros_like(units) for _ in range(1 + rounds * kept)]
    for start in range(0, len(units), _BLOCKS):
        part = slice(start, start + _BLOCKS)
        found = _search(articles.take(part), units[part], rounds, tried, kept)
        for plan, some in zip(plans, found, strict=True):
            plan[part] = some
    return plans


def _search(
    articles: Articles, units: FloatArray, rounds: int, tried: int, kept: int
) -> list[FloatArray]:
    """Search some blocks; see `best_patterns`."""
    everyone = np.arange(len(units))
    runs, best = runs_of(articles, units)
    best = size_runs(articles, everyone, runs, best, 2)
    value = plan_value(articles, everyone, best)
    active, others = everyone, []
    for _ in range(rounds):
        found = [best.copy() for _ in range(kept)]
        if len(active):
            row, plans, gains = _neighbours(articles, active, best, tried)
            for rank, at in enumerate(_by_rank(row, gains, kept)):
                found[rank][row[at]] = plans[at]
            top = _by_rank(row, gains, 1)[0]
            top = top[gains[top] > value[row[top]] + _PAYS * np.abs(value[row[top]])]
            active = row[top]
            best[active], value[active] = plans[top], gains[top]
        others += found
    best = size_runs(articles, everyone, best > 0, best, 1)
    return [best, *others]


def _neighbours(
    articles: Articles, active: IntArray, best: FloatArray, tried: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the neighbours that look best, with their own sizes: block, units, value."""
    place, runs = _changed_runs(best[active] > 0, articles.most[active] > 0)
    row = active[place]
    carried = _carry(articles, row, best[row], runs)
    quick = plan_value(articles, row, carried)
    chosen = np.sort(np.concatenate(_by_rank(row, quick, tried)))
    row, runs, carried = row[chosen], runs[chosen], carried[chosen]
    sized = size_runs(articles, row, runs, carried, 1)
    return row, sized, plan_value(articles, row, sized)


def _by_rank(row: IntArray, value: FloatArray, count: int) -> list[IntArray]:
    """Return the places of the best, second best ... entry of every row."""
    order = np.lexsort((-value, row))
    rank = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    return [order[rank == each] for each in range(count)]


def _changed_runs(runs: BoolArray, can: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return every change of one run: which plan, and its new runs."""
    places, changed = [], []
    n_periods = runs.shape[1]

    def _keep(rows: IntArray, off: int | None, on: int | None) -> None:
        new = runs[rows].copy()
        if off is not None:
            new[:, off] = False
        if on is not None:
            new[:, on] = True
        places.append(rows)
        changed.append(new)

    for period in range(n_periods):
        here = runs[:, period]
        _keep(np.flatnonzero(here), period, None)
        _keep(np.flatnonzero(~here & can[:, period]), None, period)
        for other in (period - 1, period + 1):
            if 0 <= other < n_periods:
                _keep(np.flatnonzero(here & ~runs[:, other] & can[:, other]), period, other)
    place = np.concatenate(places)
    order = np.argsort(place, kind="stable")
    return place[order], np.concatenate(changed)[order]


def _carry(articles: Articles, row: IntArray, units: FloatArray, runs: BoolArray) -> FloatArray:
    """Give changed runs the levels of the old plan; a new run takes over its periods' demand."""
    n_periods = runs.shape[1]
    level = units.cumsum(axis=1)
    added = runs & ~(units > 0)
    more = np.count_nonzero(runs, axis=1) > np.count_nonzero(units > 0, axis=1)
    mean = articles.mean[row]
    end = np.full(len(row), n_periods)  # of the cycle that is being looked at, from the right
    target = np.zeros_like(units)
    lowered = np.zeros(len(row))
    for period in range(n_periods - 1, -1, -1):
        here = runs[:, period]
        last = level[np.arange(len(row)), np.minimum(end, n_periods) - 1]
        target[:, period] = np.where(here, last - lowered, 0.0)
        new = here & added[:, period] & more
        before = mean[:, period - 1] if period else np.zeros(len(row))
        served = np.maximum(mean[np.arange(len(row)), end - 1] - before, 0.0)
        lowered = np.where(new, served, np.where(here, 0.0, lowered))
        end = np.where(here, period, end)
    carried, brought = np.zeros_like(units), np.zeros(len(row))
    for period in range(n_periods):
        here = runs[:, period]
        size = np.maximum(target[:, period] - brought, 0.0)
        size = np.clip(size, articles.least[row, period], articles.most[row, period])
        carried[:, period] = np.where(here, size, 0.0)
        brought += carried[:, period]
    return carried
