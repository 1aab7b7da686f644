"""What calm costs: a plan made again a week later, at several prices of a change.

``python tests/benchmarks/replan.py`` draws seasons of SKUs on one line, plans them, lets a week
pass in which demand and stock turn out otherwise than expected, and plans again. It prints the
expected profit, the number of changed runs and CPU-seconds at each price of a change.
"""

import argparse
import time

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.production import Factory, plan_production
from c2m.production.replanning import replan

FIRST = pd.Timestamp("2026-11-23")
COSTS = (0.0, 20.0, 100.0, 1000.0)
SPREAD = 40
"""Shape of the gamma factor by which each SKU's demand is off after a week."""


def season(rng, n_skus, n_periods, n_scenarios):
    """Return paths (n_scenarios, n_skus, n_periods) and the factory that makes them."""
    base = rng.lognormal(3.0, 0.8, n_skus)
    level = rng.gamma(8, 1 / 8, (n_scenarios, n_skus, 1))
    week = rng.gamma(4, 1 / 4, (n_scenarios, n_skus, n_periods))
    paths = rng.poisson(base[:, None] * level * week).astype(float)
    skus = [f"S{number:04d}" for number in range(n_skus)]
    price = rng.uniform(10, 60, n_skus).round(2)
    cost = (price * rng.uniform(0.3, 0.7, n_skus)).round(2)
    time_each = rng.uniform(0.5, 2.0, n_skus).round(2)
    capacity = float((time_each * base).sum() + 2.5 * n_skus) / 0.95
    factory = Factory.from_frames(
        lines=pd.DataFrame({"line": ["L1"], "capacity": [capacity], "unit": ["minutes"],
                            "overtime_limit": [0.2 * capacity], "overtime_cost": [2.0]}),
        products=pd.DataFrame({"sku": skus, "price": price, "unit_cost": cost,
                               "end_value": (0.6 * cost).round(2),
                               "holding_cost": (0.005 * cost).round(3)}),
        routings=pd.DataFrame({"sku": skus, "line": "L1", "unit_time": time_each,
                               "setup_time": 10.0, "setup_cost": rng.uniform(20, 80, n_skus)}),
        freq="W",
    )  # fmt: skip
    return paths, factory


def demand_of(paths, first):
    """Return paths as a demand whose scenarios are these paths."""
    n_skus = paths.shape[1]
    index = np.indices(paths.shape).reshape(3, -1)
    table = pd.DataFrame(
        {
            "path": index[0],
            "sku": np.array([f"S{number:04d}" for number in range(n_skus)])[index[1]],
            "period": first + pd.to_timedelta(7 * index[2], unit="D"),
            "demand": paths.ravel(),
        }
    )
    return Demand.from_frame(table, freq="W", path="path")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("seed  price of a change  changed runs   expected profit  after changes  CPU-s")
    for seed in range(options.seeds):
        rng = np.random.default_rng(seed)
        paths, factory = season(rng, options.skus, 10, 30)
        settings = {"n_scenarios": 30, "method": "heuristic"}
        plan = plan_production(demand_of(paths[:, :, :8], FIRST), factory, **settings)
        off = rng.gamma(SPREAD, 1 / SPREAD, (1, options.skus, 1))
        later = demand_of(np.rint(paths * off)[:, :, 1:9], FIRST + pd.Timedelta("7D"))
        left = np.maximum(plan.outlook["stock"][:, 0] + rng.normal(0, 3, options.skus), 0)
        stock = pd.DataFrame({"sku": plan.skus, "on_hand": left})
        for cost in COSTS:
            start = time.process_time()
            new = replan(plan, later, factory, stock=stock, change_cost=cost, **settings)
            spent = time.process_time() - start
            profit = new.expected_profit
            print(
                f"{seed:4d}  {cost:17,.0f}  {len(new.changes):12,d}  {profit:16,.0f}  "
                f"{profit - new.costs['change_cost']:13,.0f}  {spent:5.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
