"""WooCommerce's REST API v3: orders, and refunds, which are objects of their own."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.orders import FIX_SKU, campaign, country, line_event, whole_units
from c2m.signals.schemas.values import child, children, micros, number, text

Body = Mapping[str, Any]
"""The JSON of an order or a refund."""

_SALES: Final = frozenset({"processing", "completed", "refunded"})
_NO_SALES: Final = frozenset(
    {"pending", "on-hold", "failed", "trash", "checkout-draft", "auto-draft", "draft"}
)
_UTM: Final = "_wc_order_attribution_utm_"
_FIX: Final = "keep the objects as the REST API gives them"


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the events of orders and refunds.

    Parameters
    ----------
    records : iterable of Record
        Objects of ``/orders``, ``/orders/<id>/refunds`` and ``/refunds``, in any order.

    Yields
    ------
    Found, Bad or Unread
        Purchases and cancels of orders, returns of refunds.
    """
    for record in records:
        body = record.values
        if "status" not in body and ("amount" in body or "refunded_by" in body):
            yield from _refund(body, record.row, _order_of(body))
        else:
            yield from _order(body, record.row)


def _order(body: Body, row: int) -> Iterator[Outcome]:
    """Yield what an order says."""
    number_of_order, status = text(body.get("id")), _status(body)
    at = _gmt(body.get("date_created_gmt"))
    if number_of_order is None or status is None:
        yield Bad(row, "an order without 'id' or 'status'", _FIX)
        return
    paid = status in _SALES or _gmt(body.get("date_paid_gmt")) is not None
    if status in _NO_SALES or not paid:
        known = status in _NO_SALES or status == "cancelled"
        yield Unread(row, f"{status} order" if known else "order of another status, never paid")
        return
    if at is None or not isinstance(body.get("line_items"), list | tuple):
        yield Bad(row, "an order without a time in 'date_created_gmt' or 'line_items'", _FIX)
        return
    if not body["line_items"]:
        yield Unread(row, "order without lines")
    shared = _shared(body, number_of_order, at)
    kinds = ("purchase", "cancel") if status == "cancelled" else ("purchase",)
    for line in children(body.get("line_items")):
        yield from _line(line, shared, kinds, row)
    for refund in children(body.get("refunds")):
        if "line_items" in refund:
            yield from _refund(refund, row, number_of_order)
        else:
            yield Unread(row, "refund in an order, without its lines")


def _status(body: Body) -> str | None:
    found = text(body.get("status"))
    return None if found is None else found.lower().removeprefix("wc-")


def _gmt(value: Any) -> int | None:
    """Return a time that is in UTC and does not say so."""
    found = text(value)
    if found is None:
        return None
    told = micros(found)
    return told if told is not None else micros(f"{found}Z")


def _shared(body: Body, number_of_order: str, at: int) -> dict[str, Any]:
    """Return the columns that the lines of an order share."""
    buyer = text(body.get("customer_id"))
    words = {text(note.get("key")): note.get("value") for note in children(body.get("meta_data"))}
    place = country(child(body, "shipping", "country"))
    return {
        "order_id": number_of_order,
        "event_time": at,
        "ingest_time": _gmt(body.get("date_modified_gmt")),
        "user_key": None if buyer == "0" else buyer,
        "currency": text(body.get("currency")),
        "channel": campaign(body.get("created_via")),
        "region": place or country(child(body, "billing", "country")),
        "source": campaign(words.get(f"{_UTM}source")),
        "medium": campaign(words.get(f"{_UTM}medium")),
        "campaign": campaign(words.get(f"{_UTM}campaign")),
        "source_system": "woocommerce",
    }


def _product(line: Body) -> dict[str, str]:
    """Return what a line sells; an id of 0 is none."""
    fields = {"sku": "sku", "product_id": "product_id", "variant_id": "variation_id"}
    named = {name: text(line.get(own)) for name, own in fields.items()}
    return {
        name: code
        for name, code in named.items()
        if code is not None and (name == "sku" or code != "0")
    }


def _line(
    line: Body, shared: Mapping[str, Any], kinds: tuple[str, ...], row: int
) -> Iterator[Outcome]:
    code, units, product = text(line.get("id")), whole_units(line.get("quantity")), _product(line)
    if code is None or units is None or units < 0:
        yield Bad(row, "a line without 'id', or without whole units in 'quantity'", _FIX)
    elif not product:
        yield Bad(row, "a line without 'sku' and 'product_id'", FIX_SKU)
    elif units == 0:
        yield Unread(row, "line of 0 units")
    else:
        price = _unit_price(line, units)
        for kind in kinds:
            event = line_event(shared, kind, code, units, unit_price=price, **product)
            yield Found(row, event)


def _unit_price(line: Body, units: int) -> float | None:
    """Return what a unit was sold for: the total of the line, which is after discounts."""
    total = number(line.get("total"))
    price = number(line.get("price")) if total is None else total / units
    return price if price is not None and price >= 0 else None


