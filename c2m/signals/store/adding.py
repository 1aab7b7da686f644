"""One `add`: days are merged and written one by one, then all of them become part of the store."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from c2m.signals.counting.sweep import event_micros
from c2m.signals.store.echoes import Versions, each_once, find_echoes, is_in, versions_on
from c2m.signals.store.manifest import Manifest, StoredDay, write_manifest
from c2m.signals.store.merging import merge
from c2m.signals.store.tables import (
    Hashes,
    buckets_of,
    join,
    n_buckets,
    read_numbers,
    read_rows,
    roles_of,
    write_numbers,
    write_rows,
)


@dataclass
class Draft:
    """What a store will hold.

    Parameters
    ----------
    folder : Path
        The store.
    before : Manifest
        What it holds.
    moment : int
        When rows come in that do not say it, in microseconds since 1970 in UTC.
    by_clock : bool
        Whether that is true of all rows, and `moment` is now.
    """

    folder: Path
    before: Manifest
    moment: int
    by_clock: bool
    days: dict[int, StoredDay] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    fresh: dict[int, Hashes] = field(default_factory=dict)
    touched: list[int] = field(default_factory=list)
    mixed: dict[str, None] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    repeated: int = 0
    expired: int = 0
    moved: int = 0

    def __post_init__(self) -> None:
        """Begin with what the store holds."""
        self.days, self.columns = dict(self.before.days), dict(self.before.columns)
        self.echoes = Versions.read(self.folder, self.before.echoes)
        self.echo_ids = each_once(self.echoes.ids)

    def add_day(self, number: int, table: Any) -> None:
        """Merge the events of a day with those that the store has of it.

        Parameters
        ----------
        number : int
            Days since 1970-01-01.
        table : pyarrow.Table
            Canonical events, with every version of them.
        """
        table = self._dated(table)
        old = self.days.get(number)
        rows = None if old is None else join(list(_rows_of(self.folder, old)))
        had = _ids_of(self.folder, old)
        merged = merge(rows, table, self.echo_ids, by_clock=self.by_clock)
        self.repeated += merged.repeated
        self.changed += merged.changed
        self.new += table.num_rows - merged.repeated - merged.changed
        self.touched.append(number)
        if merged.repeated == table.num_rows:
            return
        if len(fresh := merged.ids[~is_in(merged.ids, had)]):
            self.fresh[number] = fresh
        for name, role in roles_of(table).items():
            known = self.columns.setdefault(name, role)
            if known != role:
                self.columns[name] = "text"
                self.mixed[name] = None
        self.days[number] = write_day(
            self.folder, number, merged.table, merged.ids, repeats=merged.repeats
        )

    def expire(self, before: int) -> None:
        """Drop the days before one."""
        for number in [number for number in self.days if number < before]:
            self.expired += self.days.pop(number).rows
            self.fresh.pop(number, None)
            self.touched = [day for day in self.touched if day != number]

    def commit(self) -> None:
        """Make it what the store holds, in one step."""
        echoes = self._follow_echoes().write(self.folder)
        manifest = replace(self.before, days=self.days, columns=self.columns, echoes=echoes)
        write_manifest(self.folder, manifest)

    def _dated(self, table: Any) -> Any:
        """Return the events, each with the moment at which it came in."""
        kind = pa.timestamp("us", tz="UTC")
        now = pa.scalar(self.moment, pa.int64()).cast(kind)
        if "ingest_time" not in table.column_names:
            came_in = pa.repeat(now, table.num_rows)
            return table.append_column("ingest_time", came_in)
        place = table.column_names.index("ingest_time")
        came_in = table.column(place)
        return table.set_column(place, "ingest_time", came_in.fill_null(now))

    def _follow_echoes(self) -> Versions:
        """Return the versions of the events that lie on several days now."""
        found = find_echoes(self.folder, self.days, self.fresh)
        new = found[~is_in(found, self.echo_ids)]
        self.moved = len(new)
        ids = each_once(np.append(self.echo_ids, found))
        if not len(ids):
            return self.echoes
        again = set(self.touched)
        kept = self.echoes.take(np.isin(self.echoes.days, [*(set(self.days) - again)]))
        parts = []
        for number, day in self.days.items():
            wanted = ids if number in again else new
            if len(wanted):
                parts.append(versions_on(self.folder, number, day, wanted))
        return kept.plus(parts).on_several_days()


def write_day(folder: Path, number: int, table: Any, ids: Hashes, *, repeats: bool) -> StoredDay:
    """Write the rows of a day, bucket by bucket.

    Parameters
    ----------
    folder : Path
        The store.
    number : int
        Days since 1970-01-01.
    table : pyarrow.Table
        The rows.
    ids : ndarray of uint64
        Hashes of their event ids, sorted.
    repeats : bool
        Whether an id occurs in more than one row.

    Returns
    -------
    StoredDay
        The day.
    """
    name = str(np.datetime64(number, "D"))
    count = n_buckets(table.num_rows)
    buckets = buckets_of(table, count)
    order = np.argsort(buckets.astype(np.int8), kind="stable")
    stops = np.cumsum(np.bincount(buckets, minlength=count))
    starts = np.append(0, stops[:-1])
    files = [
        write_rows(folder, f"{name}.{bucket}", table.take(pa.array(order[start:stop])))
        if stop > start
        else None
        for bucket, (start, stop) in enumerate(zip(starts, stops, strict=True))
    ]
    times = event_micros(table)
    index = write_numbers(folder, name, ids) if len(ids) else None
    return StoredDay(tuple(files), index, int(times.min()), int(times.max()), repeats)


def _rows_of(folder: Path, day: StoredDay) -> Iterator[Any]:
    for file in day.buckets:
        if file is not None:
            yield read_rows(folder, file)


def _ids_of(folder: Path, day: StoredDay | None) -> Hashes:
    if day is None or day.ids is None:
        return np.zeros(0, dtype=np.uint64)
    return read_numbers(folder, day.ids)
