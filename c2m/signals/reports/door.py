"""Daily counts of a marketplace as a panel; what they cannot tell is said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.dates import read_days
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import name_list
from c2m.panel import Panel
from c2m.panel.channels import channel as channel_rule
from c2m.periods import Calendar
from c2m.series import read_keys
from c2m.signals.counting.assembly import attributes_of, read_attributes
from c2m.signals.logs.flatfiles import read_tables
from c2m.signals.reports.grid import FloatArray, Grid, IntArray
from c2m.signals.reports.sums import differences, over_period

_MOST: Final = 1e15
"""Counts above are no counts."""

STOCK: Final = "stock"
"""Name under which units on hand are passed; they become the channel ``in_stock``."""


@dataclass(frozen=True)
class _Columns:
    """Columns of the table; see `read_aggregate`."""

    channels: Mapping[str, str]
    keys: Mapping[str, str]
    date: str
    cumulative: tuple[str, ...]


def read_aggregate(
    source: object,
    *,
    columns: Mapping[str, str],
    freq: str | pd.DataFrame | Calendar,
    sku: str = "sku",
    date: str = "date",
    channel: str | None = None,
    location: str | None = None,
    attributes: object = None,
    cumulative: Sequence[str] = (),
    gaps: Literal["zero", "unknown"] | None = None,
    partial_period: Literal["drop", "keep"] = "drop",
    target: str = "sales",
    currency: str | None = None,
    tz: str | None = None,
    delimiter: str | None = None,
    encoding: str = "utf8",
) -> Panel:
    """Read a table of daily counts that has no events and no users: a marketplace's report.

    Parameters
    ----------
    source : path, list of paths, DataFrame or other Arrow table
        A row a SKU and day (and `channel`, `location`). Of a folder or several files all rows.
    columns : mapping of str to str
        Channel -> column of the table: ``{"sales": "units_ordered", "views": "page_views"}``.
        ``stock`` (units on hand) becomes ``in_stock``, the share of days with any.
    freq : str, DataFrame or Calendar
        Periods, see `Calendar.of`.
    sku, date : str
        Columns of the SKUs and the days.
    channel, location : str, optional
        Columns that name the series together with `sku`.
    attributes : DataFrame or other Arrow table, optional
        A row a ``sku``, whose other columns become attributes.
    cumulative : sequence of str
        Channels whose column is a counter that only rises, read at the end of each day (numbers
        of reviews, of interactions): it becomes what was added in the period. Where it fell it is
        unknown.
    gaps : {"zero", "unknown"}, optional
        What a day without a row means, from the first row of its series to the last day of the
        table. No default, because both are common: many reports leave out days on which nothing
        happened. A row without a value is unknown either way.
    partial_period : {"drop", "keep"}
        What to do with a first or last period that the days of the table cover only in part.
    target : str
        The channel to forecast.
    currency : str, optional
        Code of prices and revenue, such as ``"EUR"``.
    tz : str, optional
        The zone whose days the report counts.
    delimiter : str, optional
        Between the fields of a CSV file; a comma, or a tab for ``.tsv``, unless given.
    encoding : str
        Of CSV files.

    Returns
    -------
    Panel
        Sums of the days of each period, unknown where a day is; ``price`` as the mean over units;
        other means and shares over the days that are known. Before its first row a series is
        unknown.

    Raises
    ------
    DataError
        If the table breaks these rules, or days are missing and `gaps` does not say what that
        means; every problem is listed.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        What counts without users cost; how many periods are partial, days without a row, and
        falls of counters there are.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from c2m import C2MWarning
    >>> report = pd.DataFrame({
    ...     "date": pd.date_range("2026-11-02", periods=7),
    ...     "asin": "B01",
    ...     "units": [1, 0, 2, 0, 0, 1, 3],
    ...     "reviews": [10, 10, 11, 12, 12, 12, 15],
    ... })
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", C2MWarning)
    ...     panel = read_aggregate(
    ...         report, sku="asin", freq="D", cumulative=["reviews"],
    ...         columns={"sales": "units", "reviews": "reviews"},
    ...     )
    >>> panel["reviews"]
    array([[nan,  0.,  1.,  1.,  0.,  0.,  3.]], dtype=float32)
    """
    calendar = Calendar.of(freq)
    named = {"sku": sku, "channel": channel, "location": location}
    keys = {name: own for name, own in named.items() if own is not None}
    asked = _Columns(dict(columns), keys, date, _listed(cumulative))
    _check_arguments(asked, calendar, target, currency, gaps, partial_period)
    frames = [
        frame for frame, _ in read_tables(source, "report", delimiter=delimiter, encoding=encoding)
    ]
    table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    days, values = _read(table, asked, tz)
    series_keys, series = read_keys(table, keys)
    grid = _grid(calendar, days, series.astype(np.int64), len(series_keys), partial_period)
    _settle_gaps(grid, gaps)
    channels = _channels(values, grid, asked, zero=gaps == "zero")
    if np.isnan(channels[target]).all():
        problem = f"{asked.channels[target]!r} is known in no whole {calendar.word} of any series"
        raise DataError("report", [problem], "pass more days, or gaps='zero' if that is meant")
    _tell_cost(len(table))
    panel = Panel(
        keys=series_keys,
        calendar=calendar,
        first=grid.first,
        n_periods=grid.n_periods,
        channels={name: array.astype(np.float32) for name, array in channels.items()},
        target=target,
        attributes=attributes_of(read_attributes(attributes), series_keys),
        currency=currency,
        tz=tz,
    )
    return _without_empty(panel)


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _check_arguments(
    asked: _Columns,
    calendar: Calendar,
    target: str,
    currency: str | None,
    gaps: str | None,
    partial_period: str,
) -> None:
    """Check plain arguments."""
    if target not in asked.channels or target == STOCK:
        raise ArgumentError(
            f"Expected columns= with the target {target!r}, got {name_list(asked.channels)}; say "
            "which column it is, or pass target= with the channel to forecast."
        )
    if STOCK in asked.channels and "in_stock" in asked.channels:
        raise ArgumentError("Expected 'stock' or 'in_stock' in columns=, got both.")
    lost = [name for name in asked.cumulative if name not in asked.channels]
    if lost:
        raise ArgumentError(f"Expected cumulative channels of columns=, got {name_list(lost)}.")
    people = [name for name in asked.channels if channel_rule(name).rollup == "leave"]
    if people and calendar.freq != "D":
        raise ArgumentError(
            f"Expected freq='D' for {name_list(people)}, got {calendar.freq!r}: who came on two "
            "days is one user of the week, so distinct users of days do not add up."
        )
    if currency is not None and re.fullmatch("[A-Z]{3}", currency) is None:
        raise ArgumentError(f"Expected currency of three capitals, got {currency!r}.")
    if gaps not in {None, "zero", "unknown"}:
        raise ArgumentError(f"Expected gaps 'zero', 'unknown' or None, got {gaps!r}.")
    if partial_period not in {"drop", "keep"}:
        raise ArgumentError(f"Expected partial_period 'drop' or 'keep', got {partial_period!r}.")


def _read(
    table: pd.DataFrame, asked: _Columns, tz: str | None
) -> tuple[IntArray, dict[str, FloatArray]]:
    """Check the table; return the day of every row, and the values of every channel."""
    check = Check("report", table)
    needed = [*asked.keys.values(), asked.date, *asked.channels.values()]
    if not (check.columns(list(dict.fromkeys(needed))) and check.not_empty()):
        check.done()
    for own in asked.keys.values():
        check.codes(own, each=True)
    values = {name: _numbers(check, name, own) for name, own in asked.channels.items()}
    days = read_days(check, asked.date, tz=tz, whole=True)
    check.done()
    check.unique([*asked.keys.values(), asked.date], {asked.date: days})
    check.done()
    return days.astype(np.int64), values


def _numbers(check: Check, name: str, own: str) -> FloatArray:
    """Read a column of numbers, which may be text; note what is none."""
    column = check.frame[own]
    read = pd.to_numeric(column, errors="coerce")
    if (read.isna() & column.notna()).any():
        check.numbers(own, unknown=True)
        return np.full(len(column), np.nan)
    rule = channel_rule(name)
    values = read.to_numpy(dtype=np.float64, na_value=np.nan)
    most = _MOST if rule.at_most is None else rule.at_most
    check.number_values(own, values, at_least=rule.at_least, at_most=most, unknown=True)
    return values


def _grid(
    calendar: Calendar, days: IntArray, series: IntArray, n_series: int, partial_period: str
) -> Grid:
    """Find the periods that the days cover."""
    low, high = int(days.min()), int(days.max())
    first, last = calendar.ordinal(np.array([low, high]).astype("datetime64[D]")).tolist()
    starts = calendar.label(np.array([first, last + 1])).astype(np.int64)
    partial = [int(starts[0]) < low, int(starts[1]) > high + 1]
    if partial_period == "drop":
        first, last = first + partial[0], last - partial[1]
        if last < first:
            raise DataError(
                "report",
                [f"its days cover no whole {calendar.word}"],
                "pass more days, a shorter freq=, or partial_period='keep'",
            )
        count = sum(partial)
        if count:
            noun = calendar.word if count == 1 else f"{calendar.word}s"
            warn(
                f"{count} partial {noun} at the ends of the report {'is' if count == 1 else 'are'} "
                "left out. Pass partial_period='keep' to keep what there is."
            )
    return Grid(calendar, first, last - first + 1, high, series, days, n_series)


def _settle_gaps(grid: Grid, gaps: str | None) -> None:
    """Count the days without a row, and refuse them unless the caller said what they mean."""
    due = grid.last_day + 1 - grid.first_day
    missing = int(due.sum()) - len(grid.days)
    if missing and gaps is None:
        raise DataError(
            "report",
            [
                f"{missing:,} of {int(due.sum()):,} series-days have no row between the first row "
                "of their series and the last day"
            ],
            "pass gaps='zero' if the report leaves out days on which nothing happened, or "
            "gaps='unknown' if nobody recorded them; c2m.Panel.from_frame reads a table that has "
            "a row a week already",
        )
    span = grid.last_day - int(grid.days.min()) + 1
    empty = span - len(np.unique(grid.days))
    if empty and gaps == "zero":
        warn(
            f"{empty:,} of {span:,} days have no row of any SKU: they count as 0, as gaps='zero' "
            "says. Pass gaps='unknown' if the report of these days is missing."
        )


def _channels(
    values: Mapping[str, FloatArray], grid: Grid, asked: _Columns, *, zero: bool
) -> dict[str, FloatArray]:
    """Combine the days of every channel."""
    channels = {}
    for name, daily in values.items():
        if name in asked.cumulative:
            channels[name], falls = differences(daily, grid)
            if falls:
                warn(
                    f"The counter {name!r} falls {falls:,} times: what was added in these "
                    f"{grid.calendar.word}s is unknown."
                )
        elif name == STOCK:
            there = np.where(np.isnan(daily), np.nan, daily > 0)
            channels["in_stock"] = over_period("in_stock", there, grid, zero=False, sales=None)
        else:
            sales = values.get("sales")
            channels[name] = over_period(name, daily, grid, zero=zero, sales=sales)
    return channels


def _tell_cost(n_rows: int) -> None:
    warn(
        f"{n_rows:,} rows of the report are counts without users, taken as they are: there are no "
        "distinct users, repeated and fake events cannot be found, and what people agreed to was "
        "not checked here."
    )


def _without_empty(panel: Panel) -> Panel:
    """Leave out series of which nothing is known in the periods that are kept."""
    kept = panel.upto(panel.cutoff)
    if kept.n_series < panel.n_series:
        warn(
            f"{panel.n_series - kept.n_series:,} of {panel.n_series:,} series have no known value "
            "in the whole periods and are left out."
        )
    return kept
