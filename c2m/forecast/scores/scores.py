"""Scores of forecasts. error = forecast - actual: positive is too much.

Every function takes arrays of units and skips what is unknown (NaN) in `actual` or `forecast`.
A score over nothing known is NaN.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


def pinball(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> float:
    """Return the mean pinball loss of quantile forecasts.

    Parameters
    ----------
    actual : array_like, shape (...)
        What came, in units.
    quantiles : array_like, shape (..., n_levels)
        Forecast quantiles.
    levels : array_like, shape (n_levels,)
        Their probabilities.

    Returns
    -------
    float
        ``mean of max(level * (y - q), (1 - level) * (q - y))``, in units. Half of the mean
        absolute error at the median.

    References
    ----------
    Koenker & Bassett (1978), "Regression quantiles", *Econometrica* 46, eq. 1.4.

    Examples
    --------
    >>> pinball([10.0], [[8.0, 10.0, 15.0]], [0.1, 0.5, 0.9])
    0.2333333333333333
    """
    loss, known = _pinball_cells(actual, quantiles, levels)
    return float(loss[known].mean()) if known.any() else np.nan


def weighted_quantile_loss(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> float:
    """Return the pinball loss relative to what came.

    Parameters
    ----------
    actual, quantiles, levels
        See `pinball`.

    Returns
    -------
    float
        ``2 * sum of pinball losses / sum of actual``, averaged over levels; at the median alone
        it is the `wape`. Without unit; NaN when nothing came.

    References
    ----------
    Gasthaus et al. (2019), "Probabilistic forecasting with spline quantile function RNNs",
    AISTATS, sec. 5 (as mean weighted quantile loss).
    """
    loss, known = _pinball_cells(actual, quantiles, levels)
    came = float(np.asarray(actual, dtype=np.float64)[known].sum())
    return 2.0 * float(loss[known].mean(axis=-1).sum()) / came if came > 0 else np.nan


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return how much was forecast too much, relative to what came.

    Parameters
    ----------
    actual, forecast : array_like, same shape
        Units.

    Returns
    -------
    float
        ``sum(forecast - actual) / sum(actual)``: 0.1 is 10 % too much. NaN when nothing came.

    Examples
    --------
    >>> bias([10.0, 10.0], [12.0, 10.0]), bias([10.0, 10.0], [8.0, 10.0])
    (0.1, -0.1)
    """
    error, came = _errors(actual, forecast)
    return float(error.sum() / came) if came > 0 else np.nan


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the absolute errors relative to what came.

    Parameters
    ----------
    actual, forecast : array_like, same shape
        Units.

    Returns
    -------
    float
        ``sum(|forecast - actual|) / sum(actual)``. NaN when nothing came.

    References
    ----------
    Kolassa & Schütz (2007), "Advantages of the MAD/Mean ratio over the MAPE", *Foresight* 6.
    """
    error, came = _errors(actual, forecast)
    return float(np.abs(error).sum() / came) if came > 0 else np.nan


def poisson_deviance(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the mean Poisson deviance, which fits counts so rare that most are 0.

    Parameters
    ----------
    actual, forecast : array_like, same shape
        Units, at least 0.

    Returns
    -------
    float
        ``2 * mean(y * log(y / m) - y + m)``; infinite where a forecast of 0 met a sale, NaN when
        nothing is known.

    References
    ----------
    McCullagh & Nelder (1989), *Generalized Linear Models*, section 2.3.

    Examples
    --------
    >>> round(poisson_deviance([0.0, 2.0], [1.0, 1.0]), 4)  # (2 + 2 * (2 * log(2) - 1)) / 2
    1.3863
    """
    came, said, known = _pair(actual, forecast)
    y, m = came[known], said[known]
    if not len(y):
        return np.nan
    logs = np.zeros(len(y))
    np.divide(y, m, out=logs, where=(y > 0) & (m > 0))
    np.log(logs, out=logs, where=logs > 0)
    cells = 2 * (y * logs - y + m)
    return float(np.where((y > 0) & (m <= 0), np.inf, cells).mean())


