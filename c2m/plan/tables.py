"""The tables of a plan: their columns, and the check that they are what they claim."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.plan.plan import Plan

FloatArray = NDArray[np.float64]

RUNS: Final = {
    "run": "str",  # its name in this plan
    "sku": "str",
    "line": "str",
    "period": "time",  # first day of the period in which it is made
    "quantity": "int64",  # whole units
    "available": "time",  # first day of the period from which it can be sold
    # in the line's unit, its own set-up and its share of the group's included:
    "capacity_used": "float64",
    "good_quantity": "float64",  # units of it that can be sold, after yield
    "mode": "str",  # of transport; empty where there is no choice
    "order_by": "time",  # day by which the factory must have the order
    "ex_factory": "time",  # day by which it must leave the factory
    "in_warehouse": "time",  # day by which it must be in the warehouse
    "co2e": "float64",  # kg that its way to the warehouse causes
    "firm": "bool",  # promised: it was not decided in this plan
}
"""Columns of `Plan.runs` and what they hold."""

LOAD: Final = {
    "line": "str",
    "period": "time",
    "unit": "str",  # of the five columns that follow
    "capacity": "float64",  # regular, after shutdowns
    "overtime_limit": "float64",
    "used": "float64",  # regular
    "overtime": "float64",
    "price": "float64",  # money that one more unit of capacity would earn
}
"""Columns of `Plan.load`: one row a line and period."""

SHORTFALLS: Final = {
    "line": "str",
    "period": "time",
    "sku": "str",  # empty where it is about the line
    "short": "float64",  # capacity that is missing
    "unit": "str",
    "units": "float64",  # of product that would be made with it
    "what": "str",
    "relief": "str",  # the cheapest way out
    # its kind: hours, earlier period, other line, other mode, MOQ waived, more of an allowance,
    # order refused
    "way": "str",
    # expected money that it would bring, before what it costs itself; unknown where only a new plan
    # tells
    "gain": "float64",
}
"""Columns of `Plan.shortfalls`: what is wanted and cannot be made, the most valuable first."""

REASONS: Final = {
    "sku": "str",
    "run": "str",  # empty where the SKU has no run
    "covers_from": "time",
    "covers_to": "time",
    "demand_mean": "float64",  # units wanted in the covered periods
    "demand_median": "float64",
    "supply": "float64",  # expected units there to sell in them, the run included
    "covered_level": "float64",  # chance that they are enough
    "critical_ratio": "float64",  # chance at which one more unit stops paying
    "critical_ratio_at_price": "float64",  # the same, once capacity and allowances have prices
    "p_stockout": "float64",
    "p_left_over": "float64",
    "capacity_price": "float64",  # money per unit of capacity
    "unit": "str",
    "one_more": "float64",  # expected money that one more unit would earn
    "setup_per_unit": "float64",
    "limit": "str",  # what kept the run from being larger or smaller: `binding` in words
    # last_unit = sale + left_over - making - holding = capacity + shared + residual, per piece:
    "last_unit": "float64",  # expected money of the run's last unit, before what it takes
    "p_sell": "float64",  # chance that it is sold
    "sale": "float64",  # what selling it brings, the penalty that it saves included
    "left_over": "float64",  # what it is worth at the end where it is not sold
    "making": "float64",
    "holding": "float64",
    "capacity": "float64",  # what the capacity it takes would earn elsewhere
    "shared": "float64",  # what the materials, money and group capacity it takes would earn
    "residual": "float64",  # what whole units, lots, MOQs and other limits leave over
    # demand, capacity, moq, lot_multiple, max_lot, group, next_lot, search, an allowance, or
    # "order" and the material of which a lot more needs a whole order:
    "binding": "str",
    "binding_price": "float64",  # money that one piece of room in it would bring
    "displaced": "str",  # the other SKU that waits for that capacity
}
"""Columns of `Plan.reasons`: the numbers behind every run, and behind every SKU without one."""

CHANGES: Final = {
    "sku": "str",
    "line": "str",
    "mode": "str",  # of transport; empty where there is no choice
    "period": "time",
    "before": "int64",  # units in the old plan; 0 for a run that is added
    "after": "int64",  # units in this one; 0 for a run that is dropped
    "charged": "bool",  # whether it costs: added, dropped, or off by more than a tenth
    "why": "str",
}
"""Columns of `Plan.changes`: the runs that a plan made anew has otherwise than the old one."""

MATERIALS: Final = {
    "material": "str",
    "unit": "str",
    "period": "time",  # first day of the period whose runs use it
    "used": "float64",  # by the runs of the period
    "ordered": "float64",  # what has to be bought for it, in whole lots
    "order_by": "time",  # day by which it must be ordered; unknown where nothing is
    "cost": "float64",  # money for what is ordered
    "left": "float64",  # there after the runs of the period
}
"""Columns of `Plan.materials`: one row a material and period in which it is used or comes."""

ALLOWANCES: Final = {
    "name": "str",  # of the material, department or group
    "kind": "str",  # material, budget or capacity
    "first": "time",  # first days of its first and its last period
    "last": "time",
    "amount": "float64",
    "used": "float64",
    "unit": "str",
    "price": "float64",  # money that one more unit of it would earn
    "sku": "str",  # the SKU that would earn it
}
"""Columns of `Plan.allowances`: what runs share over periods, and what is taken of it."""

MAY_LACK: Final = {
    "runs": (
        "good_quantity",
        "mode",
        "order_by",
        "ex_factory",
        "in_warehouse",
        "co2e",
        "firm",
    ),
    "reasons": (
        "last_unit",
        "p_sell",
        "sale",
        "left_over",
        "making",
        "holding",
        "capacity",
        "shared",
        "residual",
        "binding",
        "binding_price",
        "displaced",
    ),
    "shortfalls": ("way", "gain"),
}
"""Columns that tables from outside may be without: they are then unknown, or empty text."""

OUTLOOK: Final = ("demand", "production", "arrivals", "stock", "lost", "stockout")
"""Arrays of `Plan.outlook`, each (n_skus, n_periods): expected units, and P(stock-out).

