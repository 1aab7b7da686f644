"""Events that a log holds twice: the same ``event_id`` on the same day counts once."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.signals.counting.coding import Codes, used_values
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import UNKNOWN

Prints = NDArray[np.uint64]

_WORD: Final = 8
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_FIRST_BYTES: Final = np.array([*((1 << 8 * n) - 1 for n in range(_WORD)), 2**64 - 1], np.uint64)
"""For each number of bytes of a word, what masks the others."""


def drop_repeats(table: Any, tally: Tally) -> Any:
    """Keep one event for each ``event_id``: the one that came in last.

    Parameters
    ----------
    table : pyarrow.Table
        The events of a day.
    tally : Tally
        Counts what is dropped, under ``"repeats"``.

    Returns
    -------
    pyarrow.Table
        The events without their repeats; events without an id are all kept. Among versions of
        an event that came in together, or without ``ingest_time``, the choice depends on their
        values only, never on the order of the rows.
    """
    if "event_id" not in table.column_names:
        return table
    rows = _doubtful(table.column("event_id"))
    if not len(rows):
        return table
    doubtful = table.take(pa.array(rows))
    codes = _codes(doubtful.column("event_id"))
    order = np.lexsort((_rank(doubtful), codes))
    last = np.append(codes[order][1:] != codes[order][:-1], True)
    if last.all():
        return table
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows[order[~last]]] = False
    tally.add("repeats", int(np.count_nonzero(~keep)))
    return table.filter(pa.array(keep))


def _doubtful(ids: Any) -> NDArray[np.intp]:
    """Return the rows whose id may occur twice: ids that are equal have equal fingerprints."""
    rows = np.flatnonzero(ids.is_valid().to_numpy())
    found = [_fingerprints(chunk) for chunk in ids.chunks]
    prints = np.concatenate(found)[rows] if found else np.zeros(0, dtype=np.uint64)
    ordered = np.sort(prints)
    if not (ordered[1:] == ordered[:-1]).any():
        return rows[:0]
    return rows[pd.Series(prints).duplicated(keep=False).to_numpy()]


def _fingerprints(chunk: Any) -> Prints:
    """Return a number for each value; of null any."""
    if pa.types.is_dictionary(chunk.type):
        own = np.append(_fingerprints(chunk.dictionary), np.uint64(0))
        places = chunk.indices.fill_null(len(own) - 1).to_numpy(zero_copy_only=False)
        return np.asarray(own[places])
    if pa.types.is_integer(chunk.type):
        return np.asarray(chunk.cast(pa.int64()).fill_null(0).to_numpy()).view(np.uint64)
    return _text_fingerprints(chunk.cast(pa.large_string()))


def _text_fingerprints(texts: Any) -> Prints:
    """Mix the bytes of each text, eight at a time; a hash of Python's would cost ten times that."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    if offsets[0] == offsets[-1]:
        return np.zeros(len(texts), dtype=np.uint64)
    raw = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    padded = np.append(raw, np.zeros(_WORD, np.uint8))
    words = np.ndarray((len(raw) + 1,), "<u8", padded, strides=(1,))  # one begins at every byte
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    prints = lengths.astype(np.uint64)
    whole = int(lengths.min()) // _WORD * _WORD
    for at in range(0, whole, _WORD):
        prints = _mixed(prints, words[starts + at])
    rows = np.arange(len(prints))
    for at in range(whole, int(lengths.max()), _WORD):
        rows = rows[lengths[rows] > at]
        mask = _FIRST_BYTES[np.minimum(lengths[rows] - at, _WORD)]
        prints[rows] = _mixed(prints[rows], words[starts[rows] + at] & mask)
    return prints


def _mixed(prints: Prints, words: Prints) -> Prints:
    mixed = (prints ^ words) * _ODD
    return np.asarray(mixed ^ (mixed >> _HALF))


def _codes(column: Any) -> Codes:
    return used_values(column.combine_chunks())[1]


def _rank(table: Any) -> NDArray[np.int64]:
    """Return the place of each row among all: by ingest time, then by its other values."""
    names = [name for name in table.column_names if name not in {"event_id", "ingest_time"}]
    ranks = []
    if "ingest_time" in table.column_names:
        came_in = table.column("ingest_time").cast(pa.int64()).fill_null(UNKNOWN)
        ranks.append(came_in.to_numpy())
    for name in names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        ranks.append(pc.rank(column.combine_chunks(), tiebreaker="min").to_numpy())
    return np.lexsort(ranks[::-1]).argsort()
