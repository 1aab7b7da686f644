"""Layouts of the logs that shops and their tools export."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean
from c2m.signals.schemas.adobe import ADOBE
from c2m.signals.schemas.complete_journey import COMPLETE_JOURNEY
from c2m.signals.schemas.ga4 import LAYOUT as GA4
from c2m.signals.schemas.layout import Layout
from c2m.signals.schemas.online_retail import ONLINE_RETAIL
from c2m.signals.schemas.posthog import POSTHOG
from c2m.signals.schemas.rees46 import REES46
from c2m.signals.schemas.retailrocket import RETAILROCKET, RETAILROCKET_PROPERTIES
from c2m.signals.schemas.segment import RUDDERSTACK, SEGMENT
from c2m.signals.schemas.shopify_inventory import SHOPIFY_INVENTORY
from c2m.signals.schemas.shopify_orders import SHOPIFY_ORDERS
from c2m.signals.schemas.shopify_products import SHOPIFY_PRODUCTS
from c2m.signals.schemas.shopify_webhooks import SHOPIFY_WEBHOOKS
from c2m.signals.schemas.snowplow import SNOWPLOW
from c2m.signals.schemas.taobao import TAOBAO
from c2m.signals.schemas.woocommerce import WOOCOMMERCE

_KNOWN: tuple[Layout, ...] = (
    SHOPIFY_ORDERS,
    SHOPIFY_WEBHOOKS,
    SHOPIFY_PRODUCTS,
    SHOPIFY_INVENTORY,
    WOOCOMMERCE,
    GA4,
    SEGMENT,
    RUDDERSTACK,
    POSTHOG,
    SNOWPLOW,
    ADOBE,
    REES46,
    RETAILROCKET,
    RETAILROCKET_PROPERTIES,
    TAOBAO,
    ONLINE_RETAIL,
    COMPLETE_JOURNEY,
)

LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType({layout.name: layout for layout in _KNOWN})
"""What ``schema=`` takes, besides ``"canonical"``."""


def find_layout(schema: str) -> Layout | None:
    """Return the layout of a name.

    Parameters
    ----------
    schema : str
        What ``schema=`` was given.

    Returns
    -------
    Layout or None
        None for ``"canonical"``.

    Raises
    ------
    ArgumentError
        If there is no such schema.
    """
    if schema == "canonical":
        return None
    if schema not in LAYOUTS:
        names = ["canonical", *LAYOUTS]
        raise ArgumentError(
            f"Expected schema of a known layout, got {schema!r}"
            f"{did_you_mean(str(schema), names)}; there are {', '.join(names)}."
        )
    return LAYOUTS[schema]
