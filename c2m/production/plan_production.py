"""From a forecast and a factory to a plan: the main road of this wing."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Final, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, C2MWarning, InfeasiblePlanError
from c2m.plan import Plan
from c2m.production.align import align, check_fit
from c2m.production.arguments import check_draw, check_way
from c2m.production.evaluate import profit
from c2m.production.factory import Factory
from c2m.production.lotsizing.decomposition import has_lots, is_known, solve_known
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.exact import is_closed, nodes_worth, small_enough, solve_exact
from c2m.production.lotsizing.heuristic import solve_heuristic
from c2m.production.lotsizing.kernel import one_path, serve_all_demand, solve_kernel
from c2m.production.lotsizing.one_period import is_one_period, solve_one_period
from c2m.production.lotsizing.shared import solve_shared
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.trade import trade
from c2m.production.lotsizing.whole_orders import with_whole_orders
from c2m.production.plan_tables import make_plan
from c2m.production.policy import service_level, solve_with_service
from c2m.production.problem import DemandPaths, Problem
from c2m.production.stages import Progress, read_progress
from c2m.production.supply import late_orders, read_on_order, read_stock

Method = Literal["auto", "exact", "heuristic"]
"""How to plan; see `plan_production`."""

_BOTH: Final = 200
"""SKUs up to which known demand is planned in both ways where the quicker one may be far off."""

_NEAR: Final = 0.01
"""Gap, as a share of the bound, up to which it is not, without MOQs and multiples."""

_TRADED: Final = 20_000
"""SKUs x periods x scenarios up to which runs trade room with each other at the end."""

_APART: Final = 2**20
"""Distance of the seed of the scenarios on which plans are compared."""


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
    fill_rate: float | None = None,
    cycle_service_level: float | None = None,
    serve_all: bool = False,
    progress: Progress = None,
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
        sold from the period in which it is due; an optional ``due_high``, the day by which nine
        of ten such lines come, lets scenarios have it later.
    n_scenarios : int
        Joint demand paths to plan over, at least 1.
    seed : int
        Of the paths.
    method : {"auto", "exact", "heuristic"}
        ``"exact"`` solves a mixed-integer programme over all scenarios and proves a bound: for
        small cases. With one path of demand it also betters the plans of some hundred SKUs, part
        by part. ``"heuristic"`` is for any size. ``"auto"`` is heuristic, in closed form for one
        period, and goes on with the exact way where the best is not proved and the case small:
        up to 40 possible runs (of a SKU on a line, by mode and tier, in a period) and 2,500 sales
        (SKUs x periods x scenarios), for half a minute at most; with up to 120 runs, 1,500 sales
        (2,500 with materials, budgets or capacities of groups) and a gap above .2 %, for
        some seconds. Nodes are counted, not seconds, so that every machine plans the same.
    time_limit_s : float, optional
        Of the exact way and of `serve_all`, in seconds. Where it strikes, the plan may depend on
        the machine.
    fill_rate : float, optional
        Expected share of each SKU's demand, in units, that the plan must meet over the scenarios,
        whatever it costs. The factory's policy unless given.
    cycle_service_level : float, optional
        Share of periods, over all scenarios, in which each SKU must lose no sale. The factory's
        policy unless given.
    serve_all : bool
        Whether all demand must be met, whatever it costs: for one known path of demand, so
        without a `fill_rate` or `cycle_service_level`; the factory's policy is met by it too.
    progress : callable or bool, optional
        Called with a phrase at each stage; True shows the stages where tqdm is installed.

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
    InfeasiblePlanError
        If no plan is found that reaches the level of service, with what can be reached, or that
        serves all, with the capacity that is short by line and period.

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
    check_draw(n_scenarios, seed)
    check_way(method, time_limit_s)
    say = read_progress(progress)
    problem, inputs = read_problem(
        demand, factory, stock, on_order, n_scenarios=n_scenarios, seed=seed
    )
    problem = _without_starts(problem, factory.policy.frozen_periods)
    judge = _other_scenarios(demand, factory, stock, on_order, n_scenarios, seed)
    if serve_all:
        _check_strict(fill_rate, cycle_service_level)
        serve = partial(serve_all_demand, seconds=time_limit_s, seed=seed)
        frozen = factory.policy.frozen_periods
        solution = _served(serve, one_path(problem), say, frozen)
        return make_plan(problem, solution, inputs, seed=seed, currency=factory.currency)
    level = service_level(factory.policy, fill_rate, cycle_service_level)
    way: Method = "heuristic" if level is not None and method == "auto" else method
    find = partial(
        solve,
        method=way,
        time_limit_s=time_limit_s,
        progress=say,
        judge=judge,
    )
    solution = find(problem) if level is None else solve_with_service(problem, level, find)
    return make_plan(problem, solution, inputs, seed=seed, currency=factory.currency)


def _without_starts(problem: Problem, frozen_periods: int) -> Problem:
    """Let nothing new start in the first periods."""
    if frozen_periods == 0:
        return problem
    most = problem.items.most.copy()
    most[:, :frozen_periods] = 0
    return replace(problem, items=replace(problem.items, most=most))


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
    span, draw = (first, len(demand.periods)), (n_scenarios, seed)
    late = late_orders(order_table, skus, demand.calendar, span, draw)
    problem = align(
        demand, factory, on_hand, arriving, n_scenarios=n_scenarios, seed=seed, late=late
    )
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
    return {name: table for name, table in factory.tables().items() if len(table)}


def _other_scenarios(
    demand: DemandPaths,
    factory: Factory,
    stock: object | None,
    on_order: object | None,
    n_scenarios: int,
    seed: int,
) -> Callable[[], Problem]:
    """Return a function that reads the problem with other paths, on which plans are compared."""

    def _read() -> Problem:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)  # said when the problem was read
            problem, _ = read_problem(
                demand, factory, stock, on_order, n_scenarios=n_scenarios, seed=seed + _APART
            )
        return problem

    return _read


def solve(
    problem: Problem,
    method: Method,
    time_limit_s: float | None,
    progress: Callable[[str], None],
    judge: Callable[[], Problem] | None = None,
) -> Solution:
    """Find a plan that holds every limit.

    Parameters
    ----------
    problem : Problem
        The problem.
    method, time_limit_s, progress
        See `plan_production`.
    judge : callable, optional
        Reads the same problem with other scenarios, on which plans are compared; it is called
        only where that is done. The planning scenarios unless given.

    Returns
    -------
    Solution
        The plan.
    """
    if problem.allowances:
        solution = solve_shared(problem, partial(_quick, judge=judge), progress)
    else:
        solution = _quick(problem, progress, judge)
    solution = _traded(problem, solution, progress)
    if method == "exact" and problem.n_scenarios == 1 and not small_enough(problem):
        return solve_kernel(problem, solution, progress, seconds=time_limit_s)
    if method == "exact":
        progress("the exact programme")
        solution = solve_exact(problem, solution, time_limit_s)
    elif method == "auto" and (nodes := nodes_worth(problem, solution)):
        progress("the exact programme")
        solution = solve_exact(problem, solution, time_limit_s, nodes)
    if problem.bought:
        progress("whole orders of materials")
        made = with_whole_orders(problem, solution.made)
        solution = replace(solution, made=made, profit=profit(problem, made))
    return solution


def _quick(
    problem: Problem,
    progress: Callable[[str], None],
    judge: Callable[[], Problem] | None = None,
) -> Solution:
    """Plan in the way that is made for the problem, without the exact programme."""
    if is_one_period(problem):
        return solve_one_period(problem, progress)
    if not is_known(problem):
        return solve_heuristic(problem, progress, judge)
    known = solve_known(problem, progress)
    near = known.bound - known.profit <= _NEAR * abs(known.bound)
    if problem.n_skus > _BOTH or (near and not has_lots(problem)):
        return known
    other = solve_heuristic(problem, progress)
    both = [_traded(problem, each, progress) for each in (known, other)]
    best = max(both, key=attrgetter("profit"))
    proved = other if other.proved and other.bound < known.bound else known
    bound = max(proved.bound, best.profit)
    return replace(best, bound=bound, proved=True, bound_from=proved.bound_from)


def _traded(problem: Problem, found: Solution, progress: Callable[[str], None]) -> Solution:
    """Let the runs of a small plan that may not be the best trade room with each other."""
    if is_closed(found) or problem.net.size > _TRADED:
        return found
    progress("room that changes hands")
    made = trade(Draft(problem, found.made))
    value = profit(problem, made)
    return replace(found, made=made, profit=value, bound=max(found.bound, value))


def _check_strict(fill_rate: float | None, cycle_service_level: float | None) -> None:
    if fill_rate is not None or cycle_service_level is not None:
        raise ArgumentError("Expected serve_all or a level of service, got both.")


def _served(
    serve: Callable[..., Solution], problem: Problem, say: Callable[[str], None], frozen: int
) -> Solution:
    """Serve all demand, or say with what is short that periods are frozen."""
    try:
        return serve(problem, say)
    except InfeasiblePlanError as short:
        if not frozen:
            raise
        count = "period" if frozen == 1 else f"{frozen} periods"
        reason = f"the policy's frozen_periods={frozen}: no run may begin in the first {count}"
        relief = f"{short.relief}; or fewer frozen_periods"
        reasons = [*short.reasons, reason]
        raise InfeasiblePlanError(reasons, relief, short.claim, proved=short.proved) from None
