"""The day of a file, as its name or the folder that it lies in tells it."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from c2m.errors import DataError
from c2m.frames import name_list

_DATE: Final = re.compile(
    r"(?<!\d)(\d{4})(?:-(\d{2})-(\d{2})|_(\d{2})_(\d{2})|(\d{2})(\d{2}))(?!\d)"
)


def date_of(path: Path) -> date | None:
    """Return the only day that a name tells; None where it tells none, or several.

    Parameters
    ----------
    path : Path
        A file; where its own name has no day, the folder next to it is asked.

    Returns
    -------
    date or None
        The day.

    Examples
    --------
    >>> str(date_of(Path("stock-2026-11-22.csv"))), str(date_of(Path("20261122.parquet")))
    ('2026-11-22', '2026-11-22')
    >>> str(date_of(Path("stock/day=2026-11-22/part-0.parquet")))
    '2026-11-22'
    >>> date_of(Path("2026-11-01_to_2026-11-30.csv")) is None
    True
    """
    for name in (path.name, *reversed(path.parent.parts)):
        days = {day for found in _DATE.finditer(name) if (day := _day(found)) is not None}
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _day(found: re.Match[str]) -> date | None:
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def dates_of(files: Sequence[Path]) -> list[date]:
    """Return the day of every file.

    Parameters
    ----------
    files : sequence of Path
        The files.

    Returns
    -------
    list of date
        Their days.

    Raises
    ------
    DataError
        If the names of files tell no day, or more than one.
    """
    days = {file: date_of(file) for file in files}
    open_ones = [file.name for file, day in days.items() if day is None]
    if open_ones:
        raise DataError(
            "stock",
            [
                f"{len(open_ones):,} of {len(files):,} files do not tell their day: "
                f"{name_list(open_ones)}"
            ],
            "name them like stock-2026-11-22.csv, or pass date= with the column of the days, or "
            "with the day itself",
        )
    return [day for day in days.values() if day is not None]
