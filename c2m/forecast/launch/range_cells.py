"""The cells of a range file, as text: what a planner typed, before it is judged."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.cells import hidden_cells, hidden_problem
from c2m.checks import Check
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError
from c2m.frames import name_list, read_frame

LIST: Final = ";"
"""Between the values of a list: colours, sizes, like-styles."""

_BOOKS: Final = (".xlsx", ".xlsm")
_OTHER_BOOKS: Final = (".xls", ".xlsb", ".ods")
"""Workbooks whose cells with an error value would be read as empty or as 0."""

_TEXTS: Final = (".csv", ".tsv", ".txt")
_DELIMITERS: Final = (",", ";", "\t")
_EXACT_BELOW: Final = 1e15
"""A spreadsheet keeps 15 digits of a number."""

_OTHER_NAMES: Final = {
    "colour": "colours",
    "color": "colours",
    "colors": "colours",
    "size": "sizes",
    "like_style": "like_styles",
    "on_sale_week": "on_sale",
    "exit_week": "exit",
}

DATES: Final = ("on_sale", "exit")


@dataclass(frozen=True, eq=False)
class Cells:
    """A table of text cells and where they stood.

    Parameters
    ----------
    check : Check
        Of the table, in which every cell is text; an empty cell is ``""``. Its problems name rows
        as the planner sees them.
    number_codes : tuple of str
        Cells of codes that were numbers and were read as their digits.
    """

    check: Check
    number_codes: tuple[str, ...] = ()


def read_cells(source: object) -> Cells:
    """Read a range from a CSV file, a workbook or a frame, without judging its values.

    Parameters
    ----------
    source : path or frame
        A CSV file (comma, semicolon or tab; UTF-8), the first sheet of a workbook, or a
        DataFrame or Arrow table.

    Returns
    -------
    Cells
        The cells. A day that stands where a code should is noted as a problem.

    Raises
    ------
    ArgumentError
        If the file is not there, or its name has no known ending.
    DataError
        If the file cannot be read as what its name says.
    MissingEngineError
        If it is a workbook and python-calamine is not installed.
    """
    if not isinstance(source, str | Path):
        frame = read_frame(source, "range")
        header = [str(name) for name in frame.columns]
        body = list(frame.itertuples(index=False, name=None))
        return _tidy("range", header, body, range(len(body)))
    path = Path(source)
    if path.suffix.lower() not in (*_BOOKS, *_TEXTS):
        saved = " Save it as .xlsx." if path.suffix.lower() in _OTHER_BOOKS else ""
        raise ArgumentError(
            f"Expected a range file ending in {name_list((*_TEXTS, *_BOOKS))}, got {path}.{saved}"
        )
    if not path.is_file():
        raise ArgumentError(f"Expected a range file, but there is no file {path}.")
    rows: Sequence[Sequence[Any]]
    problems: list[tuple[str, str]] = []
    if path.suffix.lower() in _BOOKS:
        rows, problems = _book(path)
    else:
        rows = _text(path)
    if not rows:
        problem = "it has no rows"
        raise DataError(path.name, [problem], "pass a header row and a row for each style")
    header = [str(cell) for cell in rows[0]]
    numbered = [(n, row) for n, row in enumerate(rows[1:], start=2) if any(map(_spell, row))]
    cells = _tidy(path.name, header, [row for _, row in numbered], [n for n, _ in numbered])
    for problem, fix in problems:
        cells.check.add(problem, fix)
    return cells


def _text(path: Path) -> Sequence[Sequence[Any]]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"it is no UTF-8 text (byte {error.start:,})"
        raise DataError(path.name, [problem], "save it as 'CSV UTF-8'") from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def _book(path: Path) -> tuple[Sequence[Sequence[Any]], list[tuple[str, str]]]:
    """Return the cells of the first sheet, and what is wrong with those that look empty."""
    calamine = engine("python_calamine", "Excel files")
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheet = book.get_sheet_by_index(0)
            rows: Sequence[Sequence[Any]] = sheet.to_python(skip_empty_area=False)
            hidden = hidden_cells(path).get(sheet.name, [])
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError) as error:
        fix = "save it as an Excel workbook (.xlsx) without a password"
        raise DataError(path.name, [f"the file is no workbook: {error}"], fix) from error
    return rows, [hidden_problem(sheet.name, hidden)] if hidden else []


def _tidy(
    table: str, header: Sequence[str], body: Sequence[Sequence[object]], numbers: Sequence[int]
) -> Cells:
    """Name the columns, spell the cells, and note rows and columns out of place."""
    names = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in header]
    names = [_OTHER_NAMES.get(name, name) for name in names]
    width = len(names)
    spelled = [[_spell(cell) for cell in row] + [""] * (width - len(row)) for row in body]
    kept = {name: place for place, name in reversed(list(enumerate(names))) if name}
    frame = pd.DataFrame(
        {name: [row[place] for row in spelled] for name, place in sorted(kept.items())},
        index=range(len(body)),
        dtype="object",
    )
    check = Check(table, frame, lambda row: f"row {numbers[row]}")
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        check.add(f"columns occur more than once: {name_list(doubled)}", "drop the doubled columns")
    stray = [any(row[width:]) or _unnamed(row, names) for row in spelled]
    check.rows(
        np.array(stray, dtype=bool),
        "has a value in a column without a name",
        "name the column in the first row, or empty it; quote a list that holds the delimiter",
    )
    codes = _note_codes(check, body, kept)
    return Cells(check, tuple(codes))


def _unnamed(row: Sequence[str], names: Sequence[str]) -> bool:
    return any(cell for cell, name in zip(row, names, strict=False) if not name)


def _note_codes(
    check: Check, body: Sequence[Sequence[object]], kept: "dict[str, int]"
) -> list[str]:
    """Note codes that a spreadsheet made a day or a fraction; return those it made a number."""
    digits = []
    for name, place in kept.items():
        if name in {*DATES, "price"}:
            continue
        cells = [row[place] if place < len(row) else "" for row in body]
        wrong = np.array([_is_day(cell) for cell in cells], dtype=bool)
        check.rows(
            wrong,
            f"has a {name!r} that the spreadsheet made a date",
            f"format the column {name!r} as Text and type it again",
            lambda row, cells=cells: _spell(cells[row]),  # type: ignore[misc]
        )
        digits += [
            f"{check.place(row)}, {name!r} {_spell(cell)}"
            for row, cell in enumerate(cells)
            if isinstance(cell, int | float | np.number) and not wrong[row] and _spell(cell)
        ]
    return digits


def _is_day(cell: Any) -> bool:
    is_day = isinstance(cell, date | datetime | time | np.datetime64)
    return is_day and not bool(pd.isna(cell))


def _spell(cell: Any) -> str:
    """Return what a planner sees in a cell."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, list | tuple | set | np.ndarray):
        return LIST.join(_spell(each) for each in _in_order(cell))
    if cell is None or bool(pd.isna(cell)):
        return ""
    if isinstance(cell, datetime | np.datetime64):
        moment = pd.Timestamp(cell)
        return str(moment.date()) if moment == moment.normalize() else str(moment)
    if isinstance(cell, float | np.floating) and cell % 1 == 0 and abs(float(cell)) < _EXACT_BELOW:
        return f"{cell:.0f}"
    return str(cell)


def _in_order(cells: Iterable[Any]) -> list[Any]:
    return sorted(cells, key=str) if isinstance(cells, set) else list(cells)
