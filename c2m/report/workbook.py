"""Write a plan as a workbook that a planner can filter, print and send on."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.engines import engine
from c2m.frames import plural
from c2m.report.bought_sheets import sheet_names, write_bought
from c2m.report.files import whole_file
from c2m.report.inputs_sheet import write_inputs
from c2m.report.outlook import bound_sentence
from c2m.report.products import add_description, sku_table
from c2m.report.sheets import Book, SheetColumn, cell, filters
from c2m.report.words import day, joined, of_period

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles on the sheet Forecast."""

_NEGATIVE: Final = "below 0: it would lose, as after rounding up to a lot"

_TITLE_HEIGHT: Final = 21.0
"""Points."""


def write_workbook(
    path: str | os.PathLike[str],
    plan: "Plan",
    demand: "Demand | None" = None,
    *,
    describe: Sequence[str] = (),
) -> Path:
    """Write a plan as an Excel workbook.

    Sheets: *Plan* (the runs), *By SKU* (units by period, what is wanted, lost and left),
    *Load* (every line against its capacity), *Forecast*, *Why* (the reason of every run) and
    *Inputs*. Codes are text, so 00123 keeps its zeros and 3-4 is no date. Totals are formulas.
    The same plan gives the same bytes.

    Parameters
    ----------
    path : path
        The file, ending in ``.xlsx``; it is written whole or not at all.
    plan : Plan
        The plan.
    demand : Demand, optional
        The forecast, for quantiles on the sheet Forecast and the SKUs' attributes. Unless given,
        the sheet has the expected demand that the plan keeps.
    describe : sequence of str
        Attributes of the SKUs to show beside their codes; needs `demand`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        If a sheet would need more rows than Excel has, or the file's name has another ending.
    MissingEngineError
        If xlsxwriter is not installed.
    """
    with whole_file(path, ".xlsx") as draft:
        file = engine("xlsxwriter", "Workbooks").Workbook(str(draft))
        try:
            file.set_properties({"created": plan.cutoff.to_pydatetime(), "author": "c2m"})
            _write(Book.of(file), plan, demand, describe)
        finally:
            file.close()
    return Path(path)


def _write(book: Book, plan: "Plan", demand: "Demand | None", describe: Sequence[str]) -> None:
    def described(table: pd.DataFrame) -> pd.DataFrame:
        return table if demand is None else add_description(table, demand, describe)

    _write_plan(book, plan, described(plan.runs))
    _write_skus(book, plan, described(sku_table(plan)))
    _write_load(book, plan)
    write_bought(book, plan)
    _write_forecast(book, plan, demand)
    _write_why(book, plan)
    write_inputs(book, plan)


def _product(table: pd.DataFrame) -> list[SheetColumn]:
    return [SheetColumn("what", "Product")] if "what" in table.columns else []


def _write_plan(book: Book, plan: "Plan", runs: pd.DataFrame) -> None:
    """Write the runs below a few lines that say what this is."""
    sheet = book.sheet("Plan")
    word = plan.calendar.word
    units = sorted(set(plan.line_load["unit"]))
    columns = [
        SheetColumn("run", "Run"),
        SheetColumn("sku", "SKU", "code"),
        *_product(runs),
        SheetColumn("line", "Line", "code"),
        SheetColumn("period", of_period(plan.calendar, "Make on", "Make in"), "date"),
        SheetColumn("quantity", "Units", "whole"),
        SheetColumn("available", "To sell from", "date"),
        SheetColumn("capacity_used", " / ".join(units).capitalize() or "Capacity", "units"),
        *_way_columns(runs),
    ]
    others = ["By SKU", "Load", *sheet_names(plan), "Forecast", "Why", "Inputs"]
    upto = day(plan.cutoff) if plan.freq == "D" else f"the {word} of {day(plan.cutoff)}"
    money = f" Money in {plan.currency}." if plan.currency else ""
    lines = [
        f"{plural(plan.n_periods, word)} from {day(plan.periods[0])}, made from data up to "
        f"{upto}.{money}",
        f"Every row is a run. Blue rows start in the first {word}. Other sheets: "
        f"{', '.join(others)}.",
        bound_sentence(plan),
    ]
    sheet.set_row(0, _TITLE_HEIGHT)
    sheet.write_string(0, 0, "Production plan", book.formats["title"])
    for number, text in enumerate(lines, start=1):
        sheet.write_string(number, 0, text, book.formats["note"])
    head = len(lines) + 3
    last = book.table(sheet, head, runs, columns) - 1
    filters(sheet, head, last, len(columns))
    _shown_total(book, sheet, head, last, columns, runs)
    first = cell(head + 1, _place(columns, "period")).rstrip("0123456789")
    day_number = (plan.periods[0] - pd.Timestamp("1899-12-30")).days
    rule = {"type": "formula", "criteria": f"=${first}{head + 2}={day_number}"}
    if len(runs):
        area = (head + 1, 0, last, len(columns) - 1)
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
    if runs["firm"].any():
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


