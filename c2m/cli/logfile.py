"""Keep what a command did in a file, with times."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger("c2m.cli")
"""What commands say of themselves."""


@contextmanager
def log_to(path: Path | None) -> Iterator[None]:
    """Append what c2m logs to a file.

    Parameters
    ----------
    path : Path, optional
        The file; its folder is made. None: nothing is kept.
    """
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("c2m")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
