"""Shopify's orders CSV: one row a line item, the order's own fields on its first row only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.orders import FIX_SKU, country, line_event, unit_price, whole_units
from c2m.signals.schemas.values import micros, number, text

_CARRIED: Final = (
    *("Id", "Financial Status", "Currency", "Created at", "Cancelled at", "Source", "Location"),
    *("Shipping Country", "Refunded Amount"),
)
"""Fields of the order that stand on its first row."""

_LINE: Final = ("Lineitem quantity", "Lineitem price", "Lineitem sku", "Lineitem discount")

SALES: Final = frozenset(
    {"paid", "partially_paid", "partially_refunded", "refunded", "authorized", "pending"}
)
"""Payment states of orders that were placed; the others are those that came to nothing."""

NO_SALES: Final = frozenset({"voided", "expired"})

_FIX_FIRST: Final = (
    "keep the rows of an order together, its first row first, as Shopify writes them"
)


@dataclass
class _Order:
    """What is known of an order so far."""

    fields: dict[str, str] = field(default_factory=dict)
    skus: Counter[str] = field(default_factory=Counter)

    def take(self, values: Mapping[str, Any]) -> None:
        """Carry on what this row says of the order."""
        for name in _CARRIED:
            found = text(values.get(name))
            if found is not None:
                self.fields[name] = found


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the events of an orders CSV.

    Parameters
    ----------
    records : iterable of Record
        Rows of one file, in its order.

    Yields
    ------
    Found, Bad or Unread
        A purchase a line, and a cancel where the order was cancelled.
    """
    orders: dict[str, _Order] = {}
    for record in records:
        name = text(record.values.get("Name"))
        if name is None:
            yield Bad(record.row, "no order in 'Name'", "export the orders again, with 'Name'")
            continue
        order = orders.get(name)
        first = order is None or _is_another(order, record.values)
        if order is None or first:
            order = orders[name] = _Order()
        order.take(record.values)
        if first and (number(order.fields.get("Refunded Amount")) or 0) > 0:
            yield Unread(record.row, "refund of an order, without its lines")
        yield from _line(record, name, order)


def _is_another(order: _Order, values: Mapping[str, Any]) -> bool:
    """Say whether a row starts another order that has the same name, as in two shops."""
    own, known = text(values.get("Id")), order.fields.get("Id")
    return own is not None and known is not None and own != known


def _line(record: Record, name: str, order: _Order) -> Iterator[Outcome]:
    """Yield what one row says."""
    row, values = record.row, record.values
    status = order.fields.get("Financial Status", "").lower()
    problem = _problem(order, status, values)
    if problem is not None:
        yield Bad(row, *problem)
        return
    sku, units = text(values.get("Lineitem sku")), whole_units(values.get("Lineitem quantity"))
    assert sku is not None  # else there is a problem
    assert units is not None
    order.skus[sku] += 1
    cancelled = micros(order.fields.get("Cancelled at"))
    if units == 0:
        yield Unread(row, "line of 0 units")
    elif status in NO_SALES and cancelled is None:
        yield Unread(row, f"{status} order")
    else:
        line = f"{sku}.{order.skus[sku]}"
        shared = {**_shared(name, order), "sku": sku}
        discount = number(values.get("Lineitem discount")) or 0.0
        price = unit_price(values.get("Lineitem price"), units, discount)
        yield Found(row, line_event(shared, "purchase", line, units, unit_price=price))
        if cancelled is not None:
            yield Found(row, line_event(shared, "cancel", line, units, event_time=cancelled))


