"""Exchange plans SKU by SKU, from a pool of good ones, until capacity is used as it should be.

At the final prices a plan of a SKU falls short of the best by its reduced cost. What a choice of
plans misses of the bound is the sum of these, and per line and period what capacity left idle is
worth, or what overtime costs beyond it. The second part is weighted in step by step, so that the
plans which cost next to nothing are exchanged first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, best_plans, income, loads
from c2m.production.lotsizing.decomposition.price import Priced
from c2m.production.problem import FloatArray, IntArray

_SHIFTS = 24
"""Price changes that are tried for more plans."""

_SIZES = (0.002, 0.05)
"""Least and largest mean change, as a share of the prices."""

_WEIGHTS = (0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.6, 0.8, 1.0, 1.0)
"""Weight of idle capacity and overtime in each sweep."""

_CLOSEST, _CLOSEST_UNITS = 150, 4_000
"""SKUs, and units of several, that are swept: those with the least to lose from another plan."""

_BEYOND = 10.0
"""Cost of capacity that there is not, in highest prices."""

_KEPT = 16
"""Most plans of a unit in the pool."""


@dataclass(frozen=True)
class Pool:
    """The best plans of the units that lose least by a second one; at most _KEPT of each.

    A unit is a SKU, or several SKUs whose runs come together.

    Parameters
    ----------
    units : ndarray of int, shape (n,)
        Which.
    number : ndarray of int, shape (n, n_plans)
        Which of the plans that were tried, the best first.
    income, paid : ndarray, shape (n, n_plans)
        Money before capacity is paid for, and for capacity at the prices.
    usage : ndarray, shape (n, n_plans, n_cells)
        Capacity.
    alone : ndarray, shape (n_cells,)
        Capacity taken when every unit of the pool has its best plan and all others the first.
    """

    units: IntArray
    number: IntArray
    income: FloatArray
    paid: FloatArray
    usage: FloatArray
    alone: FloatArray

    @classmethod
    def of(
        cls,
        earned: FloatArray,
        paid: FloatArray,
        usage_of: Callable[[IntArray], FloatArray],
        first: FloatArray,
        most: int = _CLOSEST_UNITS,
    ) -> "Pool":
        """Keep the best different plans.

        Parameters
        ----------
        earned, paid : ndarray, shape (n_units, n_plans)
            Money before capacity is paid for, and for capacity at the prices.
        usage_of : callable
            Given units, returns the capacity of all their plans, (n, n_plans, n_cells).
        first : ndarray, shape (n_cells,)
            Capacity taken when every unit has its first plan.
        most : int
            How many units to keep.

        Returns
        -------
        Pool
            The best plans of the units that lose least by another one.
        """
        net = earned - paid
        order = np.argsort(-net, axis=1, kind="stable")
        ranked, spent = (np.take_along_axis(values, order, axis=1) for values in (net, paid))
        small = 1e-9 * (1.0 + np.abs(earned).max(axis=1, keepdims=True))
        same = np.abs(np.diff(ranked, axis=1)) <= small
        ranked[:, 1:][same & (np.abs(np.diff(spent, axis=1)) <= small)] = -np.inf
        inner = np.argsort(-ranked, axis=1, kind="stable")[:, :_KEPT]
        order = np.take_along_axis(order, inner, axis=1)
        ranked = np.take_along_axis(ranked, inner, axis=1)
        near = np.argsort(ranked[:, 0] - ranked[:, 1], kind="stable")[:most]
        order, rows = order[near], near[:, None]
        usage = usage_of(near)
        kept = usage[np.arange(len(near))[:, None], order]
        doubled = np.where(np.isfinite(ranked[near]), earned[rows, order], -np.inf)
        alone = first - usage[:, 0].sum(axis=0) + kept[:, 0].sum(axis=0)
        return cls(near, order, doubled, paid[rows, order], kept, alone)


def plans_near(
    part: Known, priced: Priced, start: Plans, skus: IntArray, rng: np.random.Generator
) -> list[Plans]:
    """Return plans that are good at prices near the final ones.

    Parameters
    ----------
    part : Known
        Some SKUs, with the capacity that is theirs.
    priced : Priced
        Prices and plans of all SKUs.
    start : Plans
        Plans of the part, the first of those returned.
    skus : ndarray of int
        Its SKUs among all.
    rng : numpy.random.Generator
        Of the changes of prices.

    Returns
    -------
    list of Plans
        Of the part.
    """
    counts = np.flatnonzero(priced.weight.max(axis=1) > 1e-9)
    plans = [start, *(priced.plans[number].take(skus) for number in counts.tolist())]
    plans += [best_plans(part, prices)[0] for prices in near(priced.prices, _SHIFTS, rng)]
    return plans


def near(prices: FloatArray, count: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield prices that are changed at random, the least changes first.

    Parameters
    ----------
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    count : int
        How many.
    rng : numpy.random.Generator
        Of the changes.

    Yields
    ------
    ndarray, shape (n_lines, n_periods)
        Prices.
    """
    for size in np.geomspace(*_SIZES, count):
        yield prices * np.exp(size * rng.standard_normal(prices.shape))


