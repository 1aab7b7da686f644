"""Scores of quantiles and intervals."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.forecast.scores.pairs import pinball_cells, same_shape

if TYPE_CHECKING:
    from c2m.demand import Demand


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
    loss, known = pinball_cells(actual, quantiles, levels)
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

    Examples
    --------
    >>> weighted_quantile_loss([10.0, 10.0], [[12.0], [9.0]], [0.5])
    0.15
    """
    loss, known = pinball_cells(actual, quantiles, levels)
    came = float(np.asarray(actual, dtype=np.float64)[known].sum())
    return 2.0 * float(loss[known].mean(axis=-1).sum()) / came if came > 0 else np.nan


def lead_time_pinball(
    actual: ArrayLike, demand: "Demand", start: int, stop: int, levels: ArrayLike
) -> float:
    """Return the mean pinball loss of the demand summed over a lead time.

    The quantiles are those of the total, from the forecast's joint law; the sum of each period's
    quantiles is not one of them.

    Parameters
    ----------
    actual : array_like, shape (n_series, horizon)
        What came, in units. Series with an unknown period within the window do not count.
    demand : Demand
        The forecast of the same series and periods.
    start, stop : int
        Half-open range of steps, 0 being the first period forecast.
    levels : array_like, shape (n_levels,)
        Probabilities.

    Returns
    -------
    float
        In units of the total; NaN when no series is known throughout.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or the range is empty or leaves the horizon.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m import Calendar, Demand
    >>> from c2m.distribution import GammaPoisson
    >>> keys, law = pd.DataFrame({"sku": ["A"]}), GammaPoisson(np.full((1, 3), 2.0), 0.3, 0.1)
    >>> demand = Demand(keys, Calendar.of("W"), 3000, law)
    >>> demand.total(0, 2, levels=[0.5, 0.9])
    array([[4., 8.]])
    >>> lead_time_pinball([[5.0, 2.0, 0.0]], demand, 0, 2, levels=[0.5, 0.9])
    0.8
    """
    came = np.asarray(actual, dtype=np.float64)
    if came.shape != demand.mean.shape:
        raise ArgumentError(f"Expected actual of shape {demand.mean.shape}, got {came.shape}.")
    totals = demand.total(start, stop, levels)
    return pinball(came[:, start:stop].sum(axis=1), totals, levels)


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

    Raises
    ------
    ArgumentError
        If the shapes differ.

    Examples
    --------
    >>> coverage([1.0, 5.0], [0.0, 0.0], [3.0, 3.0])
    0.5
    """
    came, least, most = same_shape(actual=actual, low=low, high=high)
    known = ~np.isnan(came) & ~np.isnan(least) & ~np.isnan(most)
    inside = (came >= least) & (came <= most)
    return float(inside[known].mean()) if known.any() else np.nan


def interval_score(actual: ArrayLike, low: ArrayLike, high: ArrayLike, interval: float) -> float:
    """Return the mean width of a central interval, plus a fine for what fell outside.

    Parameters
    ----------
    actual, low, high : array_like, same shape
        Units.
    interval : float
        The interval's level, such as 0.8: its ends are the quantiles at 0.1 and 0.9.

    Returns
    -------
    float
        ``mean of (high - low) + 2 / (1 - interval) * (distance outside)``, in units.

    Raises
    ------
    ArgumentError
        If `interval` is not between 0 and 1, or the shapes differ.

    References
    ----------
    Gneiting & Raftery (2007), "Strictly proper scoring rules", *JASA* 102, eq. 43; Winkler (1972).

    Examples
    --------
    >>> round(interval_score([12.0], [2.0], [10.0], interval=0.8), 9)
    28.0
    """
    if not 0 < interval < 1:
        raise ArgumentError(f"Expected interval above 0 and below 1, got {interval!r}.")
    came, least, most = same_shape(actual=actual, low=low, high=high)
    outside = np.maximum(least - came, 0.0) + np.maximum(came - most, 0.0)
    cells = (most - least) + 2 / (1 - interval) * outside
    known = ~np.isnan(cells)
    return float(cells[known].mean()) if known.any() else np.nan
