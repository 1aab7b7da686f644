"""What fake traffic is: its events, its families, and how the events are shared out."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.settings import FAKE_FAMILIES, Settings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_USER: Final = {name: 2 ** (40 + place) for place, name in enumerate(FAKE_FAMILIES)}
"""People are numbered from 0, the users of each family from here."""

LAST_MINUTE: Final = 1439.9


@dataclass(frozen=True)
class FakeTraffic:
    """Views and carts of one day that mean nothing; every array has the shape (n_events,).

    Parameters
    ----------
    sku, user : ndarray of int
        Their numbers.
    minute : ndarray
        Of the day.
    is_cart : ndarray of bool
        Carts; the others are views.
    """

    sku: Ints
    user: Ints
    minute: Floats
    is_cart: NDArray[np.bool_]


def joined(parts: list[FakeTraffic]) -> FakeTraffic:
    """Put the traffic of several families into one table.

    Parameters
    ----------
    parts : list of FakeTraffic
        At least one.

    Returns
    -------
    FakeTraffic
        One after the other.
    """
    names = [item.name for item in fields(FakeTraffic)]
    return FakeTraffic(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def share_of(settings: Settings, family: str) -> float:
    """Return the share of a family in all fake events.

    Parameters
    ----------
    settings : Settings
        The families that there are.
    family : str
        One of them.

    Returns
    -------
    float
        0 where it is not among them. The crawlers' share is half as large again as another's.
    """
    if family not in settings.fake_families:
        return 0.0
    weights = {name: 0.6 if name == "crawler" else 0.4 for name in settings.fake_families}
    return weights[family] / sum(weights.values())


def events_of(settings: Settings, family: str) -> float:
    """Return the events of a family in a mean day.

    Parameters
    ----------
    settings : Settings
        Events a day, share of fakes, families.
    family : str
        One of them.

    Returns
    -------
    float
        Events.
    """
    return share_of(settings, family) * settings.fake_share * settings.events_per_day


def popularity(brand: Assortment, day: int) -> Floats:
    """Return the chance of each SKU to be looked at by people.

    Parameters
    ----------
    brand : Assortment
        SKUs.
    day : int
        What was launched by then.

    Returns
    -------
    ndarray, shape (n_skus,)
        They add up to 1.
    """
    weight = brand.share * brand.browsing[brand.style] * (brand.launch <= day)
    return np.asarray(weight / weight.sum(), dtype=np.float64)
