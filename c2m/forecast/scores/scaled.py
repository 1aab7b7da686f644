"""Errors relative to those of a naive forecast within each series' own past."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.forecast.scores.pairs import pair, pinball_cells, row_mean

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_BLOCK: Final = 2_000
"""Series at a time, so that a long history is not copied whole."""


def mase(
    actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season_length: int = 1
) -> float:
    """Return the mean absolute scaled error, averaged over series.

    Parameters
    ----------
    actual, forecast : array_like, shape (n_series, horizon)
        Units.
    history : array_like, shape (n_series, n_periods)
        What was known at the cutoff.
    season_length : int
        Of the naive forecast that sets the scale.

    Returns
    -------
    float
        ``mean over series of mean |error| / mean |y[t] - y[t - m]|``. Series whose scale is 0 or
        unknown are left out.

    Raises
    ------
    ArgumentError
        If the shapes do not fit.

    References
    ----------
    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", *IJF* 22.

    Examples
    --------
    >>> mase([[2.0]], [[3.0]], history=[[0.0, 2.0, 0.0]])
    0.5
    """
    came, said, known = pair(actual, forecast)
    _check_series(came, history)
    size = row_mean(np.abs(said - came), known)
    return _mean_ratio(size, naive_error(history, season_length))


def rmsse(
    actual: ArrayLike,
    forecast: ArrayLike,
    history: ArrayLike,
    season_length: int = 1,
    *,
    from_first_sale: bool = True,
) -> float:
    """Return the root mean squared scaled error, averaged over series.

    Parameters
    ----------
    actual, forecast, history, season_length
        See `mase`.
    from_first_sale : bool
        Whether the scale starts at each series' first value above 0, as in M5: zeros before the
        launch would make it too small.

    Returns
    -------
    float
        ``mean over series of sqrt(mean error**2 / mean (y[t] - y[t - m])**2)``. Series whose
        scale is 0 or unknown are left out.

    Raises
    ------
    ArgumentError
        If the shapes do not fit.

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", *IJF* 38, eq. 1 and
    the note below it on the periods "following the first non-zero demand".

    Examples
    --------
    >>> rmsse([[2.0]], [[3.0]], history=[[0.0, 0.0, 2.0, 0.0]])
    0.5
    """
    came, said, known = pair(actual, forecast)
    _check_series(came, history)
    size = np.sqrt(row_mean((said - came) ** 2, known))
    scale = naive_error(history, season_length, power=2, from_first_sale=from_first_sale)
    return _mean_ratio(size, np.sqrt(scale))


def scaled_quantile_loss(
    actual: ArrayLike,
    quantiles: ArrayLike,
    levels: ArrayLike,
    history: ArrayLike,
    season_length: int = 1,
    *,
    from_first_sale: bool = True,
) -> float:
    """Return the pinball loss relative to the naive forecast's errors, averaged over series.

    Parameters
    ----------
    actual : array_like, shape (n_series, horizon)
        Units.
    quantiles : array_like, shape (n_series, horizon, n_levels)
        Forecast quantiles.
    levels : array_like, shape (n_levels,)
        Their probabilities.
    history, season_length, from_first_sale
        See `rmsse`.

    Returns
    -------
    float
        ``mean over series of mean pinball loss / mean |y[t] - y[t - m]|``, over all levels: M5's
        SPL. Series whose scale is 0 or unknown are left out.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or a level is not between 0 and 1.

    References
    ----------
    Makridakis et al. (2022), "The M5 uncertainty competition", *IJF* 38, eq. 1.

    Examples
    --------
    >>> scaled_quantile_loss([[2.0]], [[[3.0]]], [0.5], history=[[0.0, 2.0, 0.0]])
    0.25
    """
    loss, known = pinball_cells(actual, quantiles, levels)
    _check_series(known, history)
    size = row_mean(loss.mean(axis=-1), known)
    scale = naive_error(history, season_length, from_first_sale=from_first_sale)
    return _mean_ratio(size, scale)


def naive_error(
    history: ArrayLike, season_length: int = 1, *, power: int = 1, from_first_sale: bool = False
) -> "FloatArray":
    """Return the scale of each series: what the naive forecast misses within its past.

    Parameters
    ----------
    history : array_like, shape (n_series, n_periods)
        Units; steps to or from an unknown period do not count.
    season_length : int
        Of the naive forecast.
    power : int
        1 for absolute errors, 2 for squared ones.
    from_first_sale : bool
        Whether steps count from each series' first value above 0 on.

    Returns
    -------
    ndarray, shape (n_series,)
        ``mean |y[t] - y[t - m]|**power``; NaN where no step is known.

    Raises
    ------
    ArgumentError
        If the history is no table of series by periods, or the season is below 1.

    Examples
    --------
    >>> naive_error([[0.0, 0.0, 2.0, 1.0]]).tolist()
    [1.0]
    >>> naive_error([[0.0, 0.0, 2.0, 1.0]], from_first_sale=True).tolist()
    [1.0]
    >>> naive_error([[0.0, 0.0, 3.0, 1.0]], from_first_sale=True).tolist()
    [2.0]
    """
    past = np.asarray(history)
    if past.ndim != 2:
        raise ArgumentError(f"Expected history of series by periods, got shape {past.shape}.")
    if not isinstance(season_length, int | np.integer) or season_length < 1:
        raise ArgumentError(f"Expected season_length, a whole number >= 1, got {season_length!r}.")
    scale = np.empty(len(past))
    for start in range(0, len(past), _BLOCK):
        part = past[start : start + _BLOCK].astype(np.float64)
        if from_first_sale:
            part[np.cumsum(np.nan_to_num(part), axis=1) <= 0] = np.nan
        step = np.abs(part[:, season_length:] - part[:, :-season_length]) ** power
        scale[start : start + _BLOCK] = row_mean(step, ~np.isnan(step))
    return scale


def _check_series(actual: NDArray[Any], history: ArrayLike) -> None:
    """Refuse what are not two tables of the same number of series."""
    past = np.shape(history)
    if actual.ndim != 2 or len(past) != 2 or past[0] != len(actual):
        raise ArgumentError(
            "Expected actual and history of series by periods, of the same series, got the shapes "
            f"{actual.shape} and {past}."
        )


def _mean_ratio(size: "FloatArray", scale: "FloatArray") -> float:
    usable = (scale > 0) & ~np.isnan(size)
    return float((size[usable] / scale[usable]).mean()) if usable.any() else np.nan
