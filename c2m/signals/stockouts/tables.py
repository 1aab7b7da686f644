"""Tables of stock: movements, levels that hold until they change, dated snapshots."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import read_frame, text_codes
from c2m.signals.reading.times import Micros
from c2m.signals.stockouts.shelves import Codes

Kind = Literal["movements", "levels", "snapshots"]
"""What the rows of a table of stock are."""


@dataclass(frozen=True)
class StockTable:
    """A table of stock as arrays, sorted by shelf and time.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        Names of the series, sorted.
    series_of : ndarray of int64, shape (n_shelves,)
        Series of each shelf (a SKU at a location).
    shelf : ndarray of int64, shape (n_rows,)
        Shelf of each row.
    micros : ndarray of int64, shape (n_rows,)
        When, in microseconds since 1970 in UTC.
    there : ndarray of bool, shape (n_rows,)
        Whether there is anything on the shelf from then on.
    opening : ndarray of int8, shape (n_shelves,)
        What was there before the first row: 1, 0, or -1 for unknown.
    """

    keys: pd.DataFrame
    series_of: Codes
    shelf: Codes
    micros: Micros
    there: NDArray[np.bool_]
    opening: NDArray[np.int8]


def read_stock_table(
    source: object,
    kind: Kind,
    zone: str | None,
    opening: object,
    *,
    by_location: bool,
    columns: tuple[str, str, str, str],
) -> StockTable:
    """Read a table of stock.

    Parameters
    ----------
    source : DataFrame or other Arrow table
        The table.
    kind : {"movements", "levels", "snapshots"}
        What its rows are.
    zone : str, optional
        Where times that carry no zone were written down.
    opening : DataFrame or other Arrow table, optional
        On hand before the first movement.
    by_location : bool
        Whether a series is a SKU at a location.
    columns : tuple of str
        Columns of SKU, time, quantity and location; the last need not be there.

    Returns
    -------
    StockTable
        The table.

    Raises
    ------
    DataError
        If it cannot be read; every problem is listed.
    """
    frame = read_frame(source, "stock")
    sku, time, quantity, location = columns
    check = Check("stock", frame)
    needed = [sku, time, quantity, *([location] if by_location else [])]
    if check.columns(needed) and check.not_empty():
        check.codes(sku)
        check.numbers(quantity, at_least=None if kind == "movements" else 0)
        micros = _read_times(check, time, zone)
    check.done()
    shelves, shelf = _shelves(frame, sku, location)
    amounts = frame[quantity].to_numpy(dtype=np.float64)
    order = np.lexsort((micros, shelf))
    shelf, micros, amounts = shelf[order], micros[order], amounts[order]
    state = np.full(len(shelves), -1, dtype=np.int8)
    if kind == "movements":
        shelf, micros, amounts = _add_up(shelf, micros, amounts)
        before = _read_opening(opening, shelves)
        state = np.where(np.isnan(before), -1, before > 0).astype(np.int8)
        amounts = _cumulate(shelf, amounts, before)
        kept = ~np.isnan(amounts)
        shelf, micros, amounts = shelf[kept], micros[kept], amounts[kept]
    names = ["sku", "location"] if by_location else ["sku"]
    grouped = shelves.groupby(names, sort=True)
    return StockTable(
        keys=shelves[names].drop_duplicates().sort_values(names).reset_index(drop=True),
        series_of=np.asarray(grouped.ngroup(), dtype=np.int64),
        shelf=shelf,
        micros=micros,
        there=amounts > 0,
        opening=state,
    )


def _read_times(check: Check, column: str, zone: str | None) -> Micros:
    """Return moments as microseconds in UTC, and note those that are none."""
    values = check.frame[column]
    if pd.api.types.is_numeric_dtype(values.dtype):
        check.add(f"{column!r} holds numbers, not times", f"convert {column!r} with pd.to_datetime")
        return np.zeros(len(values), dtype=np.int64)
    try:
        times = pd.to_datetime(values, errors="coerce", format=_iso(values))
        mixed = not pd.api.types.is_datetime64_any_dtype(times.dtype)
    except ValueError:
        mixed = True
    if mixed:
        times = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
    if times.dt.tz is None:
        if zone is None:
            check.add(
                f"times in {column!r} have no time zone",
                "pass tz= with the zone of the shop's clock, such as tz='Europe/Paris' or 'UTC'",
            )
            return np.zeros(len(values), dtype=np.int64)
        times = _localize(times, zone)
    check.rows(
        times.isna().to_numpy(dtype=bool),
        f"has no time in {column!r}",
        f"correct {column!r}; times are read as 2026-11-22 10:00",
        lambda row: str(values.iloc[row]),
    )
    plain = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(plain.to_numpy(dtype="datetime64[us]").astype(np.int64))


def _iso(values: "pd.Series[Any]") -> str | None:
    return None if pd.api.types.is_datetime64_any_dtype(values.dtype) else "ISO8601"


def _localize(times: "pd.Series[pd.Timestamp]", zone: str) -> "pd.Series[pd.Timestamp]":
    """Read clock times of a zone: an hour that comes twice as its first occurrence, and told."""
    strict = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    doubtful = int((strict.isna() & times.notna()).sum())
    if doubtful:
        warn(
            f"{doubtful:,} times occur twice or never where the clock of {zone} changes: the first "
            "occurrence is taken, or the next moment that exists."
        )
        twice = np.ones(len(times), dtype=bool)
        return times.dt.tz_localize(zone, ambiguous=twice, nonexistent="shift_forward")
    return strict


def _shelves(frame: pd.DataFrame, sku: str, location: str) -> tuple[pd.DataFrame, Codes]:
    """Return the shelves of a table, and the number of each row's; no location is one too."""
    codes = pd.DataFrame({"sku": text_codes(frame[sku])})
    places = text_codes(frame[location]) if location in frame.columns else None
    codes["location"] = "" if places is None else places.fillna("")
    grouped = codes.groupby(["sku", "location"], sort=True)
    shelf = np.asarray(grouped.ngroup(), dtype=np.int64)
    first_row = np.unique(shelf, return_index=True)[1]
    return codes.iloc[first_row].reset_index(drop=True), shelf


