"""A planning problem as arrays: the one place where demand, factory and stock are aligned.

Words of the arrays: a *block* is a SKU, or the SKUs of a pre-pack, that are decided together; an
*item* is a block on a line; a decision is how many lots units (single units, or packs) of each
item are made in each period: ``made: (n_items, n_periods)``.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.periods import Calendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class DemandPaths(Protocol):
    """What a plan reads of a forecast; `c2m.Demand` has it."""

    @property
    def keys(self) -> pd.DataFrame:
        """One row a series."""

    @property
    def calendar(self) -> Calendar:
        """How days make periods."""

    @property
    def cutoff(self) -> pd.Timestamp:
        """Label of the last observed period."""

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the forecast periods."""

    def sample(self, n: int, seed: int) -> NDArray[np.floating[Any]]:  # numpydoc ignore=PR01
        """Draw joint paths, shape (n, n_series, horizon)."""


@dataclass(frozen=True)
class Items:
    """What can be made where; every array has one entry an item, items sorted by block.

    Parameters
    ----------
    block, line : ndarray of int, shape (n_items,)
        What is made, and where.
    unit_time, setup_time, setup_cost : ndarray, shape (n_items,)
        Capacity per unit or pack and per run; money per run.
    moq, multiple : ndarray of int, shape (n_items,)
        Smallest run and step, in units or packs. `moq` is a multiple of `multiple`, at least it.
    most : ndarray of int, shape (n_items, n_periods)
        Largest run that can fit the period; 0 where the item cannot run at all.
    lead : ndarray of int, shape (n_items,)
        Periods until all of a run can be sold.
    """

    block: IntArray
    line: IntArray
    unit_time: FloatArray
    setup_time: FloatArray
    setup_cost: FloatArray
    moq: IntArray
    multiple: IntArray
    most: IntArray
    lead: IntArray


@dataclass(frozen=True)
class Members:
    """Which SKUs an item holds; every array has one entry an (item, SKU) pair.

    Parameters
    ----------
    item, sku : ndarray of int, shape (n_members,)
        The pair.
    units : ndarray of int, shape (n_members,)
        Units of the SKU in one unit or pack of the item.
    lead : ndarray of int, shape (n_members,)
        Periods until they can be sold.
    """

    item: IntArray
    sku: IntArray
    units: IntArray
    lead: IntArray


@dataclass(frozen=True)
class GroupLimit:
    """A limit on the pieces that several items make on one line in one period.

    Parameters
    ----------
    name : str
        Of the group.
    line : int
        The line.
    items, weights : ndarray of int, shape (n_members,)
        Its items, and the pieces of the group in one unit or pack of each.
    moq, multiple : int
        In pieces.
    max_lot : float
        In pieces.
    setup_time, setup_cost : float
        Once a period in which any of it runs.
    """

    name: str
    line: int
    items: IntArray
    weights: IntArray
    moq: int
    multiple: int
    max_lot: float
    setup_time: float
    setup_cost: float

    def allows(self, pieces: IntArray) -> BoolArray:
        """Say which totals the group may make.

        Parameters
        ----------
        pieces : ndarray of int, any shape
            Totals.

        Returns
        -------
        ndarray of bool, same shape
            True for 0 and for multiples from the MOQ to the largest lot.
        """
        fits = (pieces >= self.moq) & (pieces <= self.max_lot) & (pieces % self.multiple == 0)
        return np.asarray(fits | (pieces == 0))


@dataclass(frozen=True)
class Problem:
    """Demand scenarios, money and limits, aligned.

    Parameters
    ----------
    skus, lines, units : tuple of str
        Codes, and the lines' units.
    calendar : Calendar
        The periods.
    first : int
        The calendar's number of the first planned period.
    price, unit_cost, end_value, holding_cost, penalty : ndarray, shape (n_skus,)
        Money per unit (and period).
    net : ndarray, shape (n_periods, n_skus, n_scenarios)
        Demand so far less stock and orders on the way so far: the units that runs must have
        brought by then so that nothing is lost. It may fall where orders arrive.
    mean_net : ndarray, shape (n_skus, n_periods)
        Mean of `net` over the scenarios.
    supply : ndarray, shape (n_skus, n_periods)
        Stock and orders on the way that have come so far.
    items, members, groups
        What can be made; see the classes.
    block_of : ndarray of int, shape (n_skus,)
        The block of each SKU.
    n_blocks : int
        How many there are.
    regular, overtime : ndarray, shape (n_lines, n_periods)
        Capacity and how much can be added.
    overtime_cost : ndarray, shape (n_lines,)
        Money per unit of it.
    """

    skus: tuple[str, ...]
    lines: tuple[str, ...]
    units: tuple[str, ...]
    calendar: Calendar
    first: int
    price: FloatArray
    unit_cost: FloatArray
    end_value: FloatArray
    holding_cost: FloatArray
    penalty: FloatArray
    net: FloatArray
    mean_net: FloatArray
    supply: FloatArray
    items: Items
    members: Members
    groups: tuple[GroupLimit, ...]
    block_of: IntArray
    n_blocks: int
    regular: FloatArray
    overtime: FloatArray
    overtime_cost: FloatArray

    @property
    def n_skus(self) -> int:
        """How many SKUs are planned."""
        return len(self.skus)

    @property
    def n_periods(self) -> int:
        """How many periods are planned."""
        return int(self.net.shape[0])

    @property
    def n_scenarios(self) -> int:
        """How many demand paths there are."""
        return int(self.net.shape[2])

    @property
    def n_items(self) -> int:
        """How many blocks on lines there are."""
        return len(self.items.block)

    @property
    def limit(self) -> FloatArray:
        """Capacity with all overtime, shape (n_lines, n_periods)."""
        return self.regular + self.overtime