Arrivals are good units of runs and of open orders; those of the first period hold the stock that
was there before it.
"""

COLUMNS: Final = {
    "runs": RUNS,
    "load": LOAD,
    "shortfalls": SHORTFALLS,
    "reasons": REASONS,
    "changes": CHANGES,
    "materials": MATERIALS,
    "allowances": ALLOWANCES,
}
"""Columns of each table."""


_UNKNOWN: Final[dict[str, Any]] = {"str": "", "time": pd.NaT, "float64": np.nan, "bool": False}
"""What stands in a column that was not there, by its kind."""


def empty_table(name: str) -> pd.DataFrame:
    """Return a table of a plan without rows.

    Parameters
    ----------
    name : str
        A key of `COLUMNS`.

    Returns
    -------
    DataFrame
        Its columns in their types.
    """
    return typed_table(name, {column: [] for column in COLUMNS[name]})


def with_unknown(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that a table may be without.

    Parameters
    ----------
    name : str
        A key of `COLUMNS`.
    table : DataFrame
        The table.

    Returns
    -------
    DataFrame
        With NaN, NaT, empty text or False where a column was not there.
    """
    lacking = [column for column in MAY_LACK.get(name, ()) if column not in table.columns]
    unknown = {}
    for column in lacking:
        kind = COLUMNS[name][column]
        values = [_UNKNOWN[kind]] * len(table)
        unknown[column] = _typed(values, kind).set_axis(table.index)
    return table.assign(**unknown)


def typed_table(name: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Build a table of a plan in its column types and order.

    Parameters
    ----------
    name : str
        A key of `COLUMNS`.
    columns : mapping of str to array_like
        Its columns.

    Returns
    -------
    DataFrame
        The table.
    """
    return pd.DataFrame(
        {column: _typed(columns[column], kind) for column, kind in COLUMNS[name].items()}
    )


def _typed(values: Any, kind: str) -> pd.Series:
    column = pd.Series(values)
    if kind == "time":
        return pd.to_datetime(column).astype("datetime64[s]")
    if kind == "str":
        return column.astype("object").astype("str")
    if kind == "bool":
        return column.astype("bool")
    return column.astype("int64") if kind == "int64" else column.astype("float64")


def check_tables(plan: "Plan") -> None:
    """Raise everything that is wrong with a plan's parts.

    Parameters
    ----------
    plan : Plan
        The plan under construction.

    Raises
    ------
    DataError
        If columns are missing, codes unknown, quantities not positive or shapes wrong.
    """
    for name, columns in COLUMNS.items():
        check = Check(f"plan.{name}", plan.tables[name])
        check.columns(list(columns))
        check.done()
    runs = plan.tables["runs"]
    check = Check("plan", runs)
    for column in ("sku", "line"):
        check.codes(column)
    check.numbers("quantity", at_least=1, whole=True)
    check.unique(["sku", "line", "period", "mode"])
    unknown = sorted(set(runs["sku"]) - set(plan.skus))
    if unknown:
        check.add(f"runs name SKUs that the plan does not list: {name_list(unknown)}", "list them")
    if list(plan.skus) != sorted(set(plan.skus)):
        check.add("its SKUs are not unique and sorted", "sort the SKUs")
    early = (runs["available"] < runs["period"]).to_numpy(dtype=bool)
    check.rows(early, "is available before it is made", "correct 'available'")
    _check_arrays(plan, check)
    check.done()


def _check_arrays(plan: "Plan", check: Check) -> None:
    shape = (len(plan.skus), plan.n_periods)
    for name, array in plan.outlook.items():
        if name not in OUTLOOK:
            check.add(f"there is no outlook {name!r}", f"use {name_list(OUTLOOK)}")
        elif array.shape != shape:
            check.add(f"outlook {name!r} has shape {array.shape}, not {shape}", "pass that shape")


def freeze(arrays: Mapping[str, Any]) -> Mapping[str, FloatArray]:
    """Return the arrays as read-only float64 in a read-only mapping.

    Parameters
    ----------
    arrays : mapping of str to array_like
        By name.

    Returns
    -------
    mapping of str to ndarray of float64
        Copies.
    """
    frozen = {}
    for name, array in arrays.items():
        double = np.array(array, dtype=np.float64)
        double.flags.writeable = False
        frozen[name] = double
    return MappingProxyType(frozen)
