"""All that an allocation is made from, read and matched with the doors of the demand."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from c2m.distribution.law import read_count
from c2m.errors import ArgumentError, warn
from c2m.production.allocation.greedy import Doors, FloatArray, IntArray
from c2m.production.allocation.sellable import sellable_points
from c2m.production.allocation.tables import (
    Lanes,
    Pool,
    read_held,
    read_lanes,
    read_pool,
    read_products,
)

if TYPE_CHECKING:
    from c2m.demand import Demand


@dataclass(frozen=True, eq=False)
class Case:
    """What an allocation is made from.

    Parameters
    ----------
    demand : Demand
        By door.
    pool : Pool
        Stock of the SKUs.
    sku : ndarray of int, shape (n_doors,)
        Number of each door's SKU in the pool, rising.
    margin : ndarray, shape (n_doors,)
        Price that is kept less end value, in money per unit.
    lanes : Lanes
        To the doors.
    held : ndarray, shape (n_doors,)
        Units at the doors.
    n_points, seed : int
        See `allocate`.
    """

    demand: "Demand"
    pool: Pool
    sku: IntArray
    margin: FloatArray
    lanes: Lanes
    held: FloatArray
    n_points: int
    seed: int

    def options(self, demand: "Demand", held: FloatArray) -> Doors:
        """Return where units can be sent, and what they earn there.

        Parameters
        ----------
        demand : Demand
            Of the doors, from when the units are sent.
        held : ndarray, shape (n_doors,)
            Units that stand at the doors then.

        Returns
        -------
        Doors
            One a series.
        """
        late = self.lanes.lead_time
        return Doors(
            points=sellable_points(demand, late, held, self.n_points, self.seed),
            row=np.arange(len(self.sku)),
            sku=self.sku,
            margin=self.margin,
            cost=self.lanes.cost,
            most=np.maximum(np.floor(self.lanes.most - held), 0.0),
        )


def read_case(
    demand: "Demand",
    stock: object,
    products: object,
    *,
    lanes: object | None,
    reserve: object,
    held: object | None,
    n_points: int,
    seed: int,
) -> Case:
    """Read the arguments of `allocate`.

    Parameters
    ----------
    demand, stock, products, lanes, reserve, held, n_points, seed
        See `allocate`.

    Returns
    -------
    Case
        The same, as arrays.

    Raises
    ------
    ArgumentError
        If the demand names neither channel nor location, or an argument is out of range.
    DataError
        If a table is wrong.

    Warns
    -----
    C2MWarning
        With counts, where rows are left out, stock is missing, or units would arrive too late.
    """
    n_points = read_count(n_points, "n_points >= 1")
    if not hasattr(demand, "law"):
        raise ArgumentError(
            f"Expected a forecast (c2m.Demand) by channel or location, got {type(demand).__name__}."
        )
    if len(demand.keys.columns) < 2:
        raise ArgumentError(
            "Expected a demand by channel or location, got one by SKU alone; name these columns "
            "in Demand.from_frame or Panel.from_frame."
        )
    codes, sku = np.unique(demand.keys["sku"].to_numpy(dtype=str), return_inverse=True)
    skus = [str(code) for code in codes]
    pool = read_pool(stock, reserve, skus)
    price, end = read_products(products, skus)
    ways = read_lanes(lanes, demand.keys)
    _warn_late(ways, demand.horizon)
    return Case(
        demand=demand,
        pool=pool,
        sku=sku.astype(np.int64),
        margin=price[sku] * (1 - ways.fee) - end[sku],
        lanes=ways,
        held=read_held(held, demand.keys),
        n_points=n_points,
        seed=seed,
    )


def _warn_late(lanes: Lanes, horizon: int) -> None:
    late = np.count_nonzero(lanes.lead_time >= horizon)
    if late:
        warn(
            f"Units would reach {late:,} of {len(lanes.lead_time):,} doors after the horizon of "
            f"{horizon} periods; nothing is sent there. Forecast a longer horizon."
        )
