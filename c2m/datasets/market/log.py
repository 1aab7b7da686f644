"""The event log of one day: traces of buyers, people who only look, and fake traffic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.fakes import fake_traffic
from c2m.datasets.market.settings import ANNOUNCED, Settings, Stream
from c2m.datasets.market.stock import Flows, clock
from c2m.datasets.market.table import CODE, NO_ORDER, Rows, event_table
from c2m.datasets.market.units import NEVER, ONLINE_TRACES, STORE_TRACES, UnitTable, UnitWindow

if TYPE_CHECKING:
    import pyarrow as pa

BROWSING: Final = np.array([0.78, 0.12, 0.035, 0.01, 0.03, 0.02, 0.005])
"""Shares of the first seven kinds among the events of people who will not buy."""

_NOTIFY: Final = 0.35


@dataclass(frozen=True)
class LogMaker:
    """Everything that the log of a day is made from.

    Parameters
    ----------
    settings : Settings
        Of the market.
    brand : Assortment
        SKUs and locations.
    flows : Flows
        Units by day, SKU and location.
    browsing : ndarray, shape (n_skus, n_days)
        Expected events of people who will not buy.
    price : ndarray, shape (n_days, n_skus)
        Planned prices.
    """

    settings: Settings
    brand: Assortment
    flows: Flows
    browsing: NDArray[np.float64]
    price: NDArray[np.float64]

    def day(self, day: int, window: UnitWindow) -> "pa.Table":
        """Make the log of one day.

        Parameters
        ----------
        day : int
            Number of the day.
        window : UnitWindow
            Where the units of the days around it come from.

        Returns
        -------
        pyarrow.Table
            Canonical events, sorted by time.
        """
        rng = self.settings.rng(Stream.LOG, day)
        around = window.around(day)
        parts = [
            *self._traces(day, around, rng),
            *self._bought(day, around[day], rng),
            *self._returned(day, around, rng),
            self._browsed(day, rng),
        ]
        parts = [*self._shown(day, parts), self._faked(day)]
        joined = {
            item.name: np.concatenate([getattr(part, item.name) for part in parts])
            for item in fields(Rows)
        }
        order = np.argsort(joined["minute"], kind="stable")
        rows = Rows(**{name: part[order] for name, part in joined.items()})
        return event_table(self.settings, self.brand, self.flows, day, rows)

    def _rows(
        self,
        day: int,
        kind: NDArray[np.int8],
        units: tuple[NDArray[np.int32], NDArray[np.int64]],
        minute: NDArray[np.float64],
    ) -> Rows:
        """Return online events without an order."""
        sku, user = units
        return Rows(
            kind=kind,
            sku=sku,
            location=np.zeros(len(sku), dtype=np.int32),
            user=user,
            minute=minute,
            price=self.price[day, sku],
            order=np.full(len(sku), NO_ORDER),
        )

    def _traces(
        self, day: int, around: dict[int, UnitTable], rng: np.random.Generator
    ) -> Iterator[Rows]:
        """Yield what the buyers of today and of later days do today."""
        for kind, names in (
            ("view", ("first", "second")),
            ("wishlist_add", ("wish",)),
            ("cart_add", ("cart",)),
        ):
            for name in names:
                yield self._lead_traces(day, around, kind, name, rng)
        today = around[day]
        seen = np.flatnonzero(today.today)
        minute = today.minute[seen] * rng.random(len(seen))
        kinds = np.full(len(seen), CODE["view"], dtype=np.int8)
        yield self._rows(day, kinds, (today.sku[seen], today.user[seen]), minute)

    def _lead_traces(
        self,
        day: int,
        around: dict[int, UnitTable],
        kind: str,
        name: str,
        rng: np.random.Generator,
    ) -> Rows:
        """Return the traces of one kind of the units of today and later days."""
        sku, user, latest = [], [], []
        for later, units in around.items():
            if later < day:
                continue
            here = np.flatnonzero(getattr(units, name) == later - day)
            if later == day and kind == "cart_add":
                here = here[units.sold[here]]  # what is out of stock cannot be put into a cart
            sku.append(units.sku[here])
            user.append(units.user[here])
            latest.append(units.minute[here] if later == day else np.full(len(here), np.inf))
        skus, users = np.concatenate(sku), np.concatenate(user)
        until = np.concatenate(latest).astype(np.float64)
        chance = rng.random(len(skus))
        minute = np.where(np.isinf(until), clock(chance), np.minimum(until, 1439) * chance)
        age = day - self.brand.launch[skus]
        kinds = np.full(len(skus), CODE[kind], dtype=np.int8)
        if kind == "cart_add":
            kinds = np.where(age < 0, CODE["notify_me"], kinds).astype(np.int8)
        known = age >= -ANNOUNCED
        return self._rows(day, kinds[known], (skus[known], users[known]), minute[known])

    def _bought(self, day: int, units: UnitTable, rng: np.random.Generator) -> Iterator[Rows]:
        """Yield today's purchases, and the wish to be told of those who found nothing online."""
        sold = np.flatnonzero(units.sold)
        yield Rows(
            kind=np.full(len(sold), CODE["purchase"], dtype=np.int8),
            sku=units.sku[sold],
            location=units.location[sold],
            user=units.user[sold],
            minute=units.minute[sold].astype(np.float64),
            price=self.price[day, units.sku[sold]],
            order=day * 10**8 + sold,
        )
        lost = np.flatnonzero(~units.sold & (units.location == 0))
        lost = lost[rng.random(len(lost)) < _NOTIFY]
        kinds = np.full(len(lost), CODE["notify_me"], dtype=np.int8)
        minute = units.minute[lost].astype(np.float64)
        yield self._rows(day, kinds, (units.sku[lost], units.user[lost]), minute)

    def _returned(
        self, day: int, around: dict[int, UnitTable], rng: np.random.Generator
    ) -> Iterator[Rows]:
        """Yield what comes back today, at the price and under the order of its purchase."""
        for earlier, units in around.items():
            if earlier >= day:
                continue
            back = np.flatnonzero((units.back != NEVER) & (units.back == day - earlier))
            yield Rows(
                kind=np.full(len(back), CODE["return"], dtype=np.int8),
                sku=units.sku[back],
                location=units.location[back],
                user=units.user[back],
                minute=clock(rng.random(len(back))),
                price=self.price[earlier, units.sku[back]],
                order=earlier * 10**8 + back,
            )

    def _browsed(self, day: int, rng: np.random.Generator) -> Rows:
        """Return the events of people who will not buy; some come back several times a day."""
        count = rng.poisson(self.browsing[:, day])
        sku = np.repeat(np.arange(len(count), dtype=np.int32), count)
        kinds = np.searchsorted(np.cumsum(BROWSING)[:-1], rng.random(len(sku)), side="right")
        active = rng.integers(0, self.settings.n_users, self.settings.n_users // 20)
        user = active[rng.integers(0, len(active), len(sku))]
        not_yet = self.brand.launch[sku] > day
        out = not_yet | (self.flows.minutes[day, sku, 0] == 0)
        kinds = np.where(out & (kinds == CODE["cart_add"]), CODE["notify_me"], kinds)
        kinds = np.where(not_yet & (kinds == CODE["cart_remove"]), CODE["share"], kinds)
        return self._rows(day, kinds.astype(np.int8), (sku, user), clock(rng.random(len(sku))))

    def _shown(self, day: int, parts: Sequence[Rows]) -> Iterator[Rows]:
        """Leave out the views that are not made because the shop hides what is out of stock."""
        hidden = self.settings.page_suppression
        if not hidden:
            yield from parts
            return
        rng = self.settings.rng(Stream.HIDDEN, day)
        for part in parts:
            out = part.minute >= self.flows.minutes[day, part.sku, 0]
            out &= self.brand.launch[part.sku] <= day
            kept = ~(out & (part.kind == CODE["view"]) & (rng.random(len(out)) < hidden))
            yield Rows(**{item.name: getattr(part, item.name)[kept] for item in fields(Rows)})

    def _faked(self, day: int) -> Rows:
        fake = fake_traffic(self.settings, self.brand, day)
        kinds = np.where(fake.is_cart, CODE["cart_add"], CODE["view"]).astype(np.int8)
        return self._rows(day, kinds, (fake.sku.astype(np.int32), fake.user), fake.minute)


def browsing_per_unit(settings: Settings) -> float:
    """Return the events of people who will not buy that a unit of demand stands beside.

    It is chosen so that a mean day has `events_per_day` events.

    Parameters
    ----------
    settings : Settings
        Events a day and shares.

    Returns
    -------
    float
        At least 1.
    """
    real = settings.events_per_day * (1 - settings.fake_share) / (1 + settings.duplicate_share)
    online, store = sum(ONLINE_TRACES.values()), sum(STORE_TRACES.values())
    share = 0.6 if settings.n_stores else 1.0
    bought = 1 + settings.return_rate * (share + 0.4 * (1 - share))
    traces = share * online + (1 - share) * store + bought
    return max(1.0, real / settings.units_per_day - traces)
