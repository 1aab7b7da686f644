"""The levels of one file: every row of it read, set aside with its reason, or unknown."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.checks import BoolArray
from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list, text_codes
from c2m.signals.schemas import LAYOUTS
from c2m.signals.schemas.layout import Bad, Found, Record

PICTURES: Final = ("shopify_products", "shopify_inventory")
"""Schemas that are a picture of the stock at one moment."""


@dataclass(frozen=True)
class Columns:
    """Which columns of a flat file mean what; see `read_stock_snapshots`."""

    sku: str
    quantity: str
    location: str | None
    date: str | None


@dataclass
class Aside:
    """What was not read as it stands, with its count.

    Parameters
    ----------
    bad : Counter
        Reason -> rows that cannot be used.
    first : dict
        Reason -> where the first of them is.
    unknown : Counter
        What rows are that tell no level -> their number.
    below : int
        Rows below 0, which are none that can be sold.
    """

    bad: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    below: int = 0

    def mark(self, rows: BoolArray, reason: str, place: str) -> None:
        """Count rows that cannot be used."""
        if rows.any():
            self.bad[reason] += int(np.count_nonzero(rows))
            self.first.setdefault(reason, f"row {int(np.argmax(rows))}{place}")


def flat_levels(table: pd.DataFrame, columns: Columns, place: str, aside: Aside) -> pd.DataFrame:
    """Read a table of levels.

    Parameters
    ----------
    table : DataFrame
        A row a SKU, and location where there is one.
    columns : Columns
        What its columns are called.
    place : str
        How messages name it: ``" of stock-2026-11-22.csv"``.
    aside : Aside
        Counts what is not read.

    Returns
    -------
    DataFrame
        ``sku``, ``store_id``, ``quantity`` (at least 0, NaN where unknown), ``in_stock``, and
        ``row``; ``date`` where it is a column.

    Raises
    ------
    DataError
        If it lacks a column.
    """
    _check_columns(table, columns, place)
    sku = _codes(table[columns.sku])
    level = pd.to_numeric(table[columns.quantity], errors="coerce").to_numpy(dtype=np.float64)
    told = table[columns.quantity].notna().to_numpy(dtype=bool)
    nameless = sku.isna().to_numpy(dtype=bool)
    unread = ~nameless & told & ~np.isfinite(level)
    aside.mark(nameless, f"no code in {columns.sku!r}", place)
    aside.mark(unread, f"no number in {columns.quantity!r}", place)
    keep = ~nameless & ~unread
    aside.unknown["rows without a level"] += int(np.count_nonzero(keep & ~told))
    aside.below += int(np.count_nonzero(keep & (level < 0)))
    found = {
        "sku": sku,
        "store_id": None if columns.location is None else _codes(table[columns.location]),
        "quantity": np.maximum(level, 0.0),
        "in_stock": np.where(np.isnan(level), np.nan, level > 0),
        "row": np.arange(len(table)),
    }
    if columns.date is not None:
        found["date"] = table[columns.date]
    levels: pd.DataFrame = pd.DataFrame(found, index=table.index)[keep].reset_index(drop=True)
    return levels


def _codes(column: pd.Series) -> "pd.Series[str]":
    if pd.api.types.is_float_dtype(column.dtype):
        problem = f"{str(column.name)!r} holds fractions, which are no codes"
        raise DataError("stock", [problem], "read it as text, so that 00123 stays 00123")
    codes = text_codes(column).str.strip()
    known: pd.Series[str] = codes.mask(codes == "")
    return known


def _check_columns(table: pd.DataFrame, columns: Columns, place: str) -> None:
    names = [str(name) for name in table.columns]
    needed = [columns.sku, columns.quantity, columns.location, columns.date]
    lacking = [name for name in needed if name is not None and name not in names]
    if lacking:
        raise DataError(
            "stock",
            [
                f"no column {name!r}{did_you_mean(name, names)}{place}; there are "
                f"{name_list(names)}"
                for name in lacking
            ],
            "say what they are called: sku=, quantity=, location=, date=",
        )


def picture_levels(
    table: pd.DataFrame, schema: str, moment: pd.Timestamp, place: str, aside: Aside
) -> pd.DataFrame:
    """Read the export of a system that is a picture of its stock.

    Parameters
    ----------
    table : DataFrame
        The export as it is.
    schema : str
        One of `PICTURES`.
    moment : Timestamp
        When it was made, with a zone.
    place : str
        How messages name it.
    aside : Aside
        Counts what is not read.

    Returns
    -------
    DataFrame
        See `flat_levels`.

    Raises
    ------
    DataError
        If it is no such export.
    """
    layout = LAYOUTS[schema]
    names = {str(name) for name in table.columns} | {"date"}
    lacking = [name for name in layout.required if name not in names]
    if lacking:
        problem = f"no columns {name_list(lacking)}{place}"
        raise DataError("stock", [problem], f"pass the export that schema={schema!r} means")
    assert layout.convert is not None
    read = [name for name in layout.fields if name in table.columns]
    filled = table[read].astype("object").where(table[read].notna(), None)
    at = moment.to_pydatetime()
    records = (
        Record(number, {"date": at, **dict(zip(read, row, strict=True))})
        for number, row in enumerate(filled.itertuples(index=False, name=None))
    )
    found: list[dict[str, Any]] = []
    for outcome in layout.convert(records):
        if isinstance(outcome, Found):
            found.append({**outcome.event, "row": outcome.row})
        elif isinstance(outcome, Bad):
            aside.bad[outcome.reason] += 1
            aside.first.setdefault(outcome.reason, f"row {outcome.row}{place}")
        else:
            aside.unknown[outcome.kind] += 1
    return pd.DataFrame(found, columns=["sku", "store_id", "quantity", "in_stock", "row"])
