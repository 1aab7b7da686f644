"""The brand: its styles, colours and sizes, its stores, what it plans ahead."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.datasets.market.settings import Settings, Stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPARTMENTS: Final = ("coats", "knitwear", "shirts")
_COLOURS: Final = ("BLACK", "NAVY", "WHITE", "RED", "GREEN", "BEIGE", "BLUE", "GREY")
_SIZES: Final = ("XS", "S", "M", "L", "XL", "XXL")
_ONLINE_SHARE: Final = 0.6
_BLOCK: Final = 28


@dataclass(frozen=True)
class Assortment:
    """What is sold where.

    A SKU's number is ``(style * n_colours + colour) * n_sizes + size``.

    Parameters
    ----------
    skus : DataFrame, shape (n_skus, ...)
        sku, style, colour, size, department, list_price, launch (day it goes on sale; unknown for
        those sold from the start), return_rate (share of online units that come back).
    locations : DataFrame, shape (n_locations, 3)
        location (``"online"``, then stores), region (empty online), share of demand.
    style : ndarray of int, shape (n_skus,)
        Number of each SKU's style.
    share : ndarray, shape (n_skus,)
        Share of each SKU in the demand, without launches.
    launch : ndarray of int, shape (n_skus,)
        Number of the day on which it goes on sale; negative when before the start.
    elasticity, browsing : ndarray, shape (n_styles,)
        Of demand to the price; views of people who will not buy, against the brand's mean.
    """

    skus: pd.DataFrame
    locations: pd.DataFrame
    style: Ints
    share: Floats
    launch: Ints
    elasticity: Floats
    browsing: Floats


def draw_assortment(settings: Settings) -> Assortment:
    """Draw the brand.

    Parameters
    ----------
    settings : Settings
        Its size and seed.

    Returns
    -------
    Assortment
        The same for any number of days and events.
    """
    rng = settings.rng(Stream.ASSORTMENT)
    styles, colours, sizes = settings.n_styles, settings.n_colours, settings.n_sizes
    popularity = rng.permutation(_zipf(styles, 0.8))
    by_colour = rng.permuted(np.tile(_zipf(colours, 1.0), (styles, 1)), axis=1)
    by_size = _size_curves(rng, styles, sizes)
    share = (popularity[:, None, None] * by_colour[:, :, None] * by_size[:, None, :]).reshape(-1)
    launches = rng.random(styles) < settings.launch_share
    launches[int(np.argmax(popularity))] = False
    launch = np.where(launches, rng.integers(28, 336, styles), -1000)
    price = np.asarray(np.round(np.exp(rng.normal(4.0, 0.5, styles))) + 0.9, dtype=np.float64)
    rate = np.clip(settings.return_rate * np.exp(rng.normal(0, 0.4, styles)), 0, 0.9)
    elasticity = rng.uniform(-3.0, -1.5, styles)
    browsing = np.exp(rng.normal(0, 0.3, styles))
    browsing /= np.sum(browsing * popularity)
    style = np.repeat(np.arange(styles), colours * sizes)
    return Assortment(
        skus=_sku_frame(settings, price, launch, rate),
        locations=_locations(settings, rng),
        style=style,
        share=share,
        launch=launch[style],
        elasticity=elasticity,
        browsing=browsing,
    )


def _zipf(n: int, power: float) -> Floats:
    weights = np.arange(1, n + 1, dtype=np.float64) ** -power
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _size_curves(rng: np.random.Generator, styles: int, sizes: int) -> Floats:
    """Return each style's share of sizes: a bell whose middle differs a little by style."""
    middle = (sizes - 1) / 2 + rng.normal(0, 0.4, (styles, 1))
    curve = np.exp(-0.5 * ((np.arange(sizes) - middle) / (0.25 * sizes)) ** 2)
    return np.asarray(curve / curve.sum(axis=1, keepdims=True), dtype=np.float64)


def _names(known: tuple[str, ...], n: int, letter: str) -> list[str]:
    return list(known[:n]) if n <= len(known) else [f"{letter}{i:02d}" for i in range(n)]


def _sku_frame(settings: Settings, price: Floats, launch: Ints, rate: Floats) -> pd.DataFrame:
    colours = _names(_COLOURS, settings.n_colours, "C")
    sizes = _names(_SIZES, settings.n_sizes, "Z")
    codes = [f"ST{number:04d}" for number in range(settings.n_styles)]
    index = pd.MultiIndex.from_product([codes, colours, sizes], names=["style", "colour", "size"])
    frame = index.to_frame(index=False)
    frame.insert(0, "sku", frame["style"] + "-" + frame["colour"] + "-" + frame["size"])
    of_style = np.repeat(np.arange(settings.n_styles), len(colours) * len(sizes))
    department = np.array(DEPARTMENTS)[np.arange(settings.n_styles) % len(DEPARTMENTS)]
    days = (settings.first_day + launch).astype("datetime64[s]")
    frame["department"] = department[of_style]
    frame["list_price"] = price[of_style]
    frame["launch"] = np.where(launch < 0, np.datetime64("NaT"), days)[of_style]
    frame["return_rate"] = rate[of_style]
    return frame


def _locations(settings: Settings, rng: np.random.Generator) -> pd.DataFrame:
    stores = settings.n_stores
    regions = [f"R{1 + number % settings.n_regions}" for number in range(stores)]
    online = _ONLINE_SHARE if stores else 1.0
    share = (1 - online) * rng.permutation(_zipf(stores, 0.6)) if stores else np.empty(0)
    return pd.DataFrame(
        {
            "location": ["online", *(f"store-{number + 1:03d}" for number in range(stores))],
            "region": ["", *regions],
            "share": np.append(online, share),
        }
    )


def peak_days(settings: Settings) -> Ints:
    """Return the numbers of the peak days: the Friday after the fourth Thursday of November.

    Parameters
    ----------
    settings : Settings
        First day and number of days.

    Returns
    -------
    ndarray of int
        Day numbers, those after the last day included.
    """
    days = pd.date_range(pd.Timestamp(settings.start), periods=settings.n_simulated + 30, freq="D")
    is_peak = (days.month == 11) & (days.day_of_week == 4) & (days.day >= 23) & (days.day <= 29)
    return np.flatnonzero(is_peak).astype(np.int64)


def plan_discounts(settings: Settings) -> Floats:
    """Draw the discounts that the brand plans ahead.

    In each block of 28 days a quarter of the styles are reduced for one week, by 20, 30 or 40 %; on
    a peak day everything is, by 30 %.

    Parameters
    ----------
    settings : Settings
        Size and seed.

    Returns
    -------
    ndarray, shape (n_simulated, n_styles)
        Share taken off the list price.
    """
    days, styles = settings.n_simulated, settings.n_styles
    blocks = -(-days // _BLOCK)
    off = np.zeros((blocks * _BLOCK, styles))
    for block in range(blocks):
        rng = settings.rng(Stream.PROMOTION, block)
        reduced = rng.random(styles) < 0.25
        week = rng.integers(0, _BLOCK // 7, styles)
        depth = rng.choice([0.2, 0.3, 0.4], styles)
        for number in np.flatnonzero(reduced):
            first = block * _BLOCK + 7 * week[number]
            off[first : first + 7, number] = depth[number]
    off = off[:days]
    peaks = peak_days(settings)
    off[peaks[peaks < days]] = 0.3
    return off
