"""A first plan that serves all known demand, or the proof that there is none.

Losing is forbidden, money has no say, and HiGHS stops at the first plan that fits: at first with as
few set-ups changed as can be (the objective of the feasibility pump, Fischetti, Glover & Lodi,
2005, *Mathematical Programming* 104(1), 91-104), then with any. Where losing has a price instead,
units are lost to save set-ups on the way, and the search stays near such plans.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from c2m.production.lotsizing.kernel.cuts import MOST_SHARES
from c2m.production.lotsizing.kernel.served import n_shares, with_shares
from c2m.production.lotsizing.mip import Stop, maximise
from c2m.production.lotsizing.programme import Programme
from c2m.production.lotsizing.write_programme import write_programme
from c2m.production.problem import FloatArray, IntArray, Problem

_MOST_RUNS: Final = 3_000
"""Possible runs up to which it is tried."""

_MOST_WITHOUT_CLOCK: Final = 800
"""The same where there is no clock: there the root alone may take long."""

_NEAR_SHARE: Final = 0.6
"""Share of the time in which a near one is sought."""

_RUN_NODES: Final = 40_000
"""Nodes times possible runs where there is no clock."""

_SIZE_NODES: Final = 50
"""Nodes in which whole units are found for its set-ups."""


@dataclass(frozen=True)
class FirstPlan:
    """What was found.

    Parameters
    ----------
    made : ndarray of int, shape (n_items, n_periods), or None
        Units or packs made by a plan that serves all; None if none was found.
    impossible : bool
        Whether it is proved that there is none.
    """

    made: IntArray | None
    impossible: bool


def serve_at_any_cost(
    problem: Problem,
    near: IntArray,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> FirstPlan:
    """Find a plan that serves all within the limits.

    Parameters
    ----------
    problem : Problem
        A problem with one path of demand.
    near : ndarray of int, shape (n_items, n_periods)
        A plan that loses demand; a plan near to it is sought first.
    seconds : float, optional
        How long to search; unless given a fixed number of nodes, the same on every machine.
    clock : callable
        What the seconds are read from.

    Returns
    -------
    FirstPlan
        A plan, the proof that there is none, or neither.
    """
    runs = np.count_nonzero(problem.items.most)
    if not 0 < runs <= (_MOST_WITHOUT_CLOCK if seconds is None else _MOST_RUNS):
        return FirstPlan(None, impossible=runs == 0)
    begun = clock()
    programme = write_programme(problem, whole=False)
    if n_shares(problem) <= MOST_SHARES:
        programme = with_shares(problem, programme)
    programme = _losing_nothing(programme)
    start, setup = programme.values_of(problem, near), programme.runs.setup
    gain = np.zeros(len(programme.gain))
    for weight, share in ((1.0, _NEAR_SHARE), (0.0, 1.0)):
        gain[setup] = weight * (2.0 * start[setup] - 1.0)  # -1 for each set-up that is changed
        stop = Stop(nodes=_RUN_NODES // int(runs))
        if seconds is not None:
            stop = _until(begun + share * seconds, clock)
        answer = maximise(replace(programme, gain=gain), stop, start, {"mip_max_improving_sols": 1})
        if answer.impossible:
            return FirstPlan(None, impossible=True)
        if answer.values is not None:
            made = _whole_units(problem, np.rint(answer.values[setup]))
            if made is not None:
                return FirstPlan(made, impossible=False)
    return FirstPlan(None, impossible=False)


def _until(end: float, clock: Callable[[], float]) -> Stop:
    return Stop(late=lambda: clock() >= end)


def _losing_nothing(programme: Programme) -> Programme:
    high = programme.high.copy()
    high[programme.lost] = 0.0
    return replace(programme, high=high)


def _whole_units(problem: Problem, setup: FloatArray) -> IntArray | None:
    """Return the best whole quantities for these set-ups; None if there are none."""
    wide = _losing_nothing(write_programme(problem))
    low, high = wide.low.copy(), wide.high.copy()
    low[wide.runs.setup] = high[wide.runs.setup] = setup
    values = maximise(replace(wide, low=low, high=high), Stop(nodes=_SIZE_NODES, gap=1e-7)).values
    return None if values is None else wide.made_of(problem, values)
