"""Robots by what they do alone: an even pace, the order of the catalogue, more than people do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.signals.trust.memory import Past
from c2m.signals.trust.visits import SkuNames, Visits

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ENOUGH: Final = 20
"""Moments from which the pace of a visit can be judged."""

_EVEN: Final = 0.5
"""Share of gaps within a quarter of an octave, or of steps to the next SKU, from which it counts
as a machine's. Of exponential gaps at most 0.07 are so close."""

_FINEST: Final = 4
"""A gap of fewer units of the log's clock is too short to be called even."""

_SAMPLE: Final = 10_000

_FEWEST_HEAVY: Final = 60
_FEWEST_CARTS: Final = 8
_TIMES_HEAVY: Final = 8
_TIMES_CARTS: Final = 2
_TAIL: Final = 0.001
_MOST: Final = 2**14


class Norm:
    """How much customers do in a day: those who buy, today or earlier.

    Heavy visits are those far above what one customer in a thousand does, so that a wholesaler's
    shop and a shop for coats need no thresholds of their own.
    """

    def __init__(self) -> None:
        self.acts = np.zeros(_MOST, dtype=np.int64)
        self.carts = np.zeros(_MOST, dtype=np.int64)

    def learn(self, visits: Visits, customers: NDArray[np.bool_]) -> None:
        """Count the visits of customers.

        Parameters
        ----------
        visits : Visits
            A day.
        customers : ndarray of bool, shape (n_visits,)
            Which of them.
        """
        self.acts += _counts(visits.acts[customers])
        self.carts += _counts(visits.carts[customers])

    def busy(self) -> tuple[int, int]:
        """Return the moments and the carts that one customer in a thousand reaches in a day."""
        return _tail(self.acts), _tail(self.carts)


def machine_like(visits: Visits, names: SkuNames, busy: int) -> Floats:
    """Tell which visits no person makes.

    Parameters
    ----------
    visits : Visits
        A day.
    names : SkuNames
        The order of the catalogue.
    busy : int
        Moments of a busy customer.

    Returns
    -------
    ndarray, shape (n_visits,)
        1 for visits of 20 moments and more in which half of the gaps are alike, or half of the
        steps lead to the next SKU of the catalogue through 20 SKUs and more; and for visits eight
        times as long as those of a busy customer. Else 0.
    """
    size = visits.acts
    found = size > max(_FEWEST_HEAVY, _TIMES_HEAVY * busy)
    long = np.flatnonzero(size >= _ENOUGH)
    if len(long):
        rows, of = _rows_of(visits, long)
        same = of[1:] == of[:-1]
        gap = np.diff(visits.micros[rows])[same]
        step = np.abs(np.diff(names.ranks[visits.sku[rows]])[same])
        of = of[1:][same]
        found[long] |= _most_common_gap(gap, of, len(long), _unit(visits)) >= _EVEN
        in_order = np.bincount(of, weights=(step == 1) & (gap > 0), minlength=len(long))
        found[long] |= in_order >= np.maximum(_EVEN * (size[long] - 1), _ENOUGH - 1)
    return found.astype(np.float64)


def hoarding(visits: Visits, busy_carts: int) -> Floats:
    """Tell which visits fill carts as no customer does.

    Parameters
    ----------
    visits : Visits
        A day.
    busy_carts : int
        Carts of a busy customer.

    Returns
    -------
    ndarray, shape (n_visits,)
        1 from eight carts on, where that is more than twice those of a busy customer; else 0.
    """
    carts = visits.carts
    most = max(_FEWEST_CARTS - 1, _TIMES_CARTS * busy_carts)
    return np.asarray(carts > most, dtype=np.float64)


def spare_customers(fake: Floats, visits: Visits, past: Past, busy: int) -> Floats:
    """Let an earlier customer count at least as much as a busy one, whatever it looks like.

    Parameters
    ----------
    fake : ndarray, shape (n_visits,)
        Probability to be fake.
    visits : Visits
        A day.
    past : Past
        Who bought before.
    busy : int
        Moments of a busy customer.

    Returns
    -------
    ndarray, shape (n_visits,)
        At most ``1 - busy / moments`` for customers.
    """
    floor = np.minimum(1.0, max(_ENOUGH, busy) / visits.acts)
    return np.where(past.buys > 0, np.minimum(fake, 1 - floor), fake)


def _unit(visits: Visits) -> int:
    """Return the unit of the log's clock, in microseconds; 0 where all is at one moment."""
    some = visits.micros[:_SAMPLE]
    return int(np.gcd.reduce(some - some[0]))


def _most_common_gap(gap: Ints, of: Ints, n: int, unit: int) -> Floats:
    """Return the share of the most common gap, in quarter octaves half a step apart, (n,)."""
    best = np.zeros(n)
    total = np.maximum(np.bincount(of, weights=gap > 0, minlength=n), 1)
    even = gap >= max(_FINEST * unit, 1)
    gap, of = gap[even], of[even]
    octave = 4 * np.log2(np.maximum(gap, 1000) / 1e6)
    for shift in (0.0, 0.5):
        key = (of << 16) | (np.floor(octave + shift).astype(np.int64) + 2**10)
        kinds, count = np.unique(key, return_counts=True)
        np.maximum.at(best, kinds >> 16, count / total[kinds >> 16])
    return best


def _rows_of(visits: Visits, which: Ints) -> tuple[Ints, Ints]:
    """Return the events of some visits, and the place of the visit of each in `which`."""
    size = visits.n_events[which]
    of = np.repeat(np.arange(len(which)), size)
    rows = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size) + visits.start[which][of]
    return rows, of


def _counts(amounts: Ints) -> Ints:
    return np.bincount(np.minimum(amounts, _MOST - 1), minlength=_MOST)


def _tail(seen: Ints) -> int:
    """Return what one in a thousand reaches; the most that was seen where they are fewer."""
    above = np.cumsum(seen[::-1])[::-1]
    if not above[0]:
        return 0
    return int(np.flatnonzero(above >= max(1.0, _TAIL * above[0]))[-1])
