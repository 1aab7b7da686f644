"""Time and memory of quantiles, totals and joint paths; prints a table.

Run ``python tests/benchmarks/demand.py``. Each line is one call in one process, with the
CPU-seconds that it took and the peak memory of the process so far; goals stand beside.
"""

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from c2m import Calendar, Demand
from c2m.distribution import GammaPoisson, Shared

LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
"""Those of the M5 competition."""


def make_demand(n_skus: int, horizon: int) -> Demand:
    """Return a forecast of sparse counts whose stores share a level."""
    chance = np.random.default_rng(0)
    mean = chance.gamma(0.8, 2, (n_skus, 1)) * chance.gamma(20, 0.05, (n_skus, horizon))
    stores = np.array([f"store {number % 10}" for number in range(n_skus)])[:, None]
    shared = Shared(stores, ("location",), np.array([0.01]))
    law = GammaPoisson(mean, 0.5, 0.08, shared)
    keys = pd.DataFrame({"sku": [f"S{number:06d}" for number in range(n_skus)]})
    return Demand(keys, Calendar("D"), 20_000, law)


def report(name: str, goal: str, work: Callable[[], object]) -> None:
    """Run one piece of work and print its cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name:52s} {cpu:7.2f} CPU-s {wall:7.2f} s  peak {peak:5.2f} GB  {goal}")


def drain(demand: Demand) -> None:
    """Draw all paths block by block and keep none."""
    for _where, _paths in demand.iter_samples(200, seed=1):
        pass


def total_loss(demand: Demand) -> tuple[float, float]:
    """Return the relative pinball loss of totals: from the joint law, and of summed quantiles."""
    levels = np.array(LEVELS)
    came = demand.sample(1, seed=2)[0].sum(axis=1)[:, None]
    losses = []
    for foretold in (demand.total(levels=levels), demand.quantiles(levels).sum(axis=1)):
        error = came - foretold
        losses.append(np.maximum(levels * error, (levels - 1) * error).mean() / came.mean())
    return losses[0], losses[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=30_490)
    parser.add_argument("--skus", type=int, default=100_000, help="of the largest forecast")
    options = parser.parse_args()
    small, large = make_demand(3000, 28), make_demand(options.series, 28)
    small.select(["S000000"]).quantiles()  # imports scipy
    name = f"{options.series:,} x 28"
    report(f"quantiles at 9 levels, {name}", "goal 1.5", lambda: large.quantiles(LEVELS))
    report(f"totals over 28 at 9 levels, {name}", "goal 0.2", lambda: large.total(levels=LEVELS))
    report("200 joint paths, 3,000 x 28", "goal 1.5", lambda: small.sample(200, seed=1))
    report(
        "roll-up of 200 paths to one series, 3,000 x 28",
        "",
        lambda: Demand(
            small.keys, small.calendar, small.first, small.law, pd.DataFrame({"all": ["x"] * 3000})
        ).rollup("all", n=200),
    )
    joint, summed = total_loss(large)
    print(f"loss of totals: {joint:.3f} from the joint law, {summed:.3f} from summed quantiles")
    most = make_demand(options.skus, 28)
    report(f"200 joint paths, {options.skus:,} x 28, in blocks", "", lambda: drain(most))


if __name__ == "__main__":
    main()
