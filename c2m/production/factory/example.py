"""A small factory that fills in every table: the example on the template's help sheet."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from c2m.production.factory.tables import (
    Group,
    Limit,
    Line,
    Prepack,
    Product,
    Routing,
    Row,
    Settings,
    Shutdown,
)

EXAMPLE: Final[Mapping[str, Sequence[Row]]] = {
    "settings": [Settings("Jacket plant", "W", "EUR")],
    "lines": [
        Line("SEW-1", 2400.0, "minutes", overtime_limit=480.0, overtime_cost=0.4),
        Line("PACK", 900.0, "pieces"),
    ],
    "products": [
        Product("PARKA-RED-M", 120.0, 48.0, end_value=30.0, holding_cost=0.2),
        Product("PARKA-RED-L", 120.0, 49.0, end_value=30.0, holding_cost=0.2),
        Product("SOCKS-01", 9.0, 2.5, end_value=2.5, holding_cost=0.01, lost_sale_penalty=1.0),
    ],
    "routings": [
        Routing("PARKA-RED-M", "SEW-1", unit_time=6.0, setup_time=45.0, moq=20, lot_multiple=5),
        Routing("PARKA-RED-L", "SEW-1", unit_time=6.2, setup_time=45.0, moq=20, lot_multiple=5),
        Routing("SOCKS-01", "PACK", setup_cost=15.0, max_lot=600.0, lead_time_periods=1),
    ],
    "shutdowns": [Shutdown("*", date(2026, 12, 24), date(2027, 1, 3))],
    "groups": [Group("PARKA-RED-M", "PARKA-RED"), Group("PARKA-RED-L", "PARKA-RED")],
    "prepacks": [Prepack("SOCKS-BOX", "SOCKS-01", 12)],
    "limits": [
        Limit("group", "PARKA-RED", "SEW-1", moq=60, setup_cost=80.0),
        Limit("prepack", "SOCKS-BOX", max_lot=40.0),
    ],
}
"""The rows of the example, by table. SOCKS-01 is made in boxes of 12 only."""
