"""How far run sizes with MOQs, multiples and set-ups are from the least cost, by HiGHS.

Run ``python tests/benchmarks/newsvendor_exact.py``. Each line of the table is so many random lines
of a few SKUs with whole demand; HiGHS (through scipy) solves the same problem exactly. Printed are
the mean and the worst of the cost above the least, the share of cases at the least cost, the gap
that c2m states, and the CPU-seconds of both per case. It stops where a bound is above the least
cost.
"""

import argparse
import time

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from c2m.production.newsvendor import capacitated_run_sizes

SAMPLES = 20
TOLERANCE = 1e-6


def draw(seed: int, n_skus: int) -> tuple[dict, dict]:
    """Return the money, demand and capacity of one line, and the limits of its runs."""
    rng = np.random.default_rng([n_skus, seed])
    samples = np.round(rng.gamma(2.0, rng.uniform(3, 30, n_skus), (SAMPLES, n_skus)))
    underage, overage = rng.uniform(1, 20, (2, n_skus))
    unit_time = rng.uniform(0.2, 3, n_skus)
    line = {
        "samples": samples,
        "underage_cost": underage,
        "overage_cost": overage,
        "unit_time": unit_time,
        "capacity": rng.uniform(0.2, 1.0) * float(unit_time @ samples.mean(axis=0)),
    }
    limits = {
        "moq": rng.integers(0, 60, n_skus) * (rng.random(n_skus) < 0.6),
        "lot_multiple": rng.choice([0, 1, 5, 12], n_skus),
        "setup_cost": rng.uniform(0, 300, n_skus) * (rng.random(n_skus) < 0.5),
        "setup_time": rng.uniform(0, 20, n_skus) * (rng.random(n_skus) < 0.5),
    }
    return line, limits


def least_cost(line: dict, limits: dict, limit: float) -> float:
    """Solve with HiGHS: lots, runs opened, units short; NaN where time runs out."""
    samples, over, lot = line["samples"], line["overage_cost"], limits["lot_multiple"]
    n_samples, n_skus = samples.shape
    unit = np.where(lot > 0, lot, 1.0)
    most = samples.max() + limits["moq"].max() + lot.max()
    short = np.tile(line["underage_cost"] + over, n_samples) / n_samples
    size, none = sparse.diags(unit), sparse.csr_matrix((n_skus, n_samples * n_skus))
    rows = [
        [sparse.vstack([size] * n_samples), None, sparse.eye(n_samples * n_skus)],
        [size, -sparse.diags(limits["moq"].astype(float)), none],
        [-size, most * sparse.eye(n_skus), none],
        [-(line["unit_time"] * unit)[None, :], -limits["setup_time"][None, :], None],
    ]
    least = np.concatenate([samples.ravel(), np.zeros(2 * n_skus), [-line["capacity"]]])
    free = np.full(n_samples * n_skus, np.inf)
    result = milp(
        np.concatenate([over * unit, limits["setup_cost"], short]),
        constraints=LinearConstraint(sparse.block_array(rows), lb=least),
        integrality=np.concatenate([lot > 0, np.ones(n_skus), np.zeros_like(free)]),
        bounds=Bounds(0, np.concatenate([np.full(n_skus, np.inf), np.ones(n_skus), free])),
        options={"mip_rel_gap": 1e-9, "time_limit": limit},
    )
    return result.fun - float(over @ samples.mean(axis=0)) if result.status == 0 else np.nan


def compare(n_skus: int, cases: int, limit: float) -> None:
    """Print the line of one size."""
    above, gaps, seconds = [], [], np.zeros(2)
    for seed in range(cases):
        line, limits = draw(seed, n_skus)
        start = time.process_time()
        sizes = capacitated_run_sizes(**line, **limits)
        middle = time.process_time()
        least = least_cost(line, limits, limit)
        seconds += middle - start, time.process_time() - middle
        if sizes.bound > least * (1 + TOLERANCE):
            raise SystemExit(f"{n_skus} SKUs, case {seed}: {sizes.bound} > {least}")
        if np.isfinite(least):
            above.append(max(float(sizes.cost.sum()) / least - 1, 0.0))
            gaps.append(sizes.gap)
    best = np.mean(np.array(above) <= TOLERANCE)
    print(
        f"{n_skus:5d} {len(above):6d} {np.mean(above):10.3%} {np.max(above):9.3%} {best:9.0%} "
        f"{np.mean(gaps):11.3%} {seconds[0] / cases:10.4f} {seconds[1] / cases:10.4f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, nargs="+", default=[2, 5, 10, 20, 40])
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of one HiGHS solve")
    options = parser.parse_args()
    heads = (" SKUs", "solved", "mean above", "    worst", " at least", " stated gap")
    print(*heads, "c2m CPU-s ", "HiGHS CPU-s")
    for n_skus in options.skus:
        compare(n_skus, options.cases, options.limit)


if __name__ == "__main__":
    main()
