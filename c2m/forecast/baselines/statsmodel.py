"""Models of statsmodels, for a few series that matter each on their own."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.baseline import whole_number
from c2m.forecast.baselines.history import known_mean
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.pooling import group_series_by_attribute, pooled_mean
from c2m.forecast.target import (
    check_horizon,
    check_target,
    need_panel,
    observed_target,
    sold_ahead,
)
from c2m.series import find_skus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

Kind = Literal["ets", "uc", "arima"]

_LONGEST_DUMMIES: Final = 24
"""Up to so many periods a season is one state a period; a longer one is two waves."""

_WAVES: Final = 2
_LEAST_KNOWN: Final = 8
_ORDERS: Final = ((0, 1, 1), (1, 1, 1), (2, 1, 1), (0, 1, 2))
"""All differenced once: criteria of different differences cannot be compared."""

_SEASONAL_ORDER: Final = (0, 1, 1)
_MOST_SEASONAL_STATES: Final = 24


class StatsModel(Parameters):
    """One model of statsmodels for each series: for the few that are worth seconds each.

    Means and variances of the state-space forecast become a law of counts with the same moments
    (see `moments_law`); means below 0 are set to 0. Unknown periods are unknown to the state
    space. A series with fewer than eight known periods, or one that does not vary, is forecast at
    its mean and the variance of its history, one without any at those of series like it, with a
    warning that counts them.

    Parameters
    ----------
    kind : {"ets", "uc", "arima"}
        ``"ets"``: damped additive exponential smoothing in state-space form, with a season where
        the history holds two; it cannot skip unknown periods, so those after the first known one
        are filled by the value one season before or the last known value, with a warning.
        ``"uc"``: unobserved components, a local level and a season, dummies up to 24 periods and
        two waves beyond. ``"arima"``: of five small orders, with a seasonal moving average up to
        24 periods, the one with the least AICc.
    season_length : int, optional
        Periods in a season; 7 days, 52 weeks or 12 months unless given, and none where the
        history of a series holds fewer than two.
    most_series : int
        More series than this are refused: `ETS` forecasts thousands a second.

    Attributes
    ----------
    season_length_ : int
        The season length used.

    References
    ----------
    Durbin & Koopman (2012), *Time Series Analysis by State Space Methods*, 2nd ed., sec. 3.2 and
    4.10 (unobserved components, missing observations). Hyndman & Athanasopoulos (2021),
    *Forecasting: Principles and Practice*, 3rd ed., ch. 8 and 9.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [48, 50, 52] * 10})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> StatsModel("uc").fit(panel).predict(2).mean.round(-1)
    array([[50., 50.]])
    """

    def __init__(
        self, kind: Kind = "ets", season_length: int | None = None, most_series: int = 300
    ) -> None:
        self.kind = kind
        self.season_length = season_length
        self.most_series = most_series

    def fit(self, panel: "Panel") -> Self:
        """Fit a model to each series.

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
            If `panel` is none, has more than `most_series` series, or an argument is out of range.
        DataError
            If no value of the target is known, or one is below 0.

        Warns
        -----
        C2MWarning
            If series are too short or constant, an optimiser did not converge, or unknown periods
            were filled; each with its count.
        """
        need_panel(panel)
        if self.kind not in get_args(Kind):
            raise ArgumentError(f"Expected kind 'ets', 'uc' or 'arima', got {self.kind!r}.")
        if panel.n_series > whole_number("most_series", self.most_series, 1):
            raise ArgumentError(
                f"Expected at most {self.most_series:,} series, each of which takes a second or "
                f"more, got {panel.n_series:,}. Select the ones that matter with panel.select, use "
                f"ETS() for all at once, or pass most_series={panel.n_series}."
            )
        usual = panel.calendar.season_length
        self.season_length_ = whole_number("season_length", self.season_length, usual)
        target = observed_target(panel)
        check_target(panel, target, panel.target)
        self.panel_ = panel
        usual_moments = _simple_moments(panel, target)
        self.results_ = [
            self._fit_one(values, own) for values, own in zip(target, usual_moments, strict=True)
        ]
        self._tell(target)
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
            What is planned for these periods; all that is used of it is ``on_sale``.
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
        check_fitted(self, "results_")
        horizon = check_horizon(horizon)
        panel = self.panel_ if future is None else self.panel_.with_future(future)
        chosen = panel if skus is None else panel.select(skus)
        rows = range(panel.n_series) if skus is None else find_skus(panel.keys, skus)
        moments = [_moments(self.results_[row], horizon) for row in rows]
        mean, variance = (np.stack(part) for part in zip(*moments, strict=True))  # [S, H]
        return Demand(
            keys=chosen.keys,
            calendar=panel.calendar,
            first=panel.first + panel.n_periods,
            law=moments_law(mean * sold_ahead(chosen, horizon), variance),
            attributes=chosen.attributes,
        )

    def _fit_one(
        self, values: "FloatArray", simple: tuple[float, float]
    ) -> "tuple[float, float] | _Fitted":
        """Return the fitted model of a series, or mean and variance where there can be none."""
        known = np.flatnonzero(~np.isnan(values))
        own = values[known]
        if len(known) < _LEAST_KNOWN or np.ptp(own) == 0:
            return simple
        history = values[known[0] :]
        season = self.season_length_ if len(history) >= 2 * self.season_length_ else 1
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = _FITS[self.kind](history, season)
        astray = any("onverge" in str(one.message) for one in told)
        return _Fitted(result, not astray)

    def _tell(self, target: "FloatArray") -> None:
        """Warn of what was assumed, with its count."""
        results, n_series = self.results_, len(target)
        simple = sum(isinstance(result, tuple) for result in results)
        if simple:
            warn(
                f"{simple:,} of {n_series:,} series are constant or have fewer than "
                f"{_LEAST_KNOWN} known periods: mean and variance of their history stand in, and "
                f"for the {int(np.isnan(target).all(axis=1).sum()):,} of them without any, those "
                "of series like them."
            )
        astray = sum(not result.converged for result in results if isinstance(result, _Fitted))
        if astray:
            warn(
                f"The likelihood of {astray:,} of {n_series:,} series did not converge in "
                f"statsmodels: check their forecasts, or use another kind than {self.kind!r}."
            )
        begun = (~np.isnan(target)).cumsum(axis=1) > 0
        holes = int(np.count_nonzero(np.isnan(target) & begun))
        if holes and self.kind == "ets":
            warn(
                f"{holes:,} unknown values were filled by the season before or the last known "
                "value, because this kind cannot skip them. 'uc' and 'arima' can."
            )


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A result of statsmodels, and whether its optimiser converged."""

    result: Any
    converged: bool


