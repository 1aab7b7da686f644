"""Read a project's ``c2m.toml``, and say everything that is wrong with it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from c2m.cli.settings import Settings
from c2m.cli.template import described
from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean, name_list

Problems = list[str]


class _WrongValue(Exception):  # noqa: N818
    """A value is not of the kind that its setting holds."""


@dataclass(frozen=True)
class Config:
    """The settings of a project, and where it is.

    Parameters
    ----------
    settings : Settings
        What its file says, defaults elsewhere.
    root : Path
        The folder of the file, to which paths are relative.
    """

    settings: Settings
    root: Path

    @property
    def output(self) -> Path:
        """The folder of everything that is written."""
        return self.root / self.settings.files.output

    def file(self, name: str) -> Path | None:
        """Return where a file is, None where the setting is not set.

        Parameters
        ----------
        name : str
            A setting of the section ``files``.

        Returns
        -------
        Path, optional
            Its path.
        """
        value = getattr(self.settings.files, name)
        return None if value is None else self.root / value


def read_config(path: Path, changes: Sequence[str] = ()) -> Config:
    """Read the settings of a project.

    Parameters
    ----------
    path : Path
        Its ``c2m.toml``.
    changes : sequence of str
        Settings of the command line that replace those of the file: ``"plan.seed=1"``. What is no
        TOML value is text.

    Returns
    -------
    Config
        The settings.

    Raises
    ------
    ArgumentError
        If the file is not there, or a change names no setting.
    DataError
        If it is no TOML, or has settings that are unknown or of the wrong kind: all are listed.
    """
    if not path.is_file():
        raise ArgumentError(
            f"Expected the settings in {path}, but there is no such file. Write one with: c2m init"
        )
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fix = "correct the file's TOML (UTF-8): text stands in quotes, true and false do not"
        raise DataError(path.name, [str(error)], fix) from error
    for change in changes:
        _change(document, change)
    problems: Problems = []
    settings = _read_sections(document, problems)
    if problems:
        fix = "correct or remove these settings; c2m init writes all of them with their defaults"
        raise DataError(path.name, problems, fix)
    return Config(settings, path.resolve().parent)


def _change(document: dict[str, Any], change: str) -> None:
    """Put SECTION.NAME=VALUE into the document."""
    where, sign, text = change.partition("=")
    section, dot, name = where.strip().partition(".")
    if not (sign and dot and section and name):
        raise ArgumentError(f"Expected --set SECTION.NAME=VALUE, got {change!r}.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    inner = document.setdefault(section, {})
    if isinstance(inner, dict):
        inner[name] = value


def _read_sections(document: Mapping[str, Any], problems: Problems) -> Settings:
    known = {section.name: section for section in fields(Settings)}
    for name in document:
        if name not in known:
            hint = did_you_mean(name, known)
            problems.append(f"unknown section {name!r}{hint}; there are {', '.join(known)}")
    found = {
        name: _read_section(name, section, document[name], problems)
        for name, section in known.items()
        if name in document
    }
    return Settings(**found)


def _read_section(name: str, section: Field[Any], values: object, problems: Problems) -> Any:
    kind: Any = section.default_factory
    if not isinstance(values, dict):
        problems.append(f"{name!r} is no section; write [{name}] and its settings below it")
        return kind()
    held, meanings = get_type_hints(kind), described(kind)
    accepted = {}
    for key, value in values.items():
        if key not in held:
            hint = did_you_mean(key, held)
            problems.append(f"unknown setting {key!r} in [{name}]{hint}")
            continue
        try:
            accepted[key] = _accept(value, held[key])
        except _WrongValue:
            wanted = meanings[key][0].removesuffix(", optional")
            problems.append(f"{name}.{key} is {_shown(value)}; expected {wanted}")
            continue
        problems += _outside(f"{name}.{key}", accepted[key], kind.__dataclass_fields__[key])
    return kind(**accepted)


def _outside(name: str, value: object, setting: Field[Any]) -> Problems:
    """Say where a number is not within the bounds of its setting."""
    least, most = setting.metadata.get("least"), setting.metadata.get("most")
    numbers: Any = value if isinstance(value, tuple) else (value,)
    if least is None or all(least <= one and (most is None or one <= most) for one in numbers):
        return []
    bounds = f"at least {least:g}" if most is None else f"from {least:g} to {most:g}"
    return [f"{name} is {', '.join(map(str, numbers))}; expected {bounds}"]


def _accept(value: object, hint: Any) -> object:
    """Return a value as its setting holds it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType or type(None) in arguments:
        return _accept(value, next(one for one in arguments if one is not type(None)))
    if origin is Literal:
        return _need(value, value in arguments and isinstance(value, str))
    if origin is tuple:
        _need(value, isinstance(value, list))
        return tuple(_accept(item, arguments[0]) for item in value)  # type: ignore[attr-defined]
    if origin is not None:
        _need(value, isinstance(value, dict))
        items = value.items()  # type: ignore[attr-defined]
        return {key: _accept(item, arguments[1]) for key, item in items}
    return _accept_plain(value, hint)


def _accept_plain(value: object, kind: type) -> object:
    if kind is str and isinstance(value, date | datetime):
        return value.isoformat()
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _need(value, isinstance(value, kind) and (kind is bool or not isinstance(value, bool)))


def _need(value: object, fits: bool) -> object:
    if not fits:
        raise _WrongValue
    return value


def _shown(value: object) -> str:
    return name_list(value) if isinstance(value, list) and value else repr(value)
