"""The sheet of what needs a person."""

from typing import TYPE_CHECKING

import pandas as pd

from c2m.report.exception_rows import LEFT_SHARE, LOST_SHARE, exception_rows
from c2m.report.sheets import Book, SheetColumn, filters
from c2m.report.words import of_period

if TYPE_CHECKING:
    from c2m.plan import Plan


def write_exceptions(book: Book, plan: "Plan", table: pd.DataFrame) -> None:
    """Write the sheet ``Exceptions``.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    table : DataFrame
        From `sku_table`.
    """
    sheet = book.sheet("Exceptions")
    found = exception_rows(plan, table)
    lines = (
        "Orders that are late or overdue first, then by money at stake. A SKU is here if it loses "
        f"more than {LOST_SHARE:.0%} of its demand,",
        f"or if more than {LEFT_SHARE:.0%} of it is left at the end. Where money is empty, only a "
        "new plan tells.",
    )
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, text, book.formats["note"])
    head = len(lines)
    if found.empty:
        sheet.write_string(head, 0, "Nothing needs a person.", book.formats["note"])
        return
    columns = [
        SheetColumn("kind", "Kind"),
        SheetColumn("sku", "SKU", "code"),
        SheetColumn("line", "Line", "code"),
        SheetColumn("period", of_period(plan.calendar, "Day"), "date"),
        SheetColumn("what", "What", "wrapped"),
        SheetColumn("helps", "What helps", "wrapped"),
        SheetColumn("money", f"At stake, {plan.currency or 'money'}", "money"),
    ]
    last = book.table(sheet, head, found, columns) - 1
    filters(sheet, head, last, len(columns))
