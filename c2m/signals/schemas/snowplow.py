"""Snowplow: enriched events with the ecommerce action and its entities.

Source: Iglu Central, ``com.snowplowanalytics.snowplow.ecommerce``. Read are the JSON that the
Analytics SDKs make of an enriched event, and the columns of the same names in a warehouse.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.agents import Agents
from c2m.signals.schemas.embedded import decoded
from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.order_book import Line, OrderBook, Written, numbered
from c2m.signals.schemas.orders import campaign
from c2m.signals.schemas.tracks import is_units, money_code
from c2m.signals.schemas.values import child, children, micros, number, text

EVENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "list_view": "impression",
        "list_click": "search_click",
        "product_view": "view",
        "add_to_cart": "cart_add",
        "remove_from_cart": "cart_remove",
        "checkout_step": "checkout",
        "transaction": "purchase",
        "refund": "return",
    }
)
"""Types of the ecommerce action that say something of a product -> canonical kind."""

LEFT_OUT: Final = ("promo_view", "promo_click", "trns_error")
"""Types of the action that tell of no demand for a product."""

IN_STOCK: Final[Mapping[str, float]] = MappingProxyType(
    {
        **dict.fromkeys(("instock", "available", "lowstock", "limitedavailability"), 1.0),
        **dict.fromkeys(("onlineonly", "instoreonly", "onbackorder", "backorder"), 1.0),
        **dict.fromkeys(("backordered", "preorder", "presale", "madetoorder", "yes"), 1.0),
        **dict.fromkeys(("outofstock", "soldout", "unavailable", "notavailable"), 0.0),
        **dict.fromkeys(("discontinued", "nostock", "no"), 0.0),
    }
)
"""Words of ``inventory_status``, in small letters without anything between -> whether the product
could be bought: a pre-order or back order can, so its demand is not cut off."""

_VENDOR: Final = "com_snowplowanalytics_snowplow_ecommerce"
_VERSIONS: Final = ("1", "1_0_0", "1_0_1", "1_0_2")


def _named(kind: str, entity: str) -> tuple[str, ...]:
    return tuple(f"{kind}_{_VENDOR}_{entity}_{version}" for version in _VERSIONS)


_ACTION: Final = _named("unstruct_event", "snowplow_ecommerce_action")
_PRODUCT: Final = _named("contexts", "product")
_TRANSACTION: Final = _named("contexts", "transaction")
_REFUND: Final = _named("contexts", "refund")
_STEP: Final = _named("contexts", "checkout_step")
_FIX_PRODUCT: Final = "send the product entity with its required 'id'"
_KNOWN_EVENTS: Final = ("page_view", "page_ping", "link_click", "focus_form", "submit_form")


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield what becomes of the events of one file.

    Parameters
    ----------
    records : iterable of Record
        Enriched events.

    Yields
    ------
    Outcome
        Events, bad records, records that are left out.
    """
    agents, orders = Agents(), OrderBook()
    for record in records:
        yield from _read(record, agents, orders)


def _read(record: Record, agents: Agents, orders: OrderBook) -> Iterator[Outcome]:
    row, values = record.row, record.values
    action = text(child(_first(values, _ACTION), "type"))
    if action is None or action not in EVENT_TYPES:
        name = text(values.get("event_name"))
        known = action if action in LEFT_OUT else name if name in _KNOWN_EVENTS else "other"
        yield Unread(row, str(known))
        return
    shared = _shared(values, agents)
    if shared is None:
        fix = "export 'derived_tstamp' or 'collector_tstamp'"
        yield Bad(row, "no time in 'derived_tstamp' or 'collector_tstamp'", fix)
        return
    products = list(children(_all(values, _PRODUCT)))
    for product in products:
        yield from _unknown_status(row, product)
    if action in {"transaction", "refund"}:
        yield from _order(row, action, record, shared, orders)
    elif action == "checkout_step":
        yield from _step(row, values, shared)
    else:
        yield from _products(row, action, products, values, shared)


def _shared(values: Mapping[str, Any], agents: Agents) -> dict[str, Any] | None:
    """Return the canonical columns that all events of a record share."""
    happened = utc_micros(values.get("derived_tstamp"))
    collected = utc_micros(values.get("collector_tstamp"))
    if happened is None and collected is None:
        return None
    known = utc_micros(values.get("etl_tstamp"))
    users = ("user_id", "domain_userid", "network_userid")
    columns = {
        "event_time": collected if happened is None else happened,
        "ingest_time": collected if known is None else known,
        "user_key": next((code for name in users if (code := text(values.get(name)))), None),
        "session_key": text(values.get("domain_sessionid")),
        "source": campaign(values.get("mkt_source")),
        "medium": campaign(values.get("mkt_medium")),
        "campaign": campaign(values.get("mkt_campaign")),
        "trust": agents.trust(values.get("useragent")),
    }
    return {name: value for name, value in columns.items() if value is not None}


