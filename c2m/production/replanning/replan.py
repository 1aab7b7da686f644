"""Plan again when time has passed: by date, with firm runs, and a price on changes."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, warn
from c2m.plan import Plan
from c2m.production.arguments import check_draw, check_way
from c2m.production.factory import Factory
from c2m.production.firm import Settled, settle, told_firm, with_supply
from c2m.production.lotsizing.whole_orders import profit_less_surplus
from c2m.production.plan_production import Method, read_problem, solve
from c2m.production.plan_tables import make_plan
from c2m.production.policy import ServiceLevel, reaches, service_level
from c2m.production.problem import DemandPaths, Problem
from c2m.production.replanning.calm import Calm
from c2m.production.replanning.changes import changes_table
from c2m.production.replanning.choose import Choice, choose
from c2m.production.replanning.continued import (
    Ahead,
    check_skus,
    closed_cells,
    place_firm,
    place_open,
    places_of,
    runs_ahead,
)
from c2m.production.replanning.materials import with_materials_on_the_way
from c2m.production.replanning.orders import stock_of
from c2m.production.replanning.supplied import firm_and_supply
from c2m.production.stages import Progress, read_progress
from c2m.production.what_if.overrides import read_given_runs, with_overrides

_SCENARIOS = 200
"""Drawn for plans that do not say how many they were made with."""


def replan(
    plan: Plan,
    demand: DemandPaths,
    factory: Factory,
    *,
    stock: object | None = None,
    on_order: object | None = None,
    firm: object | None = None,
    frozen_periods: int | None = None,
    change_cost: float = 0.0,
    n_scenarios: int | None = None,
    seed: int | None = None,
    method: Method = "auto",
    time_limit_s: float | None = None,
    fill_rate: float | None = None,
    cycle_service_level: float | None = None,
    progress: Progress = None,
) -> Plan:
    """Plan again from a later day, and change no more of the old plan than pays.

    The two plans are laid side by side by date. Runs of the old plan before the first period of
    the demand have begun: they are over, and what they bring is in `stock` or on order, never
    counted from the plan. Runs in the first `frozen_periods`, and those of `firm`, are firm: they
    are made as they are, whatever limits of size they break, and take their capacity and set-ups.
    Beside a firm run nothing else of its SKU, or of its groups, is made on that line and in that
    period. The rest is planned for the highest expected profit less `change_cost` for every run
    that is added, dropped, or made larger or smaller by more than a tenth; a run that moves
    to another period or line is dropped there and added here. A run that is resized by less is not
    charged, but goes back to its old size unless the difference earns `change_cost` too. Only
    periods in which the old plan could make a run count; a pre-pack counts once.

    Parameters
    ----------
    plan : Plan
        The old plan; anyone's.
    demand : Demand
        The forecast now, from the plan's first period or later.
    factory : Factory
        What can be made now; its materials' stock is as of the new ``demand.cutoff`` too. Where it
        has no `material_orders`, those of the plan that were to be placed before are taken to
        come as planned.
    stock : DataFrame or other Arrow table, optional
        As in `plan_production`, as of the new ``demand.cutoff``. It may be left out only where
        the demand begins with the plan: the plan's own stock then counts.
    on_order : DataFrame or other Arrow table, optional
        As in `plan_production`, runs that have begun and are not there yet included. Where it is
        not given, these and the lines of the plan's own orders that are still due are taken to
        come as planned. A line may also stand for a firm run; it is then not counted besides the
        run, and what it has received of the run need not be made. Columns ``line`` and
        ``period`` name the run of each line (empty for none); without them a line stands
        for a run of its SKU that arrives in the period in which the line is due, unless the plan
        was made with that line.
    firm : DataFrame or other Arrow table, optional
        Runs that are settled: ``sku``, ``line``, ``period``, ``quantity``, and ``mode`` where a
        line has several. Each row replaces
        the old plan's run there; 0 says that nothing is to be made there. Runs that a person has
        set in the plan before (`recost`), or that were firm, stay so.
    frozen_periods : int, optional
        The old plan's runs in so many periods are firm, and no others are added there. Those of
        the factory's policy unless given.
    change_cost : float
        Money that each run of another size has to earn, at least 0. At 0 any gain moves a run.
    n_scenarios, seed : int, optional
        As in `plan_production`; those of the plan unless given.
    method, time_limit_s, fill_rate, cycle_service_level, progress
        As in `plan_production`.

    Returns
    -------
    Plan
        ``changes`` lists the runs that are not as they were, why, and in ``charged`` which of
        them cost `change_cost`; ``runs.firm`` are firm; ``costs["change_cost"]`` is what the
        changes cost, which is no part of ``expected_profit``. The bound is for plans that keep
        the firm runs.

    Raises
    ------
    DataError
        If a table is wrong, or a firm run cannot be made at all.
    ArgumentError
        If an argument is out of range, the plan begins after the demand, or time has passed and
        no stock is given.
    InfeasiblePlanError
        If the firm runs take more capacity than there is: line, period, by how much, and the
        cheapest relief. If beside them no plan is found that reaches the level of service, with
        what can be reached.

    Warns
    -----
    C2MWarning
        With counts: goods and materials that are taken to be on the way, and begun or firm runs
        that the orders leave in doubt. If the plan is over before the demand begins, or its money
        is in another currency than the factory's.

    Notes
    -----
    Three plans are made: one anew, the old one continued into the new periods (cut where it does
    not fit any more), and the better of the two once single runs, pairs of them and whole
    SKUs were set to the sizes of the other wherever that earns more than it costs in changes. Each
    is tried again with every other size priced as a change, and with runs that grow or shrink to
    whole orders of their materials.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.production import Line, Product, Routing, plan_production
    >>> def demand(first, units):
    ...     weeks = pd.date_range(first, periods=2, freq="7D")
    ...     paths = pd.DataFrame({"path": 0, "sku": "TEE", "period": weeks, "demand": units})
    ...     return Demand.from_frame(paths, freq="W", path="path")
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=100.0, unit="pieces")],
    ...     products=[Product("TEE", price=20.0, unit_cost=8.0, end_value=4.0)],
    ...     routings=[Routing("TEE", "A")],
    ... )
    >>> plan = plan_production(demand("2026-11-23", [60, 60]), factory, n_scenarios=1)
    >>> plan.runs["quantity"].tolist()
    [60, 60]
    >>> stock = pd.DataFrame({"sku": ["TEE"], "on_hand": [0]})
    >>> later = demand("2026-11-30", [62, 70])
    >>> replan(plan, later, factory, stock=stock, change_cost=50.0).runs["quantity"].tolist()
    [60, 70]
    >>> anew = replan(plan, demand("2026-11-30", [80, 70]), factory, stock=stock)
    >>> anew.changes[["sku", "before", "after"]]
       sku  before  after
    0  TEE      60     80
    """
    if not isinstance(factory, Factory):
        raise ArgumentError(
            f"Expected a factory (c2m.Factory) third, got {type(factory).__name__}; type "
            "replan(plan, demand, factory)."
        )
    frozen_periods = _first_given(frozen_periods, factory.policy.frozen_periods)
    _check(plan, demand, frozen_periods, change_cost)
    draw_count, chance = _drawn(plan, n_scenarios, seed)
    check_way(method, time_limit_s)
    _warn_of_another_world(plan, demand, factory)
    level = service_level(factory.policy, fill_rate, cycle_service_level)
    say = read_progress(progress)
    start, count = _span(plan, demand)
    factory = with_materials_on_the_way(plan, factory, start)
    own = _given(plan, demand, firm)
    ahead = runs_ahead(plan, own, start, count, frozen_periods)
    check_skus(ahead.firm, tuple(demand.keys["sku"].astype(str)))
    supplied = firm_and_supply(plan, factory, ahead.firm, on_order, start)
    problem, inputs = read_problem(
        demand,
        factory,
        stock_of(plan, stock, start),
        supplied.lines,
        n_scenarios=draw_count,
        seed=chance,
    )
    claims = supplied.claim(problem, inputs["on_order"])
    inputs["on_order"] = claims.lines
    if own is not None:
        inputs["firm"] = own
    if frozen_periods:
        inputs["frozen"] = pd.DataFrame({"period": demand.periods[:frozen_periods]})
    case = _case(
        plan, with_supply(problem, -claims.fewer), replace(ahead, firm=claims.firm),
        frozen_periods, change_cost,
    )  # fmt: skip
    way: Method = "heuristic" if level is not None and method == "auto" else method
    find = partial(solve, method=way, time_limit_s=time_limit_s)
    choice = choose(case.settled.free, case.calm, level, find, say)
    new = make_plan(
        case.settled.whole,
        case.settled.joined(choice.solution),
        inputs,
        seed=chance,
        currency=factory.currency,
    )
    return _told(new, plan, case, choice, level)


@dataclass(frozen=True)
class _Case:
    """What is settled, what is left to decide, and what it is compared with."""

    settled: Settled
    calm: Calm
    lost: pd.DataFrame  # old runs that cannot be made any more
    firm: pd.DataFrame


def _check(plan: Plan, demand: DemandPaths, frozen_periods: int, change_cost: float) -> None:
    if not isinstance(plan, Plan) or not hasattr(demand, "calendar"):
        raise ArgumentError(
            "Expected a plan (c2m.Plan) and a forecast (c2m.Demand), got "
            f"{type(plan).__name__} and {type(demand).__name__}."
        )
    if plan.calendar != demand.calendar:
        raise ArgumentError(
            f"Expected plan and demand in the same periods, got freq {plan.freq!r} and "
            f"{demand.calendar.freq!r}; use demand.resample(plan.calendar)."
        )
    if demand.periods[0] < plan.periods[0]:
        raise ArgumentError(
            f"The demand begins on {demand.periods[0].date()}, before the plan "
            f"({plan.periods[0].date()}); expected a forecast from the plan's first period or "
            "later."
        )
    if not isinstance(frozen_periods, int | np.integer) or frozen_periods < 0:
        raise ArgumentError(f"Expected a whole number frozen_periods >= 0, got {frozen_periods!r}.")
    number = isinstance(change_cost, int | float | np.number)
    if not (number and np.isfinite(change_cost) and change_cost >= 0):
        raise ArgumentError(f"Expected change_cost >= 0, got {change_cost!r}.")


def _warn_of_another_world(plan: Plan, demand: DemandPaths, factory: Factory) -> None:
    """Say where a plan has little in common with what is planned now."""
    if plan.periods[-1] < demand.periods[0]:
        warn(
            f"The plan's last period, {plan.periods[-1].date()}, is before the demand's first, "
            f"{demand.periods[0].date()}: none of its runs goes on, and no change is counted."
        )
    if plan.currency and factory.currency and plan.currency != factory.currency:
        warn(
            f"The plan's money is in {plan.currency}, the factory's in {factory.currency}: costs, "
            f"change_cost among them, are in {factory.currency}."
        )


def _span(plan: Plan, demand: DemandPaths) -> tuple[int, int]:
    first = plan.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0]
    return int(first), len(demand.periods)


def _first_given(seed: int | None, other: int | None) -> int:
    return next((each for each in (seed, other) if each is not None), 0)


def _drawn(plan: Plan, n_scenarios: int | None, seed: int | None) -> tuple[int, int]:
    """Return the number of scenarios and their seed: as given, or else those of the plan."""
    count = plan.n_scenarios or _SCENARIOS if n_scenarios is None else n_scenarios
    chance = _first_given(seed, plan.seed)
    check_draw(count, chance)
    return count, chance


def _given(plan: Plan, demand: DemandPaths, firm: object | None) -> pd.DataFrame | None:
    """Return the runs that a person has set: now, and in the plan before from the new start on."""
    start, count = _span(plan, demand)
    span = plan.calendar.label([start, start + count - 1]).astype("datetime64[s]")
    before = [plan.inputs[name] for name in ("firm", "overrides") if name in plan.inputs]
    own = None
    for table in before:
        inside = table[(table["period"] >= span[0]) & (table["period"] <= span[1])]
        inside = inside.astype({"period": "datetime64[s]"})
        own = inside if own is None else with_overrides(own, inside)
    if firm is not None:
        skus = sorted({*plan.skus, *demand.keys["sku"].astype(str)})
        now = read_given_runs(firm, "firm", skus, plan.calendar, start, count)
        own = now if own is None else with_overrides(own, now)
    return None if own is None or own.empty else own.reset_index(drop=True)


def _case(
    plan: Plan, problem: Problem, ahead: Ahead, frozen_periods: int, change_cost: float
) -> _Case:
    """Settle what is firm, and lay the rest of the old plan into the same arrays."""
    made = place_firm(problem, ahead.firm)
    settled = settle(problem, made, closed_cells(problem, ahead.firm, frozen_periods))
    old, lost = place_open(settled.free, ahead.open)
    steps = np.arange(problem.n_periods)
    ends = plan.first + plan.n_periods - problem.first
    decided = steps[None, :] + problem.items.lead[:, None] < ends
    decided[:, :frozen_periods] = False
    calm = Calm(old, (decided | (old > 0)) & (made == 0), change_cost, places_of(problem))
    return _Case(settled, calm, lost, ahead.firm)


def _told(new: Plan, plan: Plan, case: _Case, choice: Choice, level: ServiceLevel | None) -> Plan:
    """Say in a plan what is firm and what is changed."""
    free, calm, made = case.settled.free, case.calm, choice.solution.made
    whole = _as_a_whole(case, choice, level)
    changes = changes_table(plan, free, made, calm, case.lost, new.inputs, whole)
    costs = {**new.costs, "change_cost": calm.charge(made) + calm.cost * len(case.lost)}
    told = replace(new, tables={**new.tables, "changes": changes}, costs=costs)
    return told_firm(told, case.firm[case.firm["quantity"] > 0])


def _as_a_whole(case: _Case, choice: Choice, level: ServiceLevel | None) -> str:
    """Say what the old plan as a whole would earn, and how much more or less the new one does."""
    if choice.kept is None:
        return ""
    firm, calm = case.settled.made, case.calm
    old, new = (
        profit_less_surplus(case.settled.whole, firm + made)
        for made in (choice.kept, choice.solution.made)
    )
    differ = calm.total(choice.kept) != calm.total(calm.old)
    cut = np.count_nonzero(differ & (calm.total(calm.counts) > 0)) + len(case.lost)
    fitting = f", {cut:,} of its runs cut or dropped to fit," if cut else ""
    short = ""
    if level is not None and not reaches(case.settled.free, choice.kept, level):
        short = f" below the {level.kind} of {level.target:g}"
    return (
        f"; the old plan as a whole{fitting} would earn {old:,.2f}{short}, "
        f"the new one {abs(new - old):,.2f} {'more' if new >= old else 'less'}"
    )
