"""How fast each series sells while it is there: its level, and what it shares with others.

The rate of series s in period t is a product, each factor drawn towards 1, or towards the level
above, by gamma priors:

``rate = base[s, t] * driver * day[t] * (season[g, t] * shock[g, t] for each group g of s)``

``base`` is a weighted mean of the series itself in which near periods count most; ``driver``
belongs to a promotion or a price level; ``day`` to the weekday and the date; ``season`` and
``shock`` to a category or a style, smooth and of the period alone. What siblings sell on a day on
which a SKU is out says how the day was. Events are counts, exposure is what a count is taken over:
the share of a period in stock, or that share of its views.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Groups = NDArray[np.intp]

_BASE_WEIGHT: Final = 20.0
"""Events that the whole history of a series weighs in its level of a period."""

_SEASON_WEIGHT: Final = 10.0
_WEEKDAY_WEIGHT: Final = 50.0
_DRIVER_WEIGHT: Final = 20.0
_LEAST_SHAPE: Final = 0.5
_MOST_SHAPE: Final = 1e6
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Setting:
    """What the rates of a panel are made of.

    Parameters
    ----------
    groups : tuple of ndarray of int, shape (n_series,)
        Number of the group of each series, coarse groups first.
    drivers : ndarray of int, shape (n_series, n_periods)
        Level of the driver in each cell; 0 for the usual one.
    weekday : ndarray of int, shape (n_periods,)
        Place of each period in the week; all 0 where periods are no days.
    half_life : float
        Periods after which a count of the series itself weighs half.
    season_half_life : float
        The same for a group.
    """

    groups: tuple[Groups, ...]
    drivers: NDArray[np.intp]
    weekday: NDArray[np.intp]
    half_life: float
    season_half_life: float

    @property
    def daily(self) -> bool:
        """Whether periods are days."""
        return bool(self.weekday.any())


@dataclass(frozen=True)
class Rates:
    """Rates of every cell; arrays have the shape (n_series, n_periods).

    Parameters
    ----------
    mean : ndarray
        Events for one of exposure, from all cells but the cell itself.
    shape : ndarray
        Of the gamma law of the rate: its squared mean by its variance.
    common : Common
        The part of the mean that is no `base`; where a next fit begins.
    """

    mean: FloatArray
    shape: FloatArray
    common: "Common"


@dataclass(frozen=True)
class Common:
    """What series share; arrays have the shape (n_series, n_periods).

    Parameters
    ----------
    full : ndarray
        The product of all factors but `base`.
    day : ndarray
        Factor of the weekday and the date.
    seasons : tuple of ndarray
        Factor of each group that moves slowly.
    """

    full: FloatArray
    day: FloatArray
    seasons: tuple[FloatArray, ...]


@dataclass(frozen=True)
class _Factor:
    """A factor of every cell: with the cell's own events, without, and how unsure it is."""

    full: FloatArray
    without: FloatArray
    variance: FloatArray


def fit_rates(
    events: FloatArray,
    exposure: FloatArray,
    setting: Setting,
    *,
    start: Rates | None = None,
    rounds: int = 4,
) -> Rates:
    """Estimate the rates by going round the factors, each given the others.

    Parameters
    ----------
    events : ndarray, shape (n_series, n_periods)
        Counts; 0 where the exposure is.
    exposure : ndarray, shape (n_series, n_periods)
        At least 0; 0 where nothing is known.
    setting : Setting
        What they are made of.
    start : Rates, optional
        Rates of similar counts to begin with.
    rounds : int
        How often.

    Returns
    -------
    Rates
        The rates. Where a series has no exposure at all its level is that of all series.
    """
    one = np.ones_like(events)
    common = Common(one, one, (one,) * len(setting.groups)) if start is None else start.common
    for _ in range(rounds):
        base = _base(events, exposure * common.full, setting)
        common, shared = _common(events, exposure * base.full, setting, common)
    mean = base.without * shared.without
    spread = base.variance + shared.variance
    extra = _extra_variance(events, exposure * mean, spread)
    return Rates(mean, 1 / np.maximum(extra + spread, 1 / _MOST_SHAPE), common)


