"""One pass over a log, a day at a time: every event counted at the level that it names."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from c2m.periods import Calendar
from c2m.signals.counting.coarse import Counts
from c2m.signals.counting.coding import SeriesCoder
from c2m.signals.counting.counter import PeriodCounter, Weigher
from c2m.signals.counting.ledger import Ledger
from c2m.signals.counting.scan import scan
from c2m.signals.events import Events
from c2m.signals.identity.levels import EVENT_IDS
from c2m.signals.identity.matching import id_columns
from c2m.signals.identity.resolve import Resolver
from c2m.signals.reading.reading import LATEST
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import local_days
from c2m.signals.stockouts.stream import StockStream, columns_of_stock

_COUNTED: Final = ("user_key", "quantity", "unit_price", "currency", "in_stock", "trust")


@dataclass(frozen=True)
class Settings:
    """How a log is counted.

    Parameters
    ----------
    calendar : Calendar
        The periods.
    zone : str
        Whose days are meant.
    kinds : list of int, optional
        Numbers of the kinds to count; all unless given.
    limits : (int, int), optional
        First and last day that count.
    as_of : int, optional
        Only events that came in by this moment, in microseconds since 1970 in UTC.
    resolver : Resolver, optional
        Finds out what events are about; their ``sku`` says it unless given.
    trust : Weigher or "events", optional
        What weighs the events.
    stock : bool
        Whether stock holds until it changes.
    """

    calendar: Calendar
    zone: str
    kinds: list[int] | None = None
    limits: tuple[int, int] | None = None
    as_of: int | None = None
    resolver: Resolver | None = None
    trust: Weigher | str | None = None
    stock: bool = False

    def counter(self, series: SeriesCoder, tally: Tally) -> PeriodCounter:
        """Return what counts one period.

        Parameters
        ----------
        series : SeriesCoder
            Numbers the series.
        tally : Tally
            Told what is left out or assumed.

        Returns
        -------
        PeriodCounter
            Without any count yet.
        """
        weigher = None if self.trust is None or isinstance(self.trust, str) else self.trust
        return PeriodCounter(series, self.kinds, tally, weigher, weighted=self.trust is not None)

    def columns(self, key: Sequence[str], known: Sequence[str]) -> list[str]:
        """Return the columns that a pass needs.

        Parameters
        ----------
        key : sequence of str
            Columns that name a series.
        known : sequence of str
            Columns that the log has.

        Returns
        -------
        list of str
            Canonical columns.
        """
        wanted = [*key, *(name for name in _COUNTED if name in known)]
        wanted += columns_of_stock(known) if self.stock else []
        return wanted + (id_columns(known) if self.resolver is not None else [])


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
    coarse : dict of str to Counts
        Level -> what was counted there, because no finer id was known.
    stock : StockStream, optional
        The stock that changes and holds, where it is read so.
    n_series : int
        How many series there are, with those that only something coarser tells of.
    """

    series: SeriesCoder
    ledger: Ledger = field(default_factory=Ledger)
    tally: Tally = field(default_factory=Tally)
    days: dict[int, int] = field(default_factory=dict)
    currencies: dict[str | None, int] = field(default_factory=dict)
    coarse: dict[str, Counts] = field(default_factory=dict)
    stock: StockStream | None = None
    n_series: int = 0


def count_log(events: Events, columns: Sequence[str], settings: Settings) -> Pass:
    """Read a log once and count it period by period.

    Parameters
    ----------
    events : Events
        The log.
    columns : sequence of str
        Columns of the events that name a series.
    settings : Settings
        How it is counted.

    Returns
    -------
    Pass
        What was found.
    """
    found = Pass(SeriesCoder(columns))
    if settings.stock:
        found.stock = StockStream(found.series, settings.calendar, settings.zone)
    wanted = settings.columns(columns, list(events.columns))
    as_of = settings.as_of
    needed = [*columns[1:], *([] if as_of is None else ["ingest_time"])]
    today = int(local_days(np.array([LATEST if as_of is None else as_of]), settings.zone)[0])
    counters: dict[str, PeriodCounter] = {}
    current = None
    with closing(scan(events, settings.zone, wanted, needed, found.tally, as_of)) as days:
        for day, table in days:
            if not _counts(day, table, today, settings, found):
                continue
            period = int(settings.calendar.ordinal(np.datetime64(day, "D")))
            if period != current:
                _close(counters, current, found)
                counters, current = {}, period
            _add(day, table, counters, settings, found)
    _close(counters, current, found)
    return found


def _counts(day: int, table: Any, today: int, settings: Settings, found: Pass) -> bool:
    """Say whether a day is counted; note what is left out, or in without being trusted."""
    if day > today:
        found.tally.add("future", table.num_rows)
        return False
    if settings.limits is not None and not settings.limits[0] <= day <= settings.limits[1]:
        found.tally.add("outside", table.num_rows)
        return False
    if settings.trust is None and "trust" in table.column_names:
        doubtful = pc.sum(pc.less(table.column("trust"), 1)).as_py()
        found.tally.add("doubtful", int(doubtful or 0))
    if settings.resolver is None:
        found.tally.add("coarse", _count_coarse(table))
    found.days[day] = table.num_rows
    return True


def _count_coarse(table: Any) -> int:
    """Count the events that name a product or a variant, and no SKU."""
    others = [name for name in EVENT_IDS[1:] if name in table.column_names]
    if not others or not table.column("sku").null_count:
        return 0
    named = [pc.is_valid(table.column(name)) for name in others]
    coarse = pc.and_(pc.is_null(table.column("sku")), pc.or_(named[0], named[-1]))
    return int(pc.sum(coarse).as_py() or 0)


def _add(
    day: int, table: Any, counters: dict[str, PeriodCounter], settings: Settings, found: Pass
) -> None:
    """Count the events of a day at the level that each of them names."""
    for level, events in _by_level(day, table, settings.resolver):
        if level not in counters:
            series = found.series
            if level:
                series = found.coarse.setdefault(level, Counts(SeriesCoder(series.columns))).series
            counters[level] = settings.counter(series, found.tally)
        counters[level].add(events, day)
        if found.stock is not None and not level:
            found.stock.add(day, events)


def _by_level(day: int, table: Any, resolver: Resolver | None) -> list[tuple[str, Any]]:
    """Return the events of each level; that of the series has no name."""
    if resolver is None:
        return [("", table)]
    found = resolver.resolve(day, table)
    return [("" if level == resolver.level else level, events) for level, events in found]


def _close(counters: dict[str, PeriodCounter], period: int | None, found: Pass) -> None:
    """Enter what was counted of a period."""
    if period is None:
        return
    for level, counter in counters.items():
        counter.close(period, found.coarse[level].ledger if level else found.ledger)
        if level:
            events = found.ledger.events
            events[period] = events.get(period, 0) + counter.n_events
        for code, count in counter.currencies.items():
            found.currencies[code] = found.currencies.get(code, 0) + count
