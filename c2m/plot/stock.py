"""Draw what a plan does for SKUs: what is made, wanted, in stock and lost over time."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean
from c2m.plot.style import (
    BANDS,
    INK,
    ORANGE,
    SAND,
    axes_or_new,
    label_periods,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.plan import Plan

_WIDTH: Final = 0.72
"""Of a bar, in periods."""


def plot_stock(plan: "Plan", ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
    """Plot units made, wanted, in stock and lost over time.

    Parameters
    ----------
    plan : Plan
        The plan.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        One SKU; the sum of all of them unless given.

    Returns
    -------
    matplotlib Axes
        The drawing. Runs stand in the period in which they are made, and stock is that at the end
        of a period. A plan from outside has no outlook; its units made are shown alone.

    Raises
    ------
    ArgumentError
        If the plan has no such SKU.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.plan import Plan
    >>> frame = pd.DataFrame({"sku": ["A"], "line": ["L1"], "period": ["2026-11-23"],
    ...                       "quantity": [120]})
    >>> ax = plot_stock(Plan.from_frame(frame, freq="W", lead_time_periods=0), sku="A")
    >>> ax.get_title(loc="left")
    'A: units'
    """
    skus = list(plan.skus)
    if sku is not None and sku not in skus:
        raise ArgumentError(f"The plan has no SKU {sku!r}{did_you_mean(sku, skus)}.")
    rows = np.arange(len(skus)) if sku is None else np.array([skus.index(sku)])
    ax = axes_or_new(ax)
    steps = np.arange(plan.n_periods)
    runs = plan.runs if sku is None else plan.runs[plan.runs["sku"] == sku]
    made = runs.groupby("period")["quantity"].sum().reindex(plan.periods, fill_value=0)
    ax.bar(steps, made.to_numpy(dtype=np.float64), width=_WIDTH, color=BANDS[1], label="made")
    if plan.outlook:
        course = {
            name: plan.outlook[name][rows].sum(axis=0) for name in ("demand", "stock", "lost")
        }
        ax.plot(steps, course["stock"], color=SAND, linewidth=2.2, label="left in stock, expected")
        ax.plot(steps, course["demand"], "o-", color=INK, markersize=3, label="wanted, expected")
        if course["lost"].max(initial=0.0) > 0:
            ax.bar(steps, course["lost"], width=_WIDTH / 3, color=ORANGE, label="lost, expected")
    label_periods(ax, plan.periods, plan.freq)
    ax.set_xlim(-0.6, plan.n_periods - 0.4)
    ax.set_ylim(bottom=0)
    thousands(ax)
    quiet(ax, title=f"{'All SKUs' if sku is None else sku}: units")
    return ax
