"""Forecasts that need no learning: what every other model must beat."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from c2m.demand import Demand
from c2m.errors import ArgumentError, warn
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.pooling import group_series_by_attribute, pooled_mean
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import (
    check_horizon,
    check_target,
    need_panel,
    observed_target,
    sold_ahead,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

    Point = Callable[[FloatArray, int, int], FloatArray]
    """From history, last period seen and horizon to points (n_series, horizon), NaN: unknown."""

_WINDOWS: Final = {"D": 28, "W": 8, "MS": 3}
_MOST_ORIGINS: Final = 26
_MOST_CELLS: Final = 4_000_000


class MovingAverage(Parameters):
    """The mean of the last periods, the same for every period ahead.

    Periods that are unknown, or in which a stock-out hid the demand, are skipped: they are never
    counted as 0. A series whose last `window` periods are all unknown takes the mean of all its
    known periods; one without any takes the mean of series like it (the finest attribute with at
    least five known series a value), with a warning that counts them. How far the same rule fell
    from what came, at up to 26 earlier cutoffs, gives the distribution (see `CountHead`).

    Parameters
    ----------
    window : int, optional
        How many periods; 28 days, 8 weeks or 3 months unless given.

    Attributes
    ----------
    window_ : int
        The window used.

    References
    ----------
    Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th ed.,
    ch. 3.4.1: ``forecast = (y[t] + ... + y[t - window + 1]) / window``.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=12, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [2, 4] * 6})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> MovingAverage(window=4).fit(panel).predict(2).mean
    array([[3., 3.]])
    """

    def __init__(self, window: int | None = None) -> None:
        self.window = window

    def fit(self, panel: "Panel") -> Self:
        """Keep the panel.

        Parameters
        ----------
        panel : Panel
            What was known at its cutoff.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        ArgumentError
            If `panel` is none or the window is no whole number of at least 1.
        DataError
            If no value of the target is known, or one is below 0.
        """
        need_panel(panel)
        self.window_ = _whole("window", self.window, _WINDOWS[rhythm(panel.calendar)])
        self.panel_ = panel
        self.history_ = _History.of(panel)
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: "Sequence[str] | None" = None,
    ) -> Demand:
        """Forecast the periods after the panel's cutoff.

        Parameters
        ----------
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`; all that this model
            uses of it is ``on_sale``.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "history_")
        point = _moving_average(self.window_)
        return _forecast(self.history_, point, check_horizon(horizon), future, skus)


class SeasonalNaive(Parameters):
    """What came in the same period of the last season.

    A period that is unknown there takes the last known value before it; a series without any
    known value takes the mean of series like it, with a warning that counts them. The
    distribution is made as in `MovingAverage`.

    Parameters
    ----------
    season_length : int, optional
        Periods in a season. Unless given: 7 days, 52 weeks or 12 months where the history is at
        least that long, else 1, which repeats the last value.

    Attributes
    ----------
    season_length_ : int
        The season length used.

    References
    ----------
    Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., sec. 5.2:
    ``forecast[t + h] = y[t + h - m * ceil(h / m)]``.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=21)
    >>> frame = pd.DataFrame({"sku": "A", "period": days, "sales": [1, 2, 3, 4, 5, 6, 7] * 3})
    >>> panel = Panel.from_frame(frame, freq="D")
    >>> SeasonalNaive().fit(panel).predict(9).mean
    array([[1., 2., 3., 4., 5., 6., 7., 1., 2.]])
    """

    def __init__(self, season_length: int | None = None) -> None:
        self.season_length = season_length

    def fit(self, panel: "Panel") -> Self:
        """Keep the panel.

        Parameters
        ----------
        panel : Panel
            What was known at its cutoff.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        ArgumentError
            If `panel` is none or the season length is no whole number of at least 1.
        DataError
            If no value of the target is known, or one is below 0.

        Warns
        -----
        C2MWarning
            If a season length was given that is longer than the history.
        """
        need_panel(panel)
        usual = panel.calendar.season_length
        fitting = usual if panel.n_periods >= usual else 1
        length = _whole("season_length", self.season_length, fitting)
        if length > panel.n_periods:
            warn(
                f"A season of {length} periods is longer than the history of {panel.n_periods}: "
                "the last value is repeated. Pass season_length=1 if that is meant."
            )
            length = 1
        self.season_length_ = length
        self.panel_ = panel
        self.history_ = _History.of(panel)
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: "Sequence[str] | None" = None,
    ) -> Demand:
        """Forecast the periods after the panel's cutoff.

        Parameters
        ----------
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`; all that this model
            uses of it is ``on_sale``.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "history_")
        point = _seasonal_naive(self.season_length_)
        return _forecast(self.history_, point, check_horizon(horizon), future, skus)


