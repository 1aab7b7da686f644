"""Exponential smoothing with trend and season, for all series at once."""

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.baseline import Baseline, whole_number
from c2m.forecast.baselines.history import blocks, by_period
from c2m.forecast.baselines.recursion import Smoothing, Start, forecasts, squared_errors
from c2m.forecast.params import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.baselines.history import Rule
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

Form = Literal["ANN", "AAdN", "ANA", "AAdA"]

_BLOCK: Final = 256
_GRIDS: Final[dict[Form, tuple[tuple[float, ...], ...]]] = {
    "ANN": ((0.02, 0.05, 0.1, 0.2, 0.4, 0.7), (0.0,), (0.0,), (0.0,)),
    "AAdN": ((0.05, 0.2, 0.5), (0.05, 0.2), (0.0,), (0.9,)),
    "ANA": ((0.02, 0.05, 0.1, 0.2, 0.5), (0.0,), (0.02, 0.1, 0.3), (0.0,)),
    "AAdA": ((0.05, 0.2, 0.5), (0.1,), (0.05, 0.2), (0.9,)),
}
"""Alpha, beta / alpha, gamma / (1 - alpha), phi."""

_ROUNDS: Final = (2.0, 1.4)
"""Factors by which each parameter is moved up and down, from coarse to fine."""

_PHI: Final = (0.8, 0.98)
_SEASONS_TO_START: Final = 2
_KNOWN_TO_START: Final = 10
_TRIALS: Final = 4
_LONG_SEASON: Final = 24
"""AICc counts every state of a season: one of 52 never seems worth its number of parameters."""


class ETS(Baseline, Parameters):
    """Additive exponential smoothing, its form and parameters chosen for each series.

    The forms are a level (ANN), a level with a damped trend (AAdN), and both with a season (ANA,
    AAdA). For each form, parameters come from a grid and two rounds of finer steps by the squared
    errors one step ahead; the form with the least AICc is used, or, for a season of more than 24
    periods, that with the least squared errors over whole horizons from up to four origins after
    the first two seasons. Unknown periods have no error.
    Level and season begin at the means of the first two seasons (the season drawn to 0 as if
    there was one more season without any); they are not optimised. No forecast is below 0.
    Distribution and series without history: see `Baseline`.

    Parameters
    ----------
    form : {"ANN", "AAdN", "ANA", "AAdA"}, optional
        The form of all series; the best for each unless given.
    season_length : int, optional
        Periods in a season; 7 days, 52 weeks or 12 months unless given, and no season where the
        history holds fewer than two.

    Attributes
    ----------
    season_length_ : int
        The season length used; 1 means none.

    Warns
    -----
    C2MWarning
        If a season length was given of which the history holds fewer than two.

    References
    ----------
    Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., sec. 8.5 and
    8.6 (recursion, AICc). Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential
    Smoothing*, sec. 2.6 (start).

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=56)
    >>> frame = pd.DataFrame({"sku": "A", "period": days, "sales": [1, 2, 3, 4, 5, 6, 7] * 8})
    >>> panel = Panel.from_frame(frame, freq="D")
    >>> ETS().fit(panel).predict(7).mean.round()
    array([[1., 2., 3., 4., 5., 6., 7.]])
    """

    def __init__(self, form: Form | None = None, season_length: int | None = None) -> None:
        self.form = form
        self.season_length = season_length

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        if self.form is not None and self.form not in get_args(Form):
            raise ArgumentError(f"Expected form 'ANN', 'AAdN', 'ANA' or 'AAdA', got {self.form!r}.")
        usual = panel.calendar.season_length
        length = whole_number("season_length", self.season_length, usual)
        if 2 * length > panel.n_periods:
            if self.season_length is not None:
                warn(
                    f"Two seasons of {length} periods are longer than the history of "
                    f"{panel.n_periods}: no season is used. Pass season_length=1 if that is meant."
                )
            length = 1
        self.season_length_ = length
        return _ets(_forms(self.form, length), length), length


