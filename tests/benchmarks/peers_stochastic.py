"""Solve the extensive form of a case with HiGHS: called by stochastic.py in another Python.

``python peers_stochastic.py CASE.npz CPU_SECONDS`` prints one line of JSON: what runs bring beyond
making nothing, HiGHS's own bound on it, CPU-seconds, peak memory.
"""

import json
import resource
import sys
import time

import highspy
import numpy as np
from peers_programme import columns, matrix, run_highs


def program(case):
    """Return the programme that minimises cost, and what losing everything costs."""
    missing = case["missing"].transpose(1, 0, 2)
    n, h, s = missing.shape
    at = size, on, stock, lost, over = columns(n, h, s)
    most = case["missing"][::-1].cumsum(axis=0)[::-1].max(axis=2).T
    cost, high = np.zeros(over[-1] + 1), np.full(over[-1] + 1, np.inf)
    cost[size], cost[on] = case["unit_cost"][:, None], case["setup_cost"][:, None]
    held = np.broadcast_to(case["holding"][:, None, None] / s, stock.shape).copy()
    held[:, -1] -= case["end_value"][:, None] / s
    cost[stock], cost[lost] = held, case["gain"][:, None, None] / s
    cost[over] = case["overtime_cost"]
    high[on], high[lost], high[over] = 1.0, missing, case["overtime"]
    lp, table = highspy.HighsLp(), matrix(most, case["unit_time"], case["setup_time"], at)
    lp.num_row_, lp.num_col_ = table.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), high
    free = np.full(n * h + h, -np.inf)
    lp.row_lower_ = np.concatenate([missing.ravel(), free])
    lp.row_upper_ = np.concatenate([missing.ravel(), np.zeros(n * h), case["capacity"]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = table.indptr, table.indices
    lp.a_matrix_.value_ = table.data
    kinds = [highspy.HighsVarType.kContinuous] * len(cost)
    kinds[n * h : 2 * n * h] = [highspy.HighsVarType.kInteger] * (n * h)
    lp.integrality_ = kinds
    return lp, float((case["gain"][:, None, None] * missing).sum() / s)


def main():
    with np.load(sys.argv[1]) as file:
        case = dict(file)
    seconds = float(sys.argv[2])
    before = time.process_time()
    lp, everything = program(case)
    value, least = run_highs(lp, seconds)
    bound = everything - least
    answer = {
        "gain": everything - value if value is not None else None,
        "bound": bound if np.isfinite(bound) and abs(bound) < 1e18 else None,
        "seconds": time.process_time() - before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
