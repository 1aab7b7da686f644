"""From a mean to a distribution: how far counts fell from earlier forecasts of the same size."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import GammaPoisson
from c2m.errors import warn
from c2m.forecast.heads.shared import Groups, SharedLevels

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_DISPERSIONS: Final = np.geomspace(1e-3, 30.0, 12)
_REFINED: Final = 2
"""How often the grid is laid anew, at seven points between the neighbours of the best one."""

_SHARES: Final = np.linspace(0.0, 1.0, 21)
_LEAST_MEAN: Final = 1e-9
"""A smaller forecast is taken for none: the square of an old average that fades may be 0."""

_MOST_CELLS: Final = 60_000
_LEAST_CELLS: Final = 400
_MOST_BUCKETS: Final = 8
_ASSUMED: Final = (1.0, 0.5)
"""Dispersion, and the level's share of it, when there is nothing to learn them from."""


@dataclass(frozen=True)
class CountHead:
    """A negative binomial around a mean, its spread learnt by the size of the mean.

    Counts are Poisson around ``mean * G * g``: G is a random level that a series keeps for the
    whole path, g varies from period to period. Spread and level variance are piecewise linear in
    the log of the mean.

    Parameters
    ----------
    log_mean : ndarray, shape (n_buckets,)
        Log of the typical mean of each bucket, rising.
    dispersion : ndarray, shape (n_buckets,)
        Of one period: variance = mean + dispersion * mean ** 2.
    level_variance : ndarray, shape (n_buckets,)
        Variance of G, at most the dispersion.
    whole : bool
        Whether what came was counted. If there were fractions, as in an unconstrained or a kept
        demand, the law has the same moments but is gamma: nothing is rounded.
    shared : SharedLevels, optional
        The part of G that series have in common.
    notes : tuple of str
        Why this head was chosen.
    """

    log_mean: "FloatArray"
    dispersion: "FloatArray"
    level_variance: "FloatArray"
    whole: bool = True
    shared: SharedLevels | None = None
    notes: tuple[str, ...] = ()

    @property
    def groupings(self) -> tuple[str, ...]:
        """Groupings whose series share a level."""
        return () if self.shared is None else tuple(self.shared.variances)

    @property
    def name(self) -> str:
        """What the law of a period is called."""
        return "negative binomial" if self.whole else "gamma"

    @classmethod
    def fit(cls, mean: "FloatArray", actual: "FloatArray") -> "CountHead":
        """Learn the spread from forecasts made before and what came then.

        The dispersion of a bucket is the maximum-likelihood one of the negative binomial over its
        cells; the level variance is the one that makes the totals of the paths likeliest, with
        ``var(total) = sum(mean + d * mean**2) + v * (sum(mean)**2 - sum(mean**2))``.

        Parameters
        ----------
        mean : ndarray, shape (n_paths, horizon)
            Means that were forecast; a path is one series from one cutoff.
        actual : ndarray, shape (n_paths, horizon)
            What came; NaN where unknown.

        Returns
        -------
        CountHead
            The head. With too little to learn from, a warning and a dispersion of 1.

        References
        ----------
        Cameron & Trivedi (2013), *Regression Analysis of Count Data*, 2nd ed., ch. 3.3 (NB2).
        """
        usable = ~np.isnan(actual) & ~np.isnan(mean) & (mean >= _LEAST_MEAN)
        if np.count_nonzero(usable) < 2:
            warn(
                f"Only {np.count_nonzero(usable)} past forecasts can be compared with what came: "
                f"a dispersion of {_ASSUMED[0]:g} is assumed. Pass a longer history."
            )
            spread = np.array([_ASSUMED[0]])
            return cls(np.zeros(1), spread, spread * _ASSUMED[1])
        log_mean, dispersion = _fit_dispersion(mean[usable], actual[usable])
        share = _fit_level_share(mean, actual, usable, (log_mean, dispersion))
        whole = not np.any(actual[usable] % 1)
        return cls(log_mean, dispersion, share * dispersion, whole)

    def with_shared(self, shared: SharedLevels | None) -> Self:
        """Return the head with levels that series share.

        Parameters
        ----------
        shared : SharedLevels or None
            What was learnt of them.

        Returns
        -------
        CountHead
            The head; the variance of single series does not change where theirs is larger.
        """
        return replace(self, shared=shared)

    def law(self, mean: "FloatArray", groups: Groups | None = None) -> GammaPoisson:
        """Return the joint distribution around new means.

        Parameters
        ----------
        mean : ndarray, shape (n_series, horizon)
            Units a period.
        groups : mapping of str to sequence of str, optional
            Grouping -> label of each series, for the levels that series share. Without it, or
            without one of the groupings learnt, series are independent.

        Returns
        -------
        GammaPoisson
            The distribution.
        """
        log_mean = np.log(np.maximum(mean, _LEAST_MEAN))
        dispersion = np.interp(log_mean, self.log_mean, self.dispersion)  # [S, H]
        path = np.log(np.maximum(mean.mean(axis=1), _LEAST_MEAN))
        level = np.interp(path, self.log_mean, self.level_variance)  # [S]
        level = np.minimum(level, dispersion.min(axis=1, initial=np.inf))
        shared = None if self.shared is None else self.shared.of(groups)
        if shared is not None:
            level = np.maximum(level, shared.variance)
            dispersion = np.maximum(dispersion, level[:, None])
        return GammaPoisson(mean, dispersion, level, shared, self.whole)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a saved head holds."""
        arrays = {
            "head-log-mean": self.log_mean,
            "head-dispersion": self.dispersion,
            "head-level-variance": self.level_variance,
            "head-whole": np.array(self.whole),
            "head-notes": np.array(self.notes, dtype=np.str_),
        }
        return arrays | ({} if self.shared is None else self.shared.to_arrays())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the head that `to_arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Its arrays.

        Returns
        -------
        CountHead
            The same head.
        """
        return cls(
            arrays["head-log-mean"],
            arrays["head-dispersion"],
            arrays["head-level-variance"],
            bool(arrays["head-whole"]),
            SharedLevels.from_arrays(arrays),
            tuple(map(str, arrays["head-notes"])),
        )


