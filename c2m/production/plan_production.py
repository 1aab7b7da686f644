"""From a forecast and a factory to a plan: the main road of this wing."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.plan import Plan
from c2m.plan.doors import name_runs
from c2m.plan.tables import typed_table
from c2m.production import evaluate
from c2m.production.align import align, check_fit
from c2m.production.factory import Factory
from c2m.production.lotsizing.decomposition import has_lots, is_known, solve_known
from c2m.production.lotsizing.exact import small_enough, solve_exact
from c2m.production.lotsizing.heuristic import solve_heuristic
from c2m.production.lotsizing.one_period import is_one_period, solve_one_period
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.wanted import wanted_without_limits
from c2m.production.problem import DemandPaths, FloatArray, IntArray, Problem
from c2m.production.reasons import RunList, list_runs, reasons_table
from c2m.production.shortfalls import shortfalls_table
from c2m.production.supply import read_on_order, read_stock
from c2m.production.worth import capacity_worth

if TYPE_CHECKING:
    from c2m.plan.plan import BoundKind


Method = Literal["auto", "exact", "heuristic"]
"""How to plan; see `plan_production`."""

_BOTH: Final = 200
"""SKUs up to which known demand with MOQs or multiples is planned in both ways."""

_CLOSED: Final = 1e-6
"""Gap, as a share of the bound, below which nothing more is tried."""


def plan_production(
    demand: DemandPaths,
    factory: Factory,
    stock: object | None = None,
    on_order: object | None = None,
    *,
    n_scenarios: int = 200,
    seed: int = 0,
    method: Method = "auto",
    time_limit_s: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """Plan the runs that are expected to earn the most over the scenarios of demand.

    Expected profit is revenue and the end value of what is left, less unit costs, set-ups,
    overtime, holding (of stock at the end of each period) and lost-sale penalties. A run in
    period t can be sold from t + its lead time; one that would arrive after the horizon is not
    planned. Unmet demand is lost, not kept for later. Capacity with overtime, shutdowns, MOQs,
    multiples, largest lots, group limits and pre-packs always hold; quantities are whole.

    Parameters
    ----------
    demand : Demand
        The forecast, by SKU.
    factory : Factory
        What can be made; in the periods of the demand.
    stock : DataFrame or other Arrow table, optional
        Columns ``sku`` and ``on_hand``, as of ``demand.cutoff``. None: nothing is on hand.
    on_order : DataFrame or other Arrow table, optional
        Purchase-order lines: ``sku``, ``ordered``, ``received``, ``due``. What is open can be
        sold from the period in which it is due.
    n_scenarios : int
        Joint demand paths to plan over, at least 1.
    seed : int
        Of the paths.
    method : {"auto", "exact", "heuristic"}
        ``"exact"`` solves a mixed-integer programme over all scenarios and proves a bound: for
        small cases. ``"heuristic"`` is for any size. ``"auto"`` takes the exact way where it is
        quick, and a closed one for one period.
    time_limit_s : float, optional
        Of the exact way, in seconds. Where it strikes, the plan may depend on the machine.
    progress : callable, optional
        Called with a phrase at each stage.

    Returns
    -------
    Plan
        The runs, load, shortfalls, costs, outlook and reasons.

    Raises
    ------
    DataError
        If a table is wrong, or SKUs of the demand cannot be made.
    ArgumentError
        If an argument is out of range, or demand and factory have different periods.

    Warns
    -----
    C2MWarning
        With counts, where stock rows are missing, orders are overdue, or rows are left out.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.production import Line, Product, Routing
    >>> paths = pd.DataFrame({
    ...     "path": [0, 1, 2, 3],
    ...     "sku": "TEE",
    ...     "period": "2026-11-23",
    ...     "demand": [40, 60, 80, 100],
    ... })
    >>> demand = Demand.from_frame(paths, freq="W", path="path")
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=500.0, unit="pieces")],
    ...     products=[Product("TEE", price=20.0, unit_cost=8.0, end_value=4.0)],
    ...     routings=[Routing("TEE", "A")],
    ... )
    >>> plan = plan_production(demand, factory, n_scenarios=4)
    >>> plan.runs[["sku", "line", "quantity"]]
       sku line  quantity
    0  TEE    A        80
    >>> plan.bound_kind, plan.expected_profit == plan.bound
    ('proved', True)
    """
    _check_arguments(n_scenarios, method, time_limit_s)
    problem, inputs = read_problem(
        demand, factory, stock, on_order, n_scenarios=n_scenarios, seed=seed
    )
    solution = solve(problem, method, time_limit_s, progress or _silent)
    return make_plan(problem, solution, inputs, seed=seed, currency=factory.currency)


def read_problem(
    demand: DemandPaths,
    factory: Factory,
    stock: object | None,
    on_order: object | None,
    *,
    n_scenarios: int,
    seed: int,
) -> tuple[Problem, dict[str, pd.DataFrame]]:
    """Read and align what a plan is made from.

    Parameters
    ----------
    demand, factory, stock, on_order, n_scenarios, seed
        See `plan_production`.

    Returns
    -------
    problem : Problem
        As arrays.
    inputs : dict of str to DataFrame
        The tables as they were understood.
    """
    check_fit(demand, factory)
    skus = demand.keys["sku"].astype(str).tolist()
    first = int(demand.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0])
    on_hand, stock_table = read_stock(stock, skus)
    arriving, order_table = read_on_order(
        on_order, skus, demand.calendar, first, len(demand.periods)
    )
    problem = align(demand, factory, on_hand, arriving, n_scenarios=n_scenarios, seed=seed)
    inputs = {**factory_tables(factory), "stock": stock_table, "on_order": order_table}
    return problem, inputs


def factory_tables(factory: Factory) -> dict[str, pd.DataFrame]:
    """Return the tables of a factory by name, those without rows left out.

    Parameters
    ----------
    factory : Factory
        The factory.

    Returns
    -------
    dict of str to DataFrame
        For the plan's inputs.
    """
    names = (
        "lines",
        "products",
        "routings",
        "shutdowns",
        "limits",
        "groups",
        "prepacks",
    )
    tables = {name: getattr(factory, name) for name in names}
    return {name: table for name, table in tables.items() if len(table)}


def solve(
    problem: Problem, method: Method, time_limit_s: float | None, progress: Callable[[str], None]
) -> Solution:
    """Find a plan that holds every limit.

    Parameters
    ----------
    problem : Problem
        The problem.
    method, time_limit_s, progress
        See `plan_production`.

    Returns
    -------
    Solution
        The plan.
    """
    solution = _quick(problem, progress)
    closed = solution.proved and solution.bound - solution.profit <= _CLOSED * abs(solution.bound)
    if method == "exact" or (method == "auto" and small_enough(problem) and not closed):
        progress("the exact programme")
        solution = solve_exact(problem, solution, time_limit_s)
    return solution


def _quick(problem: Problem, progress: Callable[[str], None]) -> Solution:
    """Plan in the way that is made for the problem, without the exact programme."""
    if is_one_period(problem):
        return solve_one_period(problem, progress)
    if not is_known(problem):
        return solve_heuristic(problem, progress)
    known = solve_known(problem, progress)
    if problem.n_skus > _BOTH or not has_lots(problem):
        return known
    other = solve_heuristic(problem, progress)
    best = known if known.profit >= other.profit else other
    bound = max(min(known.bound, other.bound), best.profit)
    return replace(best, bound=bound, proved=True, bound_from=known.bound_from)


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
    return Plan(
        skus=problem.skus,
        calendar=problem.calendar,
        first=problem.first,
        n_periods=problem.n_periods,
        tables={
            "runs": run_table,
            "load": _load_table(problem, made, worth.price),
            "shortfalls": shortfalls_table(problem, made, wanted, worth.price),
            "reasons": reasons_table(problem, made, worth, runs, run_table["run"].tolist()),
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


def _check_arguments(n_scenarios: int, method: str, time_limit_s: float | None) -> None:
    if not isinstance(n_scenarios, int | np.integer) or n_scenarios < 1:
        raise ArgumentError(f"Expected a whole number n_scenarios >= 1, got {n_scenarios!r}.")
    if method not in ("auto", "exact", "heuristic"):
        raise ArgumentError(f"Expected method 'auto', 'exact' or 'heuristic', got {method!r}.")
    if time_limit_s is not None and not time_limit_s > 0:
        raise ArgumentError(f"Expected time_limit_s > 0, got {time_limit_s}.")


def _silent(stage: str) -> None:
    """Show nothing."""


def _run_table(problem: Problem, made: IntArray, runs: RunList) -> pd.DataFrame:
    members, items = problem.members, problem.items
    item = members.item[runs.member]
    usage = evaluate.run_usage(problem, made)[item, runs.when]
    pieces = np.bincount(members.item, members.units * 1.0, problem.n_items)
    label = problem.calendar.label
    table = pd.DataFrame(
        {
            "sku": np.array(problem.skus, dtype=object)[members.sku[runs.member]],
            "line": np.array(problem.lines, dtype=object)[items.line[item]],
            "period": label(problem.first + runs.when).astype("datetime64[s]"),
            "quantity": made[item, runs.when] * members.units[runs.member],
            "available": label(problem.first + runs.when + members.lead[runs.member]).astype(
                "datetime64[s]"
            ),
            "capacity_used": usage * members.units[runs.member] / pieces[item],
        }
    )
    return name_runs(table)


def _load_table(problem: Problem, made: IntArray, worth: FloatArray) -> pd.DataFrame:
    used = evaluate.line_usage(problem, made)
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
        production, problem.members.sku, made[problem.members.item] * problem.members.units[:, None]
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
    costs = {
        "revenue": float(money.revenue.sum()),
        "end_value": float(money.end_value.sum()),
        "production": float(money.production.sum()),
        "setup": own + evaluate.group_setups(problem, made),
        "overtime": evaluate.overtime_money(problem, evaluate.line_usage(problem, made)),
        "holding": float(money.holding.sum()),
        "lost_sale_penalty": float(money.penalty.sum()),
    }
    income = costs["revenue"] + costs["end_value"]
    spent = sum(costs.values()) - income
    lost_margin = float((margin * lost[:, -1]).sum())
    return {**costs, "expected_profit": income - spent, "lost_margin": lost_margin}
