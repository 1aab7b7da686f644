"""Lot sizing with lost sales for every SKU and path of demand by itself, all at once.

Unit and set-up costs may differ from path to path. In an optimal plan nothing is in stock when a
run arrives (a concave-cost flow has a tree as its solution), so one run serves a cycle, and each
unit that would be lost is served by it or lost.

With M and W the units so far that runs can save, and the same weighted by their periods, a run that
arrives in s and serves up to t brings ``a[s] * (M[t] - M[s]) - h * (W[t] - W[s])`` with
``a[s] = gain - each[s] + h * s``. A cycle that serves units at a loss is never the best, so
nothing is clipped, and what follows t enters as the intercept of a line in ``a[s]``: the value of
a run is the largest of the lines at ``a[s]``. (Wagelmans, van Hoesel & Kolen 1992, *Oper. Res.*
40, S145-S156, write Wagner and Whitin's recursion so.)
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from c2m.production.problem import BoolArray, FloatArray

_CELLS = 8_192
"""SKUs times scenarios that are solved together, so that they stay in the cache."""


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

    @cached_property
    def periods(self) -> FloatArray:
        """Numbers of the periods, shape (n_periods, 1, 1)."""
        return np.arange(len(self.missing), dtype=np.float64)[:, None, None]

    @cached_property
    def so_far(self) -> FloatArray:
        """Units before each period and in all, shape (n_periods + 1, n_skus, n_scenarios)."""
        return _before(self.missing)

    @cached_property
    def held(self) -> FloatArray:
        """What holding the same from the first period on costs, the same shape."""
        return self.holding_cost * _before(self.missing * self.periods)


@dataclass(frozen=True)
class _Choices:
    """The best run in every period: arrays of shape (n_periods, n_skus, n_scenarios).

    Parameters
    ----------
    slope : ndarray
        a, see above.
    line : ndarray, shape (n_periods + 1, n_skus, n_scenarios)
        Intercept of ending a cycle before a period.
    top : ndarray
        The largest line at `slope`.
    pays : ndarray of bool
        Whether a run brings more than none.
    """

    slope: FloatArray
    line: FloatArray
    top: FloatArray
    pays: BoolArray


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
    value, choices = _best_runs(case, each, np.maximum(fixed, 0.0))
    units, runs = _follow(case, choices)
    np.copyto(runs, 1.0, where=fixed < 0)
    value -= np.minimum(fixed, 0.0).sum(axis=0)
    return value, units, runs


def path_values(case: PathCase, each: FloatArray, fixed: FloatArray) -> FloatArray:
    """Return what the best plan of every SKU brings on every path.

    Parameters
    ----------
    case : PathCase
        The demand.
    each, fixed : ndarray, shape (n_periods, n_skus, 1) or (n_periods, n_skus, n_scenarios)
        Money per unit and per run by arrival, at least 0.

    Returns
    -------
    ndarray, shape (n_skus, n_scenarios)
        Money beyond making nothing.
    """
    return _best_runs(case, each, fixed)[0]


def parts_of(shape: tuple[int, ...]) -> list[slice]:
    """Return the SKUs that are solved together.

    Parameters
    ----------
    shape : tuple of int
        Of `PathCase.missing`.

    Returns
    -------
    list of slice
        Parts of the SKUs.
    """
    _, n_skus, n_scenarios = shape
    part = max(1, _CELLS // n_scenarios)
    return [slice(start, start + part) for start in range(0, n_skus, part)]


def units_lost(net: FloatArray) -> FloatArray:
    """Return the units that are lost in each period when nothing is made.

    Parameters
    ----------
    net : ndarray, shape (n_periods, n_skus, n_scenarios)
        See `Problem.net`.

    Returns
    -------
    ndarray, same shape
        Units.
    """
    lost = np.maximum.accumulate(np.maximum(net, 0.0), axis=0)
    return np.diff(lost, axis=0, prepend=0.0)


def _before(units: FloatArray) -> FloatArray:
    """Return the sums before each period, and in all."""
    total = np.zeros((len(units) + 1, *units.shape[1:]))
    np.cumsum(units, axis=0, out=total[1:])
    return total


def _best_runs(case: PathCase, each: FloatArray, fixed: FloatArray) -> tuple[FloatArray, _Choices]:
    """Work backwards over the periods; return the value of all, and the best run in each."""
    so_far, held = case.so_far, case.held
    shape = case.missing.shape
    slope = case.gain + case.holding_cost * case.periods - each
    line, top, work = np.empty(so_far.shape), np.empty(shape), np.empty(shape)
    pays = np.empty(shape, dtype=bool)
    value, run = np.zeros(shape[1:]), np.empty(shape[1:])
    np.negative(held[-1], out=line[-1])
    for start in range(shape[0] - 1, -1, -1):
        lines = work[start:]
        np.multiply(so_far[start + 1 :], slope[start], out=lines)
        lines += line[start + 1 :]
        np.maximum.reduce(lines, axis=0, out=top[start])
        np.multiply(so_far[start], slope[start], out=run)
        np.subtract(top[start], run, out=run)
        run += held[start]
        run -= fixed[start]
        np.greater(run, value, out=pays[start])
        np.maximum(value, run, out=value)
        np.subtract(value, held[start], out=line[start])
    return value, _Choices(slope, line, top, pays)


def _follow(case: PathCase, choices: _Choices) -> tuple[FloatArray, FloatArray]:
    """Follow the best runs from the first period on; return units that arrive, and runs."""
    so_far, line = case.so_far, choices.line
    shape = case.missing.shape
    ends, starts = np.empty(shape, dtype=bool), np.empty(shape, dtype=bool)
    inside = np.zeros(shape[1:], dtype=bool)  # a cycle
    slope, top, here = (np.zeros(shape[1:]) for _ in range(3))
    for period in range(shape[0]):
        np.multiply(so_far[period], slope, out=here)
        here += line[period]
        np.equal(here, top, out=ends[period])  # the same operations gave the largest line
        ends[period] &= inside
        inside ^= ends[period]
        np.greater(choices.pays[period], inside, out=starts[period])
        inside |= starts[period]
        np.copyto(slope, choices.slope[period], where=starts[period])
        np.copyto(top, choices.top[period], where=starts[period])
    units, runs, end = np.empty(shape), starts.astype(np.float64), so_far[-1].copy()
    for period in range(shape[0] - 1, -1, -1):
        np.subtract(end, so_far[period], out=units[period])
        units[period] *= runs[period]
        np.copyto(end, so_far[period], where=ends[period])
    return units, runs
