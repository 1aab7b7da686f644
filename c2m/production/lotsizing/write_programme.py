"""Write the mixed-integer programme of a problem: all scenarios at once.

Variables: lots and set-up of every possible run, overtime of every line and period, set-up of
every group, and the units lost so far L[period, sku, scenario]. Maximising profit presses L down
to max(0, L[t - 1], D[t] - X[t]), which is what is lost (see `evaluate`).
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c2m.production.lotsizing.programme import Brought, Programme, Rows, Runs
from c2m.production.problem import BoolArray, FloatArray, GroupLimit, IntArray, Problem


@dataclass
class _Model:
    """A programme while it is written."""

    low: list[FloatArray] = field(default_factory=list)
    high: list[FloatArray] = field(default_factory=list)
    gain: list[FloatArray] = field(default_factory=list)
    whole: list[NDArray[np.bool_]] = field(default_factory=list)
    entries: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    row_low: list[FloatArray] = field(default_factory=list)
    row_high: list[FloatArray] = field(default_factory=list)
    n_columns: int = 0
    n_rows: int = 0

    def columns(
        self, gain: FloatArray, high: FloatArray | float, *, whole: BoolArray | bool = False
    ) -> IntArray:
        """Add variables from 0 to `high` with a gain each; return their numbers."""
        count = gain.size
        numbers = self.n_columns + np.arange(count)
        self.n_columns += count
        self.low.append(np.zeros(count))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (count,)))
        self.gain.append(gain.ravel())
        self.whole.append(np.broadcast_to(np.asarray(whole), (count,)))
        return numbers

    def rows(self, low: FloatArray | float, high: FloatArray | float, count: int) -> IntArray:
        """Add constraints ``low <= sum <= high``; return their numbers."""
        numbers = self.n_rows + np.arange(count)
        self.n_rows += count
        self.row_low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (count,)))
        self.row_high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (count,)))
        return numbers

    def put(self, row: Any, column: Any, value: Any) -> None:
        """Add coefficients; the three broadcast."""
        rows, columns, values = np.broadcast_arrays(row, column, value)
        self.entries.append((rows.ravel(), columns.ravel(), values.ravel().astype(np.float64)))

    def finished(
        self, runs: Runs, capacity: IntArray, lost: IntArray, constant: float
    ) -> Programme:
        """Return the programme."""
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        rows = Rows(row, column, value, np.concatenate(self.row_low), np.concatenate(self.row_high))
        return Programme(
            np.concatenate(self.gain),
            np.concatenate(self.low),
            np.concatenate(self.high),
            np.concatenate(self.whole),
            rows,
            runs,
            capacity,
            lost,
            constant,
        )


def write_programme(problem: Problem, *, whole: bool = True) -> Programme:
    """Write the programme of a problem in which some run is possible.

    Parameters
    ----------
    problem : Problem
        The problem.
    whole : bool
        Whether lots of one unit or pack are whole numbers; set-ups and larger lots always are.

    Returns
    -------
    Programme
        For `maximise`.
    """
    model = _Model()
    runs = _add_runs(problem, model, whole=whole)
    cells = _add_capacity(problem, model, runs)
    for group in problem.groups:
        _add_group(problem, model, runs, group, cells)
    _add_allowances(problem, model, runs)
    _add_tiers(problem, model, runs)
    lost = _add_lost(problem, model, runs)
    wanted = problem.mean_net[:, -1] + problem.supply[:, -1]
    stock = problem.holding_cost * problem.mean_net.sum(axis=1)
    constant = (problem.price * wanted + stock - problem.end_value * problem.mean_net[:, -1]).sum()
    return model.finished(runs, cells, lost, float(constant))


def brought_by(problem: Problem, runs: Runs) -> Brought:
    """Return what a lot of each run brings.

    Parameters
    ----------
    problem : Problem
        The problem.
    runs : Runs
        The runs.

    Returns
    -------
    Brought
        One entry a run and SKU.
    """
    members = problem.members
    order = np.argsort(members.item, kind="stable")
    start, stop = (
        np.searchsorted(members.item[order], runs.item, side=side) for side in ("left", "right")
    )
    run = np.repeat(np.arange(len(runs.item)), stop - start)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(stop - start) - (stop - start), stop - start)
    member = order[start[run] + offset]
    first = runs.when[run] + members.lead[member]
    units = members.units[member] * problem.items.multiple[runs.item[run]]
    return Brought(run, members.sku[member], first, units)


def wanted_so_far(problem: Problem) -> FloatArray:
    """Return the units that are lost so far when nothing is made.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_periods, n_skus, n_scenarios)
        Units.
    """
    return np.asarray(np.maximum.accumulate(np.maximum(problem.net, 0.0), axis=0))


def _largest(problem: Problem, runs: Runs, gain: FloatArray) -> FloatArray:
    """Return the most lots of each run that can be of use, as far as limits leave a choice."""
    items, brought = problem.items, brought_by(problem, runs)
    most = items.most[runs.item, runs.when] // items.multiple[runs.item]
    wanted = wanted_so_far(problem)
    before = np.concatenate([np.zeros((1, *wanted.shape[1:])), wanted])
    first = np.minimum(brought.first, problem.n_periods)
    ahead = (wanted[-1, brought.sku] - before[first, brought.sku]).max(axis=1)
    use = np.zeros(len(runs.item))
    np.maximum.at(use, brought.run, np.ceil(ahead / brought.units - 1e-9))
    use = np.maximum(use, items.moq[runs.item] // items.multiple[runs.item])
    grouped = np.zeros(problem.n_items, dtype=bool)
    for group in problem.groups:
        grouped[group.items] = True
    free = grouped[runs.item] | (gain > 0)  # surplus may fill a group's MOQ, or pay by itself
    return np.asarray(np.where(free, most, np.minimum(most, use)))


def _add_runs(problem: Problem, model: _Model, *, whole: bool) -> Runs:
    """Let a run be nothing, or its lots lie between MOQ and largest run; it pays its set-up."""
    items = problem.items
    item, when = np.nonzero(items.most)
    multiple, none = items.multiple[item], np.empty(0, dtype=np.int64)
    runs = Runs(item, when, none, none)
    gain = _gains(problem, runs)
    most = _largest(problem, runs, gain)
    lots = model.columns(gain, most, whole=whole | (multiple > 1))
    setup = model.columns(-items.setup_cost[item], 1.0, whole=True)
    least = model.rows(0.0, np.inf, len(item))
    model.put(least, lots, 1.0)
    model.put(least, setup, -items.moq[item] / multiple)
    largest = model.rows(-np.inf, 0.0, len(item))
    model.put(largest, lots, 1.0)
    model.put(largest, setup, -most)
    return replace(runs, lots=lots, setup=setup)


def _gains(problem: Problem, runs: Runs) -> FloatArray:
    """Return what a lot of each run earns if nothing of it is sold before the end."""
    brought = brought_by(problem, runs)
    held = problem.holding_cost[brought.sku] * (problem.n_periods - brought.first)
    each = problem.end_value[brought.sku] - problem.unit_cost[brought.sku] - held
    gain = np.bincount(brought.run, each * brought.units, len(runs.item))
    extra = problem.items.extra[runs.item, runs.when] * problem.items.multiple[runs.item]
    return np.asarray(gain - extra, dtype=np.float64)


def _add_capacity(problem: Problem, model: _Model, runs: Runs) -> IntArray:
    """Fit runs and set-ups into the capacity and the overtime that is paid; return the rows."""
    n_lines, n_periods = problem.regular.shape
    cost = np.repeat(-problem.overtime_cost, n_periods)
    overtime = model.columns(cost, problem.overtime.ravel())
    rows = model.rows(-np.inf, problem.regular.ravel(), n_lines * n_periods)
    items = problem.items
    cell = rows[items.line[runs.item] * n_periods + runs.when]
    model.put(cell, runs.lots, items.unit_time[runs.item] * items.multiple[runs.item])
    model.put(cell, runs.setup, items.setup_time[runs.item])
    model.put(rows, overtime, -1.0)
    return rows.reshape(n_lines, n_periods)


def _add_group(
    problem: Problem, model: _Model, runs: Runs, group: GroupLimit, cells: IntArray
) -> None:
    """Let a group make nothing, or pieces that obey its MOQ, multiple and largest lot."""
    n_periods = problem.n_periods
    setup = model.columns(np.full(n_periods, -group.setup_cost), 1.0, whole=True)
    lots = model.columns(np.zeros(n_periods), np.inf, whole=True)
    weight = np.zeros(problem.n_items)
    weight[group.items] = group.weights
    mine = np.flatnonzero(weight[runs.item] > 0)
    item, when = runs.item[mine], runs.when[mine]
    steps = np.arange(n_periods)
    total = model.rows(0.0, 0.0, n_periods)  # pieces = lots * multiple
    model.put(total[when], runs.lots[mine], weight[item] * problem.items.multiple[item])
    model.put(total, lots, -float(group.multiple))
    least = model.rows(0.0, np.inf, n_periods)
    model.put(least, lots, float(group.multiple))
    model.put(least, setup[steps], -float(group.moq))
    capacity = (weight[item] * problem.items.most[item, when]).astype(np.float64)
    ceiling = np.minimum(np.bincount(when, capacity, n_periods), group.max_lot)
    largest = model.rows(-np.inf, 0.0, n_periods)
    model.put(largest, lots, float(group.multiple))
    model.put(largest, setup[steps], -ceiling)
    if group.line >= 0:
        model.put(cells[group.line], setup, group.setup_time)


def _add_allowances(problem: Problem, model: _Model, runs: Runs) -> None:
    """Take no more of a material, a budget or a group's capacity than there is."""
    for allowance in problem.allowances:
        row = model.rows(-np.inf, allowance.amount, 1)
        unit, setup = (np.zeros(problem.items.most.shape) for _ in range(2))
        unit[allowance.items, allowance.span] = allowance.per_unit
        setup[allowance.items, allowance.span] = allowance.setups[:, None]
        multiple = problem.items.multiple[runs.item]
        model.put(row, runs.lots, unit[runs.item, runs.when] * multiple)
        model.put(row, runs.setup, setup[runs.item, runs.when])


