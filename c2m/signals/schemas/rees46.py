"""REES46: the open log of a cosmetics shop and of a shop of all kinds of things, CSV."""

from typing import Final

from c2m.signals.schemas.layout import Layout

REES46: Final = Layout(
    name="rees46",
    title="REES46 open ecommerce logs, CSV",
    source="https://rees46.com/en/datasets",
    formats=("csv", "parquet"),
    reads={
        "event_time": "event_time",
        "event_type": "event_type",
        "sku": "product_id",
        "unit_price": "price",
        "user_key": "user_id",
        "session_key": "user_session",
    },
    event_types={
        "view": "view",
        "cart": "cart_add",
        "remove_from_cart": "cart_remove",
        "purchase": "purchase",
    },
    traps=(
        "A row of a purchase is one unit: two units are two rows that may be equal in all "
        "columns. There is no event id, so that none of them is taken for a repeat.",
        "Times end in ' UTC', and are UTC where they do not.",
        "`category_code` and `brand` are often empty and are not read: pass attributes= for "
        "what is known of a product.",
        "There is no currency.",
        "`user_session` may be empty.",
    ),
    required=("event_time", "event_type", "product_id", "user_id"),
    columns={
        "event_time": "event_time",
        "event_type": "event_type",
        "sku": "product_id",
        "unit_price": "price",
        "user_key": "user_id",
        "session_key": "user_session",
    },
    time_zone="UTC",
    shown=("event_time", "event_type", "price"),
)
"""Layout ``"rees46"``."""
