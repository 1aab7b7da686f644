"""Take back the changes to an old plan that earn less than a change costs, and make those that pay.

A change is a run that is added or dropped, or whose size differs by more than a tenth from that of
the old plan; with `Calm.free` 0, any other size. Every step sets runs of one SKU
(or pre-pack) to their old size, to the size of the new plan, or to the size next to it that is no
change; its gain is exact over all scenarios.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import block_values
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.lotsizing.whole_orders import profit_less_surplus
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem
from c2m.production.replanning.trials import cells, merges, other_sizes, single

SLACK = 0.1
"""Share of its old size by which a run may differ and is not changed."""

_SHARES = (0.5, 0.2, 0.05, 0.0)
"""By how much sizes are tried larger and smaller, as shares; 0 is one lot."""

_PASSES = 8
"""Rounds after which nothing more is tried, whatever it would bring."""

Part = tuple[int, int, int]
"""A run and its new size: item, period, units or packs."""


@dataclass(frozen=True)
class Calm:
    """What a plan is compared with, and what it costs to differ.

    Parameters
    ----------
    old : ndarray of int, shape (n_items, n_periods)
        The runs of the old plan, in units or packs.
    counts : ndarray of bool, shape (n_items, n_periods)
        Where the old plan has decided, so that a difference is a change.
    cost : float
        Money a change.
    place : ndarray of int, shape (n_items,)
        The same number for items that are one run to a planner: the price tiers of a block on
        a line by one mode.
    free : float
        Share of its old size by which a run may differ and is not changed.
    """

    old: IntArray
    counts: BoolArray
    cost: float
    place: IntArray
    free: float = SLACK

    def other(self, made: IntArray) -> BoolArray:
        """Say which runs have another size than in the old plan, however little they differ.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            A plan.

        Returns
        -------
        ndarray of bool, shape (n_places, n_periods)
            By place, where the old plan has decided.
        """
        return np.asarray(
            (self.total(made) != self.total(self.old)) & (self.total(self.counts) > 0)
        )

    def changed(self, made: IntArray) -> BoolArray:
        """Say which runs differ from the old plan by so much that it costs.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            A plan.

        Returns
        -------
        ndarray of bool, shape (n_places, n_periods)
            By place.
        """
        return differ(self.total(made), self.total(self.old), self.free) & (
            self.total(self.counts) > 0
        )

    def total(self, made: IntArray | BoolArray) -> IntArray:
        """Add up what the items of a place make.

        Parameters
        ----------
        made : ndarray, shape (n_items, n_periods)
            Units or packs.

        Returns
        -------
        ndarray of int, shape (n_places, n_periods)
            By place.
        """
        sums = np.zeros((int(self.place.max(initial=-1)) + 1, made.shape[1]), dtype=np.int64)
        np.add.at(sums, self.place, made)
        return sums

    @property
    def first_items(self) -> IntArray:
        """The first item of each place, shape (n_places,)."""
        return np.asarray(np.unique(self.place, return_index=True)[1], dtype=np.int64)

    def net(self, problem: Problem, made: IntArray) -> float:
        """Return the expected profit of a plan, materials left paid, less what its changes cost.

        Parameters
        ----------
        problem : Problem
            The problem.
        made : ndarray of int, shape (n_items, n_periods)
            The plan.

        Returns
        -------
        float
            Money.
        """
        return profit_less_surplus(problem, made) - self.charge(made)

    def charge(self, made: IntArray) -> float:
        """Return what the changes of a plan cost.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            The plan.

        Returns
        -------
        float
            Money.
        """
        return self.cost * float(np.count_nonzero(self.changed(made)))


def differ(made: IntArray, old: IntArray, free: float = SLACK) -> BoolArray:
    """Say which sizes are added, dropped, or off by more than a share.

    Parameters
    ----------
    made, old : ndarray of int, same shape
        Sizes now and before.
    free : float
        Share of the size before by which one may be off.

    Returns
    -------
    ndarray of bool, same shape
        True for a change.

    Examples
    --------
    >>> differ(np.array([0, 5, 0, 110, 111]), np.array([0, 0, 5, 100, 100])).tolist()
    [False, True, True, False, True]
    """
    off = np.abs(made - old) > free * old + 1e-9
    return np.asarray(((made > 0) != (old > 0)) | off)


def keep_calm(problem: Problem, start: IntArray, new: IntArray, calm: Calm) -> IntArray:
    """Change a plan step by step while its profit less the cost of its changes rises.

    Parameters
    ----------
    problem : Problem
        The problem.
    start : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.
    new : ndarray of int, shape (n_items, n_periods)
        The plan that would be made if changes cost nothing.
    calm : Calm
        The old plan, and what a change costs.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit, at least as good as `start`.
    """
    search = _Search(Draft(problem, start), calm)
    old = np.where(calm.counts, calm.old, new)
    targets = [np.where(_allowed(problem, target), target, start)
               for target in (old, _next_to(problem, calm, new), new)]  # fmt: skip
    for _ in range(_PASSES):
        done = sum([search.towards(target) for target in targets])
        if calm.cost > 0:  # what is changed anyway may take over what is taken back
            done += search.resize()
        if not done:
            break
    return search.draft.made


def _allowed(problem: Problem, size: IntArray) -> BoolArray:
    """Say which sizes hold the limits of their own run."""
    items = problem.items
    fits = (size >= items.moq[:, None]) & (size <= items.most)
    return np.asarray((size == 0) | (fits & (size % items.multiple[:, None] == 0)))


def sizes_kept(problem: Problem, calm: Calm) -> tuple[IntArray, IntArray]:
    """Return the smallest and the largest size of each old run that is no change.

    Parameters
    ----------
    problem : Problem
        The problem.
    calm : Calm
        The old plan.

    Returns
    -------
    least, largest : ndarray of int, shape (n_items, n_periods)
        In whole lots within the limits of the run; the first is above the second where there is
        no such size.
    """
    items, multiple = problem.items, problem.items.multiple[:, None]
    least = -(-np.ceil((1 - calm.free) * calm.old - 1e-9) // multiple) * multiple
    largest = np.floor((1 + calm.free) * calm.old + 1e-9) // multiple * multiple
    least = np.maximum(least, items.moq[:, None]).astype(np.int64)
    return least, np.minimum(largest, items.most).astype(np.int64)


def _next_to(problem: Problem, calm: Calm, new: IntArray) -> IntArray:
    """Return the sizes nearest to the new plan that are no change to the old one."""
    least, largest = sizes_kept(problem, calm)
    near = np.clip(new, least, np.maximum(least, largest))
    kept = np.where((calm.old > 0) & (least <= largest), near, calm.old)
    return np.where(calm.counts, kept, new)


class _Search:
    """A draft, and how it differs from the old plan."""

    def __init__(self, draft: Draft, calm: Calm) -> None:
        self.draft, self.calm = draft, calm
        self.now, self.old = calm.total(draft.made), calm.total(calm.old)
        self.counts = calm.total(calm.counts) > 0
        self.tolerance = 1e-9 * (1.0 + abs(draft.profit()))

    def towards(self, target: IntArray) -> int:
        """Try to set runs to the sizes of a target; return how many steps were made."""
        done = self._whole_blocks(target)
        return done + sum([self._steps(change) for change in cells(self.draft, target)])

    def resize(self) -> int:
        """Try other sizes of the runs there are, and two of them as one; count the steps."""
        done = 0
        for share in _SHARES:
            for way in (1, -1):
                target = other_sizes(self.draft, share, way)
                done += sum([self._steps(change) for change in single(self.draft, target)])
        return done + sum([self._steps(change) for change in merges(self.draft)])

    def _steps(self, change: Change) -> int:
        """Make those of the changes of different blocks that pay, the best first."""
        count, done = len(change.parts), 0
        gain = self.draft.gains(change)
        hope = gain + self.calm.cost * count + _saved_overtime(self.draft, change)
        for row in np.argsort(-hope, kind="stable").tolist():
            if hope[row] <= -self.tolerance:
                break
            parts = [(int(i[row]), int(w[row]), int(s[row])) for i, w, s in change.parts]
            done += self._step(parts, float(gain[row]))
        return done

    def _whole_blocks(self, target: IntArray) -> int:
        """Set all runs of a block to the target's sizes, where that pays."""
        problem, draft = self.draft.problem, self.draft
        gain = block_values(problem, target) - block_values(problem, draft.made)
        of_block: dict[int, list[Part]] = {}
        for item, when in np.argwhere(draft.made != target).tolist():
            part = (item, when, int(target[item, when]))
            of_block.setdefault(int(problem.items.block[item]), []).append(part)
        order = sorted(of_block, key=lambda block: -float(gain[block]))
        return sum([self._step(of_block[block], float(gain[block])) for block in order])

    def _step(self, parts: Sequence[Part], gain: float) -> int:
        """Set runs of a block to other sizes if that pays and holds every limit."""
        parts = [part for part in parts if self.draft.made[part[:2]] != part[2]]
        more = self._more_changes(parts)
        worth = gain - self.calm.cost * more
        cost = cost_of(self.draft, parts) if parts else None
        if cost is None or worth - cost <= (-self.tolerance if more < 0 else self.tolerance):
            return 0
        for item, when, size in parts:
            self.now[self.calm.place[item], when] += size - int(self.draft.made[item, when])
        self.draft.apply(parts)
        return 1

    def _more_changes(self, parts: Sequence[Part]) -> int:
        """Return how many changes new sizes add."""
        sizes: dict[tuple[int, int], int] = {}
        for item, when, size in parts:
            key = int(self.calm.place[item]), when
            before = sizes.get(key, int(self.now[key]))
            sizes[key] = before + size - int(self.draft.made[item, when])
        keys = [key for key in sizes if self.counts[key]]
        old = np.array([self.old[key] for key in keys])
        was, new = np.array([self.now[key] for key in keys]), np.array([sizes[key] for key in keys])
        free = self.calm.free
        return int(differ(new, old, free).sum()) - int(differ(was, old, free).sum())


