"""Share the stock of each SKU among its doors: unit after unit to where it earns the most.

Expected sales of a door are concave in what is sent there, so that the best unit next is always
part of the best plan: the units that are sent are those worth more than a price, and the price of
each SKU is where its stock ends. It is bisected for all SKUs at once; the few units whose worth
lies between the last two prices are then sent in the order of their worth.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_BISECTIONS: Final = 60
_BLOCK: Final = 2**22
"""Numbers handled at once where a temporary array is needed."""


@dataclass(frozen=True, eq=False)
class Doors:
    """Where units of SKUs can be sent, and what they earn there.

    The unit that follows k others earns ``margin * P(demand > k) - cost``, compared with keeping
    it. P counts the points: each has the same weight.

    Parameters
    ----------
    points : ndarray, shape (n_rows, n_points)
        What could be sold of the units sent, whole and rising along the row.
    row : ndarray of int, shape (n_doors,)
        The row of `points` that tells the demand of each door.
    sku : ndarray of int, shape (n_doors,)
        Number of each door's SKU, rising.
    margin : ndarray, shape (n_doors,)
        Price that is kept less end value, in money per unit. At 0 or below nothing is sent.
    cost : ndarray, shape (n_doors,)
        Of the lane, in money per unit, at least 0.
    most : ndarray, shape (n_doors,)
        Units that the door can take, whole or inf.
    """

    points: FloatArray
    row: IntArray
    sku: IntArray
    margin: FloatArray
    cost: FloatArray
    most: FloatArray

    @property
    def n_points(self) -> int:
        """How many points tell the demand of a door."""
        return int(self.points.shape[1])

    def take(self, rows: IntArray) -> "Doors":
        """Return some doors.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Which; one may come more than once.

        Returns
        -------
        Doors
            They alone; SKUs keep their numbers, and the points are shared.
        """
        return Doors(
            self.points,
            self.row[rows],
            self.sku[rows],
            self.margin[rows],
            self.cost[rows],
            self.most[rows],
        )

    def closed(self, doors: NDArray[np.bool_]) -> "Doors":
        """Return the same doors, some of which take nothing.

        Parameters
        ----------
        doors : ndarray of bool, shape (n_doors,)
            True where nothing may be sent.

        Returns
        -------
        Doors
            With their `most` at 0.
        """
        return replace(self, most=np.where(doors, 0.0, self.most))

    def worth(self, step: IntArray) -> FloatArray:
        """Return what a unit earns that is sold only above the first points.

        Parameters
        ----------
        step : ndarray of int, shape (n_doors,)
            How many points lie below the unit.

        Returns
        -------
        ndarray, shape (n_doors,)
            Money per unit.
        """
        return self.margin * (self.n_points - step) / self.n_points - self.cost

    def steps(self, price: FloatArray | float) -> IntArray:
        """Return how many steps of each door are worth more than a price.

        Parameters
        ----------
        price : ndarray, shape (n_doors,), or float
            Money per unit.

        Returns
        -------
        ndarray of int, shape (n_doors,)
            Between 0 and n_points; rounding noise does not add one.
        """
        pays = self.margin > 0
        share = np.divide(
            self.margin - self.cost - price, self.margin, out=np.zeros_like(self.margin), where=pays
        )
        count = np.ceil(np.round(share * self.n_points, 9))
        return np.clip(count, 0, self.n_points).astype(np.int64)

    def units(self, steps: IntArray) -> FloatArray:
        """Return the units that so many steps hold.

        Parameters
        ----------
        steps : ndarray of int, shape (n_doors,)
            Steps of each door.

        Returns
        -------
        ndarray, shape (n_doors,)
            Whole units, no more than the door takes.
        """
        reached = self.points[self.row, np.maximum(steps - 1, 0)]
        return np.minimum(np.where(steps > 0, reached, 0.0), self.most)

    def sales(self, units: FloatArray) -> FloatArray:
        """Return how many of the units sent are expected to be sold.

        Parameters
        ----------
        units : ndarray, shape (n_doors,)
            Sent to each door.

        Returns
        -------
        ndarray, shape (n_doors,)
            Units.
        """
        sold = np.empty(len(units))
        block = max(1, _BLOCK // self.n_points)
        for start in range(0, len(units), block):
            part = slice(start, start + block)
            wanted = self.points[self.row[part]]
            sold[part] = np.minimum(wanted, units[part, None], out=wanted).mean(axis=1)
        return sold

    def gain(self, units: FloatArray) -> FloatArray:
        """Return what sending units is expected to earn, compared with keeping them.

        Parameters
        ----------
        units : ndarray, shape (n_doors,)
            Sent to each door.

        Returns
        -------
        ndarray, shape (n_doors,)
            Money.
        """
        return self.margin * self.sales(units) - self.cost * units + 0.0  # never -0.0


def share_stock(doors: Doors, stock: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Send each SKU's units to the doors where they earn the most.

    Parameters
    ----------
    doors : Doors
        Where units can go.
    stock : ndarray, shape (n_skus,)
        Whole units of each SKU that may be sent.

    Returns
    -------
    units : ndarray, shape (n_doors,)
        Whole units; no other choice earns more over the points. Doors at which the
        last units are worth the same share them in proportion. Units that earn nothing stay.
    price : ndarray, shape (n_skus,)
        What one more unit of stock would earn, in money; 0 where stock is left.
    """
    steps = doors.steps(0.0)
    units = doors.units(steps)
    price = np.zeros(len(stock))
    scarce = np.bincount(doors.sku, units, len(stock)) > stock
    rows = np.flatnonzero(scarce[doors.sku])
    if len(rows):
        units[rows], price[scarce] = _share_scarce(doors.take(rows), stock, scarce, steps[rows])
    return units, price


