"""The factory: its tables, their checks, and the files that hold them."""

from c2m.production.factory.factory import Factory
from c2m.production.factory.tables import (
    Group,
    Limit,
    Line,
    Prepack,
    Product,
    Routing,
    Shutdown,
)

__all__ = ["Factory", "Group", "Limit", "Line", "Prepack", "Product", "Routing", "Shutdown"]
