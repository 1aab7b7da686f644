"""Plans for problems of any size: price capacity, plan every block, combine, repair, improve."""

from dataclasses import replace

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.lotsizing.dp import best_runs, block_view
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.foresight import foresight_bound, is_bounded
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.lost import lost_paths
from c2m.production.lotsizing.prices import (
    Pool,
    dual_value,
    empty_pool,
    master_prices,
    price_capacity,
    reduced_values,
)
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.select import pick_columns
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.problem import FloatArray, IntArray, Problem

_ROUNDS = 16
"""How often every block is asked for a plan while prices settle."""

_POINT_ROUNDS = 8
"""The same for the plans for a single path."""

_LOOPS = 3
"""How often the best plan becomes the reference, is priced again, and improved."""

_POINT_LEVELS = {"mean": None, "q75": 0.75}
"""Plans for one path that enter as candidates: the mean demand, and its 75 % quantile."""


def solve_heuristic(problem: Problem, progress: Progress) -> Solution:
    """Plan by capacity prices and local improvement.

    Parameters
    ----------
    problem : Problem
        The problem.
    progress : callable
        Told what is being done.

    Returns
    -------
    Solution
        Never worse than making nothing. The bound is what perfect foresight would bring, which
        is proved; where end values make it infinite it is the master problem's over the
        columns found, which is not.
    """
    progress("prices of capacity")
    view = block_view(problem)
    prices, pool = price_capacity(problem, view, empty_pool(problem), _ROUNDS)
    for name, level in _POINT_LEVELS.items():
        progress(f"the plan for the {name} demand")
        pool = pool.add(problem, _point_plan(problem, level))
    progress("choosing runs")
    made, value = _best_start(problem, pool, prices)
    for number in range(_LOOPS):
        progress(f"improving runs, {number + 1} of {_LOOPS}")
        better = improve(Draft(problem, made), prices)
        if profit(problem, better) > value:
            made, value = better, profit(problem, better)
        pool = pool.add(problem, better)
        prices = master_prices(problem, pool, prices)
        pool = pool.add(problem, best_runs(problem, view, prices, lost_paths(problem, view, made)))
        draft = Draft(problem, pool.pick(problem, pick_columns(problem, pool, prices)))
        repair(draft)
        other = improve(draft, prices)
        if profit(problem, other) > value:
            made, value = other, profit(problem, other)
    progress("the bound")
    if is_bounded(problem):
        bound = foresight_bound(problem, view, prices, pool.value[0])
        return Solution(
            made, value, prices, max(bound, value), True, "perfect foresight", "heuristic"
        )
    bound = dual_value(problem, prices, reduced_values(problem, pool, prices).max(axis=0))
    return Solution(made, value, prices, max(bound, value), False, "columns found", "heuristic")


def _best_start(problem: Problem, pool: Pool, prices: FloatArray) -> tuple[IntArray, float]:
    """Return the best of: the picked columns, the plans for single paths, and nothing."""
    best, best_value = pool.made[0], profit(problem, pool.made[0])
    picked = pool.pick(problem, pick_columns(problem, pool, prices))
    for start in (picked, *pool.made[-len(_POINT_LEVELS) :]):
        draft = Draft(problem, start)
        repair(draft)
        if draft.profit() > best_value:
            best, best_value = draft.made.copy(), draft.profit()
    return best, best_value


def _point_plan(problem: Problem, level: float | None) -> IntArray:
    """Return the plan for one path of demand: the mean, or a quantile of the demand so far."""
    if level is None:
        path = problem.mean_net.T[:, :, None]
    else:
        path = np.quantile(problem.net, level, axis=2, method="inverted_cdf")[:, :, None]
    one = replace(problem, net=np.ascontiguousarray(path), mean_net=path[:, :, 0].T.copy())
    view = block_view(one)
    prices, pool = price_capacity(one, view, empty_pool(one), _POINT_ROUNDS)
    choice = pick_columns(one, pool, prices)
    draft = Draft(one, pool.pick(one, choice))
    repair(draft)
    return improve(draft, prices)
