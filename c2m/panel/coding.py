"""Long columns as small codes: tens of millions of rows are never copied as text or times."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.frames import text_codes
from c2m.periods import Calendar, read_periods

Codes = NDArray[np.int32] | NDArray[np.int16]

_ROWS_AT_ONCE: Final = 1_000_000
_MOST_LABELS: Final = 100_000
"""A column of more different times than this is read as it is."""


def chunks(n_rows: int) -> Iterator[slice]:
    """Yield slices of rows that fit a processor's memory.

    Parameters
    ----------
    n_rows : int
        How many rows.

    Yields
    ------
    slice
        Of rows, in order; together all of them.
    """
    for begin in range(0, n_rows, _ROWS_AT_ONCE):
        yield slice(begin, min(begin + _ROWS_AT_ONCE, n_rows))


def narrowed(codes: Codes, count: int) -> Codes:
    """Return codes in the fewest bytes that hold them.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        From 0 to `count` - 1.
    count : int
        How many different ones there may be.

    Returns
    -------
    ndarray of int16 or int32, shape (n_rows,)
        The same codes.
    """
    return codes.astype(np.int16) if count <= np.iinfo(np.int16).max else codes


def code_column(column: pd.Series) -> tuple[NDArray[Any], pd.Index]:
    """Return a code for each row and the value that each code stands for.

    Parameters
    ----------
    column : Series
        Text, numbers, times or categories.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Positions in `levels`; -1 where unknown.
    levels : Index
        Different values; of categories, those without a row among them.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
    codes = np.empty(len(column), dtype=np.int32)
    levels: pd.Index | None = None
    for chunk in chunks(len(column)):
        own, found = pd.factorize(column.iloc[chunk])
        values = pd.Index(found)
        if levels is None:
            levels = values
        place = levels.get_indexer(values)
        new = place < 0
        place[new] = len(levels) + np.arange(np.count_nonzero(new))
        levels = levels.append(values[new]) if new.any() else levels
        codes[chunk] = np.append(place, -1)[own]
    return codes, pd.Index([]) if levels is None else levels


def code_series(table: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, Codes]:
    """Find the series of a long table.

    Parameters
    ----------
    table : DataFrame, n_rows
        The table; no key is unknown.
    columns : mapping of str to str
        Key column -> column of the table.

    Returns
    -------
    keys : DataFrame, n_series rows
        Sorted.
    series : ndarray of int32, shape (n_rows,)
        The position of each row's series.
    """
    spelled: list[NDArray[Any]] = []
    ranks: list[tuple[NDArray[Any], Codes]] = []
    for column in columns.values():
        codes, levels = code_column(table[column])
        text, rank = np.unique(text_codes(pd.Series(levels)).to_numpy(object), return_inverse=True)
        spelled.append(text)
        ranks.append((codes, rank.astype(np.int32)))
    sizes = [len(text) for text in spelled]
    size_of_all = math.prod(sizes)
    kind: Any = np.int32 if size_of_all < 2**31 else np.int64
    joint: NDArray[Any] = np.zeros(len(table), dtype=kind)
    for chunk in chunks(len(table)):
        part = joint[chunk]  # a view
        for size, (codes, places) in zip(sizes, ranks, strict=True):
            np.multiply(part, size, out=part)
            np.add(part, places[codes[chunk]], out=part)
    found, series = _present(joint, size_of_all)
    parts = np.unravel_index(found, sizes)
    keys = {key: text[at] for key, text, at in zip(columns, spelled, parts, strict=True)}
    return pd.DataFrame(keys).astype("str"), series


def _present(joint: NDArray[Any], size: int) -> tuple[NDArray[np.intp], Codes]:
    """Return the numbers that occur, rising, and the position of each among them."""
    if size > max(10 * len(joint), 1_000_000):
        found, series = np.unique(joint, return_inverse=True)
        return found.astype(np.intp), series.astype(np.int32)
    there = np.zeros(size, dtype=bool)
    there[joint] = True
    place = np.cumsum(there, dtype=np.int32) - 1
    for chunk in chunks(len(joint)):
        joint[chunk] = place[joint[chunk]]
    return np.flatnonzero(there), joint.astype(np.int32, copy=False)


def code_periods(check: Check, column: str, calendar: Calendar, *, tz: str | None) -> Codes:
    """Read a column of period labels by its different values; see `read_periods`.

    Parameters
    ----------
    check : Check
        The table's check; problems are noted there.
    column : str
        Column of the labels.
    calendar : Calendar
        Whose periods they must be.
    tz : str, optional
        Zone of the shop's days.

    Returns
    -------
    ndarray of int32, shape (n_rows,)
        Numbers of the periods; without meaning where a problem was noted.
    """
    try:
        codes, levels = code_column(check.frame[column])
    except TypeError:  # values that cannot be told apart are no times: let the message say so
        return read_periods(check, column, calendar, tz=tz).astype(np.int32)
    few = Check(check.table, pd.DataFrame({column: levels}))
    if len(levels) <= _MOST_LABELS and not np.any(codes < 0):
        numbers = read_periods(few, column, calendar, tz=tz)
        if not few.problems:
            result: Codes = numbers.astype(np.int32)[codes]
            return result
    return read_periods(check, column, calendar, tz=tz).astype(np.int32)
