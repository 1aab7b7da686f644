"""Logs whose records a `Layout` converts: files, tables and lists as records, records as events."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, Final, Protocol

import pyarrow as pa

from c2m.signals.logs.jsonfiles import JsonFile, as_record
from c2m.signals.logs.sources import Part, Source
from c2m.signals.reading.setaside import redact_fields
from c2m.signals.schema import COLUMNS, KINDS
from c2m.signals.schemas.layout import (
    ROW,
    Aside,
    Bad,
    BadList,
    Found,
    Layout,
    Outcome,
    Record,
    Unread,
)
from c2m.signals.schemas.rows import records_of

_AT_ONCE: Final = 1 << 14
"""Outcomes that become one batch."""

_ROWS_AT_ONCE: Final = 1 << 11
"""Rows of a table that are records at once."""

_PEEKED: Final = 100
"""Records whose fields say what a log holds."""

_REMEMBERED: Final = 1 << 12
"""Records that are kept, so that a bad one can be shown: an order may have many lines."""

ARROW_TYPES: Final = {
    "time": pa.timestamp("us", tz="UTC"),
    "type": pa.string(),
    "number": pa.float64(),
    "code": pa.string(),
}


class RecordLog(Protocol):
    """A log as records."""

    @property
    def name(self) -> str:
        """How messages name it."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """Top-level fields of its records, as far as the first ones tell."""
        ...

    def parts(self) -> list[Part]:
        """Return its files."""
        ...

    def records(self, part: Part, fields: Sequence[str]) -> Iterator[Record | Bad]:
        """Yield the records of a file, with no other than these fields."""
        ...


@dataclass(frozen=True)
class JsonLog:
    """JSON files as records."""

    name: str
    files: tuple[JsonFile, ...]
    fields: tuple[str, ...]

    @classmethod
    def of(cls, name: str, files: Sequence[JsonFile]) -> "JsonLog":
        """Look at the first records of each file."""
        return cls(name, tuple(files), _fields(file.records() for file in files))

    def parts(self) -> list[Part]:
        """Return the files."""
        return [Part(place, f" of {file.path.name}", 0) for place, file in enumerate(self.files)]

    def later(self, names: Sequence[str]) -> list[str]:
        """Return those of some names that any record has."""
        found = {name for file in self.files for name in file.holds(names)}
        return [name for name in names if name in found]

    def records(self, part: Part, fields: Sequence[str]) -> Iterator[Record | Bad]:
        """Yield the objects of a file."""
        return _project(self.files[part.number].records(), fields)


@dataclass(frozen=True)
class ListLog:
    """Objects in memory as records."""

    objects: Sequence[Any] = field(repr=False)
    fields: tuple[str, ...]
    name: str = "a list"

    @classmethod
    def of(cls, objects: Sequence[Any]) -> "ListLog":
        """Look at the first objects."""
        return cls(objects, _fields([map(as_record, range(_PEEKED), objects)]))

    def parts(self) -> list[Part]:
        """Return the list as one file."""
        return [Part(0, "", 0)]

    def later(self, names: Sequence[str]) -> list[str]:
        """Return those of some names that any object has."""
        found = {name for one in self.objects if isinstance(one, Mapping) for name in one}
        return [name for name in names if name in found]

    def records(self, part: Part, fields: Sequence[str]) -> Iterator[Record | Bad]:
        """Yield the objects."""
        del part
        return _project((as_record(row, one) for row, one in enumerate(self.objects)), fields)


@dataclass(frozen=True)
class TableLog:
    """Rows of parquet files, CSV files or a frame as records."""

    source: Source

    @property
    def name(self) -> str:
        """How messages name it."""
        return self.source.name

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.source.types)

    @cached_property
    def _pieces(self) -> dict[tuple[str, int], list[Part]]:
        """File -> its row groups: an order and its refund may lie in two of them."""
        found: dict[tuple[str, int], list[Part]] = {}
        for piece in self.source.parts(""):
            found.setdefault(_file(piece), []).append(piece)
        return found

    def parts(self) -> list[Part]:
        """Return the files, each as its first piece."""
        return [pieces[0] for pieces in self._pieces.values()]

    def batches(self, piece: Part, fields: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """Yield the batches of a piece of a file, each with the number of its first row."""
        row = piece.first_row
        own = [name for name in fields if name in self.source.types]
        for batch in self.source.read(piece, own):
            yield row, batch
            row += batch.num_rows

    def records(self, part: Part, fields: Sequence[str]) -> Iterator[Record | Bad]:
        """Yield the rows of a file."""
        for piece in self._pieces[_file(part)]:
            for first, batch in self.batches(piece, fields):
                yield from _rows(batch, first)


def _rows(batch: Any, first: int) -> Iterator[Record | Bad]:
    if isinstance(batch, Aside):
        yield from (bad for bad, _ in batch.bad)
        return
    for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
        yield from records_of(batch.slice(start, _ROWS_AT_ONCE), first + start)


def _file(part: Part) -> tuple[str, int]:
    """Return what the pieces of a file share; a frame is cut into pieces without a place."""
    return part.place, part.number if part.place else 0


def _fields(logs: Iterable[Iterator[Record | Bad]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for log in logs:
        for record in islice(log, _PEEKED):
            if isinstance(record, Record):
                found.update(dict.fromkeys(str(name) for name in record.values))
    return tuple(found)


def _project(log: Iterator[Record | Bad], fields: Sequence[str]) -> Iterator[Record | Bad]:
    for record in log:
        if isinstance(record, Record):
            values = {name: record.values[name] for name in fields if name in record.values}
            yield Record(record.row, values)
        else:
            yield record


@dataclass(frozen=True)
class ConvertedSource:
    """A log that a layout turns into canonical events; see `c2m.signals.logs.sources.Source`.

    Parameters
    ----------
    log : RecordLog
        The records.
    layout : Layout
        What they mean.
    types : mapping of str to pyarrow.DataType
        Canonical columns that there are.
    remember : bool
        Whether bad rows come with what may be shown of them.
    """

    log: RecordLog
    layout: Layout
    types: Mapping[str, Any]
    remember: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)
    n_rows: None = None

    @classmethod
    def of(cls, log: RecordLog, layout: Layout, *, remember: bool) -> "ConvertedSource":
        """Take the columns from the layout."""
        names = {"event_time", "event_type", "sku", *layout.reads}
        types = {name: ARROW_TYPES[kind] for name, kind in COLUMNS.items() if name in names}
        return cls(log, layout, types, remember)

    @property
    def name(self) -> str:
        """How messages name it."""
        return self.log.name

    def parts(self, time_column: str) -> list[Part]:
        """Return the files, for one pass; see `Source`."""
        del time_column
        parts, memory = self.log.parts(), dict[str, Any]()
        if isinstance(self.log, TableLog) and self.layout.convert_batch is not None:
            parts = self.log.source.parts(self.layout.time_field)
        return [replace(part, memory=memory, bounds=_instants(part.bounds)) for part in parts]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield batches of canonical events with the numbers of their records, and `Aside`."""
        if self.layout.convert_batch is not None:
            for found in self._converted(part):
                yield found if isinstance(found, Aside) else found.select([*columns, ROW])
            return
        assert self.layout.convert is not None  # a flat layout has another source
        seen = _Seen(self.layout, self.log.records(part, self.layout.tops), self.remember)
        outcomes = self.layout.convert(seen.records())
        while block := list(islice(outcomes, _AT_ONCE)):
            yield from _batches(block, columns, seen)
            yield from seen.bad.take()
        yield from seen.bad.take()

    def _converted(self, part: Part) -> Iterator[Any]:
        convert, fields = self.layout.convert_batch, self.layout.tops
        assert convert is not None
        if isinstance(self.log, TableLog):
            for first, batch in self.log.batches(part, fields):
                if isinstance(batch, Aside):
                    yield batch
                else:
                    yield from convert(batch, first, part.memory)
            return
        records = self.log.records(part, fields)
        while block := list(islice(records, _ROWS_AT_ONCE)):
            bad = tuple((one, dict[str, Any]()) for one in block if isinstance(one, Bad))
            if bad:
                yield Aside(bad)
            yield from convert([one for one in block if isinstance(one, Record)], 0, part.memory)


