"""c2m: from what consumers do to what the factory makes.

The main road is `read_events` -> `build_panel` -> `forecast_demand` -> `plan_production`; it
crosses three doors, the types `Panel`, `Demand` and `Plan`.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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
    from c2m.signals import (
        EVENT_TYPES,
        Catalogue,
        DayStore,
        Events,
        build_panel,
        combine,
        describe_schema,
        detect_waves,
        fit_returns,
        funnel,
        lead,
        maturation,
        peak_days,
        peak_effects,
        read_aggregate,
        read_events,
        read_stock_snapshots,
        score_trust,
        stock_share,
        unconstrain,
        with_peaks,
    )

__version__ = "0.1.0"

__all__ = [
    "EVENT_TYPES",
    "ArgumentError",
    "Backtest",
    "C2MError",
    "C2MWarning",
    "Calendar",
    "Catalogue",
    "DataError",
    "DayStore",
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
    "combine",
    "describe_schema",
    "detect_waves",
    "fit_returns",
    "forecast_demand",
    "funnel",
    "lead",
    "maturation",
    "peak_days",
    "peak_effects",
    "plan_production",
    "read_aggregate",
    "read_events",
    "read_stock_snapshots",
    "score_trust",
    "select_model",
    "stock_share",
    "unconstrain",
    "with_peaks",
]

_ROOMS: Final = (
    *("errors", "periods", "panel", "demand", "plan"),
    *("signals", "forecast", "production"),
)
"""Where the public names live; imported when one of them is first asked for."""

_ON_DEMAND: Final = ("datasets", "plot", "report")
"""Subpackages that are no part of the main road."""

_HOME: Final = {
    "ArgumentError": "errors",
    "C2MError": "errors",
    "C2MWarning": "errors",
    "DataError": "errors",
    "InfeasiblePlanError": "errors",
    "MissingEngineError": "errors",
    "Calendar": "periods",
    "Panel": "panel",
    "Demand": "demand",
    "Plan": "plan",
    "Backtest": "forecast",
    "DirectBoosting": "forecast",
    "MovingAverage": "forecast",
    "SeasonalNaive": "forecast",
    "Selection": "forecast",
    "backtest": "forecast",
    "forecast_demand": "forecast",
    "select_model": "forecast",
    "Factory": "production",
    "Line": "production",
    "Product": "production",
    "Routing": "production",
    "plan_production": "production",
}
"""Public name -> its room; those that are not listed are of the signals wing."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'signals')}"), name)
        globals()[name] = value
        return value
    if name in {*_ROOMS, *_ON_DEMAND}:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ON_DEMAND, "__version__"])


logging.getLogger(__name__).addHandler(logging.NullHandler())
