"""Two folders that change places in one step of the file system."""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

_CALLS: Final = {"linux": "renameat2", "darwin": "renameatx_np"}
_HERE: Final = {"linux": -100, "darwin": -2}
"""AT_FDCWD: paths are as they are."""

_EXCHANGE: Final = 2
"""RENAME_EXCHANGE on Linux and RENAME_SWAP on macOS."""

_CANNOT: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM, errno.EXDEV})


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change places, so that nobody ever sees either place empty.

    Parameters
    ----------
    one, other : Path
        Two folders of one file system.

    Returns
    -------
    bool
        False where the system, or the file system, cannot; nothing is changed then.

    Raises
    ------
    OSError
        If it failed for another reason, such as a missing folder.
    """
    call = _CALLS.get(sys.platform)
    if call is None:
        return False
    function = getattr(ctypes.CDLL(None, use_errno=True), call, None)
    if function is None:
        return False
    here = _HERE[sys.platform]
    if not function(here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(_EXCHANGE)):
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(other))