def _share_scarce(
    doors: Doors, stock: FloatArray, scarce: NDArray[np.bool_], upper: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Share where the doors want more than there is: units, and prices of the scarce SKUs."""
    stock = stock[scarce]
    doors = replace(doors, sku=(np.cumsum(scarce) - 1)[doors.sku])
    lower = np.zeros_like(upper)
    low, high = np.zeros(len(stock)), np.zeros(len(stock))
    np.maximum.at(high, doors.sku, doors.worth(lower))
    for _ in range(_MOST_BISECTIONS):
        if np.sum(upper - lower) <= len(upper):
            break
        price = (low + high) / 2
        middle = doors.steps(price[doors.sku])
        over = np.bincount(doors.sku, doors.units(middle), len(stock)) > stock
        low, high = np.where(over, price, low), np.where(over, high, price)
        upper = np.where(over[doors.sku], middle, upper)
        lower = np.where(over[doors.sku], lower, middle)
    return _fill(doors, stock, lower, upper)


def _fill(
    doors: Doors, stock: FloatArray, lower: IntArray, upper: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Send the steps from lower to upper in the order of their worth until the stock ends.

    Every SKU has such a step, and one that is not sent whole: its worth is the price.
    """
    count = upper - lower
    door = np.repeat(np.arange(len(count)), count)
    begins = np.repeat(np.cumsum(count) - count, count)
    step = lower[door] + np.arange(len(door)) - begins
    few = doors.take(door)
    worth = few.worth(step)
    order = np.lexsort((-worth, few.sku))
    length = (few.units(step + 1) - few.units(step))[order]
    sku, door, worth = few.sku[order], door[order], worth[order]
    units = doors.units(lower)
    room = stock - np.bincount(doors.sku, units, len(stock))
    changes = (np.diff(sku, prepend=-1) != 0) | (np.diff(worth, prepend=np.inf) != 0)
    first = np.flatnonzero(changes)  # of each tie: steps of a SKU that are worth the same
    tie = np.cumsum(changes) - 1
    total = np.bincount(tie, length).astype(np.float64)
    before = np.cumsum(total) - total
    of = sku[first]
    left = room[of] - (before - before[np.searchsorted(of, of)])
    units += np.bincount(door, _split(np.clip(left, 0.0, total), tie, length, total), len(units))
    short = np.flatnonzero(left < total)
    price = np.zeros(len(stock))
    price[of[short[::-1]]] = worth[first[short[::-1]]]  # the first of a SKU is written last
    return units, price


def _split(given: FloatArray, tie: IntArray, length: FloatArray, total: FloatArray) -> FloatArray:
    """Share whole units in proportion to lengths, the largest fractions getting what is left.

    Steps of the same worth are equal over the points. Beyond them they are not: the first units
    of each step are the surer ones, so that a scarce SKU goes to all doors rather than to one.
    """
    share = np.divide(given, total, out=np.zeros_like(total), where=total > 0)[tie] * length
    whole = np.floor(np.round(share, 9))
    left = (given - np.bincount(tie, whole))[tie]
    order = np.lexsort((whole - share, tie))
    rank = np.empty(len(tie), dtype=np.int64)
    rank[order] = np.arange(len(tie)) - np.searchsorted(tie, tie)
    return np.asarray(whole + (rank < left), dtype=np.float64)
