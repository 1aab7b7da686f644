"""Tables on a sheet: codes stay text, dates are dates, every column has its format and width.

Every cell is locked but those for a person, which are coloured. Nobody is kept out: the lock has
no password.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pandas as pd

from c2m.errors import ArgumentError

Kind = Literal[
    "code", "text", "long", "wrapped", "date", "whole", "units", "money", "share", "number"
]
"""What a column holds: ``long`` and ``wrapped`` text goes over several lines, one in a wide and one
in a narrow column; ``units`` are expected ones, with a decimal."""

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet."""

_ALLOWED: Final = {
    "autofilter": True,
    "sort": True,
    "format_columns": True,
    "format_rows": True,
}
"""What can be done on a locked sheet."""

_INPUT: Final = {"bg_color": "#FFF4CC", "border": 1, "border_color": "#D9C88A", "locked": False}
"""As the factory's workbook has its cells."""

_EXPECTED: Final = '[=0]"–";[<9.95]0.0;#,##0'
"""Expected units: small ones with a decimal, none as a dash."""

_LINE: Final = {"bottom": 1, "bottom_color": "#C9D1D8"}
_ALERT: Final = {"bg_color": "#F6D9C4", "font_color": "#8A3600"}

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
    "wrapped": {"text_wrap": True, "align": "left", "indent": 1},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "whole": {"num_format": "#,##0"},
    "units": {"num_format": "#,##0.0"},
    "money": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.0%"},
    "number": {"num_format": "#,##0.####"},
    "title": {"bold": True, "font_size": 14},
    "block": {"bold": True, "font_size": 12},
    "note": {"font_color": "#5F6B76"},
    "note-in": {"font_color": "#5F6B76", "indent": 1},
    "note-right": {"font_color": "#5F6B76", "align": "right"},
    "link": {"font_color": "#0B62A3", "underline": 1},
    "head-left": {**_HEAD, "align": "left", "indent": 1},
    "head-middle": {**_HEAD, "align": "center"},
    "head-right": {**_HEAD, "align": "right"},
    "total-whole": {"num_format": "#,##0", "bold": True},
    "total-units": {"num_format": "#,##0.0", "bold": True},
    "total-text": {"bold": True},
    "total-money": {"num_format": "#,##0", "bold": True},
    "result": {"num_format": "#,##0", "bold": True, "top": 1, "top_color": "#5F6B76"},
    "result-text": {"bold": True, "indent": 1, "top": 1, "top_color": "#5F6B76"},
    "note-wrapped": {"font_color": "#5F6B76", "text_wrap": True},
    "input-code": {**_INPUT, "num_format": "@", "align": "left"},
    "input-text": {**_INPUT, "num_format": "@", "align": "left"},
    "input-date": {**_INPUT, "num_format": "yyyy-mm-dd", "align": "center"},
    "input-whole": {**_INPUT, "num_format": "#,##0"},
    "input-units": {**_INPUT, "num_format": "#,##0.##"},
    "input-money": {**_INPUT, "num_format": "#,##0.00"},
    "input-share": {**_INPUT, "num_format": "0.0%"},
    "input-number": {**_INPUT, "num_format": "#,##0.####"},
    "alert": _ALERT,
    "alert-date": {**_ALERT, "num_format": "yyyy-mm-dd", "align": "center"},
    "signed": {"num_format": "+#,##0;-#,##0;0"},
    "cell": {"num_format": _EXPECTED},
    "cell-last": {"num_format": _EXPECTED, **_LINE},
    "cell-alert": {"num_format": _EXPECTED, **_ALERT},
    "cell-alert-last": {"num_format": _EXPECTED, **_ALERT, **_LINE},
    "cell-share": {"num_format": "0%"},
    "cell-share-last": {"num_format": "0%", **_LINE},
    "cell-share-alert": {"num_format": "0%", **_ALERT},
    "cell-share-alert-last": {"num_format": "0%", **_ALERT, **_LINE},
    "cell-total": {"num_format": _EXPECTED, "bold": True},
    "cell-total-last": {"num_format": _EXPECTED, "bold": True, **_LINE},
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
    "long": 140.0,
    "wrapped": 50.0,
}
_LINE_HEIGHT: Final = 15.5
"""Points."""

_LETTERS: Final = 1.12
"""Letters of a sentence in the width of a digit; a wide font has 1.2."""

_WIDEST: Final = 44.0
_TEXTS: Final = ("code", "text", "long", "wrapped")
_WRAPPED: Final = ("long", "wrapped")


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
    input : bool
        Whether its cells are for a person: coloured and not locked, empty ones too.
    """

    source: str
    title: str
    kind: Kind = "text"
    input: bool = False


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
            The sheet, locked, to be printed on one page's width.
        """
        sheet = self.file.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        sheet.protect("", _ALLOWED)
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
            self._column(sheet, row + 1, place, values, column)
            width = max(_width(column, values), wide.get(place, 0.0))
            sheet.set_column(place, place, width)
            wide[place] = width
            if column.kind == "code" and values:
                where = {"number_stored_as_text": _area(row + 1, place, row + len(values), place)}
                sheet.ignore_errors(where)
        wrapped = [column for column in columns if column.kind in _WRAPPED]
        if wrapped:
            _set_heights(sheet, row + 1, frame, wrapped)
        return row + 1 + len(frame)

    def _column(
        self, sheet: Any, row: int, place: int, values: list[Any], column: SheetColumn
    ) -> None:
        """Write the cells of one column."""
        kind = column.kind
        how = self.formats[f"input-{kind}" if column.input else kind]
        for number, value in enumerate(values, start=row):
            if _unknown(value):
                if column.input:
                    sheet.write_blank(number, place, None, how)
            elif kind in _TEXTS:
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
    """Freeze everything down to the header, put filters on it and print no more than the table.

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
    sheet.print_area(0, 0, max(last, head), columns - 1)


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


def _set_heights(sheet: Any, row: int, frame: pd.DataFrame, columns: Sequence[SheetColumn]) -> None:
    """Make rows as high as their wrapped text, which not every program does by itself."""
    texts = [
        (frame[column.source].tolist(), int(_LETTERS * _WIDTHS[column.kind])) for column in columns
    ]
    for number in range(len(frame)):
        lines = max(len(textwrap.wrap(str(values[number]), width)) for values, width in texts)
        sheet.set_row(row + number, _LINE_HEIGHT * max(1, lines))


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
