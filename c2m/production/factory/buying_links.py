"""Check the tables of what is bought, moved and paid against the others."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.frames import did_you_mean, name_list
from c2m.production.factory.buying import ALL
from c2m.production.factory.codes import check_known, check_spans, is_in
from c2m.production.factory.making import ALL_LINES

_ROUNDING = 1e-9


def check_buying(checks: Mapping[str, Check], currency: str | None) -> None:
    """Note what does not fit in the tables of what is bought, moved and paid.

    Parameters
    ----------
    checks : mapping of str to Check
        Every table of a factory.
    currency : str or None
        The factory's.
    """
    skus = checks["products"].frame["sku"]
    for name in ("price_breaks", "bill_of_materials", "markdowns"):
        check_known(checks[name], "sku", "products", skus)
    lines = checks["lines"].frame
    check_known(checks["price_breaks"], "line", "lines", lines["line"], also=(ALL_LINES,))
    materials = checks["materials"].frame["material"]
    for name in ("material_orders", "bill_of_materials"):
        check_known(checks[name], "material", "materials", materials, may_lack_all=False)
    check_known(checks["lanes"], "plant", "lines", lines["plant"], also=(ALL,), may_lack_all=False)
    _check_plants(checks["lines"], checks["lanes"].frame["plant"])
    check_known(
        checks["budgets"],
        "department",
        "products",
        checks["products"].frame["department"],
        also=(ALL,),
        may_lack_all=False,
    )
    check_spans(checks["budgets"])
    for name in ("routings", "lanes"):
        _check_lead_times(checks[name])
    _check_stars(checks)
    _check_price_breaks(checks)
    _check_markdowns(checks)
    _check_currencies(checks, currency)


def _check_plants(check: Check, served: pd.Series) -> None:
    """Note lines from which no lane goes, though there are lanes: their goods would ship free."""
    plant = check.frame["plant"]
    if not len(served) or (served == ALL).any():
        return
    known = served.dropna().unique().tolist()
    lost = (~is_in(plant, served)).to_numpy(dtype=bool)
    named = plant.notna().to_numpy(dtype=bool)
    line = check.frame["line"]
    fix = (
        f"write the plant as in `lanes`, or add a lane for it or for every plant ({ALL!r}); goods "
        "that need no transport have one that costs 0"
    )
    if (lost & named).any():
        first = str(plant[lost & named].iloc[0])
        check.rows(
            lost & named,
            f"has a 'plant' for which `lanes` has no row{did_you_mean(first, known)}",
            fix,
            lambda row: (line.iloc[row], plant.iloc[row]),
        )
    check.rows(
        lost & ~named,
        f"has no 'plant', and `lanes` has rows for {name_list(known)} only",
        fix,
        lambda row: line.iloc[row],
    )


def _check_lead_times(check: Check) -> None:
    """Note lead times whose high value is below the usual one."""
    usual, high = check.frame["lead_time_periods"], check.frame["lead_time_high"]
    check.rows(
        ((high > 0) & (high < usual)).to_numpy(dtype=bool),
        "has a 'lead_time_high' below 'lead_time_periods'",
        "raise 'lead_time_high', or leave it out where the lead time is certain",
        lambda row: f"{high.iloc[row]:g} < {usual.iloc[row]:g}",
    )


def _check_stars(checks: Mapping[str, Check]) -> None:
    """Note codes that mean all of something."""
    for table, name in (("lines", "plant"), ("products", "department")):
        star = (checks[table].frame[name] == ALL).to_numpy(dtype=bool, na_value=False)
        checks[table].rows(
            star, f"has the {name!r} {ALL!r}, which means all of them", f"rename that {name}"
        )


def _check_price_breaks(checks: Mapping[str, Check]) -> None:
    """Note price breaks of something that is not made, or that no run can reach."""
    check = checks["price_breaks"]
    if not len(check.frame):
        return
    breaks = check.frame.assign(row=check.frame.index)
    made = checks["routings"].frame[["sku", "line", "max_lot"]].rename(columns={"line": "on"})
    pairs = breaks.merge(made.dropna(subset=["sku", "on"]), on="sku")
    pairs = pairs[(pairs["line"] == ALL_LINES) | (pairs["line"] == pairs["on"])]
    known = is_in(breaks["sku"], checks["products"].frame["sku"]) & (
        is_in(breaks["line"], checks["lines"].frame["line"]) | (breaks["line"] == ALL_LINES)
    )
    check.rows(
        (known & ~breaks["row"].isin(pairs["row"])).to_numpy(dtype=bool),
        "is about a SKU that no routing makes on that 'line'",
        "correct 'line', add the routing, or remove the price break",
        lambda row: (breaks["sku"].iloc[row], breaks["line"].iloc[row]),
    )
    largest = pairs.groupby("row")["max_lot"].max().reindex(breaks.index).to_numpy(np.float64)
    start = breaks["from_quantity"].to_numpy(np.float64)
    check.rows(
        start > largest,
        "has a 'from_quantity' above the 'max_lot' of the routing",
        "lower 'from_quantity' or raise 'max_lot'",
        lambda row: f"{start[row]:g} > {largest[row]:g}",
    )


def _check_markdowns(checks: Mapping[str, Check]) -> None:
    check, products = checks["markdowns"], checks["products"].frame
    frame = check.frame
    if not len(frame):
        return
    total = frame.groupby("sku")["share"].transform("sum")
    check.rows(
        (total > 1 + _ROUNDING).to_numpy(dtype=bool),
        "is of a SKU whose 'share's sum to more than 1",
        "lower the shares; what they leave goes at the end value",
        lambda row: frame["sku"].iloc[row],
    )
    price = products.dropna(subset="sku").drop_duplicates("sku").set_index("sku")["price"]
    full = frame["sku"].map(price).astype("float64")
    check.rows(
        (frame["price"] > full).to_numpy(dtype=bool),
        "has a 'price' above that of the product",
        "lower it to what a unit left over brings",
        lambda row: float(frame["price"].iloc[row]),
    )


def _check_currencies(checks: Mapping[str, Check], currency: str | None) -> None:
    """Note money in a currency without a rate."""
    rates = checks["rates"]
    priced = [rates, *(checks[name] for name in ("routings", "materials", "lanes"))]
    if not any(check.frame["currency"].notna().any() for check in priced):
        return
    known = rates.frame["currency"]
    own = pd.Series([currency] if currency else [], dtype="object")
    if len(rates.frame) and currency is None:
        rates.add("the factory's own currency is not known", "name the factory's currency")
    rates.rows(
        is_in(known, own).to_numpy(dtype=bool),
        "is of the factory's own 'currency', which is always worth 1",
        "remove that rate",
    )
    for name in ("routings", "materials", "lanes"):
        either = pd.concat([known.astype("object"), own])
        check_known(checks[name], "currency", "rates", either, may_lack_all=False)
