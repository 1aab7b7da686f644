"""Run sizes for one selling period with no second run (newsvendor), alone or sharing a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor.arguments import (
    above_zero,
    amount,
    at_least_zero,
    by_sku,
    one_shape,
    per_sku,
    sku_names,
)
from c2m.production.newsvendor.blocks import MANY_SKUS, near_steps
from c2m.production.newsvendor.lots import LotLine, Lots
from c2m.production.newsvendor.moves import lot_sizes
from c2m.production.newsvendor.price import SampledLine, Window, shared_steps, steps_at
from c2m.production.newsvendor.samples import OrderedSamples, SampleArray, checked_table
from c2m.production.problem import FloatArray, IntArray


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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per SKU.

        Returns
        -------
        DataFrame
            ``size`` and ``cost``, in the order of the SKUs that were given.
        """
        return pd.DataFrame({"size": np.ravel(self.size), "cost": np.ravel(self.cost)})

    def _repr_html_(self) -> str:
        """Return units, cost and the first and last SKUs as HTML for a notebook."""
        size, cost = float(np.sum(self.size)), float(np.sum(self.cost))
        said = f"{type(self).__name__}: {size:,.0f} units, expected cost {cost:,.2f}"
        return f"<div><p>{said}</p>{self.to_frame().to_html(max_rows=20)}</div>"


@dataclass(frozen=True)
class SharedRunSizes(RunSizes):
    """Run sizes of SKUs that share one capacity.

    Parameters
    ----------
    size, cost : ndarray, shape (n_skus,)
        See `RunSizes`; the cost of set-ups is in `cost`.
    price : float
        Value of one more unit of capacity, in money; 0 where capacity is left. Where runs have
        limits of their own it is the price of the bound, and lots may leave some capacity at it.
    bound : float
        Total cost that no choice of sizes can beat, from the Lagrangian dual at the price. It
        equals the total of `cost` up to rounding where runs have no limits of their own.
    """

    price: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the total cost may be above the least, as a share of the bound."""
        return max(0.0, float(np.sum(self.cost)) - self.bound) / max(abs(self.bound), 1e-9)


def critical_ratio(underage_cost: ArrayLike, overage_cost: ArrayLike) -> FloatArray:
    """Return the chance of covering all demand at which one more unit stops paying.

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
        If a cost is negative or not finite, both are zero, or their shapes do not fit.

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
    if isinstance(underage_cost, pd.Series) and isinstance(overage_cost, pd.Series):
        overage_cost = by_sku("overage_cost", overage_cost, list(underage_cost.index.map(str)))
    underage = at_least_zero("underage_cost", underage_cost)
    overage = at_least_zero("overage_cost", overage_cost)
    one_shape(underage_cost=underage, overage_cost=overage)
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
        See `critical_ratio`. A Series whose index names SKUs is read by the columns of `samples`.

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
    ordered = OrderedSamples.of(samples)
    skus = sku_names(samples)
    underage = per_sku("underage_cost", underage_cost, ordered.n_skus, skus)
    overage = per_sku("overage_cost", overage_cost, ordered.n_skus, skus)
    rows = np.arange(ordered.n_skus)
    steps = steps_at(critical_ratio(underage, overage), ordered.n_samples)
    size = ordered.at(steps, rows)
    short, left = ordered.off(size, steps, rows)
    return RunSizes(size, underage * short + overage * left)


