"""One pool of stock per SKU, sent to channels and stores where it is expected to earn the most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.production.allocation.case import Case, read_case
from c2m.production.allocation.greedy import Doors, FloatArray, IntArray, share_stock
from c2m.production.allocation.tables import Pool

if TYPE_CHECKING:
    from c2m.demand import Demand

_BLOCK = 10_000
"""Doors that are counted at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """What is sent to each door, and what it is expected to earn.

    Make one with `allocate`. A door is a series of the demand: a SKU in a channel, at a location.

    Parameters
    ----------
    doors : DataFrame, n_doors rows
        The key columns; ``demand`` (expected from arrival on), ``held``, ``units`` sent,
        ``expected_sales`` of them, ``p_left_over`` (chance that not all of them are sold),
        ``last_unit`` and ``next_unit`` (expected money of the last unit sent, and of one more),
        ``lane_cost`` and ``gain`` (expected money of the units sent, beyond keeping them).
    skus : DataFrame, n_skus rows
        ``sku``, ``on_hand``, ``reserve``, ``sent``, ``kept`` (the reserve included),
        ``expected_sales``, ``lane_cost``, ``gain`` and ``next_unit``: what one more unit of stock
        would earn beyond keeping it, which is also what the last unit of a reserve gives up.
    pool : Pool
        The stock that was shared.
    options : Doors
        What the choice was made from.
    """

    doors: pd.DataFrame
    skus: pd.DataFrame
    pool: Pool
    options: Doors

    @property
    def gain(self) -> float:
        """Expected money of all units sent, beyond keeping them."""
        return float(self.skus["gain"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the table of doors.

        Returns
        -------
        DataFrame, n_doors rows
            A copy of `doors`.
        """
        return self.doors.copy()

    def summary(self) -> pd.DataFrame:
        """Describe what goes to each channel; to each location where no channel is told.

        Returns
        -------
        DataFrame
            One row a channel or location: sums of ``units``, ``expected_sales``, ``lane_cost``
            and ``gain``.
        """
        by = "channel" if "channel" in self.doors else "location"
        what = ["units", "expected_sales", "lane_cost", "gain"]
        return self.doors.groupby(by, as_index=False)[what].sum()

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sent, on_hand = self.skus["sent"].sum(), self.skus["on_hand"].sum()
        return (
            f"Allocation({sent:,} of {on_hand:,} units of {len(self.skus):,} SKUs to "
            f"{len(self.doors):,} doors, gain {self.gain:,.2f})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.summary().to_html(index=False)}"


def allocate(
    demand: "Demand",
    stock: object,
    products: object,
    *,
    lanes: object | None = None,
    reserve: object = 0.0,
    held: object | None = None,
    n_points: int = 200,
    seed: int = 0,
) -> Allocation:
    """Send the stock of each SKU to its channels and stores, each unit to where it earns most.

    The next unit at a door earns ``(price * (1 - fee) - end_value) * P(it is sold) - cost`` more
    than one that stays in the pool, which keeps its end value. Units that would earn nothing
    stay. Expected sales are concave in the units sent, so that taking the best unit next is
    optimal: no other choice has a higher expected gain over the points of demand.

    Parameters
    ----------
    demand : Demand
        By SKU and channel, location or both; demand of the whole horizon counts.
    stock : DataFrame or other Arrow table
        The pool: ``sku`` and ``on_hand``, in whole units.
    products : DataFrame or other Arrow table
        ``sku``, ``price`` and ``end_value`` of a unit that is left; ``factory.products`` will do.
    lanes : DataFrame or other Arrow table, optional
        One or more key columns of the demand, and any of ``cost`` (money per unit sent), ``fee``
        (share of the price that the channel keeps), ``lead_time_periods`` (units arrive so much
        later, and miss the demand until then) and ``max_units`` (room for a SKU at a door, units
        held there included). Every door needs a lane. None: every way is free, at once and wide.
    reserve : float, DataFrame or other Arrow table
        Stock that is not sent now: a share of each SKU's, or a table of ``sku`` and ``units``.
    held : DataFrame or other Arrow table, optional
        The key columns and ``on_hand``: units that stand at doors already and are sold first.
    n_points : int
        Points of equal weight that tell the demand of a door.
    seed : int
        Of paths, which are drawn only for doors that hold units and wait for more.

    Returns
    -------
    Allocation
        Units by door, and what they are worth.

    Raises
    ------
    ArgumentError
        If the demand names neither channel nor location, or an argument is out of range.
    DataError
        If a table is wrong, or prices or lanes are missing; every problem is listed.

    Warns
    -----
    C2MWarning
        With counts, where rows are left out, stock is missing, or units would arrive too late.

    Notes
    -----
    A lane takes whole units, not whole cartons. Doors of one SKU share its stock; SKUs do not
    share anything.

    Examples
    --------
    >>> import numpy as np
    >>> from c2m.demand import Demand
    >>> from c2m.distribution import PathSet
    >>> from c2m.periods import Calendar
    >>> paths = np.array([[[4.0], [2.0]], [[6.0], [8.0]]])
    >>> doors = pd.DataFrame({"sku": ["TEE", "TEE"], "channel": ["shop", "web"]})
    >>> demand = Demand(doors, Calendar.of("W"), 2900, PathSet(paths))
    >>> stock = pd.DataFrame({"sku": ["TEE"], "on_hand": [9]})
    >>> products = pd.DataFrame({"sku": ["TEE"], "price": [20.0], "end_value": [5.0]})
    >>> lanes = pd.DataFrame({"channel": ["shop", "web"], "cost": [2.0, 1.0]})
    >>> allocation = allocate(demand, stock, products, lanes=lanes)
    >>> allocation.doors[["channel", "units", "expected_sales", "last_unit", "gain"]]
      channel  units  expected_sales  last_unit  gain
    0    shop      4             4.0       13.0  52.0
    1     web      5             3.5        6.5  47.5
    >>> allocation.skus["next_unit"].tolist()
    [6.5]
    """
    case = read_case(
        demand,
        stock,
        products,
        lanes=lanes,
        reserve=reserve,
        held=held,
        n_points=n_points,
        seed=seed,
    )
    options = case.options(demand, case.held)
    units, worth = share_stock(options, case.pool.free)
    doors = _door_table(case, options, units)
    return Allocation(doors, _sku_table(case.pool, doors, options, worth), case.pool, options)


def _door_table(case: Case, options: Doors, units: FloatArray) -> pd.DataFrame:
    """Return the table of doors (see `Allocation`)."""
    demand = case.demand
    arrived = np.arange(demand.horizon) >= case.lanes.lead_time[:, None]
    below, reached = _points_below(options, units)
    sales = options.sales(units)
    return demand.keys.assign(
        demand=np.sum(demand.mean * arrived, axis=1),
        held=case.held.astype(np.int64),
        units=units.astype(np.int64),
        expected_sales=sales,
        p_left_over=below / options.n_points,
        last_unit=np.where(units > 0, options.worth(below), np.nan),
        next_unit=np.where(units < options.most, options.worth(reached), np.nan),
        lane_cost=options.cost * units,
        gain=options.margin * sales - options.cost * units + 0.0,  # never -0.0
    )


def _points_below(options: Doors, units: FloatArray) -> tuple[IntArray, IntArray]:
    """Count each door's points below its units, and those not above them."""
    below = np.empty(len(units), dtype=np.int64)
    reached = np.empty(len(units), dtype=np.int64)
    for start in range(0, len(units), _BLOCK):
        part = slice(start, start + _BLOCK)
        points = options.points[options.row[part]]
        below[part] = np.count_nonzero(points < units[part, None], axis=1)
        reached[part] = np.count_nonzero(points <= units[part, None], axis=1)
    return below, reached


def _sku_table(
    pool: Pool, doors: pd.DataFrame, options: Doors, next_unit: FloatArray
) -> pd.DataFrame:
    """Return the table of SKUs (see `Allocation`)."""
    n_skus = len(pool.skus)

    def _sums(name: str) -> FloatArray:
        values = doors[name].to_numpy(dtype=np.float64)
        return np.bincount(options.sku, values, n_skus).astype(np.float64)

    sent = _sums("units")
    return pd.DataFrame(
        {
            "sku": list(pool.skus),
            "on_hand": pool.on_hand.astype(np.int64),
            "reserve": pool.reserve.astype(np.int64),
            "sent": sent.astype(np.int64),
            "kept": (pool.on_hand - sent).astype(np.int64),
            "expected_sales": _sums("expected_sales"),
            "lane_cost": _sums("lane_cost"),
            "gain": _sums("gain"),
            "next_unit": next_unit,
        }
    )
