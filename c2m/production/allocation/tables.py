"""The tables of an allocation: what they must hold, and what they mean for each door."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import name_list, read_frame, text_codes, warn_of_unnamed
from c2m.production.allocation.greedy import FloatArray, IntArray
from c2m.production.supply import read_stock

_FREE: Final = {"cost": 0.0, "fee": 0.0, "lead_time_periods": 0.0, "max_units": np.inf}
"""What a lane is where nothing is said."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """The way from the pool to each door.

    Parameters
    ----------
    cost : ndarray, shape (n_doors,)
        Money per unit sent.
    fee : ndarray, shape (n_doors,)
        Share of the price that the channel keeps.
    lead_time : ndarray of int, shape (n_doors,)
        Periods until the units can be sold.
    most : ndarray, shape (n_doors,)
        Units of a SKU for which a door has room, whole or inf.
    """

    cost: FloatArray
    fee: FloatArray
    lead_time: IntArray
    most: FloatArray


def read_lanes(frame: object | None, keys: pd.DataFrame) -> Lanes:
    """Read the lanes and match them with the doors.

    Parameters
    ----------
    frame : DataFrame or other Arrow table, optional
        At least one key column of the demand, and any of ``cost``, ``fee``,
        ``lead_time_periods`` and ``max_units``. None: every way is free and at once.
    keys : DataFrame, n_doors rows
        The doors.

    Returns
    -------
    Lanes
        One a door.

    Raises
    ------
    DataError
        If the table is wrong, or a door has no lane; every problem is listed.

    Warns
    -----
    C2MWarning
        If the table has other columns.
    """
    if frame is None:
        return _lanes(pd.DataFrame(_FREE, index=range(len(keys))))
    table = read_frame(frame, "lanes")
    check = Check("lanes", table)
    names = [name for name in keys.columns if name in table.columns]
    if not names:
        check.columns([str(keys.columns[-1])])
        check.done()
    for name in names:
        check.codes(name)
    check.unique(names)
    given = [name for name in _FREE if name in table.columns]
    for name in given:
        whole = name == "lead_time_periods"
        if name == "max_units":
            _check_most(check)
        else:
            check.numbers(name, at_least=0, at_most=1 if name == "fee" else None, whole=whole)
    check.done()
    warn_of_unnamed("lanes", table.columns, [*names, *_FREE])
    row = _match(table, keys, names)
    missing = keys[row < 0].drop_duplicates(names)
    if len(missing):
        first = ", ".join(f"{name} {missing[name].iloc[0]!r}" for name in names)
        check.add(
            f"{np.count_nonzero(row < 0):,} of {len(keys):,} doors have no lane (first: {first}); "
            f"the lanes are of {_told(table, names)}",
            "add a row for each, with the codes as in the demand (text, leading zeros kept), or "
            "drop these series from the demand",
        )
    check.done()
    plain = table.reindex(columns=list(_FREE)).astype("float64").fillna(_FREE)
    return _lanes(plain.iloc[row])


def _told(table: pd.DataFrame, names: Sequence[str]) -> str:
    """List the different keys of a table, for a message."""
    rows = table[list(names)].astype("str").drop_duplicates()
    return name_list(", ".join(row) for row in rows.itertuples(index=False)) or "none"


def _lanes(table: pd.DataFrame) -> Lanes:
    cost, fee, lead, most = (table[name].to_numpy(dtype=np.float64) for name in _FREE)
    return Lanes(cost, fee, lead.astype(np.int64), most)


def _check_most(check: Check) -> None:
    """Note limits that are no whole number; unknown and inf stand for none."""
    column = check.frame["max_units"]
    bounded = check.frame.assign(max_units=column.where(column != np.inf))
    check.frame, whole = bounded, check.frame
    check.numbers("max_units", at_least=0, unknown=True, whole=True)
    check.frame = whole


def _match(table: pd.DataFrame, keys: pd.DataFrame, names: Sequence[str]) -> IntArray:
    """Return the row of a table that belongs to each door, -1 where there is none."""
    codes = pd.MultiIndex.from_frame(table[list(names)].apply(text_codes))
    doors = pd.MultiIndex.from_frame(keys[list(names)])
    return np.asarray(codes.get_indexer(doors), dtype=np.int64)


def read_held(frame: object | None, keys: pd.DataFrame) -> FloatArray:
    """Read the units that stand at the doors already.

    Parameters
    ----------
    frame : DataFrame or other Arrow table, optional
        The key columns of the demand and ``on_hand``, in whole units. A door that is not listed
        holds nothing.
    keys : DataFrame, n_doors rows
        The doors.

    Returns
    -------
    ndarray, shape (n_doors,)
        Units.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.

    Warns
    -----
    C2MWarning
        If units stand at doors without demand, or the table has other columns.
    """
    if frame is None:
        return np.zeros(len(keys))
    table = read_frame(frame, "held")
    check = Check("held", table)
    names = list(keys.columns)
    if check.columns([*names, "on_hand"]):
        for name in names:
            check.codes(name)
        check.numbers("on_hand", at_least=0, whole=True)
        check.unique(names)
    check.done()
    warn_of_unnamed("held", table.columns, [*names, "on_hand"])
    row = _match(table, keys, names)
    if len(table) and np.all(row < 0):
        check.add(
            f"none of its {len(table):,} doors is in the demand: {_told(table, names)}",
            "write the codes as in the demand, as text with their leading zeros; where nothing is "
            "held, leave the table out",
        )
        check.done()
    units = table["on_hand"].to_numpy(dtype=np.float64)
    lost = np.ones(len(table), dtype=bool)
    lost[row[row >= 0]] = False
    if units[lost].any():
        warn(
            f"{units[lost].sum():,.0f} units of `held` stand at {np.count_nonzero(lost):,} doors "
            "without demand and are left out."
        )
    return np.where(row >= 0, np.append(units, 0.0)[row], 0.0)


def read_products(frame: object, skus: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Read what a unit of each SKU earns when sold and when left.

    Parameters
    ----------
    frame : DataFrame or other Arrow table
        Columns ``sku``, ``price`` and ``end_value``; others, such as a factory's, are not read.
    skus : sequence of str, length n_skus
        The SKUs of the demand.

    Returns
    -------
    price, end_value : ndarray, shape (n_skus,)
        Money per unit.

    Raises
    ------
    DataError
        If the table is wrong, or a SKU has no row; every problem is listed.
    """
    table = read_frame(frame, "products")
    check = Check("products", table)
    if not check.columns(["sku", "price", "end_value"]):
        check.done()
    check.codes("sku")
    check.numbers("price", at_least=0)
    check.numbers("end_value")
    check.unique(["sku"])
    check.done()
    row = pd.Index(text_codes(table["sku"])).get_indexer(pd.Index(skus))
    missing = [sku for sku, place in zip(skus, row, strict=True) if place < 0]
    if missing:
        check.add(
            f"{len(missing):,} of {len(skus):,} SKUs of the demand have no row: "
            f"{name_list(missing)}; the rows are of {_told(table, ['sku'])}",
            "add their prices, with the codes as in the demand (text, leading zeros kept)",
        )
    check.done()
    price, end = (table[name].to_numpy(dtype=np.float64)[row] for name in ("price", "end_value"))
    return price, end


