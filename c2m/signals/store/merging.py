"""The rows that a day has and those that came: together, without what says nothing new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from c2m.signals.store.echoes import each_once, is_in
from c2m.signals.store.tables import Hashes, id_hashes, join

_MOMENT: Final = "ingest_time"
_GROUP_ROWS: Final = 1 << 19
"""Rows that are compared at once, about."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Merged:
    """The rows of a day after an `add`.

    Parameters
    ----------
    table : pyarrow.Table
        All rows of the day.
    ids : ndarray of uint64
        Hashes of their event ids, sorted, each once.
    repeats : bool
        Whether an id occurs in more than one row.
    changed : int
        New rows that are another version of an event that the day had.
    repeated : int
        New rows that were dropped, because they say nothing new.
    """

    table: Any
    ids: Hashes
    repeats: bool
    changed: int
    repeated: int


def merge(old: Any | None, new: Any, echoes: Hashes, *, by_clock: bool) -> Merged:
    """Put the new rows of a day to those that it has.

    Parameters
    ----------
    old : pyarrow.Table, optional
        What the day has.
    new : pyarrow.Table
        What came, every row with its ``ingest_time``.
    echoes : ndarray of uint64
        Sorted hashes of the ids that lie on several days: of those every version is kept.
    by_clock : bool
        Whether the rows came in at the moment of `add`. Then a row that only repeats what is
        known of its event is no news, and dropped. Otherwise only rows are dropped that came in
        at the same moment as their double.

    Returns
    -------
    Merged
        The rows.
    """
    table = new if old is None else join([old, new])
    n_old = 0 if old is None else old.num_rows
    hashes, known = id_hashes(table)
    keep = np.ones(table.num_rows, dtype=np.bool_)
    repeats, changed = False, 0
    for rows in _groups(hashes, known):
        came = rows >= n_old
        part = table.take(pa.array(rows))
        dropped = _no_news(part, hashes[rows], came, echoes, by_clock=by_clock)
        keep[rows[dropped]] = False
        repeats |= bool(_twice(hashes[rows[~dropped]]).any())
        had = each_once(hashes[rows[~came]])
        changed += int(np.count_nonzero(is_in(hashes[rows[came & ~dropped]], had)))
    repeated = int(np.count_nonzero(~keep))
    if old is not None and repeated == new.num_rows and keep[:n_old].all():
        table = old  # a day that was added again
    elif repeated:
        table = table.filter(pa.array(keep))
    return Merged(table, each_once(hashes[known]), repeats, changed, repeated)


def _groups(hashes: Hashes, known: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows whose id occurs twice, some at a time, equal ids together."""
    count = np.uint64(max(-(-len(hashes) // _GROUP_ROWS), 1))
    groups = (hashes >> np.uint64(32)) % count
    for group in range(int(count)):
        rows = np.flatnonzero(known & (groups == group))
        rows = rows[_twice(hashes[rows])]
        if len(rows):
            yield rows


def _twice(hashes: Hashes) -> NDArray[np.bool_]:
    return pd.Series(hashes).duplicated(keep=False).to_numpy()


def _no_news(
    table: Any, hashes: Hashes, came: NDArray[np.bool_], echoes: Hashes, *, by_clock: bool
) -> NDArray[np.bool_]:
    """Say which rows repeat another row of the same event."""
    moments = np.asarray(table.column(_MOMENT).cast(pa.int64()).to_numpy())
    columns = _value_codes(table)
    order = np.lexsort((came, moments, _mixed(columns), hashes))
    same = np.append(False, np.ones(len(order) - 1, dtype=np.bool_))
    compared: list[NDArray[Any]] = [hashes, *columns]
    for column in compared:
        same[1:] &= column[order][1:] == column[order][:-1]
    together = np.append(False, moments[order][1:] == moments[order][:-1])
    dropped = np.zeros(len(hashes), dtype=np.bool_)
    dropped[order] = same & together
    if by_clock:
        old = np.sort(hashes[~came])
        again = each_once(np.append(old[1:][old[1:] == old[:-1]], echoes))
        single = ~is_in(hashes[order], again)  # sorted queries run along the table
        dropped[order] |= same & came[order] & single & _follows_old(same, came[order])
    return dropped


def _follows_old(same: NDArray[np.bool_], came: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which rows stand in a run of equal rows that begins with one that was there."""
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(same))))
    return ~came[starts]


def _value_codes(table: Any) -> list[NDArray[np.int32]]:
    """Return each column but the moment as numbers, the same where the values are the same."""
    codes = []
    for name in table.column_names:
        if name != _MOMENT:
            column = table.column(name).combine_chunks()
            if not pa.types.is_dictionary(column.type):
                column = column.dictionary_encode(null_encoding="encode")
            numbers = column.indices.fill_null(len(column.dictionary)).to_numpy()
            codes.append(numbers.astype(np.int32))
    return codes


def _mixed(columns: Sequence[NDArray[np.int32]]) -> Hashes:
    """Return a number for each row that brings equal rows together when they are sorted by it."""
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ column.astype(np.uint64)) * _ODD
        mixed ^= mixed >> np.uint64(29)
    return mixed
