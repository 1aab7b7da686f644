"""Draw a plan: the load of each line against its capacity."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    BANDS,
    BLUE,
    DATA_SHARE,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    RULE,
    SAND,
    SHUT,
    TEXT_SIZE,
    axes_or_new,
    label_periods,
    plain,
    quiet,
    thousands,
    width_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.plan import Plan

FloatArray = NDArray[np.float64]

_COLOURS: Final = (*((band, INK) for band in BANDS), (SAND, INK), (ORANGE, PAPER), (SHUT, MUTED))
"""Colours of a field and of its text: a third, two thirds, almost full, full, overtime, shut."""

_FULL: Final = 0.995
_OVER: Final = 1.005
"""Shares of the regular capacity that are written as 100 are full; larger ones are overtime."""


_SHUT_WIDTH: Final = 0.36
"""Inches that the word ``shut`` takes."""

_SHARES: Final = ("below 33%", "33–67%", "67–99%", "full", "overtime", "shut")
_UNITS: Final = ("below 33% of the most", "33–67%", "67–99%", "the most", "", "")
"""What the fields' colours say of a load, and of units made."""

_FIELDS_PER_INCH: Final = 2.2
"""Fields narrower than this have no room for a number."""


def plot_plan(plan: "Plan", ax: "Axes | None" = None, *, line: str | None = None) -> "Axes":
    """Plot the load of one line over time, or of every line as a table of shares.

    Parameters
    ----------
    plan : Plan
        The plan.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    line : str, optional
        The line: its load is drawn as bars against its capacity. Unless given, and where there
        are several lines, each is a row of the load in percent of the regular capacity.

    Returns
    -------
    matplotlib Axes
        The drawing. A plan from outside has no load; its units made are shown instead.

    Raises
    ------
    ArgumentError
        If the plan has no such line.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.plan import Plan
    >>> frame = pd.DataFrame({"sku": ["A"], "line": ["L1"], "period": ["2026-11-23"],
    ...                       "quantity": [120]})
    >>> ax = plot_plan(Plan.from_frame(frame, freq="W", lead_time_periods=0))
    >>> ax.get_title(loc="left")
    'L1: units made'
    """
    load = plan.line_load
    lines = sorted(set(load["line"]) | set(plan.runs["line"]))
    if line is not None and line not in lines:
        hint = did_you_mean(line, lines)
        raise ArgumentError(f"The plan has no line {line!r}{hint}; there are {name_list(lines)}.")
    if line is None and len(lines) == 1:
        line = lines[0]
    ax = axes_or_new(ax)
    if line is None:
        _draw_table(ax, plan, lines)
    elif load.empty:
        _draw_units(ax, plan, line)
    else:
        _draw_line(ax, plan, load[load["line"] == line], line)
    return ax


def _draw_line(ax: "Axes", plan: "Plan", load: pd.DataFrame, line: str) -> None:
    """Draw the bars of one line, its capacity as a step and its shutdowns as grey fields."""
    load = load.sort_values("period")
    steps = np.arange(len(load))
    capacity, limit = load["capacity"].to_numpy(), load["overtime_limit"].to_numpy()
    used, overtime = load["used"].to_numpy(), load["overtime"].to_numpy()
    ax.bar(steps, used, width=0.72, color=BANDS[-1], label="regular time")
    if overtime.any():
        ax.bar(steps, overtime, width=0.72, bottom=used, color=ORANGE, label="overtime")
    edges = np.arange(len(load) + 1) - 0.5
    ax.stairs(capacity, edges, baseline=None, color=INK, linewidth=1.4, label="regular capacity")
    if limit.any():
        most = capacity + limit
        dashes = (0, (3, 2))
        ax.stairs(
            most,
            edges,
            baseline=None,
            color=MUTED,
            linewidth=1.0,
            linestyle=dashes,
            label="with all overtime",
        )
    _shade_shut(ax, capacity)
    label_periods(ax, pd.DatetimeIndex(load["period"]), plan.freq)
    ax.set_xlim(-0.6, len(load) - 0.4)
    ax.set_ylim(0, max(1.0, 1.08 * float((capacity + limit).max())))
    ax.set_ylabel(str(load["unit"].iloc[0]))
    thousands(ax)
    quiet(ax, title=line)


