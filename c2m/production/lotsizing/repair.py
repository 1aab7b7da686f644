"""Make a plan fit: capacity and allowances first, then groups. Nothing made always fits."""

import numpy as np

from c2m.production.limits import two_tiers
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import FloatArray, GroupLimit, IntArray

_PASSES = 3
"""Rounds in which groups that overlap are brought into line, before what is left is closed."""

_CHUNKS = 4
"""Parts in which a missing or surplus quantity is shared out among a group's items."""


def repair(draft: Draft) -> None:
    """Change a plan until it holds every limit.

    Parameters
    ----------
    draft : Draft
        A plan whose runs obey their own limits.
    """
    _one_tier(draft)
    fit_capacity(draft)
    fit_allowances(draft)
    for _ in range(_PASSES):
        broken = _broken_groups(draft)
        for group, when in broken:
            _mend_group(draft, group, when)
        if not broken:
            return
    _close_broken(draft)
    fit_capacity(draft)
    fit_allowances(draft)
    _close_broken(draft)


def fit_capacity(draft: Draft) -> None:
    """Drop and cut the runs that earn least where a line is over its limit.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    """
    for line, when in np.argwhere(draft.over() > 0).tolist():
        items = np.flatnonzero((draft.problem.items.line == line) & (draft.made[:, when] > 0))
        steps = np.full(len(items), when)
        saved = -draft.usage_change(items, steps, np.zeros(len(items), dtype=np.int64))
        loss = _losses(draft, items, steps)
        for place in np.argsort(loss / np.maximum(saved, 1e-12), kind="stable").tolist():
            over = float(draft.over()[line, when])
            if over <= 0:
                break
            item = int(items[place])
            draft.apply([(item, when, _cut(draft, item, when, over))])


def fit_allowances(draft: Draft) -> None:
    """Drop and cut the runs that earn least where more of an allowance is taken than there is.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    """
    for number in np.flatnonzero(draft.taken.over() > 0).tolist():
        allowance = draft.problem.allowances[number]
        place, step = np.nonzero(draft.made[allowance.items, allowance.span] > 0)
        item, when = allowance.items[place], step + allowance.first
        shape = len(allowance.items), allowance.last + 1 - allowance.first
        weight = np.broadcast_to(allowance.per_unit, shape)[place, step]
        saved = weight * draft.made[item, when] + allowance.setups[place]
        loss = _losses(draft, item, when)
        order = np.argsort(loss / np.maximum(saved, 1e-12), kind="stable")
        for run in order[saved[order] > 0].tolist():
            over = float(draft.taken.over()[number])
            if over <= 0:
                break
            size = _less(draft, int(item[run]), int(when[run]), over / max(weight[run], 1e-12))
            draft.apply([(int(item[run]), int(when[run]), size)])


def _losses(draft: Draft, item: IntArray, when: IntArray) -> FloatArray:
    """Return what each run brings, (n_runs,)."""
    return -_gains(draft, item, when, np.zeros(len(item), dtype=np.int64))


def _gains(draft: Draft, item: IntArray, when: IntArray, size: IntArray) -> FloatArray:
    """Return what each new size brings by itself, (n_runs,); a change holds one run a block."""
    gain = np.zeros(len(item))
    block = draft.problem.items.block[item]
    order = np.argsort(block, kind="stable")
    turn = np.empty(len(item), dtype=np.int64)  # the how-many-th run of its block
    turn[order] = np.arange(len(item)) - np.searchsorted(block[order], block[order])
    for number in range(int(turn.max(initial=-1)) + 1):
        rows = np.flatnonzero(turn == number)
        gain[rows] = draft.gains(Change(item[rows], when[rows], size[rows]))
    return gain


def _one_tier(draft: Draft) -> None:
    """Keep the largest run of a price list where two of its tiers run in one period."""
    if not draft.problem.price_lists:
        return
    twice = two_tiers(draft.problem, draft.made)
    for prices in draft.problem.price_lists:
        for when in np.flatnonzero(twice[prices.items].any(axis=0)).tolist():
            sizes, kept = draft.made[prices.items, when], list[int]()
            for place in np.argsort(-sizes, kind="stable").tolist():
                if not prices.clash[place, kept].any():
                    kept.append(place)
                elif sizes[place] > 0:
                    draft.apply([(int(prices.items[place]), when, 0)])


def _cut(draft: Draft, item: int, when: int, over: float) -> int:
    """Return the largest size that frees the capacity, or 0."""
    return _less(draft, item, when, over / float(draft.problem.items.unit_time[item]))


def _less(draft: Draft, item: int, when: int, units: float) -> int:
    """Return the largest size that is at least some units smaller, or 0."""
    items = draft.problem.items
    old, multiple = int(draft.made[item, when]), int(items.multiple[item])
    fewer = int(min(np.ceil(units / multiple), old)) * multiple
    return old - fewer if old - fewer >= items.moq[item] else 0


