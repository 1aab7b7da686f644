"""Runs that a person sets: read the table, and put runs of any plan into a problem's arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import DataError
from c2m.frames import (
    did_you_mean,
    name_list,
    plural,
    read_frame,
    share_of,
    text_codes,
    warn_of_unnamed,
)
from c2m.periods import Calendar, read_periods
from c2m.plan import Plan
from c2m.production.problem import IntArray, Problem

_COLUMNS = ["sku", "line", "period", "quantity"]
_KEY = ["sku", "line", "period"]

_Ways: TypeAlias = dict[tuple[str, str], dict[str, list[int]]]
"""Entries of the members by (SKU, line) and mode of transport; several are tiers of prices."""


def read_overrides(frame: object, plan: Plan) -> pd.DataFrame:
    """Read the runs that a person sets.

    Parameters
    ----------
    frame : DataFrame or other Arrow table
        Columns ``sku``, ``line``, ``period`` (the first day of a planned period) and
        ``quantity`` (whole units; 0 takes the run out); ``mode`` of transport where there is a
        choice of it. A row without a mode stands for all runs of its SKU, line and period.
    plan : Plan
        The plan that they change.

    Returns
    -------
    DataFrame
        The five columns, checked; ``mode`` is empty where it is not given.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.
    """
    return read_given_runs(frame, "overrides", plan.skus, plan.calendar, plan.first, plan.n_periods)


def read_given_runs(
    frame: object,
    name: str,
    skus: Sequence[str],
    calendar: Calendar,
    first: int,
    n_periods: int,
) -> pd.DataFrame:
    """Read runs that are given.

    Parameters
    ----------
    frame : DataFrame or other Arrow table
        See `read_overrides`.
    name : str
        Of the table, in messages.
    skus : sequence of str
        The SKUs that are planned.
    calendar : Calendar
        The plan's periods.
    first, n_periods : int
        The calendar's number of the first one, and how many there are.

    Returns
    -------
    DataFrame
        The five columns, checked; ``mode`` is empty where it is not given.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.
    """
    table = read_frame(frame, name)
    check = Check(name, table)
    if not (check.columns(_COLUMNS) and check.not_empty()):
        check.done()
    check.codes("sku")
    check.codes("line")
    check.numbers("quantity", at_least=0, whole=True)
    number = read_periods(check, "period", calendar, tz=None)
    check.done()
    warn_of_unnamed(name, table.columns, [*_COLUMNS, "mode"])
    codes = text_codes(table["sku"])
    _check_codes(check, codes, skus)
    outside = (number < first) | (number >= first + n_periods)
    ends = calendar.label([first, first + n_periods - 1])
    check.rows(
        outside,
        f"has a 'period' outside the plan ({ends[0]} to {ends[1]})",
        "correct 'period'",
        lambda row: str(calendar.label(number[row : row + 1])[0]),
    )
    runs = pd.DataFrame(
        {
            "sku": codes,
            "line": text_codes(table["line"]),
            "period": calendar.label(number).astype("datetime64[s]"),
            "quantity": table["quantity"].to_numpy(dtype=np.float64).astype(np.int64),
            "mode": text_codes(table["mode"]).fillna("") if "mode" in table else "",
        }
    )
    check.frame = runs
    check.unique([*_KEY, "mode"] if runs["mode"].any() else _KEY)
    check.done()
    return runs


def _check_codes(check: Check, codes: pd.Series, skus: Sequence[str]) -> None:
    unknown = (~codes.isin(skus)).to_numpy(dtype=bool)
    if unknown.any():
        hint = did_you_mean(str(codes[unknown].iloc[0]), skus)
        check.rows(
            unknown,
            f"has a 'sku' that is not in the plan{hint}",
            "correct 'sku', or plan with a forecast that has it",
            lambda row: codes.iloc[row],
        )


def with_overrides(runs: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """Return runs of which some are set by a person.

    Parameters
    ----------
    runs, overrides : DataFrame
        Columns ``sku``, ``line``, ``period`` and ``quantity``, and ``mode`` if there are any; the
        second wins. A row without a mode stands for every mode.

    Returns
    -------
    DataFrame
        The same columns, a row for every run; runs of nothing are kept.
    """
    runs, overrides = _with_mode(runs), _with_mode(overrides)
    same = runs.reset_index().merge(overrides, on=_KEY, suffixes=("", "_set"))
    same = same[
        (same["mode"] == same["mode_set"]) | (same["mode"] == "") | (same["mode_set"] == "")
    ]
    stays = ~runs.index.isin(same["index"])
    return pd.concat([runs[stays], overrides], ignore_index=True)


def _with_mode(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[_COLUMNS].assign(mode=runs.get("mode", "")).reset_index(drop=True)


@dataclass(frozen=True)
class Placed:
    """Runs in a problem's arrays.

    Parameters
    ----------
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs.
    torn : list of (int, int)
        Items and periods in which a pre-pack is not made whole; `made` holds the packs that
        are begun.
    """

    made: IntArray
    torn: list[tuple[int, int]]


def place_runs(problem: Problem, runs: pd.DataFrame) -> Placed:
    """Put runs into a problem's arrays.

    Parameters
    ----------
    problem : Problem
        The problem.
    runs : DataFrame
        Columns ``sku``, ``line``, ``period`` and ``quantity``; ``mode`` where a line has several.

    Returns
    -------
    Placed
        What is made; each run at the tier of prices that its quantity, by all modes, reaches.

    Raises
    ------
    DataError
        If runs are of SKUs that the lines cannot make, go by a mode that is not there or not
        told among several, or are outside the planned periods.
    """
    runs = _with_mode(runs[runs["quantity"] > 0])
    members, ways = problem.members, _ways(problem)
    whole = runs.groupby(_KEY)["quantity"].transform("sum")  # modes share the tier of a run
    columns = [*(runs[name].tolist() for name in ("sku", "line", "mode")), whole.tolist()]
    entry = np.array(
        [_entry(problem, ways, *row) for row in zip(*columns, strict=True)], dtype=np.int64
    )
    days = runs["period"].to_numpy().astype("datetime64[D]")
    step = np.asarray(problem.calendar.ordinal(days) - problem.first, dtype=np.int64)
    _check_places(problem, runs, ways, entry, step)
    pieces = np.zeros((len(members.item), problem.n_periods), dtype=np.int64)
    np.add.at(pieces, (entry, step), runs["quantity"].to_numpy(dtype=np.int64))
    begun = -(-pieces // members.pieces[:, None])
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    np.maximum.at(made, members.item, begun)
    whole = pieces == made[members.item] * members.pieces[:, None]
    torn = {(int(members.item[row]), int(when)) for row, when in np.argwhere(~whole)}
    return Placed(made, sorted(torn))


def _ways(problem: Problem) -> _Ways:
    ways: _Ways = {}
    items, members = problem.items, problem.members
    of = zip(members.sku.tolist(), items.line[members.item], items.way[members.item], strict=True)
    for entry, (sku, line, way) in enumerate(of):
        modes = ways.setdefault((problem.skus[sku], problem.lines[line]), {})
        modes.setdefault(problem.ways[way].mode, []).append(entry)
    return ways


def _entry(problem: Problem, ways: _Ways, sku: str, line: str, mode: str, quantity: int) -> int:
    """Return the entry of the members that a run is, -1 where there is none."""
    modes = ways.get((sku, line), {})
    if mode == "" and len(modes) == 1:
        (mode,) = modes
    tiers = modes.get(mode, [-1])
    if len(tiers) == 1:
        return tiers[0]
    members, items = problem.members, problem.items
    start = {entry: problem.ways[int(items.way[members.item[entry]])].tier for entry in tiers}
    reached = [entry for entry in tiers if start[entry] * members.pieces[entry] <= quantity]
    return max(reached, key=start.__getitem__) if reached else min(tiers, key=start.__getitem__)


def _check_places(
    problem: Problem, runs: pd.DataFrame, ways: _Ways, entry: IntArray, step: IntArray
) -> None:
    lost = runs[entry < 0].drop_duplicates(["sku", "line", "mode"]).sort_values(["sku", "line"])
    unplanned = sorted(set(lost["sku"]) - set(problem.skus))
    lost = lost[lost["sku"].isin(problem.skus)]
    there = [ways.get(pair, {}) for pair in zip(lost["sku"], lost["line"], strict=True)]
    rows = list(zip(lost["sku"], lost["line"], lost["mode"], there, strict=True))
    nowhere = sorted({f"{sku} on {line}" for sku, line, _, modes in rows if not modes})
    unclear = [
        f"{sku} on {line} by {mode!r}, there are {name_list(filter(None, modes)) or 'no modes'}"
        for sku, line, mode, modes in rows
        if modes
    ]
    texts = [
        (unplanned, "SKU", "with runs but without demand: " + name_list(unplanned)),
        (nowhere, "run", "with no routing on the line: " + name_list(nowhere)),
        (unclear, "run", f"by no mode of the line (first: {(unclear or [''])[0]})"),
    ]
    problems = [f"{plural(len(found), noun)} {text}" for found, noun, text in texts if found]
    outside = (step < 0) | (step >= problem.n_periods)
    if outside.any():
        first = str(runs["period"][outside].min().date())
        problems.append(
            f"{share_of(int(outside.sum()), len(outside), 'run', 'is')} outside the planned "
            f"periods, first {first}"
        )
    if problems:
        fix = "add the demand or the routings, or correct the runs"
        raise DataError("runs", problems, f"{fix}; name the 'mode'" if unclear else fix)
