"""Plans for small problems: one mixed-integer programme over all scenarios, solved by HiGHS."""

from dataclasses import replace
from typing import Final

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.mip import Stop, maximise
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.write_programme import write_programme
from c2m.production.problem import Problem

MOST_LOST: Final = 2_500
"""SKUs x periods x scenarios up to which ``"auto"`` plans exactly."""

MOST_RUNS: Final = 40
"""Possible runs (items x periods) up to which ``"auto"`` plans exactly."""

_MOST_NODES: Final = 5_000
"""Nodes after which ``"auto"`` stops: unlike seconds, they are the same on every machine."""

_MEDIUM_RUNS: Final = 120
"""Possible runs up to which ``"auto"`` betters a quick plan that may be far from the best."""

FEW_NODES: Final = 200
"""Nodes for that: most of what there is to gain is found in them."""

_FAR: Final = 0.05
"""Gap of a quick plan, as a share of the bound, from which it may be far from the best."""


def small_enough(problem: Problem) -> bool:
    """Say whether a problem is small enough to be planned exactly without being asked to.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        By the number of lost-sales variables and of possible runs.
    """
    lost = problem.n_skus * problem.n_periods * problem.n_scenarios
    return lost <= MOST_LOST and int(np.count_nonzero(problem.items.most)) <= MOST_RUNS


def worth_bettering(problem: Problem, found: Solution) -> bool:
    """Say whether some nodes of the exact programme may better a quick plan by much.

    That is so for plans that had to be cut to fit allowances; others are rarely far from the best,
    whatever their bound says.

    Parameters
    ----------
    problem : Problem
        The problem.
    found : Solution
        The plan.

    Returns
    -------
    bool
        By the plan's gap and the size of the problem.
    """
    lost = problem.n_skus * problem.n_periods * problem.n_scenarios
    runs = int(np.count_nonzero(problem.items.most))
    far = found.bound - found.profit > _FAR * abs(found.bound)
    return bool(problem.allowances) and far and lost <= MOST_LOST and runs <= _MEDIUM_RUNS


def solve_exact(
    problem: Problem, start: Solution, time_limit_s: float | None, nodes: int = _MOST_NODES
) -> Solution:
    """Plan by a mixed-integer programme over all scenarios.

    Parameters
    ----------
    problem : Problem
        The problem.
    start : Solution
        A plan to begin with; the answer is never worse.
    time_limit_s : float, optional
        Seconds; nodes are limited instead unless given.
    nodes : int
        Of the search tree, at most.

    Returns
    -------
    Solution
        The best plan found, with a proved bound on the profit over these scenarios.
    """
    source = "all scenarios at once"
    if not problem.items.most.any():  # no run is possible: there is nothing to choose
        return replace(start, bound=start.profit, proved=True, bound_from=source, method="exact")
    programme = write_programme(problem)
    stop = Stop(nodes=nodes if time_limit_s is None else None, seconds=time_limit_s)
    answer = maximise(programme, stop, programme.values_of(problem, start.made))
    best, bound = start, answer.bound
    if answer.values is not None:
        made = programme.made_of(problem, answer.values)
        if not broken_limits(problem, made) and profit(problem, made) > start.profit:
            best = replace(start, made=made, profit=profit(problem, made))
    method = "exact" if bound - best.profit <= 1e-6 * max(abs(bound), 1.0) else "exact (stopped)"
    if start.proved and start.bound < bound:
        bound, source = start.bound, start.bound_from
    bound = max(bound, best.profit)
    return replace(best, bound=bound, proved=True, bound_from=source, method=method)
