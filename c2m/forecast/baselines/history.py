"""What a baseline knows: the recent target, and a level for series of which nothing is recent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.pooling import group_series_by_attribute, pooled_mean
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import check_target, observed_target

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

Rule = Callable[["FloatArray", Sequence[int], int], "FloatArray"]
"""From history (n_series, n_periods), rising origins and a horizon to the means that were said at
each origin, (n_origins, n_series, horizon); an origin is the last period seen. NaN: unknown."""

_MEMORY: Final = {"D": 392, "W": 260, "MS": 120}
"""Periods that a baseline looks back: 56 weeks, 5 years, 10 years."""

_BLOCK: Final = 1024
"""Series that are gone through at once, so that their states stay in the cache."""

_MOST_ORIGINS: Final = 26
_LEAST_PATHS: Final = 400
_CELLS: Final = 14_000
"""Past forecasts that the spread is learnt from, and one more for each series."""


@dataclass(frozen=True, eq=False)
class History:
    """The recent target of a panel, and the level that stands in where it is unknown.

    Parameters
    ----------
    panel : Panel
        The panel.
    recent : ndarray, shape (n_series, n_recent)
        Its target in the last periods (see `observed_target`); NaN where unknown.
    level : ndarray, shape (n_series,)
        Mean of all known periods of a series; of series like it where it has none.
    n_without : int
        How many series have no known period at all.
    """

    panel: "Panel"
    recent: "FloatArray"
    level: "FloatArray"
    n_without: int

    @classmethod
    def of(cls, panel: "Panel", least: int = 1) -> "History":
        """Read the last periods of a panel.

        Parameters
        ----------
        panel : Panel
            What was known at its cutoff.
        least : int
            Periods that the model needs; four times as many are kept if that is more than usual.

        Returns
        -------
        History
            At most 392 days, 260 weeks or 120 months, unless more are needed.

        Raises
        ------
        DataError
            If no value of the target is known, or one is below 0.

        Warns
        -----
        C2MWarning
            If values are not whole numbers.
        """
        memory = max(_MEMORY[rhythm(panel.calendar)], 4 * least)
        recent = observed_target(panel, start=max(panel.n_periods - memory, 0))
        level = known_mean(recent)
        stale = np.flatnonzero(np.isnan(level))
        if len(stale):
            level[stale] = known_mean(observed_target(panel, rows=stale))
        shown = recent if len(stale) < len(recent) else observed_target(panel)
        check_target(panel, shown, panel.target)
        without = np.isnan(level)
        if without.any():
            groups = group_series_by_attribute(panel.attributes, ~without)
            level = np.where(without, pooled_mean(level, groups), level)
        return cls(panel, recent, level, int(without.sum()))

    def ahead(self, rule: Rule, horizon: int, rows: NDArray[np.intp] | None = None) -> "FloatArray":
        """Return what a rule says of the periods after the cutoff.

        Parameters
        ----------
        rule : Rule
            The rule.
        horizon : int
            How many periods.
        rows : ndarray of int, optional
            Which series; all unless given.

        Returns
        -------
        ndarray, shape (n_series, horizon)
            Units; the series' `level` where the rule knows nothing.
        """
        recent, level = self.recent, self.level
        if rows is not None:
            recent, level = recent[rows], level[rows]
        said = rule(recent, [recent.shape[1] - 1], horizon)[0]
        return np.where(np.isnan(said), level[:, None], said)

    def past(self, rule: Rule, horizon: int) -> tuple["FloatArray", "FloatArray"]:
        """Return what a rule would have said at earlier origins, and what came.

        Up to 26 origins go back from the last one that leaves a whole horizon; many series are
        thinned evenly. A history too short for that gives what there is of it, padded with
        unknown.

        Parameters
        ----------
        rule : Rule
            The rule.
        horizon : int
            How many periods.

        Returns
        -------
        mean, actual : ndarray, shape (n_paths, horizon)
            A path is one series from one origin.
        """
        n_series, n_periods = self.recent.shape
        origins = _origins(n_periods, horizon)
        if not origins:
            return np.empty((0, horizon)), np.empty((0, horizon))
        paths = max((_CELLS + n_series) // horizon, _LEAST_PATHS)
        count = min(n_series, max(paths // len(origins), min(paths, n_series) // 8, 1))
        target = self.recent[np.linspace(0, n_series - 1, count).astype(np.intp)]
        origins = origins[:: -(-count * len(origins) // paths)]
        came = np.full((len(origins), count, horizon), np.nan)
        for place, origin in enumerate(origins):
            seen = target[:, origin + 1 : origin + 1 + horizon]
            came[place, :, : seen.shape[1]] = seen
        said = rule(target, origins, horizon)
        return said.reshape(-1, horizon), came.reshape(-1, horizon)


def _origins(n_periods: int, horizon: int) -> list[int]:
    """Return the origins of past forecasts, rising.

    They lie up to a quarter of the horizon apart, and leave at least one period to compare with.
    """
    last = min(max(n_periods - 1 - horizon, 0), n_periods - 2)
    step = int(np.clip((last + 1) // (2 * _MOST_ORIGINS), 1, max(horizon // 4, 1)))
    return list(range(last, -1, -step))[:_MOST_ORIGINS][::-1]


def known_mean(values: "FloatArray") -> "FloatArray":
    """Return the mean of the known values of each row.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.

    Returns
    -------
    ndarray, shape (n_series,)
        NaN where nothing is known.
    """
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def blocks(n_series: int, size: int = _BLOCK) -> list[slice]:
    """Return slices that cover the series.

    Parameters
    ----------
    n_series : int
        How many there are.
    size : int
        How many go into a block at most.

    Returns
    -------
    list of slice
        In order.
    """
    return [slice(start, start + size) for start in range(0, n_series, size)]


def by_period(target: "FloatArray") -> tuple["FloatArray", NDArray[np.float64]]:
    """Return a block of series period by period, and which values are known.

    Parameters
    ----------
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.

    Returns
    -------
    value, known : ndarray, shape (n_periods, n_series)
        Units, 0 where unknown; and 1 or 0, so that a step of a recursion is multiplied away where
        nothing was seen.
    """
    value = np.ascontiguousarray(target.T)
    known = ~np.isnan(value)
    return np.where(known, value, 0.0), known.astype(np.float64)
