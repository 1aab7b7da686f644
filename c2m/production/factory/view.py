"""How a factory shows itself: a line, a table, a notebook's HTML."""

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from c2m.production.factory.capacity import days_shut

if TYPE_CHECKING:
    from c2m.production.factory import Factory


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
        f"{len(frame):,} {name[:-1] if len(frame) == 1 else name}"
        for name, frame in factory.tables().items()
        if len(frame)
    )
    money = f", {factory.currency}" if factory.currency else ""
    return f"Factory({factory.name!r}: {counts}, freq {factory.calendar.freq!r}{money})"


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
