"""Check the tables of a factory one by one: columns, types, ranges, keys."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from numbers import Real
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import BoolArray, Check
from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list, read_frame, text_codes
from c2m.production.factory.tables import TABLES, Column, Row, columns

_LARGEST_WHOLE: Final = 2.0**53
"""Above it a float no longer holds every whole number."""


_DIGITS: Final = re.compile(r"\s*[-+]?\d[\d\s.,'’]*\s*")
"""A number as people of any country type it."""

_FITS: Final[Mapping[str, object]] = {
    "code": "-",
    "number": 0.5,
    "whole": 1,
    "date": date(2000, 1, 1),
}
"""What passes every check of a kind, put where a cell may be empty and is, or was told before."""


@dataclass(frozen=True)
class Source:
    """A table as it came in, and what its rows are called in messages.

    Parameters
    ----------
    frame : DataFrame
        The values, with positions as its index; required columns may be missing.
    place : callable
        From a position to the row's name, such as ``"row 7"``.
    told : mapping of str to list of int
        By column, positions whose value is known to be broken; they are not reported again.
    """

    frame: pd.DataFrame
    place: Callable[[int], str]
    told: Mapping[str, Sequence[int]] = field(default_factory=dict)


def as_source(table: object, name: str) -> Source:
    """Return a caller's table as a source.

    Parameters
    ----------
    table : DataFrame or sequence of rows
        A pandas, polars or pyarrow frame, or a list of the table's dataclass.
    name : str
        The table's name.

    Returns
    -------
    Source
        Its rows are called by their positions, counted from 0.

    Raises
    ------
    DataError
        If it is neither.
    """
    row = TABLES[name]
    if isinstance(table, (list, tuple)) and all(isinstance(each, row) for each in table):
        return Source(pd.DataFrame(list(table)), "row {}".format)
    return Source(read_frame(table, name), "row {}".format)


def raise_all(title: str, checks: Iterable[Check]) -> None:
    """Raise the problems of several tables as one error.

    Parameters
    ----------
    title : str
        Name of the whole in the message.
    checks : iterable of Check
        One per table.

    Raises
    ------
    DataError
        If any of them noted a problem.
    """
    checks = list(checks)
    problems = [f"{check.table}: {problem}" for check in checks for problem in check.problems]
    fixes = dict.fromkeys(fix for check in checks for fix in check.fixes)
    if problems:
        raise DataError(title, problems, "; ".join(fixes))


def check_tables(sources: Mapping[str, Source]) -> dict[str, Check]:
    """Check every table by itself.

    Parameters
    ----------
    sources : mapping of str to Source
        The tables that were given, by name.

    Returns
    -------
    dict of str to Check
        For every table of a factory the problems noted and a frame with all columns in the right
        order and type. A value that is wrong is noted and becomes unknown, so that later checks
        do not report it again. A table not given is empty.
    """
    return {
        name: read_columns(name, sources[name], row)
        if name in sources
        else Check(name, _empty(name))
        for name, row in TABLES.items()
    }


def read_columns(table: str, source: Source, row: type[Row]) -> Check:
    """Check one table by itself.

    Parameters
    ----------
    table : str
        Its name.
    source : Source
        Its values.
    row : type
        The dataclass of its rows.

    Returns
    -------
    Check
        See `check_tables`.
    """
    check = Check(table, source.frame, source.place)
    wanted = {column.name: column for column in columns(row)}
    for name in source.frame.columns:
        if name not in wanted:
            hint = did_you_mean(str(name), wanted)
            problem = f"unknown column {str(name)!r}{hint}; the columns are {name_list(wanted)}"
            check.add(problem, "rename or remove the unknown columns")
    if len(source.frame.columns) > 0:
        check.columns([name for name, column in wanted.items() if column.required])
    typed = {
        name: _values(check, column, source.told.get(name, ())) for name, column in wanted.items()
    }
    check.frame = pd.DataFrame(typed, index=pd.RangeIndex(len(source.frame)))
    key = check.frame[list(row.key)]
    if key.notna().all(axis=None):
        check.unique(row.key)
    return check


def finished(checks: Mapping[str, Check]) -> dict[str, pd.DataFrame]:
    """Return the tables after all checks have passed.

    Parameters
    ----------
    checks : mapping of str to Check
        Without problems.

    Returns
    -------
    dict of str to DataFrame
        Text, float64, int64 and ``datetime64[s]`` columns; unknown where a cell may be empty.
    """
    return {
        name: check.frame.astype(_dtypes(name)) if len(check.frame) else _empty(name).copy()
        for name, check in checks.items()
    }


@cache
def _empty(name: str) -> pd.DataFrame:
    """Return a table without rows; nobody writes to it."""
    check = read_columns(name, Source(pd.DataFrame(), str), TABLES[name])
    return check.frame.astype(_dtypes(name))


def _dtypes(name: str) -> dict[str, str]:
    """Return the types of a table's columns; a cell that may be empty keeps its unknown."""
    final = {"code": "str", "choice": "str", "date": "datetime64[s]"}
    return {
        column.name: "int64"
        if column.kind == "whole" and not column.infinite
        else final.get(column.kind, "float64")
        for column in columns(TABLES[name])
        if not column.may_be_empty
    }


