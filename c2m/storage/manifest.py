"""The manifest: what a folder is, what its files are, and the sum that covers it all."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from c2m.errors import DataError

FORMAT_VERSION: Final = 2
"""Raised when a folder written by this version cannot be read by an older one."""

NAME: Final = "manifest.json"
RESTORE: Final = "restore the folder or save it again"
_MOST_BYTES: Final = 16 * 2**20
_NO_FOLDER: Final = "pass a folder that c2m saved"
_LOADERS: Final = {
    "panel": "Panel.load",
    "demand": "Demand.load",
    "plan": "Plan.load",
    "model": "load_model",
}


@dataclass(frozen=True)
class Manifest:
    """What a folder says of itself.

    Parameters
    ----------
    kind : object
        What it holds; a `str` if it is sound.
    version : object
        Its format; an `int` if it is sound.
    facts : mapping
        Small values.
    files : mapping of str to mapping
        File -> its ``bytes`` and ``sha256``.
    whole : bool
        Whether the sum in the last line is that of the rest.
    raw : bytes
        The manifest as it was read.
    """

    kind: object
    version: object
    facts: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]
    whole: bool
    raw: bytes


def manifest_text(kind: str, facts: Mapping[str, Any], files: Mapping[str, Any]) -> str:
    """Return a manifest as text.

    Parameters
    ----------
    kind : str
        What the folder holds.
    facts : mapping
        Small values that JSON can hold.
    files : mapping of str to mapping
        File -> its ``bytes`` and ``sha256``.

    Returns
    -------
    str
        JSON; its last line holds the sum of the rest.

    Raises
    ------
    DataError
        If a fact is nothing that JSON can hold, such as NaN.
    """
    content = {"kind": kind, "format": FORMAT_VERSION, "facts": dict(facts), "files": files}
    try:
        text = json.dumps(
            content, indent=1, allow_nan=False, ensure_ascii=False, default=_plain_number
        )
    except (TypeError, ValueError) as error:
        problem = f"its facts cannot be saved: {error}"
        fix = "save finite numbers, text, lists and mappings; None for what is unknown"
        raise DataError(kind, [problem], fix) from error
    body = text.removesuffix("\n}")
    return body + _last_line(body.encode())


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a folder.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    Manifest
        What it says; not yet checked.

    Raises
    ------
    DataError
        If there is none, or it is no JSON object of a bounded size.
    """
    file = root / NAME
    if not file.is_file():
        raise DataError(str(root), [f"there is no {NAME} in it"], _set_aside(root) or _NO_FOLDER)
    with file.open("rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise DataError(str(root), [f"its {NAME} is larger than any c2m writes"], _NO_FOLDER)
    try:
        content = json.loads(raw.decode("utf-8"))
    except (RecursionError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise DataError(str(root), [f"its {NAME} is no JSON object"], _NO_FOLDER)
    body = raw[: -len(_last_line(b""))]
    return Manifest(
        kind=content.get("kind"),
        version=content.get("format"),
        facts=content.get("facts", {}),
        files=content.get("files", {}),
        whole=raw == body + _last_line(body).encode(),
        raw=raw,
    )


def manifest_problems(manifest: Manifest, kind: str) -> dict[str, str]:
    """Say what is wrong with a manifest.

    Parameters
    ----------
    manifest : Manifest
        The manifest.
    kind : str
        What the folder must hold.

    Returns
    -------
    dict of str to str
        Problem -> what to do about it.
    """
    problems = {}
    own, version = manifest.kind, manifest.version
    if own != kind:
        name = _LOADERS.get(str(own))
        problems[f"it holds a {own!r}, not a {kind!r}"] = (
            f"load it with {name}" if name else _NO_FOLDER
        )
    if version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        problem = f"its format is {version!r}; this c2m reads {FORMAT_VERSION}"
        problems[problem] = "load it with a newer c2m" if newer else RESTORE
    elif not manifest.whole:
        problems[f"{NAME} was changed after it was saved"] = RESTORE
    files = manifest.files
    if not isinstance(files, dict) or not isinstance(manifest.facts, dict):
        problems["its manifest lists no files or facts"] = RESTORE
    elif any(Path(name).name != name or not isinstance(row, dict) for name, row in files.items()):
        problems["its manifest names files outside the folder"] = RESTORE
    return problems


def _last_line(body: bytes) -> str:
    return f',\n "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}'


def _plain_number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be saved as a fact")


def _set_aside(root: Path) -> str:
    """Say where the old folder is if a process was killed between two renames."""
    aside = sorted(root.resolve().parent.glob(f".{root.name}.old.*/*/{NAME}"))
    if not aside:
        return ""
    return f"a save was interrupted; rename {str(aside[-1].parent)!r} to {str(root)!r}"
