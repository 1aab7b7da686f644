"""RetailRocket: the open log of a shop with all ids hashed, and what was known of its items."""

from typing import Final

from c2m.signals.schemas.layout import Layout

_SOURCE: Final = "https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset"

RETAILROCKET: Final = Layout(
    name="retailrocket",
    title="RetailRocket open log, events.csv",
    source=_SOURCE,
    formats=("csv", "parquet"),
    reads={
        "event_time": "timestamp, milliseconds since 1970",
        "event_type": "event",
        "sku": "itemid",
        "user_key": "visitorid",
        "order_id": "transactionid",
    },
    event_types={"view": "view", "addtocart": "cart_add", "transaction": "purchase"},
    traps=(
        "`timestamp` counts milliseconds.",
        "A transaction is a row an item, without quantity or price: each counts as one unit, and "
        "revenue is unknown.",
        "Only 22,457 of 2,756,101 events are purchases: most series never sell.",
        "Whether an item was available stands in item_properties_part*.csv: read those with "
        "schema='retailrocket_properties', and put both together with `c2m.signals.combine`.",
    ),
    required=("timestamp", "visitorid", "event", "itemid"),
    columns={
        "event_time": "timestamp",
        "event_type": "event",
        "sku": "itemid",
        "user_key": "visitorid",
        "order_id": "transactionid",
    },
    time_format="ms",
    shown=("timestamp", "event"),
)
"""Layout ``"retailrocket"``."""

RETAILROCKET_PROPERTIES: Final = Layout(
    name="retailrocket_properties",
    title="RetailRocket open log, item_properties_part*.csv: what was available",
    source=_SOURCE,
    formats=("csv", "parquet"),
    reads={
        "event_time": "timestamp, milliseconds since 1970",
        "event_type": "property",
        "sku": "itemid",
        "in_stock": "value of the property 'available'",
    },
    event_types={"available": "stock_level"},
    traps=(
        "A row is the value of a property of an item from a moment on; moments are a week "
        "apart, so that a change within the week is not seen.",
        "Only `available` (1 or 0) is read: it becomes `in_stock` of a stock_level event. "
        "All other properties are hashed words, and are left out.",
        "There are no people in it: no key is needed.",
    ),
    required=("timestamp", "itemid", "property", "value"),
    columns={
        "event_time": "timestamp",
        "event_type": "property",
        "sku": "itemid",
        "in_stock": "value",
    },
    time_format="ms",
    has_users=False,
    shown=("timestamp",),
)
"""Layout ``"retailrocket_properties"``."""
