"""Forecast: from a panel to demand.

Models learn with ``fit(panel)`` and forecast with ``predict(horizon)``; any class with these two
enters a `backtest`.
"""

from c2m.forecast.backtest import backtest
from c2m.forecast.baselines import MovingAverage, SeasonalNaive
from c2m.forecast.boosting import DirectBoosting
from c2m.forecast.choose import Selection, forecast_demand, select_model
from c2m.forecast.leaderboard import Backtest

__all__ = [
    "Backtest",
    "DirectBoosting",
    "MovingAverage",
    "SeasonalNaive",
    "Selection",
    "backtest",
    "forecast_demand",
    "select_model",
]
