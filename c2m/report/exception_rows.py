"""What of a plan needs a person: what is late or overdue first, then the dearest."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.frames import plural
from c2m.report.due import due_table
from c2m.report.words import day, units

if TYPE_CHECKING:
    from c2m.plan import Plan

COLUMNS: Final = ("kind", "sku", "line", "period", "what", "helps", "money")
"""What is said of every exception."""

LOST_SHARE: Final = 0.2
"""Of the demand; a SKU that loses more is an exception."""

LEFT_SHARE: Final = 0.5
"""Of the demand; a SKU of which more is left at the end is an exception."""

_LEAST: Final = 1.0
"""Units; less is no exception."""

_FIRST: Final = ("Late", "Order overdue")
"""Kinds that come before all money."""


def exception_rows(plan: "Plan", table: pd.DataFrame) -> pd.DataFrame:
    """Return what needs a person.

    Parameters
    ----------
    plan : Plan
        The plan.
    table : DataFrame
        From `sku_table`.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`: ``sku``, ``line`` and ``period`` where they are known, ``what``
        and ``helps`` in words, ``money`` at stake (unknown where only a new plan tells).
    """
    rows = [
        *_late(plan),
        *_orders(plan),
        *_shortfalls(plan),
        *_lost(table),
        *_left(table),
        *_overtime(plan),
        *_used_up(plan),
    ]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found["period"] = pd.to_datetime(found["period"])
    found["money"] = found["money"].astype("float64")
    order = found.assign(
        place=~found["kind"].isin(_FIRST), size=-found["money"].abs().fillna(0.0)
    ).sort_values(["place", "size"], kind="stable")
    return order[list(COLUMNS)].reset_index(drop=True)


def _row(kind: str, what: str, helps: str = "", **more: Any) -> dict[str, Any]:
    blank = {"sku": "", "line": "", "period": pd.NaT, "money": np.nan}
    return {**blank, "kind": kind, "what": what, "helps": helps, **more}


def _late(plan: "Plan") -> list[dict[str, Any]]:
    """Return the orders that should have been placed before the plan begins."""
    due = due_table(plan)
    rows = []
    for task in due[due["late"].astype(bool) & (due["do"] != "Chase order")].to_dict("records"):
        amount = f"{units(task['amount'])} {task['unit']} of {task['what']}"
        what = f"{task['do']}: {amount} had to go out by {day(task['by'])}"
        helps = "order today and ask for a shorter way, or plan with the true lead time"
        own = {} if task["do"] == "Order material" else {"sku": task["what"], "line": task["where"]}
        rows.append(_row("Late", what, helps, period=task["by"], **own))
    return rows


def _orders(plan: "Plan") -> list[dict[str, Any]]:
    """Return the purchase-order lines that should be here, and those with too much received."""
    orders, rows, planned = plan.inputs.get("on_order"), [], set(plan.skus)
    for line in [] if orders is None else orders.to_dict("records"):
        due = pd.Timestamp(line["due"])
        own = {"sku": line["sku"], "period": due}
        missing = line["ordered"] - line["received"]
        if missing > 0 and due < plan.periods[0] and line["sku"] in planned:
            what = f"{units(missing)} units were due on {day(due)}; the plan counts them as here"
            rows.append(_row("Order overdue", what, "ask the supplier", **own))
        if missing < 0:
            what = f"{units(-missing)} units more were received than ordered"
            rows.append(_row("Order too large", what, "check the count", **own))
    return rows


def _shortfalls(plan: "Plan") -> list[dict[str, Any]]:
    return [
        _row(
            "Shortfall",
            row["what"],
            row["relief"],
            sku=row["sku"],
            line=row["line"],
            period=row["period"],
            money=row["gain"],
        )
        for row in plan.shortfalls.to_dict("records")
    ]


def _lost(table: pd.DataFrame) -> list[dict[str, Any]]:
    if "lost" not in table.columns:
        return []
    here = table[(table["lost_share"] > LOST_SHARE) & (table["lost"] >= _LEAST)]
    return [
        _row(
            "Lost sales",
            f"{units(row['lost'])} of {units(row['wanted'])} units wanted are lost "
            f"({row['lost_share']:.0%})",
            "see it on the sheets Stock and Why",
            sku=row["sku"],
            money=row.get("lost_money", np.nan),
        )
        for row in here.to_dict("records")
    ]


def _left(table: pd.DataFrame) -> list[dict[str, Any]]:
    if "left" not in table.columns:
        return []
    here = table[(table["left"] > LEFT_SHARE * table["wanted"]) & (table["left"] >= _LEAST)]
    return [
        _row(
            "Stock left",
            f"{units(row['left'])} units are left at the end; {units(row['wanted'])} were wanted",
            "make less" if row["made"] else "none of it is made: it was in stock or on order",
            sku=row["sku"],
            money=row.get("left_money", np.nan),
        )
        for row in here.to_dict("records")
    ]


def _overtime(plan: "Plan") -> list[dict[str, Any]]:
    load = plan.line_load
    rows = []
    for line, own in load[load["overtime"] > 0].groupby("line"):
        amount = f"{units(own['overtime'].sum())} {own['unit'].iloc[0]} of overtime"
        weeks = plural(len(own), plan.calendar.word)
        first = own["period"].min()
        what = f"{amount} in {weeks}, the first from {day(first)}"
        rows.append(_row("Overtime", what, line=str(line), period=first))
    return rows


def _used_up(plan: "Plan") -> list[dict[str, Any]]:
    """Return what runs share that has a price: more of it would earn money."""
    shared = plan.allowances
    money = plan.currency or "money"
    return [
        _row(
            "Used up",
            f"{row['name']}: {units(row['used'])} of {units(row['amount'])} {row['unit']} are used",
            f"the next {row['unit']} would earn about {row['price']:,.2f} {money}",
            sku=row["sku"],
            period=row["first"],
        )
        for row in shared[shared["price"] > 0].to_dict("records")
    ]
