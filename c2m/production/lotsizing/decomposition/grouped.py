"""Known demand with limits on groups: when each group runs, then every SKU between these runs."""

from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter

import numpy as np
from scipy.sparse import csr_matrix

from c2m.production.lotsizing.decomposition.choose import Choice, choose
from c2m.production.lotsizing.decomposition.exchange import Pool, assembled, exchange
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.master import Master
from c2m.production.lotsizing.decomposition.plans import Plans
from c2m.production.lotsizing.decomposition.price import Priced, price_scale, settle
from c2m.production.lotsizing.decomposition.shares import GroupTerms, price_groups
from c2m.production.lotsizing.decomposition.together import Together
from c2m.production.problem import BoolArray, FloatArray

_URGES = (2.0, 4.0, 8.0)
"""Prices of a missing piece that are tried, in times of holding it through a cycle."""

_LIKELY = (0.4, 0.5, 0.6)
"""How often a unit runs in the average plan in periods that are tried together."""

_TRIES = 160_000
"""Random changes of runs, times the SKUs."""

_MOST_TRIES = 250
"""Most of them for each unit."""

_ROUNDS = 20
"""How often capacity is priced again for runs that come together."""

_GROUPS = 100
"""Most groups of units in the master."""

_BOX, _PART = 8.0, 0.5
"""Price scale over the width of the box, and how far prices move in it."""

_STARTS = 4
"""Orders in which the plans of units are exchanged."""

_TAKEN = 3
"""How many of them are planned to the end: what is promised here is not what is kept there."""

_CLOSELY = 2e-5
"""Gain still promised, as a share of the cost, at which prices between set runs are settled."""

_FEW = 200
"""SKUs up to which MOQs are also filled without a bonus for their pieces."""


def price_and_choose(group_terms: GroupTerms, seed: int = 0) -> tuple[Priced, list[Choice]]:
    """Price capacity and groups, then choose plans whose runs come together.

    Parameters
    ----------
    group_terms : GroupTerms
        The problem and its limits on groups.
    seed : int
        Of the changes that are tried.

    Returns
    -------
    priced : Priced
        Prices and the proved bound.
    choices : list of Choice
        Each has one plan for every SKU; of few SKUs there are several. A limit may still be
        exceeded a little.
    """
    priced, rate, shares = price_groups(group_terms)
    bonuses = (1.0, 0.0) if group_terms.known.n_skus <= _FEW else (1.0,)
    paid = [replace(shares, bonus=bonus * shares.bonus) for bonus in bonuses]
    together = [Together(group_terms, rate, each) for each in paid]
    return priced, [each for units in together for each in _choices(units, priced, seed)]


def _choices(together: Together, priced: Priced, seed: int) -> Iterator[Choice]:
    """Choose when groups run, then one plan for every SKU."""
    group_terms, rng = together.group_terms, np.random.default_rng(seed)
    plans, prices = _plenty(together, priced.prices, rng)
    for given, rewarded, settled in _when_groups_run(together, plans, prices, rng):
        yield choose(given, settled, seed, group_terms, rewarded)


def _when_groups_run(
    together: Together, plans: list[Plans], prices: FloatArray, rng: np.random.Generator
) -> list[tuple[Known, Known, Priced]]:
    """Exchange the plans of units, and keep the runs of groups that leave SKUs the most.

    Once the runs of groups are set, every SKU is planned by itself again, so that capacity can
    be priced anew: SKUs use it far better than units do. Returned are the problem between these
    runs, the same with a bonus for the pieces of MOQs, and prices of the second.
    """
    scores = [together.score(plan) for plan in plans]
    earned, usage = (np.stack([score[part] for score in scores], axis=1) for part in (0, 1))
    pool = Pool.of(earned, usage @ prices.ravel(), usage.__getitem__, usage[:, 0].sum(axis=0))
    width = np.broadcast_to(price_scale(together.known)[:, None] / _BOX, prices.shape)
    found: list[tuple[float, tuple[Known, Known, Priced]]] = []
    for chosen in exchange(together.known, pool, rng, _STARTS):
        of_skus = {
            plan: np.flatnonzero(np.isin(together.unit, units)) for plan, units in chosen.items()
        }
        given, rewarded, setups = together.given(assembled(plans, of_skus))
        settled = settle(rewarded, prices, width, _CLOSELY)
        value = settled.bound - setups - together.missing(settled)
        found.append((value, (given, rewarded, settled)))
    found.sort(key=itemgetter(0), reverse=True)
    return [between for _, between in found[:_TAKEN]]


def _plenty(
    together: Together, prices: FloatArray, rng: np.random.Generator
) -> tuple[list[Plans], FloatArray]:
    """Price capacity again, for runs that come together; return the plans met, and the prices."""
    known = together.known
    group = np.arange(together.n_units) * min(together.n_units, _GROUPS) // together.n_units
    count = int(group[-1]) + 1
    master = Master(known.regular, known.overtime, known.overtime_cost, count)
    to_group = csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))))
    tries = min(_TRIES // known.n_skus, _MOST_TRIES)
    runs, width = _best_runs(together, prices), price_scale(known)[:, None] / _BOX
    plans = []
    for number in range(_ROUNDS):
        part = tries // 2 if number == 0 else tries // (2 * _ROUNDS)
        other = together.open_runs(prices, _URGES[number % len(_URGES)])
        runs = _better_of(together, runs, other, prices)
        runs, found = together.search(runs, prices, rng, max(part, 1))
        plans.append(found)
        earned, usage = together.score(found)
        master.add(np.asarray(to_group @ earned), np.asarray(to_group @ usage))
        answer = master.solve(np.maximum(prices - width, 0.0), prices + width)
        prices = prices + _PART * (answer.prices - prices)
    return plans, prices


def _better_of(
    together: Together, runs: BoolArray, other: BoolArray, prices: FloatArray
) -> BoolArray:
    """Return the better runs of each unit."""
    first, second = (together.net(together.plans(each, prices), prices) for each in (runs, other))
    return np.where((second > first)[:, None, None], other, runs)


def _best_runs(together: Together, prices: FloatArray) -> BoolArray:
    """Return the best runs of every unit: of a price of missing pieces, or likely."""
    starts = [together.open_runs(prices, urge) for urge in _URGES]
    starts += [together.likely_runs(least) for least in _LIKELY]
    runs = starts[0].copy()
    net = together.net(together.plans(runs, prices), prices)
    for other in starts[1:]:
        value = together.net(together.plans(other, prices), prices)
        better = value > net
        runs[better], net[better] = other[better], value[better]
    return runs