def _instants(bounds: Any) -> Any:
    """Return microseconds as times; None where they are none."""
    if bounds is None or not pa.types.is_integer(bounds.type):
        return None
    return bounds.cast(pa.int64()).cast(ARROW_TYPES["time"])


class _Seen:
    """Records on their way to the converter; the last ones can be shown."""

    def __init__(self, layout: Layout, log: Iterator[Record | Bad], remember: bool) -> None:
        self.layout, self.log, self.remember = layout, log, remember
        self.last: OrderedDict[int, Mapping[str, Any]] = OrderedDict()
        self.bad = BadList()

    def records(self) -> Iterator[Record]:
        """Yield the records; those that are none are kept apart."""
        for record in self.log:
            if isinstance(record, Bad):
                self.bad.add(record)
                continue
            if self.remember:
                self.last[record.row] = record.values
                if len(self.last) > _REMEMBERED:
                    self.last.popitem(last=False)
            yield record

    def shown(self, bad: Bad) -> tuple[Bad, Mapping[str, Any]]:
        """Return a bad record with what may be shown of it."""
        values = self.last.get(bad.row, {})
        return bad, redact_fields(values, self.layout.shown, [*self.layout.event_types, *KINDS])


def _batches(block: Sequence[Outcome], columns: Sequence[str], seen: _Seen) -> Iterator[Any]:
    found = [one for one in block if isinstance(one, Found)]
    bad = [seen.shown(one) for one in block if isinstance(one, Bad)]
    unread = Counter(one.kind for one in block if isinstance(one, Unread))
    if found:
        batch, unfit = _table(found, columns)
        bad += [seen.shown(one) for one in unfit]
        yield batch
    if bad or unread:
        yield Aside(tuple(bad), unread)


def _table(found: list[Found], columns: Sequence[str]) -> tuple[Any, list[Bad]]:
    """Return events as a batch, and those whose values no column can hold."""
    arrays: dict[str, Any] = {}
    for name in columns:
        kind = ARROW_TYPES[COLUMNS[name]]
        try:
            arrays[name] = pa.array([one.event.get(name) for one in found], kind)
        except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError):
            fits = [_fits(one.event.get(name), kind) for one in found]
            reason = f"no {COLUMNS[name]} that can be kept for {name!r}"
            unfit = [
                Bad(one.row, reason, "correct the record")
                for one, good in zip(found, fits, strict=True)
                if not good
            ]
            kept = [one for one, good in zip(found, fits, strict=True) if good]
            batch, more = _table(kept, columns)
            return batch, unfit + more
    arrays[ROW] = pa.array([one.row for one in found], pa.int64())
    return pa.record_batch(arrays), []


def _fits(value: Any, kind: Any) -> bool:
    try:
        pa.array([value], kind)
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError):
        return False
    return True
