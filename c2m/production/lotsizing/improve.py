"""Make a plan better run by run: other sizes, other periods, other lines, fewer or more runs.

Every round proposes one change for each block at once, works out exactly what it would bring over
all scenarios, and makes the changes that pay, the best first, as long as every limit holds.
"""

from collections.abc import Callable, Iterator

import numpy as np

from c2m.production.lotsizing.dp import lot
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import FloatArray, IntArray

Proposal = Callable[[Draft, IntArray, IntArray, IntArray], Change | None]
"""From a draft, items, periods and step sizes to changes."""

_SHARES = (1.0, 0.5, 0.25, 0.1, 0.03, 0.0)
"""Usual step sizes of the rounds."""

_MORE_ROUNDS = 4
"""How often the smallest step is tried again while it still pays."""


def improve(draft: Draft, prices: FloatArray, shares: tuple[float, ...] = _SHARES) -> IntArray:
    """Improve a plan that holds every limit.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity. While steps are large, capacity is charged at these prices,
        so that what earns little makes room; then it is free as far as it goes.
    shares : tuple of float
        Step sizes of the rounds, as shares of a block's mean demand in a period; 0 is one lot.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        The best plan seen.
    """
    best, best_profit = draft.made.copy(), draft.profit()
    tolerance = 1e-9 * max(abs(best_profit), 1.0)
    rounds = [*shares, *([0.0] * _MORE_ROUNDS)]
    for number, share in enumerate(rounds):
        charged = prices if number % 2 == 0 and number < len(shares) else None
        _round(draft, share, charged)
        profit = draft.profit()
        gain = profit - best_profit
        if gain > tolerance:
            best, best_profit = draft.made.copy(), profit
        if number >= len(shares) and gain <= tolerance:
            break
    return best


def _round(draft: Draft, share: float, prices: FloatArray | None) -> None:
    steps = _steps(draft, share)
    for item, when in _cells(draft):
        for propose in (_drop, _merge_back, _merge_on, _earlier, _later, _shrink, _grow, _switch):
            change = propose(draft, item, when, steps)
            if change is not None and len(change):
                _accept(draft, change, prices)


def _cells(draft: Draft) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield items of different blocks with one period, every possible run once."""
    items = draft.problem.items
    slot = np.arange(len(items.block)) - np.searchsorted(items.block, items.block)
    for number in range(int(slot.max()) + 1):
        for when in range(draft.problem.n_periods):
            item = np.flatnonzero((slot == number) & (items.most[:, when] > 0))
            if len(item):
                yield item, np.full(len(item), when)


def _steps(draft: Draft, share: float) -> IntArray:
    """Return the step size of each item in units or packs, a multiple of its lot."""
    problem = draft.problem
    wanted = (problem.mean_net[:, -1] + problem.supply[:, -1]) / problem.n_periods
    units = np.ones(problem.n_skus)
    units[problem.members.sku] = problem.members.pieces
    most = np.zeros(problem.n_blocks)
    np.maximum.at(most, problem.block_of, wanted / units)
    multiple = problem.items.multiple
    lots = np.rint(share * most[problem.items.block] / multiple).astype(np.int64)
    steps: IntArray = np.maximum(lots, 1) * multiple
    return steps


def _accept(draft: Draft, change: Change, prices: FloatArray | None) -> None:
    """Make the changes that pay, the best first, as long as every limit holds."""
    value = draft.gains(change)
    charge = np.zeros(len(change))
    if prices is not None:
        for item, when, size in change.parts:
            price = prices[draft.problem.items.line[item], when]
            charge += price * draft.usage_change(item, when, size)
    tolerance = 1e-9 * (1.0 + abs(float(value.max(initial=0.0))))
    hopeful = value - charge > tolerance if prices is not None else value > tolerance
    if prices is None and not hopeful.all():
        hopeful |= _saves_overtime(draft, change, value)
    touched = []
    for place in np.flatnonzero(hopeful)[
        np.argsort(charge[hopeful] - value[hopeful], kind="stable")
    ]:
        parts = [(int(i[place]), int(w[place]), int(s[place])) for i, w, s in change.parts]
        cost = draft.cost_if_fits(parts)
        if cost is None or (prices is None and value[place] - cost <= tolerance):
            continue
        draft.apply(parts, rows=False)
        touched.append(int(draft.problem.items.block[parts[0][0]]))
    if touched:
        draft.refresh(np.array(touched))


def _saves_overtime(draft: Draft, change: Change, value: FloatArray) -> np.ndarray:
    """Return the changes that lose less than the overtime and group set-ups they may save."""
    saving = np.zeros(len(change))
    problem = draft.problem
    for item, when, size in change.parts:
        line = problem.items.line[item]
        extra = np.maximum(draft.used[line, when] - problem.regular[line, when], 0.0)
        freed = np.minimum(np.maximum(-draft.usage_change(item, when, size), 0.0), extra)
        saving += problem.overtime_cost[line] * freed
        if draft.groups_of:
            saving += draft.group_setup_of[item]
    return np.asarray((saving > 0) & (value + saving > 0))


def _drop(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make nothing."""
    runs = draft.made[item, when] > 0
    item, when = item[runs], when[runs]
    return Change(item, when, np.zeros(len(item), dtype=np.int64))


