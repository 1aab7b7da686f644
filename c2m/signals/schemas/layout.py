"""What c2m knows of the export of a shop system: a `Layout`, and what its reader yields."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

Format = Literal["parquet", "csv", "json"]
"""What a log lies in; ``"json"`` is an array of objects, one object, or one object a line."""

Event = Mapping[str, Any]
"""Canonical column -> value. ``event_type`` is canonical, times are microseconds since 1970 in
UTC as int, codes are text, numbers float; what is unknown is left out or None. User, session and
order ids are raw here: whoever takes the events replaces them by keyed pseudonyms."""


@dataclass(frozen=True)
class Record:
    """One record of the source: a row of a table, or one JSON object.

    Parameters
    ----------
    row : int
        Its number in its file, from 0.
    values : mapping of str to object
        Its fields, those of `Layout.fields` only. Anything that JSON can hold: check types.
    """

    row: int
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Bad:
    """A record, or a part of one, that cannot be used.

    Parameters
    ----------
    row : int
        Number of the record.
    reason : str
        What is wrong: ``"no time in 'created_at'"``. It never shows a value.
    fix : str
        What to do about it.
    """

    row: int
    reason: str
    fix: str


@dataclass(frozen=True)
class Unread:
    """A record that is in order but means nothing for demand, such as a page view.

    Parameters
    ----------
    row : int
        Number of the record.
    kind : str
        What it is, in the words of the source; texts that are not known there are ``"other"``.
    """

    row: int
    kind: str


@dataclass(frozen=True)
class Found:
    """An event, and the record that it comes from.

    Parameters
    ----------
    row : int
        Number of the record.
    event : mapping of str to object
        See `Event`.
    """

    row: int
    event: Event = field(repr=False)


Outcome = Found | Bad | Unread
"""What becomes of a record; one record may have many outcomes (an order with its lines)."""

Convert = Callable[[Iterable[Record]], Iterator[Outcome]]
"""A generator over the records of one file in their order; state lives in its local names."""


@dataclass(frozen=True)
class Aside:
    """What a source could not turn into rows.

    Parameters
    ----------
    bad : tuple of (Bad, mapping)
        Records that cannot be used, each with its fields that may be shown.
    unread : mapping of str to int
        Kind of record in the source -> how many of them mean nothing for demand.
    more : mapping of Bad to int
        The first of many bad records of one reason that are not listed -> how many there are.
    num_rows : int
        0, as it takes the place of a batch without rows.
    """

    bad: tuple[tuple[Bad, Mapping[str, Any]], ...] = field(default=(), repr=False)
    unread: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    more: Mapping[Bad, int] = field(default_factory=lambda: MappingProxyType({}))
    num_rows: int = 0


ConvertBatch = Callable[[Any, int, dict[str, Any]], Iterator[Any]]
"""Rows, number of the first of them, what this pass over the log remembers -> batches of canonical
columns and `ROW`, and `Aside`. Rows are an Arrow batch with `Layout.fields`, or a list of `Record`.
What is remembered starts empty, and is shared by all files of a pass."""

ROW: Final = "record number"
"""Column of a batch that says from which record of its file each row comes."""


class BadList:
    """Bad records of one reason after the other: the first are listed, all are counted."""

    def __init__(self) -> None:
        self.listed: list[Bad] = []
        self.more: dict[tuple[str, str], tuple[Bad, int]] = {}

    def add(self, bad: Bad) -> None:
        """Add a record.

        Parameters
        ----------
        bad : Bad
            What is wrong with it.
        """
        if len(self.listed) < _MOST_LISTED:
            self.listed.append(bad)
            return
        what = (bad.reason, bad.fix)
        first, count = self.more.get(what, (bad, 0))
        self.more[what] = first, count + 1

    def take(self) -> Iterator[Aside]:
        """Yield what there is, and forget it."""
        if self.listed:
            more = dict(self.more.values())
            yield Aside(tuple((bad, MappingProxyType({})) for bad in self.listed), more=more)
            self.listed, self.more = [], {}


_MOST_LISTED: Final = 1 << 12


@dataclass(frozen=True)
class Layout:
    """How the export of one system is read: by `columns`, `convert` or `convert_batch`.

    Parameters
    ----------
    name : str
        What ``schema=`` takes: ``"shopify_orders"``.
    title : str
        Its name for people: ``"Shopify orders, CSV export"``.
    source : str
        Address of its public description.
    formats : tuple of {"parquet", "csv", "json"}
        What it may lie in.
    reads : mapping of str to str
        Canonical column -> where it comes from, in the words of the source.
    event_types : mapping of str to str
        Kind of event in the source -> canonical kind. Other kinds are left out and counted.
    drops : tuple of str
        Personal fields of the source, which are never read.
    traps : tuple of str
        What is easy to get wrong, and what is done about it; a sentence each.
    fields : tuple of str
        Top-level fields of the source that a `convert` is handed, where they are there.
    required : tuple of str
        Those without which a file is of another layout.
    convert : callable, optional
        Records of a file -> outcomes.
    columns : mapping of str to str, optional
        Canonical column -> column of the source, for flat tables that are read as they are.
    time_format : str, optional
        For flat tables; see `c2m.read_events`.
    time_zone : str, optional
        For flat tables: zone of times without one, where the source always means the same.
    header : tuple of str
        Names of the columns of a CSV file without a header.
    quotes : bool
        Whether quotation marks may stand around a field of a CSV file. Where they mean nothing,
        a backslash takes the meaning from the character behind it.
    has_users : bool
        Whether there are user, session or order ids, so that a key is needed.
    has_consent : bool
        Whether events carry consent bits, so that the caller must say ``consent=``.
    shown : tuple of str
        Top-level fields of which a small number, an ISO time or a known kind of event may stand in
        a file of bad rows. Never ids, codes, names or free text.
    convert_batch : callable, optional
        In the place of `convert`, a column at a time, where a log is too large to go record by
        record. A field may be dotted then: of ``items.price`` in a parquet file no more is read.
    time_field : str, optional
        Field with the time in microseconds, whose statistics say what days a file holds.
    superseded : callable, optional
        Names of the log's files -> positions of those that others of them replace.

    Notes
    -----
    An event must not hold other canonical columns than `reads` names. ``event_id``, ``user_key``,
    ``session_key``, ``order_id`` and ``referrer_key`` are replaced by pseudonyms: the name of a
    referring site is a ``source``. Events without a ``sku`` are in order if they have a
    ``product_id`` or ``variant_id``. ``query``, page addresses and other text that people type are
    personal: they belong to `drops`.
    """

    name: str
    title: str
    source: str
    formats: tuple[Format, ...]
    reads: Mapping[str, str]
    event_types: Mapping[str, str]
    drops: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    convert: Convert | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    time_format: str | None = None
    time_zone: str | None = None
    header: tuple[str, ...] = ()
    quotes: bool = True
    has_users: bool = True
    has_consent: bool = False
    shown: tuple[str, ...] = ()
    convert_batch: ConvertBatch | None = None
    time_field: str = ""
    superseded: Callable[[Sequence[str]], Sequence[int]] | None = None

    @property
    def flat(self) -> bool:
        """Whether its rows are read as they are."""
        return self.convert is None and self.convert_batch is None

    @property
    def tops(self) -> tuple[str, ...]:
        """Top-level fields that are read."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.fields))
