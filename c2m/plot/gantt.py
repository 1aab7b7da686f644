"""Draw the runs of a plan on the lines that make them: a Gantt chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    INK,
    MUTED,
    ORANGE,
    PAPER,
    SHUT,
    TEXT_SIZE,
    axes_or_new,
    height_of,
    label_periods,
    plain,
    quiet,
    width_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.plan import Plan

FloatArray = NDArray[np.float64]

_TINTS: Final = (
    *("#a3c8e4", "#e8c9a0", "#bcd9b4", "#d5c5e3"),
    *("#f1e3a1", "#b9c4cf", "#e7bcb4", "#a5d6ce"),
)
"""One for a SKU, again from the start after eight; dark text is readable on each."""

_FIELD: Final = 0.94
"""Share of a period's width that runs may take."""

_ROW: Final = 0.76
"""Share of a line's height that runs take."""

_TICK: Final = 0.07
"""Height of the mark where regular capacity ends."""

_UNDERLINE: Final = 0.09
"""Height of the mark of overtime."""

_LEAST: Final = 1e-6
"""Smaller shares of a period are rounding."""

_DATA_SHARE: Final = 0.84
"""Share of the axes' width and height that is not labels."""

_NAME_SIZE: Final = TEXT_SIZE - 1.5
_LETTER: Final = 0.068
_NAME_HEIGHT: Final = 0.12
"""Points; inches that a letter of a name takes along and across."""


def plot_gantt(
    plan: "Plan",
    ax: "Axes | None" = None,
    *,
    lines: Sequence[str] | None = None,
    n_periods: int | None = None,
) -> "Axes":
    """Plot every run as a box on its line, in the period in which it is made.

    The width of a box is the capacity that the run takes; its dark part is set-up, what is
    underlined is overtime, and a dark edge is a firm run. A period is as wide as the fullest one of
    its line, and a tick above it marks where regular capacity ends. A plan says which runs a period
    holds, not in which order: they are drawn in the order of their codes.

    Parameters
    ----------
    plan : Plan
        The plan.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    lines : sequence of str, optional
        The lines to draw, from top to bottom; all of them unless given.
    n_periods : int, optional
        How many periods to draw, from the first one; all of them unless given.

    Returns
    -------
    matplotlib Axes
        The drawing. The runs of a plan from outside are as wide as their share of the most units
        that the line makes in a period. SKUs are named where there is room; more than eight have
        the colour of their group, which the legend names, where the factory has few groups. Draw
        fewer periods to read more names.

    Raises
    ------
    ArgumentError
        If the plan has no such line, or fewer periods.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.plan import Plan
    >>> frame = pd.DataFrame({"sku": ["A", "B"], "line": ["L1", "L1"],
    ...                       "period": ["2026-11-23", "2026-11-30"], "quantity": [120, 60]})
    >>> ax = plot_gantt(Plan.from_frame(frame, freq="W", lead_time_periods=0))
    >>> [text.get_text() for text in ax.texts]
    ['A', 'B']
    """
    chosen, count = _chosen(plan, lines), _count(plan, n_periods)
    load, runs = plan.line_load, _with_shares(plan)
    steps = {day: step for step, day in enumerate(plan.periods[:count])}
    load, runs = load[load["period"].isin(list(steps))], runs[runs["period"].isin(list(steps))]
    runs = runs[runs["line"].isin(chosen)]
    tint, legend = _tints(plan, sorted(set(runs["sku"])))
    ax = axes_or_new(ax, (min(16.0, 2.0 + 0.8 * count), 1.4 + _row_height(runs) * len(chosen)))
    names = _Names(ax, count, max(1, len(chosen)))
    for row, line in enumerate(chosen):
        _draw_capacity(ax, load[load["line"] == line], steps, row)
        for run in runs[runs["line"] == line].to_dict("records"):
            _draw_run(ax, run, (steps[run["period"]], row), tint[run["sku"]], names)
    _explain_marks(ax, runs, legend)
    ax.set_yticks(range(len(chosen)), [plain(name) for name in chosen])
    ax.set_ylim(len(chosen) - 0.5, -0.5)
    label_periods(ax, plan.periods[:count], plan.freq)
    ax.set_xlim(-0.6, count - 0.4)
    quiet(ax, title="Runs by line", grid=None)
    return ax


