"""Tables on a sheet: codes stay text, dates are dates, every column has its format and width."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pandas as pd

from c2m.errors import ArgumentError

Kind = Literal["code", "text", "long", "date", "whole", "units", "money", "share", "number"]
"""What a column holds: ``long`` text is wrapped; ``units`` are expected ones, with a decimal."""

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet."""

_HEAD: Final = {
    "bold": True,
    "bg_color": "#E6EEF5",
    "bottom": 1,
    "bottom_color": "#5F6B76",
    "text_wrap": True,
    "valign": "bottom",
}

FORMATS: Final[Mapping[str, Mapping[str, Any]]] = {
    "code": {"num_format": "@", "align": "left", "indent": 1},
    "text": {"align": "left", "indent": 1},
    "long": {"text_wrap": True, "align": "left", "indent": 1},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "whole": {"num_format": "#,##0"},
    "units": {"num_format": "#,##0.0"},
    "money": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.0%"},
    "number": {"num_format": "#,##0.####"},
    "title": {"bold": True, "font_size": 14},
    "block": {"bold": True, "font_size": 12},
    "note": {"font_color": "#5F6B76"},
    "note-right": {"font_color": "#5F6B76", "align": "right"},
    "link": {"font_color": "#0B62A3", "underline": 1},
    "head-left": {**_HEAD, "align": "left", "indent": 1},
    "head-middle": {**_HEAD, "align": "center"},
    "head-right": {**_HEAD, "align": "right"},
    "total-whole": {"num_format": "#,##0", "bold": True},
    "total-units": {"num_format": "#,##0.0", "bold": True},
    "total-text": {"bold": True},
    "alert": {"bg_color": "#F6D9C4", "font_color": "#8A3600"},
    "now": {"bg_color": "#EAF3FA"},
}
"""Cell formats by name."""

_WIDTHS: Final = {
    "date": 12.0,
    "whole": 11.0,
    "units": 11.0,
    "money": 12.0,
    "share": 11.0,
    "number": 12.0,
    "long": 100.0,
}
_LINE_HEIGHT: Final = 15.5
"""Points."""

