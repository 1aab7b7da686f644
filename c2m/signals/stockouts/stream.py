"""The stock of a log, day by day beside the count of its events."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from c2m.errors import warn
from c2m.periods import Calendar
from c2m.signals.counting.coding import Coder, Codes, SeriesCoder, kind_numbers, numbers_of
from c2m.signals.counting.ledger import STOCK_DAYS, FloatArray, Ledger
from c2m.signals.counting.sweep import event_micros
from c2m.signals.schema import KINDS
from c2m.signals.stockouts.shelves import DayShares, Observations, Shelves

NEEDED: Final = ("event_type", "store_id", "in_stock", "quantity")
"""Canonical columns, besides key and time, that tell of stock."""

IN_STOCK: Final = "in_stock"
IN_STOCK_DEMAND: Final = "in_stock_demand"
"""Channels: the share of the time in stock, and of the usual demand that falls into it."""

_STOCK_LEVEL: Final = KINDS.index("stock_level")
_PURCHASE: Final = KINDS.index("purchase")
_MOST_LOCATIONS: Final = 1 << 24


@dataclass
class StockStream:
    """Shares in stock from the events of a log, in one pass with the count of the rest.

    Parameters
    ----------
    series : SeriesCoder
        Numbers the series, shared with the count.
    calendar : Calendar
        The periods.
    zone : str
        Whose days are meant.
    """

    series: SeriesCoder
    calendar: Calendar
    zone: str
    ledger: Ledger = field(default_factory=Ledger)
    fractions: int = 0
    shelves: Shelves = field(init=False)
    locations: Coder = field(init=False)
    pairs: Coder = field(init=False)
    day: int | None = None
    sums: dict[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with empty shelves."""
        self.shelves = Shelves(self.zone)
        self.locations, self.pairs = Coder(pa.string()), Coder(pa.int64())

    def add(self, day: int, table: Any) -> None:
        """Read the stock of a day.

        Parameters
        ----------
        day : int
            Days since 1970-01-01, later than all before.
        table : pyarrow.Table
            Its canonical events.
        """
        self._idle_until(day)
        series = self.series.encode(table)
        kinds, micros = kind_numbers(table), event_micros(table)
        seen = self._observe(table, series, kinds, micros)
        bought = (kinds == _PURCHASE) & (series >= 0)
        shares = self.shelves.day(day, len(self.series), seen, (series[bought], micros[bought]))
        self._enter(day, shares)

    def finish(self, last_day: int, ledger: Ledger) -> None:
        """Carry the stock on to the last day, and put the shares in place of seen averages.

        Parameters
        ----------
        last_day : int
            Of the span that the log covers.
        ledger : Ledger
            The count's; its entries of stock are replaced.
        """
        self._idle_until(last_day + 1)
        self._close()
        if self.fractions:
            warn(
                f"{self.fractions:,} events have an in_stock between 0 and 1: they count as in "
                "stock at their moment. Pass stock='observed' if they are shares of the day."
            )
        for name in (IN_STOCK, STOCK_DAYS):
            ledger.entries.pop(name, None)
        if self.ledger.total(STOCK_DAYS):
            ledger.entries.update(self.ledger.entries)
        else:
            warn("No event says whether anything was in stock: there is no channel 'in_stock'.")

    def _observe(
        self, table: Any, series: Codes, kinds: NDArray[np.int8], micros: Codes
    ) -> Observations:
        """Return what the events of a day say about shelves."""
        share, level = numbers_of(table, "in_stock"), numbers_of(table, "quantity")
        exact = kinds == _STOCK_LEVEL
        share = np.where(exact & np.isnan(share) & ~np.isnan(level), level > 0, share)
        rows = np.flatnonzero(~np.isnan(share) & (series >= 0))
        self.fractions += int(np.count_nonzero((share[rows] > 0) & (share[rows] < 1)))
        shelf = self._shelf(table, series, rows)
        return Observations(shelf, series[rows], micros[rows], share[rows] > 0, exact[rows])

    def _shelf(self, table: Any, series: Codes, rows: Codes) -> Codes:
        """Return the number of each row's shelf; all events without a location share one."""
        place = np.zeros(len(rows), dtype=np.int64)
        if "store_id" in table.column_names:
            place = self.locations.encode(table.column("store_id"))[rows] + 1
        both = series[rows] * _MOST_LOCATIONS + place
        return self.pairs.encode(pa.chunked_array([pa.array(both, pa.int64())]))

    def _idle_until(self, day: int) -> None:
        """Let the days pass on which the log has nothing."""
        if self.day is None:
            return
        for idle in range(self.day + 1, day):
            share = self.shelves.idle(len(self.series))
            self._enter(idle, DayShares(share, share))

    def _enter(self, day: int, shares: DayShares) -> None:
        """Add the shares of a day to those of its period."""
        if self.day is not None and self._period(day) != self._period(self.day):
            self._close()
        self.day = day
        known = ~np.isnan(shares.time)
        for name, values in (
            (IN_STOCK, np.where(known, shares.time, 0.0)),
            (IN_STOCK_DEMAND, np.where(known, shares.demand, 0.0)),
            (STOCK_DAYS, known.astype(np.float64)),
        ):
            total = self.sums.get(name, np.zeros(0))
            self.sums[name] = values + np.pad(total, (0, len(values) - len(total)))

    def _close(self) -> None:
        if self.day is not None:
            for name, sums in self.sums.items():
                self.ledger.enter(name, self._period(self.day), sums)
        self.sums = {}

    def _period(self, day: int) -> int:
        return int(self.calendar.ordinal(np.datetime64(day, "D")))


def columns_of_stock(columns: Collection[str]) -> list[str]:
    """Return the columns of a log that tell of stock.

    Parameters
    ----------
    columns : collection of str
        Canonical columns that it has.

    Returns
    -------
    list of str
        Those of `NEEDED`.
    """
    return [name for name in NEEDED if name in columns]
