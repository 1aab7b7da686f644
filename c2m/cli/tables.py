"""Read the tables of a project, CSV, Excel or parquet, without changing a code."""

import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.cells import hidden_cells, hidden_problem
from c2m.cli.input_settings import Csv
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError

_BOOKS: Final = (".xlsx", ".xlsm")
_TEXTS: Final = (".csv", ".tsv", ".txt")
_ENDINGS: Final = (*_TEXTS, *_BOOKS, ".parquet")
_DELIMITERS: Final = (",", ";", "\t", "|")

_FIRST_ROW: Final = 2
"""What a spreadsheet calls the row below the heads."""

_CODES: Final = frozenset(
    {"sku", "line", "mode", "channel", "location", "store_id", "style", "colour", "size"}
)
"""Columns that are text whatever they hold."""

_DATES: Final = ("period", "due", "due_high", "ordered_on")
"""Columns that `Csv.date_format` is for, beside those that a caller names."""


def read_table(
    path: Path, csv: Csv, codes: tuple[str, ...] = (), dates: tuple[str, ...] = _DATES
) -> pd.DataFrame:
    """Read a table.

    In CSV files and workbooks a column becomes numbers where every filled cell is one and none
    looks like a code (00123); all else stays text, which the function that takes the table judges.

    Parameters
    ----------
    path : Path
        A CSV file, a workbook (its first sheet) or a parquet file.
    csv : Csv
        How CSV files are written.
    codes : tuple of str
        Columns that are text, beside ``sku`` and its like.
    dates : tuple of str
        Columns of dates.

    Returns
    -------
    DataFrame
        Its rows; rows without any value are left out.

    Raises
    ------
    ArgumentError
        If there is no such file, or its name has another ending.
    DataError
        If it is empty, or cannot be read as what its name says.
    MissingEngineError
        If it is a workbook and python-calamine is not installed.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ArgumentError(f"Expected a table ending in one of {', '.join(_ENDINGS)}, got {path}.")
    if not path.is_file():
        raise ArgumentError(f"Expected the table {path}, but there is no such file.")
    if not path.stat().st_size:
        raise _no_content(path)
    if ending == ".parquet":
        return _parquet(path)
    cells, decimal = _cells(path, csv)
    rows = _filled(cells)
    table = cells.iloc[rows].reset_index(drop=True)
    table.columns = [str(name).strip() for name in table.columns]
    for name in table.columns:
        if name in dates and csv.date_format and ending in _TEXTS:
            table[name] = _dates(path, table[name], csv.date_format, rows)
        elif name not in {*_CODES, *codes, *dates}:
            table[name] = _numbers(table[name], decimal)
    return table


def file_row(path: Path, csv: Csv, row: int) -> int:
    """Return the number that a spreadsheet shows beside a row of a table.

    Parameters
    ----------
    path : Path
        The file.
    csv : Csv
        How CSV files are written.
    row : int
        Row of what `read_table` returned, from 0.

    Returns
    -------
    int
        From 1, with the heads and with empty rows; of a parquet file from 1 without heads.
    """
    if path.suffix.lower() == ".parquet":
        return row + 1
    return int(_filled(_cells(path, csv)[0])[row]) + _FIRST_ROW


def _cells(path: Path, csv: Csv) -> tuple[pd.DataFrame, str]:
    """Return all cells below the heads as text, and the decimal sign."""
    if path.suffix.lower() in _BOOKS:
        return _book(path), "."
    delimiter = csv.delimiter or _delimiter(path, csv.encoding)
    decimal = csv.decimal or ("," if delimiter == ";" else ".")
    return _text(path, delimiter, csv.encoding), decimal


def _filled(cells: pd.DataFrame) -> NDArray[np.intp]:
    """Return which rows have a value."""
    return np.flatnonzero(cells.notna().any(axis=1).to_numpy())


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except pa.ArrowInvalid as error:
        problem = f"the file is no parquet file: {error}"
        raise DataError(path.name, [problem], "write it again as parquet") from error


def _book(path: Path) -> pd.DataFrame:
    """Return the cells of the first sheet as text."""
    calamine = engine("python_calamine", "Excel files")
    try:
        table = pd.read_excel(path, engine="calamine", dtype=str, keep_default_na=False,
                              na_values=[""])  # fmt: skip
        hidden = list(hidden_cells(path).items())
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            first = book.sheet_names[0]
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError) as error:
        fix = "save it as an Excel workbook (.xlsx) without a password"
        raise DataError(path.name, [f"the file is no workbook: {error}"], fix) from error
    for sheet, cells in hidden:
        if sheet == first:
            problem, fix = hidden_problem(sheet, cells)
            raise DataError(path.name, [problem], fix)
    if not len(table.columns):
        raise _no_content(path)
    return table


def _text(path: Path, delimiter: str, encoding: str) -> pd.DataFrame:
    try:
        return pd.read_csv(
            path,
            sep=delimiter,
            encoding=encoding,
            dtype=str,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
        )
    except pd.errors.EmptyDataError as error:
        raise _no_content(path) from error
    except (pd.errors.ParserError, UnicodeError, LookupError) as error:
        fix = "save it as CSV in UTF-8, or set csv.delimiter and csv.encoding"
        raise DataError(path.name, [f"it cannot be read: {error}"], fix) from error


def _no_content(path: Path) -> DataError:
    fix = "export it again: the first line has the names of the columns, the next ones a row each"
    return DataError(path.name, ["the file is empty"], fix)


def _delimiter(path: Path, encoding: str) -> str:
    """Return the sign that divides the first line most often."""
    try:
        with path.open(encoding=encoding, errors="replace") as file:
            head = file.readline()
    except LookupError as error:
        raise ArgumentError(f"Expected csv.encoding to be one, got {encoding!r}.") from error
    return max(_DELIMITERS, key=head.count)


def _numbers(column: pd.Series, decimal: str) -> pd.Series:
    """Return numbers where all filled cells are such, and the text itself where not."""
    text = column.str.strip()
    filled = text.dropna()
    if not len(filled):
        return column.astype("float64")
    if filled.str.match(r"[-+]?0\d").any():
        return text
    other = "." if decimal == "," else ","
    plain = filled.where(~filled.str.contains(other, regex=False))
    numbers = pd.to_numeric(plain.str.replace(decimal, ".", regex=False), errors="coerce")
    return text if numbers.isna().any() else numbers.reindex(text.index)


def _dates(path: Path, column: pd.Series, form: str, rows: NDArray[np.intp]) -> pd.Series:
    text = column.str.strip()
    days = pd.to_datetime(text, format=form, errors="coerce")
    bad = (days.isna() & text.notna()).to_numpy(dtype=bool)
    if bad.any():
        row = int(bad.argmax())
        problem = (
            f"{int(bad.sum()):,} of {len(bad):,} rows have no date like {form!r} in "
            f"{column.name!r} (first: row {rows[row] + _FIRST_ROW}, {text.iloc[row]!r})"
        )
        raise DataError(path.name, [problem], "correct these rows, or csv.date_format")
    return days
