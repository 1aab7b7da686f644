"""From wishes to runs that the factory allows: what a planner without an optimiser does."""

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.repair import repair
from c2m.production.problem import FloatArray, GroupLimit, IntArray, Problem
from c2m.rehearse.policies.shelves import Terms, position
from c2m.rehearse.policy import Known

_STEPS = 10_000
"""Multiples that a group is filled up with at most."""


def release(
    known: Known, wishes: "FloatArray | pd.Series[float]", rate: FloatArray | None = None
) -> pd.DataFrame:
    """Return runs that bring about what is wished for and hold the factory's limits.

    Each SKU is ordered by its cheapest way, in the first period that is open: the wish rounded up
    to MOQ and multiple. A group below its MOQ is filled up, the SKU with the least cover first.
    Where a line has too little capacity, overtime included, the SKUs with the most cover are cut
    or left out; what is left over is tried in the next period until the next decision.

    Parameters
    ----------
    known : Known
        What is known.
    wishes : ndarray, shape (n_skus,), or Series by SKU
        Good units; in the order of ``known.limits.skus``.
    rate : ndarray, shape (n_skus,), optional
        Expected demand a period, by which cover is measured; the wishes unless given.

    Returns
    -------
    DataFrame
        ``sku``, ``line``, ``mode``, ``period``, ``quantity``. What could not be made is counted in
        ``known.cut``.

    Raises
    ------
    ArgumentError
        If the wishes have another shape.
    """
    limits, terms = known.limits, Terms.of(known)
    wanted = _by_row(wishes, limits)
    rate = wanted if rate is None else rate
    there = position(known)
    cover = np.divide(there, rate, out=np.full(len(there), np.inf), where=rate > 0)
    first = known.step + known.frozen_periods
    stop = min(first + known.review, known.step + known.left)
    made = np.zeros(limits.items.most.shape, dtype=np.int64)
    open_wish = np.maximum(wanted, 0.0)
    for when in range(first, stop):
        if not (open_wish > 0).any():
            break
        made[:, when] = _sized(limits, terms, open_wish, when)
        _fill_groups(limits, made[:, when], _Cover(there, rate, limits))
        made = _fitted(limits, made, when, cover)
        open_wish = _left_open(limits, terms, open_wish, made[:, when])
    known.cut.append(float(open_wish.sum()))
    return _table(limits, made)


def _by_row(wishes: "FloatArray | pd.Series[float]", limits: Problem) -> FloatArray:
    named = isinstance(wishes, pd.Series)
    found = pd.Series(wishes).reindex(list(limits.skus)).fillna(0.0) if named else wishes
    rows = np.asarray(found, dtype=np.float64)
    if rows.shape != (limits.n_skus,):
        raise ArgumentError(f"Expected wishes for {limits.n_skus:,} SKUs, got {rows.shape}.")
    return rows


def _sized(limits: Problem, terms: Terms, wishes: FloatArray, when: int) -> IntArray:
    """Return units or packs of each item; a pack serves the mean wish of its SKUs."""
    items, members = limits.items, limits.members
    wished, held = np.zeros(limits.n_items), np.zeros(limits.n_items)
    home = terms.item[members.sku] == members.item
    np.add.at(wished, members.item[home], wishes[members.sku[home]])
    np.add.at(held, members.item[home], members.units[home])
    packs = np.divide(wished, held, out=np.zeros_like(wished), where=held > 0)
    whole = np.ceil(packs / items.multiple - 1e-9).astype(np.int64) * items.multiple
    size = np.where(packs > 1e-9, np.maximum(whole, items.moq), 0)
    return _by_tier(limits, np.where(items.most[:, when] > 0, size, 0), items.most[:, when])


def _by_tier(limits: Problem, size: IntArray, most: IntArray) -> IntArray:
    """Move runs to the tier of prices that they reach, and cut those that are too large."""
    tier = np.array([way.tier for way in limits.ways], dtype=np.int64)[limits.items.way]
    mode = [way.mode for way in limits.ways]
    for prices in limits.price_lists:
        for item in prices.items[size[prices.items] > 0].tolist():
            same = [
                other
                for other in prices.items.tolist()
                if mode[limits.items.way[other]] == mode[limits.items.way[item]]
                and tier[other] <= size[item]
            ]
            best = max(same, key=tier.__getitem__, default=item)
            size[item], size[best] = 0, size[item]
    largest = most // limits.items.multiple * limits.items.multiple
    return np.asarray(np.minimum(size, largest))


