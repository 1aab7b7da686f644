"""Limits that several items share in a period: groups, set-up families, all lines together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from c2m.production.aligning.routes import limits_of
from c2m.production.aligning.rows import table_rows
from c2m.production.factory import Factory
from c2m.production.factory.making import ALL_LINES, TOGETHER
from c2m.production.problem import BoolArray, GroupLimit, IntArray, Items, Members


def group_limits(
    factory: Factory, skus: Sequence[str], items: Items, members: Members
) -> tuple[GroupLimit, ...]:
    """Return the limits on groups and families, one for each line on which they can run.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.
    items, members
        See `Problem`.

    Returns
    -------
    tuple of GroupLimit
        Those that hold something; one of all lines together has line -1.
    """
    made: list[GroupLimit] = []
    rows = group_rows(factory, skus)
    for (name, line), limit in limits_of(factory, "group").items():
        inside = np.isin(members.sku, rows.get(name, []))
        made += _on_lines(factory, items, members, inside, _terms(name, line, limit))
    for family in table_rows(factory.families):
        inside = np.isin(members.sku, rows.get(family.family, []))
        terms = {**_FREE, "setup_time": family.setup_time, "setup_cost": family.setup_cost}
        made += _on_lines(
            factory, items, members, inside, {**terms, "name": family.family, "on": family.line}
        )
    return (*made, *_together(factory, skus, items, members))


def group_rows(factory: Factory, skus: Sequence[str]) -> dict[str, list[int]]:
    """Return the planned SKUs of each group.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.

    Returns
    -------
    dict of str to list of int
        Their rows, by group.
    """
    row = {sku: number for number, sku in enumerate(skus)}
    rows: dict[str, list[int]] = {}
    for sku, group in zip(factory.groups["sku"], factory.groups["group"], strict=True):
        if sku in row:
            rows.setdefault(group, []).append(row[sku])
    return rows


_FREE: dict[str, Any] = {"moq": 1, "multiple": 1, "max_lot": float("inf")}


def _terms(name: str, line: str, limit: Any) -> dict[str, Any]:
    """Return what a limit says, its MOQ rounded up to the multiple."""
    multiple = int(limit.lot_multiple)
    return {
        "name": name,
        "on": line,
        "moq": -(-max(int(limit.moq), 1) // multiple) * multiple,
        "multiple": multiple,
        "max_lot": float(limit.max_lot),
        "setup_time": float(limit.setup_time),
        "setup_cost": float(limit.setup_cost),
    }


def _on_lines(
    factory: Factory,
    items: Items,
    members: Members,
    inside: BoolArray,
    terms: dict[str, Any],
) -> list[GroupLimit]:
    """Return a limit on every line that it holds for, or on all of them together."""
    on = terms.pop("on")
    if on == TOGETHER:
        return [_limit(-1, inside, members, terms)] if inside.any() else []
    made = []
    for number, code in enumerate(factory.lines["line"]):
        here = inside & (items.line[members.item] == number)
        if on in (code, ALL_LINES) and here.any():
            made.append(_limit(number, here, members, terms))
    return made


def _limit(line: int, here: BoolArray, members: Members, terms: dict[str, Any]) -> GroupLimit:
    which, place = np.unique(members.item[here], return_inverse=True)
    weights = np.bincount(place, members.pieces[here]).astype(np.int64)
    return GroupLimit(line=line, items=which, weights=weights, **terms)


def _together(
    factory: Factory, skus: Sequence[str], items: Items, members: Members
) -> list[GroupLimit]:
    """Return the limits on a SKU or a pre-pack on all lines together."""
    made = []
    row = {sku: number for number, sku in enumerate(skus)}
    of_pack = dict(zip(factory.prepacks["prepack"], factory.prepacks["sku"], strict=True))
    for scope, sku_of in (("sku", {sku: sku for sku in row}), ("prepack", of_pack)):
        for (name, line), limit in limits_of(factory, scope).items():
            number = row.get(sku_of.get(name, ""))
            if line != TOGETHER or number is None:
                continue
            terms = _terms(name, line, limit)
            terms.pop("on")
            which = members.item[members.sku == number]
            weights = _own_pieces(members, number, which, scope)
            made.append(GroupLimit(line=-1, items=which, weights=weights, **terms))
    return made


def _own_pieces(members: Members, sku: int, items: IntArray, scope: str) -> IntArray:
    """Return what one unit or pack counts: its pieces of the SKU, or one pack."""
    if scope == "prepack":
        return np.ones(len(items), dtype=np.int64)
    return np.asarray(members.pieces[members.sku == sku])