def _forms(form: Form | None, season_length: int) -> tuple[Form, ...]:
    """Return the forms to try: without a season, those that have none."""
    every: tuple[Form, ...] = get_args(Form) if form is None else (form,)
    if season_length > 1:
        return every
    plain: dict[Form, Form] = {"ANA": "ANN", "AAdA": "AAdN"}
    return tuple(dict.fromkeys(plain.get(name, name) for name in every))


def _ets(forms: tuple[Form, ...], season_length: int) -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        said = np.empty((len(origins), len(target), horizon))
        for part in blocks(len(target), _BLOCK):
            value, known = by_period(target[part])
            start, weight = choose(value, known, forms, (season_length, horizon))
            at = (origins, horizon)
            said[:, part] = np.maximum(forecasts(value, known, start, weight, at), 0.0)
        return said  # [O, S, H]

    return _rule


def choose(
    value: "FloatArray", known: "FloatArray", forms: tuple[Form, ...], lengths: tuple[int, int]
) -> tuple[Start, Smoothing]:
    """Choose form and parameters of each series.

    Parameters
    ----------
    value, known : ndarray, shape (n_periods, n_series)
        See `c2m.forecast.baselines.history.by_period`.
    forms : tuple of str
        The forms to try.
    lengths : tuple of (int, int)
        Periods in a season, and the horizon.

    Returns
    -------
    Start, Smoothing
        The states before the first period and the parameters, a column a series.
    """
    season_length, horizon = lengths
    seasonal = start_states(value, known, season_length)
    plain = replace(seasonal, season=np.zeros_like(seasonal.season))
    origins = _held_out(len(value), season_length, horizon)
    tried: list[tuple[FloatArray, Start, Smoothing]] = []
    for form in forms:
        start = seasonal if form.endswith("A") else plain
        weight, squares = _search(value, known, start, form)
        criterion = aicc(squares, known.sum(axis=0), _count(form, season_length))
        if origins:
            criterion = _ahead_errors(value, known, start, weight, (origins, horizon))
        tried.append((criterion, start, weight))
    best = np.argmin([criterion for criterion, _, _ in tried], axis=0)  # [S]
    starts = np.stack([start.season for _, start, _ in tried])  # [F, m, S]
    series = np.arange(len(best))
    weights = (
        np.stack(arrays)[best, series]
        for arrays in zip(*(weight.arrays() for _, _, weight in tried), strict=True)
    )
    return Start(plain.level, starts[best, :, series].T), Smoothing(*weights)


