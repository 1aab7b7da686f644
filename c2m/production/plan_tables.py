"""A solution as a `Plan`: its runs with their days, load, materials, outlook and costs."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.plan import Plan
from c2m.plan.doors import name_runs
from c2m.plan.tables import empty_table, typed_table
from c2m.production import evaluate
from c2m.production.allowance_worth import AllowanceWorth, allowance_worth
from c2m.production.bought import orders_of, surplus_cost
from c2m.production.last_units import first_sku
from c2m.production.limits import allowance_usage, line_usage, run_usage
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.wanted import wanted_without_limits
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.production.reasons import RunList, list_runs, reasons_table
from c2m.production.shortfalls import shortfalls_table
from c2m.production.worth import capacity_worth

if TYPE_CHECKING:
    from c2m.plan.plan import BoundKind


def make_plan(
    problem: Problem,
    solution: Solution,
    inputs: dict[str, pd.DataFrame],
    *,
    seed: int,
    currency: str | None,
) -> Plan:
    """Turn a solution into a `Plan`.

    Parameters
    ----------
    problem : Problem
        The problem.
    solution : Solution
        Its answer.
    inputs : dict of str to DataFrame
        The tables it was made from.
    seed : int
        Of the scenarios.
    currency : str, optional
        Of all money.

    Returns
    -------
    Plan
        With every table filled.
    """
    made = solution.made
    runs = list_runs(problem, made)
    run_table = _run_table(problem, made, runs)
    kind: BoundKind = "proved" if solution.proved else "heuristic"
    wanted = wanted_without_limits(problem)
    worth = capacity_worth(problem, made)
    shared = allowance_worth(problem, made)
    return Plan(
        skus=problem.skus,
        calendar=problem.calendar,
        first=problem.first,
        n_periods=problem.n_periods,
        tables={
            "runs": run_table,
            "load": _load_table(problem, made, worth.price),
            "shortfalls": shortfalls_table(problem, made, wanted, worth.price, shared),
            "reasons": reasons_table(problem, made, worth, shared, runs, run_table["run"].tolist()),
            "materials": _materials_table(problem, made),
            "allowances": _allowances_table(problem, made, shared),
        },
        outlook=_outlook(problem, made),
        costs=_costs(problem, made),
        inputs=inputs,
        currency=currency,
        bound=solution.bound,
        bound_kind=kind,
        bound_from=solution.bound_from,
        method=solution.method,
        seed=seed,
        n_scenarios=problem.n_scenarios,
    )


def _run_table(problem: Problem, made: IntArray, runs: RunList) -> pd.DataFrame:
    members, items = problem.members, problem.items
    item = members.item[runs.member]
    usage = run_usage(problem, made)[item, runs.when]
    pieces = np.bincount(members.item, members.pieces * 1.0, problem.n_items)
    size, ready = made[item, runs.when], runs.when + members.lead[runs.member]
    good = size * members.units[runs.member]
    on_the_way = np.array([way.lead for way in problem.ways], dtype=np.int64)[items.way[item]]
    co2e = np.array([way.co2e for way in problem.ways], dtype=np.float64)[items.way[item]]
    mode = np.array([way.mode for way in problem.ways], dtype=object)[items.way[item]]
    table = pd.DataFrame(
        {
            "sku": np.array(problem.skus, dtype=object)[members.sku[runs.member]],
            "line": np.array(problem.lines, dtype=object)[items.line[item]],
            "period": _day(problem, runs.when),
            "quantity": size * members.pieces[runs.member],
            "available": _day(problem, ready),
            "capacity_used": usage * members.pieces[runs.member] / pieces[item],
            "good_quantity": good,
            "mode": mode,
            "order_by": _day(problem, runs.when),
            "ex_factory": _day(problem, ready - on_the_way),
            "in_warehouse": _day(problem, ready),
            "co2e": co2e * good,
        }
    )
    return name_runs(table)


def _day(problem: Problem, step: IntArray) -> np.ndarray:
    """Return the first days of steps of the horizon."""
    return np.asarray(problem.calendar.label(problem.first + step).astype("datetime64[s]"))


def _materials_table(problem: Problem, made: IntArray) -> pd.DataFrame:
    """Return what runs use of materials, and what has to be ordered by when."""
    tables = []
    for material in problem.bought:
        orders = orders_of(material, made)
        rows = np.flatnonzero((orders.used > 0) | (orders.ordered > 0))
        ordered = orders.ordered[rows]
        by = pd.Series(_day(problem, orders.placed[rows])).where(ordered > 0)
        table = pd.DataFrame(
            {
                "material": material.name,
                "unit": material.unit,
                "period": _day(problem, rows),
                "used": orders.used[rows],
                "ordered": ordered,
                "order_by": by,
                "cost": ordered * material.unit_cost[rows],
                "left": orders.stock[rows],
            }
        )
        tables.append(table)
    if not any(len(table) for table in tables):
        return empty_table("materials")
    return typed_table("materials", dict(pd.concat(tables, ignore_index=True)))


def _allowances_table(problem: Problem, made: IntArray, worth: AllowanceWorth) -> pd.DataFrame:
    """Return what is taken of every allowance, and what more of it would earn."""
    allowances = problem.allowances
    first = np.array([each.first for each in allowances], dtype=np.int64)
    last = np.array([each.last for each in allowances], dtype=np.int64)
    skus = [first_sku(problem, item) if item >= 0 else "" for item in worth.item.tolist()]
    table = {
        "name": [each.name for each in allowances],
        "kind": [each.kind for each in allowances],
        "first": _day(problem, first),
        "last": _day(problem, last),
        "amount": [each.amount for each in allowances],
        "used": allowance_usage(problem, made),
        "unit": [each.unit for each in allowances],
        "price": worth.price,
        "sku": skus,
    }
    return typed_table("allowances", table)


def _load_table(problem: Problem, made: IntArray, worth: FloatArray) -> pd.DataFrame:
    used = line_usage(problem, made)
    count = problem.n_periods
    steps = np.tile(np.arange(count), len(problem.lines))
    table = {
        "line": np.repeat(np.array(problem.lines, dtype=object), count),
        "period": problem.calendar.label(problem.first + steps).astype("datetime64[s]"),
        "unit": np.repeat(np.array(problem.units, dtype=object), count),
        "capacity": problem.regular.ravel(),
        "overtime_limit": problem.overtime.ravel(),
        "used": np.minimum(used, problem.regular).ravel(),
        "overtime": np.maximum(used - problem.regular, 0.0).ravel(),
        "price": worth.ravel(),
    }
    return typed_table("load", table)


def _outlook(problem: Problem, made: IntArray) -> dict[str, FloatArray]:
    """Return the expected course of every SKU; see `c2m.plan.OUTLOOK`."""
    brought = evaluate.arrivals(problem, made)
    cumulative = brought.cumsum(axis=1)
    known = np.diff(problem.supply, axis=1, prepend=0.0)
    stockout = np.empty_like(cumulative)
    lost_so_far = np.empty_like(cumulative)
    worst = np.zeros(problem.net.shape[1:])
    for period in range(problem.n_periods):
        new = np.maximum(worst, problem.net[period] - cumulative[:, period, None])
        stockout[:, period] = (new > worst).mean(axis=1)
        lost_so_far[:, period] = new.mean(axis=1)
        worst = new
    production = np.zeros_like(cumulative)
    np.add.at(
        production,
        problem.members.sku,
        made[problem.members.item] * problem.members.pieces[:, None],
    )
    return {
        "demand": np.diff(problem.mean_net + problem.supply, axis=1, prepend=0.0),
        "production": production,
        "arrivals": brought + known,
        "stock": cumulative - problem.mean_net + lost_so_far,
        "lost": np.diff(lost_so_far, axis=1, prepend=0.0),
        "stockout": stockout,
    }


def _costs(problem: Problem, made: IntArray) -> dict[str, float]:
    """Return expected money by kind; `expected_profit` is the sum, with signs."""
    cumulative = evaluate.arrivals(problem, made).cumsum(axis=1)
    lost = evaluate.lost_so_far(problem, cumulative)
    money = evaluate.money(problem, cumulative, lost)
    own = float(np.sum(problem.items.setup_cost * np.count_nonzero(made, axis=1)))
    margin = np.maximum(problem.price - problem.unit_cost, 0.0)
    parts = {name: float(np.sum(part * made)) for name, part in problem.extra_parts.items()}
    rest = float(evaluate.extra_paid(problem, made).sum()) - sum(parts.values())
    if problem.bought:
        parts["material_surplus"] = surplus_cost(problem.bought, made)
    costs = {
        "revenue": float(money.revenue.sum()),
        "end_value": float(money.end_value.sum()),
        "production": float(money.production.sum()) + rest,
        **parts,
        "setup": own + evaluate.group_setups(problem, made),
        "overtime": evaluate.overtime_money(problem, line_usage(problem, made)),
        "holding": float(money.holding.sum()),
        "lost_sale_penalty": float(money.penalty.sum()),
    }
    income = costs["revenue"] + costs["end_value"]
    spent = sum(costs.values()) - income
    lost_margin = float((margin * lost[:, -1]).sum())
    return {**costs, "expected_profit": income - spent, "lost_margin": lost_margin}
