"""Exact distinct counts over a period, from days that come one after the other."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError

Ids = NDArray[np.uint64]
FloatArray = NDArray[np.float64]

_USER_BITS: Final = 40
_MOST_SERIES: Final = 1 << (64 - _USER_BITS)
_LARGE: Final = np.uint64(1 << (_USER_BITS - 1))
_LEAST_MERGE: Final = 1 << 20
_MOST_HASHED: Final = 1 << 22
"""Up to here a hash table is faster than sorting; beyond, it would not fit into memory twice."""


class DistinctPairs:
    """The distinct (series, user) pairs of one kind of event in one period.

    A pair is packed into 64 bits. The days wait unmerged until they outnumber what is merged, so
    merging costs little more than one pass.
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
        self.days.append(distinct(_pack(series, users)))
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
        return np.bincount(_series_of(self.merged), minlength=n_series)

    def _merge(self) -> None:
        if len(self.days) + (len(self.merged) > 0) > 1:
            self.merged = distinct(np.concatenate([self.merged, *self.days]))
        elif self.days:
            self.merged = self.days[0]
        self.days = []


class WeightedPairs:
    """The distinct (series, user) pairs of one kind in one period, each with a weight.

    A user who was weighed several times in the period (once a day, say) has the largest of these
    weights: one trusted day makes one trusted user.
    """

    def __init__(self) -> None:
        self.pairs: list[Ids] = []
        self.weights: list[FloatArray] = []
        self.n_merged = 0

    def add(self, series: NDArray[np.int64], users: Ids, weights: FloatArray) -> None:
        """Add the pairs of a day.

        Parameters
        ----------
        series, users : ndarray, shape (n_rows,)
            See `DistinctPairs.add`.
        weights : ndarray of float64, shape (n_rows,)
            The weight of each row, 0 to 1.

        Raises
        ------
        DataError
            If there are more than 16.8 million series.
        """
        if not len(series):
            return
        pairs, largest = _largest(_pack(series, users), weights)
        self.pairs.append(pairs)
        self.weights.append(largest)
        if sum(map(len, self.pairs[1:])) > max(self.n_merged, _LEAST_MERGE):
            self._merge()

    def counts(self, n_series: int) -> FloatArray:
        """Return the sum over distinct users of the largest weight of each.

        Parameters
        ----------
        n_series : int
            How many series there are.

        Returns
        -------
        ndarray of float64, shape (n_series,)
            Weighted distinct users.
        """
        self._merge()
        pairs = self.pairs[0] if self.pairs else np.zeros(0, dtype=np.uint64)
        weights = self.weights[0] if self.weights else np.zeros(0)
        sums = np.bincount(_series_of(pairs), weights=weights, minlength=n_series)
        return np.asarray(sums, dtype=np.float64)

    def _merge(self) -> None:
        if len(self.pairs) > 1:
            both = np.concatenate(self.pairs), np.concatenate(self.weights)
            pairs, largest = _largest(*both)
            self.pairs, self.weights = [pairs], [largest]
        self.n_merged = len(self.pairs[0]) if self.pairs else 0


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
            See `c2m.signals.counting.coding.user_ids`.

        Returns
        -------
        ndarray of uint64, shape (n_rows,)
            Numbers below 2**40.
        """
        if not len(ids) or ids.max() < _LARGE:
            return ids
        large = ids >= _LARGE
        numbers = ids.copy()
        numbers[large] = self._of_large(ids[large])
        return numbers

    def _of_large(self, ids: Ids) -> Ids:
        own, places = _ranks(ids)
        new = np.sort(np.setdiff1d(own, self.ids, assume_unique=True))
        if len(new):
            fresh = _LARGE + np.arange(len(self.ids), len(self.ids) + len(new), dtype=np.uint64)
            where = np.searchsorted(self.ids, new)
            self.ids = np.insert(self.ids, where, new)
            self.numbers = np.insert(self.numbers, where, fresh)
        return self.numbers[np.searchsorted(self.ids, own)][places]


def distinct(values: Ids) -> Ids:
    """Return the distinct values, in no particular order.

    Parameters
    ----------
    values : ndarray of uint64
        May be sorted in place.

    Returns
    -------
    ndarray of uint64
        Each value once.
    """
    if len(values) <= _MOST_HASHED:
        return np.asarray(pd.unique(values))
    values.sort()
    return np.asarray(values[np.append(True, values[1:] != values[:-1])])


def _pack(series: NDArray[np.int64], users: Ids) -> Ids:
    if int(series.max()) >= _MOST_SERIES:
        problem = f"it has more than {_MOST_SERIES:,} series"
        raise DataError("events", [problem], "count fewer of them at once, or a coarser key=")
    pairs = series.view(np.uint64) << np.uint64(_USER_BITS)
    pairs |= users
    return pairs


def _series_of(pairs: Ids) -> NDArray[np.int64]:
    return (pairs >> np.uint64(_USER_BITS)).view(np.int64)


def _largest(pairs: Ids, weights: FloatArray) -> tuple[Ids, FloatArray]:
    """Return the distinct pairs and the largest weight of each."""
    codes, own = pd.factorize(pairs)
    largest = np.zeros(len(own))
    np.maximum.at(largest, codes, weights)
    return np.asarray(own, dtype=np.uint64), largest


def _ranks(ids: Ids) -> tuple[Ids, NDArray[np.intp]]:
    """Return the distinct ids, and for each row the place of its id among them."""
    codes, own = pd.factorize(ids)
    return np.asarray(own, dtype=np.uint64), codes
