"""Items: blocks on lines, by each lane from the line's plant and each tier of the prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import gcd, lcm
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.production.aligning.lead_times import planned_periods
from c2m.production.aligning.prices import Breaks, tiers_of
from c2m.production.aligning.routes import limits_of, tighten
from c2m.production.aligning.rows import table_rows
from c2m.production.factory import Factory
from c2m.production.factory.buying import ALL
from c2m.production.factory.making import ALL_LINES
from c2m.production.problem import FloatArray, GroupLimit, IntArray, Items, Members, Way

NO_LIMIT: Final = 2**40
"""Units that stand for no limit; exact in float64 and far from overflow in int64 sums."""

Row = dict[str, Any]


@dataclass
class Drawn:
    """Items as they are drawn up, one entry each, and what their runs share.

    Parameters
    ----------
    rows : list of dict
        The columns of the items, and ``run_moq``, ``run_setup`` and ``max_lot`` of a whole run.
    members : list of dict
        ``item``, ``route`` (row of the routes), ``lead`` and ``tier``.
    ways : list of Way
        Of the items.
    way_of : dict of tuple to int
        The number of each way, by line, lane, periods under way and tier.
    lanes : list
        The lane of each way: a row of the table, or None.
    shared : list of GroupLimit
        Runs that are split over lanes, or whose price tiers share a largest lot.
    """

    rows: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    way_of: dict[tuple[Any, ...], int] = field(default_factory=dict)
    lanes: list[Any] = field(default_factory=list)
    shared: list[GroupLimit] = field(default_factory=list)

    @property
    def routes(self) -> IntArray:
        """The route of each member, shape (n_members,)."""
        return np.array([member["route"] for member in self.members], dtype=np.int64)


def draw_items(factory: Factory, routes: pd.DataFrame, breaks: Breaks) -> Drawn:
    """Return an item for every way in which a block can be made and sent.

    Parameters
    ----------
    factory : Factory
        What can be made.
    routes : DataFrame
        See `read_routes`.
    breaks : Breaks
        Price breaks by SKU and line.

    Returns
    -------
    Drawn
        Items sorted by block and line.
    """
    drawn, packs, lanes = Drawn(), limits_of(factory, "prepack"), _lanes(factory)
    level = factory.policy.lead_time_level
    for group in _same_item(routes):
        run = _run(group, packs)
        _draw_run(drawn, run, group, lanes[run["line"]], tiers_of(group, breaks, run), level)
    return drawn


def finish_items(drawn: Drawn, limit: FloatArray, extra: FloatArray | None) -> Items:
    """Return the items as arrays, with the largest run that fits each period.

    Parameters
    ----------
    drawn : Drawn
        The items.
    limit : ndarray, shape (n_lines, n_periods)
        Capacity with all overtime.
    extra : ndarray, shape (n_items, n_periods), optional
        See `Items`.

    Returns
    -------
    Items
        The items.
    """
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in drawn.rows]) for name in drawn.rows[0]
    }
    setup, unit = columns.pop("run_setup")[:, None], columns["unit_time"][:, None]
    room = np.maximum(limit[columns["line"]] - setup, 0.0)
    largest, least = columns.pop("max_lot"), columns.pop("run_moq")
    most = np.minimum(np.floor(room / unit + 1e-9), largest[:, None]).astype(np.int64)
    most -= most % columns["multiple"][:, None]
    steps = np.arange(limit.shape[1])
    in_time = steps[None, :] + columns["lead"][:, None] < limit.shape[1]
    most = np.where((most >= least[:, None]) & in_time, most, 0)
    if extra is not None:
        columns["extra"] = extra
    return Items(most=most, **columns)


def members_of(drawn: Drawn, routes: pd.DataFrame) -> Members:
    """Return which SKUs the items hold.

    Parameters
    ----------
    drawn : Drawn
        The items.
    routes : DataFrame
        See `read_routes`.

    Returns
    -------
    Members
        Sorted by item.
    """
    place = drawn.routes
    pieces = routes["units"].to_numpy(dtype=np.int64)[place]
    return Members(
        item=np.array([member["item"] for member in drawn.members], dtype=np.int64),
        sku=routes["row"].to_numpy(dtype=np.int64)[place],
        units=pieces * routes["yield_share"].to_numpy(dtype=np.float64)[place],
        lead=np.array([member["lead"] for member in drawn.members], dtype=np.int64),
        pieces=pieces,
    )


def _same_item(routes: pd.DataFrame) -> Iterator[list[Any]]:
    """Yield the routes of each block on each line."""
    group: list[Any] = []
    for row in table_rows(routes):
        if group and (group[0].block, group[0].line_number) != (row.block, row.line_number):
            yield group
            group = []
        group.append(row)
    yield group


def _run(rows: Sequence[Any], packs: dict[tuple[str, str], Any]) -> Row:
    """Return what holds for a run of a SKU, or of whole packs of SKUs, on one line."""
    run: Row = {
        "lot_multiple": lcm(
            *(int(r.lot_multiple) // gcd(int(r.lot_multiple), r.units) for r in rows)
        ),
        "moq": max(-(-int(r.moq) // r.units) for r in rows),
        "max_lot": min(min(r.max_lot, NO_LIMIT) // r.units for r in rows),
        "setup_time": float(sum(r.setup_time for r in rows)),
        "setup_cost": float(sum(r.setup_cost for r in rows)),
    }
    if rows[0].pack:
        for line in (rows[0].line, ALL_LINES):
            limit = packs.get((rows[0].pack, line))
            if limit is not None:
                tighten(run, limit)
    multiple = run.pop("lot_multiple")
    run["multiple"] = multiple
    run["moq"] = max(1, -(-max(run["moq"], 1) // multiple)) * multiple
    run["max_lot"] = float(min(run["max_lot"], NO_LIMIT))
    run["block"], run["line"] = int(rows[0].block), int(rows[0].line_number)
    run["unit_time"] = float(sum(r.unit_time * r.units for r in rows))
    return run


def _lanes(factory: Factory) -> list[list[Any]]:
    """Return the lanes from each line's plant; [None] where nothing is said about transport."""
    by_plant: dict[str, list[Any]] = {}
    for lane in table_rows(factory.lanes):
        by_plant.setdefault(lane.plant, []).append(lane)
    anywhere = by_plant.get(ALL, [None])
    return [by_plant.get(plant, anywhere) for plant in factory.lines["plant"]]