def _values(check: Check, column: Column, told: Sequence[int]) -> pd.Series:
    """Return one column in its right type, unknown where it is wrong."""
    rows = check.frame.index
    if column.name not in check.frame.columns or len(rows) == 0:
        default = None if column.required else column.default
        series = pd.Series([default] * len(rows), index=rows, dtype="object")
        return _typed(series, column)
    given = check.frame[column.name].notna() | (not column.may_be_empty)
    given &= ~rows.isin(told)
    if not given.all():
        return _typed(_given_values(check, column, given), column)
    return _typed(_checked_values(check, column), column)


def _checked_values(check: Check, column: Column) -> pd.Series:
    if column.kind == "date":
        return _dates(check, column.name)
    if column.kind in {"code", "choice"}:
        return _codes(check, column)
    return pd.Series(_numbers(check, column), index=check.frame.index)


def _given_values(check: Check, column: Column, given: pd.Series) -> pd.Series:
    """Return a column with cells that are empty or told of, after checking the others."""
    fits = column.choices[0] if column.choices else _FITS[column.kind]
    filled = check.frame[column.name].astype("object").where(given, fits)
    check.frame = check.frame.assign(**{column.name: filled})
    return _checked_values(check, column).astype("object").where(given, None)


def _typed(series: pd.Series, column: Column) -> pd.Series:
    if column.kind in {"code", "choice"}:
        return text_codes(series)
    return series.astype("datetime64[s]" if column.kind == "date" else "float64")


def _codes(check: Check, column: Column) -> pd.Series:
    name = column.name
    check.codes(name)
    series = check.frame[name]
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    values = series.astype("object")
    usable = np.array([_is_code(value) for value in values], dtype=bool)
    if pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        return values.where(usable, None)  # noted by Check.codes
    check.rows(
        ~usable & series.notna().to_numpy(dtype=bool) & (values != "").to_numpy(dtype=bool),
        f"has another kind of value than text in {name!r}",
        f"write {name!r} as text (a spreadsheet turns 6-8 into a date and 1/2 into a "
        "fraction: format its cells as Text, then type the code again)",
        lambda row: str(values.iloc[row]),
    )
    codes = text_codes(values.where(usable, None))
    if column.choices:
        _check_choice(check, column, codes)
    return codes


def _is_code(value: object) -> bool:
    if isinstance(value, str):
        return value != ""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _check_choice(check: Check, column: Column, codes: pd.Series) -> None:
    unknown = (codes.notna() & ~codes.isin(column.choices)).to_numpy(dtype=bool)
    if unknown.any():
        hint = did_you_mean(codes[unknown].iloc[0], column.choices)
        check.rows(
            unknown,
            f"has an unknown {column.name!r}{hint}",
            f"write {column.name!r} as one of {name_list(column.choices)}",
            lambda row: codes.iloc[row],
        )


