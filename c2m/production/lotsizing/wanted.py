"""The plan that would be made if capacity had no limit: what a shortfall is measured from."""

from dataclasses import replace

import numpy as np

from c2m.production.lotsizing.dp import best_runs, block_view
from c2m.production.lotsizing.lost import lost_paths
from c2m.production.problem import IntArray, Problem

_PASSES = 2


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
    free = replace(problem, items=replace(items, most=np.where(works & in_time, enough, 0)))
    view = block_view(free)
    prices, lost = np.zeros(problem.regular.shape), None
    made = np.zeros_like(items.most)
    for _ in range(_PASSES):
        made = best_runs(free, view, prices, lost)
        lost = lost_paths(free, view, made)
    return made
