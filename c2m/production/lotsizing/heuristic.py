"""Plans for problems of any size: candidates, the best of them on other scenarios, a bound."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.lotsizing.dp import BlockView, block_view
from c2m.production.lotsizing.foresight import foresight_bound, is_bounded
from c2m.production.lotsizing.prices import dual_value, reduced_values
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.lotsizing.stochastic.bound import scenario_price_bound
from c2m.production.lotsizing.stochastic.candidates import FEW, Candidate, candidate_plans
from c2m.production.problem import Problem

_DOUBT = 0.005
"""Advantage, as a share of profit, from which another plan than the first is taken."""


def solve_heuristic(
    problem: Problem, progress: Progress, judge: Callable[[], Problem] | None = None
) -> Solution:
    """Plan by capacity prices, sizes over all scenarios and local improvement.

    Parameters
    ----------
    problem : Problem
        The problem.
    progress : callable
        Told what is being done.
    judge : callable, optional
        Reads the same problem with other scenarios, on which the candidates are compared: a plan
        that fits the planning scenarios too well does not win there. The planning scenarios
        unless given.

    Returns
    -------
    Solution
        The plan for the scenarios is never worse on them than making nothing. The bound is
        proved; where end values make it infinite it is the master problem's over the columns
        found, which is not.
    """
    view = block_view(problem)
    found = candidate_plans(problem, view, progress)
    candidate = choose(found, _judging(problem, judge))
    made, prices = candidate.made, found[0].prices
    value = profit(problem, made)
    progress("the bound")
    bound, proved, source = _bound(problem, view, found)
    return Solution(made, value, prices, max(bound, value), proved, source, "heuristic")


def choose(found: list[Candidate], judge: Problem) -> Candidate:
    """Return the candidate that earns the most on a problem's scenarios.

    Parameters
    ----------
    found : list of Candidate
        The first is taken unless another earns more by `_DOUBT` of its profit: less than that
        is chance on a few hundred scenarios.
    judge : Problem
        The scenarios.

    Returns
    -------
    Candidate
        The best.
    """
    values = [profit(judge, candidate.made) for candidate in found]
    best = int(np.argmax(values))
    return found[best] if values[best] > values[0] + _DOUBT * abs(values[0]) else found[0]


def _judging(problem: Problem, judge: Callable[[], Problem] | None) -> Problem:
    """Return the problem, its money and limits, with the scenarios on which plans are compared."""
    if judge is None or problem.n_scenarios == 1:
        return problem
    other = judge()
    return replace(problem, net=other.net, mean_net=other.mean_net, supply=other.supply)


def _bound(problem: Problem, view: BlockView, found: list[Candidate]) -> tuple[float, bool, str]:
    """Return the bound, whether it is proved, and what it comes from."""
    pool, prices = found[0].pool, found[0].prices
    if not is_bounded(problem):
        reduced = reduced_values(problem, pool, prices)
        return dual_value(problem, prices, reduced.max(axis=0)), False, "columns found"
    without = pool.value[0]
    tried = found[:-1] if problem.n_blocks <= FEW else found[:1]
    foresight = min(foresight_bound(problem, view, each.prices, without) for each in tried)
    if problem.n_scenarios == 1:
        return foresight, True, "perfect foresight"
    bound = scenario_price_bound(problem, view, pool, prices, profit(problem, found[0].made))
    if bound < foresight:
        return bound, True, "scenario prices"
    return foresight, True, "perfect foresight"
