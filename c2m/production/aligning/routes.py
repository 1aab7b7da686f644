"""What can be made where: the routings of the planned SKUs with their own limits put in."""

from collections.abc import Sequence
from math import lcm
from typing import Any

import numpy as np
import pandas as pd

from c2m.errors import DataError
from c2m.frames import name_list
from c2m.production.aligning.rates import Rates
from c2m.production.factory import Factory
from c2m.production.factory.capacity import line_times
from c2m.production.factory.making import ALL_LINES
from c2m.production.problem import IntArray


def read_routes(
    factory: Factory,
    skus: Sequence[str],
    block_of: IntArray,
    units: IntArray,
    rates: Rates,
) -> pd.DataFrame:
    """Return one row for each (block, line, SKU), with the limits that hold for the SKU there.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.
    block_of, units : ndarray of int, shape (n_skus,)
        See `blocks_of`.
    rates : Rates
        Of the currencies; set-ups cost what they do in the first period.

    Returns
    -------
    DataFrame
        The routings, sorted by ``block``, ``line_number`` and ``row`` (of the SKU), with ``units``
        in one pack, ``pack`` ("" where there is none) and ``unit_time`` in the line's unit. A line
        that does not make a whole block has no rows.

    Raises
    ------
    DataError
        If no line makes all SKUs of a pre-pack.
    """
    texts = dict.fromkeys(("sku", "line", "currency"), "object")  # Arrow text is slow row by row
    routings = factory.routings.astype(texts)
    row = pd.Index(list(skus), dtype="object").get_indexer(pd.Index(routings["sku"]))
    routings["row"] = row.astype(np.int64)
    routings = routings[row >= 0].copy()
    lines = pd.Index(factory.lines["line"].astype("object"))
    routings["line_number"] = lines.get_indexer(pd.Index(routings["line"]))
    routings["unit_time"] = line_times(routings, factory.lines)
    if routings["currency"].notna().any():
        routings["setup_cost"] *= [rates.of(code)[0] for code in routings["currency"]]
    routings["block"] = block_of[routings["row"]]
    routings["units"] = units[routings["row"]]
    routings = _tightened(routings, limits_of(factory, "sku"))
    pack_of = dict(zip(factory.prepacks["sku"], factory.prepacks["prepack"], strict=True))
    packs = [pack_of.get(sku, "") for sku in routings["sku"]]
    routings["pack"] = np.array(packs, dtype=object)
    whole = routings.groupby(["block", "line"])["row"].transform("size")
    size = pd.Series(np.bincount(block_of))
    kept = routings[whole == routings["block"].map(size)]
    _check_made(routings, kept)
    return kept.sort_values(["block", "line_number", "row"], kind="stable").reset_index(drop=True)


def _check_made(routings: pd.DataFrame, kept: pd.DataFrame) -> None:
    """Raise the pre-packs of which no line makes every SKU."""
    torn = sorted(set(routings["pack"]) - set(kept["pack"]))
    if torn:
        problem = (
            f"{len(torn):,} pre-packs have no line that makes all their SKUs: {name_list(torn)}"
        )
        raise DataError("prepacks", [problem], "add routings so that one line makes the whole pack")


def limits_of(factory: Factory, scope: str) -> dict[tuple[str, str], Any]:
    """Return the limits of one scope.

    Parameters
    ----------
    factory : Factory
        What can be made.
    scope : {"sku", "group", "prepack"}
        Of the limits.

    Returns
    -------
    dict of (str, str) to row
        By name and line; a row has the fields of a `Limit`.
    """
    rows = factory.limits[factory.limits["scope"] == scope]
    keys = zip(rows["name"], rows["line"], strict=True)
    return dict(zip(keys, rows.rename(columns={"name": "code"}).itertuples(), strict=True))


def _tightened(routings: pd.DataFrame, limits: dict[tuple[str, str], Any]) -> pd.DataFrame:
    """Put the limits on single SKUs into their routings: the tighter wins, set-ups add."""
    if not limits:
        return routings
    rows = routings.to_dict("records")
    for row in rows:
        for line in (row["line"], ALL_LINES):
            limit = limits.get((row["sku"], line))
            if limit is not None:
                tighten(row, limit)
    return pd.DataFrame(rows, columns=routings.columns)


def tighten(row: dict[Any, Any], limit: Any) -> None:
    """Put a limit into a routing or an item: the tighter wins, set-ups add.

    Parameters
    ----------
    row : dict
        ``moq``, ``lot_multiple``, ``max_lot``, ``setup_time`` and ``setup_cost``; changed.
    limit : row
        With the same fields.
    """
    row["moq"] = max(int(row["moq"]), int(limit.moq))
    row["lot_multiple"] = lcm(int(row["lot_multiple"]), int(limit.lot_multiple))
    row["max_lot"] = min(row["max_lot"], limit.max_lot)
    row["setup_time"] += limit.setup_time
    row["setup_cost"] += limit.setup_cost
