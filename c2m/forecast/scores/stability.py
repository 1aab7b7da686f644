"""How much a forecast of the same periods changes from one cutoff to the next."""

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError


def forecast_change(earlier: ArrayLike, later: ArrayLike) -> float:
    """Return how much a later forecast differs from an earlier one, relative to its level.

    A plan is made from a forecast: one that jumps without being right costs set-ups and stock. The
    less, the steadier; a forecast that never learns has 0, so look at it beside a loss.

    Parameters
    ----------
    earlier, later : array_like, same shape
        Forecasts of the same series and periods at two cutoffs, in units. What is unknown in
        either does not count. Stack several cutoffs in front to pool them.

    Returns
    -------
    float
        ``sum |later - earlier| / sum of earlier``; NaN when nothing was forecast.

    Raises
    ------
    ArgumentError
        If the shapes differ.

    References
    ----------
    Godahewa et al. (2025), "On forecast stability", *IJF* 41 (vertical stability: mean absolute
    change); van Belle, Crevits & Verbeke (2023), "Improving forecast stability using deep
    learning", *IJF* 39. The sum in the denominator replaces their ratio per period, which counts
    that are often 0 do not have.

    Examples
    --------
    >>> forecast_change([10.0, 10.0], [12.0, 10.0]), forecast_change([10.0, 10.0], [8.0, 10.0])
    (0.1, 0.1)
    """
    before, after = np.asarray(earlier, dtype=np.float64), np.asarray(later, dtype=np.float64)
    if before.shape != after.shape:
        raise ArgumentError(
            f"Expected two forecasts of one shape, got {before.shape} and {after.shape}."
        )
    known = ~np.isnan(before) & ~np.isnan(after)
    level = float(before[known].sum())
    return float(np.abs(after - before)[known].sum() / level) if level > 0 else np.nan
