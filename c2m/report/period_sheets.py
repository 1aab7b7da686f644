"""Sheets with a column a period: the stock of every SKU, and the forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.report.sheets import Book, SheetColumn, check_rows

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles on the sheet Forecast."""

_ON_A_PAGE: Final = 26
"""Periods that are readable on a page's width; more of them go on to further pages."""

_PERIOD_WIDTH: Final = 7.0
_HEAD_HEIGHT: Final = 31.0
_SCALE: Final = 65
"""Percent, where columns go on to further pages."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """What is said of every series in every period: a row each.

    Parameters
    ----------
    title : str
        What it is.
    cells : ndarray, shape (n_series, n_periods)
        Units or shares.
    total : bool
        Whether its sum over the periods means anything.
    share : bool
        Whether it is a share.
    alarm : float
        From here on its cells are marked.
    """

    title: str
    cells: Floats
    total: bool = True
    share: bool = False
    alarm: float = np.inf


def write_stock(book: Book, plan: "Plan", table: pd.DataFrame) -> None:
    """Write the sheet ``Stock``: what is made, wanted, coming, lost and there in each period.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        A plan with an outlook, or one without: then only what is made.
    table : DataFrame, a row a SKU of the plan
        ``sku``, and ``what`` where it is described.
    """
    made = plan.runs.pivot_table(index="sku", columns="period", values="quantity", aggfunc="sum")
    made = made.reindex(index=list(plan.skus), columns=plan.periods).fillna(0.0)
    measures = [Measure("Made", made.to_numpy(dtype=np.float64))]
    if plan.outlook:
        own = plan.outlook
        measures += [
            Measure("Arriving", own["arrivals"]),
            Measure("Wanted", own["demand"]),
            Measure("Lost", own["lost"], alarm=1.0),
            Measure("Stock at the end", own["stock"], total=False),
            Measure("Chance to run out", own["stockout"], total=False, share=True),
        ]
    note = (
        "Expected units; Arriving of the first column holds the stock that was there before. "
        "Filter the column What for one of them."
    )
    keys = table[[name for name in ("sku", "what") if name in table.columns]]
    _write(book, "Stock", note, keys, measures, plan.periods)


def write_forecast(book: Book, plan: "Plan", demand: "Demand | None", set_to: Any = None) -> None:
    """Write the sheet ``Forecast``.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan, whose expectation is shown where there is no forecast.
    demand : Demand, optional
        The forecast.
    set_to : Demand, optional
        The same with what people have set; shown beside it.
    """
    if demand is None and not plan.outlook:
        sheet = book.sheet("Forecast")
        text = "The plan came without a forecast."
        sheet.write_string(0, 0, text, book.formats["note"])
        return
    if demand is None:
        keys = pd.DataFrame({"sku": list(plan.skus)})
        measures, periods = [Measure("Expected", plan.outlook["demand"])], plan.periods
    else:
        keys, periods = demand.keys, demand.periods
        measures = [Measure("Expected", demand.mean)]
        if set_to is not None:
            measures.append(Measure("As set by a person", set_to.mean))
        quantiles = demand.quantiles(LEVELS)
        measures += [
            Measure(f"{level:.0%} chance of less", quantiles[..., place], total=False)
            for place, level in enumerate(LEVELS)
        ]
    note = "Units. A total of quantiles would mean nothing, so there is none."
    _write(book, "Forecast", note, keys, measures, periods)


def _write(
    book: Book,
    name: str,
    note: str,
    keys: pd.DataFrame,
    measures: Sequence[Measure],
    periods: pd.DatetimeIndex,
) -> None:
    """Write a row a series and measure, a column a period."""
    sheet = book.sheet(name)
    head = 2
    n_rows = len(keys) * len(measures)
    check_rows(name, head + 1 + n_rows)
    sheet.write_string(0, 0, note, book.formats["note"])
    titles = {"sku": "SKU", "what": "Product"}
    frame = keys.loc[keys.index.repeat(len(measures))].reset_index(drop=True)
    frame["measure"] = [each.title for each in measures] * len(keys)
    columns = [
        SheetColumn(str(key), titles.get(str(key), str(key).capitalize()), "code") for key in keys
    ]
    columns.append(SheetColumn("measure", "What"))
    book.table(sheet, head, frame, columns)
    start = len(columns)
    _write_head(book, sheet, head, start, periods)
    for place, measure in enumerate(measures):
        rows = range(head + 1 + place, head + 1 + n_rows, len(measures))
        _write_measure(book, sheet, rows, start, measure, last=place == len(measures) - 1)
    _lay_out(sheet, head, head + n_rows, start, len(periods))


def _write_head(book: Book, sheet: Any, head: int, start: int, periods: pd.DatetimeIndex) -> None:
    for place, period in enumerate(periods, start=start):
        text = f"{period.day} {period:%b}\n{period.year}"
        sheet.write_string(head, place, text, book.formats["head-right"])
    last = start + len(periods)
    sheet.write_string(head, last, "Total", book.formats["head-right"])
    sheet.set_column(start, last - 1, _PERIOD_WIDTH)
    sheet.set_column(last, last, _PERIOD_WIDTH + 2.0)
    sheet.set_row(head, _HEAD_HEIGHT)


def _write_measure(
    book: Book, sheet: Any, rows: Sequence[int], start: int, measure: Measure, *, last: bool
) -> None:
    """Write the rows of one measure; the last one of a series has a line below it."""
    kind = "cell-share" if measure.share else "cell"
    plain, alert = (book.formats[f"{name}{'-last' * last}"] for name in (kind, f"{kind}-alert"))
    for row, values in zip(rows, measure.cells.tolist(), strict=True):
        for place, value in enumerate(values, start=start):
            how = alert if value >= measure.alarm else plain
            sheet.write_number(row, place, value, how)
        total = start + len(values)
        if measure.total:
            sheet.write_number(row, total, sum(values), book.formats[f"cell-total{'-last' * last}"])
        elif last:
            sheet.write_blank(row, total, None, plain)


def _lay_out(sheet: Any, head: int, last: int, start: int, n_periods: int) -> None:
    """Freeze, filter and print it, on several pages side by side where it is wide."""
    sheet.freeze_panes(head + 1, start)
    sheet.autofilter(head, 0, max(last, head), start - 1)
    sheet.repeat_rows(head)
    sheet.print_area(0, 0, max(last, head), start + n_periods)
    if n_periods > _ON_A_PAGE:
        sheet.repeat_columns(0, start - 1)
        sheet.set_print_scale(_SCALE)
