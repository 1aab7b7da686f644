"""Taobao: the open log UserBehavior, CSV without a header."""

from typing import Final

from c2m.signals.schemas.layout import Layout

TAOBAO: Final = Layout(
    name="taobao",
    title="Taobao UserBehavior open log, CSV without a header",
    source="https://tianchi.aliyun.com/dataset/649",
    formats=("csv", "parquet"),
    reads={
        "event_time": "timestamp, seconds since 1970",
        "event_type": "behavior",
        "sku": "item_id",
        "user_key": "user_id",
    },
    event_types={"pv": "view", "fav": "wishlist_add", "cart": "cart_add", "buy": "purchase"},
    traps=(
        "The file has no header: its columns are user, item, category, behaviour, time.",
        "Times are seconds since 1970, so instants; days are counted in China's zone, "
        "Asia/Shanghai, unless build_panel is told another.",
        "The log is of 25 November to 3 December 2017, but some rows are dated 1902 to 2037: "
        "build_panel stops at those; pass span=('2017-11-25', '2017-12-03'), and the rows outside "
        "are counted and left out.",
        "A purchase has no quantity or price: each counts as one unit, and revenue is unknown.",
        "`category` is not read: pass attributes= for what is known of an item.",
    ),
    required=("user_id", "item_id", "category_id", "behavior", "timestamp"),
    columns={
        "event_time": "timestamp",
        "event_type": "behavior",
        "sku": "item_id",
        "user_key": "user_id",
    },
    time_format="s",
    time_zone="Asia/Shanghai",
    header=("user_id", "item_id", "category_id", "behavior", "timestamp"),
    shown=("timestamp", "behavior"),
)
"""Layout ``"taobao"``."""
