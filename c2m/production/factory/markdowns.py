"""What a unit left at the end is worth: the end value, or the steps of its markdowns."""

import pandas as pd


def mean_end_value(products: pd.DataFrame, markdowns: pd.DataFrame) -> pd.Series:
    """Return what one unit left is worth on average.

    A share of what is left goes at each step of the markdowns, the rest at the end value: the
    worth of what is left stays in proportion to it.

    Parameters
    ----------
    products : DataFrame
        Columns ``sku`` and ``end_value``.
    markdowns : DataFrame
        Columns ``sku``, ``price`` and ``share``; the shares of a SKU sum to 1 or less.

    Returns
    -------
    Series of float64
        One value a product, in their order.

    Examples
    --------
    >>> products = pd.DataFrame({"sku": ["TEE"], "end_value": [2.0]})
    >>> steps = pd.DataFrame({"sku": "TEE", "price": [12.0, 8.0], "share": [0.5, 0.25]})
    >>> mean_end_value(products, steps).tolist()
    [8.5]
    """
    if not len(markdowns):
        return products["end_value"]
    money = (markdowns["price"] * markdowns["share"]).groupby(markdowns["sku"]).sum()
    share = markdowns["share"].groupby(markdowns["sku"]).sum()
    sku = products["sku"]
    marked = sku.map(money).astype("float64").fillna(0.0)
    left = 1.0 - sku.map(share).astype("float64").fillna(0.0)
    return products["end_value"] * left + marked
