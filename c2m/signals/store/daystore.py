"""A store of events on disk that grows day by day, and knows what was known when."""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.panel import Panel
from c2m.signals.aggregate import build_panel
from c2m.signals.counting.scan import finish, has_column, scan
from c2m.signals.events import Events
from c2m.signals.reading.reading import Reading
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import check_zone, local_days
from c2m.signals.schema import COLUMNS
from c2m.signals.store.added import Added, labels, tell_expired, tell_mixed
from c2m.signals.store.adding import Draft
from c2m.signals.store.forgetting import forget
from c2m.signals.store.lock import only_writer
from c2m.signals.store.manifest import (
    Manifest,
    find_strays,
    read_manifest,
    remove_strays,
    write_manifest,
)
from c2m.signals.store.source import StoreSource
from c2m.signals.store.tables import check_hash


class DayStore:
    """Events on disk, a day at a time: what is new is added, what was known then can be asked.

    Parameters
    ----------
    folder : path
        Where; made by the first `add`. A store that is there already is opened.
    tz : str, optional
        The shop's zone, whose days are kept apart; ``"UTC"`` for a new store unless given.
    retention_days : int, optional
        At every `add`, days that lie more than so many days before it are dropped, with a
        warning. A new store keeps all days unless given; an open one takes it over from here on.

    Raises
    ------
    DataError
        If the folder is no store, is damaged, or of a newer format.
    ArgumentError
        If an argument is out of its range, or `tz` is not that of the store.

    Notes
    -----
    A day is up to 16 parquet files, by a checksum of ``user_key``, so that a user's rows of a day
    lie in one file. Files never change; a manifest that is replaced in one step says which ones
    count, with their SHA-256. So a process that is killed leaves the old or the new; what it had
    begun is removed by the next `add`, or when the store is next opened.

    Every version of an event is kept, with the moment at which it came in: its ``ingest_time``, or
    that of the `add`. Of the versions of an ``event_id``, on whatever days they lie, the one that
    came in last counts.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from c2m.signals import read_events
    >>> log = pd.DataFrame({
    ...     "event_id": ["a", "b"], "event_type": "view", "sku": ["PARKA", "HAT"],
    ...     "event_time": pd.to_datetime(["2026-11-21 09:00", "2026-11-21 10:00"], utc=True),
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = DayStore(folder)
    ...     print(store.add(read_events(log)))
    ...     print(store.add(read_events(log)))
    ...     store.panel("D", target="views")["views"].sum()
    Added(2 events on 1 days: 2 new, 0 changed, 0 repeated, 0 too old)
    Added(2 events on 1 days: 0 new, 0 changed, 2 repeated, 0 too old)
    np.float32(2.0)
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        tz: str | None = None,
        retention_days: int | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()  # the process may go elsewhere
        if retention_days is not None and (
            isinstance(retention_days, bool)
            or not isinstance(retention_days, int)
            or retention_days < 1
        ):
            raise ArgumentError(f"Expected retention_days from 1 on, got {retention_days!r}.")
        known = read_manifest(self.folder)
        if tz is not None and check_zone(tz, "tz") != (known.tz if known else tz):
            own = known.tz if known else tz
            raise ArgumentError(f"Expected tz={own!r}, which the store was made with, got {tz!r}.")
        check_hash()
        self._tz, self._retention = tz or "UTC", retention_days
        if self.folder.is_dir():
            self._sweep()

    # ---------------------------------------------------------------- what it holds

    @property
    def tz(self) -> str:
        """The zone whose days are kept apart."""
        return self._manifest().tz

    @property
    def retention_days(self) -> int | None:
        """Days older than that are dropped at every `add`; None: all are kept."""
        return self._manifest().retention_days

    @property
    def days(self) -> pd.DatetimeIndex:
        """The days that hold events."""
        return labels(self._manifest().days)

    def events(self) -> Events:
        """Return the store as a log, each event once.

        Returns
        -------
        Events
            The log, as the store is now. After a further `add` or `forget`, ask again.

        Raises
        ------
        DataError
            If nothing was added yet.
        """
        manifest = self._manifest()
        if not manifest.days:
            problem = "it holds no events"
            raise DataError(str(self.folder), [problem], "add some: store.add(read_events(...))")
        source = StoreSource.of(self.folder, manifest)
        names = {name: name for name in COLUMNS if name in source.types}
        return Events(source, Reading(names, source.types, {}, manifest.tz, None))

    def panel(
        self,
        freq: Any,
        as_of: str | pd.Timestamp | None = None,
        **arguments: Any,
    ) -> Panel:
        """Count the events into a panel, again from the start if the store changes meanwhile.

        Parameters
        ----------
        freq, as_of
            See `c2m.build_panel`.
        **arguments
            Its other arguments.

        Returns
        -------
        Panel
            The panel.

        Raises
        ------
        DataError, ArgumentError
            As `c2m.build_panel`.
        """
        while True:
            before = self._manifest()
            try:
                return build_panel(self.events(), freq=freq, as_of=as_of, **arguments)
            except DataError:
                if self._manifest() == before:  # else files went, because of an add or a forget
                    raise

    def summary(self) -> pd.DataFrame:
        """Say what each day holds.

        Returns
        -------
        DataFrame, a row a day
            ``rows`` (all versions of its events), ``files``, ``megabytes``.
        """
        days = sorted(self._manifest().days.items())
        rows = [
            (
                day.rows,
                sum(1 for _ in day.files()),
                sum(file.n_bytes for file in day.files()) / 1e6,
            )
            for _, day in days
        ]
        index = labels([number for number, _ in days])
        return pd.DataFrame(rows, columns=["rows", "files", "megabytes"], index=index)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        manifest = self._manifest()
        rows = sum(day.rows for day in manifest.days.values())
        kept = manifest.retention_days
        note = "" if kept is None else f", keeps {kept:,} days"
        return (
            f"DayStore({str(self.folder)!r}: {rows:,} rows on {len(manifest.days):,} days of "
            f"{manifest.tz}{note})"
        )

    def _repr_html_(self) -> str:
        from html import escape

        frame: str = self.summary().to_html(max_rows=10)
        return f"<p>{escape(repr(self))}</p>{frame}"

    # ---------------------------------------------------------------- changing it

    def add(self, events: Events, *, ingest_time: str | pd.Timestamp | None = None) -> Added:
        """Add the events of a log: new days, or late events of days that are there.

        Only the days that the log touches are read and written again. Either all of it becomes
        part of the store, or, if anything goes wrong, nothing.

        Parameters
        ----------
        events : Events
            The log, from `c2m.read_events`.
        ingest_time : time, optional
            When events came in that do not say it themselves; now unless given. A time without a
            zone is UTC.

        Returns
        -------
        Added
            What it brought.

        Raises
        ------
        DataError
            If another process is adding, files of the store are damaged, or rows cannot be used
            and the log was opened with ``on_bad="error"``.
        ArgumentError
            If an argument is out of its range.

        Warns
        -----
        C2MWarning
            Events that were dropped because of the retention; codes that were numbers and are text
        now, or the other way round.
        """
        if not isinstance(events, Events):
            raise ArgumentError(
                f"Expected events from c2m.read_events, got a {type(events).__name__}."
            )
        moment = _moment(ingest_time)
        by_clock = ingest_time is None and "ingest_time" not in events.columns
        self.folder.mkdir(parents=True, exist_ok=True)
        with only_writer(self.folder):
            before = self._swept()
            draft = Draft(self.folder, before, moment, by_clock)
            earliest = _earliest(before, moment)
            try:
                too_old = _read_days(events, draft, earliest)
                draft.commit()
            finally:  # files that the manifest does not name, be it the old one or the new
                remove_strays(self.folder, read_manifest(self.folder))
        tell_expired(draft.expired, too_old, before.retention_days)
        tell_mixed(list(draft.mixed))
        return Added(
            draft.new + draft.changed + draft.repeated + too_old,
            draft.new,
            draft.changed,
            draft.repeated,
            too_old,
            draft.moved,
            labels(draft.touched),
        )

    def forget(self, user_keys: Iterable[str | int]) -> int:
        """Remove every row of some users.

        Only the files that hold rows of theirs are written again; the old ones are deleted.
        Copies elsewhere (backups, panels that were built) are not reached.

        Parameters
        ----------
        user_keys : iterable of str or int
            Their ``user_key``, as the store holds it: the pseudonym where the log was read with
            ``key=``.

        Returns
        -------
        int
            How many rows are gone.

        Raises
        ------
        DataError
            If another process is adding, or files of the store are damaged.
        ArgumentError
            If a key is no text or whole number.
        """
        keys = set()
        for key in [user_keys] if isinstance(user_keys, str) else user_keys:
            if isinstance(key, bool) or not isinstance(key, str | int | np.integer):
                raise ArgumentError(f"Expected keys of users, got a {type(key).__name__}.")
            keys.add(str(key))
        if not self.folder.is_dir():
            return 0
        with only_writer(self.folder):
            before = self._swept()
            try:
                after, count = forget(self.folder, before, keys)
                if count:
                    write_manifest(self.folder, after)
            finally:
                remove_strays(self.folder, read_manifest(self.folder))
        return count

    # ---------------------------------------------------------------- inside

    def _manifest(self) -> Manifest:
        known = read_manifest(self.folder)
        if known is None:
            return Manifest(self._tz, self._retention)
        return known if self._retention is None else replace(known, retention_days=self._retention)

    def _swept(self) -> Manifest:
        """Remove what a killed process left; return what the store holds."""
        manifest = read_manifest(self.folder)
        remove_strays(self.folder, manifest)
        return self._manifest()

    def _sweep(self) -> None:
        """Remove what a killed process left, unless one is at work."""
        if not find_strays(self.folder, read_manifest(self.folder)):
            return  # without the lock, which may be wanted by one who adds
        try:
            with only_writer(self.folder):
                self._swept()
        except (DataError, OSError):  # another adds at this moment, or nothing may be written here
            return


def _moment(time: str | pd.Timestamp | None) -> int:
    """Return a time as microseconds since 1970 in UTC; now unless given."""
    try:
        moment = pd.Timestamp.now("UTC") if time is None else pd.Timestamp(time)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected ingest_time to be a time, got {time!r}.") from error
    if pd.isna(moment):
        raise ArgumentError(f"Expected ingest_time to be a time, got {time!r}.")
    utc = moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    return int(utc.to_datetime64().astype("datetime64[us]").astype(np.int64))


def _earliest(manifest: Manifest, moment: int) -> int | None:
    """Return the first day that is kept."""
    if manifest.retention_days is None:
        return None
    today = int(local_days(np.array([moment]), manifest.tz)[0])
    return today - manifest.retention_days


def _read_days(events: Events, draft: Draft, earliest: int | None) -> int:
    """Read the log into the draft; return how many events are too old."""
    tally, too_old = Tally(), 0
    names = [name for name in COLUMNS if has_column(events, name)]
    days = scan(events, draft.before.tz, names, (), tally, keep_repeats=True)
    with closing(days):
        for day, table in days:
            if earliest is not None and day < earliest:
                too_old += table.num_rows
            else:
                draft.add_day(day, table.select(names))
    finish(events, tally)
    if earliest is not None:
        draft.expire(earliest)
    return too_old
