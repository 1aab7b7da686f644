"""What the first sales of a season say about the rest of it."""

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError

Floats = NDArray[np.float64]


def given_sales(moments: tuple[Floats, Floats, Floats], sold: Floats) -> GammaPoisson:
    """Update the level of each series by what it sold, and return the law of the rest.

    With level ``g ~ Gamma(1 / v, mean 1)`` and ``sold ~ Poisson(g * M)``, the posterior is gamma
    with shape ``1 / v + sold`` and rate ``1 / v + M`` (Gelman et al. 2013, *Bayesian Data
    Analysis*, 3rd ed., sec. 2.6). Periods vary by more than Poisson, so both counts are tempered
    by ``M / var(sold given g = 1)``, the exposure of a Poisson count that knows as much.

    Parameters
    ----------
    moments : tuple of ndarray, shapes (S, H), (S, H), (S,)
        Mean, dispersion and level variance (see `GammaPoisson`).
    sold : ndarray, shape (S, k)
        Sales of the first k periods, in units, k below H.

    Returns
    -------
    GammaPoisson
        Over the remaining H - k periods.

    Raises
    ------
    ArgumentError
        If the shape does not fit, or sales are negative or unknown.

    Examples
    --------
    >>> prior = np.full((1, 3), 10.0), np.full((1, 3), 0.4), np.array([0.4])
    >>> given_sales(prior, np.array([[20.0]])).mean
    array([[18., 18.]])
    """
    mean, dispersion, level = moments
    n_series, horizon = mean.shape
    if sold.ndim != 2 or sold.shape[0] != n_series or not 1 <= sold.shape[1] < horizon:
        raise ArgumentError(
            f"Expected sales of shape ({n_series}, 1 to {horizon - 1}), got {sold.shape}."
        )
    if not np.all(np.isfinite(sold) & (sold >= 0)):
        raise ArgumentError("Expected sales of 0 or more, got negative, infinite or unknown ones.")
    seen = sold.shape[1]
    noise = (dispersion - level[:, None]) / (1 + level[:, None])  # [S, H]
    expected = mean[:, :seen].sum(axis=1)
    spread = expected + (noise[:, :seen] * mean[:, :seen] ** 2).sum(axis=1)
    temper = np.divide(expected, spread, out=np.zeros_like(spread), where=spread > 0)
    certain = np.where(level > 0, level, 1.0)
    shape = 1 / certain + temper * sold.sum(axis=1)
    rate = 1 / certain + temper * expected
    factor = np.where(level > 0, shape / rate, 1.0)
    left = np.where(level > 0, 1 / shape, 0.0)
    rest = noise[:, seen:] * (1 + left[:, None]) + left[:, None]
    return GammaPoisson(mean[:, seen:] * factor[:, None], rest, left)
