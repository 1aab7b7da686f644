"""Room that is left on lines is filled with demand that is lost, as long as that pays.

Plans serve whole periods of demand; where such a part is more than a line has left, nothing of it
is made. A unit more that arrives in a period serves the next one that is lost, and changes nothing
else: units lost after the period become fewer, one for one. So runs grow, or begin, in the order
of what they earn per unit of capacity: first in regular time, then in overtime.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import arrivals
from c2m.production.limits import line_usage
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_ROUNDS = 4
"""How often all runs are looked at anew, in regular time and in overtime, while some still pay."""

_HAIR = 1e-9
"""Units, or capacity, that count as rounding."""


def fill(problem: Problem, known: Known, made: IntArray) -> IntArray:
    """Make more where room is left and demand is lost.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_known` holds.
    known : Known
        Its arrays.
    made : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        The plan, or one that earns more. Limits on groups are not touched: only of what runs
        already is more made, where the group has no multiple and no largest lot.
    """
    wanted, brought = known.wanted.cumsum(axis=0), arrivals(problem, made).T.cumsum(axis=0)
    lost = np.diff(
        np.maximum.accumulate(np.maximum(wanted - brought, 0.0), axis=0), axis=0, prepend=0
    )
    if not (lost > _HAIR).any():
        return made
    room = problem.limit - line_usage(problem, made)
    state = _State(known, made.copy(), lost, room, _may_run(problem, made), _clashes(problem))
    for _ in range(_ROUNDS):
        more = [state.fill(overtime=overtime) for overtime in (False, True)]
        if not any(more):
            break
    return state.made


def _may_run(problem: Problem, made: IntArray) -> BoolArray:
    """Say where more can be made without a look at groups, (n_items, n_periods)."""
    can = np.asarray(problem.items.most > made)
    for group in problem.groups:
        free = group.multiple == 1 and not np.isfinite(group.max_lot)
        runs = (made[group.items] > 0).any(axis=0)
        can[group.items] &= runs if free else False
    return can


def _clashes(problem: Problem) -> dict[int, IntArray]:
    """Return the items that may not run beside an item in a period, for those that have some."""
    return {
        item: prices.items[prices.clash[row]]
        for prices in problem.price_lists
        for row, item in enumerate(prices.items.tolist())
    }


@dataclass(frozen=True)
class _Offers:
    """Runs that may grow or begin: arrays of shape (n_offers,)."""

    item: IntArray
    when: IntArray
    sku: IntArray
    value: FloatArray  # money per unit of capacity


@dataclass(frozen=True)
class _State:
    """A plan that is being filled; its arrays change in place."""

    known: Known
    made: IntArray
    lost: FloatArray  # [H, N]
    room: FloatArray  # [L, H], with overtime
    can: BoolArray  # [J, H]
    clashes: dict[int, IntArray]  # other tiers of a price list

    def fill(self, *, overtime: bool) -> bool:
        """Make what pays, the best per unit of capacity first; say if anything was."""
        offers, changed = self._offers(overtime), False
        order = np.argsort(-offers.value, kind="stable")
        parts = (offers.item[order], offers.when[order], offers.sku[order])
        for item, when, sku in zip(*(part.tolist() for part in parts), strict=True):
            changed |= self._take(item, when, sku, overtime)
        return changed

    def _left(self, line: int | IntArray, when: int | IntArray, overtime: bool) -> FloatArray:
        """Return the capacity that is left, in regular time alone unless overtime counts."""
        less = 0.0 if overtime else self.known.overtime[line, when]
        return np.asarray(self.room[line, when] - less)

    def _price(self, line: int | IntArray, overtime: bool) -> FloatArray:
        return np.asarray(self.known.overtime_cost[line] * overtime)

    def _offers(self, overtime: bool) -> _Offers:
        """Return the runs that may grow or begin, and what they would bring by themselves."""
        known, items = self.known, self.known.items
        skus = np.flatnonzero((self.lost > _HAIR).any(axis=0) & (known.worth > 0))
        parts = []
        for table in known.item_at[:, skus]:
            for when in range(known.n_periods):
                line = items.line[table]
                open_ = (table >= 0) & self.can[table, when]
                open_ &= when + items.lead[table] < known.n_periods
                open_ &= self._left(line, np.full(len(line), when), overtime) > _HAIR
                rows = np.flatnonzero(open_)
                if len(rows):
                    parts.append(self._valued(table[rows], when, skus[rows], overtime))
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return _Offers(none, none, none, np.empty(0))
        return _Offers(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _valued(
        self, item: IntArray, when: int, sku: IntArray, overtime: bool
    ) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Return the runs of a period that pay, with their value per unit of capacity."""
        known, terms, line = self.known, self.known.terms, self.known.items.line[item]
        time, new = terms.unit_time[item], self.made[item, when] == 0
        before = np.where(new, terms.setup_time[item, when], 0.0)
        left = self._left(line, np.full(len(item), when), overtime) - before
        units, price = left / np.maximum(time, _HAIR), self._price(line, overtime)
        margin = known.worth[sku] - terms.extra[item, when] - time * price
        value = -np.where(new, terms.setup_cost[item, when], 0.0) - before * price
        first, taken = when + known.items.lead[item], np.zeros(len(item))
        for step in range(int(first.min()), known.n_periods):
            each = np.where(step >= first, margin - known.holding_cost[sku] * (step - first), 0.0)
            served = np.clip(np.minimum(self.lost[step, sku], units - taken), 0.0, None)
            served[each <= 0] = 0.0
            value += served * each
            taken += served
        rows = np.flatnonzero(value > _HAIR)
        per = value[rows] / np.maximum(before + taken * time, _HAIR)[rows]
        return item[rows], np.full(len(rows), when), sku[rows], per

    def _take(self, item: int, when: int, sku: int, overtime: bool) -> bool:
        """Make as much of one run as fits and pays; say if it was anything."""
        known, terms, items = self.known, self.known.terms, self.known.items
        line, good, size = (
            int(items.line[item]),
            float(terms.good[item]),
            int(self.made[item, when]),
        )
        time = float(terms.unit_time[item])
        before = 0.0 if size else float(terms.setup_time[item, when])
        left = float(self._left(line, when, overtime)) - before
        if left < time * good or self.made[self.clashes.get(item, []), when].any():
            return False
        first, price = when + int(items.lead[item]), float(self._price(line, overtime))
        margin = known.worth[sku] - terms.extra[item, when] - time * price
        each = margin - known.holding_cost[sku] * np.arange(known.n_periods - first)
        wanted = np.where(each > 0, self.lost[first:, sku], 0.0)
        reached = wanted.cumsum()
        multiple, most = int(items.multiple[item]), int(items.most[item, when]) - size
        most_pieces = min(left / (time * good) if time > 0 else np.inf, reached[-1] / good, most)
        more = int(most_pieces + _HAIR) // multiple * multiple
        if more < max(1, int(items.moq[item]) - size):
            return False
        served = np.clip(more * good - (reached - wanted), 0.0, wanted)
        fixed = 0.0 if size else float(terms.setup_cost[item, when]) + before * price
        if float(served @ each) <= fixed + _HAIR:
            return False
        self.made[item, when] = size + more
        self.lost[first:, sku] -= served
        self.room[line, when] -= before + time * good * more
        return True
