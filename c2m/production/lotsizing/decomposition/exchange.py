"""Exchange plans SKU by SKU, from a pool of good ones, until capacity is used as it should be.

At the final prices a plan of a SKU falls short of the best by its reduced cost. What a choice of
plans misses of the bound is the sum of these, and per line and period what capacity left idle is
worth, or what overtime costs beyond it. The second part is weighted in step by step, so that the
plans which cost next to nothing are exchanged first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, best_plans, income, loads
from c2m.production.lotsizing.decomposition.price import Priced
from c2m.production.problem import FloatArray, IntArray

_SHIFTS = 24
"""Price changes that are tried for more plans."""

_SIZES = (0.01, 0.2)
"""Least and largest mean change, as a share of the prices."""

_WEIGHTS = (0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.6, 0.8, 1.0, 1.0)
"""Weight of idle capacity and overtime in each sweep."""

_CLOSEST = 150
"""SKUs that are swept: those with the least to lose from another plan."""

_BEYOND = 10.0
"""Cost of capacity that there is not, in highest prices."""


_KEPT = 16
"""Most plans of a SKU in the pool."""


@dataclass(frozen=True)
class _Pool:
    """The best plans of some SKUs, at most _KEPT for each of n, the best first."""

    skus: IntArray  # [n]
    number: IntArray  # [n, R] which of the plans that were tried
    income: FloatArray  # [n, R]
    paid: FloatArray  # [n, R] for capacity, at the prices
    usage: FloatArray  # [n, R, cells]


def exchange(
    part: Known, priced: Priced, start: Plans, skus: IntArray, seed: int, starts: int
) -> Iterator[Plans]:
    """Exchange the plans of some SKUs.

    Parameters
    ----------
    part : Known
        Those SKUs, with the capacity that is theirs.
    priced : Priced
        Prices and plans of all SKUs.
    start : Plans
        Plans of the part to begin with.
    skus : ndarray of int
        Its SKUs among all.
    seed : int
        Of the price changes and the order of the SKUs.
    starts : int
        How many orders to try.

    Yields
    ------
    Plans
        Plans of the part, one for each order.
    """
    rng = np.random.default_rng(seed)
    plans = _tried(part, priced, start, skus, rng)
    pool = _pool(part, plans, priced.prices.ravel())
    one = np.zeros(part.n_skus, dtype=np.int64)
    alone = loads(part, start, one, 1)[0]
    alone -= loads(part, start.take(pool.skus), one[pool.skus], 1, pool.skus)[0]
    alone += pool.usage[:, 0].sum(axis=0)
    for _ in range(starts):
        used, choice = alone.copy(), np.zeros(len(pool.skus), dtype=np.int64)
        order = rng.permutation(len(pool.skus))
        for weight in _WEIGHTS:
            _sweep(part, pool, used, choice, order, weight)
        yield _chosen(plans, pool, choice)


def _tried(
    part: Known, priced: Priced, start: Plans, skus: IntArray, rng: np.random.Generator
) -> list[Plans]:
    """Return plans that are good at prices near the final ones."""
    counts = np.flatnonzero(priced.weight.max(axis=1) > 1e-9)
    plans = [start, *(priced.plans[number].take(skus) for number in counts.tolist())]
    for size in np.geomspace(*_SIZES, _SHIFTS):
        shift = np.exp(size * rng.standard_normal(priced.prices.shape))
        plans.append(best_plans(part, priced.prices * shift)[0])
    return plans


def _pool(part: Known, plans: list[Plans], prices: FloatArray) -> _Pool:
    """Keep the best different plans of the SKUs that lose least by a second one."""
    cells = np.arange(part.n_skus)
    usage = np.stack([loads(part, plan, cells, part.n_skus) for plan in plans], axis=1)
    earned = np.stack([income(part, plan) for plan in plans], axis=1)
    paid = np.einsum("nrc,c->nr", usage, prices)
    net = earned - paid
    order = np.argsort(-net, axis=1, kind="stable")
    ranked, spent = (np.take_along_axis(values, order, axis=1) for values in (net, paid))
    small = 1e-9 * (1.0 + np.abs(earned).max(axis=1, keepdims=True))
    again = (np.abs(np.diff(ranked, axis=1)) <= small) & (np.abs(np.diff(spent, axis=1)) <= small)
    ranked[:, 1:][again] = -np.inf
    inner = np.argsort(-ranked, axis=1, kind="stable")[:, :_KEPT]
    order = np.take_along_axis(order, inner, axis=1)
    ranked = np.take_along_axis(ranked, inner, axis=1)
    near = np.argsort(ranked[:, 0] - ranked[:, 1], kind="stable")[:_CLOSEST]
    order, rows = order[near], near[:, None]
    doubled = np.where(np.isfinite(ranked[near]), earned[rows, order], -np.inf)
    return _Pool(near, order, doubled, paid[rows, order], usage[rows, order])


def _sweep(
    part: Known, pool: _Pool, used: FloatArray, choice: IntArray, order: IntArray, weight: float
) -> None:
    """Give SKUs their best plans, one after the other; changes `used` and `choice`."""
    regular, overtime = part.regular.ravel(), part.overtime.ravel()
    over = weight * np.repeat(part.overtime_cost, part.n_periods)
    highest = float((pool.income / np.maximum(pool.paid, 1.0)).max(initial=1.0))
    beyond = weight * _BEYOND * max(highest, float(part.overtime_cost.max()))
    score = pool.income - (1.0 - weight) * pool.paid
    for place in order.tolist():
        usage = pool.usage[place]
        used -= usage[choice[place]]
        extra = usage + (used - regular)
        np.maximum(extra, 0.0, out=extra)
        cost = (extra * over).sum(axis=1)
        extra -= overtime
        np.maximum(extra, 0.0, out=extra)
        cost += beyond * extra.sum(axis=1)
        best = int((score[place] - cost).argmax())
        choice[place] = best
        used += usage[best]


def _chosen(plans: list[Plans], pool: _Pool, choice: IntArray) -> Plans:
    """Return the plans of all SKUs of the part."""
    source, way = plans[0].source.copy(), plans[0].way.copy()
    number = pool.number[np.arange(len(choice)), choice]
    for plan in np.unique(number).tolist():
        here = pool.skus[number == plan]
        source[:, here] = plans[plan].source[:, here]
        way[:, here] = plans[plan].way[:, here]
    return Plans(source, way)
