"""Runs that a person sets: read the table, and put runs of any plan into a problem's arrays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list, read_frame, text_codes, warn_of_unnamed
from c2m.periods import read_periods
from c2m.plan import Plan
from c2m.production.problem import IntArray, Problem

_COLUMNS = ["sku", "line", "period", "quantity"]
_KEY = ["sku", "line", "period"]


def read_overrides(frame: object, plan: Plan) -> pd.DataFrame:
    """Read the runs that a person sets.

    Parameters
    ----------
    frame : DataFrame or other Arrow table
        Columns ``sku``, ``line``, ``period`` (the first day of a planned period) and
        ``quantity`` (whole units; 0 takes the run out).
    plan : Plan
        The plan that they change.

    Returns
    -------
    DataFrame
        The four columns, checked.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.
    """
    table = read_frame(frame, "overrides")
    check = Check("overrides", table)
    if not (check.columns(_COLUMNS) and check.not_empty()):
        check.done()
    check.codes("sku")
    check.codes("line")
    check.numbers("quantity", at_least=0, whole=True)
    number = read_periods(check, "period", plan.calendar, tz=None)
    check.done()
    warn_of_unnamed("overrides", table.columns, _COLUMNS)
    codes = text_codes(table["sku"])
    _check_codes(check, codes, plan)
    outside = (number < plan.first) | (number >= plan.first + plan.n_periods)
    span = f"{plan.periods[0].date()} to {plan.periods[-1].date()}"
    check.rows(
        outside,
        f"has a 'period' outside the plan ({span})",
        "correct 'period'",
        lambda row: str(plan.calendar.label(number[row : row + 1])[0]),
    )
    runs = pd.DataFrame(
        {
            "sku": codes,
            "line": text_codes(table["line"]),
            "period": plan.calendar.label(number).astype("datetime64[s]"),
            "quantity": table["quantity"].to_numpy(dtype=np.float64).astype(np.int64),
        }
    )
    check.frame = runs
    check.unique(_KEY)
    check.done()
    return runs


def _check_codes(check: Check, codes: pd.Series, plan: Plan) -> None:
    unknown = (~codes.isin(plan.skus)).to_numpy(dtype=bool)
    if unknown.any():
        hint = did_you_mean(str(codes[unknown].iloc[0]), plan.skus)
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
        Columns ``sku``, ``line``, ``period`` and ``quantity``; the second wins.

    Returns
    -------
    DataFrame
        The same columns, a row for every run; runs of nothing are kept.
    """
    both = pd.concat([runs[_COLUMNS], overrides[_COLUMNS]], ignore_index=True)
    return both.drop_duplicates(_KEY, keep="last").reset_index(drop=True)


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
        Columns ``sku``, ``line``, ``period`` and ``quantity``.

    Returns
    -------
    Placed
        What is made.

    Raises
    ------
    DataError
        If runs are of SKUs that the lines cannot make, or outside the planned periods.
    """
    runs = runs[runs["quantity"] > 0]
    members = problem.members
    lines = problem.items.line[members.item].tolist()
    entry_of = {
        (problem.skus[sku], problem.lines[line]): entry
        for entry, (sku, line) in enumerate(zip(members.sku.tolist(), lines, strict=True))
    }
    entry = np.array(
        [entry_of.get(pair, -1) for pair in zip(runs["sku"], runs["line"], strict=True)],
        dtype=np.int64,
    )
    days = runs["period"].to_numpy().astype("datetime64[D]")
    step = np.asarray(problem.calendar.ordinal(days) - problem.first, dtype=np.int64)
    _check_places(problem, runs, entry, step)
    pieces = np.zeros((len(members.item), problem.n_periods), dtype=np.int64)
    np.add.at(pieces, (entry, step), runs["quantity"].to_numpy(dtype=np.int64))
    begun = -(-pieces // members.units[:, None])
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    np.maximum.at(made, members.item, begun)
    whole = pieces == made[members.item] * members.units[:, None]
    torn = {(int(members.item[row]), int(when)) for row, when in np.argwhere(~whole)}
    return Placed(made, sorted(torn))


def _check_places(problem: Problem, runs: pd.DataFrame, entry: IntArray, step: IntArray) -> None:
    problems = []
    nowhere = sorted(set(zip(runs["sku"][entry < 0], runs["line"][entry < 0], strict=True)))
    if nowhere:
        ways = name_list([f"{sku} on {line}" for sku, line in nowhere])
        problems.append(f"{len(nowhere):,} SKUs have no routing on the line of their run: {ways}")
    outside = (step < 0) | (step >= problem.n_periods)
    if outside.any():
        first = str(runs["period"][outside].min().date())
        problems.append(
            f"{np.count_nonzero(outside):,} runs are outside the planned periods, first {first}"
        )
    if problems:
        raise DataError("runs", problems, "add the routings, or correct the runs")
