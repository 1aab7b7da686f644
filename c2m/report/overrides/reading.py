"""Read what a person has set in a workbook, and check that nothing else was changed."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.cells import hidden_cells, hidden_problem
from c2m.checks import Check
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError
from c2m.plan import Plan
from c2m.report.overrides.carrier import Carried, unpack
from c2m.report.overrides.cells import (
    Filled,
    filled_rows,
    read_change,
    read_code,
    read_codes,
    read_units,
    renamed,
)
from c2m.report.overrides.sheets import (
    CARRIER,
    DEMAND_SHEET,
    DEMAND_TITLES,
    MARK,
    RUN_TITLES,
    RUNS_SHEET,
)
from c2m.report.plan_sheets import SET_UNITS
from c2m.report.words import of_period

_PLAN: Final = "Plan"
_READ: Final = (CARRIER, _PLAN, RUNS_SHEET, DEMAND_SHEET)
"""Sheets that are read; the others only show."""

_KEY: Final = ["sku", "line", "period", "mode"]
_PLACE: Final = _KEY[:3]
_DAYS: Final = ("period", "available", "order_by", "ex_factory", "in_warehouse")
_RESTORE: Final = (
    f"undo it: other sizes go into the column {SET_UNITS}, other runs on the sheet {RUNS_SHEET}"
)


@dataclass(frozen=True)
class Found:
    """What a workbook says.

    Parameters
    ----------
    carried : Carried
        The plan and the forecast that it was written with.
    runs : DataFrame
        What a person has set: ``sku``, ``line``, ``period``, ``quantity``, ``mode``, ``remark``.
    demand : Filled
        The rows of the sheet of demand, by name of the column.
    check : Check
        What is wrong with the runs; to be raised once the demand has been read as well.
    """

    carried: Carried
    runs: pd.DataFrame
    demand: Filled
    check: Check


def read_book(path: Path) -> Found:
    """Read a workbook that `write_workbook` wrote and a person has filled in.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Found
        What it says.

    Raises
    ------
    ArgumentError
        If there is no such file.
    DataError
        If it is no such workbook, or a sheet is not as it was written.
    """
    sheets = _read_sheets(path)
    hidden = sheets.get(CARRIER, [])
    if not hidden or str(hidden[0][0]) != MARK:
        raise DataError(
            path.name,
            [f"it has no hidden sheet {CARRIER!r}, which carries the plan"],
            "read the workbook that plan.to_excel wrote, with all its sheets",
        )
    texts = [str(row[0]) for row in hidden[1:]]
    carried = unpack([text for text in texts if text], path.name)
    plan = carried.plan
    check = Check(path.name, pd.DataFrame())
    planned = _find(check, sheets, _PLAN, ["Run", SET_UNITS])
    rows = _find(check, sheets, RUNS_SHEET, ["SKU", "Line", "Units"])
    demand = _find(check, sheets, DEMAND_SHEET, ["SKU", "Units", "Change"])
    _check_hidden(check, path, [planned, rows, demand])
    check.done()
    runs = _joined(
        check, _read_plan(check, planned, plan), _read_runs(check, rows, plan), rows, plan
    )
    names = {title: name for name, title in DEMAND_TITLES.items()} | {"SKU": "sku"}
    named = renamed(demand.frame, names)
    if "change" in named:
        named["change"] = named["change"].astype("object").map(read_change)
    return Found(carried, runs, Filled(demand.sheet, named, demand.rows), check)


def _read_sheets(path: Path) -> dict[str, list[list[Any]]]:
    if path.suffix.lower() != ".xlsx":
        raise ArgumentError(f"Expected a workbook ending in '.xlsx', got {str(path)!r}.")
    if not path.is_file():
        raise ArgumentError(f"There is no file {str(path)!r}.")
    calamine = engine("python_calamine", "Excel files")
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            return {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in book.sheet_names
                if name in _READ
            }
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError) as error:
        fix = "save it as an Excel workbook (.xlsx) without a password"
        raise DataError(path.name, [f"the file is no workbook: {error}"], fix) from error


def _check_hidden(check: Check, path: Path, filled: list[Filled]) -> None:
    """Note errors and uncalculated formulas in the cells for a person; the others are not read."""
    hidden = hidden_cells(path, [each.sheet for each in filled])
    for each in filled:
        titles = [SET_UNITS] if each.sheet == _PLAN else [title for title in each.titles if title]
        cells = [cell for cell in hidden.get(each.sheet, ()) if each.below(cell, titles)]
        if cells:
            check.add(*hidden_problem(each.sheet, cells))


def _find(check: Check, sheets: dict[str, list[list[Any]]], name: str, needed: list[str]) -> Filled:
    """Return the filled rows of a sheet; one without its columns is noted."""
    filled = filled_rows(name, sheets.get(name, []), needed)
    if filled is not None:
        return filled
    what = f"has no header with {', '.join(needed)}" if name in sheets else "is not there"
    check.add(f"sheet {name!r} {what}", "write the workbook again, or undo the change")
    return Filled(name, pd.DataFrame(), [])


def _within(check: Check, filled: Filled, frame: pd.DataFrame) -> Check:
    """Return a check of a sheet's rows that notes into the workbook's."""
    inner = Check(check.table, frame, filled.place)
    inner.problems, inner.fixes = check.problems, check.fixes
    return inner


def _read_plan(check: Check, filled: Filled, plan: Plan) -> pd.DataFrame:
    """Return the runs whose size is set, after checking that their own cells are as they were."""
    table = filled.frame
    inner = _within(check, filled, table)
    runs = plan.runs.set_index("run")
    names = table["Run"].map(str)
    missing = runs.index[~runs.index.isin(names)]
    if len(missing):
        inner.add(
            f"{len(missing):,} of {len(runs):,} runs are not on the sheet {_PLAN!r} any more "
            f"(first: {missing[0]})",
            f"undo it; 0 in the column {SET_UNITS} takes a run out",
        )
    unknown = ~names.isin(runs.index).to_numpy()
    inner.rows(unknown, "has a run that the plan does not have", _RESTORE, lambda row: names[row])
    own = runs.reindex(names)
    inner.rows(
        names.duplicated().to_numpy() & ~unknown,
        "has a run that stands in an earlier row",
        "keep one row of each run",
        lambda row: names[row],
    )
    for title, (name, needed) in _locked(plan).items():
        if title not in table:
            if needed:
                inner.add(f"sheet {_PLAN!r} has no column {title!r}", _RESTORE)
            continue
        same = _same(table[title], own[name], name)
        inner.rows(
            ~same & ~unknown,
            f"has another {title!r} than the plan, in a locked cell",
            _RESTORE,
            lambda row, title=title: str(table[title].iloc[row]),  # type: ignore[misc]
        )
    units = read_units(inner, SET_UNITS, empty=True)
    chosen = ~np.isnan(units) & ~unknown
    found = own[chosen].assign(quantity=units[chosen], remark="")
    return found.reset_index()[[*_KEY, "quantity", "remark"]]


def _locked(plan: Plan) -> dict[str, tuple[str, bool]]:
    """Return the locked columns by title: their name, and whether every plan has it."""
    return {
        "SKU": ("sku", True),
        "Line": ("line", True),
        of_period(plan.calendar, "Make on", "Make in"): ("period", True),
        "Units": ("quantity", True),
        "By": ("mode", False),
        "To sell from": ("available", False),
        "Order by": ("order_by", False),
        "Ex factory": ("ex_factory", False),
        "In warehouse": ("in_warehouse", False),
    }


def _same(cells: pd.Series, own: pd.Series, name: str) -> Any:
    """Say which cells still hold what the plan has."""
    if name == "quantity":
        return pd.to_numeric(cells, errors="coerce").to_numpy() == own.to_numpy()
    if name in _DAYS:
        days = pd.to_datetime(cells, errors="coerce").to_numpy().astype("datetime64[D]")
        planned = own.to_numpy().astype("datetime64[D]")
        return (days == planned) | (cells.isna().to_numpy() & np.isnat(planned))
    return cells.map(_text).to_numpy() == own.map(_text).to_numpy()


def _text(value: object) -> str:
    """Return a text as cells are read: nothing for an empty one, without blanks around it."""
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def _no_runs() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in (*_KEY, "quantity", "remark")})


def _read_runs(check: Check, filled: Filled, plan: Plan) -> pd.DataFrame:
    """Return the runs of the sheet of overrides."""
    table = filled.frame
    if table.empty:
        return _no_runs()
    when = of_period(plan.calendar, "Make on", "Make in")
    titles = {**RUN_TITLES, "period": when}
    inner = _within(check, filled, table)
    if not inner.columns(list(titles.values())):
        return _no_runs()
    skus = read_codes(inner, titles["sku"], plan.skus)
    lines = table[titles["line"]].map(read_code)
    inner.rows(lines.isna().to_numpy(), "has no 'Line'", "fill 'Line' or empty the row")
    units = read_units(inner, titles["quantity"], empty=False)
    period = pd.to_datetime(table[when], errors="coerce", format="ISO8601")
    known = plan.periods
    inner.rows(
        ~period.isin(known).to_numpy(),
        f"has a {when!r} that is no first day of a planned period ({known[0]:%Y-%m-%d} to "
        f"{known[-1]:%Y-%m-%d})",
        "choose one of the list",
        lambda row: str(table[when].iloc[row]),
    )
    found = pd.DataFrame({"sku": skus, "line": lines, "period": period, "quantity": units})
    for name in ("mode", "remark"):
        found[name] = table[titles[name]].map(lambda value: read_code(value) or "")
    every = found.groupby(_PLACE, dropna=False)["mode"].transform(lambda modes: (modes == "").any())
    twice = found.duplicated(_KEY) | (found.duplicated(_PLACE) & every.astype(bool))
    inner.rows(
        twice.to_numpy(),
        "sets a run that an earlier row sets",
        "keep one of them",
        lambda row: (skus.iloc[row], lines.iloc[row]),
    )
    return found


def _joined(
    check: Check, on_plan: pd.DataFrame, more: pd.DataFrame, filled: Filled, plan: Plan
) -> pd.DataFrame:
    """Return all runs that are set; a size on the sheet Plan replaces one that was set before."""
    if more.empty or on_plan.empty:
        return on_plan if more.empty else more
    before = plan.inputs.get("overrides")
    pairs = more.reset_index().merge(on_plan, on=_PLACE, suffixes=("", "_set"))
    meets = (pairs["mode"] == pairs["mode_set"]) | (pairs["mode"] == "") | (pairs["mode_set"] == "")
    twice = more.index.isin(pairs.loc[meets, "index"])
    old = np.zeros(len(more), dtype=bool)
    if before is not None and len(before):
        same = [*_PLACE, "quantity"]
        index = pd.MultiIndex.from_frame(before[same].astype({"quantity": "float64"}))
        old = pd.MultiIndex.from_frame(more[same]).isin(index)
    inner = _within(check, filled, more)
    inner.rows(
        twice & ~old,
        f"sets a run that the column {SET_UNITS} sets as well",
        "keep one of them",
        lambda row: more["sku"].iloc[row],
    )
    return pd.concat([more[~twice], on_plan], ignore_index=True)
