"""Writing a folder, whole or not at all."""

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError, DataError
from c2m.storage.manifest import NAME, manifest_text, read_manifest
from c2m.storage.swapping import exchange

if TYPE_CHECKING:
    import pandas as pd

    from c2m.storage.folder import Folder

_MOST_SWAPS: Final = 100
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST})


def write_folder(path: str | os.PathLike[str], kind: str, folder: "Folder") -> Path:
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
    DataError
        If a fact or a table is nothing that JSON or parquet can hold.
    """
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _write_files(draft, folder)
        _write_manifest(draft, kind, folder)
        _bring_to_disk(draft)
        _put_in_place(draft, target, kind)
        _bring_to_disk(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Path(path)


def _write_files(draft: Path, folder: "Folder") -> None:
    for name, array in folder.arrays.items():
        np.save(draft / f"{name}.npy", array, allow_pickle=False)
    for name, table in folder.tables.items():
        _write_table(draft / f"{name}.parquet", table)
    for name, text in folder.texts.items():
        (draft / f"{name}.txt").write_text(text, "utf-8", newline="")


def _write_table(file: Path, table: "pd.DataFrame") -> None:
    """Write a table as plain as parquet can, so that it never grows when it is read."""
    import pyarrow as pa

    try:
        table.to_parquet(file, index=False, compression=None, use_dictionary=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        fix = "make every column of one type, such as text with .astype('str')"
        raise DataError(file.stem, [f"it cannot be saved: {error.args[0]}"], fix) from error


def _write_manifest(draft: Path, kind: str, folder: "Folder") -> None:
    files = {}
    for file in sorted(draft.iterdir()):
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        files[file.name] = {"bytes": file.stat().st_size, "sha256": sha256}
    with (draft / NAME).open("w", encoding="utf-8", newline="") as stream:
        stream.write(manifest_text(kind, folder.facts, files))
        stream.flush()
        os.fsync(stream.fileno())


def _bring_to_disk(folder: Path) -> None:
    """Bring the names in a folder to disk, where the system can."""
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(draft: Path, target: Path, kind: str) -> None:
    """Put the draft in the target's place; where there was one, the draft is the old one then."""
    draft.chmod(0o755)
    for _ in range(_MOST_SWAPS):
        if not os.path.lexists(target):
            if _took_place(draft, target):
                return
            continue
        if _kind_of(target) != kind:
            raise ArgumentError(f"Expected a new path or a saved {kind}, got {str(target)!r}.")
        with suppress(FileNotFoundError):  # another process moved it away
            if exchange(draft, target):
                return
            if _moved_aside_for(draft, target):
                return
    raise OSError(errno.EBUSY, "other processes keep writing to it", str(target))


def _moved_aside_for(draft: Path, target: Path) -> bool:
    """Replace a folder by two renames, for want of `exchange`; a reader is told of the gap."""
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        old = target.rename(aside / target.name)
        try:
            return _took_place(draft, target)
        except OSError:
            with suppress(OSError):
                old.rename(target)
            raise
    finally:
        shutil.rmtree(aside)


def _took_place(draft: Path, target: Path) -> bool:
    """Rename the draft, unless another process was faster."""
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def _kind_of(root: Path) -> object:
    try:
        return read_manifest(root).kind
    except (DataError, OSError):
        return None
