"""The days of one item in all stores: price, demand, stock, signals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.retail.common import Common, level_path
from c2m.datasets.retail.settings import ANNOUNCED, LEADS, Settings, Stream

FloatArray = NDArray[np.float32]

_LEVEL: Final = (-1.0, -1.3, -0.35, -1.45, -2.4, -1.05, -2.1)
"""Log of the median mean demand a day, by department; foods sell most."""

_PRICE: Final = (1.0, 1.1, 0.8, 1.5, 0.9, 1.5, 1.6)
"""Log of the median price, by department."""

_LEVEL_MEMORY: Final = 0.985
_LEVEL_SD: Final = 0.45

_TRACES: Final[Mapping[str, float]] = {"views": 12.0, "wishlists": 2.0, "carts": 1.8}
"""How many of a signal there are for a unit of demand."""

_DRIFT_MEMORY: Final = 0.995
_DRIFT_SD: Final = 0.15
_DAY_SD: Final = 0.15

_STOCKOUT_DAYS: Final = 3.5
"""Mean number of days that a stock-out touches."""


@dataclass(frozen=True)
class ItemDays:
    """What happens to one item. Arrays are float32; S stores, T observed days, A days ahead.

    Parameters
    ----------
    price : ndarray, shape (S, T + A)
        Planned price.
    expected : ndarray, shape (S, T + A)
        Mean demand; 0 before the launch.
    demand : ndarray, shape (S, T)
        What was wanted; NaN before the launch.
    sales : ndarray, shape (S, T)
        What was sold of it.
    in_stock : ndarray, shape (S, T)
        Share of the day; NaN before the launch.
    on_sale : ndarray, shape (S, T)
        0 before the launch, 1 from then on.
    signals : mapping of str to ndarray, shape (S, T)
        Counts of views, wishlists, carts.
    """

    price: FloatArray
    expected: FloatArray
    demand: FloatArray
    sales: FloatArray
    in_stock: FloatArray
    on_sale: FloatArray
    signals: Mapping[str, FloatArray]


def draw_item(settings: Settings, common: Common, item: int, department: int) -> ItemDays:
    """Draw the days of one item, from random numbers of its own.

    Parameters
    ----------
    settings : Settings
        The days and the shares.
    common : Common
        What it shares with others.
    item : int
        Its number; keys its random numbers.
    department : int
        Position of its department.

    Returns
    -------
    ItemDays
        Its days.
    """
    rng = settings.rng(Stream.ITEM, item)
    n_stores, n_days = common.season.shape[1], settings.n_days
    season, shock = common.season[department], common.shock[department]
    age = np.arange(settings.n_simulated) - _launches(settings, n_stores, rng)[:, None]
    base = _LEVEL[department] + rng.normal(0, 1.05) + rng.normal(0, 0.45, (n_stores, 1))
    level = base.astype(np.float32) + _moves(settings, n_stores, rng)
    price, pull = _prices(settings, n_stores, _PRICE[department], rng)
    known = settings.n_days + settings.n_ahead
    mean = np.exp((level + season + shock + pull)[:, :known]) * (1 + 0.4 * _novelty(age[:, :known]))
    mean = np.where(age[:, :known] >= 0, mean, np.float32(0))
    spread = np.float32(np.exp(rng.normal(np.log(0.35), 0.3)))
    demand = _counts(mean[:, :n_days], spread, rng)
    in_stock = _stock(settings, n_stores, rng)
    hidden = in_stock < 1
    sales = demand.copy()
    sales[hidden] = rng.binomial(demand[hidden].astype(np.int64), in_stock[hidden])
    signals = {
        name: _signal(name, settings, level, season, age, rng)
        for name in LEADS
        if name in settings.signals
    }
    if "carts" in signals:  # what is not there cannot be put into a cart
        signals["carts"] = np.floor(signals["carts"] * in_stock)
    before = age[:, :n_days] < 0
    for array in (demand, sales, in_stock):
        array[before] = np.nan
    on_sale = (~before).astype(np.float32)
    return ItemDays(price, mean, demand, sales, in_stock, on_sale, signals)


def _launches(settings: Settings, n_stores: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the day on which each store sells the item first; far in the past for most."""
    late, when = rng.random(), rng.uniform(0.05, 0.95)
    delay = rng.integers(0, 8, n_stores)
    if late >= settings.launch_share:
        return np.full(n_stores, -10_000)
    return np.asarray(int(when * settings.n_days) + delay)


