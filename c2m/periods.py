"""Periods: which day belongs to which, and what a period is called.

A period is labelled by its first day. A calendar numbers the periods (its *ordinals*), so that
the rest of the library counts in whole numbers and only this module knows what a week is.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from c2m.checks import Check
from c2m.dates import Days, read_days
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import read_frame

Ordinals = NDArray[np.int64]
"""Numbers of periods; their zero is the calendar's own affair."""

_WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday
_SEASON: Final = {"D": 7, "W": 52, "MS": 12}
_DAYS_A_YEAR: Final = 365.25
_LAST_OF_WEEK: Final = 6


@dataclass(frozen=True)
class Calendar:
    """How days are grouped into periods.

    Parameters
    ----------
    freq : str
        ``"D"`` days; ``"W"`` ISO weeks, Monday to Sunday; ``"W-SUN"`` and its like weeks that
        *start* on that day; ``"MS"`` months; ``"table"`` the periods of a table.
    bounds : tuple of str
        Of a period table: the first day of every period and the day after the last, as ISO
        dates. Empty for every other freq.

    Examples
    --------
    >>> week = Calendar.of("W")
    >>> week.label(week.ordinal(["2026-11-22"]))
    array(['2026-11-16'], dtype='datetime64[D]')
    """

    freq: str
    bounds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that it is a calendar; a Monday week has one name."""
        start_day = self.freq.removeprefix("W-") if self.freq.startswith("W-") else "MON"
        if self.freq.partition("-")[0] not in {*_SEASON, "table"} or start_day not in _WEEKDAYS:
            raise ArgumentError(
                "Expected freq 'D', 'W', 'W-SUN' (any weekday), 'MS' or a table with the columns "
                f"'start' and 'end', got {self.freq!r}."
            )
        bounds = np.array(self.bounds, dtype="datetime64[D]")
        if (self.freq == "table") != (len(bounds) > 1) or not np.all(bounds[:-1] < bounds[1:]):
            raise ArgumentError(
                f"Expected rising bounds for a period table and none for another freq, got "
                f"{len(bounds)} bounds for {self.freq!r}."
            )
        if self.freq == "W-MON":
            object.__setattr__(self, "freq", "W")

    @classmethod
    def of(cls, freq: "str | pd.DataFrame | Calendar") -> "Calendar":
        """Make a calendar from what a caller passes as ``freq=``.

        Parameters
        ----------
        freq : str, DataFrame or Calendar
            A freq of the class, or a period table with the columns ``start`` and ``end``
            (first and last day of every period, one row a period, no gaps): 4-4-5 calendars,
            years of 53 weeks.

        Returns
        -------
        Calendar
            The calendar.

        Raises
        ------
        ArgumentError
            If the freq is not known.
        DataError
            If the period table has gaps, overlaps or no rows.

        Examples
        --------
        >>> Calendar.of("weekly")
        Traceback (most recent call last):
            ...
        c2m.errors.ArgumentError: Expected freq 'D', 'W', 'W-SUN' (any weekday), 'MS' or a table \
