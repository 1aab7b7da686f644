"""Rows of an Arrow table as records of Python; a row that Python cannot hold is a bad one."""

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from c2m.signals.schemas.layout import Bad, Record

_UNREADABLE: Final = (ValueError, OverflowError, IndexError, pa.ArrowException)
"""What Arrow raises for times out of range, broken text and damaged dictionaries."""


def records_of(batch: Any, first: int) -> Iterator[Record | Bad]:
    """Yield the rows of a batch.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        The rows.
    first : int
        Number of the first of them.

    Yields
    ------
    Record or Bad
        A row each.
    """
    try:
        rows = batch.to_pylist()
    except _UNREADABLE:
        yield from (_record(batch, place, first) for place in range(batch.num_rows))
    else:
        yield from (Record(first + place, row) for place, row in enumerate(rows))


def _record(batch: Any, place: int, first: int) -> Record | Bad:
    try:
        return Record(first + place, batch.slice(place, 1).to_pylist()[0])
    except _UNREADABLE:
        return Bad(first + place, "a time out of range, or broken text", "correct the row")
