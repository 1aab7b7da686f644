"""The sheets of what runs share: materials with their orders, and budgets and other allowances."""

from typing import TYPE_CHECKING

from c2m.report.sheets import Book, SheetColumn, filters
from c2m.report.words import of_period

if TYPE_CHECKING:
    from c2m.plan import Plan


def sheet_names(plan: "Plan") -> list[str]:
    """Return the names of the sheets that `write_bought` writes.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of str
        ``Materials`` and ``Shared``, each where the plan has any of it.
    """
    tables = {"Materials": plan.materials, "Shared": plan.allowances}
    return [name for name, table in tables.items() if len(table)]


def write_bought(book: Book, plan: "Plan") -> None:
    """Write the sheets ``Materials`` and ``Shared``, each where the plan has any of it.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    """
    money = plan.currency or "money"
    materials = [
        SheetColumn("material", "Material", "code"),
        SheetColumn("unit", "Unit"),
        SheetColumn("period", of_period(plan.calendar, "Used on", "Used in"), "date"),
        SheetColumn("used", "Used", "units"),
        SheetColumn("ordered", "To order", "units"),
        SheetColumn("order_by", "Order by", "date"),
        SheetColumn("cost", f"Cost, {money}", "money"),
        SheetColumn("left", "Left", "units"),
    ]
    shared = [
        SheetColumn("name", "What is shared", "code"),
        SheetColumn("kind", "Kind"),
        SheetColumn("first", of_period(plan.calendar, "From", "From the"), "date"),
        SheetColumn("last", of_period(plan.calendar, "To", "To the"), "date"),
        SheetColumn("amount", "There is", "units"),
        SheetColumn("used", "Used", "units"),
        SheetColumn("unit", "Unit"),
        SheetColumn("price", f"One more unit earns, {money}", "money"),
        SheetColumn("sku", "With SKU", "code"),
    ]
    sheets = {"Materials": (plan.materials, materials), "Shared": (plan.allowances, shared)}
    for name in sheet_names(plan):
        sheet = book.sheet(name)
        table, columns = sheets[name]
        last = book.table(sheet, 0, table, columns) - 1
        filters(sheet, 0, last, len(columns))
