"""Say what the library says of tables and arguments in words of a project's files and settings."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from c2m.cli.settings import Settings
from c2m.errors import DataError

if TYPE_CHECKING:
    from c2m.cli.config import Config

_SECTIONS: Final = ("replan", "plan", "forecast", "history", "panel", "events")
_NO_SETTINGS: Final = frozenset({"key", "stock"})
_FILES: Final = frozenset({"stock", "on_order", "firm"})
_ARGUMENTS: Final = {
    setting.name: f"{section}.{setting.name}"
    for section in _SECTIONS
    for setting in fields(getattr(Settings(), section))
    if setting.name not in _NO_SETTINGS
}
"""Argument of the library: the setting that is passed to it."""

_ARGUMENT: Final = re.compile(r"\b(pass|Pass|or|with) (\w+)=((?:'[^']*'|[\d.]+\d|\w|\{[^{}]*\})*)")
"""What to do, with which argument, and its value."""

_TABLES: Final = {"panel": "history", "attributes": "products"}
"""Tables of the library whose setting in the section ``files`` has another name."""

_FIXES: Final = {
    "rename the column or name it in the call": "rename the column",
    "that plan.to_excel wrote": "of c2m plan",
    "pass at least one row": "fill in at least one row",
    "dates are read as 2026-11-22": "dates are read as 2026-11-22, unless csv.date_format is set",
    "pass the freq that the table has": "set panel.freq to what the table has",
    "add the rows, or plan demand.select(skus)": (
        "add the rows to the factory's file, or leave such SKUs out: set panel.only_made = true, "
        "then run c2m panel, forecast and plan"
    ),
    "correct the forecast, or plan demand.select(skus)": "correct what the forecast is made from",
}
_HISTORY: Final = {
    "rename the column or name it in the call": (
        "rename the column, or set history.sku, history.period or history.target to its name"
    ),
}


def in_settings(text: str) -> str:
    """Say which setting to set in place of which argument to pass.

    Parameters
    ----------
    text : str
        A message of the library.

    Returns
    -------
    str
        The message for who writes a ``c2m.toml``.

    Examples
    --------
    >>> in_settings("pass gaps='zero', or complete=True")
    "set history.gaps = 'zero', or panel.complete = true"
    """
    for told, typed in _FIXES.items():
        text = text.replace(told, typed)
    return _ARGUMENT.sub(_one_setting, text)


def _one_setting(found: re.Match[str]) -> str:
    how, name, value = found.groups()
    setting = f"files.{name}" if name in _FILES and not value else _ARGUMENTS.get(name)
    if setting is None:
        return found[0]
    value = {"True": "true", "False": "false"}.get(value, value)
    if value.startswith("{"):
        value = value.replace(": ", " = ")
    verb = {"pass": "set", "Pass": "Set"}.get(how, how)
    return f"{verb} {setting}{f' = {value}' if value else ''}"


@contextmanager
def told_of_files(config: "Config") -> Iterator[None]:
    """Name the file, its rows as a spreadsheet counts them, and the settings in what is raised.

    Parameters
    ----------
    config : Config
        The project.

    Raises
    ------
    DataError
        The one of the block, in other words.
    """
    try:
        yield
    except DataError as error:
        raise _of_file(error, config) from error


def _of_file(error: DataError, config: "Config") -> DataError:
    """Return an error that names the file which the table was read from."""
    from c2m.cli.tables import file_row

    setting = _TABLES.get(error.table, error.table)
    known = setting in Settings().files.__dataclass_fields__ and setting != "factory"
    path = config.file(setting) if known else None
    if path is None:
        name = config.settings.files.factory if setting == "factory" else error.table
        return DataError(name, error.problems, error.fix)

    def _row(found: re.Match[str]) -> str:
        return f"row {file_row(path, config.settings.csv, int(found[1]))}"

    problems = [re.sub(r"\brow (\d+)\b", _row, problem) for problem in error.problems]
    fix = error.fix
    for told, typed in _HISTORY.items() if setting == "history" else ():
        fix = fix.replace(told, typed)
    return DataError(path.name, problems, fix)
