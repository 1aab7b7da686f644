"""The one door to matplotlib, and the quiet look that every figure shares.

Colours are safe for colour-blind readers and differ in lightness, so they also survive a
black-and-white print. Nothing here changes matplotlib's global settings.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from c2m.engines import engine

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#1f2933"
"""Text and observed values."""

MUTED: Final = "#5f6b76"
"""Labels, ticks, notes."""

RULE: Final = "#c9d1d9"
"""Axes and grid lines."""

BLUE: Final = "#0b62a3"
"""What is expected, or made in regular time."""

BANDS: Final = ("#d3e4f2", "#a3c8e4", "#6ba6d1")
"""Wide to narrow ranges of a forecast."""

ORANGE: Final = "#c8500a"
"""What costs extra or goes wrong: overtime, lost sales."""

SAND: Final = "#e8c9a0"
"""A light partner of `ORANGE`."""

SHUT: Final = "#eef1f4"
"""Periods in which nothing can be made."""

PAPER: Final = "#ffffff"
"""Text on dark fields."""

TEXT_SIZE: Final = 9.0
"""Points."""

_TICKS_PER_INCH: Final = 1.5
_MARK_WIDTH: Final = 0.35
_LETTER_WIDTH: Final = 0.072
"""Inches that a legend entry's mark and one of its letters take."""

_TITLE_LETTERS: Final = 12
"""Letters of a title in an inch."""

_LEGEND_ROW: Final = 13.0
"""Points."""

DATA_SHARE: Final = 0.86
"""Share of a figure's width that the data take; their labels take the rest."""


def matplotlib(module: str = "matplotlib") -> ModuleType:
    """Import a module of matplotlib; see `c2m.engines.engine`.

    Parameters
    ----------
    module : str
        Such as ``"matplotlib.figure"``.

    Returns
    -------
    module
        The module.
    """
    return engine(module, "Figures")


def axes_or_new(ax: "Axes | None", size: tuple[float, float] = (7.2, 3.2)) -> "Axes":
    """Return the axes that were passed, or those of a new figure.

    Parameters
    ----------
    ax : Axes, optional
        Where the caller wants the drawing.
    size : tuple of float
        Width and height of a new figure, in inches.

    Returns
    -------
    Axes
        Ready to draw on; a new figure belongs to pyplot, so notebooks show it.
    """
    if ax is not None:
        return ax
    figure = matplotlib("matplotlib.pyplot").figure(figsize=size, layout="constrained")
    return _only_axes(figure)


def free_axes(size: tuple[float, float]) -> "Axes":
    """Return the axes of a figure that pyplot does not know, for files.

    Parameters
    ----------
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    Axes
        Ready to draw on; nothing needs to be closed.
    """
    return _only_axes(matplotlib("matplotlib.figure").Figure(figsize=size, layout="constrained"))


def _only_axes(figure: "Figure") -> "Axes":
    return figure.add_subplot()


def quiet(ax: "Axes", *, title: str = "", grid: Literal["x", "y"] | None = "y") -> None:
    """Give axes the shared look, their legend between title and drawing.

    Parameters
    ----------
    ax : Axes
        The axes, drawn on already.
    title : str
        One line above the drawing, on the left.
    grid : {"x", "y"}, optional
        The direction whose values are read off.
    """
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(side == "bottom")
        ax.spines[side].set_color(RULE)
    ax.tick_params(length=0, labelsize=TEXT_SIZE, colors=MUTED)
    ax.set_axisbelow(True)
    if grid is not None:
        ax.grid(axis=grid, color=RULE, linewidth=0.6)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_fontsize(TEXT_SIZE)
        label.set_color(MUTED)
    rows = _legend(ax)
    ax.set_title(
        plain(title, int(_TITLE_LETTERS * width_of(ax)))
        or (" " if rows else ""),  # a title keeps the room for the legend
        loc="left",
        fontsize=TEXT_SIZE + 1.5,
        color=INK,
        fontweight="bold",
        pad=6 + _LEGEND_ROW * rows,
    )


