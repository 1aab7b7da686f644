"""What if the factory, the demand or some runs were others: the plan as it stands, and anew."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Literal, get_args

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, InfeasiblePlanError, warn
from c2m.plan import Plan
from c2m.production.evaluate import profit
from c2m.production.factory import Factory
from c2m.production.firm import Settled, settle, told_firm
from c2m.production.limits import (
    allowance_limits,
    allowance_usage,
    broken_limits,
    limit_with_tolerance,
    line_usage,
)
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.whole_orders import profit_less_surplus, with_whole_orders
from c2m.production.plan_production import Method, solve
from c2m.production.plan_tables import make_plan
from c2m.production.policy import ServiceLevel, reaches, service_level, solve_with_service
from c2m.production.problem import DemandPaths, IntArray, Problem
from c2m.production.what_if.compare import Comparison, compare
from c2m.production.what_if.overrides import place_runs
from c2m.production.what_if.recost import Stands, closed_periods, stand

PlanAgain = Literal["auto", "exact", "heuristic", "no"]
"""How to plan anew, or that it is not asked for."""


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """An answer to a what-if. Make it with `what_if`.

    Parameters
    ----------
    before : Plan
        The plan as it was.
    kept : Plan, optional
        Its runs, with a person's overrides, as things would be. Where they break limits, those of
        its runs that can still be made: what cannot is cut or dropped, what earns least first.
        None where that is left to the person who set runs, or where firm runs alone do not fit.
    broken : DataFrame
        The limits that they would break: ``line``, ``period``, ``sku``, ``short``, ``unit``,
        ``what``, ``relief`` and ``gain`` (what the relief adds to the expected profit).
    best : Plan, optional
        Planned anew as things would be; None where that was not asked for, where a person has
        set runs, which are never planned away, or where firm runs alone take more than there is.
    comparison : Comparison, optional
        Those of the three that are there side by side (a plan without costs is not); None where
        that is only one.
    """

    before: Plan
    kept: Plan | None
    broken: pd.DataFrame
    best: Plan | None
    comparison: Comparison | None

    def summary(self) -> pd.DataFrame:
        """Return the figures side by side, with their differences.

        Returns
        -------
        DataFrame
            See `Comparison.summary`; the figures of ``before`` where there is no comparison. Where
            the same runs break limits, ``limits broken`` says how many.
        """
        alone = self.comparison is None
        table = self.before.summary() if self.comparison is None else self.comparison.summary()
        if len(self.broken):
            count = float(len(self.broken))
            first = "value" if alone else "before"
            table.loc["limits broken"] = [
                count if name == first else -count if name.endswith(" - before") else 0.0
                for name in table.columns[:-1]
            ] + ["limits"]
        return table

    def to_frame(self) -> pd.DataFrame:
        """Return the runs that differ, or the limits that the runs would break.

        Returns
        -------
        DataFrame
            See `Comparison`, or `broken` where there is nothing to compare.
        """
        return self.broken.copy() if self.comparison is None else self.comparison.to_frame()

    def __repr__(self) -> str:
        """Return the answer in one line."""
        parts = [f"before {_money(self.before)}"]
        count = len(self.broken)
        if count:
            parts.append(f"the same runs break {count:,} limit{'s' * (count != 1)}")
        if self.kept is not None:
            which = "without what cannot run" if count else "the same runs"
            parts.append(f"{which} {_money(self.kept)}")
        if self.best is not None:
            parts.append(f"planned anew {_money(self.best)}")
        return f"WhatIf(expected profit: {', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Return the answer as HTML for a notebook."""
        tables = self.summary().to_html() + (self.broken.to_html() if len(self.broken) else "")
        return f"<div><p><code>{escape(repr(self))}</code></p>{tables}</div>"


