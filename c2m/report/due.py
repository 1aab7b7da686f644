"""What has to be done in the first period: runs that start, and orders that must go out."""

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from c2m.plan import Plan

DUE_COLUMNS = ("do", "by", "what", "amount", "unit", "where", "late")
"""What `due_table` says of every task."""


def due_table(plan: "Plan") -> pd.DataFrame:
    """Return what has to be done before the first planned period is over.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        The columns of `DUE_COLUMNS`: ``do`` is "Order material", "Start run" or "Order run";
        ``by`` its last day, ``late`` whether that day was before the plan begins. Materials come
        first, then runs by day, line and SKU.
    """
    first = plan.periods[0]
    over = plan.calendar.labels(plan.first + 1, 1)[0]
    orders = plan.materials
    orders = orders[(orders["ordered"] > 0) & (orders["order_by"] < over)]
    material = pd.DataFrame(
        {
            "do": "Order material",
            "by": orders["order_by"],
            "what": orders["material"],
            "amount": orders["ordered"],
            "unit": orders["unit"],
            "where": [f"for runs from {day:%Y-%m-%d}" for day in orders["period"]],
        }
    ).sort_values(["by", "what"], kind="stable")
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
    parts = [part for part in (material, starts) if len(part)]
    if not parts:
        return pd.DataFrame({name: [] for name in DUE_COLUMNS})
    table = pd.concat(parts, ignore_index=True)
    return table.assign(late=table["by"] < first)
