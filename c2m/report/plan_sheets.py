"""The sheets Plan, By SKU, Load and Why: the runs, what they bring, and their reasons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.report.sheets import Book, SheetColumn, cell, filters
from c2m.report.words import joined, of_period

if TYPE_CHECKING:
    from c2m.plan import Plan

SET_UNITS: Final = "Set units"
"""Title of the column of the sheet Plan in which a person sets another size."""

_NOTE: Final = (
    "One more unit: what it would earn; below 0 it would lose, as after rounding up to a lot. "
    "Critical ratio: the chance to have enough at which one more unit stops paying."
)

_TITLE_HEIGHT: Final = 21.0
"""Points."""


def _product(table: pd.DataFrame) -> list[SheetColumn]:
    return [SheetColumn("what", "Product")] if "what" in table.columns else []


def write_plan(book: Book, plan: "Plan", runs: pd.DataFrame) -> None:
    """Write the runs, with a cell for another size beside each.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    runs : DataFrame
        Its runs, described or not.
    """
    sheet = book.sheet("Plan")
    word = plan.calendar.word
    units = sorted(set(plan.line_load["unit"]))
    runs = runs.assign(set=np.nan, firm=np.where(runs["firm"], "yes", ""))
    columns = [
        SheetColumn("run", "Run"),
        SheetColumn("sku", "SKU", "code"),
        *_product(runs),
        SheetColumn("line", "Line", "code"),
        SheetColumn("period", of_period(plan.calendar, "Make on", "Make in"), "date"),
        SheetColumn("quantity", "Units", "whole"),
        SheetColumn("set", SET_UNITS, "whole", input=True),
        SheetColumn("available", "To sell from", "date"),
        SheetColumn("capacity_used", " / ".join(units).capitalize() or "Capacity", "units"),
        *_way_columns(runs),
    ]
    lines = [
        f"Every row is a run. Blue rows start in the first {word}. Type another size in the "
        f"coloured column {SET_UNITS}; 0 takes the run out."
    ]
    sheet.set_row(0, _TITLE_HEIGHT)
    sheet.write_string(0, 0, "Production plan", book.formats["title"])
    for number, text in enumerate(lines, start=1):
        sheet.write_string(number, 0, text, book.formats["note"])
    head = len(lines) + 3
    last = book.table(sheet, head, runs, columns) - 1
    filters(sheet, head, last, len(columns))
    _shown_total(book, sheet, head, last, columns, runs)
    if len(runs):
        _mark_first(book, sheet, head, last, columns, plan)
        whole = {"validate": "integer", "criteria": ">=", "value": 0, "ignore_blank": True}
        asked = {"input_title": SET_UNITS, "input_message": "Whole units; 0 takes the run out."}
        place = _place(columns, "set")
        sheet.data_validation(head + 1, place, last, place, {**whole, **asked})


def _mark_first(
    book: Book, sheet: Any, head: int, last: int, columns: Sequence[SheetColumn], plan: "Plan"
) -> None:
    """Colour the runs of the first period; what is set keeps its own colour."""
    first = cell(head + 1, _place(columns, "period")).rstrip("0123456789")
    day_number = (plan.periods[0] - pd.Timestamp("1899-12-30")).days
    rule = {"type": "formula", "criteria": f"=${first}{head + 2}={day_number}"}
    place = _place(columns, "set")
    for left, right in ((0, place - 1), (place + 1, len(columns) - 1)):
        area = (head + 1, left, last, right)
        sheet.conditional_format(*area, {**rule, "format": book.formats["now"]})


def _way_columns(runs: pd.DataFrame) -> list[SheetColumn]:
    """Return the days and the mode of the way to the warehouse, where they are known."""
    columns = []
    if (runs["mode"] != "").any():
        columns.append(SheetColumn("mode", "By"))
    if runs["ex_factory"].notna().any():
        columns += [
            SheetColumn("order_by", "Order by", "date"),
            SheetColumn("ex_factory", "Ex factory", "date"),
            SheetColumn("in_warehouse", "In warehouse", "date"),
        ]
    if (runs["firm"] != "").any():
        columns.append(SheetColumn("firm", "Firm"))
    return columns


def _shown_total(
    book: Book,
    sheet: Any,
    head: int,
    last: int,
    columns: Sequence[SheetColumn],
    runs: pd.DataFrame,
) -> None:
    """Write the total of the rows that the filters show, above the header."""
    place = _place(columns, "quantity")
    label = "Units of the rows shown"
    sheet.write_string(head - 1, place - 1, label, book.formats["note-right"])
    total = f"=SUBTOTAL(109,{cell(head + 1, place)}:{cell(max(last, head + 1), place)})"
    how = book.formats["total-whole"]
    sheet.write_formula(head - 1, place, total, how, int(runs["quantity"].sum()))


def _place(columns: Sequence[SheetColumn], source: str) -> int:
    return [column.source for column in columns].index(source)


def write_skus(book: Book, plan: "Plan", table: pd.DataFrame) -> None:
    """Write a row a SKU: what is made, wanted, lost and left over the whole plan.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    table : DataFrame
        From `sku_table`, described or not.
    """
    sheet = book.sheet("By SKU")
    lines = {sku: sorted(set(own)) for sku, own in plan.runs.groupby("sku")["line"]}
    table = table.assign(line=[joined(lines.get(sku, [])) for sku in table["sku"]])
    columns = [
        SheetColumn("sku", "SKU", "code"),
        *_product(table),
        SheetColumn("line", "Line"),
        SheetColumn("made", "Made", "whole"),
        *_expected(plan, table),
    ]
    head = 1
    last = book.table(sheet, head, table, columns) - 1
    filters(sheet, head, last, len(columns))
    sheet.freeze_panes(head + 1, 1)
    sheet.write_string(0, 0, "Rows shown", book.formats["note"])
    for place, column in enumerate(columns):
        if column.kind in {"whole", "units", "money"}:
            area = f"{cell(head + 1, place)}:{cell(last, place)}"
            value = float(np.nansum(table[column.source].to_numpy(dtype=float)))
            how = book.formats["total-whole"]
            sheet.write_formula(0, place, f"=SUBTOTAL(109,{area})", how, value)


def _expected(plan: "Plan", table: pd.DataFrame) -> list[SheetColumn]:
    """Return the columns of the outlook, where the plan has one."""
    unit = plan.currency or "money"
    columns = [
        SheetColumn("wanted", "Wanted, expected", "units"),
        SheetColumn("lost", "Lost, expected", "units"),
        SheetColumn("lost_share", "Share lost", "share"),
        SheetColumn("left", "Left at the end, expected", "units"),
        SheetColumn("worst", f"Chance to run out, worst {plan.calendar.word}", "share"),
        SheetColumn("lost_money", f"Lost revenue, {unit}", "money"),
        SheetColumn("left_money", f"Left at cost, {unit}", "money"),
    ]
    return [column for column in columns if column.source in table.columns]


def write_load(book: Book, plan: "Plan") -> None:
    """Write every line and period against its capacity, and what is short.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    """
    sheet = book.sheet("Load")
    load = plan.line_load
    short = plan.shortfalls
    by_line = short[short["sku"] == ""].set_index(["line", "period"])
    keys = pd.MultiIndex.from_frame(load[["line", "period"]])
    load["short"] = by_line["short"].reindex(keys).to_numpy()
    load["relief"] = by_line["relief"].reindex(keys).fillna("").to_numpy()
    load["free"] = load["capacity"] - load["used"]
    load["share"] = ((load["used"] + load["overtime"]) / load["capacity"]).where(
        load["capacity"] > 0
    )
    columns = [
        SheetColumn("line", "Line", "code"),
        SheetColumn("period", of_period(plan.calendar, "Day"), "date"),
        SheetColumn("unit", "Unit"),
        SheetColumn("capacity", "Regular capacity", "units"),
        SheetColumn("used", "Used", "units"),
        SheetColumn("free", "Free", "units"),
        SheetColumn("overtime", "Overtime", "units"),
        SheetColumn("overtime_limit", "Overtime limit", "units"),
        SheetColumn("share", "Load", "share"),
        SheetColumn("short", "Short", "units"),
        SheetColumn("price", f"One more unit earns, {plan.currency or 'money'}", "money"),
        SheetColumn("relief", "Cheapest relief", "wrapped"),
    ]
    last = book.table(sheet, 0, load, columns) - 1
    filters(sheet, 0, last, len(columns))
    for row, (free, share) in enumerate(zip(load["free"], load["share"], strict=True), start=1):
        used, over = cell(row, 4), cell(row, 6)
        sheet.write_formula(row, 5, f"={cell(row, 3)}-{used}", book.formats["units"], free)
        formula = f'=IF({cell(row, 3)}>0,({used}+{over})/{cell(row, 3)},"")'
        shown = "" if np.isnan(share) else share
        sheet.write_formula(row, 8, formula, book.formats["share"], shown)
    if last < 1:
        return
    rule = {"type": "cell", "criteria": ">", "value": 0, "format": book.formats["alert"]}
    for place in (_place(columns, "overtime"), _place(columns, "short")):
        sheet.conditional_format(1, place, last, place, rule)


def write_why(book: Book, plan: "Plan") -> None:
    """Write the reason of every run, and of every SKU without one.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    """
    sheet = book.sheet("Why")
    reasons = plan.reasons
    if reasons.empty:
        sheet.write_string(0, 0, "The plan came without reasons.", book.formats["note"])
        return
    unit = plan.currency or "money"
    table = reasons.assign(why=plan.explain_runs()["text"]).sort_values("sku", kind="stable")
    columns = [
        SheetColumn("sku", "SKU", "code"),
        SheetColumn("run", "Run"),
        SheetColumn("why", "Why", "long"),
        SheetColumn("covers_from", "Covers from", "date"),
        SheetColumn("covers_to", "Covers to", "date"),
        SheetColumn("demand_mean", "Wanted, expected", "units"),
        SheetColumn("supply", "There to sell, expected", "units"),
        SheetColumn("p_stockout", "Chance to run out", "share"),
        SheetColumn("p_left_over", "Chance of units left", "share"),
        SheetColumn("critical_ratio", "Critical ratio", "share"),
        SheetColumn("one_more", f"One more unit earns, {unit}", "money"),
        SheetColumn("limit", "What limits it"),
    ]
    sheet.write_string(0, 0, _NOTE, book.formats["note"])
    last = book.table(sheet, 1, table, columns) - 1
    filters(sheet, 1, last, len(columns))
    sheet.freeze_panes(2, 2)
    sheet.print_area(0, 0, last, 2)
