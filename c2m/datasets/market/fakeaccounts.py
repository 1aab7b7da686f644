"""Families of fakes that act from lasting accounts, with gaps like those of people."""

from typing import Final

import numpy as np

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.faketraffic import (
    FIRST_USER,
    LAST_MINUTE,
    FakeTraffic,
    Floats,
    Ints,
    events_of,
    popularity,
)
from c2m.datasets.market.settings import Settings, Stream
from c2m.datasets.market.stock import clock

_BLOCK: Final = 28
_HOARD: Final = (10, 41)  # events of a hoarder in a day
_REPLAY: Final = 6.3  # events that are left of a recorded session
_COPIES: Final = 10  # replays of a recorded session in a day
_DRIP: Final = 2.5  # events of an account in a day
_DRIP_SKUS: Final = 5
_MOB: Final = 4.3  # events of a hired person in a day
_MOB_SKUS: Final = 4
_MOB_DAYS: Final = 5
_MOB_BLOCK: Final = 14
_SLEEP: Final = 1.9  # events in a mean day, for each account of a day with a task
_SLEEP_SKUS: Final = 3
_SLEEP_DAYS: Final = 7
_SLEEP_BLOCK: Final = 21
_POOL: Final = {"hoarder": 1, "replay": 20, "drip": 6, "mob": 12, "sleeper": 6}
"""Accounts for each one that acts in a day."""


def acting(settings: Settings, family: str) -> int:
    """Return how many accounts of a family act in a day.

    Parameters
    ----------
    settings : Settings
        Events a day and families.
    family : {"hoarder", "replay", "drip", "mob", "sleeper"}
        Which.

    Returns
    -------
    int
        Accounts, at least one where there are such fakes.
    """
    events = events_of(settings, family)
    hoard = (_HOARD[0] + _HOARD[1] - 1) / 2
    own = {"hoarder": hoard, "replay": _REPLAY, "drip": _DRIP, "mob": _MOB, "sleeper": _SLEEP}
    each = own[family]
    busy = _MOB_BLOCK / _MOB_DAYS if family == "mob" else 1.0
    return max(1, round(busy * events / each)) if events else 0


def accounts(settings: Settings, family: str) -> Ints:
    """Return the accounts of a family.

    Parameters
    ----------
    settings : Settings
        Events a day and families.
    family : {"hoarder", "replay", "drip", "mob", "sleeper"}
        Which.

    Returns
    -------
    ndarray of int
        Their numbers. Some may never act.
    """
    first = FIRST_USER[family]
    return np.arange(first, first + _POOL[family] * acting(settings, family))


