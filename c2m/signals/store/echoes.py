"""Events whose id lies on several days: which of their versions counted, as of a moment.

A day's files say nothing of other days. So a store keeps, beside them, the versions of the few
events that lie on more than one day: the hash of their id, the day, and when it came in. The
version that came in last counts; of those that came in together, the one of the latest day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.signals.store.manifest import StoredDay, StoredFile
from c2m.signals.store.tables import Hashes, id_hashes, read_numbers, read_rows, write_numbers

_GROUP_IDS: Final = 4 << 20
"""Ids that are looked for at once."""

_TABLE_BITS: Final = 26
_SHIFT: Final = np.uint64(64 - _TABLE_BITS)


@dataclass(frozen=True)
class Versions:
    """Versions of events, one an entry.

    Parameters
    ----------
    ids : ndarray of uint64, shape (n_versions,)
        Hashes of event ids.
    days : ndarray of int64, shape (n_versions,)
        Days since 1970-01-01.
    moments : ndarray of int64, shape (n_versions,)
        When they came in, in microseconds since 1970 in UTC.
    """

    ids: Hashes
    days: NDArray[np.int64]
    moments: NDArray[np.int64]

    @classmethod
    def none(cls) -> "Versions":
        """Return no versions at all."""
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64))

    @classmethod
    def read(cls, folder: Path, file: StoredFile | None) -> "Versions":
        """Read those that a store keeps."""
        if file is None:
            return cls.none()
        ids, days, moments = read_numbers(folder, file).reshape(3, -1)
        return cls(ids, days.view(np.int64), moments.view(np.int64))

    def write(self, folder: Path) -> StoredFile | None:
        """Write them, where there are any."""
        if not len(self.ids):
            return None
        numbers = np.concatenate([self.ids, self.days.view("u8"), self.moments.view("u8")])
        return write_numbers(folder, "echoes", numbers)

    def take(self, which: NDArray[np.bool_]) -> "Versions":
        """Return some of them."""
        return Versions(self.ids[which], self.days[which], self.moments[which])

    def plus(self, others: Iterable["Versions"]) -> "Versions":
        """Return these and others."""
        parts = [self, *others]
        return Versions(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.days for part in parts]),
            np.concatenate([part.moments for part in parts]),
        )

    def on_several_days(self) -> "Versions":
        """Return those of events that lie on more than one day."""
        order = np.lexsort((self.days, self.ids))
        ids, days = self.ids[order], self.days[order]
        new_day = np.append(True, (ids[1:] != ids[:-1]) | (days[1:] != days[:-1]))[: len(ids)]
        own, counts = np.unique(ids[new_day], return_counts=True)
        return self.take(np.isin(self.ids, own[counts > 1]))

    def losers(self, as_of: int | None) -> dict[int, Hashes]:
        """Return the ids that do not count on a day, because a version on another day does.

        Parameters
        ----------
        as_of : int, optional
            What was known by this moment, in microseconds since 1970 in UTC.

        Returns
        -------
        dict of int to ndarray of uint64
            Day -> hashes of ids.
        """
        known = self if as_of is None else self.take(self.moments <= as_of)
        order = np.lexsort((known.days, known.moments, known.ids))
        ids, days = known.ids[order], known.days[order]
        last = np.append(ids[1:] != ids[:-1], True)[: len(ids)]
        winner = np.repeat(days[last], np.diff(np.flatnonzero(last), prepend=-1))
        lost = days != winner
        return {int(day): each_once(ids[lost & (days == day)]) for day in np.unique(days[lost])}


def find_echoes(folder: Path, days: Mapping[int, StoredDay], fresh: Mapping[int, Hashes]) -> Hashes:
    """Find the ids that are new on a day and lie on another day too.

    Parameters
    ----------
    folder : Path
        The store.
    days : mapping of int to StoredDay
        All days, the new ones included.
    fresh : mapping of int to ndarray of uint64
        Day -> ids that it did not have before.

    Returns
    -------
    ndarray of uint64
        Hashes of ids, sorted.
    """
    found = [np.zeros(0, dtype=np.uint64)]
    for wanted in _groups(fresh):
        table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        table[wanted >> _SHIFT] = True
        hits = []
        for day in days.values():
            if day.ids is not None:
                ids = read_numbers(folder, day.ids)
                likely = ids[table[ids >> _SHIFT]]  # the ids are sorted, so this runs along it
                hits.append(likely[is_in(likely, wanted)])
        seen = np.sort(np.concatenate(hits))  # each id once a day
        found.append(seen[1:][seen[1:] == seen[:-1]])
    return each_once(np.concatenate(found))


def _groups(fresh: Mapping[int, Hashes]) -> Iterator[Hashes]:
    """Yield the ids of several days together, sorted and each once."""
    waiting: list[Hashes] = []
    for ids in fresh.values():
        waiting.append(ids)
        if sum(map(len, waiting)) >= _GROUP_IDS:
            yield each_once(np.concatenate(waiting))
            waiting = []
    if sum(map(len, waiting)):
        yield each_once(np.concatenate(waiting))


def each_once(values: Hashes) -> Hashes:
    """Return the distinct values, sorted; `numpy.unique` takes six times as long for hashes.

    Parameters
    ----------
    values : ndarray of uint64
        Any.

    Returns
    -------
    ndarray of uint64
        Each value once.
    """
    ordered = np.sort(values)
    return np.asarray(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]])


def is_in(values: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Say which values are among others.

    Parameters
    ----------
    values : ndarray of uint64, shape (n,)
        What is looked for.
    known : ndarray of uint64
        Sorted, each once.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where it is.
    """
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(known[places] == values)


def versions_on(folder: Path, number: int, day: StoredDay, ids: Hashes) -> Versions:
    """Read the versions of some events that lie on a day.

    Parameters
    ----------
    folder : Path
        The store.
    number : int
        The day, since 1970-01-01.
    day : StoredDay
        What it holds.
    ids : ndarray of uint64
        Hashes of the ids, sorted.

    Returns
    -------
    Versions
        Theirs.
    """
    if day.ids is None or not is_in(ids, read_numbers(folder, day.ids)).any():
        return Versions.none()
    parts = []
    for file in day.buckets:
        if file is None:
            continue
        table = read_rows(folder, file, ("event_id", "ingest_time"))
        hashes, known = id_hashes(table)
        rows = known & is_in(hashes, ids)
        moments = np.asarray(table.column("ingest_time").cast("int64").to_numpy())[rows]
        parts.append(Versions(hashes[rows], np.full(len(moments), number), moments))
    return Versions.none().plus(parts)
