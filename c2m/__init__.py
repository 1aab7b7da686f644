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
        ETS,
        SES,
        TSB,
        Aligned,
        Backtest,
        Croston,
        DirectBoosting,
        Explanation,
        Fallback,
        LaunchModel,
        Movement,
        MovingAverage,
        Range,
        SeasonalNaive,
        Selection,
        SignalGuard,
        SignalValue,
        SizeCurves,
        StatsModel,
        WithLaunches,
        add_range,
        backtest,
        colour_shares,
        forecast_demand,
        hierarchy_table,
        load_model,
        read_range,
        select_model,
        signal_value,
        split_sizes,
    )
    from c2m.panel import Panel
    from c2m.periods import Calendar
    from c2m.plan import Plan
    from c2m.production import (
        Allocation,
        BatchTerms,
        Comparison,
        Factory,
        Line,
        Product,
        Routing,
        Season,
        TwoRuns,
        WhatIf,
        allocate,
        capacitated_run_sizes,
        compare,
        judge_test_batch,
        plan_production,
        push_list,
        recost,
        run_sizes,
        size_second_run,
        size_test_batch,
        size_two_runs,
        what_if,
    )
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
    "ETS",
    "EVENT_TYPES",
    "SES",
    "TSB",
    "Aligned",
    "Allocation",
    "ArgumentError",
    "Backtest",
    "BatchTerms",
    "C2MError",
    "C2MWarning",
    "Calendar",
    "Catalogue",
    "Comparison",
    "Croston",
    "DataError",
    "DayStore",
    "Demand",
    "DirectBoosting",
    "Events",
    "Explanation",
    "Factory",
    "Fallback",
    "InfeasiblePlanError",
    "LaunchModel",
    "Line",
    "MissingEngineError",
    "Movement",
    "MovingAverage",
    "Panel",
    "Plan",
    "Product",
    "Range",
    "Routing",
    "Season",
    "SeasonalNaive",
    "Selection",
    "SignalGuard",
    "SignalValue",
    "SizeCurves",
    "StatsModel",
    "TwoRuns",
    "WhatIf",
    "WithLaunches",
    "add_range",
    "allocate",
    "backtest",
    "build_panel",
    "capacitated_run_sizes",
    "colour_shares",
    "combine",
    "compare",
    "describe_schema",
    "detect_waves",
    "fit_returns",
    "forecast_demand",
    "funnel",
    "hierarchy_table",
    "judge_test_batch",
    "lead",
    "load_model",
    "maturation",
    "peak_days",
    "peak_effects",
    "plan_production",
    "push_list",
    "read_aggregate",
    "read_events",
    "read_range",
    "read_stock_snapshots",
    "recost",
    "run_sizes",
    "score_trust",
    "select_model",
    "signal_value",
    "size_second_run",
    "size_test_batch",
    "size_two_runs",
    "split_sizes",
    "stock_share",
    "unconstrain",
    "what_if",
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
    "Aligned": "forecast",
    "Backtest": "forecast",
    "Croston": "forecast",
    "DirectBoosting": "forecast",
    "ETS": "forecast",
    "Explanation": "forecast",
    "Fallback": "forecast",
    "LaunchModel": "forecast",
    "Movement": "forecast",
    "MovingAverage": "forecast",
    "Range": "forecast",
    "SES": "forecast",
    "SeasonalNaive": "forecast",
    "Selection": "forecast",
    "SignalGuard": "forecast",
    "SignalValue": "forecast",
    "SizeCurves": "forecast",
    "StatsModel": "forecast",
    "TSB": "forecast",
    "WithLaunches": "forecast",
    "add_range": "forecast",
    "backtest": "forecast",
    "colour_shares": "forecast",
    "forecast_demand": "forecast",
    "hierarchy_table": "forecast",
    "load_model": "forecast",
    "read_range": "forecast",
    "select_model": "forecast",
    "signal_value": "forecast",
    "split_sizes": "forecast",
    "Allocation": "production",
    "BatchTerms": "production",
    "Comparison": "production",
    "Factory": "production",
    "Line": "production",
    "Product": "production",
    "Routing": "production",
    "Season": "production",
    "TwoRuns": "production",
    "WhatIf": "production",
    "allocate": "production",
    "capacitated_run_sizes": "production",
    "compare": "production",
    "judge_test_batch": "production",
    "plan_production": "production",
    "push_list": "production",
    "recost": "production",
    "run_sizes": "production",
    "size_second_run": "production",
    "size_test_batch": "production",
    "size_two_runs": "production",
    "what_if": "production",
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
