"""Counts of one period: events, units, money and distinct users, day after day."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.counting.coding import Codes, SeriesCoder, kind_numbers, numbers_of, user_ids
from c2m.signals.counting.distinct import DistinctPairs, Ids, UserNumbers, WeightedPairs
from c2m.signals.counting.ledger import (
    ACTIVE,
    RAW,
    SOLD_PRICED,
    STOCK_DAYS,
    UNPRICED,
    FloatArray,
    Ledger,
)
from c2m.signals.reading.tally import Tally
from c2m.signals.schema import EVENT_TYPES, KINDS

_N_KINDS: Final = len(KINDS)
_PURCHASE: Final = KINDS.index("purchase")
_STOCK_LEVEL: Final = KINDS.index("stock_level")


class Weigher(Protocol):
    """What `PeriodCounter` needs of a trust: `c2m.signals.trust.Trust` is one."""

    def weights(self, day: int, users: Ids, known: BoolArray) -> FloatArray:
        """Return the weight of each event of a day.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        users : ndarray of uint64, shape (n_rows,)
            Who: see `c2m.signals.counting.coding.user_ids`.
        known : ndarray of bool, shape (n_rows,)
            Where the user is known.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            0 (counts nothing) to 1 (counts in full).
        """
        ...


class PeriodCounter:
    """Counts the events of one period.

    Parameters
    ----------
    series : SeriesCoder
        Numbers the series; grows over the whole pass.
    kinds : collection of int, optional
        Numbers of the kinds to count; all unless given.
    tally : Tally
        Told what was assumed or left out.
    weigher : Weigher, optional
        Weighs events by their user and day.
    weighted : bool
        Whether the column ``trust`` of the events (unknown: 1) weighs them; with a weigher both
        weights are multiplied, and the column counts anyway.

    Notes
    -----
    With weights, counts, units and money are sums of weights times what they were: an event of
    weight 0.2 is a fifth of a view. Distinct users are the sum, over the users of a series and
    kind, of the largest weight that each had in the period. Beside each of these channels
    ``raw_<channel>`` holds what it is without weights. Shares in stock have no weight.
    """

    def __init__(
        self,
        series: SeriesCoder,
        kinds: Collection[int] | None,
        tally: Tally,
        weigher: Weigher | None = None,
        *,
        weighted: bool = False,
    ) -> None:
        self.series, self.tally, self.weigher = series, tally, weigher
        self.weighted = weighted or weigher is not None
        self.kinds = None if kinds is None else np.isin(np.arange(_N_KINDS), list(kinds))
        self.sums: dict[str, NDArray[Any]] = {}  # [S] each, whole numbers where nothing is weighed
        self.pairs: defaultdict[int, DistinctPairs] = defaultdict(DistinctPairs)
        self.trusted: defaultdict[int, WeightedPairs] = defaultdict(WeightedPairs)
        self.numbers = UserNumbers()
        self.n_events = 0
        self.currencies: dict[str | None, int] = {}

    def add(self, table: Any, day: int = 0) -> None:
        """Count the events of a day.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical events.
        day : int
            Days since 1970-01-01; the weigher is told.
        """
        kinds = kind_numbers(table)
        if self.kinds is not None and not (wanted := self.kinds[kinds]).all():
            table, kinds = table.filter(pa.array(wanted)), kinds[wanted]
        series = self.series.encode(table)
        if (nowhere := series < 0).any():
            self.tally.add("no sku", int(np.count_nonzero(nowhere)))
            table, kinds = table.filter(pa.array(~nowhere)), kinds[~nowhere]
            series = series[~nowhere]
        self.n_events += len(series)
        self._sum(ACTIVE, series)
        if "in_stock" in table.column_names or (kinds == _STOCK_LEVEL).any():
            self._add_stock(table, series, kinds)
        for kind, events in _by_kind(self._read(table, kinds, series, day), kinds):
            self._add_kind(kind, events)
            if EVENT_TYPES[KINDS[kind]].units is not None:
                self._add_units(kind, events, table)

    def close(self, period: int, ledger: Ledger) -> None:
        """Enter what was counted.

        Parameters
        ----------
        period : int
            Number of the period.
        ledger : Ledger
            Where to.
        """
        for name, sums in self.sums.items():
            ledger.enter(name, period, sums)
        for kind, pairs in self.pairs.items():
            name = str(EVENT_TYPES[KINDS[kind]].users)
            counts = pairs.counts(len(self.series))
            ledger.enter(RAW + name if self.weighted else name, period, counts)
        for kind, trusted in self.trusted.items():
            name = str(EVENT_TYPES[KINDS[kind]].users)
            ledger.enter(name, period, trusted.counts(len(self.series)))
        ledger.events[period] = ledger.events.get(period, 0) + self.n_events

    def _read(self, table: Any, kinds: NDArray[np.int8], series: Codes, day: int) -> "_Rows":
        """Return what is counted of each event: its series, its user, its weight."""
        users = known = None
        if "user_key" in table.column_names:
            users, known = user_ids(table.column("user_key"))
            if not known.all():
                self.tally.add("no user", int(np.count_nonzero(~known & (kinds != _STOCK_LEVEL))))
        weights = self._weights(table, users, known, day) if self.weighted else None
        numbers = None if users is None else self.numbers.of(users)
        return _Rows(np.arange(len(series)), series, numbers, known, weights)

    def _weights(
        self, table: Any, users: Ids | None, known: BoolArray | None, day: int
    ) -> FloatArray:
        weights = np.ones(table.num_rows)
        if "trust" in table.column_names:
            own = numbers_of(table, "trust")
            weights = np.where(np.isnan(own), 1.0, own)
        if self.weigher is not None:
            if users is None or known is None:
                users, known = np.zeros(len(weights), np.uint64), np.zeros(len(weights), bool)
            weights = weights * self.weigher.weights(day, users, known)
        self.tally.add("weighed", int(np.count_nonzero(weights < 1)))
        return weights

    def _sum(
        self,
        name: str,
        series: Codes,
        amounts: FloatArray | None = None,
        weights: FloatArray | None = None,
    ) -> None:
        """Add amounts, 1 each unless given; with weights, add them both with and without."""
        if weights is not None:
            self._sum(RAW + name, series, amounts)
            amounts = weights if amounts is None else amounts * weights
        added = np.bincount(series, weights=amounts, minlength=len(self.series))
        total = self.sums.get(name)
        self.sums[name] = added if total is None else _plus(total, added)

    def _add_kind(self, kind: int, events: "_Rows") -> None:
        """Count the events of a kind, and collect who they came from."""
        what = EVENT_TYPES[KINDS[kind]]
        if what.count is not None:
            self._sum(what.count, events.series, weights=events.weights)
        if what.users is None or events.users is None or events.known is None:
            return
        if not events.known.all():
            events = events.take(events.known)
        if events.users is not None and len(events.users):
            self.pairs[kind].add(events.series, events.users)
            if events.weights is not None:
                self.trusted[kind].add(events.series, events.users, events.weights)

    def _add_units(self, kind: int, events: "_Rows", table: Any) -> None:
        """Sum units, and the money of purchases."""
        given = numbers_of(table, "quantity")[events.rows]
        units = np.where(np.isnan(given), 1.0, given)
        self.tally.add(f"no quantity {KINDS[kind]}", int(np.count_nonzero(np.isnan(given))))
        name = str(EVENT_TYPES[KINDS[kind]].units)
        self._sum(name, events.series, units, events.weights)
        if kind == _PURCHASE and "unit_price" in table.column_names:
            price = table.column("unit_price").to_numpy()[events.rows]
            known = ~np.isnan(price)
            priced = events.take(known)
            self._sum("revenue", priced.series, units[known] * price[known], priced.weights)
            self._sum(SOLD_PRICED, priced.series, units[known], priced.weights)
            self._sum(UNPRICED, events.series[~known])
            self.tally.add("no price", int(np.count_nonzero(~known)))
            self._note_currencies(table, priced.rows)

    def _note_currencies(self, table: Any, rows: NDArray[np.intp]) -> None:
        if "currency" not in table.column_names:
            return
        for entry in table.column("currency").take(pa.array(rows)).value_counts().to_pylist():
            code = entry["values"] or None
            self.currencies[code] = self.currencies.get(code, 0) + entry["counts"]

    def _add_stock(self, table: Any, series: Codes, kinds: NDArray[np.int8]) -> None:
        """Average a day's shares in stock, so that a busy hour does not outweigh an empty one."""
        share, level = numbers_of(table, "in_stock"), numbers_of(table, "quantity")
        stock = kinds == _STOCK_LEVEL
        share = np.where(stock & np.isnan(share) & ~np.isnan(level), level > 0, share)
        known = ~np.isnan(share)
        self.tally.add("no stock", int(np.count_nonzero(stock & ~known)))
        count = np.bincount(series[known], minlength=len(self.series))
        total = np.bincount(series[known], weights=share[known], minlength=len(self.series))
        seen = np.flatnonzero(count)
        self._sum("in_stock", seen, total[seen] / count[seen])
        self._sum(STOCK_DAYS, seen)


@dataclass(frozen=True)
class _Rows:
    """What is counted of some events."""

    rows: NDArray[np.intp]  # places in the table
    series: Codes
    users: Ids | None
    known: BoolArray | None
    weights: FloatArray | None

    def take(self, which: "BoolArray | NDArray[np.intp] | slice") -> "_Rows":
        """Return some of them."""
        columns = (self.rows, self.series, self.users, self.known, self.weights)
        return _Rows(*(None if column is None else column[which] for column in columns))  # type: ignore[arg-type]


def _by_kind(events: _Rows, kinds: NDArray[np.int8]) -> Iterator[tuple[int, _Rows]]:
    """Yield the events of each kind that occurs."""
    counts = np.bincount(kinds, minlength=_N_KINDS)
    ordered = events.take(np.argsort(kinds, kind="stable"))
    stops = np.cumsum(counts)
    for kind in np.flatnonzero(counts):
        yield int(kind), ordered.take(slice(stops[kind] - counts[kind], stops[kind]))


def _plus(total: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
    """Add arrays of which the first may be shorter, because series came since."""
    if len(total) == len(added) and total.dtype == added.dtype:
        total += added
        return total
    result = added.astype(np.result_type(total, added))
    result[: len(total)] += total
    return result