def moments_law(mean: "FloatArray", variance: "FloatArray") -> GammaPoisson:
    """Return the law of counts with given means and variances.

    Parameters
    ----------
    mean : ndarray, shape (n_series, horizon)
        Units a period; below 0 becomes 0.
    variance : ndarray, shape (n_series, horizon)
        Of each period's demand. Where it is below the mean, a Poisson count has the mean's.

    Returns
    -------
    GammaPoisson
        ``dispersion = (variance - mean) / mean**2``. What the variance grows by over the horizon
        is uncertainty of the level, which later periods share: the level's variance is the mean
        of ``(variance[h] - variance[0]) / mean[h]**2``, at most the least dispersion; both over
        the periods with a mean above 0.

    Examples
    --------
    >>> law = moments_law(np.array([[4.0, 4.0]]), np.array([[12.0, 20.0]]))
    >>> law.dispersion.tolist(), law.level_variance.tolist()
    ([[0.5, 1.0]], [0.25])
    """
    mean = np.maximum(mean, 0.0)
    square = np.maximum(mean, 1e-9) ** 2
    dispersion = np.where(mean > 0, np.maximum(variance - mean, 0.0) / square, 0.0)
    growth = np.maximum(variance - variance[:, :1], 0.0) / square
    count = np.count_nonzero(mean > 0, axis=1)
    usual = np.where(mean > 0, growth, 0.0).sum(axis=1) / np.maximum(count, 1)
    least = np.where(mean > 0, dispersion, np.inf).min(axis=1)
    level = np.where(count > 0, np.minimum(usual, least), 0.0)
    return GammaPoisson(mean, np.maximum(dispersion, level[:, None]), level)


