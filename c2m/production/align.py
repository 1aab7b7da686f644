"""Make a planning problem of demand, factory and stock, or say all that does not fit."""

from collections.abc import Iterator, Sequence
from math import gcd, lcm
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import name_list
from c2m.production.factory import Factory
from c2m.production.problem import (
    DemandPaths,
    FloatArray,
    GroupLimit,
    IntArray,
    Items,
    Members,
    Problem,
)

_ALL: Final = "*"
_NO_LIMIT: Final = 2**40
"""Units that stand for no limit; exact in float64 and far from overflow in int64 sums."""


def align(
    demand: DemandPaths,
    factory: Factory,
    on_hand: FloatArray,
    arriving: FloatArray,
    *,
    n_scenarios: int,
    seed: int,
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

    Returns
    -------
    Problem
        The problem.

    Raises
    ------
    DataError
        If a SKU is in two pre-packs, or a pre-pack cannot be made whole.
    """
    skus = tuple(demand.keys["sku"].astype(str))
    n_periods = len(demand.periods)
    first = int(demand.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0])
    supply = np.cumsum(arriving, axis=1) + on_hand[:, None]
    paths = np.asarray(demand.sample(n_scenarios, seed), dtype=np.float64)  # [S, N, H]
    net = paths.transpose(2, 1, 0).copy(order="C")  # [H, N, S]; the forecast keeps its own
    np.cumsum(net, axis=0, out=net)
    net -= supply.T[:, :, None]
    products = factory.products.set_index("sku").loc[list(skus)]
    regular, overtime = factory.capacity(first, n_periods)
    block_of, units = _blocks(factory, skus)
    ways = _ways(factory, skus, block_of, units)
    items, members = _items(ways, regular + overtime, n_periods)
    return Problem(
        skus=skus,
        lines=tuple(factory.lines["line"]),
        units=tuple(factory.lines["unit"]),
        calendar=demand.calendar,
        first=first,
        price=products["price"].to_numpy(dtype=np.float64),
        unit_cost=products["unit_cost"].to_numpy(dtype=np.float64),
        end_value=products["end_value"].to_numpy(dtype=np.float64),
        holding_cost=products["holding_cost"].to_numpy(dtype=np.float64),
        penalty=products["lost_sale_penalty"].to_numpy(dtype=np.float64),
        net=net,
        mean_net=np.ascontiguousarray(net.mean(axis=2).T),
        supply=supply,
        items=items,
        members=members,
        groups=_groups(factory, skus, items, members),
        block_of=block_of,
        n_blocks=int(block_of.max()) + 1,
        regular=regular,
        overtime=overtime,
        overtime_cost=factory.lines["overtime_cost"].to_numpy(dtype=np.float64),
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
        raise ArgumentError(
            "Expected a forecast (c2m.Demand) and a factory (c2m.Factory), got "
            f"{type(demand).__name__} and {type(factory).__name__}."
        )
    if demand.calendar != factory.calendar:
        raise ArgumentError(
            f"Expected demand and factory in the same periods, got freq {demand.calendar.freq!r} "
            f"and {factory.calendar.freq!r}; use demand.resample({factory.calendar.freq!r}) or "
            "change the factory's freq."
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
                f"{len(absent):,} of {len(skus):,} SKUs of the demand have no {what}: "
                f"{name_list(absent)}"
            )
    if problems:
        raise DataError("factory", problems, "add the rows, or plan demand.select(skus)")
    extra = sorted(set(factory.products["sku"]) - set(skus))
    if extra:
        warn(
            f"{len(extra):,} of {len(factory.products):,} products have no demand and are not "
            f"planned: {name_list(extra)}."
        )


def _blocks(factory: Factory, skus: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Return the block of each SKU and its units in one pack (1 where there is no pack)."""
    packs = factory.prepacks[factory.prepacks["prepack"].isin(_live_packs(factory, skus))]
    pack_of = dict(zip(packs["sku"], packs["prepack"], strict=True))
    units_of = dict(zip(packs["sku"], packs["units"], strict=True))
    numbers: dict[tuple[str, str], int] = {}
    block = []
    for sku in skus:
        key = ("pack", pack_of[sku]) if sku in pack_of else ("sku", sku)
        block.append(numbers.setdefault(key, len(numbers)))
    units = [int(units_of.get(sku, 1)) for sku in skus]
    return np.array(block, dtype=np.int64), np.array(units, dtype=np.int64)


def _live_packs(factory: Factory, skus: Sequence[str]) -> list[str]:
    """Return the pre-packs that hold planned SKUs, after checking that they can be planned."""
    packs = factory.prepacks
    live = sorted(set(packs.loc[packs["sku"].isin(skus), "prepack"]))
    rows = packs[packs["prepack"].isin(live)]
    problems = []
    twice = sorted(rows.loc[rows["sku"].duplicated(), "sku"].unique())
    if twice:
        problems.append(f"{len(twice):,} SKUs are in more than one pre-pack: {name_list(twice)}")
    absent = sorted(set(rows["sku"]) - set(skus))
    if absent:
        problems.append(f"{len(absent):,} SKUs of pre-packs have no demand: {name_list(absent)}")
    if problems:
        raise DataError(
            "prepacks", problems, "keep one pre-pack a SKU, and a forecast for each of its SKUs"
        )
    return live


def _ways(
    factory: Factory, skus: Sequence[str], block_of: IntArray, units: IntArray
) -> pd.DataFrame:
    """Return one row for each (block, line, SKU), with the limits that hold for the SKU there."""
    routings = factory.routings[factory.routings["sku"].isin(skus)].copy()
    row = pd.Series(np.arange(len(skus)), index=list(skus))
    routings["row"] = routings["sku"].map(row).astype(np.int64)
    routings["line_number"] = pd.Index(factory.lines["line"]).get_indexer(
        pd.Index(routings["line"])
    )
    routings["block"] = block_of[routings["row"]]
    routings["units"] = units[routings["row"]]
    routings = _tightened(routings, _limits(factory, "sku"))
    pack_of = dict(zip(factory.prepacks["sku"], factory.prepacks["prepack"], strict=True))
    routings["pack"] = [pack_of.get(sku, "") for sku in routings["sku"]]
    whole = routings.groupby(["block", "line"])["row"].transform("size")
    size = pd.Series(np.bincount(block_of))
    kept = routings[whole == routings["block"].map(size)]
    _check_made(routings, kept)
    kept = kept.sort_values(["block", "line_number", "row"], kind="stable").reset_index(drop=True)
    kept.attrs["packs"] = _limits(factory, "prepack")
    return kept


def _check_made(routings: pd.DataFrame, kept: pd.DataFrame) -> None:
    """Raise the pre-packs of which no line makes every SKU."""
    torn = sorted(set(routings["pack"]) - set(kept["pack"]))
    if torn:
        problem = (
            f"{len(torn):,} pre-packs have no line that makes all their SKUs: {name_list(torn)}"
        )
        raise DataError("prepacks", [problem], "add routings so that one line makes the whole pack")


def _limits(factory: Factory, scope: str) -> dict[tuple[str, str], Any]:
    """Return the limits of one scope by (name, line)."""
    rows = factory.limits[factory.limits["scope"] == scope]
    keys = zip(rows["name"], rows["line"], strict=True)
    return dict(zip(keys, rows.rename(columns={"name": "code"}).itertuples(), strict=True))


def _tightened(routings: pd.DataFrame, limits: dict[tuple[str, str], Any]) -> pd.DataFrame:
    """Put the limits on single SKUs into their routings: the tighter wins, set-ups add."""
    if not limits:
        return routings
    rows = routings.to_dict("records")
    for row in rows:
        for line in (row["line"], _ALL):
            limit = limits.get((row["sku"], line))
            if limit is not None:
                _tighten(row, limit)
    return pd.DataFrame(rows, columns=routings.columns)


def _tighten(row: dict[Any, Any], limit: Any) -> None:
    row["moq"] = max(int(row["moq"]), int(limit.moq))
    row["lot_multiple"] = lcm(int(row["lot_multiple"]), int(limit.lot_multiple))
    row["max_lot"] = min(row["max_lot"], limit.max_lot)
    row["setup_time"] += limit.setup_time
    row["setup_cost"] += limit.setup_cost


def _items(ways: pd.DataFrame, limit: FloatArray, n_periods: int) -> tuple[Items, Members]:
    """Return the items and their members."""
    rows = [_item(group, ways.attrs["packs"]) for group in _item_rows(ways)]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    setup, unit = columns["setup_time"][:, None], columns["unit_time"][:, None]
    room = np.maximum(limit[columns["line"]] - setup, 0.0)
    largest = columns.pop("max_lot")
    most = np.minimum(np.floor(room / unit + 1e-9), largest[:, None]).astype(np.int64)
    most -= most % columns["multiple"][:, None]
    steps = np.arange(n_periods)
    in_time = steps[None, :] + columns["lead"][:, None] < n_periods
    fits = (most >= columns["moq"][:, None]) & in_time
    items = Items(most=np.where(fits, most, 0), **columns)
    starts = (ways["block"].diff().ne(0) | ways["line_number"].diff().ne(0)).to_numpy(dtype=bool)
    members = Members(
        item=np.cumsum(starts) - 1,
        sku=ways["row"].to_numpy(dtype=np.int64),
        units=ways["units"].to_numpy(dtype=np.int64),
        lead=ways["lead_time_periods"].to_numpy(dtype=np.int64),
    )
    return items, members


def _item_rows(ways: pd.DataFrame) -> Iterator[list[Any]]:
    """Yield the rows of each item."""
    group: list[Any] = []
    for row in ways.itertuples(index=False):
        if group and (group[0].block, group[0].line_number) != (row.block, row.line_number):
            yield group
            group = []
        group.append(row)
    yield group


def _item(rows: Sequence[Any], packs: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Return one item: a SKU, or whole packs of SKUs, on one line."""
    item: dict[str, Any] = {
        "lot_multiple": lcm(
            *(int(r.lot_multiple) // gcd(int(r.lot_multiple), r.units) for r in rows)
        ),
        "moq": max(-(-int(r.moq) // r.units) for r in rows),
        "max_lot": min(min(r.max_lot, _NO_LIMIT) // r.units for r in rows),
        "setup_time": float(sum(r.setup_time for r in rows)),
        "setup_cost": float(sum(r.setup_cost for r in rows)),
    }
    if rows[0].pack:
        for line in (rows[0].line, _ALL):
            limit = packs.get((rows[0].pack, line))
            if limit is not None:
                _tighten(item, limit)
    multiple = item.pop("lot_multiple")
    item["multiple"] = multiple
    item["moq"] = max(1, -(-max(item["moq"], 1) // multiple)) * multiple
    item["max_lot"] = float(min(item["max_lot"], _NO_LIMIT))
    item["block"], item["line"] = int(rows[0].block), int(rows[0].line_number)
    item["unit_time"] = float(sum(r.unit_time * r.units for r in rows))
    item["lead"] = int(max(r.lead_time_periods for r in rows))
    return item


def _groups(
    factory: Factory, skus: Sequence[str], items: Items, members: Members
) -> tuple[GroupLimit, ...]:
    """Return the limits on groups, one for each line on which a group can run."""
    made = []
    row = {sku: number for number, sku in enumerate(skus)}
    of_group: dict[str, list[int]] = {}
    for sku, group in zip(factory.groups["sku"], factory.groups["group"], strict=True):
        if sku in row:
            of_group.setdefault(group, []).append(row[sku])
    for (name, line), limit in _limits(factory, "group").items():
        inside = np.isin(members.sku, of_group.get(name, []))
        for number, code in enumerate(factory.lines["line"]):
            here = inside & (items.line[members.item] == number)
            if line not in (code, _ALL) or not here.any():
                continue
            which, place = np.unique(members.item[here], return_inverse=True)
            weights = np.bincount(place, members.units[here]).astype(np.int64)
            made.append(_group(name, number, which, weights, limit))
    return tuple(made)


def _group(name: str, line: int, items: IntArray, weights: IntArray, limit: Any) -> GroupLimit:
    multiple = int(limit.lot_multiple)
    return GroupLimit(
        name=name,
        line=line,
        items=items,
        weights=weights,
        moq=-(-max(int(limit.moq), 1) // multiple) * multiple,
        multiple=multiple,
        max_lot=float(limit.max_lot),
        setup_time=float(limit.setup_time),
        setup_cost=float(limit.setup_cost),
    )
