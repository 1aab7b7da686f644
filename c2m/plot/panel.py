"""Draw what was observed: one SKU, or the sum of all."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from c2m.plot.style import INK, axes_or_new, label_periods, quiet, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.panel import Panel


def plot_panel(panel: "Panel", ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
    """Plot the target over time.

    Parameters
    ----------
    panel : Panel
        What was observed.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU; the sum of all series unless given.

    Returns
    -------
    matplotlib Axes
        The drawing. Known values are added; the label says how many values are unknown, and a
        period of which nothing is known is a gap.

    Raises
    ------
    ArgumentError
        If the panel has no such SKU.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m import Panel
    >>> frame = pd.DataFrame({"sku": "A", "sales": [3, 1, 4, 1],
    ...                       "period": pd.date_range("2026-11-02", periods=4, freq="7D")})
    >>> ax = plot_panel(Panel.from_frame(frame, freq="W"), sku="A")
    >>> ax.get_title(loc="left"), ax.get_ylabel()
    ('A', 'sales, units')
    """
    part = panel if sku is None else panel.select([sku])
    values, unknown = known_sum(part)
    ax = axes_or_new(ax)
    ax.plot(np.arange(len(values)), values, color=INK, linewidth=1.4, marker=".", markersize=3.5)
    ax.set_ylim(bottom=0)
    label_periods(ax, part.periods, part.freq)
    ax.set_ylabel(f"{panel.target}, units" + (f" ({unknown:.0%} unknown)" if unknown else ""))
    thousands(ax)
    series = f"{part.n_series:,} series"
    quiet(ax, title=sku if sku is not None else f"{panel.target} of {series}")
    return ax


def known_sum(panel: "Panel") -> tuple[NDArray[np.float64], float]:
    """Add the target over all series.

    Parameters
    ----------
    panel : Panel
        What was observed.

    Returns
    -------
    ndarray, shape (n_periods,)
        Units; NaN where nothing is known.
    float
        Share of values, from each series' first known one on, that are unknown.
    """
    target = panel[panel.target].astype(np.float64)  # [S, T]
    known = ~np.isnan(target)
    started = np.maximum.accumulate(known, axis=1)
    total = np.where(known.any(axis=0), np.nansum(target, axis=0), np.nan)
    missing = int(np.count_nonzero(started & ~known))
    return total, missing / max(1, int(np.count_nonzero(started)))
