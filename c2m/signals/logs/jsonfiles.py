"""Logs in JSON files: an array of objects, one object, or one object a line; read piece by piece.

A line that is no JSON is one bad row. In an array nobody can tell where the next object starts
once one is torn, so what follows it is set aside as one, which says how many bytes that are.
"""

import codecs
import json
import re
from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from c2m.errors import DataError
from c2m.signals.logs.files import Stamp, check_unchanged, stamp
from c2m.signals.schemas.layout import Bad, Record

LONGEST: Final = 1 << 24
"""Bytes of one object; a longer one is set aside."""

_BLOCK: Final = 1 << 18
_BETWEEN: Final = re.compile(r"[\s,\[\]]*")
_FIX: Final = "export the file again, or correct it"


@dataclass(frozen=True)
class JsonFile:
    """A JSON file, packed or not.

    Parameters
    ----------
    path : Path
        The file.
    opened : (int, int)
        Its stamp when the log was opened.
    """

    path: Path
    opened: Stamp

    @classmethod
    def of(cls, path: Path) -> "JsonFile":
        """Note what the file is now."""
        try:
            return cls(path, stamp(path))
        except OSError as error:
            raise _unreadable(path, error) from error

    def records(self) -> Generator[Record | Bad, None, None]:
        """Yield the objects of the file in their order.

        Yields
        ------
        Record or Bad
            An object, or what is wrong with it; both count as rows, from 0.

        Raises
        ------
        DataError
            If the file cannot be read, or has changed.
        """
        check_unchanged(self.path, self.opened)
        try:
            with pa.input_stream(self.path, compression="detect") as stream:
                lines = _Lines(stream)
                first = lines.peek()
                each = _objects(lines) if _is_document(first, self.path.name) else _each_line(lines)
                with closing(each):
                    yield from each
        except (OSError, EOFError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error
        check_unchanged(self.path, self.opened)

    def holds(self, names: Collection[str]) -> set[str]:
        """Return those of some names that are fields of any object of the file.

        The bytes are searched first, which is far faster than to read every object; these are
        only read where a name occurs, as it may be that of a nested field.
        """
        check_unchanged(self.path, self.opened)
        try:
            with pa.input_stream(self.path, compression="detect") as stream:
                likely = _named(stream, names)
        except (OSError, EOFError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error
        found: set[str] = set()
        if likely:
            with closing(self.records()) as records:
                for record in records:
                    if isinstance(record, Record):
                        found |= likely & record.values.keys()
                    if found == likely:
                        break
        return found


def _named(stream: Any, names: Collection[str]) -> set[str]:
    """Return the names that stand between quotation marks somewhere."""
    spelled = {
        json.dumps(name, ensure_ascii=plain).encode(): name
        for name in names
        for plain in (True, False)
    }
    keep, found, rest = max(map(len, spelled), default=1), set[str](), b""
    while len(found) < len(names) and (block := stream.read(_BLOCK)):
        text = rest + block
        found |= {name for key, name in spelled.items() if name not in found and key in text}
        rest = text[-keep:]
    return found


def _unreadable(path: Path, error: Exception) -> DataError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return DataError("events", [f"{path.name!r} cannot be read: {why}"], _FIX)


class _Lines:
    """Lines of a stream, of bounded length."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.rest = b""
        self.ended = False

    def peek(self) -> bytes:
        """Return the first line that is not blank, without taking it."""
        while not self.rest and self._fill():
            self.rest = self.rest.removeprefix(codecs.BOM_UTF8).lstrip()
        while b"\n" not in self.rest and len(self.rest) <= LONGEST and self._fill():
            pass
        return self.rest.partition(b"\n")[0]

    def take(self) -> bytes | None:
        """Return the next line, None at the end; a longer one than `LONGEST` is cut to nothing."""
        while b"\n" not in self.rest and len(self.rest) <= LONGEST and self._fill():
            pass
        line, end, self.rest = self.rest.partition(b"\n")
        if end or (len(line) <= LONGEST):
            return line if line or end else None
        while not end and self._fill():
            _, end, self.rest = self.rest.partition(b"\n")
        return b"\x00"

    def block(self) -> bytes:
        """Return what comes next, whatever it is; nothing at the end."""
        if not self.rest:
            self._fill()
        block, self.rest = self.rest, b""
        return block

    def _fill(self) -> bool:
        block = b"" if self.ended else self.stream.read(_BLOCK)
        self.ended = not block
        self.rest += block
        return bool(block)


def _is_document(first: bytes, name: str) -> bool:
    """Say whether a file is an array, or an object written over several lines."""
    if set(Path(name.lower()).suffixes) & {".jsonl", ".ndjson"}:
        return first.strip() == b"["
    if first[:1] == b"[":
        return True
    return first[:1] == b"{" and first.rstrip()[-1:] in {b",", b"[", b"{"}


def _each_line(lines: _Lines) -> Generator[Record | Bad, None, None]:
    row = 0
    while (line := lines.take()) is not None:
        if not line.strip():
            continue
        try:
            found = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            yield Bad(row, "is no JSON", _FIX)
        else:
            yield as_record(row, found)
        row += 1


def as_record(row: int, found: Any) -> Record | Bad:
    """Return an object as a record; anything else is bad.

    Parameters
    ----------
    row : int
        Its number.
    found : object
        What was parsed.

    Returns
    -------
    Record or Bad
        The record, or that it is none.
    """
    if isinstance(found, Mapping):
        return Record(row, found)
    return Bad(row, "is no JSON object", _FIX)


def _end(row: int, reason: str, text: str, lines: _Lines) -> Bad:
    """Return the bad row that stands for all the rest of a file, and says how much that is."""
    lost = len(text.encode("utf-8", "surrogateescape"))
    while block := lines.block():
        lost += len(block)
    return Bad(row, f"{reason}; the file is not read on: {lost:,} bytes are lost", _FIX)


def _objects(lines: _Lines) -> Generator[Record | Bad, None, None]:
    """Yield the objects of an array, or objects one after the other, in bounded memory."""
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    parser = json.JSONDecoder()
    text, start, row, ended, enough = "", 0, 0, False, 0
    while True:
        start = _BETWEEN.match(text, start).end()  # type: ignore[union-attr]  # it may be empty
        while start < len(text) and (ended or len(text) - start >= enough):
            try:
                found, start = parser.raw_decode(text, start)
            except RecursionError:
                yield _end(row, "is nested too deeply", text[start:], lines)
                return
            except ValueError:
                if ended or len(text) - start > LONGEST:
                    yield _end(row, "is no JSON, or too long", text[start:], lines)
                    return
                enough = 2 * (len(text) - start)
            else:
                yield as_record(row, found)
                row, enough = row + 1, 0
                start = _BETWEEN.match(text, start).end()  # type: ignore[union-attr]
        if ended:
            return
        block = lines.block()
        ended = not block
        text, start = text[start:] + decode(block, final=ended), 0
