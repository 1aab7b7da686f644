"""How far past launches fell from what was foretold, and what their first sales then said."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from c2m.forecast.heads.counts import negative_binomial_loss
from c2m.forecast.launch.learners import tweedie_deviances

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from c2m.distribution import GammaPoisson
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

_VARIANCES: Final = np.geomspace(0.02, 6.0, 24)
_NOISES: Final = np.append(0.0, np.geomspace(0.05, 30.0, 14))
_POWERS: Final = (1.0, 0.9, 0.8, 0.7)
_DRIFTS: Final = np.append(0.0, np.geomspace(0.01, 9.0, 24))
_TRUSTS: Final = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5)
_LEAST_DISPERSION: Final = 1e-6
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
    power : ndarray, shape (n_stages,)
        Sales of r times what was expected count as r ** power times, where r is above 1; below 1
        where a large first order says little of the next.
    drift, trust : ndarray, shape (n_stages,)
        The level ahead has the variance ``drift + trust * v``, v being that which the update
        leaves.
    of_period : float
        Variance of a single period around the level, beyond Poisson.
    """

    stages: "Positions"
    variance: "FloatArray"
    noise: "FloatArray"
    power: "FloatArray"
    drift: "FloatArray"
    trust: "FloatArray"
    of_period: float

    @classmethod
    def fit(cls, stages: "Sequence[int]", outcomes: "Sequence[Outcomes]", of_period: float) -> Self:
        """Choose for each age what makes the best of the sales so far.

        Variance, noise and power are those whose updated mean comes nearest to what came later;
        drift and trust are then the likeliest. Before the launch there is only the variance, and
        it is the likeliest.

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
        variance, noise, power, drift, trust = found.reshape(-1, 5).T
        ages = np.asarray(stages, dtype=np.intp)
        return cls(ages, variance, noise, power, drift, trust, of_period)

    def at(self, ages: "Positions") -> Self:
        """Return the spread at some ages: that of the last stage reached.

        Parameters
        ----------
        ages : ndarray of int, shape (n_rows,)
            Periods since the first on sale; below 0 before it.

        Returns
        -------
        Spread
            A stage a row.
        """
        place = np.searchsorted(self.stages, ages, side="right") - 1
        place = np.clip(place, 0, len(self.stages) - 1)
        names = ("stages", "variance", "noise", "power", "drift", "trust")
        return replace(self, **{name: getattr(self, name)[place] for name in names})

    def believed(self, sold: "FloatArray", expected: "FloatArray") -> "FloatArray":
        """Return the sales that the update is told of, less where they are far above the expected.

        Parameters
        ----------
        sold, expected : ndarray, shape (n_stages, n_periods)
            Units so far, and what the prior says of them.

        Returns
        -------
        ndarray, shape (n_stages, n_periods)
            Units.
        """
        return sold * _bend(sold.sum(axis=1), expected.sum(axis=1), self.power)[:, None]

    def ahead(self, law: "GammaPoisson") -> "GammaPoisson":
        """Return the law of the periods ahead with the spread that past launches had.

        Parameters
        ----------
        law : GammaPoisson
            What the update leaves, a series a stage.

        Returns
        -------
        GammaPoisson
            With the same mean.
        """
        left = law.level_variance
        level = self.drift + self.trust * left
        noise = (law.dispersion - left[:, None]) / (1 + left[:, None])
        dispersion = level[:, None] + np.maximum(noise, 0.0) * (1 + level[:, None])
        return replace(law, dispersion=dispersion, level_variance=level)


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


def _choose(seen: Outcomes, of_period: float) -> tuple[float, ...]:
    """Return variance, noise, power, drift and trust."""
    count = int(np.count_nonzero(seen.late_mean > 0))
    if count < _LEAST_ROWS:
        return _ASSUMED_VARIANCE, _ASSUMED_NOISE, 1.0, 0.0, 1.0
    own = count / (count + _PRIOR_ROWS)
    if not seen.early_mean.any():
        none = np.zeros(len(seen.late))
        variance, _ = _widths(seen, seen.late_mean, none, of_period, _VARIANCES, (1.0,))
        noise, power, drift, trust = of_period, 1.0, 0.0, 1.0
    else:
        variance, noise, power = _update_of(seen)
        mean, shape = _update(seen, variance, noise, power)
        drift, trust = _widths(seen, mean, 1 / shape, of_period, _DRIFTS, _TRUSTS)
    drawn = variance**own * _ASSUMED_VARIANCE ** (1 - own)
    drawn_noise = own * noise + (1 - own) * _ASSUMED_NOISE
    return drawn, drawn_noise, power, own * drift, own * trust + 1 - own


def _update_of(seen: Outcomes) -> tuple[float, float, float]:
    """Return variance, noise and power: the least absolute error among what deviates least.

    The deviance of a mean is flat where a few launches are far larger than the others. Of the
    powers that it cannot tell from the best by more than one standard error, the one with the
    least absolute error is taken.
    """
    found = []
    for power in _POWERS:
        _, variance, noise = min(
            (float(_deviances(seen, variance, noise, power).mean()), variance, noise)
            for variance in _VARIANCES.tolist()
            for noise in _NOISES.tolist()
        )
        found.append((variance, noise, power))
    each = [_deviances(seen, *one) for one in found]
    best = min(each, key=lambda one: float(one.mean()))
    alike = [
        one
        for one, own in zip(found, each, strict=True)
        if (own - best).mean() <= (own - best).std() / np.sqrt(len(best))
    ]
    return min(alike, key=lambda one: float(np.abs(_update(seen, *one)[0] - seen.late).sum()))


def _update(
    seen: Outcomes, variance: float, noise: float, power: float
) -> tuple["FloatArray", "FloatArray"]:
    """Return the mean of the rest given the sales before it, and the gamma shape of its level."""
    spread = seen.early_mean + noise * seen.early_square
    temper = np.divide(seen.early_mean, spread, out=np.zeros_like(spread), where=spread > 0)
    early = seen.early * _bend(seen.early, seen.early_mean, power)
    shape = 1 / variance + temper * early
    return seen.late_mean * shape / (1 / variance + temper * seen.early_mean), shape


def _bend(sold: "FloatArray", expected: "FloatArray", power: "FloatArray | float") -> "FloatArray":
    """Return by how much sales above the expected are believed less."""
    some = (sold > expected) & (expected > 0)
    ratio = np.divide(sold, expected, out=np.ones_like(sold), where=some)
    return np.asarray(ratio ** (np.asarray(power) - 1), dtype=np.float64)


def _deviances(seen: Outcomes, variance: float, noise: float, power: float) -> "FloatArray":
    """Return how far the updated means of the rest fall from what came."""
    mean, _ = _update(seen, variance, noise, power)
    return tweedie_deviances(seen.late[mean > 0], mean[mean > 0])


def _widths(
    seen: Outcomes,
    mean: "FloatArray",
    left: "FloatArray",
    of_period: float,
    drifts: "Iterable[float]",
    trusts: "Iterable[float]",
) -> tuple[float, float]:
    """Return the drift and trust that make the rest likeliest."""
    share = np.divide(
        seen.late_square, seen.late_mean**2, out=np.zeros_like(mean), where=seen.late_mean > 0
    )
    some = mean > 0

    def _loss(drift: float, trust: float) -> float:
        level = drift + trust * left
        dispersion = np.maximum(level + of_period * share * (1 + level), _LEAST_DISPERSION)
        each = negative_binomial_loss(seen.late[some], mean[some], dispersion[some])
        return float(each.mean())

    pairs = [(float(drift), float(trust)) for drift in drifts for trust in trusts]
    return min(pairs, key=lambda pair: _loss(*pair))
