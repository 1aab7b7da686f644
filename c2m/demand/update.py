"""What the first sales of a season say about the rest of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import GammaPoisson, Law, Shared
from c2m.distribution.level_sets import counts_of
from c2m.errors import ArgumentError

Floats = NDArray[np.float64]


def given_law(law: Law, sold: Floats, codes: Sequence[str]) -> GammaPoisson:
    """Return the law of the rest, whatever the law was; see `Demand.given`.

    Parameters
    ----------
    law : Law
        Of all periods.
    sold : ndarray, shape (S, k)
        See `given_sales`.
    codes : sequence of str
        Names of the series, for laws that are summarised by paths.

    Returns
    -------
    GammaPoisson
        Over the remaining periods.
    """
    counts = counts_of(law, codes)
    return given_sales(counts.moments(), sold, shared=counts.shared, whole=counts.whole)


def given_sales(
    moments: tuple[Floats, Floats, Floats],
    sold: Floats,
    *,
    shared: Shared | None = None,
    whole: bool = True,
) -> GammaPoisson:
    """Update the level of each series by what it sold, and return the law of the rest.

    With level ``g ~ Gamma(1 / v, mean 1)`` and ``sold ~ Poisson(g * M)``, the posterior is gamma
    with shape ``1 / v + sold`` and rate ``1 / v + M`` (Gelman et al. 2013, *Bayesian Data
    Analysis*, 3rd ed., sec. 2.6). Periods vary by more than Poisson, so both counts are tempered
    by ``M / var(sold given g = 1)``, the exposure of a Poisson count that knows as much.

    Shared levels come first, one factor after the other: each label's level is updated in the
    same way by the sales of all its series, whose own levels count as noise. What is then left of
    a factor's variance is averaged over its labels, weighted by what is expected of them.

    Parameters
    ----------
    moments : tuple of ndarray, shapes (S, H), (S, H), (S,)
        Mean, dispersion and level variance (see `GammaPoisson`).
    sold : ndarray, shape (S, k)
        Sales of the first k periods, in units, k below H.
    shared : Shared, optional
        Levels that series have in common.
    whole : bool
        Whether units are counted.

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
    _check_sold(sold, *mean.shape)
    seen = sold.shape[1]
    noise = (dispersion - level[:, None]) / (1 + level[:, None])  # [S, H]
    expected, total = mean[:, :seen].sum(axis=1), sold.sum(axis=1)
    beyond = (noise[:, :seen] * mean[:, :seen] ** 2).sum(axis=1)
    factor = np.ones(len(mean))
    if shared is not None:
        level = np.maximum((1 + level) / (1 + shared.variance) - 1, 0.0)
        beyond_poisson = beyond + level * expected**2
        factor, shared = _update_shared(shared, expected, total, beyond_poisson)
    own, left = _update(level, total, factor * expected, factor * expected + factor**2 * beyond)
    if shared is not None:
        left = (1 + left) * (1 + shared.variance) - 1
    rest = noise[:, seen:] * (1 + left[:, None]) + left[:, None]
    return GammaPoisson(mean[:, seen:] * (factor * own)[:, None], rest, left, shared, whole)


def _check_sold(sold: Floats, n_series: int, horizon: int) -> None:
    if sold.ndim != 2 or sold.shape[0] != n_series or not 1 <= sold.shape[1] < horizon:
        raise ArgumentError(
            f"Expected sales of shape ({n_series}, 1 to {horizon - 1}), got {sold.shape}."
        )
    if not np.all(np.isfinite(sold) & (sold >= 0)):
        raise ArgumentError("Expected sales of 0 or more, got negative, infinite or unknown ones.")


def _update(
    variance: Floats, sold: Floats, expected: Floats, spread: Floats
) -> tuple[Floats, Floats]:
    """Return the expected level after some sales, and the variance left; spread is theirs."""
    temper = np.divide(expected, spread, out=np.zeros_like(spread), where=spread > 0)
    certain = np.where(variance > 0, variance, 1.0)
    shape = 1 / certain + temper * sold
    rate = 1 / certain + temper * expected
    return np.where(variance > 0, shape / rate, 1.0), np.where(variance > 0, 1 / shape, 0.0)


def _update_shared(
    shared: Shared, expected: Floats, sold: Floats, beyond: Floats
) -> tuple[Floats, Shared]:
    """Return by how much the shared levels move each series, and the factors that are left."""
    factor, left = np.ones(len(expected)), shared.variances.copy()
    for place, variance in enumerate(shared.variances):
        labels, own = np.unique(shared.codes[:, place], return_inverse=True)
        units, came, alone = (
            np.bincount(own, weights=values, minlength=len(labels)).astype(np.float64)
            for values in (factor * expected, sold, factor**2 * beyond)
        )
        others = np.prod(1 + left[place + 1 :]) - 1
        moved, after = _update(
            np.full(len(labels), variance), came, units, units + alone + others * units**2
        )
        weight = units if units.any() else np.ones(len(labels))
        left[place] = np.average(after, weights=weight)
        factor = factor * moved[own]
    return factor, replace(shared, variances=left)
