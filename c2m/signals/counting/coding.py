"""Whole numbers for names: series and users, as they appear in a log."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.checks import BoolArray

Codes = NDArray[np.int64]

_HALF: Final = 32
"""Bits of one half of a pair of codes."""


class Coder:
    """Numbers 0, 1, 2, ... for values, in the order in which they first appear.

    Parameters
    ----------
    kind : pyarrow.DataType
        Type of the values: text or int64.
    """

    def __init__(self, kind: Any) -> None:
        self.known = pa.array([], kind)

    def __len__(self) -> int:
        """Return how many values have a number."""
        return len(self.known)

    def encode(self, column: Any) -> Codes:
        """Return the number of each value, new ones included.

        Parameters
        ----------
        column : pyarrow.ChunkedArray
            Values, or dictionaries of them.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Numbers; -1 for null.
        """
        chunks = [self._encode_chunk(chunk) for chunk in column.chunks]
        return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int64)

    def _encode_chunk(self, chunk: Any) -> Codes:
        texts, indices = used_values(chunk)
        numbers = np.append(self._numbers(texts.cast(self.known.type)), -1)
        return np.asarray(numbers[indices], dtype=np.int64)

    def _numbers(self, values: Any) -> Codes:
        """Return the numbers of distinct values, after giving new ones theirs."""
        found = pc.index_in(values, value_set=self.known)
        places = np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
        if found.null_count:
            unseen = values.filter(found.is_null())
            new = pc.unique(unseen)
            places[places < 0] = len(self.known) + pc.index_in(unseen, value_set=new).to_numpy()
            self.known = pa.concat_arrays([self.known, new])
        return places


def used_values(chunk: Any) -> tuple[Any, NDArray[np.int64]]:
    """Return the values that occur in an array, and for each row the place of its value.

    Parameters
    ----------
    chunk : pyarrow.Array
        Values, or a dictionary of them.

    Returns
    -------
    pyarrow.Array
        The values that occur.
    ndarray of int64, shape (n_rows,)
        Places; that of null is one past the last.
    """
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    values, indices = encoded.dictionary, encoded.indices
    if indices.null_count:
        indices = indices.fill_null(len(values))
    places = indices.to_numpy(zero_copy_only=False)
    used = np.bincount(places, minlength=len(values) + 1)[: len(values)] > 0
    if used.all():
        return values, places
    moved = np.append(np.cumsum(used) - 1, np.count_nonzero(used))
    return values.filter(pa.array(used)), moved[places]


class SeriesCoder:
    """Numbers for series: for SKUs, or for combinations with a channel and a location.

    Parameters
    ----------
    columns : sequence of str
        Columns of the canonical table that name a series.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.parts = [Coder(pa.string()) for _ in columns]
        self.pairs = [Coder(pa.int64()) for _ in columns[1:]]

    def __len__(self) -> int:
        """Return how many series there are."""
        return len((self.pairs or self.parts)[-1])

    def encode(self, table: Any) -> Codes:
        """Return the number of each row's series, -1 where it has none.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical events.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Numbers of series.
        """
        codes = self.parts[0].encode(table.column(self.columns[0]))
        for column, part, pair in zip(self.columns[1:], self.parts[1:], self.pairs, strict=True):
            more = part.encode(table.column(column))
            known = (codes >= 0) & (more >= 0)
            both = pa.array((codes << _HALF) | more, mask=~known)
            codes = pair.encode(pa.chunked_array([both]))
        return codes

    def names(self) -> list[list[str]]:
        """Return, for each column, the value of every series."""
        rows = np.arange(len(self))
        columns: list[list[str]] = []
        for part, pair in zip(self.parts[:0:-1], self.pairs[::-1], strict=True):
            both = pair.known.to_numpy(zero_copy_only=False)[rows]
            columns.append(part.known.take(pa.array(both & ((1 << _HALF) - 1))).to_pylist())
            rows = both >> _HALF
        columns.append(self.parts[0].known.take(pa.array(rows)).to_pylist())
        return columns[::-1]


def kind_numbers(table: Any) -> NDArray[np.int8]:
    """Return the number of each event's kind.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events; the dictionary of their kinds is always `c2m.signals.schema.KINDS`.

    Returns
    -------
    ndarray of int8, shape (n_rows,)
        Positions in `KINDS`.
    """
    chunks = [chunk.indices.to_numpy() for chunk in table.column("event_type").chunks]
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int8)


def numbers_of(table: Any, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, all unknown where the log has no such column.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events.
    name : str
        The column.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Numbers; NaN where unknown.
    """
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table.column(name).to_numpy(), dtype=np.float64)


def user_ids(column: Any) -> tuple[NDArray[np.uint64], BoolArray]:
    """Return a number for each user, the same in every batch.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Whole numbers, which stand for themselves, or text, of which the 64-bit hash is taken.
        Among ten million users two share a hash once in 400,000 logs.

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
        The numbers; 0 where unknown.
    ndarray of bool, shape (n_rows,)
        Where the user is known.
    """
    known = column.is_valid().to_numpy()
    if pa.types.is_integer(column.type):
        whole = column.fill_null(0).to_numpy() if column.null_count else column.to_numpy()
        return whole.view(np.uint64), known
    chunks = [_hashed(chunk) for chunk in column.chunks]
    hashes = np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.uint64)
    return hashes, known


def _hashed(chunk: Any) -> NDArray[np.uint64]:
    texts, indices = used_values(chunk)
    objects = texts.to_numpy(zero_copy_only=False).astype(object)
    hashes = np.append(pd.util.hash_array(objects, categorize=False), np.uint64(0))
    return np.asarray(hashes[indices], dtype=np.uint64)
