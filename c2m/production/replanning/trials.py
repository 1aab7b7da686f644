"""Other sizes of the runs of a plan, to be tried one run or two runs of a block at a time."""

from collections.abc import Iterator

import numpy as np

from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import BoolArray, IntArray, Problem


def single(draft: Draft, target: IntArray) -> Iterator[Change]:
    """Yield one run of each block that differs from its target, until all were there.

    Parameters
    ----------
    draft : Draft
        The plan.
    target : ndarray of int, shape (n_items, n_periods)
        Other sizes.

    Yields
    ------
    Change
        At most one run a block.
    """
    item, when, rank = _ranked(draft.problem, draft.made != target)
    for number in range(int(rank.max(initial=-1)) + 1):
        here = rank == number
        yield Change(item[here], when[here], target[item[here], when[here]])


def cells(draft: Draft, target: IntArray) -> Iterator[Change]:
    """Yield single runs of each block, and pairs that follow one another, set to their target.

    Parameters
    ----------
    draft : Draft
        The plan.
    target : ndarray of int, shape (n_items, n_periods)
        Other sizes.

    Yields
    ------
    Change
        One run, or two, of each block that is not as in its target.
    """
    item, when, rank = _ranked(draft.problem, draft.made != target)
    size = target[item, when]
    for number in range(int(rank.max(initial=-1)) + 1):
        here = rank == number
        yield Change(item[here], when[here], size[here])
        if len(second := np.flatnonzero(rank == number + 1)):
            first = second - 1
            yield Change(item[first], when[first], size[first],
                         item[second], when[second], size[second])  # fmt: skip


def other_sizes(draft: Draft, share: float, way: int) -> IntArray:
    """Return a larger (1) or smaller (-1) size of every run that its own limits allow.

    Parameters
    ----------
    draft : Draft
        The plan.
    share : float
        Part of its size by which a run differs, at least one lot.
    way : int
        1 for larger, -1 for smaller.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Sizes.
    """
    items, made = draft.problem.items, draft.made
    multiple = items.multiple[:, None]
    lots = np.maximum(np.rint(share * made / multiple), 1).astype(np.int64)
    size = np.clip(made + way * lots * multiple, items.moq[:, None], items.most)
    return np.where((made > 0) & (size <= items.most), size, made)


def merges(draft: Draft) -> Iterator[Change]:
    """Yield runs of each block made together with the next one, and with the one before.

    Parameters
    ----------
    draft : Draft
        The plan.

    Yields
    ------
    Change
        Two runs of each block: the one that goes, and the one that takes over its units.
    """
    problem, made = draft.problem, draft.made
    item, when, rank = _ranked(problem, made > 0)
    for number in range(1, int(rank.max(initial=-1)) + 1):
        second = np.flatnonzero(rank == number)
        for kept, gone in ((second, second - 1), (second - 1, second)):
            size = made[item[kept], when[kept]] + made[item[gone], when[gone]]
            size -= size % problem.items.multiple[item[kept]]
            size = np.minimum(size, problem.items.most[item[kept], when[kept]])
            can = size >= problem.items.moq[item[kept]]
            nothing = np.zeros(int(can.sum()), dtype=np.int64)
            yield Change(item[gone][can], when[gone][can], nothing,
                         item[kept][can], when[kept][can], size[can])  # fmt: skip


def _ranked(problem: Problem, where: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return items and periods by block and time, and each one's number in its block."""
    item, when = np.nonzero(where)
    block = problem.items.block[item]
    order = np.lexsort((item, when, block))
    block = block[order]
    return item[order], when[order], np.arange(len(block)) - np.searchsorted(block, block)
