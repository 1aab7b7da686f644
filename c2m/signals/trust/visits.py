"""The events of a day, user by user: what each of them did, and which SKUs it was about."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.counting.coding import SeriesCoder, kind_numbers, user_ids
from c2m.signals.counting.sweep import event_micros
from c2m.signals.schema import KINDS

Ids = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_PERSON: Final = ("stock_level", "footfall")
"""Kinds that no user stands behind."""

PAID: Final = np.isin(KINDS, ("purchase", "preorder", "stream_order", "coupon_redemption"))
SETTLED: Final = PAID | np.isin(KINDS, ("cancel", "return"))
"""Kinds that cost money or follow from what did: a day with one of them keeps its full weight."""

VOUCHING: Final = PAID | np.isin(KINDS, ("notify_me",))
"""Orders, and the wish to be told of what is sold out, in place of an order."""

_CART, _SEARCH, _WISH = (KINDS.index(kind) for kind in ("cart_add", "search_click", "wishlist_add"))
_DECLARED: Final = 0.5
_TIME_BITS: Final = 37  # microseconds of a day of up to 38 hours


class SkuNames:
    """Numbers of SKUs; within a day they do not depend on the order of its events."""

    def __init__(self) -> None:
        self.series = SeriesCoder(["sku"])
        self.hashes = np.zeros(1, dtype=np.uint64)
        self.ranks = np.zeros(1, dtype=np.int64)
        """Hash and place in the alphabet of each number; the last entry is for no SKU."""

    def __len__(self) -> int:
        """Return how many SKUs were seen."""
        return len(self.series)

    def encode(self, table: Any) -> Ints:
        """Return the number of the SKU of each event, -1 where there is none.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical events.

        Returns
        -------
        ndarray of int, shape (n_rows,)
            Numbers.
        """
        column = table.column("sku")
        own = pc.unique(column).drop_null()
        own = own.dictionary_decode() if pa.types.is_dictionary(own.type) else own
        own = own.cast(pa.string()).take(pc.sort_indices(own.cast(pa.string())))
        self.series.encode(pa.table({"sku": own}))
        codes = self.series.encode(table)
        if len(self.series) >= len(self.hashes):
            texts = np.array(self.series.names()[0], dtype=object)
            hashes = pd.util.hash_array(texts, categorize=False)
            self.hashes = np.append(hashes, np.uint64(0))
            ranks = np.empty(len(texts), dtype=np.int64)
            ranks[np.argsort(texts)] = np.arange(len(texts))
            self.ranks = np.append(ranks, -9)
        return codes


@dataclass(frozen=True)
class Visits:
    """The events of the known users of a day; a visit is all that a user did on the day.

    Parameters
    ----------
    users : ndarray of uint64, shape (n_visits,)
        Sorted.
    start : ndarray of int, shape (n_visits + 1,)
        Where the events of each visit begin.
    micros, sku, kind : ndarray, shape (n_events,)
        Time, number of the SKU (-1: none) and of the kind, in the order of user and time.
    """

    users: Ids
    start: Ints
    micros: Ints
    sku: Ints
    kind: NDArray[np.int8]

    @property
    def n_events(self) -> Ints:
        """Events of each visit, (n_visits,)."""
        return np.diff(self.start)

    @cached_property
    def acts(self) -> Ints:
        """Moments at which each visit did something, (n_visits,): a page may show many SKUs."""
        later = np.diff(self.micros, prepend=0) != 0
        later[self.start[:-1]] = True
        return np.add.reduceat(later.astype(np.int64), self.start[:-1])

    @property
    def of_event(self) -> Ints:
        """Number of the visit of each event, (n_events,)."""
        return np.repeat(np.arange(len(self.users)), self.n_events)

    @property
    def minutes(self) -> Floats:
        """Minutes from the first to the last event of each visit, (n_visits,)."""
        return np.asarray((self.micros[self.start[1:] - 1] - self.micros[self.start[:-1]]) / 6e7)

    @property
    def settled(self) -> BoolArray:
        """Whether a visit has an event of a kind in `SETTLED`, (n_visits,)."""
        return self._any(SETTLED[self.kind])

    @property
    def looked(self) -> BoolArray:
        """Whether a visit has an event of a kind that is not in `SETTLED`, (n_visits,)."""
        return self._any(~SETTLED[self.kind])

    @property
    def bought(self) -> BoolArray:
        """Whether a visit has an event of a kind in `PAID`, (n_visits,)."""
        return self._any(PAID[self.kind])

    @property
    def carts(self) -> Ints:
        """Events of each visit that fill a cart, (n_visits,)."""
        return np.add.reduceat((self.kind == _CART).astype(np.int64), self.start[:-1])

    @property
    def mixture(self) -> Ints:
        """Which of cart, search and wish a visit has, as bits, (n_visits,)."""
        bits = np.zeros(len(KINDS), dtype=np.int64)
        bits[[_CART, _SEARCH, _WISH]] = [1, 2, 4]
        return np.bitwise_or.reduceat(bits[self.kind], self.start[:-1])

    def _any(self, flags: BoolArray) -> BoolArray:
        return np.logical_or.reduceat(flags, self.start[:-1])


@dataclass(frozen=True)
class Touches:
    """Which SKUs each visit was about; a row a visit and SKU, sorted by both.

    Parameters
    ----------
    visit, sku : ndarray of int, shape (n_touches,)
        Their numbers.
    first : ndarray of int, shape (n_touches,)
        Time of the first event, in microseconds.
    n_events : ndarray of int, shape (n_touches,)
        How many events.
    looked : ndarray of bool, shape (n_touches,)
        Whether one of them is of a kind that is not in `SETTLED`.
    """

    visit: Ints
    sku: Ints
    first: Ints
    n_events: Ints
    looked: BoolArray


def read_visits(table: Any, names: SkuNames) -> Visits:
    """Sort the events of a day by user and time.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events of a day, in any order.
    names : SkuNames
        Numbers the SKUs.

    Returns
    -------
    Visits
        The same for any order of the rows. Events without a user, and those that the log itself
        does not trust (declared robots), are left out.
    """
    ids, known = user_ids(table.column("user_key"))
    kinds = kind_numbers(table)
    rows = known & ~np.isin(kinds, [KINDS.index(kind) for kind in NO_PERSON])
    rows &= _undeclared(table)
    if not rows.all():
        table, ids, kinds = table.filter(pa.array(rows)), ids[rows], kinds[rows]
    sku, micros = names.encode(table), event_micros(table)
    by_user = np.argsort(ids)
    fresh = np.flatnonzero(np.diff(ids[by_user], prepend=~ids[by_user[:1]]) != 0)
    number = np.empty(len(ids), dtype=np.int64)
    number[by_user] = np.repeat(np.arange(len(fresh)), np.diff(np.append(fresh, len(ids))))
    since = micros - (micros.min() if len(micros) else 0)
    order = _sorted((number << _TIME_BITS) | since, names.hashes[sku], kinds)
    return Visits(
        users=ids[by_user[fresh]],
        start=np.append(fresh, len(ids)),
        micros=micros[order],
        sku=sku[order],
        kind=kinds[order],
    )


def touches(visits: Visits) -> Touches:
    """List which SKUs each visit was about.

    Parameters
    ----------
    visits : Visits
        A day.

    Returns
    -------
    Touches
        Events without a SKU are left out.
    """
    rows = np.flatnonzero(visits.sku >= 0)
    key = (visits.of_event[rows] << 32) | visits.sku[rows]
    order = np.argsort(key, kind="stable")
    key = key[order]
    fresh = np.flatnonzero(np.diff(key, prepend=-1) != 0)
    return Touches(
        visit=key[fresh] >> 32,
        sku=key[fresh] & (2**32 - 1),
        first=visits.micros[rows[order[fresh]]],
        n_events=np.diff(np.append(fresh, len(key))),
        looked=np.logical_or.reduceat(~SETTLED[visits.kind[rows[order]]], fresh)
        if len(fresh)
        else np.zeros(0, dtype=np.bool_),
    )


def orders_of(table: Any, names: SkuNames) -> Ints:
    """Count the orders of each SKU, those of unknown users too.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical events of a day.
    names : SkuNames
        Numbers the SKUs.

    Returns
    -------
    ndarray of int, shape (n_skus,)
        Events of a kind in `VOUCHING`; those of declared robots are left out.
    """
    rows = VOUCHING[kind_numbers(table)] & _undeclared(table)
    sku = names.encode(table.filter(pa.array(rows)))
    return np.bincount(sku[sku >= 0], minlength=len(names))


def _undeclared(table: Any) -> BoolArray:
    """Tell which events the log itself does not distrust."""
    if "trust" not in table.column_names:
        return np.ones(table.num_rows, dtype=np.bool_)
    return np.asarray(~(table.column("trust").to_numpy() < _DECLARED), dtype=np.bool_)


def _sorted(key: Ints, sku_hash: Ids, kinds: NDArray[np.int8]) -> NDArray[np.intp]:
    """Return the order by key; SKU and kind decide where a user does two things at once."""
    order = np.argsort(key)
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if len(tied):
        rows = order[tied]
        order[tied] = rows[np.lexsort((kinds[rows], sku_hash[rows], key[rows]))]
    return order
