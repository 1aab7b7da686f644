"""Adobe Analytics: rows of a data feed, with their product strings and lists of events.

Source: Adobe, "Data column reference", "Calculate metrics" and "products".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.adobe_products import Product, read_events, read_products
from c2m.signals.schemas.agents import Agents
from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.tracks import is_units, money_code
from c2m.signals.schemas.values import micros, number, since_1970, text

EVENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "prodView": "view",
        "scAdd": "cart_add",
        "scRemove": "cart_remove",
        "scCheckout": "checkout",
        "purchase": "purchase",
    }
)
"""Names of events -> canonical kind; a feed has their numbers (2, 12, 13, 11 and 1)."""

_SECOND: Final = 1_000_000
_SUMMARIES: Final = {5.0, 7.0, 8.0, 9.0}
_FIX_PRODUCT: Final = "check how s.products is set: Category;Product;Quantity;Price"


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield what becomes of the hits of one file.

    Parameters
    ----------
    records : iterable of Record
        Hits.

    Yields
    ------
    Outcome
        Events, bad records, records that are left out.
    """
    agents, bought = Agents(), set[str]()
    for record in records:
        left_out = _left_out(record)
        if left_out is None:
            yield from _hit(record, agents, bought)
        else:
            yield left_out


def _left_out(record: Record) -> Unread | None:
    """Return why a hit is no hit for Adobe itself."""
    values = record.values
    if number(values.get("exclude_hit") or 0) != 0:
        return Unread(record.row, "exclude_hit")
    if number(values.get("hit_source")) in _SUMMARIES:
        return Unread(record.row, "hit_source (uploaded summaries)")
    return None


def _hit(record: Record, agents: Agents, bought: set[str]) -> Iterator[Outcome]:
    row, values = record.row, record.values
    post = values.get("post_product_list")
    listed = _string(post) or _string(values.get("product_list"))
    products = read_products(listed)
    names = _string(values.get("post_event_list")) or _string(values.get("event_list"))
    events = [name for name in read_events(names) if name in EVENT_TYPES]
    if not events and products and not read_events(names):
        events = ["prodView"]  # Adobe counts a view where products come without a cart event
    if not events:
        yield Unread(row, "other")
        return
    shared = _shared(values, agents)
    if shared is None:
        yield Bad(row, "no time in 'hit_time_gmt'", "export 'hit_time_gmt', seconds since 1970")
        return
    hit = _hit_id(values)
    for name in events:
        if name == "purchase":
            yield from _purchase(row, products, values, {**shared, **_money(values)}, bought)
        else:
            yield from _deed(row, name, products, hit, shared)


def _shared(values: Mapping[str, Any], agents: Agents) -> dict[str, Any] | None:
    """Return the canonical columns that all events of a hit share."""
    received = _time(values.get("hit_time_gmt"))
    sent = _time(values.get("post_cust_hit_time_gmt")) or _time(values.get("cust_hit_time_gmt"))
    if not received and not sent:
        return None
    visitor = _pair(values, "post_visid_high", "post_visid_low")
    visit = text(values.get("visit_num"))
    start = text(values.get("visit_start_time_gmt"))
    columns = {
        "event_time": sent or received,
        "ingest_time": received or None,
        "user_key": visitor,
        "session_key": f"{visitor}:{visit}:{start or ''}" if visitor and visit else None,
        "trust": agents.trust(values.get("user_agent")),
    }
    return {name: value for name, value in columns.items() if value is not None}


def _deed(
    row: int,
    name: str,
    products: Sequence[Product],
    hit: str | None,
    shared: Mapping[str, Any],
) -> Iterator[Outcome]:
    """Yield a view, or what was done with a cart; quantity and price only count in purchases."""
    kind = EVENT_TYPES[name]
    if not products and kind == "checkout":
        own = {} if hit is None else {"event_id": f"{hit}:0:checkout"}
        yield Found(row, {**shared, "event_type": kind, **own})
    elif not products:
        yield Bad(row, f"{name!r} without a product", _FIX_PRODUCT)
    for place, product in enumerate(products):
        if product.name is None:
            yield Bad(row, "a product without its name", _FIX_PRODUCT)
            continue
        own = {} if hit is None else {"event_id": f"{hit}:{place}:{kind}"}
        yield Found(row, {**shared, "event_type": kind, "sku": product.name, **own})


def _purchase(
    row: int,
    products: Sequence[Product],
    values: Mapping[str, Any],
    shared: Mapping[str, Any],
    bought: set[str],
) -> Iterator[Outcome]:
    if number(values.get("duplicate_purchase") or 0) != 0:
        yield Unread(row, "duplicate_purchase")
        return
    order = text(values.get("post_purchaseid")) or text(values.get("purchaseid"))
    if order is not None and order in bought:
        yield Unread(row, "purchase (its purchaseid came before)")
        return
    if order is not None:
        bought.add(order)
    if not products:
        yield Bad(row, "'purchase' without a product", _FIX_PRODUCT)
    name = order or _hit_id(values)
    for place, product in enumerate(products):
        problem = _problem(product)
        if problem is not None:
            yield Bad(row, problem, _FIX_PRODUCT)
            continue
        own = {
            "event_type": "purchase",
            "event_id": None if name is None else f"{name}:{place}:purchase",
            "sku": product.name,
            "quantity": product.quantity,
            "unit_price": product.unit_price,
            "order_id": order,
        }
        yield Found(row, {**shared, **{key: own[key] for key in own if own[key] is not None}})


