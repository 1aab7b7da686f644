"""The page of the command line: what each command says of itself."""

import contextlib
import io
import os
import re
from pathlib import Path
from unittest import mock

from c2m.cli import main

WIDTH = 88


def write_verbs(path: Path) -> None:
    """Write the page of the commands, from the help they print.

    Parameters
    ----------
    path : Path
        The page.
    """
    parts = ["# Commands", "", "What `c2m --help` says:", "", *_block(said())]
    for verb in verbs():
        parts += [f"## c2m {verb}", "", *_block(said(verb))]
    text = "\n".join(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def verbs() -> list[str]:
    """Return the names of the commands, in the order of the help."""
    listed = re.search(r"^ +COMMAND\n((?: {4}.*\n)+)", said(), re.MULTILINE)
    if listed is None:
        raise RuntimeError("the help of c2m lists no commands")
    return re.findall(r"^ {4}(\w[\w-]*)", listed[1], re.MULTILINE)


def said(*arguments: str) -> str:
    """Return the help of a command.

    Parameters
    ----------
    *arguments : str
        The command; the help of all unless given.

    Returns
    -------
    str
        What it prints, in lines that fit on a page.
    """
    printed = io.StringIO()
    with (
        mock.patch.dict(os.environ, COLUMNS=str(WIDTH)),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        main([*arguments, "--help"])
    return printed.getvalue()


def _block(text: str) -> list[str]:
    return ["```text", text.rstrip(), "```", ""]
