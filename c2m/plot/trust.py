"""Draw what was taken out of a log because no customer did it, by reason."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.plot.style import INK, ORANGE, TEXT_SIZE, axes_or_new, percents, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import Trust

_ROOM: Final = 1.45
"""Width of the axis beside its longest bar, for the text behind it."""


def plot_trust(trust: "Trust", ax: "Axes | None" = None) -> "Axes":
    """Plot the share of all events that the weights take away, by reason.

    Parameters
    ----------
    trust : Trust
        From `c2m.signals.score_trust`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.

    Returns
    -------
    matplotlib Axes
        A bar a reason, with the number of users behind it.

    Raises
    ------
    MissingEngineError
        If matplotlib is not installed.

    See Also
    --------
    c2m.plot.plot_weighted : What that changes in a channel over time.
    """
    table = trust.summary()
    ax = axes_or_new(ax, (7.2, 0.9 + 0.3 * len(table)))
    rows = np.arange(len(table))
    share = table["share"].to_numpy(dtype=float)
    ax.barh(rows, share, height=0.66, color=ORANGE)
    for row, (part, users) in enumerate(zip(share, table["users"], strict=True)):
        noun = "user" if users == 1 else "users"
        text = f" {part:.2%} by {users:,} {noun}" if users else " none"
        ax.text(part, row, text, va="center", color=INK, fontsize=TEXT_SIZE)
    ax.set_yticks(rows, [str(name) for name in table.index])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(0, _ROOM * max(float(share.max()), 0.01))
    percents(ax, "x")
    ax.set_xlabel("share of all events of known users")
    quiet(ax, title=f"Taken out: {trust.lost:.1%} of the events", grid="x")
    return ax
