"""Visits that are copies of each other: the same pace, or the same way through the catalogue.

How often people do the same by chance depends on the shop: a list of ten products sends everyone
from the first to the second. So the number of copies from which a visit counts as one of a machine
is raised until hardly any customer reaches it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.trust.visits import SETTLED, SkuNames, Visits

Ids = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_LEVELS: Final = 4 * 2 ** np.arange(16)
_FEW_CUSTOMERS: Final = 500
_UNCALIBRATED: Final = 8
_FEWEST_CUSTOMERS: Final = 100
"""With fewer no copy is told from people: in a log that knows the day but not the second, or in
a large shop, many do the same by chance."""

_TOLERATED: Final = 0.002
"""Share of customers that may reach the number of copies."""

_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Copies:
    """How often customers do what others do on the same day; kept for one kind of likeness."""

    def __init__(self) -> None:
        self.customers = 0.0
        self.reached = np.zeros(len(_LEVELS))

    def judge(self, copies: Ints, customers: BoolArray) -> BoolArray:
        """Tell which visits have more copies than customers do, and learn of today's customers.

        Parameters
        ----------
        copies : ndarray of int, shape (n_visits,)
            Visits of the day that are alike, itself included.
        customers : ndarray of bool, shape (n_visits,)
            Those who buy, today or earlier.

        Returns
        -------
        ndarray of bool, shape (n_visits,)
            Which are copies.
        """
        own = copies[customers]
        self.customers += len(own)
        self.reached += (own[:, None] >= _LEVELS).sum(axis=0)
        allowed = self.reached <= _TOLERATED * self.customers
        level = _LEVELS[np.argmax(allowed)] if allowed.any() else np.inf
        if self.customers < _FEWEST_CUSTOMERS:
            level = np.inf
        elif self.customers < _FEW_CUSTOMERS:
            level = max(level, _UNCALIBRATED)
        return np.asarray(copies >= level, dtype=np.bool_)


def same_pace(visits: Visits) -> Ints:
    """Count the visits that do the same kinds of things after the same whole seconds.

    What costs money is left out, so that those who buy can be compared with those who do not.

    Parameters
    ----------
    visits : Visits
        A day.

    Returns
    -------
    ndarray of int, shape (n_visits,)
        Visits with the same pace, itself included; 0 for visits of one or two events.
    """
    rows = np.flatnonzero(~SETTLED[visits.kind])
    copies = np.zeros(len(visits.users), dtype=np.int64)
    if not len(rows):
        return copies
    of = visits.of_event[rows]
    start = np.flatnonzero(np.diff(of, prepend=-1) != 0)
    size = np.diff(np.append(start, len(of)))
    gap = np.diff(visits.micros[rows], prepend=0)
    gap[start] = 0
    place = np.arange(len(gap)) - np.repeat(start, size)
    seconds = np.round(gap / 1e6).astype(np.int64)
    code = (place << 40) | (seconds << 8) | visits.kind[rows]
    whole = np.add.reduceat(_mix(code.astype(np.uint64)), start)
    long = np.flatnonzero(size >= 3)
    _, where, counts = np.unique(whole[long], return_inverse=True, return_counts=True)
    copies[of[start[long]]] = counts[where]
    return copies


def same_way(visits: Visits, names: SkuNames) -> Ints:
    """Count the visits that share most of the way through the catalogue.

    A way is made of steps over three SKUs in a row. A step that others take too is told by their
    number; the visit has the number that half of its steps reach.

    Parameters
    ----------
    visits : Visits
        A day.
    names : SkuNames
        Names of SKUs.

    Returns
    -------
    ndarray of int, shape (n_visits,)
        Visits that share the way; 0 where fewer than three SKUs were seen in a row.
    """
    visit = visits.of_event
    rows = np.flatnonzero(visits.sku >= 0)
    again = (visits.sku[rows][1:] == visits.sku[rows][:-1]) & (visit[rows][1:] == visit[rows][:-1])
    rows = rows[np.append(True, ~again)[: len(rows)]]
    sku, of = names.hashes[visits.sku[rows]], visit[rows]
    whole = np.flatnonzero(of[2:] == of[:-2])
    step = _mix(_mix(_mix(sku[whole]) + sku[whole + 1]) + sku[whole + 2])
    of = of[whole]
    shared = _visits_with(step, of)
    copies = np.zeros(len(visits.users), dtype=np.int64)
    order = np.argsort((of << 32) | shared)
    start = np.flatnonzero(np.diff(of, prepend=-1) != 0)
    middle = start + np.diff(np.append(start, len(of))) // 2
    copies[of[start]] = shared[order[middle]]
    return copies


def _visits_with(step: Ids, of: Ints) -> Ints:
    """Return for each step the number of visits that take it."""
    order = np.argsort(step, kind="stable")  # rows of a visit stay together
    ordered, visit = step[order], of[order]
    new = np.append(True, ordered[1:] != ordered[:-1])[: len(step)]
    other = np.append(True, visit[1:] != visit[:-1])[: len(step)] | new
    starts = np.flatnonzero(new)
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    counts = np.add.reduceat(other.astype(np.int64), starts)
    result = np.empty(len(step), dtype=np.int64)
    result[order] = np.repeat(counts, np.diff(np.append(starts, len(step))))
    return result


def _mix(values: Ids) -> Ids:
    """Return SplitMix64's last step, a hash of whole numbers."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * _MIX[0]
    z = (z ^ (z >> np.uint64(27))) * _MIX[1]
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)
