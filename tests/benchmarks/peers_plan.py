"""Solve one lot-sizing case with a MILP solver; run by plan.py with the peers' Python.

``python peers_plan.py highs|scip|cpsat CASE.npz SECONDS`` prints cost, bound, CPU-seconds and
peak GB as JSON; ``python peers_plan.py stockpyl '[demand, setup, holding]'`` one item's cost.
"""

import json
import resource
import sys
import time

import numpy as np
from peers_programme import columns, matrix, run_highs, stop_after

SCALE = 100
"""CP-SAT wants whole numbers; times and holding costs have two digits."""


def most(case):
    """Return the largest useful run, (n_skus, n_periods)."""
    left = case["wanted"][:, ::-1].cumsum(axis=1)[:, ::-1]
    room = case["capacity"] + case["overtime"] - case["setup_time"][:, None]
    return np.minimum(left, np.floor(np.maximum(room, 0) / case["unit_time"][:, None]))


def highs(case, seconds):
    import highspy

    wanted, high = case["wanted"], most(case)
    n, h = wanted.shape
    cells = n * h
    at = columns(n, h, 1)
    table = matrix(high, case["unit_time"], case["setup_time"], at)
    each = np.ones((n, h))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = 4 * cells + h, 2 * cells + h
    costs = [0 * each, case["setup_cost"][:, None] * each, case["holding"][:, None] * each]
    costs += [case["worth"][:, None] * each, np.full(h, case["overtime_cost"])]
    lp.col_cost_ = np.concatenate([np.ravel(cost) for cost in costs])
    lp.col_lower_ = np.zeros(4 * cells + h)
    highest = [high, each, np.inf * each, wanted, case["overtime"]]
    lp.col_upper_ = np.concatenate([np.ravel(part) for part in highest])
    lp.row_lower_ = np.concatenate([wanted.ravel(), np.full(cells + h, -np.inf)])
    lp.row_upper_ = np.concatenate([wanted.ravel(), np.zeros(cells), case["capacity"]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = table.indptr, table.indices
    lp.a_matrix_.value_ = table.data
    kinds = [highspy.HighsVarType.kContinuous] * (4 * cells + h)
    kinds[cells : 2 * cells] = [highspy.HighsVarType.kInteger] * cells
    lp.integrality_ = kinds
    return run_highs(lp, seconds)


def scip(case, seconds):
    from pyscipopt import Model, quicksum

    wanted, high = case["wanted"], most(case)
    n, h = wanted.shape
    model = Model()
    model.hideOutput()
    model.setParam("timing/clocktype", 1)
    model.setParam("limits/time", seconds)
    over = [
        model.addVar(ub=float(case["overtime"][t]), obj=float(case["overtime_cost"]))
        for t in range(h)
    ]
    loads = [[] for _ in range(h)]
    for i in range(n):
        before = 0.0
        for t in range(h):
            size = model.addVar(ub=float(high[i, t]))
            on = model.addVar(vtype="B", obj=float(case["setup_cost"][i]))
            stock = model.addVar(obj=float(case["holding"][i]))
            lost = model.addVar(ub=float(wanted[i, t]), obj=float(case["worth"][i]))
            model.addCons(before + size + lost - stock == float(wanted[i, t]))
            model.addCons(size <= float(high[i, t]) * on)
            loads[t] += [float(case["unit_time"][i]) * size, float(case["setup_time"][i]) * on]
            before = stock
    for t in range(h):
        model.addCons(quicksum(loads[t]) <= float(case["capacity"][t]) + over[t])
    model.optimize()
    found = model.getNSols() > 0
    return (model.getObjVal() if found else None), model.getDualbound()


def cpsat(case, seconds):
    from ortools.sat.python import cp_model

    def _whole(values):
        return np.rint(np.asarray(values) * SCALE).astype(int)

    wanted, high = case["wanted"].astype(int), most(case).astype(int)
    n, h = wanted.shape
    time_, setup, cost = (_whole(case[name]) for name in ("unit_time", "setup_time", "setup_cost"))
    holding, worth = _whole(case["holding"]), _whole(case["worth"])
    model = cp_model.CpModel()
    limit = np.floor(case["capacity"] * SCALE).astype(int)
    over = [model.new_int_var(0, int(case["overtime"][t] * SCALE), "") for t in range(h)]
    loads, price = [[] for _ in range(h)], [int(case["overtime_cost"]) * each for each in over]
    for i in range(n):
        before = 0
        for t in range(h):
            size, lost = (
                model.new_int_var(0, int(high[i, t]), ""),
                model.new_int_var(0, int(wanted[i, t]), ""),
            )
            on, stock = model.new_bool_var(""), model.new_int_var(0, int(wanted[i].sum()), "")
            model.add(before + size + lost - stock == int(wanted[i, t]))
            model.add(size <= int(high[i, t]) * on)
            loads[t] += [int(time_[i]) * size, int(setup[i]) * on]
            price += [int(cost[i]) * on, int(holding[i]) * stock, int(worth[i]) * lost]
            before = stock
    for t in range(h):
        model.add(sum(loads[t]) <= int(limit[t]) + over[t])
    model.minimize(sum(price))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    stop_after(seconds, solver.stop_search)
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.objective_value / SCALE if found else None), solver.best_objective_bound / SCALE


def stockpyl(text):
    from stockpyl.wagner_whitin import wagner_whitin

    demand, setup, holding = json.loads(text)
    before = time.perf_counter()
    _, cost, _, _ = wagner_whitin(len(demand), holding, setup, demand)
    return {"cost": cost, "ms": 1000 * (time.perf_counter() - before)}


def main():
    if sys.argv[1] == "stockpyl":
        print(json.dumps(stockpyl(sys.argv[2])))
        return
    name, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with np.load(path) as file:
        case = dict(file)
    before = time.process_time()
    cost, bound = {"highs": highs, "scip": scip, "cpsat": cpsat}[name](case, seconds)
    spent = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bound = bound if np.isfinite(bound) and abs(bound) < 1e18 else None
    print(json.dumps({"cost": cost, "bound": bound, "seconds": spent, "peak": peak}))


if __name__ == "__main__":
    main()
