"""Draw what each policy of a rehearsal cost, part by part."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.plot.style import (
    BANDS,
    BLUE,
    INK,
    MUTED,
    ORANGE,
    SAND,
    TEXT_SIZE,
    axes_or_new,
    plain,
    quiet,
    thousands,
    write_beside,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.rehearse import Rehearsal

_PARTS: Final = {
    "lost sales": (("lost_margin", "lost_sale_penalty"), ORANGE),
    "left over": (("markdown",), SAND),
    "holding": (("holding",), BANDS[1]),
    "set-ups": (("setup",), BLUE),
    "overtime, dearer ways": (("overtime", "dearer_ways"), INK),
}
"""What is drawn, of which costs, and in which colour."""


def plot_rehearsal(rehearsal: "Rehearsal", ax: "Axes | None" = None) -> "Axes":
    """Plot the cost of mismatch of each policy by its parts, the cheapest policy on top.

    Parameters
    ----------
    rehearsal : Rehearsal
        From `c2m.rehearse.rehearse`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    matplotlib Axes
        A bar a policy; behind it the whole cost and the fill rate. Parts that no policy has are
        left out.

    Raises
    ------
    MissingEngineError
        If matplotlib is not installed.
    """
    costs = rehearsal.costs.sort_values("mismatch_cost", kind="stable")
    rows = np.arange(len(costs))
    ax = axes_or_new(ax, (7.2, 1.5 + 0.42 * len(costs)))
    ends = _bars(ax, costs, rows)
    fill = rehearsal.scores["fill_rate"].reindex(costs.index)
    for row, end, cost, rate in zip(rows, ends, costs["mismatch_cost"], fill, strict=True):
        served = "" if np.isnan(rate) else f", {rate:.0%} served"
        write_beside(
            ax,
            f"{cost:,.0f}{served}",
            (float(end), float(row)),
            gap=5,
            colour=MUTED,
            size=TEXT_SIZE - 0.5,
        )
    ax.set_yticks(rows, [plain(str(name)) for name in costs.index])
    ax.set_ylim(len(costs) - 0.4, -0.6)
    ax.set_xlim(right=1.32 * max(float(ends.max()), 1e-9))  # room for the words behind the bars
    unit = f", {plain(rehearsal.currency)}" if rehearsal.currency else ""
    ax.set_xlabel(f"cost of demand and supply that do not meet{unit}")
    thousands(ax, "x")
    quiet(ax, title="What each policy cost", grid="x")
    return ax


def _bars(
    ax: "Axes", costs: pd.DataFrame, rows: "np.ndarray[tuple[int], np.dtype[np.int_]]"
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Draw the parts behind each other, what is below 0 to the left, and return where they end."""
    ends, below = np.zeros(len(rows)), np.zeros(len(rows))
    for name, (kinds, colour) in _PARTS.items():
        money = costs[list(kinds)].sum(axis=1).to_numpy(dtype=np.float64)
        if money.any():
            left = np.where(money >= 0, ends, below)
            ax.barh(rows, money, left=left, height=0.62, color=colour, label=name)
            ends += np.maximum(money, 0.0)
            below += np.minimum(money, 0.0)
    return ends
