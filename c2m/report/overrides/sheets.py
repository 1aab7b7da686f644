"""The sheets in which a person sets runs and demand, and the one that carries the plan."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.demand import override_demand
from c2m.demand.overriding import TOLD
from c2m.frames import attribute_texts
from c2m.report.overrides.carrier import pack
from c2m.report.sheets import Book, Kind, SheetColumn, cell
from c2m.report.words import of_period

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

CARRIER: Final = "c2m"
"""Name of the hidden sheet."""

MARK: Final = "c2m workbook 1"
"""First cell of the hidden sheet: the format of what is below."""

RUNS_SHEET: Final = "Overrides"
DEMAND_SHEET: Final = "Demand overrides"

RUN_TITLES: Final = {
    "sku": "SKU",
    "line": "Line",
    "period": "Make in",
    "quantity": "Units",
    "mode": "By",
    "remark": "Remark",
}
"""Columns of the sheet of runs, by the names of `c2m.recost`."""

DEMAND_TITLES: Final = {
    "month": "Month",
    "from": "From",
    "to": "To",
    "units": "Units",
    "change": "Change",
    "remark": "Remark",
}
"""Columns of the sheet of demand besides those that choose series."""

_KINDS: Final[dict[str, Kind]] = {
    "period": "date",
    "from": "date",
    "to": "date",
    "quantity": "whole",
    "units": "units",
    "change": "share",
    "remark": "text",
}
_EMPTY_ROWS: Final = 100
"""Rows to fill in, besides those that are."""

_PRINTED_ROWS: Final = 20

_REMARK_WIDTH: Final = 40.0
HEAD: Final = 4
"""Row of the columns' names on both sheets, counted from 0."""


def set_demand(plan: "Plan", demand: "Demand | None") -> "Demand | None":
    """Return the forecast with what people have set in it, as the plan has it.

    Parameters
    ----------
    plan : Plan
        The plan; its input ``demand_overrides`` holds what was set.
    demand : Demand, optional
        The forecast.

    Returns
    -------
    Demand, optional
        None where nothing was set.
    """
    rows = plan.inputs.get("demand_overrides")
    if demand is None or rows is None or rows.empty:
        return None
    return override_demand(demand, rows).demand


def write_overrides(book: Book, plan: "Plan", demand: "Demand | None") -> None:
    """Write both sheets to fill in, and the hidden one.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    demand : Demand, optional
        The forecast, which the workbook then carries.
    """
    lists = _write_carrier(book, plan, demand)
    _write_runs(book, plan, lists)
    _write_demand(book, plan, demand, lists)


def _write_carrier(book: Book, plan: "Plan", demand: "Demand | None") -> dict[str, str]:
    """Write what is carried, and the lists to choose from; return where each list is."""
    sheet = book.file.add_worksheet(CARRIER)
    sheet.hide()
    sheet.protect("")
    sheet.write_string(0, 0, MARK)
    texts = pack(plan, demand)
    for row, text in enumerate(texts, start=1):
        sheet.write_string(row, 0, text)
    lines = sorted({*plan.line_load["line"], *plan.runs["line"], *_routed(plan, "line")})
    modes = sorted({*plan.runs["mode"], *_routed(plan, "mode")} - {""})
    lists: dict[str, list[Any]] = {"sku": list(plan.skus), "line": lines, "mode": modes}
    lists["period"] = list(plan.periods)
    if demand is not None:
        for name in demand.attributes.columns:
            lists[f"by {name}"] = sorted(set(attribute_texts(demand.attributes[name].dropna())))
    places = {}
    for column, (name, values) in enumerate(lists.items(), start=2):
        for row, value in enumerate(values):
            if isinstance(value, pd.Timestamp):
                sheet.write_datetime(row, column, value.to_pydatetime(), book.formats["date"])
            else:
                sheet.write_string(row, column, str(value), book.formats["code"])
        if values:
            ends = cell(0, column, fixed=True), cell(len(values) - 1, column, fixed=True)
            places[name] = f"='{CARRIER}'!{ends[0]}:{ends[1]}"
    return places


def _routed(plan: "Plan", column: str) -> set[str]:
    """Return the codes that the factory's routings and lanes name."""
    tables = (plan.inputs.get(name) for name in ("routings", "lanes"))
    found: set[str] = set()
    for table in tables:
        if table is not None and column in table.columns:
            found |= set(table[column].dropna().astype("str"))
    return found


