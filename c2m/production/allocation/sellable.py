"""What each door could sell of the units that are sent to it now."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import DataError
from c2m.production.allocation.greedy import FloatArray, IntArray

if TYPE_CHECKING:
    from c2m.demand import Demand

_GOLDEN: Final = (5**0.5 - 1) / 2
"""Multiples of it, less their whole parts, spread evenly over 0 to 1."""
_MOST_UNITS: Final = 2**53
_BLOCK: Final = 1000


def sellable_points(
    demand: "Demand", lead_time: IntArray, held: FloatArray, n_points: int, seed: int
) -> FloatArray:
    """Return points of equal weight of what a door could sell of units that arrive later.

    Units that are sent arrive after the lead time. Until then, and after that too, the door sells
    first what it holds. Of demand ``D`` before and ``E`` after the arrival, and ``h`` units held,
    ``max(0, E - max(0, h - D))`` is left for the units sent.

    Parameters
    ----------
    demand : Demand
        By door, of n_doors series and H periods.
    lead_time : ndarray of int, shape (n_doors,)
        Periods before units arrive; from H on none is sold.
    held : ndarray, shape (n_doors,)
        Units at the door.
    n_points : int
        How many points.
    seed : int
        Of the paths, which are drawn only for doors that hold units and wait for more.

    Returns
    -------
    ndarray, shape (n_doors, n_points)
        Whole units, rising along the row: quantiles at the levels (i + 1/2) / n_points.

    Raises
    ------
    DataError
        If demand is too large to be counted.

    Notes
    -----
    A law with fractions of units is rounded up or down, the parts so spread over the points that
    the mean stays: a point at 3.4 is 3 on some and 4 on others. For whole quantities of stock
    this is what expected sales are: linear from one whole demand to the next.
    """
    points = np.zeros((demand.n_series, n_points))
    levels = (np.arange(n_points) + 0.5) / n_points
    waits = (lead_time > 0) & (held > 0)
    for lead in np.unique(lead_time[~waits & (lead_time < demand.horizon)]):
        rows = np.flatnonzero((lead_time == lead) & ~waits)
        codes = [demand.codes[row] for row in rows]
        law = demand.law.rows(rows)
        points[rows] = law.total(int(lead), demand.horizon, levels, codes)
    holding = np.flatnonzero(held)
    points[holding] = np.maximum(points[holding] - held[holding, None], 0.0)
    rows = np.flatnonzero(waits & (lead_time < demand.horizon))
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        points[part] = _after_waiting(demand, part, lead_time[part], held[part], n_points, seed)
    if points.size and points.max() > _MOST_UNITS:
        raise DataError("demand", ["a door wants more units than can be counted"], "check units")
    return _whole(points)


def _after_waiting(
    demand: "Demand", rows: IntArray, lead_time: IntArray, held: FloatArray, n: int, seed: int
) -> FloatArray:
    """Return the same from paths, in any order, (n_rows, n)."""
    paths = demand.law.rows(rows).draw(n, seed, [demand.codes[row] for row in rows])  # [n, R, H]
    early = np.arange(demand.horizon) < lead_time[:, None]
    total = paths.sum(axis=2, dtype=np.float64)
    before = np.einsum("nrh,rh->nr", paths.astype(np.float64), early.astype(np.float64))
    left = np.maximum(held - before, 0.0)
    sellable = np.maximum(total - before - left, 0.0)  # [n, R]
    return np.asarray(sellable.T, dtype=np.float64)


def _whole(points: FloatArray) -> FloatArray:
    """Return sorted rows of whole units; fractions go up on their share of the points."""
    rows = np.flatnonzero(np.any(points != np.floor(points), axis=1))
    points.sort(axis=1)
    if len(rows):
        chance = ((np.arange(points.shape[1]) + 0.5) * _GOLDEN) % 1.0
        points[rows] = np.sort(np.floor(points[rows] + chance), axis=1)
    return points
