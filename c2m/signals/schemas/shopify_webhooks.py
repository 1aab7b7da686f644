"""Shopify's webhooks: deliveries with their headers, or their bodies alone, one a record."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Layout, Outcome, Record, Unread
from c2m.signals.schemas.shopify_agents import is_agent_order, placed_at, read_agent_order
from c2m.signals.schemas.shopify_bodies import (
    FIX_BODY,
    Body,
    order_id,
    read_cancelled,
    read_level,
    read_order,
    read_refund,
)
from c2m.signals.schemas.values import children, micros, text

_ENVELOPE: Final = ("headers", "metadata", "topic", "payload", "body", "detail")
_BODY: Final = (
    *("id", "created_at", "processed_at", "updated_at", "cancelled_at", "created_time"),
    *("currency", "customer", "source_name", "location_id", "landing_site", "shipping_address"),
    *("financial_status", "test", "line_items", "refunds", "order_id", "refund_line_items"),
    *("inventory_item_id", "available", "variants"),
    *("ucp", "adjustments", "fulfillment", "restock"),
)

_STATES: Final = frozenset(
    {
        *("orders/create", "orders/updated", "orders/paid", "orders/cancelled"),
        *("orders/fulfilled", "orders/partially_fulfilled"),
    }
)
"""Topics whose body is the whole order."""

_LEVELS: Final = frozenset({"inventory_levels/update", "inventory_levels/connect"})
_PRODUCTS: Final = frozenset({"products/create", "products/update"})
_OTHERS: Final = frozenset(
    {
        *("orders/delete", "orders/edited", "products/delete", "inventory_levels/disconnect"),
        *("customers/create", "customers/update", "customers/delete", "fulfillments/create"),
        *("fulfillments/update", "checkouts/create", "checkouts/update", "carts/create"),
        *("carts/update", "app/uninstalled", "shop/update", "inventory_items/update"),
    }
)
_SLASHED: Final = MappingProxyType(
    {
        topic.replace("/", "_"): topic
        for topic in {"refunds/create"} | _STATES | _LEVELS | _PRODUCTS | _OTHERS
    }
)


@dataclass(frozen=True)
class _Delivery:
    """A webhook as it came."""

    topic: str
    body: Body = field(repr=False)
    sent: int | None
    name: str | None


@dataclass
class _Seen:
    """What earlier deliveries of the file have told."""

    names: set[str] = field(default_factory=set)
    skus: dict[str, str] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)
    cancelled: dict[str, tuple[int, int, Body]] = field(default_factory=dict)
    refunded: dict[str, list[Body]] = field(default_factory=dict)


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the events of webhooks.

    Parameters
    ----------
    records : iterable of Record
        Deliveries of one file: ``{"headers": ..., "payload": ...}``, or bodies alone.

    Yields
    ------
    Found, Bad or Unread
        Purchases, cancels, returns and stock levels; those of cancelled orders come last.
    """
    seen = _Seen()
    for record in records:
        delivery = _open(record.values)
        if delivery is None:
            yield Bad(record.row, "no body of a webhook", FIX_BODY)
        elif delivery.name is not None and delivery.name in seen.names:
            yield Unread(record.row, "repeated delivery")
        else:
            if delivery.name is not None:
                seen.names.add(delivery.name)
            yield from _read(delivery, record.row, seen)
    for name, (row, _, body) in seen.cancelled.items():
        yield from read_cancelled(body, row, seen.refunded.get(name, ()))


def _open(values: Mapping[str, Any]) -> _Delivery | None:
    """Take the body out of its envelope."""
    detail = values.get("detail")
    outer = detail if isinstance(detail, Mapping) else values
    named = outer.get("headers", outer.get("metadata"))
    headers = named if isinstance(named, Mapping) else {}
    plain = {str(name).lower(): _one(value) for name, value in headers.items()}
    body: Any = outer
    if "payload" in outer or "body" in outer:
        body = outer.get("payload", outer.get("body"))
    if not isinstance(body, Mapping):
        return None
    told = text(plain.get("x-shopify-topic")) or text(outer.get("topic"))
    return _Delivery(
        _topic(told, body),
        body,
        micros(plain.get("x-shopify-triggered-at")),
        text(plain.get("x-shopify-webhook-id")),
    )


