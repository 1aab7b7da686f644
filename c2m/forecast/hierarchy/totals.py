"""What a group sold in each period, completed where a stock-out hid a part of it."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import observed_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.hierarchy.groups import Groups
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_LEVEL_WINDOWS: Final = {"D": 56, "W": 13, "MS": 6}
"""Periods that the level of a series looks back."""

LEAST_KNOWN: Final = 0.5
"""Share of a group's usual demand that must be known for its total to be known."""


def group_totals(panel: "Panel", groups: "Groups", target: str | None = None) -> "FloatArray":
    """Add up the target of each group.

    A series counts from its first known value on. Where a stock-out hides a later value, what is
    known of the group in that period is scaled up by the usual share of the hidden series,
    ``total = known * (level of known + level of hidden) / level of known``, a series' level being
    its mean over the last known periods. A period in which a series was not on sale adds
    nothing. A total of which less than half is known is unknown.

    Parameters
    ----------
    panel : Panel
        The panel.
    groups : Groups
        Its groups.
    target : str, optional
        The channel; the panel's own target unless given.

    Returns
    -------
    ndarray, shape (n_groups, n_periods)
        Units; NaN where unknown.
    """
    values = observed_target(panel, target)  # [S, T]
    closed = np.zeros(values.shape, dtype=bool)
    if "on_sale" in panel:
        closed = panel["on_sale"][:, : panel.n_periods] == 0
    window = _LEVEL_WINDOWS[rhythm(panel.calendar)]
    return np.stack(
        [
            _total(values[rows], closed[rows], window)
            for rows in (np.flatnonzero(groups.codes == code) for code in range(groups.n_groups))
        ]
    )  # [G, T]


def _total(values: "FloatArray", closed: "NDArray[np.bool_]", window: int) -> "FloatArray":
    """Return the completed total of one group; see `group_totals`."""
    known = ~np.isnan(values)  # [S, T]
    begun = np.logical_or.accumulate(known, axis=1)
    hidden = begun & ~known & ~closed
    total = np.where(known, values, 0.0).sum(axis=0)  # [T]
    if hidden.any():
        level = _levels(values, known, window)
        seen, missed = ((level * part).sum(axis=0) for part in (known, hidden))
        share = np.divide(seen, seen + missed, out=np.ones_like(seen), where=seen + missed > 0)
        total = np.divide(total, share, out=np.full_like(total, np.nan), where=share >= LEAST_KNOWN)
        total[hidden.any(axis=0) & ~known.any(axis=0)] = np.nan
    total[~begun.any(axis=0)] = np.nan
    return np.asarray(total, dtype=np.float64)


def _levels(values: "FloatArray", known: "NDArray[np.bool_]", window: int) -> "FloatArray":
    """Return each series' mean over the known of the last periods, carried on where none is."""
    begin = np.maximum(np.arange(values.shape[1]) + 1 - window, 0)
    sums, counts = (
        np.pad(np.cumsum(array, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
        for array in (np.where(known, values, 0.0), known)
    )
    count = counts[:, 1:] - counts[:, begin]
    level = (sums[:, 1:] - sums[:, begin]) / np.maximum(count, 1)
    last = np.maximum.accumulate(np.where(count > 0, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(level, last, axis=1)  # [S, T]
