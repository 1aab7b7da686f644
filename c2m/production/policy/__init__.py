"""Service levels that a plan must reach, whatever it costs."""

from c2m.production.policy.service import (
    ServiceLevel,
    reaches,
    service_level,
    service_of,
    solve_priced,
    solve_with_service,
)

__all__ = [
    "ServiceLevel",
    "reaches",
    "service_level",
    "service_of",
    "solve_priced",
    "solve_with_service",
]
