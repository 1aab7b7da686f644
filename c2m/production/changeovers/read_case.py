"""What a caller gives, checked, as the arrays of a case."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.checks import Check
from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, read_frame, text_codes, warn_of_unnamed
from c2m.production.changeovers.case import SlotCase
from c2m.production.newsvendor.arguments import per_sku
from c2m.production.problem import FloatArray, IntArray

_MOST: Final = 20_000_000
"""Most slots times SKUs times units of one SKU: the arrays of the bound take 80 bytes for each."""


def read_case(
    wanted: object, changeovers: object, holding_cost: ArrayLike, first: object
) -> SlotCase:
    """Read tables or arrays.

    Parameters
    ----------
    wanted, changeovers, holding_cost, first
        See `schedule_slots`.

    Returns
    -------
    SlotCase
        SKUs in the order of their codes for tables, as they are for arrays.

    Raises
    ------
    ArgumentError
        If an argument is out of range.
    DataError
        If a table is wrong; every problem is listed.
    """
    arrays = [isinstance(given, np.ndarray | list | tuple) for given in (wanted, changeovers)]
    if arrays[0] != arrays[1]:
        raise ArgumentError(
            "Expected wanted and changeovers as two tables or as two arrays, got one of each; "
            "the rows of an array have no SKUs that a table could name."
        )
    if arrays[0]:
        skus, slots, costs = _from_arrays(wanted, changeovers)
        names = skus
    else:
        skus, slots = _wanted(wanted)
        names, costs = _changeovers(changeovers, skus, first)
    begin = _first_costs(names, costs, first)[: len(skus)]
    holding = per_sku("holding_cost", holding_cost, len(skus), skus)
    size = slots.size * int(slots.sum(axis=1).max(initial=0))
    if size > _MOST:
        raise ArgumentError(
            f"Expected at most {_MOST:,} slots times SKUs times units of one SKU, got {size:,}: "
            "schedule fewer slots at once, or take longer slots."
        )
    inner = costs[: len(skus), : len(skus)]
    return SlotCase(tuple(skus), slots, inner, begin, holding, np.zeros(len(skus)))


def _from_arrays(wanted: object, changeovers: object) -> tuple[list[str], IntArray, FloatArray]:
    """Read two arrays; SKUs are called 0, 1, 2, ..."""
    slots, costs = _numbers("wanted", wanted), _numbers("changeovers", changeovers)
    problems = []
    if slots.ndim != 2:
        problems.append(f"wanted of shape (n_skus, n_slots), got {slots.shape}")
    elif costs.shape != (len(slots), len(slots)):
        problems.append(f"changeovers of shape {(len(slots), len(slots))}, got {costs.shape}")
    elif np.any(np.diag(costs) != 0):
        problems.append("changeovers with 0 on the diagonal: going on with a SKU costs nothing")
    if not np.all((slots >= 0) & (slots == np.floor(slots)) & (slots < 2**31)):
        problems.append("wanted in whole numbers >= 0")
    if not np.all((costs >= 0) & np.isfinite(costs)):
        problems.append("changeovers >= 0 and finite")
    if problems:
        raise ArgumentError(f"Expected {'; '.join(problems)}.")
    return [str(sku) for sku in range(len(slots))], slots.astype(np.int64), costs


def _numbers(name: str, values: object) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"Expected {name} as numbers, got {values!r}.") from None


def _wanted(frame: object) -> tuple[list[str], IntArray]:
    """Read the orders as SKUs and slots of work by SKU and due slot."""
    table = read_frame(frame, "wanted")
    check = Check("wanted", table)
    if check.columns(["sku", "due"]):
        check.codes("sku")
        check.numbers("due", at_least=1, at_most=_MOST, whole=True)
        if "slots" in table:
            check.numbers("slots", at_least=0, at_most=_MOST, whole=True)
    check.done()
    warn_of_unnamed("wanted", table.columns, ["sku", "due", "slots"])
    due = table["due"].to_numpy(dtype=np.int64) - 1
    count = table["slots"].to_numpy(dtype=np.int64) if "slots" in table else np.ones_like(due)
    row, skus = pd.factorize(text_codes(table["sku"]).astype(object), sort=True)
    n_slots = int(due.max(initial=-1)) + 1
    if n_slots * len(skus) > _MOST:
        check.add(
            f"slots are counted up to {n_slots:,} for {len(skus):,} SKUs",
            "count due slots from 1, the first slot that may be used",
        )
        check.done()
    slots = np.zeros((len(skus), n_slots), dtype=np.int64)
    np.add.at(slots, (row, due), count)
    return [str(sku) for sku in skus], slots


def _changeovers(frame: object, skus: Sequence[str], first: object) -> tuple[list[str], FloatArray]:
    """Read what changes cost: names, the wanted SKUs first, and their matrix."""
    table = read_frame(frame, "changeovers")
    check = Check("changeovers", table)
    if not check.columns(["from_sku", "to_sku", "cost"]):
        check.done()
    for name in ("from_sku", "to_sku"):
        check.codes(name)
    check.numbers("cost", at_least=0)
    check.unique(["from_sku", "to_sku"])
    check.done()
    warn_of_unnamed("changeovers", table.columns, ["from_sku", "to_sku", "cost"])
    names = list(skus)
    if first is not None and str(first) not in skus:
        known = [*skus, *text_codes(table["from_sku"]).unique()]
        if str(first) not in known:
            raise ArgumentError(
                f"Expected first as a SKU of changeovers{did_you_mean(str(first), known)}, got "
                f"{first!r}; they are {name_list(known)}."
            )
        names.append(str(first))
    places = pd.Index(names, dtype=object)
    row, column = (
        places.get_indexer(pd.Index(text_codes(table[end]), dtype=object))
        for end in ("from_sku", "to_sku")
    )
    costs = np.full((len(names), len(names)), np.nan)
    named = (row >= 0) & (column >= 0)
    costs[row[named], column[named]] = table["cost"].to_numpy(dtype=np.float64)[named]
    same = np.diag(costs)
    if np.any(same > 0):
        told = name_list(name for name, cost in zip(names, same, strict=True) if cost > 0)
        check.add(f"a SKU after itself costs something: {told}", "drop these rows")
    np.fill_diagonal(costs, 0.0)
    lost = np.argwhere(np.isnan(costs[:, : len(skus)]))
    if len(lost):
        pairs = (f"{names[one]} -> {names[other]}" for one, other in lost)
        check.add(f"{len(lost):,} changes have no cost: {name_list(pairs)}", "add their rows")
    check.done()
    return names, costs


def _first_costs(names: Sequence[str], costs: FloatArray, first: object) -> FloatArray:
    """Return what it costs to begin with each SKU."""
    if first is None:
        return np.zeros(len(names))
    if str(first) not in names:
        raise ArgumentError(f"Expected first as one of {name_list(names)}, got {first!r}.")
    begin: FloatArray = costs[list(names).index(str(first))]
    return begin
