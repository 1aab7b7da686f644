"""Sums up to every period, so that any window's mean is two look-ups."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

Positions = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Running:
    """Running sums and counts of known values.

    Parameters
    ----------
    total : ndarray, shape (n_series, n_periods + 1)
        Column t holds the sum of the known values before period t.
    count : ndarray of int, shape (n_series, n_periods + 1)
        And how many they are.
    """

    total: "FloatArray"
    count: NDArray[np.int32]

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Running":
        """Sum an array.

        Parameters
        ----------
        values : ndarray, shape (n_series, n_periods)
            NaN where unknown.

        Returns
        -------
        Running
            Its sums.
        """
        known = ~np.isnan(values)
        shape = (values.shape[0], values.shape[1] + 1)
        total, count = np.zeros(shape), np.zeros(shape, dtype=np.int32)
        np.cumsum(np.where(known, values, 0.0), axis=1, dtype=np.float64, out=total[:, 1:])
        np.cumsum(known, axis=1, dtype=np.int32, out=count[:, 1:])
        return cls(total, count)

    def over(
        self, rows: Positions, last: Positions, width: int | None = None
    ) -> tuple["FloatArray", "FloatArray"]:
        """Return sum and count over the window that ends with period `last`.

        Parameters
        ----------
        rows, last : ndarray of int, shape (n,)
            Series and last period of each window; a negative `last` is an empty window.
        width : int, optional
            Periods in it; everything up to `last` unless given.

        Returns
        -------
        total, count : ndarray, shape (n,)
            Of the known values; the window is cut at the first period.
        """
        stop = np.maximum(last + 1, 0)
        start = np.zeros_like(stop) if width is None else np.maximum(stop - width, 0)
        total = self.total[rows, stop] - self.total[rows, start]
        count = self.count[rows, stop] - self.count[rows, start]
        return total, count.astype(np.float64)

    def mean(self, rows: Positions, last: Positions, width: int | None = None) -> "FloatArray":
        """Return the mean of the known values in a window; NaN without any.

        Parameters
        ----------
        rows, last, width
            See `over`.

        Returns
        -------
        ndarray, shape (n,)
            Means.
        """
        total, count = self.over(rows, last, width)
        return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def smooth(values: "FloatArray", weight: float) -> tuple["FloatArray", "FloatArray"]:
    """Return exponentially weighted sums of the known values and of their weights.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        NaN where unknown.
    weight : float
        Of the newest value; older ones fade by ``1 - weight`` a period, known or not.

    Returns
    -------
    total, weights : ndarray, shape (n_series, n_periods)
        Up to and including each period; their quotient is the smoothed level.

    References
    ----------
    Brown (1959), *Statistical Forecasting for Inventory Control*; with unknown values skipped.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total, weights = np.empty_like(filled), np.empty_like(filled)
    level, mass = np.zeros(len(values)), np.zeros(len(values))
    for period in range(values.shape[1]):
        level = (1 - weight) * level + weight * filled[:, period]
        mass = (1 - weight) * mass + weight * known[:, period]
        total[:, period], weights[:, period] = level, mass
    return total, weights


def periods_since(event: NDArray[np.bool_]) -> "FloatArray":
    """Return how long ago the last event was.

    Parameters
    ----------
    event : ndarray of bool, shape (n_series, n_periods)
        Where one was.

    Returns
    -------
    ndarray, shape (n_series, n_periods)
        Periods; 0 in the period itself, NaN before the first.
    """
    position = np.arange(event.shape[1])
    last = np.maximum.accumulate(np.where(event, position, -1), axis=1)
    return np.where(last >= 0, position - last, np.nan)
