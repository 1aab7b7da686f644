"""The first sheet: what to do now, what the plan brings, and what the other sheets hold."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from c2m.frames import plural
from c2m.report.due import due_table
from c2m.report.money import RESULT, cost_frame
from c2m.report.outlook import bound_sentence
from c2m.report.sheets import Book, SheetColumn, cell
from c2m.report.words import day, first_period

if TYPE_CHECKING:
    from c2m.plan import Plan

_MOST_DUE: Final = 40
"""So many tasks stand on the first sheet; the others are on the sheet Plan."""

_ON_A_PAGE: Final = 75
"""Rows that are readable on one page."""

_COLUMNS: Final = 6
_FIRST_WIDTH: Final = 46.0
_OTHER_WIDTH: Final = 8.43
"""Of a column that no table has made wider."""

_LINE_HEIGHT: Final = 15.5
"""Points."""

_LEGEND: Final = (
    "Cells of this colour are for you; all others are locked, without a password (Review, "
    "Unprotect sheet)."
)
_HOW: Final = (
    "Save the workbook. This command then checks what was set and costs it:\n"
    "c2m plan --overrides <this file>\n"
    'In Python: c2m.with_overrides("<this file>", factory).'
)

ABOUT: Final = {
    "Plan": "every run, with a coloured cell to set another size",
    "Exceptions": "what needs a person, the dearest first",
    "Buy sheet": "units to make, style and colour by size",
    "By SKU": "each SKU over the whole plan: made, wanted, lost, left",
    "Stock": "each SKU in each period: made, wanted, arriving, lost, stock",
    "Load": "every line against its capacity",
    "Materials": "what runs use, and what to order by when",
    "Shared": "budgets and other limits that runs share",
    "Changes": "what is not as it was in the plan before",
    "Forecast": "expected demand and how far it may be off",
    "Why": "the reason of every run",
    "Overrides": "coloured cells: runs that a person sets",
    "Demand overrides": "coloured cells: demand that a person knows better",
    "Inputs": "every table that the plan was made from",
}
"""What each sheet holds."""


@dataclass(frozen=True)
class Below:
    """A sheet, the first row of it that is free, and the sentences above by their row."""

    sheet: Any
    row: int
    told: Mapping[int, str]


def write_summary(book: Book, plan: "Plan") -> Below:
    """Write the sheet; `write_contents` adds the list of the others once they are known.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.

    Returns
    -------
    Below
        Where `write_contents` goes on.
    """
    sheet = book.sheet("Summary")
    sheet.set_row(0, 21.0)
    sheet.write_string(0, 0, "Production plan", book.formats["title"])
    told = dict(enumerate((_made_from(plan), bound_sentence(plan)), start=1))
    for row, text in told.items():
        sheet.merge_range(row, 0, row, _COLUMNS - 1, text, book.formats["note-wrapped"])
    row = _write_due(book, sheet, len(told) + 2, plan)
    row = _write_figures(book, sheet, row + 1, plan)
    return Below(sheet, _write_money(book, sheet, row + 1, plan) + 1, told)


def write_contents(book: Book, summary: Below, notes: Sequence[str] = ()) -> None:
    """Write what the other sheets hold, each with a link, and how the workbook is used.

    Parameters
    ----------
    book : Book
        The workbook, with all its sheets.
    summary : Below
        What `write_summary` returned.
    notes : sequence of str
        What is to be said of the sheets besides.
    """
    sheet, row = summary.sheet, summary.row
    sheet.write_string(row, 0, "Sheets", book.formats["block"])
    for name in (each.get_name() for each in book.file.worksheets()):
        if name in ABOUT:
            row += 1
            sheet.write_url(row, 0, f"internal:'{name}'!A1", book.formats["link"], name)
            sheet.write_string(row, 1, ABOUT[name], book.formats["note"])
    for text in notes:
        row += 1
        sheet.write_string(row, 0, text, book.formats["note"])
    row += 3
    sheet.write_blank(row - 1, 0, None, book.formats["input-text"])
    below = {row - 1: _LEGEND, row: _HOW}
    for number, text in below.items():
        sheet.merge_range(number, 1, number, _COLUMNS - 1, text, book.formats["note-wrapped"])
    _fit(book, sheet, below, first=1)
    _fit(book, sheet, summary.told)
    sheet.print_area(0, 0, row, _COLUMNS - 1)
    if row < _ON_A_PAGE:
        sheet.set_portrait()
        sheet.fit_to_pages(1, 1)
    sheet.set_column(0, 0, _FIRST_WIDTH)


def _fit(book: Book, sheet: Any, told: Mapping[int, str], first: int = 0) -> None:
    """Make rows as high as the sentences that go over all columns from one on."""
    known = {**book.widths.get(sheet.get_name(), {}), 0: _FIRST_WIDTH}
    width = sum(known.get(column, _OTHER_WIDTH) for column in range(first, _COLUMNS))
    for row, text in told.items():
        lines = sum(len(textwrap.wrap(part, int(width))) for part in text.splitlines())
        sheet.set_row(row, _LINE_HEIGHT * lines)


def _made_from(plan: "Plan") -> str:
    word = plan.calendar.word
    upto = day(plan.periods[0] - pd.Timedelta(days=1))
    money = f" Money in {plan.currency}." if plan.currency else ""
    return (
        f"{plural(plan.n_periods, word)} from {day(plan.periods[0])}, made from data up to "
        f"{upto}.{money}"
    )


def _write_due(book: Book, sheet: Any, row: int, plan: "Plan") -> int:
    """Write what has to be done in the first period; return the row below it."""
    when = first_period(plan.calendar)
    due = due_table(plan)
    sheet.write_string(row, 0, f"To do {when}", book.formats["block"])
    if due.empty:
        text = f"Nothing has to be started or ordered {when}."
        sheet.write_string(row + 1, 0, text, book.formats["note"])
        return row + 2
    columns = [
        SheetColumn("do", "Do"),
        SheetColumn("what", "SKU or material", "code"),
        SheetColumn("by", "By", "date"),
        SheetColumn("amount", "Amount", "units"),
        SheetColumn("unit", "Unit"),
        SheetColumn("where", "Line, or what for"),
    ]
    last = book.table(sheet, row + 1, due.iloc[:_MOST_DUE], columns)
    for number, amount in enumerate(due["amount"].iloc[:_MOST_DUE], start=row + 2):
        if float(amount).is_integer():
            sheet.write_number(number, 3, float(amount), book.formats["whole"])
    for number, late in enumerate(due["late"].iloc[:_MOST_DUE], start=row + 2):
        if late:
            by = due["by"].iloc[number - row - 2].to_pydatetime()
            sheet.write_datetime(number, 2, by, book.formats["alert-date"])
    if due["late"].any():
        text = f"Dates in red were before the plan begins: {int(due['late'].sum()):,}."
        sheet.write_string(last, 0, text, book.formats["note"])
        last += 1
    hidden = len(due) - _MOST_DUE
    if hidden > 0:
        text = f"{plural(hidden, 'more task')}: see the sheet Plan."
        sheet.write_string(last, 0, text, book.formats["note"])
        last += 1
    return last


def _write_figures(book: Book, sheet: Any, row: int, plan: "Plan") -> int:
    """Write the main figures in units."""
    figures = plan.summary().reset_index()
    money = plan.currency or "money"
    figures = figures[~figures["unit"].isin([money, "share of bound"])]  # told above in words
    sheet.write_string(row, 0, "In units", book.formats["block"])
    for number, (name, value, unit) in enumerate(
        figures[["figure", "value", "unit"]].itertuples(index=False, name=None), start=row + 1
    ):
        part = unit.startswith("share")
        sheet.write_string(number, 0, _heading(name), book.formats["text"])
        how = book.formats["share" if part else "whole"]
        sheet.write_number(number, 1, float(value), how)
        sheet.write_string(number, 2, "" if part else unit, book.formats["note-in"])
    return row + 1 + len(figures)


def _heading(name: str) -> str:
    """Write a figure's name as a line begins."""
    return f"{name[0].upper()}{name[1:]}".replace("Skus", "SKUs")


def _write_money(book: Book, sheet: Any, row: int, plan: "Plan") -> int:
    """Write money by kind, adding up to the profit by a formula."""
    table = cost_frame(plan)
    if table.empty:
        return row
    title = f"Money{', ' + plan.currency if plan.currency else ''}: expected, over the whole plan"
    sheet.write_string(row, 0, title, book.formats["block"])
    first = row + 1
    for number, (kind, name, value, summed) in enumerate(
        table[["kind", "name", "value", "summed"]].itertuples(index=False, name=None), start=first
    ):
        if kind == RESULT:
            area = f"{cell(first, 1)}:{cell(number - 1, 1)}"
            sheet.write_string(number, 0, name, book.formats["result-text"])
            sheet.write_formula(number, 1, f"=SUM({area})", book.formats["result"], value)
        else:
            sheet.write_string(number, 0, name, book.formats["text" if summed else "note-in"])
            sheet.write_number(number, 1, value, book.formats["whole"])
    return first + len(table)
