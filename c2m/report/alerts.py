"""What needs a person: SKUs that run out soon, and what changed since the last plan."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.frames import plural
from c2m.report.products import add_description
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import first_of_each, share, short_day, told_once, units

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan

LIKELY: Final = 0.5
"""Chance from which a SKU is said to run out."""

_MOST_ROWS: Final = 15
_MOST_CHANGES: Final = 40
_FIRST_CHANGES: Final = 10
"""So many changes are shown at once; the others open on demand."""


def soon_out_table(plan: "Plan", demand: "Demand", describe: Sequence[str]) -> Table | None:
    """Return the SKUs that are likely to run out, the soonest first.

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
    Table or None
        By the first period whose chance to run out is at least 50 %; None where there is none.
    """
    if not plan.outlook:
        return None
    likely = plan.outlook["stockout"] >= LIKELY  # [S, T]
    rows = np.flatnonzero(likely.any(axis=1))
    if rows.size == 0:
        return None
    first = likely[rows].argmax(axis=1)
    table = pd.DataFrame(
        {
            "sku": [plan.skus[row] for row in rows],
            "when": plan.periods[first],
            "chance": plan.outlook["stockout"][rows, first],
            "lost": plan.outlook["lost"][rows].sum(axis=1),
            "next": _next_arrival(plan, rows, first),
        }
    ).sort_values(["when", "lost", "sku"], ascending=[True, False, True], kind="stable")
    shown = add_description(table.iloc[:_MOST_ROWS].assign(what=""), demand, describe)
    if not describe:
        shown = shown.drop(columns="what")
    columns = [
        Column("sku", "SKU"),
        Column("what", "Product"),
        Column("when", f"Likely out from {plan.calendar.word} of", short_day),
        Column("chance", "Chance then", share, number=True),
        Column("next", "More arrives", _day_or_never),
        Column("lost", "Lost in the whole plan", units, number=True),
    ]
    hidden = len(table) - len(shown)
    note = f"{plural(hidden, 'more SKU')}; every SKU is in the list below." if hidden > 0 else ""
    caption = f"{plural(len(table), 'SKU')} more likely than not to run out, the soonest first"
    return make_table("soon-out", caption, shown, columns, note)


def _next_arrival(
    plan: "Plan",
    rows: np.ndarray[tuple[int], np.dtype[np.intp]],
    after: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
) -> pd.DatetimeIndex:
    """Return the first period after `after` in which units arrive, by row; NaT where none does."""
    arrives = plan.outlook["arrivals"][rows] > 0
    there = arrives & (np.arange(plan.n_periods)[None, :] > after[:, None])
    days: pd.DatetimeIndex = plan.periods[there.argmax(axis=1)].where(there.any(axis=1))
    return days


def _day_or_never(value: object) -> str:
    return short_day(value) if isinstance(value, pd.Timestamp) else "not in this plan"


def change_tables(plan: "Plan") -> list[Table]:
    """Return what a plan made anew does otherwise than the last one.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of Table
        The first changes, then the others; none where there is no last plan, or nothing changed.
    """
    changes = plan.changes
    if changes.empty:
        return []
    moved = (changes["after"] - changes["before"]).abs()
    ordered = changes.assign(moved=moved).sort_values(
        ["period", "moved", "sku"], ascending=[True, False, True], kind="stable"
    )
    why, shared = told_once(ordered["why"].tolist())
    replanned = "change_cost" in plan.costs
    ordered["why"] = first_of_each(ordered["sku"].tolist(), why) if replanned else why
    columns = [
        Column("sku", "SKU"),
        Column("line", "Line"),
        Column("period", plan.calendar.word.capitalize(), short_day),
        Column("before", "Before", units, number=True),
        Column("after", "Now", units, number=True),
        Column("why", "Why"),
    ]
    hidden = len(ordered) - _MOST_CHANGES
    more = f"{plural(hidden, 'more change')} in the workbook." if hidden > 0 else ""
    note = f"{shared[0].upper()}{shared[1:]}." if shared else ""
    caption = f"{plural(len(ordered), 'change')} since the last plan, the earliest first"
    first, rest = ordered.iloc[:_FIRST_CHANGES], ordered.iloc[_FIRST_CHANGES:_MOST_CHANGES]
    tables = [make_table("changes", caption, first, columns, note)]
    if len(rest):
        tables.append(make_table("more-changes", f"{caption} (continued)", rest, columns, more))
    return tables
