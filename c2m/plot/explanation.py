"""Draw what makes a forecast: the level, and by how much each group moves it."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.plot.style import (
    BLUE,
    MUTED,
    ORANGE,
    axes_or_new,
    matplotlib,
    plain,
    quiet,
    write_beside,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.forecast import Explanation

_MOST: Final = 10
"""Groups that get a bar of their own."""

_ROOM: Final = 0.6
"""Share of the drawing's width beside the longest bar, for its text."""


def plot_explanation(
    explanation: "Explanation", ax: "Axes | None" = None, *, sku: str | None = None
) -> "Axes":
    """Plot by which factor each group moves the units of all periods, on a log scale.

    Parameters
    ----------
    explanation : Explanation
        From ``model.explain(horizon)``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU; all series together unless given.

    Returns
    -------
    matplotlib Axes
        A bar a group, the largest first, with its multiplier and the units that it adds or takes;
        beyond ten groups the others share one bar. The multipliers multiply to the ratio of the
        expected units to those of the recent level.

    Raises
    ------
    ArgumentError
        If there is no series of the SKU.
    MissingEngineError
        If matplotlib is not installed.
    """
    table = _largest(explanation.total(sku))
    logs = np.log(table["multiplier"].to_numpy(dtype=float))
    ax = axes_or_new(ax, (7.2, 1.1 + 0.3 * len(table)))
    rows = np.arange(len(table))
    ax.barh(rows, logs, height=0.62, color=[BLUE if log >= 0 else ORANGE for log in logs])
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    for row, (log, line) in enumerate(zip(logs, table.to_dict("records"), strict=True)):
        write_beside(
            ax, f"x {line['multiplier']:.2f}   {line['units']:+,.1f} units", (max(log, 0.0), row)
        )
    ax.set_yticks(rows, [plain(str(name)) for name in table["group"]])
    ax.set_ylim(len(table) - 0.5, -0.5)
    low, high = min(float(logs.min()), -0.02), max(float(logs.max()), 0.02)
    ax.set_xlim(1.05 * low, high + _ROOM * (high - low))
    formatter = matplotlib("matplotlib.ticker").FuncFormatter(lambda log, _: f"x {np.exp(log):.2g}")
    ax.xaxis.set_major_formatter(formatter)
    who = f"{len(explanation.keys):,} series" if sku is None else sku
    quiet(ax, title=f"What moves {who}", grid="x")
    return ax


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the largest groups and put the others together."""
    if len(table) <= _MOST + 1:
        return table
    rest = table.iloc[_MOST:]
    other = {
        "group": f"{len(rest)} others",
        "multiplier": float(np.prod(rest["multiplier"].to_numpy(dtype=float))),
        "units": float(rest["units"].sum()),
    }
    return pd.concat([table.iloc[:_MOST], pd.DataFrame([other])], ignore_index=True)
