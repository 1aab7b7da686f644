"""Moves of all runs of a group together, which share a set-up.

Moved one by one, the runs of a style pay its set-up twice on the way. Here a period of a group is
closed, joined with another, moved to the next day or to the other line, or exchanged with a
period of another group of the line, all runs at once. What the line cannot hold is cut.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from c2m.production.lotsizing.draft import Change, Draft, Part
from c2m.production.problem import FloatArray, GroupLimit

_NEAR = 6
"""Periods over which two groups exchange theirs."""

_CLOSE = 2
"""Periods of the group before and after that are tried."""

_Target = tuple[GroupLimit, dict[int, int]]
"""A group, and its item for each item of another group of the same blocks."""


def move_groups(draft: Draft, prices: FloatArray) -> None:
    """Make the best move of every group in every period that pays and fits.

    Parameters
    ----------
    draft : Draft
        A plan that holds every limit; changed in place.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity, which a move pays for what it takes more.
    """
    groups = [group for group in draft.problem.groups if _is_moved(draft, group)]
    for group in groups:
        targets = _targets(draft, groups, group)
        for when in _periods(draft, group):
            moves = (_fitted(draft, move) for move in _moves(draft, groups, targets, group, when))
            worth = [(_worth(draft, parts, prices), parts) for parts in moves if parts]
            gain, best = max(worth, key=lambda pair: pair[0], default=(0.0, []))
            if gain > 1e-9 * (1.0 + float(np.abs(draft.sku_profit).sum())):
                draft.apply(best)


def _is_moved(draft: Draft, group: GroupLimit) -> bool:
    """Say whether a group has a set-up, and no block by two ways."""
    blocks = draft.problem.items.block[group.items]
    return bool(group.setup_time or group.setup_cost) and len(np.unique(blocks)) == len(blocks)


def _targets(draft: Draft, groups: Sequence[GroupLimit], group: GroupLimit) -> list[_Target]:
    """Return the group itself and the groups of the same blocks on other lines."""
    block = draft.problem.items.block
    found = []
    for other in groups:
        if other is not group and np.isin(other.items, group.items).any():
            continue
        item_of = dict(zip(block[other.items].tolist(), other.items.tolist(), strict=True))
        if set(item_of) == set(block[group.items].tolist()):
            found.append((other, {item: item_of[int(block[item])] for item in group.items}))
    return found


def _periods(draft: Draft, group: GroupLimit) -> list[int]:
    """Return the periods in which a group runs."""
    periods: list[int] = np.flatnonzero((draft.made[group.items] > 0).any(axis=0)).tolist()
    return periods


def _moves(
    draft: Draft,
    groups: Sequence[GroupLimit],
    targets: list[_Target],
    group: GroupLimit,
    when: int,
) -> Iterator[list[Part]]:
    """Yield new sizes of runs: where all of a group in one period goes elsewhere."""
    running = group.items[draft.made[group.items, when] > 0].tolist()
    if not running:  # an earlier move has closed it
        return
    yield [(item, when, 0) for item in running]
    for other, item_of in targets:
        for period in _near(draft, other, when):
            if other is not group or period != when:
                yield _sent(draft, group, when, period, item_of)
    yield from _exchanges(draft, groups, group, when)


def _exchanges(
    draft: Draft, groups: Sequence[GroupLimit], group: GroupLimit, when: int
) -> Iterator[list[Part]]:
    """Yield new sizes of runs: where another group of the line changes places with this one."""
    block = draft.problem.items.block
    for other in groups:
        if other.line != group.line or np.isin(block[other.items], block[group.items]).any():
            continue
        for period in _periods(draft, other):
            if 0 < abs(period - when) <= _NEAR:
                there = _sent(draft, group, when, period)
                yield there + _sent(draft, other, period, when)


def _near(draft: Draft, group: GroupLimit, when: int) -> list[int]:
    """Return the same period, those beside it, and the nearest in which a group runs."""
    periods = _periods(draft, group)
    before = [period for period in periods if period < when][-_CLOSE:]
    after = [period for period in periods if period > when][:_CLOSE]
    inside = [period for period in (when - 1, when + 1) if 0 <= period < draft.problem.n_periods]
    return list(dict.fromkeys(chain([when], before, after, inside)))


def _sent(
    draft: Draft,
    group: GroupLimit,
    when: int,
    period: int,
    item_of: dict[int, int] | None = None,
) -> list[Part]:
    """Return the parts that send a group's runs of one period to another period or line."""
    parts = []
    for item in group.items[draft.made[group.items, when] > 0].tolist():
        other = item if item_of is None else item_of[item]
        size = int(draft.made[other, period] + draft.made[item, when])
        parts += [(item, when, 0), (other, period, size)]
    return parts


