"""Which rows a model learns from: every series, every step, within a budget."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from c2m.forecast.features.running import Positions

_MOST_STEPS: Final = 4
"""Steps of one series and cutoff are so alike that more of them teach little."""

_ROWS_A_SERIES: Final = 60
_FEW_ROWS: Final = 100_000
"""From `_FEW_ROWS` on, a series gives so many rows at most. On 3,000 simulated daily series (one
cutoff) twice the rows took 1.8 times as long to learn from; WRMSSE became 3 % smaller, the error
of totals over 28 days 1 %."""

_LEAST_A_SERIES: Final = 4
"""Where the budget allows fewer rows a series, fewer series teach: of one cutoff, the last, all but
the first step lie ahead."""

_WEEK: Final = 7


@dataclass(frozen=True)
class Rows:
    """Rows of the learning table.

    Parameters
    ----------
    series : ndarray of int, shape (n_rows,)
        Which series.
    origin : ndarray of int, shape (n_rows,)
        Position of the last period that may be seen.
    step : ndarray of int, shape (n_rows,)
        How many periods after it the target lies, from 1.
    """

    series: "Positions"
    origin: "Positions"
    step: "Positions"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.series)

    def part(self, begin: int, end: int) -> "Rows":
        """Return some of the rows.

        Parameters
        ----------
        begin, end : int
            Half-open range of rows.

        Returns
        -------
        Rows
            Views of them.
        """
        return Rows(self.series[begin:end], self.origin[begin:end], self.step[begin:end])

    def where(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return the rows that are chosen.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n_rows,)
            Which.

        Returns
        -------
        Rows
            They alone.
        """
        return Rows(self.series[chosen], self.origin[chosen], self.step[chosen])


def sample_rows(
    target: NDArray[Any],
    *,
    horizon: int,
    until: int,
    most_rows: int,
    seed: int,
    earliest: int = 0,
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
        Budget; with many series 60 a series at most, and of fewer than 4 a series, 4 of some.
    seed : int
        Seed of the steps.
    earliest : int
        Position of the first cutoff to learn from.

    Returns
    -------
    Rows
        In the order of series, cutoff, step.
    """
    most_rows = min(most_rows, max(_FEW_ROWS, _ROWS_A_SERIES * len(target)))
    taught = _series_within(len(target), most_rows, seed)
    if len(taught) < len(target):
        target = target[taught]
    n_series = len(target)
    origins = np.arange(until - 2, min(earliest, max(until - 2, 0)) - 1, -1)
    apart = max(1, -(-len(origins) // max(1, most_rows // n_series)))
    apart += apart % _WEEK == 0  # every weekday is a cutoff's
    origins = origins[::apart][::-1]
    if not len(origins):
        nothing = np.zeros(0, dtype=np.intp)
        return Rows(nothing, nothing, nothing)
    steps = int(np.clip(most_rows // (n_series * len(origins)), 1, min(horizon, _MOST_STEPS)))
    start = np.random.default_rng(seed).integers(horizon, size=(n_series, len(origins), 1))
    spread = np.arange(steps) * horizon // steps
    step = np.sort((start + spread) % horizon, axis=2) + 1  # [S, O, K]
    at = origins[:, None] + step
    usable = at < until
    np.minimum(at, until - 1, out=at)
    usable &= ~np.isnan(target[np.arange(n_series)[:, None, None], at])
    known = ~np.isnan(target[:, :until])
    begun = np.where(known.any(axis=1), known.argmax(axis=1), until)  # [S]
    usable &= (origins >= begun[:, None])[:, :, None]
    series, cutoff, _ = np.nonzero(usable)
    return Rows(taught[series], origins[cutoff], step[usable])


def _series_within(n_series: int, most_rows: int, seed: int) -> "Positions":
    """Return the series that teach: all of them, or as many as a budget has rows enough for."""
    most = max(most_rows // _LEAST_A_SERIES, 1)
    if n_series <= most:
        return np.arange(n_series)
    chosen = np.random.default_rng(seed).choice(n_series, most, replace=False)
    return np.sort(chosen)


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
