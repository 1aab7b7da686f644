"""From a workbook that a person has filled in to a plan with its costs."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from c2m.demand import Demand, override_demand
from c2m.errors import ArgumentError, DataError, warn
from c2m.plan import Plan
from c2m.report.changes_sheet import run_changes
from c2m.report.overrides.bound import with_bound
from c2m.report.overrides.reading import Found, read_book

if TYPE_CHECKING:
    from c2m.production import Factory

_PLACE = ["sku", "line", "period", "mode"]
_RUN = [*_PLACE, "quantity"]


def with_overrides(
    path: str | os.PathLike[str],
    factory: "Factory",
    demand: Demand | None = None,
    *,
    stock: object | None = None,
    on_order: object | None = None,
) -> Plan:
    """Read a plan's workbook with what a person has set in it, check it, and cost it anew.

    No run is changed but those that were set: what a person sets is made. Runs are set in the
    column Set units of the sheet Plan and on the sheet Overrides; demand on the sheet Demand
    overrides, where it is spread over SKUs and periods as the forecast is.

    Parameters
    ----------
    path : path
        A workbook that `Plan.to_excel` wrote, saved by any spreadsheet program.
    factory : Factory
        What can be made now.
    demand : Demand, optional
        The forecast, without what people have set; the one in the workbook unless given.
    stock, on_order : DataFrame or other Arrow table, optional
        As in `recost`; those that the plan was made from unless given.

    Returns
    -------
    Plan
        Its ``changes`` are against the plan that the workbook was written from; its input
        ``demand_overrides`` keeps what was set in the forecast, with ``was`` and ``set`` units,
        so that `override_demand` can score it later against the original. It keeps the bound of
        that plan where demand, factory, stock and orders are the same and no promised or frozen
        run is changed; otherwise ``bound_from`` says why there is none.

    Raises
    ------
    ArgumentError
        If there is no such file, or no forecast in it and none is given.
    DataError
        If it is no such workbook, a locked cell of a run was changed, or what was set is wrong:
        everything is listed by sheet and row.
    InfeasiblePlanError
        If runs break a limit: every limit with line, period and amount, and its cheapest relief.

    Warns
    -----
    C2MWarning
        If nothing is set, or a run is set in a frozen period.
    """
    from c2m.production import recost

    found = read_book(Path(path))
    given = found.carried.demand if demand is None else demand
    if given is None:
        found.check.done()
        raise ArgumentError(
            f"{Path(path).name} carries no forecast: pass demand=, the forecast of the plan."
        )
    given, set_demand = _with_demand(given, found)
    found.check.done()
    if found.runs.empty and set_demand is None:
        warn(f"Nothing is set in {Path(path).name}: the plan is costed as it is.")
    before = found.carried.plan
    inputs = {name: table for name, table in before.inputs.items() if name != "overrides"}
    own = found.runs.astype({"quantity": "int64"}) if len(found.runs) else None
    plan = recost(
        replace(before, inputs=inputs),
        given,
        factory,
        overrides=None if own is None else own[_RUN],
        stock=stock,
        on_order=on_order,
    )
    told = _told(plan, before, found, set_demand)
    return with_bound(told, before, told.tables["changes"], factory)


def _with_demand(demand: Demand, found: Found) -> tuple[Demand, pd.DataFrame | None]:
    """Return the forecast with what was set in it, and the list of it; what is wrong is noted."""
    filled = found.demand
    if filled.frame.empty:
        return demand, None
    own = {str(name).casefold(): str(name) for name in [*demand.keys, *demand.attributes]}
    names = {title: own.get(str(title).casefold(), str(title)) for title in filled.frame.columns}
    try:
        rows = override_demand(demand, filled.frame.rename(columns=names), place=filled.place)
    except DataError as error:
        for problem in error.problems:
            found.check.add(problem, error.fix)
        return demand, None
    return rows.demand, rows.to_frame()


def _told(plan: Plan, before: Plan, found: Found, set_demand: pd.DataFrame | None) -> Plan:
    """Return a plan that says what a person has changed, and why."""
    changes = run_changes(before, plan, "a person has set it")
    remarks = found.runs[found.runs["remark"] != ""] if len(found.runs) else found.runs
    for row in remarks.to_dict("records"):
        same = (changes["sku"] == row["sku"]) & (changes["line"] == row["line"])
        same &= changes["period"] == row["period"]
        changes.loc[same, "why"] = f"a person has set it: {row['remark']}"
    inputs = dict(plan.inputs)
    if len(remarks):
        kept = remarks[[*_PLACE, "remark"]].astype({"period": inputs["overrides"]["period"].dtype})
        own = inputs["overrides"].merge(kept, on=_PLACE, how="left")
        inputs["overrides"] = own.assign(remark=own["remark"].fillna(""))
    if set_demand is not None:
        inputs["demand_overrides"] = _plain(set_demand)
    return replace(plan, tables={**plan.tables, "changes": changes}, inputs=inputs)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns are of one type each, as a folder keeps them."""
    plain = table.copy()
    for name in ("units", "change"):
        if name in plain:
            plain[name] = pd.to_numeric(plain[name], errors="coerce")
    for name in ("from", "to"):
        if name in plain:
            plain[name] = pd.to_datetime(plain[name], errors="coerce")
    texts = [name for name in plain if plain[name].dtype == "object"]
    for text in texts:
        plain[text] = plain[text].map(lambda value: "" if value is None else str(value))
    return plain