def _add_tiers(problem: Problem, model: _Model, runs: Runs) -> None:
    """Run one tier of a price list in a period, by whatever modes."""
    for prices in problem.price_lists:
        for items in prices.sets():
            mine = np.flatnonzero(np.isin(runs.item, items))
            one = model.rows(-np.inf, 1.0, problem.n_periods)
            model.put(one[runs.when[mine]], runs.setup[mine], 1.0)


def _add_lost(problem: Problem, model: _Model, runs: Runs) -> IntArray:
    """Keep the units lost so far at least at what is short, and never falling."""
    n_periods, n_skus, n_scenarios = problem.net.shape
    cost = np.zeros((n_periods, n_skus))
    cost -= problem.holding_cost
    cost[-1] -= problem.price + problem.penalty - problem.end_value
    per_scenario = np.repeat(cost[:, :, None] / n_scenarios, n_scenarios, axis=2)
    lost = model.columns(per_scenario, np.inf).reshape(problem.net.shape)
    short = model.rows(problem.net.ravel(), np.inf, problem.net.size).reshape(problem.net.shape)
    model.put(short, lost, 1.0)
    grows = model.rows(0.0, np.inf, problem.net[1:].size).reshape(problem.net[1:].shape)
    model.put(grows, lost[1:], 1.0)
    model.put(grows, lost[:-1], -1.0)
    brought = brought_by(problem, runs)
    for period in range(n_periods):
        here = brought.first <= period
        lots = runs.lots[brought.run[here]][:, None]
        model.put(short[period, brought.sku[here]], lots, brought.units[here, None])
    return lost
