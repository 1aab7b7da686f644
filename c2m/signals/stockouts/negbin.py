"""Demand of which one knows that it was at least so much: a censored negative binomial."""

from typing import Final

import numpy as np

from c2m.signals.stockouts.cells import Cells
from c2m.signals.stockouts.rates import FloatArray, Setting, fit_rates

_ROUNDS: Final = 6
_LARGE: Final = 1e12


def fit_censored(cells: Cells, own: FloatArray, setting: Setting) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of the demand of censored cells, by expectation-maximisation.

    Each round puts ``E[D | D >= sales]`` of the negative binomial law in place of a censored
    sale, and estimates the rates again from all cells [1]_.

    Parameters
    ----------
    cells : Cells
        Sales and stock.
    own : ndarray, shape (n_series, n_periods)
        Units that people bought as they wanted them.
    setting : Setting
        What rates are made of.

    Returns
    -------
    mean, variance : ndarray, shape (n_series, n_periods)
        Of demand in censored cells; without meaning elsewhere.

    References
    ----------
    .. [1] Talluri and van Ryzin (2004), The Theory and Practice of Revenue Management, 9.4.
    """
    where = cells.censored
    least = np.ceil(own[where] - 1e-9)
    exposure = cells.known.astype(np.float64)
    rates = fit_rates(
        np.where(cells.censored, 0, own), np.where(cells.censored, 0.0, exposure), setting, rounds=2
    )
    shape, filled = rates.shape[where], own.copy()
    mean, variance = np.zeros(own.shape), np.zeros(own.shape)
    for _ in range(_ROUNDS):
        first, second = moments_above(rates.mean[where], shape, least)
        filled[where] = first
        rates = fit_rates(filled, exposure, setting, start=rates, rounds=1)
    mean[where], variance[where] = first, np.maximum(second - first**2, 0.0)
    return mean, variance


def moments_above(
    mean: FloatArray, shape: FloatArray, least: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return ``E[D | D >= n]`` and ``E[D^2 | D >= n]`` of negative binomial counts.

    With ``q = mean / (mean + shape)``: ``P(D >= n) = I_q(n, shape)``, and since
    ``d P(D = d) = mean P(D' = d - 1)`` with ``D'`` of the shape ``shape + 1`` and the same q,
    ``E[D; D >= n] = mean I_q(n - 1, shape + 1)``.

    Parameters
    ----------
    mean, shape : ndarray, shape (n,)
        Of the law; ``var = mean + mean^2 / shape``.
    least : ndarray, shape (n,)
        Whole numbers of at least 0.

    Returns
    -------
    first, second : ndarray, shape (n,)
        Moments. Where the law gives `least` no chance that a float can hold, they are those of
        `least` itself.

    Examples
    --------
    >>> first, second = moments_above(np.array([3.0]), np.array([2.0]), np.array([0.0]))
    >>> first, second - first**2
    (array([3.]), array([7.5]))
    """
    q = mean / (mean + shape)
    chance = _at_least(least, shape, q)
    first = mean * _at_least(least - 1, shape + 1, q)
    pairs = mean**2 * (shape + 1) / shape * _at_least(least - 2, shape + 2, q)
    sure = chance > 1 / _LARGE
    safe = np.where(sure, chance, 1.0)
    one = np.where(sure, first / safe, least)
    two = np.where(sure, (pairs + first) / safe, least**2)
    return np.maximum(one, least), two


def _at_least(count: FloatArray, shape: FloatArray, q: FloatArray) -> FloatArray:
    """Return the chance of at least so many: ``I_q(count, shape)``, 1 for 0 and below."""
    from scipy.special import betainc

    some = count > 0
    return np.where(some, betainc(np.where(some, count, 1.0), shape, q), 1.0)
