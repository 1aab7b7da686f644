"""Show on stderr what is being done, and how far along it is."""

import sys
import time
from importlib import import_module
from importlib.util import find_spec
from shutil import get_terminal_size
from types import TracebackType
from typing import Any, Final

from c2m.cli.logfile import LOG

_STAGE_SECONDS: Final = 2.0
"""Where lines are written, a stage is shown when so long nothing was."""


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
        self._begun = self._shown = time.monotonic()
        self._bar: Any = None

    @property
    def bars(self) -> bool:
        """Whether long work inside a step may draw a bar of its own."""
        return not self._quiet and sys.stderr.isatty()

    def __enter__(self) -> "Steps":
        """Open the bar."""
        if not self._quiet and sys.stderr.isatty() and find_spec("tqdm") is not None:
            form = "{n_fmt}/{total_fmt} {elapsed} {bar:8} {desc}{postfix}"
            tqdm = import_module("tqdm").tqdm
            # tqdm shows nothing on a terminal that does not tell its size; here it is assumed
            wide, high = get_terminal_size()
            self._bar = tqdm(
                total=self._total, bar_format=form, file=sys.stderr, ncols=wide, nrows=high
            )
        return self

    def __call__(self, text: str) -> None:
        """Say which step begins.

        Parameters
        ----------
        text : str
            What is done now.
        """
        LOG.info(text)
        if self._bar is not None:
            self._bar.update(self._done - self._bar.n)
            self._bar.set_description_str(text)
            self._bar.set_postfix_str("")
        elif not self._quiet:
            self._write(f"[{self._done + 1}/{self._total}]", text)
        self._done += 1

    def stage(self, text: str) -> None:
        """Say which part of a step begins, where their number is not known before.

        Parameters
        ----------
        text : str
            What is done now.
        """
        LOG.info(text)
        if self._bar is not None:
            self._bar.set_postfix_str(text)
        elif not self._quiet and time.monotonic() - self._shown > _STAGE_SECONDS:
            self._write(" " * len(f"[{self._done}/{self._total}]"), f"  {text}")

    def _write(self, number: str, text: str) -> None:
        self._shown = time.monotonic()
        sys.stderr.write(f"{number} {self._shown - self._begun:5.1f} s  {text}\n")
        sys.stderr.flush()

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
