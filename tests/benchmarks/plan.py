"""Lot sizing with one known demand, beside MILP solvers: CPU-seconds, gap to the bound, peak RSS.

``python tests/benchmarks/plan.py [--sizes 100 1000] [--seeds 1] [--seconds 60]
[--peers PYTHON] [--cpsat PYTHON] [--stockpyl PYTHON]``

Every SKU has set-up time and cost, holding and an opening stock; one line has priced overtime up
to 30 % and 26 weeks; demand has a season that all share (20 %), one of its own, and noise. The
capacity is the load of the mean demand and of the set-ups that would be made without a limit,
divided by .97. Unmet demand is lost at price and penalty. The cost is what serving everything for
nothing would bring, less the profit; the gap is (cost - bound) / bound, with our Lagrangian bound
or a solver's own if that is higher. The solvers get the aggregate form; CPU time is the whole
process's. ``--peers`` needs highspy and pyscipopt, ``--cpsat`` ortools (never in one process),
``--stockpyl`` stockpyl: one SKU without capacity, beside `wagner_whitin`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import highspy  # noqa: F401  (loading it is not planning)
import numpy as np
import scipy.sparse  # noqa: F401

from c2m.periods import Calendar
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing import wagner_whitin
from c2m.production.lotsizing.decomposition import solve_known
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import best_plans
from c2m.production.problem import Items, Members, Problem

PERIODS = 26
OVERTIME_COST, OVERTIME_SHARE = 5.0, 0.3
ENOUGH = 2**40


def instance(count: int, seed: int, utilisation: float = 0.97) -> Problem:
    """Return a drawn problem; see the top of this file."""
    rng = np.random.default_rng(seed)
    base = rng.lognormal(3.0, 0.8, count)
    week = np.arange(PERIODS) / PERIODS * 2 * np.pi
    own = 0.2 * np.sin(week + rng.uniform(0, 2 * np.pi, (count, 1)))
    rate = base[:, None] * (1 + own + 0.2 * np.sin(week - 1.5))
    demand = rng.poisson(rate * rng.gamma(4, 0.25, (count, PERIODS)))
    draws = {"time": (0.5, 2, 2), "setup": (10, 50, 1), "cost": (50, 200, 1), "hold": (0.1, 0.5, 2)}
    drawn = {
        name: rng.uniform(*ends, count).round(digits) for name, (*ends, digits) in draws.items()
    }
    unit_cost = rng.uniform(5, 20, count).round(2)
    stock = np.rint(base * rng.uniform(0, 6, count))
    net = demand.T.cumsum(axis=0) - stock
    zero, one, each = np.zeros(count, dtype=int), np.ones(count, dtype=int), np.arange(count)
    most = np.full((count, PERIODS), ENOUGH)
    items = Items(each, zero, drawn["time"], drawn["setup"], drawn["cost"], one, one, most, zero)

    def _problem(capacity: float) -> Problem:
        regular = np.full((1, PERIODS), capacity)
        return Problem(
            tuple(f"S{number:06d}" for number in range(count)),
            ("L",),
            ("minutes",),
            Calendar("W"),
            0,
            3 * unit_cost,
            unit_cost,
            np.zeros(count),
            drawn["hold"],
            np.full(count, 100.0),
            net[:, :, None],
            net.T.copy(),
            np.repeat(stock[:, None], PERIODS, axis=1),
            items,
            Members(each, each, one, zero),
            (),
            each,
            count,
            regular,
            OVERTIME_SHARE * regular,
            np.array([OVERTIME_COST]),
        )

    free = Known.of(_problem(1e12))
    plans, _ = best_plans(free, np.zeros((1, PERIODS)))
    setups = (drawn["setup"] * (plans.way >= 0)).sum() / PERIODS
    return _problem(((drawn["time"] * demand.mean(axis=1)).sum() + setups) / utilisation)


def served_for_nothing(problem: Problem) -> float:
    """Return the profit if all demand were served without set-ups, holding and overtime."""
    known = Known.of(problem)
    nothing = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    return profit(problem, nothing) + float((known.worth * known.wanted.sum(axis=0)).sum())


def ours(count: int, seed: int) -> dict[str, float]:
    """Plan one instance in this process."""
    problem = instance(count, seed)
    before = time.process_time()
    solution = solve_known(problem, lambda stage: None)
    seconds = time.process_time() - before
    top = served_for_nothing(problem)
    if broken_limits(problem, solution.made):
        raise SystemExit("a limit is broken")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cost, bound = top - solution.profit, top - solution.bound
    return {"cost": cost, "bound": bound, "seconds": seconds, "peak": peak}


def save(problem: Problem, path: Path) -> None:
    """Write what a MILP needs."""
    known, items = Known.of(problem), problem.items
    np.savez(
        path,
        wanted=known.wanted.T,
        worth=known.worth,
        holding=problem.holding_cost,
        unit_time=items.unit_time,
        setup_time=items.setup_time,
        setup_cost=items.setup_cost,
        capacity=problem.regular[0],
        overtime=problem.overtime[0],
        overtime_cost=problem.overtime_cost[0],
    )


def run_json(command: list[str]) -> dict[str, float] | None:
    """Run a command and read the last line it prints; None where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def show(count: int, seed: int, name: str, row: dict[str, float] | None, best: float) -> None:
    if row is None or row["cost"] is None:
        print(f"{count:7d} {seed:4d} {name:20s} no plan")
        return
    gap = (row["cost"] - best) / best
    print(
        f"{count:7d} {seed:4d} {name:20s} {row['cost']:14.0f} {100 * gap:11.5f} "
        f"{row['seconds']:8.2f} {row['peak']:8.2f}",
        flush=True,
    )


def single(python: str) -> None:
    """Time single-item cases beside stockpyl."""
    here = Path(__file__).with_name("peers_plan.py")
    cases = [([90, 120, 80, 70], 500.0, 2.0)]
    cases += [(np.random.default_rng(1).poisson(30, 26).tolist(), 120.0, 0.4)]
    for demand, setup, holding in cases:
        before = time.perf_counter()
        for _ in range(100):
            lots = wagner_whitin(demand, setup, holding)
        mine = (time.perf_counter() - before) * 10
        theirs = run_json([python, str(here), "stockpyl", json.dumps([demand, setup, holding])])
        print(
            f"one SKU, {len(demand)} periods: ours {lots.cost:.2f} in {mine:.2f} ms; stockpyl",
            theirs,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--peers")
    parser.add_argument("--cpsat")
    parser.add_argument("--stockpyl")
    parser.add_argument("--one", action="store_true", help="print one case as JSON")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ours(given.sizes[0], given.seeds[0])))
        return
    names = [(given.peers, "highs"), (given.peers, "scip"), (given.cpsat, "cpsat")]
    script = str(Path(__file__).with_name("peers_plan.py"))
    print("   SKUs seed plan                           cost       gap %    CPU-s   RSS GB")
    for count in given.sizes:
        for seed in given.seeds:
            command = [
                sys.executable,
                __file__,
                "--one",
                "--sizes",
                str(count),
                "--seeds",
                str(seed),
            ]
            rows = {"c2m": run_json(command)}
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "case.npz"
                save(instance(count, seed), path)
                for python, name in names:
                    if python:
                        call = [python, script, name, str(path), str(given.seconds)]
                        rows[name] = run_json(call)
            best = max(row["bound"] for row in rows.values() if row and row["bound"])
            for name, row in rows.items():
                show(count, seed, name, row, best)
    if given.stockpyl:
        single(given.stockpyl)


if __name__ == "__main__":
    main()
