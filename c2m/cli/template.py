"""Write a project's ``c2m.toml``: every setting with its default, and what it means."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from inspect import cleandoc
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from c2m.cli.settings import Settings

NAME: Final = "c2m.toml"
"""What the file is called unless told."""

_WIDTH: Final = 98

_HEAD: Final = """\
Settings of c2m. Every setting is here with its default. A line such as  # tz = "Europe/Paris"
is not set, and shows what it could be: take away its # to set it. The commands, in the order in
which they are used: c2m check, panel, backtest, forecast, plan, report; a week later panel,
forecast, replan, report."""


def write_template(path: Path) -> Path:
    """Write the settings, whole or not at all.

    Parameters
    ----------
    path : Path
        The file, ending in ``.toml``.

    Returns
    -------
    Path
        The same path.
    """
    from c2m.report.files import whole_file

    with whole_file(path, ".toml") as draft:
        draft.write_text(template_text(), encoding="utf-8", newline="\n")
    return path


def template_text() -> str:
    """Return the settings as TOML.

    Returns
    -------
    str
        A section for each class of `c2m.cli.settings`.

    Examples
    --------
    >>> text = template_text()
    >>> text[text.index("[replan]"):][:8]
    '[replan]'
    """
    lines = [f"# {line}" for line in _HEAD.splitlines()]
    for section in fields(Settings):
        lines += ["", *_section(section.name, section.default_factory)]  # type: ignore[arg-type]
    return "\n".join([*lines, ""])


def described(kind: type[Any]) -> dict[str, tuple[str, str]]:
    """Read what the fields of a section are and mean from its numpydoc section "Parameters".

    Parameters
    ----------
    kind : type
        A class of `c2m.cli.settings`.

    Returns
    -------
    dict of str to (str, str)
        By name: what it holds, and what it means.

    Examples
    --------
    >>> from c2m.cli.settings import ReplanSettings
    >>> described(ReplanSettings)["frozen_periods"][0]
    'int, optional'
    """
    entries = re.findall(
        r"^(\w+) : (.*)\n((?: {4}.*\n?)+)", cleandoc(kind.__doc__ or ""), re.MULTILINE
    )
    return {name: (held, " ".join(text.split())) for name, held, text in entries}


def _section(name: str, kind: type[Any]) -> list[str]:
    lines = [*_comment(cleandoc(kind.__doc__ or "").partition("\n")[0]), f"[{name}]"]
    meanings = described(kind)
    for setting, value in ((each, getattr(kind(), each.name)) for each in fields(kind)):
        lines += _comment(meanings[setting.name][1])
        if value is None:
            lines.append(f"# {setting.name} = {toml_text(setting.metadata['example'])}")
        else:
            lines.append(f"{setting.name} = {toml_text(value)}")
    return lines


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH - 2)]


def toml_text(value: object) -> str:
    """Write one value as TOML does.

    Parameters
    ----------
    value : object
        Text, number, truth, or a tuple or mapping of such.

    Returns
    -------
    str
        The value.

    Examples
    --------
    >>> toml_text(("a", 1.0, True)), toml_text({"own": "theirs"})
    ('["a", 1.0, true]', '{ "own" = "theirs" }')
    """
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{toml_text(k)} = {toml_text(v)}" for k, v in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