def _fitted(draft: Draft, parts: list[Part]) -> list[Part]:
    """Cut runs that grow until they and their lines' limits hold; nothing where that cannot be."""
    items = draft.problem.items
    sizes = {}
    for item, when, size in parts:
        step = int(items.multiple[item])
        fits = min(size, int(items.most[item, when])) // step * step
        if size and fits < items.moq[item]:
            return []
        sizes[item, when] = fits if size else 0
    fitting = [(item, when, size) for (item, when), size in sizes.items()]
    for (line, when), more in _loads(draft, fitting)[0].items():
        over = more + draft.used[line, when] - draft.limit[line, when]
        if more > 0 and over > 0 and not _cut(draft, sizes, line, when, over):
            return []
    return [(item, when, size) for (item, when), size in sizes.items()]


def _cut(
    draft: Draft, sizes: dict[tuple[int, int], int], line: int, when: int, over: float
) -> bool:
    """Cut the runs of a line that grow in a period by the same share; whether that is enough."""
    items = draft.problem.items
    grown = [
        item
        for item, period in sizes
        if period == when
        and items.line[item] == line
        and sizes[item, when] > draft.made[item, when]
    ]
    least = {item: max(int(draft.made[item, when]), int(items.moq[item])) for item in grown}
    room = sum((sizes[item, when] - least[item]) * items.unit_time[item] for item in grown)
    if room < over:
        return False
    for item in grown:
        step = int(items.multiple[item])
        less = int(np.ceil((sizes[item, when] - least[item]) * over / room / step)) * step
        sizes[item, when] = max(sizes[item, when] - less, least[item])
    return True


def _worth(draft: Draft, parts: list[Part], prices: FloatArray) -> float:
    """Return what a move brings once capacity is paid for; minus infinity where it does not fit."""
    if draft.cost_if_fits(parts) is None:
        return -np.inf
    loads, money = _loads(draft, parts)
    paid = sum(float(prices[cell]) * more for cell, more in loads.items())
    return _gain(draft, parts) - money - paid


def _gain(draft: Draft, parts: list[Part]) -> float:
    """Return what new sizes bring before overtime and set-ups of groups."""
    block_of = draft.problem.items.block
    by_block: dict[int, list[Part]] = {}
    for part in parts:
        by_block.setdefault(int(block_of[part[0]]), []).append(part)
    first = np.array([rows[0] for rows in by_block.values()])
    if len(first) == len(parts):
        return float(draft.gains(Change(*first.T)).sum())
    second = np.array([rows[1] for rows in by_block.values()])
    return float(draft.gains(Change(*first.T, *second.T)).sum())


def _loads(draft: Draft, parts: list[Part]) -> tuple[dict[tuple[int, int], float], float]:
    """Return the capacity that new sizes take more by line and period, and groups' set-up money."""
    items, money = draft.problem.items, 0.0
    loads: dict[tuple[int, int], float] = {}
    sizes = {(item, when): size for item, when, size in parts}
    for item, when, size in parts:
        cell, old = (int(items.line[item]), when), int(draft.made[item, when])
        more = items.unit_time[item] * (size - old)
        more += items.setup_time[item] * (int(size > 0) - int(old > 0))
        loads[cell] = loads.get(cell, 0.0) + float(more)
    touched = {
        (id(group), when): (group, when)
        for item, when, _ in parts
        for group in draft.groups_of.get(item, ())
    }
    for group, when in touched.values():
        was = draft.made[group.items, when]
        now = [
            sizes.get((item, when), size)
            for item, size in zip(group.items.tolist(), was.tolist(), strict=True)
        ]
        started = int(any(now)) - int(was.any())
        money += group.setup_cost * started
        if group.line >= 0:
            loads[group.line, when] = (
                loads.get((group.line, when), 0.0) + group.setup_time * started
            )
    return loads, money
