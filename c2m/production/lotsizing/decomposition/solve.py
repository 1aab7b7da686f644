"""Plans for known demand: price, choose, exchange, size, check; with a proved bound."""

import numpy as np

from c2m.production.evaluate import broken_limits, profit
from c2m.production.lotsizing.decomposition.choose import Choice, choose
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.price import price_plans
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.problem import FloatArray, IntArray, Problem

_IMPROVED = 5_000
"""SKUs up to which a plan that had to be repaired is improved run by run."""


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
        is proved; MOQs, multiples and largest lots are left out of it, which can only raise it.
    """
    known = Known.of(problem)
    progress("prices of capacity")
    priced = price_plans(known)
    progress("choosing runs")
    choice = choose(known, priced)
    made = _made(problem, known, choice)
    nothing = np.zeros_like(made)
    idle = profit(problem, nothing)
    if made.sum() != choice.brought.sum() or broken_limits(problem, made):
        progress("limits of lots and capacity")
        made = _mended(problem, made, priced.prices)
    value = profit(problem, made)
    if value < idle:
        made, value = nothing, idle
    bound = max(idle + priced.bound, value)
    return Solution(made, value, priced.prices, bound, True, "capacity prices", "decomposition")


def has_lots(problem: Problem) -> bool:
    """Say whether there are MOQs or multiples, which the prices do not see.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        Whether another way of planning may find more.
    """
    items = problem.items
    return bool(np.any(items.moq > 1) or np.any(items.multiple > 1))


def _made(problem: Problem, known: Known, choice: Choice) -> IntArray:
    """Return quantities by item and period of the run, in whole lots."""
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    step, sku = np.nonzero((choice.way >= 0) & (choice.brought > 0))
    items = problem.items
    item = known.item_at[choice.way[step, sku], sku]
    when = step - items.lead[item]
    multiple, most = items.multiple[item], items.most[item, when]
    lots = -(-choice.brought[step, sku] // multiple)
    size = np.maximum(lots.astype(np.int64) * multiple, items.moq[item])
    size = np.minimum(size, most // multiple * multiple)
    made[item, when] = np.where(size >= items.moq[item], size, 0)
    return made


def _mended(problem: Problem, made: IntArray, prices: FloatArray) -> IntArray:
    draft = Draft(problem, made)
    repair(draft)
    return improve(draft, prices) if problem.n_skus <= _IMPROVED else draft.made
