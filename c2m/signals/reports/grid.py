"""Where the rows of a daily table lie: series, days, periods, and how many of them are missing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from c2m.periods import Calendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Rows of a table by series and period; a row a series and day.

    Parameters
    ----------
    calendar : Calendar
        The periods.
    first : int
        Number of the first period that is kept.
    n_periods : int
        How many are kept.
    last_day : int
        Last day that the table covers, in days since 1970-01-01.
    series : ndarray of int64, shape (n_rows,)
        Number of each row's series.
    days : ndarray of int64, shape (n_rows,)
        Day of each row, in days since 1970-01-01.
    n_series : int
        How many series there are.
    """

    calendar: Calendar
    first: int
    n_periods: int
    last_day: int
    series: IntArray
    days: IntArray
    n_series: int

    @property
    def shape(self) -> tuple[int, int]:
        """Series and periods."""
        return self.n_series, self.n_periods

    @property
    def starts(self) -> IntArray:
        """First day of every kept period, (n_periods,)."""
        labels = self.calendar.label(np.arange(self.first, self.first + self.n_periods))
        return labels.astype(np.int64)

    @property
    def lengths(self) -> IntArray:
        """Days of every kept period, (n_periods,)."""
        return self.calendar.days_in(np.arange(self.first, self.first + self.n_periods))

    @property
    def first_day(self) -> IntArray:
        """Day of the first row of every series, (n_series,)."""
        first = np.full(self.n_series, np.iinfo(np.int64).max)
        np.minimum.at(first, self.series, self.days)
        return first

    def period_of(self, days: IntArray) -> IntArray:
        """Return the position of the period of each day; outside 0 to n_periods - 1 it is cut."""
        return self.calendar.ordinal(days.astype("datetime64[D]")) - self.first

    def add(self, values: FloatArray) -> FloatArray:
        """Sum a value of each row into its series and period.

        Parameters
        ----------
        values : ndarray, shape (n_rows,)
            What to sum.

        Returns
        -------
        ndarray, shape (n_series, n_periods)
            Sums, 0 where there is no row.
        """
        period = self.period_of(self.days)
        inside = (period >= 0) & (period < self.n_periods)
        cell = self.series[inside] * self.n_periods + period[inside]
        size = self.n_series * self.n_periods
        sums = np.asarray(np.bincount(cell, values[inside], minlength=size), dtype=np.float64)
        return sums.reshape(self.shape)  # [S, T]

    def expected(self) -> FloatArray:
        """Return the days of each period from the first row of the series on.

        Returns
        -------
        ndarray, shape (n_series, n_periods)
            0 before the first row of a series.
        """
        ends = np.minimum(self.starts + self.lengths, self.last_day + 1)
        begun = np.maximum(self.starts[None, :], self.first_day[:, None])
        return np.asarray(np.maximum(ends[None, :] - begun, 0), dtype=np.float64)  # [S, T]
