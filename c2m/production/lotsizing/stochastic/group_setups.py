"""The problem in which each SKU pays the set-ups of its groups alone.

A search that looks at blocks one by one does not see that a run of a style which does not run yet
costs a set-up more. Charged with the whole of it, its runs are fewer and larger, as a group's are.
"""

from dataclasses import replace

from c2m.production.problem import Problem


def with_group_setups(problem: Problem) -> Problem:
    """Return the problem with the set-ups of groups added to their items'.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    Problem
        The same where no group has a set-up. A plan for it is a plan for `problem`.
    """
    groups = [group for group in problem.groups if group.setup_time or group.setup_cost]
    if not groups:
        return problem
    setup_time, setup_cost = problem.items.setup_time.copy(), problem.items.setup_cost.copy()
    for group in groups:
        setup_cost[group.items] += group.setup_cost
        if group.line >= 0:
            setup_time[group.items] += group.setup_time
    items = replace(problem.items, setup_time=setup_time, setup_cost=setup_cost)
    return replace(problem, items=items)
