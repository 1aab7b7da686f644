"""Quantiles of amounts that need not be whole: the gamma law, read from a table."""

from functools import lru_cache
from typing import Final

import numpy as np

from c2m.distribution.law import Floats

_LOG_SHAPES: Final = np.linspace(np.log(1e-6), np.log(1e6), 1601)
"""Logarithms of the shapes tabulated; the error between two of them is below 1e-4."""

_LEAST: Final = 1e-30
"""Relative amounts below this are 0."""


def amount_quantiles(mean: Floats, dispersion: Floats, levels: Floats) -> Floats:
    """Return quantiles of amounts with the mean and the variance of counts.

    The law is gamma with ``var = mean + dispersion * mean**2``. Relative to the mean its quantiles
    depend on its shape alone, ``1 / (1 / mean + dispersion)``; their logarithms are tabulated and
    read off in a straight line.

    Parameters
    ----------
    mean, dispersion : ndarray, shape (n_cells,)
        Both at least 0.
    levels : ndarray, shape (n_levels,)
        Probabilities, each above 0 and below 1.

    Returns
    -------
    ndarray, shape (n_cells, n_levels)
        Units; not whole.

    Examples
    --------
    >>> amount_quantiles(np.array([4.0, 0.0]), np.array([0.0, 0.5]), np.array([0.5])).round(2)
    array([[3.67],
           [0.  ]])
    """
    some = np.maximum(mean, 1e-300)
    log_shape = np.log(some / (1 + dispersion * some))
    result = np.empty((len(mean), len(levels)))
    for place, level in enumerate(levels):
        read = np.interp(log_shape, _LOG_SHAPES, _curve(float(level)))
        result[:, place] = np.exp(read) * mean
    # below the smallest shape tabulated a level that is not 0 there is read too high
    result[log_shape < _LOG_SHAPES[0]] = 0.0
    order = np.argsort(levels)
    result[:, order] = np.maximum.accumulate(result[:, order], axis=1)
    return np.where(result < _LEAST * some[:, None], 0.0, result)


@lru_cache(maxsize=256)
def _curve(level: float) -> Floats:
    """Return the log of the quantile relative to the mean at each shape tabulated."""
    from scipy.special import gammaincinv

    shapes = np.exp(_LOG_SHAPES)
    return np.log(np.maximum(gammaincinv(shapes, level) / shapes, _LEAST / 10))
