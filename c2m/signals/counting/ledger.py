"""What was counted, period by period, until it becomes the arrays of a panel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import DataError

FloatArray = NDArray[np.float64]

ACTIVE: Final = "events of any kind"
SOLD_PRICED: Final = "units with a price"
UNPRICED: Final = "purchases without a price"
STOCK_DAYS: Final = "days with in_stock"
"""Entries that are no channels themselves."""

RAW: Final = "raw_"
"""Before the name of a channel: what it is without weights of trust."""

_MOST_WHOLE: Final = 2**24
"""Up to here float32, the type of a panel, holds every whole number."""


@dataclass(frozen=True)
class Entry:
    """The amounts of one period: those of the series that have any.

    Parameters
    ----------
    period : int
        Number of the period.
    series : ndarray of int
        Which series.
    amounts : ndarray of float32 or float64
        How much.
    """

    period: int
    series: NDArray[np.int32]
    amounts: NDArray[np.floating]


@dataclass
class Ledger:
    """What was counted.

    Parameters
    ----------
    entries : dict of str to list of Entry
        Name -> its amounts, an entry a period.
    events : dict of int to int
        Period -> number of events that were counted.
    """

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    events: dict[int, int] = field(default_factory=dict)

    def enter(self, name: str, period: int, amounts: NDArray[Any]) -> None:
        """Enter the amounts of a period.

        Parameters
        ----------
        name : str
            What was counted.
        period : int
            Number of the period.
        amounts : ndarray of int64 or float64, shape (n_series,)
            How much, a number a series.
        """
        series = np.flatnonzero(amounts != 0).astype(np.int32)
        own = amounts[series]
        short = own.astype(np.float32)  # half the memory, where nothing is lost
        kept = short if np.array_equal(short, own) else own.astype(np.float64)
        self.entries.setdefault(name, []).append(Entry(period, series, kept))

    def total(self, name: str) -> float:
        """Return the sum of an entry over all series and periods."""
        return float(
            sum(entry.amounts.sum(dtype=np.float64) for entry in self.entries.get(name, []))
        )


@dataclass(frozen=True)
class Layout:
    """Where the amounts of a ledger stand in a panel.

    Parameters
    ----------
    first, n_periods : int
        The panel's periods.
    rows : ndarray of int, shape (n_counted,)
        Row of each series in the panel; -1 for those that are left out.
    n_rows : int
        Series of the panel.
    """

    first: int
    n_periods: int
    rows: NDArray[np.intp]
    n_rows: int

    def fill(self, array: NDArray[np.floating], ledger: Ledger, name: str) -> None:
        """Write the amounts of an entry into an array.

        Parameters
        ----------
        array : ndarray, shape (n_rows, n_periods)
            Written to, where there are amounts.
        ledger : Ledger
            What was counted.
        name : str
            The entry.

        Raises
        ------
        DataError
            If a whole number is too large for the array's type.
        """
        for column, entry in self._columns(ledger, name):
            rows = self.rows[entry.series]
            kept = rows >= 0
            amounts = entry.amounts[kept]
            _refuse_rounding(name, amounts, array.dtype)
            array[rows[kept], column] = amounts

    def unknow(self, array: NDArray[np.floating], ledger: Ledger, name: str) -> None:
        """Write NaN into an array where an entry has amounts.

        Parameters
        ----------
        array : ndarray, shape (n_rows, n_periods)
            Written to.
        ledger : Ledger
            What was counted.
        name : str
            The entry.
        """
        for column, entry in self._columns(ledger, name):
            rows = self.rows[entry.series]
            array[rows[rows >= 0], column] = np.nan

    def ratio(self, ledger: Ledger, total: str, count: str) -> NDArray[np.float32]:
        """Return the quotient of two entries, NaN where nothing was counted.

        Parameters
        ----------
        ledger : Ledger
            What was counted.
        total, count : str
            The entries.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_periods)
            Means.
        """
        array = np.full((self.n_rows, self.n_periods), np.nan, dtype=np.float32)
        above = {entry.period: entry for entry in ledger.entries.get(total, [])}
        for column, below in self._columns(ledger, count):
            rows = self.rows[below.series]
            counted = (rows >= 0) & (below.amounts > 0)
            sums = np.zeros(len(self.rows))
            if (entry := above.get(below.period)) is not None:
                sums[entry.series] = entry.amounts
            means = sums[below.series[counted]] / below.amounts[counted]
            array[rows[counted], column] = means
        return array

    def _columns(self, ledger: Ledger, name: str) -> Iterator[tuple[int, Entry]]:
        """Yield the amounts of each period of the panel with its place."""
        for entry in ledger.entries.get(name, []):
            column = entry.period - self.first
            if 0 <= column < self.n_periods:
                yield column, entry

    def dense(self, ledger: Ledger, name: str) -> FloatArray:
        """Return an entry as an array, 0 where nothing was entered.

        Parameters
        ----------
        ledger : Ledger
            What was counted.
        name : str
            The entry.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_periods)
            Amounts.
        """
        array = np.zeros((self.n_rows, self.n_periods))
        self.fill(array, ledger, name)
        return array


def _refuse_rounding(name: str, amounts: NDArray[np.floating], kind: np.dtype[np.floating]) -> None:
    if kind == np.float64 or not len(amounts) or amounts.max() <= _MOST_WHOLE:
        return
    large = amounts[(amounts > _MOST_WHOLE) & (amounts == np.floor(amounts))]
    lost = large[large.astype(np.float32) != large]
    if len(lost):
        raise DataError(
            "events",
            [f"{name!r} reaches {lost[0]:,.0f} in a period, which a panel would round"],
            "count shorter periods, or quantities in thousands",
        )
