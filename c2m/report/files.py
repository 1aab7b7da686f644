"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from c2m.errors import ArgumentError


@contextmanager
def whole_file(path: str | os.PathLike[str], suffix: str) -> Iterator[Path]:
    """Lend a path to write to; rename it to `path` when the block ends well.

    Parameters
    ----------
    path : path
        The file; one that is there already is replaced. Its folder is made.
    suffix : str
        What its name must end in, such as ``".html"``.

    Yields
    ------
    Path
        A draft in the same folder, which is removed when the block fails.

    Raises
    ------
    ArgumentError
        If the name does not end in `suffix`, or a folder is in the way.
    """
    target = Path(path)
    if target.suffix.lower() != suffix:
        raise ArgumentError(f"Expected a file name ending in {suffix!r}, got {str(target)!r}.")
    if target.is_dir():
        raise ArgumentError(f"Expected a file, but {str(target)!r} is a folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=suffix, dir=target.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(0o666 & ~_umask())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    """Return the process's mask of file rights, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