def _add_up(
    shelf: Codes, micros: Micros, amounts: NDArray[np.float64]
) -> tuple[Codes, Micros, NDArray[np.float64]]:
    """Add up the movements of one moment: what comes and goes at once was there."""
    starts = np.append(True, (shelf[1:] != shelf[:-1]) | (micros[1:] != micros[:-1]))
    rows = np.flatnonzero(starts)
    return shelf[rows], micros[rows], np.add.reduceat(amounts, rows)


def _read_opening(opening: object, shelves: pd.DataFrame) -> NDArray[np.float64]:
    """Return what every shelf held before its first movement; NaN where nobody says."""
    if opening is None:
        raise ArgumentError(
            "Expected opening= with what was on hand before the first movement: a table with the "
            "columns 'sku', 'on_hand' and, where movements have one, 'location'."
        )
    frame = read_frame(opening, "opening")
    check = Check("opening", frame)
    key = ["sku", *(["location"] if "location" in frame.columns else [])]
    if check.columns([*key, "on_hand"]) and check.not_empty():
        check.codes("sku")
        check.numbers("on_hand", at_least=0)
        check.unique(key)
    check.done()
    known, _ = _shelves(frame, "sku", "location")
    wanted = pd.MultiIndex.from_frame(shelves)
    values = frame["on_hand"].to_numpy(dtype=np.float64)
    index = pd.MultiIndex.from_arrays(
        [text_codes(frame["sku"]), _places(frame)], names=["sku", "location"]
    )
    rows = index.get_indexer(wanted)
    if (rows < 0).any():
        first = shelves["sku"].iloc[int(np.argmax(rows < 0))]
        warn(
            f"{np.count_nonzero(rows < 0):,} of {len(shelves):,} SKUs and locations have no row in "
            f"opening (first {first!r}): whether they are in stock is unknown."
        )
    unmoved = len(known) - np.count_nonzero(rows >= 0)
    if unmoved:
        warn(f"{unmoved:,} rows of opening have no movement and are left out.")
    return np.where(rows < 0, np.nan, values[rows])


def _places(frame: pd.DataFrame) -> list[str]:
    if "location" not in frame.columns:
        return [""] * len(frame)
    return text_codes(frame["location"]).fillna("").tolist()


def _cumulate(
    shelf: Codes, amounts: NDArray[np.float64], before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what is on hand after each movement."""
    total = np.cumsum(amounts)
    first = np.append(True, shelf[1:] != shelf[:-1])
    offset = (total - amounts)[first]
    level = total - np.repeat(offset, np.diff(np.append(np.flatnonzero(first), len(first))))
    on_hand = level + before[shelf]
    below = on_hand < 0
    if below.any():
        warn(
            f"{np.count_nonzero(below):,} of {len(shelf):,} movements leave less than nothing on "
            "hand: receipts or corrections are missing. Such a shelf counts as empty."
        )
    return np.asarray(on_hand, dtype=np.float64)
