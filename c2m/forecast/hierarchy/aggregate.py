"""A small model of statsmodels for each group's total."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.target import FloatArray

Kind = Literal["ets", "uc"]

_WIDTH: Final = 6
"""Most parameters of a model."""

_FORMS: Final = ("none", "multiplicative", "additive", "level", "components")

_LEAST_SEASONS: Final = 3
_LEAST_PERIODS: Final = 12
_MOST_ITERATIONS: Final = 50


@dataclass(frozen=True, eq=False)
class Aggregates:
    """Fitted models of totals: what each is, and its parameters.

    Parameters
    ----------
    season_length : int
        Periods of the season.
    forms : ndarray of int, shape (n_groups,)
        0: no model, the group is left as it is; 1: damped trend with a multiplicative season;
        2: with an additive one; 3: without a season; 4: unobserved components.
    parameters : ndarray, shape (n_groups, 6)
        As statsmodels orders them; NaN beyond those of the form.
    """

    season_length: int
    forms: "NDArray[np.int64]"
    parameters: "FloatArray"

    @property
    def n_without(self) -> int:
        """How many groups have no model."""
        return int(np.count_nonzero(self.forms == 0))

    @property
    def names(self) -> list[str]:
        """The form of each group's model in a word."""
        return [_FORMS[int(code)] for code in self.forms]

    def forecast(
        self, totals: "FloatArray", horizon: int, regressors: "FloatArray | None" = None
    ) -> "FloatArray":
        """Forecast the periods after the totals, with the parameters as they are.

        Parameters
        ----------
        totals : ndarray, shape (n_groups, n_periods)
            Totals up to a cutoff; NaN where unknown.
        horizon : int
            Periods after it.
        regressors : ndarray, shape (n_groups, n_periods + horizon, n_regressors), optional
            What is known ahead; of the form of components only.

        Returns
        -------
        ndarray, shape (n_groups, horizon)
            Units; NaN for a group without a model, or whose forecast is not above 0 throughout.
        """
        ahead = np.full((len(totals), horizon), np.nan)
        for group, form in enumerate(self.names):
            if form == "none":
                continue
            known = _trim(totals[group])
            extra = None if regressors is None else regressors[group, -len(known) - horizon :]
            found = _run(form, known, self.season_length, horizon, self.parameters[group], extra)
            if np.isfinite(found).all() and (found > 0).all():
                ahead[group] = found
        return ahead  # [G, H]


def fit_aggregates(
    totals: "FloatArray",
    *,
    season_length: int,
    kind: Kind,
    regressors: "FloatArray | None" = None,
) -> Aggregates:
    """Fit one model for each group.

    ``"ets"`` is exponential smoothing with a damped trend, and a multiplicative season where
    every total is above 0, else an additive one; a group with unknown totals in between gets
    components instead, which can skip them. ``"uc"`` has a random-walk level, a season and
    `regressors`, on the log scale.

    Parameters
    ----------
    totals : ndarray, shape (n_groups, n_periods)
        Units; NaN where unknown.
    season_length : int
        Periods of a season; not used where the history holds fewer than three.
    kind : {"ets", "uc"}
        Which model.
    regressors : ndarray, shape (n_groups, at least n_periods, n_regressors), optional
        What is known ahead, for ``"uc"``.

    Returns
    -------
    Aggregates
        The models. A group of which too little is known, that hardly sells, or whose fit does
        not converge, has none.

    References
    ----------
    Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential Smoothing*, ch. 2: ETS.
    Harvey (1989), *Forecasting, Structural Time Series Models and the Kalman Filter*, ch. 4: UC.
    """
    forms = np.zeros(len(totals), dtype=np.int64)
    parameters = np.full((len(totals), _WIDTH), np.nan)
    for group, total in enumerate(totals):
        known = _trim(total)
        form = _form(known, season_length, kind)
        if form == "none":
            continue
        extra = None
        if regressors is not None:
            extra = regressors[group, total.size - len(known) : total.size]
        found = _fit(form, known, season_length, extra)
        if found is not None:
            forms[group] = _FORMS.index(form)
            parameters[group, : len(found)] = found
    return Aggregates(season_length, forms, parameters)


def _trim(total: "FloatArray") -> "FloatArray":
    """Leave out what lies before the first known total."""
    known = np.flatnonzero(~np.isnan(total))
    return total[known[0] :] if len(known) else total[:0]


def _form(known: "FloatArray", season_length: int, kind: Kind) -> str:
    """Return the form that a history allows."""
    there = known[~np.isnan(known)]
    if len(there) < _LEAST_PERIODS or np.count_nonzero(there) < len(there) / 2:
        return "none"
    if kind == "uc" or len(there) < len(known):
        return "components"
    if not _has_season(known, season_length):
        return "level"
    return "multiplicative" if there.min() > 0 else "additive"


def _has_season(known: "FloatArray", season_length: int) -> bool:
    return season_length > 1 and len(known) >= max(
        _LEAST_SEASONS * season_length, 2 * season_length + 10
    )


def _model(
    form: str, known: "FloatArray", season_length: int, extra: "FloatArray | None"
) -> Any:  # a model of statsmodels, which has no types
    season = season_length if _has_season(known, season_length) else None
    if form == "components":
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        return UnobservedComponents(
            np.log1p(known), "llevel", seasonal=season, exog=extra, mle_regression=False
        )
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    return ETSModel(
        known,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal={"multiplicative": "mul", "additive": "add"}.get(form),
        seasonal_periods=None if form == "level" else season,
        initialization_method="heuristic",
    )


def _fit(
    form: str, known: "FloatArray", season_length: int, extra: "FloatArray | None"
) -> "FloatArray | None":
    """Return the parameters of one model; None where the fit does not converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = _model(form, known, season_length, extra)
            limit = {"maxiter": _MOST_ITERATIONS} if form == "components" else {}
            result = model.fit(disp=False, **limit)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            return None
    found = np.asarray(result.params, dtype=np.float64)
    return found if result.mle_retvals["converged"] and np.isfinite(found).all() else None


def _run(
    form: str,
    known: "FloatArray",
    season_length: int,
    horizon: int,
    parameters: "FloatArray",
    extra: "FloatArray | None",
) -> "FloatArray":
    """Run one model with given parameters over a history, and forecast."""
    given = parameters[~np.isnan(parameters)]
    past = None if extra is None else extra[: len(known)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _model(form, known, season_length, past)
        if form != "components":
            return np.asarray(model.smooth(given).forecast(horizon), dtype=np.float64)
        result = model.filter(given)
        ahead = result.forecast(horizon, exog=None if extra is None else extra[len(known) :])
        return np.asarray(np.expm1(ahead), dtype=np.float64)
