"""Draw what past peaks did, and what they took from the days around them."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.plot.style import BANDS, BLUE, MUTED, ORANGE, axes_or_new, plain, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import PeakEffects

_COLOURS: Final = {"before": BANDS[-1], "peak": BLUE, "after": ORANGE}
_MARKS: Final = {"before": "o", "peak": "s", "after": "D"}
_OFFSET: Final = {"before": -0.22, "peak": 0.0, "after": 0.22}


def plot_peaks(effects: "PeakEffects", ax: "Axes | None" = None) -> "Axes":
    """Plot units before, in and after each peak, beside what was usual.

    Parameters
    ----------
    effects : PeakEffects
        From `c2m.signals.peak_effects`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    matplotlib Axes
        A row a peak and group; a dot a phase with its interval, on a logarithmic axis.

    Raises
    ------
    MissingEngineError
        If matplotlib is not installed.
    """
    table = effects.table
    rows = table[["peak", "day", "group"]].drop_duplicates(ignore_index=True)
    ax = axes_or_new(ax, (7.2, 1.2 + 0.62 * len(rows)))
    ax.axvline(1.0, color=MUTED, linewidth=0.8)
    place = table.merge(rows.reset_index(names="row"), on=["peak", "day", "group"])
    for phase, colour in _COLOURS.items():
        own = place[place["phase"] == phase]
        heights = own["row"] + _OFFSET[phase]
        ax.hlines(heights, own["ratio_low"], own["ratio_high"], color=colour, linewidth=2.2)
        ax.scatter(
            own["ratio"], heights, c=colour, marker=_MARKS[phase], s=34, zorder=3, label=phase
        )
    many = rows["group"].nunique() > 1
    names = [
        f"{row['peak']} {row['day'].year}" + (f", {row['group']}" if many else "")
        for row in rows.to_dict("records")
    ]
    ax.set_yticks(np.arange(len(rows)), [plain(name) for name in names])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    _scale(ax)
    ax.set_xlabel(f"{effects.channel}, times the usual, {effects.level:.0%} interval")
    quiet(ax, title="Before, in and after the peak", grid="x")
    return ax


def _scale(ax: "Axes") -> None:
    """Show half and double at the same distance from 1."""
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ticks = [tick for tick in (0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20) if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.tick_params(which="minor", length=0, labelbottom=False)
