"""How long units take to come back, and how many do: estimated together, level by level.

The units of a series that came back after k steps are ``rate * curve[k]`` of those bought at least
k steps ago. The newest purchases have had little time, and count only for the lags they have seen:
no return is missed because the log ends. Where no purchase is old enough, a gamma law that was
fitted to the rest carries the curve on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.signals.pooling import Groups, Pooled, pool_rates
from c2m.signals.returns.cohorts import Floats

_ROUNDS: Final = 40
_CLOSE: Final = 1e-6
_LAW_WEIGHT: Final = 30.0
"""Returned units that the gamma law weighs beside what was seen."""

_WEIGHTS: Final = np.logspace(0, 5, 21)
"""Returned units that the curve of the level above may weigh."""

_MOST_GROUPS: Final = 2_000


@dataclass(frozen=True, eq=False)
class Curves:
    """Rates and delays of every series.

    Parameters
    ----------
    rates : Pooled
        Share of the units that come back sooner or later.
    delay : ndarray, shape (n_series, n_lags)
        Share of those that come back after so many steps; each row adds up to 1.
    weight : ndarray, shape (n_series,)
        Returned units that stand behind the row.
    beyond : float
        Share of the returns that are expected at lags which no purchase is old enough to show.
    """

    rates: Pooled
    delay: Floats
    weight: Floats
    beyond: float


def fit_curves(by_lag: Floats, exposure: Floats, levels: Sequence[Groups]) -> Curves:
    """Estimate rates and delays.

    Parameters
    ----------
    by_lag : ndarray, shape (n_series, n_lags)
        Units that came back after so many steps.
    exposure : ndarray, shape (n_series, n_lags)
        Units bought at least so many steps ago.
    levels : sequence of ndarray of int, shape (n_series,)
        Groups, from coarse to fine; the last one are the series themselves.

    Returns
    -------
    Curves
        The estimates.

    Notes
    -----
    Alternates ``rate = returned / (exposure @ delay)``, drawn to its group, and ``delay[k] =
    returned[k] / (rate @ exposure[:, k])``: maximum likelihood of independent Poisson counts,
    known to actuaries as chain ladder (Mack 1993, *ASTIN Bulletin* 23(2), 213-225).
    """
    count = by_lag.sum(axis=0)  # [K]
    returned = by_lag.sum(axis=1)  # [S]
    delay = np.full(by_lag.shape[1], 1 / by_lag.shape[1])
    rates = pool_rates(returned, exposure @ delay, levels, shares=True)
    for _ in range(_ROUNDS):
        before, seen = delay, rates.rate @ exposure
        law = fit_law(count, seen)
        delay = _blend(count[None], seen[None], law[None], _LAW_WEIGHT)[0]
        rates = pool_rates(returned, exposure @ delay, levels, shares=True)
        if np.abs(delay - before).sum() < _CLOSE:
            break
    beyond = float(delay[exposure.sum(axis=0) <= 0].sum())
    curve, weight = _by_level(by_lag, exposure * rates.rate[:, None], delay, levels)
    rates = pool_rates(returned, (exposure * curve).sum(axis=1), levels, shares=True)
    return Curves(rates, curve, weight, beyond)


def _by_level(
    by_lag: Floats, seen: Floats, delay: Floats, levels: Sequence[Groups]
) -> tuple[Floats, Floats]:
    """Draw the curve of each level to that of the level above."""
    curve = np.broadcast_to(delay, by_lag.shape)
    weight = np.full(len(by_lag), by_lag.sum())
    for codes in levels:
        groups, first = np.unique(codes, return_index=True)
        if len(groups) < 2:
            continue
        count, at_risk = (_summed(part, codes)[groups] for part in (by_lag, seen))
        above = curve[first]
        strength = _strength(count, at_risk, above)
        place = np.searchsorted(groups, codes)
        curve = _blend(count, at_risk, above, strength)[place]
        weight = (strength + count.sum(axis=1))[place]
    return np.asarray(curve, dtype=np.float64), weight


def _summed(values: Floats, codes: Groups) -> Floats:
    total = np.zeros((int(codes.max()) + 1, values.shape[1]))
    np.add.at(total, codes, values)
    return total


def _blend(count: Floats, at_risk: Floats, above: Floats, weight: float) -> Floats:
    """Return posterior curves; the prior of ``curve[k]`` is gamma, worth `weight` returns."""
    curve = (count + weight * above) / (at_risk + weight)
    return np.asarray(curve / curve.sum(axis=1, keepdims=True), dtype=np.float64)


def _strength(count: Floats, at_risk: Floats, above: Floats) -> float:
    """Return how many returns the level above weighs: the negative binomial likelihood's best."""
    from scipy.special import gammaln

    rows = np.argsort(-count.sum(axis=1), kind="stable")[:_MOST_GROUPS]
    r, e, f = count[rows], at_risk[rows], np.maximum(above[rows], 1e-12)
    scores = []
    for w in _WEIGHTS:
        a = w * f
        score = gammaln(a + r) - gammaln(a) + a * np.log(w / (w + e)) - r * np.log(w + e)
        scores.append(float(score[e > 0].sum()))
    return float(_WEIGHTS[int(np.argmax(scores))])


def fit_law(count: Floats, seen: Floats) -> Floats:
    """Fit a gamma law of the delay to counts by lag, of which the late lags were seen less often.

    Parameters
    ----------
    count : ndarray, shape (n_lags,)
        Units that came back.
    seen : ndarray, shape (n_lags,)
        Units that could have, in the proportion in which they come back at all.

    Returns
    -------
    ndarray, shape (n_lags,)
        Share of each lag under the law; adds up to 1.
    """
    from scipy.optimize import minimize

    lags = np.arange(len(count)) + 0.5
    if count.sum() <= 0:
        return np.full(len(count), 1 / len(count))
    mean = float(np.average(lags, weights=count))

    def _loss(theta: Floats) -> float:
        chance = np.maximum(gamma_shares(theta, len(count)), 1e-15)
        known = seen > 0
        total = float((chance * seen)[known].sum())
        return -float((count[known] * np.log(chance[known] / total)).sum() / count.sum())

    best = minimize(_loss, np.log([mean, 2.0]), method="Nelder-Mead")
    return gamma_shares(np.asarray(best.x), len(count))


def gamma_shares(theta: Floats, n_lags: int) -> Floats:
    """Return the share of each whole lag under a gamma law.

    Parameters
    ----------
    theta : ndarray, shape (2,)
        Logarithms of its mean and its shape.
    n_lags : int
        How many lags there are.

    Returns
    -------
    ndarray, shape (n_lags,)
        They add up to 1.
    """
    from scipy.special import gammainc

    mean, shape = np.exp(np.clip(theta, -3, 6))
    cumulative = gammainc(shape, np.arange(n_lags + 1) * shape / mean)
    shares = np.diff(cumulative)
    total = float(shares.sum())
    return shares / total if total > 0 else np.full(n_lags, 1 / n_lags)
