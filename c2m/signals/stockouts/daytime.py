"""The shop's day as a measure: how much of it, and of its usual demand, is over at a moment."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.signals.reading.times import Micros

FloatArray = NDArray[np.float64]

_BIN: Final = 30 * 60 * 1_000_000
"""Microseconds of half an hour: no zone moves its clock by less."""

_ENOUGH: Final = 500
"""Purchases from which on they alone tell the hours; fewer are joined by all other events."""


@dataclass(frozen=True)
class Daytime:
    """One day of a zone, cut at the half-hours of its clock.

    Parameters
    ----------
    edges : ndarray of int64, shape (n_bins + 1,)
        Microseconds since 1970 in UTC; the first is the day's start, the last its end. A day has
        46, 48 or 50 bins where the clock moves by an hour.
    hours : ndarray of int64, shape (n_bins,)
        The hour that the clock shows in each bin.
    """

    edges: Micros
    hours: NDArray[np.int64]

    @classmethod
    def of(cls, day: int, zone: str) -> "Daytime":
        """Return a day of a zone.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        zone : str
            Name of the zone.

        Returns
        -------
        Daytime
            The day, from its first local midnight to the next.

        Examples
        --------
        >>> spring = np.datetime64("2026-03-29").astype(int)
        >>> len(Daytime.of(spring, "Europe/Paris").hours)  # a day of 23 hours
        46
        """
        midnights = pd.DatetimeIndex(np.array([day, day + 1]).astype("datetime64[D]"))
        bounds = _micros(
            midnights.tz_localize(zone, ambiguous=np.ones(2, bool), nonexistent="shift_forward")
        )
        edges = np.append(np.arange(bounds[0], bounds[1], _BIN), bounds[1])
        moments = pd.DatetimeIndex(edges[:-1].astype("datetime64[us]")).tz_localize("UTC")
        return cls(edges, np.asarray(moments.tz_convert(zone).hour, dtype=np.int64))

    def time_over(self, micros: Micros) -> FloatArray:
        """Return the share of the day that is over at each moment.

        Parameters
        ----------
        micros : ndarray of int64, shape (n,)
            Moments of this day.

        Returns
        -------
        ndarray, shape (n,)
            From 0 to 1.
        """
        start, end = self.edges[0], self.edges[-1]
        return np.asarray((micros - start) / (end - start), dtype=np.float64)

    def demand_over(self, micros: Micros, profile: FloatArray) -> FloatArray:
        """Return the share of the day's usual demand that has come by each moment.

        Parameters
        ----------
        micros : ndarray of int64, shape (n,)
            Moments of this day.
        profile : ndarray, shape (24,)
            Weight of each hour of the clock.

        Returns
        -------
        ndarray, shape (n,)
            From 0 to 1.
        """
        weights = profile[self.hours] * np.diff(self.edges)
        passed = np.append(0.0, np.cumsum(weights))
        return np.asarray(np.interp(micros, self.edges, passed / passed[-1]))

    def hours_of(self, micros: Micros) -> NDArray[np.int64]:
        """Return the hour that the clock shows at each moment of this day.

        Parameters
        ----------
        micros : ndarray of int64, shape (n,)
            Moments of this day.

        Returns
        -------
        ndarray of int64, shape (n,)
            0 to 23.
        """
        places = np.searchsorted(self.edges, micros, side="right") - 1
        return np.asarray(self.hours[np.clip(places, 0, len(self.hours) - 1)])


@dataclass
class HourCounts:
    """When people buy, and when they do anything at all, hour by hour of the clock.

    Parameters
    ----------
    bought, seen : ndarray, shape (24,)
        Purchases of what was in stock the whole day; all events.
    """

    bought: FloatArray = field(default_factory=lambda: np.zeros(24))
    seen: FloatArray = field(default_factory=lambda: np.zeros(24))

    def profile(self) -> FloatArray:
        """Return the weight of each hour: purchases where they are enough, else all events.

        Returns
        -------
        ndarray, shape (24,)
            Positive, adding up to 1.
        """
        counts = self.bought if self.bought.sum() >= _ENOUGH else self.bought + self.seen
        weights = counts + max(1.0, counts.sum() / 1000)  # an hour without a purchase yet
        return np.asarray(weights / weights.sum(), dtype=np.float64)


def check_profile(profile: object) -> FloatArray:
    """Return the caller's profile of the day.

    Parameters
    ----------
    profile : array_like, shape (24,)
        Weight of each hour.

    Returns
    -------
    ndarray, shape (24,)
        The weights, adding up to 1.

    Raises
    ------
    ArgumentError
        If they are not 24 numbers of at least 0 with a positive sum.
    """
    try:
        weights = np.asarray(profile, dtype=np.float64)
    except (TypeError, ValueError):
        weights = np.zeros(0)
    if weights.shape != (24,) or not np.all(weights >= 0) or not 0 < weights.sum() < np.inf:
        raise ArgumentError(
            "Expected profile to be 24 weights of at least 0, one for each hour of the day, got "
            f"{profile!r}."
        )
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _micros(times: pd.DatetimeIndex) -> Micros:
    utc = times.tz_convert("UTC").tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]").astype(np.int64))
