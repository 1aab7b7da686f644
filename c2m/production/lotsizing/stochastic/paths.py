"""Lot sizing with lost sales for every SKU and path of demand by itself, all at once.

Unit and set-up costs may differ from path to path. In an optimal plan nothing is in stock when a
run arrives (a concave-cost flow has a tree as its solution), so one run serves a cycle, and each
unit that would be lost is served by it or lost.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from c2m.production.problem import FloatArray


@dataclass(frozen=True)
class PathCase:
    """Demand that runs can save from being lost, and its money.

    Parameters
    ----------
    missing : ndarray, shape (n_periods, n_skus, n_scenarios)
        Units that are lost in each period when nothing is made.
    gain, holding_cost : ndarray, shape (n_skus, 1)
        Money per unit saved; per unit and period in stock.
    """

    missing: FloatArray
    gain: FloatArray
    holding_cost: FloatArray


def solve_paths(
    case: PathCase, each: FloatArray, fixed: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the best plan of every SKU on every path.

    Parameters
    ----------
    case : PathCase
        The demand.
    each, fixed : ndarray, shape (n_periods, n_skus, n_scenarios)
        Money per unit and per run by arrival. A set-up below 0 is always taken.

    Returns
    -------
    value : ndarray, shape (n_skus, n_scenarios)
        What the plans bring beyond making nothing. More is not possible.
    units, runs : ndarray, shape (n_periods, n_skus, n_scenarios)
        Units that arrive, and 1 where a run is set up.
    """
    n_periods = len(case.missing)
    value = np.zeros((n_periods + 1, *case.missing.shape[1:]))
    until = np.zeros(case.missing.shape, dtype=np.int16)
    paid = np.maximum(fixed, 0.0)
    new = np.empty(value.shape[1:])
    better = np.empty(new.shape, dtype=bool)
    for start in range(n_periods - 1, -1, -1):
        best = value[start]
        best[:] = value[start + 1]
        served, margin = -paid[start], case.gain - each[start]
        for stop in range(start + 1, n_periods + 1):
            np.maximum(margin, 0.0, out=new)
            new *= case.missing[stop - 1]
            served += new
            np.add(served, value[stop], out=new)
            np.greater(new, best, out=better)
            np.copyto(best, new, where=better)
            np.copyto(until[start], stop, where=better)
            margin -= case.holding_cost
    units, runs = _walk(case, each, until)
    runs[fixed < 0] = 1.0
    total: FloatArray = value[0] + (paid - fixed).sum(axis=0)
    return total, units, runs


def _walk(
    case: PathCase, each: FloatArray, until: NDArray[np.int16]
) -> tuple[FloatArray, FloatArray]:
    """Follow the best cycles from the first period on."""
    n_periods, *shape = case.missing.shape
    cells = int(np.prod(shape))
    units, runs = (np.zeros((n_periods, cells)) for _ in range(2))
    missing, due = case.missing.reshape(n_periods, cells), until.reshape(n_periods, cells)
    gain, holding = (
        np.broadcast_to(array, shape).ravel() for array in (case.gain, case.holding_cost)
    )
    cost = each.reshape(n_periods, cells)
    turn = np.zeros(cells, dtype=np.int16)
    arrival = np.full(cells, -1, dtype=np.int64)
    margin = np.full(cells, -1.0)
    for step in range(n_periods):
        here = np.flatnonzero(turn == step)
        starts = due[step, here] > 0
        cell = here[starts]
        runs[step, cell] = 1.0
        turn[here] = np.where(starts, due[step, here], step + 1)
        arrival[here] = np.where(starts, step, -1)
        margin[here] = -1.0
        margin[cell] = gain[cell] - cost[step, cell]
        served = np.flatnonzero(margin > 0)
        units[arrival[served], served] += missing[step, served]
        margin -= holding
    return units.reshape(case.missing.shape), runs.reshape(case.missing.shape)
