"""What is on hand and on the way: two tables from outside, and what they mean in a plan."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.dates import read_days
from c2m.errors import DataError, warn
from c2m.frames import name_list, read_frame, text_codes, warn_of_unnamed
from c2m.periods import Calendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_HINTS = 3
"""So many codes get a hint at the one that is probably meant."""


def read_stock(frame: object | None, skus: Sequence[str]) -> tuple[FloatArray, pd.DataFrame]:
    """Read the stock on hand at the end of the cutoff's period.

    Parameters
    ----------
    frame : DataFrame or other Arrow table, optional
        Columns ``sku`` and ``on_hand`` (units, at least 0). None: nothing is on hand.
    skus : sequence of str
        The SKUs of the plan.

    Returns
    -------
    on_hand : ndarray, shape (n_skus,)
        Units.
    table : DataFrame
        The table as it was understood.

    Raises
    ------
    DataError
        If the table is wrong, every problem is listed; or if it has rows and none is of a planned
        SKU.

    Warns
    -----
    C2MWarning
        If SKUs are missing from the table (taken as 0) or not in the plan (left out), or if the
        table has other columns.
    """
    if frame is None:
        return np.zeros(len(skus)), pd.DataFrame({"sku": [], "on_hand": []})
    table = read_frame(frame, "stock")
    check = Check("stock", table)
    if check.columns(["sku", "on_hand"]):
        check.codes("sku")
        check.numbers("on_hand", at_least=0)
        check.unique(["sku"])
    check.done()
    warn_of_unnamed("stock", table.columns, ["sku", "on_hand"])
    codes = text_codes(table["sku"])
    units = pd.Series(table["on_hand"].to_numpy(dtype=np.float64), index=codes)
    missing = sorted(set(skus) - set(codes))
    if len(codes) and len(missing) == len(set(skus)):
        problem = f"none of its {len(codes):,} SKUs is in the demand: {_left_out(codes, skus)}"
        fix = "write the codes as in the demand, as text with their leading zeros"
        raise DataError("stock", [problem], f"{fix}; without stock, leave the table out")
    if missing:
        warn(
            f"{len(missing):,} of {len(skus):,} SKUs are not in `stock` and are taken as 0 on "
            f"hand: {name_list(missing)}. Add rows with on_hand 0 to say so."
        )
    _warn_left_out("stock", codes, skus)
    plain = pd.DataFrame({"sku": codes, "on_hand": units.to_numpy()})
    return units.reindex(list(skus), fill_value=0.0).to_numpy(), plain


def read_on_order(
    frame: object | None, skus: Sequence[str], calendar: Calendar, first: int, n_periods: int
) -> tuple[FloatArray, pd.DataFrame]:
    """Read the purchase-order lines that are on the way.

    A line's open quantity is ordered less received. It can be sold from the period in which it
    is due. A line that is overdue counts as arriving in the first planned period; an
    over-shipped line has nothing open.

    Parameters
    ----------
    frame : DataFrame or other Arrow table, optional
        Columns ``sku``, ``ordered``, ``received`` (units, at least 0) and ``due`` (a date).
    skus : sequence of str
        The SKUs of the plan.
    calendar : Calendar
        The plan's periods.
    first, n_periods : int
        The planned periods.

    Returns
    -------
    arrivals : ndarray, shape (n_skus, n_periods)
        Units that arrive.
    table : DataFrame
        The table as it was understood, with ``open``.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.

    Warns
    -----
    C2MWarning
        With the count of lines that are overdue, over-shipped, due after the horizon, or of SKUs
        that are not planned, and of other columns.
    """
    arrivals = np.zeros((len(skus), n_periods))
    if frame is None:
        return arrivals, pd.DataFrame({"sku": [], "ordered": [], "received": [], "due": []})
    table = read_frame(frame, "on_order")
    check = Check("on_order", table)
    if not check.columns(["sku", "ordered", "received", "due"]):
        check.done()
    check.codes("sku")
    check.numbers("ordered", at_least=0)
    check.numbers("received", at_least=0)
    due = read_days(check, "due", tz=None)
    check.done()
    warn_of_unnamed("on_order", table.columns, ["sku", "ordered", "received", "due"])
    codes = text_codes(table["sku"])
    ordered = table["ordered"].to_numpy(dtype=np.float64)
    received = table["received"].to_numpy(dtype=np.float64)
    step = _due_step(due, calendar, first, n_periods)
    _warn_lines(ordered, received, step, n_periods)
    _warn_left_out("on_order", codes, skus)
    left = np.maximum(ordered - received, 0.0)
    row = pd.Index(skus).get_indexer(pd.Index(codes))
    used = (row >= 0) & (step < n_periods)
    np.add.at(arrivals, (row[used], np.maximum(step[used], 0)), left[used])
    plain = pd.DataFrame(
        {
            "sku": codes,
            "ordered": ordered,
            "received": received,
            "due": due.astype("datetime64[s]"),
            "open": left,
        }
    )
    return arrivals, plain


def _due_step(
    due: NDArray[np.datetime64], calendar: Calendar, first: int, n_periods: int
) -> IntArray:
    """Return the step of the horizon in which each line is due: -1 before, n_periods after."""
    bounds = calendar.label([first, first + n_periods])
    inside = (due >= bounds[0]) & (due < bounds[1])
    step = np.where(due < bounds[0], -1, n_periods).astype(np.int64)
    step[inside] = calendar.ordinal(due[inside]) - first
    return step


def _warn_lines(ordered: FloatArray, received: FloatArray, step: IntArray, n_periods: int) -> None:
    still_open = ordered > received
    texts = [
        (received > ordered, "received more than ordered; nothing of them is open"),
        (
            still_open & (step < 0),
            "overdue; their open units count as arriving in the first period",
        ),
        (still_open & (step >= n_periods), "due after the horizon; their open units are left out"),
    ]
    found = [f"{np.count_nonzero(rows):,} lines are {text}" for rows, text in texts if rows.any()]
    if found:
        warn(f"`on_order`, of {len(step):,} lines: " + "; ".join(found).replace("are rec", "rec"))


def _warn_left_out(table: str, codes: pd.Series, skus: Sequence[str]) -> None:
    extra = set(codes) - set(skus)
    if extra:
        warn(
            f"{len(extra):,} SKUs of `{table}` are not in the demand and are left out: "
            f"{_left_out(codes, skus)}."
        )


def _left_out(codes: pd.Series, skus: Sequence[str]) -> str:
    """List the codes that are not planned, those first that only lost or gained leading zeros."""
    extra = sorted(set(codes) - set(skus))
    meant = {sku.lstrip("0"): sku for sku in sorted(set(skus) - set(codes))}
    extra.sort(key=lambda code: code.lstrip("0") not in meant)
    close = [code for code in extra if code.lstrip("0") in meant][:_MOST_HINTS]
    others = extra[len(close) :]
    texts = [f"{code!r} (did you mean {meant[code.lstrip('0')]!r}?)" for code in close]
    return ", ".join(texts + ([name_list(others)] if others else []))