def _write_skus(book: Book, plan: "Plan", table: pd.DataFrame) -> None:
    """Write a row a SKU: units by period, their sum, and what is expected."""
    sheet = book.sheet("By SKU")
    made = plan.runs.pivot_table(index="sku", columns="period", values="quantity", aggfunc="sum")
    made = made.reindex(index=list(plan.skus), columns=plan.periods)
    names = [f"{label:%Y-%m-%d}" for label in plan.periods]
    weeks = pd.DataFrame(made.to_numpy(dtype=float), columns=names)
    lines = {sku: sorted(set(own)) for sku, own in plan.runs.groupby("sku")["line"]}
    table = pd.concat([table, weeks], axis=1)
    table["line"] = [joined(lines.get(sku, [])) for sku in table["sku"]]
    before = [SheetColumn("sku", "SKU", "code"), *_product(table), SheetColumn("line", "Line")]
    columns = [
        *before,
        *(SheetColumn(name, name, "whole") for name in names),
        SheetColumn("made", "Made", "whole"),
        *_expected(plan, table),
    ]
    head = 1
    last = book.table(sheet, head, table, columns) - 1
    filters(sheet, head, last, len(columns))
    sheet.freeze_panes(head + 1, 1)
    start = len(before)
    for row, value in enumerate(table["made"], start=head + 1):
        area = f"{cell(row, start)}:{cell(row, start + len(names) - 1)}"
        how = book.formats["total-whole"]
        sheet.write_formula(row, start + len(names), f"=SUM({area})", how, int(value))
    sheet.write_string(0, 0, "Rows shown", book.formats["note"])
    for place, column in enumerate(columns):
        if column.kind in {"whole", "units", "money"}:
            area = f"{cell(head + 1, place)}:{cell(last, place)}"
            how = book.formats["total-whole"]
            value = float(np.nansum(table[column.source].to_numpy(dtype=float)))
            sheet.write_formula(0, place, f"=SUBTOTAL(109,{area})", how, value)


def _expected(plan: "Plan", table: pd.DataFrame) -> list[SheetColumn]:
    """Return the columns of the outlook, where the plan has one."""
    unit = plan.currency or "money"
    columns = [
        SheetColumn("wanted", "Wanted, expected", "units"),
        SheetColumn("lost", "Lost, expected", "units"),
        SheetColumn("left", "Left at the end, expected", "units"),
        SheetColumn("worst", f"Chance to run out, worst {plan.calendar.word}", "share"),
        SheetColumn("lost_money", f"Lost revenue, {unit}", "money"),
        SheetColumn("left_money", f"Left at cost, {unit}", "money"),
    ]
    return [column for column in columns if column.source in table.columns]


def _write_load(book: Book, plan: "Plan") -> None:
    """Write every line and period against its capacity, and what is short."""
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
        SheetColumn("relief", "Cheapest relief", "long"),
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


def _write_forecast(book: Book, plan: "Plan", demand: "Demand | None") -> None:
    """Write the forecast, a row a series and period."""
    sheet = book.sheet("Forecast")
    when = SheetColumn("period", of_period(plan.calendar, "Day"), "date")
    mean = SheetColumn("mean", "Expected units", "units")
    if demand is not None:
        table = demand.to_frame(LEVELS)
        keys = [SheetColumn(str(name), str(name).capitalize(), "code") for name in demand.keys]
        keys[0] = SheetColumn("sku", "SKU", "code")
        ranges = [
            SheetColumn(f"q{level:g}", f"{level:.0%} chance of less", "whole") for level in LEVELS
        ]
        columns = [*keys, when, mean, *ranges]
    elif plan.outlook:
        table = pd.DataFrame(
            {
                "sku": np.repeat(np.array(plan.skus, dtype=object), plan.n_periods),
                "period": np.tile(plan.periods.to_numpy(), len(plan.skus)),
                "mean": plan.outlook["demand"].ravel(),
            }
        )
        columns = [SheetColumn("sku", "SKU", "code"), when, mean]
    else:
        sheet.write_string(0, 0, "The plan came without a forecast.", book.formats["note"])
        return
    last = book.table(sheet, 0, table, columns) - 1
    filters(sheet, 0, last, len(columns))


def _write_why(book: Book, plan: "Plan") -> None:
    """Write the reason of every run, and of every SKU without one."""
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
        SheetColumn("one_more", f"One more unit earns, {unit} ({_NEGATIVE})", "money"),
        SheetColumn("limit", "What limits it"),
    ]
    last = book.table(sheet, 0, table, columns) - 1
    filters(sheet, 0, last, len(columns))
    sheet.freeze_panes(1, 2)
