"""What a plan is expected to bring: key figures, money by kind, overstock and lost sales."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.report.money import cost_frame
from c2m.report.products import add_description, opening_units
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import joined, money, money_column, share, short_day, units

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

MOST_RISKS: Final = 10
_MOST_SHORTFALLS: Final = 20

_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")

_SOURCES: Final = {
    "all scenarios at once": "a search over all scenarios at once",
    "capacity prices": "charging for capacity what it is worth",
    "scenario prices": "letting every scenario have its own runs, at a price",
    "columns found": "the ways to make each SKU that the search has tried",
    "allowances priced": "with what more material and budget would earn charged to them",
}
"""Words of the search, and what they mean."""


@dataclass(frozen=True)
class Tile:
    """A key figure.

    Parameters
    ----------
    label : str
        What it is.
    value : str
        The figure.
    note : str
        What it means.
    wide : bool
        Whether it takes the place of two.
    """

    label: str
    value: str
    note: str
    wide: bool = False


def key_figures(plan: "Plan", table: pd.DataFrame) -> list[Tile]:
    """Return the figures at the top of the page.

    Parameters
    ----------
    plan : Plan
        The plan.
    table : DataFrame
        From `sku_table`.

    Returns
    -------
    list of Tile
        Only what the plan knows.
    """
    tiles = []
    unit = plan.currency or ""
    if plan.expected_profit is not None:
        label = f"Profit, {unit}" if unit else "Profit"
        tiles.append(Tile(label, money(plan.expected_profit), bound_short(plan), wide=True))
    made = int(table["made"].sum())
    skus = plural(int((table["made"] > 0).sum()), "SKU")
    note = f"{plural(len(plan), 'run')} of {skus}, of {len(plan.skus):,} planned"
    tiles.append(Tile("Units made", f"{made:,}", note))
    if plan.outlook:
        tiles += _outlook_tiles(plan, table, unit)
    return [*tiles, *_load_tiles(plan)]


def _load_tiles(plan: "Plan") -> list[Tile]:
    """Return how full the lines are, apart for each unit: minutes and pieces have no sum."""
    load = plan.line_load.groupby("unit")[["capacity", "used", "overtime"]].sum()
    load = load[load["capacity"] > 0]
    if load.empty:
        return []
    used = load["used"] / load["capacity"]
    notes = [
        f"{units(value)} {name} of overtime"
        for name, value in load["overtime"].items()
        if value > 0
    ]
    note = ", ".join(notes) or "no overtime"
    if len(load) > 1:
        note = f"of {joined([str(name) for name in load.index])}; {note}"
    return [Tile("Capacity used", " / ".join(f"{each:.0%}" for each in used), note)]


def _outlook_tiles(plan: "Plan", table: pd.DataFrame, unit: str) -> list[Tile]:
    wanted, lost, left = (float(table[name].sum()) for name in ("wanted", "lost", "left"))
    rate = share(1 - lost / wanted) if wanted > 0 else "–"
    lost_note, left_note = "expected units", "expected units at the end of the plan"
    if "lost_money" in table.columns:
        lost_note = f"expected units, {unit} {money(table['lost_money'].sum())} at their price"
        left_note = f"expected units at the end, {unit} {money(table['left_money'].sum())} at cost"
    mean = f", the mean over the {plan.n_scenarios:,} scenarios" if plan.n_scenarios else ""
    flow = f"with those made, {units(wanted - lost)} are sold and {units(left)} left"
    return [
        Tile("At the start", units(opening_units(plan)), f"units on hand or on order; {flow}"),
        Tile("Fill rate", rate, f"of {units(wanted)} units wanted{mean}"),
        Tile("Lost sales", units(lost), lost_note),
        Tile("Left over", units(left), left_note),
    ]


def bound_short(plan: "Plan") -> str:
    """Say how good the plan's profit is in a few words.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        For a key figure.
    """
    if plan.bound is None:
        return "expected, over the demand scenarios"
    if plan.bound_kind == "proved":
        return f"expected; no plan can earn more than {money(plan.bound)}"
    return f"expected; the best plan's is estimated at {money(plan.bound)}"


def bound_sentence(plan: "Plan") -> str:
    """Say what is known about better plans.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        One or two sentences.
    """
    if plan.bound is None or plan.gap is None:
        reason = f": {plan.bound_from}" if plan.bound_from else ""
        return f"Nothing is known about how far this plan is from the best one{reason}."
    bound = f"{plan.currency or 'money'} {money(plan.bound)}"
    these = "this" if plan.n_scenarios == 1 else "these"
    scenarios = f"over {these} {plural(plan.n_scenarios, 'demand scenario')}"
    source = f" The bound comes from {_source(plan.bound_from)}" if plan.bound_from else ""
    if "foresight" in plan.bound_from:
        source += ", which no plan has, so the best plan is closer than that"
    source += "." if source else ""
    if plan.bound_kind == "proved":
        return (
            f"Proved: no plan earns more than {bound} {scenarios}, so this one is at most "
            f"{plan.gap:.2%} below the best.{source}"
        )
    return (
        f"Heuristic: the best plan is estimated to earn {bound} {scenarios}; this one is "
        f"{plan.gap:.2%} below that. This is not a proof: a plan may earn more.{source}"
    )


def _source(bound_from: str) -> str:
    """Say in plain words what a bound is computed from."""
    parts = [_SOURCES.get(part, part) for part in bound_from.split(", ")]
    return ", ".join(parts)


def cost_table(plan: "Plan") -> Table | None:
    """Return expected money by kind, adding up to the expected profit.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Table or None
        None for a plan without costs.
    """
    if not plan.costs:
        return None
    frame = cost_frame(plan)
    write = money_column(frame["value"])
    columns = [
        Column("name", "Kind"),
        Column("value", plan.currency or "Money", write, number=True),
    ]
    table = make_table("costs", "Expected money over the whole plan", frame, columns)
    return replace(table, strong="Expected profit")


def shortfall_table(plan: "Plan") -> Table | None:
    """Return what is wanted and cannot be made.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Table or None
        The largest shortfalls; None where there is none.
    """
    short = plan.shortfalls
    if short.empty:
        return None
    columns = [
        Column("what", "What is short", _with_short_days),
        Column("line", "Line", lambda value: value or "all"),
        Column("period", plan.calendar.word.capitalize(), short_day),
        Column("sku", "SKU", lambda value: value or "all"),
        Column("units", "Units not made", units, number=True),
        Column("relief", "Cheapest relief", _with_short_days),
    ]
    for name in ("sku", "line"):
        if not short[name].any():
            short = short.drop(columns=name)
    hidden = len(short) - _MOST_SHORTFALLS
    note = f"{plural(hidden, 'more row')} in the workbook." if hidden > 0 else ""
    shown = short.iloc[:_MOST_SHORTFALLS]
    caption = "Lost sales for want of capacity, or of a run that fits; the most valuable first"
    return make_table("shortfalls", caption, shown, columns, note)


def _with_short_days(text: str) -> str:
    """Write the dates in a sentence as the page's tables do."""
    return _DATE.sub(lambda match: short_day(match[0]), text)


