"""Logs in CSV files: every field is read as text, so that codes keep their leading zeros."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.sources import Part, absent_columns, merge_types

_BLOCK: Final = 1 << 23
"""Bytes parsed at once."""

TORN: Final = "has another number of fields than the header"
"""Reason of a line that is no row."""


@dataclass(frozen=True)
class CsvSource:
    """CSV files; see `c2m.signals.sources.Source`."""

    name: str
    files: tuple[Path, ...]
    schemas: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Any]
    absent: Mapping[str, str]
    delimiters: tuple[str, ...]
    encoding: str
    n_rows: None = None

    @classmethod
    def of(
        cls, name: str, files: Sequence[Path], *, delimiter: str | None, encoding: str
    ) -> "CsvSource":
        """Read the header of the files."""
        schemas, problems = [], []
        marks = tuple(delimiter or ("\t" if ".tsv" in file.name else ",") for file in files)
        for file, mark in zip(files, marks, strict=True):
            try:
                header = _header(file, mark, encoding)
            except (UnicodeError, LookupError) as error:
                problems.append(f"{file.name!r} is not {encoding}: {error}")
                continue
            except (OSError, EOFError) as error:
                problems.append(f"{file.name!r} cannot be read: {error}")
                continue
            problems += _header_problems(file.name, header)
            schemas.append(dict.fromkeys(header, pa.string()))
        if problems:
            raise DataError("events", problems, "pass CSV files with a header, and their encoding=")
        names = [file.name for file in files]
        return cls(
            name,
            tuple(files),
            tuple(schemas),
            merge_types(schemas, names),
            absent_columns(schemas, names),
            marks,
            encoding,
        )

    def parts(self, time_column: str) -> list[Part]:
        """Return the files; what times they hold is not known before they are read."""
        del time_column
        return [Part(number, f" of {file.name}", 0) for number, file in enumerate(self.files)]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the batches of one file; the last one may be a table of torn lines."""
        from pyarrow import csv as arrow_csv

        torn: list[int] = []

        def skip(row: Any) -> str:
            torn.append(row.number or 0)
            return "skip"

        own = [column for column in columns if column in self.schemas[part.number]]
        try:
            with arrow_csv.open_csv(
                self.files[part.number],
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=_BLOCK, encoding=self.encoding
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiters[part.number],
                    newlines_in_values=True,
                    invalid_row_handler=skip,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(own, pa.string()),
                    include_columns=own,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            ) as stream:
                yield from stream
        except (pa.ArrowException, OSError, UnicodeError) as error:
            problem = f"{self.files[part.number].name!r} cannot be read: {error}"
            fix = "pass the encoding= and delimiter= of the file, such as encoding='latin-1'"
            raise DataError("events", [problem], fix) from error
        if torn:
            yield torn_lines(torn)


def torn_lines(numbers: list[int]) -> Any:
    """Return lines that are no rows as a batch of the one column `TORN`."""
    return pa.record_batch({TORN: pa.array(numbers, pa.int64())})


def _header(file: Path, delimiter: str, encoding: str) -> list[str]:
    with pa.input_stream(file, compression="detect") as stream:
        start = stream.read(1 << 16)
    text = start[: start.find(b"\n") + 1 or None].decode(encoding).lstrip("\ufeff")
    return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter), [])


def _header_problems(name: str, header: list[str]) -> list[str]:
    if not header:
        return [f"{name!r} is empty"]
    mark = next((mark for mark in ";\t|," if mark in header[0]), None)
    if len(header) == 1 and mark is not None:
        return [
            f"{name!r} has one column {header[0][:60]!r}; pass delimiter={mark!r} if it is that"
        ]
    doubled = sorted({column for column in header if header.count(column) > 1})
    return [f"{name!r} has the column {column!r} more than once" for column in doubled]