def hoarding(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw a day of hoarders: each account fills its cart with 10 to 40 SKUs, every day anew.

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
        Views and carts; three of four events are carts.
    """
    rng = settings.rng(Stream.HOARDERS, day)
    users = accounts(settings, "hoarder")
    size = rng.integers(*_HOARD, len(users))
    sku = rng.choice(len(brand.style), int(size.sum()), p=popularity(brand, day))
    minute = _visits(rng, size, median_gap=0.3)
    return FakeTraffic(sku, np.repeat(users, size), minute, rng.random(len(sku)) < 0.75)


def replays(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw a day of replays: recorded sessions of people, each played by ten accounts a day.

    The sessions are recorded anew every four weeks. A replay begins when it likes, is up to 1.4
    times as fast or slow, and loses one event in ten.

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
        Views and carts of SKUs that people like.
    """
    number, block = acting(settings, "replay"), day // _BLOCK
    tape = settings.rng(Stream.REPLAYS, 2**20 + block)
    recorded = -(-number // _COPIES)
    size = 3 + tape.poisson(4.0, recorded)
    sku = tape.choice(len(brand.style), int(size.sum()), p=popularity(brand, block * _BLOCK))
    wait = 0.7 * np.exp(1.2 * tape.standard_normal(len(sku)))
    carts = tape.random(len(sku)) < 0.05
    rng = settings.rng(Stream.REPLAYS, day)
    user = rng.choice(accounts(settings, "replay"), number, replace=False)
    which = np.arange(number) % max(1, recorded)
    length = size[which]
    first = (np.cumsum(size) - size)[which]
    row = np.repeat(first, length) + _places(length)
    speed = np.repeat(rng.uniform(1 / 1.4, 1.4, number), length)
    minute = _timed(rng, length, wait[row] * speed)
    kept = rng.random(len(row)) >= 0.1
    return FakeTraffic(
        sku[row][kept], np.repeat(user, length)[kept], minute[kept], carts[row][kept]
    )


def dripping(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw a day of the drip: accounts that come back every few days for one to a few events.

    Half of the events are at one of five SKUs that are boosted for four weeks; the other half,
    to look like people, at SKUs that people like.

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
        Views, and carts for one in ten events at a boosted SKU.
    """
    number, block = acting(settings, "drip"), day // _BLOCK
    pool = settings.rng(Stream.DRIPS, 2**20 + block)
    sold = np.flatnonzero(brand.launch <= block * _BLOCK)
    boosted = pool.choice(sold, min(_DRIP_SKUS, len(sold)), replace=False)
    rng = settings.rng(Stream.DRIPS, day)
    users = rng.choice(accounts(settings, "drip"), number, replace=False)
    size = 1 + rng.poisson(_DRIP - 1, number)
    events = int(size.sum())
    aimed = rng.random(events) < 0.5
    aside = rng.choice(len(brand.style), events, p=popularity(brand, day))
    sku = np.where(aimed, boosted[rng.integers(0, len(boosted), events)], aside)
    minute = _visits(rng, size, median_gap=0.7)
    return FakeTraffic(sku, np.repeat(users, size), minute, aimed & (rng.random(events) < 0.1))


def mobbing(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw a day of a mob: hired people, each of whom does the task in an own way.

    In five of every fourteen days they look at up to four SKUs that people like, then once or
    twice at one of four boosted SKUs, which three of ten put into the cart. Few come twice.

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
    task = settings.rng(Stream.MOBS, 2**20 + day // _MOB_BLOCK)
    boosted, at_work = _task(task, brand, day, (_MOB_BLOCK, _MOB_DAYS, _MOB_SKUS))
    number = acting(settings, "mob") if at_work else 0
    rng = settings.rng(Stream.MOBS, day)
    users = rng.choice(accounts(settings, "mob"), number, replace=False)
    around, looks = rng.integers(0, 5, number), rng.integers(1, 3, number)
    carts = rng.random(number) < 0.3
    size = around + looks + carts
    place, of = _places(size), np.repeat(np.arange(number), size)
    aside = rng.choice(len(brand.style), len(of), p=popularity(brand, day))
    sku = np.where(place < around[of], aside, boosted[rng.integers(0, len(boosted), number)][of])
    minute = _visits(rng, size, median_gap=0.6)
    return FakeTraffic(sku, users[of], minute, carts[of] & (place == size[of] - 1))


def sleeping(settings: Settings, brand: Assortment, day: int) -> FakeTraffic:
    """Draw a day of sleepers: accounts that look around like people until they get a task.

    On seven days of every 21 they look at one to four SKUs that people like and, somewhere in
    between, twice at one of three boosted SKUs, which one of five puts into the cart. On the
    other days a fifth as many come, and only look around.

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
    task = settings.rng(Stream.SLEEPERS, 2**20 + day // _SLEEP_BLOCK)
    boosted, at_work = _task(task, brand, day, (_SLEEP_BLOCK, _SLEEP_DAYS, _SLEEP_SKUS))
    number = acting(settings, "sleeper") // (1 if at_work else 5)
    rng = settings.rng(Stream.SLEEPERS, day)
    users = rng.choice(accounts(settings, "sleeper"), number, replace=False)
    around, carts = rng.integers(1, 5, number), at_work & (rng.random(number) < 0.2)
    before = rng.integers(0, around + 1)
    size = around + 2 * at_work + carts
    place, of = _places(size), np.repeat(np.arange(number), size)
    is_cart = carts[of] & (place == before[of] + 2)
    aimed = at_work & (place >= before[of]) & ((place < before[of] + 2) | is_cart)
    aside = rng.choice(len(brand.style), len(of), p=popularity(brand, day))
    sku = np.where(aimed, boosted[rng.integers(0, len(boosted), number)][of], aside)
    minute = _visits(rng, size, median_gap=0.8)
    return FakeTraffic(sku, users[of], minute, is_cart)


def _visits(rng: np.random.Generator, size: Ints, median_gap: float) -> Floats:
    """Return minutes of visits: a start by the clock of people, then lognormal gaps."""
    waits = median_gap * np.exp(1.2 * rng.standard_normal(int(size.sum())))
    return _timed(rng, size, waits)


def _timed(rng: np.random.Generator, size: Ints, waits: Floats) -> Floats:
    """Return minutes of visits that begin by the clock of people; none goes past midnight."""
    elapsed = np.cumsum(waits)
    first = np.cumsum(size) - size
    since = elapsed - np.repeat(elapsed[first], size)
    last = since[first + size - 1]
    start = np.minimum(clock(rng.random(len(size))), np.maximum(LAST_MINUTE - last, 0))
    return np.asarray(np.minimum(np.repeat(start, size) + since, LAST_MINUTE), dtype=np.float64)


def _places(size: Ints) -> Ints:
    """Return 0, 1, ... within each visit."""
    return np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)


def _task(
    rng: np.random.Generator, brand: Assortment, day: int, shape: tuple[int, int, int]
) -> tuple[Ints, bool]:
    """Draw the task of a block of days: the boosted SKUs, and whether a day is a day of work.

    The shape is the days of a block, those of work among them, and the number of SKUs.
    """
    block, days, skus = shape
    begin = int(rng.integers(0, block - days + 1))
    sold = np.flatnonzero(brand.launch <= day // block * block)
    boosted = rng.choice(sold, min(skus, len(sold)), replace=False)
    return boosted, 0 <= day % block - begin < days
