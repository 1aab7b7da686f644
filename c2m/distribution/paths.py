"""Demand given as joint paths: anyone's simulation, or sums of other laws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.law import Floats, Paths, Rows, freeze, generator
from c2m.errors import DataError


@dataclass(frozen=True, eq=False)
class PathSet:
    """Demand that is one of N joint paths, each as likely as the others.

    Parameters
    ----------
    paths : ndarray, shape (N, S, H)
        Units, at least 0; fractions are allowed.

    Raises
    ------
    DataError
        If there is no path, or one is negative, infinite or unknown.

    Examples
    --------
    >>> law = PathSet(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]))
    >>> law.total(0, 2, np.array([0.5]))
    array([[3.]])
    """

    paths: Paths

    def __post_init__(self) -> None:
        """Check shape and range and make the array read-only."""
        paths = freeze(self.paths, np.float32)
        problems = []
        if paths.ndim != 3 or not len(paths):
            problems.append(f"paths has shape {paths.shape}, not paths by series by periods")
        bad = ~np.isfinite(paths) | (paths < 0)
        if bad.any():
            problems.append(f"{bad.sum():,} values of the paths are below 0, infinite or unknown")
        if problems:
            raise DataError(
                "demand", problems, "pass at least one path of units that are 0 or more"
            )
        object.__setattr__(self, "paths", paths)

    @cached_property
    def mean(self) -> Floats:
        """Expected demand, shape (S, H), in units."""
        return freeze(self.paths.mean(axis=0, dtype=np.float64))

    def quantiles(self, levels: Floats) -> Floats:
        """Return quantiles of each period's demand.

        Parameters
        ----------
        levels : ndarray, shape (L,)
            Probabilities.

        Returns
        -------
        ndarray, shape (S, H, L)
            Values of the paths.
        """
        found = np.quantile(self.paths, levels, axis=0, method="inverted_cdf")
        return np.moveaxis(found, 0, -1).astype(np.float64)

    def total(self, start: int, stop: int, levels: Floats, codes: Sequence[str] = ()) -> Floats:
        """Return quantiles of the sum over steps start to stop.

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
            Sums of the paths.
        """
        sums = self.paths[:, :, start:stop].sum(axis=2, dtype=np.float64)
        return np.moveaxis(np.quantile(sums, levels, axis=0, method="inverted_cdf"), 0, -1)

    def draw(self, n: int, seed: int, codes: Sequence[str]) -> Paths:
        """Return joint paths: all of them, or some, or all several times.

        Parameters
        ----------
        n : int
            How many; N gives the paths as they are, any other n shuffles them.
        seed : int
            Seed of the shuffle, which is the same for all series.
        codes : sequence of str
            Not needed here.

        Returns
        -------
        ndarray of float32, shape (n, S, H)
            Units.
        """
        stored = len(self.paths)
        if n == stored:
            return self.paths
        chance = generator(seed, "")
        rounds = [chance.permutation(stored) for _ in range(-(-n // stored))]
        return self.paths[np.concatenate(rounds)[:n]]

    def rows(self, rows: Rows) -> "PathSet":
        """Return the law of some series.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        PathSet
            Their paths.
        """
        return PathSet(self.paths[:, rows])

    def merge(self, steps: NDArray[np.intp], codes: Sequence[str] = ()) -> "PathSet":
        """Return the law of sums over steps.

        Parameters
        ----------
        steps : ndarray of int, shape (H,)
            The longer period that each step goes to, from 0 without gaps.
        codes : sequence of str
            Not needed here.

        Returns
        -------
        PathSet
            Over ``steps.max() + 1`` periods.
        """
        to = np.eye(int(steps.max()) + 1)[steps]
        return PathSet((self.paths @ to).astype(np.float32))

    def moments(self, codes: Sequence[str] = ()) -> tuple[Floats, Floats, Floats]:
        """Return mean, dispersion and level variance of the paths.

        Parameters
        ----------
        codes : sequence of str
            Not needed here.

        Returns
        -------
        tuple of ndarray
            The level's variance is the mean covariance of two periods relative to their means.
        """
        return path_moments(self.paths)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the law.

        Returns
        -------
        dict of str to ndarray
            By the names of the arguments.
        """
        return {"paths": self.paths}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the law that `arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Its arrays.

        Returns
        -------
        PathSet
            The same law.
        """
        return cls(arrays["paths"])


def path_moments(paths: Paths) -> tuple[Floats, Floats, Floats]:
    """Return mean, dispersion and level variance of joint paths.

    Parameters
    ----------
    paths : ndarray, shape (N, S, H)
        Units.

    Returns
    -------
    tuple of ndarray, shapes (S, H), (S, H), (S,)
        As `c2m.distribution.GammaPoisson` takes them; each at least 0, and the dispersion at
        least the level variance.
    """
    mean = paths.mean(axis=0, dtype=np.float64)  # [S, H]
    variance = paths.var(axis=0, dtype=np.float64)
    of_total = paths.sum(axis=2, dtype=np.float64).var(axis=0)  # [S]
    pairs = mean.sum(axis=1) ** 2 - (mean**2).sum(axis=1)
    shared = of_total - variance.sum(axis=1)
    level = np.divide(shared, pairs, out=np.zeros_like(pairs), where=pairs > 0)
    level = np.maximum(level, 0.0)
    square = mean**2
    beyond = np.divide(variance - mean, square, out=np.zeros_like(mean), where=square > 0)
    return mean, np.maximum(beyond, level[:, None]), level
