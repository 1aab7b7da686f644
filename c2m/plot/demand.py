"""Draw a forecast as a fan: what is expected, and how far it may be off."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.plot.panel import known_sum
from c2m.plot.style import (
    BANDS,
    BLUE,
    INK,
    MUTED,
    axes_or_new,
    label_periods,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.demand import Demand
    from c2m.panel import Panel

COVERAGES: Final = (0.95, 0.80, 0.50)
"""Chances with which the bands of a fan hold the truth, widest first."""

_MOST_PATHS: Final = 1000
_LEAST_PATHS: Final = 200
_MOST_DRAWS: Final = 10_000_000
_HISTORY: Final = 3
"""The history shown is so many times as long as the horizon."""


def plot_demand(
    demand: "Demand",
    ax: "Axes | None" = None,
    *,
    sku: str | None = None,
    panel: "Panel | None" = None,
) -> "Axes":
    """Plot the fan of one SKU, or of the sum of all.

    Parameters
    ----------
    demand : Demand
        The forecast.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU; the sum of all series unless given. A sum of several series is read from 1,000
        joint paths, from fewer where that would be more than ten million draws, but never from
        fewer than 200.
    panel : Panel, optional
        What was observed; its last periods are drawn before the fan.

    Returns
    -------
    matplotlib Axes
        The mean as a line, the central 50, 80 and 95 % as bands.

    Raises
    ------
    ArgumentError
        If there is no such SKU, or panel and forecast have different periods.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from c2m import Calendar, Demand
    >>> from c2m.distribution import GammaPoisson
    >>> demand = Demand(
    ...     keys=pd.DataFrame({"sku": ["A"]}), calendar=Calendar("W"), first=2968,
    ...     law=GammaPoisson(np.array([[4.0, 5.0]]), 0.3, 0.1),
    ... )
    >>> plot_demand(demand, sku="A").get_ylabel()
    'demand, units'
    """
    if panel is not None and panel.calendar != demand.calendar:
        raise ArgumentError(
            f"Expected a panel of the forecast's freq {demand.freq!r}, got {panel.freq!r}."
        )
    part = demand if sku is None else demand.select([sku])
    ax = axes_or_new(ax)
    _draw_fan(ax, part)
    shown = 0 if panel is None else _draw_history(ax, part, panel, sku)
    periods = demand.calendar.labels(demand.first - shown, shown + demand.horizon)
    label_periods(ax, periods, demand.freq, start=-shown)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("demand, units")
    thousands(ax)
    quiet(ax, title=sku if sku is not None else f"Demand of {part.n_series:,} series")
    return ax


def _draw_fan(ax: "Axes", demand: "Demand") -> None:
    steps = np.arange(demand.horizon, dtype=np.float64)
    quantiles = _fan(demand)  # [H, 2 * bands]
    if demand.horizon == 1:  # one period has no width of its own
        steps, quantiles = np.array([-0.4, 0.4]), np.repeat(quantiles, 2, axis=0)
    for place, (coverage, colour) in enumerate(zip(COVERAGES, BANDS, strict=True)):
        low, high = quantiles[:, place], quantiles[:, -1 - place]
        label = f"{coverage:.0%}" + (" range" if place == 0 else "")
        ax.fill_between(steps, low, high, color=colour, linewidth=0, label=label)
    mean = np.broadcast_to(demand.mean.sum(axis=0), steps.shape)
    ax.plot(steps, mean, color=BLUE, linewidth=1.8, label="expected")


def _fan(demand: "Demand") -> NDArray[np.float64]:
    """Return the bands' lower bounds, widest first, then their upper bounds, narrowest first."""
    tails = [(1 - coverage) / 2 for coverage in COVERAGES]
    levels = [*tails, *(1 - tail for tail in reversed(tails))]
    if demand.n_series == 1:
        bands: NDArray[np.float64] = demand.quantiles(levels)[0]
        return bands
    affordable = _MOST_DRAWS // (demand.n_series * demand.horizon)
    n = max(_LEAST_PATHS, min(_MOST_PATHS, affordable))
    total = np.zeros((n, demand.horizon))
    for _, paths in demand.iter_samples(n, seed=0):
        total += paths.sum(axis=1, dtype=np.float64)
    return np.asarray(np.quantile(total, levels, axis=0).T)


def _draw_history(ax: "Axes", demand: "Demand", panel: "Panel", sku: str | None) -> int:
    """Draw the last observed periods and return how many positions they take."""
    own = panel if sku is None else panel.select([sku])
    values, _ = known_sum(own)
    positions = np.arange(panel.first, panel.first + panel.n_periods) - demand.first
    reach = max(_HISTORY * demand.horizon, 2)
    seen = (positions < 0) & (positions >= -reach)
    if not seen.any():
        return 0
    ax.plot(
        positions[seen],
        values[seen],
        color=INK,
        linewidth=1.3,
        marker=".",
        markersize=3.5,
        label="observed",
    )
    ax.axvline(-0.5, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    return int(-positions[seen].min())
