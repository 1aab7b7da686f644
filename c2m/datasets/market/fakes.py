"""Two families of traffic that no one means to buy by: crawlers and bought rings."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.settings import ANNOUNCED, Settings, Stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_CRAWLER: Final = 2**40
FIRST_RING_USER: Final = 2**41
"""People are numbered from 0, the users of the two families from here."""

_CRAWLER_SHARE: Final = 0.6
_LONGEST_CRAWL: Final = 500
_BLOCK: Final = 28
_RING_DAYS: Final = 4
_RING_SKUS: Final = 3
_BURST: Final = 200
_LAST_BURST: Final = 1430.0
"""Minute from which no burst begins, so that it ends on its day."""


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


def fake_traffic(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw the fake traffic of one day.

    Crawlers: few users, each goes through the catalogue with the same gap between any two views.
    Rings: in four days of every four weeks, many users that were never seen before look at one of
    three SKUs and put it into the cart, 200 of them within five minutes.

    Parameters
    ----------
    settings : Settings
        Seed and shares.
    brand : Assortment
        SKUs.
    day : int
        Number of the day.

    Returns
    -------
    FakeTraffic
        Views and carts.
    """
    crawl, ring = _crawls(settings, brand, day), _ring(settings, brand, day)
    return FakeTraffic(
        *(
            np.concatenate([getattr(crawl, name), getattr(ring, name)])
            for name in ("sku", "user", "minute", "is_cart")
        )
    )


def crawlers(settings: Settings, n_skus: int) -> tuple[int, int]:
    """Return how many crawlers there are, and how many SKUs each of them visits a day.

    Parameters
    ----------
    settings : Settings
        Share of fakes and events a day.
    n_skus : int
        Size of the catalogue.

    Returns
    -------
    robots, length : int
        At least one crawler where there are fakes.
    """
    events = _CRAWLER_SHARE * settings.fake_share * settings.events_per_day
    length = min(n_skus, _LONGEST_CRAWL, max(10, round(events)))
    return (max(1, round(events / length)) if events else 0), length


def fake_users(settings: Settings, n_skus: int) -> tuple[Ints, NDArray[np.object_]]:
    """Return every fake user of the market's days and the family.

    Parameters
    ----------
    settings : Settings
        Seed and shares.
    n_skus : int
        Size of the catalogue.

    Returns
    -------
    users : ndarray of int
        Their numbers.
    family : ndarray of object
        ``"crawler"`` or ``"ring"``.
    """
    robots, _ = crawlers(settings, n_skus)
    rings = [np.empty(0, dtype=np.int64)]
    for day in range(settings.n_days):
        users = _ring_users(settings, day)
        rings.append(FIRST_RING_USER + day * 2**24 + np.arange(users))
    ring = np.concatenate(rings)
    family = np.array(["crawler"] * robots + ["ring"] * len(ring), dtype=object)
    return np.append(FIRST_CRAWLER + np.arange(robots), ring), family


def _crawls(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Return the walks of the crawlers through what can be seen today."""
    robots, length = crawlers(settings, len(brand.style))
    rng = settings.rng(Stream.CRAWLERS, day)
    gap = rng.integers(4, max(5, min(120, 86_000 // length)), robots)  # seconds
    start = rng.random(robots) * (86_399 - gap * length)
    catalogue = np.flatnonzero(brand.launch - ANNOUNCED <= day)
    first = rng.integers(0, len(catalogue), robots)
    step = np.arange(length)
    seconds = start[:, None] + gap[:, None] * step
    return FakeTraffic(
        sku=catalogue[(first[:, None] + step) % len(catalogue)].reshape(-1),
        user=np.repeat(FIRST_CRAWLER + np.arange(robots), length),
        minute=seconds.reshape(-1) / 60,
        is_cart=np.zeros(robots * length, dtype=bool),
    )


def _ring_start(settings: Settings, block: int) -> int:
    return int(settings.rng(Stream.RINGS, block).integers(0, _BLOCK - _RING_DAYS))


def _ring_users(settings: Settings, day: int) -> int:
    """Return how many ring users act on a day."""
    since = day % _BLOCK - _ring_start(settings, day // _BLOCK)
    if not 0 <= since < _RING_DAYS:
        return 0
    events = (1 - _CRAWLER_SHARE) * settings.fake_share * settings.events_per_day
    return round(events * _BLOCK / _RING_DAYS / 3)


def _ring(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Return two views and one cart of every ring user of the day."""
    users = _ring_users(settings, day)
    block = settings.rng(Stream.RINGS, 2**20 + day // _BLOCK)
    sold = np.flatnonzero(brand.launch <= day // _BLOCK * _BLOCK)
    boosted = block.choice(sold, min(_RING_SKUS, len(sold)), replace=False)
    rng = settings.rng(Stream.RINGS, 2**21 + day)
    bursts = rng.random(-(-users // _BURST)) * _LAST_BURST
    start = np.repeat(bursts, _BURST)[:users] + 4 * rng.random(users)
    sku = boosted[rng.integers(0, len(boosted), users)]
    user = FIRST_RING_USER + day * 2**24 + np.arange(users)
    return FakeTraffic(
        sku=np.tile(sku, 3),
        user=np.tile(user, 3),
        minute=np.concatenate([start, start + 0.3, start + 0.6]),
        is_cart=np.repeat([False, False, True], users),
    )
