"""What to do first: the runs of the first period, line by line, and why they have their size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.plan.view import explain_runs
from c2m.report.products import add_description
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import first_period, joined, short_day, units

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

MOST_SHOWN: Final = 10
"""So many runs of a line are shown at once; the others open on demand."""

_MOST_LISTED: Final = 200
"""So many runs of a line are in the page at all."""

MOST_REASONS: Final = 6


@dataclass(frozen=True)
class LineStart:
    """The runs that a line starts first.

    Parameters
    ----------
    line : str
        The line.
    summary : str
        How many runs, units, and how much of the line they take.
    table : Table
        The largest runs.
    rest : Table, optional
        The others.
    """

    line: str
    summary: str
    table: Table | None
    rest: Table | None


@dataclass(frozen=True)
class Reason:
    """Why a run has its size.

    Parameters
    ----------
    title : str
        Which run.
    text : str
        Sentences.
    """

    title: str
    text: str


def first_runs(plan: "Plan", demand: "Demand", describe: Sequence[str]) -> list[LineStart]:
    """Return the runs of the first planned period by line.

    Parameters
    ----------
    plan : Plan
        The plan.
    demand : Demand
        For the SKUs' attributes.
    describe : sequence of str
        See `add_description`.

    Returns
    -------
    list of LineStart
        One a line, in the order of their codes.
    """
    runs = add_description(plan.runs, demand, describe)
    load = plan.line_load
    lines = sorted(set(load["line"]) | set(runs["line"]))
    now = runs[runs["period"] == plan.periods[0]]
    return [
        _line_start(plan, number, line, now[now["line"] == line], load[load["line"] == line])
        for number, line in enumerate(lines)
    ]


def _line_start(
    plan: "Plan", number: int, line: str, runs: pd.DataFrame, load: pd.DataFrame
) -> LineStart:
    now = load[load["period"] == plan.periods[0]]
    unit = str(now["unit"].iloc[0]) if len(now) else "capacity"
    columns = [
        Column("sku", "SKU"),
        Column("what", "Product"),
        Column("quantity", "Units", lambda value: f"{value:,}", number=True),
        Column("capacity_used", unit.capitalize(), units, number=True),
        Column("available", "To sell from", short_day),
    ]
    if _same_day(runs):
        columns = columns[:-1]
    runs = runs.sort_values(["quantity", "sku"], ascending=[False, True], kind="stable")
    when = first_period(plan.calendar)
    shown, rest = runs.iloc[:MOST_SHOWN], runs.iloc[MOST_SHOWN:_MOST_LISTED]
    caption = f"Runs to start on {line} {when}, largest first"
    return LineStart(
        line,
        _line_summary(runs, now, when, _next_start(plan, line)) + _same_day(runs),
        make_table(f"start-{number}", caption, shown, columns) if len(shown) else None,
        make_table(f"rest-{number}", caption + " (continued)", rest, columns, _more(runs))
        if len(rest)
        else None,
    )


def _more(runs: pd.DataFrame) -> str:
    hidden = len(runs) - _MOST_LISTED
    return f"{plural(hidden, 'smaller run')} more in the workbook." if hidden > 0 else ""


def _same_day(runs: pd.DataFrame) -> str:
    """Say from when the runs can be sold, where that is one day for all."""
    days = runs["available"].unique()
    return f" To sell from {short_day(days[0])}." if len(days) == 1 else ""


def _next_start(plan: "Plan", line: str) -> str:
    later = plan.runs[plan.runs["line"] == line]["period"]
    return f"the next run starts {short_day(later.min())}" if len(later) else "no run is planned"


def _line_summary(runs: pd.DataFrame, now: pd.DataFrame, when: str, following: str) -> str:
    """Say in one line what the line does in the first period."""
    if runs.empty:
        shut = len(now) and now["capacity"].iloc[0] == 0
        return f"{'Shut' if shut else 'Nothing starts'} {when}; {following}."
    parts = [plural(len(runs), "run"), f"{runs['quantity'].sum():,} units"]
    if len(now):
        load = now.iloc[0]
        if load["capacity"] > 0:
            parts.append(f"{load['used'] / load['capacity']:.0%} of regular capacity")
        if load["overtime"] > 0:
            parts.append(f"{units(load['overtime'])} {load['unit']} of overtime")
    return joined(parts) + "."


def largest_reasons(plan: "Plan") -> list[Reason]:
    """Explain the largest runs of the first period, or of the whole plan where it has none.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of Reason
        By expected value of the run, largest first; empty for a plan without reasons.
    """
    reasons = plan.reasons
    runs = plan.runs[plan.runs["run"].isin(reasons["run"])]
    now = runs[runs["period"] == plan.periods[0]]
    runs = now if len(now) else runs
    if runs.empty:
        return []
    value = runs["quantity"].astype("float64")
    products = plan.inputs.get("products")
    if products is not None:
        value = value * runs["sku"].map(products.set_index("sku")["price"]).fillna(0.0)
    largest = runs.loc[value.sort_values(ascending=False, kind="stable").index[:MOST_REASONS]]
    shown = reasons[reasons["run"].isin(largest["run"])]
    texts = explain_runs(plan, shown, largest).set_index("run")["text"]
    return [
        Reason(f"{run['sku']}: {run['quantity']:,} units on {run['line']}", texts[run["run"]])
        for run in largest.to_dict("records")
    ]
