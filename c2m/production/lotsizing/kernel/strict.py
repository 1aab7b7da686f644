"""Serve all known demand within the limits: capacity as it is, no sale lost, at the least cost."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from c2m.errors import InfeasiblePlanError
from c2m.production.evaluate import arrivals, line_usage, lost_so_far, profit
from c2m.production.lotsizing.decomposition import is_known, solve_known
from c2m.production.lotsizing.kernel.solve import solve_kernel
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.problem import FloatArray, IntArray, Problem

_ROUNDING: Final = 1e-6
"""Units that count as none."""

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
        If no such plan was found; it names the capacity that is missing by line and period.
    """
    begun = clock()
    priced = replace(problem, penalty=problem.penalty + _price_of_losing(problem))
    start = _first_plan(priced, progress)
    left = None if seconds is None else max(seconds - (clock() - begun), 0.0)
    found = solve_kernel(
        priced, start, progress, seconds=left, clock=clock, serve_all=True, seed=seed
    )
    if units_lost(problem, found.made).sum() > _ROUNDING:
        raise _refusal(priced, found.made, progress)
    value = profit(problem, found.made)
    return replace(found, profit=value, bound=max(found.bound, value))


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
    each = float((problem.unit_cost + problem.n_periods * problem.holding_cost).max())
    hours = float((problem.overtime_cost[problem.items.line] * problem.items.unit_time).max())
    return 1.0 + setup + each + hours


def _first_plan(problem: Problem, progress: Progress) -> Solution:
    """Return a plan to begin with; it may lose demand."""
    if is_known(problem):
        return solve_known(problem, progress)
    nothing = np.zeros_like(problem.items.most)
    prices = np.zeros(problem.regular.shape)
    return Solution(nothing, profit(problem, nothing), prices, np.inf, False, "nothing", "nothing")


def _refusal(priced: Problem, made: IntArray, progress: Progress) -> InfeasiblePlanError:
    """Return the error that says what is short, and the cheapest relief that was found."""
    lost = units_lost(priced, made)
    skus = np.flatnonzero(lost > _ROUNDING)
    reasons = [f"{priced.skus[sku]}: {lost[sku]:,.0f} units short" for sku in skus[:_NAMED]]
    reasons += [f"and {len(skus) - _NAMED} more SKUs"] * (len(skus) > _NAMED)
    wide = _with_any_overtime(priced)
    if not is_known(wide):
        return InfeasiblePlanError(reasons, "allow lost sales: leave out serve_all")
    plan = solve_known(wide, progress).made
    over = np.maximum(line_usage(priced, plan) - priced.limit, 0.0)
    short = np.argwhere(over > _ROUNDING)
    label = priced.calendar.label(priced.first + np.arange(priced.n_periods))
    reasons += [
        f"line {priced.lines[line]} is {over[line, when]:,.1f} {priced.units[line]} short in the"
        f" period of {np.datetime_as_string(label[when], unit='D')}"
        for line, when in short[:_NAMED]
    ]
    reasons += [f"and {len(short) - _NAMED} more lines and periods"] * (len(short) > _NAMED)
    if units_lost(priced, plan).sum() > _ROUNDING:
        return InfeasiblePlanError(
            reasons, "no run can arrive in time: more stock, or later demand"
        )
    total = f"{over.sum():,.1f} more capacity in {len(short)} periods, as listed"
    return InfeasiblePlanError(reasons, f"{total}, or allow lost sales: leave out serve_all")


def _with_any_overtime(problem: Problem) -> Problem:
    """Return the problem with as much overtime as anyone could use."""
    items = problem.items
    wanted = float(np.maximum(problem.net, 0.0).max(axis=(0, 2)).sum())
    room = float(items.unit_time.max() * wanted + items.setup_time.sum()) + 1.0
    enough = np.int64(2**40) // items.multiple * items.multiple
    most = np.where(items.most > 0, enough[:, None], 0)
    return replace(problem, items=replace(items, most=most), overtime=problem.overtime + room)
