"""Which SKU to push to which channel: a ranked list with what it is expected to gain."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import name_list
from c2m.production.allocation.allocate import Allocation
from c2m.production.allocation.greedy import FloatArray, share_stock
from c2m.series import Positions


def push_list(allocation: Allocation, by: str = "channel") -> pd.DataFrame:
    """Rank what to send where by the money that would be lost by not sending it there.

    Parameters
    ----------
    allocation : Allocation
        From `allocate`.
    by : {"channel", "location"}
        What a SKU is pushed to; over all doors of it.

    Returns
    -------
    DataFrame
        One row per SKU and channel that gets units, the highest gain first, equal ones in the
        order of their codes: ``rank``, ``sku``, ``channel``, ``units``, ``expected_sales``,
        ``over_keeping`` (expected money beyond keeping the units in the pool), ``gain`` and
        ``gain_per_unit``. The gain is what the SKU earns less what it would earn if the channel
        got nothing and its units went to the next best doors. It never exceeds ``over_keeping``,
        and gains of one SKU do not add up: each is reckoned with the other channels there.

    Raises
    ------
    ArgumentError
        If the demand was not by such a column.

    Examples
    --------
    >>> import numpy as np
    >>> from c2m.demand import Demand
    >>> from c2m.distribution import PathSet
    >>> from c2m.periods import Calendar
    >>> from c2m.production.allocation import allocate
    >>> doors = pd.DataFrame({"sku": ["TEE", "TEE"], "channel": ["shop", "web"]})
    >>> demand = Demand(doors, Calendar.of("W"), 2900, PathSet(np.array([[[4.0], [7.0]]])))
    >>> stock = pd.DataFrame({"sku": ["TEE"], "on_hand": [9]})
    >>> products = pd.DataFrame({"sku": ["TEE"], "price": [20.0], "end_value": [5.0]})
    >>> lanes = pd.DataFrame({"channel": ["shop", "web"], "cost": [3.0, 1.0]})
    >>> push = push_list(allocate(demand, stock, products, lanes=lanes))
    >>> push[["rank", "channel", "units", "over_keeping", "gain"]]
       rank channel  units  over_keeping  gain
    0     1     web      7          98.0  74.0
    1     2    shop      2          24.0  24.0
    """
    if by not in {"channel", "location"} or by not in allocation.doors:
        known = [name for name in ("channel", "location") if name in allocation.doors]
        raise ArgumentError(f"Expected by to be one of {name_list(known)}, got {by!r}.")
    sums = allocation.doors.groupby(["sku", by], as_index=False, observed=True).agg(
        units=("units", "sum"),
        expected_sales=("expected_sales", "sum"),
        over_keeping=("gain", "sum"),
    )
    sums = sums[sums["units"] > 0].reset_index(drop=True)
    sku = pd.Index(allocation.pool.skus).get_indexer(pd.Index(sums["sku"]))
    gain = np.zeros(len(sums))
    for code, rows in sums.groupby(by).indices.items():
        gain[rows] = _gain_of(allocation, by, code, sku[rows])
    sums["gain"] = gain
    sums["gain_per_unit"] = gain / sums["units"]
    sums = sums.sort_values(["gain", "sku", by], ascending=[False, True, True], kind="stable")
    sums.insert(0, "rank", np.arange(1, len(sums) + 1))
    return sums.reset_index(drop=True)


def _gain_of(
    allocation: Allocation,
    by: str,
    code: Hashable,
    skus: Positions,
) -> FloatArray:
    """Return what some SKUs would lose if one channel took nothing, (n_skus,)."""
    options = allocation.options
    n_skus = len(allocation.pool.skus)
    asked = np.zeros(n_skus, dtype=bool)
    asked[skus] = True
    rows = np.flatnonzero(asked[options.sku])
    closed = (allocation.doors[by] == code).to_numpy(dtype=bool)[rows]
    others = options.take(rows).closed(closed)
    units, _ = share_stock(others, allocation.pool.free)
    without = np.bincount(others.sku, others.gain(units), n_skus)
    gain = allocation.skus["gain"].to_numpy() - without
    return np.maximum(gain[skus], 0.0)  # less than nothing is rounding