def _shade_shut(ax: "Axes", capacity: FloatArray) -> None:
    """Mark what shutdowns take whole; the legend names it where a word has no room."""
    if not capacity.any():
        return
    shut = np.concatenate([[False], capacity == 0, [False]])
    edges = np.flatnonzero(shut[1:] != shut[:-1])
    room = DATA_SHARE * width_of(ax) / len(capacity)
    stretches = list(zip(edges[::2], edges[1::2], strict=True))
    narrow = [stretch for stretch in stretches if (stretch[1] - stretch[0]) * room < _SHUT_WIDTH]
    for start, stop in stretches:
        label = "shut" if narrow and (start, stop) == narrow[0] else None
        ax.axvspan(start - 0.5, stop - 0.5, facecolor=SHUT, edgecolor=RULE, linewidth=0.6,
                   zorder=0, label=label)  # fmt: skip
        if (start, stop) not in narrow:
            ax.annotate("shut", ((start + stop - 1) / 2, 0.5), xycoords=("data", "axes fraction"),
                        ha="center", color=MUTED, fontsize=TEXT_SIZE)  # fmt: skip


def _draw_units(ax: "Axes", plan: "Plan", line: str) -> None:
    """Draw the units that a line makes, for a plan that says nothing of capacity."""
    made = _units(plan, [line])[0]
    ax.bar(np.arange(len(made)), made, width=0.72, color=BLUE)
    label_periods(ax, plan.periods, plan.freq)
    ax.set_ylabel("units")
    thousands(ax)
    quiet(ax, title=f"{line}: units made")


def _units(plan: "Plan", lines: list[str]) -> FloatArray:
    """Return the units made, shape (n_lines, n_periods)."""
    made = plan.runs.pivot_table(
        index="line", columns="period", values="quantity", aggfunc="sum", fill_value=0
    )
    return made.reindex(index=lines, columns=plan.periods, fill_value=0).to_numpy(np.float64)


def _draw_table(ax: "Axes", plan: "Plan", lines: list[str]) -> None:
    """Draw a field a line and period: its load in percent, or units where there is none."""
    load = plan.line_load
    if load.empty:
        values = _units(plan, lines)
        full = np.full_like(values, max(1.0, float(values.max(initial=0.0))))
        title, texts = "Units made", [[f"{value:,.0f}" for value in row] for row in values]
        names = _UNITS
    else:
        values = _pivot(load.assign(total=load["used"] + load["overtime"]), "total", lines, plan)
        full = _pivot(load, "capacity", lines, plan)
        title, texts = "Load in % of regular capacity", _shares(values, full)
        names = _SHARES
    share = np.divide(values, full, out=np.zeros_like(values), where=full > 0)
    _fill_fields(ax, share, full, texts)
    _name_colours(ax, share, full, names)
    ax.set_yticks(range(len(lines)), [plain(name) for name in lines])
    ax.set_ylim(max(len(lines), 1) - 0.5, -0.5)
    label_periods(ax, plan.periods, plan.freq)
    quiet(ax, title=title, grid=None)


def _pivot(load: pd.DataFrame, column: str, lines: list[str], plan: "Plan") -> FloatArray:
    table = load.pivot_table(index="line", columns="period", values=column, aggfunc="sum")
    return table.reindex(index=lines, columns=plan.periods).fillna(0.0).to_numpy(np.float64)


def _shares(
    values: FloatArray,
    full: FloatArray,
) -> list[list[str]]:
    return [
        [
            f"{100 * used / most:.0f}" if most > 0 else "shut"
            for used, most in zip(*row, strict=True)
        ]
        for row in zip(values, full, strict=True)
    ]


def _fill_fields(
    ax: "Axes",
    share: FloatArray,
    full: FloatArray,
    texts: list[list[str]],
) -> None:
    from matplotlib.patches import Rectangle

    show_text = share.shape[1] <= _FIELDS_PER_INCH * width_of(ax)
    for (row, step), value in np.ndenumerate(share):
        colour, ink = _COLOURS[_kind(float(value), shut=full[row, step] == 0)]
        ax.add_patch(Rectangle((step - 0.48, row - 0.44), 0.96, 0.88, color=colour, linewidth=0))
        if show_text:
            ax.text(
                step,
                row,
                texts[row][step],
                ha="center",
                va="center",
                color=ink,
                fontsize=TEXT_SIZE,
            )
    ax.set_xlim(-0.5, share.shape[1] - 0.5)


def _name_colours(ax: "Axes", share: FloatArray, full: FloatArray, names: tuple[str, ...]) -> None:
    """Name the colours that occur in the legend."""
    from matplotlib.patches import Rectangle

    kinds = {
        _kind(float(value), shut=most == 0)
        for value, most in zip(share.flat, full.flat, strict=True)
    }
    for kind in sorted(kinds):
        colour = _COLOURS[kind][0]
        ax.add_patch(Rectangle((0, 0), 0, 0, color=colour, label=names[kind]))


def _kind(share: float, *, shut: bool) -> int:
    """Return the place of a field's colour in `_COLOURS`."""
    if shut:
        return 5
    if share >= _OVER:
        return 4
    return 3 if share >= _FULL else min(int(share * len(BANDS)), len(BANDS) - 1)