def _count(plan: "Plan", n_periods: int | None) -> int:
    if n_periods is None:
        return plan.n_periods
    if not isinstance(n_periods, int | np.integer) or not 1 <= n_periods <= plan.n_periods:
        raise ArgumentError(
            f"Expected a whole number n_periods from 1 to {plan.n_periods}, got {n_periods!r}."
        )
    return int(n_periods)


def _chosen(plan: "Plan", lines: Sequence[str] | None) -> list[str]:
    known = sorted(set(plan.tables["load"]["line"]) | set(plan.tables["runs"]["line"]))
    if lines is None:
        return known
    wanted = [lines] if isinstance(lines, str) else list(lines)
    for line in wanted:
        if line not in known:
            hint = did_you_mean(line, known)
            raise ArgumentError(
                f"The plan has no line {line!r}{hint}; there are {name_list(known)}."
            )
    return wanted


def _with_shares(plan: "Plan") -> pd.DataFrame:
    """Return the runs with where they ``end`` and their ``width``, as shares of their field.

    ``setup`` and ``over`` are the parts of the width that are set-up and overtime.
    """
    runs, load = plan.runs, plan.line_load
    known = len(load) > 0 and bool(runs["capacity_used"].notna().all())
    taken = runs["capacity_used" if known else "quantity"].to_numpy(np.float64)
    full = runs["line"].map(_full(load) if known else _most_units(runs)).to_numpy(np.float64)
    full = np.where(full > 0, full, 1.0)
    width = taken / full
    end = pd.Series(width).groupby([runs["line"], runs["period"]]).cumsum().to_numpy(np.float64)
    room = end if not known else _regular(runs, load) / full
    over = np.clip(end - room, 0.0, width)
    return runs.assign(
        width=width,
        end=end,
        over=np.where(over > _LEAST, over, 0.0),
        setup=np.clip(_setups(plan, runs) / full, 0.0, width),
    )


def _regular(runs: pd.DataFrame, load: pd.DataFrame) -> FloatArray:
    """Return the regular capacity of each run's line and period."""
    capacity = load.set_index(["line", "period"])["capacity"]
    keys = pd.MultiIndex.from_frame(runs[["line", "period"]])
    return capacity.reindex(keys).fillna(0.0).to_numpy(np.float64)


def _full(load: pd.DataFrame) -> "pd.Series[float]":
    """Return what the fullest period of each line takes or could take in regular time."""
    total = load["used"] + load["overtime"]
    return total.clip(lower=load["capacity"]).groupby(load["line"]).max()


def _most_units(runs: pd.DataFrame) -> "pd.Series[float]":
    made = runs.groupby(["line", "period"])["quantity"].sum().astype("float64")
    return made.groupby("line").max()


def _setups(plan: "Plan", runs: pd.DataFrame) -> FloatArray:
    """Return the capacity that set-ups take of each run; 0 where the plan does not know."""
    routings = plan.inputs.get("routings")
    if routings is None or "unit_time" not in routings:
        return np.zeros(len(runs))
    time = routings.drop_duplicates(["sku", "line"]).set_index(["sku", "line"])["unit_time"]
    keys = pd.MultiIndex.from_frame(runs[["sku", "line"]])
    making = time.reindex(keys).to_numpy(np.float64) * runs["quantity"].to_numpy(np.float64)
    rest = runs["capacity_used"].to_numpy(np.float64) - making
    return np.where(np.isfinite(rest), np.maximum(rest, 0.0), 0.0)


def _draw_capacity(
    ax: "Axes", load: pd.DataFrame, steps: dict[pd.Timestamp, int], row: int
) -> None:
    """Shade what is shut, and mark the end of regular time."""
    from matplotlib.patches import Rectangle

    if load.empty:
        return
    full = float(_full(load).max())
    top = row - _ROW / 2
    has_room = _DATA_SHARE * width_of(ax) / len(steps) >= _LETTER * len("shut")
    for period, capacity in zip(load["period"], load["capacity"], strict=True):
        left = steps[period] - _FIELD / 2
        if capacity > 0:
            end = left + float(capacity) / full * _FIELD
            ax.vlines(end, top - _TICK, top, color=MUTED, linewidth=1.0)
            continue
        ax.add_patch(Rectangle((left, top), _FIELD, _ROW, color=SHUT, linewidth=0, zorder=0))
        ax.text(steps[period], row, "shut", ha="center", va="center", color=MUTED,
                rotation=0 if has_room else 90, fontsize=_NAME_SIZE)  # fmt: skip


