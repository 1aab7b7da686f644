"""The files that a path means, and whether they are still as they were."""

import glob
import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from c2m.errors import DataError, warn
from c2m.frames import name_list
from c2m.signals.schema import COLUMNS
from c2m.signals.schemas.layout import Format

PARQUET: Final = (".parquet", ".pq")
TEXT: Final = tuple(
    kind + packed for kind in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".bz2", ".zst")
)

JSON: Final = tuple(
    kind + packed for kind in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz", ".bz2")
)
_SUFFIXES: Final[Mapping[Format, tuple[str, ...]]] = MappingProxyType(
    {"parquet": PARQUET, "csv": TEXT, "json": JSON}
)

FIX_PATH: Final = (
    "pass a parquet, CSV or JSON file, a folder of them, or a pattern such as 'events/*.parquet'"
)


def find_files(path: str, formats: Sequence[Format] = ("parquet", "csv", "json")) -> list[Path]:
    """Return the data files of a path, in the order of their names.

    In a folder with tables (parquet, CSV) a JSON file is something else, such as a manifest,
    unless no table is looked for.

    Raises
    ------
    DataError
        If there is none, or a folder may not be read.
    """
    if not path:
        raise DataError("events", ["the path is empty"], FIX_PATH)
    here = Path(path)
    try:
        if here.is_file():
            return [here]
        if here.is_dir():
            return _files_below(here, formats)
    except OSError as error:
        raise DataError("events", [f"it cannot be read: {error}"], FIX_PATH) from error
    files = [Path(name) for name in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207
    files = [file for file in files if file.is_file()]
    if not files:
        what = "no file matches" if glob.has_magic(path) else "there is no file or folder"
        raise DataError("events", [f"{what} {path!r} (in {os.getcwd()!r})"], FIX_PATH)  # noqa: PTH109
    return files


def _files_below(folder: Path, formats: Sequence[Format]) -> list[Path]:
    """Return the data files of a folder and those below it; tell of files that are no data."""
    found: dict[Format | None, list[Path]] = {None: [], **{kind: [] for kind in formats}}
    seen = set()
    for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        seen.add(Path(place).resolve())
        below = [name for name in folders if not name.startswith((".", "_"))]
        folders[:] = [name for name in below if Path(place, name).resolve() not in seen]
        for name in sorted(names):
            if not name.startswith((".", "_")):
                kind = _kind_by_name(name)
                found[kind if kind in found else None].append(Path(place, name))
    tables = found.get("parquet", []) + found.get("csv", [])
    files, others = tables or found.get("json", []), found[None]
    if tables:
        others = others + found.get("json", [])
    what = " or ".join(kind if kind == "parquet" else kind.upper() for kind in formats)
    if not files:
        problem = f"the folder {str(folder)!r} holds no {what} file"
        raise DataError("events", [problem], FIX_PATH)
    if others:
        warn(
            f"{len(others):,} files of {str(folder)!r} are not {what} events and are not "
            f"read: {name_list(sorted(file.name for file in others))}."
        )
    return sorted(files)


def _refuse(error: OSError) -> None:
    raise error


def _kind_by_name(name: str) -> Format | None:
    return next((kind for kind, ends in _SUFFIXES.items() if name.lower().endswith(ends)), None)


def file_kind(file: Path) -> Format:
    """Return what a file holds, by its name or by its first bytes."""
    kind = _kind_by_name(file.name)
    if kind is not None:
        return kind
    with file.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}:
        return "json"
    problem = f"{file.name!r} is neither a parquet, nor a CSV, nor a JSON file"
    raise DataError("events", [problem], FIX_PATH)


Stamp = tuple[int, int]
"""What tells one version of a file from the next: its size, and when it was last written."""


def stamp(file: Path) -> Stamp:
    """Return the stamp of a file as it is now."""
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def check_unchanged(file: Path, opened: Stamp) -> None:
    """Make sure that a file is still the one that was opened.

    Parameters
    ----------
    file : Path
        The file.
    opened : (int, int)
        Its stamp when the log was opened.

    Raises
    ------
    DataError
        If it was written to since, or is gone.
    """
    now = stamp(file) if file.is_file() else None
    if now != opened:
        what = "is gone" if now is None else "has changed"
        problem = f"{file.name!r} {what} since the log was opened"
        raise DataError("events", [problem], "call read_events again when the files are complete")


def warn_of_partitions(files: Sequence[Path], columns: Container[str]) -> None:
    """Tell of canonical columns that stand in the names of folders, and nowhere else."""
    parts = sorted({part for file in files for part in file.parent.parts if "=" in part})
    named = {part.partition("=")[0]: part for part in parts}
    unread = [named[name] for name in COLUMNS if name in named and name not in columns]
    if unread:
        warn(
            f"What the names of folders say is not read: {name_list(unread)}. Write these columns "
            "into the files where they matter."
        )
