"""Track calls of the ecommerce spec that Segment wrote and RudderStack and PostHog use too.

Source: Segment, "Spec: V2 Ecommerce Events" and "Spec: V1 Ecommerce Events".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Outcome, Record, Unread
from c2m.signals.schemas.order_book import Line, OrderBook, Written, numbered
from c2m.signals.schemas.orders import MOST_UNITS
from c2m.signals.schemas.values import children, number, text

EVENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Product List Viewed": "impression",
        "Product List Filtered": "impression",
        "Product Clicked": "search_click",
        "Product Viewed": "view",
        "Product Added": "cart_add",
        "Product Removed": "cart_remove",
        "Checkout Started": "checkout",
        "Order Completed": "purchase",
        "Order Updated": "purchase",
        "Order Refunded": "return",
        "Order Cancelled": "cancel",
        "Product Added to Wishlist": "wishlist_add",
        "Product Removed from Wishlist": "wishlist_remove",
        "Wishlist Product Added to Cart": "cart_add",
        "Product Shared": "share",
        "Cart Shared": "share",
        "Product Reviewed": "review",
    }
)
"""Events of the spec that say something of a product -> canonical kind."""

LEFT_OUT: Final = (
    *("Products Searched", "Promotion Viewed", "Promotion Clicked", "Cart Viewed"),
    *("Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"),
    *("Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed"),
)
"""Events of the spec that name no product, or no deed that tells of demand."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Viewed Product Category": "Product List Viewed",
        "Clicked Product": "Product Clicked",
        "Viewed Product": "Product Viewed",
        "Added Product": "Product Added",
        "Removed Product": "Product Removed",
        "Started Order": "Checkout Started",
        "Completed Order": "Order Completed",
        "Updated Order": "Order Updated",
        "Refunded Order": "Order Refunded",
        "Cancelled Order": "Order Cancelled",
        "Order Canceled": "Order Cancelled",
        "Viewed Promotion": "Promotion Viewed",
        "Clicked Promotion": "Promotion Clicked",
        "Viewed Checkout Step": "Checkout Step Viewed",
        "Completed Checkout Step": "Checkout Step Completed",
    }
)
"""Names of the first version of the spec -> names of the second."""

PERSONAL: Final = (
    *("properties.recipient (an e-mail address)", "properties.recipients", "properties.email"),
    *("properties.share_message", "properties.review_body", "properties.query"),
    *("properties.name, url, image_url, coupon",),
)
"""What a property of an event may tell of a person, or at length; never read."""

TRAPS: Final = (
    "`sku` is optional: an event without one counts under its `product_id` (version 1: `id`); "
    "where those name a product of several variants, its views are per product.",
    "Names of version 1 ('Viewed Product', 'Completed Order'), lower case and snake_case are read "
    "as those of version 2.",
    "`rating` is a text; what is no number becomes an unknown rating of a review that counts.",
    "'Order Completed' is one purchase a product, in the currency of the order; an order that is "
    "sent again, on whatever day, counts once.",
    "'Order Updated' is the whole order anew, and the latest `timestamp` wins: more units are "
    "further purchases, fewer units are cancelled beside the sale, so that sales less "
    "cancellations are those of the last write.",
    "'Order Refunded' and 'Order Cancelled' concern the products they list; without products, the "
    "whole order, if its completion stands in the same file; else they are bad rows. Units come "
    "back once, however often an order is cancelled and refunded.",
    "A user agent that names a robot sets `trust` to 0; then it is forgotten.",
)

_KINDS: Final = {name.lower(): kind for name, kind in EVENT_TYPES.items()}
_CANONICAL: Final = {
    **{name.lower(): name for name in (*EVENT_TYPES, *LEFT_OUT)},
    **{old.lower(): new for old, new in ALIASES.items()},
}
_BLANKS: Final = re.compile(r"[\s_]+")
_LISTS: Final = {"Product List Viewed", "Product List Filtered", "Checkout Started", "Cart Shared"}
_ORDERS: Final = {"Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"}
_FIX_PRODUCT: Final = "send 'sku' or 'product_id' with every product"
_FIX_QUANTITY: Final = "send quantities above 0, and refunds as 'Order Refunded'"


@dataclass(frozen=True)
class Track:
    """A track call without its envelope.

    Parameters
    ----------
    name : str, optional
        Its name as it was sent.
    properties : mapping of str to object
        What it says of products and orders.
    message : str, optional
        The id of the call.
    event : mapping of str to object
        Canonical columns that all its events share; ``event_time`` is among them.
    """

    name: str | None
    properties: Mapping[str, Any] = field(repr=False)
    message: str | None
    event: Mapping[str, Any] = field(repr=False)


Opened = Track | Bad | Unread
"""What an envelope holds: a call, or why there is none."""


def convert_tracks(
    records: Iterable[Record], open_envelope: Callable[[Record], Opened]
) -> Iterator[Outcome]:
    """Yield what becomes of track calls.

    Parameters
    ----------
    records : iterable of Record
        The calls.
    open_envelope : callable
        Record -> `Track`, or why it is none.

    Yields
    ------
    Outcome
        Events, bad records, records that are left out.
    """
    orders = OrderBook()
    for record in records:
        track = open_envelope(record)
        if isinstance(track, Track):
            yield from _read(record.row, track, orders)
        else:
            yield track


