"""Draw a funnel: where series lose more than others of their category."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    RULE,
    TEXT_SIZE,
    axes_or_new,
    matplotlib,
    percents,
    plain,
    quiet,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import Funnel

_LOOKS: Final = {"like others": (RULE, 14), "above": (BLUE, 24), "below": (ORANGE, 24)}
"""Colour and size of a dot by verdict, drawn in this order."""

_WIDE: Final = 6.0
"""Largest rate, as a multiple of the smallest, from which on the axis is logarithmic."""

_TWO_DECADES: Final = 100.0
"""Multiple up to which there is room for ticks at 2 and 5."""

_GOLDEN: Final = 0.618
_SPREAD: Final = 0.6
"""Height over which the dots of a row are spread, so that they can be told apart."""


def plot_funnel(
    found: "Funnel", ax: "Axes | None" = None, *, step: str | None = None, most: int = 15
) -> "Axes":
    """Plot how far series are from their category at each step, or the series of one step.

    Parameters
    ----------
    found : Funnel
        From `c2m.signals.funnel`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    step : str, optional
        Such as ``"views to carts"``: its series are drawn with their 90 % intervals, those that
        lose most on top. Unless given, each step is a row of dots, one a series.
    most : int
        How many series of one step to show.

    Returns
    -------
    matplotlib Axes
        Orange where a series is clearly below its category, blue where it is above.

    Raises
    ------
    ArgumentError
        If there is no such step.
    MissingEngineError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m import Panel
    >>> from c2m.signals import funnel
    >>> frame = pd.DataFrame({"sku": ["A", "B"], "period": "2026-11-16",
    ...                       "views": [900, 1000], "sales": [90, 50]})
    >>> found = funnel(Panel.from_frame(frame, freq="W", signals=["views"]),
    ...                steps=["views", "sales"])
    >>> plot_funnel(found, step="views to sales").get_xlabel()
    'sales for 100 views'
    """
    steps = found.rates["step"].unique().tolist()
    if step is not None and step not in steps:
        raise ArgumentError(
            f"The funnel has no step {step!r}{did_you_mean(step, steps)}; there are "
            f"{name_list(steps)}."
        )
    return _draw_steps(found, ax) if step is None else _draw_series(found, ax, step, most)


def _draw_steps(found: "Funnel", ax: "Axes | None") -> "Axes":
    """Draw a row a step and a dot a series, by its rate beside that of its category."""
    table = found.summary()
    ax = axes_or_new(ax, (7.2, 1.1 + 0.75 * len(table)))
    ax.axvline(1.0, color=MUTED, linewidth=1.0)
    rates = found.rates.assign(
        ratio=found.rates["rate"] / found.rates["category_rate"],
        row=found.rates["step"].map({step: row for row, step in enumerate(table["step"])}),
    )
    place = np.arange(len(rates)) * _GOLDEN % 1 - 0.5
    for verdict, (colour, size) in _LOOKS.items():
        own = rates["verdict"].eq(verdict).to_numpy()
        heights = (rates["row"] + _SPREAD * place)[own]
        label = "like its category" if verdict == "like others" else f"{verdict} its category"
        if own.any():
            ratio = rates["ratio"][own]
            ax.scatter(ratio, heights, c=colour, s=size, linewidths=0, zorder=3, label=label)
    for row, line in enumerate(table.to_dict("records")):
        noun = found.steps[-1]
        text = f"{line['below']:,} below:\n{line['lost']:,.0f} {noun} lost"
        ax.annotate(
            text if line["below"] else "none below",
            (1.01, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=INK,
            fontsize=TEXT_SIZE,
        )
    ax.set_yticks(np.arange(len(table)), [_rate_text(line) for line in table.to_dict("records")])
    ax.set_ylim(len(table) - 0.5, -0.5)
    _scale(ax, float(rates["ratio"].max() / rates["ratio"].min()))
    percents(ax, "x")
    ax.set_xlabel("rate of a series, in % of its category's")
    quiet(ax, title=f"Funnel of {len(rates) // len(table):,} series", grid="x")
    return ax


def _scale(ax: "Axes", width: float) -> None:
    """Make the axis logarithmic where its values are far apart."""
    if width > _WIDE:
        subs = (1, 2, 5) if width < _TWO_DECADES else (1,)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(matplotlib("matplotlib.ticker").LogLocator(subs=subs))
        ax.tick_params(which="minor", length=0, labelbottom=False)


def _rate_text(line: Mapping[Hashable, Any]) -> str:
    before, _, _ = str(line["step"]).partition(" to ")
    rate = 100 * float(line["rate"])
    text = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    return f"{line['step']}\n{text} for 100 {before}"


def _draw_series(found: "Funnel", ax: "Axes | None", step: str, most: int) -> "Axes":
    """Draw the series of one step that lose most, each with its interval."""
    rates = found.rates[found.rates["step"] == step]
    rates = rates.sort_values(["lost", "entered"], ascending=False, kind="stable").head(most)
    ax = axes_or_new(ax, (7.2, 1.1 + 0.26 * len(rates)))
    rows = np.arange(len(rates))
    colours = [INK if verdict == "like others" else _LOOKS[verdict][0] for verdict in rates.verdict]
    ax.hlines(rows, 100 * rates["low"], 100 * rates["high"], colors=colours, linewidth=2.0)
    ax.scatter(100 * rates["rate"], rows, c=colours, s=30, zorder=3, label="series, 90% interval")
    ax.scatter(100 * rates["category_rate"], rows, c=MUTED, marker="|", s=110, label="its category")
    ax.set_yticks(rows, [plain(name) for name in _names(found, rates)])
    ax.set_ylim(len(rates) - 0.5, -0.5)
    before, _, after = step.partition(" to ")
    thousands(ax, "x")
    ax.set_xlabel(f"{after} for 100 {before}")
    quiet(ax, title=step, grid="x")
    return ax


def _names(found: "Funnel", rates: pd.DataFrame) -> list[str]:
    keys = list(found.rates.columns[: found.rates.columns.get_loc("category")])
    return rates[keys].agg(" ".join, axis=1).tolist()
