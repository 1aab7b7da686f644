"""What is on hand and on the way: two tables from outside, and what they mean in a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.dates import read_days
from c2m.errors import DataError, warn
from c2m.frames import (
    name_list,
    plural,
    read_frame,
    share_of,
    text_codes,
    warn_of_unnamed,
)
from c2m.periods import Calendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_LINES: Final = 8
"""So many purchase-order lines are named."""

_MOST_HINTS = 3
"""So many codes get a hint at the one that is probably meant."""


_HIGH: Final = NormalDist().inv_cdf(0.9)
"""Deviations within which nine of ten normal draws stay."""


@dataclass(frozen=True)
class LateOrders:
    """Orders on the way that may come after they are due, over scenarios.

    Parameters
    ----------
    sku : ndarray of int, shape (n_lines,)
        The SKU of each line.
    units : ndarray, shape (n_lines,)
        What is open of it.
    due : ndarray of int, shape (n_lines,)
        The period in which it is due.
    comes : ndarray of int, shape (n_lines, n_scenarios)
        The period in which it comes, never before; the horizon's length where it is after it.
    """

    sku: IntArray
    units: FloatArray
    due: IntArray
    comes: IntArray

    def add_to(self, net: FloatArray) -> FloatArray:
        """Take units that have not come back out of the supply of each scenario.

        Parameters
        ----------
        net : ndarray, shape (n_periods, n_skus, n_scenarios)
            Demand so far less supply so far, each line in the period in which it is due; changed.

        Returns
        -------
        ndarray, shape (n_skus, n_periods)
            Mean units that have not come yet and are due.
        """
        steps = np.arange(len(net))
        mean = np.zeros((net.shape[1], len(net)))
        for sku, units, due, comes in zip(self.sku, self.units, self.due, self.comes, strict=True):
            missing = (steps[:, None] >= due) & (steps[:, None] < comes[None, :])  # [T, S]
            net[:, sku] += units * missing
            mean[sku] += units * missing.mean(axis=1)
        return mean


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
        problem = (
            f"none of its {plural(len(codes), 'SKU')} is in the demand: {_left_out(codes, skus)}"
        )
        fix = "write the codes as in the demand, as text with their leading zeros"
        raise DataError("stock", [problem], f"{fix}; without stock, leave the table out")
    if missing:
        warn(
            f"{share_of(len(missing), len(skus), 'SKU', 'is')} not in `stock`, and taken as 0 on "
            f"hand: {name_list(missing)}. Add rows with on_hand 0 to say so."
        )
    _warn_left_out("stock", codes, skus)
    plain = pd.DataFrame({"sku": codes, "on_hand": units.to_numpy()})
    return units.reindex(list(skus), fill_value=0.0).to_numpy(), plain


def read_on_order(
    frame: object | None, skus: Sequence[str], calendar: Calendar, first: int, n_periods: int
) -> tuple[FloatArray, pd.DataFrame]:
    """Read the purchase-order lines that are on the way.

    A line's open quantity is ordered less received: a line that came in part keeps the rest open,
    an over-shipped line has nothing open. It can be sold from the period in which it is due. A
    line that is overdue counts as arriving in the first planned period.

    Where ``due_high`` is given, half of such lines come on the day they are due and nine of ten
    by ``due_high``, as a normal law cut at the day due; `late_orders` draws when.

    Parameters
    ----------
    frame : DataFrame or other Arrow table, optional
        Columns ``sku``, ``ordered``, ``received`` (units, at least 0), ``due`` (a date), and
        optionally ``due_high`` (a date, not before; empty where the day is certain).
    skus : sequence of str
        The SKUs of the plan.
    calendar : Calendar
        The plan's periods.
    first, n_periods : int
        The planned periods.

    Returns
    -------
    arrivals : ndarray, shape (n_skus, n_periods)
        Units that arrive, each line when it is due.
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
    high = _read_high(check, due)
    check.done()
    warn_of_unnamed("on_order", table.columns, ["sku", "ordered", "received", "due", "due_high"])
    codes = text_codes(table["sku"])
    ordered = table["ordered"].to_numpy(dtype=np.float64)
    received = table["received"].to_numpy(dtype=np.float64)
    step = _due_step(due, calendar, first, n_periods)
    begin = calendar.label([first])[0]
    _warn_lines(_Lines(codes, ordered, received, due), step, n_periods, begin)
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
    if high is not None:
        plain["due_high"] = high.astype("datetime64[s]")
    return arrivals, plain


