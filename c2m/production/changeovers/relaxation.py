"""A schedule that may repeat or forget units, at a price on each: its cost is a bound.

A unit is a node for each slot that it may take. The cheapest path through the slots that knows only
the unit before it is found from the first slot to the last; it may visit a unit twice or never. A
price on each unit, taken off where it is visited and paid once in any case, keeps it a bound
(Lagrange), and moving prices by the visits that are wrong raises it.

An idle slot comes only right before a unit that is in its last possible slot: any other
unit could move into the idle slot, with the same changes and no more stock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.changeovers.case import SlotCase
from c2m.production.problem import FloatArray, IntArray

_PATIENCE: Final = 25
"""Moves of the prices without a better bound before they get smaller."""

_MOMENTUM: Final = 0.9
"""Share of the last move that the next one keeps."""


@dataclass(frozen=True, eq=False)
class Values:
    """Least costs of the slots before, prices taken off, of paths that know one unit.

    Parameters
    ----------
    made : ndarray, shape (n_slots, n_skus, most units)
        Of a slot and those before it, with the unit in the slot.
    busy : ndarray, shape (n_slots + 1, n_skus, most units)
        Of the slots before a slot that holds the unit.
    idle : ndarray, shape (n_slots + 1, n_skus, most units)
        Of the slots before an idle slot, with the unit made next after it.
    """

    made: FloatArray
    busy: FloatArray
    idle: FloatArray


def values_at(case: SlotCase, price: FloatArray) -> Values:
    """Return the least costs at given prices.

    Parameters
    ----------
    case : SlotCase
        The case.
    price : ndarray, shape (n_skus, most units)
        Money taken off for each visit of a unit.

    Returns
    -------
    Values
        Exact for the relaxed paths.
    """
    shape = price.shape
    made = np.empty((case.n_slots, *shape))
    busy = np.empty((case.n_slots + 1, *shape))
    idle = np.empty((case.n_slots + 1, *shape))
    is_first_of_sku = np.arange(shape[1]) == case.count[:, None] - 1
    busy[0] = np.where(is_first_of_sku, case.first[:, None], np.inf)
    idle[0] = busy[0]
    cost = case.slot_cost - price
    for slot in range(case.n_slots):
        made[slot] = cost[slot] + busy[slot]
        last = np.where(case.latest == slot, made[slot], np.inf)
        idle[slot + 1] = np.minimum(_before(case, last), idle[slot])
        busy[slot + 1] = np.minimum(_before(case, made[slot]), idle[slot])
    return Values(made, busy, idle)


def _before(case: SlotCase, made: FloatArray) -> FloatArray:
    """Return the least cost before each unit if a unit comes right before it."""
    best = np.empty(made.shape)
    best[:] = (case.changed + made.min(axis=1)[:, None]).min(axis=0)[:, None]
    np.minimum(best[:, :-1], made[:, 1:], out=best[:, :-1])
    return best


def visits_of(case: SlotCase, values: Values) -> tuple[float, IntArray]:
    """Return the cheapest path.

    Parameters
    ----------
    case : SlotCase
        The case.
    values : Values
        See `values_at`.

    Returns
    -------
    cost : float
        Of the path, prices taken off.
    visits : ndarray, shape (n_skus, most units)
        How often it visits each unit.
    """
    visits = np.zeros(case.latest.shape, dtype=np.int64)
    slots = np.arange(case.n_slots)[:, None]
    start = np.where(case.latest[:, 0] == slots, values.made[:, :, 0] + case.onward, np.inf)
    slot, sku = (int(place) for place in np.unravel_index(start.argmin(), start.shape))
    cost, unit, idle = float(start[slot, sku]), 0, False
    while True:
        visits[sku, unit] += not idle
        if slot == 0:
            return cost, visits
        slot -= 1
        idle, sku, unit = _step_back(case, values, (slot, sku, unit), after_idle=idle)


def _step_back(
    case: SlotCase, values: Values, place: tuple[int, int, int], *, after_idle: bool
) -> tuple[bool, int, int]:
    """Return what the path has in a slot: whether it idles, and its next unit from there on."""
    slot, sku, unit = place
    made = values.made[slot]
    if after_idle:
        made = np.where(case.latest == slot, made, np.inf)
    least = made.min(axis=1)
    other = int((least + case.changed[:, sku]).argmin())
    costs = [least[other] + case.changed[other, sku], values.idle[slot][sku, unit], np.inf]
    if unit + 1 < made.shape[1]:
        costs[2] = made[sku, unit + 1]
    choice = int(np.argmin(costs))
    if choice == 0:
        return False, other, int(made[other].argmin())
    return (True, sku, unit) if choice == 1 else (False, sku, unit + 1)


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of units, and the bound that they prove.

    Parameters
    ----------
    price : ndarray, shape (n_skus, most units)
        Money per unit; 0 where there is none.
    bound : float
        No schedule costs less.
    """

    price: FloatArray
    bound: float


def raise_bound(
    case: SlotCase,
    start: Prices,
    cost: float,
    *,
    steps: int,
    length: float,
    late: Callable[[], bool],
) -> Prices:
    """Move prices so that the bound gets higher.

    Parameters
    ----------
    case : SlotCase
        The case.
    start : Prices
        Where to begin.
    cost : float
        Of the best schedule known.
    steps : int
        How many moves at most.
    length : float
        Of the first move, as a share of what would close the gap.
    late : callable
        Asked before each move whether it is time to stop.

    Returns
    -------
    Prices
        The best that were met.

    References
    ----------
    Held, Wolfe & Crowder (1974), *Mathematical Programming* 6, 62-88: subgradient steps.
    """
    best, price, idle_moves = start, start.price, 0
    move = np.zeros(price.shape)
    there = case.due >= 0
    for _ in range(steps):
        if late():
            break
        least, visits = visits_of(case, values_at(case, price))
        bound = least + price.sum()
        idle_moves += 1
        if bound > best.bound + 1e-9 * (1 + abs(cost)):
            best, idle_moves = Prices(price, bound), 0
        elif idle_moves == _PATIENCE:
            length, idle_moves = 0.6 * length, 0
        move = np.where(there, 1.0 - visits, 0.0) + _MOMENTUM * move
        size = float((move * move).sum())
        if size == 0 or cost - bound <= case.grain * 0.999:
            break
        price = price + length * (cost - bound) / size * move
    return best
