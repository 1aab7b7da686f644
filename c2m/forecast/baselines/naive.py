"""Forecasts that need no learning: what every other model must beat."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import warn
from c2m.forecast.baselines.baseline import Baseline, whole_number
from c2m.forecast.baselines.history import known_mean
from c2m.forecast.params import Parameters
from c2m.forecast.rhythm import rhythm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from c2m.forecast.baselines.history import Rule
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_WINDOWS: Final = {"D": 28, "W": 8, "MS": 3}


class MovingAverage(Baseline, Parameters):
    """The mean of the last periods, the same for every period ahead.

    Unknown periods are skipped; a series whose last `window` periods are all unknown takes the
    mean of all its recent ones. Distribution and series without history: see `Baseline`.

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

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        self.window_ = whole_number("window", self.window, _WINDOWS[rhythm(panel.calendar)])
        return _moving_average(self.window_), self.window_


class SeasonalNaive(Baseline, Parameters):
    """What came in the same period of the last season.

    A period that is unknown there takes the last known value before it. Distribution and series
    without history: see `Baseline`.

    Parameters
    ----------
    season_length : int, optional
        Periods in a season. Unless given: 7 days, 52 weeks or 12 months where the history is at
        least that long, else 1, which repeats the last value.

    Attributes
    ----------
    season_length_ : int
        The season length used.

    Warns
    -----
    C2MWarning
        If a season length was given that is longer than the history.

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

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        usual = panel.calendar.season_length
        fitting = usual if panel.n_periods >= usual else 1
        length = whole_number("season_length", self.season_length, fitting)
        if length > panel.n_periods:
            warn(
                f"A season of {length} periods is longer than the history of {panel.n_periods}: "
                "the last value is repeated. Pass season_length=1 if that is meant."
            )
            length = 1
        self.season_length_ = length
        return _seasonal_naive(length), length


def _moving_average(window: int) -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        said = np.empty((len(origins), len(target), horizon))
        for place, origin in enumerate(origins):
            level = known_mean(target[:, max(0, origin + 1 - window) : origin + 1])
            stale = np.flatnonzero(np.isnan(level))
            level[stale] = known_mean(target[stale, : origin + 1])
            said[place] = level[:, None]
        return said  # [O, S, H]

    return _rule


def _seasonal_naive(season_length: int) -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        filled = _carry_forward(target)
        ahead = np.arange(1, horizon + 1)
        said = np.empty((len(origins), len(target), horizon))
        for place, origin in enumerate(origins):
            source = origin + ahead - season_length * -(-ahead // season_length)
            value = filled[:, np.maximum(source, 0)]
            value[:, source < 0] = np.nan
            said[place] = np.where(np.isnan(value), filled[:, origin, None], value)
        return said  # [O, S, H]

    return _rule


def _carry_forward(values: "FloatArray") -> "FloatArray":
    """Fill unknown values with the last known one before them in the row."""
    unknown = np.isnan(values)
    if not unknown.any():
        return values
    position = np.where(unknown, 0, np.arange(values.shape[1], dtype=np.int32))
    last: NDArray[np.int32] = np.maximum.accumulate(position, axis=1)
    return np.take_along_axis(values, last, axis=1)
