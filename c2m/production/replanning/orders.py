"""Which lines of an order book stand for runs of a plan, so that nothing is counted twice.

Runs that have begun are over: what they bring is in stock or on order. Runs that are firm are still
to be made, and may already be on order. A line stands for a run where it says so, in the columns
``line`` and ``period``; in a table without them, where it is of the same SKU, due in the period
in which the run arrives, and no line that the plan was itself made from.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import name_list, read_frame, text_codes
from c2m.periods import Calendar, read_periods
from c2m.plan import Plan
from c2m.production.factory import Factory
from c2m.production.problem import BoolArray, FloatArray

_NAMED: Final = ["line", "period"]


@dataclass(frozen=True)
class Orders:
    """An order book, and the runs that its lines name.

    Parameters
    ----------
    lines : DataFrame or None
        As `read_on_order` takes it.
    run : DataFrame or None
        ``line`` (empty for none) and ``period`` (its number) of the run that each line names;
        None where the table does not name runs.
    """

    lines: pd.DataFrame | None
    run: pd.DataFrame | None


def read_orders(on_order: object, calendar: Calendar) -> Orders:
    """Split an order book into what is on the way and the runs that its lines name.

    Parameters
    ----------
    on_order : DataFrame or other Arrow table
        As in `plan_production`, with or without the columns ``line`` and ``period``: the run of
        a plan that the line stands for, empty where it stands for none.
    calendar : Calendar
        Of the plan.

    Returns
    -------
    Orders
        Both.

    Raises
    ------
    DataError
        If a line names half a run, or a period that is none.
    """
    table = read_frame(on_order, "on_order")
    if not set(_NAMED) <= set(table.columns):
        return Orders(table, None)
    empty = table[_NAMED].isna() | (table[_NAMED] == "")
    check = Check("on_order", table)
    check.rows(
        (empty["line"] != empty["period"]).to_numpy(dtype=bool),
        "names half a run",
        "give 'line' and 'period', or neither",
    )
    check.done()
    named = ~empty["line"].to_numpy(dtype=bool)
    number = np.full(len(table), -1, dtype=np.int64)
    if named.any():
        part = Check("on_order", table[named].reset_index(drop=True))
        number[named] = read_periods(part, "period", calendar, tz=None)
        part.done()
    line = np.where(named, text_codes(table["line"].fillna("")).to_numpy(dtype=object), "")
    run = pd.DataFrame({"line": line, "period": number})
    return Orders(table.drop(columns=_NAMED), run)


def still_coming(plan: Plan, factory: Factory, start: int) -> Orders:
    """Return what a plan has on the way when the periods before a later one are over.

    Parameters
    ----------
    plan : Plan
        The plan.
    factory : Factory
        For the share of pieces that are good.
    start : int
        The calendar's number of the first period to come.

    Returns
    -------
    Orders
        Its runs that have begun and arrive from `start` on, and what it had itself on order that
        is due from then on.

    Warns
    -----
    C2MWarning
        With counts, where there is anything.
    """
    day = np.datetime64(plan.calendar.label([start])[0])
    begun = _begun(plan, start)
    begun = begun[begun["available"] >= pd.Timestamp(day)]
    good = begun["quantity"] * _yields(factory, begun)
    runs = pd.DataFrame(
        {"sku": begun["sku"], "ordered": good, "received": 0.0, "due": begun["available"]}
    )
    known = plan.inputs.get("on_order")
    if known is None or known.empty:
        known = runs.iloc[:0]
    known = known[(known["due"] >= pd.Timestamp(day)) | (start == plan.first)]
    told = [name for name in (*runs.columns, "due_high") if name in known]
    lines = pd.concat([each for each in (known[told], runs) if len(each)] or [runs])
    if start > plan.first and len(lines):
        warn(
            f"`on_order` was not given: {len(runs):,} begun runs ({good.sum():,.0f} units) and "
            f"{len(known):,} order lines of the plan are taken to come as planned from "
            f"{pd.Timestamp(day).date()} on, and what was due before to be in `stock`. Pass "
            "on_order= to say what is on the way; a table without rows for nothing."
        )
    return Orders(lines.reset_index(drop=True) if len(lines) else None, None)


def _begun(plan: Plan, start: int) -> pd.DataFrame:
    day = pd.Timestamp(plan.calendar.label([start])[0])
    runs = plan.runs
    return runs[runs["period"] < day]


def _yields(factory: Factory, runs: pd.DataFrame) -> FloatArray:
    """Return the share of good pieces of each run, 1 where the factory does not say."""
    if "yield_share" not in factory.routings.columns:
        return np.ones(len(runs))
    keys = factory.routings.drop_duplicates(["sku", "line"]).set_index(["sku", "line"])
    pairs = pd.MultiIndex.from_frame(runs[["sku", "line"]])
    return keys["yield_share"].reindex(pairs).fillna(1.0).to_numpy(dtype=np.float64)


@dataclass(frozen=True)
class Claims:
    """What lines of an order book stand for.

    Parameters
    ----------
    ordered, received : ndarray, shape (n_runs,)
        Units of each run that are on order, and those of them that have come.
    lines : DataFrame
        The order book without them.
    fewer : ndarray, shape (n_lines,)
        Open units that each line has less.
    loose : frozenset of str
        SKUs of lines that might stand for a run and were not found to.
    """

    ordered: FloatArray
    received: FloatArray
    lines: pd.DataFrame
    fewer: FloatArray
    loose: frozenset[str]


def claim(
    lines: pd.DataFrame, named: pd.DataFrame | None, runs: pd.DataFrame, plan: Plan
) -> Claims:
    """Find the runs that lines of an order book stand for.

    Parameters
    ----------
    lines : DataFrame
        As `read_on_order` returns it.
    named : DataFrame or None
        See `Orders.run`.
    runs : DataFrame
        ``sku``, ``line``, ``period`` and ``available`` (numbers of periods), ``quantity`` and
        ``begun``. Lines of begun runs stay: they are what brings their units.
    plan : Plan
        The lines that it was itself made from stand for none of its runs.

    Returns
    -------
    Claims
        By run, and what is left of the lines.
    """
    known = np.array(_were_known(lines, plan), dtype=bool)
    if named is None:
        pairs = _pairs_by_due(lines, runs, plan, known)
    else:
        pairs = _pairs_by_name(lines, named, runs, plan)
    loose = ~known & ~np.isin(np.arange(len(lines)), [line for line, _ in pairs])
    ordered, received = np.zeros(len(runs)), np.zeros(len(runs))
    left = lines[["ordered", "received"]].to_numpy(dtype=np.float64).copy()
    kept = left.copy()
    size, begun = runs["quantity"].to_numpy(dtype=np.float64), runs["begun"].tolist()
    for line, run in pairs:
        units = min(left[line, 0], size[run] - ordered[run])
        come = min(left[line, 1], units)
        ordered[run] += units
        received[run] += come
        left[line] -= units, come
        if not begun[run]:
            kept[line] -= units, come
    rest = lines.assign(ordered=kept[:, 0], received=kept[:, 1])
    rest["open"] = np.maximum(rest["ordered"] - rest["received"], 0.0)
    fewer = (lines["open"] - rest["open"]).to_numpy(dtype=np.float64)
    spoken_for = (rest["ordered"] <= 0) & (lines["ordered"] > 0)
    rest = rest[~spoken_for].reset_index(drop=True)
    skus = frozenset(lines["sku"][loose] if named is None else [])
    return Claims(ordered, received, rest, fewer, skus)


def _pairs_by_name(
    lines: pd.DataFrame, named: pd.DataFrame, runs: pd.DataFrame, plan: Plan
) -> list[tuple[int, int]]:
    """Return the lines that name a run, each with the run; say which name none that there is.

    Of the parts of a run that go by several modes, a line stands for the one that arrives nearest
    to the day it is due.
    """
    due = plan.calendar.ordinal(lines["due"].to_numpy().astype("datetime64[D]")).tolist()
    available = runs["available"].tolist()
    place: dict[tuple[object, ...], list[int]] = {}
    for number, key in enumerate(
        zip(runs["sku"], runs["line"], runs["period"].tolist(), strict=True)
    ):
        place.setdefault(key, []).append(number)
    names = zip(lines["sku"], named["line"], named["period"].tolist(), strict=True)
    pairs, unknown = [], 0
    for number, key in enumerate(names):
        if key in place:
            day = due[number]
            pairs.append((number, min(place[key], key=lambda run: abs(available[run] - day))))
        elif key[1]:
            unknown += 1
    if unknown:
        warn(
            f"{unknown:,} of {len(lines):,} lines of `on_order` name runs that are neither begun "
            "nor firm; their open units come in as they are due, and take no capacity."
        )
    return pairs


def _pairs_by_due(
    lines: pd.DataFrame, runs: pd.DataFrame, plan: Plan, known: BoolArray
) -> list[tuple[int, int]]:
    """Return lines and runs of one SKU of which the one is due when the other arrives."""
    due = plan.calendar.ordinal(lines["due"].to_numpy().astype("datetime64[D]"))
    of_place: dict[tuple[str, int], list[int]] = {}
    for run, place in enumerate(zip(runs["sku"], runs["available"].tolist(), strict=True)):
        of_place.setdefault(place, []).append(run)
    return [
        (line, run)
        for line, place in enumerate(zip(lines["sku"], due.tolist(), strict=True))
        if not known[line]
        for run in of_place.get(place, ())
    ]


def _were_known(lines: pd.DataFrame, plan: Plan) -> list[bool]:
    """Say which lines the plan was itself made from: same SKU, units and day."""
    before = plan.inputs.get("on_order")
    if before is None or before.empty:
        return [False] * len(lines)
    left: dict[tuple[object, ...], int] = {}
    for key in _keys(before):
        left[key] = left.get(key, 0) + 1
    known = []
    for key in _keys(lines):
        known.append(left.get(key, 0) > 0)
        left[key] = left.get(key, 0) - 1
    return known


def _keys(lines: pd.DataFrame) -> list[tuple[object, ...]]:
    days = lines["due"].to_numpy().astype("datetime64[D]").tolist()
    return list(zip(lines["sku"], lines["ordered"].tolist(), days, strict=True))


def say_doubts(claims: Claims, runs: pd.DataFrame) -> None:
    """Warn of begun runs that are nowhere, and of firm runs that may be on order twice.

    Parameters
    ----------
    claims : Claims
        What was found.
    runs : DataFrame
        The runs; those that have not begun are firm.

    Warns
    -----
    C2MWarning
        With counts.
    """
    begun = runs["begun"].to_numpy(dtype=bool)
    absent = begun & (claims.ordered <= 0)
    if absent.any():
        units = int(runs["quantity"].to_numpy()[absent].sum())
        skus = name_list(sorted(set(runs["sku"][absent])))
        warn(
            f"{np.count_nonzero(absent):,} of {np.count_nonzero(begun):,} begun runs "
            f"({units:,} units) that are still to come are not in `on_order` and are taken not to "
            f"come: {skus}. Add lines for them, due in the period in which they arrive."
        )
    doubtful = ~begun & (claims.ordered <= 0) & runs["sku"].isin(claims.loose).to_numpy(dtype=bool)
    if doubtful.any():
        skus = name_list(sorted(set(runs["sku"][doubtful])))
        warn(
            f"{np.count_nonzero(doubtful):,} of {np.count_nonzero(~begun):,} firm runs are of "
            "SKUs with lines in `on_order`, none of them due when the run arrives; both are "
            f"counted: {skus}. Name the run of a line in its columns 'line' and 'period' (empty "
            "for none)."
        )


def stock_of(plan: Plan, stock: object | None, start: int) -> object | None:
    """Return the stock as of the day before a period.

    Parameters
    ----------
    plan : Plan
        The old plan.
    stock : DataFrame or other Arrow table, optional
        As given.
    start : int
        The calendar's number of the first period to come.

    Returns
    -------
    DataFrame or other Arrow table, or None
        The table; that of the plan where it begins on the same day.

    Raises
    ------
    ArgumentError
        If time has passed and no stock was given.
    """
    if stock is not None:
        return stock
    if start != plan.first:
        day = pd.Timestamp(plan.calendar.label([start])[0]).date()
        raise ArgumentError(
            f"The plan begins on {plan.periods[0].date()} and the demand on {day}: pass "
            f"stock= as of the day before {day}. A table with on_hand 0 says that there is none."
        )
    before = plan.inputs.get("stock")
    return None if before is None or before.empty else before
