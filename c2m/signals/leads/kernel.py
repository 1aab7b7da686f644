"""The lag kernel: how the products of sales and an earlier signal spread over the lags.

Three parts add up: a level that does not depend on the lag (what the two still have in common), a
spike at lag 0 (moving together), and a hump at lags of 0 and more with a mean and a spread (the
lead). Lags below 0, at which the signal comes after the sales, show the first part alone.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.signals.pooling import Floats

_SHAPES: Final = (1.0, 2.0, 4.0, 8.0, 32.0)
STEPS: Final = (0.25, 0.5)
FINE_TO: Final = 6.0
"""Periods between the means that are tried, up to `FINE_TO` and beyond."""

_LAST_MEAN: Final = 0.8
"""Of the farthest lag: a hump with a later mean would not be seen whole."""

_SPIKE_COST: Final = 6.6
"""Gain in chi-square (1 % level) from which a spike is taken to be there."""


@dataclass(frozen=True)
class Fitted:
    """Kernels fitted to many sets of products at once, each array (n_sets,).

    Parameters
    ----------
    mean, shape : ndarray
        Of the hump, in periods.
    hump, spike, level : ndarray
        Sizes of the parts, in units of a correlation.
    gain : ndarray
        Fall in chi-square that the hump brings over level and spike alone.
    spike_gain : ndarray
        Fall in chi-square that level and spike bring over the level alone.
    """

    mean: Floats
    shape: Floats
    hump: Floats
    spike: Floats
    level: Floats
    gain: Floats
    spike_gain: Floats


def humps(max_lag: int) -> tuple[Floats, Floats, Floats]:
    """Return the humps that are tried: negative binomial laws.

    Parameters
    ----------
    max_lag : int
        Farthest lag.

    Returns
    -------
    ndarray, shape (n_humps, max_lag + 1)
        Shares of the lags from 0 on.
    ndarray, shape (n_humps,)
        Means, and shapes.
    """
    return _humps(max_lag)


@cache
def _humps(max_lag: int) -> tuple[Floats, Floats, Floats]:
    last = max_lag * _LAST_MEAN
    fine, coarse = STEPS
    means = np.concatenate(
        [np.arange(fine, min(last, FINE_TO), fine), np.arange(FINE_TO, last, coarse)]
    )
    mean, shape = (part.reshape(-1) for part in np.meshgrid(means, _SHAPES, indexing="ij"))
    shares = np.empty((len(mean), max_lag + 1))
    shares[:, 0] = (shape / (shape + mean)) ** shape
    for lag in range(1, max_lag + 1):
        ratio = (lag + shape - 1) / lag * mean / (shape + mean)
        shares[:, lag] = shares[:, lag - 1] * ratio
    return shares, mean, shape


def fit_kernel(products: Floats, error: Floats, lags: NDArray[np.int64]) -> Fitted:
    """Fit level, spike and hump by weighted least squares; spike and hump are not negative.

    Parameters
    ----------
    products : ndarray, shape (n_sets, n_lags)
        Mean products by lag.
    error : ndarray, shape (n_lags,)
        Their standard errors.
    lags : ndarray of int, shape (n_lags,)
        From ``-max_lag`` to ``max_lag``.

    Returns
    -------
    Fitted
        The best kernel of each set.
    """
    max_lag = int(lags[-1])
    shares, means, shapes = _humps(max_lag)
    scaled = products / error  # [B, L]
    level, spike = 1 / error, (lags == 0) / error
    flat_loss, _ = _solve(scaled, level[None, :, None])
    both_loss, both = _solve(scaled, np.stack([level, spike], axis=-1)[None])
    spike_gain = np.where(both[..., 1] > 0, flat_loss - both_loss, 0.0)[:, 0]
    wide = np.zeros((len(shares), len(lags)))
    wide[:, max_lag:] = shares
    hump = wide / error
    plain = np.stack(np.broadcast_arrays(level, hump), axis=-1)
    full = np.stack(np.broadcast_arrays(level, hump, spike), axis=-1)
    losses, parts = zip(_solve(scaled, plain), _solve(scaled, full), strict=True)
    bad = [parts[0][..., 1] <= 0, (parts[1][..., 1] <= 0) | (parts[1][..., 2] <= 0)]
    loss = [np.where(no, np.inf, value) for no, value in zip(bad, losses, strict=True)]
    loss[1] = loss[1] + _SPIKE_COST
    rows = np.arange(len(scaled))
    best = [part.argmin(axis=1) for part in loss]
    least = [part[rows, place] for part, place in zip(loss, best, strict=True)]
    spiked = least[1] < least[0]
    place = np.where(spiked, best[1], best[0])
    chosen = np.where(spiked, least[1] - _SPIKE_COST, least[0])
    rival = np.where(spike_gain > _SPIKE_COST, both_loss[:, 0], flat_loss[:, 0])
    found = np.where(spiked[:, None], parts[1][rows, place, :2], parts[0][rows, place])
    there = np.isfinite(chosen)
    return Fitted(
        mean=means[place],
        shape=shapes[place],
        hump=np.where(there, found[:, 1], 0.0),
        spike=np.where(spiked, parts[1][rows, place, 2], 0.0),
        level=found[:, 0],
        gain=np.where(there, np.maximum(rival - chosen, 0.0), 0.0),
        spike_gain=spike_gain,
    )


def _solve(scaled: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Return loss (n_sets, n_designs) and coefficients (n_sets, n_designs, n_parts)."""
    gram = np.einsum("dlp,dlq->dpq", design, design)
    gram += 1e-10 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    inverse = np.linalg.inv(gram)
    moment = np.einsum("bl,dlp->bdp", scaled, design, optimize=True)
    parts = np.einsum("bdp,dpq->bdq", moment, inverse, optimize=True)
    loss = (scaled**2).sum(axis=1)[:, None] - np.einsum("bdp,bdp->bd", parts, moment)
    return np.asarray(loss), np.asarray(parts)
