"""Logs in CSV files: every field is read as text, so that codes keep their leading zeros."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c2m.errors import DataError
from c2m.signals.logs.files import Stamp, check_unchanged, stamp
from c2m.signals.logs.sources import Part, absent_columns, merge_types
from c2m.signals.schemas.layout import Bad, BadList

_DATA: Final = re.compile(
    r"@|://|^\d{4}-\d\d-\d\d[T ]\d\d:|^[+(]?\d([\s().:/+-]*\d){7,}$|^(\d{1,3}\.){3}\d{1,3}$"
)
"""What stands in a row and is no name of a column: an address, a time, a phone or other number."""

_BLOCK: Final = 1 << 23
"""Bytes parsed at once."""

TORN: Final = "has another number of fields than the header"
"""Reason of a line that is no row."""

_FEWEST: Final = 3
"""Columns of a file, fewer than which cannot be told from text over several lines."""

TORN_QUOTE: Final = "holds a quotation mark that is not closed in its line"
"""Reason of the line that swallows others."""

SWALLOWED: Final = "stands behind a quotation mark that is not closed in its line"
"""Reason of lines that became part of a field of the line above."""

_FIX_SWALLOWED: Final = "write quotation marks within a field twice, and the field between two"

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
            number = (row.number or first) - first
            torn.add(Bad(number, TORN, _FIX_TORN))
            for more in range(row.text.strip().count("\n")):
                torn.add(Bad(number + more + 1, SWALLOWED, _FIX_SWALLOWED))
            return "skip"

        file, names = self.files[part.number], list(self.schemas[part.number])
        own = [column for column in columns if column in names]
        check_unchanged(file, self.stamps[part.number])
        try:
            marked = self.quotes and _holds_quotes(file)
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
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=names if marked else own,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            ) as stream:
                row = 0
                for batch in stream:
                    mark = self.delimiters[part.number]
                    whole = _unmarked(batch, row, mark, torn) if marked else batch
                    yield whole.select(own)
                    row += batch.num_rows
        except (pa.ArrowException, OSError, UnicodeError) as error:
            problem = f"{file.name!r} cannot be read: {_why(error)}"
            fix = "pass the encoding= and delimiter= of the file, such as encoding='latin-1'"
            raise DataError("events", [problem], fix) from error
        check_unchanged(file, self.stamps[part.number])
        yield from torn.take()


def _holds_quotes(file: Path) -> bool:
    """Say whether there is any quotation mark in a file, behind which lines may be swallowed."""
    with pa.input_stream(file, compression="detect") as stream:
        while block := stream.read(_BLOCK):
            if b'"' in block:
                return True
    return False


def _unmarked(batch: Any, first_row: int, mark: str, torn: BadList) -> Any:
    """Leave out rows of which a field holds whole lines; each of these lines is a bad row.

    A field may hold line breaks. Behind an open quotation mark it holds as many delimiters a line
    as the lines of the file do, which no text of a person has.
    """
    if len(batch.schema) < _FEWEST:
        return batch
    keep = np.ones(batch.num_rows, dtype=bool)
    for column in batch.columns:
        broken = pc.match_substring(column, "\n").fill_null(False)
        for place in np.flatnonzero(broken.to_numpy(zero_copy_only=False)).tolist():
            text = column[place].as_py().strip("\r\n")
            lines = text.count("\n")
            if keep[place] and lines and text.count(mark) >= lines * (len(batch.schema) - 1):
                keep[place] = False
                torn.add(Bad(first_row + place, TORN_QUOTE, _FIX_SWALLOWED))
                for more in range(lines):
                    torn.add(Bad(first_row + place + more + 1, SWALLOWED, _FIX_SWALLOWED))
    return batch if keep.all() else batch.filter(pa.array(keep))


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


def is_data(name: str) -> bool:
    """Say whether a name is none of a column, but a value: an address, a time, a long number.

    Parameters
    ----------
    name : str
        What stands where names of columns do.

    Returns
    -------
    bool
        Whether it may be personal, so that no message should show it.

    Examples
    --------
    >>> is_data("ann@example.org"), is_data("+1 415 555 0123"), is_data("event_time"), is_data("2")
    (True, True, False, False)
    """
    return _DATA.search(name.strip()) is not None


def _header_problems(name: str, header: list[str]) -> list[str]:
    if not header:
        return [f"{name!r} is empty"]
    fields = [field for column in header for field in re.split("[;\t|,]", column)]
    if any(map(is_data, fields)):
        what = "a time, a long number or an address, as in a row"
        return [f"{name!r} has no header: its first line holds {what} (it is not shown)"]
    mark = next((mark for mark in ";\t|," if mark in header[0]), None)
    if len(header) == 1 and mark is not None:
        return [
            f"{name!r} has one column {header[0][:60]!r}; pass delimiter={mark!r} if it is that"
        ]
    doubled = sorted({column for column in header if header.count(column) > 1})
    return [f"{name!r} has the column {column!r} more than once" for column in doubled]
