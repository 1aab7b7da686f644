"""Reading a folder: sums and sizes first, then the files."""

import hashlib
import io
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError
from c2m.storage.folder import Folder
from c2m.storage.manifest import NAME, RESTORE, Manifest, manifest_problems, read_manifest

Bytes = NDArray[np.uint8]

_MOST_READS: Final = 20
_MOST_CELLS: Final = 2**27
"""Of a table; one of unknown values only takes hardly a byte on disk."""

_PLAIN: Final = frozenset({"PLAIN", "RLE"})
"""Encodings under which a table takes in memory about what it takes on disk."""


def read_folder(path: str | os.PathLike[str], kind: str) -> Folder:
    """Read a folder that `write_folder` wrote, after checking every file.

    A folder that is replaced meanwhile is read anew: what is returned was written by one process.

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
        If it is no such folder, is of another format, or if a file is missing, added, changed or
        no sound array, table or text.
    """
    root = Path(path)
    manifest = read_manifest(root)
    for _ in range(_MOST_READS):
        found = manifest_problems(manifest, kind)
        contents: dict[str, Bytes] = {}
        if not found:
            contents, problems = _read_files(root, manifest.files)
            found = dict.fromkeys(problems, RESTORE)
        again = read_manifest(root) if found else manifest
        if again.raw == manifest.raw:
            break
        manifest = again
    if found:
        fixes = dict.fromkeys(found.values())
        raise DataError(f"{kind} {str(root)!r}", list(found), "; ".join(fixes))
    return _parse(f"{kind} {str(root)!r}", manifest, contents)


def _read_files(
    root: Path, files: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Bytes], list[str]]:
    """Return the bytes of every file, each read once, and what is wrong with them."""
    contents, problems = {}, []
    for name, expected in files.items():
        try:
            same_size = (root / name).stat().st_size == expected.get("bytes")
            content = np.fromfile(root / name, dtype=np.uint8) if same_size else None
        except OSError:
            problems.append(f"{name} is missing")
            continue
        if content is None or hashlib.sha256(content.data).hexdigest() != expected.get("sha256"):
            problems.append(f"{name} was changed after it was saved")
        else:
            contents[name] = content
    there = {name for name in os.listdir(root) if not name.startswith(".")}  # noqa: PTH208
    added = there - set(files) - {NAME}
    return contents, [
        *problems,
        *(f"{name} was added after it was saved" for name in sorted(added)),
    ]


def _parse(table: str, manifest: Manifest, contents: Mapping[str, Bytes]) -> Folder:
    arrays, tables, texts, problems = {}, {}, {}, []
    for name, content in contents.items():
        stem, kind = os.path.splitext(name)  # noqa: PTH122
        try:
            match kind:
                case ".npy":
                    arrays[stem] = _array(content)
                case ".parquet":
                    tables[stem] = _table(content)
                case ".txt":
                    texts[stem] = content.tobytes().decode("utf-8")
        except (MemoryError, OSError, ValueError) as error:
            problems.append(f"{name} is broken: {error}")
    if problems:
        raise DataError(table, problems, RESTORE)
    return Folder(manifest.facts, arrays, tables, texts)


def _array(content: Bytes) -> NDArray[Any]:
    """Return an array without a copy; what its head says must be what there is."""
    stream = io.BytesIO(content[: 2**14].tobytes())
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError(f"it is of version {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject or dtype.kind not in "biufmMSU" or not dtype.itemsize:
        raise ValueError(f"it holds {dtype}")
    values = content[stream.tell() :]
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(values):
        raise ValueError(f"it has {len(values):,} bytes for the shape {shape}")
    return values.view(dtype).reshape(shape, order="F" if fortran else "C")


def _table(content: Bytes) -> pd.DataFrame:
    """Return a table; one that would be much larger in memory than on disk is refused."""
    import pyarrow.parquet as pq

    raw = content.tobytes()
    facts = pq.ParquetFile(io.BytesIO(raw)).metadata
    if facts.num_rows * max(facts.num_columns, 1) > _MOST_CELLS:
        raise ValueError(f"it says that it has {facts.num_rows:,} rows")
    for group in range(facts.num_row_groups):
        for column in range(facts.num_columns):
            chunk = facts.row_group(group).column(column)
            if chunk.compression != "UNCOMPRESSED" or not _PLAIN.issuperset(chunk.encodings):
                raise ValueError("it is compressed, which c2m does not write")
    return pd.read_parquet(io.BytesIO(raw))
