"""The least that a unit of each SKU costs: making it, its materials, its way to the warehouse."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from c2m.production.factory.buying import ALL
from c2m.production.factory.making import ALL_LINES


def least_costs(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return the least that one good unit costs, on whichever line and by whichever way.

    Set-ups, overtime and surplus material come on top. Price breaks count at their lowest price,
    other currencies at their lowest rate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The checked tables of a factory.

    Returns
    -------
    Series of float64
        One value a product, in their order; the unit cost alone for a SKU without a routing.

    Examples
    --------
    >>> from c2m.production import Lane, Line, Material, MaterialUse, Product, Routing
    >>> from c2m.production import Factory
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", 700.0, "pieces", plant="HUE")],
    ...     products=[Product("TEE", price=20.0, unit_cost=4.0, end_value=3.0)],
    ...     routings=[Routing("TEE", "A", yield_share=0.8)],
    ...     materials=[Material("JERSEY", "m", unit_cost=2.0)],
    ...     bill_of_materials=[MaterialUse("TEE", "JERSEY", 1.2)],
    ...     lanes=[Lane("HUE", "sea", 0.5), Lane("HUE", "air", 3.0)],
    ... )
    >>> least_costs(factory.tables()).tolist()
    [8.5]
    """
    rates = tables["rates"].groupby("currency")["rate"].min()
    products = tables["products"]
    sku = products["sku"]
    own = products.set_index("sku")["unit_cost"]
    used = _materials(tables, rates).reindex(sku, fill_value=0.0)
    ways = tables["routings"][["sku", "line", "yield_share", "currency"]].reset_index(drop=True)
    making = np.fmin(ways["sku"].map(own), _lowest_price(tables["price_breaks"], ways, rates))
    total = (making + ways["sku"].map(used)) / ways["yield_share"] + _transport(tables, ways, rates)
    least = total.groupby(ways["sku"]).min()
    found: pd.Series = sku.map(least).astype("float64").fillna(sku.map(own + used))
    return found


def _at(currency: pd.Series, rates: pd.Series) -> pd.Series:
    return currency.map(rates).astype("float64").fillna(1.0)


def _materials(tables: Mapping[str, pd.DataFrame], rates: pd.Series) -> pd.Series:
    """Return what the materials of one unit begun cost, by SKU."""
    materials, bill = tables["materials"], tables["bill_of_materials"]
    cost = materials["unit_cost"] * _at(materials["currency"], rates)
    each = bill["material"].map(dict(zip(materials["material"], cost, strict=True)))
    money: pd.Series = (bill["quantity"] * each.astype("float64")).groupby(bill["sku"]).sum()
    return money


def _lowest_price(breaks: pd.DataFrame, ways: pd.DataFrame, rates: pd.Series) -> pd.Series:
    """Return the lowest price of a unit by routing; unknown where there are no price breaks."""
    lowest = breaks.groupby(["sku", "line"])["unit_cost"].min()
    pairs = pd.MultiIndex.from_frame(ways[["sku", "line"]])
    anywhere = pd.MultiIndex.from_frame(ways[["sku"]].assign(line=ALL_LINES))
    own = pd.Series(lowest.reindex(pairs).to_numpy(dtype=np.float64))
    shared = pd.Series(lowest.reindex(anywhere).to_numpy(dtype=np.float64))
    return own.fillna(shared) * _at(ways["currency"], rates)


def _transport(
    tables: Mapping[str, pd.DataFrame], ways: pd.DataFrame, rates: pd.Series
) -> pd.Series:
    """Return the cheapest lane of each routing."""
    lanes = tables["lanes"]
    cost = (lanes["transport_cost"] * _at(lanes["currency"], rates)).groupby(lanes["plant"]).min()
    plant = ways["line"].map(tables["lines"].set_index("line")["plant"])
    anywhere = float(cost.get(ALL, 0.0))
    cheapest: pd.Series = plant.map(cost).astype("float64").fillna(anywhere)
    return cheapest
