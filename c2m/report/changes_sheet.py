"""The sheet of what changed since the last plan: money by kind, and every run."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import plural
from c2m.plan.tables import typed_table
from c2m.report.money import RESULT, cost_frame
from c2m.report.sheets import Book, SheetColumn, cell, filters
from c2m.report.words import day, first_of_each, of_period, told_once

if TYPE_CHECKING:
    from c2m.plan import Plan

_KEY = ["sku", "line", "mode", "period"]

_SHORT = 100
"""Letters of a reason up to which a narrow column is enough."""


def run_changes(before: "Plan", after: "Plan", why: str = "") -> pd.DataFrame:
    """Return the runs that one plan has otherwise than another, in the periods of the second.

    Parameters
    ----------
    before, after : Plan
        The plans.
    why : str
        Said of each.

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.CHANGES`, by period, line and SKU; ``charged`` where a run is
        added, dropped, or off by more than a tenth.

    Raises
    ------
    ArgumentError
        If the plans have different calendars.
    """
    if before.calendar != after.calendar:
        raise ArgumentError(
            f"Expected an earlier plan in the same periods, got freq {before.freq!r} and "
            f"{after.freq!r}."
        )
    first = after.periods[0]
    parts = [plan.runs.loc[plan.runs["period"] >= first] for plan in (before, after)]
    old, new = (part.groupby(_KEY)["quantity"].sum() for part in parts)
    both = pd.DataFrame({"before": old, "after": new}).fillna(0).astype("int64")
    both = both[both["before"] != both["after"]].reset_index()
    larger = both[["before", "after"]].max(axis=1)
    off = (both["after"] - both["before"]).abs() > 0.1 * both["before"]
    both["charged"] = (both[["before", "after"]].min(axis=1) == 0) | (off & (larger > 0))
    both["why"] = why
    table = typed_table("changes", dict(both))
    return table.sort_values(["period", "line", "sku", "mode"], kind="stable", ignore_index=True)


def write_changes(book: Book, plan: "Plan", since: "Plan | None") -> None:
    """Write the sheet ``Changes``, where there is anything to compare.

    Parameters
    ----------
    book : Book
        The workbook.
    plan : Plan
        The plan.
    since : Plan, optional
        The plan before. Without it only the plan's own list of changes is known.
    """
    changes = plan.changes
    if since is None and changes.empty:
        return
    if since is not None:
        changes = _since(since, plan)
    sheet = book.sheet("Changes")
    row = 0 if since is None else _write_money(book, sheet, since, plan)
    text = f"{plural(len(changes), 'run')} {'is' if len(changes) == 1 else 'are'} not as before."
    if since is not None and since.first < plan.first:
        over = int((since.runs["period"] < plan.periods[0]).sum())
        text += f" {plural(over, 'run')} of the last plan began before {day(plan.periods[0])}."
    shared = told_once(changes["why"].tolist())[1]
    text += f" {shared[0].upper()}{shared[1:]}." if shared else ""
    replanned = "change_cost" in plan.costs
    text += _charged(changes, plan) if replanned and len(changes) else ""
    sheet.write_string(row, 0, text, book.formats["note"])
    when = of_period(plan.calendar, "Make on", "Make in")
    _write_runs(book, sheet, row + 1, changes, when, replanned=replanned)
    if since is not None:
        sheet.freeze_panes(0, 1)


def _since(before: "Plan", plan: "Plan") -> pd.DataFrame:
    """Return what changed since a plan, with what the later plan says of it."""
    changes = run_changes(before, plan)
    told = plan.changes.drop_duplicates(_KEY, keep="last").set_index(_KEY)
    here = told.reindex(pd.MultiIndex.from_frame(changes[_KEY]))
    known = here["charged"].notna().to_numpy()
    charged = np.where(known, here["charged"].isin([True]), changes["charged"])
    return changes.assign(why=here["why"].fillna("").to_numpy(), charged=charged)


def _charged(changes: pd.DataFrame, plan: "Plan") -> str:
    """Say how many changes are charged, and what they cost together."""
    count = int(changes["charged"].sum())
    money = f"{plan.costs['change_cost']:,.0f} {plan.currency or ''}".rstrip()
    return (
        f" {count:,} of {len(changes):,} {'is' if count == 1 else 'are'} charged as a change "
        f"(added, dropped, or off by more than a tenth): {money}."
    )


def _write_runs(
    book: Book, sheet: Any, head: int, changes: pd.DataFrame, when: str, *, replanned: bool
) -> None:
    """Write every change; the difference is a formula."""
    columns = [SheetColumn("sku", "SKU", "code"), SheetColumn("line", "Line", "code")]
    if (changes["mode"] != "").any():
        columns.append(SheetColumn("mode", "By"))
    columns += [
        SheetColumn("period", when, "date"),
        SheetColumn("before", "Before", "whole"),
        SheetColumn("after", "After", "whole"),
        SheetColumn("difference", "Difference", "whole"),
    ]
    if replanned:
        columns.append(SheetColumn("told", "Charged"))
    longest = changes["why"].str.len().max() if len(changes) else 0
    if longest:
        columns.append(SheetColumn("why", "Why", "long" if longest > _SHORT else "wrapped"))
    why = told_once(changes["why"].tolist())[0]
    changes = changes.assign(
        difference=changes["after"] - changes["before"],
        told=np.where(changes["charged"], "yes", "no"),
        why=first_of_each(changes["sku"].tolist(), why) if replanned else why,
    )
    last = book.table(sheet, head, changes, columns) - 1
    filters(sheet, head, last, len(columns))
    place = [column.source for column in columns].index("difference")
    for number, value in enumerate(changes["difference"], start=head + 1):
        formula = f"={cell(number, place - 1)}-{cell(number, place - 2)}"
        sheet.write_formula(number, place, formula, book.formats["signed"], int(value))


def _write_money(book: Book, sheet: Any, since: "Plan", plan: "Plan") -> int:
    """Write both plans' money by kind and return the row for what follows."""
    before, after = (cost_frame(each).set_index("kind") for each in (since, plan))
    if before.empty or after.empty:
        return 0
    kinds = [*after.index, *(kind for kind in before.index if kind not in after.index)]
    named = pd.concat([after["name"], before["name"]])
    table = pd.DataFrame(
        {
            "name": named[~named.index.duplicated()].reindex(kinds),
            "before": before["value"].reindex(kinds, fill_value=0.0),
            "after": after["value"].reindex(kinds, fill_value=0.0),
        }
    )
    title = f"Money{', ' + plan.currency if plan.currency else ''}: expected, over each plan"
    sheet.write_string(0, 0, title, book.formats["block"])
    heads = ("", "", "", "Last plan", "This plan", "Difference")
    for place, text in enumerate(heads):
        sheet.write_string(1, place, text, book.formats["head-right" if text else "head-left"])
    for row, (kind, name, old, new) in enumerate(table.itertuples(name=None), start=2):
        strong = kind == RESULT
        how = book.formats["result" if strong else "whole"]
        sheet.write_string(row, 0, name, book.formats["result-text" if strong else "text"])
        sheet.write_number(row, 3, old, how)
        sheet.write_number(row, 4, new, how)
        formula = f"={cell(row, 4)}-{cell(row, 3)}"
        sheet.write_formula(row, 5, formula, book.formats["signed"], new - old)
    return 2 + len(table) + 1