def canonical_name(name: str | None) -> str | None:
    """Return the name of an event of the spec.

    Parameters
    ----------
    name : str, optional
        Its name as it was sent.

    Returns
    -------
    str or None
        Its name in version 2; None for events that the spec does not have.

    Examples
    --------
    >>> canonical_name("viewed_product"), canonical_name("Order  completed"), canonical_name("Hi")
    ('Product Viewed', 'Order Completed', None)
    """
    return None if name is None else _CANONICAL.get(_BLANKS.sub(" ", name).strip().lower())


def _read(row: int, track: Track, orders: OrderBook) -> Iterator[Outcome]:
    name = canonical_name(track.name)
    if name is None or name not in EVENT_TYPES:
        yield Unread(row, name or "other")
    elif name in _ORDERS:
        yield from _order(row, name, track, orders)
    else:
        yield from _products(row, name, track)


def _products(row: int, name: str, track: Track) -> Iterator[Outcome]:
    """Yield one event a product."""
    properties, kind = track.properties, EVENT_TYPES[name]
    listed = properties.get("products")
    single = name not in _LISTS and product_code(properties) is not None
    products = [properties] if single or listed is None else list(children(listed))
    if name in _LISTS and (listed is None or not products):
        if kind == "checkout":
            yield Found(row, {**track.event, **_own(track, kind, 0)})
        else:
            yield Unread(row, f"{name} (without products)")
        return
    for place, product in enumerate(products or [properties]):
        if product_code(product) is None:
            yield Bad(row, "no 'sku' and no 'product_id'", _FIX_PRODUCT)
            continue
        own = {**_own(track, kind, place), **describe(product, text(properties.get("currency")))}
        if kind == "review":
            own["rating"] = number(properties.get("rating"))
        quantity = number(product.get("quantity"))
        if is_units(quantity):
            own["quantity"] = quantity
        yield Found(row, {**track.event, **own})


def _own(track: Track, kind: str, place: int) -> dict[str, Any]:
    named = {} if track.message is None else {"event_id": f"{track.message}:{place}:{kind}"}
    return {"event_type": kind, **named}


def _order(row: int, name: str, track: Track, orders: OrderBook) -> Iterator[Outcome]:
    properties = track.properties
    order = next(
        (code for field in ("order_id", "orderId") if (code := text(properties.get(field)))), None
    )
    message = track.message or str(track.event["event_time"])
    event = track.event if order is None else {**track.event, "order_id": order}
    written = Written(row, name, order, message, event)
    lines: list[Line] = []
    for outcome in _lines(row, properties):
        if isinstance(outcome, Bad):
            yield outcome
        else:
            lines = outcome
    whole = not list(children(properties.get("products")))
    if name in {"Order Refunded", "Order Cancelled"}:
        if whole or lines:
            yield from orders.take_back(written, EVENT_TYPES[name], None if whole else lines)
    elif whole:
        yield Bad(row, f"{name!r} without products", "send 'products' with every order")
    elif lines:
        yield from (orders.complete if name == "Order Completed" else orders.update)(written, lines)


def _lines(row: int, properties: Mapping[str, Any]) -> Iterator[Bad | list[Line]]:
    """Yield what is wrong with lines of an order, and last the others."""
    currency = text(properties.get("currency"))
    found: list[tuple[str, Mapping[str, Any], float | None]] = []
    for product in children(properties.get("products")):
        code, quantity = product_code(product), number(product.get("quantity"))
        if code is None:
            yield Bad(row, "no 'sku' and no 'product_id'", _FIX_PRODUCT)
        elif product.get("quantity") is not None and not is_units(quantity):
            yield Bad(row, "no 'quantity' above 0", _FIX_QUANTITY)
        else:
            found.append((code, describe(product, currency), quantity))
    yield numbered(found)


def is_units(quantity: float | None) -> bool:
    """Say whether a number can be one of units.

    Parameters
    ----------
    quantity : float, optional
        The number.

    Returns
    -------
    bool
        Whether it is above 0, and no id that slipped in.

    Examples
    --------
    >>> is_units(2.0), is_units(0.0), is_units(4006381333931.0), is_units(None)
    (True, False, False, False)
    """
    return quantity is not None and 0 < quantity <= MOST_UNITS


def product_code(product: Mapping[str, Any]) -> str | None:
    """Return the SKU of a product.

    Parameters
    ----------
    product : mapping of str to object
        The product.

    Returns
    -------
    str or None
        Its product id where it has no SKU; None where it has neither.
    """
    fields = ("sku", "product_id", "productId", "id")
    return next((code for name in fields if (code := text(product.get(name)))), None)


def describe(product: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """Return the canonical columns of a product.

    Parameters
    ----------
    product : mapping of str to object
        The product.
    currency : str, optional
        The currency of the event.

    Returns
    -------
    dict of str to object
        sku, product_id, unit_price and currency, where they are known.
    """
    price = number(product.get("price"))
    columns = {
        "sku": product_code(product),
        "product_id": product_code({**product, "sku": None}),
        "unit_price": price if price is not None and price >= 0 else None,
        "currency": money_code(text(product.get("currency")) or currency),
    }
    return {name: value for name, value in columns.items() if value is not None}


def money_code(value: str | None) -> str | None:
    """Return a currency code.

    Parameters
    ----------
    value : str, optional
        What the source says.

    Returns
    -------
    str or None
        Three capitals; None for what is no code.

    Examples
    --------
    >>> money_code("eur"), money_code("Euro")
    ('EUR', None)
    """
    code = (value or "").upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None
