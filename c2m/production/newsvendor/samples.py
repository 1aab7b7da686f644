"""Sampled demand of each SKU in ascending order: sizes at a step, and what a size costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.production.problem import FloatArray, IntArray

SampleArray: TypeAlias = NDArray[np.floating[Any]]

_BLOCK: Final = 2**17
"""Samples handled at once, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class OrderedSamples:
    """Demand samples per SKU, sorted; all arrays of money are one number per SKU.

    Parameters
    ----------
    values : ndarray, shape (n_skus, n_samples)
        Samples in ascending order, in units; float32 where they came so, else float64.
    """

    values: SampleArray

    @classmethod
    def of(cls, samples: ArrayLike) -> "OrderedSamples":
        """Check samples and put them in order.

        Parameters
        ----------
        samples : array_like, shape (n_samples, n_skus)
            Draws of demand, in units. They are left as they are.

        Returns
        -------
        OrderedSamples
            The samples of each SKU in ascending order.

        Raises
        ------
        ArgumentError
            If the samples are not a table of finite numbers at or above zero.
        """
        table = checked_table(samples)
        n_samples, n_skus = table.shape
        values = np.empty((n_skus, n_samples), dtype=_kind(table))
        for part in blocks(n_skus, n_samples):
            values[part] = ordered_block(table, part)
        return cls(values)

    @property
    def n_skus(self) -> int:
        """Number of SKUs."""
        return len(self.values)

    @property
    def n_samples(self) -> int:
        """Number of samples of each SKU."""
        return int(self.values.shape[1])

    def at(self, steps: IntArray, rows: IntArray) -> FloatArray:
        """Return the sampled demand at a step.

        Parameters
        ----------
        steps : ndarray of int, shape (n_rows,)
            How many of its samples each SKU covers; 0 is no demand.
        rows : ndarray of int, shape (n_rows,)
            Positions of the SKUs.

        Returns
        -------
        ndarray, shape (n_rows,)
            Units.
        """
        place = rows * self.n_samples + np.maximum(steps - 1, 0)
        return np.where(steps > 0, self.values.ravel()[place], 0.0).astype(np.float64, copy=False)

    def known(self, steps: IntArray, rows: IntArray) -> IntArray:
        """Return steps as they are: demand is known at all of them.

        Parameters
        ----------
        steps, rows : ndarray of int, shape (n_rows,)
            Steps, and positions of the SKUs.

        Returns
        -------
        ndarray of int, shape (n_rows,)
            The steps.
        """
        return steps

    def covered(self, size: FloatArray, rows: IntArray) -> IntArray:
        """Count the samples at or below a size.

        Parameters
        ----------
        size : ndarray, shape (n_rows,)
            Units.
        rows : ndarray of int, shape (n_rows,)
            Positions of the SKUs.

        Returns
        -------
        ndarray of int, shape (n_rows,)
            From 0 to `n_samples`.
        """
        flat, start = self.values.ravel(), rows * self.n_samples
        low, high = np.zeros_like(rows), np.full_like(rows, self.n_samples)
        for _ in range(self.n_samples.bit_length()):
            middle = (low + high) // 2
            reached = (middle < high) & (flat[start + np.minimum(middle, high - 1)] <= size)
            low = np.where(reached, middle + 1, low)
            high = np.where(reached, high, middle)
        return low

    def off(
        self, size: FloatArray, steps: IntArray, rows: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean units short and the mean units left over.

        Parameters
        ----------
        size : ndarray, shape (n_rows,)
            Units made.
        steps : ndarray of int, shape (n_rows,)
            How many samples each size covers: the next sample is at or above the size.
        rows : ndarray of int, shape (n_rows,)
            Positions of the SKUs, ascending.

        Returns
        -------
        short, left : ndarray, shape (n_rows,)
            Units.
        """
        above, mean = np.empty_like(size), np.empty_like(size)
        for part in blocks(len(rows), self.n_samples):
            here = rows[part]
            first, last = int(here[0]), int(here[-1]) + 1
            whole = last - first == len(here)
            table = self.values[first:last] if whole else self.values[here]
            above[part], mean[part] = sums_beyond(table, steps[part])
        missed = self.n_samples - steps
        short = np.where(missed > 0, np.maximum(above - missed * size, 0.0), 0.0) / self.n_samples
        return short, np.maximum(size - mean + short, 0.0)


def checked_table(samples: ArrayLike) -> NDArray[Any]:
    """Return samples as a table.

    Parameters
    ----------
    samples : array_like
        Draws of demand.

    Returns
    -------
    ndarray, shape (n_samples, n_skus)
        The samples as they are; their values are checked when they are sorted.

    Raises
    ------
    ArgumentError
        If the samples are not a table of numbers.
    """
    table = np.asarray(samples)
    if table.ndim != 2 or table.size == 0:
        shape = "x".join(map(str, table.shape)) or "()"
        hint = "; of a forecast's paths take the total: paths.sum(axis=2)" * (table.ndim == 3)
        raise ArgumentError(f"Expected samples of shape (n_samples, n_skus), got {shape}{hint}.")
    if table.dtype.kind not in "fiub":
        raise ArgumentError(
            f"Expected samples that are numbers, got {table.dtype}; convert them: astype(float)."
        )
    return table


def ordered_block(table: NDArray[Any], part: slice) -> SampleArray:
    """Return the samples of a few SKUs in ascending order.

    Parameters
    ----------
    table : ndarray, shape (n_samples, n_skus)
        Draws of demand.
    part : slice
        The SKUs.

    Returns
    -------
    ndarray, shape (n_rows, n_samples)
        Units; float32 where they came so, else float64.

    Raises
    ------
    ArgumentError
        If a sample is not a finite number at or above zero.
    """
    ordered: SampleArray = np.array(table[:, part].T, dtype=_kind(table), order="C")
    ordered.sort(axis=1)
    # sorted: NaN and inf stand last
    if not (np.all(ordered[:, 0] >= 0) and np.all(np.isfinite(ordered[:, -1]))):
        raise ArgumentError("Expected every sample of demand to be finite and >= 0.")
    return ordered


def sums_beyond(ordered: SampleArray, steps: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the sum of the samples beyond the covered ones, and the mean of all.

    Parameters
    ----------
    ordered : ndarray, shape (n_rows, n_samples)
        Samples in ascending order.
    steps : ndarray of int, shape (n_rows,)
        How many of them are covered.

    Returns
    -------
    beyond, mean : ndarray, shape (n_rows,)
        Units; `beyond` means nothing where all samples are covered.
    """
    n_rows, count = ordered.shape
    pairs = np.empty((n_rows, 2), dtype=np.int64)
    pairs[:, 0] = np.arange(n_rows) * count
    pairs[:, 1] = pairs[:, 0] + np.minimum(steps, count - 1)
    sums = np.add.reduceat(ordered.astype(np.float64, copy=False).ravel(), pairs.ravel())
    covered, beyond = sums.reshape(-1, 2).T  # where nothing is covered, the first is no sum
    return beyond, (np.where((steps > 0) & (count > 1), covered, 0.0) + beyond) / count


def blocks(n_rows: int, n_samples: int) -> Iterator[slice]:
    """Yield the rows block by block.

    Parameters
    ----------
    n_rows, n_samples : int
        Size of the table.

    Yields
    ------
    slice
        So many rows that their samples stay in the processor's cache.
    """
    block = max(1, _BLOCK // n_samples)
    for start in range(0, n_rows, block):
        yield slice(start, min(start + block, n_rows))


def _kind(table: NDArray[Any]) -> type[np.floating[Any]]:
    """Return the kind of number that samples are sorted as."""
    return np.float32 if table.dtype == np.float32 else np.float64
