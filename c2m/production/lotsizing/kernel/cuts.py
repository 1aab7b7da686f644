"""Rows that make the relaxation of known demand as tight as the facility-location form.

Up to a period l a SKU is served W[l] - L[l] units, wanted less lost. A run that arrives in period
a serves no more of them than it brings, and if it is set up no more than W[l] - W[a - 1]: for any
set S of runs ``sum of x over runs not in S + sum of (W[l] - W[a - 1]) y over S >= W[l] - L[l]``
(the (l, S) inequalities of Barany, Van Roy & Wolsey, 1984, *Management Science* 30(10),
1255-1261, with lost sales). The set that is violated most takes the smaller term of each run.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from c2m.production.lotsizing.mip import relaxed, resolve
from c2m.production.lotsizing.programme import Programme, Rows
from c2m.production.lotsizing.write_programme import brought_by, wanted_so_far
from c2m.production.problem import FloatArray, Problem

_ROUNDS = 40
"""Most times that rows are added."""

_VIOLATED = 1e-3
"""Units, as a share of what is wanted, by which a row must be violated to count."""


@dataclass(frozen=True)
class Relaxation:
    """The relaxed programme's answer.

    Parameters
    ----------
    programme : Programme
        With the rows that bind.
    values : ndarray, shape (n_columns,)
        Variables.
    reduced : ndarray, shape (n_columns,)
        What a unit of each variable would bring; 0 for those between their limits.
    bound : float
        Its profit: nothing brings more.
    """

    programme: Programme
    values: FloatArray
    reduced: FloatArray
    bound: float


class _Separation:
    """What is wanted and what each run can serve of it."""

    def __init__(self, problem: Problem, programme: Programme) -> None:
        brought = brought_by(problem, programme.runs)
        wanted = wanted_so_far(problem)[:, :, 0]
        self.wanted = wanted  # [T, N]
        inside = brought.first < problem.n_periods
        self.sku, self.first = brought.sku[inside], brought.first[inside]
        run, self.units = brought.run[inside], brought.units[inside]
        self.lots, self.setup = programme.runs.lots[run], programme.runs.setup[run]
        before = np.concatenate([np.zeros((1, wanted.shape[1])), wanted])
        self.before = before[self.first, self.sku]
        self.most = self.units * programme.high[self.lots]
        self.lost = programme.lost[:, :, 0]

    def violated(self, values: FloatArray) -> Rows:
        """Return the rows that variables violate, at most one a SKU and period."""
        brings, parts, count = self.units * values[self.lots], [], 0
        on = values[self.setup]
        for last, wanted in enumerate(self.wanted):
            serves = np.minimum(wanted[self.sku] - self.before, self.most)
            here = (self.first <= last) & (serves > 0)
            by_setup = serves * on < brings
            least = np.where(here, np.where(by_setup, serves * on, brings), 0.0)
            reached = np.bincount(self.sku, least, len(wanted)) + values[self.lost[last]]
            short = wanted - reached > _VIOLATED * (10.0 + wanted)
            number = np.cumsum(short) - 1 + count
            entry = np.flatnonzero(here & short[self.sku])
            column = np.where(by_setup, self.setup, self.lots)[entry]
            value = np.where(by_setup, serves, self.units)[entry]
            skus = np.flatnonzero(short)
            rows = np.concatenate([number[self.sku[entry]], number[skus]])
            columns = np.concatenate([column, self.lost[last, skus]])
            entries = np.concatenate([value, np.ones(len(skus))])
            parts.append((rows, columns, entries, wanted[skus]))
            count += len(skus)
        row, column, value, low = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Rows(row, column, value, low, np.full(len(low), np.inf))


def tighten(problem: Problem, programme: Programme) -> Relaxation:
    """Solve the relaxation, add the rows that it violates, and solve it again until none is.

    Parameters
    ----------
    problem : Problem
        The problem; rows are added only where it has one path of demand.
    programme : Programme
        Its programme.

    Returns
    -------
    Relaxation
        The programme with the rows that bind in the end.
    """
    solver = relaxed(programme)
    values, cuts = resolve(solver), None
    if problem.n_scenarios == 1:
        separation = _Separation(problem, programme)
        for _ in range(_ROUNDS):
            new = separation.violated(values)
            if not len(new.low):
                break
            cuts = new if cuts is None else cuts.joined(new)
            _add(solver, new)
            values = resolve(solver)
    bound = float(programme.gain @ values) + programme.constant
    if cuts is not None:
        activity = np.bincount(cuts.row, cuts.value * values[cuts.column], len(cuts.low))
        programme = programme.with_rows(cuts.take(activity - cuts.low <= 1e-3 * (1.0 + cuts.low)))
    reduced = np.array(solver.getSolution().col_dual)
    return Relaxation(programme, values, reduced, bound)


def _add(solver: Any, rows: Rows) -> None:
    order = np.argsort(rows.row, kind="stable")
    starts = np.searchsorted(rows.row[order], np.arange(len(rows.low))).astype(np.int32)
    index, value = rows.column[order].astype(np.int32), rows.value[order]
    solver.addRows(len(rows.low), rows.low, rows.high, len(value), starts, index, value)
