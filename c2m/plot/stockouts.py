"""Draw what was sold beside what would have been, had stock not run out."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.plot.style import (
    BANDS,
    BLUE,
    INK,
    SAND,
    axes_or_new,
    label_periods,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import Unconstrained

_AS_SOLD: Final = ("observed", "unknown")
"""Methods of cells in which stock did not run out."""

_ERRORS: Final = 2.0


def plot_stockouts(
    found: "Unconstrained",
    ax: "Axes | None" = None,
    *,
    sku: str | None = None,
    last: int | None = None,
) -> "Axes":
    """Plot sales and demand of one SKU, or of the sum of all.

    Parameters
    ----------
    found : Unconstrained
        From `c2m.signals.unconstrain`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU; the sum of all series unless given.
    last : int, optional
        How many of the last periods to show; all unless given.

    Returns
    -------
    matplotlib Axes
        Sales, and demand with two standard deviations on either side (errors of cells taken as
        independent). Of one SKU the periods in which stock ran out are shaded.

    Raises
    ------
    ArgumentError
        If there is no such SKU, or `last` is out of its range.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m import Panel
    >>> from c2m.signals import unconstrain
    >>> frame = pd.DataFrame({"sku": "A", "period": pd.date_range("2026-11-02", periods=10),
    ...                       "sales": [4] * 9 + [1], "in_stock_demand": [1] * 9 + [0.2]})
    >>> panel = Panel.from_frame(frame, freq="D", signals=["in_stock_demand"])
    >>> plot_stockouts(unconstrain(panel), sku="A").get_ylabel()
    'units'
    """
    panel = found.panel
    n = panel.n_periods if last is None else last
    if not 1 <= n <= panel.n_periods:
        raise ArgumentError(f"Expected last from 1 to {panel.n_periods}, got {last!r}.")
    rows = np.arange(panel.n_series) if sku is None else _rows_of(found, sku)
    shown = slice(panel.n_periods - n, panel.n_periods)
    sales, demand = (
        np.nansum(panel[name][rows, shown], axis=0, dtype=np.float64)
        for name in ("sales", "demand")
    )
    deviation = panel["demand_sd"][rows, shown].astype(np.float64)
    spread = _ERRORS * np.sqrt(np.nansum(deviation**2, axis=0))
    ax = axes_or_new(ax)
    steps = np.arange(n)
    if sku is not None:
        as_sold = np.isin(found.method[rows, shown], _AS_SOLD)
        _shade(ax, np.asarray((~as_sold).any(axis=0)))
    low = np.maximum(demand - spread, 0.0)
    ax.fill_between(
        steps, low, demand + spread, color=BANDS[1], linewidth=0, label="demand, 2 sd each way"
    )
    ax.plot(steps, demand, color=BLUE, linewidth=1.5, label="demand")
    ax.plot(steps, sales, color=INK, linewidth=1.1, linestyle=(0, (4, 1.5)), label="sales")
    ax.set_ylim(bottom=0)
    label_periods(ax, panel.periods[shown], panel.freq)
    ax.set_ylabel("units")
    thousands(ax)
    quiet(ax, title=sku if sku is not None else f"Sales and demand of {panel.n_series:,} series")
    return ax


def _rows_of(found: "Unconstrained", sku: str) -> NDArray[np.intp]:
    own = found.panel.select([sku]).keys["sku"].iloc[0]  # names a near spelling where unknown
    return np.flatnonzero((found.panel.keys["sku"] == own).to_numpy())


def _shade(ax: "Axes", out: NDArray[np.bool_]) -> None:
    label = "stock ran out"
    for step in np.flatnonzero(out):
        ax.axvspan(
            step - 0.5, step + 0.5, color=SAND, alpha=0.55, linewidth=0, zorder=0, label=label
        )
        label = "_nolegend_"
