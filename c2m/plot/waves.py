"""Draw waves: what happened to which series, when, and by how much."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean
from c2m.plot.style import (
    BANDS,
    BLUE,
    INK,
    MUTED,
    ORANGE,
    SAND,
    SHUT,
    axes_or_new,
    label_periods,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.panel import Panel
    from c2m.signals import Waves

_LOOKS: Final = {
    "shift": (BLUE, "s"),
    "wave": (BANDS[-1], "o"),
    "unbacked": (ORANGE, "X"),
    "undecided": (SAND, "D"),
}
_HISTORY: Final = 3
"""The time shown is so many times as long as the window."""

_DODGE: Final = 0.2
"""Days between dots of the same day and factor."""

_DAY: Final = 0.9
"""Days that they may take together."""


def plot_waves(
    found: "Waves",
    ax: "Axes | None" = None,
    *,
    sku: str | None = None,
    panel: "Panel | None" = None,
) -> "Axes":
    """Plot what happened to all series, or to one.

    Parameters
    ----------
    found : Waves
        From `c2m.signals.detect_waves`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU whose channel is drawn. Unless given, a dot a series with news: its onset and its
        factor.
    panel : Panel, optional
        Where the waves were found; needed for one SKU.

    Returns
    -------
    matplotlib Axes
        Of one SKU: its counts, the window as a grey field, the onset as a line, the verdict in
        the title.

    Raises
    ------
    ArgumentError
        If there is no such SKU, or `sku` and `panel` are not given together.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> from c2m.datasets import simulate_waves
    >>> from c2m.signals import detect_waves
    >>> panel, truth = simulate_waves(seed=1, n_series=20, age=13)
    >>> plot_waves(detect_waves(panel)).get_ylabel()
    'times the usual views, at the onset'
    """
    if (sku is None) != (panel is None):
        raise ArgumentError("Expected sku= and panel= together: the panel holds the SKU's counts.")
    if sku is None or panel is None:
        return _draw_all(found, ax)
    return _draw_one(found, ax, sku, panel)


def _draw_all(found: "Waves", ax: "Axes | None") -> "Axes":
    """Draw a dot a series with news."""
    ax = axes_or_new(ax)
    table = found.table
    news = table[table["verdict"].isin([*_LOOKS])]
    first = news["onset"].min() if len(news) else found.cutoff
    days = (news["onset"] - first).dt.days
    same = news.groupby(["onset", "factor"])["verdict"]
    size = same.transform("size")
    gap = np.minimum(_DODGE, _DAY / np.maximum(size - 1, 1))
    places = days + gap * (same.cumcount() - (size - 1) / 2)
    ax.axhline(1.0, color=MUTED, linewidth=0.8)
    for verdict, (colour, mark) in _LOOKS.items():
        own = news["verdict"].eq(verdict).to_numpy()
        if not own.any():
            continue
        label = f"{verdict} ({np.count_nonzero(own):,})"
        ax.scatter(
            places[own],
            news["factor"][own],
            c=colour,
            marker=mark,
            s=30,
            linewidths=0.5,
            edgecolors=INK,
            label=label,
            zorder=3,
        )
    _scale(ax)
    label_periods(ax, pd.date_range(first, found.cutoff, freq="D"), "D")
    ax.set_xlabel("day of the onset")
    ax.set_ylabel(f"times the usual {found.channel}, at the onset")
    quiet(ax, title=f"{len(news):,} of {len(table):,} series have news")
    return ax


def _scale(ax: "Axes") -> None:
    """Show half and double at the same distance from 1."""
    ax.set_yscale("log")
    ax.set_ylim(0.18, 6.5)
    ax.set_yticks([0.2, 0.5, 1, 2, 3, 6], ["0.2", "0.5", "1", "2", "3", "6"])
    ax.tick_params(which="minor", length=0, labelleft=False)


def _draw_one(found: "Waves", ax: "Axes | None", sku: str, panel: "Panel") -> "Axes":
    """Draw the channel of one SKU with the window and the onset."""
    skus = found.table["sku"].tolist()
    if sku not in skus:
        raise ArgumentError(f"The waves know no SKU {sku!r}{did_you_mean(sku, skus)}.")
    own = panel.select([sku])
    row = found.table[found.table["sku"] == sku].sort_values("alarm", ascending=False).iloc[0]
    shown = min(own.n_periods, _HISTORY * found.window)
    counts = own[found.channel][:, : own.n_periods].astype(np.float64)
    values = np.asarray(np.nansum(counts, axis=0))
    ax = axes_or_new(ax)
    start = own.n_periods - shown
    first = shown - found.window
    label = f"last {found.window} periods"
    ax.axvspan(first - 0.5, shown - 0.5, color=SHUT, linewidth=0, zorder=0, label=label)
    ax.plot(np.arange(shown), values[start:], color=INK, linewidth=1.2, marker=".", markersize=3.5)
    if pd.notna(row["onset"]):
        at = int(own.periods.searchsorted(row["onset"])) - start - 0.5
        ax.axvline(at, color=_LOOKS[row["verdict"]][0], linewidth=1.8, label="onset")
    ax.set_xlim(-0.8, shown - 0.2)
    ax.set_ylim(bottom=0)
    label_periods(ax, own.periods[start:], own.freq)
    ax.set_ylabel(found.channel)
    thousands(ax)
    quiet(ax, title=f"{sku}: {_verdict(row)}")
    return ax


def _verdict(row: "pd.Series[float]") -> str:
    if pd.isna(row["factor"]):
        return str(row["verdict"])
    return f"{row['verdict']}, {row['factor']:.2g} times"
