"""One plan for every SKU: a pick that follows the master's weights, then SKU by SKU."""

from dataclasses import dataclass, replace

import numpy as np

from c2m.production.lotsizing.decomposition.anew import plan_few_anew
from c2m.production.lotsizing.decomposition.exchange import (
    assembled,
    exchange,
    plans_near,
    pool_of,
)
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import (
    Plans,
    SmallIntArray,
    loads,
    quantities,
)
from c2m.production.lotsizing.decomposition.price import Priced
from c2m.production.lotsizing.decomposition.resize import resize, resources
from c2m.production.lotsizing.decomposition.shares import GroupTerms
from c2m.production.problem import FloatArray, IntArray

_MOST = 2_000
"""SKUs whose plans may still change."""

_STARTS, _STARTS_OF_FEW, _STARTS_OF_MANY = 14, 42, 4
"""Orders in which their plans are exchanged."""

_MANY = 5_000
"""Free SKUs from which there are few orders, as giving sizes to runs takes longest."""

_FEW = 400
"""SKUs up to which a few at a time are planned anew together."""

_CYCLES = 20_000_000
"""Cycles (ways, SKUs, arrivals, ends) up to which there is the memory for it."""

_AGAIN = 3
"""How many of the best plans that is done with."""


@dataclass(frozen=True)
class Choice:
    """One plan for every SKU with whole quantities.

    Parameters
    ----------
    way : ndarray of int16, shape (n_periods, n_skus)
        Which item makes the run that arrives in a period; -1 for no run.
    brought : ndarray, shape (n_periods, n_skus)
        Units by the period in which they arrive.
    """

    way: SmallIntArray
    brought: FloatArray


def choose(
    known: Known,
    priced: Priced,
    seed: int = 0,
    groups: GroupTerms | None = None,
    rewarded: Known | None = None,
) -> Choice:
    """Choose one plan for every SKU so that capacity and overtime hold as far as they can.

    Parameters
    ----------
    known : Known
        The problem.
    priced : Priced
        Prices, plans and weights.
    seed : int
        Of the price changes that give more plans, and of the SKUs that are planned together.
    groups : GroupTerms, optional
        Limits on groups; their set-ups are no part of it, only the MOQs of those that run.
    rewarded : Known, optional
        The problem with a bonus for pieces of MOQs, by which plans are exchanged.

    Returns
    -------
    Choice
        A limit may still be exceeded a little.
    """
    plans = pick(priced)
    skus = _free(known, priced, plans, groups is not None)
    mine = plans.take(skus)
    part = known.take(skus)
    one = np.zeros(known.n_skus, dtype=np.int64)
    others = loads(known, plans, one, 1) - loads(part, mine, one[skus], 1)
    part = replace(part, regular=known.regular - others.reshape(known.regular.shape))
    few = groups is None and _are_few(known)
    rng = np.random.default_rng(seed)
    like = part if rewarded is None else replace(rewarded.take(skus), regular=part.regular)
    plenty = plans_near(like, priced, mine, skus, rng)
    pool = pool_of(like, plenty, priced.prices)
    starts = _STARTS_OF_FEW if few else _STARTS if len(skus) < _MANY else _STARTS_OF_MANY
    orders = exchange(part, pool, rng, starts)
    found = [_sized(part, assembled(plenty, chosen), priced, groups) for chosen in orders]
    found.sort(key=_value, reverse=True)
    if few:
        for number, start in enumerate(found[:_AGAIN]):
            new = plan_few_anew(part, start.plans, priced.prices, seed + number)
            found.append(_sized(part, new, priced, None))
    best = max(found, key=_value)
    way, total = plans.way.copy(), quantities(known, plans)
    way[:, skus], total[:, skus] = best.plans.way, best.brought
    return Choice(way, total)


def _are_few(known: Known) -> bool:
    """Say whether SKUs can be planned anew, a few at a time."""
    return known.n_skus <= _FEW and known.item_at.size * known.n_periods**2 <= _CYCLES


@dataclass(frozen=True)
class _Sized:
    """Plans with whole quantities, and what they bring."""

    plans: Plans
    brought: FloatArray
    value: float


def _value(found: _Sized) -> float:
    return found.value


def _sized(part: Known, plans: Plans, priced: Priced, groups: GroupTerms | None) -> _Sized:
    """Give the runs of plans their sizes."""
    brought = resize(part, plans, priced.prices, groups.entries if groups else None)
    spoilt = groups.missing(part, plans, brought) if groups else 0.0
    return _Sized(plans, brought, _worth(part, plans, brought) - spoilt)


def _worth(part: Known, plans: Plans, brought: FloatArray) -> float:
    """Return what quantities bring, less overtime and capacity that there is not."""
    supply, wanted = brought.cumsum(axis=0), part.wanted.cumsum(axis=0)
    lost = np.maximum(np.maximum.accumulate(wanted - supply, axis=0), 0.0)
    held = (supply - wanted + lost).sum(axis=0)
    income = part.worth * (wanted[-1] - lost[-1]) - part.holding_cost * held
    return float(income.sum()) - resources(part, plans.way, brought)


def pick(priced: Priced) -> Plans:
    """Take the rounds in the shares of the master's weights, group by group.

    Parameters
    ----------
    priced : Priced
        Plans and weights.

    Returns
    -------
    Plans
        One for each SKU.
    """
    group, weight = priced.group, priced.weight
    sizes = np.bincount(group)
    place = np.arange(len(group)) - np.searchsorted(group, group)
    share = (place + 0.5) / sizes[group]
    reached = np.cumsum(weight, axis=0)
    chosen = (reached[:-1, group] < share).sum(axis=0)  # [N]
    source, way = priced.plans[0].source.copy(), priced.plans[0].way.copy()
    for number in np.unique(chosen).tolist():
        here = chosen == number
        source[:, here] = priced.plans[number].source[:, here]
        way[:, here] = priced.plans[number].way[:, here]
    return Plans(source, way)


def _free(known: Known, priced: Priced, plans: Plans, every: bool) -> IntArray:
    """Return the SKUs that may change: those with other plans in rounds that count come first."""
    if every or known.n_skus <= _MOST:
        return np.arange(known.n_skus)
    different = np.zeros(known.n_skus)
    for number in np.flatnonzero(priced.weight.max(axis=1) > 1e-6).tolist():
        other = (priced.plans[number].way != plans.way).any(axis=0)
        different += other * priced.weight[number][priced.group]
    spread = np.arange(known.n_skus) * 0.618033988749895 % 1.0
    return np.sort(np.lexsort((spread, -different))[:_MOST])