def _products(
    row: int,
    action: str,
    products: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
    shared: Mapping[str, Any],
) -> Iterator[Outcome]:
    if not products:
        yield Bad(row, f"{action!r} without a product", _FIX_PRODUCT)
    event, kind = text(values.get("event_id")), EVENT_TYPES[action]
    for place, product in enumerate(products):
        if text(product.get("id")) is None:
            yield Bad(row, "a product without 'id'", _FIX_PRODUCT)
            continue
        quantity = number(product.get("quantity"))
        own = {"event_type": kind, **describe(product, None)}
        own |= {} if event is None else {"event_id": f"{event}:{place}:{kind}"}
        own |= {"quantity": quantity} if is_units(quantity) else {}
        yield Found(row, {**shared, **own})


def _step(row: int, values: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[Outcome]:
    """Yield the checkout at its first step only: every step is an event of its own."""
    entity = next(iter(children(_all(values, _STEP))), {})
    step = number(entity.get("step"))
    if step is not None and step > 1:
        yield Unread(row, "checkout_step (a later step)")
        return
    event = text(values.get("event_id"))
    own = {} if event is None else {"event_id": f"{event}:0:checkout"}
    yield Found(row, {**shared, "event_type": "checkout", **own})


def _order(
    row: int, action: str, record: Record, shared: Mapping[str, Any], orders: OrderBook
) -> Iterator[Outcome]:
    values = record.values
    where = _TRANSACTION if action == "transaction" else _REFUND
    entity = next(iter(children(_all(values, where))), {})
    order = text(entity.get("transaction_id"))
    message = text(values.get("event_id")) or str(shared["event_time"])
    event = shared if order is None else {**shared, "order_id": order}
    written = Written(row, action, order, message, event)
    products = list(children(_all(values, _PRODUCT)))
    lines: list[Line] = []
    for outcome in _lines(row, products, entity):
        if isinstance(outcome, Bad):
            yield outcome
        else:
            lines = outcome
    if action == "refund":
        if lines or not products:
            yield from orders.take_back(written, "return", lines if products else None)
    elif not products:
        yield Bad(row, "'transaction' without a product", _FIX_PRODUCT)
    elif lines:
        yield from orders.complete(written, lines)


def _lines(
    row: int, products: Sequence[Mapping[str, Any]], entity: Mapping[str, Any]
) -> Iterator[Bad | list[Line]]:
    """Yield what is wrong with lines of an order, and last the others."""
    total = entity.get("total_quantity") if len(products) == 1 else None
    found: list[tuple[str, Mapping[str, Any], float | None]] = []
    for product in products:
        given = total if product.get("quantity") is None else product.get("quantity")
        code, quantity = text(product.get("id")), number(given)
        if code is None:
            yield Bad(row, "a product without 'id'", _FIX_PRODUCT)
        elif given is not None and not is_units(quantity):
            yield Bad(row, "no 'quantity' above 0", "send quantities above 0, and refunds as such")
        else:
            variant = text(product.get("variant"))
            name = code if variant is None else f"{code}/{variant}"
            columns = describe(product, text(entity.get("currency")))
            columns.pop("in_stock", None)  # the page of thanks knows what was in stock before
            found.append((name, columns, quantity))
    yield numbered(found)


def describe(product: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """Return the canonical columns of a product entity.

    Parameters
    ----------
    product : mapping of str to object
        The entity.
    currency : str, optional
        Of the transaction, where the product has none.

    Returns
    -------
    dict of str to object
        sku, product_id, variant_id, unit_price, currency and in_stock, where they are known.
    """
    price = number(product.get("price"))
    columns = {
        "sku": text(product.get("id")),
        "product_id": text(product.get("id")),
        "variant_id": text(product.get("variant")),
        "unit_price": price if price is not None and price >= 0 else None,
        "currency": money_code(text(product.get("currency")) or currency),
        "in_stock": stock_share(product.get("inventory_status")),
    }
    return {name: value for name, value in columns.items() if value is not None}


def stock_share(status: Any) -> float | None:
    """Return whether a product could be bought.

    Parameters
    ----------
    status : object
        Word of ``inventory_status``, however it is written; also an address of schema.org.

    Returns
    -------
    float or None
        1 or 0; None for a word that is not known.

    Examples
    --------
    >>> stock_share("in stock"), stock_share("Out-of-stock"), stock_share("https://schema.org/InStock")
    (1.0, 0.0, 1.0)
    >>> stock_share("preorder"), stock_share("3 left") is None
    (1.0, True)
    """
    word = (text(status) or "").rpartition("/")[2].lower()
    return IN_STOCK.get("".join(letter for letter in word if letter.isalnum()))


def _unknown_status(row: int, product: Mapping[str, Any]) -> Iterator[Outcome]:
    status = product.get("inventory_status")
    if text(status) is not None and stock_share(status) is None:
        yield Unread(row, "inventory_status in other words (the product counts)")


def utc_micros(value: Any) -> int | None:
    """Return a time as microseconds since 1970; times without a zone are UTC in Snowplow.

    Parameters
    ----------
    value : object
        Text or datetime.

    Returns
    -------
    int or None
        None for what is no time.

    Examples
    --------
    >>> utc_micros("2026-11-22 09:00:00.5") == utc_micros("2026-11-22T10:00:00.5+01:00")
    True
    >>> utc_micros("yesterday") is None
    True
    """
    found = micros(value)
    if found is not None:
        return found
    if isinstance(value, datetime):
        return micros(value.replace(tzinfo=UTC)) if value.tzinfo is None else None
    return micros(f"{value.strip()}+00:00") if isinstance(value, str) else None


def _all(values: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the entities of the first of some columns that has any; one object counts as one."""
    for name in names:
        found = decoded(values.get(name))
        if isinstance(found, Mapping):
            return [found]
        if isinstance(found, list | tuple) and found:
            return found
    return None


def _first(values: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next(iter(children(_all(values, names))), None)


SNOWPLOW: Final = Layout(
    name="snowplow",
    title="Snowplow ecommerce, enriched events as JSON lines or warehouse columns",
    source="https://docs.snowplow.io/docs/events/ootb-data/ecommerce-events/",
    formats=("json", "parquet"),
    reads={
        "event_id": "event_id; of orders: transaction_id and product",
        "event_time": "derived_tstamp, else collector_tstamp",
        "ingest_time": "etl_tstamp, else collector_tstamp",
        "event_type": "snowplow_ecommerce_action.type",
        "sku": "product.id",
        "product_id": "product.id",
        "variant_id": "product.variant",
        "quantity": "product.quantity, else transaction.total_quantity of a single product",
        "unit_price": "product.price",
        "currency": "product.currency, else transaction.currency",
        "in_stock": "product.inventory_status",
        "user_key": "user_id, else domain_userid, else network_userid",
        "session_key": "domain_sessionid",
        "order_id": "transaction.transaction_id, refund.transaction_id",
        "source": "mkt_source",
        "medium": "mkt_medium",
        "campaign": "mkt_campaign",
        "trust": "useragent names a robot",
    },
    event_types=EVENT_TYPES,
    drops=(
        *("user_ipaddress", "user_fingerprint", "useragent (after the robot check)"),
        *("page_url", "page_urlquery", "page_referrer", "refr_*", "mkt_clickid", "mkt_term"),
        *("geo_*", "ip_*", "dvce_*", "br_*", "refund.refund_reason", "transaction.discount_code"),
        *("product.name", "product.creative_id", "contexts of user, page and cart"),
    ),
    traps=(
        "There is no action for wishlists.",
        "`inventory_status` says on every product view whether the product could be bought, and "
        "becomes `in_stock`; pre-orders and back orders can be bought. Other words than those of "
        "`c2m.signals.schemas.snowplow.IN_STOCK` leave it unknown, and are counted. After a "
        "purchase it is not read: the last unit may just be gone.",
        "`product.id` is 'the SKU or product ID', and `variant` a text: where the id is that of a "
        "product with several variants, a catalogue must map it.",
        "`price` is that of a unit at the moment; `list_price` is not read.",
        "A transaction is one purchase a product; the same `transaction_id` again counts once.",
        "A refund is of the products that it carries; without any, of the whole transaction, if "
        "that stands in the same file, else it is a bad row. Units come back once.",
        "Every step of a checkout is an event: only the first counts.",
        "`derived_tstamp` is the time that was corrected for the device's clock; "
        "`dvce_created_tstamp` is not. Times without a zone are UTC.",
        "Column names end in the version of the schema (`_1`, `_1_0_0`, `_1_0_2`); all are read.",
        "`event_id` may occur twice in a pipeline that delivers at least once; it counts once.",
    ),
    fields=(
        *("event_id", "event_name", "derived_tstamp", "collector_tstamp", "etl_tstamp"),
        *("user_id", "domain_userid", "network_userid", "domain_sessionid", "useragent"),
        *("mkt_source", "mkt_medium", "mkt_campaign"),
        *_ACTION,
        *_PRODUCT,
        *_TRANSACTION,
        *_REFUND,
        *_STEP,
    ),
    required=("event_id", "collector_tstamp"),
    convert=convert,
    shown=("event_name", "derived_tstamp", "collector_tstamp", "etl_tstamp"),
)
"""Layout ``"snowplow"``."""
