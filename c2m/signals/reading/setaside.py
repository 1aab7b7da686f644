"""Bad rows on disk: redacted, few of each reason, and gone after a while.

A file of bad rows helps a person to repair a log. It says why a row was set aside and where it
stands; of the row itself it shows only small numbers, ISO times and known kinds of events, in
columns that hold such things. The rest is ``"[redacted]"``. The day on which the file is to be
deleted stands in its name and in its first line.
"""

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile
from typing import Any, Final

import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.signals.reading.tally import MOST_SAMPLES, Tally
from c2m.signals.schemas.values import number

REDACTED: Final = "[redacted]"
_NAME: Final = re.compile(r"bad-rows-.+-expires-(\d{4}-\d{2}-\d{2})-[0-9a-f]{8}\.jsonl")
_TIME: Final = re.compile(
    r"(19|20)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?(Z| UTC| ?[+-]\d\d:?\d\d)?"
)
_LARGEST_SHOWN: Final = 1e6
"""Larger numbers are ids, phone numbers or the like."""


@dataclass(frozen=True)
class BadRows:
    """Where the bad rows of a log go.

    Parameters
    ----------
    folder : Path
        The folder.
    schema : str
        Name of the log's layout.
    expires : date
        From this day on the file is deleted.
    token : str
        What tells the files of two logs apart.
    """

    folder: Path
    schema: str
    expires: date
    token: str = field(default_factory=lambda: token_hex(4))

    @classmethod
    def of(cls, folder: str | os.PathLike[str], schema: str, days: int) -> "BadRows":
        """Make the folder, and delete the files there that have expired.

        Parameters
        ----------
        folder : path
            The folder.
        schema : str
            Name of the log's layout.
        days : int
            How long the file is kept.

        Returns
        -------
        BadRows
            The place for one log.

        Raises
        ------
        ArgumentError
            If `days` is less than 1.
        DataError
            If the folder cannot be made.
        """
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3650:
            raise ArgumentError(f"Expected bad_rows_days from 1 to 3,650, got {days!r}.")
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"the folder for bad rows cannot be made: {error.strerror}"
            raise DataError("events", [problem], "pass a folder that may be written to") from error
        purge_bad_rows(place)
        return cls(place, schema, _today() + timedelta(days=days))

    @property
    def path(self) -> Path:
        """The file of this log."""
        return self.folder / f"bad-rows-{self.schema}-expires-{self.expires}-{self.token}.jsonl"

    def write(self, tally: Tally) -> None:
        """Write what a pass set aside; an earlier file of the same log is replaced.

        Parameters
        ----------
        tally : Tally
            What the pass counted.
        """
        head = {
            "what": "rows that c2m set aside, redacted",
            "schema": self.schema,
            "delete_on": self.expires.isoformat(),
            "rows_read": tally.rows,
            "rows_set_aside": {reason: entry[0] for reason, entry in tally.rejected.items()},
            "rows_shown_of_each_reason": MOST_SAMPLES,
        }
        lines = [head] + [
            {"reason": one.reason, "file": one.place[4:], "row": one.row, "values": dict(one.shown)}
            for one in tally.samples
        ]
        with NamedTemporaryFile(
            "w", dir=self.folder, prefix=".bad-rows-", delete=False, encoding="utf8"
        ) as stream:
            try:
                stream.writelines(json.dumps(line) + "\n" for line in lines)
                stream.flush()
                os.fsync(stream.fileno())
                Path(stream.name).replace(self.path)
            except BaseException:
                Path(stream.name).unlink(missing_ok=True)
                raise


def purge_bad_rows(folder: str | os.PathLike[str], *, today: date | None = None) -> int:
    """Delete the files of bad rows whose day has come.

    `c2m.read_events` does so whenever it is called with the same ``bad_rows=``.

    Parameters
    ----------
    folder : path
        The folder that was passed as ``bad_rows=``.
    today : date, optional
        The day; the current one in UTC unless given.

    Returns
    -------
    int
        How many files were deleted. Files of other names are never touched.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     name = "bad-rows-ga4-expires-2026-11-22-0123abcd.jsonl"
    ...     path = Path(folder, name)
    ...     path.touch()
    ...     before = purge_bad_rows(folder, today=date(2026, 11, 21))
    ...     before, purge_bad_rows(folder, today=date(2026, 11, 22)), path.exists()
    (0, 1, False)
    """
    day = _today() if today is None else today
    count = 0
    for path in Path(folder).glob("bad-rows-*.jsonl"):
        found = _NAME.fullmatch(path.name)
        if found and found[1] <= day.isoformat():
            path.unlink(missing_ok=True)
            count += 1
    return count


def _today() -> date:
    return datetime.now(tz=UTC).date()


def redact(value: Any, kinds: Collection[str] = ()) -> Any:
    """Return a value of a column that may be shown, if it is what such a column holds.

    Parameters
    ----------
    value : object
        A value of a column of numbers, times or kinds of events.
    kinds : collection of str
        Kinds of events that are known.

    Returns
    -------
    object
        The value, or `REDACTED`; None for nothing.

    Examples
    --------
    >>> redact(3.5), redact("2026-11-22T10:00:00Z"), redact("view", ["view"]), redact(None)
    (3.5, '2026-11-22T10:00:00Z', 'view', None)
    >>> redact("+1 415 555 0123"), redact(4155550123), redact("ann@example.org")
    ('[redacted]', '[redacted]', '[redacted]')
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return REDACTED if value is pd.NaT else value.isoformat()
    if isinstance(value, str) and (value in kinds or _TIME.fullmatch(value.strip())):
        return value
    found = number(value)
    if found is not None and abs(found) < _LARGEST_SHOWN:
        return found if isinstance(value, float | str) else value
    return REDACTED


def redact_fields(
    values: Mapping[str, Any], shown: Collection[str], kinds: Collection[str]
) -> dict[str, Any]:
    """Return the fields of a row as they may be written down.

    Parameters
    ----------
    values : mapping of str to object
        Its fields.
    shown : collection of str
        Those whose values may be shown.
    kinds : collection of str
        Kinds of events that are known.

    Returns
    -------
    dict of str to object
        Field -> what `redact` leaves of it, `REDACTED` where it may not be shown, None for nothing.
    """
    return {
        name: redact(value, kinds)
        if name in shown
        else (None if value is None or value == "" else REDACTED)
        for name, value in values.items()
    }
