"""Google Analytics 4: the export to BigQuery, day tables as parquet or JSON."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from c2m.signals.schemas.ga4_events import to_events
from c2m.signals.schemas.ga4_orders import Orders
from c2m.signals.schemas.ga4_rows import FIELDS, read_rows
from c2m.signals.schemas.layout import Aside, Bad, Layout, Record
from c2m.signals.schemas.rows import records_of
from c2m.signals.schemas.values import text

EVENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "view_item_list": "impression",
        "select_item": "search_click",
        "view_item": "view",
        "add_to_wishlist": "wishlist_add",
        "add_to_cart": "cart_add",
        "remove_from_cart": "cart_remove",
        "begin_checkout": "checkout",
        "purchase": "purchase",
        "refund": "return",
    }
)
"""Event name -> canonical kind."""

_UNREAD: Final = (
    *("view_cart", "add_shipping_info", "add_payment_info", "view_promotion", "select_promotion"),
    *("page_view", "scroll", "click", "session_start", "first_visit", "user_engagement", "search"),
    *("view_search_results", "file_download", "form_start", "form_submit", "video_start"),
    *("video_progress", "video_complete", "screen_view", "first_open", "login", "sign_up", "share"),
)
"""Names that Google gives and that say nothing of a SKU's demand; all others are "other"."""

_DAY: Final = re.compile(r"events_(?P<intraday>intraday_)?(?P<day>\d{8})(?!\d)")


def superseded(names: Sequence[str]) -> list[int]:
    """Return which files are of a day so far, while the whole day is there too.

    Parameters
    ----------
    names : sequence of str
        Paths of files.

    Returns
    -------
    list of int
        Positions of the ``events_intraday_`` files of a day whose ``events_`` file stands in the
        same folder, or, where each table has a folder of its own, beside it.

    Examples
    --------
    >>> superseded(["a/events_20261122.parquet", "a/events_intraday_20261122.parquet"])
    [1]
    """
    keys = [_table(name) for name in names]
    whole = {(place, day) for place, day, intraday in keys if day and not intraday}
    return [
        at for at, (place, day, intraday) in enumerate(keys) if intraday and (place, day) in whole
    ]


def _table(name: str) -> tuple[str, str, bool]:
    """Return the folder of the tables, the day, and whether it is the day so far."""
    path = PurePath(name)
    for place in (path, *path.parents):
        found = _DAY.search(place.name)
        if found:
            return str(place.parent), found["day"], found["intraday"] is not None
    return "", "", False


def convert_batch(rows: Any, first_row: int, memory: dict[str, Any]) -> Iterator[Any]:
    """Yield the canonical events of rows of the export, and what was set aside.

    Parameters
    ----------
    rows : pyarrow.RecordBatch or list of Record
        The rows.
    first_row : int
        Number of the first row of a batch.
    memory : dict
        What this pass remembers: the orders.

    Yields
    ------
    pyarrow.RecordBatch or Aside
        Canonical columns and ``ROW``; then what was set aside.
    """
    try:
        if not isinstance(rows, list):
            rows.validate(full=True)  # broken text
        unread, found = _unread(rows), read_rows(rows, first_row, list(EVENT_TYPES))
    except (pa.ArrowException, TypeError, ValueError):  # not the types that BigQuery writes
        read = list(records_of(rows, first_row))
        bad = tuple((row, dict[str, Any]()) for row in read if isinstance(row, Bad))
        if bad:
            yield Aside(bad)
        rows = [row for row in read if isinstance(row, Record)]
        unread, found = _unread(rows), read_rows(rows, first_row, list(EVENT_TYPES))
    if unread:
        yield Aside(unread=unread)
    yield from to_events(found, EVENT_TYPES, memory.setdefault("orders", Orders()))


def _unread(rows: Any) -> Counter[str]:
    if isinstance(rows, list):
        names = Counter(text(row.values.get("event_name")) for row in rows)
    else:
        column = rows.column("event_name")
        plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        try:
            counts = plain.value_counts().to_pylist()
        except pa.ArrowNotImplementedError:  # names are text, whatever this is
            counts = [{"values": None, "counts": len(column)}]
        names = Counter({text(entry["values"]): entry["counts"] for entry in counts})
    unread: Counter[str] = Counter()
    for name, count in names.items():
        if name not in EVENT_TYPES:
            unread[name if name in _UNREAD else "other"] += count
    return unread


LAYOUT: Final = Layout(
    name="ga4",
    title="Google Analytics 4, export to BigQuery (events_YYYYMMDD), parquet or JSON lines",
    source="https://support.google.com/analytics/answer/7029846",
    formats=("parquet", "json"),
    reads=MappingProxyType(
        {
            "event_id": "device, session, moment, batch ids, item and its place in items[]; of a "
            "purchase its transaction_id, item and place; as a pseudonym",
            "event_time": "event_timestamp",
            "event_type": "event_name",
            "sku": "items[].item_id",
            "product_id": "items[].item_id",
            "variant_id": "items[].item_variant",
            "quantity": "items[].quantity",
            "unit_price": "items[].price",
            "currency": "event_params: currency",
            "user_key": "user_pseudo_id, else user_id; as a pseudonym",
            "session_key": "user_pseudo_id and event_params: ga_session_id (int_value), together; "
            "as a pseudonym",
            "order_id": "ecommerce.transaction_id, else event_params: transaction_id; as a "
            "pseudonym",
            "channel": "platform",
            "store_id": "items[].location_id",
            "region": "geo.country",
            "source": "session_traffic_source_last_click.manual_campaign.source, else "
            "collected_traffic_source.manual_source",
            "medium": "the same, medium",
            "campaign": "the same, campaign_name",
            "consent": "privacy_info.analytics_storage, privacy_info.ads_storage",
        }
    ),
    event_types=EVENT_TYPES,
    drops=(
        *("user_properties", "device", "geo, but the country", "app_info", "user_ltv"),
        *(
            "event_params: page_location, page_referrer, search_term",
            "event_params not named above",
        ),
        *("collected_traffic_source: gclid, dclid, srsltid", "manual_term, manual_content"),
        *("publisher", "items[].item_name, coupon, item_params"),
    ),
    traps=(
        "Day tables change for three days: export the last three anew and pass all files. Events "
        "are told apart by device, moment and batch, so that a table that was exported twice "
        "counts once; of events_intraday_ and events_ of one day the latter is read.",
        "ga_session_id is the second at which a session began, and many devices share it: the "
        "session is device and ga_session_id together. Only its int_value is read.",
        "items[] holds up to 200 items: each is an event of its own.",
        "A purchase is sent again when its page is loaded again: a transaction_id counts once, at "
        "its first moment, within the last million orders of a pass. Without a transaction_id "
        "nobody can tell, and each counts.",
        "A refund without items is one of the whole order: the lines of the purchase come back, "
        "less what was refunded before. If the log does not hold the purchase, it is a bad row.",
        "Without consent there is no user_pseudo_id: such events count, but not their users. A "
        "transient token is no user either.",
        "event_date is a day of the property's zone and is not read; times are UTC. Pass "
        "time_zone= with the shop's zone, so that its days are counted.",
        "item_id may name a SKU, a variant or a product: it stands in sku and in product_id, and "
        "the catalogue of build_panel says which it is. Without one, it counts as a SKU.",
        "The price of an item is for one unit, in the currency of the event's parameter.",
    ),
    fields=FIELDS,
    required=("event_timestamp", "event_name", "user_pseudo_id", "event_params"),
    convert_batch=convert_batch,
    has_consent=True,
    time_field="event_timestamp",
    superseded=superseded,
)
"""Layout ``"ga4"``."""
