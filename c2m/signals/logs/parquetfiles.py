"""Logs in parquet files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.logs.files import FIX_PATH, Stamp, check_unchanged, stamp
from c2m.signals.logs.sources import BATCH_ROWS, Part, absent_columns, merge_types
from c2m.signals.reading.columns import is_text

NESTED_ROWS: Final = 1 << 14
"""Rows of a nested log that are read at once."""

_LISTS: Final = {"list", "element", "item", "bag", "array", "array_element"}
"""Steps of a path that only say that there is a list."""

_INDEXED: Final = {"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED"}
"""Encodings of text that Arrow can read as a dictionary."""

_INDEXED_BYTES: Final = 8
"""Bytes a row beyond which text is stored as it is, whatever the encodings say."""


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files; see `c2m.signals.logs.sources.Source`."""

    name: str
    files: tuple[Path, ...]
    stamps: tuple[Stamp, ...]
    schemas: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Any]
    absent: Mapping[str, str]
    n_rows: int
    leaves: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls, name: str, files: Sequence[Path], *, leaves: Sequence[str] | None = None
    ) -> "ParquetSource":
        """Read the footers of the files; of a nested log no more is read than these leaves."""
        schemas, stamps, problems, n_rows = [], [], [], 0
        for file in files:
            try:
                stamps.append(stamp(file))
                opened = _open(file)
            except (pa.ArrowException, OSError, UnicodeError) as error:
                problems.append(f"{file.name!r} cannot be read as parquet: {_why(file, error)}")
                continue
            fields = opened.schema_arrow
            doubled = sorted({column for column in fields.names if fields.names.count(column) > 1})
            problems += [f"{file.name!r} has the column {own!r} more than once" for own in doubled]
            schemas.append({field.name: field.type for field in fields})
            if not _agrees(opened.metadata):
                problems.append(f"{file.name!r} is broken: its footer contradicts itself")
            n_rows += opened.metadata.num_rows
            opened.close()
        if problems:
            raise DataError("events", problems, FIX_PATH)
        names = [file.name for file in files]
        return cls(
            name,
            tuple(files),
            tuple(stamps),
            tuple(schemas),
            merge_types(schemas, names),
            absent_columns(schemas, names),
            n_rows,
            None if leaves is None else tuple(leaves),
        )

    def parts(self, time_column: str) -> list[Part]:
        """Return the row groups, with the bounds that their statistics give."""
        parts = []
        for number, file in enumerate(self.files):
            check_unchanged(file, self.stamps[number])
            opened = _open(file)
            first_row = 0
            for group in range(opened.metadata.num_row_groups):
                rows = opened.metadata.row_group(group)
                bounds = _bounds(rows, time_column, self.schemas[number].get(time_column))
                parts.append(
                    Part(number, f" of {file.name}", first_row, bounds=bounds, group=group)
                )
                first_row += rows.num_rows
            opened.close()
        return parts

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the batches of one row group."""
        file, schema = self.files[part.number], self.schemas[part.number]
        own = [column for column in columns if column in schema]
        text = [column for column in own if is_text(schema[column])]
        check_unchanged(file, self.stamps[part.number])
        opened = _open(file, text, part.group)
        rows = BATCH_ROWS
        if self.leaves is not None:
            own, rows = _paths(opened, own, self.leaves), NESTED_ROWS
        try:
            yield from opened.iter_batches(rows, row_groups=[part.group], columns=own)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            problem = f"row group {part.group}{part.place} cannot be read: {error}"
            raise DataError("events", [problem], "write the file again") from error
        finally:
            opened.close()
        check_unchanged(file, self.stamps[part.number])


def _open(file: Path, text: Sequence[str] = (), group: int = 0) -> Any:
    """Open a file; text of a row group comes as dictionaries where parquet stores it so."""
    from pyarrow.parquet import ParquetFile

    opened = ParquetFile(file)
    if not text:
        return opened
    rows = opened.metadata.row_group(group)
    chunks = [rows.column(position) for position in range(rows.num_columns)]
    try:
        plain = {chunk.path_in_schema for chunk in chunks if not _is_indexed(chunk)}
    except UnicodeError:  # a damaged footer; reading will tell
        plain = set(text)
    opened.close()
    indexed = [column for column in text if column not in plain]
    return ParquetFile(file, metadata=opened.metadata, read_dictionary=indexed)


def _is_indexed(chunk: Any) -> bool:
    """Say whether text repeats, and is stored so; ids that do not cost five times as dictionary."""
    most = _INDEXED_BYTES * chunk.num_values
    return set(chunk.encodings) <= _INDEXED and chunk.total_uncompressed_size <= most


def _paths(opened: Any, tops: Sequence[str], leaves: Sequence[str]) -> list[str]:
    """Return the paths of columns that dotted names mean, however lists are written."""
    wanted = [tuple(name.split(".")) for name in leaves if name.partition(".")[0] in tops]
    paths = []
    for place in range(len(opened.schema)):
        path = opened.schema.column(place).path
        plain = tuple(step for step in path.split(".") if step not in _LISTS)
        if any(plain[: len(steps)] == steps for steps in wanted):
            paths.append(path)
    return paths


def _agrees(footer: Any) -> bool:
    """Say whether the row groups have as many rows as the file; a broken footer claims billions."""
    rows = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
    return sum(rows) == footer.num_rows and min(rows, default=0) >= 0


def _why(file: Path, error: Exception) -> str:
    return "the file is empty" if file.stat().st_size == 0 else str(error).partition("\n")[0]


def _bounds(rows: Any, column: str, kind: Any) -> Any:
    """Return least and largest time of a row group, or None without statistics."""
    if kind is None or not (
        pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_int64(kind)
    ):
        return None
    try:
        chunks = (rows.column(position) for position in range(rows.num_columns))
        chunk = next((chunk for chunk in chunks if chunk.path_in_schema == column), None)
        found = None if chunk is None else chunk.statistics
        if found is None or not found.has_min_max:
            return None
        return pa.array([found.min, found.max], kind)
    except (OverflowError, ValueError):  # a year that Python does not know, a damaged footer
        return None
