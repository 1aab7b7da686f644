"""Limits of runs, and the best run at a price of capacity.

At a price of capacity the best run of a SKU is nothing, or the multiple next to its critical
quantile, at least its MOQ: the cost is convex between the limits, so no other run can be better.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.production.newsvendor.price import SampledLine
from c2m.production.newsvendor.samples import OrderedSamples
from c2m.production.problem import FloatArray

_NOISE: Final = 1e-9
"""Part of a lot that is taken for rounding noise."""


@dataclass(frozen=True)
class Lots:
    """Limits of runs, one number per SKU.

    Parameters
    ----------
    first : ndarray, shape (n_skus,)
        Smallest run, in units: the MOQ, rounded up to the multiple.
    multiple : ndarray, shape (n_skus,)
        Runs are multiples of it; 0 where any size will do.
    setup_cost, setup_time : ndarray, shape (n_skus,)
        Money and capacity that a run takes, whatever its size.
    """

    first: FloatArray
    multiple: FloatArray
    setup_cost: FloatArray
    setup_time: FloatArray

    @classmethod
    def of(
        cls,
        moq: FloatArray,
        multiple: FloatArray,
        setup_cost: FloatArray,
        setup_time: FloatArray,
    ) -> "Lots":
        """Round MOQs up to the multiple.

        Parameters
        ----------
        moq, multiple, setup_cost, setup_time : ndarray, shape (n_skus,)
            Numbers at or above 0; 0 is no limit.

        Returns
        -------
        Lots
            The limits.
        """
        lot = np.where(multiple > 0, multiple, 1.0)
        whole = np.maximum(np.ceil(moq / lot - _NOISE), 1.0) * lot
        return cls(np.where(multiple > 0, whole, moq), multiple, setup_cost, setup_time)

    def part(self, rows: NDArray[Any]) -> "Lots":
        """Return the limits of some SKUs.

        Parameters
        ----------
        rows : ndarray
            Positions or a mask.

        Returns
        -------
        Lots
            Their limits.
        """
        return Lots(
            self.first[rows], self.multiple[rows], self.setup_cost[rows], self.setup_time[rows]
        )

    def down(self, size: FloatArray) -> FloatArray:
        """Round sizes down to the multiple.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Units.

        Returns
        -------
        ndarray, shape (n_skus,)
            Units.
        """
        lot = np.where(self.multiple > 0, self.multiple, 1.0)
        return np.where(self.multiple > 0, np.floor(size / lot + _NOISE) * lot, size)


@dataclass(frozen=True)
class LotLine:
    """SKUs with limits of their own that share a capacity; a choice is a size.

    Parameters
    ----------
    line : SampledLine
        Demand, money and time of the SKUs.
    samples : OrderedSamples
        The demand, at any size.
    lots : Lots
        Limits of their runs.
    """

    line: SampledLine
    samples: OrderedSamples
    lots: Lots

    def __len__(self) -> int:
        """Return the number of SKUs."""
        return len(self.line)

    @property
    def top(self) -> float:
        """Price from which on no SKU makes anything."""
        return self.line.top

    def choices(self, price: float) -> FloatArray:
        """Return the best size of each SKU at a price of capacity.

        Parameters
        ----------
        price : float
            Money per unit of capacity.

        Returns
        -------
        ndarray, shape (n_skus,)
            Units; 0 is no run.
        """
        opened = self.opened(price)
        better = self.reduced(opened, price) < self.reduced(np.zeros(len(self)), price)
        return np.where(better, opened, 0.0)

    def opened(self, price: float) -> FloatArray:
        """Return the best size of each SKU at a price of capacity if it is made at all.

        Parameters
        ----------
        price : float
            Money per unit of capacity.

        Returns
        -------
        ndarray, shape (n_skus,)
            Units.
        """
        want = self.samples.at(self.line.choices(price), self.line.rows)
        size = np.maximum(self.lots.down(want), self.lots.first)
        rows = np.flatnonzero((self.lots.multiple > 0) & (size < want))
        some, more = self.part(rows), size[rows] + self.lots.multiple[rows]
        better = some.reduced(more, price) < some.reduced(size[rows], price)
        size[rows] = np.where(better, more, size[rows])
        return size

    def use(self, choices: FloatArray) -> FloatArray:
        """Return the capacity that each run takes.

        Parameters
        ----------
        choices : ndarray, shape (n_skus,)
            Sizes.

        Returns
        -------
        ndarray, shape (n_skus,)
            Capacity.
        """
        return self.line.time * choices + self.lots.setup_time * (choices > 0)

    def costs(self, size: FloatArray) -> FloatArray:
        """Return the expected cost of units short, units left over and set-ups.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Units made.

        Returns
        -------
        ndarray, shape (n_skus,)
            Money.
        """
        steps = self.samples.covered(size, self.line.rows)
        return self.line.costs(size, steps) + self.lots.setup_cost * (size > 0)

    def width(self, lower: FloatArray, upper: FloatArray) -> int:
        """Return the number of SKUs for which two choices differ.

        Parameters
        ----------
        lower, upper : ndarray, shape (n_skus,)
            Sizes.

        Returns
        -------
        int
            Number of SKUs.
        """
        return int(np.count_nonzero(lower != upper))

    def part(self, rows: NDArray[Any]) -> "LotLine":
        """Return some of the SKUs.

        Parameters
        ----------
        rows : ndarray
            Positions or a mask.

        Returns
        -------
        LotLine
            With the same samples.
        """
        return LotLine(self.line.part(rows), self.samples, self.lots.part(rows))

    def larger(self, size: FloatArray, opened: FloatArray, room: float) -> FloatArray:
        """Return the next larger run of each SKU that fits into the room, if there is one.

        Parameters
        ----------
        size, opened : ndarray, shape (n_skus,)
            Sizes as they are; sizes that a new run should have if it fits.
        room : float
            Capacity that is left.

        Returns
        -------
        ndarray, shape (n_skus,)
            Sizes at or above `size`.
        """
        steps = self.samples.covered(size, self.line.rows) + 1
        sample = self.samples.at(np.minimum(steps, self.samples.n_samples), self.line.rows)
        grown = np.where(
            self.lots.multiple > 0, size + self.lots.multiple, np.maximum(sample, size)
        )
        left = np.where(size > 0, room, room - self.lots.setup_time) / self.line.time
        fitted = self.lots.down(np.minimum(np.where(size > 0, grown, opened), size + left))
        allowed = (fitted >= self.lots.first) & (left > 0)
        return np.where(allowed, np.maximum(fitted, size), size)

    def smaller(self, size: FloatArray) -> FloatArray:
        """Return the next smaller run of each SKU.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Sizes as they are.

        Returns
        -------
        ndarray, shape (n_skus,)
            Sizes; 0 below the smallest run.
        """
        steps = self.samples.covered(np.nextafter(size, -1.0), self.line.rows)
        sample = np.maximum(self.samples.at(steps, self.line.rows), self.lots.first)
        shrunk = np.where(self.lots.multiple > 0, size - self.lots.multiple, sample)
        return np.where((shrunk >= self.lots.first) & (shrunk < size), shrunk, 0.0)

    def reduced(self, size: FloatArray, price: float) -> FloatArray:
        """Return the cost of sizes where capacity is paid for.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Units made.
        price : float
            Money per unit of capacity.

        Returns
        -------
        ndarray, shape (n_skus,)
            Money.
        """
        return self.costs(size) + price * self.use(size)
