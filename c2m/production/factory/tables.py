"""The tables of a factory: which there are, and the row class of each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

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
from c2m.production.factory.columns import Column, columns
from c2m.production.factory.making import (
    ALL_LINES,
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
from c2m.production.factory.settings import Period, Settings

__all__ = [
    "ALL_LINES",
    "REQUIRED_TABLES",
    "TABLES",
    "Budget",
    "Column",
    "Group",
    "GroupCapacity",
    "Lane",
    "Limit",
    "Line",
    "Markdown",
    "Material",
    "MaterialOrder",
    "MaterialUse",
    "Period",
    "Prepack",
    "PriceBreak",
    "Product",
    "Rate",
    "Routing",
    "Row",
    "Settings",
    "SetupFamily",
    "Shutdown",
    "columns",
]

Row: TypeAlias = (
    Product
    | Line
    | Routing
    | Shutdown
    | Limit
    | Group
    | Prepack
    | SetupFamily
    | GroupCapacity
    | PriceBreak
    | Material
    | MaterialOrder
    | MaterialUse
    | Lane
    | Markdown
    | Budget
    | Rate
    | Period
    | Settings
)
"""One row of any factory table."""

TABLES: Final[Mapping[str, type[Row]]] = MappingProxyType(
    {
        "lines": Line,
        "products": Product,
        "routings": Routing,
        "shutdowns": Shutdown,
        "groups": Group,
        "prepacks": Prepack,
        "limits": Limit,
        "families": SetupFamily,
        "group_capacities": GroupCapacity,
        "price_breaks": PriceBreak,
        "materials": Material,
        "material_orders": MaterialOrder,
        "bill_of_materials": MaterialUse,
        "lanes": Lane,
        "markdowns": Markdown,
        "budgets": Budget,
        "rates": Rate,
    }
)
"""The tables that `Factory` holds, in the order in which a person fills them in."""

REQUIRED_TABLES: Final = ("lines", "products", "routings")
"""The tables without which there is no factory."""
