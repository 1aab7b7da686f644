"""From a greedy schedule to one that is proved, or close: prices, windows, wider searches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.changeovers.case import NEVER, SlotCase, greedy
from c2m.production.changeovers.relaxation import Prices, raise_bound
from c2m.production.changeovers.search import Search
from c2m.production.changeovers.window import window_of
from c2m.production.problem import IntArray

_ROUNDS: Final = ((100, 1.0, 100), (100, 1.0, 300), (200, 0.5, 300), (200, 0.5, 3_000))
"""Moves of prices, the length of the first, and the room of the search after them."""

_MORE: Final = (200, 0.5, 7)
"""The same for what follows, where room grows so many times."""


_WINDOW: Final = 40
"""Slots of a window."""

_IN_WINDOW: Final = ((60, 1.0, 100), (60, 0.7, 300))
"""Moves of prices, length and room for a window."""


@dataclass(frozen=True, eq=False)
class Solved:
    """A schedule and what is proved of it.

    Parameters
    ----------
    made : ndarray, shape (n_slots,)
        SKUs; -1 where nothing is made.
    cost, bound : float
        Its cost, and what no schedule can beat.
    """

    made: IntArray
    cost: float
    bound: float

    @property
    def proved(self) -> bool:
        """Whether no schedule is cheaper."""
        return self.cost - self.bound <= 1e-9 * (1 + abs(self.cost))


def solve(case: SlotCase, room: int, late: Callable[[], bool]) -> Solved:
    """Find a schedule.

    Parameters
    ----------
    case : SlotCase
        A case that is feasible.
    room : int
        States that a search keeps at each slot at most.
    late : callable
        Asked now and then whether it is time to stop.

    Returns
    -------
    Solved
        The best schedule that was met.
    """
    made = greedy(case)
    best = Solved(made, float(case.cost(made).sum()), 0.0)
    prices = Prices(np.zeros(case.due.shape), 0.0)
    for number, (steps, length, width) in enumerate(_rounds(room)):
        prices, best = _round(case, prices, best, (steps, length, width), late)
        if best.proved or late():
            break
        if number == 0:
            best = improve_windows(case, best, late)
    return best


def _round(
    case: SlotCase,
    prices: Prices,
    best: Solved,
    size: tuple[int, float, int],
    late: Callable[[], bool],
) -> tuple[Prices, Solved]:
    """Raise the bound, and search with what it gives."""
    steps, length, width = size
    prices = raise_bound(case, prices, best.cost, steps=steps, length=length, late=late)
    best = _better(case, best, prices.bound)
    if not (best.proved or late()):
        best = _searched(case, best, Search(case, prices.price, late), width)
    return prices, best


def improve_windows(case: SlotCase, best: Solved, late: Callable[[], bool]) -> Solved:
    """Solve windows of the slots again and again until no window gets cheaper.

    Parameters
    ----------
    case : SlotCase
        The case.
    best : Solved
        A schedule that meets all due slots.
    late : callable
        Asked before each window whether it is time to stop.

    Returns
    -------
    Solved
        With the same bound.
    """
    last = np.inf
    while best.cost < last and not late():
        last = best.cost
        for start in range(0, case.n_slots, _WINDOW // 2)[::-1]:
            best = _in_window(case, best, start, late)
    return best


def _in_window(case: SlotCase, best: Solved, start: int, late: Callable[[], bool]) -> Solved:
    """Solve the slots of a window with all others as they are."""
    part, skus = window_of(case, best.made, start, start + _WINDOW)
    inside = best.made[start : start + _WINDOW]
    if len(skus) < 2 or late():
        return best
    position = np.full(len(case.skus), NEVER)
    position[skus] = np.arange(len(skus))
    now = np.where(inside == NEVER, NEVER, position[inside])
    solved = Solved(now, float(part.cost(now).sum()), 0.0)
    prices = Prices(np.zeros(part.due.shape), 0.0)
    for size in _IN_WINDOW:
        prices, solved = _round(part, prices, solved, size, late)
        if solved.proved:
            break
    made = best.made.copy()
    made[start : start + _WINDOW] = np.where(solved.made == NEVER, NEVER, skus[solved.made])
    cost = float(case.cost(made).sum())
    return Solved(made, cost, best.bound) if cost < best.cost else best


def _rounds(room: int) -> Iterator[tuple[int, float, int]]:
    """Yield moves of prices, their length and a room that grows up to the one given."""
    for steps, length, width in _ROUNDS:
        yield steps, length, min(width, room)
        if width >= room:
            return
    steps, length, growth = _MORE
    while width < room:
        width = min(growth * width, room)
        yield steps, length, width


def _searched(case: SlotCase, best: Solved, search: Search, width: int) -> Solved:
    """Return the better of a schedule and what a search finds."""
    found = search.best(best.cost, width)
    if found.made is None:
        return _better(case, best, found.bound)
    cost = float(case.cost(found.made).sum())
    return _better(case, Solved(found.made, cost, best.bound), found.bound)


def _better(case: SlotCase, best: Solved, bound: float) -> Solved:
    """Return a schedule with the better of its bound and another, rounded up to the grain."""
    if case.grain and np.isfinite(bound):
        bound = case.grain * np.ceil(bound / case.grain - 1e-3)
    return Solved(best.made, best.cost, max(best.bound, min(float(bound), best.cost)))