def smooth(values: FloatArray, half_life: float) -> FloatArray:
    """Return sums over all periods, weighted by ``0.5 ** (distance / half_life)``.

    Parameters
    ----------
    values : ndarray, shape (n, n_periods)
        What to add up.
    half_life : float
        In periods.

    Returns
    -------
    ndarray, shape (n, n_periods)
        The sums; a period's own value weighs 1.

    Examples
    --------
    >>> smooth(np.array([[0.0, 0.0, 8.0, 0.0]]), 1.0)
    array([[2., 4., 8., 4.]])
    """
    from scipy.signal import lfilter

    keep = 0.5 ** (1 / half_life)
    forward = lfilter([1.0], [1.0, -keep], values, axis=1)
    backward = lfilter([1.0], [1.0, -keep], values[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(forward + backward - values, dtype=np.float64)


def group_sum(values: FloatArray, group: Groups) -> FloatArray:
    """Add up the series of each group.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        What to add up.
    group : ndarray of int, shape (n_series,)
        Numbers 0, 1, ... of the groups, none left out.

    Returns
    -------
    ndarray, shape (n_groups, n_periods)
        Sums.
    """
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[order], starts, axis=0), dtype=np.float64)


def _base(events: FloatArray, exposure: FloatArray, setting: Setting) -> _Factor:
    """Return the level of each series, drawn to its own mean, and that to the mean of all."""
    total, over = events.sum(axis=1), exposure.sum(axis=1)
    overall = (total.sum() + _TINY) / (over.sum() + _TINY)
    mean = ((total + 1) / (over + 1 / overall))[:, None]
    near, near_over = (smooth(array, setting.half_life) for array in (events, exposure))
    own = _BASE_WEIGHT / mean
    full = (_BASE_WEIGHT + near) / (own + near_over)
    others = _BASE_WEIGHT + np.maximum(near - events, 0)
    without = others / (own + np.maximum(near_over - exposure, 0))
    behind = np.minimum(others, (total[:, None] - events) + 1)  # the mean is of the same events
    return _Factor(full, without, 1 / behind)


def _common(
    events: FloatArray, expected: FloatArray, setting: Setting, last: Common
) -> tuple[Common, _Factor]:
    """Return what series share, each factor given those of the last round.

    The seasons of groups are known when a day is judged, lest a style that is out be given the
    seasons of those that are there.
    """
    seasons = np.prod(last.seasons, axis=0) if last.seasons else np.ones_like(events)
    driver = _driver(events, expected * seasons * last.day, setting)
    expected = expected * driver
    day = _days(events, expected * seasons, setting)
    kept, held, variance = [], [], day.variance
    for number, group in enumerate(setting.groups):
        others = seasons / last.seasons[number]
        due = expected * day.full * others
        season, without = _season(events, due, group, setting.season_half_life)
        seasons = others * season.full
        away = _day_without(events, expected * day.full * seasons, group)
        held.append(away * without / season.full)
        kept.append(season.full)
        variance = variance + season.variance
    full, without = driver * day.full * seasons, driver * day.without * seasons
    due = expected * day.full * seasons
    for group, ratio in zip(setting.groups, held, strict=True):
        shock = _shock(events, due, group, ratio)
        due = due * shock.full
        full, without = full * shock.full, without * shock.without
        variance = variance + shock.variance
    return Common(full, day.full, tuple(kept)), _Factor(full, without, variance)


def _driver(events: FloatArray, expected: FloatArray, setting: Setting) -> FloatArray:
    """Return the factor of each level of the driver against the usual level."""
    level = setting.drivers
    if not level.any():
        return np.ones_like(events)
    seen = np.bincount(level.reshape(-1), weights=events.reshape(-1))
    due = np.bincount(level.reshape(-1), weights=expected.reshape(-1))
    factor = (_DRIVER_WEIGHT + seen) / (_DRIVER_WEIGHT + due)
    factor = np.where(seen + due > 0, factor / factor[0], 1.0)
    return np.asarray(factor[level], dtype=np.float64)


