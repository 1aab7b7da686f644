"""Traffic that no one means to buy by: its families, and those that come and go in a day."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market import fakeaccounts
from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.faketraffic import (
    FIRST_USER,
    FakeTraffic,
    Ints,
    events_of,
    joined,
)
from c2m.datasets.market.settings import ANNOUNCED, Settings, Stream

FIRST_CRAWLER: Final = FIRST_USER["crawler"]
FIRST_RING_USER: Final = FIRST_USER["ring"]

_LONGEST_CRAWL: Final = 500
_BLOCK: Final = 28
_RING_DAYS: Final = 4
_RING_SKUS: Final = 3
_BURST: Final = 200
_LAST_BURST: Final = 1430.0
"""Minute from which no burst begins, so that it ends on its day."""


def fake_traffic(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw the fake traffic of one day.

    Crawlers: few users, each goes through the catalogue with the same gap between any two views.
    Rings: in four days of every four weeks, many users that were never seen before look at one of
    three SKUs and put it into the cart, 200 of them within five minutes. For the other families
    see `c2m.datasets.market.fakeaccounts`.

    Parameters
    ----------
    settings : Settings
        Seed, shares and families.
    brand : Assortment
        SKUs.
    day : int
        Number of the day.

    Returns
    -------
    FakeTraffic
        Views and carts.
    """
    return joined([_TRAFFIC[family](settings, brand, day) for family in settings.fake_families])


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
    events = events_of(settings, "crawler")
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
        ``"crawler"``, ``"ring"`` and so on.
    """
    users = [_USERS[family](settings, n_skus) for family in settings.fake_families]
    families = np.array(settings.fake_families, dtype=object)
    return np.concatenate(users), np.repeat(families, [len(part) for part in users])


def _crawler_users(settings: Settings, n_skus: int) -> Ints:
    return np.arange(FIRST_CRAWLER, FIRST_CRAWLER + crawlers(settings, n_skus)[0])


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


def _ring_size(settings: Settings, day: int) -> int:
    """Return how many ring users act on a day."""
    since = day % _BLOCK - _ring_start(settings, day // _BLOCK)
    if not 0 <= since < _RING_DAYS:
        return 0
    return round(events_of(settings, "ring") * _BLOCK / _RING_DAYS / 3)


def _ring_users(settings: Settings, _: int) -> Ints:
    rings = [
        FIRST_RING_USER + day * 2**24 + np.arange(_ring_size(settings, day))
        for day in range(settings.n_days)
    ]
    return np.concatenate(rings)


def _ring(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Return two views and one cart of every ring user of the day."""
    users = _ring_size(settings, day)
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


_TRAFFIC: Final[dict[str, Callable[[Settings, Assortment, int], FakeTraffic]]] = {
    "crawler": _crawls,
    "ring": _ring,
    "hoarder": fakeaccounts.hoarding,
    "replay": fakeaccounts.replays,
    "drip": fakeaccounts.dripping,
    "mob": fakeaccounts.mobbing,
    "sleeper": fakeaccounts.sleeping,
}
_USERS: Final[dict[str, Callable[[Settings, int], Ints]]] = {
    "crawler": _crawler_users,
    "ring": _ring_users,
    "hoarder": lambda settings, _: fakeaccounts.accounts(settings, "hoarder"),
    "replay": lambda settings, _: fakeaccounts.accounts(settings, "replay"),
    "drip": lambda settings, _: fakeaccounts.accounts(settings, "drip"),
    "mob": lambda settings, _: fakeaccounts.accounts(settings, "mob"),
    "sleeper": lambda settings, _: fakeaccounts.accounts(settings, "sleeper"),
}
