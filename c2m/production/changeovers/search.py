"""Schedules slot by slot from the last to the first, as many at once as may be kept.

Partial schedules with the same units made and the same SKU next are one state: only the cheapest
counts. A state goes where its cost with the bound of what is still to come is no better than a
schedule that is known. Where no state had to go for want of room, the best schedule is found, or
that which was known is proved; where some had to, the least of their bounds is a bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from c2m.production.changeovers.case import NEVER, SlotCase
from c2m.production.changeovers.relaxation import values_at
from c2m.production.problem import BoolArray, FloatArray, IntArray

_WORD = 2**62
"""Most combinations of counts that one whole number tells apart."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Parameters
    ----------
    made : ndarray, shape (n_slots,), or None
        SKUs of the best schedule; None if none is better than the one known.
    bound : float
        Every schedule that is better than the one known, and not found, costs at least so much;
        infinite if there is none.
    """

    made: IntArray | None
    bound: float


@dataclass(frozen=True, eq=False)
class _States:
    """Partial schedules of the slots from one on.

    Parameters
    ----------
    made : ndarray, shape (n_states, n_skus)
        Units made.
    after : ndarray, shape (n_states,)
        SKU made next; `NEVER` if none is.
    idle : ndarray of bool, shape (n_states,)
        Whether nothing is made in the last slot that was filled.
    cost, bound : ndarray, shape (n_states,)
        Cost so far, and the least that whole schedules cost.
    parent, sku : ndarray, shape (n_states,)
        The state before, and what was made since; `NEVER` for nothing.
    """

    made: IntArray
    after: IntArray
    idle: BoolArray
    cost: FloatArray
    bound: FloatArray
    parent: IntArray
    sku: IntArray

    def __len__(self) -> int:
        return len(self.cost)

    def only(self, rows: IntArray | BoolArray) -> "_States":
        """Return some of them."""
        return _States(
            self.made[rows],
            self.after[rows],
            self.idle[rows],
            self.cost[rows],
            self.bound[rows],
            self.parent[rows],
            self.sku[rows],
        )


class Search:
    """A search at given prices of units.

    Parameters
    ----------
    case : SlotCase
        A case that is feasible.
    price : ndarray, shape (n_skus, most units)
        See `values_at`.
    late : callable
        Asked at each slot whether it is time to stop.
    """

    def __init__(self, case: SlotCase, price: FloatArray, late: Callable[[], bool]) -> None:
        self._case, self._late = case, late
        self._values = values_at(case, price)
        self._left = _left(price)
        self._latest, self._due = (
            np.pad(slots, ((0, 0), (0, 1)), constant_values=NEVER)
            for slots in (case.latest, case.due)
        )

    def best(self, cost: float, room: int) -> Found:
        """Return the best schedule below a cost.

        Parameters
        ----------
        cost : float
            Of the schedule that is known.
        room : int
            States that are kept at each slot.

        Returns
        -------
        Found
            The schedule and the bound. If it is late there is no schedule, but still a bound.
        """
        case = self._case
        most = cost - 0.999 * case.grain if case.grain else cost - 1e-9 * (1 + abs(cost))
        states, dropped = self._start(), np.inf
        steps: list[tuple[IntArray, IntArray]] = []
        for slot in range(case.n_slots - 1, -1, -1):
            if self._late():
                return Found(None, min(dropped, float(states.bound.min())))
            states, least = _roomy(_cheapest(self._next(states, slot, most), case.count), room)
            dropped = min(dropped, least)
            if not len(states):
                return Found(None, dropped)
            steps.append((states.parent, states.sku))
        return Found(_schedule(steps, int(states.bound.argmin())), dropped)

    def _start(self) -> _States:
        none, nothing = np.array([NEVER]), np.zeros((1, len(self._case.skus)), dtype=np.int64)
        zero, bound = np.zeros(1), np.array([-np.inf])
        return _States(nothing, none, np.ones(1, dtype=bool), zero, bound, none, none)

    def _next(self, states: _States, slot: int, most: float) -> _States:
        """Return the states with one more slot whose bound is at most a cost."""
        busy, idle = self._busy(states, slot, most), self._idle(states, slot, most)
        return _States(
            np.concatenate([busy.made, idle.made]),
            np.concatenate([busy.after, idle.after]),
            np.concatenate([busy.idle, idle.idle]),
            np.concatenate([busy.cost, idle.cost]),
            np.concatenate([busy.bound, idle.bound]),
            np.concatenate([busy.parent, idle.parent]),
            np.concatenate([busy.sku, idle.sku]),
        )

    def _busy(self, states: _States, slot: int, most: float) -> _States:
        """Return the states with a unit in the slot."""
        case, each = self._case, np.arange(len(self._case.skus))
        latest = self._latest[each, states.made]  # [M, S]
        fits = (latest >= slot) & (~states.idle[:, None] | (latest == slot))
        parent, sku = np.nonzero(fits)
        unit, after = states.made[parent, sku], states.after[parent]
        change = np.where(after == NEVER, case.onward[sku], case.changeover[sku, after])
        held = case.holding[sku] * (self._due[sku, unit] - slot)
        cost = states.cost[parent] + change + held
        left = self._left[each, states.made].sum(axis=1)
        to_come = left[parent] - self._left[sku, unit] + self._left[sku, unit + 1]
        bound = cost + to_come + self._values.busy[slot][sku, unit]
        keep = bound <= most
        parent, sku = parent[keep], sku[keep]
        made = states.made[parent]
        made[np.arange(len(sku)), sku] += 1
        no_idle = np.zeros(len(sku), dtype=bool)
        return _States(made, sku, no_idle, cost[keep], bound[keep], parent, sku)

    def _idle(self, states: _States, slot: int, most: float) -> _States:
        """Return the states with nothing in the slot."""
        each = np.arange(len(self._case.skus))
        after, started = states.after, states.after != NEVER
        unit = states.made[np.arange(len(states)), after] - 1
        to_come = self._left[each, states.made].sum(axis=1) + self._values.idle[slot][after, unit]
        bound = np.where(started, states.cost + to_come, -np.inf)
        fits = (bound <= most) & (self._case.count.sum() - states.made.sum(axis=1) <= slot)
        parent = np.flatnonzero(fits)
        cost, sku = states.cost[parent], np.full(len(parent), NEVER)
        idle = np.ones(len(parent), dtype=bool)
        return _States(states.made[parent], after[parent], idle, cost, bound[parent], parent, sku)


def _left(price: FloatArray) -> FloatArray:
    """Return the prices of the units from each on, shape (n_skus, most units + 1)."""
    left = np.zeros((len(price), price.shape[1] + 1))
    left[:, :-1] = price[:, ::-1].cumsum(axis=1)[:, ::-1]
    return left


def _cheapest(states: _States, count: IntArray) -> _States:
    """Return the cheapest of the states that differ in the past only."""
    keys = (states.cost, 2 * states.after + states.idle, *_codes(states.made, count))
    order = np.lexsort(keys)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in keys[1:]:
        new[1:] |= key[order[1:]] != key[order[:-1]]
    return states.only(order[new])


def _codes(made: IntArray, count: IntArray) -> list[IntArray]:
    """Return whole numbers, as few as need be, that tell counts of units apart."""
    codes, size = [np.zeros(len(made), dtype=np.int64)], 1
    for sku, most in enumerate(count.tolist()):
        if size * (most + 1) > _WORD:
            codes.append(np.zeros(len(made), dtype=np.int64))
            size = 1
        codes[-1] += made[:, sku] * size
        size *= most + 1
    return codes


def _roomy(states: _States, room: int) -> tuple[_States, float]:
    """Return the states of the least bounds, and the least bound of the others."""
    if len(states) <= room:
        return states, np.inf
    order = np.argsort(states.bound, kind="stable")
    return states.only(np.sort(order[:room])), float(states.bound[order[room]])


def _schedule(steps: list[tuple[IntArray, IntArray]], state: int) -> IntArray:
    """Return the SKU of each slot, going back from a state of the first slot."""
    made = np.full(len(steps), NEVER)
    for slot, (parent, sku) in enumerate(reversed(steps)):
        made[slot] = sku[state]
        state = int(parent[state])
    return made