def late_orders(
    table: pd.DataFrame,
    skus: Sequence[str],
    calendar: Calendar,
    span: tuple[int, int],
    draw: tuple[int, int],
) -> LateOrders | None:
    """Draw when the orders come that may be late.

    Parameters
    ----------
    table : DataFrame
        As `read_on_order` returns it.
    skus : sequence of str
        The SKUs of the plan.
    calendar : Calendar
        The plan's periods.
    span : (int, int)
        Number of the first planned period, and how many there are.
    draw : (int, int)
        How many scenarios, and the seed.

    Returns
    -------
    LateOrders or None
        None where every day is certain.
    """
    if "due_high" not in table or not len(table):
        return None
    first, n_periods = span
    row = pd.Index(skus).get_indexer(pd.Index(table["sku"]))
    wait = (table["due_high"] - table["due"]).dt.days.to_numpy(dtype=np.float64)
    used = (row >= 0) & (table["open"].to_numpy() > 0) & (wait > 0)
    if not used.any():
        return None
    n_scenarios, seed = draw
    normal = np.random.default_rng([seed, len(table)]).standard_normal((len(table), n_scenarios))
    delay = np.ceil(np.maximum(normal[used], 0.0) / _HIGH * wait[used, None])
    due = table["due"].to_numpy("datetime64[D]")[used]
    day = due[:, None] + delay.astype("timedelta64[D]")
    step = _due_step(day.ravel(), calendar, first, n_periods).reshape(day.shape)
    return LateOrders(
        sku=row[used],
        units=table["open"].to_numpy(dtype=np.float64)[used],
        due=np.maximum(_due_step(due, calendar, first, n_periods), 0),
        comes=np.maximum(step, 0),
    )


def _read_high(check: Check, due: NDArray[np.datetime64]) -> NDArray[np.datetime64] | None:
    """Return the days by which nine of ten lines have come; the day due where it is empty."""
    if "due_high" not in check.frame:
        return None
    given = check.frame["due_high"].notna().to_numpy(dtype=bool)
    filled = check.frame["due_high"].astype("object").where(given, check.frame["due"])
    inner = Check(check.table, check.frame.assign(due_high=filled), check.place)
    high = read_days(inner, "due_high", tz=None)
    check.problems += inner.problems
    check.fixes += [fix for fix in inner.fixes if fix not in check.fixes]
    if not check.problems:
        check.rows(
            np.asarray(high < due),
            "has a 'due_high' before 'due'",
            "correct the day by which nine of ten such orders have come",
        )
    return high


def _due_step(
    due: NDArray[np.datetime64], calendar: Calendar, first: int, n_periods: int
) -> IntArray:
    """Return the step of the horizon in which each line is due: -1 before, n_periods after."""
    bounds = calendar.label([first, first + n_periods])
    inside = (due >= bounds[0]) & (due < bounds[1])
    step = np.where(due < bounds[0], -1, n_periods).astype(np.int64)
    step[inside] = calendar.ordinal(due[inside]) - first
    return step


@dataclass(frozen=True)
class _Lines:
    """Purchase-order lines: their SKUs, units and days."""

    sku: pd.Series
    ordered: FloatArray
    received: FloatArray
    due: NDArray[np.datetime64]

    def named(self, rows: NDArray[np.bool_], *, open_units: bool) -> str:
        """Name some lines, the earliest first: what is open and when it was due, or came."""
        numbers = np.flatnonzero(rows)
        numbers = numbers[np.argsort(self.due[numbers], kind="stable")]
        texts = []
        for row in numbers[:_MOST_LINES]:
            ordered, received = self.ordered[row], self.received[row]
            units = f"{ordered - received:,.10g}" if open_units else f"{received:,.10g}"
            of = f"due {self.due[row].astype('datetime64[D]')}"
            if not open_units:
                of = f"of {ordered:,.10g}"
            texts.append(f"{self.sku.iloc[row]!r} {units} ({of})")
        more = len(numbers) - len(texts)
        return ", ".join(texts) + (f" and {more:,} more" if more else "")


def _warn_lines(lines: _Lines, step: IntArray, n_periods: int, begin: np.datetime64) -> None:
    """Warn about lines that are over-shipped, overdue or due after the horizon, by name."""
    still_open = lines.ordered > lines.received
    found = []
    for rows, verb, text in (
        (lines.received > lines.ordered, "", "received more than ordered, nothing of it is open"),
        (
            still_open & (step < 0),
            "is",
            f"overdue and taken to be here on {begin.astype('datetime64[D]')}",
        ),
        (
            still_open & (step >= n_periods),
            "is",
            "due after the horizon, what is open of it is left out",
        ),
    ):
        if rows.any():
            count = share_of(int(np.count_nonzero(rows)), len(step), "line", verb)
            found.append(f"{count} {text}: {lines.named(rows, open_units=bool(verb))}")
    if found:
        warn(f"`on_order`: {'; '.join(found)}.")


def _warn_left_out(table: str, codes: pd.Series, skus: Sequence[str]) -> None:
    extra = set(codes) - set(skus)
    if extra:
        warn(
            f"{share_of(len(extra), len(set(codes)), 'SKU', 'is')} in `{table}` but not in the "
            "demand, and left out: "
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