@dataclass(frozen=True, eq=False)
class Pool:
    """The stock of each SKU, and the part of it that is held back.

    Parameters
    ----------
    skus : tuple of str
        The SKUs of the demand, sorted.
    on_hand, reserve : ndarray, shape (n_skus,)
        Whole units; the reserve is part of what is on hand.
    """

    skus: tuple[str, ...]
    on_hand: FloatArray
    reserve: FloatArray

    @property
    def free(self) -> FloatArray:
        """Units of each SKU that may be sent, shape (n_skus,)."""
        return self.on_hand - self.reserve


def read_pool(stock: object, reserve: object, skus: Sequence[str]) -> Pool:
    """Read the stock on hand and the reserve.

    Parameters
    ----------
    stock : DataFrame or other Arrow table
        Columns ``sku`` and ``on_hand``, in whole units.
    reserve : float, DataFrame or other Arrow table
        A share of each SKU's stock, rounded up to whole units; or columns ``sku`` and ``units``.
    skus : sequence of str, length n_skus
        The SKUs of the demand.

    Returns
    -------
    Pool
        One row a SKU.

    Raises
    ------
    ArgumentError
        If the share is not between 0 and 1.
    DataError
        If a table is wrong; every problem is listed.

    Warns
    -----
    C2MWarning
        See `c2m.production.supply.read_stock`; and where a reserve exceeds the stock.
    """
    on_hand, table = read_stock(stock, skus)
    check = Check("stock", table)
    check.numbers("on_hand", whole=True)
    check.done()
    pool = Pool(tuple(skus), on_hand, np.zeros(len(skus)))
    if isinstance(reserve, int | float | np.number):
        share = float(reserve)
        if isinstance(reserve, bool) or not 0 <= share <= 1:
            raise ArgumentError(
                f"Expected reserve between 0 and 1, a share of the stock, got {reserve!r}; for "
                "units pass a table with columns sku and units."
            )
        return replace(pool, reserve=np.ceil(np.round(share * on_hand, 9)))
    return replace(pool, reserve=_reserve_units(reserve, pool))


def _reserve_units(frame: object, pool: Pool) -> FloatArray:
    """Read a reserve in units, no more than is on hand, (n_skus,)."""
    table = read_frame(frame, "reserve")
    check = Check("reserve", table)
    if check.columns(["sku", "units"]):
        check.codes("sku")
        check.numbers("units", at_least=0, whole=True)
        check.unique(["sku"])
    check.done()
    warn_of_unnamed("reserve", table.columns, ["sku", "units"])
    codes = pd.Index(text_codes(table["sku"]))
    unknown = sorted(set(codes) - set(pool.skus))
    if unknown:
        check.add(f"SKUs without demand: {name_list(unknown)}", "correct or drop these rows")
    check.done()
    units = pd.Series(table["units"].to_numpy(dtype=np.float64), index=codes)
    asked = units.reindex(list(pool.skus), fill_value=0.0).to_numpy()
    over = asked > pool.on_hand
    if over.any():
        warn(
            f"The reserve exceeds the stock of {np.count_nonzero(over):,} of {len(over):,} SKUs; "
            "all of their stock is held back."
        )
    return np.asarray(np.minimum(asked, pool.on_hand), dtype=np.float64)
