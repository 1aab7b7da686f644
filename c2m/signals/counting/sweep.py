"""One pass over a log that yields its events day by day in bounded memory.

The parts of a log are read in the order of their first day. A day is complete when no part that
is still unread may hold it. Rows of days that are not complete wait in memory; when too many
wait, they go to a temporary folder, sorted by day, until their day's turn comes. So a log that
is sorted, or has one file a day, never touches the disk, and an unsorted one is read once.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pyarrow as pa

from c2m.signals.logs.sources import Part
from c2m.signals.reading.times import Micros, local_days

WAITING_ROWS: Final = 3 << 20
"""Most rows that wait in memory for their day to be complete."""


@dataclass(frozen=True)
class DatedPart:
    """A part of a log, and the first day that it may hold; None where that is not known."""

    part: Part
    first_day: int | None


def sweep(
    parts: Iterable[DatedPart],
    read: Callable[[Part], Iterator[Any]],
    zone: str,
    waiting_rows: int = WAITING_ROWS,
) -> Generator[tuple[int, Any], None, None]:
    """Yield the events of each day, days in order.

    Parameters
    ----------
    parts : iterable of DatedPart
        The parts of the log.
    read : callable
        Part -> its canonical events, in tables.
    zone : str
        Whose days are meant.
    waiting_rows : int
        Rows that may wait in memory.

    Yields
    ------
    day : int
        Days since 1970-01-01.
    events : pyarrow.Table
        All events of that day, in no particular order.
    """
    order = sorted(parts, key=lambda dated: (dated.first_day is not None, dated.first_day or 0))
    with ExitStack() as stack:
        waiting = _Waiting(stack, waiting_rows)
        for dated in order:
            if dated.first_day is not None:
                yield from waiting.take_before(dated.first_day)
            for table in read(dated.part):
                waiting.add(table, zone)
        yield from waiting.take_before(None)


def split_again(
    days: Iterable[tuple[int, Any]], zone: str, waiting_rows: int = WAITING_ROWS
) -> Generator[tuple[int, Any], None, None]:
    """Yield the events of each day of another zone.

    Parameters
    ----------
    days : iterable of (int, pyarrow.Table)
        Days of any zone with their events, in order.
    zone : str
        Whose days are meant.
    waiting_rows : int
        Rows that may wait in memory.

    Yields
    ------
    day : int
        Days since 1970-01-01.
    events : pyarrow.Table
        All events of that day, in no particular order.
    """
    with ExitStack() as stack:
        waiting = _Waiting(stack, waiting_rows)
        for _, table in days:
            if table.num_rows:
                first = event_micros(table).min(keepdims=True)  # of all that is still to come
                yield from waiting.take_before(int(local_days(first, zone)[0]))
            waiting.add(table, zone)
        yield from waiting.take_before(None)


class _Waiting:
    """Rows whose day is not complete: in memory, and on disk where they are too many."""

    def __init__(self, stack: ExitStack, most_rows: int) -> None:
        self.stack, self.most_rows = stack, most_rows
        self.tables: dict[int, list[Any]] = {}
        self.rows = 0
        self.folder: Path | None = None
        self.spilled: dict[int, list[Path]] = {}

    def add(self, table: Any, zone: str) -> None:
        """Sort the rows of a table into their days."""
        if not table.num_rows:
            return
        for day, rows in _split(table, zone):
            self.tables.setdefault(day, []).append(rows)
        self.rows += table.num_rows
        if self.rows > self.most_rows:
            self._spill()

    def take_before(self, day: int | None) -> Iterator[tuple[int, Any]]:
        """Yield the days before a day, or all of them."""
        ready = {known for known in (*self.tables, *self.spilled) if day is None or known < day}
        for known in sorted(ready):
            in_memory = self.tables.pop(known, [])
            self.rows -= sum(table.num_rows for table in in_memory)
            on_disk = [_read(path) for path in self.spilled.pop(known, [])]
            yield known, pa.concat_tables([*on_disk, *in_memory])

    def _spill(self) -> None:
        """Write the waiting rows to files, one a day, and forget them."""
        if self.folder is None:
            name = self.stack.enter_context(TemporaryDirectory(prefix="c2m-events-"))
            self.folder = Path(name)
        for day in sorted(self.tables):
            paths = self.spilled.setdefault(day, [])
            paths.append(self.folder / f"{day}-{len(paths)}.arrow")
            _write(pa.concat_tables(self.tables.pop(day)), paths[-1])
        self.rows = 0


def _write(table: Any, path: Path) -> None:
    """Write the rows of a day with the texts that they use, not those of all days."""
    for place, name in enumerate(table.column_names):
        kind = table.column(place).type
        if pa.types.is_dictionary(kind) and name != "event_type":  # its dictionary is always KINDS
            texts = table.column(place).cast(kind.value_type).combine_chunks()
            table = table.set_column(place, name, texts.dictionary_encode())
    table = table.unify_dictionaries().combine_chunks()  # a file holds one dictionary a column
    options = pa.ipc.IpcWriteOptions(compression="lz4" if pa.Codec.is_available("lz4") else None)
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, table.schema, options=options) as writer,
    ):
        writer.write_table(table)


def _read(path: Path) -> Any:
    with pa.OSFile(str(path), "rb") as stream, pa.ipc.open_file(stream) as reader:
        return reader.read_all()


def _split(table: Any, zone: str) -> Iterator[tuple[int, Any]]:
    """Yield the rows of each day of a table."""
    days = local_days(event_micros(table), zone)
    first, last = int(days.min()), int(days.max())
    if first == last:
        yield first, table
        return
    if np.any(days[1:] < days[:-1]):
        order = np.argsort(days, kind="stable")
        table, days = table.take(pa.array(order)), days[order]
    starts = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    for start, stop in zip(starts, [*starts[1:], len(days)], strict=True):
        yield int(days[start]), table.slice(int(start), int(stop - start))


def event_micros(table: Any) -> Micros:
    """Return the event times of a canonical table as microseconds since 1970 in UTC."""
    times = table.column("event_time")
    return np.asarray(times.cast(pa.int64()).to_numpy(), dtype=np.int64)