def cost_of(draft: Draft, parts: Sequence[Part]) -> float | None:
    """Return the change in overtime and group set-ups, or None where a limit breaks.

    Parameters
    ----------
    draft : Draft
        The plan.
    parts : sequence of (item, period, new size)
        Any runs of it.

    Returns
    -------
    float or None
        Money.
    """
    if not draft.taken.fits(draft.made, parts):
        return None
    total = 0.0
    for when in sorted({part[1] for part in parts}):
        cost = draft.cost_if_fits([part for part in parts if part[1] == when])
        if cost is None:
            return None
        total += cost
    return total


def _saved_overtime(draft: Draft, change: Change) -> FloatArray:
    """Return no less than the overtime and group set-ups that changes may save."""
    problem, saved = draft.problem, np.zeros(len(change))
    for item, when, size in change.parts:
        line = problem.items.line[item]
        freed = np.maximum(-draft.usage_change(item, when, size), 0.0)
        over = np.maximum(draft.used[line, when] - problem.regular[line, when], 0.0)
        saved += problem.overtime_cost[line] * np.minimum(freed, over)
        if draft.groups_of:
            groups = [draft.groups_of.get(one, ()) for one in item.tolist()]
            saved += [sum(group.setup_cost for group in of_item) for of_item in groups]
            time = [sum(group.setup_time for group in of_item) for of_item in groups]
            saved += problem.overtime_cost[line] * time
    return saved
