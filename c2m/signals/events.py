"""The log of consumer events: read lazily, day by day, whatever it lies in."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean, name_list
from c2m.signals import view
from c2m.signals.counting.scan import finish, first_and_last_days, has_column, scan
from c2m.signals.logs.sources import Source
from c2m.signals.reading.reading import Reading
from c2m.signals.reading.setaside import BadRows
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import check_zone
from c2m.signals.schema import COLUMNS, REQUIRED


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """A log of events that is read when it is needed. Make one with `c2m.read_events`.

    Parameters
    ----------
    source : Source
        Where the log lies.
    reading : Reading
        How its rows become canonical events.
    schema : str
        The schema it was read with.
    on_bad : {"error", "set_aside"}
        What happens to rows that cannot be used.
    bad_rows : BadRows, optional
        Where those rows are written, redacted.
    """

    source: Source
    reading: Reading = field(repr=False)
    schema: str = "canonical"
    on_bad: Literal["error", "set_aside"] = "set_aside"
    bad_rows: BadRows | None = None

    # ---------------------------------------------------------------- what it holds

    @property
    def columns(self) -> Mapping[str, str]:
        """Canonical column -> column of the log, for the columns that it has."""
        return self.reading.columns

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns of the log that no canonical column names; they are never read."""
        named = set(self.columns.values())
        return tuple(name for name in self.source.types if name not in named)

    @property
    def n_events(self) -> int | None:
        """How many rows the log has; None where that is not known without reading (CSV)."""
        return self.source.n_rows

    @property
    def time_zone(self) -> str | None:
        """The zone that was named for times without one."""
        return self.reading.time_zone

    @property
    def rejected(self) -> pd.DataFrame:
        """Rows that cannot be used: reason, rows, first. Reads the log once.

        A row that fails for several reasons counts under the first of them.
        """
        return self._counted.frame()

    @property
    def excluded(self) -> pd.DataFrame:
        """What is in order and left out: reason, events. Reads the log once.

        Records of kinds that say nothing of demand, by kind; events without the consent that
        ``consent=`` asks for, of types that ``event_types=`` leaves out, and those that repeat the
        ``event_id`` of another one of their day. With the rows of `rejected`, and the events that
        are read, these are all rows of the log.
        """
        return self._counted.excluded()

    @cached_property
    def _counted(self) -> Tally:
        tally = Tally()
        for _ in scan(self, "UTC", (), (), tally):
            pass
        return tally

    def days(self, tz: str | None = None) -> pd.DatetimeIndex:
        """Return the days from the first event to the last.

        Parameters
        ----------
        tz : str, optional
            The shop's zone; `time_zone` unless given, else UTC.

        Returns
        -------
        DatetimeIndex
            Every day between, also those without events. Parquet statistics are enough where
            there are any; else the log is read once.

        Raises
        ------
        DataError
            If there is no event.
        """
        zone = choose_zone(self, tz)
        bounds = first_and_last_days(self, zone)
        if not bounds or any(bound is None for bound in bounds):
            with closing(self.by_day(zone, columns=REQUIRED)) as days:
                bounds = [(day, day) for day in (_day_number(label) for label, _ in days)]
        known = [bound for bound in bounds if bound is not None]
        if not known:
            raise DataError("events", ["it has no events"], "pass a log with at least one event")
        first, last = min(low for low, _ in known), max(high for _, high in known)
        return pd.DatetimeIndex(np.arange(first, last + 1).astype("datetime64[D]"), name="day")

    def by_day(
        self, tz: str | None = None, columns: Sequence[str] | None = None
    ) -> Generator[tuple[pd.Timestamp, Any], None, None]:
        """Yield the events of each day; no more than a day or two are in memory at once.

        Parameters
        ----------
        tz : str, optional
            The shop's zone; `time_zone` unless given, else UTC.
        columns : sequence of str, optional
            Canonical columns to yield; all there are unless given.

        Yields
        ------
        day : Timestamp
            The day, midnight without a zone. Days without events are left out.
        events : pyarrow.Table
            Its events in no particular order: times in UTC, codes as text or whole numbers.

        Raises
        ------
        DataError
            After the last day, if rows cannot be used and ``on_bad="error"``.
        """
        wanted = self._known_columns(columns)
        tally = Tally()
        with closing(scan(self, choose_zone(self, tz), wanted, (), tally)) as days:
            for day, table in days:
                yield pd.Timestamp(np.datetime64(day, "D")), table.select(wanted)
        finish(self, tally)

    # ---------------------------------------------------------------- looking at it

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all events at once.

        Parameters
        ----------
        columns : sequence of str, optional
            Canonical columns; all there are unless given.

        Returns
        -------
        pyarrow.Table
            Events in the order of their times; codes are text.

        Raises
        ------
        DataError
            If rows cannot be used and ``on_bad="error"``.
        """
        wanted = self._known_columns(columns)
        with closing(self.by_day("UTC", [*dict.fromkeys([*wanted, "event_time"])])) as days:
            tables = [table for _, table in days]
        if not tables:
            raise DataError("events", ["it has no events"], "pass a log with at least one event")
        joined = pa.concat_tables(tables)
        joined = joined.sort_by("event_time").select(wanted)
        return joined.cast(pa.schema([(name, _plain(name)) for name in wanted]))

    def to_frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all events at once as a pandas frame; see `to_arrow`.

        Parameters
        ----------
        columns : sequence of str, optional
            Canonical columns; all there are unless given.

        Returns
        -------
        DataFrame
            Events in the order of their times.
        """
        frame: pd.DataFrame = self.to_arrow(columns).to_pandas()
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the events to any library that speaks the Arrow PyCapsule protocol."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def summary(self, tz: str | None = None) -> pd.DataFrame:
        """Count the events of each kind. Reads the log once.

        Parameters
        ----------
        tz : str, optional
            The shop's zone; `time_zone` unless given, else UTC.

        Returns
        -------
        DataFrame, a row a kind
            ``events``, ``first_day``, ``last_day`` and, where there is one, the share of events
            with a ``user_key``.
        """
        return view.summary(self, tz)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        return view.html(self)

    # ---------------------------------------------------------------- inside

    def _known_columns(self, columns: Sequence[str] | None) -> list[str]:
        names = [name for name in COLUMNS if has_column(self, name)]
        unknown = [name for name in columns or () if name not in names]
        if unknown:
            raise ArgumentError(
                f"Expected columns of these events, got {name_list(unknown)}"
                f"{did_you_mean(unknown[0], names)}; there are {name_list(names)}."
            )
        return list(columns) if columns is not None else names


def choose_zone(events: Events, tz: str | None) -> str:
    """Return the zone whose days are meant: the caller's, that of the events, or UTC.

    Parameters
    ----------
    events : Events
        The log.
    tz : str, optional
        What the caller passed.

    Returns
    -------
    str
        Name of the zone.
    """
    return check_zone(tz, "tz") if tz is not None else events.time_zone or "UTC"


def _plain(name: str) -> Any:
    kinds = {"time": pa.timestamp("us", tz="UTC"), "number": pa.float64()}
    return kinds.get(COLUMNS[name], pa.string())


def _day_number(day: pd.Timestamp) -> int:
    return int(day.to_datetime64().astype("datetime64[D]").astype(np.int64))
