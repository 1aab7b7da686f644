"""What is bought and shared: materials to order, budgets and other allowances."""

from typing import TYPE_CHECKING, Final

from c2m.frames import plural
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import money_column, of_period, share, short_day, units

if TYPE_CHECKING:
    from c2m.plan import Plan

_MOST_ROWS: Final = 200
_LEAST_PRICE: Final = 0.005


def material_table(plan: "Plan") -> Table | None:
    """Return the materials to order, by the day.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Table or None
        The earliest orders; None where nothing is bought.
    """
    bought = plan.materials
    bought = bought[bought["ordered"] > 0].sort_values(["order_by", "material"], kind="stable")
    if bought.empty:
        return None
    shown = bought.iloc[:_MOST_ROWS]
    columns = [
        Column("material", "Material"),
        Column("order_by", "Order by", short_day),
        Column("ordered", "To order", units, number=True),
        Column("used", "Used", units, number=True),
        Column("left", "Left after it", units, number=True),
        Column("unit", "Unit"),
        Column("period", of_period(plan.calendar, "Used on", "Used in"), short_day),
        Column("cost", f"Cost, {plan.currency or 'money'}", money_column(shown["cost"]), True),
    ]
    caption = (
        f"{plural(len(bought), 'order')} of materials, the earliest first; together "
        f"{money_column(bought['cost'])(bought['cost'].sum())} {plan.currency or ''}".rstrip()
    )
    return make_table("materials", caption, shown, columns, _more(len(bought)))


def allowance_table(plan: "Plan") -> Table | None:
    """Return the budgets and other amounts that runs share, and how much of each is taken.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Table or None
        Those that are full first; None where there are none. Materials are left out that can be
        ordered once more.
    """
    shared = plan.allowances
    shared = shared[(shared["kind"] != "material") | (shared["price"] > _LEAST_PRICE)]
    if shared.empty:
        return None
    taken = (shared["used"] / shared["amount"]).where(shared["amount"] > 0)
    shared = shared.assign(taken=taken, full=shared["price"] > _LEAST_PRICE)
    shared = shared.sort_values(["full", "first", "name"], ascending=[False, True, True])
    money = plan.currency or "money"
    columns = [
        Column("name", "What is shared"),
        Column("kind", "Kind"),
        Column("first", "From", short_day),
        Column("amount", "There is", units, number=True),
        Column("used", "Used", units, number=True),
        Column("unit", "Unit"),
        Column("taken", "Share used", share, number=True),
        Column("price", f"One more earns about, {money}", _price, number=True),
    ]
    caption = "Budgets and other amounts that runs share, those that hold runs back first"
    return make_table("shared", caption, shared.iloc[:_MOST_ROWS], columns, _more(len(shared)))


def _price(value: float) -> str:
    return f"{value:,.2f}" if value > _LEAST_PRICE else "nothing"


def _more(rows: int) -> str:
    hidden = rows - _MOST_ROWS
    return f"{plural(hidden, 'more row')} in the workbook." if hidden > 0 else ""
