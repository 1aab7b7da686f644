"""Forecast: from a panel to demand.

Models learn with ``fit(panel)`` and forecast with ``predict(horizon)``; any class with these two
enters a `backtest`.
"""

from c2m.forecast.backtest.backtest import backtest
from c2m.forecast.backtest.leaderboard import Backtest
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.selection.choose import Selection, forecast_demand, select_model

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
