"""What is asked for, what is there, and what is sold, lost or bought instead."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.settings import Settings, Stream

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Units = NDArray[np.int16] | NDArray[np.int32]

MINUTES: Final = 1440
_HOURS: Final = np.array(
    [1, 0.5, 0.3, 0.2, 0.2, 0.5, 1, 2, 3, 4, 5, 5.5, 6, 5.5, 5, 5, 5.5, 6, 7, 8, 9, 8, 5, 2.5]
)
_CLOCK: Final = np.append(0.0, np.cumsum(_HOURS) / _HOURS.sum())
_SMOOTHING: Final = 1 / 21
_LATE_DELIVERY: Final = 0.12
_MOST_SHORT: Final = 10_000
"""Units a day above which 16 bits would not be safe."""


@dataclass(frozen=True)
class Flows:
    """Units by day, SKU and location.

    Each array has the shape (n_days, n_skus, n_locations); `demand` has the days after the
    last one too, whose buyers look around before it.

    Parameters
    ----------
    demand : ndarray of int
        What people want.
    own : ndarray of int
        What they get as they wanted it.
    spill_in, spill_out : ndarray of int
        What was bought of this SKU because another was out, and of another because this was.
    minutes : ndarray of int16
        Minutes of the day (0 to 1440) in which the SKU was there.
    """

    demand: Units
    own: Units
    spill_in: Units
    spill_out: Units
    minutes: NDArray[np.int16]


def clock(quantile: Floats) -> Floats:
    """Return the minute of the day by which a share of the day's demand has come.

    Parameters
    ----------
    quantile : ndarray, any shape
        Shares from 0 to 1.

    Returns
    -------
    ndarray, same shape
        Minutes from 0 to 1440.
    """
    return np.asarray(np.interp(quantile, _CLOCK, np.arange(25) * 60.0), dtype=np.float64)


def draw_demand(settings: Settings, brand: Assortment, rate: Floats, day: int) -> Counts:
    """Draw the latent demand of one day: Poisson, with a shock that a style's SKUs share.

    Parameters
    ----------
    settings : Settings
        Seed.
    brand : Assortment
        SKUs and locations.
    rate : ndarray, shape (n_skus, n_simulated)
        Expected demand.
    day : int
        Number of the day.

    Returns
    -------
    ndarray of int32, shape (n_skus, n_locations)
        Units.
    """
    rng = settings.rng(Stream.DEMAND, day)
    shock = rng.gamma(25.0, 1 / 25.0, settings.n_styles)[brand.style]
    mean = (rate[:, day] * shock)[:, None] * brand.locations["share"].to_numpy()
    return np.asarray(rng.poisson(mean), dtype=np.int32)


def simulate_flows(settings: Settings, brand: Assortment, rate: Floats) -> Flows:
    """Run the stock of every SKU and location through the days.

    Stock is reviewed every `review_days`, once a week unless set (each location on its weekday),
    and filled up to twice as many days of the smoothed sales and a safety stock; what is ordered
    comes with the next review, or one later for 12 % of the styles. A launch is bought once for two
    weeks, with an error of 30 %. What the smoothing sees are sales, not demand, so a stock-out
    makes the next one likelier.

    Parameters
    ----------
    settings : Settings
        Seed, days, spill.
    brand : Assortment
        SKUs and locations.
    rate : ndarray, shape (n_skus, n_simulated)
        Expected demand.

    Returns
    -------
    Flows
        For every SKU, location and day: ``demand = own + spill_out + lost``.
    """
    shape = (len(brand.style), len(brand.locations))
    days = settings.n_days
    kind = np.int16 if rate.max() < _MOST_SHORT else np.int32
    demand = np.zeros((settings.n_simulated, *shape), dtype=kind)
    own, spill_in, spill_out = (np.zeros((days, *shape), dtype=kind) for _ in range(3))
    minutes = np.zeros((days, *shape), dtype=np.int16)
    shelf = _Shelf(settings, brand, rate)
    for day in range(settings.n_simulated):
        wanted = draw_demand(settings, brand, rate, day)
        demand[day] = wanted
        if day >= days:
            continue
        shelf.open(day)
        opening = shelf.on_hand
        sold = np.minimum(wanted, opening)
        came, left = _spill(settings, day, wanted - sold, opening - sold)
        shelf.close(opening - sold - came, sold + came)
        own[day], spill_in[day], spill_out[day] = sold, came, left
        share = np.where(wanted > 0, opening / np.maximum(wanted, 1), opening > 0)
        minutes[day] = clock(np.minimum(share, 1.0))
    return Flows(demand, own, spill_in, spill_out, minutes)


class _Shelf:
    """Stock on hand, on its way, and the sales rate that orders are based on; (n_skus, n_locs)."""

    def __init__(self, settings: Settings, brand: Assortment, rate: Floats) -> None:
        self.settings, self.brand = settings, brand
        error = np.exp(settings.rng(Stream.STOCK).normal(0, 0.3, len(brand.style)))
        first = np.clip(brand.launch, 0, settings.n_simulated - 1)
        last = np.minimum(first + 14, settings.n_simulated)
        total = np.cumsum(np.pad(rate, ((0, 0), (1, 0))), axis=1)
        rows = np.arange(len(rate))
        mean = (total[rows, last] - total[rows, first]) / (last - first) * error
        self.pace: Floats = mean[:, None] * brand.locations["share"].to_numpy()
        self.first = first
        self.on_hand: Counts = np.zeros(self.pace.shape, dtype=np.int32)
        self.coming: Counts = np.zeros_like(self.on_hand)

    def open(self, day: int) -> None:
        """Receive and order on a location's weekday; lay out what goes on sale today."""
        self.day = day
        starts = self.first == day
        self.on_hand[starts] = self._level()[starts]
        every = self.settings.review_days
        here = np.arange(self.on_hand.shape[1]) % every == day % every
        rng = self.settings.rng(Stream.DELIVERY, day)
        late = (rng.random(self.settings.n_styles) < _LATE_DELIVERY)[self.brand.style]
        due = here[None, :] & ~late[:, None] & (self.first <= day)[:, None]
        self.on_hand = self.on_hand + np.where(due, self.coming, 0)
        missing = np.maximum(self._level() - self.on_hand, 0)
        self.coming = np.where(due, missing, self.coming)

    def close(self, on_hand: Counts, sales: Counts) -> None:
        """Keep what is left and learn from what was sold."""
        self.on_hand = on_hand
        seen = (self.first <= self.day)[:, None]
        self.pace = self.pace + np.where(seen, _SMOOTHING * (sales - self.pace), 0.0)

    def _level(self) -> Counts:
        cover = 2 * self.settings.review_days * self.pace
        return np.ceil(cover + 1.3 * np.sqrt(cover)).astype(np.int32)


