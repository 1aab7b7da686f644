"""Make a planning problem of demand, factory and stock, or say all that does not fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import name_list, share_of
from c2m.production.aligning import allowances, extras, prices, runs
from c2m.production.aligning.blocks import blocks_of
from c2m.production.aligning.rates import read_rates
from c2m.production.aligning.routes import read_routes
from c2m.production.aligning.shared import group_limits
from c2m.production.aligning.span import Span
from c2m.production.factory import Factory
from c2m.production.factory.markdowns import mean_end_value
from c2m.production.problem import (
    Allowance,
    DemandPaths,
    FloatArray,
    GroupLimit,
    IntArray,
    Items,
    Members,
    Problem,
)
from c2m.production.supply import LateOrders


def align(
    demand: DemandPaths,
    factory: Factory,
    on_hand: FloatArray,
    arriving: FloatArray,
    *,
    n_scenarios: int,
    seed: int,
    late: LateOrders | None = None,
) -> Problem:
    """Return the planning problem as arrays.

    Parameters
    ----------
    demand : DemandPaths
        The forecast, already checked by `check_fit`.
    factory : Factory
        What can be made.
    on_hand : ndarray, shape (n_skus,)
        Stock at the cutoff.
    arriving : ndarray, shape (n_skus, n_periods)
        Orders on the way.
    n_scenarios, seed : int
        Of the paths to draw.
    late : LateOrders, optional
        Orders on the way that may be late; None where each comes when it is due.

    Returns
    -------
    Problem
        The problem.

    Raises
    ------
    DataError
        If demand is unknown or below 0, a SKU is in two pre-packs, a pre-pack cannot be made
        whole, or a currency has no rate when the plan starts.
    """
    skus = tuple(demand.keys["sku"].astype(str))
    n_periods = len(demand.periods)
    first = int(demand.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0])
    products = factory.products.assign(
        end_value=mean_end_value(factory.products, factory.markdowns)
    )
    money = products.set_index("sku").loc[list(skus)].select_dtypes("number").astype(np.float64)
    regular, overtime = factory.capacity(first, n_periods)
    block_of, units = blocks_of(factory, skus)
    span = Span(demand.calendar, first, n_periods)
    makings = _makings(factory, skus, (block_of, units), regular + overtime, span)
    net, supply = _net(demand, on_hand, arriving, (n_scenarios, seed), late)
    return Problem(
        skus=skus,
        lines=tuple(factory.lines["line"]),
        units=tuple(factory.lines["unit"]),
        calendar=demand.calendar,
        first=first,
        price=money["price"].to_numpy(),
        unit_cost=money["unit_cost"].to_numpy(),
        end_value=money["end_value"].to_numpy(),
        holding_cost=money["holding_cost"].to_numpy(),
        penalty=money["lost_sale_penalty"].to_numpy(),
        net=net,
        mean_net=np.ascontiguousarray(net.mean(axis=2).T),
        supply=supply,
        block_of=block_of,
        n_blocks=int(block_of.max()) + 1,
        regular=regular,
        overtime=overtime,
        overtime_cost=factory.lines["overtime_cost"].to_numpy(dtype=np.float64),
        **makings,
    )


def check_fit(demand: DemandPaths, factory: Factory) -> None:
    """Raise what does not fit between a forecast and a factory.

    Parameters
    ----------
    demand : DemandPaths
        The forecast.
    factory : Factory
        What can be made.

    Raises
    ------
    ArgumentError
        If they are something else, their periods differ, or the demand is not by SKU alone.
    DataError
        If SKUs of the demand have no product or no routing; all are counted.

    Warns
    -----
    C2MWarning
        If products of the factory are not in the demand.
    """
    if not (hasattr(demand, "calendar") and isinstance(factory, Factory)):
        swapped = isinstance(demand, Factory) and hasattr(factory, "calendar")
        raise ArgumentError(
            "Expected a forecast (c2m.Demand) and a factory (c2m.Factory), got "
            f"{type(demand).__name__} and {type(factory).__name__}"
            f"{'; pass the demand before the factory' if swapped else ''}."
        )
    if demand.calendar != factory.calendar:
        raise ArgumentError(
            f"Expected demand and factory in the same periods, got freq {demand.calendar.freq!r} "
            f"and {factory.calendar.freq!r}; use demand.resample(factory.calendar) or change the "
            "factory's freq."
        )
    if list(demand.keys.columns) != ["sku"]:
        raise ArgumentError(
            f"Expected demand by 'sku' alone, got rows by {name_list(demand.keys.columns)}; "
            "use demand.rollup('sku')."
        )
    skus = demand.keys["sku"].astype(str)
    problems = []
    for table, what in ((factory.products, "product"), (factory.routings, "routing")):
        absent = sorted(set(skus) - set(table["sku"]))
        if absent:
            problems.append(
                f"{share_of(len(absent), len(skus), 'SKU')} of the demand without a {what}: "
                f"{name_list(absent)}"
            )
    if problems:
        raise DataError("factory", problems, "add the rows, or plan demand.select(skus)")
    extra = sorted(set(factory.products["sku"]) - set(skus))
    if extra:
        warn(
            f"{share_of(len(extra), len(factory.products), 'product', 'has')} no demand, and no "
            f"plan: {name_list(extra)}."
        )


def _net(
    demand: DemandPaths,
    on_hand: FloatArray,
    arriving: FloatArray,
    draw: tuple[int, int],
    late: LateOrders | None,
) -> tuple[FloatArray, FloatArray]:
    """Return demand so far less supply so far, and the supply; see `Problem`."""
    supply = np.cumsum(arriving, axis=1) + on_hand[:, None]
    paths = np.asarray(demand.sample(*draw), dtype=np.float64)  # [S, N, H]
    _check_paths(demand, paths)
    net = paths.transpose(2, 1, 0).copy(order="C")  # [H, N, S]; the forecast keeps its own
    np.cumsum(net, axis=0, out=net)
    net -= supply.T[:, :, None]
    if late is not None:
        supply = supply - late.add_to(net)
    return net, supply


def _check_paths(demand: DemandPaths, paths: FloatArray) -> None:
    """Raise demand that is unknown, infinite or below 0."""
    if paths.size == 0 or (paths.min() >= 0 and paths.max() < np.inf):
        return
    wrong = np.flatnonzero(~((paths >= 0) & (paths < np.inf)).all(axis=(0, 2)))
    skus = demand.keys["sku"].astype(str).iloc[wrong].tolist()
    first = paths[:, wrong].ravel()
    value = first[~((first >= 0) & (first < np.inf))][0]
    problem = (
        f"{share_of(len(skus), paths.shape[1], 'SKU', 'has')} paths with demand unknown, infinite "
        f"or below 0: {name_list(skus)} (first: {value:g})"
    )
    raise DataError("demand", [problem], "correct the forecast, or plan demand.select(skus)")


def _makings(
    factory: Factory,
    skus: tuple[str, ...],
    blocks: tuple[IntArray, IntArray],
    limit: FloatArray,
    span: Span,
) -> dict[str, Any]:
    """Return what can be made and what holds for it, by the names that `Problem` gives it."""
    rates, breaks = read_rates(factory, span.labels), prices.read_breaks(factory)
    routes = read_routes(factory, skus, *blocks, rates)
    drawn = runs.draw_items(factory, routes, breaks)
    members = runs.members_of(drawn, routes)
    more = extras.read_extras(factory, drawn, members, routes, rates, breaks)
    items = runs.finish_items(drawn, limit, more.by_item(members, len(drawn.rows)))
    times = routes["unit_time"].to_numpy(dtype=np.float64)[drawn.routes]
    bought = allowances.materials(factory, skus, members, span.labels, rates)
    limits: list[Allowance] = [
        *allowances.group_capacities(factory, skus, items, members, times, span),
        *_budgets(factory, skus, members, (more, _of_runs(items, drawn.shared)), span),
        *allowances.material_limits(bought),
    ]
    groups = (*drawn.shared, *group_limits(factory, skus, items, members))
    allowances.warn_of_shared_setups(limits, groups)
    return {
        "items": items,
        "members": members,
        "groups": groups,
        "allowances": tuple(limits),
        "ways": tuple(drawn.ways),
        "extra_parts": more.parts,
        "bought": bought,
    }


def _of_runs(items: Items, shared: Sequence[GroupLimit]) -> FloatArray:
    """Return what a run of each item costs to set up, by a mode or tier that shares it as well."""
    cost = np.array(items.setup_cost, dtype=np.float64)
    for group in shared:
        if group.split:
            cost[group.items] += group.setup_cost
    return cost


def _budgets(
    factory: Factory,
    skus: tuple[str, ...],
    members: Members,
    costs: tuple[extras.Extras, FloatArray],
    span: Span,
) -> list[Allowance]:
    """Return the budgets; without them nobody needs the cost of each SKU by period."""
    if not len(factory.budgets):
        return []
    more, setup_cost = costs
    unit_cost = factory.products.set_index("sku")["unit_cost"].loc[list(skus)].to_numpy()
    cost = (unit_cost[members.sku] * members.units)[:, None] + np.zeros(span.n_periods)
    if more.by_member is not None:
        cost = cost + more.by_member
    return allowances.budgets(factory, skus, members, cost, setup_cost, span.labels)
