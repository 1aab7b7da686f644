"""Draw a channel as it was counted beside what is left of it after weighing by trust."""

from typing import TYPE_CHECKING

import numpy as np

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    BLUE,
    ORANGE,
    SAND,
    axes_or_new,
    label_periods,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.panel import Panel

_RAW = "raw_"


def plot_weighted(
    panel: "Panel", ax: "Axes | None" = None, *, channel: str = "views", sku: str | None = None
) -> "Axes":
    """Plot a channel with and without the weights of its events.

    Parameters
    ----------
    panel : Panel
        From ``build_panel(events, trust=...)``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    channel : str
        A channel that the panel also has as ``raw_<channel>``.
    sku : str, optional
        The SKU; the sum of all series unless given.

    Returns
    -------
    matplotlib Axes
        The raw counts as a line, the weighted ones below it, what was taken out between them.

    Raises
    ------
    ArgumentError
        If the panel has no such SKU, or no raw and weighted channel of that name.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m import Panel
    >>> frame = pd.DataFrame({"sku": "A", "sales": 1, "views": [30, 31], "raw_views": [30, 250],
    ...                       "period": pd.date_range("2026-11-02", periods=2)})
    >>> panel = Panel.from_frame(frame, freq="D", signals=["views", "raw_views"])
    >>> plot_weighted(panel, sku="A").get_ylabel()
    'views'
    """
    weighed = [name for name in panel.channels if _RAW + name in panel]
    if channel not in weighed:
        have = name_list(weighed) if weighed else "none; pass trust= to build_panel"
        raise ArgumentError(
            f"Expected a channel that was weighed by trust, got {channel!r}"
            f"{did_you_mean(channel, weighed)}; there are {have}."
        )
    part = panel if sku is None else panel.select([sku])
    raw, kept = (
        np.nansum(part[name][:, : part.n_periods], axis=0, dtype=np.float64)
        for name in (_RAW + channel, channel)
    )
    ax = axes_or_new(ax)
    steps = np.arange(part.n_periods)
    ax.fill_between(steps, kept, raw, color=SAND, linewidth=0, label="taken out")
    ax.plot(steps, raw, color=ORANGE, linewidth=1.1, label="as counted")
    ax.plot(steps, kept, color=BLUE, linewidth=1.5, label="weighted by trust")
    ax.set_ylim(bottom=0)
    label_periods(ax, part.periods, part.freq)
    ax.set_ylabel(channel)
    thousands(ax)
    quiet(ax, title=sku if sku is not None else f"{channel} of {part.n_series:,} series")
    return ax
