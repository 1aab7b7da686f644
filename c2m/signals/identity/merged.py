"""Several logs as one source: the days of all of them, interleaved."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c2m.errors import DataError
from c2m.signals.counting.coding import kind_numbers, user_ids
from c2m.signals.counting.scan import scan
from c2m.signals.identity.authority import RETURN, Authority, Orders, Verdict
from c2m.signals.logs.sources import Part
from c2m.signals.reading.columns import plain_type
from c2m.signals.reading.pseudonyms import ROLES
from c2m.signals.reading.tally import Tally
from c2m.signals.schema import COLUMNS

if TYPE_CHECKING:
    from c2m.signals.events import Events

_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class MergedSource:
    """Logs of several systems, and who is believed about what. See `c2m.signals.combine`.

    Parameters
    ----------
    members : mapping of str to Events
        Source -> its log.
    authority : Authority
        Who is believed.
    types : mapping of str to pyarrow.DataType
        Canonical column -> its type, for every column that any of them has.
    """

    members: "Mapping[str, Events]"
    authority: Authority
    types: Mapping[str, Any]
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_rows(self) -> int | None:
        """How many rows the logs have together, those included that will not count."""
        rows = [events.n_events for events in self.members.values()]
        return None if any(one is None for one in rows) else sum(one or 0 for one in rows)

    @property
    def name(self) -> str:
        """How messages name it."""
        return " + ".join(self.members)

    def parts(self, time_column: str) -> list[Part]:
        """Return one part of unknown bounds: which days count is known when all are read.

        Parameters
        ----------
        time_column : str
            Not used.

        Returns
        -------
        list of Part
            The part.
        """
        del time_column
        return [Part(0, "", 0)]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Any]:
        """Yield all canonical events; `scan_days` is what a pass uses.

        Parameters
        ----------
        part : Part
            Not used.
        columns : sequence of str
            Canonical columns.

        Yields
        ------
        pyarrow.RecordBatch
            Events.
        """
        del part
        for _, table in self.scan_days("UTC", columns, (), Tally()):
            yield from table.select(columns).to_batches()

    def scan_days(
        self,
        zone: str,
        wanted: Sequence[str],
        needed: Sequence[str],
        tally: Tally,
        as_of: int | None = None,
        *,
        keep_repeats: bool = False,
    ) -> Generator[tuple[int, Any], None, None]:
        """Read every log once, day by day together; see `c2m.signals.counting.scan.scan`.

        Logs whose order ids decide what another may add are read once more before, for these ids
        only: sixteen bytes an order are kept.

        Parameters
        ----------
        zone, wanted, needed, tally, as_of, keep_repeats
            See `c2m.signals.counting.scan.scan`.

        Yields
        ------
        day : int
            Days since 1970-01-01.
        events : pyarrow.Table
            Its events; a day or two of each log are in memory.

        Raises
        ------
        ArgumentError
            After the last day, if several logs have a kind of which nobody has the authority.
        DataError
            If a log lacks a column that is needed, or has bad rows and ``on_bad="error"``.
        """
        self._refuse_absent(needed)
        names = list(dict.fromkeys([*wanted, "event_time", "event_type"]))
        names = [name for name in names if name in self.types]
        verdict = Verdict(self.authority, *self._find_orders(zone, as_of))
        tallies = {name: Tally() for name in self.members}
        with ExitStack() as stack:
            open_days = {}
            for name, events in self.members.items():
                own = self._read_of(name, names)
                days = scan(
                    events, zone, own, needed, tallies[name], as_of, keep_repeats=keep_repeats
                )
                open_days[name] = stack.enter_context(closing(days))
            for day, tables in _together(open_days):
                kept = [self._kept(name, table, names, verdict) for name, table in tables]
                if joined := [table for table in kept if table.num_rows]:
                    yield day, pa.concat_tables(joined)
        self._close(tallies, tally, verdict)

    def _read_of(self, source: str, names: Sequence[str]) -> list[str]:
        """Return the columns to read of a log."""
        own = self.members[source].columns
        orders = ["order_id"] if source in self.authority.by_orders() else []
        return [name for name in dict.fromkeys([*names, *orders]) if name in own]

    def _kept(self, source: str, table: Any, names: Sequence[str], verdict: Verdict) -> Any:
        """Return the events of a source that count, in the columns and types of all."""
        keep = verdict.keep(source, table)
        table = table if keep.all() else table.filter(pa.array(keep))
        return pa.table({name: self._column(source, table, name) for name in names})

    def _column(self, source: str, table: Any, name: str) -> Any:
        """Return a column of a source as all of them have it."""
        if name == "source_system":
            codes = pa.array(np.zeros(table.num_rows, dtype=np.int32))
            return pa.DictionaryArray.from_arrays(codes, pa.array([source]))
        kind = self.types[name]
        if name not in table.column_names:
            if COLUMNS[name] == "number":
                return pa.array(np.full(table.num_rows, np.nan))
            return pa.nulls(table.num_rows, kind)
        column = table.column(name)
        if name == "event_id":  # ids are unique in their own log only
            return pc.binary_join_element_wise(source, column.cast(pa.string()), ":")
        if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
            return column.cast(pa.string()).dictionary_encode()
        return column

    def _refuse_absent(self, needed: Sequence[str]) -> None:
        """Refuse logs without the columns that every event needs."""
        problems = [
            f"the log of {source!r} has no column {name!r}, which this call needs"
            for source, events in self.members.items()
            for name in needed
            if name not in events.columns and name != "source_system"
        ]
        if problems:
            raise DataError(
                "events", problems, "name the columns in read_events, or leave out key= or as_of="
            )

    def _find_orders(
        self, zone: str, as_of: int | None
    ) -> tuple[dict[str, Orders], dict[str, Orders]]:
        """Return the orders of the sources that come before others: all, and without returns."""
        orders, placed = {}, {}
        for source in self.authority.with_orders():
            found, more = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.uint64)]
            events = self.members[source]
            needed = [] if as_of is None else ["ingest_time"]
            with closing(scan(events, zone, ["order_id"], needed, Tally(), as_of)) as days:
                for _, table in days:
                    column = self._column(source, table, "order_id")
                    column = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
                    ids, known = user_ids(column)
                    found.append(np.unique(ids[known]))
                    more.append(np.unique(ids[known & (kind_numbers(table) != RETURN)]))
            orders[source] = np.unique(np.concatenate(found))
            placed[source] = np.unique(np.concatenate(more))
        return orders, placed

    def _close(self, tallies: Mapping[str, Tally], tally: Tally, verdict: Verdict) -> None:
        """Hand on what each log could not use, and what was decided."""
        strict = Tally()
        for source, own in tallies.items():
            events = self.members[source]
            if events.bad_rows is not None and own.rejected:
                events.bad_rows.write(own)
            _merge(source, own, strict if events.on_bad == "error" else tally)
        strict.raise_rejected()
        _merge_counts(strict, tally)
        verdict.refuse_doubt()
        tally.notes += verdict.sentences()


def merged_types(members: "Mapping[str, Events]") -> dict[str, Any]:
    """Return the type of every canonical column that any log has.

    Parameters
    ----------
    members : mapping of str to Events
        Source -> its log.

    Returns
    -------
    dict of str to pyarrow.DataType
        Whole numbers where all logs have them (pseudonyms), else text, for codes.
    """
    types: dict[str, Any] = {}
    plain = {"time": pa.timestamp("us", tz="UTC"), "number": pa.float64()}
    for name, kind in COLUMNS.items():
        having = [events for events in members.values() if name in events.columns]
        if name == "event_type":
            types[name] = pa.dictionary(pa.int8(), pa.string())
        elif name == "source_system":
            types[name] = _TEXT
        elif having and kind in plain:
            types[name] = plain[kind]
        elif having and name == "event_id":
            types[name] = pa.string()
        elif having:
            whole = all(_is_whole(events, name) for events in having)
            types[name] = pa.int64() if whole else _TEXT
    return types


def _is_whole(events: "Events", name: str) -> bool:
    """Say whether a column of codes is read as whole numbers."""
    if events.reading.pseudonyms is not None and name in ROLES:
        return True
    kind = plain_type(events.reading.types[name])
    return bool(pa.types.is_integer(kind) and not pa.types.is_uint64(kind))


def _together(
    open_days: Mapping[str, Iterator[tuple[int, Any]]],
) -> Iterator[tuple[int, list[tuple[str, Any]]]]:
    """Yield each day with the tables of the sources that have it."""
    heads = {name: next(days, None) for name, days in open_days.items()}
    while any(head is not None for head in heads.values()):
        day = min(head[0] for head in heads.values() if head is not None)
        due = {name: head[1] for name, head in heads.items() if head is not None and head[0] == day}
        yield day, list(due.items())
        for name in due:
            heads[name] = next(open_days[name], None)


def _merge(source: str, own: Tally, tally: Tally) -> None:
    """Add what a log could not use to what all could not."""
    for reason, (count, where, fix) in own.rejected.items():
        tally.refuse(f"{source}: {reason}", fix, where, count)
    _merge_counts(own, tally)


def _merge_counts(own: Tally, tally: Tally) -> None:
    tally.notes += own.notes
    tally.rows += own.rows
    tally.leave(own.unread)
    for key, count in own.counts.items():
        tally.add(key, count)