def _shrink(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a step less, at least the MOQ."""
    moq = draft.problem.items.moq[item]
    runs = draft.made[item, when] > moq
    item, when = item[runs], when[runs]
    return Change(item, when, np.maximum(draft.made[item, when] - steps[item], moq[runs]))


def _grow(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a step more; a new run where there is none."""
    items, now = draft.problem.items, draft.made[item, when]
    size = np.minimum(np.maximum(now + steps[item], items.moq[item]), items.most[item, when])
    can = size > now
    return Change(item[can], when[can], size[can])


def _merge_back(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a run together with the one before it."""
    return _merge(draft, item, when, _neighbour(draft, item, when, -1))


def _merge_on(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a run together with the one after it."""
    return _merge(draft, item, when, _neighbour(draft, item, when, 1))


def _earlier(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a step of a run a period earlier."""
    return _shift(draft, item, when, when - 1, steps)


def _later(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a step of a run a period later."""
    return _shift(draft, item, when, when + 1, steps)


def _switch(draft: Draft, item: IntArray, when: IntArray, steps: IntArray) -> Change | None:
    """Make a run on the block's next line."""
    items = draft.problem.items
    first = np.searchsorted(items.block, items.block[item])
    count = np.searchsorted(items.block, items.block[item], side="right") - first
    other = first + (item - first + 1) % count
    now = draft.made[item, when]
    can = (count > 1) & (now > 0) & (items.most[other, when] > 0)
    if not can.any():
        return None
    item, when, other, now = item[can], when[can], other[can], now[can]
    size = lot(draft.problem, other, when, (draft.made[other, when] + now).astype(np.float64))
    return Change(item, when, np.zeros(len(item), dtype=np.int64), other, when, size)


def _neighbour(draft: Draft, item: IntArray, when: IntArray, way: int) -> IntArray:
    """Return the period of the nearest run before (-1) or after (1); -1 where there is none."""
    runs = draft.made[item] > 0
    period = int(when[0])
    part = runs[:, :period][:, ::-1] if way < 0 else runs[:, period + 1 :]
    if part.shape[1] == 0:
        return np.full(len(item), -1)
    distance = part.argmax(axis=1) + 1
    found: IntArray = np.where(part.any(axis=1), period + way * distance, -1)
    return found


def _merge(draft: Draft, item: IntArray, when: IntArray, other: IntArray) -> Change | None:
    now = draft.made[item, when]
    can = (now > 0) & (other >= 0)
    if not can.any():
        return None
    item, when, other, now = item[can], when[can], other[can], now[can]
    size = np.minimum(draft.made[item, other] + now, draft.problem.items.most[item, other])
    return Change(item, when, np.zeros(len(item), dtype=np.int64), item, other, size)


def _shift(
    draft: Draft, item: IntArray, when: IntArray, other: IntArray, steps: IntArray
) -> Change | None:
    items = draft.problem.items
    inside = (other >= 0) & (other < draft.problem.n_periods)
    now = draft.made[item, when]
    inside &= now > 0
    item, when, other, now = item[inside], when[inside], other[inside], now[inside]
    if not len(item):
        return None
    moved = np.minimum(steps[item], now)
    left = now - moved
    left = np.where(left < items.moq[item], 0, left)
    size = np.maximum(draft.made[item, other] + now - left, items.moq[item])
    can = size <= items.most[item, other]
    return Change(item[can], when[can], left[can], item[can], other[can], size[can])