class _Cover:
    """Periods for which each item's scarcest SKU lasts, with what is made of it."""

    def __init__(self, there: FloatArray, rate: FloatArray, limits: Problem) -> None:
        members = limits.members
        self._of: dict[int, list[tuple[float, float, float]]] = {}
        for item, sku, units in zip(members.item, members.sku, members.units, strict=True):
            part = float(there[sku]), float(rate[sku]), float(units)
            self._of.setdefault(int(item), []).append(part)

    def of(self, item: int, size: int) -> float:
        """Return the periods."""
        return min(
            (there + units * size) / rate if rate > 0 else np.inf
            for there, rate, units in self._of[item]
        )


def _fill_groups(limits: Problem, size: IntArray, cover: _Cover) -> None:
    """Fill groups that are below their MOQ, or no whole multiple, in place."""
    for group in limits.groups:
        running = [
            (item, weight)
            for item, weight in zip(group.items.tolist(), group.weights.tolist(), strict=True)
            if size[item] > 0
        ]
        if running:
            _fill(limits, group, running, size, cover)


def _fill(
    limits: Problem,
    group: GroupLimit,
    running: list[tuple[int, int]],
    size: IntArray,
    cover: _Cover,
) -> None:
    pieces = sum(weight * int(size[item]) for item, weight in running)
    for _ in range(_STEPS):
        if pieces >= group.max_lot or bool(group.allows(pieces)):
            return
        item, weight = min(running, key=lambda each: cover.of(each[0], int(size[each[0]])))
        more = int(limits.items.multiple[item])
        size[item] += more
        pieces += weight * more


def _fitted(limits: Problem, made: IntArray, when: int, cover: FloatArray) -> IntArray:
    """Return the runs cut to what fits: those with the most cover first."""
    draft = Draft(limits, made)
    first_sku = np.searchsorted(limits.members.item, np.arange(limits.n_items))
    order = np.argsort(-cover[limits.members.sku[first_sku]], kind="stable")
    for line in np.flatnonzero(draft.over()[:, when] > 0).tolist():
        here = order[(limits.items.line[order] == line) & (made[order, when] > 0)]
        for item in here.tolist():
            over = float(draft.over()[line, when])
            if over <= 0:
                break
            draft.apply([(item, when, _less(limits, item, int(draft.made[item, when]), over))])
    repair(draft)
    return draft.made


def _less(limits: Problem, item: int, size: int, over: float) -> int:
    """Return the largest size that frees enough of a line, or 0."""
    items = limits.items
    multiple = int(items.multiple[item])
    rest = size - int(np.ceil(over / items.unit_time[item] / multiple - 1e-9)) * multiple
    return rest if rest >= items.moq[item] else 0


def _left_open(limits: Problem, terms: Terms, wishes: FloatArray, made: IntArray) -> FloatArray:
    """Return the wishes that are still open; a rest that is less than a lot is let go."""
    brought = np.zeros(limits.n_skus)
    np.add.at(brought, limits.members.sku, made[limits.members.item] * limits.members.units)
    rest = np.maximum(wishes - brought, 0.0)
    return np.where((brought > 0) & (rest < np.maximum(terms.moq, terms.multiple)), 0.0, rest)


def _table(limits: Problem, made: IntArray) -> pd.DataFrame:
    member, step = np.nonzero(made[limits.members.item])
    item = limits.members.item[member]
    modes = np.array([way.mode for way in limits.ways], dtype=object)
    return pd.DataFrame(
        {
            "sku": np.array(limits.skus, dtype=object)[limits.members.sku[member]],
            "line": np.array(limits.lines, dtype=object)[limits.items.line[item]],
            "mode": modes[limits.items.way[item]],
            "period": limits.calendar.label(limits.first + step).astype("datetime64[s]"),
            "quantity": made[item, step] * limits.members.pieces[member],
        }
    )
