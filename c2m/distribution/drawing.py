"""Joint paths of many series: chance keyed by series, counts inverted in blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.counts import invert_counts
from c2m.distribution.law import Floats, Paths, Rows, generator

Singles = NDArray[np.float32]

_BLOCK: Final = 100_000
"""Draws that are worked on together: few enough for the processor's cache."""

_SMALL: Final = 12.0
"""Up to this largest mean the counts of a series are inverted; above it numpy draws them."""

_LEAST_LOG_ZERO: Final = -80.0
"""Below this log-probability of zero single precision would underflow."""

_SPREAD: Final = 1e-7
"""A variance of at most this is none."""

_CROWDED: Final = 0.6
"""While more than this share of the draws is open, gathering the open ones costs more."""


@dataclass(frozen=True, eq=False)
class Rates:
    """What draws need to know of S series over H periods.

    Parameters
    ----------
    mean : ndarray, shape (S, H)
        Expected units.
    noise : ndarray, shape (S, H)
        Variance of each period's own level.
    level : ndarray, shape (S,)
        Variance of each path's own level.
    shared : ndarray, shape (S, n), optional
        Shared levels of each path; ones unless given.
    """

    mean: Floats
    noise: Floats
    level: Floats
    shared: Floats | None

    def path_levels(self, series: int, n: int, chance: np.random.Generator) -> Floats:
        """Draw the levels of a series' paths.

        Parameters
        ----------
        series : int
            Which series.
        n : int
            How many paths.
        chance : numpy.random.Generator
            That of the series.

        Returns
        -------
        ndarray, shape (n,)
            Levels.
        """
        drawn = draw_gamma(chance, self.level[series], (n,))
        return drawn if self.shared is None else drawn * self.shared[series]


def draw_counts(n: int, seed: int, codes: Sequence[str], rates: Rates) -> Paths:
    """Return counts that are negative binomial once the level of their path is known.

    One uniform number a count is compared with the cumulative probabilities, which are summed over
    all draws of a block at once (inversion by sequential search, Devroye 1986, *Non-Uniform Random
    Variate Generation*, ch. X.3.3). Series with large means are drawn as Poisson counts of gamma
    rates. What a series draws depends on its code, its own law and the seed alone.

    Parameters
    ----------
    n : int
        How many paths.
    seed : int
        Seed.
    codes : sequence of str, length S
        Names of the series, which key their random numbers.
    rates : Rates
        Means and variances.

    Returns
    -------
    ndarray of float32, shape (n, S, H)
        Whole units.
    """
    n_series, horizon = rates.mean.shape
    paths = np.empty((n, n_series, horizon), dtype=np.float32)
    small = rates.mean.max(axis=1, initial=0.0) <= _SMALL
    for series in map(int, np.flatnonzero(~small)):
        chance = generator(seed, codes[series])
        level = rates.path_levels(series, n, chance)[:, None]
        noise = draw_gamma(chance, rates.noise[series], (n, horizon))
        paths[:, series] = chance.poisson(rates.mean[series] * level * noise)
    left = np.flatnonzero(small)
    apart = max(1, _BLOCK // (n * horizon))
    for start in range(0, len(left), apart):
        block = left[start : start + apart]
        paths[:, block] = _invert_block(n, seed, codes, rates, block).transpose(1, 0, 2)
    return paths


def draw_amounts(n: int, seed: int, codes: Sequence[str], rates: Rates) -> Paths:
    """Return fractional amounts that are gamma once the level of their path is known.

    Mean and variance are those of the counts that `draw_counts` gives.

    Parameters
    ----------
    n, seed, codes, rates
        See `draw_counts`.

    Returns
    -------
    ndarray of float32, shape (n, S, H)
        Units.
    """
    n_series, horizon = rates.mean.shape
    paths = np.empty((n, n_series, horizon), dtype=np.float32)
    for series, code in enumerate(codes):
        chance = generator(seed, code)
        mean = rates.mean[series] * rates.path_levels(series, n, chance)[:, None]  # [n, H]
        scale = 1 + rates.noise[series] * mean
        paths[:, series] = chance.standard_gamma(mean / scale) * scale
    return paths


def draw_gamma(
    chance: np.random.Generator, variance: np.float64 | Floats, shape: tuple[int, ...]
) -> Floats:
    """Draw gamma numbers of mean 1; ones where the variance is none.

    Parameters
    ----------
    chance : numpy.random.Generator
        Where from.
    variance : float or ndarray, shape that broadcasts to `shape`
        Of the numbers.
    shape : tuple of int
        How many.

    Returns
    -------
    ndarray
        The numbers.
    """
    some = np.maximum(variance, _SPREAD)
    drawn = chance.standard_gamma(1 / some, size=shape) * some
    return np.where(np.asarray(variance) > _SPREAD, drawn, 1.0)


def _invert_block(n: int, seed: int, codes: Sequence[str], rates: Rates, block: Rows) -> Singles:
    """Return the counts of some series, shape (len(block), n, H)."""
    shape = (len(block), n, rates.mean.shape[1])
    uniform = np.empty(shape, dtype=np.float32)
    level = np.empty((*shape[:2], 1), dtype=np.float32)
    for row, series in enumerate(map(int, block)):
        chance = generator(seed, codes[series])
        level[row, :, 0] = rates.path_levels(series, n, chance)
        chance.random(dtype=np.float32, out=uniform[row])
    mean = rates.mean[block, None].astype(np.float32) * level
    noise = np.broadcast_to(rates.noise[block, None].astype(np.float32), shape)
    return _search(uniform.ravel(), mean.ravel(), noise.ravel()).reshape(shape)


def _search(uniform: Singles, mean: Singles, noise: Singles) -> Singles:
    """Return how many cumulative probabilities lie at or below each uniform number."""
    some = np.maximum(noise, np.float32(_SPREAD))
    zero = np.where(noise > _SPREAD, -np.log1p(some * mean) / some, -mean)
    counts = np.zeros(len(uniform), dtype=np.float32)
    rare = zero < _LEAST_LOG_ZERO
    if rare.any():
        arrays = (array[rare].astype(np.float64) for array in (mean, noise, uniform))
        counts[rare] = invert_counts(*arrays)
        uniform = np.where(rare, np.float32(-1), uniform)
    _walk(counts, uniform, np.exp(zero), mean / (1 + noise * mean), noise)
    return counts


def _walk(counts: Singles, uniform: Singles, mass: Singles, rate: Singles, noise: Singles) -> None:
    """Add to each count the values whose cumulative probability its uniform number has passed."""
    place = np.arange(len(uniform))
    growth, reached, step = noise * rate, mass.copy(), 0
    while (n_open := np.count_nonzero(open_ := uniform >= reached)) > 0:
        if n_open < _CROWDED * len(open_):
            kept = np.flatnonzero(open_)
            place, uniform, reached = place[kept], uniform[kept], reached[kept]
            mass, rate, growth = mass[kept], rate[kept], growth[kept]
            counts[place] += 1
        else:
            counts[place] += open_
        mass = mass * (rate + growth * np.float32(step)) * np.float32(1 / (step + 1))
        more = reached + mass
        # a tail too thin for single precision ends here
        reached = np.where(more > reached, more, np.float32(np.inf))
        step += 1