def _one(value: Any) -> Any:
    """Return the value of a header, which some servers keep in a list."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def _topic(told: str | None, body: Body) -> str:
    """Return the topic that a delivery names, or that the fields of its body tell."""
    if told is not None:
        return _SLASHED.get(told.lower().replace("/", "_"), "other")
    if "inventory_item_id" in body and "available" in body:
        return "inventory_levels/update"
    if "refund_line_items" in body:
        return "refunds/create"
    if "line_items" in body:
        return "orders/updated"
    return "products/update" if "variants" in body else ""


def _read(delivery: _Delivery, row: int, seen: _Seen) -> Iterator[Outcome]:
    """Yield what one delivery says."""
    topic, body = delivery.topic, delivery.body
    if topic in _STATES and is_agent_order(body):
        yield from _agent_order(delivery, row, seen)
    elif topic in _STATES:
        _note_cancel(body, row, seen)
        yield from read_order(body, row, known_at=delivery.sent)
    elif topic == "refunds/create":
        _note_refund(body, seen)
        yield from read_refund(body, row, known_at=delivery.sent)
    elif topic in _LEVELS:
        yield read_level(body, row, skus=seen.skus)
    elif not topic:
        yield Bad(row, "neither a topic nor the fields of a known one", FIX_BODY)
    else:
        if topic in _PRODUCTS:
            _note_skus(body, seen)
        yield Unread(row, topic)


def _agent_order(delivery: _Delivery, row: int, seen: _Seen) -> Iterator[Outcome]:
    name, at = order_id(delivery.body), placed_at(delivery.body, delivery.sent)
    if name is not None and at is not None:
        at = seen.placed.setdefault(name, at)
    yield from read_agent_order(
        delivery.body, row, placed=at, known_at=delivery.sent, skus=seen.skus
    )


def _note_skus(body: Body, seen: _Seen) -> None:
    """Learn which SKU an inventory item and a variant is."""
    for variant in children(body.get("variants")):
        sku = text(variant.get("sku"))
        for name in ("inventory_item_id", "id"):
            code = text(variant.get(name))
            if sku is not None and code is not None:
                seen.skus[code] = sku


def _note_cancel(body: Body, row: int, seen: _Seen) -> None:
    """Keep the latest state of a cancelled order until the file is read."""
    name, updated = order_id(body), micros(body.get("updated_at")) or 0
    if name is None or micros(body.get("cancelled_at")) is None:
        return
    if name not in seen.cancelled or seen.cancelled[name][1] <= updated:
        seen.cancelled[name] = row, updated, body


def _note_refund(body: Body, seen: _Seen) -> None:
    """Keep what a refund took back, so that a cancel of its order does not count it again."""
    name = text(body.get("order_id"))
    for line in children(body.get("refund_line_items")):
        kept = {key: line.get(key) for key in ("id", "line_item_id", "quantity")}
        if name is not None:
            seen.refunded.setdefault(name, []).append(kept)


SHOPIFY_WEBHOOKS: Final = Layout(
    name="shopify_webhooks",
    title="Shopify webhooks: orders, refunds, stock levels",
    source="https://shopify.dev/docs/api/webhooks",
    formats=("json",),
    reads=MappingProxyType(
        {
            "event_time": "processed_at or created_at; cancelled_at; updated_at of a stock level",
            "ingest_time": "updated_at, or X-Shopify-Triggered-At",
            "sku": "line_items[].sku",
            "product_id": "line_items[].product_id",
            "variant_id": "line_items[].variant_id; inventory_item_id of a stock level",
            "quantity": "line_items[].quantity, refund_line_items[].quantity, available",
            "unit_price": "line_items[].price less its share of all discounts",
            "currency": "currency",
            "user_key": "customer.id, as a pseudonym",
            "order_id": "id, as a pseudonym",
            "event_id": "order and line; refund and line; item, location and time",
            "channel": "source_name; 'agent' for agents' orders",
            "store_id": "location_id, of stock levels and of orders whose source_name is pos",
            "region": "shipping_address.country_code",
            "source": "utm_source of landing_site",
            "medium": "utm_medium of landing_site",
            "campaign": "utm_campaign of landing_site",
            "fulfilment": "restock_type of a refund line",
            "in_stock": "1 where available is above 0, else 0",
            "source_system": "shopify",
        }
    ),
    event_types=MappingProxyType(
        {
            "line of an order": "purchase",
            "line of a cancelled order": "cancel",
            "refund line, restock_type cancel": "cancel",
            "refund line, restock_type return or legacy_restock": "return",
            "refund line, restock_type no_restock": "return if it was shipped, else cancel",
            "inventory_levels/update": "stock_level",
        }
    ),
    drops=(
        *("email", "contact_email", "phone", "customer.* (but its id)", "browser_ip"),
        *("billing_address", "shipping_address (but the country's code)", "client_details"),
        *("name", "order_number", "note", "note_attributes", "token", "cart_token", "tags"),
        *("checkout_token", "referring_site", "landing_site (but its utm words)"),
        *("discount_codes", "payment_details", "line_items[].name", "line_items[].properties"),
        *("order_status_url", "permalink_url", "buyer", "destination (but its country)"),
    ),
    traps=(
        "A delivery may come again: it counts once by 'X-Shopify-Webhook-Id', and where the "
        "headers were not kept, by the ids in its body.",
        "An order comes with its whole state each time: its lines keep their ids, and the state "
        "with the latest 'updated_at' counts.",
        "Units of a refund come twice, in refunds/create and in the order's own 'refunds': they "
        "count once, by the id of the refund line.",
        "no_restock is a return where the line was shipped, and a cancel where it was not.",
        "A cancelled order stays a purchase. Its units are cancels of their refund lines, and at "
        "'cancelled_at' for units without a refund. The refund must be in the same file as the "
        "cancel, or in the state that the cancel brings.",
        "A refund of money alone (shipping, goodwill) has no lines: it is not read.",
        "inventory_levels/update names an inventory item, not a SKU. The SKU is known after a "
        "products/update delivery of the same file; else the item's id is the variant_id, for a "
        "catalogue to map.",
        "inventory_levels/update is a stream of changes: a level holds until the next one. Below "
        "0 (sold more than there was) it is 0 units; null is stock that is not tracked.",
        "Agents' orders are shaped by UCP: prices in the smallest unit of the currency, item ids "
        "of variants, no buyer. Units that an edit took away without an adjustment are a cancel "
        "on the day of the order; a refund of units that were returned is not a second return.",
        "An agent's order that does not say when it was placed is dated by its first delivery in "
        "the file: keep its deliveries together.",
        "Test orders, and orders whose payment was voided, are not read.",
    ),
    fields=(*_ENVELOPE, *_BODY),
    convert=convert,
    shown=("created_at", "processed_at", "updated_at", "cancelled_at", "available"),
)
"""How `c2m.read_events` reads ``schema="shopify_webhooks"``."""
