"""Folders on disk that hold a panel, a forecast, a plan or a model, without pickle.

A folder holds ``manifest.json`` (kind, format version, facts, and the size and SHA-256 of every
other file), arrays as ``.npy``, tables as ``.parquet`` and texts as ``.txt``. It is written beside
its final place and renamed when whole. The old folder is moved aside for that: a process that is
killed between these two renames leaves it beside, in a folder called ``.NAME.old.*``.
Reading checks names, sizes and hashes before it parses anything.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError

FORMAT_VERSION: Final = 1
"""Raised when a folder written by this version cannot be read by an older one."""

_MANIFEST: Final = "manifest.json"
_MOST_MANIFEST_BYTES: Final = 16 * 2**20
_MOST_SWAPS: Final = 100
_NO_FOLDER: Final = "pass a folder that c2m saved"
_RESTORE: Final = "restore the folder or save it again"
_CLASSES: Final = {
    "panel": "Panel",
    "demand": "Demand",
    "plan": "Plan",
    "direct-boosting": "DirectBoosting",
}


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Parameters
    ----------
    facts : mapping
        Small values that JSON can hold.
    arrays : mapping of str to ndarray
        Numbers or fixed-width text; no objects.
    tables : mapping of str to DataFrame
        Tables; their index is not kept.
    texts : mapping of str to str
        Long texts, such as a LightGBM model.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def write_folder(path: str | os.PathLike[str], kind: str, folder: Folder) -> Path:
    """Write a folder, whole or not at all.

    Parameters
    ----------
    path : path
        Where; a folder of the same kind that is there already is replaced. Of several that write
        at once, the last one stays. A link is followed.
    kind : str
        What it is: ``"panel"``, ``"demand"``, ...
    folder : Folder
        What it holds.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError
        If something else than such a folder is in the way.
    """
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _write_files(draft, folder)
        _write_manifest(draft, kind, folder.facts)
        _swap(draft, target, kind)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Path(path)


def read_folder(path: str | os.PathLike[str], kind: str) -> Folder:
    """Read a folder that `write_folder` wrote, after checking every file.

    Parameters
    ----------
    path : path
        The folder.
    kind : str
        What it must be.

    Returns
    -------
    Folder
        What it holds.

    Raises
    ------
    DataError
        If it is no such folder, is of a newer format, or if a file is missing, added or changed.
    """
    root = Path(path)
    manifest = _read_manifest(root)
    found = _manifest_problems(manifest, kind)
    if not found:
        found = dict.fromkeys(_file_problems(root, manifest["files"]), _RESTORE)
    if found:
        fixes = dict.fromkeys(found.values())
        raise DataError(f"{kind} {str(root)!r}", list(found), "; ".join(fixes))
    names = [Path(name) for name in manifest["files"]]
    return Folder(
        facts=manifest["facts"],
        arrays={
            name.stem: np.load(root / name, allow_pickle=False)
            for name in names
            if name.suffix == ".npy"
        },
        tables={
            name.stem: pd.read_parquet(root / name) for name in names if name.suffix == ".parquet"
        },
        texts={
            name.stem: (root / name).read_text("utf-8") for name in names if name.suffix == ".txt"
        },
    )


def _write_files(draft: Path, folder: Folder) -> None:
    for name, array in folder.arrays.items():
        np.save(draft / f"{name}.npy", array, allow_pickle=False)
    for name, table in folder.tables.items():
        _write_table(draft / f"{name}.parquet", table)
    for name, text in folder.texts.items():
        (draft / f"{name}.txt").write_text(text, "utf-8")


def _write_table(file: Path, table: pd.DataFrame) -> None:
    import pyarrow as pa

    try:
        table.to_parquet(file, index=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        fix = "make every column of one type, such as text with .astype('str')"
        raise DataError(file.stem, [f"it cannot be saved: {error.args[0]}"], fix) from error


def _write_manifest(draft: Path, kind: str, facts: Mapping[str, Any]) -> None:
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)}
        for file in sorted(draft.iterdir())
    }
    manifest = {"kind": kind, "format": FORMAT_VERSION, "facts": dict(facts), "files": files}
    text = json.dumps(
        manifest, indent=1, allow_nan=False, ensure_ascii=False, default=_plain_number
    )
    with (draft / _MANIFEST).open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _plain_number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be saved as a fact")


def _swap(draft: Path, target: Path, kind: str) -> None:
    """Put the draft in the target's place; the old one goes last."""
    draft.chmod(0o755)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        for attempt in range(_MOST_SWAPS):
            _move_aside(target, aside / str(attempt), kind)
            if _took_place(draft, target, aside / str(attempt)):
                return
        raise OSError(errno.EBUSY, "other processes keep writing to it", str(target))
    finally:
        shutil.rmtree(aside)


def _move_aside(target: Path, old: Path, kind: str) -> None:
    with suppress(FileNotFoundError):
        target.rename(old)
        if _kind_of(old) != kind:
            old.rename(target)
            raise ArgumentError(f"Expected a new path or a saved {kind}, got {str(target)!r}.")


def _took_place(draft: Path, target: Path, old: Path) -> bool:
    """Rename the draft, unless another process was faster; put the old one back if it fails."""
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        with suppress(FileNotFoundError):
            old.rename(target)
        raise
    return True


def _kind_of(root: Path) -> str | None:
    try:
        return str(_read_manifest(root).get("kind"))
    except DataError:
        return None


def _read_manifest(root: Path) -> dict[str, Any]:
    file = root / _MANIFEST
    fix = _NO_FOLDER
    if not file.is_file():
        raise DataError(str(root), [f"there is no {_MANIFEST} in it"], fix)
    if file.stat().st_size > _MOST_MANIFEST_BYTES:
        raise DataError(str(root), [f"its {_MANIFEST} is larger than any c2m writes"], fix)
    try:
        manifest = json.loads(file.read_text("utf-8"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise DataError(str(root), [f"its {_MANIFEST} is no JSON object"], fix)
    return manifest


def _manifest_problems(manifest: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return what is wrong with a manifest, and what to do about each."""
    problems = {}
    own = manifest.get("kind")
    if own != kind:
        name = _CLASSES.get(str(own))
        fix = f"load it with {name}.load" if name else _NO_FOLDER
        problems[f"it holds a {own!r}, not a {kind!r}"] = fix
    version = manifest.get("format")
    if not isinstance(version, int) or not 1 <= version <= FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        problem = f"its format is {version!r}; this c2m reads 1 to {FORMAT_VERSION}"
        problems[problem] = "load it with a newer c2m" if newer else _RESTORE
    files, facts = manifest.get("files"), manifest.get("facts")
    if not isinstance(files, dict) or not isinstance(facts, dict):
        problems["its manifest lists no files or facts"] = _RESTORE
    elif any(Path(name).name != name or not isinstance(row, dict) for name, row in files.items()):
        problems["its manifest names files outside the folder"] = _RESTORE
    return problems


def _file_problems(root: Path, files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems = []
    for name, expected in files.items():
        file = root / name
        if not file.is_file():
            problems.append(f"{name} is missing")
        elif file.stat().st_size != expected.get("bytes") or _sha256(file) != expected.get(
            "sha256"
        ):
            problems.append(f"{name} was changed after it was saved")
    there = {file.name for file in root.iterdir() if not file.name.startswith(".")}
    added = there - set(files) - {_MANIFEST}
    problems += [f"{name} was added after it was saved" for name in sorted(added)]
    return problems


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