def _write_runs(book: Book, plan: "Plan", lists: dict[str, str]) -> None:
    sheet = book.sheet(RUNS_SHEET)
    lines = (
        "Runs that the plan does not have, one a row; the others are set on the sheet Plan.",
        "Units are whole; 0 takes a run out. By is the way of transport, where a line has several.",
        "Below are runs set before: empty a row to leave its run as it is on the sheet Plan.",
    )
    _write_head(book, sheet, "Overrides: runs that a person sets", lines)
    before = plan.inputs.get("overrides", pd.DataFrame())
    titles = {**RUN_TITLES, "period": of_period(plan.calendar, "Make on", "Make in")}
    _write_table(book, sheet, _filled(before, titles), titles, lists)


def _write_demand(book: Book, plan: "Plan", demand: "Demand | None", lists: dict[str, str]) -> None:
    sheet = book.sheet(DEMAND_SHEET)
    lines = (
        "What you know better than the forecast: one row a fact. Empty cells stand for all.",
        "Month as 2026-12 (periods whose first day lies in it), or From and To (first days). "
        "Units: all of the row's demand together; or Change: 10% is a tenth more.",
        "It is spread as the forecast is, kept apart from it, and can be scored later.",
    )
    _write_head(book, sheet, "Demand overrides", lines)
    before = plan.inputs.get("demand_overrides", pd.DataFrame())
    choosing = {"sku": "SKU"} | {name: name.capitalize() for name in _chosen_by(demand, before)}
    titles = {**choosing, **DEMAND_TITLES}
    places = {name: lists.get(f"by {name}", lists.get(name, "")) for name in choosing}
    places |= {"from": lists["period"], "to": lists["period"]}
    _write_table(book, sheet, _filled(before, titles), titles, places)


def _chosen_by(demand: "Demand | None", before: pd.DataFrame) -> list[str]:
    """Return what series can be chosen by besides the SKU: what was used before stays."""
    own = [] if demand is None else [*demand.keys.columns, *demand.attributes.columns]
    used = [name for name in before.columns if name in own or name not in TOLD]
    names = dict.fromkeys(str(name) for name in (*own, *used))
    return [name for name in names if name.casefold() not in {"sku", *DEMAND_TITLES}]


def _write_head(book: Book, sheet: Any, title: str, lines: Sequence[str]) -> None:
    sheet.write_string(0, 0, title, book.formats["title"])
    sheet.set_row(0, 21.0)
    for row, text in enumerate(lines, start=1):
        sheet.write_string(row, 0, text, book.formats["note"])


def _filled(before: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Return the rows that are filled, and empty ones below them."""
    table = before.reindex(columns=list(titles))
    for name in titles:
        kind = _KINDS.get(name, "code")
        if kind in {"code", "text"}:
            table[name] = table[name].astype("object").where(table[name].notna(), "")
        else:
            table[name] = table[name].astype("object").where(table[name].notna(), np.nan)
    empty = pd.DataFrame({name: [np.nan] * _EMPTY_ROWS for name in titles}, dtype="object")
    return pd.concat([table, empty], ignore_index=True)


def _write_table(
    book: Book, sheet: Any, table: pd.DataFrame, titles: dict[str, str], lists: dict[str, str]
) -> None:
    """Write coloured cells, with lists to choose from where there are some."""
    columns = [
        SheetColumn(name, title, _KINDS.get(name, "code"), input=True)
        for name, title in titles.items()
    ]
    last = book.table(sheet, HEAD, table, columns) - 1
    sheet.freeze_panes(HEAD + 1, 0)
    sheet.repeat_rows(HEAD)
    printed = HEAD + max(_PRINTED_ROWS, len(table) - _EMPTY_ROWS)
    sheet.print_area(0, 0, printed, len(columns) - 1)
    for place, name in enumerate(titles):
        if name == "remark":
            sheet.set_column(place, place, _REMARK_WIDTH)
        rule = _rule(name, lists.get(name, ""))
        if rule:
            sheet.data_validation(HEAD + 1, place, last, place, {**rule, "ignore_blank": True})


def _rule(name: str, source: str) -> dict[str, Any]:
    """Return what may be typed into a column."""
    if source:
        return {"validate": "list", "source": source}
    if name == "quantity":
        return {"validate": "integer", "criteria": ">=", "value": 0}
    if name == "units":
        return {"validate": "decimal", "criteria": ">=", "value": 0}
    if name == "change":
        return {"validate": "decimal", "criteria": ">=", "value": -1}
    return {}
