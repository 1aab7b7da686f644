"""The units of one day's demand, each with its buyer and the traces that it leaves.

A unit is a row: the latent demand of a day, sold or not, and what was bought instead of something
else. Its traces (views, a wish, a cart, a return) lie days before and after it, so the log of
one day needs the units of the days around it; `UnitWindow` keeps those.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.rates import CART_LEAD, VIEW_LEAD, WISH_LEAD
from c2m.datasets.market.settings import LONGEST_LEAD, LONGEST_RETURN, Settings, Stream
from c2m.datasets.market.stock import Flows, Units, clock

NEVER: Final = -1
"""In place of a number of days: this unit leaves no such trace."""

EARLIEST_RETURN: Final = 3
_RETURN_LAW: Final = (3, 11.0)
_STORE_RETURNS: Final = 0.4
SPILLED: Final = 2**20
"""Added to a day's number for the random numbers of what is bought in place of something else."""

ONLINE_TRACES: Final = {"first": 0.95, "second": 0.60, "wish": 0.25, "cart": 0.90, "today": 0.70}
STORE_TRACES: Final = {"first": 0.50, "second": 0.20, "wish": 0.10, "cart": 0.0, "today": 0.0}
"""Chance that an online (or store) unit has a first and a second early view, a wish, a cart, and
a view on its own day."""

Bools = NDArray[np.bool_]
Days = NDArray[np.int8]


@dataclass(frozen=True)
class UnitTable:
    """Units of one day; every array has the shape (n_units,).

    Parameters
    ----------
    sku, location : ndarray of int32
        Their numbers; location 0 is online.
    user : ndarray of int64
        Number of the person.
    minute : ndarray of float32
        Of the day.
    sold, spilled : ndarray of bool
        Whether it was bought; whether it was bought instead of another SKU.
    today : ndarray of bool
        Whether it was looked at on the day itself.
    first, second, wish, cart : ndarray of int8
        Days from the trace to the demand; `NEVER` where there is none.
    back : ndarray of int8
        Days from the purchase to the return; `NEVER` where it is kept.
    """

    sku: NDArray[np.int32]
    location: NDArray[np.int32]
    user: NDArray[np.int64]
    minute: NDArray[np.float32]
    sold: Bools
    spilled: Bools
    today: Bools
    first: Days
    second: Days
    wish: Days
    cart: Days
    back: Days


def draw_units(settings: Settings, brand: Assortment, flows: Flows, day: int) -> UnitTable:
    """Draw the units of one day.

    Parameters
    ----------
    settings : Settings
        Seed and users.
    brand : Assortment
        SKUs and locations.
    flows : Flows
        How many there are, and how many were sold.
    day : int
        Number of the day; beyond the last day nothing is sold.

    Returns
    -------
    UnitTable
        One row a unit, the same whatever other days are drawn.
    """
    wanted = _wanted_units(settings, brand, flows, day)
    if day >= settings.n_days:
        return wanted
    instead = _units_instead(settings, brand, flows, day)
    return UnitTable(
        *(
            np.concatenate([getattr(wanted, item.name), getattr(instead, item.name)])
            for item in fields(UnitTable)
        )
    )


def _wanted_units(settings: Settings, brand: Assortment, flows: Flows, day: int) -> UnitTable:
    """Return the latent demand; the first of a SKU's units to come are those that are sold."""
    rng = settings.rng(Stream.UNITS, day)
    sku, location, place, of = _rows(flows.demand[day])
    if day < settings.n_days:
        sold = place < flows.own[day][sku, location]
    else:
        sold = np.zeros(len(sku), dtype=bool)
    chance = {
        name: np.where(location == 0, share, STORE_TRACES[name])
        for name, share in ONLINE_TRACES.items()
    }
    return UnitTable(
        sku=sku,
        location=location,
        user=rng.integers(0, settings.n_users, len(sku)),
        minute=clock((place + rng.random(len(sku))) / np.maximum(of, 1)).astype(np.float32),
        sold=sold,
        spilled=np.zeros(len(sku), dtype=bool),
        today=rng.random(len(sku)) < chance["today"],
        first=_lead(rng, VIEW_LEAD, chance["first"]),
        second=_lead(rng, VIEW_LEAD, chance["second"]),
        wish=_lead(rng, WISH_LEAD, chance["wish"]),
        cart=_lead(rng, CART_LEAD, chance["cart"]),
        back=_way_back(rng, brand, sku, location, sold),
    )