_WIDEST: Final = 44.0
_TEXTS: Final = ("code", "text", "long")


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet's table.

    Parameters
    ----------
    source : str
        Column of the frame it is read from.
    title : str
        What stands above it.
    kind : str
        What it holds, see `Kind`.
    """

    source: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Book:
    """A workbook that is being written.

    Parameters
    ----------
    file : xlsxwriter.Workbook
        The workbook.
    formats : mapping of str to xlsxwriter.Format
        One for each of `FORMATS`.
    widths : dict
        Sheet -> column -> its width so far; a column is as wide as its widest table.
    """

    file: Any
    formats: Mapping[str, Any]
    widths: dict[str, dict[int, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, file: Any) -> "Book":
        """Take a new workbook and add the formats.

        Parameters
        ----------
        file : xlsxwriter.Workbook
            The workbook.

        Returns
        -------
        Book
            Ready for its sheets.
        """
        top = {"valign": "top"}
        formats = {name: file.add_format({**top, **how}) for name, how in FORMATS.items()}
        return cls(file, formats)

    def sheet(self, name: str) -> Any:
        """Add a sheet.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        xlsxwriter.Worksheet
            The sheet, to be printed on one page's width.
        """
        sheet = self.file.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def table(
        self,
        sheet: Any,
        row: int,
        frame: pd.DataFrame,
        columns: Sequence[SheetColumn],
    ) -> int:
        """Write a table.

        Parameters
        ----------
        sheet : xlsxwriter.Worksheet
            Where.
        row : int
            Row of its header, counted from 0.
        frame : DataFrame
            A row each. Unknown and infinite numbers are left empty.
        columns : sequence of SheetColumn
            What to write.

        Returns
        -------
        int
            The first row below it.

        Raises
        ------
        ArgumentError
            If the sheet has too few rows.
        """
        check_rows(sheet.get_name(), row + 1 + len(frame))
        sheet.set_row(row, _LINE_HEIGHT * max(_title_lines(column) for column in columns))
        wide = self.widths.setdefault(sheet.get_name(), {})
        for place, column in enumerate(columns):
            side = "left" if column.kind in _TEXTS else "right"
            head = self.formats["head-middle" if column.kind == "date" else f"head-{side}"]
            sheet.write_string(row, place, column.title, head)
            values = frame[column.source].tolist()
            self._column(sheet, row + 1, place, values, column.kind)
            width = max(_width(column, values), wide.get(place, 0.0))
            sheet.set_column(place, place, width)
            wide[place] = width
            if column.kind == "long":
                _set_heights(sheet, row + 1, values)
            if column.kind == "code" and values:
                where = {"number_stored_as_text": _area(row + 1, place, row + len(values), place)}
                sheet.ignore_errors(where)
        return row + 1 + len(frame)

    def _column(self, sheet: Any, row: int, place: int, values: list[Any], kind: Kind) -> None:
        """Write the cells of one column."""
        how = self.formats[kind]
        for number, value in enumerate(values, start=row):
            if _unknown(value):
                continue
            if kind in _TEXTS:
                sheet.write_string(number, place, str(value), how)
            elif kind == "date":
                sheet.write_datetime(number, place, pd.Timestamp(value).to_pydatetime(), how)
            else:
                sheet.write_number(number, place, float(value), how)


def check_rows(name: str, rows: int) -> None:
    """Refuse what does not fit on a sheet.

    Parameters
    ----------
    name : str
        Of the sheet.
    rows : int
        That it would need.

    Raises
    ------
    ArgumentError
        If a sheet has fewer.

    Examples
    --------
    >>> check_rows("Forecast", 1_200_000)
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: The sheet 'Forecast' would need 1,200,000 rows; Excel has 1,048,576. \
Write fewer SKUs a workbook (demand.select, one factory line at a time), or use plan.save and \
to_frame().to_parquet.
    """
    if rows > MOST_ROWS:
        raise ArgumentError(
            f"The sheet {name!r} would need {rows:,} rows; Excel has {MOST_ROWS:,}. Write fewer "
            "SKUs a workbook (demand.select, one factory line at a time), or use plan.save and "
            "to_frame().to_parquet."
        )


def filters(sheet: Any, head: int, last: int, columns: int) -> None:
    """Freeze everything down to the header and put filters on it.

    Parameters
    ----------
    sheet : xlsxwriter.Worksheet
        The sheet.
    head, last : int
        Rows of the header and of the last line of the table.
    columns : int
        How many the table has.
    """
    sheet.freeze_panes(head + 1, 0)
    sheet.autofilter(head, 0, max(last, head), columns - 1)
    sheet.repeat_rows(head)


def cell(row: int, column: int, *, fixed: bool = False) -> str:
    """Return the name of a cell.

    Parameters
    ----------
    row, column : int
        Counted from 0.
    fixed : bool
        Whether it stays when a formula is copied.

    Returns
    -------
    str
        Such as ``"B7"``.

    Examples
    --------
    >>> cell(6, 1), cell(0, 27, fixed=True)
    ('B7', '$AB$1')
    """
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"${letters}${row + 1}" if fixed else f"{letters}{row + 1}"


def _area(row: int, column: int, last_row: int, last_column: int) -> str:
    return f"{cell(row, column)}:{cell(last_row, last_column)}"


def _unknown(value: Any) -> bool:
    """Tell whether a cell is left empty."""
    if isinstance(value, str):
        return not value
    return bool(pd.isna(value)) or (isinstance(value, float) and math.isinf(value))


def _set_heights(sheet: Any, row: int, texts: list[Any]) -> None:
    """Make rows as high as their wrapped text, which not every program does by itself."""
    for number, text in enumerate(texts, start=row):
        lines = len(textwrap.wrap(str(text), int(_WIDTHS["long"])))
        sheet.set_row(number, _LINE_HEIGHT * max(1, lines))


def _title_lines(column: SheetColumn) -> int:
    """Return how many lines a title takes at the width of its kind."""
    width = _WIDTHS.get(column.kind, 14.0) - 1.0
    return len(textwrap.wrap(column.title, int(width), break_long_words=False))


def _width(column: SheetColumn, values: list[Any]) -> float:
    """Return a width that shows the values and the longest word of the title."""
    title = max((len(word) for word in column.title.split()), default=0) + 3.5  # the filter's arrow
    if column.kind in _WIDTHS:
        return max(_WIDTHS[column.kind], title)
    longest = max((len(str(value)) for value in values), default=0) + 1.5
    return min(_WIDEST, max(8.0, longest, title))
