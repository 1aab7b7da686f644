"""Draw where a plan is expected to lose sales and where it is expected to have units left."""

from typing import TYPE_CHECKING

import numpy as np

from c2m.errors import ArgumentError
from c2m.plot.style import (
    BANDS,
    MUTED,
    ORANGE,
    axes_or_new,
    plain,
    quiet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.plan import Plan


def plot_risk(plan: "Plan", ax: "Axes | None" = None, *, most: int = 12) -> "Axes":
    """Plot the SKUs with the largest expected lost sales and left-over stock.

    Parameters
    ----------
    plan : Plan
        A plan with an outlook.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    most : int
        How many SKUs to show.

    Returns
    -------
    matplotlib Axes
        Bars to the left: units wanted and not there. Bars to the right: units in stock at the
        end of the plan. Both are expectations over the scenarios.

    Raises
    ------
    ArgumentError
        If the plan came from outside and has no outlook.
    MissingEngineError
        If matplotlib is not installed.
    """
    if not plan.outlook:
        raise ArgumentError(
            "Expected a plan with an outlook, got one from outside; c2m.plan_production gives one."
        )
    lost = plan.outlook["lost"].sum(axis=1)  # [S]
    left = plan.outlook["stock"][:, -1]
    largest = np.argsort(-(lost + left), kind="stable")[:most]
    ax = axes_or_new(ax, (7.2, 0.6 + 0.26 * len(largest)))
    rows = np.arange(len(largest))
    ax.barh(rows, -lost[largest], height=0.7, color=ORANGE, label="lost sales")
    ax.barh(rows, left[largest], height=0.7, color=BANDS[-1], label="left at the end")
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_yticks(rows, [plain(plan.skus[row]) for row in largest])
    ax.set_ylim(len(largest) - 0.5, -0.5)
    _mirror_numbers(ax)
    ax.set_xlabel("expected units")
    quiet(ax, title="Largest expected lost sales and left-over stock", grid="x")
    return ax


def _mirror_numbers(ax: "Axes") -> None:
    """Write both directions as positive numbers."""
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.10g}")
