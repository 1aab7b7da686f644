"""Demand given as quantiles of each period, tied together by one dependence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.law import Floats, Paths, Rows, freeze, generators, read_levels
from c2m.distribution.paths import PathSet, path_moments
from c2m.errors import DataError

_TOTAL_PATHS: Final = 2000
"""Paths behind sums, which quantiles alone do not give."""

_FARTHEST: Final = 3.5
"""Normal score at which the outermost segments end; one draw in 4,000 lies beyond."""


@dataclass(frozen=True, eq=False)
class QuantileCurves:
    """Demand with given quantiles and a Gaussian copula of one factor per path.

    Between two levels the quantile runs straight over the normal score; beyond the outermost
    levels it runs on with the same slope, never below 0. Two periods of a series have normal
    scores of correlation `dependence`; series are independent.

    Parameters
    ----------
    levels : ndarray, shape (L,)
        Rising probabilities.
    values : ndarray, shape (S, H, L)
        Quantiles in units, at least 0, not falling from level to level.
    dependence : float
        From 0, periods are independent, to 1, a path is high or low throughout.

    Raises
    ------
    DataError
        If shapes or values break these rules.

    References
    ----------
    Nelsen (2006), *An Introduction to Copulas*, 2nd ed., sec. 2.3.
    """

    levels: Floats
    values: Floats
    dependence: float

    def __post_init__(self) -> None:
        """Check shapes and ranges and make the arrays read-only."""
        levels, values = freeze(read_levels(self.levels)), freeze(self.values)
        problems = []
        if values.ndim != 3 or values.shape[-1] != len(levels):
            problems.append(f"values has shape {values.shape}, not (S, H, {len(levels)})")
        if np.any(np.diff(levels) <= 0):
            problems.append("the levels do not rise")
        if np.any(~np.isfinite(values) | (values < 0)):
            problems.append("quantiles are below 0, infinite or unknown")
        elif values.ndim == 3 and np.any(np.diff(values, axis=-1) < 0):
            problems.append("quantiles cross: a higher level has a lower value")
        if not 0 <= self.dependence <= 1:
            problems.append(f"dependence is {self.dependence}, not between 0 and 1")
        if problems:
            raise DataError("demand", problems, "sort the quantiles and correct the values")
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "values", values)

    @cached_property
    def mean(self) -> Floats:
        """Expected demand, shape (S, H), in units, by the middle of 512 equal slices."""
        middle = (np.arange(512) + 0.5) / 512
        scores, knots = _scores(middle), _scores(self.levels)
        mean = self.values @ self._weights(scores).mean(axis=0)
        for score in scores[scores < knots[0]]:  # where the curve, run on, may fall below 0
            mean += np.maximum(-_read(knots, self.values, score[None])[..., 0], 0) / len(scores)
        return freeze(mean)

    def quantiles(self, levels: Floats) -> Floats:
        """Return quantiles of each period's demand.

        Parameters
        ----------
        levels : ndarray, shape (L,)
            Probabilities.

        Returns
        -------
        ndarray, shape (S, H, L)
            Units.
        """
        order = np.argsort(levels)
        read = np.empty((*self.values.shape[:2], len(levels)))
        rising = _read(_scores(self.levels), self.values, _scores(levels[order]))
        # rounding must not let a quantile fall from level to level
        read[..., order] = np.maximum.accumulate(np.maximum(rising, 0.0), axis=-1)
        return read

    def total(self, start: int, stop: int, levels: Floats, codes: Sequence[str]) -> Floats:
        """Return quantiles of the sum over steps start to stop, from 2,000 paths.

        Parameters
        ----------
        start, stop : int
            Half-open range of steps.
        levels : ndarray, shape (L,)
            Probabilities.
        codes : sequence of str, length S
            See `draw`.

        Returns
        -------
        ndarray, shape (S, L)
            Units.
        """
        return np.concatenate(
            [
                PathSet(self.rows(np.array([series])).draw(_TOTAL_PATHS, 0, [code])).total(
                    start, stop, levels
                )
                for series, code in enumerate(codes)
            ]
        )

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
        n_steps = self.values.shape[1]
        paths = np.empty((n, len(self.values), n_steps), dtype=np.float32)
        own, shared = np.sqrt(1 - self.dependence), np.sqrt(self.dependence)
        knots = _scores(self.levels)
        for series, chance in generators(seed, codes):
            score = shared * chance.standard_normal((n, 1))
            score = score + own * chance.standard_normal((n, n_steps))
            for step in range(n_steps):
                paths[:, series, step] = _read(knots, self.values[series, step], score[:, step])
        return np.maximum(paths, 0.0)

    def rows(self, rows: Rows) -> "QuantileCurves":
        """Return the law of some series.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        QuantileCurves
            Their law.
        """
        return QuantileCurves(self.levels, self.values[rows], self.dependence)

    def merge(self, steps: NDArray[np.intp], codes: Sequence[str]) -> PathSet:
        """Return the law of sums over steps, as 2,000 paths.

        Parameters
        ----------
        steps : ndarray of int, shape (H,)
            The longer period that each step goes to, from 0 without gaps.
        codes : sequence of str, length S
            See `draw`.

        Returns
        -------
        PathSet
            Over ``steps.max() + 1`` periods.
        """
        return PathSet(self.draw(_TOTAL_PATHS, 0, codes)).merge(steps)

    def moments(self, codes: Sequence[str]) -> tuple[Floats, Floats, Floats]:
        """Return mean, dispersion and level variance, from 2,000 paths.

        Parameters
        ----------
        codes : sequence of str, length S
            See `draw`.

        Returns
        -------
        tuple of ndarray
            See `path_moments`.
        """
        return path_moments(self.draw(_TOTAL_PATHS, 0, codes))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the law.

        Returns
        -------
        dict of str to ndarray
            By the names of the arguments.
        """
        return {
            "levels": self.levels,
            "values": self.values,
            "dependence": np.array(self.dependence),
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
        QuantileCurves
            The same law.
        """
        return cls(arrays["levels"], arrays["values"], float(arrays["dependence"]))

    def _weights(self, scores: Floats) -> Floats:
        """Return the weight of each knot at each score, shape (n_scores, L)."""
        knots = _scores(self.levels)
        return np.stack([_read(knots, row, scores) for row in np.eye(len(knots))], axis=1)


def _scores(levels: Floats) -> Floats:
    """Return the normal scores of levels."""
    from scipy.special import ndtri

    return np.asarray(ndtri(levels), dtype=np.float64)


def _read(knots: Floats, values: Floats, scores: Floats) -> Floats:
    """Read piecewise straight curves (..., L) at scores, their ends run on to the farthest."""
    scores = np.clip(scores, min(-_FARTHEST, knots[0]), max(_FARTHEST, knots[-1]))
    if len(knots) == 1:
        return np.repeat(values, len(scores), axis=-1)
    right = np.clip(np.searchsorted(knots, scores), 1, len(knots) - 1)
    share = (scores - knots[right - 1]) / (knots[right] - knots[right - 1])
    left = values[..., right - 1]
    return np.asarray(left + share * (values[..., right] - left))
