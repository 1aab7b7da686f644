"""The plan that would be made if capacity had no limit: what a shortfall is measured from."""

from dataclasses import replace
from itertools import product

import numpy as np

from c2m.production.lotsizing.decomposition import has_lots, is_known, runs_at_no_price
from c2m.production.lotsizing.dp import best_runs, block_view
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.lotsizing.lost import lost_paths
from c2m.production.problem import IntArray, Problem

_PASSES = 2

_HAIR = 1e-9
"""Money that counts as rounding."""


def wanted_without_limits(problem: Problem) -> IntArray:
    """Return the runs that would be made if lines had all the capacity they could use.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Units or packs; also in periods in which a line stands still, but for one that always does.
    """
    items = problem.items
    enough = np.full_like(items.most, 2**40)
    enough -= enough % items.multiple[:, None]
    steps = np.arange(problem.n_periods)
    works = (problem.limit[items.line] > 0).any(axis=1, keepdims=True)
    in_time = steps[None, :] + items.lead[:, None] < problem.n_periods
    most = np.where(works & in_time, enough, 0)
    free = replace(problem, items=replace(items, most=most), allowances=())
    if is_known(free) and not has_lots(free):
        return runs_at_no_price(free)
    view = block_view(free)
    prices, lost = np.zeros(problem.regular.shape), None
    made = np.zeros_like(items.most)
    for _ in range(_PASSES):
        made = best_runs(free, view, prices, lost)
        lost = lost_paths(free, view, made)
    return _rounded(free, made)


def _rounded(problem: Problem, made: IntArray) -> IntArray:
    """Make every run a lot larger or smaller where that earns more: nearest is not always best."""
    items, draft = problem.items, Draft(problem, made)
    slot = np.arange(problem.n_items) - np.searchsorted(items.block, items.block)
    for number, when in product(range(int(slot.max(initial=-1)) + 1), range(problem.n_periods)):
        for way in (1, -1):
            runs = (slot == number) & (items.multiple > 1) & (draft.made[:, when] > 0)
            item = np.flatnonzero(runs)
            size = draft.made[item, when] + way * items.multiple[item]
            can = size >= items.moq[item]
            change = Change(item[can], np.full(int(can.sum()), when), size[can])
            if len(change):
                better = change.take(draft.gains(change) > _HAIR)
                draft.apply(list(zip(*(part.tolist() for part in better.parts[0]), strict=True)))
    return draft.made
