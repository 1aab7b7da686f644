"""Run sizes for one selling period with no second run (newsvendor), alone or sharing a line."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

_FEW_STEPS: Final = 4096
"""So many steps of demand are sorted at once instead of bisecting further."""

_MOST_BISECTIONS: Final = 200
_BLOCK: Final = 2**22
"""Numbers handled at once where a temporary array is needed."""


@dataclass(frozen=True)
class RunSizes:
    """Run sizes and what they are expected to cost.

    Parameters
    ----------
    size : ndarray
        Units to make, one per SKU.
    cost : ndarray
        Expected underage and overage cost of each SKU, in money.
    """

    size: FloatArray
    cost: FloatArray


@dataclass(frozen=True)
class SharedRunSizes(RunSizes):
    """Run sizes of SKUs that share one capacity.

    Parameters
    ----------
    size, cost : ndarray, shape (n_skus,)
        See `RunSizes`.
    price : float
        Value of one more unit of capacity, in money; 0 where capacity is left.
    bound : float
        Total cost that no choice of sizes can beat, from the Lagrangian dual at the price. It
        equals the total of `cost` up to rounding.
    """

    price: float
    bound: float


def critical_ratio(underage_cost: ArrayLike, overage_cost: ArrayLike) -> FloatArray:
    """Return the service level at which one more unit stops paying.

    Parameters
    ----------
    underage_cost : array_like
        Margin lost per unit short, in money per unit.
    overage_cost : array_like
        Loss per unit left over, in money per unit.

    Returns
    -------
    ndarray
        ``underage / (underage + overage)``, between 0 and 1.

    Raises
    ------
    ArgumentError
        If a cost is negative or not finite, or both are zero.

    References
    ----------
    Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., ch. 4.3.

    Examples
    --------
    >>> critical_ratio(underage_cost=18.0, overage_cost=[2.0, 18.0])
    array([0.9, 0.5])
    >>> critical_ratio(underage_cost=-1.0, overage_cost=2.0)
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected underage_cost >= 0, got -1.0.
    """
    underage = _at_least_zero("underage_cost", underage_cost)
    overage = _at_least_zero("overage_cost", overage_cost)
    if np.any(underage + overage == 0):
        raise ArgumentError("Expected underage_cost + overage_cost > 0, got 0.")
    return underage / (underage + overage)


def run_sizes(samples: ArrayLike, underage_cost: ArrayLike, overage_cost: ArrayLike) -> RunSizes:
    """Size one run per SKU from demand samples.

    Parameters
    ----------
    samples : array_like, shape (n_samples, n_skus)
        Draws of demand over the selling period, in units.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`.

    Returns
    -------
    RunSizes
        For each SKU the smallest sampled demand that covers at least the critical ratio of the
        draws: no other size costs less over these samples.

    Raises
    ------
    ArgumentError
        If the samples are not a table of finite numbers at or above zero, or a cost is out of
        its range.

    Examples
    --------
    >>> run_sizes([[3.0], [5.0], [9.0], [4.0]], underage_cost=3.0, overage_cost=1.0)
    RunSizes(size=array([5.]), cost=array([3.75]))
    """
    ordered = _ordered(samples)
    underage = _per_sku("underage_cost", underage_cost, len(ordered))
    overage = _per_sku("overage_cost", overage_cost, len(ordered))
    steps = _steps(critical_ratio(underage, overage), ordered.shape[1])
    size = _at_steps(ordered, steps)
    return RunSizes(size, _sample_costs(ordered, size, underage, overage))


def capacitated_run_sizes(
    samples: ArrayLike,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    unit_time: ArrayLike,
    capacity: float,
) -> SharedRunSizes:
    """Size one run per SKU where all of them share one capacity; exact over the samples.

    Minimises the expected underage and overage cost subject to
    ``sum(unit_time * size) <= capacity``. At a price of capacity each SKU is a newsvendor of its
    own with the ratio ``(underage - price * unit_time) / (underage + overage)``; the price is
    bisected until few steps of demand are left between its ends, and these are filled in the
    order of their value per unit of capacity.

    Parameters
    ----------
    samples : array_like, shape (n_samples, n_skus)
        Joint draws of demand over the selling period, in units.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`.
    unit_time : array_like, shape (n_skus,) or ()
        Capacity that one unit takes.
    capacity : float
        Capacity there is.

    Returns
    -------
    SharedRunSizes
        Sizes are sampled demands, but for one SKU that gets the rest of the capacity.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.

    References
    ----------
    Hadley & Whitin (1963), *Analysis of Inventory Systems*, ch. 6: one capacity, one multiplier.

    Examples
    --------
    >>> two = capacitated_run_sizes([[10.0, 10.0], [20.0, 20.0]], [8.0, 4.0], 2.0, 1.0, 25.0)
    >>> two.size, two.price
    (array([15., 10.]), 3.0)
    """
    line = _Line.of(_ordered(samples), underage_cost, overage_cost, unit_time, capacity)
    size, price = _share(line)
    cost = _sample_costs(line.ordered, size, line.underage, line.overage)
    return SharedRunSizes(size, cost, price, _dual_value(line, price))


@dataclass(frozen=True)
class _Line:
    """SKUs that share a capacity: ordered demand (n_skus, n_samples), the rest (n_skus,)."""

    ordered: FloatArray
    underage: FloatArray
    overage: FloatArray
    time: FloatArray
    capacity: float

    @classmethod
    def of(
        cls,
        ordered: FloatArray,
        underage_cost: ArrayLike,
        overage_cost: ArrayLike,
        unit_time: ArrayLike,
        capacity: float,
    ) -> "_Line":
        """Check the arguments of `capacitated_run_sizes`."""
        underage = _per_sku("underage_cost", underage_cost, len(ordered))
        overage = _per_sku("overage_cost", overage_cost, len(ordered))
        time = _per_sku("unit_time", unit_time, len(ordered))
        critical_ratio(underage, overage)  # refuses what is out of range
        if not np.all(np.isfinite(time) & (time > 0)):
            raise ArgumentError("Expected every unit_time > 0 and finite.")
        if not capacity >= 0:
            raise ArgumentError(f"Expected capacity >= 0, got {capacity}.")
        return cls(ordered, underage, overage, time, float(capacity))

    def steps(self, price: float) -> IntArray:
        """Return how many of its sampled demands each SKU covers at a price of capacity."""
        ratio = (self.underage - price * self.time) / (self.underage + self.overage)
        return _steps(ratio, self.ordered.shape[1])

    def used(self, steps: IntArray) -> float:
        """Return the capacity that covering so many sampled demands takes."""
        return float(self.time @ _at_steps(self.ordered, steps))


def _share(line: _Line) -> tuple[FloatArray, float]:
    """Return the best sizes (n_skus,) and the price of capacity."""
    upper = line.steps(0.0)
    if line.used(upper) <= line.capacity:
        return _at_steps(line.ordered, upper), 0.0
    lower = np.zeros_like(upper)
    low, high = 0.0, float(np.max(line.underage / line.time))
    for _ in range(_MOST_BISECTIONS):
        price = (low + high) / 2
        if np.sum(upper - lower) <= _FEW_STEPS or not low < price < high:
            break
        middle = line.steps(price)
        if line.used(middle) > line.capacity:
            low, upper = price, middle
        else:
            high, lower = price, middle
    return _fill(line, lower, upper)


def _fill(line: _Line, lower: IntArray, upper: IntArray) -> tuple[FloatArray, float]:
    """Fill the steps from lower to upper in the order of their value until capacity ends.

    Step k of a SKU leads from its k-th to its next sampled demand. One more unit there is short
    in all but k of n draws, so it is worth ``underage - (underage + overage) k / n``.
    """
    count = upper - lower
    sku = np.repeat(np.arange(len(count)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    step = lower[sku] + np.arange(len(sku)) - first
    weight = (line.underage + line.overage)[sku]
    worth = (line.underage[sku] - weight * step / line.ordered.shape[1]) / line.time[sku]
    order = np.lexsort((step, sku, -worth))
    sku, step, worth = sku[order], step[order], worth[order]
    length = _at_steps(line.ordered[sku], step + 1) - _at_steps(line.ordered[sku], step)
    filled = np.cumsum(line.time[sku] * length)
    room = max(line.capacity - line.used(lower), 0.0)
    whole = min(int(np.searchsorted(filled, room, side="right")), len(sku) - 1)
    size = _at_steps(line.ordered, lower + np.bincount(sku[:whole], minlength=len(lower)))
    rest = room - (filled[whole - 1] if whole else 0.0)
    size[sku[whole]] += min(rest / line.time[sku[whole]], length[whole])
    return size, float(worth[whole])


def _dual_value(line: _Line, price: float) -> float:
    """Return the least cost where capacity has a price and no limit: a bound for every choice."""
    steps = line.steps(price)
    size = _at_steps(line.ordered, steps)
    cost = _sample_costs(line.ordered, size, line.underage, line.overage)
    rent = price * (line.used(steps) - line.capacity) if price > 0 else 0.0
    return float(np.sum(cost) + rent)


def _ordered(samples: ArrayLike) -> FloatArray:
    """Return checked samples per SKU, in ascending order, (n_skus, n_samples)."""
    table = np.asarray(samples, dtype=np.float64)
    if table.ndim != 2 or table.size == 0:
        shape = "x".join(map(str, table.shape))
        raise ArgumentError(f"Expected samples of shape (n_samples, n_skus), got {shape or '()'}.")
    if not np.all(np.isfinite(table) & (table >= 0)):
        raise ArgumentError("Expected every sample of demand to be finite and >= 0.")
    return np.sort(np.ascontiguousarray(table.T), axis=1)


def _steps(ratio: FloatArray, n_samples: int) -> IntArray:
    """Return how many of the ordered samples cover the ratio; rounding noise does not add one."""
    steps = np.ceil(np.round(ratio * n_samples, 9))
    return np.clip(steps, 0, n_samples).astype(np.int64)


def _at_steps(ordered: FloatArray, steps: IntArray) -> FloatArray:
    """Return the sampled demand at each SKU's step; step 0 is no demand."""
    sizes = ordered[np.arange(len(ordered)), np.maximum(steps - 1, 0)]
    return np.where(steps > 0, sizes, 0.0)


def _sample_costs(
    ordered: FloatArray, size: FloatArray, underage: FloatArray, overage: FloatArray
) -> FloatArray:
    """Return the mean underage and overage cost over the samples, (n_skus,)."""
    short, left = np.empty_like(size), np.empty_like(size)
    block = max(1, _BLOCK // ordered.shape[1])
    for start in range(0, len(size), block):
        part = slice(start, start + block)
        gap = ordered[part] - size[part, None]
        short[part] = np.maximum(gap, 0.0).mean(axis=1)
        left[part] = short[part] - gap.mean(axis=1)
    return underage * short + overage * left


def _per_sku(name: str, values: ArrayLike, n_skus: int) -> FloatArray:
    """Return one number per SKU, (n_skus,)."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in {(), (1,), (n_skus,)}:
        raise ArgumentError(f"Expected one {name} or one per SKU ({n_skus}), got {array.shape}.")
    return np.broadcast_to(array, n_skus)


def _at_least_zero(name: str, cost: ArrayLike) -> FloatArray:
    values = np.asarray(cost, dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if np.any(wrong):
        raise ArgumentError(f"Expected {name} >= 0, got {values[wrong].flat[0]}.")
    return values
