"""The sheet that a buyer sends: style and colour down, sizes across."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import attribute_texts, did_you_mean, name_list
from c2m.report.sheets import Book, SheetColumn, cell, filters
from c2m.report.words import joined, of_period

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

_USUAL: Final = (("style", "colour", "size"), ("style", "color", "size"))
_SIZES: Final = (
    *("XXXS", "3XS", "XXS", "2XS", "XS", "S", "M", "L", "XL"),
    *("XXL", "2XL", "XXXL", "3XL", "4XL", "5XL", "6XL"),
)
_NO_SIZE: Final = "no size"
_OF: Final = "of "


def buying_names(demand: "Demand | None", buy_by: Sequence[str] | None) -> tuple[str, ...]:
    """Return the attributes that make the matrix.

    Parameters
    ----------
    demand : Demand, optional
        Whose attributes are meant.
    buy_by : sequence of str, optional
        Those that a caller names, the one that goes across last.

    Returns
    -------
    tuple of str
        Style, colour and size unless named; empty where the forecast does not have them.

    Raises
    ------
    ArgumentError
        If one that is named is not there, or fewer than two are named.
    """
    known = [] if demand is None else [str(name) for name in demand.attributes.columns]
    if buy_by is None:
        return next((names for names in _USUAL if set(names) <= set(known)), ())
    if isinstance(buy_by, str) or len(buy_by) < 2:
        raise ArgumentError(
            f"Expected buy_by= of at least two attributes, sizes last, got {buy_by!r}."
        )
    absent = [name for name in buy_by if name not in known]
    if absent:
        raise ArgumentError(
            f"There is no attribute {absent[0]!r}{did_you_mean(absent[0], known)} to buy by; there "
            f"are {name_list(known) or 'none'}."
        )
    return tuple(buy_by)


def size_order(sizes: Sequence[str]) -> list[str]:
    """Put sizes in the order in which people read them.

    Parameters
    ----------
    sizes : sequence of str
        Sizes; numbers first, then letters from small to large, then the rest by name.

    Returns
    -------
    list of str
        Each once.

    Examples
    --------
    >>> size_order(["XL", "10", "S", "8", "3-4", "M"])
    ['3-4', '8', '10', 'S', 'M', 'XL']
    """

    def _place(size: str) -> tuple[int, float, str]:
        digits = size.replace(",", ".").split("-")[0].split("/")[0]
        if digits.replace(".", "", 1).isdecimal():
            return 0, float(digits), size
        known = size.upper() in _SIZES
        return (1, float(_SIZES.index(size.upper())), size) if known else (2, 0.0, size)

    return sorted(set(sizes), key=_place)


def buy_table(plan: "Plan", demand: "Demand", names: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Return what is made by all names but the last, line and period, with a column a size.

    Parameters
    ----------
    plan : Plan
        The plan.
    demand : Demand
        The forecast, with the attributes.
    names : sequence of str
        See `buying_names`.

    Returns
    -------
    table : DataFrame
        The names but the last, each as ``by <name>``, ``line``, ``mode``, ``period``, the sizes,
        each as ``of <size>``, ``total``, and ``cost`` where the plan knows unit costs.
    n_sizes : int
        How many columns are sizes.
    """
    known = demand.attributes[list(names)].apply(attribute_texts).fillna("")
    own = known.assign(sku=demand.skus).drop_duplicates("sku").set_index("sku")
    runs = plan.runs
    runs = runs.join(own.add_prefix("by "), on="sku").fillna({f"by {name}": "" for name in names})
    *rows, across = (f"by {name}" for name in names)
    runs[across] = runs[across].replace("", _NO_SIZE)
    keys = [*rows, "line", "mode", "period"]
    table = runs.pivot_table(index=keys, columns=across, values="quantity", aggfunc="sum")
    sizes = size_order([str(size) for size in table.columns])
    table = table.reindex(columns=sizes).add_prefix(_OF)  # a size may be called total
    table["total"] = table.sum(axis=1)
    products = plan.inputs.get("products")
    if products is not None:
        cost = runs["quantity"] * runs["sku"].map(products.set_index("sku")["unit_cost"])
        table["cost"] = cost.groupby([runs[key] for key in keys]).sum()
    table = table.reset_index()
    table.columns = [str(name) for name in table.columns]
    return table, len(sizes)


def write_buy(book: Book, plan: "Plan", demand: "Demand", names: Sequence[str]) -> None:
    """Write the sheet ``Buy sheet``: the whole plan, then every line and period.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        A plan with runs.
    demand : Demand
        The forecast.
    names : sequence of str
        See `buying_names`.
    """
    sheet = book.sheet("Buy sheet")
    table, n_sizes = buy_table(plan, demand, names)
    rows = [f"by {name}" for name in names[:-1]]
    numbers = table.columns[len(rows) + 3 :]
    sheet.write_string(0, 0, "Whole plan", book.formats["block"])
    text = f"Units by {joined([*names[:-1]])} and {names[-1]}; cost at unit cost, without set-ups"
    text += ", price breaks and transport." if len(plan.inputs.get("price_breaks", ())) else "."
    sheet.write_string(1, 0, text, book.formats["note"])
    titles = [
        SheetColumn(row, name.capitalize(), "code") for row, name in zip(rows, names, strict=False)
    ]
    figures = [
        *(SheetColumn(size, size.removeprefix(_OF), "whole") for size in numbers[:n_sizes]),
        SheetColumn("total", "Total", "whole"),
    ]
    if "cost" in table.columns:
        figures.append(SheetColumn("cost", f"Cost, {plan.currency or 'money'}", "money"))
    whole = table.groupby(rows, as_index=False)[list(numbers)].sum(min_count=1)
    blank = [SheetColumn(name, "", "text") for name in ("line", "mode", "period")]
    whole = whole.assign(line="", mode="", period="")
    head = 2
    below = book.table(sheet, head, whole, [*titles, *blank, *figures])
    start = len(titles) + len(blank)
    _totals(book, sheet, (head, below), start, whole[list(numbers)])
    sheet.write_string(below + 2, 0, "By line and period", book.formats["block"])
    places = [
        SheetColumn("line", "Line", "code"),
        SheetColumn("mode", "By"),
        SheetColumn("period", of_period(plan.calendar, "Make on", "Make in"), "date"),
    ]
    head = below + 3
    last = book.table(sheet, head, table, [*titles, *places, *figures]) - 1
    filters(sheet, head, last, start + len(figures))
    sheet.freeze_panes(0, len(titles))


def _totals(
    book: Book, sheet: Any, rows: tuple[int, int], start: int, numbers: pd.DataFrame
) -> None:
    """Write the sums below the matrix, as formulas."""
    head, below = rows
    for place in range(start):
        sheet.write_string(below, place, "" if place else "Total", book.formats["result-text"])
    for place, name in enumerate(numbers.columns, start=start):
        area = f"{cell(head + 1, place)}:{cell(below - 1, place)}"
        value = float(np.nansum(numbers[name].to_numpy(dtype=float)))
        sheet.write_formula(below, place, f"=SUM({area})", book.formats["result"], value)
