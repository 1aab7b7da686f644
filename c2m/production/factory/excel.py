"""Read a factory from a workbook: one sheet per table, column names in the first row."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

from c2m.cells import as_digits, hidden_cells, hidden_problem
from c2m.checks import Check
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean, name_list, plural
from c2m.production.factory.checks import Source
from c2m.production.factory.columns import columns
from c2m.production.factory.files import FILE_TABLES, Contents, cells_to_frame, need_file

HELP_SHEET: Final = "Help"
"""The sheet of the template that explains it; it is never read."""

REMARKS: Final = ("remark", "remarks", "note", "notes", "comment", "comments")
"""Columns in which people write what they like; they are never read."""

Cells: TypeAlias = Sequence[Sequence[object]]

_SUFFIXES: Final = (".xlsx", ".xlsm")
_MOST_TITLES: Final = 20
"""So many rows from the top the names of the columns are looked for."""
_NAMES_IN_HEADER: Final = 2
"""So many names of columns make a lower row the header."""
_LETTERS: Final = 26


@dataclass
class _Workbook:
    """What has been read of a workbook so far."""

    check: Check
    sources: dict[str, Source] = field(default_factory=dict)
    number_codes: list[str] = field(default_factory=list)
    trimmed: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
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
    _trim_codes(book)
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
            book.sources[name] = _read_table(book, name, rows, hidden)
    elif hint := did_you_mean(name, FILE_TABLES):
        known = name_list(FILE_TABLES)
        problem = f"unknown sheet {sheet!r}{hint}; the sheets are {known}"
        book.check.add(problem, "rename or remove it")
    else:
        book.passed_over.append(sheet)


def _read_table(book: _Workbook, name: str, rows: Cells, hidden: Sequence[str]) -> Source:
    """Read the cells below the header row; rows without any value are passed over."""
    top = _header_row(name, rows)
    if any(_any_value(row) for row in rows[:top]):
        book.titles.append(f"sheet {name!r}, names in row {top + 1}")
    header = _names(rows[top])
    body = [
        (number, row)
        for number, row in enumerate(rows[top + 1 :], start=top + 2)
        if _any_value(row)
    ]
    _check_header(book.check, name, header, [row for _, row in body])
    kinds = {column.name: column.kind for column in columns(FILE_TABLES[name])}
    numbers = [number for number, _ in body]
    cells: dict[str, list[Any]] = {}
    for position, title in enumerate(header):
        if not title or title in cells or (title in REMARKS and title not in kinds):
            continue
        values = [None if row[position] == "" else row[position] for _, row in body]
        if kinds.get(title) in {"code", "choice"}:
            places = [f"sheet {name!r}, row {number}, {title!r}" for number in numbers]
            values = _read_codes(book, places, values, digits=kinds[title] == "code")
        cells[title] = values
    told = _told(hidden, header, numbers)
    frame = cells_to_frame(cells, FILE_TABLES[name])
    return Source(frame, lambda row: f"row {numbers[row]}", told)


def _names(row: Sequence[object]) -> list[str]:
    return [str(cell).strip().lower().replace(" ", "_") for cell in row]


def _header_row(name: str, rows: Cells) -> int:
    """Return the row of the columns' names: the first, unless only a lower one has some."""
    known = {column.name for column in columns(FILE_TABLES[name])}
    found = [len(known.intersection(_names(row))) for row in rows[:_MOST_TITLES]]
    enough = min(_NAMES_IN_HEADER, len(known))
    if found[0] == 0 and max(found) >= enough:
        return found.index(max(found))
    return 0


def _read_codes(
    book: _Workbook, places: Sequence[str], values: Sequence[object], *, digits: bool
) -> list[object]:
    """Return codes, numbers as their digits, which are counted."""
    read = []
    for place, value in zip(places, values, strict=True):
        code = as_digits(value) if digits else value
        if isinstance(code, str) and not isinstance(value, str):
            book.number_codes.append(f"{place} {code}")
        read.append(code)
    return read


def _trim_codes(book: _Workbook) -> None:
    """Take blanks away around codes that the workbook has without them as well; count them."""
    found = {
        (name, column.name): source.frame[column.name]
        for name, source in book.sources.items()
        for column in columns(FILE_TABLES[name])
        if column.kind in {"code", "choice"} and column.name in source.frame
    }
    words = {word for row in FILE_TABLES.values() for each in columns(row) for word in each.choices}
    plain = words.union(*(set(values[values.map(_is_text)]) for values in found.values()))
    for (name, column), values in found.items():
        source = book.sources[name]
        texts = values.where(values.map(_is_text), "")
        short = texts.str.strip()
        blank = (short != texts) & short.isin(plain - {""})
        if blank.any():
            book.trimmed += [
                f"sheet {name!r}, {source.place(int(row))}, {column!r} {values[row]!r}"
                for row in values.index[blank]
            ]
            frame = source.frame.assign(**{column: values.where(~blank, short)})
            book.sources[name] = replace(source, frame=frame)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _told(
    hidden: Sequence[str], header: Sequence[str], numbers: Sequence[int]
) -> Mapping[str, list[int]]:
    """Return by column the positions of the rows whose cell holds an error."""
    row_of = {number: position for position, number in enumerate(numbers)}
    told: dict[str, list[int]] = {}
    for cell in hidden:
        letters = cell.rstrip("0123456789")
        position = 0
        for letter in letters:
            position = _LETTERS * position + ord(letter) - ord("A") + 1
        number = int(cell.removeprefix(letters))
        if position <= len(header) and number in row_of:
            told.setdefault(header[position - 1], []).append(row_of[number])
    return told


def _letters(position: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0."""
    text = ""
    while position >= 0:
        position, rest = divmod(position, _LETTERS)
        text, position = chr(ord("A") + rest) + text, position - 1
    return text


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
                f"sheet {name!r} has values in column {_letters(position)} but no name above them",
                "name the column (remark, where it is one) or empty it",
            )


def _notes(book: _Workbook) -> list[str]:
    notes = []
    title = book.check.table
    if book.number_codes:
        notes.append(
            f"numbers in code columns of {title} were read as their digits: "
            f"{len(book.number_codes):,} (first: {book.number_codes[0]}). A spreadsheet drops "
            "zeros in front of a number: format the code columns as Text and type such codes again."
        )
    if book.trimmed:
        notes.append(
            f"blanks around codes of {title} that it has without them as well were taken away: "
            f"{len(book.trimmed):,} (first: {book.trimmed[0]})."
        )
    if book.titles:
        notes.append(
            f"rows above the names of the columns of {title} were not read in "
            f"{plural(len(book.titles), 'sheet')} (first: {book.titles[0]}). Keep the names in the "
            "first row."
        )
    if book.passed_over:
        notes.append(
            f"sheets of {title} that were not read: {name_list(book.passed_over)}. The sheets of "
            f"a factory are {name_list(FILE_TABLES)}."
        )
    return notes
