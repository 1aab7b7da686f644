"""Write a plan as a workbook that a planner can filter, print, send on and change."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from c2m.engines import engine
from c2m.report.bought_sheets import write_bought
from c2m.report.buy_sheet import buying_names, write_buy
from c2m.report.changes_sheet import write_changes
from c2m.report.exceptions_sheet import write_exceptions
from c2m.report.files import whole_file
from c2m.report.inputs_sheet import write_inputs
from c2m.report.matching import check_match
from c2m.report.overrides.sheets import set_demand, write_overrides
from c2m.report.period_sheets import write_forecast, write_stock
from c2m.report.plan_sheets import write_load, write_plan, write_skus, write_why
from c2m.report.products import add_description, sku_table
from c2m.report.sheets import Book
from c2m.report.summary_sheet import write_contents, write_summary

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

_NO_MATRIX = (
    "There is no Buy sheet: the forecast has no attributes style, colour and size. In Python, "
    "buy_by= names others."
)


def write_workbook(
    path: str | os.PathLike[str],
    plan: "Plan",
    demand: "Demand | None" = None,
    *,
    describe: Sequence[str] = (),
    since: "Plan | None" = None,
    buy_by: Sequence[str] | None = None,
) -> Path:
    """Write a plan as an Excel workbook, which `c2m.with_overrides` reads back.

    Sheets: *Summary* (what to do now, units and money), *Plan* (the runs, each with a cell for
    another size), *Exceptions*, *Buy sheet* (styles and colours by size), *By SKU*, *Stock* (made,
    wanted, arriving, lost and there, by period), *Load*, *Materials*, *Shared*, *Changes* (since
    the last plan), *Forecast*, *Why* (the reason of every run), *Overrides*, *Demand overrides*
    and *Inputs*; those without content are left out. Cells for a person are coloured; all others
    are locked, without a password. Codes are text, so 00123 keeps its zeros and 3-4 is no date.
    Totals are formulas. The same plan gives the same bytes.

    Parameters
    ----------
    path : path
        The file, ending in ``.xlsx``; it is written whole or not at all.
    plan : Plan
        The plan.
    demand : Demand, optional
        The forecast, without what people have set in it: for quantiles on the sheet Forecast and
        the SKUs' attributes. It goes into the file, so that overrides can be costed without it.
        Unless given, the sheet Forecast has the expected demand that the plan keeps.
    describe : sequence of str
        Attributes of the SKUs to show beside their codes; needs `demand`.
    since : Plan, optional
        The plan before: the sheet Changes then compares money and runs.
    buy_by : sequence of str, optional
        Attributes that make the Buy sheet, sizes last; style, colour and size unless given.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        If plan and forecast do not belong together, a sheet would need more rows than Excel has,
        an attribute is not there, `since` has other periods, or the file's name has another
        ending.
    MissingEngineError
        If xlsxwriter is not installed.
    """
    check_match(plan, demand, describe)
    if since is not None:
        check_match(since, None, ())
    buying = buying_names(demand, buy_by)
    with whole_file(path, ".xlsx") as draft:
        file = engine("xlsxwriter", "Workbooks").Workbook(str(draft))
        try:
            file.set_properties({"created": plan.periods[0].to_pydatetime(), "author": "c2m"})
            _write(Book.of(file), plan, demand, describe, since=since, buying=buying)
        finally:
            file.close()
    return Path(path)


def _write(
    book: Book,
    plan: "Plan",
    demand: "Demand | None",
    describe: Sequence[str],
    *,
    since: "Plan | None",
    buying: Sequence[str],
) -> None:
    def _described(table: pd.DataFrame) -> pd.DataFrame:
        return table if demand is None else add_description(table, demand, describe)

    skus = _described(sku_table(plan))
    summary = write_summary(book, plan)
    write_plan(book, plan, _described(plan.runs))
    write_exceptions(book, plan, skus)
    if buying and demand is not None and len(plan):
        write_buy(book, plan, demand, buying)
    write_skus(book, plan, skus)
    write_stock(book, plan, skus)
    write_load(book, plan)
    write_bought(book, plan)
    write_changes(book, plan, since)
    write_forecast(book, plan, demand, set_demand(plan, demand))
    write_why(book, plan)
    write_overrides(book, plan, demand)
    write_inputs(book, plan)
    write_contents(book, summary, [] if buying or demand is None else [_NO_MATRIX])
