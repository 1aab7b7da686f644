"""Rows of a store as bytes and back, the buckets that users fall into, and hashes of event ids."""

import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.errors import DataError
from c2m.signals.counting.coding import used_values
from c2m.signals.schema import COLUMNS
from c2m.signals.store.manifest import FIX, StoredFile, read_file, write_file

Hashes = NDArray[np.uint64]

_ROWS_A_BUCKET: Final = 1 << 17
_MOST_BUCKETS: Final = 16
_HASHED_ROWS: Final = 1 << 16
_DICTIONARY_BYTES: Final = 16 * 2**20
_SAMPLE_HASH: Final = 13_517_634_579_904_716_173
"""What pandas hashes ``"c2m"`` to; a store is useless to a pandas that hashes otherwise."""


def n_buckets(rows: int) -> int:
    """Return how many buckets a day of so many rows has: a power of two, at most 16.

    Parameters
    ----------
    rows : int
        Rows of the day.

    Returns
    -------
    int
        Buckets.

    Examples
    --------
    >>> n_buckets(1_000), n_buckets(200_000), n_buckets(1_700_000)
    (1, 2, 16)
    """
    wanted = -(-rows // _ROWS_A_BUCKET)
    return min(_MOST_BUCKETS, 1 << (max(wanted, 1) - 1).bit_length())


def bucket_of(key: str, count: int) -> int:
    """Return the bucket of a user.

    Parameters
    ----------
    key : str
        The ``user_key``, a whole number as its digits.
    count : int
        How many buckets the day has.

    Returns
    -------
    int
        From 0 to ``count - 1``.
    """
    return zlib.crc32(key.encode()) % count


def buckets_of(table: Any, count: int) -> NDArray[np.int64]:
    """Return the bucket of each row; that of rows without a user is 0.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events.
    count : int
        How many buckets the day has.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Buckets.
    """
    if count == 1 or "user_key" not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.int64)
    users = table.column("user_key").combine_chunks()
    keys, places = used_values(users)
    numbers = [zlib.crc32(key) % count for key in _bytes(keys)]
    return np.array([*numbers, 0])[places]


def _bytes(keys: Any) -> list[bytes]:
    texts: list[bytes] = keys.cast(pa.string()).cast(pa.binary()).to_pylist()
    return texts


def id_hashes(table: Any) -> tuple[Hashes, NDArray[np.bool_]]:
    """Return a 64-bit hash for each event id, and where there is one.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events.

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
        Hashes; 0 where there is no id. Among a hundred million ids two share one in one of 4,000
        logs.
    ndarray of bool, shape (n_rows,)
        Where there is an id.
    """
    if "event_id" not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.uint64), np.zeros(table.num_rows, dtype=np.bool_)
    ids = table.column("event_id").cast(pa.string())
    known = ids.is_valid().to_numpy()
    hashes = np.zeros(table.num_rows, dtype=np.uint64)
    for start in range(0, table.num_rows, _HASHED_ROWS):  # as objects, they are ten times as large
        objects = ids.slice(start, _HASHED_ROWS).fill_null("").to_numpy().astype(object)
        hashes[start : start + len(objects)] = pd.util.hash_array(objects, categorize=False)
    hashes[~known] = 0
    return hashes, known


def check_hash() -> None:
    """Make sure that event ids hash to what they did when the store was written.

    Raises
    ------
    DataError
        If this pandas hashes otherwise.
    """
    found = pd.util.hash_array(np.array(["c2m"], dtype=object), categorize=False)[0]
    if found != _SAMPLE_HASH:
        problem = "this pandas hashes text otherwise than the one it was written with"
        raise DataError("store", [problem], f"use pandas 2.2 to 3.1, or {FIX}")


def write_rows(folder: Path, stem: str, table: Any) -> StoredFile:
    """Write rows as a parquet file.

    Parameters
    ----------
    folder : Path
        The store.
    stem : str
        Start of the file's name.
    table : pyarrow.Table
        The rows.

    Returns
    -------
    StoredFile
        The file.
    """
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(
        _compact(table),
        sink,
        compression="zstd",
        write_statistics=False,  # they would repeat the least and largest user
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        use_dictionary=[name for name in table.column_names if name != "event_id"],
    )
    return write_file(folder, f"{stem}.parquet", memoryview(sink.getvalue()), table.num_rows)


