"""From events to the panel: counts, distinct users, units and money per series and period."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals.counting.assembly import assemble, find_span, read_attributes
from c2m.signals.counting.coarse import attributes_at, check_level_filled, gather
from c2m.signals.counting.counter import Weigher
from c2m.signals.counting.onepass import Settings, count_log
from c2m.signals.counting.scan import finish
from c2m.signals.counting.words import tell
from c2m.signals.events import Events, choose_zone
from c2m.signals.identity.catalogue import Catalogue, read_catalogue
from c2m.signals.identity.crosswalk import Crosswalk
from c2m.signals.identity.levels import EVENT_IDS
from c2m.signals.identity.matching import tell_matching
from c2m.signals.identity.resolve import Resolver
from c2m.signals.identity.tables import check_level
from c2m.signals.reading.asof import read_as_of
from c2m.signals.reading.times import local_days
from c2m.signals.schema import EVENT_TYPES, KINDS

KEY_COLUMNS = {"sku": "sku", "channel": "channel", "location": "store_id"}
"""Key column of a panel -> column of the events."""


def build_panel(
    events: Events,
    *,
    freq: str | pd.DataFrame | Calendar,
    tz: str | None = None,
    kinds: Sequence[str] | None = None,
    key: Sequence[str] = ("sku",),
    attributes: object = None,
    catalogue: Catalogue | None = None,
    level: str = "sku",
    trust: Weigher | Literal["events"] | None = None,
    target: str = "sales",
    complete: bool | None = None,
    as_of: str | pd.Timestamp | None = None,
    span: tuple[str | pd.Timestamp, str | pd.Timestamp] | None = None,
    partial_period: Literal["drop", "keep"] = "drop",
    stock: Literal["observed", "changes"] = "observed",
) -> Panel:
    """Count events into a panel: one pass over the log, a day at a time.

    Parameters
    ----------
    events : Events
        The log, from `c2m.read_events`.
    freq : str, DataFrame or Calendar
        Periods, see `Calendar.of`.
    tz : str, optional
        The shop's zone, whose days are counted. The ``time_zone`` of the events unless given.
    kinds : sequence of str, optional
        Event types to count; all that occur unless given.
    key : sequence of str
        What makes a series: ``("sku",)``, ``("sku", "channel")``, ``("sku", "location")`` or all
        three. A location is the ``store_id`` of an event.
    attributes : DataFrame or other Arrow table, optional
        A row a ``sku``, whose other columns become attributes. SKUs without events are no series.
    catalogue : Catalogue, optional
        What the ids of the events mean, see `c2m.signals.Catalogue`; its attributes become those
        of the panel. Events that name no more than a product (variant, style) are counted as
        ``product_views``, ``product_view_users``, ...: the product's number on each of its SKUs,
        never to be added over them. Events whose ids it does not know are left out and counted.
    level : {"sku", "variant_id", "product_id", "style"}
        What a series is, with a catalogue. At ``"product_id"`` the sales of its SKUs are added
        and its views counted once; distinct users are exact. The column is called ``sku``.
    trust : Trust or "events", optional
        What weighs the events: a `c2m.signals.Trust` of the same zone, or ``"events"`` for their
        ``trust`` column. Counts are then sums of weights; ``raw_<channel>`` holds each without.
    target : str
        The channel to forecast. ``"views"``, say, for a log without purchases.
    complete : bool, optional
        Whether the log holds all events of its span, so that a period without an event of a
        series counts 0 from the series' first event on. That is assumed unless given, with a
        warning where whole days are empty; False leaves periods without any event of a series
        unknown.
    as_of : time, optional
        Count only events whose ``ingest_time`` is not later: what was known then. A time without
        a zone is one of `tz`. Periods that were not over by then are partial.
    span : (date, date), optional
        First and last day that the log covers; those of its first and last event unless given.
        Events outside are left out and counted.
    partial_period : {"drop", "keep"}
        What to do with a first or last period that the span covers only in part.
    stock : {"observed", "changes"}
        How ``in_stock`` is read: as the mean of what was seen on a day, or as a state that holds
        until it is next seen, over the days, weighted by time (see `c2m.signals.stock_share`);
        then there is ``in_stock_demand`` too.

    Returns
    -------
    Panel
        For each kind its number of events (``views``, ``purchases``) and of distinct known users
        (``view_users``), over the whole period; for kinds that move units their sum: ``sales``
        (units of purchases), ``returns`` (in the period in which they came), ``preorders``,
        ``cancellations``. ``revenue`` (unknown where a purchase has no price) and ``price`` (mean
        over the units that have one; unknown where nothing was sold). ``in_stock``: mean over the
        days on which it was seen; of ``stock="changes"`` over all days since it was first seen.
        Before its first event a series is unknown.

    Raises
    ------
    DataError
        If rows cannot be used (see ``on_bad=`` of `c2m.read_events`), prices are in several
        currencies, no whole period is left, or there is nothing to fill `target` with.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        What was left out or assumed, each with its count: repeated events, partial periods,
        purchases without quantity or price, events without user or SKU, empty days.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.signals import read_events
    >>> log = pd.DataFrame({
    ...     "event_time": pd.to_datetime(["2026-11-21", "2026-11-22", "2026-11-22"], utc=True),
    ...     "event_type": ["view", "view", "purchase"],
    ...     "sku": "PARKA", "quantity": 2, "user_key": ["ann", "bob", "bob"],
    ... })
    >>> panel = build_panel(read_events(log), freq="D", tz="UTC")
    >>> panel.channels.keys() >= {"views", "view_users", "sales"}, panel["sales"]
    (True, array([[0., 2.]], dtype=float32))
    """
    calendar = Calendar.of(freq)
    numbers = _check_arguments(events, kinds, key, named=catalogue is not None)
    _check_choices(partial_period, complete, stock, trust)
    zone = choose_zone(events, tz)
    _check_days_of(trust, zone)
    resolver = _read_catalogue(events, catalogue, attributes, level, numbers)
    limits = _read_span(span)
    known_by = read_as_of(events, as_of, zone)
    held = _check_stock(stock, level)
    settings = Settings(calendar, zone, numbers, limits, known_by, resolver, trust, held)
    found = count_log(events, [KEY_COLUMNS[name] for name in key], settings)
    finish(events, found.tally)
    crosswalk = tell_matching(resolver, level)
    table = read_attributes(attributes) if crosswalk is None else attributes_at(crosswalk, level)
    household = gather(found.series, key, found.coarse, crosswalk, level)
    found.n_series = len(household.keys)
    today = None if known_by is None else int(local_days(np.array([known_by]), zone)[0])
    covered = find_span(calendar, found.days, limits, partial_period, today)
    if found.stock is not None:
        found.stock.finish(covered.last_day, found.ledger)
    panel = assemble(
        household,
        len(found.series),
        found.ledger,
        covered,
        calendar,
        table,
        target,
        complete=complete is None or bool(complete),
        currency=_one_currency(found.currencies),
        zone=zone,
    )
    tell(found, covered, panel, calendar, zone_given=tz or events.time_zone, complete=complete)
    return panel


def _read_catalogue(
    events: Events, catalogue: object, attributes: object, level: str, kinds: list[int] | None
) -> Resolver | None:
    """Check the arguments about identity; return what finds out what events are about."""
    known = read_catalogue(catalogue, attributes)
    if known is None:
        if level != "sku":
            raise ArgumentError(
                f"Expected a catalogue with level={level!r}: pass "
                "catalogue=Catalogue.from_frame(...)."
            )
        return None
    check_level(level, known.levels)
    crosswalk = Crosswalk(known)
    check_level_filled(crosswalk, level)
    return Resolver(crosswalk, level, events.schema, kinds)


def _check_arguments(
    events: Events, kinds: Sequence[str] | None, key: Sequence[str], *, named: bool
) -> list[int] | None:
    """Check plain arguments; return the numbers of the kinds."""
    if not isinstance(events, Events):
        raise ArgumentError(
            f"Expected events from c2m.read_events, got a {type(events).__name__}; wrap a frame "
            "with c2m.read_events(frame)."
        )
    if isinstance(key, str) or list(key) != [name for name in KEY_COLUMNS if name in key]:
        raise ArgumentError(
            "Expected key=('sku',), with 'channel' and 'location' after it where wanted, got "
            f"{key!r}."
        )
    if "sku" not in key:
        raise ArgumentError(f"Expected 'sku' in key, got {key!r}.")
    absent = [KEY_COLUMNS[name] for name in key if KEY_COLUMNS[name] not in events.columns]
    if named and any(name in events.columns for name in EVENT_IDS):
        absent = [name for name in absent if name != "sku"]
    if absent:
        raise DataError(
            "events",
            [f"there is no column {name!r}, which key={tuple(key)!r} needs" for name in absent],
            f"say which column it is in read_events: columns={{{absent[0]!r}: '...'}}"
            + ("; or pass catalogue=, if events name products" if absent == ["sku"] else ""),
        )
    if kinds is None:
        return None
    unknown = [kind for kind in kinds if kind not in EVENT_TYPES]
    if unknown or isinstance(kinds, str) or not kinds:
        hint = did_you_mean(unknown[0], EVENT_TYPES) if unknown else ""
        raise ArgumentError(
            f"Expected kinds=[...] of c2m.EVENT_TYPES, got {kinds!r}{hint}; there are "
            f"{', '.join(EVENT_TYPES)}."
        )
    return [KINDS.index(kind) for kind in kinds]


def _check_choices(partial_period: str, complete: bool | None, stock: str, trust: object) -> None:
    if stock not in {"observed", "changes"}:
        raise ArgumentError(f"Expected stock 'observed' or 'changes', got {stock!r}.")
    if partial_period not in {"drop", "keep"}:
        raise ArgumentError(f"Expected partial_period 'drop' or 'keep', got {partial_period!r}.")
    if complete not in {None, True, False}:
        raise ArgumentError(f"Expected complete True, False or None, got {complete!r}.")
    if trust not in {None, "events"} and not callable(getattr(trust, "weights", None)):
        raise ArgumentError(
            f"Expected trust=score_trust(events), 'events' or None, got a {type(trust).__name__}."
        )


def _check_days_of(trust: object, zone: str) -> None:
    """Refuse weights of the days of another zone: theirs begin at other hours."""
    own = getattr(trust, "time_zone", zone)
    if own != zone:
        raise ArgumentError(
            f"Expected a trust of the days of {zone!r}, got one of {own!r}. Pass tz={own!r} here, "
            f"or score_trust(events, tz={zone!r})."
        )


def _check_stock(stock: str, level: str) -> bool:
    """Say whether stock holds until it changes; that of several SKUs is no one state."""
    if stock == "changes" and level != "sku":
        raise ArgumentError(
            f"Expected stock='observed' with level={level!r}, got 'changes': SKUs run out one by "
            "one. Count at level='sku' and use Panel.rollup."
        )
    return stock == "changes"


def _read_span(span: tuple[Any, Any] | None) -> tuple[int, int] | None:
    """Return first and last day as numbers."""
    if span is None:
        return None
    try:
        first, last = (pd.Timestamp(day) for day in span)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected span=(first day, last day), got {span!r}.") from error
    if pd.isna(first) or pd.isna(last) or last < first:
        raise ArgumentError(f"Expected span=(first day, last day), got {span!r}.")
    low, high = (np.datetime64(day.date(), "D").astype(np.int64) for day in (first, last))
    return int(low), int(high)


def _one_currency(currencies: dict[str | None, int]) -> str | None:
    named = {code: count for code, count in currencies.items() if code}
    if len(named) > 1:
        listed = ", ".join(f"{code} in {count:,}" for code, count in sorted(named.items()))
        raise DataError(
            "events",
            [f"purchases are in several currencies: {listed}"],
            "convert prices to one currency, or read one currency at a time",
        )
    return next(iter(named), None)