def _moves(settings: Settings, n_stores: int, rng: np.random.Generator) -> FloatArray:
    """Return what moves the log level of a series, and what its signals foretell."""
    shape = (n_stores, settings.n_simulated)
    trend = rng.normal(0, 0.08, (n_stores, 1)) * np.arange(settings.n_simulated) / 365.25
    own = level_path(rng.standard_normal(shape, dtype=np.float32), _LEVEL_MEMORY, _LEVEL_SD)
    return own + trend.astype(np.float32)


def _prices(
    settings: Settings, n_stores: int, log_price: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return prices in cents of a unit, weekly, and their effect on the log of demand."""
    n_weeks = -(-settings.n_simulated // 7)
    steps = np.where(rng.random(n_weeks) < 1 / 40, rng.normal(0.02, 0.05, n_weeks), 0.0)
    listed = np.exp(log_price + rng.normal(0, 0.5) + np.cumsum(steps))
    depth = rng.choice([0.1, 0.2, 0.3], (n_stores, n_weeks))
    starts = rng.random((n_stores, n_weeks)) < 0.05
    starts[:, 1:] |= starts[:, :-1] & (rng.random((n_stores, n_weeks - 1)) < 0.4)
    price = np.round(listed * np.where(starts, 1 - depth, 1.0), 2)
    pull = -1.8 * np.log(price / listed) - 0.7 * np.log(listed / listed[0])
    daily = np.repeat(np.stack([price, pull]).astype(np.float32), 7, axis=-1)
    return daily[0, :, : settings.n_days + settings.n_ahead], daily[1, :, : settings.n_simulated]


def _novelty(age: NDArray[np.int64]) -> FloatArray:
    """Return how new an item is: 1 at its launch, and half of it 20 days later."""
    return np.asarray(np.exp2(-np.maximum(age, 0) / 20), dtype=np.float32)


def _counts(mean: FloatArray, spread: np.float32, rng: np.random.Generator) -> FloatArray:
    """Draw negative-binomial counts: variance = mean + spread * mean ** 2."""
    heat = rng.standard_gamma(1 / spread, mean.shape, dtype=np.float32) * spread
    return np.asarray(rng.poisson(mean * heat), dtype=np.float32)


def _stock(settings: Settings, n_stores: int, rng: np.random.Generator) -> FloatArray:
    """Return the share of each day in stock: partly on the first and last day of a stock-out."""
    n_days = settings.n_days
    share = np.ones((n_stores, n_days + 60), dtype=np.float32)
    count = rng.poisson(n_days * n_stores * settings.stockout_share / _STOCKOUT_DAYS)
    store, first = rng.integers(0, n_stores, count), rng.integers(0, n_days, count)
    length = np.minimum(rng.geometric(1 / (_STOCKOUT_DAYS - 1), count), 50)
    left, back = rng.random((2, count), dtype=np.float32)
    np.minimum.at(share, (store, first), left)
    np.minimum.at(share, (store, first + length), back)
    inside = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    share[np.repeat(store, length)[inside > 0], (np.repeat(first, length) + inside)[inside > 0]] = 0
    return share[:, :n_days].copy()


def _signal(
    name: str,
    settings: Settings,
    level: FloatArray,
    season: FloatArray,
    age: NDArray[np.int64],
    rng: np.random.Generator,
) -> FloatArray:
    """Draw the counts of a signal around the level that sales will have when its lead is over."""
    n_stores, n_days, lead = len(level), settings.n_days, LEADS[name]
    shape = (n_stores, n_days)
    habit = np.log(_TRACES[name]) + rng.normal(0, 0.25, (n_stores, 1)).astype(np.float32)
    drift = level_path(rng.standard_normal(shape, dtype=np.float32), _DRIFT_MEMORY, _DRIFT_SD)
    day = _DAY_SD * rng.standard_normal(shape, dtype=np.float32)
    log_mean = level[:, lead : lead + n_days] + habit + drift + day + season[:, :n_days] / 2
    mean = np.exp(log_mean) * _interest(age[:, :n_days], name)
    return np.asarray(rng.poisson(mean), dtype=np.float32)


def _interest(age: NDArray[np.int64], name: str) -> FloatArray:
    """Return the share of interest that an item draws at its age: it grows before the launch."""
    if name == "carts":
        return (age >= 0).astype(np.float32)
    rising = np.clip((age + ANNOUNCED) / np.float32(ANNOUNCED), 0, 1)
    return np.where(age >= 0, 1, 0.6 * rising).astype(np.float32)
