"""The events of a day, sorted by how exactly they name what they are about."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.counting.coding import kind_numbers, used_values
from c2m.signals.identity.crosswalk import Crosswalk, Things
from c2m.signals.identity.levels import EVENT_IDS
from c2m.signals.schema import KINDS

UNMATCHED: Final = "unmatched"
NAMELESS: Final = "no id"
"""What becomes of events besides the levels: their ids lead nowhere, or they have none."""

_MOST_UNMATCHED: Final = 200_000
"""Different unmatched ids that are remembered; the others are only counted."""

_N_KINDS: Final = len(KINDS)


@dataclass
class Outcome:
    """What a pass found out about ids.

    Parameters
    ----------
    counts : dict of str to ndarray of int64, shape (n_kinds, n_levels + 2)
        Source -> its events by kind, and by the level that they name, the last two columns for
        `UNMATCHED` and `NAMELESS`.
    unmatched : Counter
        (source, column, id) -> events that name nothing that the catalogue knows.
    torn : int
        Events of which two ids disagree; the finer one counts, and of equals the first.
    replaced : Counter
        Old SKU -> events that count for its successor.
    """

    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    unmatched: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    torn: int = 0
    replaced: Counter[str] = field(default_factory=Counter)


class Resolver:
    """Finds out what events are about.

    Parameters
    ----------
    crosswalk : Crosswalk
        The catalogue.
    level : str
        The level that is counted: finer ids count for what they belong to.
    source : str
        The system that events are of which do not say.
    kinds : collection of int, optional
        Numbers of the kinds that are wanted; all unless given.
    """

    def __init__(
        self, crosswalk: Crosswalk, level: str, source: str, kinds: Collection[int] | None = None
    ) -> None:
        self.crosswalk, self.source, self.level = crosswalk, source, level
        self.place = crosswalk.levels.index(level)
        self.kinds = None if kinds is None else np.isin(np.arange(_N_KINDS), list(kinds))
        self.outcome = Outcome()

    def resolve(self, day: int, table: Any) -> Iterator[tuple[str, Any]]:
        """Yield the events of a day, a table a level.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        table : pyarrow.Table
            Canonical events.

        Yields
        ------
        level : str
            The level that is counted, or a coarser one.
        events : pyarrow.Table
            Events that name a thing of that level; ``sku`` is its code. Those without any id
            come with the level that is counted. What leads nowhere is counted and left out.
        """
        kinds = kind_numbers(table)
        if self.kinds is not None and not (wanted := self.kinds[kinds]).all():
            table, kinds = table.filter(pa.array(wanted)), kinds[wanted]
        things = np.full(table.num_rows, -1, dtype=np.int64)
        nameless = np.ones(table.num_rows, dtype=bool)
        for source, rows in self._sources(table):
            part = table if rows is None else table.take(pa.array(rows))
            where = slice(None) if rows is None else rows
            found, empty = self._find(source, part)
            things[where], nameless[where] = self._succeed(day, found), empty
            self._count(source, part, kinds[where], things[where], empty)
        yield from self._sorted(table, things, nameless)

    def _sources(self, table: Any) -> Iterator[tuple[str, NDArray[np.intp] | None]]:
        """Yield each source of a table with its rows; None stands for all."""
        if "source_system" not in table.column_names:
            yield self.source, None
            return
        values, places = used_values(table.column("source_system").combine_chunks())
        names = [*values.cast(pa.string()).to_pylist(), self.source]
        if len(np.unique(places)) <= 1:
            yield (names[places[0]] if len(places) else self.source), None
            return
        for name in dict.fromkeys(names):
            rows = np.flatnonzero(
                np.isin(places, [at for at, own in enumerate(names) if own == name])
            )
            if len(rows):
                yield name, rows

    def _find(self, source: str, table: Any) -> tuple[Things, BoolArray]:
        """Return what each event is about, and where there is no id at all."""
        best = np.full(table.num_rows, -1, dtype=np.int64)
        nameless = np.ones(table.num_rows, dtype=bool)
        for column in EVENT_IDS:
            if column not in table.column_names:
                continue
            found, given = self._find_in(source, column, table.column(column))
            nameless &= ~given
            best = self._finer(best, found)
        return best, nameless

    def _find_in(self, source: str, column: str, values: Any) -> tuple[Things, BoolArray]:
        things, given = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=bool)]
        for chunk in values.chunks:
            texts, places = used_values(chunk)
            known = np.append(self.crosswalk.find(source, column, texts), -1)
            things.append(known[places])
            given.append(places < len(texts))
        return np.concatenate(things), np.concatenate(given)

    def _finer(self, first: Things, second: Things) -> Things:
        """Return the finer of two things an event, the first of equals; count disagreement."""
        both = (first >= 0) & (second >= 0) & (first != second)
        if not both.any():
            return np.where(first < 0, second, first)
        levels, parents = self.crosswalk.level_of, self.crosswalk.parents
        swap = (first < 0) | (levels(second) < levels(first)) & (second >= 0)
        finer, coarser = np.where(swap, second, first), np.where(swap, first, second)
        above = parents[finer[both], levels(coarser[both])]
        self.outcome.torn += int(np.count_nonzero((above >= 0) & (above != coarser[both])))
        return finer

    def _succeed(self, day: int, things: Things) -> Things:
        """Replace SKUs by their successors of that day."""
        if not len(self.crosswalk.catalogue.links):
            return things
        now = np.append(self.crosswalk.successors(day), -1)[things]
        moved = things[(now != things) & (things >= 0) & (things < self.crosswalk.starts[1])]
        for thing, count in zip(*np.unique(moved, return_counts=True), strict=True):
            if now.size and self.crosswalk.successors(day)[thing] >= 0:
                self.outcome.replaced[self.crosswalk.names[int(thing)].as_py()] += int(count)
        return now

    def _count(
        self, source: str, table: Any, kinds: NDArray[np.int8], things: Things, nameless: BoolArray
    ) -> None:
        width = len(self.crosswalk.levels) + 2
        levels = self.crosswalk.level_of(things) + nameless  # unmatched, then no id at all
        counts = np.bincount(kinds * np.int64(width) + levels, minlength=_N_KINDS * width)
        known = self.outcome.counts.setdefault(source, np.zeros((_N_KINDS, width), dtype=np.int64))
        known += counts.reshape(_N_KINDS, width)
        lost = (things < 0) & ~nameless
        if lost.any():
            self._remember(source, table.filter(pa.array(lost)))

    def _remember(self, source: str, lost: Any) -> None:
        """Count the ids of events that lead nowhere."""
        for column in EVENT_IDS:
            if column not in lost.column_names or not lost.num_rows:
                continue
            values = lost.column(column)
            for entry in values.value_counts().to_pylist():
                name = (source, column, str(entry["values"]))
                if entry["values"] is not None and (
                    name in self.outcome.unmatched or len(self.outcome.unmatched) < _MOST_UNMATCHED
                ):
                    self.outcome.unmatched[name] += entry["counts"]
            lost = lost.filter(pc.is_null(values))

    def _sorted(self, table: Any, things: Things, nameless: BoolArray) -> Iterator[tuple[str, Any]]:
        """Yield the events of each level, with the code of their thing in place of the SKU."""
        levels, crosswalk = self.crosswalk.levels, self.crosswalk
        places = np.maximum(crosswalk.level_of(things), self.place)
        places[nameless & (things < 0)] = self.place
        for place in range(self.place, len(levels)):
            rows = places == place
            if not rows.any() and place > self.place:
                continue
            part = table if rows.all() else table.filter(pa.array(rows))
            own = things if rows.all() else things[rows]
            up = np.append(crosswalk.parents[:, place], -1)[own]
            column = pa.DictionaryArray.from_arrays(
                pa.array(up.astype(np.int32), mask=up < 0), crosswalk.names
            )
            yield levels[place], with_sku(part, column)


def with_sku(table: Any, column: Any) -> Any:
    """Return events with another ``sku``.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events.
    column : pyarrow.Array
        A code an event.

    Returns
    -------
    pyarrow.Table
        The same events.
    """
    if "sku" in table.column_names:
        return table.set_column(table.column_names.index("sku"), "sku", column)
    return table.append_column("sku", column)