def _legend(ax: "Axes") -> int:
    """Put the legend outside the data and return how many rows its width needs."""
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return 0
    widths = [_MARK_WIDTH + _LETTER_WIDTH * len(label) for label in labels]
    room = DATA_SHARE * width_of(ax)
    columns = len(labels) if sum(widths) <= room else max(1, int(room / max(widths)))
    box = ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=TEXT_SIZE - 0.5,
        labelcolor=MUTED,
        handlelength=1.4,
        columnspacing=1.2,
        borderaxespad=0.1,
    )
    box.set_in_layout(False)  # else a long legend would take its width from the data
    return -(-len(labels) // columns)


def width_of(ax: "Axes") -> float:
    """Return how wide the axes are, in inches, before their labels are laid out.

    Parameters
    ----------
    ax : Axes
        The axes.

    Returns
    -------
    float
        Inches.
    """
    columns = ax.get_subplotspec()
    share = 1.0 if columns is None else len(columns.colspan) / columns.get_gridspec().ncols
    return float(ax.figure.bbox.width / ax.figure.dpi) * share


def height_of(ax: "Axes") -> float:
    """Return how high the axes are, in inches, before their labels are laid out.

    Parameters
    ----------
    ax : Axes
        The axes.

    Returns
    -------
    float
        Inches.
    """
    rows = ax.get_subplotspec()
    share = 1.0 if rows is None else len(rows.rowspan) / rows.get_gridspec().nrows
    return float(ax.figure.bbox.height / ax.figure.dpi) * share


def write_beside(
    ax: "Axes",
    text: str,
    place: tuple[float, float],
    *,
    gap: float = 6.0,
    colour: str = INK,
    size: float = TEXT_SIZE,
) -> None:
    """Write a word to the right of a bar or a point.

    Parameters
    ----------
    ax : Axes
        To write on.
    text : str
        What is written.
    place : tuple of float
        The end of the bar, or the point, in units of the axes.
    gap : float
        Points between it and the text.
    colour : str
        Of the text.
    size : float
        Of the text, in points.
    """
    ax.annotate(
        text,
        place,
        xytext=(gap, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=size,
    )


def plain(text: str, most: int = 44) -> str:
    r"""Return a code as matplotlib draws it to the letter, dollar signs included.

    Parameters
    ----------
    text : str
        A SKU, the name of a line or a model.
    most : int
        Letters; a longer text is cut in its middle, as it would leave no room for the data.

    Returns
    -------
    str
        The text, its dollar signs escaped.

    Examples
    --------
    >>> plain("A$B$"), plain("PARKA-RED-EXTRA-LARGE", most=12)
    ('A\\$B\\$', 'PARKA-R…ARGE')
    """
    if len(text) > most:
        end = most // 3
        text = f"{text[: most - end - 1]}…{text[len(text) - end :]}"
    return text.replace("$", r"\$")


def thousands(ax: "Axes", axis: str = "y") -> None:
    """Write the numbers of an axis as 12,000; whole numbers where they are whole.

    Parameters
    ----------
    ax : Axes
        The axes.
    axis : {"x", "y"}
        Which axis.
    """
    formatter = matplotlib("matplotlib.ticker").FuncFormatter(lambda value, _: f"{value:,.10g}")
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_formatter(formatter)


def percents(ax: "Axes", axis: str = "y") -> None:
    """Write the shares of an axis as 5%; whole percent where they are whole.

    Parameters
    ----------
    ax : Axes
        The axes.
    axis : {"x", "y"}
        Which axis.
    """
    formatter = matplotlib("matplotlib.ticker").FuncFormatter(
        lambda value, _: f"{100 * value:,.10g}%"
    )
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_formatter(formatter)


def period_names(periods: pd.DatetimeIndex, freq: str) -> list[str]:
    """Write labels of periods for people.

    Parameters
    ----------
    periods : DatetimeIndex
        First days.
    freq : str
        Of the calendar.

    Returns
    -------
    list of str
        ``"6 Nov"`` for days and weeks, ``"Nov 2026"`` for months.

    Examples
    --------
    >>> period_names(pd.DatetimeIndex(["2026-11-02"]), "W")
    ['2 Nov']
    """
    if freq == "MS":
        return [f"{day:%b %Y}" for day in periods]
    return [f"{day.day} {day:%b}" for day in periods]


def label_periods(ax: "Axes", periods: pd.DatetimeIndex, freq: str, start: int = 0) -> None:
    """Label whole positions on the x axis with periods: not too many, the year where it starts.

    Parameters
    ----------
    ax : Axes
        The axes; position ``start + i`` is period i.
    periods : DatetimeIndex
        First days.
    freq : str
        Of the calendar.
    start : int
        Position of the first period.
    """
    most = max(2, int(_TICKS_PER_INCH * width_of(ax)))
    shown = range(0, len(periods), max(1, -(-len(periods) // most)))
    names = period_names(periods, freq)
    texts = [names[place] for place in shown]
    if freq != "MS":
        for number, place in enumerate(shown):
            year = periods[place].year
            if number == 0 or year != periods[shown[number - 1]].year:
                texts[number] += f"\n{year}"
    ax.set_xticks([place + start for place in shown], texts)
    ax.set_xlabel(period_word(freq))


def period_word(freq: str) -> str:
    """Say what a position on a time axis is.

    Parameters
    ----------
    freq : str
        Of the calendar.

    Returns
    -------
    str
        For an axis: ``"week, by its first day"``.
    """
    word = {"D": "day", "MS": "month", "table": "period, by its first day"}
    return word.get(freq, "week, by its first day")
