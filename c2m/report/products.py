"""What is said of every SKU: its outlook in units and money, and how it is described."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import attribute_texts, did_you_mean, name_list

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan


def sku_table(plan: "Plan") -> pd.DataFrame:
    """Return the outlook of every SKU over the whole plan.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame, a row a SKU
        ``sku``, ``made``, and where the plan has an outlook: ``wanted``, ``lost``, ``left``
        (expected units), ``lost_share``, ``worst`` (the largest chance of a stock-out in a
        period), ``cover`` (periods of mean demand that the left-over stock covers); where it has
        the factory's products too: ``lost_money`` (at the price), ``left_money`` (at unit cost).
    """
    table = pd.DataFrame({"sku": list(plan.skus)})
    made = plan.runs.groupby("sku")["quantity"].sum()
    table["made"] = table["sku"].map(made).fillna(0).astype("int64")
    if plan.outlook:
        table = table.assign(**_outlook_columns(plan))
    products = plan.inputs.get("products")
    if products is None or not plan.outlook:
        return table
    own = products.set_index("sku").reindex(table["sku"])
    table["price"] = own["price"].to_numpy()
    table["lost_money"] = table["lost"] * table["price"]
    table["left_money"] = table["left"] * own["unit_cost"].to_numpy()
    return table


def opening_units(plan: "Plan") -> float:
    """Return the units on hand at the start or on order: what arrives without being made.

    Parameters
    ----------
    plan : Plan
        A plan with an outlook.

    Returns
    -------
    float
        Units of all SKUs.
    """
    runs = plan.runs[plan.runs["available"] <= plan.periods[-1]]
    good = runs["good_quantity"].fillna(runs["quantity"])
    return float(plan.outlook["arrivals"].sum() - good.sum())


def _outlook_columns(plan: "Plan") -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    wanted = plan.outlook["demand"].sum(axis=1)
    lost = plan.outlook["lost"].sum(axis=1)
    left = plan.outlook["stock"][:, -1]
    mean = wanted / plan.n_periods
    none = np.full_like(wanted, np.nan)
    return {
        "wanted": wanted,
        "lost": lost,
        "left": left,
        "lost_share": np.divide(lost, wanted, out=none.copy(), where=wanted > 0),
        "worst": plan.outlook["stockout"].max(axis=1),
        "cover": np.divide(left, mean, out=none, where=mean > 0),
    }


def add_description(table: pd.DataFrame, demand: "Demand", describe: Sequence[str]) -> pd.DataFrame:
    """Add a column ``what`` with attributes of the SKU.

    Parameters
    ----------
    table : DataFrame
        A table with the column ``sku``.
    demand : Demand
        Whose attributes are meant.
    describe : sequence of str
        Names of attributes; none adds nothing.

    Returns
    -------
    DataFrame
        The table with ``what``, or as it was.

    Raises
    ------
    ArgumentError
        If there is no such attribute.
    """
    if not describe:
        return table
    known = [str(name) for name in demand.attributes.columns]
    absent = [name for name in describe if name not in known]
    if absent:
        raise ArgumentError(
            f"There is no attribute {' and no '.join(map(repr, absent))}"
            f"{did_you_mean(str(absent[0]), known)}; there are {name_list(known) or 'none'}."
        )
    parts = demand.attributes[list(describe)].apply(attribute_texts)
    texts = [
        ", ".join(part for part in row if not pd.isna(part))
        for row in parts.itertuples(index=False, name=None)
    ]
    own = pd.Series(texts, index=demand.skus)
    own = own[~own.index.duplicated()]
    return table.assign(what=table["sku"].map(own).fillna(""))


def most_important(plan: "Plan", demand: "Demand", most: int) -> list[str]:
    """Return the SKUs with the largest expected revenue, or units where no price is known.

    Parameters
    ----------
    plan : Plan
        Whose inputs hold the prices.
    demand : Demand
        The forecast.
    most : int
        How many.

    Returns
    -------
    list of str
        SKUs, the largest first.
    """
    expected = pd.Series(demand.mean.sum(axis=1), index=demand.skus).groupby(level=0).sum()
    products = plan.inputs.get("products")
    if products is not None:
        expected = expected * products.set_index("sku")["price"].reindex(expected.index)
    order = np.argsort(-expected.fillna(0.0).to_numpy(), kind="stable")[:most]
    return [str(expected.index[row]) for row in order]
