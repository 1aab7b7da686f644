"""Rows that make the relaxation of known demand as tight as the facility-location form.

Up to a period l a SKU is served W[l] - L[l] units, wanted less lost. A run that arrives in period
a serves no more of them than it brings, and if it is set up no more than W[l] - W[a - 1]: for any
set S of runs ``sum of x over runs not in S + sum of (W[l] - W[a - 1]) y over S >= W[l] - L[l]``
(the (l, S) inequalities of Barany, Van Roy & Wolsey, 1984, *Management Science* 30(10),
1255-1261, with lost sales). The set that is violated most takes the smaller term of each run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from c2m.production.lotsizing.kernel.served import n_shares, with_shares
from c2m.production.lotsizing.mip import relaxed, resolve, root_cuts
from c2m.production.lotsizing.programme import Programme, Rows
from c2m.production.lotsizing.write_programme import brought_by, wanted_so_far
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_ROUNDS: Final = 40
"""Most times that rows are added."""

_VIOLATED: Final = 1e-3
"""Units, as a share of what is wanted, by which a row must be violated to count."""

_INTERVALS: Final = 8
"""Sets of runs that are tried at first: those of the last 1, 2, ... periods."""

_APART: Final = 800
"""Possible runs from which rows are sought at the prices of capacity, where SKUs part."""

_TOGETHER_ROUNDS: Final = 3
"""Times that rows are added there once the capacity is back."""

MOST_SHARES: Final = 6_000
"""Shares of demand that runs may serve up to which they are variables."""

_NO_PRICE: Final = 1e-9
"""Money per unit that counts as nothing."""


@dataclass(frozen=True)
class Relaxation:
    """The relaxed programme's answer.

    Parameters
    ----------
    programme : Programme
        With the rows that bind.
    values : ndarray, shape (n_columns,)
        Variables; all 0 if it was too late to find them.
    bound : float
        Its profit: nothing brings more; infinite if it was too late.
    """

    programme: Programme
    values: FloatArray
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
        """Return the rows that variables violate most, at most one a SKU and period."""
        return self._rows(values, [None])

    def intervals(self, values: FloatArray) -> Rows:
        """Return the violated rows in which the set holds the runs of the last periods."""
        return self._rows(values, list(range(1, _INTERVALS + 1)))

    def _rows(self, values: FloatArray, spans: list[int | None]) -> Rows:
        """Return violated rows whose sets span so many periods; None: the most violated set."""
        brings, on, count = self.units * values[self.lots], values[self.setup], 0
        parts: list[tuple[FloatArray | IntArray, ...]] = []
        for last, wanted in enumerate(self.wanted):
            serves = np.minimum(wanted[self.sku] - self.before, self.most)
            here = (self.first <= last) & (serves > 0)
            for span in spans:
                by_setup = serves * on < brings if span is None else self.first > last - span
                least = np.where(here, np.where(by_setup, serves * on, brings), 0.0)
                reached = np.bincount(self.sku, least, len(wanted)) + values[self.lost[last]]
                short = wanted - reached > _VIOLATED * (10.0 + wanted)
                number = np.cumsum(short) - 1 + count
                entry, skus = np.flatnonzero(here & short[self.sku]), np.flatnonzero(short)
                column = np.where(by_setup, self.setup, self.lots)[entry]
                value = np.where(by_setup, serves, self.units)[entry]
                rows = np.concatenate([number[self.sku[entry]], number[skus]])
                columns = np.concatenate([column, self.lost[last, skus]])
                entries = np.concatenate([value, np.ones(len(skus))])
                parts.append((rows, columns, entries, wanted[skus]))
                count += len(skus)
        row, column, value, low = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Rows(row, column, value, low, np.full(len(low), np.inf))


def tighten(
    problem: Problem,
    programme: Programme,
    prices: FloatArray | None = None,
    late: Callable[[], bool] | None = None,
) -> Relaxation:
    """Solve the relaxation, add rows that it violates, and solve it again.

    Where there are few runs, the shares of demand that they serve become variables, and HiGHS
    finds rows for the capacity; else (l, S) rows are added until none is violated.

    Parameters
    ----------
    problem : Problem
        The problem; rows are added only where it has one path of demand.
    programme : Programme
        Its programme.
    prices : ndarray, shape (n_lines, n_periods), optional
        Good prices of capacity. Where there are many runs, rows are first sought with capacity
        at these prices instead of its limits: SKUs then part, which is many times quicker.
    late : callable, optional
        Asked now and then whether it is time to stop.

    Returns
    -------
    Relaxation
        The programme with the rows that bind in the end.
    """
    if problem.n_scenarios > 1:
        return _answer(programme, resolve(relaxed(programme, late=late)))
    late = late or _never
    if n_shares(problem) <= MOST_SHARES:
        return _tight_capacity(with_shares(problem, programme), late)
    separation = _Separation(problem, programme)
    if prices is None or len(programme.runs.item) < _APART:
        return _separated(programme, separation, _ROUNDS, late, first=True)
    apart = _priced(problem, programme, prices)
    rows = _separated(apart, separation, _ROUNDS, late, first=True).programme.rows
    found = rows.take(np.arange(len(rows.low)) >= len(apart.rows.low))
    return _separated(programme.with_rows(found), separation, _TOGETHER_ROUNDS, late, first=False)


def _tight_capacity(programme: Programme, late: Callable[[], bool]) -> Relaxation:
    """Add the rows that HiGHS finds for the capacity; keep those that bind."""
    values = resolve(relaxed(programme, late=late))
    if values is None or late():
        return _answer(programme, values)
    cuts = root_cuts(programme, late)
    again = resolve(relaxed(programme.with_rows(cuts), late=late))
    if again is None:
        return _answer(programme, values)
    activity = np.bincount(cuts.row, cuts.value * again[cuts.column], len(cuts.low))
    room = 1e-6 * (1.0 + np.abs(activity))
    binds = (activity <= cuts.low + room) | (activity >= cuts.high - room)
    return _answer(programme.with_rows(cuts.take(binds)), again)


def _separated(
    programme: Programme,
    separation: _Separation,
    rounds: int,
    late: Callable[[], bool],
    *,
    first: bool,
) -> Relaxation:
    """Add violated rows round by round; intervals `first`. Keep those that have a price."""
    solver = relaxed(programme, inner=not first, late=late)
    values, cuts, price = resolve(solver), None, np.empty(0)
    solver.setOptionValue("solver", "choose")
    for number in range(rounds):
        if values is None:
            break
        intervals = first and number == 0
        new = separation.intervals(values) if intervals else separation.violated(values)
        if not len(new.low):
            break
        _add(solver, new)
        again = resolve(solver)
        if again is None:
            break
        values, cuts = again, new if cuts is None else cuts.joined(new)
        price = np.array(solver.getSolution().row_dual)[len(programme.rows.low) :]
    if values is not None and cuts is not None:
        programme = programme.with_rows(cuts.take(_kept(programme, cuts, values, price)))
    return _answer(programme, values)


def _kept(programme: Programme, cuts: Rows, values: FloatArray, price: FloatArray) -> BoolArray:
    """Say which rows bind; where there are many runs, which have a price."""
    if len(programme.runs.item) >= _APART:
        return np.asarray(np.abs(price) > _NO_PRICE)
    activity = np.bincount(cuts.row, cuts.value * values[cuts.column], len(cuts.low))
    return np.asarray(activity - cuts.low <= 1e-3 * (1.0 + cuts.low))


def _answer(programme: Programme, values: FloatArray | None) -> Relaxation:
    if values is None:
        return Relaxation(programme, np.zeros(len(programme.gain)), np.inf)
    return Relaxation(programme, values, float(programme.gain @ values) + programme.constant)


def _priced(problem: Problem, programme: Programme, prices: FloatArray) -> Programme:
    """Return the programme with capacity at a price instead of its rows."""
    runs, items = programme.runs, problem.items
    price, gain = prices[items.line[runs.item], runs.when], programme.gain.copy()
    gain[runs.lots] -= price * items.unit_time[runs.item] * items.multiple[runs.item]
    gain[runs.setup] -= price * items.setup_time[runs.item]
    kept = np.ones(len(programme.rows.low), dtype=bool)
    kept[programme.capacity] = False
    return replace(programme, gain=gain, rows=programme.rows.take(kept))


def _never() -> bool:
    return False


def _add(solver: Any, rows: Rows) -> None:
    order = np.argsort(rows.row, kind="stable")
    starts = np.searchsorted(rows.row[order], np.arange(len(rows.low))).astype(np.int32)
    index, value = rows.column[order].astype(np.int32), rows.value[order]
    solver.addRows(len(rows.low), rows.low, rows.high, len(value), starts, index, value)
