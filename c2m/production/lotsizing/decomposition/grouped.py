"""Known demand with limits on groups: runs that come together, exchanged and sized."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from c2m.production.lotsizing.decomposition.exchange import Pool, assembled, exchange
from c2m.production.lotsizing.decomposition.master import Master
from c2m.production.lotsizing.decomposition.plans import Plans
from c2m.production.lotsizing.decomposition.price import Priced, price_scale
from c2m.production.lotsizing.decomposition.resize import resize
from c2m.production.lotsizing.decomposition.shares import GroupTerms, price_groups
from c2m.production.lotsizing.decomposition.together import Together
from c2m.production.problem import BoolArray, FloatArray

_URGES = (2.0, 4.0, 8.0)
"""Prices of a missing piece that are tried, in times of holding it through a cycle."""

_TRIES = 120_000
"""Random changes of runs, times the SKUs."""

_MOST_TRIES = 250
"""Most of them for each unit."""

_FITS = 3
"""How often runs are changed with the overtime that they cause, then sized."""

_ROUNDS = 10
"""How often capacity is priced again for runs that come together."""

_GROUPS = 100
"""Most groups of units in the master."""

_BOX, _PART = 8.0, 0.5
"""Price scale over the width of the box, and how far prices move in it."""

_STARTS = 8
"""Orders in which the plans of units are exchanged."""


def price_and_choose(
    group_terms: GroupTerms, seed: int = 0
) -> tuple[Priced, Iterator[tuple[Plans, FloatArray]]]:
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
    choices : iterator of (Plans, ndarray)
        Plans and their units by arrival, (n_periods, n_skus); each from another order.
    """
    priced, rate = price_groups(group_terms)
    return priced, _choices(Together(group_terms, rate), group_terms, priced.prices, seed)


def _choices(
    together: Together, group_terms: GroupTerms, prices: FloatArray, seed: int
) -> Iterator[tuple[Plans, FloatArray]]:
    rng, known = np.random.default_rng(seed), group_terms.known
    plans, prices = _plenty(together, prices, rng)
    scores = [together.score(plan) for plan in plans]
    earned = np.stack([score[0] for score in scores], axis=1)
    pool = Pool.of(earned, np.stack([score[1] for score in scores], axis=1), prices.ravel())
    best, most = plans[0], -np.inf
    for chosen in exchange(known, pool, rng, _STARTS):
        of_skus = {
            plan: np.flatnonzero(np.isin(together.unit, units)) for plan, units in chosen.items()
        }
        new = assembled(plans, of_skus)
        gained, usage = together.score(new)
        value = float(gained.sum()) - known.overtime_money(usage.sum(axis=0))
        if value > most:
            best, most = new, value
    for _ in range(_FITS):
        yield best, resize(known, best, prices, group_terms.entries)
        best = together.fit(best, prices, rng, min(_TRIES // known.n_skus, _MOST_TRIES) // _FITS)
    yield best, resize(known, best, prices, group_terms.entries)


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
        runs = _better_of(together, runs, _best_runs(together, prices), prices)
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
    """Return the best runs of every unit: those that missing pieces of any price give."""
    starts = [together.open_runs(prices, urge) for urge in _URGES]
    runs = starts[0].copy()
    net = together.net(together.plans(runs, prices), prices)
    for other in starts[1:]:
        value = together.net(together.plans(other, prices), prices)
        better = value > net
        runs[better], net[better] = other[better], value[better]
    return runs
