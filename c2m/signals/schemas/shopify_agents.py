"""Orders that an agent placed: UCP-shaped, the whole state each time."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Outcome, Unread
from c2m.signals.schemas.orders import FIX_SKU, country, line_event, whole_units
from c2m.signals.schemas.shopify_bodies import FIX_BODY, Body, order_id
from c2m.signals.schemas.values import child, children, micros, number, text

_WHOLE: Final = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_THOUSANDTHS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DECIMALS: Final = {**dict.fromkeys(_WHOLE, 0), **dict.fromkeys(_THOUSANDTHS, 3)}
"""Decimals of currencies that do not have two (ISO 4217)."""

_KINDS: Final = {"return": "return", "refund": "return", "cancellation": "cancel"}
"""Type of an adjustment -> kind of the event of each of its lines."""


def is_agent_order(body: Body) -> bool:
    """Say whether a body is an order in the shape of UCP."""
    if "ucp" in body:
        return True
    return any(isinstance(line.get("item"), Mapping) for line in children(body.get("line_items")))


def placed_at(body: Body, known_at: int | None) -> int | None:
    """Return when an order was placed; when it was first sent, where it does not say."""
    for name in ("created_at", "created_time"):
        at = micros(body.get(name))
        if at is not None:
            return at
    return known_at


def read_agent_order(
    body: Body, row: int, *, placed: int | None, known_at: int | None, skus: Mapping[str, str]
) -> Iterator[Outcome]:
    """Yield the purchases of an order, and what its adjustments took back.

    Parameters
    ----------
    body : mapping
        The whole order, as it is now.
    row : int
        Number of the record.
    placed : int, optional
        When it was placed, the same for all its states.
    known_at : int, optional
        When this state was sent.
    skus : mapping of str to str
        Variant -> SKU, as far as it is known.

    Yields
    ------
    Found, Bad or Unread
        The same ids for every state, so that the latest counts.
    """
    number_of_order = order_id(body)
    if number_of_order is None or placed is None:
        yield Bad(row, "an agent's order without 'id', or without a time with an offset", FIX_BODY)
        return
    if not list(children(body.get("line_items"))):
        yield Unread(row, "order without lines")
    currency = text(body.get("currency"))
    shared = {
        "order_id": number_of_order,
        "event_time": placed,
        "ingest_time": known_at,
        "currency": currency,
        "channel": "agent",
        "region": _country(body),
        "source_system": "shopify",
    }
    lines = {}
    for line in children(body.get("line_items")):
        product = _product(line, skus)
        code, units = text(line.get("id")), _units(line)
        if code is None or units is None:
            yield Bad(row, "a line without 'id', or without a whole number in 'quantity'", FIX_BODY)
        elif not product:
            yield Bad(row, "a line without 'item.id'", FIX_SKU)
        elif units == 0:
            yield Unread(row, "line of 0 units")
        else:
            lines[code] = line
            price = _price(line, currency)
            yield Found(
                row, line_event(shared, "purchase", code, units, unit_price=price, **product)
            )
    yield from _taken_back(body, lines, shared, skus, row)


def _units(line: Body) -> int | None:
    """Return the most units that a line has had."""
    quantity = line.get("quantity")
    if not isinstance(quantity, Mapping):
        found = whole_units(quantity)
        return found if found is not None and found >= 0 else None
    named = [whole_units(quantity.get(name)) for name in ("original", "total")]
    known = [units for units in named if units is not None and units >= 0]
    return max(known, default=None)


def _price(line: Body, currency: str | None) -> float | None:
    """Return the price of a unit, which is in cents or whatever the currency's smallest unit is."""
    smallest = number(child(line, "item", "price"))
    if smallest is None or smallest < 0 or currency is None:
        return None
    return float(smallest / 10 ** _DECIMALS.get(currency.upper(), 2))


def _product(line: Body, skus: Mapping[str, str]) -> dict[str, str]:
    """Return what a line sells: an SKU where it is given or known, and the variant."""
    code = text(child(line, "item", "id"))
    variant = None if code is None else code.rpartition("/")[2] or code
    sku = text(child(line, "item", "sku")) or skus.get(variant or "")
    named = {"sku": sku, "variant_id": variant}
    return {name: found for name, found in named.items() if found is not None}


def _country(body: Body) -> str | None:
    for expectation in children(child(body, "fulfillment", "expectations")):
        found = country(child(expectation, "destination", "address_country"))
        if found is not None:
            return found
    return None


def _taken_back(
    body: Body,
    lines: Mapping[str, Body],
    shared: Mapping[str, Any],
    skus: Mapping[str, str],
    row: int,
) -> Iterator[Outcome]:
    """Yield returns and cancels: those of the adjustments, and units that an edit took away."""
    adjustments = list(children(body.get("adjustments")))
    sent_back = {code for note in adjustments if _type(note) == "return" for code in _codes(note)}
    cancelled = dict.fromkeys(lines, 0)
    for note in adjustments:
        kind, done = _KINDS.get(_type(note)), text(note.get("status")) == "completed"
        if kind is None or not done or not _codes(note):
            yield Unread(row, "adjustment without units")
            continue
        for part in children(note.get("line_items")):
            code = text(part.get("id"))
            if _type(note) == "refund" and code in sent_back:
                yield Unread(row, "refund of units that were returned")
                continue
            yield _adjusted(note, part, kind, lines, shared, skus, row)
            if kind == "cancel" and code in cancelled:
                cancelled[str(code)] += abs(whole_units(part.get("quantity")) or 0)
    for code, line in lines.items():
        total = whole_units(child(line, "quantity", "total"))
        gone = 0 if total is None else (_units(line) or 0) - total - cancelled[code]
        if gone > 0:
            product = _product(line, skus)
            yield Found(row, line_event(shared, "cancel", f"{code}.edit", gone, **product))


def _adjusted(
    note: Body,
    part: Body,
    kind: str,
    lines: Mapping[str, Body],
    shared: Mapping[str, Any],
    skus: Mapping[str, str],
    row: int,
) -> Outcome:
    """Return what an adjustment did to one line."""
    name, code, at = text(note.get("id")), text(part.get("id")), micros(note.get("occurred_at"))
    units = whole_units(part.get("quantity"))
    if name is None or code not in lines or at is None or units is None:
        return Bad(
            row, "an adjustment without 'id', a time, whole units or a line of its order", FIX_BODY
        )
    if units >= 0:
        return Unread(row, "adjustment that adds units")
    back = {**shared, "event_time": at}
    product = _product(lines[str(code)], skus)
    return Found(row, line_event(back, kind, f"{code}.{name}", -units, **product))


def _type(note: Body) -> str:
    return (text(note.get("type")) or "").lower()


def _codes(note: Body) -> list[str | None]:
    return [text(part.get("id")) for part in children(note.get("line_items"))]
