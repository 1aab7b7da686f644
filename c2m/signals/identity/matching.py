"""What a pass found out about ids, as tables and sentences."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from c2m.errors import warn
from c2m.frames import name_list
from c2m.signals.counting.scan import scan
from c2m.signals.identity.catalogue import Catalogue
from c2m.signals.identity.crosswalk import Crosswalk
from c2m.signals.identity.levels import EVENT_IDS, PREFIX, word
from c2m.signals.identity.resolve import NAMELESS, UNMATCHED, Outcome, Resolver
from c2m.signals.identity.spelling import WAYS, WORDS, spell
from c2m.signals.reading.tally import Tally
from c2m.signals.schema import EVENT_TYPES, KINDS

if TYPE_CHECKING:
    from c2m.signals.events import Events

_MOST_LISTED: Final = 5
"""Unmatched ids that a warning shows."""

_MOST_TRIED: Final = 20_000
"""Unmatched ids, the most frequent ones, whose spelling is tried."""


@dataclass(frozen=True, eq=False, repr=False)
class Matching:
    """How the ids of a log match a catalogue. Made by `match_ids`.

    Parameters
    ----------
    counts : DataFrame
        ``source``, ``kind``, ``names`` (a level, ``"unmatched"`` or ``"no id"``), ``events``.
    unmatched : DataFrame
        ``source``, ``column``, ``id``, ``events``: the ids that lead nowhere, most frequent first.
    suggestions : tuple of str
        What would make more of them match; nothing of it is done unless it is passed.
    torn : int
        Events of which two ids disagree.
    """

    counts: pd.DataFrame
    unmatched: pd.DataFrame
    suggestions: tuple[str, ...] = ()
    torn: int = field(default=0)

    def summary(self) -> pd.DataFrame:
        """Return the events by source and kind, a column for what they name."""
        table = self.counts.pivot_table(
            index=["source", "kind"], columns="names", values="events", aggfunc="sum", fill_value=0
        )
        return table[list(dict.fromkeys(self.counts["names"]))]

    def to_frame(self) -> pd.DataFrame:
        """Return the unmatched ids, most frequent first."""
        return self.unmatched

    def __repr__(self) -> str:
        """Say what it is in one line."""
        total = int(self.counts["events"].sum())
        lost = int(self.counts["events"][self.counts["names"] == UNMATCHED].sum())
        return (
            f"Matching({total:,} events, {lost:,} unmatched, {len(self.unmatched):,} unmatched ids)"
        )

    def _repr_html_(self) -> str:
        """Return the events by what they name, and what might help, as HTML for a notebook."""
        helps = "".join(f"<li>{escape(text)}</li>" for text in self.suggestions)
        listed = f"<ul>{helps}</ul>" if helps else ""
        head = f"<p><code>{escape(repr(self))}</code></p>"
        return f"<div>{head}{self.summary().to_html()}{listed}</div>"


def match_ids(events: "Events", catalogue: Catalogue) -> Matching:
    """Look up the ids of a log in a catalogue. Reads the log once.

    Parameters
    ----------
    events : Events
        The log.
    catalogue : Catalogue
        The catalogue.

    Returns
    -------
    Matching
        What the events name, by source and kind; the ids that lead nowhere; what might help.

    Examples
    --------
    >>> from c2m.signals import read_events
    >>> log = pd.DataFrame({"event_time": "2026-11-22T09:00Z", "event_type": "view",
    ...                     "sku": ["42", "0007"]})
    >>> catalogue = Catalogue.from_frame(pd.DataFrame({"sku": ["0042", "0007"]}))
    >>> match_ids(read_events(log), catalogue).suggestions
    ("1 id of 'canonical' (1 event) matches after stripping zeros: pass normalise={'canonical': \
['zeros']} to Catalogue.from_frame",)
    """
    crosswalk = Crosswalk(catalogue)
    resolver = Resolver(crosswalk, "sku", events.schema)
    wanted = id_columns(events.columns)
    with closing(scan(events, events.time_zone or "UTC", wanted, (), Tally())) as days:
        for day, table in days:
            for _ in resolver.resolve(day, table):
                pass
    return describe(crosswalk, resolver.outcome)


def id_columns(columns: Collection[str]) -> list[str]:
    """Return the columns of a log that say what an event is about.

    Parameters
    ----------
    columns : collection of str
        Canonical columns that it has.

    Returns
    -------
    list of str
        Those that name a product, or the system whose ids they are.
    """
    return [name for name in (*EVENT_IDS, "source_system") if name in columns]


def describe(crosswalk: Crosswalk, outcome: Outcome) -> Matching:
    """Return what a pass found out as tables.

    Parameters
    ----------
    crosswalk : Crosswalk
        The catalogue.
    outcome : Outcome
        What was found out.

    Returns
    -------
    Matching
        The tables.
    """
    names = [*crosswalk.levels, UNMATCHED, NAMELESS]
    rows = [
        (source, KINDS[kind], names[place], int(counts[kind, place]))
        for source, counts in sorted(outcome.counts.items())
        for kind, place in np.argwhere(counts)
    ]
    unmatched = pd.DataFrame(
        [(*name, count) for name, count in outcome.unmatched.most_common()],
        columns=["source", "column", "id", "events"],
    )
    return Matching(
        pd.DataFrame(rows, columns=["source", "kind", "names", "events"]),
        unmatched,
        tuple(_suggest(crosswalk, outcome.unmatched)),
        outcome.torn,
    )


def tell_matching(resolver: Resolver | None, level: str) -> Crosswalk | None:
    """Warn of what a pass could not match, or counted at a coarser level.

    Parameters
    ----------
    resolver : Resolver, optional
        What found out what events are about.
    level : str
        The level that is counted.

    Returns
    -------
    Crosswalk, optional
        The catalogue that it used.
    """
    if resolver is None:
        return None
    crosswalk, outcome = resolver.crosswalk, resolver.outcome
    matching = describe(crosswalk, outcome)
    _tell_unmatched(matching)
    _tell_coarse(matching, crosswalk.levels, level)
    named = set(crosswalk.catalogue.ids["source"])
    if named and not named & set(outcome.counts):
        warn(
            f"No event is of the sources {name_list(sorted(named))}, which ids= of the catalogue "
            f"names; there are {name_list(sorted(outcome.counts))}. Name them as source_system "
            "does."
        )
    if outcome.torn:
        warn(
            f"{outcome.torn:,} events have ids that disagree in the catalogue: the finest counts, "
            "and of equals sku before variant_id."
        )
    if outcome.replaced:
        first = outcome.replaced.most_common(1)[0][0]
        warn(
            f"{outcome.replaced.total():,} events name {len(outcome.replaced):,} replaced SKUs "
            f"(most often {first!r}) and count for their successors."
        )
    return crosswalk


def _tell_unmatched(matching: Matching) -> None:
    lost = matching.counts[matching.counts["names"] == UNMATCHED]
    if not len(lost):
        return
    listed = ", ".join(
        f"{row.source} {row.kind} {row.events:,}" for row in lost.itertuples(index=False)
    )
    ids = ", ".join(
        f"{row.id!r} ({row.events:,})"
        for row in matching.unmatched.head(_MOST_LISTED).itertuples(index=False)
    )
    hints = "".join(f" {hint}." for hint in matching.suggestions)
    warn(
        f"{int(lost['events'].sum()):,} of {int(matching.counts['events'].sum()):,} events name "
        f"{len(matching.unmatched):,} ids that the catalogue does not know, and are left out "
        f"({listed}; most often {ids}).{hints} Add them to the catalogue; "
        "c2m.signals.match_ids(events, catalogue).unmatched lists them."
    )


def _tell_coarse(matching: Matching, levels: Sequence[str], level: str) -> None:
    """Tell of units, and of kinds that are known at several levels, that no SKU has."""
    start = levels.index(level)
    fine, coarse = levels[: start + 1], levels[start + 1 :]
    table = matching.counts.assign(
        names=matching.counts["names"].where(~matching.counts["names"].isin(fine), level)
    )
    for kind, rows in table.groupby("kind", sort=False):
        events = rows.groupby("names")["events"].sum()
        known = {name: int(events[name]) for name in (level, *coarse) if name in events}
        above = [name for name in coarse if name in known]
        if not above or (len(known) == 1 and EVENT_TYPES[str(kind)].units is None):
            continue
        channel = EVENT_TYPES[str(kind)].units or EVENT_TYPES[str(kind)].count
        listed = ", ".join(f"{known[name]:,} a {word(name)}" for name in known)
        places = " and ".join(f"{PREFIX[name]}{channel}" for name in above)
        warn(
            f"{sum(known[name] for name in above):,} {kind} events name no {word(level)} but what "
            f"it belongs to ({listed}). They are in {places}, the same number on each "
            f"{word(level)}, and not in {channel}. Count them with level={above[-1]!r}."
        )


def _suggest(crosswalk: Crosswalk, unmatched: Counter[tuple[str, str, str]]) -> Iterator[str]:
    """Say what would make the ids of a source match; the fewest changes that match the most."""
    for source, column in sorted({name[:2] for name in unmatched}):
        own = {name[2]: count for name, count in unmatched.items() if name[:2] == (source, column)}
        texts = pa.array(sorted(own, key=own.__getitem__)[-_MOST_TRIED:], pa.string())
        best: tuple[int, Sequence[str], str] = (0, (), "")
        for target in dict.fromkeys([column, *EVENT_IDS]):
            for ways in _more_ways(crosswalk.catalogue.ways(source), same=target == column):
                count, ids = _matches(crosswalk, source, target, texts, ways)
                if count > best[0]:
                    best, found = (count, ways, target), ids
        if best[0]:
            yield _suggestion(source, column, best[1], best[2], found, own)


def _more_ways(known: Sequence[str], *, same: bool) -> Iterator[tuple[str, ...]]:
    """Yield ways of spelling, those that change least first."""
    fresh = [way for way in WAYS if way not in known]
    for size in range(1 if same else 0, len(fresh) + 1):
        for added in combinations(fresh, size):
            yield tuple(way for way in WAYS if way in known or way in added)


def _matches(
    crosswalk: Crosswalk, source: str, column: str, texts: "pa.Array", ways: Sequence[str]
) -> tuple[int, "pa.Array"]:
    """Count the ids that would match in one way of spelling, each only one thing."""
    known = crosswalk.known_ids(source, column)
    keys = spell(pa.array(known["id"].to_numpy(dtype=object), pa.string()), ways, of_event=False)
    hit = pc.is_in(spell(texts, ways, of_event=True), value_set=keys)
    if not pc.any(hit).as_py():
        return 0, texts[:0]
    pairs = pd.DataFrame({"key": keys.to_pylist(), "thing": known["thing"].to_numpy()})
    single = pairs.drop_duplicates().drop_duplicates("key", keep=False)["key"]
    single = pa.array(single.to_numpy(dtype=object), pa.string())
    hit = pc.is_in(spell(texts, ways, of_event=True), value_set=single)
    ids = texts.filter(hit)
    return len(ids), ids


def _suggestion(
    source: str, column: str, ways: Sequence[str], target: str, ids: "pa.Array", own: dict[str, int]
) -> str:
    events = sum(own[name] for name in ids.to_pylist())
    one = len(ids) == 1
    noun, happened = "id" if one else "ids", "event" if events == 1 else "events"
    what = f"{len(ids):,} {noun} of {source!r} ({events:,} {happened})"
    does = f"{what} {'matches' if one else 'match'}"
    call = []
    if target != column:
        does += f" {target!r} of the catalogue"
        level = target if target == "product_id" else "sku"
        call.append(f"ids={{{source!r}: {{{level!r}: {target!r}}}}}")
    if ways:
        does += f" after {' and '.join(WORDS[way] for way in ways)}"
        call.append(f"normalise={{{source!r}: {list(ways)!r}}}")
    return f"{does}: pass {' and '.join(call)} to Catalogue.from_frame"