def _compact(table: Any) -> Any:
    """Return the rows with the texts that they use, not those of all days."""
    columns = []
    for column in table.columns:
        array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        if isinstance(array, pa.ChunkedArray):  # what an empty column combines to
            array = pa.array([], array.type)
        if pa.types.is_dictionary(array.type):
            values, places = used_values(array)
            missing = places == len(values)
            indices = pa.array(places.astype(np.int32), mask=missing if missing.any() else None)
            array = pa.DictionaryArray.from_arrays(indices, values.cast(pa.string()))
        columns.append(array)
    return pa.table(columns, names=table.column_names)


def read_rows(folder: Path, file: StoredFile, columns: Collection[str] | None = None) -> Any:
    """Read rows of a parquet file of the store.

    Parameters
    ----------
    folder : Path
        The store.
    file : StoredFile
        The file.
    columns : collection of str, optional
        Those to read, where the file has them; all unless given.

    Returns
    -------
    pyarrow.Table
        The rows.

    Raises
    ------
    DataError
        If the file is missing or was changed.
    """
    import pyarrow.parquet as pq

    opened = pq.ParquetFile(pa.BufferReader(read_file(folder, file)))
    names = opened.schema_arrow.names
    return opened.read(names if columns is None else [name for name in names if name in columns])


def write_numbers(folder: Path, stem: str, numbers: NDArray[np.generic]) -> StoredFile:
    """Write whole numbers of 64 bits as a file.

    Parameters
    ----------
    folder : Path
        The store.
    stem : str
        Start of the file's name.
    numbers : ndarray of 64-bit integers
        What to write.

    Returns
    -------
    StoredFile
        The file.
    """
    return write_file(folder, f"{stem}.u64", numbers.astype("<u8").tobytes(), len(numbers))


def read_numbers(folder: Path, file: StoredFile) -> Hashes:
    """Read a file of whole numbers.

    Parameters
    ----------
    folder : Path
        The store.
    file : StoredFile
        The file.

    Returns
    -------
    ndarray of uint64
        The numbers.

    Raises
    ------
    DataError
        If the file is missing or was changed.
    """
    return np.frombuffer(read_file(folder, file), dtype="<u8").astype(np.uint64, copy=False)


def roles_of(table: Any) -> dict[str, str]:
    """Return what each column of a canonical table holds, as a manifest says it.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events.

    Returns
    -------
    dict of str to str
        Canonical column -> role.
    """
    roles = {}
    for field in table.schema:
        role: str = COLUMNS[field.name]
        if role == "code":
            role = "whole" if pa.types.is_integer(field.type) else "text"
        roles[field.name] = role
    return roles


ARROW_TYPES: Final = {
    "time": pa.timestamp("us", tz="UTC"),
    "type": pa.string(),
    "number": pa.float64(),
    "text": pa.string(),
    "whole": pa.int64(),
}
"""Role of a column -> Arrow type that the store hands on."""


def join(tables: Sequence[Any]) -> Any:
    """Put rows of different adds together; columns that one lacks are unknown there.

    Parameters
    ----------
    tables : sequence of pyarrow.Table
        Rows.

    Returns
    -------
    pyarrow.Table
        All rows; codes are text where some of them are.
    """
    if len(tables) == 1:
        return tables[0]
    roles: dict[str, str] = {}
    for table in tables:
        for name, role in roles_of(table).items():
            roles[name] = "text" if "text" in {role, roles.get(name)} else role
    names = [name for name in COLUMNS if name in roles]
    return pa.table({name: _joined(tables, name, roles[name]) for name in names})


def _joined(tables: Sequence[Any], name: str, role: str) -> Any:
    """Put the rows of one column together."""
    chunks: list[Any] = []
    for table in tables:
        if name in table.column_names:
            chunks += _as_role(table.column(name), role).chunks
        else:
            chunks.append(pa.nulls(table.num_rows, ARROW_TYPES[role]))
    joined = pa.chunked_array(chunks, ARROW_TYPES[role])
    if role in {"text", "type"} and name != "event_id":
        return joined.combine_chunks().dictionary_encode()
    return joined


def _as_role(column: Any, role: str) -> Any:
    column = column.cast(ARROW_TYPES[role])
    return pc.if_else(pc.is_null(column), float("nan"), column) if role == "number" else column
