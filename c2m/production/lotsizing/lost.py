"""Units lost so far of every block under a plan: the reference that the dynamic programme needs."""

import numpy as np

from c2m.production.lotsizing.dp import BlockView
from c2m.production.problem import FloatArray, IntArray, Problem


def lost_paths(problem: Problem, view: BlockView, made: IntArray) -> FloatArray:
    """Return the units lost so far in every scenario.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_periods, n_blocks, n_scenarios)
        max(0, running maximum of net demand less what runs have brought).
    """
    brought = np.zeros((problem.n_blocks, problem.n_periods))
    for lead in np.unique(problem.items.lead):
        here = problem.items.lead == lead
        good = made[here] * problem.good_share[here, None]
        late = good[:, : max(problem.n_periods - lead, 0)]
        np.add.at(brought[:, lead:], problem.items.block[here], late)
    brought = brought.cumsum(axis=1)
    lost = np.empty_like(view.net)
    worst = np.zeros(view.net.shape[1:])
    for period in range(problem.n_periods):
        np.maximum(worst, view.net[period] - brought[:, period, None], out=worst)
        lost[period] = worst
    return lost
