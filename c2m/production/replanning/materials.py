"""Materials that an old plan has ordered and that are still to come."""

import warnings

import numpy as np
import pandas as pd

from c2m.errors import C2MWarning, warn
from c2m.frames import name_list
from c2m.plan import Plan
from c2m.production.factory import Factory

_KEY = ["material", "due"]


def with_materials_on_the_way(plan: Plan, factory: Factory, start: int) -> Factory:
    """Return a factory to which the materials come that its old plan has ordered.

    Parameters
    ----------
    plan : Plan
        The old plan.
    factory : Factory
        What can be made now; its stock of materials is as of the day before `start`.
    start : int
        The calendar's number of the first period to come.

    Returns
    -------
    Factory
        The same where it has `material_orders` of its own, or no time has passed. Otherwise orders
        of the plan that are to be placed before `start`, and those that it knew of, come when they
        were to come; what was due before is in stock.

    Warns
    -----
    C2MWarning
        With counts, of orders that are taken to come, or not to.
    """
    placed = _placed(plan, factory, start)
    given = factory.material_orders
    if len(given):
        _say_absent(placed, _later(given, plan, start))
        return factory
    known = plan.inputs.get("material_orders", given)
    known = known[known["material"].isin(factory.materials["material"])]
    coming = pd.concat([_later(known, plan, start), placed], ignore_index=True)
    if start == plan.first or coming.empty:
        return factory
    day = pd.Timestamp(plan.calendar.label([start])[0]).date()
    warn(
        f"The factory has no `material_orders`: {len(coming):,} orders of the plan (of "
        f"{name_list(sorted(set(coming['material'])))}) are taken to come as planned from {day} "
        "on, and what was due before to be in the materials' `on_hand`. Add the rows to say what "
        "is on the way; one of quantity 0 for nothing."
    )
    orders = coming.groupby(_KEY, as_index=False)["quantity"].sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)  # said when the factory was made
        return factory.with_tables(material_orders=orders)


def _placed(plan: Plan, factory: Factory, start: int) -> pd.DataFrame:
    """Return the plan's own orders that are placed before a period and come from then on."""
    day = pd.Timestamp(plan.calendar.label([start])[0])
    table = plan.materials
    here = (table["ordered"] > 0) & (table["order_by"] < day) & (table["period"] >= day)
    here &= table["material"].isin(factory.materials["material"])
    rows = table[here]
    return pd.DataFrame(
        {
            "material": rows["material"].to_numpy(dtype=object),
            "due": rows["period"].to_numpy().astype("datetime64[s]"),
            "quantity": rows["ordered"].to_numpy(dtype=np.float64),
        }
    )


def _later(orders: pd.DataFrame, plan: Plan, start: int) -> pd.DataFrame:
    """Return the orders that are due from a period on."""
    day = pd.Timestamp(plan.calendar.label([start])[0])
    return orders.loc[orders["due"] >= day, [*_KEY, "quantity"]]


def _say_absent(placed: pd.DataFrame, given: pd.DataFrame) -> None:
    """Warn of a plan's orders of materials of which nothing is said to be on the way."""
    absent = placed[~placed["material"].isin(given["material"])]
    if len(absent):
        warn(
            f"{len(absent):,} of {len(placed):,} material orders of the plan are not in the "
            "factory's `material_orders` and are taken not to come: "
            f"{name_list(sorted(set(absent['material'])))}. Add rows for them, due in the period "
            "in which they come; one of quantity 0 for nothing."
        )
