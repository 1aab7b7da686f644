"""From a log to cohorts: each return finds its purchase by order and SKU, one day at a time."""

from collections import deque
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.errors import DataError, warn
from c2m.periods import Calendar
from c2m.signals.counting.coding import Codes, SeriesCoder, user_ids
from c2m.signals.events import Events
from c2m.signals.returns.cohorts import Cohorts, Floats

_COLUMNS: Final = {"sku": "sku", "channel": "channel", "location": "store_id"}
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_DAY: Final = 86_400_000_000
_MANY: Final = 0.02
"""Share of returns without a known purchase from which on a word is due."""

Ids = NDArray[np.uint64]


@dataclass
class Orders:
    """The order lines of one day of which units may still come back.

    Parameters
    ----------
    day : int
        Days since 1970-01-01.
    line : ndarray of uint64, shape (n_lines,)
        Numbers of order and SKU, rising.
    series : ndarray of int64, shape (n_lines,)
        Series of the purchase.
    left : ndarray, shape (n_lines,)
        Units that have not come back.
    """

    day: int
    line: Ids
    series: Codes
    left: Floats


@dataclass
class Linked:
    """What one pass found out.

    Parameters
    ----------
    series : SeriesCoder
        The series.
    longest : int
        Days after which no unit comes back.
    """

    series: SeriesCoder
    longest: int
    pending: deque[Orders] = field(default_factory=deque)
    sold: list[tuple[int, Codes, Floats]] = field(default_factory=list)
    loose: list[tuple[int, Codes, Floats]] = field(default_factory=list)
    older: list[tuple[int, Codes, Floats]] = field(default_factory=list)
    pairs: list[tuple[int, int, Codes, Floats]] = field(default_factory=list)
    first: int | None = None
    last: int = 0

    def buy(self, day: int, line: Ids, series: Codes, units: Floats) -> None:
        """Enter the purchases of a day; forget the orders that are too old.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        line : ndarray of uint64, shape (n,)
            Numbers of order and SKU.
        series : ndarray of int64, shape (n,)
            Their series.
        units : ndarray, shape (n,)
            How many.
        """
        if len(series):
            self.sold.append((day, *_added(series, units)))
        while self.pending and self.pending[0].day < day - self.longest:
            self.pending.popleft()
        order = np.argsort(line, kind="stable")
        line, series, units = line[order], series[order], units[order]
        starts = np.flatnonzero(np.append(True, line[1:] != line[:-1])) if len(line) else order
        left = np.add.reduceat(units, starts) if len(line) else units
        self.pending.append(Orders(day, line[starts], series[starts], left))

    def give_back(self, day: int, line: Ids, series: Codes, units: Floats) -> None:
        """Enter the returns of a day: the latest order line of that name gives them back.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        line : ndarray of uint64, shape (n,)
            Numbers of order and SKU.
        series : ndarray of int64, shape (n,)
            Their series.
        units : ndarray, shape (n,)
            How many.
        """
        line, which = np.unique(line, return_inverse=True)
        open_units = np.bincount(which, weights=units, minlength=len(line)).astype(np.float64)
        own = series[np.unique(which, return_index=True)[1]]
        for orders in reversed(self.pending):
            if not open_units.any():
                break
            if orders.day < day - self.longest or not len(orders.line):
                continue
            at = np.minimum(np.searchsorted(orders.line, line), len(orders.line) - 1)
            taken = np.where(orders.line[at] == line, np.minimum(orders.left[at], open_units), 0)
            hit = np.flatnonzero(taken > 0)
            orders.left[at[hit]] -= taken[hit]
            open_units[hit] -= taken[hit]
            if len(hit):
                added = _added(orders.series[at[hit]], taken[hit])
                self.pairs.append((day, orders.day, *added))
        lost = open_units > 0
        self.lose(day, own[lost], open_units[lost], named=True)

    def lose(self, day: int, series: Codes, units: Floats, *, named: bool) -> None:
        """Enter returns whose purchase is not known.

        In the first days, those that name an order are taken to belong to a time before the log.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        series : ndarray of int64, shape (n,)
            Their series.
        units : ndarray, shape (n,)
            How many.
        named : bool
            Whether they name an order.
        """
        if not len(series):
            return
        early = named and self.first is not None and day < self.first + self.longest
        (self.older if early else self.loose).append((day, *_added(series, units)))


