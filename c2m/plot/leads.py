"""Draw which signals run ahead of sales, and by how long."""

from typing import TYPE_CHECKING

import numpy as np

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    BANDS,
    BLUE,
    INK,
    MUTED,
    RULE,
    axes_or_new,
    plain,
    quiet,
    write_beside,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import Leads


def plot_leads(found: "Leads", ax: "Axes | None" = None, *, signal: str | None = None) -> "Axes":
    """Plot the lead of every signal, or the lag kernel of one.

    Parameters
    ----------
    found : Leads
        From `c2m.signals.lead`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    signal : str, optional
        The signal whose link with the target is drawn by lag. Unless given, each signal is a
        row: its lead as a dot, the 90 % interval as a line.

    Returns
    -------
    matplotlib Axes
        Periods by which a signal is earlier; below 0 it comes after.

    Raises
    ------
    ArgumentError
        If there is no such signal.
    MissingEngineError
        If matplotlib is not installed.
    """
    names = found.table["signal"].tolist()
    if signal is not None and signal not in names:
        raise ArgumentError(
            f"There is no signal {signal!r}{did_you_mean(signal, names)}; there are "
            f"{name_list(names)}."
        )
    return _draw_leads(found, ax) if signal is None else _draw_kernel(found, ax, signal)


def _draw_leads(found: "Leads", ax: "Axes | None") -> "Axes":
    table = found.table
    ax = axes_or_new(ax, (7.2, 1.0 + 0.34 * len(table)))
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    for row, line in enumerate(table.to_dict("records")):
        leads = line["verdict"] == "leads"
        if leads:
            ax.hlines(row, line["low"], line["high"], color=BLUE, linewidth=2.4)
            ax.scatter(line["lead"], row, c=BLUE, s=40, zorder=3)
            text = f"{line['lead']:.1f} {found.unit}s ({line['low']:.1f} to {line['high']:.1f})"
        else:
            text = line["verdict"]
        if line["verdict"] == "moves together":
            ax.scatter(0.0, row, c=INK, s=30, zorder=3)
        write_beside(
            ax, text, (line["high"] if leads else 0.0, row), gap=7, colour=INK if leads else MUTED
        )
    ax.set_yticks(np.arange(len(table)), [plain(name) for name in table["signal"]])
    ax.set_ylim(len(table) - 0.5, -0.5)
    farthest = float(np.nanmax(np.append(table["high"].to_numpy(dtype=float), 1.0)))
    ax.set_xlim(-0.08 * farthest, 1.6 * farthest)
    ax.set_xlabel(f"{found.unit}s before {found.target}")
    quiet(ax, title=f"What runs ahead of {found.target}", grid="x")
    return ax


def _draw_kernel(found: "Leads", ax: "Axes | None", signal: str) -> "Axes":
    kernel = found.kernels[found.kernels["signal"] == signal]
    row = found.table[found.table["signal"] == signal].to_dict("records")[0]
    ax = axes_or_new(ax, (4.6, 3.0))
    lags = kernel["lag"].to_numpy()
    half = 2 * kernel["error"]
    low, high = kernel["correlation"] - half, kernel["correlation"] + half
    ax.vlines(lags, low, high, color=RULE, linewidth=1.4)
    ax.scatter(lags, kernel["correlation"], c=BANDS[-1], s=9, zorder=3, label="seen ±2 errors")
    ax.plot(lags, kernel["fitted"], color=BLUE, linewidth=1.6, label="fitted")
    if row["verdict"] == "leads":
        ax.axvline(row["lead"], color=INK, linewidth=1.0, linestyle=(0, (3, 2)))
        said = f"leads by {row['lead']:.1f} {found.unit}s"
    else:
        said = row["verdict"]
    ax.axhline(0.0, color=MUTED, linewidth=0.8)
    ax.set_xlabel(f"{found.unit}s before {found.target}")
    ax.set_ylabel(f"correlation with {found.target}")
    quiet(ax, title=f"{signal}: {said}")
    return ax
