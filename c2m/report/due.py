"""What has to be done in the first period: orders to chase and to place, runs that start."""

from typing import TYPE_CHECKING

import pandas as pd

from c2m.report.words import day

if TYPE_CHECKING:
    from c2m.plan import Plan

DUE_COLUMNS = ("do", "by", "what", "amount", "unit", "where", "late")
"""What `due_table` says of every task."""


def end_of_first(plan: "Plan") -> pd.Timestamp:
    """Return the first day of the second period.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Timestamp
        The day before which the first tasks are due.
    """
    return plan.calendar.labels(plan.first + 1, 1)[0]


def materials_due(plan: "Plan") -> pd.DataFrame:
    """Return the materials to order before the second period begins, the earliest first.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        Rows of `Plan.materials`.
    """
    bought = plan.materials
    due = bought[(bought["ordered"] > 0) & (bought["order_by"] < end_of_first(plan))]
    return due.sort_values(["order_by", "material"], kind="stable")


def open_orders(plan: "Plan") -> pd.DataFrame:
    """Return the purchase orders of planned SKUs of which units are to come.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        ``sku``, ``open`` (units) and ``due`` among its columns.
    """
    orders = plan.inputs.get("on_order")
    if orders is None or not {"sku", "open", "due"} <= set(orders.columns):
        return pd.DataFrame({"sku": [], "open": [], "due": pd.DatetimeIndex([])})
    orders = orders.assign(due=pd.to_datetime(orders["due"]))
    return orders[(orders["open"] > 0) & orders["sku"].isin(list(plan.skus))]


def late_orders(plan: "Plan") -> pd.DataFrame:
    """Return the purchase orders that were due before the plan begins, the oldest first.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        Rows of `open_orders`.
    """
    orders = open_orders(plan)
    return orders[orders["due"] < plan.periods[0]].sort_values(["due", "sku"], kind="stable")


def due_table(plan: "Plan") -> pd.DataFrame:
    """Return what has to be done before the first planned period is over.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        The columns of `DUE_COLUMNS`: ``do`` is "Chase order", "Order material", "Start run" or
        "Order run"; ``by`` its last day, ``late`` whether that day was before the plan begins.
        Late purchase orders come first, then materials, then runs by day, line and SKU.
    """
    first, over = plan.periods[0], end_of_first(plan)
    late, orders = late_orders(plan), materials_due(plan)
    chased = pd.DataFrame(
        {
            "do": "Chase order",
            "by": late["due"],
            "what": late["sku"],
            "amount": late["open"].astype("float64"),
            "unit": "units",
            "where": f"the plan takes them to be here on {day(first)}",
        }
    )
    material = pd.DataFrame(
        {
            "do": "Order material",
            "by": orders["order_by"],
            "what": orders["material"],
            "amount": orders["ordered"],
            "unit": orders["unit"],
            "where": [f"for runs from {start:%Y-%m-%d}" for start in orders["period"]],
        }
    )
    runs = plan.runs
    begun = runs["period"] == first
    runs = runs[begun | (runs["order_by"] < over)]
    starts = pd.DataFrame(
        {
            "do": ["Start run" if now else "Order run" for now in begun[runs.index]],
            "by": runs["order_by"].fillna(runs["period"]),
            "what": runs["sku"],
            "amount": runs["quantity"].astype("float64"),
            "unit": "units",
            "where": runs["line"],
        }
    ).sort_values(["by", "where", "what"], kind="stable")
    parts = [part for part in (chased, material, starts) if len(part)]
    if not parts:
        return pd.DataFrame({name: [] for name in DUE_COLUMNS})
    table = pd.concat(parts, ignore_index=True)
    return table.assign(late=table["by"] < first)
