"""What a planner says while it works: nothing, to a function, or on a bar of tqdm."""

from collections.abc import Callable
from typing import Any

from c2m.errors import ArgumentError

Progress = Callable[[str], None] | bool | None
"""What the argument `progress` takes."""


def read_progress(progress: Progress) -> Callable[[str], None]:
    """Return the function that is called with a phrase at each stage.

    Parameters
    ----------
    progress : callable or bool, optional
        True shows the stages on a bar where tqdm is installed; None and False show nothing.

    Returns
    -------
    callable
        From a phrase to nothing.

    Raises
    ------
    ArgumentError
        If it is neither a function nor True, False or None.
    """
    if progress is None or progress is False:
        return _silent
    if progress is True:
        return _bar()
    if not callable(progress):
        raise ArgumentError(
            f"Expected progress to be True, or a function that takes a phrase, got {progress!r}. "
            "Type progress=True for a bar, progress=print for a line a stage."
        )
    return progress


def _bar() -> Callable[[str], None]:
    """Return a function that moves a bar on; it closes when the caller lets go of it."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _silent
    bar: Any = tqdm(desc="plan", bar_format="{desc} [{elapsed}]")

    def _show(stage: str) -> None:
        bar.set_description_str(f"plan: {stage}")

    return _show


def _silent(stage: str) -> None:
    """Say nothing."""
