"""Which SKUs are decided together: those of a pre-pack are one block, every other is its own."""

from collections.abc import Sequence

import numpy as np

from c2m.errors import DataError
from c2m.frames import name_list
from c2m.production.factory import Factory
from c2m.production.problem import IntArray


def blocks_of(factory: Factory, skus: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Return the block of each SKU and its units in one pack.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.

    Returns
    -------
    block_of, units : ndarray of int, shape (n_skus,)
        Units are 1 where there is no pack.

    Raises
    ------
    DataError
        If a SKU is in two pre-packs, or one of a pre-pack has no demand.
    """
    packs = factory.prepacks[factory.prepacks["prepack"].isin(_live_packs(factory, skus))]
    pack_of = dict(zip(packs["sku"], packs["prepack"], strict=True))
    units_of = dict(zip(packs["sku"], packs["units"], strict=True))
    numbers: dict[tuple[str, str], int] = {}
    block = []
    for sku in skus:
        key = ("pack", pack_of[sku]) if sku in pack_of else ("sku", sku)
        block.append(numbers.setdefault(key, len(numbers)))
    units = [int(units_of.get(sku, 1)) for sku in skus]
    return np.array(block, dtype=np.int64), np.array(units, dtype=np.int64)


def _live_packs(factory: Factory, skus: Sequence[str]) -> list[str]:
    """Return the pre-packs that hold planned SKUs, after checking that they can be planned."""
    packs = factory.prepacks
    live = sorted(set(packs.loc[packs["sku"].isin(skus), "prepack"]))
    rows = packs[packs["prepack"].isin(live)]
    problems = []
    twice = sorted(rows.loc[rows["sku"].duplicated(), "sku"].unique())
    if twice:
        problems.append(f"{len(twice):,} SKUs are in more than one pre-pack: {name_list(twice)}")
    absent = sorted(set(rows["sku"]) - set(skus))
    if absent:
        problems.append(f"{len(absent):,} SKUs of pre-packs have no demand: {name_list(absent)}")
    if problems:
        raise DataError(
            "prepacks", problems, "keep one pre-pack a SKU, and a forecast for each of its SKUs"
        )
    return live
