"""Plans for known demand up to some hundred SKUs: a plan to begin with, then kernels by HiGHS."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.kernel.cuts import tighten
from c2m.production.lotsizing.kernel.search import Budget, Search
from c2m.production.lotsizing.mip import Stop, maximise
from c2m.production.lotsizing.programme import Programme
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.lotsizing.write_programme import write_programme
from c2m.production.problem import FloatArray, IntArray, Problem

_ROUNDS: Final = 18
"""Parts that are planned anew where there is no clock."""

_RELAX_SHARE: Final = 0.25
"""Share of the time that the relaxation may take."""

_WHOLE_SHARE: Final = 0.1
"""Share of the time in which all set-ups are tried at once."""

_WHOLE_NODES: Final = 100
"""Nodes for it where there is no clock."""

_WHOLE_RUNS: Final = 800
"""Possible runs up to which all set-ups are tried at once."""

_WHOLE_OPEN: Final = 40
"""Set-ups open in the relaxation up to which they are."""

_PROVED_RUNS: Final = 300
"""Possible runs up to which a proof is sought, where there is a clock and the bound is close."""

_BEFORE: Final = 0.4
"""Share of the time for parts before that."""

_PROOF: Final = 0.5
"""Share of the time for the proof; HiGHS may be late to stop."""

_CLOSE: Final = 0.012
"""Gap, as a share of the profit, up to which the bound is close."""

_SIZE_NODES: Final = 50
"""Nodes in which fractions of units are rounded, with all set-ups kept."""


def solve_kernel(
    problem: Problem,
    start: Solution,
    progress: Progress,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
    serve_all: bool = False,
    seed: int = 0,
) -> Solution:
    """Improve a plan for one known path of demand.

    Parameters
    ----------
    problem : Problem
        A problem with one path.
    start : Solution
        A plan to begin with; the answer is never worse.
    progress : callable
        Told what is being done.
    seconds : float, optional
        How long to search; unless given a fixed number of parts, the same on every machine.
    clock : callable
        What the seconds are read from.
    serve_all : bool
        Whether demand may be lost only on the way to a plan that loses none.
    seed : int
        Of the parts.

    Returns
    -------
    Solution
        The best plan found; its bound is the least of the start's and the programme's.
    """
    if not problem.items.most.any():
        return start
    begun = clock()
    progress("a tight programme")
    late = None if seconds is None else (lambda: clock() - begun > _RELAX_SHARE * seconds)
    relaxation = tighten(problem, write_programme(problem, whole=False), start.prices, late)
    left = None if seconds is None else seconds - (clock() - begun)
    budget = Budget(left, _ROUNDS, clock)
    search = Search(problem, relaxation, budget, seed, serve_all)
    search.start_from(start.made)
    progress("kernels")
    _search(search, left)
    if search.values is None:
        return start
    return _better(problem, start, _whole_units(problem, search, search.values), search.bound)


def _search(search: Search, seconds: float | None) -> None:
    """Try all set-ups at once where there are few, and parts of them; see the constants."""
    runs = len(search.programme.runs.item)
    few = runs <= _WHOLE_RUNS and search.n_open <= _WHOLE_OPEN
    if few and search.whole((seconds or 0.0) * _WHOLE_SHARE, _WHOLE_NODES):
        return
    if seconds is None or runs > _PROVED_RUNS:
        search.improve()
        return
    search.improve(_BEFORE)
    if search.gap > _CLOSE or not search.whole(_PROOF * seconds, _WHOLE_NODES):
        search.improve()


def _whole_units(problem: Problem, search: Search, values: FloatArray) -> IntArray:
    """Return whole quantities for the set-ups that were found."""
    runs, wide = search.programme.runs, write_programme(problem)
    lots = values[runs.lots]
    parts = np.abs(lots - np.rint(lots)) > 1e-5
    if not parts.any():
        return search.programme.made_of(problem, values)
    wide = _with_setups(wide, np.rint(values[runs.setup]))
    low, high = wide.low.copy(), wide.high.copy()
    low[runs.lots] = np.where(parts, np.floor(lots), np.rint(lots))
    high[runs.lots] = np.where(parts, np.ceil(lots), np.rint(lots))
    narrow = replace(wide, low=low, high=np.minimum(high, wide.high))
    answer = maximise(narrow, Stop(nodes=_SIZE_NODES, gap=1e-7))
    if len(runs.item) <= _WHOLE_RUNS or answer.values is None:
        other = maximise(wide, Stop(nodes=_SIZE_NODES, gap=1e-7), answer.values)
        answer = other if other.profit > answer.profit else answer
    return wide.made_of(problem, values if answer.values is None else answer.values)


def _with_setups(programme: Programme, setup: FloatArray) -> Programme:
    low, high = programme.low.copy(), programme.high.copy()
    low[programme.runs.setup] = high[programme.runs.setup] = setup
    return replace(programme, low=low, high=high)


def _better(problem: Problem, start: Solution, made: IntArray, bound: float) -> Solution:
    """Return the better of two plans with the lower bound."""
    best, value = start, profit(problem, made)
    if value > start.profit and not broken_limits(problem, made):
        best = replace(start, made=made, profit=value, method="kernel")
    source = "a tight programme"
    if start.proved and start.bound <= bound:
        bound, source = start.bound, start.bound_from
    return replace(best, bound=max(bound, best.profit), proved=True, bound_from=source)