def total_error(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the absolute errors of the totals over the horizon, relative to what came.

    Parameters
    ----------
    actual, forecast : array_like, shape (n_series, horizon)
        Units. Totals go over the periods that are known in both.

    Returns
    -------
    float
        ``sum over series |sum over periods (forecast - actual)| / sum(actual)``: the `wape` of
        what a production run has to cover.
    """
    came, said, known = _pair(actual, forecast)
    both = np.where(known, came, 0.0).sum(axis=-1), np.where(known, said, 0.0).sum(axis=-1)
    return wape(*both)


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

    References
    ----------
    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", *IJF* 22.
    """
    came, said, known = _pair(actual, forecast)
    size = _row_mean(np.abs(said - came), known)
    return _scaled(size, _row_mean(*_naive_errors(history, season_length, power=1)))


def rmsse(
    actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season_length: int = 1
) -> float:
    """Return the root mean squared scaled error, averaged over series.

    Parameters
    ----------
    actual, forecast, history, season_length
        See `mase`.

    Returns
    -------
    float
        ``mean over series of sqrt(mean error**2 / mean (y[t] - y[t - m])**2)``. Series whose
        scale is 0 or unknown are left out.

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", *IJF* 38, eq. 1.
    """
    came, said, known = _pair(actual, forecast)
    size = np.sqrt(_row_mean((said - came) ** 2, known))
    return _scaled(size, np.sqrt(_row_mean(*_naive_errors(history, season_length, power=2))))


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the share of what came that lies in an interval, ends included.

    Counts sit on the ends of their intervals, so this runs above the interval's level for small
    counts; `pit_coverage` does not.

    Parameters
    ----------
    actual, low, high : array_like, same shape
        Units.

    Returns
    -------
    float
        Between 0 and 1.
    """
    came, least, most = (np.asarray(values, dtype=np.float64) for values in (actual, low, high))
    known = ~np.isnan(came) & ~np.isnan(least) & ~np.isnan(most)
    inside = (came >= least) & (came <= most)
    return float(inside[known].mean()) if known.any() else np.nan


def pit_coverage(
    actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike, interval: float
) -> float:
    """Return the coverage of a central interval with the jumps of a count law spread out.

    A count y stands for the whole stretch from ``P(Y < y)`` to ``P(Y <= y)``: the share of the
    stretch that lies in the interval counts. Under the true law this is exactly `interval` in
    expectation, whatever the share of zeros.

    Parameters
    ----------
    actual : array_like, shape (...)
        Whole units.
    quantiles : array_like, shape (..., n_levels)
        Forecast quantiles at many levels, from which the two probabilities are read.
    levels : array_like, shape (n_levels,)
        Rising probabilities; steps of 0.0125 are fine enough.
    interval : float
        Level of the central interval, such as 0.8.

    Returns
    -------
    float
        Between 0 and 1.

    References
    ----------
    Czado, Gneiting & Held (2009), "Predictive model assessment for count data", *Biometrics* 65,
    eq. 2: the randomised probability integral transform, its randomness averaged out.
    """
    came, grid = np.asarray(actual, dtype=np.float64), np.asarray(levels, dtype=np.float64)
    curves = np.asarray(quantiles, dtype=np.float64)
    known = ~np.isnan(came) & ~np.isnan(curves).any(axis=-1)
    if not known.any():
        return np.nan
    count = came[known][:, None]
    below = _probability((curves[known] < count).sum(axis=-1), grid)
    upto = _probability((curves[known] <= count).sum(axis=-1), grid)
    least, most = (1 - interval) / 2, (1 + interval) / 2
    overlap = np.clip(np.minimum(upto, most) - np.maximum(below, least), 0.0, None)
    width = upto - below
    inside = (below >= least) & (below <= most)
    return float(np.where(width > 0, overlap / np.where(width > 0, width, 1.0), inside).mean())


def _probability(reached: NDArray[np.intp], grid: "FloatArray") -> "FloatArray":
    """Return the middle of the levels between which a distribution function lies."""
    edges = np.concatenate([[0.0], grid, [1.0]])
    middle = (edges[:-1] + edges[1:]) / 2
    middle[0], middle[-1] = 0.0, 1.0
    return np.asarray(middle[reached])


def _pinball_cells(
    actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike
) -> tuple["FloatArray", NDArray[np.bool_]]:
    """Return the loss of every cell and level, and which cells are known."""
    came, said = np.asarray(actual, dtype=np.float64), np.asarray(quantiles, dtype=np.float64)
    level = np.asarray(levels, dtype=np.float64)
    if said.shape != (*came.shape, len(level)):
        raise ArgumentError(
            f"Expected quantiles of shape {(*came.shape, len(level))}, got {said.shape}."
        )
    under = came[..., None] - said
    loss = np.maximum(level * under, (level - 1) * under)
    return loss, np.asarray(~np.isnan(loss).any(axis=-1))


def _pair(
    actual: ArrayLike, forecast: ArrayLike
) -> tuple["FloatArray", "FloatArray", NDArray[np.bool_]]:
    came, said = np.asarray(actual, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if came.shape != said.shape:
        raise ArgumentError(f"Expected a forecast of shape {came.shape}, got {said.shape}.")
    return came, said, ~np.isnan(came) & ~np.isnan(said)


def _errors(actual: ArrayLike, forecast: ArrayLike) -> tuple["FloatArray", float]:
    came, said, known = _pair(actual, forecast)
    return (said - came)[known], float(came[known].sum())


def _naive_errors(
    history: ArrayLike, season_length: int, power: int
) -> tuple["FloatArray", NDArray[np.bool_]]:
    past = np.asarray(history, dtype=np.float64)
    step = np.abs(past[:, season_length:] - past[:, :-season_length]) ** power
    return step, ~np.isnan(step)


def _row_mean(values: "FloatArray", known: NDArray[np.bool_]) -> "FloatArray":
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _scaled(size: "FloatArray", scale: "FloatArray") -> float:
    usable = (scale > 0) & ~np.isnan(size)
    return float((size[usable] / scale[usable]).mean()) if usable.any() else np.nan
