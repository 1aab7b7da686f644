"""From events to the panel: counts, distinct users, units and money per series and period."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals.assembly import assemble, find_span, read_attributes
from c2m.signals.coding import SeriesCoder
from c2m.signals.counting import PeriodCounter
from c2m.signals.events import Events, choose_zone
from c2m.signals.ledger import Ledger
from c2m.signals.reading import LATEST
from c2m.signals.scan import finish, scan
from c2m.signals.schema import EVENT_TYPES, KINDS
from c2m.signals.tally import Tally
from c2m.signals.times import local_days
from c2m.signals.words import tell

KEY_COLUMNS = {"sku": "sku", "channel": "channel", "location": "store_id"}
"""Key column of a panel -> column of the events."""

_COUNTED = ("user_key", "quantity", "unit_price", "currency", "in_stock")


@dataclass
class Pass:
    """What one pass over the log found out.

    Parameters
    ----------
    series : SeriesCoder
        The series.
    ledger : Ledger
        Their counts.
    tally : Tally
        What was refused, assumed or left out.
    days : dict of int to int
        Day -> its events, of every kind.
    currencies : dict of str to int
        Currency -> purchases with a price.
    """

    series: SeriesCoder
    ledger: Ledger = field(default_factory=Ledger)
    tally: Tally = field(default_factory=Tally)
    days: dict[int, int] = field(default_factory=dict)
    currencies: dict[str | None, int] = field(default_factory=dict)


def build_panel(
    events: Events,
    *,
    freq: str | pd.DataFrame | Calendar,
    tz: str | None = None,
    kinds: Sequence[str] | None = None,
    key: Sequence[str] = ("sku",),
    attributes: object = None,
    target: str = "sales",
    complete: bool | None = None,
    as_of: str | pd.Timestamp | None = None,
    span: tuple[str | pd.Timestamp, str | pd.Timestamp] | None = None,
    partial_period: Literal["drop", "keep"] = "drop",
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

    Returns
    -------
    Panel
        For each kind its number of events (``views``, ``purchases``) and of distinct known users
        (``view_users``), over the whole period; for kinds that move units their sum: ``sales``
        (units of purchases), ``returns`` (in the period in which they came), ``preorders``,
        ``cancellations``. ``revenue`` (unknown where a purchase has no price) and ``price`` (mean
        over the units that have one; unknown where nothing was sold). ``in_stock``: mean over the
        days on which it was seen. Before its first event a series is unknown.

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
    numbers = _check_arguments(events, kinds, key)
    _check_choices(partial_period, complete)
    zone = choose_zone(events, tz)
    catalogue = read_attributes(attributes)
    limits = _read_span(span)
    known_by = _read_as_of(events, as_of, zone)
    found = _count(
        events, calendar, zone, numbers, [KEY_COLUMNS[name] for name in key], limits, known_by
    )
    finish(events, found.tally)
    today = None if known_by is None else int(local_days(np.array([known_by]), zone)[0])
    covered = find_span(calendar, found.days, limits, partial_period, today)
    panel = assemble(
        found.series,
        found.ledger,
        covered,
        calendar,
        key,
        catalogue,
        target,
        complete=complete is None or bool(complete),
        currency=_one_currency(found.currencies),
        zone=zone,
    )
    tell(found, covered, panel, calendar, zone_given=tz or events.time_zone, complete=complete)
    return panel


def _count(
    events: Events,
    calendar: Calendar,
    zone: str,
    kinds: list[int] | None,
    columns: Sequence[str],
    limits: tuple[int, int] | None,
    as_of: int | None,
) -> Pass:
    """Read the log once and count it period by period."""
    found = Pass(SeriesCoder(columns))
    wanted = [*columns, *(name for name in _COUNTED if name in events.columns)]
    needed = [*columns[1:], *([] if as_of is None else ["ingest_time"])]
    today = local_days(np.array([LATEST if as_of is None else as_of]), zone)[0]
    counter, current = None, None
    with closing(scan(events, zone, wanted, needed, found.tally, as_of)) as days:
        for day, table in days:
            if day > today:
                found.tally.add("future", table.num_rows)
                continue
            if limits is not None and not limits[0] <= day <= limits[1]:
                found.tally.add("outside", table.num_rows)
                continue
            found.days[day] = table.num_rows
            period = int(calendar.ordinal(np.datetime64(day, "D")))
            if counter is None or period != current:
                _close(counter, current, found)
                counter, current = PeriodCounter(found.series, kinds, found.tally), period
            counter.add(table)
    _close(counter, current, found)
    return found


def _close(counter: PeriodCounter | None, period: int | None, found: Pass) -> None:
    if counter is None or period is None:
        return
    counter.close(period, found.ledger)
    for code, count in counter.currencies.items():
        found.currencies[code] = found.currencies.get(code, 0) + count


def _check_arguments(
    events: Events, kinds: Sequence[str] | None, key: Sequence[str]
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
    if absent:
        raise DataError(
            "events",
            [f"there is no column {name!r}, which key={tuple(key)!r} needs" for name in absent],
            f"say which column it is in read_events: columns={{{absent[0]!r}: '...'}}",
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


def _check_choices(partial_period: str, complete: bool | None) -> None:
    if partial_period not in {"drop", "keep"}:
        raise ArgumentError(f"Expected partial_period 'drop' or 'keep', got {partial_period!r}.")
    if complete not in {None, True, False}:
        raise ArgumentError(f"Expected complete True, False or None, got {complete!r}.")


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


def _read_as_of(events: Events, as_of: str | pd.Timestamp | None, zone: str) -> int | None:
    """Return the moment as microseconds since 1970 in UTC."""
    if as_of is None:
        return None
    if "ingest_time" not in events.columns:
        raise DataError(
            "events",
            ["there is no column 'ingest_time', which as_of= needs"],
            "say which column tells when the log learned of an event: "
            "columns={'ingest_time': '...'}",
        )
    try:
        moment = pd.Timestamp(as_of)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected as_of to be a time, got {as_of!r}.") from error
    local = (
        moment.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        if moment.tz is None
        else moment
    )
    if pd.isna(local):
        raise ArgumentError(f"Expected as_of to be a time that occurs once, got {as_of!r}.")
    day = local.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[us]")
    return int(day.astype(np.int64))


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
