"""A user is forgotten: the buckets that hold rows of theirs are written again without them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c2m.signals.counting.sweep import event_micros
from c2m.signals.store.echoes import Versions, each_once, is_in, versions_on
from c2m.signals.store.manifest import Manifest, StoredDay, StoredFile
from c2m.signals.store.tables import (
    Hashes,
    bucket_of,
    id_hashes,
    read_numbers,
    read_rows,
    write_numbers,
    write_rows,
)


def forget(folder: Path, before: Manifest, keys: Collection[str]) -> tuple[Manifest, int]:
    """Write what a store holds without the rows of some users.

    Parameters
    ----------
    folder : Path
        The store.
    before : Manifest
        What it holds.
    keys : collection of str
        The ``user_key`` of each.

    Returns
    -------
    Manifest
        What it will hold.
    int
        How many rows are gone.
    """
    days, gone, n_rows = {}, {}, 0
    for number, day in before.days.items():
        left, removed, count = _without(folder, number, day, keys)
        if left is not None:
            days[number] = left
        if count:
            gone[number] = removed
            n_rows += count
    echoes = before.echoes
    if echoes is not None and gone:
        echoes = _without_echoes(folder, echoes, days, gone).write(folder)
    return replace(before, days=days, echoes=echoes), n_rows


def _without(
    folder: Path, number: int, day: StoredDay, keys: Collection[str]
) -> tuple[StoredDay | None, Hashes, int]:
    """Return a day without some users, the ids of the rows that went, and their number."""
    files: list[StoredFile | None] = list(day.buckets)
    removed, count = [np.zeros(0, dtype=np.uint64)], 0
    for bucket in {bucket_of(key, len(files)) for key in keys}:
        file = files[bucket]
        if file is None:
            continue
        files[bucket], ids, rows = _without_rows(folder, number, bucket, file, keys)
        removed.append(ids)
        count += rows
    if not count:
        return day, removed[0], 0
    if not any(files):
        return None, each_once(np.concatenate(removed)), count
    first, last = _times(folder, files)
    left = replace(day, buckets=tuple(files), first=first, last=last)
    went = each_once(np.concatenate(removed))
    return replace(left, ids=_ids_without(folder, number, left, went)), went, count


def _without_rows(
    folder: Path, number: int, bucket: int, file: StoredFile, keys: Collection[str]
) -> tuple[StoredFile | None, Hashes, int]:
    users = read_rows(folder, file, ("user_key",))
    if not users.num_columns:
        return file, np.zeros(0, dtype=np.uint64), 0
    texts = users.column(0).cast(pa.string())
    theirs = pc.is_in(texts, value_set=pa.array(sorted(keys), pa.string()))
    count = pc.sum(theirs).as_py() or 0
    if not count:
        return file, np.zeros(0, dtype=np.uint64), 0
    table = read_rows(folder, file)
    hashes, known = id_hashes(table.filter(theirs))
    left = table.filter(pc.invert(theirs))
    stem = f"{np.datetime64(number, 'D')}.{bucket}"
    return (write_rows(folder, stem, left) if left.num_rows else None), hashes[known], count


def _times(folder: Path, files: Sequence[StoredFile | None]) -> tuple[int, int]:
    """Return the least and largest event time that is left: the old ones may be of a user."""
    tables = [read_rows(folder, file, ("event_time",)) for file in files if file is not None]
    times = np.concatenate([event_micros(table) for table in tables])
    return int(times.min()), int(times.max())


def _ids_without(folder: Path, number: int, day: StoredDay, went: Hashes) -> StoredFile | None:
    """Write the ids of a day again, without those of rows that went and have no other version."""
    if day.ids is None or not len(went):
        return day.ids
    kept = each_once(versions_on(folder, number, day, went).ids) if day.repeats else went[:0]
    ids = read_numbers(folder, day.ids)
    left = ids[~is_in(ids, went) | is_in(ids, kept)]
    return write_numbers(folder, str(np.datetime64(number, "D")), left) if len(left) else None


def _without_echoes(
    folder: Path, file: StoredFile, days: dict[int, StoredDay], gone: dict[int, Hashes]
) -> Versions:
    """Return the versions that are left of events that lie on several days."""
    versions = Versions.read(folder, file)
    parts = []
    for number, ids in gone.items():
        versions = versions.take((versions.days != number) | ~is_in(versions.ids, ids))
        if number in days:
            parts.append(versions_on(folder, number, days[number], ids))
    return versions.plus(parts).on_several_days()
