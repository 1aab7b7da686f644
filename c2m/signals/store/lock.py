"""One writer at a time: a lock that the system gives back when a process dies."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from c2m.errors import DataError

_LOCK: Final = "_lock"


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of a store.

    Parameters
    ----------
    folder : Path
        The store; the folder exists.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    DataError
        If another process holds it.
    """
    with (folder / _LOCK).open("ab") as stream:
        try:
            _take(stream.fileno())
        except OSError as error:
            raise DataError(
                str(folder),
                ["another process is adding to it"],
                "wait until it is done, then call this again",
            ) from error
        yield  # closing the file gives the lock back


if sys.platform == "win32":

    def _take(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:

    def _take(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
