"""Every SKU of a plan as data that a page can search and sort, and the rows it shows at first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from c2m.report.products import add_description, sku_table
from c2m.report.tables import Column
from c2m.report.words import share, short_day, units

if TYPE_CHECKING:
    import pandas as pd

    from c2m.demand import Demand
    from c2m.plan import Plan

SHOWN: Final = 25
"""Rows that are in the page without a search."""

_MOST_RUNS: Final = 4
"""Runs of a SKU that are written before the rest is counted."""


@dataclass(frozen=True)
class Finder:
    """A list of all SKUs.

    Parameters
    ----------
    columns : list of Column
        As they stand above the list; the first one is the SKU, the last one its runs.
    rows : list of list of str
        The first rows, written.
    total : int
        How many SKUs there are.
    data : str
        JSON of all rows, safe within a ``script`` element.
    order : str
        What the list is sorted by at first.
    """

    columns: list[Column]
    rows: list[list[str]]
    total: int
    data: str
    order: str


def read_finder(plan: "Plan", demand: "Demand", describe: Sequence[str]) -> Finder:
    """List every SKU with its units, its risk and its runs.

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
    Finder
        The SKUs that lose the most first.
    """
    table = add_description(sku_table(plan), demand, describe)
    by = next((name for name in ("lost_money", "lost", "made") if name in table.columns), "made")
    table = table.sort_values([by, "sku"], ascending=[False, True], kind="stable")
    columns = [column for column in _columns(plan) if column.source in table.columns]
    runs = _runs_by_sku(plan)
    listed = [runs.get(sku, []) for sku in table["sku"]]
    lines, days = sorted(set(plan.runs["line"])), [short_day(day) for day in plan.periods]
    data = {
        "kinds": [_kind(column) for column in columns],
        "lines": lines,
        "days": days,
        "rows": [
            [*cells, own]
            for *cells, own in zip(
                *(_values(table[column.source]) for column in columns), listed, strict=True
            )
        ],
    }
    rows = [
        [*cells, _write_runs(own, lines, days)]
        for *cells, own in zip(
            *(
                [column.write(value) for value in table[column.source][:SHOWN]]
                for column in columns
            ),
            listed[:SHOWN],
            strict=True,
        )
    ]
    order = {"lost_money": "lost revenue", "lost": "lost units"}.get(by, "units made")
    columns.append(Column("runs", "Runs"))
    return Finder(columns, rows, len(table), _safe(data), order)


def _columns(plan: "Plan") -> list[Column]:
    return [
        Column("sku", "SKU"),
        Column("what", "Product"),
        Column("made", "Made", units, number=True),
        Column("wanted", "Wanted", units, number=True),
        Column("lost", "Lost", units, number=True),
        Column("left", "Left", units, number=True),
        Column("worst", f"Chance out, worst {plan.calendar.word}", share, number=True),
    ]


def _kind(column: Column) -> str:
    return "share" if column.write is share else "units" if column.number else "text"


def _values(values: "pd.Series[Any]") -> list[Any]:
    """Return a column as JSON holds it: short numbers, and None for what is unknown."""
    if values.dtype.kind not in "fi":
        return [str(value) for value in values]
    numbers = values.to_numpy(np.float64)
    return [_short(float(number)) for number in numbers]


def _short(number: float) -> float | int | None:
    """Keep four digits behind a small number's point, and none behind a large one's."""
    if not np.isfinite(number):
        return None
    kept = round(number) if abs(number) >= 10 else round(number, 4)
    return int(kept) if float(kept).is_integer() else kept


def _runs_by_sku(plan: "Plan") -> dict[str, list[list[int]]]:
    """Return the runs of each SKU as places of line and period, and units."""
    runs = plan.runs.sort_values(["period", "line"], kind="stable")
    lines = {line: place for place, line in enumerate(sorted(set(runs["line"])))}
    periods = {period: place for place, period in enumerate(plan.periods)}
    found: dict[str, list[list[int]]] = {}
    for sku, line, period, quantity in zip(
        runs["sku"], runs["line"], runs["period"], runs["quantity"], strict=True
    ):
        found.setdefault(sku, []).append([lines[line], periods[period], int(quantity)])
    return found


def _write_runs(runs: list[list[int]], lines: list[str], days: list[str]) -> str:
    """Write the first runs of a SKU; the page's script writes the others the same way."""
    texts = [f"{days[day]}: {units:,} on {lines[line]}" for line, day, units in runs[:_MOST_RUNS]]
    hidden = len(runs) - _MOST_RUNS
    more = [f"{hidden} more"] if hidden > 0 else []
    return "; ".join([*texts, *more]) or "none"


def _safe(data: dict[str, Any]) -> str:
    """Write JSON that cannot end the element around it."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
