"""What lies on which shelf, carried from day to day, and the share of each day that it did."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.reading.times import Micros
from c2m.signals.stockouts.daytime import Daytime, FloatArray, HourCounts

Codes = NDArray[np.int64]

_UNKNOWN: Final = -1


@dataclass(frozen=True)
class Observations:
    """What was seen of shelves on one day; every array has the shape (n_rows,).

    Parameters
    ----------
    shelf : ndarray of int64
        Number of the shelf: a series at one location.
    series : ndarray of int64
        Number of its series.
    micros : ndarray of int64
        When, in microseconds since 1970 in UTC.
    there : ndarray of bool
        Whether there was anything on it.
    exact : ndarray of bool
        Whether the state began at this moment (a change of stock), or was only seen at it (a flag
        on a view): then it began halfway since the shelf was last seen that day.
    """

    shelf: Codes
    series: Codes
    micros: Micros
    there: BoolArray
    exact: BoolArray


@dataclass(frozen=True)
class DayShares:
    """Shares of one day, an entry a series, NaN where nothing is known.

    Parameters
    ----------
    time : ndarray, shape (n_series,)
        Share of the day's time in stock.
    demand : ndarray, shape (n_series,)
        Share of the day's usual demand that falls into that time.
    """

    time: FloatArray
    demand: FloatArray


@dataclass(frozen=True)
class _Steps:
    """Moments at which a series comes into stock or goes out, or becomes known."""

    series: Codes
    micros: Micros
    in_stock: NDArray[np.int8]  # +1, 0, -1
    known: NDArray[np.int8]


class Shelves:
    """The state of every shelf. A series is in stock where any of its shelves has it.

    Parameters
    ----------
    zone : str
        Whose days are meant.
    profile : ndarray of shape (24,), optional
        Weight of each hour in a day's demand; learnt from the events unless given.
    """

    def __init__(self, zone: str, profile: FloatArray | None = None) -> None:
        self.zone, self.given = zone, profile
        self.hours = HourCounts()
        self.state = np.full(0, _UNKNOWN, dtype=np.int8)  # [shelves]
        self.series_of = np.zeros(0, dtype=np.int64)

    @property
    def profile(self) -> FloatArray:
        """Weight of each hour in a day's demand, (24,)."""
        return self.hours.profile() if self.given is None else self.given

    def put(self, shelf: Codes, series: Codes, there: BoolArray) -> None:
        """Set what is known of shelves before a day begins.

        Parameters
        ----------
        shelf, series : ndarray of int64
            Their numbers and those of their series.
        there : ndarray of bool
            Whether there is anything on them.
        """
        self._make_room(shelf, series)
        self.state[shelf] = there

    def day(
        self,
        day: int,
        n_series: int,
        seen: Observations,
        bought: tuple[Codes, Micros] | None = None,
    ) -> DayShares:
        """Go through one day.

        Parameters
        ----------
        day : int
            Days since 1970-01-01, later than all before.
        n_series : int
            How many series there are by now.
        seen : Observations
            What was seen that day, in any order.
        bought : (ndarray, ndarray), optional
            Series and moment of the day's purchases, which tell when people buy.

        Returns
        -------
        DayShares
            Its shares. On the day on which a series is first seen they are those of the rest of
            the day.
        """
        self._make_room(seen.shelf, seen.series)
        clock = Daytime.of(day, self.zone)
        before = _counts(self.series_of, self.state, n_series)
        steps = _join(self._changes(seen, clock), before)
        time = _share(steps, before, 1.0 - clock.time_over(steps.micros))
        self._learn(clock, seen, bought, time)
        left = 1.0 - clock.demand_over(steps.micros, self.profile)
        return DayShares(time, _share(steps, before, left))

    def idle(self, n_series: int) -> FloatArray:
        """Return the shares of a day on which nothing is seen: what was there stays.

        Parameters
        ----------
        n_series : int
            How many series there are by now.

        Returns
        -------
        ndarray, shape (n_series,)
            1, 0, or NaN where nothing is known.
        """
        n_there, n_known = _counts(self.series_of, self.state, n_series)
        return np.where(n_known > 0, (n_there > 0).astype(np.float64), np.nan)

    def _make_room(self, shelf: Codes, series: Codes) -> None:
        more = int(shelf.max(initial=-1)) + 1 - len(self.state)
        if more > 0:
            self.state = np.append(self.state, np.full(more, _UNKNOWN, dtype=np.int8))
            self.series_of = np.append(self.series_of, np.zeros(more, dtype=np.int64))
        self.series_of[shelf] = series

    def _changes(self, seen: Observations, clock: Daytime) -> _Steps:
        """Return what changed on single shelves, and keep their last states."""
        order = np.lexsort((seen.there, seen.micros, seen.shelf))
        shelf, micros = seen.shelf[order], seen.micros[order]
        new, exact = seen.there[order].astype(np.int8), seen.exact[order]
        first = _starts(shelf)
        old = np.where(first, self.state[shelf], _shifted(new))
        earlier = np.where(first, clock.edges[0], _shifted(micros))
        halfway = np.where(first, earlier, earlier + (micros - earlier) // 2)
        at = np.where(exact | (old == _UNKNOWN), micros, halfway)
        last = np.append(first[1:], True)[: len(first)]
        self.state[shelf[last]] = new[last]
        moved = old != new
        return _Steps(
            seen.series[order][moved],
            at[moved],
            ((new == 1).astype(np.int8) - (old == 1))[moved],
            (old == _UNKNOWN).astype(np.int8)[moved],
        )

    def _learn(
        self,
        clock: Daytime,
        seen: Observations,
        bought: tuple[Codes, Micros] | None,
        share: FloatArray,
    ) -> None:
        """Count when people buy: only what was there all day, lest the evenings be missing."""
        if self.given is not None:
            return
        self.hours.seen += np.bincount(clock.hours_of(seen.micros), minlength=24)
        if bought is not None:
            whole = share[bought[0]] == 1
            self.hours.bought += np.bincount(clock.hours_of(bought[1][whole]), minlength=24)


def _counts(series_of: Codes, state: NDArray[np.int8], n_series: int) -> tuple[Codes, Codes]:
    """Count the shelves of each series that have it, and those of which anything is known."""
    there = np.bincount(series_of[state == 1], minlength=n_series)
    known = np.bincount(series_of[state != _UNKNOWN], minlength=n_series)
    return there, known


def _join(steps: _Steps, before: tuple[Codes, Codes]) -> _Steps:
    """Return the changes of series from those of their shelves: the first in, the last out."""
    order = np.lexsort((steps.micros, steps.series))
    series = steps.series[order]
    first = _starts(series)
    moved = []
    for step, count in zip((steps.in_stock, steps.known), before, strict=True):
        own = step[order].astype(np.int64)
        total = np.cumsum(own)
        offset = (total - own)[first]  # what the series before this one added up to
        after = total - np.repeat(offset, _lengths(first)) + count[series]
        moved.append(((after > 0).astype(np.int8) - (after - own > 0)).astype(np.int8))
    return _Steps(series, steps.micros[order], moved[0], moved[1])


def _share(steps: _Steps, before: tuple[Codes, Codes], left: FloatArray) -> FloatArray:
    """Return the share of the known part of the day that is in stock.

    A state that steps by ``d_i`` where a share ``left_i`` of the day is left lasts
    ``state_0 + sum(d_i * left_i)`` of the day.
    """
    lasting = []
    for step, count in zip((steps.in_stock, steps.known), before, strict=True):
        added = np.bincount(steps.series, weights=step * left, minlength=len(count))
        lasting.append((count > 0) + added)
    there, known = lasting
    share = np.full(len(there), np.nan)
    np.divide(there, known, out=share, where=known > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _starts(codes: Codes) -> BoolArray:
    """Tell where a run of equal codes begins."""
    return np.append(True, codes[1:] != codes[:-1])[: len(codes)]


def _lengths(first: BoolArray) -> Codes:
    """Return how long each of the runs is that begin where `first` is true."""
    return np.diff(np.append(np.flatnonzero(first), len(first)))


def _shifted(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the value before each one; that before the first means nothing."""
    return np.concatenate([values[:1], values[:-1]])