def _days(events: FloatArray, expected: FloatArray, setting: Setting) -> _Factor:
    """Return the factor of each period: its weekday's, corrected by what all series did."""
    seen, due = events.sum(axis=0), expected.sum(axis=0)
    of_week = [np.bincount(setting.weekday, weights=sums) for sums in (seen, due)]
    weekday = (_WEEKDAY_WEIGHT + of_week[0]) / (_WEEKDAY_WEIGHT + of_week[1])
    usual = np.broadcast_to(weekday[setting.weekday], events.shape)
    everything = np.zeros(len(events), dtype=np.intp)
    shock = _shock(events, expected * usual, everything, np.ones_like(events))
    return _Factor(shock.full * usual, shock.without * usual, shock.variance)


def _day_without(events: FloatArray, expected: FloatArray, group: Groups) -> FloatArray:
    """Return how the days would be judged without a group, against how they are with it."""
    seen, due = events.sum(axis=0), expected.sum(axis=0)
    left = np.maximum(seen - group_sum(events, group), 0)
    left_due = np.maximum(due - group_sum(expected, group), 0)
    ratio = (_SEASON_WEIGHT + left) / (_SEASON_WEIGHT + left_due)
    return np.asarray(ratio[group], dtype=np.float64)


def _season(
    events: FloatArray, expected: FloatArray, group: Groups, half_life: float
) -> tuple[_Factor, FloatArray]:
    """Return how a group moves slowly against its expectation, and that without the period."""
    own, own_due = group_sum(events, group), group_sum(expected, group)
    seen, due = smooth(own, half_life), smooth(own_due, half_life)
    full = (_SEASON_WEIGHT + seen) / (_SEASON_WEIGHT + due)
    left, left_due = np.maximum(seen - own, 0), np.maximum(due - own_due, 0)
    without = (_SEASON_WEIGHT + left) / (_SEASON_WEIGHT + left_due)
    factor = full[group]
    return _Factor(factor, factor, (1 / (_SEASON_WEIGHT + seen))[group]), without[group]


def _shock(events: FloatArray, expected: FloatArray, group: Groups, held: FloatArray) -> _Factor:
    """Return how a group did in each period against its expectation, drawn to 1.

    `held` turns what was expected of a cell into what the rest of the panel would have said of
    it: how far groups are from that says how far a group may be that nobody saw.
    """
    seen, due = group_sum(events, group), group_sum(expected, group)
    shape = _shock_shape(seen, group_sum(expected * held, group))
    full = ((shape + seen) / (shape + due))[group]
    others = shape + np.maximum(seen[group] - events, 0)
    without = others / (shape + np.maximum(due[group] - expected, 0))
    return _Factor(full, without, 1 / others)


def _shock_shape(seen: FloatArray, due: FloatArray) -> float:
    """Return the shape of the gamma law of shocks, from ``var = due + due**2 / shape``."""
    weight = due / (1 + due)  # a group of large counts says most, but not everything
    excess = np.sum(weight * ((seen - due) ** 2 - due))
    return float(np.clip(np.sum(weight * due**2) / max(excess, _TINY), 2.0, _MOST_SHAPE))


def _extra_variance(events: FloatArray, mean: FloatArray, spread: FloatArray) -> float:
    """Return the relative variance of a cell's own rate, beyond chance and the estimate's error."""
    known = mean > 0
    due = mean[known]
    weight = 1 / (1 + due)
    excess = (events[known] - due) ** 2 - due - due**2 * spread[known]
    total = np.sum(weight * due**2)
    return float(np.clip(np.sum(weight * excess) / max(total, _TINY), 0.0, 1 / _LEAST_SHAPE))
