"""Logs in CSV files: every field is read as text, so that codes keep their leading zeros."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.logs.files import Stamp, check_unchanged, stamp
from c2m.signals.logs.sources import Part, absent_columns, merge_types
from c2m.signals.schemas.layout import Bad, BadList

_BLOCK: Final = 1 << 23
"""Bytes parsed at once."""

TORN: Final = "has another number of fields than the header"
"""Reason of a line that is no row."""

_FIX_TORN: Final = "correct these lines, or pass the file's delimiter="


@dataclass(frozen=True)
class CsvSource:
    """CSV files; see `c2m.signals.logs.sources.Source`."""

    name: str
    files: tuple[Path, ...]
    stamps: tuple[Stamp, ...]
    schemas: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Any]
    absent: Mapping[str, str]
    delimiters: tuple[str, ...]
    encoding: str
    rowless: frozenset[int]
    header: tuple[str, ...] = ()
    quotes: bool = True
    n_rows: None = None

    @classmethod
    def of(
        cls,
        name: str,
        files: Sequence[Path],
        *,
        delimiter: str | None,
        encoding: str,
        header: Sequence[str] = (),
        quotes: bool = True,
    ) -> "CsvSource":
        """Read the header of the files, unless it is known because they have none."""
        schemas, stamps, problems, rowless = [], [], [], set()
        marks = tuple(delimiter or _usual_delimiter(file) for file in files)
        for number, (file, mark) in enumerate(zip(files, marks, strict=True)):
            try:
                stamps.append(stamp(file))
                own, has_rows = _header(file, mark, encoding)
            except (UnicodeError, LookupError) as error:
                problems.append(f"{file.name!r} is not {encoding}: {error}")
                continue
            except (OSError, EOFError, csv.Error) as error:
                problems.append(f"{file.name!r} cannot be read: {error}")
                continue
            if header:
                own, has_rows = list(header), bool(own)
            problems += _header_problems(file.name, own)
            if not has_rows:
                rowless.add(number)
            schemas.append(dict.fromkeys(own, pa.string()))
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
            tuple(header),
            quotes,
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
        """Yield the batches of one file, and what is set aside: its torn lines."""
        from pyarrow import csv as arrow_csv

        torn = BadList()
        first = 1 if self.header else 2  # Arrow counts lines from 1, with the header

        def skip(row: Any) -> str:
            torn.add(Bad((row.number or first) - first, TORN, _FIX_TORN))
            return "skip"

        file = self.files[part.number]
        own = [column for column in columns if column in self.schemas[part.number]]
        check_unchanged(file, self.stamps[part.number])
        try:
            with arrow_csv.open_csv(
                file,
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=_BLOCK,
                    encoding=self.encoding,
                    column_names=self.header or None,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiters[part.number],
                    quote_char='"' if self.quotes else False,
                    escape_char=False if self.quotes else "\\",
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
            problem = f"{file.name!r} cannot be read: {_why(error)}"
            fix = "pass the encoding= and delimiter= of the file, such as encoding='latin-1'"
            raise DataError("events", [problem], fix) from error
        check_unchanged(file, self.stamps[part.number])
        yield from torn.take()


def _why(error: Exception) -> str:
    """Return what Arrow says, without the line of the file that it may show."""
    return re.sub(r"(got \d+).*", r"\1", str(error).partition("\n")[0])


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
    if any("@" in column for column in header):
        return [f"{name!r} has no header: an e-mail address stands in its first line"]
    if not header:
        return [f"{name!r} is empty"]
    mark = next((mark for mark in ";\t|," if mark in header[0]), None)
    if len(header) == 1 and mark is not None:
        return [
            f"{name!r} has one column {header[0][:60]!r}; pass delimiter={mark!r} if it is that"
        ]
    doubled = sorted({column for column in header if header.count(column) > 1})
    return [f"{name!r} has the column {column!r} more than once" for column in doubled]
