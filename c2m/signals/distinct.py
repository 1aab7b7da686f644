"""Exact distinct counts over a period, from days that come one after the other."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import DataError

Ids = NDArray[np.uint64]

_USER_BITS: Final = 40
_MOST_SERIES: Final = 1 << (64 - _USER_BITS)
_LARGE: Final = np.uint64(1 << (_USER_BITS - 1))
_LEAST_MERGE: Final = 1 << 20


class DistinctPairs:
    """The distinct (series, user) pairs of one kind of event in one period.

    A pair is packed into 64 bits, so that sorting finds the distinct ones. The days wait unmerged
    until they outnumber what is merged, so merging costs little more than sorting once.
    """

    def __init__(self) -> None:
        self.merged: Ids = np.zeros(0, dtype=np.uint64)
        self.days: list[Ids] = []

    def add(self, series: NDArray[np.int64], users: Ids) -> None:
        """Add the pairs of a day.

        Parameters
        ----------
        series : ndarray of int64, shape (n_rows,)
            Numbers of series.
        users : ndarray of uint64, shape (n_rows,)
            Numbers of users, see `UserNumbers`.

        Raises
        ------
        DataError
            If there are more than 16.8 million series.
        """
        if not len(series):
            return
        if int(series.max()) >= _MOST_SERIES:
            problem = f"it has more than {_MOST_SERIES:,} series"
            raise DataError("events", [problem], "count fewer of them at once, or a coarser key=")
        self.days.append(distinct((series.view(np.uint64) << np.uint64(_USER_BITS)) | users))
        if sum(map(len, self.days)) > max(len(self.merged), _LEAST_MERGE):
            self._merge()

    def counts(self, n_series: int) -> NDArray[np.int64]:
        """Return the number of distinct users of each series.

        Parameters
        ----------
        n_series : int
            How many series there are.

        Returns
        -------
        ndarray of int64, shape (n_series,)
            Distinct users.
        """
        self._merge()
        series = (self.merged >> np.uint64(_USER_BITS)).view(np.int64)
        return np.bincount(series, minlength=n_series)

    def _merge(self) -> None:
        if len(self.days) + (len(self.merged) > 0) > 1:
            self.merged = distinct(np.concatenate([self.merged, *self.days]))
        elif self.days:
            self.merged = self.days[0]
        self.days = []


class UserNumbers:
    """Numbers of 40 bits for user ids of 64 bits, within one period.

    An id below 2**39 stands for itself. Others, such as hashes, get numbers from there on in the
    order of their appearance, so no two users share one.
    """

    def __init__(self) -> None:
        self.ids: Ids = np.zeros(0, dtype=np.uint64)  # large ids, sorted
        self.numbers: Ids = np.zeros(0, dtype=np.uint64)  # those of `ids`

    def of(self, ids: Ids) -> Ids:
        """Return the number of each id, new ones included.

        Parameters
        ----------
        ids : ndarray of uint64, shape (n_rows,)
            See `c2m.signals.coding.user_ids`.

        Returns
        -------
        ndarray of uint64, shape (n_rows,)
            Numbers below 2**40.
        """
        large = ids >= _LARGE
        if not large.any():
            return ids
        numbers = ids.copy()
        numbers[large] = self._of_large(ids[large])
        return numbers

    def _of_large(self, ids: Ids) -> Ids:
        new = np.setdiff1d(distinct(ids.copy()), self.ids, assume_unique=True)
        if len(new):
            fresh = _LARGE + np.arange(len(self.ids), len(self.ids) + len(new), dtype=np.uint64)
            places = np.searchsorted(self.ids, new)
            self.ids = np.insert(self.ids, places, new)
            self.numbers = np.insert(self.numbers, places, fresh)
        return self.numbers[np.searchsorted(self.ids, ids)]


def distinct(values: Ids) -> Ids:
    """Return the distinct values, sorted.

    Parameters
    ----------
    values : ndarray of uint64
        Sorted in place.

    Returns
    -------
    ndarray of uint64
        Each value once.
    """
    values.sort()
    if not len(values):
        return values
    first = np.append(True, values[1:] != values[:-1])
    return np.asarray(values[first])
