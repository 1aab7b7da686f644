"""Cost given runs over the scenarios, without planning anything again."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, InfeasiblePlanError, warn
from c2m.plan import Plan
from c2m.production.evaluate import profit
from c2m.production.factory import Factory
from c2m.production.firm import settle, told_firm
from c2m.production.lotsizing.solution import Solution
from c2m.production.plan_production import read_problem
from c2m.production.plan_tables import make_plan
from c2m.production.problem import BoolArray, DemandPaths, IntArray, Problem
from c2m.production.what_if.breaks import breaks_table
from c2m.production.what_if.overrides import place_runs, read_overrides, with_overrides

_SCENARIOS: Final = 200
"""Drawn for plans that do not say how many they were made with."""


def recost(
    plan: Plan,
    demand: DemandPaths,
    factory: Factory,
    *,
    overrides: object | None = None,
    stock: object | None = None,
    on_order: object | None = None,
) -> Plan:
    """Check the runs of a plan, some of them set by a person, and cost them over the scenarios.

    No run is changed: what a person sets is made. The scenarios are those of the plan (its
    `seed` and `n_scenarios`; 200 for plans from outside). Earlier overrides of the plan stay.

    Parameters
    ----------
    plan : Plan
        Anyone's runs.
    demand : Demand
        The forecast.
    factory : Factory
        What can be made.
    overrides : DataFrame or other Arrow table, optional
        Columns ``sku``, ``line``, ``period`` and ``quantity`` (0 takes a run out), and ``mode``
        where a line has several modes of transport. Each row replaces the plan's run there, or
        adds one; a row without a mode replaces the runs of all modes.
    stock, on_order : DataFrame or other Arrow table, optional
        As in `plan_production`; those that the plan was made from unless given. Pass a table
        without rows to say that there is nothing.

    Returns
    -------
    Plan
        The same runs with their costs, load, outlook, shortfalls and reasons; without a bound.
        Its inputs hold the overrides, and its reasons name them.

    Raises
    ------
    ArgumentError
        If `plan`, `demand` or `factory` is something else.
    DataError
        If a table is wrong, or a SKU has no routing on the line of its run.
    InfeasiblePlanError
        If runs break a limit: every limit with line, period and amount, and its cheapest relief.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.production import Line, Product, Routing
    >>> paths = pd.DataFrame({"path": [0, 1], "sku": "TEE", "period": "2026-11-23",
    ...                       "demand": [40, 80]})
    >>> demand = Demand.from_frame(paths, freq="W", path="path")
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=100.0, unit="pieces")],
    ...     products=[Product("TEE", price=20.0, unit_cost=8.0, end_value=4.0)],
    ...     routings=[Routing("TEE", "A", moq=30)],
    ... )
    >>> runs = pd.DataFrame({"sku": ["TEE"], "line": "A", "period": "2026-11-23",
    ...                      "quantity": [80]})
    >>> plan = recost(Plan.from_frame(runs, freq="W", lead_time_periods=0), demand, factory)
    >>> less = recost(plan, demand, factory, overrides=runs.assign(quantity=50))
    >>> plan.expected_profit > less.expected_profit
    True
    >>> recost(plan, demand, factory, overrides=runs.assign(quantity=20))
    Traceback (most recent call last):
        ...
    c2m.errors.InfeasiblePlanError: No plan fits the limits:
      - A, 2026-11-23, TEE: a run of 20 is below the smallest, 30 (short 10.0 units)
    Cheapest relief: make 30 instead (+120.00 to the expected profit)
    """
    stands = stand(plan, demand, factory, overrides=overrides, stock=stock, on_order=on_order)
    if stands.plan is None:
        raise InfeasiblePlanError(*sentences(stands.broken))
    return stands.plan


@dataclass(frozen=True)
class Stands:
    """Whether given runs stand: the plan that they make, or the limits that they break.

    Parameters
    ----------
    problem : Problem
        The problem.
    inputs : dict of str to DataFrame
        The tables it was read from.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs.
    broken : DataFrame
        See `breaks_table`.
    plan : Plan, optional
        None where limits are broken.
    """

    problem: Problem
    inputs: dict[str, pd.DataFrame]
    made: IntArray
    broken: pd.DataFrame
    plan: Plan | None


def stand(
    plan: Plan,
    demand: DemandPaths,
    factory: Factory,
    *,
    overrides: object | None,
    stock: object | None,
    on_order: object | None,
) -> Stands:
    """Check and cost runs; see `recost`.

    Parameters
    ----------
    plan, demand, factory, overrides, stock, on_order
        See `recost`.

    Returns
    -------
    Stands
        With the plan, or with what is broken.
    """
    if not isinstance(plan, Plan):
        raise ArgumentError(f"Expected a plan (c2m.Plan) first, got {type(plan).__name__}.")
    if hasattr(demand, "calendar") and plan.calendar != demand.calendar:
        raise ArgumentError(
            f"Expected plan and demand in the same periods, got freq {plan.freq!r} and "
            f"{demand.calendar.freq!r}; give the runs by the demand's periods, or use "
            "demand.resample(plan.calendar)."
        )
    seed, count = plan.seed or 0, plan.n_scenarios or _SCENARIOS
    problem, inputs = read_problem(
        demand,
        factory,
        _kept(plan, "stock") if stock is None else stock,
        _kept(plan, "on_order") if on_order is None else on_order,
        n_scenarios=count,
        seed=seed,
    )
    inputs |= {name: plan.inputs[name] for name in ("firm", "frozen") if name in plan.inputs}
    runs, own = plan.runs, _own(plan, overrides)
    firm = runs[runs["firm"]]
    if own is not None:
        runs, inputs = with_overrides(runs, own), {**inputs, "overrides": own}
        firm = with_overrides(firm, own).iloc[: -len(own)]
    placed, settled = place_runs(problem, runs), place_runs(problem, firm).made
    broken = breaks_table(problem, placed, settled)
    if len(broken):
        return Stands(problem, inputs, placed.made, broken, None)
    value = profit(problem, placed.made)
    prices = np.zeros(problem.regular.shape)
    method = "runs of a person" if own is not None else "given runs"
    solution = Solution(placed.made, value, prices, value, False, "", method)
    closed = closed_periods(problem, inputs, factory.policy.frozen_periods)
    if own is not None:
        _warn_of_frozen(own, problem, closed)
    whole = settle(problem, settled, closed).whole
    costed = make_plan(whole, solution, inputs, seed=seed, currency=factory.currency)
    costed = replace(costed, bound=None, bound_kind="none", bound_from="")
    costed = told_firm(costed, firm)
    return Stands(problem, inputs, placed.made, broken, _named(costed, own))


def closed_periods(
    problem: Problem, inputs: dict[str, pd.DataFrame], frozen_periods: int
) -> BoolArray:
    """Say where nothing may be planned: the first periods, and those that a plan has frozen.

    Parameters
    ----------
    problem : Problem
        The problem.
    inputs : dict of str to DataFrame
        Of a plan; ``frozen`` among them names periods.
    frozen_periods : int
        Of the policy.

    Returns
    -------
    ndarray of bool, shape (n_items, n_periods)
        The same for all items.
    """
    closed = np.zeros(problem.items.most.shape, dtype=bool)
    closed[:, :frozen_periods] = True
    if "frozen" in inputs:
        days = inputs["frozen"]["period"].to_numpy().astype("datetime64[D]")
        step = problem.calendar.ordinal(days) - problem.first
        closed[:, step[(step >= 0) & (step < problem.n_periods)]] = True
    return closed


def _warn_of_frozen(own: pd.DataFrame, problem: Problem, closed: BoolArray) -> None:
    """Say which runs that a person has set are in periods that are frozen."""
    step = problem.calendar.ordinal(own["period"].to_numpy().astype("datetime64[D]"))
    step = np.clip(step - problem.first, 0, problem.n_periods - 1)
    here = own[closed[0, step]]
    if len(here):
        first = f"{here['sku'].iloc[0]} in the period from {here['period'].iloc[0].date()}"
        are = (
            "run that is set is in a frozen period"
            if len(here) == 1
            else ("runs that are set are in frozen periods")
        )
        warn(f"{len(here):,} {are} and counted as if still possible (first: {first}).")


def _kept(plan: Plan, name: str) -> pd.DataFrame | None:
    """Return the table that a plan was made from, or None where it had no rows."""
    table = plan.inputs.get(name)
    return None if table is None or table.empty else table.drop(columns="open", errors="ignore")


def _own(plan: Plan, overrides: object | None) -> pd.DataFrame | None:
    """Return what a person has set: now, and in the plan before."""
    before = plan.inputs.get("overrides")
    if overrides is None:
        return before
    now = read_overrides(overrides, plan)
    return now if before is None else with_overrides(before, now)


def _named(plan: Plan, own: pd.DataFrame | None) -> Plan:
    """Say in the reasons of a plan which runs a person has set."""
    if own is None:
        return plan
    own = own.assign(mode=own.get("mode", ""))
    runs = plan.runs.merge(own, on=["sku", "line", "period"], suffixes=("", "_set"))
    runs = runs[(runs["mode"] == runs["mode_set"]) | (runs["mode_set"] == "")]
    out = set(own.loc[own["quantity"] == 0, "sku"]) - set(plan.runs["sku"])
    reasons = plan.reasons
    set_by_hand = reasons["run"].isin(set(runs["run"]))
    taken_out = (reasons["run"] == "") & reasons["sku"].isin(out)
    reasons.loc[set_by_hand, "limit"] = "a person has set its size"
    reasons.loc[taken_out, "limit"] = "a person has taken its run out"
    reasons.loc[set_by_hand, "binding"] = "override"
    return replace(plan, tables={**plan.tables, "reasons": reasons})


def sentences(broken: pd.DataFrame) -> tuple[list[str], str]:
    """Put broken limits into words.

    Parameters
    ----------
    broken : DataFrame
        See `breaks_table`.

    Returns
    -------
    reasons : list of str
        A sentence for each.
    relief : str
        Their cheapest reliefs, each with its place where there are several.
    """
    reasons, reliefs = [], []
    for row in broken.to_dict("records"):
        when = "" if pd.isna(row["period"]) else str(row["period"].date())
        place = ", ".join(text for text in (row["line"], when, row["sku"]) if text)
        short = "" if np.isnan(row["short"]) else f" (short {row['short']:,.1f} {row['unit']})"
        reasons.append(f"{place}: {row['what']}{short}")
        reliefs.append(f"{place}: {row['relief']}" if len(broken) > 1 else row["relief"])
    return reasons, "; ".join(dict.fromkeys(reliefs))
