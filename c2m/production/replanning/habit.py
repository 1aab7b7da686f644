"""A problem in which a change to the old plan costs money, for the planner of any other problem.

An old run that is kept is a way of its own to make the SKU there: its smallest and largest
size are a tenth off the old one, and its set-up costs less by what a change costs. Any other
run there is a second way, and runs where the old plan has none are a third, dearer by what a change
costs. Of the three a period holds one. What a plan of it earns is what the same plan earns less
the cost of its changes, but for a constant: the cost of changing every old run.
"""

from dataclasses import dataclass, replace

import numpy as np

from c2m.production.problem import (
    Allowance,
    FloatArray,
    GroupLimit,
    IntArray,
    Items,
    Members,
    Problem,
)
from c2m.production.replanning.calm import Calm, sizes_kept


@dataclass(frozen=True)
class Habit:
    """A problem with the cost of changes in it. Make it with `with_habit`.

    Parameters
    ----------
    problem : Problem
        Its items are copies of the first problem's.
    origin : ndarray of int, shape (n_copies,)
        The item of which each is a copy.
    """

    problem: Problem
    origin: IntArray

    def plain(self, made: IntArray) -> IntArray:
        """Return a plan in the items of the first problem.

        Parameters
        ----------
        made : ndarray of int, shape (n_copies, n_periods)
            Units or packs.

        Returns
        -------
        ndarray of int, shape (n_items, n_periods)
            The same.
        """
        plan = np.zeros((int(self.origin.max(initial=-1)) + 1, made.shape[1]), dtype=np.int64)
        np.add.at(plan, self.origin, made)
        return plan

    def laid(self, made: IntArray) -> IntArray:
        """Return a plan of the first problem in the copies, each run in the cheapest that can.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            Units or packs.

        Returns
        -------
        ndarray of int, shape (n_copies, n_periods)
            The same; without runs that no copy can make.
        """
        items, size = self.problem.items, made[self.origin]
        fits = (size > 0) & (size >= items.moq[:, None]) & (size <= items.most)
        plan, left = np.zeros_like(size), made > 0
        for row in np.argsort(items.setup_cost, kind="stable").tolist():
            here = fits[row] & left[self.origin[row]]
            plan[row, here] = size[row, here]
            left[self.origin[row], here] = False
        return plan


def with_habit(problem: Problem, calm: Calm) -> Habit:
    """Put the cost of changes into a problem.

    Parameters
    ----------
    problem : Problem
        The problem.
    calm : Calm
        The old plan, and what a change costs.

    Returns
    -------
    Habit
        The other problem.
    """
    items = problem.items
    had = (calm.total(calm.old) > 0)[calm.place]
    new = calm.counts & ~had & (items.most > 0)
    least, largest = sizes_kept(problem, calm)
    kept_item, kept_when = np.nonzero(calm.counts & (calm.old > 0) & (least <= largest))
    dearer = np.flatnonzero(new.any(axis=1))
    every = np.arange(problem.n_items)
    origin = np.concatenate([every, dearer, kept_item])
    n_plain, n_new = len(every), len(dearer)
    most = items.most[origin]
    most[:n_plain][calm.counts & ~had] = 0
    most[n_plain : n_plain + n_new][~new[dearer]] = 0
    rows = np.arange(n_plain + n_new, len(origin))
    most[rows] = 0
    most[rows, kept_when] = largest[kept_item, kept_when]
    moq, setup_cost = items.moq[origin], items.setup_cost[origin]
    moq[rows] = least[kept_item, kept_when]
    setup_cost[n_plain : n_plain + n_new] += calm.cost
    setup_cost[rows] -= calm.cost
    order = np.lexsort((np.arange(len(origin)), origin, items.line[origin], items.block[origin]))
    copies = _copied(items, origin, moq, most, setup_cost)
    return _ordered(problem, copies, origin, order)


def _copied(
    items: Items, origin: IntArray, moq: IntArray, most: IntArray, setup_cost: FloatArray
) -> Items:
    """Return copies of items with other limits and set-up costs."""
    same = ("block", "line", "unit_time", "setup_time", "multiple", "lead", "extra", "way")
    taken = {name: getattr(items, name)[origin] for name in same}
    return Items(**taken, moq=moq, most=most, setup_cost=setup_cost)


def _ordered(problem: Problem, copies: Items, origin: IntArray, order: IntArray) -> Habit:
    """Return the problem with copies of its items, in their order by block and line."""
    fields = {name: getattr(copies, name)[order] for name in Items.__dataclass_fields__}
    origin = origin[order]
    members = problem.members
    start = np.searchsorted(members.item, np.arange(problem.n_items + 1))
    count = np.diff(start)[origin]
    item = np.repeat(np.arange(len(origin)), count)
    offset = np.arange(len(item)) - np.repeat(np.cumsum(count) - count, count)
    member = np.repeat(start[:-1][origin], count) + offset
    habit = replace(
        problem,
        items=Items(**fields),
        members=Members(
            item=item,
            sku=members.sku[member],
            units=members.units[member],
            lead=members.lead[member],
            pieces=members.pieces[member],
        ),
        groups=tuple(_group(group, origin) for group in problem.groups),
        allowances=tuple(_allowance(allowance, origin) for allowance in problem.allowances),
        ways=tuple(replace(way, tier=way.tier or 1) for way in problem.ways),
        extra_parts={},
        bought=(),
    )
    return Habit(habit, origin)


def _group(group: GroupLimit, origin: IntArray) -> GroupLimit:
    copies, place = _places(group.items, origin)
    return replace(group, items=copies, weights=group.weights[place])


def _allowance(allowance: Allowance, origin: IntArray) -> Allowance:
    copies, place = _places(allowance.items, origin)
    return replace(
        allowance,
        items=copies,
        weights=allowance.weights[place],
        setups=allowance.setups[place],
    )


def _places(items: IntArray, origin: IntArray) -> tuple[IntArray, IntArray]:
    """Return the copies of some items, and the place of each one's origin among them."""
    place_of = np.full(int(origin.max(initial=-1)) + 1, -1, dtype=np.int64)
    place_of[items] = np.arange(len(items))
    copies = np.flatnonzero(place_of[origin] >= 0)
    return copies, place_of[origin[copies]]
