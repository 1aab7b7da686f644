"""Which rows a model learns from: every series, every step, within a budget."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.features.table import Rows

if TYPE_CHECKING:
    from c2m.forecast.features.running import Positions
    from c2m.forecast.target import FloatArray

_MOST_STEPS: Final = 4
"""Steps of one series and cutoff are so alike that more of them teach little."""

_ROWS_A_SERIES: Final = 110
_FEW_ROWS: Final = 100_000
"""From `_FEW_ROWS` on, a series gives so many rows at most. On 300 daily retail series four times
the rows took three times as long and left the errors where they were."""


def sample_rows(
    target: "FloatArray", *, horizon: int, until: int, most_rows: int, seed: int
) -> Rows:
    """Choose learning rows, stratified by series, cutoff and step.

    Cutoffs are spread evenly backwards from the last one, the same for every series, and each
    series and cutoff gets the same number of different steps, evenly spread from a random start.
    A row is kept when its target is known and its series had a known period by its cutoff.

    Parameters
    ----------
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.
    horizon : int
        Largest step.
    until : int
        Number of periods that may be seen; no target lies at or beyond it.
    most_rows : int
        Budget; with many series 110 a series at most.
    seed : int
        Seed of the steps.

    Returns
    -------
    Rows
        In the order of cutoff, series, step.
    """
    n_series = len(target)
    most_rows = min(most_rows, max(_FEW_ROWS, _ROWS_A_SERIES * n_series))
    origins = np.arange(until - 2, -1, -1)
    apart = max(1, -(-len(origins) // max(1, most_rows // n_series)))
    origins = origins[::apart]
    if not len(origins):
        nothing = np.zeros(0, dtype=np.intp)
        return Rows(nothing, nothing, nothing)
    steps = int(np.clip(most_rows // (n_series * len(origins)), 1, min(horizon, _MOST_STEPS)))
    start = np.random.default_rng(seed).integers(horizon, size=(len(origins), n_series, 1))
    spread = np.arange(steps) * horizon // steps
    step = np.sort((start + spread) % horizon, axis=2) + 1  # [O, S, K]
    origin = np.broadcast_to(origins[:, None, None], step.shape)
    series = np.broadcast_to(np.arange(n_series)[None, :, None], step.shape)
    begun = np.logical_or.accumulate(~np.isnan(target[:, :until]), axis=1)
    at = origin + step
    usable = (at < until) & begun[series, origin]
    usable &= ~np.isnan(target[series, np.minimum(at, until - 1)])
    return Rows(series[usable], origin[usable], step[usable])


def path_rows(series: "Positions", origin: int, horizon: int) -> Rows:
    """Return the rows of whole paths from one cutoff.

    Parameters
    ----------
    series : ndarray of int, shape (n,)
        Which series.
    origin : int
        Position of the last period that may be seen.
    horizon : int
        Steps.

    Returns
    -------
    Rows
        n * horizon rows, series by series.
    """
    step = np.tile(np.arange(1, horizon + 1), len(series))
    return Rows(np.repeat(series, horizon), np.full(len(step), origin), step)
