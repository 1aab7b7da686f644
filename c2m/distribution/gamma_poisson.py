"""Counts with a random level: negative binomial periods that share one level per path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.counts import count_quantiles
from c2m.distribution.law import Floats, Paths, Rows, freeze, generators
from c2m.errors import DataError


@dataclass(frozen=True, eq=False)
class GammaPoisson:
    """Demand in whole units: Poisson, with a random level of the path and of each period.

    ``y[s, h] ~ Poisson(mean[s, h] * level[s] * noise[s, h])``. Level and noise are gamma with
    mean 1; the level's variance is `level_variance`, and the noise has what is left of
    `dispersion`, so that ``var(y) = mean + dispersion * mean**2`` and
    ``cov(y[s, h], y[s, k]) = level_variance * mean[s, h] * mean[s, k]``. Quantiles are those of
    the negative binomial law with these two moments; those of the paths differ from them by at
    most 8 % up to a dispersion of 1 (`tests/distribution/test_laws.py`).

    Parameters
    ----------
    mean : ndarray, shape (S, H)
        Expected units, at least 0.
    dispersion : ndarray, shape (S, H)
        Variance beyond Poisson, relative to the squared mean; at least `level_variance`.
    level_variance : ndarray, shape (S,)
        Variance of the path's level, at least 0.

    Raises
    ------
    DataError
        If shapes or values break these rules.

    Examples
    --------
    >>> law = GammaPoisson(np.full((1, 4), 2.0), np.full((1, 4), 0.5), np.array([0.1]))
    >>> law.total(0, 4, np.array([0.5, 0.9]))
    array([[ 7., 14.]])
    """

    mean: Floats
    dispersion: Floats
    level_variance: Floats

    def __post_init__(self) -> None:
        """Check shapes and ranges and make the arrays read-only."""
        mean = freeze(self.mean)
        try:
            dispersion = freeze(np.broadcast_to(self.dispersion, mean.shape))
            level = freeze(np.broadcast_to(self.level_variance, mean.shape[:1]))
        except ValueError as error:
            fix = "pass mean and dispersion of shape (S, H), level_variance of shape (S,)"
            raise DataError("demand", [f"the shapes do not fit: {error}"], fix) from None
        problems = []
        if mean.ndim != 2:
            problems.append(f"mean has {mean.ndim} dimensions, not series by periods")
        for name, array in (("mean", mean), ("dispersion", dispersion), ("level_variance", level)):
            bad = ~np.isfinite(array) | (array < 0)
            if bad.any():
                problems.append(f"{name} has {bad.sum():,} values below 0, infinite or unknown")
        if not problems and np.any(dispersion < level[:, None]):
            problems.append("dispersion lies below level_variance")
        if problems:
            raise DataError("demand", problems, "pass means and variances that are 0 or more")
        for name, array in (("mean", mean), ("dispersion", dispersion), ("level_variance", level)):
            object.__setattr__(self, name, array)

    def quantiles(self, levels: Floats) -> Floats:
        """Return quantiles of each period's demand.

        Parameters
        ----------
        levels : ndarray, shape (L,)
            Probabilities.

        Returns
        -------
        ndarray, shape (S, H, L)
            Whole units.
        """
        flat = count_quantiles(self.mean.reshape(-1), self.dispersion.reshape(-1), levels)
        return flat.reshape(*self.mean.shape, len(levels))

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
            Whole units.
        """
        merged = self.merge(np.zeros(stop - start, dtype=np.intp), start=start)
        return merged.quantiles(levels)[:, 0, :]

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
            Whole units.
        """
        paths = np.empty((n, *self.mean.shape), dtype=np.float32)
        level = self.level_variance
        noise = (self.dispersion - level[:, None]) / (1 + level[:, None])  # [S, H]
        for series, chance in generators(seed, codes):
            rate = self.mean[series] * _gamma(chance, level[series], (n, 1))  # [n, H]
            rate = rate * _gamma(chance, noise[series], (n, self.mean.shape[1]))
            paths[:, series] = chance.poisson(rate)
        return paths

    def rows(self, rows: Rows) -> "GammaPoisson":
        """Return the law of some series.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        GammaPoisson
            Their law.
        """
        return GammaPoisson(self.mean[rows], self.dispersion[rows], self.level_variance[rows])

    def merge(
        self, steps: NDArray[np.intp], codes: Sequence[str] = (), *, start: int = 0
    ) -> "GammaPoisson":
        """Return the law of sums over steps, with the same first two moments.

        Parameters
        ----------
        steps : ndarray of int
            The longer period that each step goes to, from 0 without gaps.
        codes : sequence of str
            Not needed here.
        start : int
            The first step that counts.

        Returns
        -------
        GammaPoisson
            Over ``steps.max() + 1`` periods.
        """
        count = int(steps.max()) + 1
        to = np.eye(count)[steps]  # [H, P]
        mean, own = (array[:, start : start + len(steps)] for array in (self.mean, self.dispersion))
        level = self.level_variance[:, None]
        total = mean @ to
        beyond = ((own - level) * mean**2) @ to
        square = total**2
        share = np.divide(beyond, square, out=np.zeros_like(total), where=square > 0)
        return GammaPoisson(total, share + level, self.level_variance)

    def moments(self, codes: Sequence[str] = ()) -> tuple[Floats, Floats, Floats]:
        """Return the three arrays.

        Parameters
        ----------
        codes : sequence of str
            Not needed here.

        Returns
        -------
        tuple of ndarray
            Mean, dispersion, level variance.
        """
        return self.mean, self.dispersion, self.level_variance

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the law.

        Returns
        -------
        dict of str to ndarray
            By the names of the arguments.
        """
        return {
            "mean": self.mean,
            "dispersion": self.dispersion,
            "level_variance": self.level_variance,
        }


def _gamma(
    chance: np.random.Generator, variance: np.float64 | Floats, shape: tuple[int, int]
) -> Floats:
    """Draw gamma numbers of mean 1; ones where the variance is 0."""
    some = np.maximum(variance, 1e-9)
    drawn = chance.gamma(1 / some, some, size=shape)
    return np.where(np.asarray(variance) > 1e-9, drawn, 1.0)
