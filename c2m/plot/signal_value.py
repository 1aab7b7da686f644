"""Draw what each consumer signal is worth to the forecast."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    BLUE,
    MUTED,
    ORANGE,
    TEXT_SIZE,
    axes_or_new,
    plain,
    quiet,
    write_beside,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.forecast import SignalValue

_COLOURS: Final = {"left out": BLUE, "alone": ORANGE}
_MARKS: Final = {"left out": "o", "alone": "s"}
_SAID: Final = {"left out": "lost without it", "alone": "won by it alone"}


def plot_signal_value(
    value: "SignalValue", ax: "Axes | None" = None, *, group: str = "all"
) -> "Axes":
    """Plot how much pinball loss each signal saves, with its 95 % interval.

    Parameters
    ----------
    value : SignalValue
        From `c2m.signal_value`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    group : str
        Which group of series; ``"all"`` of them unless given.

    Returns
    -------
    matplotlib Axes
        A row a signal, in percent of the loss without it; above 0 it pays.

    Raises
    ------
    ArgumentError
        If there is no such group.
    MissingEngineError
        If matplotlib is not installed.
    """
    table = value.to_frame()
    groups = [str(name) for name in dict.fromkeys(table["group"])]
    if group not in groups:
        raise ArgumentError(
            f"There is no group {group!r}{did_you_mean(group, groups)}; there are "
            f"{name_list(groups)}."
        )
    table = table[table["group"] == group]
    names = list(dict.fromkeys(table["signal"]))
    ax = axes_or_new(ax, (7.2, 1.4 + 0.5 * len(names)))
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    for question, lines in table.groupby("question", sort=False):
        shift = -0.19 if question == "left out" else 0.19
        rows = np.array([names.index(name) for name in lines["signal"]]) + shift
        colour = _COLOURS[str(question)]
        ax.hlines(rows, lines["low"], lines["high"], color=colour, linewidth=2.0)
        ax.scatter(
            lines["percent"],
            rows,
            c=colour,
            marker=_MARKS[str(question)],
            s=30,
            zorder=3,
            label=_SAID[str(question)],
        )
        for row, line in zip(rows, lines.to_dict("records"), strict=True):
            end = float(np.nanmax([line["high"], line["percent"], 0.0]))
            write_beside(
                ax, f"{round(line['percent'], 1) + 0.0:.1f} %", (end, row), size=TEXT_SIZE - 0.5
            )
    ax.set_yticks(np.arange(len(names)), [plain(str(name)) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.margins(x=0.14)
    ax.set_xlabel("pinball loss saved, % (95 % interval)")
    quiet(ax, title="What each signal is worth", grid="x")
    return ax