def _spill(settings: Settings, day: int, unmet: Counts, free: Counts) -> tuple[Counts, Counts]:
    """Let some of those who found nothing take a neighbouring size or another colour.

    Each direction moves every SKU's units to exactly one other SKU, so that each unit bought
    instead is known by the SKU that was wanted and by the one that was taken.
    """
    grid = (settings.n_styles, settings.n_colours, settings.n_sizes, unmet.shape[1])
    came, left = np.zeros(grid, dtype=np.int32), np.zeros(grid, dtype=np.int32)
    if not unmet.any():
        return came.reshape(unmet.shape), left.reshape(unmet.shape)
    rng = settings.rng(Stream.SPILL, day)
    seekers = rng.binomial(unmet, settings.spill_share).astype(np.int32).reshape(grid)
    free = free.reshape(grid).copy()
    moves = [(2, -1), (2, 1), *((1, step) for step in range(1, settings.n_colours))]
    for number, (axis, step) in enumerate(moves):
        tries = rng.binomial(seekers, 1 / (len(moves) - number)).astype(np.int32)
        seekers = seekers - tries
        if axis == 2:
            tries[:, :, 0 if step < 0 else -1] = 0  # no size beyond the last
        taken = np.minimum(np.roll(tries, step, axis), free)
        free -= taken
        came += taken
        left += np.roll(taken, -step, axis)
    return came.reshape(unmet.shape), left.reshape(unmet.shape)
