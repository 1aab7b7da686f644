"""Forecast: from a panel to demand.

Models learn with ``fit(panel)`` and forecast with ``predict(horizon)``; any class with these two
enters a `backtest`.
"""

from c2m.forecast.backtest.backtest import backtest
from c2m.forecast.backtest.leaderboard import Backtest
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB, Croston
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.baselines.smoothing import SES
from c2m.forecast.baselines.statsmodel import StatsModel
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.explain.explanation import Explanation
from c2m.forecast.explain.movement import Movement
from c2m.forecast.fallback.fallback import Fallback
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.hierarchy.table import hierarchy_table
from c2m.forecast.launch.add_range import add_range
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.launch.options import OptionShares, colour_shares
from c2m.forecast.launch.ranges import Range, read_range
from c2m.forecast.launch.sizes import SizeCurves
from c2m.forecast.launch.splitting import split_sizes
from c2m.forecast.launch.with_launches import WithLaunches
from c2m.forecast.saving import load_model, save_model
from c2m.forecast.selection.choose import Selection, forecast_demand, select_model
from c2m.forecast.selection.guard import SignalGuard
from c2m.forecast.selection.value import SignalValue, signal_value

__all__ = [
    "ETS",
    "SES",
    "TSB",
    "Aligned",
    "Backtest",
    "Croston",
    "DirectBoosting",
    "Explanation",
    "Fallback",
    "LaunchModel",
    "Movement",
    "MovingAverage",
    "OptionShares",
    "Range",
    "SeasonalNaive",
    "Selection",
    "SignalGuard",
    "SignalValue",
    "SizeCurves",
    "StatsModel",
    "WithLaunches",
    "add_range",
    "backtest",
    "colour_shares",
    "forecast_demand",
    "hierarchy_table",
    "load_model",
    "read_range",
    "save_model",
    "select_model",
    "signal_value",
    "split_sizes",
]


def __dir__() -> list[str]:
    return sorted(__all__)
