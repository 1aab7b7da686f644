"""The sheet Inputs: every table that a plan was made from, below each other."""

from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.report.facts import plan_sentences
from c2m.report.sheets import Book, Kind, SheetColumn, cell

if TYPE_CHECKING:
    from c2m.plan import Plan

_CODES: Final = ("sku", "line", "group", "name", "prepack", "scope", "unit")


def write_inputs(book: Book, plan: "Plan") -> None:
    """Write the tables, the short ones first, below a list with links to them.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    """
    sheet = book.sheet("Inputs")
    sheet.write_string(0, 0, "What the plan was made from", book.formats["title"])
    row = 1
    for sentence in plan_sentences(plan):
        sheet.write_string(row, 0, sentence, book.formats["note"])
        row += 1
    filled = [(name, table) for name, table in plan.inputs.items() if len(table)]
    tables = sorted(filled, key=lambda item: (len(item[1]), item[0]))
    start = row + 1 + len(tables) + 1
    for name, table in tables:
        text = f"{name}: {plural(len(table), 'row')}"
        target = f"internal:'Inputs'!{cell(start, 0)}"
        sheet.write_url(row, 0, target, book.formats["link"], text)
        sheet.write_string(start, 0, name, book.formats["block"])
        columns = [SheetColumn(str(title), str(title), _kind(table[title])) for title in table]
        start = book.table(sheet, start + 1, table, columns) + 1
        row += 1


def _kind(column: pd.Series) -> Kind:
    """Return how the values of an input column are written."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "date"
    if column.name in _CODES or not pd.api.types.is_numeric_dtype(column.dtype):
        return "code"
    return "number"
