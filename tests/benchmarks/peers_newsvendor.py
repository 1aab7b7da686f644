"""Peers of newsvendor.py, run by it in their own environment: one peer, one call, one JSON line.

``segments`` is HiGHS on one row and a column per sampled step, ``extensive`` HiGHS on units short
per SKU and scenario, ``stockpyl`` its closed form for normal demand, which knows neither capacity
nor scenarios and is called SKU by SKU (a sample of them; the time is scaled up).
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

CALLS = 1000


def columns(samples, numbers):
    """Return cost, upper bound, time and constant of the segment LP."""
    n_samples = len(samples)
    ordered = np.sort(samples.T.astype(np.float64), axis=1)
    length = np.diff(ordered, axis=1, prepend=0.0)
    step = np.arange(n_samples) / n_samples
    under, total = numbers["underage"], numbers["underage"] + numbers["overage"]
    worth = under[:, None] - total[:, None] * step
    time_taken = np.repeat(numbers["unit_time"], n_samples)
    return -worth.ravel(), length.ravel(), time_taken, float(under @ ordered.mean(axis=1))


def solve(lp, limit):
    """Solve a linear programme; return its value, NaN where it has none yet, and status."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", limit)
    solver.passModel(lp)
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    done = status == "Optimal"
    return solver.getInfo().objective_function_value if done else float("nan"), status


def segments(samples, numbers, limit):
    """Solve the LP with one row."""
    import highspy

    cost, upper, used, constant = columns(samples, numbers)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), 1
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
    lp.row_lower_, lp.row_upper_ = np.array([-np.inf]), np.array([float(numbers["capacity"])])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array([0, len(cost)])
    lp.a_matrix_.index_, lp.a_matrix_.value_ = np.arange(len(cost)), used
    value, status = solve(lp, limit)
    return {"cost": constant + value, "note": status}


def extensive(samples, numbers, limit):
    """Solve the LP with units short of every SKU in every scenario."""
    import highspy

    (n_samples, n_skus), over = samples.shape, numbers["overage"]
    short = np.tile((numbers["underage"] + over) / n_samples, n_samples)
    n_rows, sku = n_samples * n_skus, np.tile(np.arange(n_skus), n_samples)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n_skus + n_rows, n_rows + 1
    lp.col_cost_ = np.concatenate([over, short])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.full(lp.num_col_, np.inf)
    demand = samples.astype(np.float64).ravel()
    lp.row_lower_ = np.append(demand, -np.inf)
    lp.row_upper_ = np.append(np.full(n_rows, np.inf), float(numbers["capacity"]))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.append(2 * np.arange(n_rows + 1), 2 * n_rows + n_skus)
    pairs = np.stack([sku, n_skus + np.arange(n_rows)], axis=1).ravel()
    lp.a_matrix_.index_ = np.concatenate([pairs, np.arange(n_skus)])
    lp.a_matrix_.value_ = np.concatenate([np.ones(2 * n_rows), numbers["unit_time"]])
    value, status = solve(lp, limit)
    mean = demand.reshape(samples.shape).mean(axis=0)
    return {"cost": value - float(over @ mean), "note": status}


def stockpyl(samples, numbers, limit):
    """Size some SKUs one by one by the closed form for normal demand."""
    from stockpyl.newsvendor import newsvendor_normal

    few = slice(0, CALLS)
    mean, sd = samples[:, few].mean(axis=0), samples[:, few].std(axis=0)
    cases = zip(numbers["overage"][few], numbers["underage"][few], mean, sd, strict=True)
    for over, under, center, spread in cases:
        newsvendor_normal(float(over), float(under), float(center), float(spread))
    return {"note": "no capacity, normal demand; time scaled up from 1,000 calls"}


def main():
    """Run one peer and print what it took."""
    peer, folder, limit = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    samples, numbers = np.load(folder / "samples.npy"), dict(np.load(folder / "numbers.npz"))
    call = {"segments": segments, "extensive": extensive, "stockpyl": stockpyl}[peer]
    import_module("stockpyl.newsvendor" if peer == "stockpyl" else "highspy")
    wall, cpu = time.perf_counter(), time.process_time()
    got = call(samples, numbers, limit)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    scale = max(1.0, samples.shape[1] / CALLS) if peer == "stockpyl" else 1.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"cpu": cpu * scale, "wall": wall * scale, "peak": peak, **got}))


if __name__ == "__main__":
    main()
