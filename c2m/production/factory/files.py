"""What a factory's files have in common: settings, defaults of empty cells, the calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError
from c2m.periods import Calendar
from c2m.production.factory.checks import Source, read_columns
from c2m.production.factory.settings import Period, Policy, Settings
from c2m.production.factory.tables import TABLES, Row, columns

FILE_TABLES: Final[Mapping[str, type[Row]]] = {
    "settings": Settings,
    **TABLES,
    "periods": Period,
}
"""The tables of a factory's file, in the order in which a person fills them in."""

_OWN_PERIODS: Final = "table"
"""The freq of a factory whose periods are listed one by one."""


@dataclass(frozen=True)
class Contents:
    """What was found in a factory's file.

    Parameters
    ----------
    title : str
        Name of the file in messages.
    sources : mapping of str to Source
        Its tables, by the names of `FILE_TABLES`.
    check : Check
        The problems of the file itself, such as an unknown sheet.
    notes : tuple of str
        What to warn about once everything else is right.
    """

    title: str
    sources: Mapping[str, Source]
    check: Check
    notes: tuple[str, ...] = field(default=())


def need_file(path: Path) -> None:
    """Refuse the path of a factory's file that is not there.

    Parameters
    ----------
    path : Path
        What a caller passed.

    Raises
    ------
    ArgumentError
        If it is no file.
    """
    if not path.is_file():
        raise ArgumentError(
            f"Expected the path of a factory's file, got {str(path)!r}: there is no such file."
        )


def cells_to_frame(cells: Mapping[str, Sequence[object]], row: type[Row]) -> pd.DataFrame:
    """Return the cells of a table, empty ones replaced by the column's default.

    Parameters
    ----------
    cells : mapping of str to sequence
        Values by column; None where the cell is empty. All columns have the same length.
    row : type
        The dataclass of the rows.

    Returns
    -------
    DataFrame
        The values as they are (dtype object); an optional column without any value is left out.

    Examples
    --------
    >>> from c2m.production.factory.tables import Prepack, Routing
    >>> cells_to_frame({"sku": ["A", "B"], "moq": [None, 50], "max_lot": [None, None]}, Routing)
      sku moq
    0   A   0
    1   B  50
    """
    known = {column.name: column for column in columns(row)}
    filled = {}
    for name, values in cells.items():
        column = known.get(name)
        optional = column is not None and not column.required
        if optional and all(value is None for value in values):
            continue
        default = column.default if column is not None and optional else None
        full = [default if value is None else value for value in values]
        filled[name] = pd.Series(full, dtype="object")
    return pd.DataFrame(filled)


def read_settings(contents: Contents) -> tuple[Settings, Calendar, list[Check]]:
    """Read the settings and the calendar of a factory's file.

    Parameters
    ----------
    contents : Contents
        The file.

    Returns
    -------
    settings : Settings
        What the file says, defaults elsewhere.
    calendar : Calendar
        The factory's; without meaning where a problem was noted.
    checks : list of Check
        The problems of both tables.
    """
    nothing = Source(pd.DataFrame(), str)
    settings, periods = (
        read_columns(name, contents.sources.get(name, nothing), FILE_TABLES[name])
        for name in ("settings", "periods")
    )
    if len(settings.frame) > 1:
        settings.add(f"there are {len(settings.frame):,} rows", "keep one row of settings")
    given = settings.frame.iloc[:1].dropna(axis="columns").to_dict("records")
    found = (
        Settings(**{str(name): value for name, value in given[0].items()}) if given else Settings()
    )
    if found.fill_rate is not None and found.cycle_service_level is not None:
        settings.add(
            "there are a 'fill_rate' and a 'cycle_service_level'", "keep one of the two levels"
        )
    calendar = Calendar.of(Settings().freq)
    if not settings.problems and not periods.problems:
        calendar = _calendar(found.freq, settings, periods) or calendar
    return found, calendar, [settings, periods]


def settings_of(
    calendar: Calendar, currency: str | None, name: str, policy: Policy
) -> tuple[Settings, pd.DataFrame]:
    """Return the settings and the period table that a file needs to say the same.

    Parameters
    ----------
    calendar, currency, name, policy
        See `Factory`.

    Returns
    -------
    settings : Settings
        The one row of settings.
    periods : DataFrame
        Columns ``start`` and ``end``; no rows unless the calendar is a period table.
    """
    bounds = pd.Series(calendar.bounds, dtype="datetime64[s]")
    periods = pd.DataFrame(
        {"start": bounds.iloc[:-1], "end": bounds.iloc[1:].reset_index(drop=True)}
    )
    periods["end"] -= pd.Timedelta(days=1)
    return Settings(name, calendar.freq, currency, **asdict(policy)), periods


def _calendar(freq: str, settings: Check, periods: Check) -> Calendar | None:
    listed = len(periods.frame) > 0
    if listed != (freq == _OWN_PERIODS):
        problem = "'periods' lists periods" if listed else "'periods' lists none"
        settings.add(
            f"the freq is {freq!r} but {problem}",
            f"list the periods and write freq {_OWN_PERIODS!r}, or do neither",
        )
        return None
    try:
        return Calendar.of(periods.frame if listed else freq)
    except ArgumentError as error:
        settings.add(str(error).removesuffix("."), "correct the freq")
    except DataError as error:
        periods.problems += error.problems
        periods.fixes.append(error.fix)
    return None
