"""From a mean to a distribution: what came around forecasts of the same size, as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import LevelSets
from c2m.distribution.level_sets import LARGE, curve_means, place_means
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.heads.shared import Groups, SharedLevels

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_LEVELS: Final = np.unique(
    np.concatenate(
        [[0.0005, 0.001, 0.0025], np.arange(1, 200) / 200, [0.9975, 0.999, 0.9995]]
    ).round(6)
)
_MOST_SETS: Final = 30
_LEAST_CELLS: Final = 2000
"""Cells of a set, so that ten of them lie above the highest level that is usually asked for."""

_MIXTURES: Final = 16
"""Steps from one set to the next."""

_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class LevelSetHead:
    """The empirical distribution of what came around forecasts of similar size.

    Held-out cells are sorted by their mean and cut into sets of equal number. What came in a set
    is the distribution of a new mean of its size, which is the mean of what came: only the shape
    is learnt, the forecast keeps its mean. Between two sets lie mixtures of both, which keep what
    is special about the units: zeros, packs.
    Sums over periods, and how periods hang together, come from a `CountHead`.

    Parameters
    ----------
    curves : ndarray, shape (n_sets, n_levels)
        Quantiles of what came, in units; their means rise from set to set.
    counts : CountHead
        Level variance by the size of the mean, for paths and sums.

    References
    ----------
    Hasson, Wang, Januschowski & Gasthaus (2021), "Probabilistic forecasting: a level-set
    approach", *NeurIPS* 34.
    """

    curves: "FloatArray"
    counts: CountHead = field(repr=False)

    @classmethod
    def fit(cls, mean: "FloatArray", actual: "FloatArray") -> Self:
        """Learn the curves from forecasts made before and what came then.

        Parameters
        ----------
        mean : ndarray, shape (n_paths, horizon)
            Means that were forecast; a path is one series from one cutoff.
        actual : ndarray, shape (n_paths, horizon)
            What came; NaN where unknown.

        Returns
        -------
        LevelSetHead
            The head. With too little to learn from, a warning and the curve of a count with a
            dispersion of 1.
        """
        return cls.around(CountHead.fit(mean, actual), mean, actual)

    @classmethod
    def around(cls, counts: CountHead, mean: "FloatArray", actual: "FloatArray") -> Self:
        """Learn the curves alone, beside a head of counts that is fitted already.

        Parameters
        ----------
        counts : CountHead
            Fitted to the same forecasts.
        mean, actual : ndarray, shape (n_paths, horizon)
            See `fit`.

        Returns
        -------
        LevelSetHead
            The head.
        """
        usable = ~np.isnan(actual) & ~np.isnan(mean) & (mean > 0)
        size, came = mean[usable], actual[usable]
        order = np.argsort(size, kind="stable")
        n_sets = int(np.clip(len(order) // _LEAST_CELLS, 1, _MOST_SETS))
        sets = [_curve(size[own], came[own]) for own in np.array_split(order, n_sets) if len(own)]
        curves = np.stack(sets) if sets else np.zeros((0, len(_LEVELS)))
        middle = curve_means(_LEVELS, curves)
        rises = middle > np.maximum.accumulate(np.concatenate([[0.0], middle[:-1]])) + 1e-9
        if not rises.any():
            return cls(counts.law(np.ones((1, 1))).quantiles(_LEVELS)[0], counts)
        return cls(_mix(curves[rises]), counts)

    @property
    def shared(self) -> SharedLevels | None:
        """The levels that series share."""
        return self.counts.shared

    @property
    def groupings(self) -> tuple[str, ...]:
        """Groupings whose series share a level."""
        return self.counts.groupings

    @property
    def notes(self) -> tuple[str, ...]:
        """Why this head was chosen."""
        return self.counts.notes

    def with_shared(self, shared: SharedLevels | None) -> "LevelSetHead":
        """Return the head with levels that series share.

        Parameters
        ----------
        shared : SharedLevels or None
            What was learnt of them.

        Returns
        -------
        LevelSetHead
            The head.
        """
        return replace(self, counts=self.counts.with_shared(shared))

    def law(self, mean: "FloatArray", groups: Groups | None = None) -> LevelSets:
        """Return the joint distribution around new means.

        Parameters
        ----------
        mean : ndarray, shape (n_series, horizon)
            Units a period.
        groups : mapping of str to sequence of str, optional
            See `CountHead.law`.

        Returns
        -------
        LevelSets
            The distribution.
        """
        unit, square = curve_means(_LEVELS, self.curves), curve_means(_LEVELS, self.curves**2)
        place, scale = place_means(mean, _LEVELS, self.curves, whole=self.counts.whole)
        nearest = np.clip(np.rint(place), 0, None).astype(np.intp)
        often = np.minimum(mean / unit[0], 1.0)
        squared = square[nearest] * scale**2 * often
        some = np.maximum(mean, 1e-30)
        beyond = np.where(mean > 0, (squared - mean**2) / some**2 - 1 / some, 0.0)
        counts = self.counts.law(mean, groups)
        dispersion = np.maximum(beyond, counts.level_variance[:, None])
        return LevelSets(counts.spread(dispersion), place, scale, _LEVELS, self.curves)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a saved head holds."""
        return {
            **self.counts.to_arrays(),
            "head-set-curves": self.curves,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the head that `to_arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Its arrays.

        Returns
        -------
        LevelSetHead
            The same head.
        """
        return cls(arrays["head-set-curves"], CountHead.from_arrays(arrays))


def _mix(curves: "FloatArray") -> "FloatArray":
    """Put mixtures of each two neighbours between them."""
    weights = np.diff((_LEVELS[1:] + _LEVELS[:-1]) / 2, prepend=0.0, append=1.0)
    mixed = []
    for left, right in pairwise(curves):
        values = np.concatenate([left, right])
        order = np.argsort(values, kind="stable")
        for step in range(_MIXTURES):
            share = step / _MIXTURES
            reached = np.cumsum(np.concatenate([(1 - share) * weights, share * weights])[order])
            at = np.searchsorted(reached, _LEVELS - _ROUNDING)
            mixed.append(values[order][np.minimum(at, len(values) - 1)])
    return np.stack([*mixed, curves[-1]])


def _curve(size: "FloatArray", came: "FloatArray") -> "FloatArray":
    """Return the quantiles of one set."""
    centre = np.exp(np.log(size).mean())
    values = came * centre / size if centre >= LARGE else came
    return np.asarray(np.quantile(values, _LEVELS, method="inverted_cdf"), dtype=np.float64)
