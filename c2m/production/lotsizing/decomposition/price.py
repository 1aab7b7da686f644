"""Prices of capacity: ask every SKU for its best plan, price again, until nothing is gained."""

from dataclasses import dataclass, field

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.master import Master
from c2m.production.lotsizing.decomposition.plans import Plans, best_plans, income, loads
from c2m.production.problem import FloatArray, IntArray

_GROUPS = 100
"""Most groups of SKUs in the master."""

_SHARE = 10
"""Prices are first settled on one SKU in so many."""

_LEAST = 200
"""SKUs that such a sample has at least."""

_CLOSE = 20.0
"""How much smaller the box is after a sample than without."""

_ROUNDS = 60
"""Most rounds."""

_SETTLED = 0.02
"""Gain still promised, as a share of the cost of a mean SKU, at which prices are settled."""

_MOST_SETTLED = 1e-5
"""The same as a share of the cost of all."""

_ROUGHLY = 1e-4
"""The same for a sample."""

_GOOD, _POOR = 0.5, 0.1
"""Share of a promised gain from which the box grows, and below which it shrinks."""


@dataclass
class Priced:
    """Prices and the plans met on the way.

    Parameters
    ----------
    prices : ndarray, shape (n_lines, n_periods)
        The best found, money per unit of capacity.
    bound : float
        The Lagrangian value at them: nothing brings more beyond making nothing.
    group : ndarray of int, shape (n_skus,)
        The group of each SKU in the master.
    plans : list of Plans
        One a round.
    weight : ndarray, shape (n_rounds, n_groups)
        Share of each round in each group by the last master.
    """

    prices: FloatArray
    bound: float
    group: IntArray
    plans: list[Plans] = field(default_factory=list)
    weight: FloatArray = field(default_factory=lambda: np.empty((0, 0)))


def price_plans(known: Known) -> Priced:
    """Find prices of capacity, a proved bound, and plans to choose from.

    Parameters
    ----------
    known : Known
        The problem.

    Returns
    -------
    Priced
        For `choose`.
    """
    start, width = first_prices(known)
    return settle(known, start, width, min(_SETTLED / known.n_skus, _MOST_SETTLED))


def first_prices(known: Known) -> tuple[FloatArray, FloatArray]:
    """Return prices to begin with and the width of the box around them, from a sample.

    Parameters
    ----------
    known : Known
        The problem.

    Returns
    -------
    prices, width : ndarray, shape (n_lines, n_periods)
        For `settle`.
    """
    start = np.zeros(known.regular.shape)
    width = price_scale(known)[:, None] / 4 + start
    if known.n_skus < _SHARE * _LEAST // 2:
        return start, width
    small = known.sample(min(_SHARE, known.n_skus // _LEAST))
    return settle(small, *first_prices(small), _ROUGHLY).prices, width / _CLOSE


def price_scale(known: Known) -> FloatArray:
    """Return a price of each line that is neither far too small nor far too large.

    Parameters
    ----------
    known : Known
        The problem.

    Returns
    -------
    ndarray, shape (n_lines,)
        Money per unit of capacity.
    """
    times = known.terms.unit_time
    worth = np.maximum(known.worth, 0.0).mean() / max(float(times.mean()), 1e-9)
    overtime = np.where(known.overtime_cost > 0, known.overtime_cost, np.inf)
    return np.asarray(np.maximum(np.minimum(overtime, worth), 1e-9))


def _totals(group: IntArray, values: FloatArray, n_groups: int) -> FloatArray:
    return np.bincount(group, values, n_groups).astype(np.float64)


def capacity_value(known: Known, prices: FloatArray) -> float:
    """Return what capacity is worth at its prices.

    Parameters
    ----------
    known : Known
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit.

    Returns
    -------
    float
        Money.
    """
    extra = np.maximum(prices - known.overtime_cost[:, None], 0.0)
    return float((prices * known.regular + extra * known.overtime).sum())


def settle(known: Known, start: FloatArray, width: FloatArray, tolerance: float) -> Priced:
    """Improve prices by cutting planes inside a box.

    Parameters
    ----------
    known : Known
        The problem.
    start, width : ndarray, shape (n_lines, n_periods)
        Prices to begin with, and the box around them.
    tolerance : float
        Gain still promised, as a share of the cost, at which prices are settled.

    Returns
    -------
    Priced
        The best prices, their bound, and the plans met on the way.
    """
    group = np.arange(known.n_skus) * min(known.n_skus, _GROUPS) // known.n_skus
    n_groups = int(group[-1]) + 1
    master = Master(known.regular, known.overtime, known.overtime_cost, n_groups)
    found = Priced(start, np.inf, group)
    prices, promised = start, np.inf
    all_served = float((known.worth * known.wanted.sum(axis=0)).sum())
    for number in range(_ROUNDS):
        plans, value = best_plans(known, prices)
        earned = income(known, plans)
        master.add(_totals(group, earned, n_groups), loads(known, plans, group, n_groups))
        found.plans.append(plans)
        bound = float(value.sum()) + capacity_value(known, prices)
        kept = (found.bound - bound) / promised if number else 1.0
        if bound < found.bound:
            found.bound, found.prices = bound, prices
        if number:
            width = width * (3.0 if kept > _GOOD else 0.5 if kept < _POOR else 1.0)
        answer = master.solve(np.maximum(found.prices - width, 0.0), found.prices + width)
        found.weight, prices = answer.weight, answer.prices
        promised = found.bound - answer.value
        if promised <= max(tolerance * (all_served - found.bound), 0.0):
            break
    return found