def _numbers(check: Check, column: Column) -> NDArray[np.float64]:
    name, series = column.name, check.frame[column.name]
    values, wrong = _as_numbers(series)
    text = wrong & np.array([_reads_as_number(value) for value in series], dtype=bool)
    check.rows(
        text,
        f"has text in {name!r} that looks like a number",
        f"convert the text in {name!r} to numbers (in a spreadsheet: format the cells as Number, "
        "then type the values again)",
        lambda row: str(series.iloc[row]),
    )
    check.rows(
        wrong & ~text,
        f"has no number in {name!r}",
        f"write {name!r} as a number, without its unit",
        lambda row: str(series.iloc[row]),
    )
    unlimited = np.isposinf(values) & column.infinite
    whole = column.kind == "whole"
    check.number_values(
        name,
        np.where(unlimited | wrong, 1.0, values),
        at_least=column.at_least,
        at_most=_LARGEST_WHOLE if whole else column.at_most,
        whole=whole,
        name_of=_row_names(check),
    )
    if column.above is not None:
        check.rows(
            values <= column.above,
            f"has {name!r} not above {column.above:g}",
            f"correct the values not above {column.above:g}",
            lambda row: _named(_row_names(check)(row), float(values[row])),
        )
    low = -np.inf if column.at_least is None else column.at_least
    above = np.nextafter(-np.inf if column.above is None else column.above, np.inf)
    high = np.inf if column.at_most is None else column.at_most
    right = np.isfinite(values) & (values >= max(low, above)) & (values <= high)
    return np.where(unlimited | right, values, np.nan)


def _row_names(check: Check) -> Callable[[int], str]:
    """Return a function that says by its codes what a row is about."""
    key = TABLES[check.table].key if check.table in TABLES else ()
    columns = [name for name in key if name in check.frame.columns]

    def _name(row: int) -> str:
        codes = [check.frame[name].iloc[row] for name in columns]
        return " ".join(code for code in codes if isinstance(code, str))

    return _name


def _named(name: str, value: float) -> object:
    return f"{name}: {value}" if name else value


def _as_numbers(series: pd.Series) -> tuple[NDArray[np.float64], BoolArray]:
    """Return the numbers of a column and which of its values are none."""
    truth = pd.api.types.is_bool_dtype(series.dtype)
    if pd.api.types.is_numeric_dtype(series.dtype) and not truth:
        return series.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(len(series), bool)
    given = series.notna().to_numpy(dtype=bool)
    right = np.array([isinstance(value, Real) and not _is_truth(value) for value in series], bool)
    values = series.astype("object").where(right & given, np.nan).to_numpy(dtype=np.float64)
    return values, given & ~right


def _reads_as_number(value: object) -> bool:
    """Say whether a value is text of digits, with points, commas, blanks or a sign."""
    return isinstance(value, str) and _DIGITS.fullmatch(value) is not None


def _is_truth(value: object) -> bool:
    return isinstance(value, (bool, np.bool_))


def _dates(check: Check, name: str) -> pd.Series:
    values = check.frame[name].astype("object")
    given = values.notna().to_numpy(dtype=bool)
    days = [_day(value) for value in values]
    check.rows(~given, f"has no {name!r}", f"fill or drop the rows without {name!r}")
    check.rows(
        given & np.array([day is None for day in days], dtype=bool),
        f"has no day in {name!r}",
        "write a day as 2026-12-24, without a time of day or time zone",
        lambda row: str(values.iloc[row]),
    )
    return pd.Series(np.array(days, dtype="datetime64[s]"), index=values.index)


def _day(value: object) -> date | None:
    """Read a day, or None where the value is not exactly one."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        midnight = value.tzinfo is None and value == datetime(value.year, value.month, value.day)
        return value.date() if midnight else None
    return value if isinstance(value, date) else None
