"""Figures: one function each, which draws on `ax` and returns it; needs matplotlib."""

from c2m.plot.calibration import plot_calibration
from c2m.plot.demand import plot_demand
from c2m.plot.leaderboard import plot_leaderboard
from c2m.plot.panel import plot_panel
from c2m.plot.plan import plot_plan
from c2m.plot.risk import plot_risk

__all__ = [
    "plot_calibration",
    "plot_demand",
    "plot_leaderboard",
    "plot_panel",
    "plot_plan",
    "plot_risk",
]
