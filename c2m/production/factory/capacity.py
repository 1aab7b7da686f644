"""How much of each period a line stands still, and what a unit takes of its capacity."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.periods import Calendar, Ordinals
from c2m.production.factory.making import ALL_LINES, PIECES_IN_A_DOZEN


def shut_share(
    lines: pd.Series, shutdowns: pd.DataFrame, calendar: Calendar, ordinals: Ordinals
) -> NDArray[np.float64]:
    """Return the share of the days of each period on which each line stands still.

    Parameters
    ----------
    lines : Series of str, shape (n_lines,)
        Codes of the lines.
    shutdowns : DataFrame
        Columns ``line``, ``first_day``, ``last_day``.
    calendar : Calendar
        How days are grouped into periods.
    ordinals : ndarray of int64, shape (n_periods,)
        Numbers of consecutive periods.

    Returns
    -------
    ndarray of float64, shape (n_lines, n_periods)
        0 where nothing is shut, 1 where the whole period is.
    """
    bounds = calendar.label(np.append(ordinals, ordinals[-1] + 1))
    day = (bounds - bounds[0]).astype(np.int64)
    shut = _shut_days(lines, shutdowns, bounds[0], int(day[-1]))
    before = np.pad(np.cumsum(shut, axis=1), ((0, 0), (1, 0)))  # [L, days + 1]
    return np.asarray(np.diff(before[:, day], axis=1) / np.diff(day), dtype=np.float64)


def days_shut(lines: pd.Series, shutdowns: pd.DataFrame) -> NDArray[np.int64]:
    """Count the days on which each line stands still, overlaps once.

    Parameters
    ----------
    lines : Series of str, shape (n_lines,)
        Codes of the lines.
    shutdowns : DataFrame
        Columns ``line``, ``first_day``, ``last_day``.

    Returns
    -------
    ndarray of int64, shape (n_lines,)
        Days.
    """
    if not len(shutdowns):
        return np.zeros(len(lines), dtype=np.int64)
    first = shutdowns["first_day"].to_numpy("datetime64[D]").min()
    last = shutdowns["last_day"].to_numpy("datetime64[D]").max()
    shut = _shut_days(lines, shutdowns, first, int((last - first).astype(np.int64)) + 1)
    return np.asarray(shut.sum(axis=1), dtype=np.int64)


def shut_together(
    lines: pd.Series, shutdowns: pd.DataFrame, calendar: Calendar, ordinals: Ordinals
) -> NDArray[np.float64]:
    """Return the share of the days of each period on which all of some lines stand still.

    Parameters
    ----------
    lines, shutdowns, calendar, ordinals
        See `shut_share`.

    Returns
    -------
    ndarray of float64, shape (n_periods,)
        0 where some line runs every day.
    """
    bounds = calendar.label(np.append(ordinals, ordinals[-1] + 1))
    day = (bounds - bounds[0]).astype(np.int64)
    shut = _shut_days(lines, shutdowns, bounds[0], int(day[-1])).all(axis=0)
    before = np.pad(np.cumsum(shut), (1, 0))
    return np.asarray(np.diff(before[day]) / np.diff(day), dtype=np.float64)


def line_times(routings: pd.DataFrame, lines: pd.DataFrame) -> pd.Series:
    """Return what a unit of each routing takes, in the unit of its line.

    Parameters
    ----------
    routings : DataFrame
        Columns ``line`` and ``unit_time``.
    lines : DataFrame
        Columns ``line`` and ``unit``.

    Returns
    -------
    Series of float64
        One value a routing; a line that counts dozens takes the twelfth of the pieces.
    """
    dozens = lines.loc[(lines["unit"] == "dozens").to_numpy(dtype=bool), "line"]
    if not len(dozens):
        return routings["unit_time"]
    counted = routings["line"].astype("object").isin(dozens.astype("object"))
    return routings["unit_time"].where(~counted, routings["unit_time"] / PIECES_IN_A_DOZEN)


def _shut_days(
    lines: pd.Series, shutdowns: pd.DataFrame, first: np.datetime64, n_days: int
) -> BoolArray:
    """Return on which days from `first` on each line stands still, (n_lines, n_days)."""
    codes = lines.to_numpy(dtype=object)
    shut = np.zeros((len(codes), n_days), dtype=bool)
    starts = (shutdowns["first_day"].to_numpy("datetime64[D]") - first).astype(np.int64)
    ends = (shutdowns["last_day"].to_numpy("datetime64[D]") - first).astype(np.int64) + 1
    for line, start, end in zip(shutdowns["line"], starts.clip(0), ends.clip(0), strict=True):
        shut[(codes == line) | (line == ALL_LINES), start:end] = True
    return shut
