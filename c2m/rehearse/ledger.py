"""The ledger: units and money of one policy, by SKU and period.

With c the least cost of a unit, v its end value, p its price, and every unit counted once (start +
made + returned = sold + left), profit is ``(p - c) (wanted - sent back) + c start - mismatch``,
where mismatch is the margin of what was lost, penalties, holding, ``(c - v)`` for what is left,
set-ups, overtime, and what units cost beyond c. All policies meet the same demand and the same
start, so that a difference of mismatch is a difference of profit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from c2m.production.limits import line_usage, run_usage
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.rehearse.shelf import Shelf
from c2m.rehearse.world import World

UNITS: Final = ("arrived", "returned", "wanted", "sold", "lost", "on_hand", "made", "on_the_way")
"""Units by SKU and period; `on_hand` and `on_the_way` at the end of the period."""

COSTS: Final = (
    "lost_margin",
    "lost_sale_penalty",
    "holding",
    "markdown",
    "setup",
    "overtime",
    "dearer_ways",
)
"""Parts of the cost of mismatch."""

MONEY: Final = (
    "revenue",
    "end_value",
    "production",
    "transport",
    "material",
    "setup",
    "overtime",
    "holding",
    "lost_sale_penalty",
)
"""Money in and out; the first two are income."""


@dataclass(frozen=True)
class Ledger:
    """Units and money of one policy.

    Parameters
    ----------
    units : dict of str to ndarray, shape (n_skus, n_periods)
        By the names of `UNITS`.
    money : dict of str to ndarray, shape (n_skus, n_periods)
        By the names of `MONEY`. What is left at the end is booked in the last period.
    costs : dict of str to ndarray, shape (n_skus, n_periods)
        By the names of `COSTS`; markdown, which the whole span makes, in equal parts.
    co2e : ndarray, shape (n_skus, n_periods)
        Kilograms, in the period of the run.
    """

    units: dict[str, FloatArray]
    money: dict[str, FloatArray]
    costs: dict[str, FloatArray]
    co2e: FloatArray


@dataclass(frozen=True)
class Played:
    """One policy, played to the end.

    Parameters
    ----------
    ledger : Ledger
        Its books.
    decisions : DataFrame
        Its runs.
    cut : float
        Units that it wished for and the factory had no room for, where it says so.
    """

    ledger: Ledger
    decisions: pd.DataFrame
    cut: float


def close(shelf: Shelf) -> Ledger:
    """Close the books of a policy for which every period has happened.

    Parameters
    ----------
    shelf : Shelf
        Its stock.

    Returns
    -------
    Ledger
        Units and money.
    """
    world, limits, made = shelf.world, shelf.world.limits, shelf.counted
    units = _units(shelf, made)
    spent = _spent(limits, made, world.n_periods)
    left = units["on_hand"][:, -1] + units["on_the_way"][:, -1]
    at_end = np.zeros(world.wanted.shape)
    at_end[:, -1] = limits.end_value * left
    money = {
        "revenue": limits.price[:, None] * (units["sold"] - units["returned"]),
        "end_value": at_end,
        **spent,
        "holding": limits.holding_cost[:, None] * units["on_hand"],
        "lost_sale_penalty": limits.penalty[:, None] * units["lost"],
    }
    co2e = _by_sku(limits, _co2e(limits) * made)[:, : world.n_periods]
    return Ledger(units, money, _costs(world, units, money, _good(limits, made)), co2e)


def _units(shelf: Shelf, made: IntArray) -> dict[str, FloatArray]:
    world = shelf.world
    good = _good(world.limits, made)[:, : world.n_periods]
    sent = good.cumsum(axis=1) + world.arriving.sum(axis=1, keepdims=True) + world.later[:, None]
    return {
        "arrived": shelf.arrived,
        "returned": shelf.returned,
        "wanted": world.wanted,
        "sold": shelf.sold,
        "lost": world.wanted - shelf.sold,
        "on_hand": shelf.on_hand,
        "made": good,
        "on_the_way": np.maximum(sent - shelf.arrived.cumsum(axis=1), 0.0),
    }


def _good(limits: Problem, made: IntArray) -> FloatArray:
    """Return the good units of each SKU in the period in which they are made."""
    members = limits.members
    good = np.zeros((limits.n_skus, limits.n_periods))
    np.add.at(good, members.sku, made[members.item] * members.units[:, None])
    return good


def _spent(limits: Problem, made: IntArray, n_periods: int) -> dict[str, FloatArray]:
    """Return the money of runs, each by SKU and period."""
    parts = {name: _by_sku(limits, part * made) for name, part in limits.extra_parts.items()}
    every = _by_sku(limits, limits.items.extra * made) if limits.items.has_extra else 0.0
    nothing = np.broadcast_to(np.zeros(()), (limits.n_skus, limits.n_periods))
    known = {name: parts.get(name, nothing) for name in ("transport", "material")}
    production = limits.unit_cost[:, None] * _good(limits, made) + every
    production = production - known["transport"] - known["material"]
    own = limits.items.setup_cost[:, None] * (made > 0) + _group_setups(limits, made)
    spent = {
        "production": production,
        **known,
        "setup": _by_sku(limits, own),
        "overtime": _by_sku(limits, _overtime(limits, made)),
    }
    return {name: money[:, :n_periods] for name, money in spent.items()}


def _group_setups(limits: Problem, made: IntArray) -> FloatArray:
    """Return the set-up costs of groups, shared by their items by pieces."""
    shared = np.zeros(made.shape)
    for group in limits.groups:
        if group.setup_cost:
            pieces = group.weights[:, None] * made[group.items]
            shared[group.items] += group.setup_cost * _shares(pieces, pieces.sum(axis=0))
    return shared


def _overtime(limits: Problem, made: IntArray) -> FloatArray:
    """Return the cost of overtime, shared by the items of a line by the capacity they take."""
    used = line_usage(limits, made)
    paid = limits.overtime_cost[:, None] * np.maximum(used - limits.regular, 0.0)
    line = limits.items.line
    return _shares(run_usage(limits, made), used[line]) * paid[line]


def _shares(parts: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    all_of_it = np.broadcast_to(whole, parts.shape)
    return np.divide(parts, all_of_it, out=np.zeros(parts.shape), where=all_of_it > 0)


def _by_sku(limits: Problem, by_item: FloatArray) -> FloatArray:
    """Share what items cost among their SKUs, by pieces."""
    members = limits.members
    pieces = np.bincount(members.item, members.pieces, limits.n_items)
    found = np.zeros((limits.n_skus, by_item.shape[1]))
    share = (members.pieces / pieces[members.item])[:, None]
    np.add.at(found, members.sku, by_item[members.item] * share)
    return found


def _co2e(limits: Problem) -> FloatArray:
    """Return the kilograms that a unit or pack of each item causes, (n_items, 1)."""
    each = np.array([way.co2e for way in limits.ways], dtype=np.float64)[limits.items.way]
    good = np.bincount(limits.members.item, limits.members.units, limits.n_items)
    return np.asarray((each * good)[:, None])


def _costs(
    world: World, units: dict[str, FloatArray], money: dict[str, FloatArray], good: FloatArray
) -> dict[str, FloatArray]:
    """Return the parts of the cost of mismatch."""
    count = world.n_periods
    not_back = world.back - units["returned"]
    left = units["on_hand"][:, -1] + units["on_the_way"][:, -1]
    loss = (world.least_cost - world.limits.end_value) * left / count
    paid = money["production"] + money["transport"] + money["material"]
    return {
        "lost_margin": world.margin[:, None] * (units["lost"] - not_back),
        "lost_sale_penalty": money["lost_sale_penalty"],
        "holding": money["holding"],
        "markdown": np.broadcast_to(loss[:, None], world.wanted.shape),
        "setup": money["setup"],
        "overtime": money["overtime"],
        "dearer_ways": paid - world.least_cost[:, None] * good[:, :count],
    }
