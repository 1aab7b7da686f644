"""Show on stderr what is being done, and how far along it is."""

import sys
import time
from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import Any


class Steps:
    """Name the steps of long work: a bar on a terminal with tqdm, else a line a step.

    Parameters
    ----------
    total : int
        How many steps there will be.
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._done = 0
        self._begun = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> "Steps":
        """Open the bar."""
        if not self._quiet and sys.stderr.isatty() and find_spec("tqdm") is not None:
            form = "{desc:<38} {bar:24} {n_fmt}/{total_fmt} {elapsed}"
            tqdm = import_module("tqdm").tqdm
            self._bar = tqdm(total=self._total, bar_format=form, file=sys.stderr)
        return self

    def __call__(self, text: str) -> None:
        """Say which step begins.

        Parameters
        ----------
        text : str
            What is done now.
        """
        if self._bar is not None:
            self._bar.update(self._done - self._bar.n)
            self._bar.set_description_str(text)
        elif not self._quiet:
            seconds = time.monotonic() - self._begun
            sys.stderr.write(f"[{self._done + 1}/{self._total}] {seconds:5.1f} s  {text}\n")
            sys.stderr.flush()
        self._done += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the bar, full where all went well."""
        if self._bar is not None:
            if error is None:
                self._bar.update(self._total - self._bar.n)
            self._bar.close()
