"""Deterministic lot sizing of one item without capacity (Wagner & Whitin)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LotSizes:
    """The cheapest lots.

    Parameters
    ----------
    quantity : ndarray, shape (n_periods,)
        Units made in each period.
    cost : float
        Set-ups, stock and units, in money.
    """

    quantity: FloatArray
    cost: float

    def _repr_html_(self) -> str:
        """Return the lots by period as HTML for a notebook."""
        lots = np.flatnonzero(self.quantity)
        rows = "".join(f"<tr><td>{t}</td><td>{self.quantity[t]:,.10g}</td></tr>" for t in lots)
        head = "<tr><th>period</th><th>quantity</th></tr>"
        return f"<div><p>LotSizes: cost {self.cost:,.2f}</p><table>{head}{rows}</table></div>"


def wagner_whitin(
    demand: ArrayLike,
    setup_cost: ArrayLike,
    holding_cost: ArrayLike,
    unit_cost: ArrayLike = 0.0,
) -> LotSizes:
    """Find the cheapest lots that meet a known demand in time.

    Parameters
    ----------
    demand : array_like, shape (n_periods,)
        Units wanted in each period, at least 0.
    setup_cost : float or array_like, shape (n_periods,)
        Money per lot.
    holding_cost : float or array_like, shape (n_periods,)
        Money per unit in stock at the end of a period.
    unit_cost : float or array_like, shape (n_periods,)
        Money per unit made.

    Returns
    -------
    LotSizes
        The lots and what they cost. A lot covers whole periods; of equal solutions the one with
        the longest first lots.

    Raises
    ------
    ArgumentError
        If demand or a cost is negative, unknown or of another length.

    References
    ----------
    Wagner & Whitin (1958), *Management Science* 5(1), 89-96: F(t) is the least over s <= t of
    F(s - 1) plus the cost of one lot in s for the periods s..t.

    Examples
    --------
    >>> lots = wagner_whitin([90, 120, 80, 70], setup_cost=500, holding_cost=2)
    >>> lots.cost, lots.quantity.tolist()
    (1380.0, [210.0, 0.0, 150.0, 0.0])
    """
    wanted = _checked("demand", demand, np.size(demand))
    count = len(wanted)
    setup = _checked("setup_cost", setup_cost, count)
    holding = _checked("holding_cost", holding_cost, count)
    unit = _checked("unit_cost", unit_cost, count)
    best = np.zeros(count + 1)  # cost of the periods from t on
    covers_to = np.zeros(count, dtype=np.int64)
    held = np.concatenate([[0.0], np.cumsum(holding)])
    for first in range(count - 1, -1, -1):
        each = unit[first] + held[first:count] - held[first]
        lot = np.concatenate([[0.0], np.cumsum(each * wanted[first:])])
        setups = np.where(np.cumsum(wanted[first:]) > 0, setup[first], 0.0)
        cost = lot[1:] + setups + best[first + 1 :]
        last = count - first - 1 - int(np.argmin(cost[::-1]))
        best[first], covers_to[first] = cost[last], first + last + 1
    return LotSizes(_lots(wanted, covers_to), float(best[0]))


def _lots(wanted: FloatArray, covers_to: NDArray[np.int64]) -> FloatArray:
    quantity = np.zeros(len(wanted))
    first = 0
    while first < len(wanted):
        quantity[first] = wanted[first : covers_to[first]].sum()
        first = int(covers_to[first])
    return quantity


def _checked(name: str, values: ArrayLike, count: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 or array.size not in (1, count) or count == 0:
        raise ArgumentError(f"Expected {name} for {count} periods, got shape {array.shape}.")
    if not np.all(array >= 0) or not np.all(np.isfinite(array)):
        raise ArgumentError(f"Expected {name} >= 0 and finite, got {array.tolist()}.")
    return np.broadcast_to(array, (count,)).astype(np.float64)
