"""Logs in CSV files: every field is read as text, so that codes keep their leading zeros."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.files import Stamp, check_unchanged, stamp
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
    stamps: tuple[Stamp, ...]
    schemas: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Any]
    absent: Mapping[str, str]
    delimiters: tuple[str, ...]
    encoding: str
    rowless: frozenset[int]
    n_rows: None = None

    @classmethod
    def of(
        cls, name: str, files: Sequence[Path], *, delimiter: str | None, encoding: str
    ) -> "CsvSource":
        """Read the header of the files."""
        schemas, stamps, problems, rowless = [], [], [], set()
        marks = tuple(delimiter or _usual_delimiter(file) for file in files)
        for number, (file, mark) in enumerate(zip(files, marks, strict=True)):
            try:
                stamps.append(stamp(file))
                header, has_rows = _header(file, mark, encoding)
            except (UnicodeError, LookupError) as error:
                problems.append(f"{file.name!r} is not {encoding}: {error}")
                continue
            except (OSError, EOFError, csv.Error) as error:
                problems.append(f"{file.name!r} cannot be read: {error}")
                continue
            problems += _header_problems(file.name, header)
            if not has_rows:
                rowless.add(number)
            schemas.append(dict.fromkeys(header, pa.string()))
        if problems:
            raise DataError("events", problems, "pass CSV files with a header, and their encoding=")
        names = [file.name for file in files]
        return cls(
            name,
            tuple(files),
            tuple(stamps),
            tuple(schemas),
            merge_types(schemas, names),
            absent_columns(schemas, names),
            marks,
            encoding,
            frozenset(rowless),
        )

    def parts(self, time_column: str) -> list[Part]:
        """Return the files; what times they hold is not known before they are read."""
        del time_column
        return [
            Part(number, f" of {file.name}", 0)
            for number, file in enumerate(self.files)
            if number not in self.rowless
        ]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the batches of one file; the last one may be a table of torn lines."""
        from pyarrow import csv as arrow_csv

        torn: list[int] = []

        def skip(row: Any) -> str:
            torn.append((row.number or 2) - 2)  # Arrow counts from 1, with the header
            return "skip"

        file = self.files[part.number]
        own = [column for column in columns if column in self.schemas[part.number]]
        check_unchanged(file, self.stamps[part.number])
        try:
            with arrow_csv.open_csv(
                file,
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
            problem = f"{file.name!r} cannot be read: {error}"
            fix = "pass the encoding= and delimiter= of the file, such as encoding='latin-1'"
            raise DataError("events", [problem], fix) from error
        check_unchanged(file, self.stamps[part.number])
        if torn:
            yield pa.RecordBatch.from_arrays([pa.array(torn, pa.int64())], [TORN])


def _usual_delimiter(file: Path) -> str:
    kinds = [kind.lower() for kind in file.suffixes[-2:]]
    return "\t" if ".tsv" in kinds else ","


def _header(file: Path, delimiter: str, encoding: str) -> tuple[list[str], bool]:
    """Return the names of the columns, and whether anything follows them."""
    with (
        pa.input_stream(file, compression="detect") as stream,
        io.TextIOWrapper(stream, encoding, errors="replace", newline="") as lines,
    ):
        rows = csv.reader((line.lstrip("\ufeff") for line in lines), delimiter=delimiter)
        header = next((row for row in rows if row), [])
        if any("\ufffd" in name for name in header):
            raise UnicodeError("its header holds other bytes")
        return header, next(lines, None) is not None


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
