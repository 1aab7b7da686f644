"""Scores of point forecasts. error = forecast - actual: positive is too much."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.forecast.scores.pairs import pair

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


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

    Examples
    --------
    >>> wape([10.0, 10.0], [12.0, 9.0])
    0.15
    """
    error, came = _errors(actual, forecast)
    return float(np.abs(error).sum() / came) if came > 0 else np.nan


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
    came, said, known = pair(actual, forecast)
    both = np.where(known, came, 0.0).sum(axis=-1), np.where(known, said, 0.0).sum(axis=-1)
    return wape(*both)


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
    y, m = _known_pair(actual, forecast)
    if not len(y):
        return np.nan
    logs = np.zeros(len(y))
    np.divide(y, m, out=logs, where=(y > 0) & (m > 0))
    np.log(logs, out=logs, where=logs > 0)
    cells = 2 * (y * logs - y + m)
    return float(np.where((y > 0) & (m <= 0), np.inf, cells).mean())


def tweedie_deviance(actual: ArrayLike, forecast: ArrayLike, power: float) -> float:
    """Return the mean Tweedie deviance, between that of counts and that of positive amounts.

    Parameters
    ----------
    actual, forecast : array_like, same shape
        Units, at least 0.
    power : float
        The variance grows with ``mean**power``: at least 1 (`poisson_deviance`) and below 2.

    Returns
    -------
    float
        ``2 * mean(y**(2 - p) / ((1 - p) * (2 - p)) - y * m**(1 - p) / (1 - p)
        + m**(2 - p) / (2 - p))``; infinite where a forecast of 0 met a sale, NaN when nothing is
        known.

    Raises
    ------
    ArgumentError
        If `power` is out of its range.

    References
    ----------
    Jørgensen (1987), "Exponential dispersion models", *JRSS B* 49; written out in Dunn & Smyth
    (2018), *Generalized Linear Models With Examples in R*, eq. 5.13.

    Examples
    --------
    >>> round(tweedie_deviance([0.0, 2.0], [1.0, 1.0], power=1.5), 4)
    2.3431
    """
    if not 1 <= power < 2:
        raise ArgumentError(f"Expected power, at least 1 and below 2, got {power!r}.")
    if power == 1:
        return poisson_deviance(actual, forecast)
    y, m = _known_pair(actual, forecast)
    if not len(y):
        return np.nan
    safe = np.where(m > 0, m, 1.0)
    cells = 2 * (
        y ** (2 - power) / ((1 - power) * (2 - power))
        - y * safe ** (1 - power) / (1 - power)
        + safe ** (2 - power) / (2 - power)
    )
    return float(np.where(m > 0, cells, np.where(y > 0, np.inf, 0.0)).mean())


def _errors(actual: ArrayLike, forecast: ArrayLike) -> tuple["FloatArray", float]:
    came, said, known = pair(actual, forecast)
    return (said - came)[known], float(came[known].sum())


def _known_pair(actual: ArrayLike, forecast: ArrayLike) -> tuple["FloatArray", "FloatArray"]:
    came, said, known = pair(actual, forecast)
    return came[known], said[known]