def _simple_moments(panel: "Panel", target: "FloatArray") -> list[tuple[float, float]]:
    """Return mean and variance of each series' history; of series like it where it has none."""
    mean = known_mean(target)
    variance = known_mean((target - mean[:, None]) ** 2)
    without = np.isnan(mean)
    if without.any():
        groups = group_series_by_attribute(panel.attributes, ~without)
        between = known_mean((mean - pooled_mean(mean, groups))[:, None] ** 2)
        spread = pooled_mean(variance, groups) + pooled_mean(between, groups)
        mean, variance = (
            np.where(without, stand_in, own)
            for stand_in, own in ((pooled_mean(mean, groups), mean), (spread, variance))
        )
    return list(zip(mean.tolist(), variance.tolist(), strict=True))


def _moments(fitted: "tuple[float, float] | _Fitted", horizon: int) -> "FloatArray":
    """Return mean and variance of the next periods, shape (2, horizon)."""
    if isinstance(fitted, tuple):
        return np.repeat(np.array(fitted)[:, None], horizon, axis=1)
    result = fitted.result
    if hasattr(result, "get_forecast"):
        said = result.get_forecast(horizon)
        return np.stack([said.predicted_mean, said.var_pred_mean])
    n_periods = int(result.nobs)
    said = result.get_prediction(start=n_periods, end=n_periods + horizon - 1)
    return np.stack([np.asarray(said.predicted_mean), np.asarray(said.forecast_variance)])


def _fit_ets(history: "FloatArray", season: int) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    seasonal = {} if season == 1 else {"seasonal": "add", "seasonal_periods": season}
    model = ETSModel(
        pd.Series(_filled(history, season)),
        trend="add",
        damped_trend=True,
        initialization_method="heuristic" if len(history) >= max(10, 2 * season) else "estimated",
        **seasonal,
    )
    return model.fit(disp=False)


def _fit_components(history: "FloatArray", season: int) -> Any:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    if 1 < season <= _LONGEST_DUMMIES:
        seasonal: dict[str, Any] = {"seasonal": season}
    elif season > 1:
        waves = [{"period": season, "harmonics": _WAVES}]
        seasonal = {"freq_seasonal": waves, "stochastic_freq_seasonal": [False]}
    else:
        seasonal = {}
    return UnobservedComponents(history, level="local level", **seasonal).fit(disp=False)


def _fit_arima(history: "FloatArray", season: int) -> Any:
    from statsmodels.tsa.arima.model import ARIMA

    seasonal = (0, 0, 0, 0)
    if 1 < season <= _MOST_SEASONAL_STATES:
        seasonal = (*_SEASONAL_ORDER, season)
    fits = [ARIMA(history, order=order, seasonal_order=seasonal).fit() for order in _ORDERS]
    return min(fits, key=lambda fit: float(fit.aicc))


_FITS: Final = {"ets": _fit_ets, "uc": _fit_components, "arima": _fit_arima}


def _filled(history: "FloatArray", season: int) -> "FloatArray":
    """Fill unknown periods by the value a season before, or else the last one."""
    filled = history.copy()
    for period in np.flatnonzero(np.isnan(filled)):
        filled[period] = filled[period - season if period >= season else period - 1]
    return filled
