"""Features of (series, cutoff, step) rows, each computed from what was known at its cutoff."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.forecast.features.channels import Column, known_columns, signal_columns, signal_floor
from c2m.forecast.features.recipe import TURNS, described, half_width
from c2m.forecast.features.rows import Rows
from c2m.forecast.features.running import (
    Positions,
    Running,
    blocks,
    one_row,
    periods_since,
    smooth,
)
from c2m.forecast.pooling import group_series_by
from c2m.forecast.target import observed_single
from c2m.frames import text_codes

if TYPE_CHECKING:
    from c2m.forecast.features.recipe import Recipe
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel
    from c2m.periods import Calendar

_OWN_PERIODS: Final = 2.0
"""The level counts as so many periods of every window, which keeps ratios of small counts calm."""

_LONG_PRIOR: Final = 0.3
"""Weight of the series' whole history in its level; a full memory weighs 1."""

_POOL_PERIODS: Final = 0.5
"""The mean of series like it counts as so many periods of a series' whole history."""

_ROWS_AT_ONCE: Final = 8_192

_THURSDAY: Final = 3
"""Day 0, 1970-01-01, counted from Monday."""


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """A panel made ready, so that the features of any row are a few look-ups.

    The features of a row read channels at or before its origin. Only those of `known` channels
    and the calendar read the target's own period. Of a long history the last `Recipe.kept` periods
    are kept one by one, and what lies before as sums; positions count from the first kept period.

    Parameters
    ----------
    recipe : Recipe
        Which features.
    calendar : Calendar
        Of the panel.
    first : int
        Number of the first kept period.
    earliest : int
        Position of the first cutoff that sees as far back as its features may look.
    target : ndarray of float32, shape (n_series, n_kept)
        Units; NaN where unknown.
    level : ndarray of float32, shape (n_series, n_kept)
        Smoothed units a period as known at each period, above 0.
    sums : mapping of str to Running
        Of target, of its squares, of its zeros; of the groups; of signals and known channels.
    floors : mapping of str to ndarray, shape (n_kept,)
        What is added to each signal before its logarithm, as known at each period.
    since_sale : ndarray of int32, shape (n_series, n_kept)
        Periods since the last sale; -1 before the first.
    group : ndarray of int, shape (n_series,)
        Group of like series.
    ahead : mapping of str to ndarray, shape (n_series, n_kept + n_ahead)
        Known channels.
    attributes : ndarray of float32, shape (n_series, n_attributes)
        Codes and numbers; -1 or NaN where unknown.
    """

    recipe: "Recipe"
    calendar: "Calendar"
    first: int
    earliest: int
    target: NDArray[np.float32]
    level: NDArray[np.float32]
    sums: dict[str, Running]
    floors: dict[str, "FloatArray"]
    since_sale: NDArray[np.int32]
    group: Positions
    ahead: dict[str, NDArray[np.float32]]
    attributes: NDArray[np.float32]

    @classmethod
    def of(cls, panel: "Panel", recipe: "Recipe") -> "FeatureTable":
        """Make a panel ready.

        Parameters
        ----------
        panel : Panel
            The panel.
        recipe : Recipe
            Which features.

        Returns
        -------
        FeatureTable
            The table.
        """
        target = observed_single(panel, recipe.target)
        if len(one_row(target)) < len(target):  # a target is each series' own
            target = target.copy()
        start = max(panel.n_periods - recipe.kept, 0)
        group = group_series_by(panel.attributes, recipe.group)
        own = Running.of(target, start)
        sums = {
            "target": own,
            "squares": replace(Running.of(target, start, np.square), count=own.count),
            "zeros": replace(Running.of(target, start, _zeros), count=own.count),
            "group": own.pooled(group),
        }
        for name in recipe.signals:
            sums[name] = Running.of(panel[name][:, : panel.n_periods], start)
        for name in recipe.known:
            sums[f"known {name}"] = Running.of(panel[name][:, : panel.n_periods], start)
        level, since_sale = _levels(target, sums, group, recipe.memory)
        table = cls(
            recipe=recipe,
            calendar=panel.calendar,
            first=panel.first + start,
            earliest=recipe.lookback if start else 0,
            target=target if start == 0 else target[:, start:].copy(),
            level=level,
            sums=sums,
            floors={name: signal_floor(sums[name].upto_each()) for name in recipe.signals},
            since_sale=since_sale,
            group=group,
            ahead={},
            attributes=_attribute_columns(panel, recipe),
        )
        return table.with_ahead(panel)

    def with_ahead(self, panel: "Panel") -> "FeatureTable":
        """Return the table with the known channels of a panel that plans more.

        Parameters
        ----------
        panel : Panel
            The same series and cutoff.

        Returns
        -------
        FeatureTable
            The table.
        """
        start = self.first - panel.first
        return replace(self, ahead={name: panel[name][:, start:] for name in self.recipe.known})

    @property
    def n_periods(self) -> int:
        """How many observed periods are kept."""
        return int(self.target.shape[1])

    def log_level(self, rows: Rows) -> "FloatArray":
        """Return the logarithm of each row's level, which the trees correct.

        Parameters
        ----------
        rows : Rows
            The rows.

        Returns
        -------
        ndarray, shape (n_rows,)
            Log units a period.
        """
        return np.log(self.level[rows.series, rows.origin], dtype=np.float64)

    def without_history(self, series: Positions) -> NDArray[np.bool_]:
        """Say of which series no value was ever known.

        Parameters
        ----------
        series : ndarray of int, shape (n,)
            Which series.

        Returns
        -------
        ndarray of bool, shape (n,)
            True where nothing is known.
        """
        last = np.full(len(series), self.n_periods - 1)
        return np.asarray(self.sums["target"].over(series, last)[1] == 0)

    def columns(self, rows: Rows) -> Iterator[Column]:
        """Yield the name and the values of every feature.

        Parameters
        ----------
        rows : Rows
            The rows.

        Yields
        ------
        str, ndarray of shape (n_rows,)
            One feature.
        """
        level = self.level[rows.series, rows.origin].astype(np.float64)
        yield "step", rows.step
        yield "level", np.log(level)
        yield from self._recent(rows, level)
        yield from self._seasonal(rows, level)
        for name in self.recipe.signals:
            yield from signal_columns(self, name, rows, level)
        for name in self.recipe.known:
            yield from known_columns(self, name, rows)
        yield from self._date(rows)
        for place, name in enumerate(self.recipe.attributes):
            yield f"attribute {name}", self.attributes[rows.series, place]

    def matrix(self, rows: Rows) -> NDArray[np.float32]:
        """Return the features as LightGBM takes them.

        Parameters
        ----------
        rows : Rows
            The rows.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_features)
            In the order of `names`.
        """
        result = np.empty((len(rows), len(self.names)), dtype=np.float32)
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            end = begin + _ROWS_AT_ONCE
            for place, (_, values) in enumerate(self.columns(rows.part(begin, end))):
                result[begin:end, place] = values
        return result

    @cached_property
    def names(self) -> list[str]:
        """Names of the features, in order."""
        nothing = np.zeros(0, dtype=np.intp)
        return [name for name, _ in self.columns(Rows(nothing, nothing, nothing))]

    @cached_property
    def categorical(self) -> list[int]:
        """Positions of the features that are codes of categories."""
        text = {f"attribute {n}" for n, levels in self.recipe.attributes.items() if levels}
        return [place for place, name in enumerate(self.names) if name in text]

    def _recent(self, rows: Rows, level: "FloatArray") -> Iterator[Column]:
        series, origin = rows.series, rows.origin
        own, windows = self.sums["target"], self.recipe.windows
        total, count = own.over(series, origin, np.array(windows)[:, None])  # [W, R]
        calm = (total + _OWN_PERIODS * level) / (count + _OWN_PERIODS)
        for width, values in zip(windows, np.log(calm / level), strict=True):
            yield f"recent {width}", values
        total, count = own.over(series, origin)
        yield "age", np.minimum(count, 2 * windows[-1])
        since = self.since_sale[series, origin]
        yield "since sale", np.where(since < 0, np.nan, since)
        longest = windows[-1]
        for width in {longest, windows[len(windows) // 2]}:
            yield f"zeros {width}", self.sums["zeros"].mean(series, origin, width)
        mean = own.mean(series, origin, longest)
        square = self.sums["squares"].mean(series, origin, longest)
        spread = np.sqrt(np.maximum(square - mean**2, 0.0))
        yield "variation", np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0)

    def _seasonal(self, rows: Rows, level: "FloatArray") -> Iterator[Column]:
        """Compare the same part of past seasons with the time around their cutoff."""
        own = self.sums["target"]
        for season in self.recipe.seasons:
            back = season * -(-rows.step // season)
            half = half_width(season)
            # around the period one season back, but never beyond the row's own origin
            around = np.minimum(rows.origin + rows.step - back + half, rows.origin)
            width = 2 * half + 1
            total, count = own.over(rows.series, around, width)
            calm = (total + level) / (count + 1.0)
            yield f"season {season}", np.where(count > 0, np.log(calm / level), np.nan)
            span = min(self.recipe.memory, season)
            then = self._group_mean(rows, rows.origin - back, span)
            there = self._group_mean(rows, around, width)
            yield f"season {season} of group", np.log(there / then)
            if half == 0:
                yield f"season {season} mean", self._phase_mean(rows, season, level)

    def _phase_mean(self, rows: Rows, season: int, level: "FloatArray") -> "FloatArray":
        """Return the mean of the last values of the target's phase, over the level."""
        nearest = rows.origin + rows.step - season * -(-rows.step // season)
        each = nearest - season * np.arange(TURNS)[:, None]
        values, known = self.sums["target"].over(rows.series, each, 1)  # [8, R]
        return np.asarray(np.log((values.sum(axis=0) + level) / (known.sum(axis=0) + 1.0) / level))

    def _group_mean(self, rows: Rows, last: Positions, width: int) -> "FloatArray":
        total, count = self.sums["group"].over(self.group[rows.series], last, width)
        return np.where((count > 0) & (total > 0), total / np.maximum(count, 1.0), np.nan)

    def _date(self, rows: Rows) -> Iterator[Column]:
        at = rows.origin + rows.step
        least = int(at.min(initial=0))
        number = self.first + np.arange(least, int(at.max(initial=0)) + 1)
        if not self.recipe.calendar:
            return
        days = self.calendar.label(number)
        month = days.astype("datetime64[M]")
        for name in self.recipe.calendar:
            match name:
                case "days":
                    values = self.calendar.days_in(number)
                case "week":
                    values = (days - days.astype("datetime64[Y]")).astype(np.int64) // 7
                case "weekday":
                    values = (days.astype(np.int64) + _THURSDAY) % 7
                case "day":
                    values = (days - month).astype(np.int64) + 1
                case _:
                    values = month.astype(np.int64) % 12 + 1
            yield name, values[at - least]


def _zeros(values: "FloatArray") -> "FloatArray":
    """Return 1 where nothing was sold."""
    return np.where(np.isnan(values), np.nan, values == 0)


def _levels(
    target: NDArray[np.float32], sums: dict[str, Running], group: Positions, memory: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return smoothed level and periods since the last sale, of the kept periods.

    The level is drawn to the whole history of the series, and that to series like it.
    """
    own, pool = sums["target"], sums["group"]
    total, count = own.upto_each()
    everyone = total / np.maximum(count, 1)  # [T]
    pooled = (pool.total[:, 1:] + 5 * everyone) / (pool.counts(slice(None))[:, 1:] + 5)  # [G, T]
    pooled = np.maximum(pooled, 1e-3)
    level = np.empty((len(target), own.total.shape[1] - 1), dtype=np.float32)
    since = np.empty(level.shape, dtype=np.int32)
    for block in blocks(*target.shape):
        part = target[block].astype(np.float64)
        smoothed, weights = smooth(part, 2.0 / (memory + 1), own.before)
        seen = own.counts(block)[:, 1:] + _POOL_PERIODS
        history = (own.total[block, 1:] + _POOL_PERIODS * pooled[group[block]]) / seen
        level[block] = (smoothed + _LONG_PRIOR * history) / (weights + _LONG_PRIOR)
        since[block] = periods_since(part > 0)[:, own.before :]
    return level, since


def _attribute_columns(panel: "Panel", recipe: "Recipe") -> NDArray[np.float32]:
    columns = np.empty((panel.n_series, len(recipe.attributes)), dtype=np.float32)
    table = described(panel)
    for place, (name, levels) in enumerate(recipe.attributes.items()):
        values = table[name]
        if levels is None:
            columns[:, place] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            columns[:, place] = pd.Index(levels).get_indexer(pd.Index(text_codes(values)))
    return columns
