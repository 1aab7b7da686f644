"""Many SKUs: the few ordered samples between two prices, kept block by block.

Sorting every SKU's samples at once would need as much memory again as the samples. So a sample of
SKUs says between which two prices capacity runs out; each block of SKUs is then sorted in the
processor's cache, and only the steps between the two prices are kept. Whether the prices were
right is checked with all SKUs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.newsvendor.price import SampledLine, Window, shared_steps, steps_at
from c2m.production.newsvendor.samples import (
    OrderedSamples,
    SampleArray,
    blocks,
    ordered_block,
    sums_beyond,
)
from c2m.production.problem import FloatArray, IntArray

MANY_SKUS: Final = 8000
"""From here on a sample of SKUs pays."""

_SAMPLED_SKUS: Final = 2000
_SAMPLED_DRAWS: Final = 8
"""Draws of all SKUs that say which share of the capacity the sampled SKUs take."""

_MARGIN: Final = 0.06
"""Share of the capacity by which the sampled SKUs may be wrong: over three standard errors."""


@dataclass(frozen=True)
class NearSamples:
    """Ordered samples of each SKU from its `first` to its `last` step.

    Parameters
    ----------
    n_samples : int
        Samples of each SKU.
    first, last : ndarray of int, shape (n_skus,)
        The steps that are kept; step 0 is no demand.
    start : ndarray of int, shape (n_skus,)
        Where the kept steps of each SKU start in `kept`.
    kept : ndarray
        Sampled demand at the kept steps, in units, and a 0 behind them, where a sum may start.
    beyond, mean : ndarray, shape (n_skus,)
        Sum of the samples beyond the first kept step, and mean of all.
    """

    n_samples: int
    first: IntArray
    last: IntArray
    start: IntArray
    kept: FloatArray
    beyond: FloatArray
    mean: FloatArray

    @classmethod
    def of(cls, table: SampleArray, first: IntArray, last: IntArray) -> "NearSamples":
        """Sort samples block by block and keep the steps between two.

        Parameters
        ----------
        table : ndarray, shape (n_samples, n_skus)
            Draws of demand.
        first, last : ndarray of int, shape (n_skus,)
            The first and the last step to keep.

        Returns
        -------
        NearSamples
            The kept steps.

        Raises
        ------
        ArgumentError
            If a sample is not a finite number at or above zero.
        """
        (n_samples, n_skus), count = table.shape, last - first + 1
        start = np.cumsum(count) - count
        beyond, mean = np.empty(n_skus), np.empty(n_skus)
        kept = np.empty(int(np.sum(count)) + 1, dtype=np.float64)
        kept[-1] = 0.0
        for part in blocks(n_skus, n_samples):
            ordered = ordered_block(table, part)
            beyond[part], mean[part] = sums_beyond(ordered, first[part])
            begin, end = int(start[part.start]), int(start[part][-1] + count[part][-1])
            # step k is the k-th sample of its row
            row = np.arange(len(ordered)) * n_samples + first[part] - 1 - (start[part] - begin)
            place = np.repeat(row, count[part]) + np.arange(end - begin)
            kept[begin:end] = ordered.ravel()[np.maximum(place, 0)]
        kept[start[first == 0]] = 0.0
        return cls(n_samples, first, last, start, kept, beyond, mean)

    def at(self, steps: IntArray, rows: IntArray) -> FloatArray:
        """Return the sampled demand at a kept step.

        Parameters
        ----------
        steps, rows : ndarray of int, shape (n_rows,)
            Steps from `first` to `last`, and positions of the SKUs.

        Returns
        -------
        ndarray, shape (n_rows,)
            Units.
        """
        units: FloatArray = self.kept[self.start[rows] + steps - self.first[rows]]
        return units

    def known(self, steps: IntArray, rows: IntArray) -> IntArray:
        """Return the nearest steps that are kept: rounding of a price may lead to the next.

        Parameters
        ----------
        steps, rows : ndarray of int, shape (n_rows,)
            Steps, and positions of the SKUs.

        Returns
        -------
        ndarray of int, shape (n_rows,)
            Steps.
        """
        return np.clip(steps, self.first[rows], self.last[rows])

    def off(
        self, size: FloatArray, steps: IntArray, rows: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean units short and the mean units left over.

        Parameters
        ----------
        size : ndarray, shape (n_rows,)
            Units made.
        steps, rows : ndarray of int, shape (n_rows,)
            Kept steps that the sizes cover, and positions of the SKUs.

        Returns
        -------
        short, left : ndarray, shape (n_rows,)
            Units.
        """
        begin = self.start[rows]
        pairs = np.stack([begin, begin + steps - self.first[rows]], axis=1) + 1
        sums = np.add.reduceat(self.kept, pairs.ravel())[::2]
        covered = np.where(pairs[:, 1] > pairs[:, 0], sums, 0.0)
        missed = self.n_samples - steps
        above = np.where(missed > 0, self.beyond[rows] - covered - missed * size, 0.0)
        short = np.maximum(above, 0.0) / self.n_samples
        return short, np.maximum(size - self.mean[rows] + short, 0.0)


def near_steps(
    table: SampleArray, underage: FloatArray, overage: FloatArray, time: FloatArray, capacity: float
) -> tuple[SampledLine, FloatArray, IntArray, float] | None:
    """Size the runs of many SKUs that share a capacity and have no limits of their own.

    Parameters
    ----------
    table : ndarray, shape (n_samples, n_skus)
        Draws of demand.
    underage, overage, time : ndarray, shape (n_skus,)
        Money per unit short and left over; capacity that a unit takes.
    capacity : float
        Capacity there is.

    Returns
    -------
    line : SampledLine
        The SKUs with the steps that were kept.
    size, steps, price : ndarray, ndarray, float
        See `shared_steps`.
    None
        Where the sampled SKUs were wrong about the price.
    """
    low, high = _prices(table, underage, overage, time, capacity)
    total = underage + overage
    first, last = (steps_at((underage - p * time) / total, len(table)) for p in (high, low))
    samples = NearSamples.of(table, first, last)
    line = SampledLine(samples, underage, overage, time, np.arange(len(time)))
    window = Window(line, capacity, (low, high), (first, last))
    enough = low == 0 and window.used <= capacity
    if not (window.holds or enough):
        return None
    return line, *shared_steps(line, window)


def _prices(
    table: SampleArray, underage: FloatArray, overage: FloatArray, time: FloatArray, capacity: float
) -> tuple[float, float]:
    """Return two prices between which capacity runs out, by a sample of the SKUs."""
    n_samples, n_skus = table.shape
    rows = np.sort(np.random.default_rng(0).choice(n_skus, _SAMPLED_SKUS, replace=False))
    few = OrderedSamples.of(table[:, rows])
    part = SampledLine(few, underage[rows], overage[rows], time[rows], np.arange(len(rows)))
    draws = time * np.mean(table[:: -(-n_samples // _SAMPLED_DRAWS)], axis=0, dtype=np.float64)
    share = float(np.sum(draws[rows])) / max(float(np.sum(draws)), 1e-300)
    targets = [aim * capacity * share for aim in (1 + _MARGIN, 1 - _MARGIN)]
    prices = [shared_steps(part, Window.wide(part, target))[2] for target in targets]
    return prices[0], prices[1]
