"""Calibration of counts: the probability integral transform with the jumps spread out.

A count y stands for the whole stretch from ``P(Y < y)`` to ``P(Y <= y)``. Under the true law a
point drawn evenly from that stretch is uniform between 0 and 1, whatever the share of zeros; raw
coverage of an interval is not (Czado, Gneiting & Held 2009, "Predictive model assessment for count
data", *Biometrics* 65).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.forecast.scores.pairs import broadcast, check_levels

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


def count_probability(count: ArrayLike, mean: ArrayLike, dispersion: ArrayLike) -> "FloatArray":
    """Return the distribution function of negative binomial counts.

    Parameters
    ----------
    count : array_like
        Units; the three broadcast against each other.
    mean : array_like
        Expected units, at least 0.
    dispersion : array_like
        ``(variance - mean) / mean**2``, at least 0; 0 is the Poisson law.

    Returns
    -------
    ndarray
        ``P(Y <= count)``: the regularised incomplete beta function at size ``1 / dispersion``.

    Raises
    ------
    ArgumentError
        If the shapes do not fit.

    References
    ----------
    Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, eq. 5.31.

    Examples
    --------
    >>> count_probability([-1, 0, 3], 2.0, 0.5).round(4).tolist()
    [0.0, 0.25, 0.8125]
    """
    from scipy.special import betainc, gammaincc

    k, m, d = broadcast(count=count, mean=mean, dispersion=dispersion)
    k = np.floor(k)
    size = 1 / np.where(d > 0, d, 1.0)
    safe = np.maximum(k, 0.0) + 1
    wide = betainc(size, safe, size / (size + m))
    found = np.where(d > 0, wide, gammaincc(safe, m))
    return np.where(np.isnan(k), np.nan, np.where(k < 0, 0.0, found))


def pit_reach(below: ArrayLike, upto: ArrayLike, levels: ArrayLike) -> "FloatArray":
    """Return how often the randomised transform lies below each level, its randomness averaged out.

    Parameters
    ----------
    below, upto : array_like, shape (...)
        ``P(Y < y)`` and ``P(Y <= y)`` of what came; NaN where unknown.
    levels : array_like, shape (n_levels,)
        Probabilities.

    Returns
    -------
    ndarray, shape (n_levels,)
        ``mean of min(max((level - below) / (upto - below), 0), 1)``: the level itself under the
        true law, in expectation. NaN when nothing is known.

    References
    ----------
    Czado, Gneiting & Held (2009), *Biometrics* 65, eq. 2.

    Examples
    --------
    >>> pit_reach([0.0, 0.5], [0.5, 1.0], [0.25, 0.5, 0.9]).tolist()
    [0.25, 0.5, 0.9]
    """
    level = check_levels(levels)
    low, high, known = _stretch(below, upto)
    if not known.any():
        return np.full(len(level), np.nan)
    low, width = low[known], (high - low)[known]
    jumps = width > 0
    safe = np.where(jumps, width, 1.0)
    return np.array(
        [np.where(jumps, np.clip((u - low) / safe, 0, 1), low <= u).mean() for u in level]
    )


def calibration_error(below: ArrayLike, upto: ArrayLike, levels: ArrayLike) -> float:
    """Return the largest distance between a level and how often the transform lies below it.

    Parameters
    ----------
    below, upto, levels
        See `pit_reach`.

    Returns
    -------
    float
        Between 0 (calibrated at these levels) and 1; 0.02 is two points. NaN when nothing is known.

    Examples
    --------
    >>> round(calibration_error([0.0, 0.0], [0.5, 0.5], [0.5, 0.9]), 3)  # always in the lower half
    0.5
    """
    reached = pit_reach(below, upto, levels)
    return float(np.abs(reached - check_levels(levels)).max())


def randomised_pit(below: ArrayLike, upto: ArrayLike, seed: int) -> "FloatArray":
    """Draw the transform of every count: uniform between 0 and 1 under the true law.

    Parameters
    ----------
    below, upto : array_like, shape (...)
        See `pit_reach`.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray, shape (...)
        ``below + v * (upto - below)`` with v uniform; for a histogram. NaN where unknown.

    References
    ----------
    Czado, Gneiting & Held (2009), *Biometrics* 65, eq. 1.

    Examples
    --------
    >>> randomised_pit([0.2, 0.9], [0.2, 0.9], seed=1).tolist()
    [0.2, 0.9]
    """
    low, high, _ = _stretch(below, upto)
    return low + np.random.default_rng(seed).random(low.shape) * (high - low)


def stretch_coverage(below: ArrayLike, upto: ArrayLike, interval: float) -> float:
    """Return the share of what came that lies in a central interval, jumps spread out.

    Parameters
    ----------
    below, upto : array_like, shape (...)
        See `pit_reach`.
    interval : float
        Level of the central interval, such as 0.8.

    Returns
    -------
    float
        Between 0 and 1; `interval` under the true law, in expectation.

    Raises
    ------
    ArgumentError
        If `interval` is not between 0 and 1.

    Examples
    --------
    >>> round(stretch_coverage([0.0], [1.0], 0.8), 9)
    0.8
    """
    if not 0 < interval < 1:
        raise ArgumentError(f"Expected interval above 0 and below 1, got {interval!r}.")
    least, most = pit_reach(below, upto, [(1 - interval) / 2, (1 + interval) / 2])
    return float(most - least)


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

    Examples
    --------
    >>> levels = np.arange(1, 80) / 80
    >>> round(pit_coverage([0.0], np.zeros((1, 79)), levels, 0.8), 9)  # all of the law is at 0
    0.8
    """
    return stretch_coverage(*probabilities(actual, quantiles, levels), interval)


