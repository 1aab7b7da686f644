"""Plans to choose from when planning again: anew, the old one continued, and between them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.firm import settle
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.lotsizing.whole_orders import with_whole_orders
from c2m.production.policy import ServiceLevel, reaches, solve_priced
from c2m.production.problem import BoolArray, IntArray, Problem
from c2m.production.replanning.calm import Calm, keep_calm
from c2m.production.replanning.habit import with_habit
from c2m.production.replanning.single import take_back


@dataclass(frozen=True)
class Choice:
    """The plan that is chosen, and what it is compared with.

    Parameters
    ----------
    solution : Solution
        The plan.
    kept : ndarray of int, shape (n_items, n_periods), optional
        The old plan, cut where it does not fit and planned on after its end; None where nothing
        of it goes on.
    """

    solution: Solution
    kept: IntArray | None


def choose(
    free: Problem,
    calm: Calm,
    level: ServiceLevel | None,
    find: Callable[..., Solution],
    progress: Progress,
) -> Choice:
    """Return the best of the new plan, the old one continued, and what lies between them.

    Where a level of service must be reached, lost units are charged while plans are compared as
    they were in the new plan, which reaches it; what falls below is left out at the end. Runs that
    differ by so little that it is no change are free while plans are looked for; at the end they
    have to earn what a change costs too, or go back to their old size.

    Parameters
    ----------
    free : Problem
        What is left to decide.
    calm : Calm
        The old plan, and what a change costs.
    level : ServiceLevel, optional
        To be reached.
    find : callable
        From a problem, and `progress` by name, to a plan.
    progress : callable
        Told what is being done.

    Returns
    -------
    Choice
        The plan with the highest profit, surplus materials, changes and other sizes paid.
    """
    if not (free.items.most > 0).any():
        return Choice(_nothing(free), None)
    new, priced = _anew(free, level, partial(find, progress=progress))
    if not calm.counts.any():
        return Choice(new, None)
    progress("the old plan continued")
    kept = _continued(priced, calm, new)
    plans = [keep_calm(priced, made, new.made, calm) for made in (new.made, kept)]
    plans += [new.made, kept]
    if calm.cost > 0:
        progress("a plan that pays for its changes")
        others = _paying(priced, calm, plans[:2], new, find)
        plans += [keep_calm(priced, made, new.made, calm) for made in others]
        progress("runs back to their old sizes")
        calm = replace(calm, free=0.0)
        plans += [keep_calm(priced, made, new.made, calm) for made in _different(plans)]
    plans += [_in_whole_orders(priced, calm, made) for made in _different(plans)]
    made = _best(free, calm, [made for made in plans if reaches(free, made, level)])
    value = profit(free, made)
    method = f"replan, {new.method}"
    solution = replace(new, made=made, profit=value, bound=max(new.bound, value), method=method)
    return Choice(solution, kept)


def _paying(
    problem: Problem,
    calm: Calm,
    plans: list[IntArray],
    new: Solution,
    find: Callable[..., Solution],
) -> list[IntArray]:
    """Return plans of the problem in which a change costs money.

    Such a plan is made from nothing only where nothing is shared, which is quick; otherwise those
    that are there already are improved.
    """
    habit = with_habit(problem, calm)
    if not problem.allowances:
        found = [find(habit.problem, progress=_silent).made]
    else:
        drafts = [Draft(habit.problem, habit.laid(made)) for made in _different(plans)]
        for draft in drafts:
            repair(draft)
        found = [improve(draft, new.prices) for draft in drafts]
    others = [habit.plain(made) for made in found]
    return [made for made in others if not broken_limits(problem, made)]


def _in_whole_orders(problem: Problem, calm: Calm, made: IntArray) -> IntArray:
    """Return a plan whose materials come in whole orders, with as few changes as pay."""
    return take_back(problem, with_whole_orders(problem, made, calm.charge), calm)


def _different(plans: list[IntArray]) -> list[IntArray]:
    """Return each plan once."""
    return list({made.tobytes(): made for made in plans}.values())


def _best(problem: Problem, calm: Calm, plans: list[IntArray]) -> IntArray:
    """Return the plan with the highest profit less the cost of its changes, the first of equals."""
    return max(plans, key=lambda made: calm.net(problem, made))


def _anew(
    problem: Problem, level: ServiceLevel | None, find: Callable[[Problem], Solution]
) -> tuple[Solution, Problem]:
    """Return a new plan, and the problem in which it was found."""
    return (find(problem), problem) if level is None else solve_priced(problem, level, find)


def _nothing(problem: Problem) -> Solution:
    made = np.zeros_like(problem.items.most)
    value = profit(problem, made)
    prices = np.zeros(problem.regular.shape)
    return Solution(made, value, prices, value, True, "nothing is left to decide", "replan")


def _continued(problem: Problem, calm: Calm, new: Solution) -> IntArray:
    """Return the old plan, cut where it does not fit, and after its end as the new one goes on."""
    draft = Draft(problem, np.where(_holds_its_limits(problem, calm.old), calm.old, 0))
    repair(draft)
    rest = settle(problem, draft.made, _decided(calm))
    if not (rest.free.items.most > 0).any():
        return draft.made
    later = Draft(rest.free, np.where(_holds_its_limits(rest.free, new.made), new.made, 0))
    repair(later)
    return rest.made + improve(later, new.prices)


def _holds_its_limits(problem: Problem, made: IntArray) -> BoolArray:
    items = problem.items
    fits = (made >= items.moq[:, None]) & (made <= items.most)
    return np.asarray(fits & (made % items.multiple[:, None] == 0))


def _decided(calm: Calm) -> BoolArray:
    return calm.counts | (calm.old > 0)


def _silent(stage: str) -> None:
    """Show nothing."""
