"""Materials and budgets that are short: priced plans beside repaired ones, and the bound.

Run ``python tests/benchmarks/allowances.py``. A season of drawn SKUs on one line is planned freely;
then each of four fabrics (up to the middle and up to the end) and the money of the first half
are cut to a share of what the free plan takes. "repaired" drops the least of the free plan until
all of it holds, and improves that; "priced" is what `solve_shared` does. Profit is beyond making
nothing.
"""

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np

from c2m.periods import Calendar
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Solution
from c2m.production.plan_production import solve
from c2m.production.problem import Allowance, IntArray, Items, Members, Problem

FABRICS = 4
SHARES = (0.9, 0.7, 0.5)


@dataclass(frozen=True)
class Row:
    """What was found at one share."""

    share: float
    repaired: float
    priced: float
    bound: float
    seconds: float


def drawn(count: int, periods: int, scenarios: int, seed: int) -> Problem:
    """Return SKUs with set-ups and overtime on one line at 95 % of its regular capacity."""
    rng = np.random.default_rng(seed)
    base = rng.lognormal(3.0, 0.8, count)
    level = rng.gamma(8, 1 / 8, (scenarios, count, 1))
    paths = rng.poisson(base[:, None] * level * rng.gamma(4, 0.25, (scenarios, count, periods)))
    net = paths.transpose(2, 1, 0).cumsum(axis=0).astype(np.float64)
    price = rng.uniform(10, 60, count)
    unit_cost = price * rng.uniform(0.3, 0.7, count)
    unit_time = rng.uniform(0.5, 2.0, count)
    each, zero, one = np.arange(count), np.zeros(count, dtype=int), np.ones(count, dtype=int)
    capacity = float((unit_time * base).sum() + 2.5 * count) / 0.95
    most = np.full((count, periods), int(capacity / 2))
    setups = rng.uniform(2, 8, count), rng.uniform(20, 80, count)
    items = Items(each, zero, unit_time, *setups, one, one, most, zero)
    regular = np.full((1, periods), capacity)
    return Problem(
        tuple(f"S{number:04d}" for number in range(count)),
        ("L",),
        ("minutes",),
        Calendar("W"),
        0,
        price,
        unit_cost,
        0.3 * unit_cost,
        0.01 * unit_cost,
        0.1 * price,
        net,
        net.mean(axis=2).T.copy(),
        np.zeros((count, periods)),
        items,
        Members(each, each, np.ones(count), zero),
        (),
        each,
        count,
        regular,
        0.2 * regular,
        np.array([3.0]),
    )


def with_allowances(problem: Problem, free: IntArray, share: float, seed: int) -> Problem:
    """Return the problem with a share of what a free plan takes of fabrics and money."""
    rng = np.random.default_rng(seed)
    count, periods = free.shape
    half, metres = periods // 2, rng.uniform(0.5, 2, count)
    fabric = rng.integers(0, FABRICS, count)
    found = []
    for number in range(FABRICS):
        mine = np.flatnonzero(fabric == number)
        used = np.cumsum(metres[mine] @ free[mine]) * share
        for last in (half - 1, periods - 1):
            amount = float(used[last])
            found.append(
                Allowance(f"F{number}", "material", mine, metres[mine], 0, last, amount, "m")
            )
    cost = problem.unit_cost
    money = float((cost @ free[:, :half]).sum() * share)
    found.append(Allowance("first half", "budget", np.arange(count), cost, 0, half - 1, money))
    return replace(problem, allowances=tuple(found))


def measured(problem: Problem, free: Solution, share: float, seed: int) -> Row:
    """Plan with a share of what the free plan takes."""
    short = with_allowances(problem, free.made, share, seed)
    start = time.process_time()
    found = solve(short, "heuristic", None, lambda stage: None)
    seconds = time.process_time() - start
    draft = Draft(short, free.made)
    repair(draft)
    repaired = improve(draft, free.prices)
    if broken_limits(short, found.made) or broken_limits(short, repaired):
        raise SystemExit("a limit is broken")
    idle = profit(short, np.zeros_like(free.made))
    values = profit(short, repaired), found.profit, found.bound
    return Row(share, *(value - idle for value in values), seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, default=60)
    parser.add_argument("--periods", type=int, default=12)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[1, 50])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print("scenarios  share   repaired     priced      bound  gap to it  CPU-s")
    for scenarios in given.scenarios:
        problem = drawn(given.skus, given.periods, scenarios, given.seed)
        free = solve(problem, "heuristic", None, lambda stage: None)
        for share in SHARES:
            row = measured(problem, free, share, given.seed)
            gap = (row.bound - row.priced) / row.bound
            print(
                f"{scenarios:9d} {row.share:6.0%} {row.repaired:10,.0f} {row.priced:10,.0f} "
                f"{row.bound:10,.0f} {gap:10.2%} {row.seconds:6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