def probabilities(
    actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike
) -> tuple["FloatArray", "FloatArray"]:
    """Read ``P(Y < y)`` and ``P(Y <= y)`` from quantiles.

    Parameters
    ----------
    actual, quantiles, levels
        See `pit_coverage`.

    Returns
    -------
    tuple of ndarray, shape (...)
        Both probabilities, each the middle of the two levels between which it lies; NaN where
        anything is unknown.

    Raises
    ------
    ArgumentError
        If the shapes do not fit or the levels do not rise.

    Examples
    --------
    >>> below, upto = probabilities([1.0], [[0.0, 1.0, 2.0]], [0.25, 0.5, 0.75])
    >>> below.tolist(), upto.tolist()
    ([0.375], [0.625])
    """
    came, grid = np.asarray(actual, dtype=np.float64), check_levels(levels)
    curves = np.asarray(quantiles, dtype=np.float64)
    if curves.shape != (*came.shape, len(grid)):
        raise ArgumentError(
            f"Expected quantiles of shape {(*came.shape, len(grid))}, got {curves.shape}."
        )
    if np.any(np.diff(grid) <= 0):
        raise ArgumentError(f"Expected rising levels, got {levels!r}.")
    edges = np.concatenate([[0.0], grid, [1.0]])
    middle = (edges[:-1] + edges[1:]) / 2
    middle[0], middle[-1] = 0.0, 1.0
    known = ~np.isnan(came) & ~np.isnan(curves).any(axis=-1)
    below = middle[(curves < came[..., None]).sum(axis=-1)]
    upto = middle[(curves <= came[..., None]).sum(axis=-1)]
    return np.where(known, below, np.nan), np.where(known, upto, np.nan)


def _stretch(
    below: ArrayLike, upto: ArrayLike
) -> tuple["FloatArray", "FloatArray", NDArray[np.bool_]]:
    low, high = np.asarray(below, dtype=np.float64), np.asarray(upto, dtype=np.float64)
    if low.shape != high.shape or np.any(low > high):
        raise ArgumentError(
            f"Expected P(Y < y) of shape {high.shape}, at most P(Y <= y), got {low.shape}."
        )
    return low, high, ~np.isnan(low) & ~np.isnan(high)