def _draw_run(
    drawn: Drawn,
    run: Row,
    routes: Sequence[Any],
    lanes: Sequence[Any],
    tiers: Sequence[tuple[int, Row]],
    level: float,
) -> None:
    """Add the items of one run: one for each tier of its price and each lane."""
    name, begin = routes[0].pack or routes[0].sku, len(drawn.rows)
    for start, tier in tiers:
        first = len(drawn.rows)
        for lane in lanes:
            _draw_item(drawn, tier, routes, (lane, start), level)
        if len(lanes) > 1:
            _share_run(drawn, tier, name, first)
    if len(tiers) > 1 and run["max_lot"] < NO_LIMIT:
        together = {**run, "setup_time": 0.0, "setup_cost": 0.0, "moq": run["multiple"]}
        drawn.shared.append(_limit_on(together, name, begin, len(drawn.rows)))


def _draw_item(
    drawn: Drawn, run: Row, routes: Sequence[Any], by: tuple[Any, int], level: float
) -> None:
    """Add one item: a run at one tier by one lane."""
    lane, tier = by
    leads = [_lead(route, lane, level) for route in routes]
    under_way = 0
    if lane is not None:
        under_way = max(leads) - max(_lead(route, None, level) for route in routes)
    key = (run["line"], lane, under_way, tier)
    if key not in drawn.way_of:
        drawn.way_of[key] = len(drawn.ways)
        mode, co2e = ("", 0.0) if lane is None else (str(lane.mode), float(lane.co2e_per_unit))
        drawn.ways.append(Way(run["line"], mode, under_way, co2e, tier))
        drawn.lanes.append(lane)
    drawn.members += [
        {"item": len(drawn.rows), "route": route.Index, "lead": lead, "tier": tier}
        for route, lead in zip(routes, leads, strict=True)
    ]
    drawn.rows.append(
        {
            **run,
            "lead": max(leads),
            "way": drawn.way_of[key],
            "run_moq": run["moq"],
            "run_setup": run["setup_time"],
        }
    )


def _lead(route: Any, lane: Any, level: float) -> int:
    """Return the periods that a plan counts on from a run to the first sale."""
    if lane is None:
        if route.lead_time_high == 0:
            return int(route.lead_time_periods)
        return planned_periods([(route.lead_time_periods, route.lead_time_high)], level)
    parts = [(each.lead_time_periods, each.lead_time_high) for each in (route, lane)]
    return planned_periods(parts, level)


def _share_run(drawn: Drawn, run: Row, name: str, first: int) -> None:
    """Let the lanes of a run have one MOQ, largest lot and set-up together."""
    drawn.shared.append(_limit_on(run, name, first, len(drawn.rows)))
    for row in drawn.rows[first:]:
        row.update(moq=row["multiple"], setup_time=0.0, setup_cost=0.0)


def _limit_on(run: Row, name: str, first: int, after: int) -> GroupLimit:
    """Return the limits of a whole run, as a limit on its items."""
    return GroupLimit(
        name=name,
        line=run["line"],
        items=np.arange(first, after),
        weights=np.ones(after - first, dtype=np.int64),
        moq=run["moq"],
        multiple=run["multiple"],
        max_lot=run["max_lot"] if run["max_lot"] < NO_LIMIT else np.inf,
        setup_time=run["setup_time"],
        setup_cost=run["setup_cost"],
        split=True,
    )