def risk_tables(
    plan: "Plan", table: pd.DataFrame, demand: "Demand", describe: Sequence[str]
) -> list[Table]:
    """Return the SKUs with the largest expected lost sales and left-over stock.

    Parameters
    ----------
    plan : Plan
        The plan.
    table : DataFrame
        From `sku_table`.
    demand : Demand
        For the SKUs' attributes.
    describe : sequence of str
        See `add_description`.

    Returns
    -------
    list of Table
        Two; none for a plan without an outlook.
    """
    if not plan.outlook:
        return []
    table = add_description(table, demand, describe)
    unit, word = plan.currency or "money", plan.calendar.word
    lost = [
        Column("wanted", "Wanted", units, number=True),
        Column("lost", "Lost", units, number=True),
        Column("lost_share", "Share lost", share, number=True),
        Column("worst", f"Chance to run out, worst {word}", share, number=True),
    ]
    left = [
        Column("made", "Made", units, number=True),
        Column("left", "Left", units, number=True),
        Column("cover", f"Lasts, {word}s", _cover, number=True),
    ]
    return [
        _largest(table, "lost", "Largest expected lost sales", lost, f"Lost revenue, {unit}"),
        _largest(table, "left", "Largest expected left-over stock", left, f"At cost, {unit}"),
    ]


def _cover(periods: float) -> str:
    """Write how long stock lasts; nothing can be said where nothing is wanted."""
    return "–" if isnan(periods) else f"{periods:,.1f}"


def _largest(
    table: pd.DataFrame, kind: str, caption: str, columns: list[Column], money_title: str
) -> Table:
    """Return the SKUs with the most of one kind, in money where it is known."""
    in_money = f"{kind}_money"
    by = in_money if in_money in table.columns else kind
    largest = table.sort_values([by, "sku"], ascending=[False, True], kind="stable")
    largest = largest[largest[kind] > 0].iloc[:MOST_RISKS]
    shown = [Column("sku", "SKU"), Column("what", "Product"), *columns]
    if in_money in table.columns:
        write = money_column(largest[in_money])
        shown.append(Column(in_money, money_title, write, number=True))
    return make_table(kind, caption, largest, shown)