def _units_instead(settings: Settings, brand: Assortment, flows: Flows, day: int) -> UnitTable:
    """Return what was bought in place of something else: in the last hour, without early traces."""
    rng = settings.rng(Stream.UNITS, SPILLED + day)
    sku, location, *_ = _rows(flows.spill_in[day])
    never = np.full(len(sku), NEVER, dtype=np.int8)
    sold = np.ones(len(sku), dtype=bool)
    return UnitTable(
        sku=sku,
        location=location,
        user=rng.integers(0, settings.n_users, len(sku)),
        minute=(1380 + 59 * rng.random(len(sku))).astype(np.float32),
        sold=sold,
        spilled=sold,
        today=~sold,
        first=never,
        second=never,
        wish=never,
        cart=never,
        back=_way_back(rng, brand, sku, location, sold),
    )


def _rows(counts: Units) -> tuple[NDArray[np.int32], ...]:
    """Return a row a unit: SKU, location, its place among the units there, and their number."""
    found, where = (index.astype(np.int32) for index in np.nonzero(counts))
    of = counts[found, where].astype(np.int32)
    place = np.arange(of.sum(), dtype=np.int32) - np.repeat(np.cumsum(of) - of, of)
    return np.repeat(found, of), np.repeat(where, of), place, np.repeat(of, of)


def _way_back(
    rng: np.random.Generator,
    brand: Assortment,
    sku: NDArray[np.int32],
    location: NDArray[np.int32],
    sold: Bools,
) -> Days:
    """Draw the days from a purchase to its return, or `NEVER`."""
    rate = brand.skus["return_rate"].to_numpy()[sku] * np.where(location == 0, 1, _STORE_RETURNS)
    days = _lead(rng, _RETURN_LAW, rate * sold)
    late = np.minimum(days + EARLIEST_RETURN, LONGEST_RETURN)
    return np.where(days == NEVER, NEVER, late).astype(np.int8)


def _lead(rng: np.random.Generator, law: tuple[int, float], chance: NDArray[np.float64]) -> Days:
    """Draw days of a negative binomial lead, or `NEVER`."""
    shape, mean = law
    days = rng.negative_binomial(shape, shape / (shape + mean), len(chance))
    days = np.minimum(days, LONGEST_LEAD)
    return np.where(rng.random(len(chance)) < chance, days, NEVER).astype(np.int8)


class UnitWindow:
    """The units of the days around one day, drawn once and forgotten when they are far away.

    Parameters
    ----------
    settings : Settings
        Of the market.
    brand : Assortment
        SKUs and locations.
    flows : Flows
        Units by day, SKU and location.
    """

    def __init__(self, settings: Settings, brand: Assortment, flows: Flows) -> None:
        self._settings, self._brand, self._flows = settings, brand, flows
        self._held: dict[int, UnitTable] = {}

    def around(self, day: int) -> dict[int, UnitTable]:
        """Return the units of every day whose traces can lie on `day`.

        Parameters
        ----------
        day : int
            Number of the day.

        Returns
        -------
        dict of int to UnitTable
            By the number of their day.
        """
        first = max(0, day - LONGEST_RETURN)
        self._hold(range(first, day + LONGEST_LEAD + 1))
        return self._held

    def _hold(self, days: Iterable[int]) -> None:
        self._held = {
            day: self._held[day]
            if day in self._held
            else draw_units(self._settings, self._brand, self._flows, day)
            for day in days
        }


def returned_units(settings: Settings, brand: Assortment, flows: Flows) -> NDArray[np.int32]:
    """Count the units that come back, by day of return and SKU.

    Parameters
    ----------
    settings : Settings
        Of the market.
    brand : Assortment
        SKUs and locations.
    flows : Flows
        Units by day, SKU and location.

    Returns
    -------
    ndarray of int32, shape (n_days, n_skus)
        Units; those that come back after the last day are not in it.
    """
    back = np.zeros((settings.n_days + LONGEST_RETURN + 1, len(brand.style)), dtype=np.int32)
    for day in range(settings.n_days):
        units = draw_units(settings, brand, flows, day)
        comes = units.back != NEVER
        np.add.at(back, (day + units.back[comes].astype(np.int64), units.sku[comes]), 1)
    return back[: settings.n_days]