def _close_broken(draft: Draft) -> None:
    """Close the groups whose limits are broken until none is."""
    while broken := _broken_groups(draft):
        for group, when in broken:
            _close(draft, group, when)


def _broken_groups(draft: Draft) -> list[tuple[GroupLimit, int]]:
    """Return the groups and periods whose limit is broken, small groups first."""
    broken = []
    for group in sorted(draft.problem.groups, key=lambda each: len(each.items)):
        pieces = group.weights @ draft.made[group.items]
        broken += [(group, int(when)) for when in np.flatnonzero(~group.allows(pieces))]
    return broken


def _mend_group(draft: Draft, group: GroupLimit, when: int) -> None:
    """Raise, lower or close a group in one period, whichever leaves the most profit."""
    before = draft.made[group.items, when].copy()
    lines = np.unique(draft.problem.items.line[group.items])
    best, best_profit = np.zeros_like(before), -np.inf
    for direction in (1, -1, 0):
        _share_out(draft, group, when, direction)
        pieces = group.weights @ draft.made[group.items, when]
        fits = bool(group.allows(pieces)) and draft.holds(lines, when)
        profit = draft.profit()
        if fits and profit > best_profit:
            best, best_profit = draft.made[group.items, when].copy(), profit
        _set(draft, group, when, before)
    _set(draft, group, when, best)


def _close(draft: Draft, group: GroupLimit, when: int) -> None:
    _set(draft, group, when, np.zeros(len(group.items), dtype=np.int64))


def _set(draft: Draft, group: GroupLimit, when: int, sizes: IntArray) -> None:
    """Give a group's items new sizes in one period."""
    now = draft.made[group.items, when]
    changed = np.flatnonzero(now != sizes)
    for place in changed:
        draft.apply([(int(group.items[place]), when, int(sizes[place]))], rows=False)
    if len(changed):
        draft.refresh(np.unique(draft.problem.items.block[group.items[changed]]))


def _share_out(draft: Draft, group: GroupLimit, when: int, direction: int) -> None:
    """Add (1) or take (-1) pieces where it earns most until the group's limit holds; 0 closes."""
    if direction == 0:
        _close(draft, group, when)
        return
    for _ in range(_CHUNKS * 16):
        pieces = int(group.weights @ draft.made[group.items, when])
        if bool(group.allows(np.array(pieces))):
            return
        missing = _missing(group, pieces, direction)
        sizes = _next_sizes(draft, group, when, direction, missing)
        possible = _possible(draft, group, when, sizes)
        if missing == 0 or not len(possible):
            return
        items = group.items[possible]
        gain = _gains(draft, items, np.full(len(items), when), sizes[possible])
        gain /= np.abs(sizes[possible] - draft.made[items, when])
        place = int(np.argmax(gain))
        draft.apply([(int(items[place]), when, int(sizes[possible][place]))])


def _possible(draft: Draft, group: GroupLimit, when: int, sizes: IntArray) -> IntArray:
    """Return the places of the sizes that are new, and that allowances and tiers let be."""
    changed = np.flatnonzero(sizes != draft.made[group.items, when]).tolist()
    parts = [(int(group.items[place]), when, int(sizes[place])) for place in changed]
    fits = [draft.taken.fits(draft.made, [part]) for part in parts]
    return np.asarray(np.array(changed, dtype=np.int64)[np.array(fits, dtype=bool)])


def _missing(group: GroupLimit, pieces: int, direction: int) -> int:
    """Return the pieces to the next allowed total; 0 where there is none."""
    if direction > 0:
        target = max(-(-pieces // group.multiple) * group.multiple, group.moq)
        return target - pieces if target <= group.max_lot else 0
    top = min(pieces, int(min(group.max_lot, pieces)))
    target = top // group.multiple * group.multiple
    return pieces - target if target >= group.moq else 0


def _next_sizes(
    draft: Draft, group: GroupLimit, when: int, direction: int, missing: int
) -> IntArray:
    """Return a larger or smaller size of each item, a part of what is missing away."""
    items = draft.problem.items
    now = draft.made[group.items, when]
    step = items.multiple[group.items]
    part = -(-missing // _CHUNKS)
    lots = np.maximum(part // (step * group.weights), 1)
    lots = np.where(lots * step * group.weights > missing, 1, lots)
    sizes = now + direction * lots * step
    moq, most = items.moq[group.items], items.most[group.items, when]
    if direction > 0:
        sizes = np.maximum(sizes, moq)
        return np.asarray(np.where(sizes <= most, sizes, now))
    return np.asarray(np.where((now > 0) & (sizes >= moq), sizes, 0))
