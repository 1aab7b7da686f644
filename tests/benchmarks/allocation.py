"""How fast stock is shared among doors, and what that earns beside plainer ways; prints tables.

Each SKU is sold at some doors, half of them shops and half web shops with a dearer lane, a fee and
a later arrival. Demand is negative binomial with a level of its own; the pool holds a share
`--cover` of what is expected. Run ``python tests/benchmarks/allocation.py [--skus 5000]
[--doors 20] [--cover 0.8] [--peer-skus 50] [--reserve-skus 100]``.

Seconds are CPU-seconds of one process. The peer is HiGHS (in SciPy) on the linear programme over
the same points. The second table is of paths that no way has seen: gain is revenue and end value
less lanes, beyond keeping all units, and its interval is 95 % over these paths, paired. The third
table holds shares of the stock back until one of the four weeks is over (`--reserve-skus`).
"""

import argparse
import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.periods import Calendar
from c2m.production.allocation import Allocation, allocate, compare_reserves, push_list
from c2m.production.allocation.greedy import share_stock

PERIODS = 4
N_PATHS = 200
Result = TypeVar("Result")


def season(n_skus: int, n_doors: int, cover: float) -> dict[str, object]:
    """Return the arguments of `allocate`."""
    rng = np.random.default_rng(0)
    channels = ["shop"] * (n_doors - n_doors // 2) + ["web"] * (n_doors // 2)
    keys = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number:06d}" for number in range(n_skus)], n_doors),
            "channel": np.tile(channels, n_skus),
            "location": np.tile([f"D{number:04d}" for number in range(n_doors)], n_skus),
        }
    )
    size = rng.lognormal(0.0, 0.7, n_doors)
    mean = rng.gamma(1.0, 2.0, (n_skus, 1)) * size * rng.gamma(4.0, 0.25, (n_skus, n_doors))
    each = np.repeat(mean.reshape(-1, 1) / PERIODS, PERIODS, axis=1)
    law = GammaPoisson(each, np.full(each.shape, 0.6), np.full(len(keys), 0.3))
    price = rng.uniform(15.0, 90.0, n_skus).round(2)
    skus = keys["sku"].unique()
    lanes = {"channel": ["shop", "web"], "cost": [0.5, 2.0], "fee": [0.0, 0.1]}
    return {
        "demand": Demand(keys, Calendar.of("W"), 2900, law),
        "stock": pd.DataFrame({"sku": skus, "on_hand": np.rint(mean.sum(axis=1) * cover)}),
        "products": pd.DataFrame({"sku": skus, "price": price, "end_value": price * 0.25}),
        "lanes": pd.DataFrame({**lanes, "lead_time_periods": [0, 1]}),
    }


def timed(name: str, size: int, work: Callable[[], Result]) -> tuple[Result, dict[str, object]]:
    """Run something and note its CPU-seconds and the peak memory so far."""
    began = time.process_time()
    result = work()
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return result, {"what": name, "doors": size, "CPU-s": spent, "peak GB": peak}


def least_gain_lost(allocation: Allocation) -> float:
    """Return the best gain over the points by HiGHS: one variable a step of each door."""
    doors = allocation.options
    length = np.diff(doors.points, axis=1, prepend=0.0).ravel()
    step = np.tile(np.arange(doors.n_points), len(doors.sku))
    owner = np.repeat(np.arange(len(doors.sku)), doors.n_points)
    worth = doors.take(owner).worth(step)
    place = (doors.sku[owner], np.arange(len(owner)))
    result = linprog(
        -worth,
        A_ub=csr_array((np.ones(len(owner)), place)),
        b_ub=allocation.pool.free,
        bounds=np.column_stack([np.zeros(len(length)), length]),
        method="highs",
    )
    return -float(result.fun)


def split(allocation: Allocation, weight: np.ndarray) -> np.ndarray:
    """Share all stock in proportion to a weight; the largest fractions get the units left."""
    sku = allocation.options.sku
    stock = allocation.pool.free
    exact = stock[sku] * weight / np.bincount(sku, weight)[sku]
    units = np.floor(exact)
    left = (stock - np.bincount(sku, units))[sku]
    order = np.lexsort((units - exact, sku))
    begins = np.searchsorted(sku, np.arange(len(stock)))
    rank = np.empty(len(sku))
    rank[order] = np.arange(len(sku)) - begins[sku]
    return units + (rank < left)


def on_new_paths(
    case: dict[str, object], ways: dict[str, np.ndarray], options: object
) -> pd.DataFrame:
    """Return what each way earns on paths that none has seen, beside the first way."""
    demand = case["demand"]
    late = demand.keys["channel"].eq("web").to_numpy()
    gains = {name: np.zeros(N_PATHS) for name in ways}
    sold = dict.fromkeys(ways, 0.0)
    for rows, paths in demand.iter_samples(N_PATHS, seed=99):
        wanted = paths.sum(axis=2, dtype=np.float64) - paths[:, :, 0] * late[rows]
        for name, units in ways.items():
            sales = np.minimum(wanted, units[rows])
            gains[name] += sales @ options.margin[rows] - options.cost[rows] @ units[rows]
            sold[name] += sales.mean(axis=0).sum()
    first = next(iter(ways))
    table = []
    for name, units in ways.items():
        ahead = gains[first] - gains[name]
        share = gains[first].mean() / 100
        table.append(
            {
                "way": name,
                "sent": units.sum(),
                "sold": sold[name],
                "gain": gains[name].mean(),
                "first way ahead, %": ahead.mean() / share,
                "+-": 1.96 * ahead.std(ddof=1) / np.sqrt(N_PATHS) / share,
            }
        )
    return pd.DataFrame(table)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, default=5000)
    parser.add_argument("--doors", type=int, default=20)
    parser.add_argument("--cover", type=float, default=0.8)
    parser.add_argument("--peer-skus", type=int, default=50)
    parser.add_argument("--reserve-skus", type=int, default=100)
    given = parser.parse_args()

    small = season(given.peer_skus, given.doors, given.cover)
    size = given.peer_skus * given.doors
    ours, own = timed("allocate", size, lambda: allocate(**small))
    best, peer = timed("HiGHS, linear programme", size, lambda: least_gain_lost(ours))
    gap = (best - ours.gain) / best
    own["gap"], peer["gap"] = gap, 0.0

    case = season(given.skus, given.doors, given.cover)
    size = given.skus * given.doors
    full, whole = timed("allocate", size, lambda: allocate(**case))
    work = lambda: share_stock(full.options, full.pool.free)  # noqa: E731
    (units, price), core = timed("of it, sharing", size, work)
    rent = price[full.options.sku]
    free = full.options.units(full.options.steps(rent))
    bound = np.sum(full.options.gain(free) - rent * free) + price @ full.pool.free
    whole["gap"] = core["gap"] = (bound - full.options.gain(units).sum()) / bound
    _, push = timed("push_list by channel", size, lambda: push_list(full))
    print(pd.DataFrame([own, peer, whole, core, push]).to_string(index=False))

    ways = {
        "allocate": full.doors["units"].to_numpy(dtype=np.float64),
        "by expected demand": split(full, full.doors["demand"].to_numpy()),
        "the same to each door": split(full, np.ones(size)),
    }
    print()
    print(on_new_paths(case, ways, full.options).to_string(index=False))
    print()
    print(
        compare_reserves(**season(given.reserve_skus, given.doors, given.cover))
        .round(1)
        .to_string(index=False)
    )


if __name__ == "__main__":
    main()