def negative_binomial_loss(
    actual: "FloatArray", mean: "FloatArray", dispersion: "FloatArray"
) -> "FloatArray":
    """Return the negative log-likelihood of NB2, without the term that no parameter moves.

    Parameters
    ----------
    actual, mean, dispersion : ndarray, shapes that broadcast
        Counts (fractions are allowed: a quasi-likelihood), means > 0, dispersions > 0.

    Returns
    -------
    ndarray
        ``-[lgamma(y + r) - lgamma(r) + r log(r / (r + mu)) + y log(mu / (r + mu))]``, r = 1 / d.

    References
    ----------
    Cameron & Trivedi (2013), *Regression Analysis of Count Data*, 2nd ed., eq. 3.29.
    """
    from scipy.special import gammaln

    shape = 1.0 / dispersion
    likelihood = (
        gammaln(actual + shape)
        - gammaln(shape)
        + shape * np.log(shape / (shape + mean))
        + actual * np.log(mean / (shape + mean))
    )
    return np.asarray(-likelihood, dtype=np.float64)


def _fit_dispersion(mean: "FloatArray", actual: "FloatArray") -> tuple["FloatArray", "FloatArray"]:
    """Return the log means of the buckets and the likeliest dispersion of each."""
    order = _thin(np.argsort(mean, kind="stable"), _MOST_CELLS)
    n_buckets = int(np.clip(len(order) // _LEAST_CELLS, 1, _MOST_BUCKETS))
    centres, spreads = [], []
    for cells in np.array_split(order, n_buckets):
        centres.append(np.log(mean[cells]).mean())
        spreads.append(_likeliest(mean[cells], actual[cells]))
    return _rising(np.array(centres), np.array(spreads))


def _likeliest(mean: "FloatArray", actual: "FloatArray") -> float:
    """Return the likeliest dispersion of some cells."""
    grid = _DISPERSIONS
    for round_ in range(_REFINED + 1):
        loss = [negative_binomial_loss(actual, mean, np.asarray(one)).sum() for one in grid]
        best = int(np.argmin(loss))
        if round_ < _REFINED:
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
            grid = np.geomspace(low, high, 7)
    return float(grid[best])


def _rising(centres: "FloatArray", values: "FloatArray") -> tuple["FloatArray", "FloatArray"]:
    """Merge buckets of one centre, so that the centres rise strictly."""
    unique, place = np.unique(np.round(centres, 9), return_inverse=True)
    merged = np.bincount(place, weights=values) / np.bincount(place)
    return unique, np.asarray(merged, dtype=np.float64)


def _fit_level_share(
    mean: "FloatArray",
    actual: "FloatArray",
    usable: NDArray[np.bool_],
    spread: tuple["FloatArray", "FloatArray"],
) -> float:
    """Return the share of the dispersion that a whole path has in common."""
    paths = _thin(np.flatnonzero(usable.sum(axis=1) >= 2), _MOST_CELLS)
    if len(paths) == 0:
        return _ASSUMED[1]
    known = usable[paths]
    size, came = (np.where(known, values[paths], 0.0) for values in (mean, actual))  # [N, H]
    total, squares = size.sum(axis=1), (size**2).sum(axis=1)
    cell = np.interp(np.log(np.where(known, size, 1.0)), *spread)  # [N, H]
    path = np.interp(np.log(total / known.sum(axis=1)), *spread)  # [N]
    alone, common = (cell * size**2).sum(axis=1), path * (total**2 - squares)
    loss = [
        negative_binomial_loss(came.sum(axis=1), total, (alone + share * common) / total**2).sum()
        for share in _SHARES
    ]
    return float(_SHARES[int(np.argmin(loss))])


def _thin(positions: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Keep every so-many-th position, so that at most `most` are left."""
    if len(positions) <= most:
        return positions
    return positions[np.linspace(0, len(positions) - 1, most).astype(np.intp)]