def read_cohorts(
    events: Events, key: tuple[str, ...], longest: int, zone: str, as_of: int | None
) -> Cohorts:
    """Read a log once and link its returns to its purchases.

    Parameters
    ----------
    events : Events
        The log.
    key : tuple of str
        What makes a series.
    longest : int
        Days after which no unit comes back.
    zone : str
        Whose days are meant.
    as_of : int, optional
        Only what had happened, and come in, by this moment (microseconds since 1970 in UTC).

    Returns
    -------
    Cohorts
        By day. A return belongs to the series of its purchase, wherever it was handed in.

    Raises
    ------
    DataError
        If there is no ``order_id``, or nothing was bought or came back.
    """
    columns = [_COLUMNS[name] for name in key]
    _check_columns(events, columns)
    found = Linked(SeriesCoder(columns), longest)
    names = [*columns, "event_type", "event_time", "order_id"]
    names += [name for name in ("quantity", "ingest_time") if name in events.columns]
    with closing(events.by_day(zone, columns=list(dict.fromkeys(names)))) as days:
        for label, table in days:
            day = int(label.to_datetime64().astype("datetime64[D]").astype(np.int64))
            if as_of is not None and day > as_of // _DAY + 1:
                break
            known = table if as_of is None else _known_by(table, as_of)
            if known.num_rows:
                _enter(found, day, known)
    if not (found.sold and (found.pairs or found.loose)):
        problem = "nothing was bought" if not found.sold else "no unit came back"
        raise DataError("events", [problem], "pass a log with purchase and return events")
    _tell(found)
    return _dense(found, key)


def _check_columns(events: Events, columns: list[str]) -> None:
    absent = [name for name in (*columns, "order_id") if name not in events.columns]
    if absent:
        raise DataError(
            "events",
            [f"there is no column {name!r}" for name in absent],
            "name it in read_events(columns=...), or pass a Panel with sales and returns, whose "
            "delay is then estimated",
        )


def _known_by(table: Any, as_of: int) -> Any:
    limit = pa.scalar(as_of, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    for name in ("event_time", "ingest_time"):
        if name in table.column_names:
            table = table.filter(pc.less_equal(table.column(name), limit))
    return table


def _enter(found: Linked, day: int, table: Any) -> None:
    """Enter the purchases and the returns of a day, in this order."""
    found.first = day if found.first is None else found.first
    found.last = day
    kinds = table.column("event_type").cast(pa.string())
    for kind, enter in (("purchase", found.buy), ("return", found.give_back)):
        rows = table.filter(pc.equal(kinds, kind))
        series = found.series.encode(rows)
        units = np.ones(rows.num_rows)
        if "quantity" in rows.column_names:
            units = rows.column("quantity").to_numpy().astype(np.float64)
            units = np.where(np.isnan(units), 1.0, units)  # as build_panel counts them
        order, named = user_ids(rows.column("order_id"))
        sku = user_ids(rows.column("sku"))[0]
        line = order * _MIX ^ sku
        use = (series >= 0) & (units > 0)
        if kind == "return":
            found.lose(day, series[use & ~named], units[use & ~named], named=False)
            use &= named
        line[~named] = np.uint64(0)  # finds no purchase
        enter(day, line[use], series[use], units[use])


def _added(series: Codes, units: Floats) -> tuple[Codes, Floats]:
    """Add the units of each series up."""
    which, place = np.unique(series, return_inverse=True)
    return which, np.bincount(place, weights=units, minlength=len(which)).astype(np.float64)


def _tell(found: Linked) -> None:
    linked = sum(float(units.sum()) for *_, units in found.pairs)
    loose = sum(float(units.sum()) for *_, units in found.loose)
    share = loose / max(loose + linked, 1.0)
    if share >= _MANY:
        warn(
            f"{loose:,.0f} returned units ({share:.0%}) name no purchase of the {found.longest} "
            "days before them (order_id and sku). They are allotted to earlier sales by the "
            "delays of the others. Pass a larger longest= if units come back later."
        )


def _dense(found: Linked, key: tuple[str, ...]) -> Cohorts:
    """Make the arrays, the series in the order of their keys."""
    keys = pd.DataFrame(dict(zip(key, found.series.names(), strict=True)), dtype="str")
    first = int(found.first or 0)
    shape = (len(keys), found.last - first + 1)
    sold, back, returned, loose = (np.zeros(shape) for _ in range(4))
    by_lag = np.zeros((len(keys), found.longest + 1))
    for day, series, units in found.sold:
        sold[series, day - first] += units
    for day, series, units in found.loose:
        returned[series, day - first] += units
        loose[series, day - first] += units
    for day, series, units in found.older:
        returned[series, day - first] += units
    for day, bought, series, units in found.pairs:
        returned[series, day - first] += units
        back[series, bought - first] += units
        by_lag[series, day - bought] += units
    order = keys.sort_values(list(key), kind="stable").index.to_numpy()
    order = order[(sold.sum(axis=1) > 0)[order]]  # others only took back what was bought elsewhere
    keys = keys.iloc[order].reset_index(drop=True)
    arrays = (part[order] for part in (sold, returned, back, by_lag, loose))
    return Cohorts(keys, Calendar("D"), first, *arrays)
