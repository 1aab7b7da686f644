"""Quantiles of counts: the negative binomial and, without dispersion, the Poisson law."""

from typing import Final

import numpy as np

from c2m.distribution.law import Floats, Rows

_MOST_STEPS: Final = 2000
"""Up to this count the cumulative probabilities are summed; above it they are inverted."""

_LEAST_LOG_ZERO: Final = -600.0
"""Below this log-probability of zero the sum would underflow."""

_BLOCK: Final = 4096
"""Cells that are summed together: of like size, and few enough for the processor's cache."""

_POISSON: Final = 1e-9
"""Below this share of the variance the dispersion of a large mean is none."""


def count_quantiles(mean: Floats, dispersion: Floats, levels: Floats) -> Floats:
    """Return the smallest counts that are reached with given probabilities.

    The count is negative binomial with ``var = mean + dispersion * mean**2``, size
    ``1 / dispersion``; Poisson where the dispersion is 0. The cumulative probabilities of cells
    of like size are tabulated together, all levels in one pass, with the recurrence
    ``p[k+1] = p[k] * (k + size) / (k + 1) * mean / (mean + size)`` (Johnson, Kemp & Kotz 2005,
    *Univariate Discrete Distributions*, ch. 5). Large means are bracketed from the gamma law of
    the same moments and bisected on the exact cumulative probability, an incomplete beta function.

    Parameters
    ----------
    mean, dispersion : ndarray, shape (n_cells,)
        Both at least 0.
    levels : ndarray, shape (n_levels,)
        Probabilities, each above 0 and below 1.

    Returns
    -------
    ndarray, shape (n_cells, n_levels)
        Whole numbers.

    Examples
    --------
    >>> count_quantiles(np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array([0.5, 0.9]))
    array([[1., 3.],
           [0., 0.]])
    """
    zero = log_zero(mean, dispersion)
    far = mean + 10 * np.sqrt(mean + dispersion * mean**2)
    walk = (zero > _LEAST_LOG_ZERO) & (far < _MOST_STEPS)
    result = np.empty((len(mean), len(levels)))
    _walk(result, np.flatnonzero(walk)[np.argsort(far[walk])], mean, dispersion, zero, levels)
    if not walk.all():
        result[~walk] = invert_counts(mean[~walk, None], dispersion[~walk, None], levels)
    return result


def invert_counts(mean: Floats, dispersion: Floats, levels: Floats) -> Floats:
    """Return quantiles one by one, each by bisection; for few or large means.

    Parameters
    ----------
    mean, dispersion, levels : ndarray, shapes that broadcast
        As in `count_quantiles`; a level may be 0.

    Returns
    -------
    ndarray, the shape they broadcast to
        Whole numbers.
    """
    shape = np.broadcast_shapes(mean.shape, dispersion.shape, levels.shape)
    mean, dispersion, levels = (
        np.broadcast_to(array, shape).ravel() for array in (mean, dispersion, levels)
    )
    low, high = _bracket(mean, dispersion, levels)
    while np.any(open_ := high - low > 1):
        middle = np.floor((low[open_] + high[open_]) / 2)
        below = _reached(middle, mean[open_], dispersion[open_]) < levels[open_]
        low[open_] = np.where(below, middle, low[open_])
        high[open_] = np.where(below, high[open_], middle)
    return high.reshape(shape)


def log_zero(mean: Floats, dispersion: Floats) -> Floats:
    """Return the log-probability of a zero count.

    Parameters
    ----------
    mean, dispersion : ndarray, same shape
        Both at least 0.

    Returns
    -------
    ndarray, same shape
        ``-log(1 + dispersion * mean) / dispersion``; ``-mean`` without dispersion.
    """
    some = np.maximum(dispersion, 1e-12)
    return np.where(dispersion > 0, -np.log1p(some * mean) / some, -mean)


def _walk(
    result: Floats,
    cells: Rows,
    mean: Floats,
    dispersion: Floats,
    zero: Floats,
    levels: Floats,
) -> None:
    """Fill the rows of some cells, which come in the order of their size."""
    order = np.argsort(levels)
    for start in range(0, len(cells), _BLOCK):
        block = cells[start : start + _BLOCK]
        rate = mean[block] / (1 + dispersion[block] * mean[block])
        counts = _walk_block(rate, dispersion[block] * rate, np.exp(zero[block]), levels[order])
        result[block[:, None], order] = counts.T


def _walk_block(rate: Floats, growth: Floats, mass: Floats, levels: Floats) -> Floats:
    """Count, for each rising level, the values whose cumulative probability lies below it."""
    counts = np.zeros((len(levels), len(rate)), dtype=np.int32)  # [L, C]
    reached = mass.copy()
    asked = levels[:, None]
    step = passed = 0
    while True:
        least = reached.min()
        while passed < len(levels) and levels[passed] <= least:
            passed += 1
        if passed == len(levels):
            return counts.astype(np.float64)
        counts[passed:] += reached < asked[passed:]
        mass *= (rate + growth * step) / (step + 1)
        more = reached + mass
        # a tail that no longer adds anything has reached every level, those within rounding of 1
        reached = np.where(more > reached, more, np.inf)
        step += 1


def _bracket(mean: Floats, dispersion: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Return counts below the quantile (-1 is one) and not below it, close to each other."""
    from scipy.special import gammaincinv

    scale = 1 + dispersion * mean
    guess = np.floor(gammaincinv(np.maximum(mean / scale, 1e-300), level) * scale)
    low, high = np.maximum(guess - 2, -1.0), guess + 1
    wide = 4.0
    while np.any(above := (low >= 0) & (_reached(low, mean, dispersion) >= level)):
        high[above] = low[above]
        low[above] = np.maximum(low[above] - wide, -1.0)
        wide *= 2
    wide = 4.0
    while np.any(below := _reached(high, mean, dispersion) < level):
        low[below] = high[below]
        high[below] += wide
        wide *= 2
    return low, high


def _reached(count: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Return the probability of at most `count`."""
    from scipy.special import betainc, gammaincc

    spread = dispersion * mean > _POISSON
    size = 1 / np.where(spread, dispersion, 1.0)
    some = np.maximum(count, 0.0) + 1
    reached = np.where(spread, betainc(size, some, size / (size + mean)), gammaincc(some, mean))
    return np.where(count < 0, 0.0, reached)
