"""Draw how models compare in a backtest: a dot a model, with its interval."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.plot.style import BLUE, MUTED, axes_or_new, plain, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.forecast import Backtest

SCORES: Final = {
    "wql": "weighted quantile loss, share of units sold",
    "total_wql": "weighted quantile loss of the total over the horizon",
    "total_error": "absolute error of the total over the horizon, share of units sold",
    "wape": "absolute error, share of units sold",
    "bias": "forecast less actual, share of units sold",
    "pinball": "pinball loss, units",
}
"""Names of the main scores on an axis."""


def plot_leaderboard(
    backtest: "Backtest", ax: "Axes | None" = None, *, score: str = "wql"
) -> "Axes":
    """Plot one score of every model, the best on top.

    Parameters
    ----------
    backtest : Backtest
        From `c2m.backtest`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    score : str
        A score of the leaderboard.

    Returns
    -------
    matplotlib Axes
        The mean over the cutoffs as a dot and its 95 % interval as a line.

    Raises
    ------
    ArgumentError
        If the leaderboard has no such score.
    MissingEngineError
        If matplotlib is not installed.
    """
    board = backtest.leaderboard()
    if f"{score}_high" not in board.columns:
        known = [name.removesuffix("_high") for name in board.columns if name.endswith("_high")]
        raise ArgumentError(
            f"There is no score {score!r}{did_you_mean(score, known)}; there are "
            f"{name_list(known)}."
        )
    ax = axes_or_new(ax, (7.2, 0.8 + 0.32 * len(board)))
    rows = np.arange(len(board))
    colours = [BLUE] + [MUTED] * (len(board) - 1)
    low, high = board[f"{score}_low"], board[f"{score}_high"]
    ax.hlines(rows, low, high, colors=colours, linewidth=2.2)
    ax.scatter(board[score], rows, c=colours, s=36, zorder=3)
    ax.set_yticks(rows, [plain(str(name)) for name in board.index])
    ax.set_ylim(len(board) - 0.5, -0.5)
    ax.set_xlabel(SCORES.get(score, score))
    quiet(ax, grid="x")
    return ax
