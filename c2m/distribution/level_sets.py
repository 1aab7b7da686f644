"""Demand as it fell before around forecasts of the same size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.gamma_poisson import GammaPoisson
from c2m.distribution.law import Floats, Law, Paths, Rows, freeze, generators, read_levels
from c2m.errors import DataError

_CORRELATIONS: Final = np.linspace(0.0, 1.0, 101)
LARGE: Final = 20.0
"""From this mean on a curve is scaled to the mean; below, whole units are too coarse for that."""

_ORDERS: Final = 6
"""Terms of the covariance's series; for demand the first two make nearly all of it."""


@dataclass(frozen=True, eq=False)
class LevelSets:
    """Demand whose periods follow curves learnt for each size of forecast.

    A curve is the quantile function of what came around forecasts of one size, read at the level
    nearest to the one asked for. Periods of a series are tied together by a Gaussian copula of one
    factor per path, whose correlation gives the periods the covariance that `counts` has; sums
    over periods are those of `counts`, in closed form.

    Parameters
    ----------
    counts : GammaPoisson
        Mean, variance and covariance of the same demand.
    place : ndarray, shape (S, H)
        The curve of a period, the nearest whole number. At -0.5, demand is half as often above 0
        as the first curve says; at -1 it is 0.
    scale : ndarray, shape (S, H)
        What the curve is multiplied by, at least 0.
    levels : ndarray, shape (P,)
        Rising probabilities.
    curves : ndarray, shape (B, P)
        Quantiles in units, at least 0, not falling from level to level.

    Raises
    ------
    DataError
        If shapes or values break these rules.

    References
    ----------
    Hasson, Wang, Januschowski & Gasthaus (2021), "Probabilistic forecasting: a level-set
    approach", *NeurIPS* 34.
    """

    counts: GammaPoisson
    place: Floats
    scale: Floats
    levels: Floats
    curves: Floats

    def __post_init__(self) -> None:
        """Check shapes and ranges and make the arrays read-only."""
        levels, curves = freeze(read_levels(self.levels)), freeze(self.curves)
        place, scale = freeze(self.place), freeze(self.scale)
        problems = []
        if place.shape != self.counts.mean.shape or scale.shape != place.shape:
            problems.append(f"place and scale have shapes {place.shape} and {scale.shape}")
        if curves.ndim != 2 or not len(curves) or curves.shape[-1] != len(levels):
            problems.append(f"curves has shape {curves.shape}, not (B, {len(levels)})")
        elif np.any(~np.isfinite(curves) | (curves < 0)) or np.any(np.diff(curves) < 0):
            problems.append("curves are below 0, infinite, unknown or fall from level to level")
        elif np.any(~((place >= -1) & (place <= len(curves) - 1))):
            problems.append(f"place leaves -1 to {len(curves) - 1}")
        if np.any(~np.isfinite(scale) | (scale < 0)):
            problems.append("scale is below 0, infinite or unknown")
        if problems:
            raise DataError("demand", problems, "pass curves of units that are 0 or more")
        for name, array in (
            ("place", place),
            ("scale", scale),
            ("levels", levels),
            ("curves", curves),
        ):
            object.__setattr__(self, name, array)

    @property
    def mean(self) -> Floats:
        """Expected demand, shape (S, H), in units."""
        return self.counts.mean

    def quantiles(self, levels: Floats) -> Floats:
        """Return quantiles of each period's demand.

        Parameters
        ----------
        levels : ndarray, shape (L,)
            Probabilities.

        Returns
        -------
        ndarray, shape (S, H, L)
            Whole units where they are counted.
        """
        return np.stack([self._read(np.asarray(level)) for level in levels], axis=-1)

    def total(self, start: int, stop: int, levels: Floats, codes: Sequence[str] = ()) -> Floats:
        """Return quantiles of the sum over steps start to stop, in closed form.

        Parameters
        ----------
        start, stop : int
            Half-open range of steps.
        levels : ndarray, shape (L,)
            Probabilities.
        codes : sequence of str
            Not needed here.

        Returns
        -------
        ndarray, shape (S, L)
            Units, by the negative binomial or gamma law of `counts`.
        """
        return self.counts.total(start, stop, levels)

    def draw(self, n: int, seed: int, codes: Sequence[str]) -> Paths:
        """Return joint paths.

        Parameters
        ----------
        n : int
            How many.
        seed : int
            Seed.
        codes : sequence of str, length S
            Names of the series, which key their random numbers.

        Returns
        -------
        ndarray of float32, shape (n, S, H)
            Units.
        """
        from scipy.special import ndtr

        n_series, horizon = self.place.shape
        paths = np.empty((n, n_series, horizon), dtype=np.float32)
        common = self._shared_scores(n, seed)
        share = self._shared_share
        for series, chance in generators(seed, codes):
            path = np.sqrt(share[series]) * common[series]
            path = path + np.sqrt(1 - share[series]) * chance.standard_normal(n)
            own = chance.standard_normal((n, horizon))
            tie = self._correlation[series]
            level = ndtr(np.sqrt(tie) * path[:, None] + np.sqrt(1 - tie) * own)
            paths[:, series] = self.rows(np.array([series]))._read(level)  # [n, H]
        return paths

    def rows(self, rows: Rows) -> Self:
        """Return the law of some series.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        LevelSets
            Their law.
        """
        return replace(
            self, counts=self.counts.rows(rows), place=self.place[rows], scale=self.scale[rows]
        )

    def scaled(self, factor: Floats) -> Self:
        """Return the law of a demand that is larger or smaller by known factors.

        Parameters
        ----------
        factor : ndarray, shape (S, H) or one that broadcasts to it
            What each mean is multiplied by, at least 0.

        Returns
        -------
        LevelSets
            Each period follows the curve of its new mean; sums keep their relative spread.
        """
        counts = self.counts.scaled(factor)
        place, scale = place_means(counts.mean, self.levels, self.curves, whole=counts.whole)
        return replace(self, counts=counts, place=place, scale=scale)

    def merge(self, steps: NDArray[np.intp], codes: Sequence[str] = ()) -> GammaPoisson:
        """Return the law of sums over steps, with the same first two moments.

        Parameters
        ----------
        steps : ndarray of int, shape (H,)
            The longer period that each step goes to, from 0 without gaps.
        codes : sequence of str
            Not needed here.

        Returns
        -------
        GammaPoisson
            Over ``steps.max() + 1`` periods.
        """
        return self.counts.merge(steps)

    def moments(self, codes: Sequence[str] = ()) -> tuple[Floats, Floats, Floats]:
        """Return mean, dispersion and level variance.

        Parameters
        ----------
        codes : sequence of str
            Not needed here.

        Returns
        -------
        tuple of ndarray
            Those of `counts`.
        """
        return self.counts.moments()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the law.

        Returns
        -------
        dict of str to ndarray
            By the names of the arguments, and those of `counts`.
        """
        return {
            **self.counts.arrays(),
            "place": self.place,
            "scale": self.scale,
            "levels": self.levels,
            "curves": self.curves,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the law that `arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Its arrays.

        Returns
        -------
        LevelSets
            The same law.
        """
        own = (arrays[name] for name in ("place", "scale", "levels", "curves"))
        return cls(GammaPoisson.from_arrays(arrays), *own)

    def _read(self, level: Floats) -> Floats:
        """Read every period's curve at levels that broadcast to (..., S, H) or (n, H)."""
        curve = np.clip(np.rint(self.place), 0, len(self.curves) - 1).astype(np.intp)
        often = np.minimum(1 + self.place, 1.0)  # of the first curve's demand above 0
        thinned = 1 - (1 - level) / np.maximum(often, 1e-12)
        column = np.searchsorted((self.levels[1:] + self.levels[:-1]) / 2, thinned)
        value = np.where(thinned > 0, self.curves[curve, column] * self.scale, 0.0)
        return np.rint(value) if self.counts.whole else value

    @cached_property
    def _correlation(self) -> Floats:
        """Correlation of two periods' scores that gives each series its level's variance.

        The covariance of a curve read at two scores of correlation r is the sum of
        ``c[j]**2 * r**j``, c being its coefficients in Hermite polynomials.
        """
        square = _hermite_squares(self.levels, self.curves)  # [B, J]
        reached = square @ _CORRELATIONS ** np.arange(1, _ORDERS + 1)[:, None]  # [B, 101]
        typical = np.clip(np.rint(self.place.mean(axis=1)), 0, None).astype(np.intp)
        unit = np.maximum(curve_means(self.levels, self.curves) ** 2, 1e-12)
        wanted = self.counts.level_variance * unit[typical]
        found = np.empty(len(typical))
        for curve in np.unique(typical):
            own = typical == curve
            rising = np.maximum.accumulate(reached[curve]) + 1e-15 * np.arange(101)
            found[own] = np.interp(wanted[own], rising, _CORRELATIONS)
        return found

    @property
    def _shared_share(self) -> Floats:
        """Share of the path's score that series have in common."""
        shared, level = self.counts.shared, self.counts.level_variance
        if shared is None:
            return np.zeros(len(level))
        return np.asarray(np.minimum(np.log1p(shared.variance) / np.log1p(level), 1.0))

    def _shared_scores(self, n: int, seed: int) -> Floats:
        """Return standard normal scores of the shared levels of each path, shape (S, n)."""
        shared = self.counts.shared
        if shared is None:
            return np.zeros((len(self.place), n))
        logs = np.log(np.maximum(shared.draw(n, seed), 1e-300))
        spread = np.log1p(shared.variance)
        return np.asarray((logs + spread / 2) / np.sqrt(spread))


