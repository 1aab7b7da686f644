"""The life of a product by its age: how much of its level it sells in each period since launch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from c2m.forecast.launch.levels import add_up

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

_ROUNDS: Final = 12
_PRIOR_SERIES: Final = 5.0
"""The curve of all launches counts as so many launches of every group."""

_STEP: Final = 1.35
"""Ages are taken together in bands, each so many times as wide as the one before."""


@dataclass(frozen=True, eq=False)
class LifeCurves:
    """Factor by age, for each group of series; its mean over the first periods is 1.

    Parameters
    ----------
    factors : ndarray, shape (n_groups, n_ages)
        Factor at each age; ages beyond the last have the last factor.
    """

    factors: "FloatArray"

    @classmethod
    def fit(
        cls,
        target: "FloatArray",
        born: "Positions",
        season: "FloatArray",
        codes: "Positions",
        window: int,
    ) -> Self:
        """Learn curves from past launches.

        Under ``y[i, t] ~ Poisson(level[i] * curve[age] * season[t])`` level and curve are fitted in
        turns by maximum likelihood, so that a launch seen only in part counts for that part.

        Parameters
        ----------
        target : ndarray, shape (n_series, n_periods)
            Units; NaN where unknown.
        born : ndarray of int, shape (n_series,)
            See `find_births`.
        season : ndarray, shape (at least n_periods,)
            Factor of each period.
        codes : ndarray of int, shape (n_series,)
            Group of each series.
        window : int
            First periods over which a curve has the mean 1.

        Returns
        -------
        LifeCurves
            The curves; flat where there was no launch.
        """
        n_periods = target.shape[1]
        n_groups = int(codes.max(initial=0)) + 1
        seen = np.flatnonzero((born >= 0) & (born < n_periods))
        if not len(seen):
            return cls(np.ones((n_groups, 1)))
        sold, usual = _by_age(target, born, season, seen)  # [L, A]
        bands = _bands(sold.shape[1])
        to = np.eye(bands.max() + 1)[bands]
        sold, usual = sold @ to, usual @ to  # [L, B]
        everyone = np.zeros(len(seen), dtype=np.intp)
        flat = np.ones((1, sold.shape[1]))
        overall = _curve(sold, usual, everyone, flat, window, bands)
        grouped = _curve(
            sold, usual, codes[seen], np.repeat(overall, n_groups, axis=0), window, bands
        )
        return cls(grouped[:, bands])

    def at(self, codes: "Positions", ages: "Positions") -> "FloatArray":
        """Return the factors of some ages.

        Parameters
        ----------
        codes : ndarray of int, shape (n_rows,)
            Group of each row.
        ages : ndarray of int, shape (n_rows, n)
            Ages; below 0 gives 0, not yet on sale.

        Returns
        -------
        ndarray, shape (n_rows, n)
            Factors.
        """
        last = self.factors.shape[1] - 1
        found = self.factors[codes[:, None], np.clip(ages, 0, last)]
        return np.where(ages < 0, 0.0, found)


def _by_age(
    target: "FloatArray", born: "Positions", season: "FloatArray", seen: "Positions"
) -> tuple["FloatArray", "FloatArray"]:
    """Return sales, and the season where they are known, by age."""
    n_periods = target.shape[1]
    n_ages = int(n_periods - born[seen].min())
    where = born[seen][:, None] + np.arange(n_ages)
    inside = where < n_periods
    where = np.minimum(where, n_periods - 1)
    sold = np.where(inside, target[seen[:, None], where], np.nan)
    known = ~np.isnan(sold)
    return np.where(known, sold, 0.0), np.where(known, season[where], 0.0)


def _bands(n_ages: int) -> "Positions":
    """Return the band of each age: single ages first, then wider and wider."""
    edges, width = [0], 1.0
    while edges[-1] < n_ages:
        edges.append(edges[-1] + int(width))
        width *= _STEP
    band = np.searchsorted(edges, np.arange(n_ages), side="right") - 1
    return np.asarray(band, dtype=np.intp)


def _curve(
    sold: "FloatArray",
    usual: "FloatArray",
    codes: "Positions",
    prior: "FloatArray",
    window: int,
    bands: "Positions",
) -> "FloatArray":
    """Fit level and curve in turns; each curve is drawn to its prior."""
    curve = prior.copy()  # [G, B]
    n_groups = len(prior)
    for _ in range(_ROUNDS):
        exposure = (usual * curve[codes]).sum(axis=1)
        level = np.divide(sold.sum(axis=1), exposure, out=np.zeros(len(sold)), where=exposure > 0)
        total = _grouped(sold, codes, n_groups)
        expected = _grouped(usual * level[:, None], codes, n_groups)
        typical = _grouped(level[:, None], codes, n_groups) / np.maximum(
            np.bincount(codes, minlength=n_groups), 1
        ).reshape(-1, 1)
        weight = _PRIOR_SERIES * np.maximum(typical, 1e-9)
        curve = (total + weight * prior) / (expected + weight)
        begin = curve[:, bands[:window]].mean(axis=1, keepdims=True)
        curve = np.divide(curve, begin, out=np.ones_like(curve), where=begin > 0)
    return curve


def _grouped(values: "FloatArray", codes: "Positions", n_groups: int) -> "FloatArray":
    found = add_up(values, codes)
    padded = np.zeros((n_groups, values.shape[1]))
    padded[: len(found)] = found
    return padded
