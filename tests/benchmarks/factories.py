"""Plan for random factories, absurd ones too, and play every plan path by path: a command.

A factory is one to three SKUs on one or two lines with lots, set-ups, groups, pre-packs,
shutdowns, stock and orders on the way. Many stand side by side in one plan without sharing
anything, so that thousands are planned in minutes; some are planned alone. For each, the money
that playing its paths gives must be the money that the plan states, every limit must hold, and
the identity of each run's last unit must close. Prints a table; exits with 1 where one fails.

Run ``python tests/benchmarks/factories.py [--factories 10000] [--seed 0] [--only SEED]``.
"""

import argparse
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from factories_draw import ABSURD, REFUSED, Case, Fleet, draw_fleet
from factories_play import play

from c2m.errors import C2MWarning, DataError
from c2m.plan import Plan
from c2m.production import Factory, plan_production

CLOSE = 1e-11
"""Share of the money at hand within which two sums are the same."""

FLEET = 100
"""Factories side by side in one plan."""

EVERY = 3
"""One plan in so many is of a fleet; the others are of one factory, by the way that fits it."""


@dataclass
class Report:
    """What was found.

    Parameters
    ----------
    factories : Counter
        How many were played, by kind.
    refused : Counter
        How many the factory's own check refused, by kind.
    failures : list of str
        What did not hold, with the seed that shows it again.
    worst_cost, worst_identity : float
        Largest differences, as a share of the money at hand.
    runs, skus, plans, short : int
        How many runs were explained, SKUs planned, plans made, and shortfalls named.
    """

    factories: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    worst_cost: float = 0.0
    worst_identity: float = 0.0
    runs: int = 0
    skus: int = 0
    plans: int = 0
    short: int = 0


def run(factories: int, seed: int) -> Report:
    """Plan and play a number of factories."""
    report = Report()
    number = 0
    while report.factories.total() + report.refused.total() < factories:
        check_fleet(report, seed * 1_000_003 + number)
        number += 1
    return report


def check_fleet(report: Report, seed: int) -> None:
    """Plan one fleet and note what does not hold."""
    rng = np.random.default_rng(seed)
    count = FLEET if seed % EVERY == 0 else 1
    fleet = draw_fleet(rng, count)
    try:
        factory = fleet.factory()
    except DataError as error:
        report.refused.update(case.kind for case in fleet.cases)
        if fleet.cases[0].kind != REFUSED:
            report.failures.append(f"{seed}: refused, for {error}")
        return
    report.factories.update(case.kind for case in fleet.cases)
    try:
        plan = _plan(fleet, factory, rng)
    except Exception as error:  # noqa: BLE001 - what it looks for
        report.failures.append(f"{seed}: {error!r} at {_where(error)}")
        return
    report.plans, report.skus = report.plans + 1, report.skus + len(plan.skus)
    report.runs, report.short = report.runs + len(plan), report.short + len(plan.shortfalls)
    _check_plan(report, plan, fleet.cases, seed)


def _plan(fleet: Fleet, factory: Factory, rng: np.random.Generator) -> Plan:
    """Plan a fleet; a single factory by the way that fits it."""
    demand = fleet.demand()
    method = "auto" if len(fleet.cases) == 1 or rng.random() < 0.5 else "heuristic"
    return plan_production(
        demand,
        factory,
        fleet.stock,
        fleet.on_order,
        n_scenarios=len(demand.paths),
        method=method,
        time_limit_s=2.0,
    )


def _where(error: BaseException) -> str:
    """Return the file and line that raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"


def _check_plan(report: Report, plan: Plan, cases: list[Case], seed: int) -> None:
    """Compare a plan with what playing its factories one by one gives."""
    runs = plan.runs
    step_of = {label: step for step, label in enumerate(plan.periods)}
    runs["step"] = runs["period"].map(step_of)
    runs["ready"] = runs["available"].map(step_of)
    by_case: dict[str, list] = {case.name: [] for case in cases}
    for row in runs.to_dict("records"):
        by_case[row["sku"].split("-")[0]].append(row)
    total: Counter = Counter()
    for case in cases:
        money, broken = play(case, by_case[case.name])
        report.failures += [f"{seed} {case.kind} {case.name}: {text}" for text in broken]
        total.update(money)
    total["expected_profit"] = 2 * (total["revenue"] + total["end_value"]) - sum(total.values())
    scale = 1.0 + sum(abs(amount) for amount in total.values())
    for kind, amount in total.items():
        off = abs(plan.costs[kind] - amount) / scale
        report.worst_cost = max(report.worst_cost, off)
        if not off <= CLOSE:
            report.failures.append(f"{seed}: {kind} is {plan.costs[kind]}, played {amount}")
    if plan.bound is not None and plan.bound < plan.expected_profit - CLOSE * scale:
        report.failures.append(f"{seed}: the bound {plan.bound} is below the profit")
    _check_identity(report, plan.reasons, seed)


def _check_identity(report: Report, reasons: pd.DataFrame, seed: int) -> None:
    """Add up the money of every run's last unit."""
    runs = reasons[reasons["run"] != ""]
    if runs.empty:
        return
    parts = runs["sale"] + runs["left_over"] - runs["making"] - runs["holding"]
    off = np.maximum(
        (parts - runs["last_unit"]).abs(),
        (runs["capacity"] + runs["residual"] - runs["last_unit"]).abs(),
    )
    worst = float((off / (1.0 + runs["making"].abs() + runs["sale"].abs())).max())
    report.worst_identity = max(report.worst_identity, worst)
    if not worst <= CLOSE:
        report.failures.append(f"{seed}: the identity of a last unit is {worst} off")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--factories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number that a failure begins with")
    options = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    start, report = time.process_time(), Report()
    if options.only is None:
        report = run(options.factories, options.seed)
    else:
        check_fleet(report, options.only)
    for kind in ("plain", *ABSURD, REFUSED):
        print(f"{kind:28} {report.factories[kind]:6,} played {report.refused[kind]:6,} refused")
    print(f"{report.plans:,} plans, {report.skus:,} SKUs, {report.runs:,} runs", end=", ")
    print(f"{report.short:,} shortfalls in {time.process_time() - start:,.0f} CPU-s")
    print(f"stated against played cost: {report.worst_cost:.1e} of the money, at most")
    print(f"identity of the last unit: {report.worst_identity:.1e} of its money, at most")
    print(f"{len(report.failures):,} failures")
    print("\n".join(report.failures[:20]))
    return int(bool(report.failures))


if __name__ == "__main__":
    raise SystemExit(main())
