"""Serve all known demand within the limits: capacity as it is, no sale lost, at the least cost."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from c2m.errors import ArgumentError, InfeasiblePlanError
from c2m.production.evaluate import arrivals, lost_so_far, profit
from c2m.production.limits import allowance_usage, line_usage
from c2m.production.lotsizing.decomposition import is_known, solve_known
from c2m.production.lotsizing.kernel.first import serve_at_any_cost
from c2m.production.lotsizing.kernel.solve import solve_kernel
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.problem import FloatArray, IntArray, Problem

_ROUNDING: Final = 1e-6
"""Units that count as none."""

_FIRST_SHARE: Final = 0.5
"""Share of the time in which a plan is sought that serves all at any cost."""

_LONGER: Final = "a longer search (time_limit_s)"
"""What may help where nothing is proved."""

_NAMED: Final = 10
"""Lines and periods, or SKUs, that an error names."""


def serve_all_demand(
    problem: Problem,
    progress: Progress,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
    seed: int = 0,
) -> Solution:
    """Plan so that no demand is lost; the limits hold as they are.

    Losing demand has a price while the search is on its way, and is forbidden from the first plan
    on that loses none. The price is in no figure of the answer.

    Parameters
    ----------
    problem : Problem
        A problem with one path of demand.
    progress : callable
        Told what is being done.
    seconds : float, optional
        How long to search; see `solve_kernel`.
    clock : callable
        What the seconds are read from.
    seed : int
        Of the search.

    Returns
    -------
    Solution
        The best plan found that serves all; the bound holds for every plan that does.

    Raises
    ------
    InfeasiblePlanError
        If it is proved that there is no such plan, with the capacity that is missing by line and
        period, or if none was found.
    """
    begun = clock()
    priced = replace(problem, penalty=problem.penalty + _price_of_losing(problem))
    start, impossible = _first_plan(priced, progress), False
    if units_lost(problem, start.made).sum() > _ROUNDING:
        progress("a plan that loses nothing")
        half = None if seconds is None else _FIRST_SHARE * seconds
        first = serve_at_any_cost(priced, start.made, seconds=half, clock=clock)
        impossible = first.impossible
        if first.made is not None:
            value = profit(priced, first.made)
            start = replace(start, made=first.made, profit=value, method="kernel")
    left = None if seconds is None else max(seconds - (clock() - begun), 0.0)
    found = solve_kernel(
        priced, start, progress, seconds=left, clock=clock, serve_all=True, seed=seed
    )
    if units_lost(problem, found.made).sum() > _ROUNDING:
        claim = "No plan serves all" if impossible else _not_found(seconds)
        raise _refusal(priced, found.made, progress, claim, proved=impossible)
    value = profit(problem, found.made)
    return replace(found, profit=value, bound=max(found.bound, value))


def one_path(problem: Problem) -> Problem:
    """Return a problem of known demand with one scenario.

    Parameters
    ----------
    problem : Problem
        Its scenarios must be the same.

    Returns
    -------
    Problem
        With the first of them.

    Raises
    ------
    ArgumentError
        If scenarios differ.
    """
    first = problem.net[:, :, :1]
    differ = int(np.count_nonzero(np.any(problem.net != first, axis=(0, 1))))
    if differ:
        raise ArgumentError(
            f"serve_all needs one known path of demand, but {differ} of {problem.n_scenarios} "
            "scenarios differ from the first. Ask for a share with fill_rate=, or give demand "
            "that is known."
        )
    return replace(problem, net=np.ascontiguousarray(first))


def units_lost(problem: Problem, made: IntArray) -> FloatArray:
    """Return the units that a plan is expected to lose.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_skus,)
        Units.
    """
    return lost_so_far(problem, arrivals(problem, made).cumsum(axis=1))[:, -1]


def _price_of_losing(problem: Problem) -> float:
    """Return money per unit at which losing one is dearer than almost any other plan."""
    setup = float(problem.items.setup_cost.max(initial=0.0))
    setup += sum(group.setup_cost for group in problem.groups)
    each = float((problem.unit_cost + problem.n_periods * problem.holding_cost).max(initial=0.0))
    hours = problem.overtime_cost[problem.items.line] * problem.items.unit_time
    return 1.0 + setup + each + float(hours.max(initial=0.0))


def _first_plan(problem: Problem, progress: Progress) -> Solution:
    """Return a plan to begin with; it may lose demand."""
    if is_known(problem):
        return solve_known(problem, progress)
    nothing = np.zeros_like(problem.items.most)
    prices = np.zeros(problem.regular.shape)
    return Solution(nothing, profit(problem, nothing), prices, np.inf, False, "nothing", "nothing")


def _not_found(seconds: float | None) -> str:
    within = "" if seconds is None else f" in {seconds:,.4g} s"
    return f"No plan was found{within} that serves all; perhaps there is one"


def _refusal(
    priced: Problem, made: IntArray, progress: Progress, claim: str, *, proved: bool
) -> InfeasiblePlanError:
    """Return the error that says what is short, and the cheapest relief that was found."""
    lost = units_lost(priced, made)
    skus = np.flatnonzero(lost > _ROUNDING)
    of_best = "" if proved else " in the best plan found"
    reasons = [
        f"{priced.skus[sku]}: {lost[sku]:,.0f} units short{of_best}" for sku in skus[:_NAMED]
    ]
    reasons += [f"and {len(skus) - _NAMED} more SKUs"] * (len(skus) > _NAMED)
    wide = _with_any_overtime(replace(priced, allowances=()))
    if not is_known(wide):
        longer = "" if proved else f"{_LONGER}, or "
        relief = f"{longer}allow lost sales: leave out serve_all"
        return InfeasiblePlanError(reasons, relief, claim, proved=proved)
    plan = solve_known(wide, progress).made
    over = np.maximum(line_usage(priced, plan) - priced.limit, 0.0)
    relief = _relief(priced, plan, over)
    if not proved:
        relief = relief if relief.startswith(_LONGER) else f"{_LONGER}, or {relief}"
        return InfeasiblePlanError(reasons, relief, claim, proved=False)
    reasons += _capacity_short(priced, over) + _allowances_short(priced, plan)
    return InfeasiblePlanError(reasons, relief, claim)


def _capacity_short(problem: Problem, over: FloatArray) -> list[str]:
    """Return the lines and periods in which a plan takes too much."""
    short = np.argwhere(over > _ROUNDING)
    label = problem.calendar.label(problem.first + np.arange(problem.n_periods))
    reasons = [
        f"line {problem.lines[line]} is {over[line, when]:,.1f} {problem.units[line]} short in the"
        f" period of {np.datetime_as_string(label[when], unit='D')}"
        for line, when in short[:_NAMED]
    ]
    return reasons + [f"and {len(short) - _NAMED} more lines and periods"] * (len(short) > _NAMED)


def _relief(problem: Problem, plan: IntArray, over: FloatArray) -> str:
    """Return what would let a plan serve all that takes this much more capacity."""
    if units_lost(problem, plan).sum() > _ROUNDING:
        return "no run can arrive in time: more stock, or later demand"
    leave = "allow lost sales: leave out serve_all"
    lines, count = over.sum(axis=1), np.count_nonzero(over > _ROUNDING)
    if not count and not _allowances_short(problem, plan):
        return f"{_LONGER}, or {leave}"
    more = [
        f"{hours:,.1f} more {unit} of line {line}"
        for line, unit, hours in zip(problem.lines, problem.units, lines, strict=True)
        if hours > _ROUNDING
    ]
    return f"{' and '.join(more) or 'more materials or budget'}, or {leave}"


def _allowances_short(problem: Problem, plan: IntArray) -> list[str]:
    """Return the materials, budgets and capacities of groups of which a plan takes too much."""
    used = allowance_usage(problem, plan)
    short = [
        (allowance, taken - allowance.amount)
        for allowance, taken in zip(problem.allowances, used, strict=True)
        if taken - allowance.amount > _ROUNDING
    ]
    return [f"{each.kind} {each.name!r} is {more:,.1f} short" for each, more in short[:_NAMED]]


def _with_any_overtime(problem: Problem) -> Problem:
    """Return the problem with as much overtime as anyone could use."""
    items = problem.items
    wanted = float(np.maximum(problem.net, 0.0).max(axis=(0, 2)).sum())
    room = float(items.unit_time.max() * wanted + items.setup_time.sum()) + 1.0
    enough = np.int64(2**40) // items.multiple * items.multiple
    most = np.where(items.most > 0, enough[:, None], 0)
    return replace(problem, items=replace(items, most=most), overtime=problem.overtime + room)
