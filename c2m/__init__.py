"""c2m: from what consumers do to what the factory makes.

The main road is `read_events` -> `build_panel` -> `forecast_demand` -> `plan_production`; it
crosses three doors, the types `Panel`, `Demand` and `Plan`.
"""

import logging
from importlib import import_module
from types import ModuleType
from typing import Final

from c2m.demand import Demand
from c2m.errors import (
    ArgumentError,
    C2MError,
    C2MWarning,
    DataError,
    InfeasiblePlanError,
    MissingEngineError,
)
from c2m.forecast import (
    Backtest,
    DirectBoosting,
    MovingAverage,
    SeasonalNaive,
    Selection,
    backtest,
    forecast_demand,
    select_model,
)
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.plan import Plan
from c2m.production import Factory, Line, Product, Routing, plan_production
from c2m.signals import Events, build_panel, read_events

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "Backtest",
    "C2MError",
    "C2MWarning",
    "Calendar",
    "DataError",
    "Demand",
    "DirectBoosting",
    "Events",
    "Factory",
    "InfeasiblePlanError",
    "Line",
    "MissingEngineError",
    "MovingAverage",
    "Panel",
    "Plan",
    "Product",
    "Routing",
    "SeasonalNaive",
    "Selection",
    "backtest",
    "build_panel",
    "forecast_demand",
    "plan_production",
    "read_events",
    "select_model",
]

_ON_DEMAND: Final = ("datasets", "plot", "report")
"""Subpackages that are imported when they are first asked for, to keep ``import c2m`` light."""


def __getattr__(name: str) -> ModuleType:
    if name in _ON_DEMAND:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ON_DEMAND, "__version__"])


logging.getLogger(__name__).addHandler(logging.NullHandler())
