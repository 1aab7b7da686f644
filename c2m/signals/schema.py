"""The canonical event: its columns, and the kinds of events there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

ColumnKind = Literal["time", "type", "code", "number"]
"""What a column holds: a time, the event's type, text that names something, or a number."""

COLUMNS: Final[Mapping[str, ColumnKind]] = MappingProxyType(
    {
        "event_id": "code",
        "event_time": "time",  # when it happened; UTC once it is read
        "event_type": "type",  # one of EVENT_TYPES
        "sku": "code",
        "product_id": "code",
        "variant_id": "code",
        "quantity": "number",  # units, at least 0
        "unit_price": "number",  # money a unit
        "currency": "code",
        "user_key": "code",  # pseudonym of a consumer
        "session_key": "code",
        "order_id": "code",
        "channel": "code",
        "fulfilment": "code",
        "store_id": "code",
        "region": "code",
        "source": "code",
        "medium": "code",
        "campaign": "code",
        "referrer_key": "code",
        "content_id": "code",
        "rating": "number",
        "text_hash": "code",
        "consent": "number",  # bits
        "trust": "number",  # 0 to 1
        "in_stock": "number",  # 0 to 1
        "source_system": "code",
        "ingest_time": "time",  # when the log learned of it
    }
)
"""Columns of a canonical event table. ``event_time``, ``event_type`` and ``sku`` are required."""

REQUIRED: Final = ("event_time", "event_type", "sku")


@dataclass(frozen=True)
class EventType:
    """What one kind of event becomes in a panel.

    Parameters
    ----------
    count : str, optional
        Channel with the number of events; None: they are not counted.
    users : str, optional
        Channel with the number of distinct users.
    units : str, optional
        Channel with the sum of ``quantity``, where the kind moves units.
    needs_sku : bool
        Whether an event without a SKU is a bad row. A visit to a store has none.
    """

    count: str | None
    users: str | None
    units: str | None = None
    needs_sku: bool = True


EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "impression": EventType("impressions", "impression_users"),
        "view": EventType("views", "view_users"),
        "search_click": EventType("search_clicks", "search_click_users"),
        "wishlist_add": EventType("wishlists", "wishlist_users"),
        "wishlist_remove": EventType("wishlist_removals", "wishlist_removal_users"),
        "cart_add": EventType("carts", "cart_users"),
        "cart_remove": EventType("cart_removals", "cart_removal_users"),
        "notify_me": EventType("notify_requests", "notify_request_users"),
        "checkout": EventType("checkouts", "checkout_users", needs_sku=False),
        "preorder": EventType("preorder_events", "preorder_users", "preorders"),
        "purchase": EventType("purchases", "purchase_users", "sales"),
        "cancel": EventType("cancel_events", "cancel_users", "cancellations"),
        "return": EventType("return_events", "return_users", "returns"),
        "coupon_redemption": EventType("coupon_redemptions", "coupon_redemption_users"),
        "review": EventType("reviews", "review_users"),
        "share": EventType("shares", "share_users"),
        "social_mention": EventType("social_mentions", "social_mention_users", needs_sku=False),
        "store_checkin": EventType("store_checkins", "store_checkin_users", needs_sku=False),
        "footfall": EventType("footfall_events", None, "footfall", needs_sku=False),
        "try_on": EventType("try_ons", "try_on_users"),
        "stream_view": EventType("stream_views", "stream_view_users", needs_sku=False),
        "stream_order": EventType("stream_order_events", "stream_order_users", "stream_orders"),
        "customise": EventType("customisations", "customisation_users"),
        "usage": EventType("usages", "usage_users"),
        "resale_list": EventType("resale_lists", "resale_list_users"),
        "resale_sale": EventType("resale_sale_events", "resale_sale_users", "resale_sales"),
        "stock_level": EventType(None, None),
    }
)
"""Kinds of events, and the channels of a panel that each of them fills.

``quantity`` is summed for the kinds with a ``units`` channel: ``sales`` are the units of
``purchase`` events, ``returns`` those of ``return`` events. A ``cancel`` is kept beside the sales,
not taken from them.
"""

KINDS: Final = tuple(EVENT_TYPES)
"""Names of the kinds; a kind's number is its position here."""