def what_if(
    plan: Plan,
    factory: Factory,
    demand: DemandPaths,
    *,
    overrides: object | None = None,
    stock: object | None = None,
    on_order: object | None = None,
    method: PlanAgain = "auto",
    time_limit_s: float | None = None,
) -> WhatIf:
    """Say what would become of a plan with another factory, demand or supply, or with other runs.

    The scenarios are drawn with the plan's own seed and number, so that what differs is not
    chance. Two answers are given: the plan's runs as they are, costed anew (where they break
    limits, those of them that can be made), and the plan that would be made instead, by the policy
    of that factory: its level of service, and the plan's runs in its frozen periods as they are.
    Runs that a person sets are checked and costed; then nothing is planned anew.

    Parameters
    ----------
    plan : Plan
        The plan as it is.
    factory : Factory
        The factory as it would be.
    demand : Demand
        The forecast: the one that the plan was made from, or another one.
    overrides : DataFrame or other Arrow table, optional
        Runs that a person sets; see `recost`.
    stock, on_order : DataFrame or other Arrow table, optional
        As in `plan_production`; those that the plan was made from unless given.
    method : {"auto", "exact", "heuristic", "no"}
        How to plan anew, as in `plan_production`; ``"no"`` does not.
    time_limit_s : float, optional
        Of the exact way.

    Returns
    -------
    WhatIf
        Before, kept and best.

    Raises
    ------
    ArgumentError
        If an argument is out of range, or `plan`, `factory` or `demand` is something else.
    DataError
        If a table is wrong, or a SKU has no routing on the line of its run.

    Warns
    -----
    C2MWarning
        Where the plans are not quite comparable, as with another demand, or the plan made anew
        does not reach the policy's level of service.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.production import Line, Product, Routing, plan_production
    >>> paths = pd.DataFrame({"path": [0, 1], "sku": "TEE", "period": "2026-11-23",
    ...                       "demand": [60, 80]})
    >>> demand = Demand.from_frame(paths, freq="W", path="path")
    >>> def factory(capacity):
    ...     return Factory.from_frames(
    ...         lines=[Line("A", capacity=capacity, unit="pieces")],
    ...         products=[Product("TEE", price=20.0, unit_cost=8.0, end_value=4.0)],
    ...         routings=[Routing("TEE", "A")],
    ...     )
    >>> plan = plan_production(demand, factory(50.0), n_scenarios=2)
    >>> what_if(plan, factory(70.0), demand)
    WhatIf(expected profit: before 600.00, the same runs 600.00, planned anew 760.00)
    >>> what_if(plan, factory(40.0), demand).broken[["line", "short", "unit"]]
      line  short    unit
    0    A   10.0  pieces
    """
    if not isinstance(factory, Factory) or isinstance(demand, Factory):
        raise ArgumentError(
            "Expected a factory (c2m.Factory) second and a forecast (c2m.Demand) third, got "
            f"{type(factory).__name__} and {type(demand).__name__}; type "
            "what_if(plan, factory, demand)."
        )
    if method not in get_args(PlanAgain):
        raise ArgumentError(
            f"Expected method 'auto', 'exact', 'heuristic' or 'no', got {method!r}."
        )
    if time_limit_s is not None and not time_limit_s > 0:
        raise ArgumentError(f"Expected time_limit_s > 0, got {time_limit_s}.")
    stands = stand(plan, demand, factory, overrides=overrides, stock=stock, on_order=on_order)
    best = None
    if method != "no" and "overrides" not in stands.inputs:
        best = _plan_again(plan, stands, factory, method, time_limit_s)
    kept = stands.plan
    if kept is None and "overrides" not in stands.inputs:
        kept = _without_what_cannot(plan, stands, factory)
    plans = {"before": plan, "kept": kept, "best": best}
    known = {name: each for name, each in plans.items() if each is not None and each.costs}
    comparison = compare(known) if len(known) > 1 else None
    return WhatIf(plan, kept, stands.broken, best, comparison)


