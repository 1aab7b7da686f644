"""Service levels that a plan must reach, whatever it costs."""

from c2m.production.policy.service import (
    ServiceLevel,
    service_level,
    service_of,
    solve_with_service,
)

__all__ = ["ServiceLevel", "service_level", "service_of", "solve_with_service"]
