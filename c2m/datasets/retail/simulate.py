"""A panel with known truth: what a retailer would know, and the mean that lies behind it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.datasets.retail.common import Common
from c2m.datasets.retail.item import ItemDays, draw_item
from c2m.datasets.retail.settings import Settings
from c2m.datasets.retail.shelf import Shelf
from c2m.errors import ArgumentError
from c2m.panel import Panel
from c2m.periods import Calendar

FloatArray = NDArray[np.float32]

_OBSERVED: Final = ("sales", "in_stock", "on_sale")


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedPanel:
    """A panel and what lies behind it. Arrays are read-only.

    Parameters
    ----------
    panel : Panel
        What a retailer would know at the last day.
    expected : ndarray of float32, shape (n_series, n_days + n_ahead)
        True mean of what is wanted, whether it is in stock or not; 0 before the launch.
    lost : DataFrame
        A row for every series and day on which a stock-out hid demand: series and day (both
        positions) and units.
    settings : Settings
        The arguments of `simulate_panel`.
    """

    panel: Panel
    expected: FloatArray
    lost: pd.DataFrame
    settings: Settings

    def __repr__(self) -> str:
        """Return the size of the panel."""
        s, n_series = self.settings, self.panel.n_series
        return f"SimulatedPanel({n_series:,} series, {s.n_days:,} days, seed {s.seed})"

    def demand(self, start: int = 0, stop: int | None = None) -> FloatArray:
        """Return what was wanted: sales and what stock-outs hid.

        Parameters
        ----------
        start, stop : int
            Positions of the first day and of the day after the last; all days unless given.

        Returns
        -------
        ndarray of float32, shape (n_series, stop - start)
            Units; NaN before the launch.
        """
        first, last, _ = slice(start, stop).indices(self.panel.n_periods)
        units = self.panel["sales"][:, first:last].copy()
        day = self.lost["day"].to_numpy()
        row = np.flatnonzero((day >= first) & (day < last))
        series = self.lost["series"].to_numpy()[row]
        units[series, day[row] - first] += self.lost["units"].to_numpy()[row]
        return units


def simulate_panel(
    *,
    seed: int,
    n_items: int = 300,
    n_stores: int = 10,
    n_days: int = 730,
    n_ahead: int = 28,
    start: str = "2011-01-29",
    signals: tuple[str, ...] = ("views", "wishlists", "carts"),
    launch_share: float = 0.35,
    stockout_share: float = 0.03,
) -> SimulatedPanel:
    """Simulate daily sales of items in stores, with signals of consumers that lead them.

    The panel has the shape of the M5 competition: three categories, seven departments and stores
    in three states; with ``n_items=3049, n_days=1941`` it has its size. Series are sparse counts
    (about two of three days on sale are zero), with weekly and yearly seasons, promotions, events,
    late launches and stock-outs.

    What it is true about: counts are negative binomial around a known mean. The log of the mean is
    a level of the series (lognormal over items and stores, with a slow autoregression and a
    trend), a season, the pull of the price, an event, a shock that the series of a store and
    department have in common, and novelty after a launch. Views foretell the moves of the level
    by 10 days, wishlists by 14, carts by 2; each signal has a rate of its own for every series,
    which drifts. Views and wishlists begin 42 days before a launch, carts with it.

    What it is not: the strength of the signals, their leads and how fast levels move are chosen,
    not measured, so how much signals help on it says nothing about how much they help elsewhere.
    No series cannibalises another, stock-outs fall on any day alike, and a customer who finds
    nothing neither waits nor buys something else.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same bits.
    n_items, n_stores : int
        Every item is sold in every store: ``n_items * n_stores`` series.
    n_days : int
        Observed days.
    n_ahead : int
        Days after the last observed one for which price and event are planned.
    start : str
        First day, as an ISO date.
    signals : tuple of str
        Which of ``"views"``, ``"wishlists"``, ``"carts"`` to observe.
    launch_share : float
        Share of items that are launched after the first day.
    stockout_share : float
        Share of days that a stock-out touches.

    Returns
    -------
    SimulatedPanel
        The panel: keys sku (item) and location (store); attributes department, category and
        state; channels sales (unknown before the launch), the signals, in_stock (share of the
        day), on_sale (0 before the launch), and, known ahead, price and event. And the truth.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.

    Notes
    -----
    A channel takes 4 bytes a series and day. Items are drawn one after the other, each from
    random numbers of its own.

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2022), "The M5 competition: background, organization,
    and implementation", *IJF* 38: the hierarchy.

    Examples
    --------
    >>> simulated = simulate_panel(seed=1, n_items=30, n_stores=3, n_days=60)
    >>> simulated
    SimulatedPanel(90 series, 60 days, seed 1)
    >>> simulated.panel.keys.head(2).to_numpy().tolist()
    [['FOODS_1_001', 'CA_1'], ['FOODS_1_001', 'TX_1']]
    >>> sorted(simulated.panel.channels)
    ['carts', 'event', 'in_stock', 'on_sale', 'price', 'sales', 'views', 'wishlists']
    """
    if isinstance(signals, str):
        raise ArgumentError(f"Expected several signals, got {signals!r}: pass ({signals!r},).")
    settings = Settings(
        seed=seed,
        n_items=n_items,
        n_stores=n_stores,
        n_days=n_days,
        n_ahead=n_ahead,
        start=start,
        signals=tuple(signals),
        launch_share=launch_share,
        stockout_share=stockout_share,
    )
    shelf = Shelf.of(settings)
    common = Common.of(settings, shelf)
    channels, expected, lost = _draw_all(settings, shelf, common)
    width = n_days + n_ahead
    channels["event"] = np.broadcast_to(common.event[:width], expected.shape)
    for array in (*channels.values(), expected):
        array.flags.writeable = False
    panel = Panel(
        keys=shelf.keys,
        calendar=Calendar("D"),
        first=int(Calendar("D").ordinal([start])[0]),
        n_periods=n_days,
        channels=channels,
        known=("price", "event"),
        attributes=shelf.attributes,
    )
    return SimulatedPanel(panel, expected, lost, settings)


def _draw_all(
    settings: Settings, shelf: Shelf, common: Common
) -> tuple[dict[str, FloatArray], FloatArray, pd.DataFrame]:
    """Draw item by item into arrays of all series."""
    n_stores = len(shelf.stores)
    shape = (len(shelf.items) * n_stores, settings.n_days)
    wide = (shape[0], settings.n_days + settings.n_ahead)
    channels = {name: np.empty(shape, dtype=np.float32) for name in (*_OBSERVED, *settings.signals)}
    channels["price"] = np.empty(wide, dtype=np.float32)
    expected = np.empty(wide, dtype=np.float32)
    lost = []
    for number, department in enumerate(shelf.department):
        days = draw_item(settings, common, number, int(department))
        rows = slice(number * n_stores, (number + 1) * n_stores)
        expected[rows] = days.expected
        for name in ("price", *_OBSERVED):
            channels[name][rows] = getattr(days, name)
        for name, counts in days.signals.items():
            channels[name][rows] = counts
        lost.append(_lost(days, rows.start))
    return channels, expected, pd.concat(lost, ignore_index=True)


def _lost(days: ItemDays, first: int) -> pd.DataFrame:
    series, day = np.nonzero(days.sales < days.demand)
    units = (days.demand - days.sales)[series, day]
    return pd.DataFrame(
        {
            "series": (series + first).astype(np.int32),
            "day": day.astype(np.int32),
            "units": units.astype(np.float32),
        }
    )
