"""A plan under construction: runs, load and values, and what a change would bring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import arrivals, extra_paid, lost_so_far, money, overtime_money
from c2m.production.limits import limit_with_tolerance, line_usage
from c2m.production.lotsizing.taken import Taken
from c2m.production.problem import BoolArray, FloatArray, GroupLimit, IntArray, Problem

Part = tuple[int, int, int]
"""A run and its new size: item, period, units or packs."""


@dataclass(frozen=True)
class Change:
    """New sizes of runs, at most one entry a block: arrays of shape (n_changes,).

    Parameters
    ----------
    item, when, size : ndarray of int
        The run and its new size in units or packs.
    item2, when2, size2 : ndarray of int, optional
        A second run of the same block that changes with it.
    """

    item: IntArray
    when: IntArray
    size: IntArray
    item2: IntArray | None = None
    when2: IntArray | None = None
    size2: IntArray | None = None

    @property
    def parts(self) -> list[tuple[IntArray, IntArray, IntArray]]:
        """The one or two runs that change: item, period, new size."""
        first = [(self.item, self.when, self.size)]
        if self.item2 is None or self.when2 is None or self.size2 is None:
            return first
        return [*first, (self.item2, self.when2, self.size2)]

    def take(self, rows: IntArray | BoolArray) -> "Change":
        """Return some of the changes.

        Parameters
        ----------
        rows : ndarray of int or bool
            Which.

        Returns
        -------
        Change
            Those.
        """
        second = (self.item2, self.when2, self.size2)
        kept = [None if array is None else array[rows] for array in second]
        return Change(self.item[rows], self.when[rows], self.size[rows], *kept)

    def __len__(self) -> int:
        """Return how many changes there are."""
        return len(self.item)


class Draft:
    """A plan that is being improved; it changes through `apply` alone.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs to begin with.
    """

    def __init__(self, problem: Problem, made: IntArray) -> None:
        self.problem = problem
        self.made = made.copy()
        self.brought = arrivals(problem, made)
        cumulative = self.brought.cumsum(axis=1)
        self.sku_profit = money(problem, cumulative, lost_so_far(problem, cumulative)).profit
        self.used = line_usage(problem, made)
        self.limit = limit_with_tolerance(problem)
        self.taken = Taken(problem, self.made)
        self.groups_of: dict[int, list[GroupLimit]] = {}
        self._weight: dict[tuple[int, int], int] = {}  # (group, item) -> pieces in one of it
        self._pieces: dict[int, IntArray] = {}  # group -> pieces in each period
        for group in problem.groups:
            self._pieces[id(group)] = group.weights @ self.made[group.items]
            for item, weight in zip(group.items.tolist(), group.weights.tolist(), strict=True):
                self.groups_of.setdefault(item, []).append(group)
                self._weight[id(group), item] = weight
        self.group_setup_of = np.zeros(problem.n_items)
        for group in problem.groups:
            np.add.at(self.group_setup_of, group.items, group.setup_cost)
        self._member_at = np.searchsorted(problem.members.item, np.arange(problem.n_items + 1))
        self._sku_of = _single_skus(problem)

    def profit(self) -> float:
        """Return the expected profit of the plan."""
        problem = self.problem
        setups = float(np.sum(problem.items.setup_cost * np.count_nonzero(self.made, axis=1)))
        for group in problem.groups:
            count = np.count_nonzero((self.made[group.items] > 0).any(axis=0))
            setups += group.setup_cost * count
        if problem.items.has_extra:
            setups += float(extra_paid(problem, self.made).sum())
        return float(self.sku_profit.sum()) - setups - overtime_money(problem, self.used)

    def gains(self, change: Change) -> FloatArray:
        """Return what each change brings, before overtime and group set-ups.

        Parameters
        ----------
        change : Change
            Changes of different blocks.

        Returns
        -------
        ndarray, shape (n_changes,)
            Expected money.
        """
        problem = self.problem
        rows, brought = self._brought_with(change)
        cumulative = brought.cumsum(axis=1)
        profit = money(problem, cumulative, lost_so_far(problem, cumulative, rows), rows).profit
        gain = profit - self.sku_profit[rows]
        if self._sku_of is None:
            place = np.empty(problem.n_blocks, dtype=np.int64)
            place[problem.items.block[change.item]] = np.arange(len(change))
            row = place[problem.block_of[rows]]
            gain = np.bincount(row, gain, len(change)).astype(np.float64)
        for item, when, size in change.parts:
            old = self.made[item, when]
            started = (size > 0).astype(np.int64) - (old > 0)
            gain -= problem.items.setup_cost[item] * started
            if problem.items.has_extra:
                gain -= problem.items.extra[item, when] * (size - old)
        return gain

    def _brought_with(self, change: Change) -> tuple[IntArray, FloatArray]:
        """Return the SKUs of the blocks that change, and what runs then bring of them."""
        problem = self.problem
        if self._sku_of is not None:
            rows = self._sku_of[change.item]
            brought = self.brought[rows]
            for item, when, size in change.parts:
                step = when + problem.members.lead[item]
                here = np.flatnonzero(step < problem.n_periods)
                more = (size - self.made[item, when]) * problem.members.units[item]
                brought[here, step[here]] += more[here]
            return rows, brought
        place = np.full(problem.n_blocks, -1, dtype=np.int64)
        place[problem.items.block[change.item]] = np.arange(len(change))
        rows = np.flatnonzero(place[problem.block_of] >= 0)
        row_of = np.full(problem.n_skus, -1, dtype=np.int64)
        row_of[rows] = np.arange(len(rows))
        brought = self.brought[rows]
        for part in change.parts:
            self._add(brought, row_of, *part)
        return rows, brought

    def usage_change(self, item: IntArray, when: IntArray, size: IntArray) -> FloatArray:
        """Return the capacity that a new size takes more than the old one.

        Parameters
        ----------
        item, when, size : ndarray of int, shape (n_changes,)
            Which run, and its new size.

        Returns
        -------
        ndarray, shape (n_changes,)
            Capacity; negative where less is taken.
        """
        items, old = self.problem.items, self.made[item, when]
        started = (size > 0).astype(np.int64) - (old > 0)
        usage: FloatArray = items.unit_time[item] * (size - old) + items.setup_time[item] * started
        return usage

    def cost_if_fits(self, parts: Sequence[Part]) -> float | None:
        """Return the change in overtime and group set-ups, or None where a limit breaks.

        Parameters
        ----------
        parts : sequence of (item, period, new size)
            Different runs; where two are in one period they count together.

        Returns
        -------
        float or None
            Money; below 0 where it is saved.
        """
        if not self.taken.fits(self.made, parts):
            return None
        total = 0.0
        for when in dict.fromkeys(when for _, when, _ in parts):
            cost = self._cost_in_period([part for part in parts if part[1] == when])
            if cost is None:
                return None
            total += cost
        return total

    def _cost_in_period(self, parts: Sequence[Part]) -> float | None:
        """Return the change in overtime and group set-ups of runs in one period, if they fit."""
        problem, total, when = self.problem, 0.0, parts[0][1]
        extra: dict[int, float] = {}
        for item, _, size in parts:
            line = int(problem.items.line[item])
            extra[line] = extra.get(line, 0.0) + self._scalar_usage(item, when, size)
        for group in self._groups_of(parts):
            setups = self._group_change(group, parts)
            if setups is None:
                return None
            if group.line >= 0:
                extra[group.line] += group.setup_time * setups
            total += group.setup_cost * setups
        for line, more in extra.items():
            before = self.used[line, when]
            after = before + more
            if more > 0 and after > self.limit[line, when]:
                return None
            regular = problem.regular[line, when]
            hours = max(after - regular, 0.0) - max(before - regular, 0.0)
            total += float(problem.overtime_cost[line]) * hours
        return float(total)

    def _groups_of(self, parts: Sequence[Part]) -> list[GroupLimit]:
        """Return the groups of some runs, each once."""
        if len(parts) == 1:
            return self.groups_of.get(parts[0][0], [])
        found = {id(group): group for part in parts for group in self.groups_of.get(part[0], ())}
        return list(found.values())

    def apply(self, parts: Sequence[Part], *, rows: bool = True) -> None:
        """Make new sizes of one block's runs part of the plan.

        Parameters
        ----------
        parts : sequence of (item, period, new size)
            The runs.
        rows : bool
            Whether to work out the profit of the SKUs at once; see `refresh`.
        """
        problem = self.problem
        for item, when, size in parts:
            line = int(problem.items.line[item])
            self.used[line, when] += self._scalar_usage(item, when, size)
            for group in self.groups_of.get(item, ()):
                pieces, more = self._pieces[id(group)], size - int(self.made[item, when])
                was = pieces[when] > 0
                pieces[when] += self._weight[id(group), item] * more
                if group.line >= 0:
                    self.used[line, when] += group.setup_time * (int(pieces[when] > 0) - int(was))
            for member in range(self._member_at[item], self._member_at[item + 1]):
                step = when + int(problem.members.lead[member])
                if step < problem.n_periods:
                    more = (size - self.made[item, when]) * problem.members.units[member]
                    self.brought[problem.members.sku[member], step] += more
            self.taken.apply(item, when, int(self.made[item, when]), size)
            self.made[item, when] = size
        if rows:
            self.refresh(np.unique(problem.items.block[[part[0] for part in parts]]))

    def refresh(self, blocks: IntArray) -> None:
        """Work out the profit of the SKUs of some blocks again.

        Parameters
        ----------
        blocks : ndarray of int
            The blocks.
        """
        problem = self.problem
        inside = np.zeros(problem.n_blocks, dtype=bool)
        inside[blocks] = True
        rows = np.flatnonzero(inside[problem.block_of])
        cumulative = self.brought[rows].cumsum(axis=1)
        lost = lost_so_far(problem, cumulative, rows)
        self.sku_profit[rows] = money(problem, cumulative, lost, rows).profit

    def over(self) -> FloatArray:
        """Return the capacity that is used beyond the limit, (n_lines, n_periods)."""
        return np.where(self.used > self.limit, self.used - self.problem.limit, 0.0)

    def holds(self, lines: IntArray, when: int) -> bool:
        """Say whether lines in a period, and all allowances, are within their limits.

        Parameters
        ----------
        lines : ndarray of int
            The lines.
        when : int
            The period.

        Returns
        -------
        bool
            Whether nothing is over.
        """
        room = bool(np.all(self.used[lines, when] <= self.limit[lines, when]))
        return room and not bool(self.taken.over().any())

    def _add(
        self, brought: FloatArray, row_of: IntArray, item: IntArray, when: IntArray, size: IntArray
    ) -> None:
        """Add the units of new sizes to arrivals."""
        members, n_periods = self.problem.members, self.problem.n_periods
        start = self._member_at[item]
        count = self._member_at[item + 1] - start
        change = np.repeat(np.arange(len(item)), count)
        offset = np.arange(len(change)) - np.repeat(np.cumsum(count) - count, count)
        member = np.repeat(start, count) + offset
        step = when[change] + members.lead[member]
        more = (size - self.made[item, when])[change] * members.units[member]
        here = step < n_periods
        np.add.at(brought, (row_of[members.sku[member[here]]], step[here]), more[here])

    def _scalar_usage(self, item: int, when: int, size: int) -> float:
        items, old = self.problem.items, self.made[item, when]
        started = int(size > 0) - int(old > 0)
        return float(items.unit_time[item] * (size - old) + items.setup_time[item] * started)

    def _group_change(self, group: GroupLimit, parts: Sequence[Part]) -> int | None:
        """Return how many set-ups of the group come (1) or go (-1); None where its limit breaks."""
        when = parts[0][1]
        pieces = int(self._pieces[id(group)][when])
        after = pieces
        for item, _, size in parts:
            weight = self._weight.get((id(group), item), 0)
            after += weight * (size - int(self.made[item, when]))
        if not group.allows(after) and group.allows(pieces):
            return None
        return int(after > 0) - int(pieces > 0)


def _single_skus(problem: Problem) -> IntArray | None:
    """Return the SKU of each item where every block is one SKU and no item a pack."""
    members = problem.members
    alone = problem.n_blocks == problem.n_skus and len(members.item) == problem.n_items
    return members.sku if alone else None
