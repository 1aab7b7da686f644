"""From a log or a table of stock to in-stock shares."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError, warn
from c2m.periods import Calendar
from c2m.signals.counting.coding import SeriesCoder
from c2m.signals.counting.ledger import STOCK_DAYS, Layout, Ledger
from c2m.signals.events import Events, choose_zone
from c2m.signals.reading.times import check_zone, local_days
from c2m.signals.stockouts.daytime import check_profile
from c2m.signals.stockouts.share import FloatArray, StockShare
from c2m.signals.stockouts.shelves import DayShares, Observations, Shelves
from c2m.signals.stockouts.stream import (
    IN_STOCK,
    IN_STOCK_DEMAND,
    StockStream,
    columns_of_stock,
)
from c2m.signals.stockouts.tables import Kind, StockTable, read_stock_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KINDS: Final = ("movements", "levels", "snapshots")


def stock_share(
    source: object,
    kind: Kind | None = None,
    *,
    freq: str | pd.DataFrame | Calendar = "D",
    tz: str | None = None,
    opening: object = None,
    profile: object = None,
    by_location: bool = False,
    until: str | pd.Timestamp | None = None,
    sku: str = "sku",
    time: str = "time",
    quantity: str = "quantity",
    location: str = "location",
) -> StockShare:
    """Return the share of every period in which a SKU was in stock, weighted by time.

    A SKU is in stock where any location has it, at any moment; locations of which nothing is
    known yet do not count. Before its first observation a SKU is unknown. A day is the shop's
    day: 23 or 25 hours long where the clock changes.

    Parameters
    ----------
    source : Events, DataFrame or other Arrow table
        A log whose events say ``in_stock`` (the state at their moment) or are of the type
        ``stock_level`` (the state from their moment on); or a table.
    kind : {"movements", "levels", "snapshots"}, optional
        What the rows of a table are. ``"movements"``: units that come (positive) and go
        (negative), added up from `opening`. ``"levels"``: units on hand from a moment on, until
        the next row of that SKU and location. ``"snapshots"``: units on hand on a date; days
        without a snapshot stay unknown.
    freq : str, DataFrame or Calendar
        Periods; a period's share is the mean over its known days.
    tz : str, optional
        The shop's zone, also of times that carry none. That of the events unless given.
    opening : DataFrame or other Arrow table, optional
        ``sku``, ``on_hand`` and, where movements have one, ``location``: what was there before
        the first movement.
    profile : array_like of shape (24,), optional
        Weight of each hour in a day's demand. Of a log it is learnt from the purchases of what
        was in stock all day; for a table all hours weigh alike unless given.
    by_location : bool
        Whether a SKU at each location is a series of its own.
    until : date, optional
        The last day to which the last state is carried on; the day of the last event or row
        unless given. Not for snapshots.
    sku, time, quantity, location : str
        Columns of a table. Without a location column there is one location.

    Returns
    -------
    StockShare
        Shares by time, and by usual demand; `StockShare.add_to` puts them into a panel.

    Raises
    ------
    DataError
        If the table breaks its contract, or the log says nothing of stock.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If movements leave less than nothing on hand, or SKUs have no row in `opening`.

    Examples
    --------
    >>> import pandas as pd
    >>> levels = pd.DataFrame({
    ...     "sku": "PARKA", "time": ["2026-11-21 00:00", "2026-11-22 18:00", "2026-11-24 12:00"],
    ...     "quantity": [4, 0, 9],
    ... })
    >>> shares = stock_share(levels, "levels", tz="UTC")
    >>> shares
    StockShare(1 series x 4 D periods, 75.0 % of the known ones with a stock-out)
    >>> shares.share
    array([[1.  , 0.75, 0.  , 0.5 ]])
    """
    calendar = Calendar.of(freq)
    if isinstance(source, Events):
        if kind is not None or opening is not None or profile is not None:
            raise ArgumentError("kind=, opening= and profile= are for tables, not for events.")
        zone = choose_zone(source, tz)
        return _from_events(source, calendar, zone, _day(until), by_location=by_location)
    if kind not in _KINDS:
        raise ArgumentError(
            f"Expected kind 'movements', 'levels' or 'snapshots' for a table, got {kind!r}; wrap a "
            "log of events with c2m.read_events(...)."
        )
    own_zone = None if tz is None else check_zone(tz, "tz")
    zone = own_zone or "UTC"
    table = read_stock_table(
        source,
        kind,
        zone if kind == "snapshots" else own_zone,
        opening,
        by_location=by_location,
        columns=(sku, time, quantity, location),
    )
    weights = check_profile(np.ones(24) if profile is None else profile)
    days = (
        _snapshot_days(table, zone)
        if kind == "snapshots"
        else _held_days(table, Shelves(zone, weights), _day(until))
    )
    if own_zone is None and kind != "snapshots":
        warn(
            "Days are counted in UTC, because no zone was named. Pass tz= with the shop's zone, "
            "or tz='UTC' if that is meant."
        )
    return StockShare(table.keys, calendar, *_collect(days, calendar, len(table.keys)), zone)


def _day(until: str | pd.Timestamp | None) -> int | None:
    if until is None:
        return None
    try:
        return int(np.datetime64(pd.Timestamp(until).date(), "D").astype(np.int64))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected until to be a date, got {until!r}.") from error


def _from_events(
    events: Events, calendar: Calendar, zone: str, until: int | None, *, by_location: bool
) -> StockShare:
    """Read the stock of a log in one pass."""
    columns = ["sku", *(["store_id"] if by_location else [])]
    absent = [name for name in columns if name not in events.columns]
    if absent:
        fix = "say which column it is in read_events: columns={'store_id': '...'}"
        raise DataError("events", [f"there is no column {name!r}" for name in absent], fix)
    stream = StockStream(SeriesCoder(columns), calendar, zone)
    told = columns_of_stock(events.columns)
    wanted = list(dict.fromkeys([*columns, "event_time", "event_type", *told]))
    first = last = None
    with closing(events.by_day(zone, wanted)) as days:
        for label, table in days:
            day = int(label.to_datetime64().astype("datetime64[D]").astype(np.int64))
            first, last = day if first is None else first, day
            stream.add(day, table)
    if first is None or last is None:
        raise DataError("events", ["it has no events"], "pass a log with at least one event")
    last = last if until is None else max(last, until)
    ledger = Ledger()
    stream.finish(last, ledger)
    if not ledger.total(STOCK_DAYS):
        raise DataError(
            "events",
            ["none of them says whether anything was in stock"],
            "name the column in read_events: columns={'in_stock': '...'}, or pass a table of stock",
        )
    return _from_ledger(stream, ledger, calendar, first, last, zone)


def _from_ledger(
    stream: StockStream, ledger: Ledger, calendar: Calendar, first: int, last: int, zone: str
) -> StockShare:
    """Return the shares that a pass entered, series in the order of their names."""
    names = stream.series.names()
    keys = pd.DataFrame(dict(zip(("sku", "location"), names, strict=False)), dtype="str")
    order = keys.sort_values(list(keys.columns), kind="stable").index.to_numpy()
    rows = np.empty(len(order), dtype=np.intp)
    rows[order] = np.arange(len(order))
    low, high = (int(calendar.ordinal(np.datetime64(day, "D"))) for day in (first, last))
    layout = Layout(low, high - low + 1, rows, len(rows))
    days = layout.dense(ledger, STOCK_DAYS)
    time, demand = (_mean(layout.dense(ledger, name), days) for name in (IN_STOCK, IN_STOCK_DEMAND))
    return StockShare(keys.iloc[order].reset_index(drop=True), calendar, low, time, demand, zone)


def _held_days(
    table: StockTable, shelves: Shelves, until: int | None
) -> Iterator[tuple[int, DayShares]]:
    """Yield the shares of each day from the first row to the last."""
    n_series = len(table.keys)
    known = np.flatnonzero(table.opening >= 0)
    shelves.put(known, table.series_of[known], table.opening[known] == 1)
    order = np.argsort(table.micros, kind="stable")
    days = local_days(table.micros[order], shelves.zone)
    if not len(days):
        raise DataError("stock", ["no row is left"], "pass opening= for the SKUs that move")
    last = int(days[-1]) if until is None else until
    for day in range(int(days[0]), max(last, int(days[-1])) + 1):
        low, high = np.searchsorted(days, [day, day + 1])
        rows = order[low:high]
        if not len(rows):
            idle = shelves.idle(n_series)
            yield day, DayShares(idle, idle)
            continue
        shelf = table.shelf[rows]
        exact = np.ones(len(rows), dtype=bool)
        seen = Observations(
            shelf, table.series_of[shelf], table.micros[rows], table.there[rows], exact
        )
        yield day, shelves.day(day, n_series, seen)


def _snapshot_days(table: StockTable, zone: str) -> Iterator[tuple[int, DayShares]]:
    """Yield what was seen on each day, and nothing of the days between."""
    days = local_days(table.micros, zone)
    order = np.argsort(days, kind="stable")
    days = days[order]
    for day in range(int(days[0]), int(days[-1]) + 1):
        low, high = np.searchsorted(days, [day, day + 1])
        rows = order[low:high]
        series = table.series_of[table.shelf[rows]]
        share = np.full(len(table.keys), np.nan)
        share[series] = 0.0
        share[series[table.there[rows]]] = 1.0
        yield day, DayShares(share, np.full(len(share), np.nan))


def _collect(
    days: Iterator[tuple[int, DayShares]], calendar: Calendar, n_series: int
) -> tuple[int, FloatArray, FloatArray]:
    """Average the shares of days over their periods."""
    labels: list[int] = []
    kept: list[NDArray[np.float64]] = []
    for day, shares in days:
        labels.append(int(calendar.ordinal(np.datetime64(day, "D"))))
        kept.append(np.stack([shares.time, shares.demand]))
    first = labels[0]
    total = np.zeros((2, n_series, labels[-1] - first + 1))
    count = np.zeros_like(total)
    for label, pair in zip(labels, kept, strict=True):
        known = ~np.isnan(pair)
        total[:, :, label - first] += np.where(known, pair, 0.0)
        count[:, :, label - first] += known
    time, demand = _mean(total, count)
    return first, time, demand


def _mean(total: FloatArray, count: FloatArray) -> FloatArray:
    share = np.full(total.shape, np.nan)
    np.divide(total, count, out=share, where=count > 0)
    return np.asarray(np.minimum(share, 1.0))
