"""Logs in parquet files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.columns import is_text
from c2m.signals.sources import BATCH_ROWS, FIX_PATH, Part, absent_columns, merge_types


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files; see `c2m.signals.sources.Source`."""

    name: str
    files: tuple[Path, ...]
    schemas: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Any]
    absent: Mapping[str, str]
    n_rows: int

    @classmethod
    def of(cls, name: str, files: Sequence[Path]) -> "ParquetSource":
        """Read the footers of the files."""
        schemas, problems, n_rows = [], [], 0
        for file in files:
            try:
                opened = _open(file)
            except (pa.ArrowException, OSError) as error:
                problems.append(f"{file.name!r} cannot be read as parquet: {_why(file, error)}")
                continue
            schemas.append({field.name: field.type for field in opened.schema_arrow})
            n_rows += opened.metadata.num_rows
            opened.close()
        if problems:
            raise DataError("events", problems, FIX_PATH)
        names = [file.name for file in files]
        return cls(
            name,
            tuple(files),
            tuple(schemas),
            merge_types(schemas, names),
            absent_columns(schemas, names),
            n_rows,
        )

    def parts(self, time_column: str) -> list[Part]:
        """Return the row groups, with the bounds that their statistics give."""
        parts = []
        for number, file in enumerate(self.files):
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
        schema = self.schemas[part.number]
        own = [column for column in columns if column in schema]
        text = [column for column in own if is_text(schema[column])]
        opened = _open(self.files[part.number], text)
        try:
            yield from opened.iter_batches(BATCH_ROWS, row_groups=[part.group], columns=own)
        except (pa.ArrowException, OSError) as error:
            problem = f"row group {part.group}{part.place} cannot be read: {error}"
            raise DataError("events", [problem], "write the file again") from error
        finally:
            opened.close()


def _open(file: Path, text: Sequence[str] = ()) -> Any:
    """Open a file; text columns come as dictionaries, as parquet stores them."""
    from pyarrow.parquet import ParquetFile

    return ParquetFile(file, read_dictionary=list(text))


def _why(file: Path, error: Exception) -> str:
    return "the file is empty" if file.stat().st_size == 0 else str(error).partition("\n")[0]


def _bounds(rows: Any, column: str, kind: Any) -> Any:
    """Return least and largest time of a row group, or None without statistics."""
    if kind is None or not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    for position in range(rows.num_columns):
        chunk = rows.column(position)
        if chunk.path_in_schema == column:
            found = chunk.statistics
            if found is None or not found.has_min_max:
                return None
            return pa.array([found.min, found.max], kind)
    return None
