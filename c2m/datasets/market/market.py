"""A market with known truth: the log that a brand would have, and what lies behind it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment, draw_assortment, plan_discounts
from c2m.datasets.market.fakes import fake_users
from c2m.datasets.market.log import BROWSING, LogMaker, browsing_per_unit
from c2m.datasets.market.rates import browsing_rates, demand_ahead, demand_rates
from c2m.datasets.market.settings import Settings
from c2m.datasets.market.stock import MINUTES, Flows, simulate_flows
from c2m.datasets.market.table import user_key
from c2m.datasets.market.units import ONLINE_TRACES, STORE_TRACES, UnitWindow, returned_units
from c2m.errors import ArgumentError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import pyarrow as pa

_MOST_IN_MEMORY: Final = 20_000_000


@dataclass(frozen=True)
class MarketTruth:
    """What no log shows. Arrays are read-only.

    For every day, SKU and location: ``demand = own + spill_out + lost`` and
    ``sales = own + spill_in``.

    Parameters
    ----------
    rate : ndarray, shape (n_skus, n_days)
        Expected latent demand of all locations, units a day.
    view_rate : ndarray, shape (n_skus, n_days)
        Expected views by real people, a day, were every SKU always shown (see
        ``page_suppression``).
    demand : ndarray of int, shape (n_days, n_skus, n_locations)
        Latent demand: what people wanted, first choice.
    own : ndarray of int, shape (n_days, n_skus, n_locations)
        Units that people got as they wanted them.
    spill_in, spill_out : ndarray of int, shape (n_days, n_skus, n_locations)
        Units bought of this SKU in place of another; of another in place of this one.
    in_stock_minutes : ndarray of int16, shape (n_days, n_skus, n_locations)
        Minutes of the day (0 to 1440) in which it could be bought, before spill.
    returns : ndarray of int, shape (n_days, n_skus)
        Units that came back, by the day of their return.
    fake_users : DataFrame
        user_key and family (``"crawler"``, ``"ring"``, ...) of every fake user.
    """

    rate: NDArray[np.float64]
    view_rate: NDArray[np.float64]
    demand: NDArray[np.integer]
    own: NDArray[np.integer] = field(repr=False)
    spill_in: NDArray[np.integer]
    spill_out: NDArray[np.integer]
    in_stock_minutes: NDArray[np.int16]
    returns: NDArray[np.integer]
    fake_users: pd.DataFrame

    @property
    def conversion(self) -> NDArray[np.float64]:
        """Units wanted for one view by a real person, (n_skus,); NaN where none is expected."""
        views = self.view_rate.sum(axis=1)
        wanted = self.rate.sum(axis=1)
        share = np.full(len(views), np.nan)
        np.divide(wanted, views, out=share, where=views > 0)
        return share

    @property
    def sales(self) -> NDArray[np.integer]:
        """Units bought, (n_days, n_skus, n_locations): the purchases of the log."""
        return np.asarray(self.own + self.spill_in)

    @property
    def lost(self) -> NDArray[np.integer]:
        """Units that no one got, net of spill, (n_days, n_skus, n_locations)."""
        return np.asarray(self.demand - self.own - self.spill_out)

    @property
    def in_stock(self) -> NDArray[np.float32]:
        """Share of the day in which a SKU could be bought, (n_days, n_skus, n_locations)."""
        return np.asarray(self.in_stock_minutes / np.float32(MINUTES), dtype=np.float32)


@dataclass(frozen=True, repr=False)
class Market:
    """An event log with known truth, made day by day.

    The table of a day depends on the seed, the settings and the day alone: neither on the days
    that were made before it, nor on how many days there are (with the same `start`).

    Parameters
    ----------
    settings : Settings
        The arguments of `simulate_market`.
    skus : DataFrame, shape (n_skus, 8)
        sku, style, colour, size, department, list_price, launch (first day of sale; unknown for
        what was sold before the start) and return_rate (of online units).
    locations : DataFrame, shape (n_locations, 3)
        location (``"online"`` for web and app, then stores), region, share of demand.
    truth : MarketTruth
        What no log shows; its axes follow `skus`, `locations` and the days.
    maker : LogMaker
        How the log of a day is made.
    """

    settings: Settings
    skus: pd.DataFrame
    locations: pd.DataFrame
    truth: MarketTruth
    maker: LogMaker

    def __repr__(self) -> str:
        """Return the size of the market."""
        s = self.settings
        return (
            f"Market({len(self.skus):,} SKUs, {len(self.locations):,} locations, {s.n_days:,} days "
            f"from {s.start}, about {s.events_per_day:,} events a day, seed {s.seed})"
        )

    @property
    def days(self) -> pd.DatetimeIndex:
        """The days, (n_days,)."""
        return pd.date_range(self.settings.start, periods=self.settings.n_days, freq="D")

    @property
    def plan(self) -> pd.DataFrame:
        """What the brand plans, so knows ahead: sku, period (day), price, promotion (0 or 1)."""
        price, days = self.maker.price, self.days
        full = self.skus["list_price"].to_numpy()
        return pd.DataFrame(
            {
                "sku": np.repeat(self.skus["sku"].to_numpy(), len(days)),
                "period": np.tile(days.to_numpy(), len(self.skus)),
                "price": price.T.reshape(-1),
                "promotion": (price < full).T.reshape(-1).astype(np.int8),
            }
        )

    @cached_property
    def events(self) -> "pa.Table":
        """The whole log as one pyarrow table, for markets of up to 20 million events."""
        import pyarrow as pa

        expected = self.settings.n_days * self.settings.events_per_day
        if expected > _MOST_IN_MEMORY:
            raise ArgumentError(
                f"About {expected:,} events do not belong in memory. Use market.iter_days() or "
                "market.write(folder)."
            )
        return pa.concat_tables(self.iter_days())

    def day(self, number: int) -> "pa.Table":
        """Make the log of one day.

        Parameters
        ----------
        number : int
            0 for the first day.

        Returns
        -------
        pyarrow.Table
            Canonical events, sorted by time.

        Raises
        ------
        ArgumentError
            If there is no such day.
        """
        if not 0 <= number < self.settings.n_days:
            raise ArgumentError(
                f"Expected a day from 0 to {self.settings.n_days - 1}, got {number}."
            )
        return self.maker.day(number, self._window())

    def iter_days(self) -> "Iterator[pa.Table]":
        """Make the log day by day, in bounded memory.

        Yields
        ------
        pyarrow.Table
            The events of one day, sorted by time.
        """
        window = self._window()
        for number in range(self.settings.n_days):
            yield self.maker.day(number, window)

    def write(self, folder: "str | os.PathLike[str]") -> list[Path]:
        """Write the log as one parquet file a day, ``2025-01-06.parquet`` and so on.

        Parameters
        ----------
        folder : path
            Where; made when it is not there. Files of the same days are replaced.

        Returns
        -------
        list of Path
            The files, in the order of the days.
        """
        import pyarrow.parquet as pq

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths = [target / f"{day:%Y-%m-%d}.parquet" for day in self.days]
        for path, table in zip(paths, self.iter_days(), strict=True):
            pq.write_table(table, path, compression="zstd", store_schema=False)
        return paths

    def _window(self) -> UnitWindow:
        return UnitWindow(self.settings, self.maker.brand, self.maker.flows)


def simulate_market(
    seed: int,
    *,
    n_styles: int = 20,
    n_colours: int = 4,
    n_sizes: int = 5,
    n_stores: int = 8,
    n_regions: int = 3,
    start: str = "2025-01-06",
    n_days: int = 365,
    events_per_day: int = 5_000,
    fake_share: float = 0.06,
    late_share: float = 0.02,
    duplicate_share: float = 0.01,
    spill_share: float = 0.4,
    return_rate: float = 0.25,
    launch_share: float = 0.25,
    page_suppression: float = 0.0,
    review_days: int = 7,
    user_keys: Literal["text", "int"] = "text",
    fake_families: tuple[str, ...] = ("crawler", "ring"),
) -> Market:
    """Simulate the event log of a brand, and keep the truth behind it.

    Demand: each style follows a random walk, a yearly season by department, the weekday, the
    planned price, and a peak day (the Friday after Thanksgiving) that takes demand from the days
    around it. Colours follow Zipf's law, sizes a bell curve. Every wanted unit has a buyer, who
    leaves traces: views about 10 days before, a wish 14 days before, a cart 2 days before, each
    with its spread. Stock is filled up every `review_days` from smoothed sales and runs out; some
    of those who find nothing take a neighbouring size or another colour. Bought units come back
    after 3 to 45 days, and are not put back on sale. Around all this lie the events of people who
    only look, crawlers, bought rings, late rows and doubled rows.

    Parameters
    ----------
    seed : int
        The same seed gives the same bits.
    n_styles, n_colours, n_sizes : int
        There are ``n_styles * n_colours * n_sizes`` SKUs.
    n_stores, n_regions : int
        Stores take 40 % of the demand, web and app (one stock) the rest.
    start : str
        First day, as an ISO date. Days begin at midnight UTC.
    n_days : int
        Days of the log.
    events_per_day : int
        Mean number of events; about 4 % as many units are wanted.
    fake_share : float
        Share of fake traffic in all events.
    late_share : float
        Share of events that reach the log one day or more after they happened.
    duplicate_share : float
        Share of events that are in the log twice, with one ``event_id``.
    spill_share : float
        Share of those who find nothing and look for a neighbour.
    return_rate : float
        Mean share of online units that come back; 0.4 of it in stores.
    launch_share : float
        Share of styles that go on sale between day 28 and day 335; they can be seen, wished for
        and asked for (``notify_me``) three weeks before.
    page_suppression : float
        Share of the views by real people that are not made while a SKU is out of stock online,
        because the shop shows it further down. Who wants it still does.
    review_days : int
        Days between two deliveries to a location. Stock covers twice as many days, so with 1 most
        stock-outs begin and end within a day.
    user_keys : {"text", "int"}
        Type of the pseudonyms.
    fake_families : tuple of str
        Who makes the fake traffic: ``"crawler"`` (goes through the catalogue at an even pace),
        ``"ring"`` (bursts of new users at three SKUs), ``"hoarder"`` (fills carts every day),
        ``"replay"`` (plays recorded sessions of people again), ``"drip"`` (accounts that come
        back for one or two events, half of them at five SKUs), ``"mob"`` (hired people, who
        look around before they look at one of four SKUs, five days in every fourteen) and
        ``"sleeper"`` (accounts that only look around, but on seven days in every 21 also at one
        of three SKUs).

    Returns
    -------
    Market
        The log (`Market.events`, `Market.iter_days`, `Market.write`), the plan and the truth.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.

    Notes
    -----
    Memory: about 10 bytes a SKU, location and day for the truth, and 85 days of wanted units.

    Examples
    --------
    >>> market = simulate_market(7, n_styles=3, n_days=30, events_per_day=500)
    >>> market
    Market(60 SKUs, 9 locations, 30 days from 2025-01-06, about 500 events a day, seed 7)
    >>> bought = market.events.to_pandas().query("event_type == 'purchase'")
    >>> bool(bought["event_id"].nunique() == market.truth.sales.sum())
    True
    """
    arguments = dict(locals())
    settings = Settings(**arguments)
    brand = draw_assortment(settings)
    discount = plan_discounts(settings)
    rate = demand_rates(settings, brand, discount)
    flows = simulate_flows(settings, brand, rate)
    browsing = browsing_per_unit(settings) * browsing_rates(settings, brand, rate)
    price = np.round(
        brand.skus["list_price"].to_numpy() * (1 - discount[: settings.n_days, brand.style]), 2
    )
    views = BROWSING[0] * browsing + _buyers_views(settings, brand, rate)
    returns = returned_units(settings, brand, flows)
    truth = _truth(settings, flows, rate[:, : settings.n_days], views, returns)
    maker = LogMaker(settings, brand, flows, browsing, price)
    return Market(settings, brand.skus, brand.locations, truth, maker)


def _buyers_views(
    settings: Settings, brand: Assortment, rate: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the expected views of those who want to buy, (n_skus, n_days)."""
    online = float(brand.locations["share"].iloc[0])
    early, today = (
        online * sum(ONLINE_TRACES[name] for name in names)
        + (1 - online) * sum(STORE_TRACES[name] for name in names)
        for names in (("first", "second"), ("today",))
    )
    views = early * demand_ahead(settings, brand, rate) + today * rate[:, : settings.n_days]
    return np.asarray(views, dtype=np.float64)


def _truth(
    settings: Settings,
    flows: Flows,
    rate: NDArray[np.float64],
    view_rate: NDArray[np.float64],
    returns: NDArray[np.int32],
) -> MarketTruth:
    users, family = fake_users(settings, len(rate))
    keys = user_key(settings, users).to_pandas()
    demand = flows.demand[: settings.n_days]
    views = (rate, view_rate, demand, flows.own, flows.spill_in, flows.spill_out, flows.minutes)
    for array in (*views, returns):
        array.flags.writeable = False
    return MarketTruth(
        rate=rate,
        view_rate=view_rate,
        demand=demand,
        own=flows.own,
        spill_in=flows.spill_in,
        spill_out=flows.spill_out,
        in_stock_minutes=flows.minutes,
        returns=returns,
        fake_users=pd.DataFrame({"user_key": keys, "family": family}),
    )