@dataclass(frozen=True, eq=False)
class _History:
    """A panel with its target, its totals and the level that stands in for missing history."""

    panel: "Panel"
    target: "FloatArray"  # [S, T]
    pooled: "FloatArray"  # [S]

    @classmethod
    def of(cls, panel: "Panel") -> "_History":
        target = observed_target(panel)
        check_target(panel, target, panel.target)
        known = ~np.isnan(target)
        count = known.sum(axis=1)
        mean = np.where(known, target, 0.0).sum(axis=1) / np.maximum(count, 1)
        groups = group_series_by_attribute(panel.attributes, count > 0)
        return cls(panel, target, pooled_mean(np.where(count > 0, mean, np.nan), groups))


def _forecast(
    history: _History,
    point: "Point",
    horizon: int,
    future: object | None,
    skus: "Sequence[str] | None",
) -> Demand:
    """Put a distribution around the points and wrap both as demand."""
    panel = history.panel if future is None else history.panel.with_future(future)
    mean = point(history.target, panel.n_periods - 1, horizon)  # [S, H]
    without = np.isnan(mean).any(axis=1)
    if without.any():
        warn(
            f"{without.sum():,} of {panel.n_series:,} series have no known {panel.target!r}: the "
            "mean of series like them stands in. Give series an attribute, or leave these out."
        )
    mean = np.where(np.isnan(mean), history.pooled[:, None], mean) * sold_ahead(panel, horizon)
    head = CountHead.fit(*_past_forecasts(history.target, point, horizon))
    demand = Demand(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first + panel.n_periods,
        law=head.law(mean),
        attributes=panel.attributes,
    )
    return demand if skus is None else demand.select(skus)


def _past_forecasts(
    target: "FloatArray", point: "Point", horizon: int
) -> tuple["FloatArray", "FloatArray"]:
    """Return what the rule would have said at earlier cutoffs, and what came.

    Cutoffs go back from the last one that leaves a whole horizon; a history too short for that
    gives what there is of it, padded with unknown.
    """
    n_series, n_periods = target.shape
    most = max(1, min(_MOST_ORIGINS, _MOST_CELLS // (n_series * horizon)))
    last = max(n_periods - 1 - horizon, 0)
    origins = range(max(0, last - most + 1), min(last + 1, n_periods - 1))
    means, actuals = [np.empty((0, horizon))], [np.empty((0, horizon))]
    for origin in origins:
        came = np.full((n_series, horizon), np.nan)
        seen = target[:, origin + 1 : origin + 1 + horizon]
        came[:, : seen.shape[1]] = seen
        means.append(point(target, origin, horizon))
        actuals.append(came)
    return np.concatenate(means), np.concatenate(actuals)


def _moving_average(window: int) -> "Point":
    def point(target: "FloatArray", last: int, horizon: int) -> "FloatArray":
        recent = _known_mean(target[:, max(0, last + 1 - window) : last + 1])
        level = np.where(np.isnan(recent), _known_mean(target[:, : last + 1]), recent)
        return np.repeat(level[:, None], horizon, axis=1)  # [S, H]

    return point


def _seasonal_naive(season_length: int) -> "Point":
    def point(target: "FloatArray", last: int, horizon: int) -> "FloatArray":
        filled = _carry_forward(target[:, : last + 1])
        ahead = np.arange(1, horizon + 1)
        source = last + ahead - season_length * -(-ahead // season_length)
        value = filled[:, np.maximum(source, 0)]
        value[:, source < 0] = np.nan
        return np.where(np.isnan(value), filled[:, -1:], value)  # [S, H]

    return point


def _known_mean(values: "FloatArray") -> "FloatArray":
    """Return the mean of the known values of each row; NaN without any."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _carry_forward(values: "FloatArray") -> "FloatArray":
    """Fill unknown values with the last known one before them in the row."""
    position = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    last: NDArray[np.intp] = np.maximum.accumulate(position, axis=1)
    return np.take_along_axis(values, last, axis=1)


def _whole(name: str, value: int | None, default: int) -> int:
    number = default if value is None else value
    if not isinstance(number, int | np.integer) or number < 1:
        raise ArgumentError(f"Expected {name}, a whole number >= 1, got {value!r}.")
    return int(number)
