"""Rows of the GA4 export as canonical events, an event an item."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from c2m.signals.reading.consent import Consent, granted
from c2m.signals.schema import EVENT_TYPES
from c2m.signals.schemas.ga4_orders import Line, Order, Orders
from c2m.signals.schemas.ga4_rows import ITEM_NUMBERS, ITEM_TEXTS, Positions, Rows
from c2m.signals.schemas.layout import ROW, Aside, Bad
from c2m.signals.schemas.orders import campaign

_UNSET: Final = pa.array(["", "(not set)", "(none)", "(data deleted)"])
_FIX_ITEMS: Final = "send 'items' with every event of the shop, each with 'item_id'"
_FIX_REFUND: Final = (
    "open the log from the day of the purchase on, send 'items' with refunds, or take returns from "
    "the shop's own orders"
)
REPEATED: Final = "purchase of a transaction_id that was counted before"
REFUNDED: Final = "refund of an order that was refunded before"


def to_events(rows: Rows, kinds: Mapping[str, str], orders: Orders) -> Iterator[Any]:
    """Yield the events of rows.

    Parameters
    ----------
    rows : Rows
        Events of names in `kinds`, with their items.
    kinds : mapping of str to str
        Name of an event -> canonical kind.
    orders : Orders
        What the pass has seen of orders so far; it is added to.

    Yields
    ------
    pyarrow.RecordBatch or Aside
        Canonical events, then what was set aside.
    """
    if not len(rows.row):
        return
    names = rows.columns["name"].to_pylist()
    kind = np.array([kinds[name] for name in names], dtype=object)
    device = _set(rows.columns["device_id"])
    order = _set(pc.coalesce(rows.columns["order"], rows.columns["order_parameter"]))
    event_key = _event_keys(rows, device, order, kind)
    settlement = _Settlement(rows, orders, order.to_pylist())
    rows = settlement.settle(kind)
    event, item = _places(rows, kind, settlement.bad, names)
    yield _batch(rows, kind, device, order, event_key, event, item)
    if settlement.bad or settlement.unread:
        yield Aside(tuple(settlement.bad), settlement.unread)


def _set(values: Any) -> Any:
    """Return texts, null where they only say that there is none."""
    return pc.if_else(pc.is_in(values, _UNSET), None, values)


def _event_keys(rows: Rows, device: Any, order: Any, kind: Any) -> Any:
    """Return what tells an event from all others, and is the same in every export of it.

    A purchase is its order. Other events are told apart by device, session, moment, and their
    place in the batch that the device sent.
    """
    columns = rows.columns
    page = pc.coalesce(columns["page"], columns["page_parameter"])
    ordering = pc.coalesce(columns["ordering"], columns["ordering_parameter"])
    parts = [device, columns["session"], rows.time.cast(pa.string()), columns["name"], page]
    parts += [ordering, columns["index"], columns["stream"], order]
    plain = pc.binary_join_element_wise(*parts, "|", null_handling="replace", null_replacement="")
    bought = pa.array(kind == "purchase")
    ordered = pc.binary_join_element_wise("purchase", order, "|")
    return pc.if_else(pc.and_(bought, pc.is_valid(order)), ordered, plain)


class _Settlement:
    """What becomes of the purchases and refunds of some rows."""

    def __init__(self, rows: Rows, orders: Orders, names: list[str | None]) -> None:
        self.rows, self.orders, self.names = rows, orders, names
        self.moments = rows.time.to_pylist()
        self.starts = np.searchsorted(rows.event, np.arange(len(rows.row) + 1))
        self.gone: list[int] = []
        self.added: dict[int, list[Line]] = {}
        self.currencies: dict[int, str | None] = {}
        self.bad: list[tuple[Bad, Mapping[str, Any]]] = []
        self.unread: Counter[str] = Counter()

    def settle(self, kind: Any) -> Rows:
        """Leave out purchases that were counted before, and give whole refunds their items."""
        about = np.flatnonzero((kind == "purchase") | (kind == "return")).tolist()
        for place in sorted(about, key=lambda at: (self.moments[at] or 0, kind[at] == "return")):
            lines = _lines(self.rows, int(self.starts[place]), int(self.starts[place + 1]))
            name = self.names[place]
            if kind[place] == "return":
                self._refund(place, name, lines)
            elif name is not None:
                self._buy(place, name, lines)
        return _with_lines(self.rows, self.gone, self.added, self.currencies)

    def _buy(self, place: int, name: str, lines: list[Line]) -> None:
        currency = self.rows.columns["currency"][place].as_py()
        if not self.orders.buy(name, Order(str(self.moments[place]), currency, lines)):
            self.gone.append(place)
            self.unread[REPEATED] += 1

    def _refund(self, place: int, name: str | None, lines: list[Line]) -> None:
        if lines:
            if name is not None:
                self.orders.refund(name, str(self.moments[place]), lines)
            return
        rest = None if name is None else self.orders.refund_rest(name, str(self.moments[place]))
        if rest is not None and rest[1]:
            self.currencies[place], self.added[place] = rest
            return
        self.gone.append(place)
        if rest is None:
            reason = "a refund without items of an order that this log does not hold"
            self.bad.append((Bad(int(self.rows.row[place]), reason, _FIX_REFUND), {}))
        else:
            self.unread[REFUNDED] += 1


def _lines(rows: Rows, start: int, stop: int) -> list[Line]:
    names = ("sku", "variant", "price", "quantity", "store")
    columns = [rows.items[name].slice(start, stop - start).to_pylist() for name in names]
    return list(zip(*columns, strict=True))


def _with_lines(
    rows: Rows,
    gone: list[int],
    added: Mapping[int, list[Line]],
    currencies: Mapping[int, str | None],
) -> Rows:
    """Return rows without the items of some events, and with items for others."""
    if not gone and not added:
        return rows
    keep = ~np.isin(rows.event, gone)
    event, items = (
        rows.event[keep],
        {name: values.filter(pa.array(keep)) for name, values in rows.items.items()},
    )
    more = [(place, line) for place, lines in added.items() for line in lines]
    names = ("sku", "variant", "price", "quantity", "store")
    for at, name in enumerate(names):
        own = pa.array([line[at] for _, line in more], items[name].type)
        items[name] = pa.concat_arrays([items[name], own])
    event = np.append(event, np.array([place for place, _ in more], dtype=np.int64))
    order = np.argsort(event, kind="stable")
    columns = dict(rows.columns)
    if currencies:
        known = columns["currency"].to_pylist()
        columns["currency"] = pa.array(
            [currencies.get(place) or own for place, own in enumerate(known)], pa.string()
        )
    kept = {name: values.take(pa.array(order)) for name, values in items.items()}
    settled = np.zeros(len(rows.row), dtype=bool)
    settled[gone] = True
    columns["settled"] = pa.array(settled)
    return replace(rows, columns=columns, event=event[order], items=kept)


def _places(
    rows: Rows, kind: Any, bad: list[tuple[Bad, Mapping[str, Any]]], names: list[str]
) -> tuple[Positions, Any]:
    """Return, for each canonical event, its row and its item; null where it has none.

    Events without items are bad, but for those that need no SKU.
    """
    empty = np.ones(len(rows.row), dtype=bool)
    empty[rows.event] = False
    if "settled" in rows.columns:
        empty &= ~rows.columns["settled"].to_numpy(zero_copy_only=False)
    bare = []
    for place in np.flatnonzero(empty).tolist():
        if EVENT_TYPES[kind[place]].needs_sku:
            bad.append((Bad(int(rows.row[place]), f"no items in {names[place]!r}", _FIX_ITEMS), {}))
        else:
            bare.append(place)
    event = np.append(rows.event, np.array(bare, dtype=np.int64))
    item = np.append(np.arange(len(rows.event)), np.zeros(len(bare), dtype=np.int64))
    return event, pa.array(item, mask=np.arange(len(event)) >= len(rows.event))


def _batch(
    rows: Rows, kind: Any, device: Any, order: Any, event_key: Any, event: Positions, item: Any
) -> Any:
    at, columns = pa.array(event), rows.columns
    items = {name: rows.items[name].take(item) for name in (*ITEM_TEXTS, *ITEM_NUMBERS)}
    sku = _set(items["sku"])
    place = np.arange(len(event)) - np.searchsorted(rows.event, event)
    transient = pc.equal(columns["transient"], "Yes").fill_null(False)
    user = pc.if_else(transient, None, pc.coalesce(device, _set(columns["user_id"])))
    session = pc.if_else(
        transient,
        None,
        pc.binary_join_element_wise(
            pc.coalesce(device, _set(columns["user_id"])), columns["session"], "|"
        ),
    )
    own = {
        "event_id": pc.binary_join_element_wise(
            event_key.take(at),
            sku,
            pa.array(place).cast(pa.string()),
            "|",
            null_handling="replace",
            null_replacement="",
        ),
        "event_time": rows.time.cast(pa.timestamp("us", tz="UTC")).take(at),
        "event_type": pa.array(kind, pa.string()).take(at),
        "sku": sku,
        "product_id": sku,
        "variant_id": _set(items["variant"]),
        "quantity": items["quantity"],
        "unit_price": items["price"],
        "currency": _set(columns["currency"]).take(at),
        "user_key": user.take(at),
        "session_key": session.take(at),
        "order_id": order.take(at),
        "channel": columns["platform"].take(at),
        "store_id": _set(items["store"]),
        "region": _set(columns["country"]).take(at),
        "consent": _consent(columns).take(at),
        ROW: pa.array(rows.row).take(at),
    }
    for name in ("source", "medium", "campaign"):
        words = pc.coalesce(columns[f"session_{name}"], columns[name])
        own[name] = _words(words).take(at)
    return pa.record_batch(own)


def _consent(columns: Mapping[str, Any]) -> Any:
    analytics = _yes(columns["analytics"]) * int(Consent.ANALYTICS)
    return pa.array((analytics + _yes(columns["ads"]) * int(Consent.ADS)).astype(np.float64))


def _yes(values: Any) -> Any:
    coded = values.dictionary_encode()
    known = np.array([*(granted(word) for word in coded.dictionary.to_pylist()), False])
    codes = coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
    return known[codes].astype(np.int64)


def _words(values: Any) -> Any:
    """Return words of campaigns, null where they may hold an address or a person's number."""
    coded = values.dictionary_encode()
    words = pa.array([campaign(word) for word in coded.dictionary.to_pylist()], pa.string())
    return _set(words.take(coded.indices))
