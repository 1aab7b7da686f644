"""What the factory is to make: runs, load, shortfalls, costs and the reason of every run."""

from c2m.plan.plan import Plan
from c2m.plan.tables import (
    ALLOWANCES,
    CHANGES,
    LOAD,
    MATERIALS,
    OUTLOOK,
    REASONS,
    RUNS,
    SHORTFALLS,
)

__all__ = [
    "ALLOWANCES",
    "CHANGES",
    "LOAD",
    "MATERIALS",
    "OUTLOOK",
    "REASONS",
    "RUNS",
    "SHORTFALLS",
    "Plan",
]
