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

_MOST_LOST: Final = 2_500
"""SKUs x periods x scenarios up to which ``"auto"`` plans exactly."""

_MOST_RUNS: Final = 40
"""Possible runs (items x periods) up to which that is so whatever the quick plan's gap."""

_MOST_NODES: Final = 5_000
"""Nodes after which a search stops: unlike seconds, they are the same on every machine."""

_WORK: Final = 1_200_000
"""Nodes times lost sales (SKUs x periods x scenarios) of ``"auto"``: about half a minute."""

_MEDIUM_LOST, _MEDIUM_RUNS, _MEDIUM_NODES, _MEDIUM_WORK = 1_500, 120, 500, 200_000
"""The same for medium problems, whose quick plans are bettered for some seconds."""

_CLOSED: Final = 1e-6
"""Gap, as a share of the bound, below which nothing more is tried."""

_OPEN: Final = 0.002
"""Gap of their quick plan, as a share of the bound, below which they are not."""


def is_closed(found: Solution) -> bool:
    """Say whether a plan is proved to be the best.

    Parameters
    ----------
    found : Solution
        The plan.

    Returns
    -------
    bool
        By its gap.
    """
    return found.proved and found.bound - found.profit <= _CLOSED * abs(found.bound)


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
    return _lost(problem) <= _MOST_LOST and _runs(problem) <= _MOST_RUNS


def nodes_worth(problem: Problem, found: Solution) -> int:
    """Return how many nodes of the exact programme are worth their time after a quick plan.

    Parameters
    ----------
    problem : Problem
        The problem.
    found : Solution
        The quick plan.

    Returns
    -------
    int
        The larger the problem, the fewer; 0 where its plan is proved to be the best, or where it
        is large, or medium and nearly proved. Plans that were cut to fit allowances may be
        far from the best, so more of those are medium.
    """
    gap, lost = found.bound - found.profit, max(_lost(problem), 1)
    if small_enough(problem):
        return 0 if is_closed(found) else max(min(_WORK // lost, _MOST_NODES), 1)
    open_ = not found.proved or gap > _OPEN * abs(found.bound)
    most = _MOST_LOST if problem.allowances else _MEDIUM_LOST
    medium = lost <= most and _runs(problem) <= _MEDIUM_RUNS
    return max(min(_MEDIUM_WORK // lost, _MEDIUM_NODES), 1) if open_ and medium else 0


def _lost(problem: Problem) -> int:
    return problem.n_skus * problem.n_periods * problem.n_scenarios


def _runs(problem: Problem) -> int:
    return int(np.count_nonzero(problem.items.most))


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
        Of the search tree, at most; not where there is a time limit.

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
