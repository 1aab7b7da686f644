"""Write a factory as a workbook, or the empty template of one."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from inspect import cleandoc
from math import ceil, inf
from pathlib import Path
from typing import Any, Final

import pandas as pd

from c2m.engines import engine
from c2m.errors import ArgumentError, warn
from c2m.production.factory.example import EXAMPLE
from c2m.production.factory.excel import HELP_SHEET
from c2m.production.factory.files import FILE_TABLES
from c2m.production.factory.settings import Settings
from c2m.production.factory.tables import REQUIRED_TABLES, Column, Row, columns

_LAST_ROW: Final = 1_048_575
_INPUT: Final = {"bg_color": "#FFF9E5"}
_STYLES: Final[Mapping[str, Mapping[str, object]]] = {
    "title": {"bold": True, "font_size": 14},
    "table": {"bold": True, "font_color": "#1F4E79", "font_size": 12},
    "required": {"bold": True, "bg_color": "#1F4E79", "font_color": "white", "border": 1},
    "optional": {"bold": True, "bg_color": "#DDEBF7", "border": 1},
    "text": {"text_wrap": True, "valign": "top"},
    "code": {**_INPUT, "num_format": "@"},
    "choice": {**_INPUT, "num_format": "@"},
    "date": {**_INPUT, "num_format": "yyyy-mm-dd"},
    "number": _INPUT,
    "whole": _INPUT,
}
_HELP_WIDTHS: Final = (20, 38, 70, 16, 16, 16)
_LINE_HEIGHT: Final = 15.0
_INTRODUCTION: Final = (
    "Fill in one sheet per table: settings, lines, products and routings; the others where you "
    "need them. Each row is one entry. Dark columns must be filled in every row; a cell left "
    "empty in a light column takes the default below. Code columns are formatted as text, so that "
    "00123 keeps its zeros and 6-8 stays a size. Keep the names in the first row. A column named "
    "remark, note or comment may stand in any sheet and is not read; nor is this sheet. The "
    "example beside each table is a small factory that works."
)


class _Book:
    """A workbook that is being written, with its styles."""

    def __init__(self, path: Path) -> None:
        self.file = engine("xlsxwriter", "Excel files").Workbook(
            str(path), {"strings_to_formulas": False}
        )
        self.styles = {name: self.file.add_format(dict(look)) for name, look in _STYLES.items()}
        self.rounded = 0


def write_workbook(
    path: Path, settings: Settings | None, tables: Mapping[str, pd.DataFrame]
) -> Path:
    """Write the workbook that `read_excel` reads.

    Parameters
    ----------
    path : Path
        Where, ending in ``.xlsx``.
    settings : Settings, optional
        Name, freq and currency; leave out for an empty template.
    tables : mapping of str to DataFrame
        The checked tables, by name; a table that is left out gets an empty sheet.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        If the file's name does not end in ``.xlsx`` or a table has more rows than a sheet.
    MissingEngineError
        If xlsxwriter is not installed.
    """
    if path.suffix.lower() != ".xlsx":
        raise ArgumentError(f"Expected a workbook ending in '.xlsx', got {path}.")
    for name, frame in tables.items():
        if len(frame) > _LAST_ROW:
            raise ArgumentError(f"Expected at most {_LAST_ROW:,} {name}, got {len(frame):,}.")
    book = _Book(path)
    _write_help(book)
    filled = {**tables, "settings": pd.DataFrame([settings] if settings else [])}
    for name, row in FILE_TABLES.items():
        _write_table(book, name, row, filled.get(name, pd.DataFrame()))
    book.file.get_worksheet_by_name("settings").activate()
    book.file.close()
    if book.rounded:
        warn(
            f"numbers rounded to the 16 digits that a workbook keeps: {book.rounded:,}. Use "
            "to_toml where every digit counts."
        )
    return path


def _write_table(book: _Book, name: str, row: type[Row], frame: pd.DataFrame) -> None:
    sheet = book.file.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for position, column in enumerate(columns(row)):
        width = max(14, len(column.name) + 2)
        sheet.set_column(position, position, width, book.styles[column.kind])
        _write_header(book, sheet, position, column)
        if column.name in frame:
            _write_values(book, sheet, position, column, frame[column.name])


def _write_header(book: _Book, sheet: Any, position: int, column: Column) -> None:
    style = book.styles["required" if column.required else "optional"]
    sheet.write_string(0, position, column.name, style)
    text = f"{column.help}\n{_requirement(column)}"
    sheet.write_comment(0, position, text, {"x_scale": 2, "y_scale": 1.4})
    rule = {**_rule(column), "input_title": column.name, "input_message": text}
    sheet.data_validation(1, position, _LAST_ROW, position, rule)


def _requirement(column: Column) -> str:
    """Say in one line whether a cell must be filled, and in which unit."""
    unit = f" Unit: {column.unit}." if column.unit else ""
    choice = f" One of: {', '.join(column.choices)}." if column.choices else ""
    if column.required:
        return f"Required.{choice}{unit}"
    if column.default is None:
        return f"May stay empty.{unit}"
    default = column.default
    if isinstance(default, float):
        default = "no limit" if default == inf else f"{default:g}"
    return f"Empty means {default}.{choice}{unit}"


def _rule(column: Column) -> dict[str, object]:
    """Return the data validation of a column."""
    if column.choices:
        return {"validate": "list", "source": list(column.choices)}
    if column.kind == "date":
        return {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1)}
    if column.kind == "code" or (column.at_least is None and column.above is None):
        return {"validate": "any"}
    if column.at_most is not None and column.above is None:
        least, most = column.at_least, column.at_most
        return {"validate": "decimal", "criteria": "between", "minimum": least, "maximum": most}
    return {
        "validate": "integer" if column.kind == "whole" else "decimal",
        "criteria": ">=" if column.above is None else ">",
        "value": column.at_least if column.above is None else column.above,
    }


def _write_values(
    book: _Book, sheet: Any, position: int, column: Column, values: pd.Series
) -> None:
    style = book.styles[column.kind]
    for number, value in enumerate(values, start=1):
        if pd.isna(value) or value == inf:
            continue
        if isinstance(value, str):
            sheet.write_string(number, position, value, style)
        elif isinstance(value, date):
            sheet.write_datetime(number, position, value, style)
        else:
            book.rounded += float(f"{value:.16G}") != value
            sheet.write_number(number, position, value, style)


def _write_help(book: _Book) -> None:
    """Write the sheet that explains every column, with the worked example."""
    sheet = book.file.add_worksheet(HELP_SHEET)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for position, width in enumerate(_HELP_WIDTHS):
        sheet.set_column(position, position, width)
    sheet.write_string(0, 0, "How to fill in this workbook", book.styles["title"])
    sheet.merge_range(1, 0, 1, 5, _INTRODUCTION, book.styles["text"])
    sheet.set_row(1, 64)
    top = 3
    for name, row in FILE_TABLES.items():
        top = _write_help_table(book, sheet, top, name, row)


def _write_help_table(book: _Book, sheet: Any, top: int, name: str, row: type[Row]) -> int:
    """Write one table's part of the help sheet and return the row after it."""
    need = " (required)" if name in REQUIRED_TABLES else ""
    first_line = cleandoc(row.__doc__ or "").partition("\n")[0]
    sheet.write_string(top, 0, f"{name}{need}: {first_line}", book.styles["table"])
    example = [asdict(each) for each in EXAMPLE.get(name, [])]
    titles = ["column", "its cells", "what it means"]
    titles += [f"example {number}" for number in range(1, len(example) + 1)]
    for position, title in enumerate(titles):
        sheet.write_string(top + 1, position, title, book.styles["optional"])
    for number, column in enumerate(columns(row), start=top + 2):
        cells = [column.name, _requirement(column), column.help]
        cells += [_shown(each[column.name]) for each in example]
        for position, text in enumerate(cells):
            sheet.write_string(number, position, text, book.styles["text"])
        lines = (ceil(len(text) / width) for text, width in zip(cells, _HELP_WIDTHS, strict=False))
        sheet.set_row(number, _LINE_HEIGHT * max(lines))
    return top + len(columns(row)) + 3


def _shown(value: object) -> str:
    """Write a value as a person would type it; an empty cell for no limit."""
    if value is None or value == inf:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
