"""Room changes hands: of two runs on a line in a period one grows by what the other gives up.

Moves of one SKU at a time end where a line is full; then only such a pair earns more.
"""

import numpy as np

from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import IntArray

_SHARES = (0.5, 0.2, 0.07, 0.0)
"""Sizes of the steps by which runs grow, as shares of the largest run there; 0 is one lot."""

_GROWING = 3
"""Runs that are tried for more room in a cell (a line in a period), those that gain most first."""

_TRADES = 6
"""Trades in a cell, at most, before the next one is looked at."""

_TRIED = 4
"""Pairs of which the limits are looked at before a growing run is left as it is."""

_HAIR = 1e-9


def trade(draft: Draft, passes: int = 2) -> IntArray:
    """Trade room between the runs of every line and period while that pays.

    Parameters
    ----------
    draft : Draft
        A plan that holds every limit; changed in place, never for the worse.
    passes : int
        How often all cells are looked at, at most.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        The plan.
    """
    items = draft.problem.items
    lines = [np.flatnonzero(items.line == line) for line in range(len(draft.problem.lines))]
    for _ in range(passes):
        traded = False
        for share in _SHARES:
            for when in range(draft.problem.n_periods):
                for mine in lines:
                    here = mine[items.most[mine, when] > 0]
                    if len(np.unique(items.block[here])) > 1:
                        traded |= _in_cell(draft, here, when, share)
        if not traded:
            break
    return draft.made


def _in_cell(draft: Draft, here: IntArray, when: int, share: float) -> bool:
    """Trade between the runs of a cell; say if anything was."""
    for number in range(_TRADES):
        if not _best_trade(draft, here, when, share):
            return number > 0
    return True


def _best_trade(draft: Draft, here: IntArray, when: int, share: float) -> bool:
    """Make the first trade that pays."""
    items, now = draft.problem.items, draft.made[here, when]
    step = np.maximum(np.rint(share * now.max() / items.multiple[here]), 1).astype(np.int64)
    size = np.maximum(now + step * items.multiple[here], items.moq[here])
    size = np.minimum(size, items.most[here, when] // items.multiple[here] * items.multiple[here])
    rows = np.flatnonzero(size > now)
    if not len(rows) or not now.any():
        return False
    gain = _gains(draft, here[rows], when, size[rows])
    for place in np.argsort(-gain, kind="stable")[:_GROWING].tolist():
        row = int(rows[place])
        if gain[place] <= _HAIR:
            return False
        if _give_up(draft, here, when, (int(here[row]), int(size[row])), float(gain[place])):
            return True
    return False


def _give_up(
    draft: Draft, here: IntArray, when: int, growing: tuple[int, int], gain: float
) -> bool:
    """Let another run of the cell give its room to a growing one, if that pays."""
    items, (item, size) = draft.problem.items, growing
    others = here[(items.block[here] != items.block[item]) & (draft.made[here, when] > 0)]
    if not len(others):
        return False
    line, more = int(items.line[item]), size - int(draft.made[item, when])
    one = np.array([item])
    needed = float(draft.usage_change(one, np.array([when]), np.array([size]))[0])
    needed -= max(float(draft.problem.regular[line, when] - draft.used[line, when]), 0.0)
    by_time = np.ceil(np.maximum(needed, 0.0) / np.maximum(items.unit_time[others], _HAIR) - _HAIR)
    tried: list[tuple[float, int, int]] = []
    for cut in (by_time, np.full(len(others), float(more)), np.full(len(others), np.inf)):
        left = _smaller(draft, others, when, cut)
        loss = _gains(draft, others, when, left)
        pays = np.flatnonzero(gain + loss > _HAIR)
        tried += [(-float(loss[row]), int(others[row]), int(left[row])) for row in pays]
    for lost, other, left_over in sorted(tried)[:_TRIED]:
        parts = [(other, when, left_over), (item, when, size)]
        cost = draft.cost_if_fits(parts)
        if cost is not None and gain - lost - cost > _HAIR * (1.0 + abs(gain)):
            draft.apply(parts)
            return True
    return False


def _smaller(draft: Draft, item: IntArray, when: int, cut: np.ndarray) -> IntArray:
    """Return sizes that are smaller by at least a cut, or 0."""
    items, now = draft.problem.items, draft.made[item, when]
    lots = np.ceil(np.minimum(np.maximum(cut, 1.0), now) / items.multiple[item] - _HAIR)
    left = now - lots.astype(np.int64) * items.multiple[item]
    return np.where(left >= items.moq[item], left, 0)


def _gains(draft: Draft, item: IntArray, when: int, size: IntArray) -> np.ndarray:
    """Return what new sizes bring, one run a block at a time: a change holds no more."""
    block = draft.problem.items.block[item]
    order = np.argsort(block, kind="stable")
    turn = np.empty(len(item), dtype=np.int64)
    turn[order] = np.arange(len(item)) - np.searchsorted(block[order], block[order])
    gain = np.zeros(len(item))
    for number in range(int(turn.max(initial=-1)) + 1):
        rows = np.flatnonzero(turn == number)
        change = Change(item[rows], np.full(len(rows), when), size[rows])
        gain[rows] = draft.gains(change)
    return gain