def _held_out(n_periods: int, season_length: int, horizon: int) -> list[int]:
    """Return origins to compare the forms of a long season at, half a horizon apart.

    Each lies after two seasons and leaves a horizon; there are none for a short season.
    """
    if season_length <= _LONG_SEASON:
        return []
    last, least = n_periods - 1 - horizon, max(_SEASONS_TO_START * season_length, horizon) - 1
    step = max(horizon // 2, 1)
    return [last - back * step for back in range(_TRIALS) if last - back * step >= least][::-1]


def _ahead_errors(
    value: "FloatArray",
    known: "FloatArray",
    start: Start,
    weight: Smoothing,
    at: tuple[list[int], int],
) -> "FloatArray":
    """Return the squared errors of whole horizons from several origins, by series."""
    origins, horizon = at
    said = np.maximum(forecasts(value, known, start, weight, at), 0.0)
    total = np.zeros(value.shape[1])
    for place, origin in enumerate(origins):
        part = slice(origin + 1, origin + 1 + horizon)
        error = known[part] * (np.nan_to_num(said[place].T) - value[part])
        total += (error**2).sum(axis=0)
    return total


def start_states(value: "FloatArray", known: "FloatArray", season_length: int) -> Start:
    """Return level and season before the first period, from the first known ones.

    Parameters
    ----------
    value, known, season_length
        See `choose`.

    Returns
    -------
    Start
        The mean of the first two seasons (at least ten known periods), and by how much each part
        of the season lay above it: ``sum of differences / (their number + 1)``.
    """
    wanted = max(_SEASONS_TO_START * season_length, _KNOWN_TO_START)
    early = known * (np.cumsum(known, axis=0) <= wanted)  # [T, S]
    level = (early * value).sum(axis=0) / np.maximum(early.sum(axis=0), 1)
    season = np.zeros((season_length, value.shape[1]))
    if season_length > 1:
        above = early * (value - level)
        for part in range(season_length):
            count = early[part::season_length].sum(axis=0)
            season[part] = above[part::season_length].sum(axis=0) / (count + 1)
    return Start(level, season)


def aicc(squares: "FloatArray", n_known: "FloatArray", n_parameters: int) -> "FloatArray":
    """Return Akaike's corrected criterion of a model with normal errors.

    Parameters
    ----------
    squares : ndarray, shape (n_series,)
        Sum of squared errors.
    n_known : ndarray, shape (n_series,)
        How many there are.
    n_parameters : int
        Parameters, start states and the variance.

    Returns
    -------
    ndarray, shape (n_series,)
        ``n * log(squares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)``, infinite where n <= k + 1
        unless the model is the smallest, whose k is 3.

    References
    ----------
    Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., sec. 8.6.
    """
    count, k = np.maximum(n_known, 1), n_parameters
    spare = n_known - k - 1
    penalty = 2 * k + 2 * k * (k + 1) / np.maximum(spare, 1)
    likelihood = count * np.log(np.maximum(squares / count, 1e-12))
    floor = 0.0 if k == _count("ANN", 1) else np.inf
    return np.where(spare > 0, likelihood + penalty, floor)


def _count(form: Form, season_length: int) -> int:
    """Return how many numbers describe a form: weights, start states, variance."""
    trend = 3 if "Ad" in form else 0  # beta, phi, slope
    season = season_length if form.endswith("A") else 0  # gamma, and one state less than parts
    return 3 + trend + season


def _search(
    value: "FloatArray", known: "FloatArray", start: Start, form: Form
) -> tuple[Smoothing, "FloatArray"]:
    """Return the best parameters of a form, and their sum of squared errors."""
    grid = np.array(list(product(*_GRIDS[form])))[:, :, None]  # [K, 4, 1]
    tried = _within(*grid.swapaxes(0, 1))
    squares = squared_errors(value, known, start, tried)
    weight, least = tried.of(squares), squares.min(axis=0)
    for factor in _ROUNDS:
        tried = _around(weight, factor)
        squares = np.concatenate([least[None], squared_errors(value, known, start, tried)])
        both = (
            np.concatenate([own[None], np.broadcast_to(new, squares[1:].shape)])
            for own, new in zip(weight.arrays(), tried.arrays(), strict=True)
        )
        weight, least = Smoothing(*both).of(squares), squares.min(axis=0)
    return weight, least


def _around(weight: Smoothing, factor: float) -> Smoothing:
    """Return candidates that move one parameter, up or down, and leave the others."""
    shares = [
        weight.alpha,
        weight.beta / weight.alpha,
        weight.gamma / (1 - weight.alpha),
        weight.phi,
    ]
    moved = []
    for place in range(len(shares)):
        if not np.any(shares[place]):
            continue
        for power in (factor, 1 / factor):
            changed = list(shares)
            kept = 1 - (1 - shares[place]) * power
            changed[place] = kept if place == len(shares) - 1 else shares[place] * power
            moved.append(np.stack(changed))
    return _within(*np.stack(moved).swapaxes(0, 1))


def _within(
    alpha: "FloatArray", beta_share: "FloatArray", gamma_share: "FloatArray", phi: "FloatArray"
) -> Smoothing:
    """Return parameters within the usual bounds: beta < alpha, gamma < 1 - alpha."""
    alpha = np.clip(alpha, 0.005, 0.99)
    beta = np.clip(beta_share, 0.0, 0.99) * alpha
    gamma = np.clip(gamma_share, 0.0, 0.99) * (1 - alpha)
    return Smoothing(alpha, beta, gamma, np.where(phi > 0, np.clip(phi, *_PHI), 0.0))
