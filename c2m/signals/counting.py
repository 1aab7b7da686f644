"""Counts of one period: events, units, money and distinct users, day after day."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.coding import Codes, SeriesCoder, user_ids
from c2m.signals.distinct import DistinctPairs, Ids, UserNumbers
from c2m.signals.ledger import ACTIVE, SOLD_PRICED, STOCK_DAYS, UNPRICED, FloatArray, Ledger
from c2m.signals.schema import EVENT_TYPES, KINDS
from c2m.signals.tally import Tally

_N_KINDS: Final = len(KINDS)
_PURCHASE: Final = KINDS.index("purchase")
_STOCK_LEVEL: Final = KINDS.index("stock_level")


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
    """

    def __init__(self, series: SeriesCoder, kinds: Collection[int] | None, tally: Tally) -> None:
        self.series, self.tally = series, tally
        self.kinds = None if kinds is None else np.isin(np.arange(_N_KINDS), list(kinds))
        self.sums: dict[str, FloatArray] = {}  # [S] each
        self.pairs: defaultdict[int, DistinctPairs] = defaultdict(DistinctPairs)
        self.numbers = UserNumbers()
        self.n_events = 0
        self.currencies: dict[str | None, int] = {}

    def add(self, table: Any) -> None:
        """Count the events of a day.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical events.
        """
        kinds = _kind_numbers(table)
        if self.kinds is not None and not (wanted := self.kinds[kinds]).all():
            table, kinds = table.filter(pa.array(wanted)), kinds[wanted]
        series = self.series.encode(table)
        if (nowhere := series < 0).any():
            self.tally.add("no sku", int(np.count_nonzero(nowhere)))
            table, kinds = table.filter(pa.array(~nowhere)), kinds[~nowhere]
            series = series[~nowhere]
        self.n_events += len(series)
        self._sum(ACTIVE, series)
        users, known = self._users(table, kinds)
        for kind in np.flatnonzero(np.bincount(kinds, minlength=_N_KINDS)):
            rows = np.flatnonzero(kinds == kind)
            self._add_kind(int(kind), series[rows], rows, users, known)
            if EVENT_TYPES[KINDS[kind]].units is not None:
                self._add_units(int(kind), table, series[rows], rows)
        if "in_stock" in table.column_names or (kinds == _STOCK_LEVEL).any():
            self._add_stock(table, series, kinds)

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
            counts = pairs.counts(len(self.series))
            ledger.enter(str(EVENT_TYPES[KINDS[kind]].users), period, counts.astype(np.float64))
        ledger.events[period] = ledger.events.get(period, 0) + self.n_events

    def _sum(self, name: str, series: Codes, amounts: FloatArray | None = None) -> None:
        added = np.bincount(series, weights=amounts, minlength=len(self.series))
        total = self.sums.get(name)
        self.sums[name] = added.astype(np.float64) if total is None else _plus(total, added)

    def _users(
        self, table: Any, kinds: NDArray[np.int8]
    ) -> tuple[Ids, BoolArray] | tuple[None, None]:
        if "user_key" not in table.column_names:
            return None, None
        ids, known = user_ids(table.column("user_key"))
        if not known.all():
            self.tally.add("no user", int(np.count_nonzero(~known & (kinds != _STOCK_LEVEL))))
        return self.numbers.of(ids), known

    def _add_kind(
        self,
        kind: int,
        series: Codes,
        rows: NDArray[np.intp],
        users: Ids | None,
        known: BoolArray | None,
    ) -> None:
        """Count the events of a kind, and collect who they came from."""
        what = EVENT_TYPES[KINDS[kind]]
        if what.count is not None:
            self._sum(what.count, series)
        if what.users is None or users is None or known is None:
            return
        named = known[rows]
        if named.all():
            self.pairs[kind].add(series, users[rows])
        elif named.any():
            self.pairs[kind].add(series[named], users[rows[named]])

    def _add_units(self, kind: int, table: Any, series: Codes, rows: NDArray[np.intp]) -> None:
        """Sum units, and the money of purchases."""
        given = _numbers(table, "quantity")[rows]
        units = np.where(np.isnan(given), 1.0, given)
        self.tally.add(f"no quantity {KINDS[kind]}", int(np.count_nonzero(np.isnan(given))))
        self._sum(str(EVENT_TYPES[KINDS[kind]].units), series, units)
        if kind == _PURCHASE and "unit_price" in table.column_names:
            price = table.column("unit_price").to_numpy()[rows]
            priced = ~np.isnan(price)
            self._sum("revenue", series[priced], units[priced] * price[priced])
            self._sum(SOLD_PRICED, series[priced], units[priced])
            self._sum(UNPRICED, series[~priced])
            self.tally.add("no price", int(np.count_nonzero(~priced)))
            self._note_currencies(table, rows[priced])

    def _note_currencies(self, table: Any, rows: NDArray[np.intp]) -> None:
        if "currency" not in table.column_names:
            return
        for entry in table.column("currency").take(pa.array(rows)).value_counts().to_pylist():
            code = entry["values"] or None
            self.currencies[code] = self.currencies.get(code, 0) + entry["counts"]

    def _add_stock(self, table: Any, series: Codes, kinds: NDArray[np.int8]) -> None:
        """Average a day's shares in stock, so that a busy hour does not outweigh an empty one."""
        share, level = _numbers(table, "in_stock"), _numbers(table, "quantity")
        stock = kinds == _STOCK_LEVEL
        share = np.where(stock & np.isnan(share) & ~np.isnan(level), level > 0, share)
        known = ~np.isnan(share)
        self.tally.add("no stock", int(np.count_nonzero(stock & ~known)))
        count = np.bincount(series[known], minlength=len(self.series))
        total = np.bincount(series[known], weights=share[known], minlength=len(self.series))
        seen = np.flatnonzero(count)
        self._sum("in_stock", seen, total[seen] / count[seen])
        self._sum(STOCK_DAYS, seen)


def _kind_numbers(table: Any) -> NDArray[np.int8]:
    """Return the number of each event's kind; the dictionary of kinds is always `KINDS`."""
    chunks = [chunk.indices.to_numpy() for chunk in table.column("event_type").chunks]
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int8)


def _numbers(table: Any, name: str) -> FloatArray:
    """Return a column of numbers, all unknown where the log has no such column."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table.column(name).to_numpy(), dtype=np.float64)


def _plus(total: FloatArray, added: NDArray[Any]) -> FloatArray:
    """Add arrays of which the first may be shorter, because series came since."""
    if len(total) == len(added):
        total += added
        return total
    result = added.astype(np.float64)
    result[: len(total)] += total
    return result