def counts_of(law: Law, codes: Sequence[str]) -> GammaPoisson:
    """Return a law as counts with the same mean, variance and covariance.

    Parameters
    ----------
    law : Law
        Any law.
    codes : sequence of str, length S
        Names of the series, for laws that are summarised by paths.

    Returns
    -------
    GammaPoisson
        Itself; of level sets their counts, with the levels that series share; of others what
        their moments say.
    """
    if isinstance(law, LevelSets):
        return law.counts
    return law if isinstance(law, GammaPoisson) else GammaPoisson(*law.moments(codes))


def place_means(
    mean: Floats, levels: Floats, curves: Floats, *, whole: bool
) -> tuple[Floats, Floats]:
    """Return the curve of each mean, and what it is multiplied by.

    Parameters
    ----------
    mean : ndarray, shape (S, H)
        Units.
    levels : ndarray, shape (P,)
        Rising probabilities.
    curves : ndarray, shape (B, P)
        Quantiles; their means rise.
    whole : bool
        Whether units are counted. Curves of few counted units are not stretched.

    Returns
    -------
    place, scale : ndarray, shape (S, H)
        As `LevelSets` takes them.
    """
    unit = np.maximum.accumulate(np.maximum(curve_means(levels, curves), 1e-12))
    place = np.interp(mean, [0, *unit], np.arange(-1, len(unit)))
    nearest = np.clip(np.rint(place), 0, None).astype(np.intp)
    stretch = (mean > unit[0]) & ((unit[nearest] >= LARGE) | (not whole))
    scale = np.where(stretch | (mean > unit[-1]), mean / unit[nearest], 1.0)
    return place, scale


def curve_means(levels: Floats, curves: Floats) -> Floats:
    """Return the mean of each curve, each level standing for what is nearest to it.

    Parameters
    ----------
    levels : ndarray, shape (P,)
        Rising probabilities.
    curves : ndarray, shape (B, P)
        Quantiles.

    Returns
    -------
    ndarray, shape (B,)
        Units.
    """
    return np.asarray(curves @ _weights(levels))


def _weights(levels: Floats) -> Floats:
    return np.diff((levels[1:] + levels[:-1]) / 2, prepend=0.0, append=1.0)


def _hermite_squares(levels: Floats, curves: Floats) -> Floats:
    """Return the squared coefficients of each curve, shape (B, 6), in Hermite polynomials."""
    from scipy.special import eval_hermitenorm, factorial, ndtri

    orders = np.arange(1, _ORDERS + 1)
    basis = eval_hermitenorm(orders, ndtri(levels)[:, None]) / np.sqrt(factorial(orders))  # [P, J]
    return np.asarray(((curves * _weights(levels)) @ basis) ** 2)
