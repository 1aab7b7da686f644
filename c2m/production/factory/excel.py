"""Read a factory from a workbook: one sheet per table, column names in the first row."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

from c2m.cells import hidden_cells, hidden_problem
from c2m.checks import Check
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean, name_list
from c2m.production.factory.checks import Source
from c2m.production.factory.columns import columns
from c2m.production.factory.files import FILE_TABLES, Contents, cells_to_frame, need_file

HELP_SHEET: Final = "Help"
"""The sheet of the template that explains it; it is never read."""

Cells: TypeAlias = Sequence[Sequence[object]]

_SUFFIXES: Final = (".xlsx", ".xlsm")
_EXACT_BELOW: Final = 1e15
"""A spreadsheet keeps 15 digits of a number."""


@dataclass
class _Workbook:
    """What has been read of a workbook so far."""

    check: Check
    sources: dict[str, Source] = field(default_factory=dict)
    number_codes: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def read_excel(path: Path) -> Contents:
    """Read a factory's workbook without judging its values.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Contents
        Its tables; unknown sheets, broken header rows and broken cells are noted.

    Raises
    ------
    ArgumentError
        If the file's name does not end in ``.xlsx`` or ``.xlsm``, or it is not there.
    DataError
        If the file is no workbook.
    MissingEngineError
        If python-calamine is not installed.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ArgumentError(f"Expected a workbook ending in {name_list(_SUFFIXES)}, got {path}.")
    need_file(path)
    calamine = engine("python_calamine", "Excel files")
    book = _Workbook(Check(path.name, pd.DataFrame()))
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            hidden = hidden_cells(path)
            for sheet in workbook.sheet_names:
                rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                _read_sheet(book, sheet, rows, hidden.get(sheet, []))
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError) as error:
        fix = "save it as an Excel workbook (.xlsx) without a password"
        raise DataError(path.name, [f"the file is no workbook: {error}"], fix) from error
    return Contents(path.name, book.sources, book.check, tuple(_notes(book)))


def _read_sheet(book: _Workbook, sheet: str, rows: Cells, hidden: list[str]) -> None:
    """Read one sheet into the table whose name it bears."""
    name = sheet.strip().lower()
    if name == HELP_SHEET.lower():
        return
    if name in FILE_TABLES:
        if hidden:
            book.check.add(*hidden_problem(sheet, hidden))
        if rows:
            book.sources[name] = _read_table(book, name, rows)
    elif hint := did_you_mean(name, FILE_TABLES):
        known = name_list(FILE_TABLES)
        problem = f"unknown sheet {sheet!r}{hint}; the sheets are {known}"
        book.check.add(problem, "rename or remove it")
    else:
        book.passed_over.append(sheet)


def _read_table(book: _Workbook, name: str, rows: Cells) -> Source:
    """Read the cells below the header row; rows without any value are passed over."""
    header = [str(cell).strip().lower().replace(" ", "_") for cell in rows[0]]
    body = [(number, row) for number, row in enumerate(rows[1:], start=2) if _any_value(row)]
    _check_header(book.check, name, header, [row for _, row in body])
    codes = {column.name for column in columns(FILE_TABLES[name]) if column.kind == "code"}
    cells: dict[str, list[Any]] = {}
    for position, title in enumerate(header):
        if not title or title in cells:
            continue
        values = [None if row[position] == "" else row[position] for _, row in body]
        if title in codes:
            digits = [_code(value) for value in values]
            book.number_codes += [
                f"sheet {name!r}, row {number}, {title!r} {code}"
                for (number, _), value, code in zip(body, values, digits, strict=True)
                if isinstance(code, str) and not isinstance(value, str)
            ]
            values = digits
        cells[title] = values
    numbers = [number for number, _ in body]
    return Source(cells_to_frame(cells, FILE_TABLES[name]), lambda row: f"row {numbers[row]}")


def _any_value(row: Sequence[object]) -> bool:
    """Tell whether a person sees anything in a row."""
    return any(not (isinstance(cell, str) and not cell.strip()) for cell in row)


def _check_header(check: Check, name: str, header: list[str], body: Cells) -> None:
    doubled = {title for title in header if title and header.count(title) > 1}
    if doubled:
        check.add(
            f"sheet {name!r} has columns more than once: {name_list(sorted(doubled))}",
            "remove the doubled columns",
        )
    for position, title in enumerate(header):
        if not title and _any_value([row[position] for row in body]):
            check.add(
                f"sheet {name!r} has values in column {position + 1} but no name in its first row",
                "name the column in the first row or empty it",
            )


def _code(value: object) -> object:
    """Return the digits of a whole number that a spreadsheet kept exactly; else the value."""
    exact = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW
    return f"{value:.0f}" if exact else value


def _notes(book: _Workbook) -> list[str]:
    notes = []
    title = book.check.table
    if book.number_codes:
        notes.append(
            f"numbers in code columns of {title} were read as their digits: "
            f"{len(book.number_codes):,} (first: {book.number_codes[0]}). A spreadsheet drops "
            "zeros in front of a number: format the code columns as Text and type such codes again."
        )
    if book.passed_over:
        notes.append(
            f"sheets of {title} that were not read: {name_list(book.passed_over)}. The sheets of "
            f"a factory are {name_list(FILE_TABLES)}."
        )
    return notes
