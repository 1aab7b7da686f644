"""Sums up to every period, so that any window's mean is two look-ups."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

Positions = NDArray[np.intp]

_CELLS_AT_ONCE: Final = 2_000_000
_MOST_16_BIT: Final = 2**16 - 1
_MOST_32_BIT: Final = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Running:
    """Running sums and counts of known values, of the last periods of a history.

    Whole numbers are summed as integers of the fewest bits that hold them, others as float64. One
    row that holds for every series is kept once.

    Parameters
    ----------
    total : ndarray, shape (n_series or 1, n_kept + 1)
        Column t holds the sum of the known values before kept period t, those of the periods that
        are not kept among them.
    count : ndarray of int, shape (n_series or 1, n_kept + 1), optional
        And how many they are; nothing where every value is known.
    before : int
        How many periods are not kept.
    """

    total: NDArray[Any]
    count: NDArray[Any] | None
    before: int = 0

    @classmethod
    def of(
        cls,
        values: NDArray[Any],
        start: int = 0,
        change: Callable[["FloatArray"], "FloatArray"] | None = None,
    ) -> "Running":
        """Sum an array.

        Parameters
        ----------
        values : ndarray, shape (n_series, n_periods)
            NaN where unknown.
        start : int
            The first period to keep; what lies before is in the first sum.
        change : callable, optional
            What is summed of each value, such as its square; at least 0, NaN where unknown.

        Returns
        -------
        Running
            Its sums.
        """
        rows = one_row(values)
        width = rows.shape[1]

        def _read(block: slice) -> "FloatArray":
            part = rows[block].astype(np.float64)
            return part if change is None else change(part)

        kind, complete = _survey(_read, rows.shape)
        shape = (len(rows), width - start + 1)
        total = np.empty(shape, dtype=kind)
        count = None if complete else np.empty(shape, dtype=_whole_kind(0, width))
        for block in blocks(*rows.shape):
            part = _read(block)
            if count is not None:
                known = ~np.isnan(part)
                _accumulate(known, start, count[block])
                part[~known] = 0.0
            _accumulate(part, start, total[block])
        return cls(total, count, start)

    def pooled(self, group: Positions) -> "Running":
        """Add the sums of groups of series.

        Parameters
        ----------
        group : ndarray of int, shape (n_series,)
            Group of each series, from 0 without gaps.

        Returns
        -------
        Running
            Of the groups.
        """
        n_groups, width = int(group.max(initial=0)) + 1, self.total.shape[1]
        total = np.zeros((n_groups, width))
        count = np.zeros((n_groups, width), dtype=np.int64)
        order = np.argsort(group, kind="stable")
        edges = np.searchsorted(group[order], np.arange(1, n_groups))
        for place, members in enumerate(np.split(order, edges)):
            total[place] = self.total[members].sum(axis=0, dtype=np.float64)
            if self.count is None:
                count[place] = len(members) * np.arange(self.before, self.before + width)
            else:
                count[place] = self.count[members].sum(axis=0, dtype=np.int64)
        return Running(total, count, self.before)

    def counts(self, block: slice) -> NDArray[np.int64]:
        """Return how many values of some series are known up to each kept period.

        Parameters
        ----------
        block : slice
            Which series.

        Returns
        -------
        ndarray of int, shape (n, n_kept + 1)
            Counts, those of the periods that are not kept among them.
        """
        width = self.total.shape[1]
        if self.count is not None:
            return self.count[block].astype(np.int64)
        n_series = len(range(len(self.total))[block])
        return np.tile(np.arange(self.before, self.before + width), (n_series, 1))

    def upto_each(self) -> tuple["FloatArray", NDArray[np.int64]]:
        """Return sum and count of all series together, up to and with each kept period.

        Returns
        -------
        total, count : ndarray, shape (n_kept,)
            Of the known values.
        """
        total = self.total.sum(axis=0, dtype=np.float64)[1:]
        if self.count is None:
            periods = np.arange(self.before + 1, self.before + 1 + len(total))
            return total, periods * len(self.total)
        return total, self.count.sum(axis=0, dtype=np.int64)[1:]

    def over(
        self, rows: Positions, last: Positions, width: int | Positions | None = None
    ) -> tuple["FloatArray", "FloatArray"]:
        """Return sum and count over the window that ends with period `last`.

        Parameters
        ----------
        rows, last : ndarray of int, shape (n,)
            Series and last period of each window; a negative `last` is an empty window.
        width : int or ndarray of int, shape (k, 1), optional
            Periods in it; everything up to `last` unless given.

        Returns
        -------
        total, count : ndarray, shape (n,) or (k, n)
            Of the known values; the window is cut at the first kept period.
        """
        base = rows * self.total.shape[1] if len(self.total) > 1 else np.zeros_like(rows)
        end = np.maximum(last + 1, 0)
        stop = base + end
        total = self.total.reshape(-1).take(stop).astype(np.float64)
        if width is None:
            if self.count is None:
                return total, (end + self.before).astype(np.float64)
            return total, self.count.reshape(-1).take(stop).astype(np.float64)
        begin = np.maximum(end - width, 0)
        total = total - self.total.reshape(-1).take(base + begin)
        if self.count is None:
            return total, (end - begin).astype(np.float64)
        count = self.count.reshape(-1).take(stop).astype(np.float64)
        return total, count - self.count.reshape(-1).take(base + begin)

    def mean(
        self, rows: Positions, last: Positions, width: int | Positions | None = None
    ) -> "FloatArray":
        """Return the mean of the known values in a window; NaN without any.

        Parameters
        ----------
        rows, last, width
            See `over`.

        Returns
        -------
        ndarray, shape (n,) or (k, n)
            Means.
        """
        total, count = self.over(rows, last, width)
        return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def one_row(values: NDArray[Any]) -> NDArray[Any]:
    """Return the one row of a channel that holds for every series, else all rows.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        A channel of a panel.

    Returns
    -------
    ndarray, shape (1 or n_series, n_periods)
        A view.
    """
    return values[:1] if values.strides[0] == 0 else values


def blocks(n_series: int, n_periods: int) -> Iterator[slice]:
    """Yield slices of series of which an array stays small.

    Parameters
    ----------
    n_series, n_periods : int
        Shape of the whole array.

    Yields
    ------
    slice
        Of series; together all of them.
    """
    size = max(_CELLS_AT_ONCE // max(n_periods, 1), 1)
    for begin in range(0, n_series, size):
        yield slice(begin, min(begin + size, n_series))


def smooth(
    values: "FloatArray", weight: float, start: int = 0
) -> tuple["FloatArray", "FloatArray"]:
    """Return exponentially weighted sums of the known values and of their weights.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        NaN where unknown.
    weight : float
        Of the newest value; older ones fade by ``1 - weight`` a period, known or not.
    start : int
        The first period to return.

    Returns
    -------
    total, weights : ndarray, shape (n_series, n_periods - start)
        Up to and including each period; their quotient is the smoothed level.

    References
    ----------
    Brown (1959), *Statistical Forecasting for Inventory Control*; with unknown values skipped.
    """
    columns = np.ascontiguousarray(values.T)  # [T, S]: a period is one run of memory
    known = ~np.isnan(columns)
    total = np.where(known, columns, 0.0) * weight
    weights = known * weight
    for period in range(1, len(columns)):
        total[period] += (1 - weight) * total[period - 1]
        weights[period] += (1 - weight) * weights[period - 1]
    return total[start:].T, weights[start:].T


def periods_since(event: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how long ago the last event was.

    Parameters
    ----------
    event : ndarray of bool, shape (n_series, n_periods)
        Where one was.

    Returns
    -------
    ndarray of int32, shape (n_series, n_periods)
        Periods; 0 in the period itself, -1 before the first.
    """
    position = np.arange(event.shape[1], dtype=np.int32)
    last = np.maximum.accumulate(np.where(event, position, np.int32(-1)), axis=1)
    return np.where(last >= 0, position - last, np.int32(-1))


