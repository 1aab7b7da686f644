"""The factory: its tables, their checks, and the files that hold them."""

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
from c2m.production.factory.factory import Factory
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
from c2m.production.factory.settings import Policy

__all__ = [
    "Budget",
    "Factory",
    "Group",
    "GroupCapacity",
    "Lane",
    "Limit",
    "Line",
    "Markdown",
    "Material",
    "MaterialOrder",
    "MaterialUse",
    "Policy",
    "Prepack",
    "PriceBreak",
    "Product",
    "Rate",
    "Routing",
    "SetupFamily",
    "Shutdown",
]
