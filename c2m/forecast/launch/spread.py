"""How far past launches fell from what was foretold, and what their first sales then said."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from c2m.forecast.heads.counts import negative_binomial_loss
from c2m.forecast.launch.learners import tweedie_deviance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

_VARIANCES: Final = np.geomspace(0.02, 6.0, 24)
_NOISES: Final = np.append(0.0, np.geomspace(0.05, 30.0, 14))
_DRIFTS: Final = np.append(0.0, np.geomspace(0.01, 3.0, 20))
_LEAST_ROWS: Final = 12
_PRIOR_ROWS: Final = 10.0
_ASSUMED_VARIANCE: Final = 1.0
_ASSUMED_NOISE: Final = 1.0
"""Level variance, and noise of a period, where there are too few launches to tell."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Past launches at one age: the prior without own sales, the sales since, and the rest.

    Parameters
    ----------
    early_mean, early_square, early : ndarray, shape (n_rows,)
        Expected units of the periods seen since launch, the sum of the squares of the periods'
        means, and what was sold in them; 0 before the launch.
    late_mean, late_square, late : ndarray, shape (n_rows,)
        The same of the periods after.
    """

    early_mean: "FloatArray"
    early_square: "FloatArray"
    early: "FloatArray"
    late_mean: "FloatArray"
    late_square: "FloatArray"
    late: "FloatArray"


@dataclass(frozen=True, eq=False)
class Spread:
    """Spread of launches around their prior, by age, and how much a period's sales prove.

    Parameters
    ----------
    stages : ndarray of int, shape (n_stages,)
        Ages, rising.
    variance : ndarray, shape (n_stages,)
        Variance of the level of a launch around its prior at that age.
    noise : ndarray, shape (n_stages,)
        Variance of a period around the level, beyond Poisson, as the update sees it: what makes
        a sale prove less. Where periods go together it is larger than `of_period`.
    of_period : float
        Variance of a single period around the level, beyond Poisson.
    drift : ndarray, shape (n_stages,)
        Variance of the level ahead around the level so far, which no sale so far can tell.
    """

    stages: "Positions"
    variance: "FloatArray"
    noise: "FloatArray"
    of_period: float
    drift: "FloatArray"

    @classmethod
    def fit(cls, stages: "Sequence[int]", outcomes: "Sequence[Outcomes]", of_period: float) -> Self:
        """Choose for each age what makes the best of the sales so far.

        Variance and noise are those whose updated mean has the least Tweedie deviance from what
        came later; the drift is then the likeliest. Before the launch there is only the variance,
        and it is the likeliest.

        Parameters
        ----------
        stages : sequence of int
            Ages, rising.
        outcomes : sequence of Outcomes
            Past launches at each age, their priors from a fit without them.
        of_period : float
            See the class.

        Returns
        -------
        Spread
            Of each age. With few launches variance and noise are drawn to 1, which is wide.
        """
        found = np.array([_choose(one, of_period) for one in outcomes], dtype=np.float64)
        variance, noise, drift = found.reshape(-1, 3).T
        return cls(np.asarray(stages, dtype=np.intp), variance, noise, of_period, drift)

    def at(self, ages: "Positions") -> tuple["FloatArray", "FloatArray", "FloatArray"]:
        """Return variance, noise and drift of some ages: those of the last stage reached.

        Parameters
        ----------
        ages : ndarray of int, shape (n_rows,)
            Periods since the first on sale; below 0 before it.

        Returns
        -------
        tuple of ndarray, shapes (n_rows,)
            Variance, noise and drift.
        """
        place = np.searchsorted(self.stages, ages, side="right") - 1
        place = np.clip(place, 0, len(self.stages) - 1)
        return self.variance[place], self.noise[place], self.drift[place]


def period_noise(sold: "FloatArray", expected: "FloatArray") -> float:
    """Return the variance of a period around its launch's level, beyond Poisson, by moments.

    Parameters
    ----------
    sold, expected : ndarray, shape (n_rows, n_periods)
        Units of past launches and what a level of 1 would sell; NaN and 0 where unknown.

    Returns
    -------
    float
        ``sum((y - m)**2 - m (1 - 1/n)) / sum(m**2)``, m being the expected units at the launch's
        own level; 1 where nothing is known, between 0 and 10.
    """
    known = ~np.isnan(sold) & (expected > 0)
    units, usual = np.where(known, sold, 0.0), np.where(known, expected, 0.0)
    total = usual.sum(axis=1, keepdims=True)
    level = np.divide(
        units.sum(axis=1, keepdims=True), total, out=np.zeros_like(total), where=total > 0
    )
    mean = usual * level
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    square = float((mean**2).sum())
    if square == 0:
        return _ASSUMED_NOISE
    beyond = ((units - mean) ** 2 - mean * (1 - 1 / count)) * known
    return float(np.clip(beyond.sum() / square, 0.0, 10.0))


def _choose(seen: Outcomes, of_period: float) -> tuple[float, float, float]:
    """Return variance, noise and drift: the best mean of the rest, then its likeliest spread."""
    count = int(np.count_nonzero(seen.late_mean > 0))
    if count < _LEAST_ROWS:
        return _ASSUMED_VARIANCE, _ASSUMED_NOISE, 0.0
    if seen.early_mean.any():
        _, variance, noise = min(
            (_deviance(seen, variance, noise), variance, noise)
            for variance in _VARIANCES.tolist()
            for noise in _NOISES.tolist()
        )
        drift = min(_DRIFTS.tolist(), key=lambda one: _loss(seen, variance, noise, of_period, one))
    else:
        noise, drift = of_period, 0.0
        variance = min(_VARIANCES.tolist(), key=lambda one: _loss(seen, one, noise, of_period, 0.0))
    own = count / (count + _PRIOR_ROWS)
    drawn = variance**own * _ASSUMED_VARIANCE ** (1 - own)
    return drawn, own * noise + (1 - own) * _ASSUMED_NOISE, drift


def _update(seen: Outcomes, variance: float, noise: float) -> tuple["FloatArray", "FloatArray"]:
    """Return the mean of the rest given the sales before it, and the gamma shape of its level."""
    spread = seen.early_mean + noise * seen.early_square
    temper = np.divide(seen.early_mean, spread, out=np.zeros_like(spread), where=spread > 0)
    shape = 1 / variance + temper * seen.early
    return seen.late_mean * shape / (1 / variance + temper * seen.early_mean), shape


def _deviance(seen: Outcomes, variance: float, noise: float) -> float:
    """Return how far the updated means of the rest fall from what came."""
    mean, _ = _update(seen, variance, noise)
    return tweedie_deviance(seen.late[mean > 0], mean[mean > 0])


def _loss(seen: Outcomes, variance: float, noise: float, of_period: float, drift: float) -> float:
    """Return the mean negative log-likelihood of the rest, given the sales before it."""
    mean, shape = _update(seen, variance, noise)
    share = np.divide(
        seen.late_square, seen.late_mean**2, out=np.zeros_like(mean), where=seen.late_mean > 0
    )
    level = (1 + 1 / shape) * (1 + drift) - 1
    dispersion = level + of_period * share * (1 + level)
    some = mean > 0
    each = negative_binomial_loss(seen.late[some], mean[some], dispersion[some])
    return float(each.mean())