with the columns 'start' and 'end', got 'weekly'.
        """
        if isinstance(freq, Calendar):
            return freq
        if not isinstance(freq, str):
            return cls("table", _table_bounds(freq))
        calendar = cls(freq)
        _, _, start_day = calendar.freq.partition("-")
        if start_day:
            warn(
                f"freq {freq!r} means weeks that start on {start_day}; in pandas the same name "
                "means weeks that end on it. Pass the weekday on which your week starts, as "
                f"c2m.Calendar({freq!r}) to say so without this warning."
            )
        return calendar

    @property
    def season_length(self) -> int:
        """Periods in the season a model assumes unless told: 7 days, 52 weeks, 12 months.

        Of a period table: as many of its periods, at their mean length, as make a year.
        """
        if self.freq != "table":
            return _SEASON[self.freq.partition("-")[0]]
        days = self.days_in(np.arange(len(self.bounds) - 1))
        return max(1, round(_DAYS_A_YEAR / float(days.mean())))

    @property
    def word(self) -> str:
        """What one period is called: ``"day"``, ``"week"``, ``"month"`` or ``"period"``."""
        return {"D": "day", "MS": "month", "table": "period"}.get(self.freq, "week")

    def name(self, day: object) -> str:
        """Name the period that begins on a day, in a sentence.

        Parameters
        ----------
        day : date, datetime64 or Timestamp
            Its first day.

        Returns
        -------
        str
            As ``"the week of 2026-11-23"``; by day only ``"2026-11-23"``.
        """
        label = str(np.datetime64(day, "D"))  # type: ignore[call-overload]
        return label if self.freq == "D" else f"the {self.word} of {label}"

    def during(self, day: object) -> str:
        """Say when something happens, in the period that begins on a day.

        Parameters
        ----------
        day : date, datetime64 or Timestamp
            Its first day.

        Returns
        -------
        str
            As ``"in the week of 2026-11-23"``; by day ``"on 2026-11-23"``.
        """
        return f"{'on' if self.freq == 'D' else 'in'} {self.name(day)}"

    def ordinal(self, days: ArrayLike) -> Ordinals:
        """Return the number of the period that each day falls in.

        Parameters
        ----------
        days : array_like of datetime64, any shape
            Days; the time of day is ignored.

        Returns
        -------
        ndarray of int64, same shape
            The periods' numbers.

        Raises
        ------
        DataError
            If a day lies outside a period table.
        """
        day = np.asarray(days, dtype="datetime64[D]")
        if self.freq == "MS":
            return day.astype("datetime64[M]").astype(np.int64)
        if self.freq == "table":
            return self._table_ordinal(day)
        count = day.astype(np.int64)
        return count if self.freq == "D" else (count - self._week_anchor) // 7

    def label(self, ordinals: ArrayLike) -> Days:
        """Return the first day of each period.

        Parameters
        ----------
        ordinals : array_like of int, any shape
            The periods' numbers.

        Returns
        -------
        ndarray of datetime64[D], same shape
            First days. One past a table's last period is the day after it; further is an error.
        """
        number = np.asarray(ordinals, dtype=np.int64)
        if self.freq == "MS":
            return number.astype("datetime64[M]").astype("datetime64[D]")
        if self.freq == "table":
            starts = np.array(self.bounds, dtype="datetime64[D]")
            outside = (number < 0) | (number >= len(starts))
            if np.any(outside):
                raise self._outside(f"period {number[outside].reshape(-1)[0]} is not in it")
            return starts[number]
        if self.freq == "D":
            return number.astype("datetime64[D]")
        return (number * 7 + self._week_anchor).astype("datetime64[D]")

    def labels(self, first: int, count: int) -> pd.DatetimeIndex:
        """Return the labels of consecutive periods as a pandas index.

        Parameters
        ----------
        first : int
            Number of the first period.
        count : int
            How many.

        Returns
        -------
        DatetimeIndex, length count
            First days.
        """
        days = self.label(np.arange(first, first + count))
        return pd.DatetimeIndex(days.astype("datetime64[s]"), name="period")

    def days_in(self, ordinals: ArrayLike) -> NDArray[np.int64]:
        """Count the days of each period.

        Parameters
        ----------
        ordinals : array_like of int, any shape
            The periods' numbers.

        Returns
        -------
        ndarray of int64, same shape
            7 for a week, 28 to 31 for a month.
        """
        number = np.asarray(ordinals, dtype=np.int64)
        return (self.label(number + 1) - self.label(number)).astype(np.int64)

    @property
    def _week_anchor(self) -> int:
        """Days from 1970-01-01 to the first day of week 0."""
        _, _, name = self.freq.partition("-")
        weekday = _WEEKDAYS.index(name) if name else 0
        return weekday - _EPOCH_WEEKDAY

    def _table_ordinal(self, day: Days) -> Ordinals:
        starts = np.array(self.bounds, dtype="datetime64[D]")
        number = np.searchsorted(starts, day, side="right") - 1
        outside = (number < 0) | (number >= len(starts) - 1)
        if np.any(outside):
            example = day[outside].reshape(-1)[0]
            raise self._outside(f"{np.count_nonzero(outside):,} days lie outside, first {example}")
        return np.asarray(number, dtype=np.int64)

    def _outside(self, what: str) -> DataError:
        span = f"the period table covers {self.bounds[0]} to the day before {self.bounds[-1]}"
        return DataError("periods", [f"{what}; {span}"], "add the missing periods to the table")


def check_span(calendar: Calendar, first: int, count: int, check: Check) -> None:
    """Note periods that a period table does not have.

    Parameters
    ----------
    calendar : Calendar
        Whose periods they are.
    first, count : int
        Number of the first of them, and how many.
    check : Check
        Where to note it.
    """
    try:
        calendar.label([first, first + count])
    except DataError as error:
        check.add(error.problems[0], error.fix)


def _table_bounds(table: object) -> tuple[str, ...]:
    """Check a period table and return its first days and the day after its last."""
    frame = read_frame(table, "periods")
    check = Check("periods", frame)
    if not (check.columns(["start", "end"]) and check.not_empty()):
        check.done()
    start = read_days(check, "start", tz=None, whole=True)
    after = read_days(check, "end", tz=None, whole=True) + 1
    check.done()
    check.rows(after <= start, "ends before it starts", "correct 'start' and 'end'")
    torn = np.append(False, start[1:] != after[:-1])
    check.rows(
        torn,
        "does not start on the day after the row before ends",
        "sort the table by 'start' and close its gaps and overlaps",
        lambda row: str(start[row]),
    )
    check.done()
    return (*start.astype(str).tolist(), str(after[-1]))


def read_periods(check: Check, column: str, calendar: Calendar, *, tz: str | None) -> Ordinals:
    """Read a column of period labels and note what is wrong with it.

    Parameters
    ----------
    check : Check
        The table's check; problems are noted there.
    column : str
        Column of the labels.
    calendar : Calendar
        Whose periods they must be.
    tz : str, optional
        Zone of the shop's days, for times that carry one.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Numbers of the periods; without meaning where a problem was noted.
    """
    days = read_days(check, column, tz=tz, whole=True)
    unknown = np.isnat(days)
    if unknown.any() or not len(days):
        return np.zeros(len(days), dtype=np.int64)
    try:
        ordinals = calendar.ordinal(days)
    except DataError as error:  # outside a period table
        check.add(error.problems[0], error.fix)
        return np.zeros(len(days), dtype=np.int64)
    after = (days - calendar.label(ordinals)).astype(np.int64)
    off = after != 0
    hint = ""
    if off.any() and calendar.freq.startswith("W"):
        weekday = _WEEKDAYS[(int(days[off][0].astype(np.int64)) + _EPOCH_WEEKDAY) % 7]
        hint = f", or pass freq='W-{weekday}' if your weeks start then"
        if (after == _LAST_OF_WEEK).all():
            hint += ", or if your labels are the last day of the week, subtract 6 days"
    check.rows(
        off,
        f"has a {column!r} that is no first day of a {calendar.freq!r} period",
        f"label each period by its first day{hint}, or pass the freq that the table has",
        lambda row: str(days[row]),
    )
    return ordinals
