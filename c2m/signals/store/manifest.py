"""What a store holds: the one file that says which files belong to it, and what they must hash to.

Data files never change. An `add` writes new ones, then puts a new manifest in the place of the old
one in a single step, then removes what no manifest names. So whenever a process is killed, the
manifest that is there names whole files only.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from c2m.errors import DataError
from c2m.signals.reading.times import check_zone
from c2m.signals.schema import COLUMNS

FORMAT_VERSION: Final = 1
"""Raised when a store written by this version cannot be read by an older one."""

MANIFEST: Final = "manifest.json"
DATA: Final = "_days"
"""Folder of the data files; the underscore keeps `read_events` from taking it for a log."""

_KIND: Final = "event-store"
_MOST_BYTES: Final = 64 * 2**20
_TOKEN_BYTES: Final = 8
FIX: Final = "restore the folder from a backup, or make a new store from the logs"


@dataclass(frozen=True)
class StoredFile:
    """A data file.

    Parameters
    ----------
    name : str
        Its name in the data folder.
    n_bytes : int
        Its size.
    sha256 : str
        What its bytes hash to.
    rows : int
        Rows, or numbers, that it holds.
    """

    name: str
    n_bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class StoredDay:
    """The events of a day.

    Parameters
    ----------
    buckets : tuple of (StoredFile or None)
        A file for each bucket of users; None where it has no rows.
    ids : StoredFile, optional
        Hashes of the day's event ids, sorted, each once; None where no event has an id.
    first, last : int
        Least and largest event time, in microseconds since 1970 in UTC.
    repeats : bool
        Whether an event id occurs in more than one row of the day.
    """

    buckets: tuple[StoredFile | None, ...]
    ids: StoredFile | None
    first: int
    last: int
    repeats: bool

    @property
    def rows(self) -> int:
        """How many rows the day has, older versions of events included."""
        return sum(file.rows for file in self.buckets if file is not None)

    def files(self) -> Iterator[StoredFile]:
        """Yield the files of the day."""
        yield from (file for file in (*self.buckets, self.ids) if file is not None)


@dataclass(frozen=True)
class Manifest:
    """What a store holds.

    Parameters
    ----------
    tz : str
        The shop's zone, whose days the files are.
    retention_days : int, optional
        Days older than that are dropped at every `add`.
    columns : mapping of str to str
        Canonical column -> ``"time"``, ``"type"``, ``"number"``, ``"text"`` or ``"whole"``.
    days : mapping of int to StoredDay
        Day since 1970-01-01 -> what it holds.
    echoes : StoredFile, optional
        Versions of the events whose id lies in several files.
    """

    tz: str
    retention_days: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[int, StoredDay] = field(default_factory=dict)
    echoes: StoredFile | None = None

    def files(self) -> Iterator[StoredFile]:
        """Yield every data file."""
        for day in self.days.values():
            yield from day.files()
        if self.echoes is not None:
            yield self.echoes


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a store.

    Parameters
    ----------
    folder : Path
        The store.

    Returns
    -------
    Manifest, optional
        None where the folder is not there, or empty.

    Raises
    ------
    DataError
        If the folder is no store, is of a newer format, or its manifest is damaged.
    """
    file = folder / MANIFEST
    if not file.is_file():
        _refuse_foreign(folder)
        return None
    if file.stat().st_size > _MOST_BYTES:
        raise _damaged(folder, f"its {MANIFEST} is larger than any c2m writes")
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, f"its {MANIFEST} is no JSON") from error
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise DataError(str(folder), ["it is no store of events"], "pass a folder of a DayStore")
    version = content.get("format")
    if not isinstance(version, int) or not 1 <= version <= FORMAT_VERSION:
        problem = f"its format is {version!r}; this c2m reads 1 to {FORMAT_VERSION}"
        raise DataError(str(folder), [problem], "open it with a newer c2m")
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(folder, f"its {MANIFEST} does not say what it must") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one that is there, in one step.

    Parameters
    ----------
    folder : Path
        The store.
    manifest : Manifest
        What it holds from now on.
    """
    content = {
        "kind": _KIND,
        "format": FORMAT_VERSION,
        "tz": manifest.tz,
        "retention_days": manifest.retention_days,
        "columns": dict(manifest.columns),
        "days": {
            str(np.datetime64(number, "D")): {
                "buckets": [_row(file) for file in day.buckets],
                "ids": _row(day.ids),
                "times": [day.first, day.last],
                "repeats": day.repeats,
            }
            for number, day in sorted(manifest.days.items())
        },
        "echoes": _row(manifest.echoes),
    }
    draft = folder / f"{MANIFEST}.{secrets.token_hex(_TOKEN_BYTES)}"
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, separators=(",", ":"))
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(folder / DATA)
        draft.replace(folder / MANIFEST)
        sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)


def find_strays(folder: Path, manifest: Manifest | None) -> list[Path]:
    """Return the files that a killed `add` left behind, or that one at work is writing.

    Parameters
    ----------
    folder : Path
        The store.
    manifest : Manifest, optional
        What it holds.

    Returns
    -------
    list of Path
        The files.
    """
    known = set() if manifest is None else {file.name for file in manifest.files()}
    files = list((folder / DATA).glob("*")) if (folder / DATA).is_dir() else []
    token = "[0-9a-f]" * (2 * _TOKEN_BYTES)
    drafts = folder.glob(f"{MANIFEST}.{token}")  # and no copy that a person made
    return [*(file for file in files if file.name not in known), *drafts]


def remove_strays(folder: Path, manifest: Manifest | None) -> None:
    """Remove what a killed `add` left behind; only a process that holds the lock may do so.

    Parameters
    ----------
    folder : Path
        The store.
    manifest : Manifest, optional
        What it holds.
    """
    for file in find_strays(folder, manifest):
        file.unlink(missing_ok=True)


def write_file(folder: Path, stem: str, content: memoryview | bytes, rows: int) -> StoredFile:
    """Write a data file under a name that was never used before.

    Parameters
    ----------
    folder : Path
        The store.
    stem : str
        Start of its name.
    content : bytes-like
        What it holds.
    rows : int
        How many rows or numbers that is.

    Returns
    -------
    StoredFile
        The file.
    """
    name = f"{stem}.{secrets.token_hex(_TOKEN_BYTES)}"
    (folder / DATA).mkdir(exist_ok=True)
    with (folder / DATA / name).open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return StoredFile(name, len(content), hashlib.sha256(content).hexdigest(), rows)


def read_file(folder: Path, file: StoredFile) -> bytes:
    """Read a data file that is still what the manifest says.

    Parameters
    ----------
    folder : Path
        The store.
    file : StoredFile
        The file.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    DataError
        If it is missing, or was changed.
    """
    path = folder / DATA / file.name
    try:
        if path.stat().st_size != file.n_bytes:
            raise _damaged(folder, f"{file.name!r} was cut short or changed")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            str(folder),
            [f"{file.name!r} is gone"],
            f"ask the store again if it was added to since; else {FIX}",
        ) from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _damaged(folder, f"{file.name!r} was changed")
    return content


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder outlive a power cut, where the system can say so."""
    with suppress(OSError):  # Windows opens no folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _damaged(folder: Path, problem: str) -> DataError:
    return DataError(str(folder), [problem], FIX)


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds other things; what a killed first `add` left is none."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(str(folder), ["it is no folder"], "pass a new path, or that of a store")
    others = [file.name for file in folder.iterdir() if not _own_name(file.name)]
    if others:
        problem = f"there is no {MANIFEST} in it, but {others[0]!r}"
        raise DataError(str(folder), [problem], "pass a new or empty folder, or that of a store")


