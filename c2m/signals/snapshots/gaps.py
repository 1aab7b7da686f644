"""Days without a file, and SKUs that a file lacks: counted, and 0 only where the caller says so."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import warn

Codes = NDArray[np.intp]


def fill_gaps(levels: pd.DataFrame, missing_sku: str) -> pd.DataFrame:
    """Tell of what is missing, and add rows of 0 for SKUs that a file lacks where that is meant.

    Parameters
    ----------
    levels : DataFrame
        See `Stock.together`; a row a SKU, location and day.
    missing_sku : {"unknown", "zero"}
        What it means that a file lacks a SKU that an earlier one had.

    Returns
    -------
    DataFrame
        The rows, and those that were added.
    """
    days, day = np.unique(levels["day"].to_numpy(), return_inverse=True)
    _tell_of_days(days)
    pair = _pairs(levels)
    gone = [
        (number, missing)
        for number, missing in enumerate(_missing(pair, day, len(days)))
        if len(missing)
    ]
    count = sum(len(missing) for _, missing in gone)
    if not count:
        return levels
    zero = missing_sku == "zero"
    fix = "'unknown' if it may lack others too" if zero else "'zero' if it lists what is there"
    warn(
        f"{count:,} SKU-days are missing in the file of their day, though the SKU was in an "
        f"earlier one: they {'read as 0' if zero else 'stay unknown'}. Pass missing_sku={fix}."
    )
    if not zero:
        return levels
    first = np.unique(pair, return_index=True)[1]
    rows = levels.iloc[first[np.concatenate([missing for _, missing in gone])]]
    when = np.repeat([number for number, _ in gone], [len(missing) for _, missing in gone])
    added = rows.assign(day=days[when], quantity=0.0, in_stock=np.float32(0.0))
    filled: pd.DataFrame = pd.concat([levels, added], ignore_index=True)
    return filled


def _tell_of_days(days: NDArray[np.int32]) -> None:
    first, last = days[[0, -1]].astype("datetime64[D]")
    span = int(days[-1]) - int(days[0]) + 1
    if span > len(days):
        noun = "has" if span - len(days) == 1 else "have"
        warn(
            f"{span - len(days):,} of {span:,} days from {first} to {last} {noun} no stock file: "
            "their stock is unknown, not 0."
        )


def _pairs(levels: pd.DataFrame) -> Codes:
    """Return a number for each SKU at its location, from 0 without gaps."""
    sku, store = (levels[name].to_numpy(dtype=np.int64) for name in ("sku", "store"))
    both = sku * (int(store.max()) + 2) + store + 1  # -1 is no location
    return np.asarray(np.unique(both, return_inverse=True)[1], dtype=np.intp)


def _missing(pair: Codes, day: Codes, n_days: int) -> list[Codes]:
    """Return the pairs that each day lacks, of those that an earlier day had."""
    order = np.argsort(day, kind="stable")
    ends = np.searchsorted(day[order], np.arange(n_days + 1))
    seen = np.zeros(int(pair.max()) + 1, dtype=bool)
    missing = []
    for start, end in pairwise(ends.tolist()):
        here = pair[order[start:end]]
        gone = seen.copy()
        gone[here] = False
        missing.append(np.flatnonzero(gone))
        seen[here] = True
    return missing
