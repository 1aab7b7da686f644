"""How a factory shows itself: a line, a table, a notebook's HTML."""

from html import escape
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.production.factory.capacity import days_shut

if TYPE_CHECKING:
    from c2m.production.factory import Factory

_NAMES: Final = {
    "families": ("set-up family", "set-up families"),
    "group_capacities": ("group capacity", "group capacities"),
    "price_breaks": ("price break", "price breaks"),
    "material_orders": ("material order", "material orders"),
    "bill_of_materials": ("use of a material", "uses of materials"),
}
"""How tables are called whose names are not the plural of a row's."""


def line(factory: "Factory") -> str:
    """Return the factory in one line.

    Parameters
    ----------
    factory : Factory
        The factory.

    Returns
    -------
    str
        Name, counts of rows, freq and currency.
    """
    counts = ", ".join(
        f"{len(frame):,} {_noun(name, len(frame))}"
        for name, frame in factory.tables().items()
        if len(frame)
    )
    money = f", {factory.currency}" if factory.currency else ""
    return f"Factory({factory.name!r}: {counts}, freq {factory.calendar.freq!r}{money})"


def _noun(table: str, count: int) -> str:
    one, many = _NAMES.get(table, (table[:-1], table))
    return one if count == 1 else many


def summary(factory: "Factory") -> pd.DataFrame:
    """Return one row per line; see `Factory.summary`.

    Parameters
    ----------
    factory : Factory
        The factory.

    Returns
    -------
    DataFrame, shape (n_lines, 6)
        What each line can do and what is made on it.
    """
    table = factory.lines.set_index("line")
    routed = factory.routings.groupby("line")["sku"].nunique()
    return table[["unit", "capacity", "overtime_limit", "overtime_cost"]].assign(
        skus=routed.reindex(table.index, fill_value=0),
        days_shut=days_shut(factory.lines["line"], factory.shutdowns),
    )


def html(factory: "Factory") -> str:
    """Return the factory as HTML for a notebook.

    Parameters
    ----------
    factory : Factory
        The factory.

    Returns
    -------
    str
        The line and the table.
    """
    return f"<div><p><code>{escape(line(factory))}</code></p>{summary(factory).to_html()}</div>"
