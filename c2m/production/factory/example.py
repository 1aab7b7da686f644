"""A small factory that fills in every table: the example on the template's help sheet."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from c2m.production.factory.buying import (
    Budget,
    Lane,
    Markdown,
    Material,
    MaterialOrder,
    MaterialUse,
    PriceBreak,
    Rate,
)
from c2m.production.factory.making import (
    Group,
    GroupCapacity,
    Limit,
    Line,
    Prepack,
    Product,
    Routing,
    SetupFamily,
    Shutdown,
)
from c2m.production.factory.settings import Settings
from c2m.production.factory.tables import Row

EXAMPLE: Final[Mapping[str, Sequence[Row]]] = {
    "settings": [Settings("Jacket plant", "W", "EUR", frozen_periods=1)],
    "lines": [
        Line("SEW-1", 2400.0, "minutes", overtime_limit=480.0, overtime_cost=0.4, plant="HUE"),
        Line("PACK", 75.0, "dozens"),
    ],
    "products": [
        Product("PARKA-RED-M", 120.0, 32.0, 20.0, holding_cost=0.2, department="COATS"),
        Product("PARKA-RED-L", 120.0, 33.0, 20.0, holding_cost=0.2, department="COATS"),
        Product("SOCKS-01", 9.0, 2.5, end_value=2.5, holding_cost=0.01, lost_sale_penalty=1.0),
    ],
    "routings": [
        Routing("PARKA-RED-M", "SEW-1", unit_time=6.0, setup_time=45.0, moq=20, lot_multiple=5,
                yield_share=0.98, currency="USD"),
        Routing("PARKA-RED-L", "SEW-1", unit_time=6.2, setup_time=45.0, moq=20, lot_multiple=5,
                yield_share=0.98, currency="USD"),
        Routing("SOCKS-01", "PACK", setup_cost=15.0, max_lot=600.0, lead_time_periods=1,
                lead_time_high=2),
    ],
    "shutdowns": [Shutdown("*", date(2026, 12, 24), date(2027, 1, 3))],
    "groups": [Group("PARKA-RED-M", "PARKA-RED"), Group("PARKA-RED-L", "PARKA-RED")],
    "prepacks": [Prepack("SOCKS-BOX", "SOCKS-01", 12)],
    "limits": [
        Limit("group", "PARKA-RED", "SEW-1", moq=60, setup_cost=80.0),
        Limit("prepack", "SOCKS-BOX", max_lot=40.0),
    ],
    "families": [SetupFamily("PARKA-RED", "SEW-1", setup_time=30.0)],
    "group_capacities": [GroupCapacity("PARKA-RED", 300.0, "pieces", "SEW-1")],
    "price_breaks": [
        PriceBreak("PARKA-RED-M", "SEW-1", 0, 36.0),
        PriceBreak("PARKA-RED-M", "SEW-1", 200, 33.5),
        PriceBreak("PARKA-RED-L", "SEW-1", 0, 37.0),
    ],
    "materials": [
        Material("SHELL-RED", "m", on_hand=400.0, unit_cost=8.0, moq=300.0, lot_multiple=50.0,
                 lead_time_periods=4, commit_by=date(2026, 12, 11)),
    ],
    "material_orders": [MaterialOrder("SHELL-RED", date(2026, 12, 7), 250.0)],
    "bill_of_materials": [
        MaterialUse("PARKA-RED-M", "SHELL-RED", 1.7),
        MaterialUse("PARKA-RED-L", "SHELL-RED", 1.9),
    ],
    "lanes": [
        Lane("HUE", "sea", 0.9, lead_time_periods=5, co2e_per_unit=0.1, lead_time_high=6),
        Lane("HUE", "air", 6.5, lead_time_periods=1, co2e_per_unit=4.2),
        Lane("*", "road"),
    ],
    "markdowns": [Markdown("PARKA-RED-M", 60.0, 0.4), Markdown("PARKA-RED-M", 36.0, 0.3)],
    "budgets": [Budget("COATS", date(2026, 12, 1), date(2026, 12, 31), 60000.0)],
    "rates": [Rate("USD", date(2026, 1, 1), 0.92), Rate("USD", date(2027, 1, 1), 0.9)],
}  # fmt: skip
"""The rows of the example, by table. SOCKS-01 is made in boxes of 12 only."""
