"""Bodies of Shopify's webhooks: an order with its lines, a refund with its lines, a stock level."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Outcome, Unread
from c2m.signals.schemas.orders import (
    FIX_SKU,
    campaign_of_page,
    country,
    line_event,
    unit_price,
    whole_units,
)
from c2m.signals.schemas.shopify_orders import NO_SALES
from c2m.signals.schemas.values import child, children, micros, number, text

Body = Mapping[str, Any]
"""The JSON of a delivery."""

_SHIPPED: Final = frozenset({"fulfilled", "partial"})
_RESTOCK: Final = frozenset({"return", "cancel", "no_restock", "legacy_restock"})
FIX_BODY: Final = "keep the body of a delivery as it came"


def order_id(body: Body) -> str | None:
    """Return the id of an order, in whichever of its spellings."""
    found = text(body.get("id"))
    return None if found is None else found.rpartition("/")[2] or found


def read_order(body: Body, row: int, *, known_at: int | None) -> Iterator[Outcome]:
    """Yield the purchases of an order, and the lines of its refunds.

    Parameters
    ----------
    body : mapping
        The whole order, as it is now.
    row : int
        Number of the record.
    known_at : int, optional
        When this state was sent, in microseconds; ``updated_at`` unless that is missing.

    Yields
    ------
    Found, Bad or Unread
        The same events, with the same ids, whenever the same state comes again.
    """
    refused = _refused(body, row)
    if refused is not None:
        yield refused
        return
    shared = _shared(body, known_at)
    for line in children(body.get("line_items")):
        yield from _purchase(line, shared, row)
    lines = {text(line.get("id")): line for line in children(body.get("line_items"))}
    for refund in children(body.get("refunds")):
        yield from read_refund(refund, row, known_at=shared["ingest_time"], order=shared, of=lines)


def _refused(body: Body, row: int) -> Outcome | None:
    """Return why an order cannot be used, or is no sale."""
    if body.get("test") is True:
        return Unread(row, "test order")
    if order_id(body) is None or not isinstance(body.get("line_items"), list | tuple):
        return Bad(row, "an order without 'id' or 'line_items'", FIX_BODY)
    if not body["line_items"]:
        return Unread(row, "order without lines")
    if _placed(body) is None:
        return Bad(row, "no time with an offset in 'processed_at' or 'created_at'", FIX_BODY)
    status = (text(body.get("financial_status")) or "").lower()
    if status in NO_SALES and micros(body.get("cancelled_at")) is None:
        return Unread(row, f"{status} order")
    return None


def _placed(body: Body) -> int | None:
    at = micros(body.get("processed_at"))
    return at if at is not None else micros(body.get("created_at"))


def _shared(body: Body, known_at: int | None) -> dict[str, Any]:
    """Return the columns that the lines of an order share."""
    updated = micros(body.get("updated_at"))
    channel = text(body.get("source_name"))
    return {
        "order_id": order_id(body),
        "event_time": _placed(body),
        "ingest_time": updated if updated is not None else known_at,
        "user_key": text(child(body, "customer", "id")),
        "currency": text(body.get("currency")),
        "channel": channel,
        "store_id": text(body.get("location_id")) if channel == "pos" else None,
        "region": country(child(body, "shipping_address", "country_code")),
        "source_system": "shopify",
        **campaign_of_page(body.get("landing_site")),
    }


def product_of(line: Body) -> dict[str, str]:
    """Return what a line sells: its SKU where it has one, and the ids that a catalogue knows."""
    named = {name: text(line.get(name)) for name in ("sku", "product_id", "variant_id")}
    return {name: code for name, code in named.items() if code is not None}


def _purchase(line: Body, shared: Mapping[str, Any], row: int) -> Iterator[Outcome]:
    code, units, product = text(line.get("id")), whole_units(line.get("quantity")), product_of(line)
    if code is None or units is None or units < 0:
        yield Bad(row, "a line without 'id', or without a whole number in 'quantity'", FIX_BODY)
    elif not product:
        yield Bad(row, "a line without 'sku', 'variant_id' and 'product_id'", FIX_SKU)
    elif units == 0:
        yield Unread(row, "line of 0 units")
    else:
        price = unit_price(line.get("price"), units, _discount(line))
        yield Found(row, line_event(shared, "purchase", code, units, unit_price=price, **product))


def _discount(line: Body) -> float:
    """Return the discount on a line, with its share of discounts on the whole order."""
    shares = [number(share.get("amount")) for share in children(line.get("discount_allocations"))]
    if shares:
        return sum(share for share in shares if share is not None)
    return number(line.get("total_discount")) or 0.0


def read_refund(
    refund: Body,
    row: int,
    *,
    known_at: int | None,
    order: Mapping[str, Any] | None = None,
    of: Mapping[str | None, Body] | None = None,
) -> Iterator[Outcome]:
    """Yield the units of a refund: returns, and cancels of what was never shipped.

    Parameters
    ----------
    refund : mapping
        The body of ``refunds/create``, or one of an order's ``refunds``.
    row : int
        Number of the record.
    known_at : int, optional
        When this was sent.
    order : mapping, optional
        What its lines share, where the order is at hand.
    of : mapping, optional
        The order's lines by their ids.

    Yields
    ------
    Found, Bad or Unread
        An event a refund line; its id is that of the refund line.
    """
    at = _placed(refund)
    number_of_order = text(refund.get("order_id"))
    shared = dict(order or {"order_id": number_of_order, "source_system": "shopify"})
    if at is None:
        yield Bad(row, "a refund without a time with an offset in 'created_at'", FIX_BODY)
        return
    shared |= {"event_time": at, "ingest_time": known_at}
    lines = list(children(refund.get("refund_line_items")))
    if not lines:
        yield Unread(row, "refund without lines")
    for line in lines:
        known = line.get("line_item")
        if not isinstance(known, Mapping):
            known = (of or {}).get(text(line.get("line_item_id")), {})
        yield _refund_line({"restock_type": _legacy(refund), **line}, known, shared, row)


def _legacy(refund: Body) -> str | None:
    """Return how the lines of a refund were restocked, where it only says whether they were."""
    restocked = refund.get("restock")
    if not isinstance(restocked, bool):
        return None
    return "legacy_restock" if restocked else "no_restock"


def _refund_line(line: Body, known: Body, shared: Mapping[str, Any], row: int) -> Outcome:
    code, units, product = (
        text(line.get("id")),
        whole_units(line.get("quantity")),
        product_of(known),
    )
    how = (text(line.get("restock_type")) or "").lower()
    if code is None or units is None or units < 0 or how not in _RESTOCK:
        return Bad(
            row,
            "a refund line without 'id', a known 'restock_type' or a whole number in 'quantity'",
            FIX_BODY,
        )
    if units == 0:
        return Unread(row, "refund of 0 units")
    if not product:
        return Bad(row, "a refund line whose line of the order is not given", FIX_BODY)
    shipped = (text(known.get("fulfillment_status")) or "").lower() in _SHIPPED
    kind = "cancel" if how == "cancel" or (how == "no_restock" and not shipped) else "return"
    total = number(line.get("subtotal"))
    return Found(
        row,
        line_event(
            shared,
            kind,
            f"refund.{code}",
            units,
            event_id=f"{shared.get('order_id', '')}:refund.{code}",  # whatever became of it since
            fulfilment=how,
            unit_price=None if total is None or total < 0 else total / units,
            **product,
        ),
    )


def read_cancelled(body: Body, row: int, refund_lines: Iterable[Body]) -> Iterator[Found]:
    """Yield the units of a cancelled order that no refund speaks of.

    Parameters
    ----------
    body : mapping
        The whole order, in its latest state.
    row : int
        Number of the record.
    refund_lines : iterable of mapping
        Lines of its refunds that came by themselves; those in its own ``refunds`` are known.

    Yields
    ------
    Found
        A cancel a line.
    """
    at = micros(body.get("cancelled_at"))
    if at is None or _refused(body, row) is not None:
        return
    inner = [
        line
        for refund in children(body.get("refunds"))
        for line in children(refund.get("refund_line_items"))
    ]
    refunded = {text(line.get("id")): line for line in (*refund_lines, *inner)}
    left: Counter[str | None] = Counter()
    for line in refunded.values():
        left[text(line.get("line_item_id"))] -= whole_units(line.get("quantity")) or 0
    shared = {**_shared(body, None), "event_time": at}
    for line in children(body.get("line_items")):
        code, product = text(line.get("id")), product_of(line)
        units = (whole_units(line.get("quantity")) or 0) + left[code]
        if code is not None and product and units > 0:
            yield Found(row, line_event(shared, "cancel", code, units, **product))


def read_level(body: Body, row: int, *, skus: Mapping[str, str]) -> Outcome:
    """Return the stock of an article at a location from the moment on at which it changed.

    Parameters
    ----------
    body : mapping
        The body of ``inventory_levels/update``.
    row : int
        Number of the record.
    skus : mapping of str to str
        Inventory item -> SKU, as far as it is known.

    Returns
    -------
    Found, Bad or Unread
        ``in_stock`` is 1 or 0; ``quantity`` the units that can be sold, at least 0.
    """
    item, at = text(body.get("inventory_item_id")), micros(body.get("updated_at"))
    if item is None or at is None:
        return Bad(
            row, "a stock level without its item, or without a time with an offset", FIX_BODY
        )
    if body.get("available") is None:
        return Unread(row, "stock that is not tracked")
    units = whole_units(body["available"])
    if units is None:
        return Bad(row, "a stock level that is no whole number in 'available'", FIX_BODY)
    place = text(body.get("location_id"))
    event = {
        "event_id": f"{item}:{place}:{at}:stock_level",
        "event_time": at,
        "event_type": "stock_level",
        "sku": skus.get(item),
        "variant_id": None if item in skus else item,
        "store_id": place,
        "quantity": float(max(units, 0)),
        "in_stock": float(units > 0),
        "source_system": "shopify",
    }
    return Found(row, {name: value for name, value in event.items() if value is not None})
