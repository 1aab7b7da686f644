"""A store as a log that `Events` reads: each event once, whatever days it lies on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from c2m.signals.logs.sources import BATCH_ROWS, Part
from c2m.signals.store.echoes import Versions, is_in
from c2m.signals.store.manifest import Manifest, StoredDay, StoredFile
from c2m.signals.store.tables import ARROW_TYPES, Hashes, id_hashes, read_rows


@dataclass(frozen=True)
class StoreSource:
    """The days of a store; see `c2m.signals.logs.sources.Source`.

    Parameters
    ----------
    folder : Path
        The store.
    manifest : Manifest
        What it holds.
    losers : mapping of int to ndarray of uint64
        Day -> ids that count on another day.
    """

    folder: Path
    manifest: Manifest
    losers: Mapping[int, Hashes] = field(default_factory=dict, repr=False)
    absent: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> "StoreSource":
        """Look up what counts now."""
        return cls(folder, manifest).known_by(None)

    @property
    def types(self) -> Mapping[str, Any]:
        """Column -> Arrow type."""
        return {name: ARROW_TYPES[role] for name, role in self.manifest.columns.items()}

    @property
    def n_rows(self) -> int | None:
        """How many rows there are; unknown where some are older versions of others."""
        days = self.manifest.days.values()
        if self.manifest.echoes is not None or any(day.repeats for day in days):
            return None
        return sum(day.rows for day in days)

    @property
    def name(self) -> str:
        """How messages name the log."""
        return str(self.folder)

    @property
    def zone(self) -> str:
        """The zone whose days are kept apart; see `c2m.signals.counting.scan.Versioned`."""
        return self.manifest.tz

    def known_by(self, moment: int | None) -> "StoreSource":
        """Return the source as it was by a moment; see `c2m.signals.counting.scan.Versioned`."""
        echoes = Versions.read(self.folder, self.manifest.echoes)
        return replace(self, losers=echoes.losers(moment))

    def may_repeat(self, part: Part) -> bool:
        """Say whether a day may hold an id twice."""
        return self._listed[part.number][1].repeats

    @cached_property
    def _listed(self) -> list[tuple[int, StoredDay, StoredFile]]:
        """Return every file of rows with its day, days in order."""
        return [
            (number, day, file)
            for number, day in sorted(self.manifest.days.items())
            for file in day.buckets
            if file is not None
        ]

    def parts(self, time_column: str) -> list[Part]:
        """Return a part a file, with the bounds of its day."""
        del time_column  # it is always event_time
        kind = ARROW_TYPES["time"]
        return [
            Part(number, f" of {file.name}", 0, bounds=pa.array([day.first, day.last], kind))
            for number, (_, day, file) in enumerate(self._listed)
        ]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the rows of a file that count."""
        day, _, file = self._listed[part.number]
        lost = self.losers.get(day)
        own = columns if lost is None else [*columns, "event_id"]
        table = read_rows(self.folder, file, own)
        if lost is not None:
            hashes, known = id_hashes(table)
            table = table.filter(pa.array(~(known & is_in(hashes, lost))))
        names = [name for name in columns if name in table.column_names]
        yield from table.select(names).to_batches(max_chunksize=BATCH_ROWS)
