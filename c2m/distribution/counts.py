"""Quantiles of counts: the negative binomial and, without dispersion, the Poisson law."""

from typing import Final

import numpy as np

from c2m.distribution.law import Floats

_MOST_STEPS: Final = 400
"""Up to this expected count the cumulative sum is walked; above it scipy inverts."""

_LEAST_LOG_ZERO: Final = -600.0
"""Below this log-probability of zero the walk would underflow."""


def count_quantiles(mean: Floats, dispersion: Floats, levels: Floats) -> Floats:
    """Return the smallest counts that are reached with given probabilities.

    The count is negative binomial with ``var = mean + dispersion * mean**2``, size
    ``1 / dispersion``; Poisson where the dispersion is 0. The cumulative sum is walked upwards
    over all cells at once with the recurrence
    ``p[k+1] = p[k] * (k + size) / (k + 1) * mean / (mean + size)`` (Johnson, Kemp & Kotz 2005,
    *Univariate Discrete Distributions*, ch. 5); large means go to scipy.

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
    zero = _log_zero(mean, dispersion)
    spread = np.sqrt(mean + dispersion * mean**2)
    walk = (zero > _LEAST_LOG_ZERO) & (mean + 10 * spread < _MOST_STEPS)
    result = np.empty((len(mean), len(levels)))
    result[walk] = _walk(mean[walk], dispersion[walk], zero[walk], levels)
    result[~walk] = _invert(mean[~walk], dispersion[~walk], levels)
    return result


def _log_zero(mean: Floats, dispersion: Floats) -> Floats:
    """Return the log-probability of a zero count."""
    some = np.maximum(dispersion, 1e-12)
    return np.where(dispersion > 0, -np.log1p(some * mean) / some, -mean)


def _walk(mean: Floats, dispersion: Floats, log_zero: Floats, levels: Floats) -> Floats:
    counts = np.zeros((len(mean), len(levels)))
    cells = np.arange(len(mean))
    mass = np.exp(log_zero)
    reached = mass.copy()
    rate = mean / (1 + dispersion * mean)
    growth = dispersion * rate
    step = 0
    highest = levels.max()
    while cells.size:
        counts[cells] += reached[:, None] < levels
        mass = mass * (rate + growth * step) / (step + 1)
        more = reached + mass
        # a tail that no longer adds anything has reached every level, those within rounding of 1
        reached = np.where(more > reached, more, np.inf)
        step += 1
        open_ = reached < highest
        if np.count_nonzero(open_) < 0.7 * cells.size:
            cells, mass, reached = cells[open_], mass[open_], reached[open_]
            rate, growth = rate[open_], growth[open_]
        elif not open_.any():
            break
    return counts


def _invert(mean: Floats, dispersion: Floats, levels: Floats) -> Floats:
    from scipy import stats

    if not mean.size:
        return np.empty((0, len(levels)))
    size = 1 / np.maximum(dispersion, 1e-12)
    negative_binomial = stats.nbinom.ppf(
        levels, size[:, None], (size / (size + mean))[:, None]
    )  # [C, L]
    poisson = stats.poisson.ppf(levels, mean[:, None])
    return np.asarray(np.where(dispersion[:, None] > 0, negative_binomial, poisson))
