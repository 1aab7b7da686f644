"""The continuous ranked probability score: of paths, of quantiles, and in closed form.

All three return the mean over the cells that are known, in units: the integral of
``(F(x) - 1{y <= x})**2`` over x, which is the absolute error where the forecast is one number.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.forecast.scores.counts import count_probability
from c2m.forecast.scores.pairs import broadcast, pinball_cells

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_NEARLY_POISSON: Final = 1e-4
"""Below this dispersion scipy's hypergeometric function loses its digits."""


def crps_paths(actual: ArrayLike, paths: ArrayLike) -> float:
    """Return the CRPS of a law that is known by draws, without bias for their number.

    Parameters
    ----------
    actual : array_like, shape (...)
        What came, in units.
    paths : array_like, shape (n_paths, ...)
        Draws of it, at least two.

    Returns
    -------
    float
        ``mean |x - y| - sum over i, j of |x_i - x_j| / (2 * n * (n - 1))``: the fair estimator,
        whose expectation does not depend on n.

    Raises
    ------
    ArgumentError
        If the shapes do not fit or there are fewer than two paths.

    References
    ----------
    Ferro (2014), "Fair scores for ensemble forecasts", *QJRMS* 140, eq. 8; its energy form is in
    Gneiting & Raftery (2007), "Strictly proper scoring rules", *JASA* 102, eq. 21.

    Examples
    --------
    >>> crps_paths([3.0], [[1.0], [2.0], [6.0]])
    0.33333333333333326
    """
    came, drawn = np.asarray(actual, dtype=np.float64), np.asarray(paths, dtype=np.float64)
    n_paths = len(drawn) if drawn.ndim else 0
    if drawn.shape[1:] != came.shape or n_paths < 2:
        raise ArgumentError(
            f"Expected at least 2 paths of shape {came.shape}, got an array of {drawn.shape}."
        )
    ordered = np.sort(drawn, axis=0)
    rank = 2 * np.arange(n_paths) - n_paths + 1.0  # sum over i < j of x_(j) - x_(i)
    apart = np.tensordot(rank, ordered, axes=1) / (n_paths * (n_paths - 1))
    cells = np.abs(drawn - came).mean(axis=0) - apart
    return _known_mean(np.asarray(cells))


def crps_quantiles(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> float:
    """Return the CRPS as the integral of the pinball loss over the levels.

    Parameters
    ----------
    actual, quantiles, levels
        See `c2m.forecast.scores.pinball`. The levels rise; each stands for the levels that are
        nearer to it than to its neighbours.

    Returns
    -------
    float
        ``2 * sum of width * pinball loss``. Levels at the middle of equal steps, ``(k - 1/2) / n``,
        give ``2 * pinball``, which comes close to the CRPS as n grows.

    Raises
    ------
    ArgumentError
        If shapes do not fit or levels do not rise.

    References
    ----------
    Laio & Tamea (2007), "Verification tools for probabilistic forecasts of continuous
    hydrological variables", *HESS* 11, eq. 10: CRPS = 2 * integral of the pinball loss.

    Examples
    --------
    >>> crps_quantiles([10.0], [[8.0, 10.0]], [0.25, 0.75])
    0.5
    """
    loss, known = pinball_cells(actual, quantiles, levels)
    level = np.asarray(levels, dtype=np.float64)
    if np.any(np.diff(level) <= 0):
        raise ArgumentError(f"Expected rising levels, got {levels!r}.")
    edges = np.concatenate([[0.0], (level[1:] + level[:-1]) / 2, [1.0]])
    return float(2 * (loss[known] @ np.diff(edges)).mean()) if known.any() else np.nan


def crps_negative_binomial(actual: ArrayLike, mean: ArrayLike, dispersion: ArrayLike) -> float:
    """Return the CRPS of negative binomial counts in closed form.

    Parameters
    ----------
    actual : array_like, shape (...)
        What came, in whole units.
    mean : array_like
        Expected units, at least 0; broadcast to the shape of `actual`.
    dispersion : array_like
        ``(variance - mean) / mean**2``, at least 0. Below 1e-4 the law's mean difference is that
        of the Poisson law with the same variance, right to 0.002 %.

    Returns
    -------
    float
        With r = 1 / dispersion, p = r / (r + mean) and F_r the distribution function of size r:
        ``y (2 F_r(y) - 1) - mean (2 F_{r+1}(y - 1) - 1) - mean / p * 2F1(r + 1, 1/2; 2; -4 (1 - p)
        / p**2)``.

    Raises
    ------
    ArgumentError
        If the shapes do not fit.

    References
    ----------
    Wei & Held (2014), "Calibration tests for count data", *TEST* 23, sec. 2.

    Examples
    --------
    >>> round(crps_negative_binomial([2.0], [5.0], [0.2]), 6)
    1.553363
    """
    came, expected, spread = broadcast(actual=actual, mean=mean, dispersion=dispersion)
    known = ~np.isnan(came) & ~np.isnan(expected) & ~np.isnan(spread)
    if not known.any():
        return np.nan
    y, m, d = came[known], expected[known], spread[known]
    cells = y.copy()  # right where the mean is 0
    some = m > 0
    y, m, d = y[some], m[some], d[some]
    upto = count_probability(y, m, d)
    below = _size_biased_probability(y - 1, m, d)
    cells[some] = y * (2 * upto - 1) - m * (2 * below - 1) - _half_mean_difference(m, d)
    return float(cells.mean())


def _size_biased_probability(
    count: "FloatArray", mean: "FloatArray", dispersion: "FloatArray"
) -> "FloatArray":
    """Return F_{r+1}: mean and dispersion are those of a size that is larger by one."""
    return count_probability(count, mean * (1 + dispersion), dispersion / (1 + dispersion))


def _half_mean_difference(mean: "FloatArray", dispersion: "FloatArray") -> "FloatArray":
    """Return half of the expected distance of two draws."""
    from scipy.special import hyp2f1, ive

    variance = mean * (1 + mean * dispersion)
    half = np.asarray(variance * (ive(0, 2 * variance) + ive(1, 2 * variance)))
    wide = dispersion >= _NEARLY_POISSON
    r, m = 1 / dispersion[wide], mean[wide]
    p = r / (r + m)
    z = 4 * (1 - p) / p**2
    series = hyp2f1(1 - r, 0.5, 2.0, z / (1 + z)) / np.sqrt(1 + z)  # Pfaff's transformation
    half[wide] = m / p * series
    return half


def _known_mean(cells: "FloatArray") -> float:
    known = ~np.isnan(cells)
    return float(cells[known].mean()) if known.any() else np.nan
