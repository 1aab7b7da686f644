"""Features of (series, cutoff, step) rows, each computed from what was known at its cutoff."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.forecast.features.running import Positions, Running, periods_since, smooth
from c2m.forecast.pooling import group_series_by_attribute
from c2m.forecast.target import observed_target
from c2m.frames import text_codes
from c2m.panel.channels import channel

if TYPE_CHECKING:
    from c2m.forecast.features.recipe import Recipe
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel
    from c2m.periods import Calendar

Column = tuple[str, NDArray[Any]]

_OWN_PERIODS: Final = 2.0
"""The level counts as so many periods of every window, which keeps ratios of small counts calm."""

_LONG_PRIOR: Final = 0.3
"""Weight of the series' whole history in its level; a full memory weighs 1."""

_POOL_PERIODS: Final = 0.5
"""The mean of series like it counts as so many periods of a series' whole history."""

_SIGNAL_FLOOR: Final = 0.05
"""Share of a signal's overall mean that is added before its logarithm is taken."""


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

    series: Positions
    origin: Positions
    step: Positions

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.series)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """A panel made ready, so that the features of any row are a few look-ups.

    The features of a row read channels at or before its origin. Only those of `known` channels
    and the calendar read the target's own period.

    Parameters
    ----------
    recipe : Recipe
        Which features.
    calendar : Calendar
        Of the panel.
    first : int
        Number of its first period.
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.
    level : ndarray, shape (n_series, n_periods)
        Smoothed units a period as known at each period, above 0.
    sums : mapping of str to Running
        Of target, of its squares, of its zeros; of the groups; of signals and known channels.
    floors : mapping of str to ndarray, shape (n_periods,)
        What is added to each signal before its logarithm, as known at each period.
    since_sale : ndarray, shape (n_series, n_periods)
        Periods since the last sale.
    group : ndarray of int, shape (n_series,)
        Group of like series.
    ahead : mapping of str to ndarray, shape (n_series, n_periods + n_ahead)
        Known channels.
    attributes : ndarray of float32, shape (n_series, n_attributes)
        Codes and numbers; -1 or NaN where unknown.
    """

    recipe: "Recipe"
    calendar: "Calendar"
    first: int
    target: "FloatArray"
    level: "FloatArray"
    sums: dict[str, Running]
    floors: dict[str, "FloatArray"]
    since_sale: "FloatArray"
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
        target = observed_target(panel, recipe.target)
        group = group_series_by_attribute(
            panel.attributes, np.asarray(~np.isnan(target).all(axis=1))
        )
        own = Running.of(target)
        sums = {
            "target": own,
            "squares": Running.of(target**2),
            "zeros": Running.of(np.where(np.isnan(target), np.nan, target == 0)),
            "group": _pool(own, group),
        }
        for name in recipe.signals:
            sums[name] = Running.of(panel[name][:, : panel.n_periods])
        table = cls(
            recipe=recipe,
            calendar=panel.calendar,
            first=panel.first,
            target=target,
            level=_levels(target, sums, group, recipe.memory),
            sums=sums,
            floors={name: _floor(sums[name]) for name in recipe.signals},
            since_sale=periods_since(target > 0),
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
        ahead = {name: panel[name] for name in self.recipe.known}
        past = {
            f"known {name}": Running.of(array[:, : panel.n_periods])
            for name, array in ahead.items()
        }
        return replace(self, ahead=ahead, sums={**self.sums, **past})

    @property
    def n_periods(self) -> int:
        """How many periods were observed."""
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
        return np.asarray(np.log(self.level[rows.series, rows.origin]))

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
        level = self.level[rows.series, rows.origin]
        yield "step", rows.step
        yield "level", np.log(level)
        yield from self._recent(rows, level)
        yield from self._seasonal(rows, level)
        for name in self.recipe.signals:
            yield from self._signal(name, rows, level)
        for name in self.recipe.known:
            yield from self._known(name, rows)
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
        for place, (_, values) in enumerate(self.columns(rows)):
            result[:, place] = values
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
        for width in windows:
            total, count = own.over(series, origin, width)
            calm = (total + _OWN_PERIODS * level) / (count + _OWN_PERIODS)
            yield f"recent {width}", np.log(calm / level)
        total, count = own.over(series, origin)
        yield "age", np.minimum(count, 2 * windows[-1])
        yield "since sale", self.since_sale[series, origin]
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
            half = _half_width(season)
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
        """Return the mean of the last eight values of the target's phase, over the level."""
        total, count = np.zeros(len(rows)), np.zeros(len(rows))
        nearest = rows.origin + rows.step - season * -(-rows.step // season)
        for turn in range(8):
            value, known = self.sums["target"].over(rows.series, nearest - turn * season, 1)
            total, count = total + value, count + known
        return np.asarray(np.log((total + level) / (count + 1.0) / level))

    def _group_mean(self, rows: Rows, last: Positions, width: int) -> "FloatArray":
        total, count = self.sums["group"].over(self.group[rows.series], last, width)
        return np.where((count > 0) & (total > 0), total / np.maximum(count, 1.0), np.nan)

    def _signal(self, name: str, rows: Rows, level: "FloatArray") -> Iterator[Column]:
        """Tell how a signal moves, and how much of it there is for a unit of the target."""
        sums, series, origin = self.sums[name], rows.series, rows.origin
        short, middle, long = _three(self.recipe.windows)
        means = {width: sums.mean(series, origin, width) for width in (short, middle, long)}
        if name in self.recipe.signed:
            yield f"{name} now", means[short]
            yield f"{name} move", means[short] - means[long]
            return
        floor = self.floors[name][origin]
        logs = {width: np.log(mean + floor) for width, mean in means.items()}
        yield f"{name} move {short}", logs[short] - logs[long]
        yield f"{name} move {middle}", logs[middle] - logs[long]
        if channel(name).rollup != "mean":
            yield f"{name} per unit", logs[middle] - np.log(level)

    def _known(self, name: str, rows: Rows) -> Iterator[Column]:
        """Tell what is planned for the target's period, and how it differs from lately."""
        planned, at = self.ahead[name], rows.origin + rows.step
        value = np.full(len(rows), np.nan)
        inside = at < planned.shape[1]
        value[inside] = planned[rows.series[inside], at[inside]]
        lately = self.sums[f"known {name}"].mean(rows.series, rows.origin, self.recipe.memory)
        if name.endswith("price"):
            both = (value > 0) & (lately > 0)
            ratio = np.where(both, value, 1.0) / np.where(both, lately, 1.0)
            yield f"{name} over recent", np.where(both, np.log(ratio), np.nan)
            return
        yield f"{name} planned", value
        yield f"{name} over recent", value - lately

    def _date(self, rows: Rows) -> Iterator[Column]:
        if not self.recipe.calendar:
            return
        number = self.first + rows.origin + rows.step
        days = pd.DatetimeIndex(self.calendar.label(number).astype("datetime64[s]"))
        for name in self.recipe.calendar:
            match name:
                case "days":
                    yield name, self.calendar.days_in(number)
                case "week":
                    yield name, (days.day_of_year.to_numpy() - 1) // 7
                case "weekday":
                    yield name, days.day_of_week.to_numpy()
                case "day":
                    yield name, days.day.to_numpy()
                case "month":
                    yield name, days.month.to_numpy()


def _pool(own: Running, group: Positions) -> Running:
    """Return the running sums of groups of series."""
    n_groups = int(group.max(initial=0)) + 1
    total = np.zeros((n_groups, own.total.shape[1]))
    count = np.zeros((n_groups, own.total.shape[1]), dtype=np.int32)
    np.add.at(total, group, own.total)
    np.add.at(count, group, own.count)
    return Running(total, count)


def _floor(sums: Running) -> "FloatArray":
    """Return a small share of the mean of a signal over all series up to each period."""
    total, count = sums.total.sum(axis=0)[1:], sums.count.sum(axis=0)[1:]
    return np.asarray(np.maximum(_SIGNAL_FLOOR * total / np.maximum(count, 1), 1e-6))


def _levels(
    target: "FloatArray", sums: dict[str, Running], group: Positions, memory: int
) -> "FloatArray":
    """Return the smoothed level, drawn to the whole history, and that to series like it."""
    total, weights = smooth(target, 2.0 / (memory + 1))
    own, pool = sums["target"], sums["group"]
    everyone = pool.total.sum(axis=0)[1:] / np.maximum(pool.count.sum(axis=0)[1:], 1)  # [T]
    pooled = (pool.total[:, 1:] + 5 * everyone) / (pool.count[:, 1:] + 5)  # [G, T]
    like = np.maximum(pooled[group], 1e-3)  # [S, T]
    history = (own.total[:, 1:] + _POOL_PERIODS * like) / (own.count[:, 1:] + _POOL_PERIODS)
    return np.asarray((total + _LONG_PRIOR * history) / (weights + _LONG_PRIOR))


def _half_width(season: int) -> int:
    """Return how many periods on either side belong to the same part of a season."""
    return 0 if season < 24 else 1 if season < 100 else 3


def _three(windows: tuple[int, ...]) -> tuple[int, int, int]:
    """Return a short, a middle and a long window."""
    return windows[0], windows[len(windows) // 3], windows[2 * len(windows) // 3]


def _attribute_columns(panel: "Panel", recipe: "Recipe") -> NDArray[np.float32]:
    columns = np.empty((panel.n_series, len(recipe.attributes)), dtype=np.float32)
    for place, (name, levels) in enumerate(recipe.attributes.items()):
        values = panel.attributes[name]
        if levels is None:
            columns[:, place] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            columns[:, place] = pd.Index(levels).get_indexer(pd.Index(text_codes(values)))
    return columns
