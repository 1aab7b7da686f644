"""Plans for small problems: one mixed-integer programme over all scenarios, solved by HiGHS.

Variables: lots and set-up of every possible run, overtime of every line and period, set-up of
every group, and the units lost so far L[sku, period, scenario]. Maximising profit presses L down
to max(0, L[t - 1], D[t] - X[t]), which is what is lost (see `evaluate`).
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import C2MError
from c2m.production.evaluate import broken_limits, profit
from c2m.production.lotsizing.solution import Solution
from c2m.production.problem import FloatArray, GroupLimit, IntArray, Problem

MOST_LOST: Final = 2_500
"""SKUs x periods x scenarios up to which ``"auto"`` plans exactly."""

MOST_RUNS: Final = 40
"""Possible runs (items x periods) up to which ``"auto"`` plans exactly."""

_MOST_NODES: Final = 5_000
"""Nodes after which ``"auto"`` stops: unlike seconds, they are the same on every machine."""


@dataclass
class _Model:
    """A mixed-integer programme while it is written."""

    low: list[FloatArray] = field(default_factory=list)
    high: list[FloatArray] = field(default_factory=list)
    cost: list[FloatArray] = field(default_factory=list)
    whole: list[NDArray[np.bool_]] = field(default_factory=list)
    entries: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    row_low: list[FloatArray] = field(default_factory=list)
    row_high: list[FloatArray] = field(default_factory=list)
    n_columns: int = 0
    n_rows: int = 0

    def columns(
        self, cost: FloatArray, high: FloatArray | float, *, whole: bool = False
    ) -> IntArray:
        """Add variables from 0 to `high` with a gain each; return their numbers."""
        count = cost.size
        numbers = self.n_columns + np.arange(count)
        self.n_columns += count
        self.low.append(np.zeros(count))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (count,)))
        self.cost.append(cost.ravel())
        self.whole.append(np.full(count, whole))
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


@dataclass(frozen=True)
class _Runs:
    """Columns of the possible runs: arrays of shape (n_runs,)."""

    item: IntArray
    when: IntArray
    lots: IntArray  # column of the number of lots
    setup: IntArray  # column of the set-up


def small_enough(problem: Problem) -> bool:
    """Say whether a problem is small enough to be planned exactly without being asked to.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        By the number of lost-sales variables and of possible runs.
    """
    lost = problem.n_skus * problem.n_periods * problem.n_scenarios
    return lost <= MOST_LOST and int(np.count_nonzero(problem.items.most)) <= MOST_RUNS


def solve_exact(problem: Problem, start: Solution, time_limit_s: float | None) -> Solution:
    """Plan by a mixed-integer programme over all scenarios.

    Parameters
    ----------
    problem : Problem
        The problem.
    start : Solution
        A plan to begin with; the answer is never worse.
    time_limit_s : float, optional
        Seconds; nodes are limited instead unless given.

    Returns
    -------
    Solution
        The best plan found, with a proved bound on the profit over these scenarios.
    """
    if not problem.items.most.any():  # no run is possible: there is nothing to choose
        source = "all scenarios at once"
        return replace(start, bound=start.profit, proved=True, bound_from=source, method="exact")
    model, runs, constant = _write(problem)
    values, bound = _run_highs(model, _start_values(problem, model, runs, start), time_limit_s)
    bound += constant
    best = start
    if values is not None:
        made = np.zeros_like(problem.items.most)
        lots = np.rint(values[runs.lots]).astype(np.int64)
        made[runs.item, runs.when] = lots * problem.items.multiple[runs.item]
        made[runs.item, runs.when] *= values[runs.setup] > 0.5
        if not broken_limits(problem, made) and profit(problem, made) > start.profit:
            best = replace(start, made=made, profit=profit(problem, made))
    method = "exact" if bound - best.profit <= 1e-6 * max(abs(bound), 1.0) else "exact (stopped)"
    source = "all scenarios at once"
    if start.proved and start.bound < bound:
        bound, source = start.bound, start.bound_from
    bound = max(bound, best.profit)
    return replace(best, bound=bound, proved=True, bound_from=source, method=method)


def _write(problem: Problem) -> tuple[_Model, _Runs, float]:
    """Write the programme; the constant is profit that no variable carries."""
    model = _Model()
    runs = _add_runs(problem, model)
    cells = _add_capacity(problem, model, runs)
    for group in problem.groups:
        _add_group(problem, model, runs, group, cells[group.line])
    _add_lost(problem, model, runs)
    wanted = problem.mean_net[:, -1] + problem.supply[:, -1]
    stock = problem.holding_cost * problem.mean_net.sum(axis=1)
    constant = (problem.price * wanted + stock - problem.end_value * problem.mean_net[:, -1]).sum()
    return model, runs, float(constant)


def _add_runs(problem: Problem, model: _Model) -> _Runs:
    """Let a run be nothing, or its lots lie between MOQ and largest run; it pays its set-up."""
    items = problem.items
    item, when = np.nonzero(items.most)
    most, multiple = items.most[item, when], items.multiple[item]
    gain = np.zeros(len(item))
    _each_member(problem, item, when, lambda run, gains: np.add.at(gain, run, gains))
    lots = model.columns(gain * multiple, most / multiple, whole=True)
    setup = model.columns(-items.setup_cost[item], 1.0, whole=True)
    least = model.rows(0.0, np.inf, len(item))
    model.put(least, lots, 1.0)
    model.put(least, setup, -items.moq[item] / multiple)
    largest = model.rows(-np.inf, 0.0, len(item))
    model.put(largest, lots, 1.0)
    model.put(largest, setup, -most / multiple)
    return _Runs(item, when, lots, setup)


def _each_member(problem: Problem, item: IntArray, when: IntArray, add: Any) -> None:
    """Tell what a unit or pack of each run earns before lost sales, SKU by SKU of it."""
    members = problem.members
    for member in range(len(members.item)):
        run = np.flatnonzero(item == members.item[member])
        sku, lead = members.sku[member], members.lead[member]
        periods = problem.n_periods - (when[run] + lead)  # periods in which it may be in stock
        each = problem.end_value[sku] - problem.unit_cost[sku] - problem.holding_cost[sku] * periods
        add(run, each * members.units[member])


def _add_capacity(problem: Problem, model: _Model, runs: _Runs) -> IntArray:
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
    problem: Problem, model: _Model, runs: _Runs, group: GroupLimit, cells: IntArray
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
    model.put(cells, setup, group.setup_time)


def _add_lost(problem: Problem, model: _Model, runs: _Runs) -> None:
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
    members = problem.members
    for member in range(len(members.item)):
        sku, lead, units = members.sku[member], members.lead[member], members.units[member]
        for run in np.flatnonzero(runs.item == members.item[member]):
            first = runs.when[run] + lead
            multiple = problem.items.multiple[runs.item[run]]
            model.put(short[first:, sku], runs.lots[run], float(units * multiple))


def _start_values(problem: Problem, model: _Model, runs: _Runs, start: Solution) -> FloatArray:
    """Return the whole numbers of a plan that is known; the rest follows from them."""
    values = np.zeros(model.n_columns)
    size = start.made[runs.item, runs.when]
    values[runs.lots] = size / problem.items.multiple[runs.item]
    values[runs.setup] = size > 0
    return values


def _run_highs(
    model: _Model, start: FloatArray, time_limit_s: float | None
) -> tuple[FloatArray | None, float]:
    """Maximise; return the variables of the best plan found, and the bound."""
    import highspy
    from scipy.sparse import csr_matrix

    row, column, value = (np.concatenate(part) for part in zip(*model.entries, strict=True))
    matrix = csr_matrix((value, (row, column)), shape=(model.n_rows, model.n_columns))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.n_columns, model.n_rows
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_ = np.concatenate(model.cost), np.concatenate(model.low)
    lp.col_upper_ = np.concatenate(model.high)
    lp.row_lower_, lp.row_upper_ = np.concatenate(model.row_low), np.concatenate(model.row_high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(each)] for each in np.concatenate(model.whole)]
    solver = highspy.Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 1e-6,
    }
    options |= (
        {"mip_max_nodes": _MOST_NODES} if time_limit_s is None else {"time_limit": time_limit_s}
    )
    for name, option in options.items():
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    whole = np.flatnonzero(np.concatenate(model.whole))
    solver.setSolution(len(whole), whole.astype(np.int32), start[whole])
    if solver.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)  # another thread count was used before
        if solver.run() == highspy.HighsStatus.kError:
            raise C2MError(f"HiGHS could not solve the plan: {solver.getModelStatus()}.")
    info = solver.getInfo()
    found = info.primal_solution_status == 2
    values = np.array(solver.getSolution().col_value) if found else None
    return values, float(info.mip_dual_bound)
