"""What a log lies in, as the rest of the wing sees it; and a frame in memory."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import pandas as pd
import pyarrow as pa

from c2m.errors import DataError, warn
from c2m.frames import name_list, read_frame
from c2m.signals.reading.columns import is_text

if TYPE_CHECKING:
    from c2m.signals.reading.tally import Tally

BATCH_ROWS: Final = 1 << 19
"""Rows read at once."""


@dataclass(frozen=True)
class Part:
    """A piece of a log that is read in one go.

    Parameters
    ----------
    number : int
        Which piece of its source.
    place : str
        How messages name it: ``" of day-1.parquet"``; empty for a frame.
    first_row : int
        Number of its first row in that place.
    bounds : pyarrow.Array, optional
        Least and largest value of the time column, where they are known without reading.
    group : int
        Its row group in a parquet file.
    memory : dict
        What one pass over the log remembers; the same for all its parts.
    """

    number: int
    place: str
    first_row: int
    bounds: Any = None
    group: int = 0
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Source(Protocol):
    """What `Events` needs of a log."""

    @property
    def types(self) -> Mapping[str, Any]:
        """Column -> Arrow type; text and whole numbers mixed over files are text."""
        ...

    @property
    def absent(self) -> Mapping[str, str]:
        """Columns that some files lack -> a sentence that says how many."""
        ...

    @property
    def n_rows(self) -> int | None:
        """How many rows there are, where that is known without reading."""
        ...

    @property
    def name(self) -> str:
        """How messages name the log."""
        ...

    def parts(self, time_column: str) -> list[Part]:
        """Return the pieces of the log, with the bounds of a column."""
        ...

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the record batches of a piece; columns that it lacks are left out."""
        ...


@runtime_checkable
class DayByDay(Protocol):
    """A source that yields canonical events itself, because it is more than rows to be read."""

    def scan_days(
        self,
        zone: str,
        wanted: Sequence[str],
        needed: Sequence[str],
        tally: "Tally",
        as_of: int | None = None,
        *,
        keep_repeats: bool = False,
    ) -> Generator[tuple[int, Any], None, None]:
        """Yield the events of each day; see `c2m.signals.counting.scan.scan`."""
        ...