def _problem(order: _Order, status: str, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return why a row cannot be used, and what to do about it."""
    fields = order.fields
    units = whole_units(values.get("Lineitem quantity"))
    discount = number(values.get("Lineitem discount") or 0)
    price = number(values.get("Lineitem price"))
    checks = (
        (not status, "no 'Financial Status' on it or above it in its order", _FIX_FIRST),
        (
            bool(status) and status not in SALES | NO_SALES,
            "a 'Financial Status' that is not known",
            "correct it to a word of Shopify, such as 'paid'",
        ),
        (
            micros(fields.get("Created at")) is None,
            "no time with an offset in 'Created at'",
            "export again: Shopify writes 2026-11-22 10:00:00 +0100",
        ),
        (
            "Cancelled at" in fields and micros(fields["Cancelled at"]) is None,
            "no time with an offset in 'Cancelled at'",
            "export again: Shopify writes 2026-11-22 10:00:00 +0100",
        ),
        (text(values.get("Lineitem sku")) is None, "no 'Lineitem sku'", FIX_SKU),
        (
            units is None or units < 0,
            "no whole number of units in 'Lineitem quantity'",
            "correct the quantity",
        ),
        (
            discount is None or discount < 0,
            "no number of at least 0 in 'Lineitem discount'",
            "correct the discount",
        ),
        (
            bool(units) and discount is not None and (price or 0) * (units or 0) + 0.005 < discount,
            "a 'Lineitem discount' above the price of the line",
            "correct the discount, which is of the whole line",
        ),
    )
    return next(((reason, fix) for wrong, reason, fix in checks if wrong), None)


def _shared(name: str, order: _Order) -> dict[str, Any]:
    """Return the columns that the lines of an order share."""
    fields = order.fields
    source = fields.get("Source")
    return {
        "order_id": fields.get("Id", name),
        "event_time": micros(fields.get("Created at")),
        "currency": fields.get("Currency"),
        "channel": source,
        "store_id": fields.get("Location") if source == "pos" else None,
        "region": country(fields.get("Shipping Country")),
        "source_system": "shopify",
    }


SHOPIFY_ORDERS: Final = Layout(
    name="shopify_orders",
    title="Shopify orders, CSV export",
    source="https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders",
    formats=("csv",),
    reads=MappingProxyType(
        {
            "event_time": "Created at (purchase), Cancelled at (cancel)",
            "sku": "Lineitem sku",
            "quantity": "Lineitem quantity",
            "unit_price": "Lineitem price less Lineitem discount / Lineitem quantity",
            "currency": "Currency",
            "order_id": "Id, or Name where the export has no Id; as a pseudonym",
            "event_id": "order, SKU and its number within the order",
            "channel": "Source: web, pos, ...",
            "store_id": "Location, of orders whose Source is pos",
            "region": "Shipping Country, its code only",
            "source_system": "shopify",
        }
    ),
    event_types=MappingProxyType({"line": "purchase", "line of a cancelled order": "cancel"}),
    drops=(
        *("Email", "Phone", "Billing *", "Shipping * (but the country's code)", "Notes"),
        *("Note Attributes", "Payment Reference", "Payment ID", "Employee", "Device ID"),
        *("Receipt Number", "Tags", "Discount Code", "Lineitem name", "Shipping Method"),
    ),
    traps=(
        "An order has a row a line, and its own fields stand on the first of them: they are "
        "carried on to the rows of the same 'Name'. A row above the first is set aside.",
        "A refund is known for the whole order only ('Refunded Amount'), not which units came "
        "back: it is counted as not read, and no return is made up. Read the refunds/create "
        "webhooks (schema='shopify_webhooks') for the units.",
        "A cancelled order stays a purchase, with a cancel of the same units at 'Cancelled at'.",
        "Orders whose payment was voided or has expired, and which were not cancelled, are not "
        "read; pending and authorized orders are purchases.",
        "'Lineitem sku' may be empty: such a line is set aside, because 'Lineitem name' is free "
        "text.",
        "'Lineitem discount' is of the whole line. Discounts of the whole order are not shared "
        "out over its lines.",
        "A line of 0 units was taken out of its order: it is not read.",
        "The only thing that tells a buyer is personal (Email, Phone, names) and is dropped on "
        "read: there are no distinct buyers (purchase_users), and no repeat purchases.",
        "'Location' of an order of another source than pos is where it was packed: not a store.",
    ),
    fields=("Name", *_CARRIED, *_LINE),
    required=("Name", "Created at", "Financial Status", "Lineitem quantity", "Lineitem sku"),
    convert=convert,
    shown=("Created at", "Cancelled at", *_LINE[:2], "Lineitem discount"),
)
"""How `c2m.read_events` reads ``schema="shopify_orders"``."""