def _order_of(refund: Body) -> str | None:
    """Return the order of a refund: its parent, or the order that its links lead up to."""
    parent = text(refund.get("parent_id"))
    if parent not in {None, "0"}:
        return parent
    for link in children(child(refund, "_links", "up")):
        last = (text(link.get("href")) or "").rstrip("/").rpartition("/")[2]
        if last.isdecimal():
            return last
    return None


def _refund(body: Body, row: int, number_of_order: str | None) -> Iterator[Outcome]:
    """Yield the units that a refund took back."""
    name, at = text(body.get("id")), _gmt(body.get("date_created_gmt"))
    if name is None or at is None:
        yield Bad(row, "a refund without 'id' or a time in 'date_created_gmt'", _FIX)
        return
    shared = {"order_id": number_of_order, "event_time": at, "source_system": "woocommerce"}
    lines = list(children(body.get("line_items")))
    if not lines:
        yield Unread(row, "refund without lines")
    for line in lines:
        yield _refund_line(line, shared, name, row)


def _refund_line(line: Body, shared: Mapping[str, Any], refund: str, row: int) -> Outcome:
    code, units, product = text(line.get("id")), whole_units(line.get("quantity")), _product(line)
    if code is None or units is None:
        return Bad(row, "a refund line without 'id', or without whole units in 'quantity'", _FIX)
    if units > 0:
        return Bad(row, "a refund line of more than 0 units, which are below 0 in refunds", _FIX)
    if units == 0:
        return Unread(row, "refund of 0 units")
    if not product:
        return Bad(row, "a refund line without 'sku' and 'product_id'", FIX_SKU)
    total = number(line.get("total"))
    price = None if total is None or total > 0 else total / units
    event_id = f"refund.{refund}:{code}"
    event = line_event(
        shared, "return", code, -units, unit_price=price, event_id=event_id, **product
    )
    return Found(row, event)


WOOCOMMERCE: Final = Layout(
    name="woocommerce",
    title="WooCommerce REST API v3: orders and refunds",
    source="https://developer.woocommerce.com/docs/apis/rest-api/v3/orders/",
    formats=("json",),
    reads=MappingProxyType(
        {
            "event_time": "date_created_gmt, of the order or the refund",
            "ingest_time": "date_modified_gmt",
            "sku": "line_items[].sku",
            "product_id": "line_items[].product_id",
            "variant_id": "line_items[].variation_id, unless 0",
            "quantity": "line_items[].quantity; below 0 in a refund, and read as units of a return",
            "unit_price": "line_items[].total / quantity",
            "currency": "currency",
            "user_key": "customer_id unless 0, as a pseudonym",
            "order_id": "id; parent_id or the link up of a refund; as a pseudonym",
            "event_id": "order and line; refund and line",
            "channel": "created_via",
            "region": "shipping.country, else billing.country",
            "source": "meta_data _wc_order_attribution_utm_source",
            "medium": "meta_data _wc_order_attribution_utm_medium",
            "campaign": "meta_data _wc_order_attribution_utm_campaign",
            "source_system": "woocommerce",
        }
    ),
    event_types=MappingProxyType(
        {
            "line of an order that was paid": "purchase",
            "line of an order that was paid and cancelled": "cancel",
            "line of a refund": "return",
        }
    ),
    drops=(
        *("billing (but its country)", "shipping (but its country)", "customer_ip_address"),
        *("customer_user_agent", "customer_note", "order_key", "number", "transaction_id"),
        *("cart_hash", "reason", "refunded_by", "coupon_lines", "payment_url"),
        *("meta_data (but the utm words)", "line_items[].name", "line_items[].meta_data"),
    ),
    traps=(
        "Money is text, and 'total' of a line is after discounts and without tax: the price of a "
        "unit is total / quantity.",
        "customer_id 0 is a guest: no user, rather than one user who buys everything.",
        "'date_created' is on the shop's clock and does not say which: the _gmt times are read.",
        "Orders that are processing, completed or refunded were paid: they are purchases. "
        "pending, on-hold, failed, draft and trash are not read. A status that a plug-in made is "
        "a purchase where date_paid_gmt says that it was paid.",
        "A cancelled order that was paid is a purchase and a cancel, both on the day of the "
        "order, because WooCommerce does not keep when it was cancelled.",
        "An order holds its refunds without lines: they are counted as not read. Units come back "
        "by the refund objects (/refunds), whose quantity and totals are below 0.",
        "A refund of money alone has no lines or lines of 0 units: it is not read.",
        "variation_id 0 is a product without variations.",
        "A line without SKU is named by its ids, for a catalogue to map.",
        "The state with the latest 'date_modified_gmt' counts. An export holds the last state "
        "only: as_of= before it was modified does not see the order. Keep the exports of each day.",
        "Referrers and landing pages in meta_data may name persons and are not read.",
    ),
    fields=(
        *("id", "parent_id", "status", "currency", "date_created_gmt", "date_modified_gmt"),
        *("date_paid_gmt", "customer_id", "created_via", "shipping", "billing", "meta_data"),
        *("line_items", "refunds", "amount", "refunded_by", "_links"),
    ),
    required=("id", "line_items"),
    convert=convert,
    shown=("date_created_gmt", "date_modified_gmt", "date_paid_gmt"),
)
"""How `c2m.read_events` reads ``schema="woocommerce"``."""
