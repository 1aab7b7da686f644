"""The cases that policies are rehearsed on: what was known, what can be made, what it costs.

Prices are in the data. Costs are in none of it: they are set here, and varied over a grid.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from journey import make_panel

import c2m
from c2m.datasets import load_journey, simulate_panel
from c2m.forecast.target import observed_target
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.production import Factory, Line

COST_SHARE = 0.5
"""Cost of a unit as a share of its price: the other half is lost with a lost sale."""

RECENT = 8
"""Weeks from whose mean sales stock and orders at the start are worked out."""

WEEK = pd.Timedelta(weeks=1)

FactoryAt = Callable[[float, int], Factory]
"""From underage over overage and a lead time in weeks to the factory."""


@dataclass(frozen=True)
class Case:
    """What is played.

    Parameters
    ----------
    name, words : str
        What it is called, and what it is.
    panel_at : callable
        From a cutoff to the panel known then.
    start, stop : Timestamp
        First and last week that is played.
    every : int
        Weeks between decisions.
    factory : callable
        What can be made.
    signals : bool
        Whether the truth has signals, which can be hidden.
    truth : DataFrame, optional
        True demand: ``sku``, ``period``, ``units``; None: what was recorded.
    """

    name: str
    words: str
    panel_at: Callable[[pd.Timestamp], Panel]
    start: pd.Timestamp
    stop: pd.Timestamp
    every: int
    factory: FactoryAt
    signals: bool = False
    truth: pd.DataFrame | None = None

    @cached_property
    def before(self) -> Panel:
        """What is known when it begins."""
        return self.panel_at(self.start - WEEK)

    @cached_property
    def rate(self) -> np.ndarray:
        """Mean sales of the last weeks before the start, (n_skus,)."""
        return mean_sales(self.before, RECENT)

    @property
    def cutoffs(self) -> list[pd.Timestamp]:
        """The weeks after which it is decided."""
        return list(pd.date_range(self.start, self.stop, freq=self.every * WEEK) - WEEK)

    def stock(self) -> pd.DataFrame:
        """Return opening stock: mean sales until the next decision."""
        return pd.DataFrame({"sku": self.before.skus, "on_hand": np.ceil(self.rate * self.every)})

    def on_order(self, lead: int) -> pd.DataFrame:
        """Return what is on the way at the start: mean sales, every week of the lead time."""
        whole = np.floor(np.outer(self.rate, np.arange(lead + 1)) + 0.5)
        units = np.diff(whole, axis=1)
        row, week = np.nonzero(units)
        return pd.DataFrame(
            {
                "sku": np.array(self.before.skus, dtype=object)[row],
                "ordered": units[row, week],
                "received": 0.0,
                "due": self.start + pd.to_timedelta(7 * week, unit="D"),
            }
        )


def mean_sales(panel: Panel, weeks: int) -> np.ndarray:
    """Return mean known sales of the last weeks, 0 where none is known."""
    name = "demand" if "demand" in panel else None
    recent = observed_target(panel, name, start=max(panel.n_periods - weeks, 0))
    known = ~np.isnan(recent)
    return np.where(known, recent, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def with_costs(products: pd.DataFrame, ratio: float, every: int) -> pd.DataFrame:
    """Return products with the costs of a cell of the grid.

    A unit short costs the margin. A unit too many costs margin / ratio until the next decision;
    what is left at the end is worth its cost.
    """
    cost = COST_SHARE * products["price"]
    return products.assign(
        unit_cost=cost,
        end_value=cost,
        holding_cost=(products["price"] - cost) / (ratio * every),
        lost_sale_penalty=0.0,
    )


def journey(data: Path | None) -> Case:
    """Return the private labels of a supermarket, made on three lines that are nearly full."""
    del data
    found = load_journey()
    panel = make_panel(found)
    start, before = panel.periods[_BEGIN], panel.upto(panel.periods[_BEGIN - 1])
    rate = mean_sales(before, before.n_periods)
    skus = [sku for sku, mean in zip(panel.skus, rate, strict=True) if mean >= _LEAST]
    base = Factory.from_toml(found.factory_path)

    @cache
    def _factory(ratio: float, lead: int) -> Factory:
        tables = {
            name: table[table["sku"].isin(skus)]
            for name, table in base.tables().items()
            if name in ("products", "routings", "groups")
        }
        limits = base.tables()["limits"]
        return base.with_tables(
            products=with_costs(tables["products"], ratio, 1),
            routings=tables["routings"].assign(lead_time_periods=lead),
            groups=tables["groups"],
            limits=limits[limits["name"].isin(tables["groups"]["group"])],
        )

    words = (
        f"{len(skus)} private labels of a supermarket that sold {_LEAST} a week or more, made on "
        "three lines with the sample's capacities, shutdowns, lots, MOQs and set-ups"
    )
    return Case(
        "journey", words, cache(panel.select(skus).upto), start, panel.periods[-1], 1, _factory
    )


_BEGIN = 24
"""Weeks of history before the two cases that are known for one year."""

_LEAST = 5
"""Mean sales a week before the start of what is played of them."""

_STEADY, _EACH = 0.7, 6
"""Of the giftware shop: share of weeks with sales, and every so-manyth of what is left."""


def retail(data: Path | None) -> Case:
    """Return a giftware shop that orders in cartons of a dozen."""
    if data is None:
        raise SystemExit("The case retail needs --data, the folder with uci_online_retail.")
    path = data / "uci_online_retail" / "transactions.parquet"
    events = c2m.read_events(path, schema="online_retail", key=bytes(range(32)))
    panel = c2m.build_panel(events, freq="W", tz="Europe/London", complete=True)
    start, before = panel.periods[_BEGIN], panel.upto(panel.periods[_BEGIN - 1])
    sold = np.nan_to_num(before["sales"])
    steady = ((sold > 0).mean(axis=1) >= _STEADY) & (mean_sales(before, _BEGIN) >= _LEAST)
    skus = list(np.array(before.skus)[steady][::_EACH])
    panel = panel.select(skus)
    before = panel.upto(panel.periods[_BEGIN - 1])
    price = np.nanmedian(before["price"], axis=1)
    dozens = np.maximum(np.rint(mean_sales(before, _BEGIN) / 12), 1).astype(int)

    @cache
    def _factory(ratio: float, lead: int) -> Factory:
        products = with_costs(pd.DataFrame({"sku": skus, "price": price}), ratio, 1)
        lots = {"moq": 12 * dozens, "lot_multiple": 12, "setup_cost": 2.0}
        return supplier(products, lots, lead, "GBP")

    words = (
        f"{len(skus)} articles of a giftware shop (every {_EACH}th of those that sold {_LEAST} a "
        f"week, and in {_STEADY:.0%} of the weeks before), ordered in dozens, at least about a "
        "week's sales"
    )
    return Case("retail", words, cache(panel.upto), start, panel.periods[-1], 1, _factory)


def simulator(data: Path | None) -> Case:
    """Return a simulated retailer, of which true demand is known."""
    del data
    simulated = simulate_panel(
        seed=1, n_items=120, n_stores=4, n_days=_SUNDAY + 7 * _WEEKS, n_ahead=7 * _AHEAD
    )
    panel = weekly(simulated.panel, simulated.expected > 0)
    wanted = by_week(by_item(simulated.demand(), simulated.panel), np.nansum)
    start = panel.periods[_WEEKS - _PLAYED]
    truth = pd.DataFrame(
        {
            "sku": np.repeat(panel.skus, panel.n_periods),
            "period": np.tile(panel.periods, panel.n_series),
            "units": np.nan_to_num(wanted).reshape(-1),
        }
    )
    price = np.nanmedian(panel["price"], axis=1)

    @cache
    def _panel_at(cutoff: pd.Timestamp) -> Panel:
        return c2m.unconstrain(panel.upto(cutoff)).panel

    @cache
    def _factory(ratio: float, lead: int) -> Factory:
        products = with_costs(pd.DataFrame({"sku": panel.skus, "price": price}), ratio, 1)
        lots = {"moq": 6, "lot_multiple": 6, "setup_cost": 0.5}
        return supplier(products, lots, lead, "USD")

    late = (np.isnan(panel["sales"][:, _WEEKS - _PLAYED - 1])).sum()
    words = (
        f"{panel.n_series} items of a simulated retailer with views, wish lists and carts, two "
        f"years of history and stock-outs; {late} are launched while it is played"
    )
    return Case("simulator", words, _panel_at, start, panel.periods[-1], 1, _factory, True, truth)


_SUNDAY = 2
"""Days of the simulated retailer before its first Monday."""

_WEEKS, _PLAYED, _AHEAD = 130, 26, 30
"""Weeks that are simulated, played at the end of them, and planned ahead."""


def supplier(products: pd.DataFrame, lots: dict[str, Any], lead: int, currency: str) -> Factory:
    """Return a factory without a limit: orders in lots that come after a lead time."""
    routings = products[["sku"]].assign(line="supplier", lead_time_periods=lead, **lots)
    return Factory.from_frames(
        lines=[Line("supplier", 1e9, "pieces")],
        products=products,
        routings=routings,
        currency=currency,
        name="supplier",
    )


def by_item(values: np.ndarray, panel: Panel) -> np.ndarray:
    """Return values of series as (n_items, n_stores, n_days)."""
    return values.reshape(panel.keys["sku"].nunique(), -1, values.shape[1])


def by_week(values: np.ndarray, how: Callable[..., np.ndarray]) -> np.ndarray:
    """Return values of whole weeks, over stores: (n_items, n_weeks)."""
    whole = values[:, :, _SUNDAY:]
    weeks = whole.shape[2] // 7
    cut = whole[:, :, : 7 * weeks].reshape(*whole.shape[:2], weeks, 7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean of nothing is unknown
        return how(cut, axis=(1, 3))


def weekly(panel: Panel, sold: np.ndarray) -> Panel:
    """Return the panel of items by week; what is planned ahead is price, event and launch."""
    channels = {}
    for name in ("sales", "views", "wishlists", "carts"):
        channels[name] = by_week(np.nan_to_num(by_item(panel[name], panel)), np.sum)
    on_sale = by_week(by_item(sold.astype(float), panel), np.mean)
    channels["in_stock"] = by_week(by_item(panel["in_stock"], panel), np.nanmean)
    for name in ("price", "event"):
        channels[name] = by_week(by_item(panel[name], panel), np.nanmean)
    channels["on_sale"] = on_sale
    weeks = channels["sales"].shape[1]
    for name in ("sales", "in_stock"):
        channels[name] = np.where(on_sale[:, :weeks] > 0, channels[name], np.nan)
    known = ("price", "event", "on_sale")
    rolled = panel.rollup("sku")
    calendar = Calendar("W")
    first = calendar.ordinal([panel.periods[_SUNDAY].to_numpy().astype("datetime64[D]")])[0]
    return Panel(
        keys=rolled.keys,
        calendar=calendar,
        first=int(first),
        n_periods=weeks,
        channels={name: array.astype(np.float32) for name, array in channels.items()},
        known=known,
        attributes=rolled.attributes,
    )


CASES: dict[str, Callable[[Path | None], Case]] = {
    "journey": journey,
    "retail": retail,
    "simulator": simulator,
}
