"""Figures: one function each, which draws on `ax` and returns it; needs matplotlib."""

from c2m.plot.calibration import plot_calibration
from c2m.plot.demand import plot_demand
from c2m.plot.explanation import plot_explanation
from c2m.plot.funnel import plot_funnel
from c2m.plot.gantt import plot_gantt
from c2m.plot.leaderboard import plot_leaderboard
from c2m.plot.leads import plot_leads
from c2m.plot.panel import plot_panel
from c2m.plot.peaks import plot_peaks
from c2m.plot.plan import plot_plan
from c2m.plot.rehearsal import plot_rehearsal
from c2m.plot.returns import plot_returns
from c2m.plot.risk import plot_risk
from c2m.plot.signal_value import plot_signal_value
from c2m.plot.stock import plot_stock
from c2m.plot.stockouts import plot_stockouts
from c2m.plot.trust import plot_trust
from c2m.plot.waves import plot_waves
from c2m.plot.weighted import plot_weighted

__all__ = [
    "plot_calibration",
    "plot_demand",
    "plot_explanation",
    "plot_funnel",
    "plot_gantt",
    "plot_leaderboard",
    "plot_leads",
    "plot_panel",
    "plot_peaks",
    "plot_plan",
    "plot_rehearsal",
    "plot_returns",
    "plot_risk",
    "plot_signal_value",
    "plot_stock",
    "plot_stockouts",
    "plot_trust",
    "plot_waves",
    "plot_weighted",
]


def __dir__() -> list[str]:
    return sorted(__all__)