@dataclass(frozen=True)
class FrameSource:
    """A table in memory."""

    table: Any = field(repr=False)
    types: Mapping[str, Any]
    n_rows: int
    name: str = "a frame"
    absent: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: object) -> "FrameSource":
        """Take a pandas frame or whatever speaks the Arrow PyCapsule protocol."""
        if isinstance(frame, pd.DataFrame):
            table = _pandas_table(read_frame(frame, "events"))
        else:
            table = _arrow_table(frame)
        doubled = {name for name in table.column_names if table.column_names.count(name) > 1}
        if doubled:
            problem = f"column names occur more than once: {name_list(sorted(doubled))}"
            raise DataError("events", [problem], "rename or drop the doubled columns")
        types = {field.name: field.type for field in table.schema}
        return cls(table, types, table.num_rows)

    def parts(self, time_column: str) -> list[Part]:
        """Cut the table into pieces of `BATCH_ROWS` rows; see `Source`."""
        times = self.table.column(time_column) if time_column in self.types else None
        return [
            Part(
                number,
                "",
                start,
                None if times is None else _least_and_largest(times.slice(start, BATCH_ROWS)),
            )
            for number, start in enumerate(range(0, self.n_rows, BATCH_ROWS))
        ]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the rows of one piece; see `Source`."""
        own = [name for name in columns if name in self.types]
        table = self.table.slice(part.first_row, BATCH_ROWS).select(own)
        yield from table.to_batches()


def _pandas_table(frame: pd.DataFrame) -> Any:
    """Turn a pandas frame into an Arrow table, column by column, so that errors name it."""
    frame = frame.copy()  # Arrow shares memory, and the caller may change the frame later
    arrays, problems = [], []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        try:
            arrays.append(pa.Array.from_pandas(values))
        except (pa.ArrowException, OverflowError, UnicodeError):
            kinds = sorted({type(value).__name__ for value in values.dropna()})
            problems.append(f"column {str(name)!r} mixes {name_list(kinds)}")
            continue
        if values.dtype == "object" and pa.types.is_timestamp(arrays[-1].type):
            zoned = {getattr(value, "tzinfo", None) is not None for value in values.dropna()}
            if len(zoned) > 1:  # Arrow would take the others for UTC
                problems.append(f"column {str(name)!r} mixes times with and without a zone")
    if problems:
        raise DataError("events", problems, "make each column one type; ids are best read as text")
    return pa.table(
        [_one_chunk(array) for array in arrays], names=[str(name) for name in frame.columns]
    )


def _arrow_table(frame: object) -> Any:
    try:
        return pa.table(frame)
    except (pa.ArrowInvalid, TypeError) as error:  # a column speaks the protocol too
        problem = f"a {type(frame).__name__} is not a table"
        fix = "pass a pandas, polars or pyarrow frame"
        raise DataError("events", [problem], fix) from error


def _one_chunk(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _least_and_largest(values: Any) -> Any:
    kind = values.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    import pyarrow.compute as pc

    found = pc.min_max(values)
    if not found["min"].is_valid:
        return None
    return pa.array([found["min"].value, found["max"].value], kind)


def merge_types(schemas: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Return the columns of several files, with a word about those that differ.

    Parameters
    ----------
    schemas : sequence of mapping
        Column -> Arrow type, a file each.
    names : sequence of str
        Names of the files.

    Returns
    -------
    dict of str to pyarrow.DataType
        Every column of any file. Where files disagree, fractions win, because they are no codes
        wherever they stand; then text, whole numbers, and what holds nothing at all comes last.

    Warns
    -----
    C2MWarning
        If a column is text in some files and numbers in others.
    """
    found: dict[str, dict[Any, list[str]]] = {}
    for schema, name in zip(schemas, names, strict=True):
        for column, kind in schema.items():
            plain = kind.value_type if pa.types.is_dictionary(kind) else kind
            plain = pa.string() if is_text(plain) else plain
            found.setdefault(column, {}).setdefault(plain, []).append(name)
    merged = {}
    for column, kinds in found.items():
        text = pa.string() in kinds
        numbers = [kind for kind in kinds if pa.types.is_integer(kind)]
        if text and numbers:
            count = sum(len(kinds[kind]) for kind in numbers)
            warn(
                f"Column {column!r} is text in {len(kinds[pa.string()]):,} files and whole numbers "
                f"in {count:,} (first {kinds[numbers[0]][0]!r}). A number is read as its digits: "
                "00123 and 123 stay different."
            )
        merged[column] = next(kind for kind in sorted(kinds, key=_weight))
    return merged


def _weight(kind: Any) -> int:
    ranks = (pa.types.is_floating, pa.types.is_string, pa.types.is_uint64, pa.types.is_integer)
    rank = next((place for place, fits in enumerate(ranks) if fits(kind)), len(ranks))
    return rank + int(pa.types.is_null(kind))


def absent_columns(schemas: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, str]:
    """Return, for each column that a file lacks, a sentence that says how many lack it.

    Parameters
    ----------
    schemas, names
        See `merge_types`.

    Returns
    -------
    dict of str to str
        Column -> ``"is missing in 2 of 60 files (first 'a.parquet')"``.
    """
    absent: dict[str, str] = {}
    for column in {column for schema in schemas for column in schema}:
        lacking = [
            name for schema, name in zip(schemas, names, strict=True) if column not in schema
        ]
        if lacking:
            absent[column] = (
                f"is missing in {len(lacking):,} of {len(names):,} files (first {lacking[0]!r})"
            )
    return absent
