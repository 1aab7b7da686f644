"""Quantity price breaks: the tiers of a run's price, and what a unit costs in each."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from c2m.production.aligning.rows import table_rows
from c2m.production.factory import Factory
from c2m.production.factory.making import ALL_LINES

Breaks: TypeAlias = dict[tuple[str, str], list[tuple[int, float]]]
"""By SKU and line: from which quantity, at which cost, sorted."""


def read_breaks(factory: Factory) -> Breaks:
    """Return the price breaks of every SKU on every line.

    Parameters
    ----------
    factory : Factory
        What can be made.

    Returns
    -------
    dict
        Those of the line itself, or else those of all lines.
    """
    listed: Breaks = {}
    for row in table_rows(factory.price_breaks):
        key = (row.sku, row.line)
        listed.setdefault(key, []).append((int(row.from_quantity), float(row.unit_cost)))
    breaks: Breaks = {}
    if not listed:
        return breaks
    skus = {sku for sku, _ in listed}
    for sku, line in zip(factory.routings["sku"], factory.routings["line"], strict=True):
        own = listed.get((sku, line)) or listed.get((sku, ALL_LINES)) if sku in skus else None
        if own:
            breaks[sku, line] = sorted(own)
    return breaks


def tiers_of(
    routes: Sequence[Any], breaks: Breaks, run: dict[str, Any]
) -> list[tuple[int, dict[str, Any]]]:
    """Return the tiers of a run's price: where each starts, and the run's limits in it.

    Parameters
    ----------
    routes : sequence of rows
        The routes of the run's SKUs.
    breaks : dict
        See `read_breaks`.
    run : dict
        ``moq``, ``multiple`` and ``max_lot`` in units or packs, and the rest.

    Returns
    -------
    list of (int, dict)
        In units or packs; a tier in which no run fits is left out, unless it is the only one.
    """
    starts: set[int] = {0}
    for route in routes:
        listed = breaks.get((route.sku, route.line), [])
        starts.update(-(-start // route.units) for start, _ in listed if start > 1)
    if len(starts) == 1:
        return [(0, run)]
    ordered = sorted(starts)
    ends = [*(start - 1 for start in ordered[1:]), run["max_lot"]]
    tiers = []
    for start, end in zip(ordered, ends, strict=True):
        least = -(-max(run["moq"], start) // run["multiple"]) * run["multiple"]
        largest = min(end, run["max_lot"])
        if least <= largest:
            tiers.append((start, {**run, "moq": least, "max_lot": float(largest)}))
    return tiers or [(0, run)]


def cost_at(tiers: Sequence[tuple[int, float]], pieces: int) -> float:
    """Return what a unit costs in a run of so many pieces.

    Parameters
    ----------
    tiers : sequence of (int, float)
        Sorted price breaks.
    pieces : int
        The quantity.

    Returns
    -------
    float
        In the currency of the routing; NaN where no price break holds yet.
    """
    costs = [cost for start, cost in tiers if start <= max(pieces, 1)]
    return costs[-1] if costs else float(np.nan)
