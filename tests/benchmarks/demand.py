"""Time and memory of quantiles, totals and joint paths; prints a table.

Run ``python tests/benchmarks/demand.py [n_skus]``.
"""

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from c2m import Calendar, Demand
from c2m.distribution import GammaPoisson


def make_demand(n_skus: int, horizon: int) -> Demand:
    """Return a forecast of sparse counts."""
    mean = np.random.default_rng(0).gamma(0.8, 3, (n_skus, 1)) * np.ones((1, horizon))
    law = GammaPoisson(mean, np.full(mean.shape, 0.4), np.full(n_skus, 0.08))
    keys = pd.DataFrame({"sku": [f"S{number:06d}" for number in range(n_skus)]})
    return Demand(keys, Calendar("W"), 2968, law)


def report(name: str, work: Callable[[], object]) -> None:
    """Run one piece of work and print its CPU-seconds and the peak memory so far."""
    start = time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name:42s} {time.process_time() - start:8.2f} CPU-s   peak {peak:5.2f} GB")


def drain(demand: Demand) -> None:
    """Draw all paths block by block and keep none."""
    for _where, _paths in demand.iter_samples(200, seed=1):
        pass


def main() -> None:
    """Print the table."""
    n_skus = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    demand = make_demand(n_skus, 12)
    demand.select(["S000000"]).quantiles()  # imports scipy
    print(f"{n_skus:,} SKUs x 12 periods")
    report("quantiles at 7 levels", demand.quantiles)
    report("quantiles of the total at 7 levels", demand.total)
    report("200 joint paths, block by block", lambda: drain(demand))
    if n_skus <= 10_000:
        report("200 joint paths at once", lambda: demand.sample(200, seed=1))


if __name__ == "__main__":
    main()
