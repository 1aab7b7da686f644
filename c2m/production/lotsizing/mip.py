"""HiGHS at work on a programme: one thread, a fixed seed, stopped by nodes or by a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from c2m.production.lotsizing.highs import run, silent_solver
from c2m.production.lotsizing.programme import Programme, Rows
from c2m.production.problem import FloatArray

_SETTINGS: Final[dict[str, Any]] = {
    "random_seed": 0,
    "mip_abs_gap": 1e-6,
}


@dataclass(frozen=True)
class Answer:
    """What HiGHS found.

    Parameters
    ----------
    values : ndarray, shape (n_columns,), or None
        The best variables; None if there are none.
    profit : float
        Their objective with the constant.
    bound : float
        No whole variables bring more.
    proved : bool
        Whether there is nothing better, within the gap that was asked for.
    impossible : bool
        Whether it is proved that no variables hold the rows.
    """

    values: FloatArray | None
    profit: float
    bound: float
    proved: bool
    impossible: bool


@dataclass(frozen=True)
class Stop:
    """When to stop; whatever comes first.

    Parameters
    ----------
    nodes : int, optional
        Nodes of the search tree: the same on every machine.
    seconds : float, optional
        Seconds by the wall.
    late : callable, optional
        Asked now and then whether it is time to stop.
    gap : float
        Gap between plan and bound, as a share, that is good enough.
    """

    nodes: int | None = None
    seconds: float | None = None
    late: Callable[[], bool] | None = None
    gap: float = 0.0

    def settings(self) -> dict[str, Any]:
        """Return it as HiGHS calls it."""
        named = {"mip_max_nodes": self.nodes, "time_limit": self.seconds, "mip_rel_gap": self.gap}
        return {name: value for name, value in named.items() if value is not None}


def maximise(
    programme: Programme,
    stop: Stop,
    start: FloatArray | None = None,
    settings: dict[str, Any] | None = None,
) -> Answer:
    """Maximise a programme.

    Parameters
    ----------
    programme : Programme
        The programme.
    stop : Stop
        When to stop.
    start : ndarray, shape (n_columns,), optional
        Variables to begin with; only the whole ones count.
    settings : dict, optional
        More options of HiGHS.

    Returns
    -------
    Answer
        The best variables and the bound.
    """
    solver = _solver({**stop.settings(), **(settings or {})})
    solver.passModel(_as_highs(programme, whole=True))
    if start is not None:
        whole = np.flatnonzero(programme.whole)
        solver.setSolution(len(whole), whole.astype(np.int32), start[whole])
    if stop.late is not None:
        solver.cbMipInterrupt.subscribe(_interrupt(stop.late))
    run(solver, "solve the plan")
    info, status = solver.getInfo(), solver.getModelStatus()
    values, profit = None, -np.inf
    if info.primal_solution_status == 2:
        values = np.array(solver.getSolution().col_value)
        profit = float(info.objective_function_value) + programme.constant
    proved, impossible = status.name == "kOptimal", status.name == "kInfeasible"
    bound = float(info.mip_dual_bound) + programme.constant
    return Answer(values, profit, bound if np.isfinite(bound) else np.inf, proved, impossible)


def relaxed(
    programme: Programme,
    *,
    inner: bool = False,
    late: Callable[[], bool] | None = None,
) -> Any:
    """Return a solver that holds the programme without whole numbers.

    Parameters
    ----------
    programme : Programme
        The programme.
    inner : bool
        Whether to go through the inside (interior points): quicker where many rows bind at once.
    late : callable, optional
        Asked now and then whether it is time to stop.

    Returns
    -------
    highspy.Highs
        Rows can be added to it between runs; see `resolve`.
    """
    solver = _solver({"solver": "ipm"} if inner else {})
    solver.passModel(_as_highs(programme, whole=False))
    if late is not None:
        for asked in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
            asked.subscribe(_interrupt(late))
    return solver


def resolve(solver: Any) -> FloatArray | None:
    """Solve a relaxed programme, again after rows were added.

    Parameters
    ----------
    solver : highspy.Highs
        From `relaxed`.

    Returns
    -------
    ndarray, shape (n_columns,), or None
        The variables; None if it was too late for them.
    """
    run(solver, "solve the plan")
    if solver.getModelStatus().name != "kOptimal":
        return None
    return np.array(solver.getSolution().col_value)


def root_cuts(programme: Programme, late: Callable[[], bool] | None = None) -> Rows:
    """Return rows that HiGHS finds at the root of its search; they cut off no plan.

    Parameters
    ----------
    programme : Programme
        The programme.
    late : callable, optional
        Asked now and then whether it is time to stop.

    Returns
    -------
    Rows
        Perhaps none.
    """
    solver = _solver({"presolve": "off", "mip_heuristic_effort": 0.0, "mip_max_nodes": 1})
    solver.passModel(_as_highs(programme, whole=True))
    found: list[Rows] = []
    solver.cbMipGetCutPool.subscribe(lambda event: found.append(_pool(event.data_out)))
    solver.cbMipInterrupt.subscribe(_interrupt(lambda: bool(found) or (late or _never)()))
    run(solver, "solve the plan")
    return found[-1] if found else _pool(None)


def _interrupt(late: Callable[[], bool]) -> Callable[[Any], None]:
    """Return what HiGHS calls now and then: it stops when it is late."""

    def _watch(event: Any) -> None:
        if late():
            event.interrupt()

    return _watch


def _solver(settings: dict[str, Any]) -> Any:
    return silent_solver({**_SETTINGS, **settings})


def _as_highs(programme: Programme, *, whole: bool) -> Any:
    import highspy
    from scipy.sparse import csr_matrix

    rows, n_columns = programme.rows, len(programme.gain)
    entries = (rows.value, (rows.row, rows.column))
    matrix = csr_matrix(entries, shape=(len(rows.low), n_columns))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n_columns, len(rows.low)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = programme.gain, programme.low, programme.high
    lp.row_lower_, lp.row_upper_ = rows.low, rows.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(each)] for each in programme.whole]
    return lp


def _pool(data: Any) -> Rows:
    """Return HiGHS's pool of cuts as rows."""
    if data is None or not data.cutpool_num_cut:
        none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
        return Rows(none, none, nothing, nothing, nothing)
    start = np.array(data.cutpool_start, dtype=np.int64)[: data.cutpool_num_cut + 1]
    row = np.repeat(np.arange(len(start) - 1), np.diff(start))
    column = np.array(data.cutpool_index, dtype=np.int64)[: start[-1]]
    value = np.array(data.cutpool_value)[: start[-1]]
    return Rows(row, column, value, np.array(data.cutpool_lower), np.array(data.cutpool_upper))


def _never() -> bool:
    return False