@dataclass(frozen=True)
class _Names:
    """How much room a box of a drawing has for the name of its SKU.

    Parameters
    ----------
    ax : Axes
        The drawing.
    n_periods, n_lines : int
        Its columns and rows.
    """

    ax: "Axes"
    n_periods: int
    n_lines: int

    def angle(self, name: str, width: float) -> int | None:
        """Return at which angle a name fits into a box, in degrees; None where it does not."""
        across = width * _FIELD * _DATA_SHARE * width_of(self.ax) / self.n_periods
        high = _ROW * _DATA_SHARE * height_of(self.ax) / self.n_lines
        long = _LETTER * len(name)
        if long <= across and high >= _NAME_HEIGHT:
            return 0
        return 90 if long <= high and across >= _NAME_HEIGHT else None


def _draw_run(
    ax: "Axes", run: Mapping[Any, Any], place: tuple[int, int], tint: str, names: _Names
) -> None:
    """Draw one run, its set-up and its overtime."""
    from matplotlib.patches import Rectangle

    step, row = place
    bottom = row + _ROW / 2  # rows count downwards
    width, setup, over = (float(run[name]) * _FIELD for name in ("width", "setup", "over"))
    right = step - _FIELD / 2 + float(run["end"]) * _FIELD
    left = right - width
    edge, border = (INK, 0.7) if run.get("firm") is True else (PAPER, 0.3)
    for start, wide, high, colour, line in (
        (left, width, _ROW, tint, edge),
        (left, setup, _ROW, MUTED, MUTED),
        (right - over, over, _UNDERLINE, ORANGE, ORANGE),
    ):
        thin = border if line == edge else 0.0
        ax.add_patch(Rectangle((start, bottom), wide, -high, fc=colour, ec=line, linewidth=thin))
    angle = names.angle(run["sku"], (width - setup) / _FIELD)
    if angle is not None:
        ax.text(left + (width + setup) / 2, row, plain(run["sku"]), ha="center", va="center",
                rotation=angle, color=INK, fontsize=_NAME_SIZE)  # fmt: skip


def _tints(plan: "Plan", skus: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the colour of each SKU, and those that a legend names.

    Few SKUs have a colour each. More of them share that of their group, where the factory has
    groups and they are few: the smallest groups if possible, else the largest ones.
    """
    if len(skus) <= len(_TINTS):
        return dict(zip(skus, _TINTS, strict=False)), {}
    groups = plan.inputs.get("groups")
    own = None if groups is None else groups[groups["sku"].isin(skus)]
    if own is not None and own["sku"].nunique() == len(skus):
        sized = own.assign(size=own.groupby("group")["sku"].transform("size"))
        by_sku = sized.sort_values(["size", "group"], kind="stable").groupby("sku")["group"]
        for of_sku in (by_sku.first(), by_sku.last()):
            names = sorted(set(of_sku))
            if len(names) <= len(_TINTS):
                legend = dict(zip(names, _TINTS, strict=False))
                return {str(sku): legend[name] for sku, name in of_sku.items()}, legend
    return {sku: _TINTS[place % len(_TINTS)] for place, sku in enumerate(skus)}, {}


def _row_height(runs: pd.DataFrame) -> float:
    """Return inches in which a line's names can be written upwards."""
    longest = int(runs["sku"].str.len().max()) if len(runs) else 0
    return min(1.6, max(0.95, _LETTER * (longest + 1) / (_ROW * _DATA_SHARE)))


def _explain_marks(ax: "Axes", runs: pd.DataFrame, groups: Mapping[str, str]) -> None:
    """Name the colours of groups, and the marks that are used, in the legend."""
    from matplotlib.patches import Rectangle

    for name, colour in groups.items():
        ax.add_patch(Rectangle((0, 0), 0, 0, color=colour, label=plain(name)))
    for part, colour, text in (("setup", MUTED, "set-up"), ("over", ORANGE, "overtime")):
        if (runs[part] > 0).any():
            ax.add_patch(Rectangle((0, 0), 0, 0, color=colour, label=text))