def capacitated_run_sizes(
    samples: ArrayLike,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    unit_time: ArrayLike,
    capacity: float,
    *,
    moq: ArrayLike = 0.0,
    lot_multiple: ArrayLike = 0.0,
    setup_cost: ArrayLike = 0.0,
    setup_time: ArrayLike = 0.0,
) -> SharedRunSizes:
    """Size one run per SKU where all of them share one capacity.

    Minimises the expected underage and overage cost, and the cost of set-ups, subject to
    ``sum(unit_time * size + setup_time * (size > 0)) <= capacity``. At a price of capacity each
    SKU is a newsvendor of its own with the ratio
    ``(underage - price * unit_time) / (underage + overage)``. Without MOQ, multiple and set-up
    the result is exact over the samples: the price is bisected until few steps of demand are left
    between its ends, and these are filled in the order of their value per unit of capacity.
    Otherwise the best of no run and of the runs next to the critical quantile is taken at the
    price, what is left of the capacity is shared out, and `gap` says how far from the least cost
    that may be.

    Parameters
    ----------
    samples : array_like, shape (n_samples, n_skus)
        Joint draws of demand over the selling period, in units.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`. A Series whose index names SKUs is read by the columns of `samples`;
        so is every other argument that has one number per SKU.
    unit_time : array_like, shape (n_skus,) or ()
        Capacity that one unit takes.
    capacity : float
        Capacity there is.
    moq, lot_multiple : array_like, shape (n_skus,) or ()
        Units that a run has at least; units of which a run is a multiple. 0 is no limit. A MOQ is
        rounded up to the multiple.
    setup_cost, setup_time : array_like, shape (n_skus,) or ()
        Money and capacity that a run takes, whatever its size.

    Returns
    -------
    SharedRunSizes
        Without limits of runs, sizes are sampled demands, but for one SKU that gets the rest of
        the capacity.

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
    >>> dozens = capacitated_run_sizes(
    ...     [[10.0, 10.0], [20.0, 20.0]], [8.0, 4.0], 2.0, 1.0, 25.0, lot_multiple=12.0
    ... )
    >>> dozens.size, round(dozens.gap, 3)
    (array([12., 12.]), 0.026)
    """
    names = ("moq", "lot_multiple", "setup_cost", "setup_time")
    given = zip(names, (moq, lot_multiple, setup_cost, setup_time), strict=True)
    table, skus = checked_table(samples), sku_names(samples)
    limits = {name: at_least_zero(name, by_sku(name, value, skus)) for name, value in given}
    money = _checked_money(table.shape[1], skus, underage_cost, overage_cost, unit_time)
    most = amount("capacity", capacity)
    if any(np.any(value) for value in limits.values()):
        return _limited_sizes(table, *money, most, limits)
    return _plain_sizes(table, *money, most)


def _checked_money(
    n_skus: int,
    skus: Sequence[str] | None,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    unit_time: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Check costs and times of `capacitated_run_sizes`; return one per SKU."""
    underage = per_sku("underage_cost", underage_cost, n_skus, skus)
    overage = per_sku("overage_cost", overage_cost, n_skus, skus)
    time = above_zero("unit_time", by_sku("unit_time", unit_time, skus))
    time = per_sku("unit_time", time, n_skus)
    critical_ratio(underage, overage)  # refuses what is out of range
    return underage, overage, time


def _plain_sizes(
    table: SampleArray, underage: FloatArray, overage: FloatArray, time: FloatArray, capacity: float
) -> SharedRunSizes:
    """Size runs without limits of their own."""
    n_skus = table.shape[1]
    found = near_steps(table, underage, overage, time, capacity) if n_skus > MANY_SKUS else None
    if found is None:
        ordered = OrderedSamples.of(table)
        line = SampledLine(ordered, underage, overage, time, np.arange(n_skus))
        found = line, *shared_steps(line, Window.wide(line, capacity))
    return _with_bound(*found, capacity)


def _limited_sizes(
    table: SampleArray,
    underage: FloatArray,
    overage: FloatArray,
    time: FloatArray,
    capacity: float,
    limits: Mapping[str, FloatArray],
) -> SharedRunSizes:
    """Size runs that have limits of their own."""
    ordered = OrderedSamples.of(table)
    line = SampledLine(ordered, underage, overage, time, np.arange(ordered.n_skus))
    lots = Lots.of(*(per_sku(name, value, len(line)) for name, value in limits.items()))
    lot_line = LotLine(line, ordered, lots)
    size, price, bound = lot_sizes(lot_line, capacity)
    return SharedRunSizes(size, lot_line.costs(size), price, bound)


def _with_bound(
    line: SampledLine, size: FloatArray, steps: IntArray, price: float, capacity: float
) -> SharedRunSizes:
    """Return sizes with their cost, and the Lagrangian dual at the price."""
    cost = line.costs(size, steps)
    # the bound's sizes are those of the plan but where the price leaves a SKU a choice
    best = line.choices(price)
    rows = np.flatnonzero(best != steps)
    some, steps = line.part(rows), line.samples.known(best[rows], rows)
    least, least_size = cost.copy(), size.copy()
    least_size[rows] = line.samples.at(steps, rows)
    least[rows] = some.costs(least_size[rows], steps)
    rent = price * (float(np.sum(line.time * least_size)) - capacity) if price > 0 else 0.0
    return SharedRunSizes(size, cost, price, float(np.sum(least)) + rent)
