"""What all items of a store or a department share: weeks, years, events, and shocks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.retail.settings import Settings, Stream
from c2m.datasets.retail.shelf import DEPARTMENTS, Shelf

FloatArray = NDArray[np.float32]

_WEEK: Final = np.log([0.92, 0.88, 0.88, 0.92, 1.05, 1.22, 1.18])
"""Log of the weekday profile, from Monday; weekends are strong, as in M5."""

_EVENTS: Final = (1, 34, 45, 78, 104, 121, 131, 151, 185, 213, 247, 281, 304, 316, 329, 342, 359)
"""Days of the year on which an event falls, before it is moved by up to three days."""

_SHOCK_MEMORY: Final = 0.97
_SHOCK_SD: Final = 0.10
_DAY_SD: Final = 0.04


@dataclass(frozen=True)
class Common:
    """Effects on the log of demand, for every simulated day.

    Parameters
    ----------
    event : ndarray, shape (n_simulated,)
        1 on the days of an event.
    season : ndarray, shape (n_departments, n_stores, n_simulated)
        Weekday and time of year: what also moves the signals of the same day.
    shock : ndarray, shape (n_departments, n_stores, n_simulated)
        Events and the shocks that a store and department have in common, which no signal foretells.
    """

    event: FloatArray
    season: FloatArray
    shock: FloatArray

    @classmethod
    def of(cls, settings: Settings, shelf: Shelf) -> "Common":
        """Draw what all items share.

        Parameters
        ----------
        settings : Settings
            The seed and the days.
        shelf : Shelf
            Stores and their states.

        Returns
        -------
        Common
            The effects.
        """
        rng = settings.rng(Stream.COMMON)
        days = settings.days
        event = _events(days, rng)
        season = _seasons(days, shelf, rng)
        effect = rng.normal(0.10, 0.15, len(DEPARTMENTS))
        shocks = _shocks(season.shape, rng)
        shock = shocks + effect[:, None, None] * event
        return cls(event, season.astype(np.float32), shock.astype(np.float32))


def level_path(noise: NDArray[np.floating], memory: float, sd: float) -> FloatArray:
    """Return a stationary first-order autoregression.

    Parameters
    ----------
    noise : ndarray, shape (..., n_days)
        Standard normal innovations.
    memory : float
        Share of a deviation that the next day keeps.
    sd : float
        Its stationary standard deviation.

    Returns
    -------
    ndarray of float32, same shape
        The path.
    """
    from scipy.signal import lfilter

    scale = np.full(noise.shape[-1], np.sqrt(1 - memory**2) * sd, dtype=np.float32)
    scale[0] = sd
    path = lfilter([1.0], [1.0, -memory], noise * scale, axis=-1)
    return np.asarray(path, dtype=np.float32)


def _events(days: NDArray[np.datetime64], rng: np.random.Generator) -> FloatArray:
    years = days.astype("datetime64[Y]")
    moved = {
        (year, day + int(rng.integers(-3, 4)))
        for year in np.unique(years).astype(int).tolist()
        for day in _EVENTS
    }
    of_year = (days - years.astype("datetime64[D]")).astype(int) + 1
    pairs = zip(years.astype(int).tolist(), of_year.tolist(), strict=True)
    return np.array([pair in moved for pair in pairs], dtype=np.float32)


def _seasons(
    days: NDArray[np.datetime64], shelf: Shelf, rng: np.random.Generator
) -> NDArray[np.float64]:
    n_departments, n_stores = len(DEPARTMENTS), len(shelf.stores)
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    own = rng.normal(0, 0.05, (n_departments, n_stores, 7))
    week = (_WEEK + own - own.mean(axis=-1, keepdims=True))[..., weekday]
    year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    angle = 2 * np.pi * year / 365.25
    waves = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])
    strength = rng.normal(0, [[0.12, 0.12, 0.05, 0.05]], (n_departments, 4))
    return np.asarray(week + (strength @ waves)[:, None, :])


def _shocks(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    slow = level_path(rng.standard_normal(shape), _SHOCK_MEMORY, _SHOCK_SD)
    return np.asarray(slow + _DAY_SD * rng.standard_normal(shape))
