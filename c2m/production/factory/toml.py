"""A factory as a TOML file: settings at the top, then one array of inline tables per table."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from c2m.checks import Check
from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list
from c2m.production.factory.checks import Source
from c2m.production.factory.columns import Column, columns
from c2m.production.factory.files import FILE_TABLES, Contents, cells_to_frame, need_file
from c2m.production.factory.settings import SETTING_NAMES, Settings


def read_toml(path: Path) -> Contents:
    """Read a factory's TOML file without judging its values.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Contents
        Its tables; what is no table of a factory is noted.

    Raises
    ------
    ArgumentError
        If the file is not there.
    DataError
        If the file is not TOML.
    """
    need_file(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(path.name, [str(error)], "correct the file's TOML (UTF-8)") from error
    check = Check(path.name, pd.DataFrame())
    settings = {name: document[name] for name in SETTING_NAMES if name in document}
    sources = {}
    if settings:
        sources["settings"] = _source("settings", [settings])
    tables = [name for name in FILE_TABLES if name != "settings"]
    for name, value in document.items():
        if name in tables and _is_table(value):
            sources[name] = _source(name, value)
        elif name in tables:
            check.add(
                f"{name!r} is no list of tables",
                "write each row as [[products]] or all as products = [ { ... }, { ... } ]",
            )
        elif name not in settings:
            hint = did_you_mean(name, [*tables, *SETTING_NAMES])
            known = name_list([*SETTING_NAMES, *tables])
            check.add(f"unknown key {name!r}{hint}; the keys are {known}", "rename or remove it")
    return Contents(path.name, sources, check)


def write_toml(path: Path, settings: Settings, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a factory's TOML file; values that equal their default are left out.

    Parameters
    ----------
    path : Path
        Where.
    settings : Settings
        Name, freq, currency and policy.
    tables : mapping of str to DataFrame
        The checked tables, by name; tables without rows are left out.
    """
    lines = [
        f"{column.name} = {_text(getattr(settings, column.name))}"
        for column in columns(Settings)
        if column.kind == "code" and getattr(settings, column.name) is not None
    ]
    lines += [
        f"{column.name} = {_text(getattr(settings, column.name))}"
        for column in columns(Settings)
        if column.kind != "code" and getattr(settings, column.name) != column.default
    ]
    for name, frame in tables.items():
        if len(frame):
            lines += ["", f"{name} = ["]
            known = columns(FILE_TABLES[name])
            lines += [f"  {_inline(row, known)}," for row in frame.to_dict("records")]
            lines.append("]")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _source(name: str, rows: list[dict[str, Any]]) -> Source:
    names = dict.fromkeys(key for row in rows for key in row)
    cells = {key: [row.get(key) for row in rows] for key in names}
    return Source(cells_to_frame(cells, FILE_TABLES[name]), lambda row: f"entry {row + 1}")


def _inline(values: Mapping[Any, Any], known: Sequence[Column]) -> str:
    pairs = [
        f"{column.name} = {_text(values[column.name])}"
        for column in known
        if column.required or not _is_default(values[column.name], column)
    ]
    return f"{{ {', '.join(pairs)} }}"


def _is_default(value: Any, column: Column) -> bool:
    return bool(pd.isna(value) if column.default is None else value == column.default)


def _text(value: object) -> str:
    """Write one value; JSON's strings are TOML's but for the delete character."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return repr(value)