def _own_name(name: str) -> bool:
    return name in {DATA, "_lock"} or name.startswith(f"{MANIFEST}.")


def _row(file: StoredFile | None) -> list[Any] | None:
    return None if file is None else [file.name, file.n_bytes, file.sha256, file.rows]


def _parse(content: Mapping[str, Any]) -> Manifest:
    days = {}
    for name, row in content["days"].items():
        first, last = (_whole(value) for value in row["times"])
        buckets = tuple(_file(file) for file in row["buckets"])
        day = int(np.datetime64(name, "D").astype(np.int64))
        days[day] = StoredDay(buckets, _file(row["ids"]), first, last, row["repeats"] is True)
    columns = dict(content["columns"])
    if not columns.keys() <= COLUMNS.keys() or not set(columns.values()) <= _ROLES:
        raise ValueError(columns)
    kept = content["retention_days"]
    return Manifest(
        check_zone(content["tz"], "tz"),
        None if kept is None else _whole(kept),
        columns,
        days,
        _file(content["echoes"]),
    )


_ROLES: Final = {"time", "type", "number", "text", "whole"}


def _file(row: Any) -> StoredFile | None:
    if row is None:
        return None
    name, n_bytes, sha256, rows = row
    if not isinstance(name, str) or Path(name).name != name or not isinstance(sha256, str):
        raise ValueError(name)
    return StoredFile(name, _whole(n_bytes), sha256, _whole(rows))


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value
