"""Counts with a random level: negative binomial periods that share one level per path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.amounts import amount_quantiles
from c2m.distribution.counts import count_quantiles
from c2m.distribution.drawing import Rates, draw_amounts, draw_counts
from c2m.distribution.law import Floats, Paths, Rows, freeze
from c2m.distribution.shared import Shared
from c2m.errors import DataError


@dataclass(frozen=True, eq=False)
class GammaPoisson:
    """Demand in whole units: Poisson, with a random level of the path and of each period.

    ``y[s, h] ~ Poisson(mean[s, h] * level[s] * noise[s, h])``. Level and noise are gamma with
    mean 1; the level's variance is `level_variance`, and the noise has what is left of
    `dispersion`, so that ``var(y) = mean + dispersion * mean**2`` and
    ``cov(y[s, h], y[s, k]) = level_variance * mean[s, h] * mean[s, k]``. With `shared`, a part of
    the level is common to series: the level is the product of the shared ones and an own one, and
    ``cov(y[s, h], y[t, k])`` is the variance of what s and t share times both means. Quantiles are
    those of the negative binomial law with these two moments; those of the paths differ from them
    by at most 8 % up to a dispersion of 1 (`tests/distribution/test_laws.py`).

    Where units are estimates with fractions, `whole` is False: amounts are gamma instead, with the
    same means, variances and covariances, and neither quantiles nor paths are rounded.

    Parameters
    ----------
    mean : ndarray, shape (S, H)
        Expected units, at least 0.
    dispersion : ndarray, shape (S, H)
        Variance beyond Poisson, relative to the squared mean; at least `level_variance`.
    level_variance : ndarray, shape (S,)
        Variance of the path's whole level, at least 0, and at least that of the shared part.
    shared : Shared, optional
        Levels that series have in common; none unless given.
    whole : bool
        Whether units are counted.

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
    shared: Shared | None = None
    whole: bool = True

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
        problems += _shared_problems(self.shared, level)
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
            Whole units, unless `whole` is False.
        """
        find = count_quantiles if self.whole else amount_quantiles
        flat = find(self.mean.reshape(-1), self.dispersion.reshape(-1), levels)
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
            Whole units, unless `whole` is False.
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
            Whole units, unless `whole` is False.
        """
        common = 0.0 if self.shared is None else self.shared.variance
        level = self.level_variance
        rates = Rates(
            mean=self.mean,
            noise=(self.dispersion - level[:, None]) / (1 + level[:, None]),
            level=np.maximum((level - common) / (1 + common), 0.0),
            shared=None if self.shared is None else self.shared.draw(n, seed),
        )
        return (draw_counts if self.whole else draw_amounts)(n, seed, codes, rates)

    def rows(self, rows: Rows) -> Self:
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
        return replace(
            self,
            mean=self.mean[rows],
            dispersion=self.dispersion[rows],
            level_variance=self.level_variance[rows],
            shared=None if self.shared is None else self.shared.rows(rows),
        )

    def scaled(self, factor: Floats) -> Self:
        """Return the law of a demand that is larger or smaller by known factors.

        Parameters
        ----------
        factor : ndarray, shape (S, H) or one that broadcasts to it
            What each mean is multiplied by, at least 0.

        Returns
        -------
        GammaPoisson
            With the same dispersion and level variance, both being relative to the mean.
        """
        return replace(self, mean=self.mean * factor)

    def spread(self, dispersion: Floats) -> Self:
        """Return the law with another dispersion.

        Parameters
        ----------
        dispersion : ndarray, shape (S, H)
            At least the level variance.

        Returns
        -------
        GammaPoisson
            With the same mean, level variance and shared levels.
        """
        return replace(self, dispersion=dispersion)

    def merge(self, steps: NDArray[np.intp], codes: Sequence[str] = (), *, start: int = 0) -> Self:
        """Return the law of sums over steps, with the same first two moments.

        Parameters
        ----------
        steps : ndarray of int
            The longer period that each step goes to, rising from 0 without gaps.
        codes : sequence of str
            Not needed here.
        start : int
            The first step that counts.

        Returns
        -------
        GammaPoisson
            Over ``steps.max() + 1`` periods.
        """
        begins = np.flatnonzero(np.diff(steps, prepend=-1))
        mean, own = (array[:, start : start + len(steps)] for array in (self.mean, self.dispersion))
        level = self.level_variance[:, None]
        total = np.add.reduceat(mean, begins, axis=1)
        beyond = np.add.reduceat((own - level) * mean**2, begins, axis=1)
        square = total**2
        share = np.divide(beyond, square, out=np.zeros_like(total), where=square > 0)
        return replace(self, mean=total, dispersion=share + level)

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
            By the names of the arguments; those of `shared` begin with ``shared_``.
        """
        arrays = {
            "mean": self.mean,
            "dispersion": self.dispersion,
            "level_variance": self.level_variance,
        }
        if not self.whole:
            arrays["whole"] = np.array(0.0)
        return arrays | ({} if self.shared is None else self.shared.arrays())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the law that `arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Its arrays.

        Returns
        -------
        GammaPoisson
            The same law.
        """
        return cls(
            mean=arrays["mean"],
            dispersion=arrays["dispersion"],
            level_variance=arrays["level_variance"],
            shared=Shared.from_arrays(arrays),
            whole="whole" not in arrays,
        )


def _shared_problems(shared: Shared | None, level: Floats) -> list[str]:
    """Say where shared levels do not fit the law they belong to."""
    if shared is None or level.ndim != 1:
        return []
    if len(shared.codes) != len(level):
        return [f"shared levels name {len(shared.codes):,} series, the law has {len(level):,}"]
    if np.any(level < shared.variance * (1 - 1e-9)):
        return ["level_variance lies below the variance of the shared levels"]
    return []
