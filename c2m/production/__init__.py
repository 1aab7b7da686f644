"""From demand and a factory to what is made, on which line and when."""

from c2m.production.factory import (
    Factory,
    Group,
    Limit,
    Line,
    Prepack,
    Product,
    Routing,
    Shutdown,
)
from c2m.production.lotsizing import LotSizes, wagner_whitin
from c2m.production.plan_production import plan_production

__all__ = [
    "Factory",
    "Group",
    "Limit",
    "Line",
    "LotSizes",
    "Prepack",
    "Product",
    "Routing",
    "Shutdown",
    "plan_production",
    "wagner_whitin",
]
