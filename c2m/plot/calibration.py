"""Draw whether the ranges of a forecast held what they promised."""

from typing import TYPE_CHECKING, Final

from c2m.plot.style import BLUE, MUTED, RULE, axes_or_new, matplotlib, plain, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.forecast import Backtest

PROMISED: Final = (0.50, 0.80, 0.95)
"""Central ranges that a backtest scores."""

_MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")


def plot_calibration(backtest: "Backtest", ax: "Axes | None" = None) -> "Axes":
    """Plot how often the truth lay in the central 50, 80 and 95 % ranges.

    Parameters
    ----------
    backtest : Backtest
        From `c2m.backtest`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    matplotlib Axes
        A line a model; on the diagonal the ranges hold what they promise, below it they are too
        narrow. Counts are whole, so a range can hold no exact share of them: the shares are
        those of the probability integral transform, spread evenly over each count.

    Raises
    ------
    MissingEngineError
        If matplotlib is not installed.

    References
    ----------
    Czado, Gneiting & Held (2009), "Predictive model assessment for count data",
    *Biometrics* 65, section 2.1.
    """
    board = backtest.leaderboard()
    ax = axes_or_new(ax, (4.6, 3.4))
    ax.plot([0.4, 1.0], [0.4, 1.0], color=RULE, linewidth=1.2)
    columns = [f"pit_coverage_{100 * share:.0f}" for share in PROMISED]
    for place, (name, row) in enumerate(board[columns].iterrows()):
        ax.plot(
            PROMISED,
            row.to_numpy(dtype=float),
            color=BLUE if place == 0 else MUTED,
            linewidth=1.8 if place == 0 else 0.9,
            marker=_MARKS[place % len(_MARKS)],
            markersize=5,
            label=plain(str(name)),
        )
    percent = matplotlib("matplotlib.ticker").PercentFormatter(xmax=1.0, decimals=0)
    ax.xaxis.set_major_formatter(percent)
    ax.yaxis.set_major_formatter(percent)
    ax.set_xticks(PROMISED)
    ax.set_xlim(0.45, 1.0)
    ax.set_ylim(min(0.45, float(board[columns].to_numpy().min()) - 0.05), 1.02)
    ax.set_xlabel("range promised to hold")
    ax.set_ylabel("truth was in it")
    quiet(ax)
    return ax