def _without_what_cannot(plan: Plan, stands: Stands, factory: Factory) -> Plan | None:
    """Return a plan's runs with what breaks limits cut or dropped, None where that is not enough.

    Firm runs stay as they are.
    """
    firm = plan.runs[plan.runs["firm"]]
    settled = _settled(stands, firm, 0)
    items = settled.free.items
    mine = np.minimum(stands.made - settled.made, items.most)
    mine -= mine % items.multiple[:, None]
    mine[mine < items.moq[:, None]] = 0
    draft = Draft(settled.free, mine)
    repair(draft)
    if _too_much(stands.problem, settled.made) or broken_limits(settled.free, draft.made):
        return None
    made = settled.made + draft.made
    value, prices = profit(settled.whole, made), np.zeros(stands.problem.regular.shape)
    solution = Solution(made, value, prices, value, False, "", "given runs that can be made")
    kept = make_plan(
        settled.whole, solution, stands.inputs, seed=plan.seed or 0, currency=factory.currency
    )
    return told_firm(replace(kept, bound=None, bound_kind="none", bound_from=""), firm)


def _plan_again(
    plan: Plan, stands: Stands, factory: Factory, method: Method, time_limit_s: float | None
) -> Plan | None:
    """Return the plan that would be made: never worse than the one there is, where that stands."""
    frozen = plan.periods[: factory.policy.frozen_periods]
    firm = plan.runs[plan.runs["firm"] | plan.runs["period"].isin(frozen)]
    settled = _settled(stands, firm, len(frozen))
    if _too_much(stands.problem, settled.made):
        return None
    problem, level = settled.free, service_level(factory.policy, None, None)
    way: Method = "heuristic" if level is not None and method == "auto" else method
    find = partial(solve, method=way, time_limit_s=time_limit_s, progress=lambda _stage: None)
    solution = _solved(problem, level, find)
    mine = stands.made - settled.made
    there = profit_less_surplus(problem, solution.made)
    better = stands.plan is not None and profit_less_surplus(problem, mine) > there
    if better and reaches(problem, mine, level):
        made = _bettered(problem, mine, solution) if level is None else mine
        value = profit(problem, made)
        bound = max(solution.bound, value)  # one that is not proved may lie below it
        solution = replace(solution, made=made, profit=value, bound=bound)
    seed = plan.seed or 0
    best = make_plan(
        settled.whole,
        settled.joined(solution),
        stands.inputs,
        seed=seed,
        currency=factory.currency,
    )
    return told_firm(best, firm)


def _bettered(problem: Problem, made: IntArray, solution: Solution) -> IntArray:
    """Return what given runs can be made of step by step, or them where nothing is gained."""
    better = with_whole_orders(problem, improve(Draft(problem, made), solution.prices))
    return max(made, better, key=partial(profit_less_surplus, problem))


def _too_much(problem: Problem, made: IntArray) -> bool:
    """Say whether runs take more of a line or an allowance than there is."""
    over = (line_usage(problem, made) > limit_with_tolerance(problem)).any()
    return bool(over or (allowance_usage(problem, made) > allowance_limits(problem)).any())


def _solved(
    problem: Problem, level: ServiceLevel | None, find: Callable[[Problem], Solution]
) -> Solution:
    """Return a plan that reaches the policy's level of service, or say that there is none."""
    if level is None:
        return find(problem)
    try:
        return solve_with_service(problem, level, find)
    except InfeasiblePlanError as error:
        warn(
            f"The plan anew does not reach the policy's {level.kind}, and is left to the money: "
            f"{'; '.join(error.reasons)}."
        )
    return find(problem)


def _settled(stands: Stands, firm: pd.DataFrame, frozen_periods: int) -> Settled:
    """Return the problem beside the firm runs and frozen periods of a plan."""
    closed = closed_periods(stands.problem, stands.inputs, frozen_periods)
    return settle(stands.problem, place_runs(stands.problem, firm).made, closed)


def _money(plan: Plan) -> str:
    return "unknown" if plan.expected_profit is None else f"{plan.expected_profit:,.2f}"