def _survey(
    read: Callable[[slice], "FloatArray"], shape: tuple[int, ...]
) -> tuple[type[np.generic], bool]:
    """Return the type that holds every sum, and whether every value is known."""
    whole, complete, least, most = True, True, 0.0, 0.0
    for block in blocks(*shape):
        part = read(block)
        least = min(least, float(np.fmin.reduce(part, axis=None, initial=0.0)))
        most = max(most, float(np.fmax.reduce(part, axis=None, initial=0.0)))
        complete = complete and not np.isnan(part).any()
        if whole:
            whole = not np.any((part != np.floor(part)) & ~np.isnan(part))
    if not whole:
        return np.float64, complete
    return _whole_kind(least * shape[1], most * shape[1]), complete


def _whole_kind(least: float, most: float) -> type[np.generic]:
    """Return the smallest type that holds whole numbers of a range, and their differences."""
    if least >= 0 and most <= _MOST_16_BIT:
        return np.uint16
    return np.int32 if max(-least, most) <= _MOST_32_BIT else np.float64


def _accumulate(values: NDArray[Any], start: int, out: NDArray[Any]) -> None:
    out[:, 0] = values[:, :start].sum(axis=1, dtype=np.float64)
    out[:, 1:] = values[:, start:]
    np.cumsum(out, axis=1, out=out, dtype=out.dtype)
