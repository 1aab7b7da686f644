"""What a unit costs beyond the unit cost of its SKU: price tier, scrap, transport, materials."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.production.aligning.prices import Breaks, cost_at
from c2m.production.aligning.rates import Rates
from c2m.production.aligning.rows import table_rows
from c2m.production.aligning.runs import Drawn
from c2m.production.factory import Factory
from c2m.production.problem import FloatArray, Members


@dataclass(frozen=True)
class Extras:
    """Money per unit or pack beyond the unit cost of the good units.

    Parameters
    ----------
    by_member : ndarray, shape (n_members, n_periods), or None
        The part of each SKU; None where nothing costs more than its unit cost.
    parts : dict of str to ndarray, shape (n_items, n_periods)
        ``"transport"`` and ``"material"``, those that there are.
    """

    by_member: FloatArray | None
    parts: dict[str, FloatArray]

    def by_item(self, members: Members, n_items: int) -> FloatArray | None:
        """Return the sum over the SKUs of each item.

        Parameters
        ----------
        members : Members
            Which SKUs the items hold.
        n_items : int
            How many items there are.

        Returns
        -------
        ndarray, shape (n_items, n_periods), or None
            See `Items`.
        """
        return None if self.by_member is None else _summed(self.by_member, members, n_items)


def read_extras(
    factory: Factory,
    drawn: Drawn,
    members: Members,
    routes: pd.DataFrame,
    rates: Rates,
    breaks: Breaks,
) -> Extras:
    """Return what units cost beyond the unit cost of their SKUs.

    Parameters
    ----------
    factory : Factory
        What can be made.
    drawn : Drawn
        The items.
    members : Members
        Which SKUs they hold.
    routes : DataFrame
        See `read_routes`.
    rates : Rates
        Of the currencies.
    breaks : dict
        See `read_breaks`.

    Returns
    -------
    Extras
        Transport is of good units; materials, and the unit cost itself, of all units that are
        begun.
    """
    n_items = len(drawn.rows)
    parts: list[FloatArray] = []
    named: dict[str, FloatArray] = {}
    if breaks or (members.units != members.pieces).any():
        parts.append(_making(factory, drawn, members, routes, rates, breaks))
    for kind, part in (
        ("transport", _transport(drawn, members, rates)),
        ("material", _materials(factory, members, routes, drawn, rates)),
    ):
        if part is not None:
            parts.append(part)
            named[kind] = _summed(part, members, n_items)
    return Extras(sum(parts[1:], start=parts[0]) if parts else None, named)


def _summed(by_member: FloatArray, members: Members, n_items: int) -> FloatArray:
    total = np.zeros((n_items, by_member.shape[1]))
    np.add.at(total, members.item, by_member)
    return total


def _making(
    factory: Factory,
    drawn: Drawn,
    members: Members,
    routes: pd.DataFrame,
    rates: Rates,
    breaks: Breaks,
) -> FloatArray:
    """Return the cost of the units begun less the unit cost of those that are good."""
    unit_cost = factory.products.set_index("sku")["unit_cost"]
    place = [member["route"] for member in drawn.members]
    own = unit_cost.loc[routes["sku"].to_numpy()].to_numpy(dtype=np.float64)[place]
    cost = np.repeat(own[:, None], len(rates.plain), axis=1)
    keys = list(zip(routes["sku"], routes["line"], strict=True))
    currencies, units = routes["currency"].tolist(), routes["units"].tolist()
    for number, member in enumerate(drawn.members):
        route = member["route"]
        tiers = breaks.get(keys[route])
        if tiers:
            price = cost_at(tiers, member["tier"] * units[route])
            if not np.isnan(price):
                cost[number] = price * rates.of(currencies[route])
    return cost * members.pieces[:, None] - own[:, None] * members.units[:, None]


def _transport(drawn: Drawn, members: Members, rates: Rates) -> FloatArray | None:
    """Return the transport of the good units, or None where there are no lanes."""
    if all(lane is None for lane in drawn.lanes):
        return None
    plain = 0.0 * rates.plain
    paths = np.array(
        [
            plain if lane is None else lane.transport_cost * rates.of(lane.currency)
            for lane in drawn.lanes
        ]
    )  # [ways, T]
    way = np.array([row["way"] for row in drawn.rows], dtype=np.int64)[members.item]
    return np.asarray(paths[way] * members.units[:, None])


def _materials(
    factory: Factory, members: Members, routes: pd.DataFrame, drawn: Drawn, rates: Rates
) -> FloatArray | None:
    """Return the materials of the units begun, or None where they take none."""
    uses = factory.bill_of_materials.merge(factory.materials, on="material")
    if not len(uses):
        return None
    money: dict[str, FloatArray] = {}
    for use in table_rows(uses):
        path = use.quantity * use.unit_cost * rates.of(use.currency)
        money[use.sku] = money.get(use.sku, 0.0) + path
    nothing, skus = 0.0 * rates.plain, routes["sku"].tolist()
    paths = np.array([money.get(skus[member["route"]], nothing) for member in drawn.members])
    return np.asarray(paths * members.pieces[:, None])