def pool_of(part: Known, plans: list[Plans], prices: FloatArray) -> Pool:
    """Return the pool of plans of single SKUs.

    Parameters
    ----------
    part : Known
        The SKUs.
    plans : list of Plans
        Plans of them.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    Pool
        Every SKU is a unit.
    """

    def _usage_of(skus: IntArray) -> FloatArray:
        each = np.arange(len(skus))
        parts = [loads(part, plan.take(skus), each, len(skus), skus) for plan in plans]
        return np.stack(parts, axis=1)

    cells, each = prices.ravel(), np.arange(part.n_skus)
    paid = np.stack([loads(part, plan, each, part.n_skus) @ cells for plan in plans], axis=1)
    earned = np.stack([income(part, plan) for plan in plans], axis=1)
    first = loads(part, plans[0], np.zeros_like(each), 1)[0]
    return Pool.of(earned, paid, _usage_of, first, _CLOSEST)


def exchange(
    part: Known, pool: Pool, rng: np.random.Generator, starts: int
) -> Iterator[dict[int, IntArray]]:
    """Exchange the plans of some units.

    Parameters
    ----------
    part : Known
        All units, with the capacity that is theirs.
    pool : Pool
        Their plans.
    rng : numpy.random.Generator
        Of the order of the units.
    starts : int
        How many orders to try.

    Yields
    ------
    dict of int to ndarray of int
        The units that have each plan; those that are in none have the first. One for each order.
    """
    used = np.tile(pool.alone, (starts, 1))
    choices = np.zeros((starts, len(pool.units)), dtype=np.int64)
    orders = np.stack([rng.permutation(len(pool.units)) for _ in range(starts)])
    for weight in _WEIGHTS:
        _sweep(part, pool, used, choices, orders, weight)
    for choice in choices:
        number = pool.number[np.arange(len(choice)), choice]
        yield {plan: pool.units[number == plan] for plan in np.unique(number).tolist()}


def assembled(plans: list[Plans], chosen: dict[int, IntArray]) -> Plans:
    """Return one plan for every SKU.

    Parameters
    ----------
    plans : list of Plans
        Plans of all SKUs.
    chosen : dict of int to ndarray of int
        The SKUs that have each plan; the others have the first.

    Returns
    -------
    Plans
        Of all.
    """
    source, way = plans[0].source.copy(), plans[0].way.copy()
    for plan, here in chosen.items():
        source[:, here] = plans[plan].source[:, here]
        way[:, here] = plans[plan].way[:, here]
    return Plans(source, way)


def _sweep(
    part: Known, pool: Pool, used: FloatArray, choices: IntArray, orders: IntArray, weight: float
) -> None:
    """Give units their best plans, one after the other in every order at once.

    Changes `used`, shape (n_orders, n_cells), and `choices`, shape (n_orders, n_units).
    """
    regular, overtime = part.regular.ravel(), part.overtime.ravel()
    over = weight * np.repeat(part.overtime_cost, part.n_periods)
    highest = float((pool.income / np.maximum(pool.paid, 1.0)).max(initial=1.0))
    beyond = np.full(len(over), weight * _BEYOND * max(highest, float(part.overtime_cost.max())))
    score = pool.income - (1.0 - weight) * pool.paid
    rows = np.arange(len(orders))
    for places in orders.T:
        usage = pool.usage[places]  # [orders, plans, cells]
        used -= usage[rows, choices[rows, places]]
        extra = usage + (used - regular)[:, None]
        np.maximum(extra, 0.0, out=extra)
        cost = extra @ over
        extra -= overtime
        np.maximum(extra, 0.0, out=extra)
        cost += extra @ beyond
        best = (score[places] - cost).argmax(axis=1)
        choices[rows, places] = best
        used += usage[rows, best]
