"""Seconds, memory and size of a plan's workbook, written and read back.

python tests/benchmarks/workbook.py --skus 10000
"""

import argparse
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import c2m
from c2m.distribution import GammaPoisson
from c2m.report import with_overrides, write_workbook

WEEKS = 20


def case(n_skus: int) -> tuple[c2m.Plan, c2m.Demand, c2m.Factory]:
    """Return a costed plan of given runs, its forecast and its factory."""
    chance = np.random.default_rng(1)
    week = c2m.Calendar.of("W")
    skus = [f"{number:06d}" for number in range(n_skus)]
    place = np.arange(n_skus)
    sizes = pd.DataFrame(
        {
            "style": [f"ST{number // 20:04d}" for number in place],
            "colour": np.array(["BLK", "WHT", "RED", "NVY"])[place // 5 % 4],
            "size": np.array(["XS", "S", "M", "L", "XL"])[place % 5],
        }
    )
    mean = chance.gamma(2.0, 4.0, n_skus)[:, None] * np.ones(WEEKS)
    first = int(week.ordinal("2026-11-23"))
    law = GammaPoisson(mean, 0.3, 0.1)
    demand = c2m.Demand(pd.DataFrame({"sku": skus}), week, first, law, sizes)
    lines = [f"L{number}" for number in range(8)]
    factory = c2m.Factory.from_frames(
        lines=[c2m.Line(line, 1e7, "pieces") for line in lines],
        products=[c2m.Product(sku, 20.0, 8.0, end_value=5.0) for sku in skus],
        routings=[c2m.Routing(sku, lines[row % 8]) for row, sku in enumerate(skus)],
        currency="EUR",
    )
    runs = pd.DataFrame(
        {
            "sku": np.repeat(skus, 2),
            "line": np.repeat([lines[row % 8] for row in place], 2),
            "period": np.tile(demand.periods[[0, 10]], n_skus),
            "quantity": np.maximum(1, np.repeat(mean[:, 0] * 10, 2)).astype(int),
        }
    )
    given = c2m.Plan.from_frame(
        runs, freq="W", lead_time_periods=0, first=demand.periods[0], horizon=WEEKS
    )
    stock = pd.DataFrame({"sku": skus, "on_hand": 0})
    return c2m.recost(given, demand, factory, stock=stock), demand, factory


def seconds(action: object) -> float:
    """Return the CPU-seconds that an action takes."""
    start = time.process_time()
    action()  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--skus", type=int, default=1000)
    n_skus = parser.parse_args().skus
    warnings.simplefilter("ignore")
    plan, demand, factory = case(n_skus)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.xlsx"
        writing = seconds(lambda: write_workbook(path, plan, demand))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        again: list[c2m.Plan] = []
        reading = seconds(lambda: again.append(with_overrides(path, factory)))
        costing = seconds(lambda: c2m.recost(plan, demand, factory))
        same = again[0].expected_profit == plan.expected_profit
        size = path.stat().st_size / 2**20
    print(
        "SKUs x weeks  runs    write CPU-s  MB     read and cost CPU-s  (cost alone)  same profit"
    )
    print(
        f"{n_skus:,} x {WEEKS}".ljust(14)
        + f"{len(plan):,}".ljust(8)
        + f"{writing:.1f}".ljust(13)
        + f"{size:.1f}".ljust(7)
        + f"{reading:.1f}".ljust(21)
        + f"{costing:.1f}".ljust(14)
        + str(same)
    )
    print(f"peak memory of the process: {memory:.1f} GB")


if __name__ == "__main__":
    main()
