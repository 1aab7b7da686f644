"""One pass over a log: canonical events day by day, and the word about what it could not use."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c2m.errors import warn
from c2m.signals.counting.repeats import drop_repeats
from c2m.signals.counting.sweep import DatedPart, split_again, sweep
from c2m.signals.logs.sources import DayByDay, Part, Source
from c2m.signals.reading.reading import EARLIEST, LATEST
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import local_days, to_utc

if TYPE_CHECKING:
    from c2m.signals.events import Events


@runtime_checkable
class Versioned(Protocol):
    """A source that keeps the versions of events, and knows which of them counts."""

    @property
    def zone(self) -> str:
        """The zone of whose days each holds an event once, and several versions of it."""
        ...

    def known_by(self, moment: int | None) -> Source:
        """Return the source as it was by a moment, in microseconds since 1970; now for None."""
        ...

    def may_repeat(self, part: Part) -> bool:
        """Say whether the day of a part may hold an event id twice."""
        ...


def scan(
    events: "Events",
    zone: str,
    wanted: Sequence[str],
    needed: Sequence[str],
    tally: Tally,
    as_of: int | None = None,
    *,
    keep_repeats: bool = False,
) -> Generator[tuple[int, Any], None, None]:
    """Read a log once.

    Parameters
    ----------
    events : Events
        The log.
    zone : str
        Whose days are meant.
    wanted : sequence of str
        Canonical columns, besides those that every pass reads.
    needed : sequence of str
        Columns, besides the required ones, without which a row is bad.
    tally : Tally
        Counts rows, bad rows, repeats.
    as_of : int, optional
        Only events that came in by this moment, in microseconds since 1970 in UTC.
    keep_repeats : bool
        Whether all events of an ``event_id`` are yielded.

    Yields
    ------
    day : int
        Days since 1970-01-01.
    events : pyarrow.Table
        The events of that day, each once; bad rows are left out.
    """
    if isinstance(events.source, DayByDay):
        days = events.source.scan_days(
            zone, wanted, needed, tally, as_of, keep_repeats=keep_repeats
        )
        yield from days
        return
    versioned = events.source if isinstance(events.source, Versioned) else None
    if versioned is not None:
        events = replace(events, source=versioned.known_by(as_of))
    checked = events.reading.checked
    names = [name for name in dict.fromkeys([*checked, *wanted]) if has_column(events, name)]
    own = list(dict.fromkeys(events.columns[name] for name in names if name in events.columns))
    repeats = tally if versioned is None else Tally()  # older versions are no mistake of the log
    spared = [] if versioned is None or "event_id" in wanted else ["event_id"]

    def _read(part: Part) -> Iterator[Any]:
        row, columns = part.first_row, own
        if versioned is not None and not versioned.may_repeat(part):
            columns = [name for name in own if name not in spared]
        for batch in events.source.read(part, columns):
            table = events.reading.read(batch, names, needed, part, row, tally)
            row += batch.num_rows
            if table is not None:
                yield table if as_of is None else _known_by(table, as_of)

    own_zone = zone if versioned is None else versioned.zone
    bounds = ((part, _bounds(events, part, own_zone)) for part in _parts(events))
    dated = [DatedPart(part, None if days is None else days[0]) for part, days in bounds]
    with closing(sweep(dated, _read, own_zone)) as days:
        kept = (
            (day, table if keep_repeats else drop_repeats(table, repeats)) for day, table in days
        )
        yield from kept if own_zone == zone else split_again(kept, zone)


def finish(events: "Events", tally: Tally) -> None:
    """Raise or tell what a pass could not use.

    Parameters
    ----------
    events : Events
        The log, which says what to do about bad rows.
    tally : Tally
        What the pass counted.

    Raises
    ------
    DataError
        If there are bad rows and ``on_bad="error"``.
    """
    if events.bad_rows is not None and tally.rejected:
        events.bad_rows.write(tally)
    if events.on_bad == "error":
        tally.raise_rejected()
    elif tally.rejected:
        warn(
            f"{tally.n_rejected:,} of {tally.rows:,} events are set aside: "
            + "; ".join(tally.problems())
        )
    for sentence in tally.left_out():
        warn(sentence)
    shifted = tally.counts.get("clock", 0)
    if shifted:
        warn(
            f"{shifted:,} times occur twice or never where the clock of {events.time_zone} "
            "changes: the first occurrence is taken, or the next moment that exists."
        )


def has_column(events: "Events", name: str) -> bool:
    """Say whether events have a canonical column; an event type they always have."""
    return name in events.columns or name == "event_type"


def first_and_last_days(events: "Events", zone: str) -> list[tuple[int, int] | None]:
    """Return the first and last day of each part, None where reading alone would tell.

    Parameters
    ----------
    events : Events
        The log.
    zone : str
        Whose days are meant.

    Returns
    -------
    list of (int, int) or None
        Days since 1970-01-01, a pair a part.
    """
    return [_bounds(events, part, zone) for part in _parts(events)]


def _parts(events: "Events") -> list[Part]:
    return events.source.parts(events.columns["event_time"])


def _bounds(events: "Events", part: Part, zone: str) -> tuple[int, int] | None:
    if part.bounds is None:
        return None
    own, reading = events.columns["event_time"], events.reading
    micros, _ = to_utc(part.bounds, own, reading.time_zone, reading.time_format)
    first, last = local_days(np.clip(micros, EARLIEST, LATEST), zone)
    return int(first), int(last)


def _known_by(table: Any, as_of: int) -> Any:
    """Return the events that the log had learned of by a moment."""
    limit = pa.scalar(as_of, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    return table.filter(pc.less_equal(table.column("ingest_time"), limit))
