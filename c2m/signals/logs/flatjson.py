"""Objects of JSON as a flat table, whose every field is text; what is nested is not read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from c2m.signals.logs.csvfiles import is_data
from c2m.signals.logs.records import JsonLog, ListLog
from c2m.signals.logs.sources import Part
from c2m.signals.schemas.layout import ROW, Aside, Bad, Record

_AT_ONCE: Final = 1 << 14
_UNFIT: Final = "holds text that is no Unicode"


@dataclass(frozen=True)
class FlatSource:
    """Records as rows of text; see `c2m.signals.logs.sources.Source`."""

    log: JsonLog | ListLog
    types: Mapping[str, Any]
    absent: Mapping[str, str] = field(default_factory=dict)
    n_rows: None = None

    @classmethod
    def of(cls, log: JsonLog | ListLog, wanted: Collection[str] = ()) -> "FlatSource":
        """Take the fields of the first records for the columns, and of later ones what is wanted.

        Parameters
        ----------
        log : JsonLog or ListLog
            The records.
        wanted : collection of str
            Names that are columns wherever a record has them, be it the last one.

        Returns
        -------
        FlatSource
            The table. Fields that are called like an address or a number are no columns: they
            are ids of an object of objects.
        """
        named = [name for name in log.fields if not is_data(name)]
        late = log.later([name for name in wanted if name not in named])
        return cls(log, dict.fromkeys([*named, *late], pa.string()))

    @property
    def name(self) -> str:
        """How messages name the log."""
        return self.log.name

    def parts(self, time_column: str) -> list[Part]:
        """Return the files."""
        del time_column
        return self.log.parts()

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the rows of a file, and `Aside` for what is no object."""
        records = self.log.records(part, columns)
        while block := list(islice(records, _AT_ONCE)):
            bad = [one for one in block if isinstance(one, Bad)]
            rows = [one for one in block if isinstance(one, Record)]
            whole = [row for row in rows if not any(map(_torn, row.values.values()))]
            if len(whole) < len(rows):
                kept = {row.row for row in whole}
                fix = "write the file as UTF-8"
                bad += [Bad(row.row, _UNFIT, fix) for row in rows if row.row not in kept]
            yield _batch(whole, columns)
            if bad:
                yield Aside(tuple((one, {}) for one in bad))


def _batch(rows: Sequence[Record], columns: Sequence[str]) -> Any:
    arrays = {
        name: pa.array([_text(row.values.get(name)) for row in rows], pa.string())
        for name in columns
    }
    arrays[ROW] = pa.array([row.row for row in rows], pa.int64())
    return pa.record_batch(arrays)


def _text(value: Any) -> str | None:
    """Write a number or a text as text; what is nested is nothing."""
    if value is None or isinstance(value, (list, dict, tuple)):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else str(value)


def _torn(value: Any) -> bool:
    return isinstance(value, str) and not value.isascii() and _is_no_unicode(value)


def _is_no_unicode(value: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in value)