def _problem(product: Product) -> str | None:
    if product.name is None:
        return "a product without its name"
    if product.bad:
        return "a quantity or price of a product that is no number"
    if product.quantity is not None and not is_units(product.quantity):
        return "no quantity above 0 of a product"
    if product.total is not None and product.total < 0:
        return "a price of a product below 0"
    return None


def _money(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the currency of prices: that of the hit, unless they were converted to another."""
    converted = _string(values.get("post_product_list")) and number(values.get("curr_rate")) != 1
    code = None if converted else money_code(text(values.get("currency")))
    return {} if code is None else {"currency": code}


def _hit_id(values: Mapping[str, Any]) -> str | None:
    return _pair(values, "hitid_high", "hitid_low")


def _pair(values: Mapping[str, Any], high: str, low: str) -> str | None:
    """Return the two halves of an id; None where both are missing or 0."""
    halves = [text(values.get(name)) or "0" for name in (high, low)]
    return None if halves == ["0", "0"] else "_".join(halves)


def _time(value: Any) -> int | None:
    return since_1970(value, _SECOND) or micros(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else text(value) or ""


ADOBE: Final = Layout(
    name="adobe",
    title="Adobe Analytics, data feed (hit_data) with product strings",
    source="https://experienceleague.adobe.com/en/docs/analytics/export/analytics-data-feed/"
    "data-feed-contents/datafeeds-reference",
    formats=("csv", "parquet", "json"),
    reads={
        "event_id": "hitid_high and hitid_low; of purchases: purchaseid and product",
        "event_time": "post_cust_hit_time_gmt or cust_hit_time_gmt, else hit_time_gmt",
        "ingest_time": "hit_time_gmt",
        "event_type": "post_event_list",
        "sku": "post_product_list: product",
        "quantity": "post_product_list: quantity",
        "unit_price": "post_product_list: price, divided by quantity",
        "currency": "currency, where curr_rate is 1",
        "user_key": "post_visid_high and post_visid_low",
        "session_key": "the visitor, visit_num and visit_start_time_gmt",
        "order_id": "purchaseid",
        "trust": "user_agent names a robot",
    },
    event_types=EVENT_TYPES,
    drops=(
        *("ip", "user_agent (after the robot check)", "page_url", "referrer", "geo_*", "zip"),
        *("mcvisid", "cust_visid", "campaign", "evar1-evar250", "prop1-prop75", "post_search_*"),
    ),
    traps=(
        "The price in a product string is that of all its units: it is divided by the quantity.",
        "Events are numbers in feeds (1 purchase, 2 prodView, 11 scCheckout, 12 scAdd, 13 "
        "scRemove), with values (1=2) and ids (purchase:A1); the names are read as well.",
        "Quantity and price count in purchases only, as for Adobe.",
        "Products without a cart event are a view, as for Adobe.",
        "Hits with exclude_hit above 0 and uploaded summaries (hit_source 5, 7, 8, 9) are left out "
        "and counted; so is the purchase of a hit with duplicate_purchase = 1 (its other events "
        "count, as for Adobe), and a purchaseid that came before in the file.",
        "Prices in post_product_list are in the currency of the report suite, `currency` is that "
        "of the shopper: it is taken where curr_rate is 1, and else unknown.",
        "`hit_time_gmt` is UTC, `date_time` the zone of the report suite: that is not read. Hits "
        "of apps that come late carry their own time in cust_hit_time_gmt.",
        "A caret stands before commas, semicolons and equals signs that belong to a name.",
        "hit_data.tsv has no header: put the line of column_headers.tsv on top of it. Quotation "
        "marks in it mean nothing.",
        "The product may be a name rather than a SKU; a catalogue maps it.",
    ),
    fields=(
        *("hit_time_gmt", "post_cust_hit_time_gmt", "cust_hit_time_gmt", "hit_source"),
        *("post_product_list", "product_list", "post_event_list", "event_list"),
        *("post_visid_high", "post_visid_low", "visit_num", "visit_start_time_gmt"),
        *("exclude_hit", "duplicate_purchase", "hitid_high", "hitid_low"),
        *("purchaseid", "post_purchaseid", "currency", "curr_rate", "user_agent"),
    ),
    required=("hit_time_gmt", "post_event_list", "post_product_list"),
    convert=convert,
    quotes=False,
    shown=("hit_time_gmt", "post_event_list", "exclude_hit", "hit_source", "duplicate_purchase"),
)
"""Layout ``"adobe"``."""
