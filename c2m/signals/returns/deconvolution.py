"""Returns that name no purchase: allotted to earlier sales by expectation and maximisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.signals.pooling import Groups, pool_rates
from c2m.signals.returns.cohorts import Cohorts, Floats
from c2m.signals.returns.curves import Curves, gamma_shares

_FREE_ROUNDS: Final = 15
_MOST_CELLS: Final = 1_500_000
"""Series times steps on which the delays are found; those with most returns are taken."""


@dataclass(frozen=True)
class Allotment:
    """Expected units of loose returns.

    Parameters
    ----------
    by_lag : ndarray, shape (n_series, n_lags)
        By the steps since the purchase.
    back : ndarray, shape (n_series, n_steps)
        By the step of the purchase.
    """

    by_lag: Floats
    back: Floats


def fit_loose(cohorts: Cohorts, levels: Sequence[Groups]) -> Curves:
    """Estimate rates and delays from sales and returns that are not linked.

    Parameters
    ----------
    cohorts : Cohorts
        Sales and loose returns.
    levels : sequence of ndarray of int, shape (n_series,)
        Groups, from coarse to fine; those of the first level have one delay.

    Returns
    -------
    Curves
        The estimates; series of a group share its delay.

    Notes
    -----
    ``returned[t] = rate * sum over k of sold[t - k] * delay[k]``, the counts Poisson. First a
    gamma law for the delay, by maximum likelihood; then a few rounds of expectation and
    maximisation without a law (Richardson 1972, *Journal of the Optical Society of America*
    62(1), 55-59). Returns of the first steps, whose purchases lie before the panel, count only
    where the panel is short.
    """
    delay = np.zeros((len(cohorts.sold), cohorts.n_lags))
    weight = np.zeros(len(delay))
    total = cohorts.loose.sum(axis=1)
    most = max(1, _MOST_CELLS // cohorts.n_steps)
    for group in np.unique(levels[0]):
        rows = np.flatnonzero(levels[0] == group)
        used = rows[np.argsort(-total[rows], kind="stable")[:most]]
        delay[rows] = _Flow(cohorts, used).delay()
        weight[rows] = total[used].sum()
    own = _Flow(cohorts, np.arange(len(delay)))
    returned, sold = own.loose.sum(axis=1), own.expected(delay).sum(axis=1)
    rates = pool_rates(returned, sold, levels, shares=True)
    return Curves(rates, delay, weight, 0.0)


class _Flow:
    """Sales that flow back: the windows of sales that lie k steps before the returns."""

    def __init__(self, cohorts: Cohorts, rows: Groups) -> None:
        n_lags, n_steps = cohorts.n_lags, cohorts.n_steps
        start = min(n_lags - 1, n_steps // 2)
        sold = _padded(cohorts, rows)
        self.n_lags = n_lags
        self.loose = cohorts.loose[rows, start:]  # [S, T]
        at = range(n_lags - 1 + start, start - 1, -1)
        self.windows = [sold[:, k : k + n_steps - start] for k in at]

    def expected(self, delay: Floats) -> Floats:
        """Return the returns at a rate of 1, (n_series, n_steps)."""
        total = np.zeros_like(self.loose)
        for k, window in enumerate(self.windows):
            total += window * delay[..., k : k + 1]
        return total

    def rates(self, flow: Floats) -> Floats:
        """Return the rate of each series, (n_series, 1)."""
        single = [np.zeros(len(flow), dtype=np.intp), np.arange(len(flow))]
        total = self.loose.sum(axis=1)
        return pool_rates(total, flow.sum(axis=1), single, shares=True).rate[:, None]

    def delay(self) -> Floats:
        """Return the delay that all series share, (n_lags,)."""
        from scipy.optimize import minimize

        def _loss(theta: Floats) -> float:
            flow = self.expected(gamma_shares(theta, self.n_lags))
            scale = self.loose.sum(axis=1, keepdims=True) / np.maximum(
                flow.sum(axis=1, keepdims=True), 1e-12
            )
            expected = np.maximum(flow * scale, 1e-12)
            return -float((self.loose * np.log(expected)).sum() / max(self.loose.sum(), 1.0))

        start = np.log([self.n_lags / 4, 2.0])
        simplex = start + np.array([[0, 0], [0.5, 0], [0, 0.5]])
        best = minimize(
            _loss,
            start,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": 0.01, "fatol": 1e-7},
        )
        return self._freed(gamma_shares(np.asarray(best.x), self.n_lags))

    def _freed(self, delay: Floats) -> Floats:
        for _ in range(_FREE_ROUNDS):
            flow = self.expected(delay)
            rate = self.rates(flow)
            ratio = self.loose / np.maximum(flow, 1e-12)
            count = np.array([float((part * ratio).sum()) for part in self.windows])
            seen = np.array([float((part * rate).sum()) for part in self.windows])
            delay = delay * count / np.maximum(seen, 1e-12)
            delay = delay / delay.sum()
        return delay


def allot(cohorts: Cohorts, delay: Floats) -> Allotment:
    """Allot loose returns to the sales before them.

    Parameters
    ----------
    cohorts : Cohorts
        Sales and loose returns.
    delay : ndarray, shape (n_series, n_lags)
        Share of the returns at each lag.

    Returns
    -------
    Allotment
        What belongs to sales of the time that is known; what must be older is left out.
    """
    return _expected(_padded(cohorts, np.arange(len(delay))), cohorts.loose, delay)


def _padded(cohorts: Cohorts, rows: Groups) -> Floats:
    """Put a time before the first step, in which a series sold as it did in its first steps."""
    sold, n_lags = cohorts.sold[rows], cohorts.n_lags
    early = sold[:, : min(n_lags, sold.shape[1])]
    level = np.where(sold[:, :1] > 0, early.mean(axis=1, keepdims=True), 0.0)
    level = np.where(cohorts.returned[rows, :1] > 0, early.mean(axis=1, keepdims=True), level)
    return np.concatenate([np.repeat(level, n_lags - 1, axis=1), sold], axis=1)  # [S, K-1+T]


def _expected(sold: Floats, loose: Floats, delay: Floats) -> Allotment:
    n_lags, n_steps = delay.shape[1], loose.shape[1]
    old = n_lags - 1
    flow = np.zeros_like(loose)
    for k in range(n_lags):
        flow += sold[:, old - k : old - k + n_steps] * delay[:, k : k + 1]
    ratio = np.divide(loose, flow, out=np.zeros_like(loose), where=flow > 0)
    by_lag, back = np.zeros_like(delay), np.zeros_like(sold)
    for k in range(n_lags):
        part = sold[:, old - k : old - k + n_steps] * delay[:, k : k + 1] * ratio
        back[:, old - k : old - k + n_steps] += part
        by_lag[:, k] = part[:, k:].sum(axis=1)
    return Allotment(by_lag, back[:, old:])
