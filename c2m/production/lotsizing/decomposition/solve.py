"""Plans for known demand: price, choose, exchange, size, check; with a proved bound."""

from functools import partial

import numpy as np

from c2m.production.evaluate import arrivals, profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition.choose import Choice, choose
from c2m.production.lotsizing.decomposition.fill import fill
from c2m.production.lotsizing.decomposition.grouped import price_and_choose
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import SmallIntArray, best_plans, quantities
from c2m.production.lotsizing.decomposition.price import Priced, price_plans
from c2m.production.lotsizing.decomposition.shares import GroupTerms
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.problem import FloatArray, IntArray, Problem

_IMPROVED = 5_000
"""SKUs up to which a plan that had to be repaired is improved run by run."""

_IMPROVED_GROUPS = 500
"""The same where there are limits on groups."""

_FAR = 0.01
"""Gap, as a share of what runs can bring at all, from which a plan is improved run by run."""


def solve_known(problem: Problem, progress: Progress) -> Solution:
    """Plan for one known path of demand.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_known` holds.
    progress : callable
        Told what is being done.

    Returns
    -------
    Solution
        Never worse than making nothing. The bound is the Lagrangian value at the prices, which
        is proved; MOQs, multiples and largest lots of SKUs are left out of it, which can only
        raise it. Set-ups and MOQs of groups are priced.
    """
    known = Known.of(problem)
    if problem.groups:
        made, priced = _grouped(problem, known, progress)
    else:
        made, priced = _plain(problem, known, progress)
    nothing = np.zeros_like(made)
    idle = profit(problem, nothing)
    made = _filled(problem, known, made, priced, idle)
    value = profit(problem, made)
    if value < idle:
        made, value = nothing, idle
    bound = max(idle + priced.bound, value)
    return Solution(made, value, priced.prices, bound, True, "capacity prices", "decomposition")


def _filled(
    problem: Problem, known: Known, made: IntArray, priced: Priced, idle: float
) -> IntArray:
    """Use the room that is left; change run by run what is still far from the bound."""
    made = fill(problem, known, made)
    most = _IMPROVED_GROUPS if problem.groups else _IMPROVED
    if problem.n_skus > most or idle + priced.bound - profit(problem, made) <= _FAR * priced.bound:
        return made
    return improve(Draft(problem, made), priced.prices)


def has_lots(problem: Problem) -> bool:
    """Say whether there are limits that the prices do not see, or see only in part.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        Whether MOQs, multiples or limits on groups may let another way of planning find more.
    """
    items = problem.items
    return bool(problem.groups) or bool(np.any(items.moq > 1) or np.any(items.multiple > 1))


def runs_at_no_price(problem: Problem) -> IntArray:
    """Return the runs that would be made if capacity cost nothing and had no end.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_known` holds, without MOQs, multiples and limits on groups.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        The best ones, in whole units.
    """
    known = Known.of(problem)
    plans, _ = best_plans(known, np.zeros(problem.regular.shape))
    return _made(problem, known, plans.way, quantities(known, plans))


def _plain(problem: Problem, known: Known, progress: Progress) -> tuple[IntArray, Priced]:
    """Plan SKU by SKU."""
    progress("prices of capacity")
    priced = price_plans(known)
    progress("choosing runs")
    choice = choose(known, priced)
    made = _made(problem, known, choice.way, choice.brought)
    more = float(arrivals(problem, made).sum() - choice.brought.sum())
    rounded = more < -1e-6 or (more > 1e-6 and has_lots(problem))
    if rounded or broken_limits(problem, made):
        progress("limits of lots and capacity")
        draft = Draft(problem, made)
        repair(draft)
        made = improve(draft, priced.prices) if problem.n_skus <= _IMPROVED else draft.made
    return made, priced


def _grouped(problem: Problem, known: Known, progress: Progress) -> tuple[IntArray, Priced]:
    """Plan with limits on groups."""
    progress("prices of capacity and groups")
    priced, choices = price_and_choose(GroupTerms(problem, known))
    progress("limits of lots and groups")
    plans = [_within_limits(problem, known, choice, priced) for choice in choices]
    return max(plans, key=partial(profit, problem)), priced


def _within_limits(problem: Problem, known: Known, choice: Choice, priced: Priced) -> IntArray:
    """Return a choice in whole lots that keeps all limits."""
    draft = Draft(problem, _made(problem, known, choice.way, choice.brought))
    if broken_limits(problem, draft.made):
        repair(draft)
    if problem.n_skus > _IMPROVED_GROUPS:
        return draft.made
    return improve(draft, priced.prices)


def _made(problem: Problem, known: Known, way: SmallIntArray, brought: FloatArray) -> IntArray:
    """Return quantities by item and period of the run, in whole lots.

    What a lot brings beyond its need serves the next needs of its SKU, which are less by it.
    """
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    items, good = problem.items, known.terms.good
    spare = np.zeros(brought.shape[1])  # [S]
    for step in range(brought.shape[0]):
        sku = np.flatnonzero((way[step] >= 0) & (brought[step] > 0))
        need = brought[step, sku] - spare[sku]
        item = known.item_at[way[step, sku], sku]
        when = step - items.lead[item]
        multiple, most = items.multiple[item], items.most[item, when]
        lots = np.ceil(need / good[item] / multiple - 1e-9)
        size = np.maximum(lots.astype(np.int64) * multiple, items.moq[item])
        size = np.minimum(size, most // multiple * multiple)
        size = np.where((need > 0) & (size >= items.moq[item]), size, 0)
        made[item, when] = size
        spare[sku] = np.maximum(size * good[item] - need, 0.0)
    return made
