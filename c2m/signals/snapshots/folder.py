"""A folder of dated stock files as events: unknown days stay unknown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812
from datetime import time as Time  # noqa: N812
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from c2m.checks import Check
from c2m.dates import read_days
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.signals.events import Events
from c2m.signals.logs.flatfiles import find_tables, read_tables
from c2m.signals.opening import read_events
from c2m.signals.reading.times import check_zone
from c2m.signals.snapshots.dates import dates_of
from c2m.signals.snapshots.gaps import fill_gaps
from c2m.signals.snapshots.levels import (
    PICTURES,
    Aside,
    Columns,
    flat_levels,
    picture_levels,
)
from c2m.signals.snapshots.stock import Stock, day_moments

SOURCE_SYSTEM: Final = "stock_snapshot"
"""``source_system`` of the events: levels that were seen, and hold for their day only."""


@dataclass(frozen=True)
class _Reader:
    """How the files are read; see `read_stock_snapshots`."""

    columns: Columns
    schema: str | None
    zone: str
    at: pd.Timedelta

    def read(
        self, table: pd.DataFrame, day: Day | None, place: str, stock: Stock, aside: Aside
    ) -> None:
        """Add the levels of one table, with their days."""
        if self.schema is not None and day is not None:
            number = int(np.datetime64(day, "D").astype(np.int64))
            moment = day_moments([number], self.at, self.zone)[0]
            found = picture_levels(table, self.schema, moment, place, aside)
        else:
            found = flat_levels(table, self.columns, place, aside)
        if day is None:
            check = Check("stock", found.rename(columns={"date": str(self.columns.date)}))
            days = read_days(check, str(self.columns.date), tz=self.zone)
            check.done()
        else:
            days = np.repeat(np.array([day], dtype="datetime64[D]"), len(found))
        stock.add(found, days, place)


def read_stock_snapshots(
    source: object,
    *,
    time_zone: str,
    schema: str | None = None,
    sku: str = "sku",
    quantity: str = "quantity",
    location: str | None = None,
    date: str | None = None,
    at: str = "00:00",
    missing_sku: Literal["unknown", "zero"] = "unknown",
    on_bad: Literal["set_aside", "error"] = "set_aside",
    delimiter: str | None = None,
    encoding: str = "utf8",
) -> Events:
    """Read dated files of the stock, one a day, as ``stock_level`` events.

    Parameters
    ----------
    source : path, list of paths, DataFrame or other Arrow table
        A folder, a pattern such as ``"stock/*.csv"``, files, or one table.
    time_zone : str
        The shop's zone, whose days are meant.
    schema : {"shopify_products", "shopify_inventory"}, optional
        The export that the files are; a flat table unless given.
    sku, quantity : str
        Columns of a flat table: SKU, and units that can be sold.
    location : str, optional
        Column of the stores or warehouses.
    date : str, optional
        Column of the days, or the day itself (``"2026-11-22"``) of one file. The names of the
        files tell their days unless given: ``stock-2026-11-22.csv``, ``20261122.parquet``.
    at : str
        Time of day at which the files are written: from then on their levels are known.
    missing_sku : {"unknown", "zero"}
        What it means that a file lacks a SKU that an earlier one had: nothing is known, or there
        is none. How often that is so is said either way.
    on_bad : {"set_aside", "error"}
        Whether to go on without rows that cannot be used, with a warning, or to stop.
    delimiter : str, optional
        Between the fields of a CSV file; a comma, or a tab for ``.tsv``, unless given.
    encoding : str
        Of CSV files.

    Returns
    -------
    Events
        A ``stock_level`` a SKU, location and day, with ``quantity`` and ``in_stock`` (1 or 0), in
        memory. Build the panel with ``stock="observed"``: a day without a file is unknown, and no
        level is carried over it.

    Raises
    ------
    DataError
        If files tell no day, lack columns or cannot be read, or nothing is left of them.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        How many days have no file, how many SKU-days are missing in the files that there are, how
        many rows were set aside, tell no level, or lie below 0 (which reads as 0).

    Examples
    --------
    >>> import pandas as pd
    >>> days = ["2026-11-21", "2026-11-22"]
    >>> stock = pd.DataFrame({"day": days, "sku": "0042", "quantity": [3, 0]})
    >>> events = read_stock_snapshots(stock, date="day", time_zone="Europe/Paris")
    >>> events.to_frame()[["sku", "quantity", "in_stock"]].to_dict("list")
    {'sku': ['0042', '0042'], 'quantity': [3.0, 0.0], 'in_stock': [1.0, 0.0]}
    """
    _check_arguments(schema, missing_sku, on_bad)
    given = _day_of(date)
    if schema is not None and date is not None and given is None:
        raise ArgumentError(f"Expected date= to be a day such as '2026-11-22', got {date!r}.")
    columns = Columns(sku, quantity, location, None if given is not None else date)
    reader = _Reader(columns, schema, check_zone(time_zone, "time_zone"), _time_of_day(at))
    aside, stock = Aside(), Stock()
    for table, day, place in _tables(source, given, columns, delimiter, encoding):
        reader.read(table, day, place, stock, aside)
    levels = stock.together(aside)
    _tell(aside, on_bad, schema)
    if not levels["quantity"].notna().any():
        raise DataError("stock", ["no level is left"], "pass files with at least one level")
    return _events(fill_gaps(levels, missing_sku), stock, reader)


def _check_arguments(schema: str | None, missing_sku: str, on_bad: str) -> None:
    if schema is not None and schema not in PICTURES:
        raise ArgumentError(
            f"Expected schema of {name_list(PICTURES)} or None, got {schema!r}"
            f"{did_you_mean(str(schema), PICTURES)}."
        )
    if missing_sku not in {"unknown", "zero"}:
        raise ArgumentError(f"Expected missing_sku 'unknown' or 'zero', got {missing_sku!r}.")
    if on_bad not in {"set_aside", "error"}:
        raise ArgumentError(f"Expected on_bad 'set_aside' or 'error', got {on_bad!r}.")


def _time_of_day(at: str) -> pd.Timedelta:
    try:
        clock = Time.fromisoformat(at)
    except (TypeError, ValueError):
        clock = None
    if clock is None or clock.tzinfo is not None:
        raise ArgumentError(f"Expected at to be a time of day such as '06:30', got {at!r}.")
    return pd.Timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def _day_of(date: str | None) -> Day | None:
    """Return the day that the caller passed, unless it is the name of a column."""
    try:
        return None if date is None else Day.fromisoformat(date)
    except (TypeError, ValueError):
        return None


def _tables(
    source: object, given: Day | None, columns: Columns, delimiter: str | None, encoding: str
) -> Iterator[tuple[pd.DataFrame, Day | None, str]]:
    """Yield every table with its day, None where it is a column, and its place in messages."""
    files = find_tables(source)
    if files is None and given is None and columns.date is None:
        raise ArgumentError("Expected date= with the column of the days, or the day, of a table.")
    if given is not None and len(files or []) > 1:
        raise ArgumentError(
            f"Expected one file of the day {given}, got {len(files or []):,} files."
        )
    days: Sequence[Day | None] = [given] * len(files or [None])
    if files is not None and given is None and columns.date is None:
        days = dates_of(files)
    tables = read_tables(source, "stock", delimiter=delimiter, encoding=encoding)
    for (table, file), day in zip(tables, days, strict=True):
        yield table, day, "" if file is None else f" of {file.name}"


def _tell(aside: Aside, on_bad: str, schema: str | None) -> None:
    """Say what was not read as it stands."""
    problems = [
        f"{count:,} rows have {reason} (first: {aside.first[reason]})"
        for reason, count in aside.bad.items()
    ]
    if problems and on_bad == "error":
        raise DataError("stock", problems, "correct these rows, or pass on_bad='set_aside'")
    if problems:
        warn(f"Rows of `stock` are set aside: {'; '.join(problems)}.")
    unknown = [f"{count:,} {kind}" for kind, count in aside.unknown.items() if count]
    if unknown:
        warn(f"Rows of `stock` tell no level and stay unknown: {'; '.join(unknown)}.")
    if aside.below:
        warn(
            f"{aside.below:,} rows of `stock` are below 0 (more was sold than there was): they "
            "read as 0 units that can be sold."
        )
    if schema == "shopify_products":
        warn(
            "The quantity of a products CSV is right only for a shop with one location. For more, "
            "export the inventory and pass schema='shopify_inventory'."
        )


def _events(levels: pd.DataFrame, stock: Stock, reader: _Reader) -> Events:
    """Return known levels as a canonical log."""
    known = levels[levels["quantity"].notna()].sort_values("day", kind="stable")
    days, day = np.unique(known["day"].to_numpy(), return_inverse=True)
    moments = pa.array(day_moments(days.tolist(), reader.at, reader.zone))
    store = known["store"].to_numpy(dtype=np.int32)
    columns = {
        "event_time": moments.take(pa.array(day)),
        "event_type": _constant("stock_level", len(known)),
        "sku": stock.skus.decode(known["sku"].to_numpy(dtype=np.int32)),
        "quantity": pa.array(known["quantity"].to_numpy(dtype=np.float64)),
        "in_stock": pa.array(known["in_stock"].to_numpy(dtype=np.float32)),
        "source_system": _constant(SOURCE_SYSTEM, len(known)),
    }
    if (store >= 0).any():
        columns["store_id"] = stock.stores.decode(store)
    return read_events(pa.table(columns))


def _constant(word: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int8)), [word])
