"""Lot sizing with lost sales over joint scenarios: CPU-seconds, gap to the bound, new scenarios.

``python tests/benchmarks/stochastic.py [--sizes 20x13x50 100x26x50] [--seeds 1 2 3]
[--peers PYTHON --seconds 60] [--held-out 20 --held-size 20x13x50 --first 101]``

A size is SKUs x periods x scenarios. Every SKU has set-up time and cost, holding, an opening stock
and an end value of half its cost; one line has priced overtime up to 30 %. Demand is Poisson around
a season, times a level of the SKU (gamma, shape 4), of the market (25) and of the SKU's week (4).
The capacity is the mean load with a set-up every fourth week, divided by .97. CPU-seconds hold all
candidates, the choice on as many other scenarios, and the bound. Cost is the price of all demand
less profit. HiGHS gets the extensive form; its cost is measured against the better bound too.

``--held-out`` plans that many seeds, and pays every candidate on 2,000 new scenarios: the chosen
plan's advantage in % of its profit, mean and lower end of the 95 % interval of the paired mean.
``mean, alone`` is a plan for the rounded mean demand by the way for known demand at full effort.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import highspy  # noqa: F401  (loading it is not planning)
import numpy as np
import scipy.stats

from c2m.periods import Calendar
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition import solve_known
from c2m.production.lotsizing.dp import block_view
from c2m.production.lotsizing.heuristic import choose, solve_heuristic
from c2m.production.lotsizing.stochastic.candidates import candidate_plans
from c2m.production.problem import Items, Members, Problem

ENOUGH = 2**40
NEW = 2_000


class Case:
    """A drawn factory; `problem` draws scenarios for it."""

    def __init__(self, count: int, periods: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.seed, self.shape = seed, (count, periods)
        base = rng.lognormal(3.0, 0.8, count)
        week = np.arange(periods) / periods * 2 * np.pi
        own = 0.2 * np.sin(week + rng.uniform(0, 2 * np.pi, (count, 1)))
        self.rate = base[:, None] * (1 + own + 0.2 * np.sin(week - 1.5))
        self.unit_time = rng.uniform(0.5, 2, count).round(2)
        self.setup_time = rng.uniform(10, 50, count).round(1)
        self.setup_cost = rng.uniform(50, 200, count).round(1)
        self.holding = rng.uniform(0.1, 0.5, count).round(2)
        self.unit_cost = rng.uniform(5, 20, count).round(2)
        self.stock = np.rint(base * rng.uniform(0, 3, count))
        load = (self.unit_time * self.rate.mean(axis=1)).sum() + (self.setup_time / 4).sum()
        self.capacity = load / 0.97

    def problem(self, scenarios: int, stream: int) -> Problem:
        """Return the problem over some scenarios; streams are independent."""
        count, periods = self.shape
        rng = np.random.default_rng([self.seed, stream])
        level = rng.gamma(4, 1 / 4, (scenarios, count, 1))
        level = level * rng.gamma(25, 1 / 25, (scenarios, 1, 1))
        paths = rng.poisson(self.rate * level * rng.gamma(4, 1 / 4, (scenarios, count, periods)))
        net = np.ascontiguousarray((paths.cumsum(axis=2) - self.stock[:, None]).transpose(2, 1, 0))
        zero, one, each = np.zeros(count, dtype=int), np.ones(count, dtype=int), np.arange(count)
        regular = np.full((1, periods), self.capacity)
        most = np.full((count, periods), ENOUGH)
        return Problem(
            tuple(f"S{number:06d}" for number in range(count)),
            ("L",),
            ("minutes",),
            Calendar("W"),
            0,
            2.5 * self.unit_cost,
            self.unit_cost,
            0.5 * self.unit_cost,
            self.holding,
            np.zeros(count),
            net,
            net.mean(axis=2).T.copy(),
            np.repeat(self.stock[:, None], periods, axis=1),
            Items(
                each, zero, self.unit_time, self.setup_time, self.setup_cost, one, one, most, zero
            ),
            Members(each, each, one, zero),
            (),
            each,
            count,
            regular,
            0.3 * regular,
            np.array([5.0]),
        )


def size_of(text: str) -> tuple[int, int, int]:
    """Read SKUs x periods x scenarios."""
    count, periods, scenarios = (int(part) for part in text.split("x"))
    return count, periods, scenarios


def gross(problem: Problem) -> float:
    """Return the price of all demand."""
    return float((problem.price * (problem.mean_net[:, -1] + problem.supply[:, -1])).sum())


def ours(size: str, seed: int) -> dict[str, float]:
    """Plan one instance in this process."""
    count, periods, scenarios = size_of(size)
    case = Case(count, periods, seed)
    problem, other = (case.problem(scenarios, stream) for stream in (0, 1))
    before = time.process_time()
    solution = solve_heuristic(problem, lambda stage: None, lambda: other)
    seconds = time.process_time() - before
    if broken_limits(problem, solution.made):
        raise SystemExit("a limit is broken")
    if not solution.proved:
        raise SystemExit("the bound is not proved")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "profit": solution.profit,
        "bound": solution.bound,
        "seconds": seconds,
        "peak": peak,
        "gross": gross(problem),
    }


def run_json(command: list[str]) -> dict[str, float] | None:
    """Run a command and read the last line it prints; None where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def highs(python: str, size: str, seed: int, seconds: float) -> dict[str, float] | None:
    """Solve the extensive form in another process."""
    count, periods, scenarios = size_of(size)
    problem = Case(count, periods, seed).problem(scenarios, 0)
    items = problem.items
    lost = np.maximum.accumulate(np.maximum(problem.net, 0.0), axis=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(
            path,
            missing=np.diff(lost, axis=0, prepend=0.0),
            gain=problem.price + problem.penalty,
            holding=problem.holding_cost,
            end_value=problem.end_value,
            unit_cost=problem.unit_cost,
            unit_time=items.unit_time,
            setup_time=items.setup_time,
            setup_cost=items.setup_cost,
            capacity=problem.regular[0],
            overtime=problem.overtime[0],
            overtime_cost=problem.overtime_cost[0],
        )
        script = str(Path(__file__).with_name("peers_stochastic.py"))
        row = run_json([python, script, str(path), str(seconds)])
    if row is None or row["gain"] is None:
        return None
    idle = profit(problem, np.zeros((problem.n_items, problem.n_periods), dtype=np.int64))
    bound = idle + row["bound"] if row["bound"] is not None else np.inf
    return {**row, "profit": idle + row["gain"], "bound": bound, "gross": gross(problem)}


def show(size: str, seed: int, name: str, row: dict[str, float] | None, bound: float) -> None:
    if row is None:
        print(f"{size:>12s} {seed:4d} {name:6s} no plan", flush=True)
        return
    cost, best = row["gross"] - row["profit"], row["gross"] - bound
    print(
        f"{size:>12s} {seed:4d} {name:6s} {row['profit']:12.0f} {cost:12.0f}"
        f" {100 * (cost - best) / best:10.2f} {100 * (bound - row['profit']) / bound:12.2f}"
        f" {row['seconds']:8.2f} {row['peak']:7.2f}",
        flush=True,
    )


def held_out(size: str, seeds: int, first: int) -> None:
    """Pay the chosen plan and every candidate on new scenarios."""
    count, periods, scenarios = size_of(size)
    rows, names = [], []
    for seed in range(first, first + seeds):
        case = Case(count, periods, seed)
        problem, other = (case.problem(scenarios, stream) for stream in (0, 1))
        new = case.problem(NEW, 2)
        found = candidate_plans(problem, block_view(problem), lambda stage: None)
        made = {candidate.name: candidate.made for candidate in found}
        mean = np.rint(problem.mean_net).T[:, :, None]
        one = replace(problem, net=np.ascontiguousarray(mean), mean_net=mean[:, :, 0].T.copy())
        made["mean, alone"] = solve_known(one, lambda stage: None).made
        chosen = profit(new, choose(found, other).made)
        names = list(made)
        rows.append([100 * (chosen - profit(new, plan)) / chosen for plan in made.values()])
    gained = np.array(rows)
    wide = scipy.stats.t.ppf(0.975, seeds - 1) * gained.std(axis=0, ddof=1) / np.sqrt(seeds)
    for name, mean, half in zip(names, gained.mean(axis=0), wide, strict=True):
        print(f"{size:>12s} chosen less {name:12s} {mean:8.3f} % lower end {mean - half:8.3f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="*", default=["20x13x50", "100x26x50"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--peers")
    parser.add_argument("--held-out", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--held-size", default="20x13x50")
    parser.add_argument("--first", type=int, default=1, help="first seed of --held-out")
    parser.add_argument("--one", action="store_true", help="print one case as JSON")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ours(given.sizes[0], given.seeds[0])))
        return
    if given.sizes:
        print(
            "        size seed plan         profit         cost gap cost % gap profit %"
            "   CPU-s  RSS GB"
        )
    for size in given.sizes:
        for seed in given.seeds:
            command = [sys.executable, __file__, "--one", "--sizes", size, "--seeds", str(seed)]
            mine = run_json(command)
            theirs = highs(given.peers, size, seed, given.seconds) if given.peers else None
            bounds = [row["bound"] for row in (mine, theirs) if row is not None]
            show(size, seed, "c2m", mine, min(bounds))
            if given.peers:
                show(size, seed, "HiGHS", theirs, min(bounds))
    if given.held_out:
        held_out(given.held_size, given.held_out, given.first)


if __name__ == "__main__":
    main()
