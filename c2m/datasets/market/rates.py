"""How fast each SKU would sell, and how much it is looked at, on every day."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import DEPARTMENTS, Assortment, peak_days
from c2m.datasets.market.settings import ANNOUNCED, LONGEST_LEAD, Settings, Stream

Floats = NDArray[np.float64]

VIEW_LEAD: Final = (4, 10.0)
WISH_LEAD: Final = (6, 14.0)
CART_LEAD: Final = (1, 2.0)
"""Shape and mean, in days, of the negative binomial lead of each kind of event."""

_WEEK: Final = np.array([0.90, 0.85, 0.90, 0.95, 1.10, 1.30, 1.00])
"""Monday to Sunday; the mean is 1."""

_PEAK_LIFT: Final = 4.0
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday


def demand_rates(settings: Settings, brand: Assortment, discount: Floats) -> Floats:
    """Return the expected demand of all locations, in units a day.

    rate = mean * share * walk of the style * season * weekday * price effect * peak * age

    Parameters
    ----------
    settings : Settings
        Size and seed.
    brand : Assortment
        Its SKUs.
    discount : ndarray, shape (n_simulated, n_styles)
        Planned discounts.

    Returns
    -------
    ndarray, shape (n_skus, n_simulated)
        Units a day; 0 before a launch.
    """
    day = np.arange(settings.n_simulated)
    by_style = np.exp(_walk(settings, Stream.WALK, settings.n_styles, keep=0.995, step=0.04))
    by_style *= _season(settings, day) * (1 - discount) ** brand.elasticity  # [D, styles]
    weekday = (settings.first_day.astype(np.int64) + _EPOCH_WEEKDAY + day) % 7
    by_day = _WEEK[weekday] * _peak(settings, day)
    rate = by_style.T[brand.style] * by_day * _age(day[None, :] - brand.launch[:, None])
    return np.asarray(settings.units_per_day * brand.share[:, None] * rate, dtype=np.float64)


def browsing_rates(settings: Settings, brand: Assortment, rate: Floats) -> Floats:
    """Return the expected events of people who will not buy, for one such event a unit.

    They follow the demand of the days to come, as the views of buyers do, with a noise of
    their own that says nothing about demand.

    Parameters
    ----------
    settings : Settings
        Size and seed.
    brand : Assortment
        Its SKUs.
    rate : ndarray, shape (n_skus, n_simulated)
        Expected demand.

    Returns
    -------
    ndarray, shape (n_skus, n_days)
        Events a day; 0 before a style is announced.
    """
    noise = np.exp(_walk(settings, Stream.BROWSING, settings.n_styles, keep=0.9, step=0.1))
    factor = noise[: settings.n_days].T * brand.browsing[:, None]
    ahead = demand_ahead(settings, brand, rate)
    return np.asarray(ahead * factor[brand.style], dtype=np.float64)


def demand_ahead(settings: Settings, brand: Assortment, rate: Floats) -> Floats:
    """Return the demand of the days to come, weighted by the lead of a view.

    Parameters
    ----------
    settings : Settings
        Number of days.
    brand : Assortment
        Its SKUs.
    rate : ndarray, shape (n_skus, n_simulated)
        Expected demand.

    Returns
    -------
    ndarray, shape (n_skus, n_days)
        ``sum over k of weight[k] * rate[day + k]``; 0 before a style is announced.
    """
    days = settings.n_days
    ahead = np.zeros((len(rate), days))
    for lag, weight in enumerate(lead_weights(*VIEW_LEAD)):
        ahead += weight * rate[:, lag : lag + days]
    announced = np.arange(days)[None, :] >= brand.launch[:, None] - ANNOUNCED
    return np.asarray(ahead * announced, dtype=np.float64)


def lead_weights(shape: int, mean: float) -> Floats:
    """Return the probability of each lead from 0 to `LONGEST_LEAD` days.

    Parameters
    ----------
    shape : int
        Of the negative binomial law.
    mean : float
        Its mean in days; leads beyond the longest are set to the longest.

    Returns
    -------
    ndarray, shape (LONGEST_LEAD + 1,)
        They add up to 1.
    """
    weights = np.empty(LONGEST_LEAD + 1)
    weights[0] = (shape / (shape + mean)) ** shape
    for lag in range(1, LONGEST_LEAD + 1):
        weights[lag] = weights[lag - 1] * (lag + shape - 1) / lag * mean / (shape + mean)
    weights[-1] += 1 - weights.sum()
    return weights


def _walk(settings: Settings, stream: Stream, n: int, keep: float, step: float) -> Floats:
    """Return stationary log-factors, (n_simulated, n); a longer run begins with the same."""
    spread = step / np.sqrt(1 - keep**2)
    shocks = settings.rng(stream).standard_normal((settings.n_simulated, n))
    path = np.empty_like(shocks)
    path[0] = spread * shocks[0]
    for day in range(1, len(path)):
        path[day] = keep * path[day - 1] + step * shocks[day]
    return np.asarray(path - spread**2 / 2, dtype=np.float64)  # the mean factor is 1


def _season(settings: Settings, day: NDArray[np.int64]) -> Floats:
    """Return the yearly season of each style by its department, (n_days, n_styles)."""
    year_start = settings.first_day.astype("datetime64[Y]").astype("datetime64[D]")
    of_year = (settings.first_day - year_start).astype(np.int64) + day
    top = np.array([335.0, 15.0, 170.0])[: len(DEPARTMENTS)]
    wave = 1 + 0.35 * np.cos(2 * np.pi * (of_year[:, None] - top) / 365.25)
    return np.asarray(wave[:, np.arange(settings.n_styles) % len(DEPARTMENTS)], dtype=np.float64)


def _peak(settings: Settings, day: NDArray[np.int64]) -> Floats:
    """Return the lift of the peak day and what it takes from the days around it."""
    factor = np.ones(len(day))
    for peak in peak_days(settings):
        apart = day - peak
        factor = np.where((apart < 0) & (apart >= -7), factor * (0.95 + 0.03 * apart), factor)
        factor = np.where((apart > 0) & (apart <= 10), factor * (0.65 + 0.03 * apart), factor)
        factor = np.where(apart == 0, _PEAK_LIFT * factor, factor)
    return factor


def _age(age: NDArray[np.int64]) -> Floats:
    """Return the life of a launch: nothing before it, twice as much at first, fading in a month."""
    return np.where(age < 0, 0.0, 1 + np.exp(-np.clip(age, 0, None) / 30))
