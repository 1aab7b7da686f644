"""A planning problem as arrays: the one place where demand, factory and stock are aligned.

Words of the arrays: a *block* is a SKU, or the SKUs of a pre-pack, that are decided together; an
*item* is a block on a line by a way (a mode of transport, a tier of prices); a decision is how many
units (single units, or packs) of each item are made in each period: ``made: (n_items, n_periods)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.periods import Calendar
from c2m.production.bought import Bought
from c2m.production.price_lists import PriceList, read_price_lists

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
    """What can be made where; every array has one entry an item, items sorted by block and line.

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
    extra : ndarray, shape (n_items, n_periods), optional
        Money per unit or pack made then, beyond the unit cost of its SKUs: transport, a tier's
        price, bought material, scrap, the exchange rate of the day. It may be negative. 0 unless
        given.
    way : ndarray of int, shape (n_items,), optional
        Entry of `Problem.ways`; the line's number unless given.
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
    extra: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    way: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """Fill in what was not given; zeros that take no memory."""
        if self.extra.shape != self.most.shape:
            object.__setattr__(self, "extra", np.broadcast_to(np.zeros(()), self.most.shape))
        if self.way.shape != self.line.shape:
            object.__setattr__(self, "way", np.asarray(self.line, dtype=np.int64))

    @cached_property
    def has_extra(self) -> bool:
        """Whether any unit costs something beyond the unit cost of its SKUs."""
        return bool(self.extra.any())


@dataclass(frozen=True)
class Members:
    """Which SKUs an item holds; every array has one entry an (item, SKU) pair.

    Parameters
    ----------
    item, sku : ndarray of int, shape (n_members,)
        The pair.
    units : ndarray, shape (n_members,)
        Good units of the SKU that one unit or pack of the item brings; with a yield below 1 it
        may be a fraction.
    lead : ndarray of int, shape (n_members,)
        Periods until they can be sold.
    pieces : ndarray of int, shape (n_members,), optional
        Units of the SKU that are begun in one unit or pack, good or not; `units` unless given.
    """

    item: IntArray
    sku: IntArray
    units: FloatArray
    lead: IntArray
    pieces: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """Fill in what was not given."""
        object.__setattr__(self, "units", np.asarray(self.units, dtype=np.float64))
        if self.pieces.shape != self.item.shape:
            whole = np.ceil(self.units - 1e-9).astype(np.int64)
            object.__setattr__(self, "pieces", whole)


@dataclass(frozen=True)
class GroupLimit:
    """A limit on the pieces that several items make together in one period.

    Parameters
    ----------
    name : str
        Of the group.
    line : int
        The line, which its set-up takes time from; -1 for a group over several lines, whose
        set-up takes none.
    items, weights : ndarray of int, shape (n_members,)
        Its items, and the pieces of the group in one unit or pack of each.
    moq, multiple : int
        In pieces.
    max_lot : float
        In pieces.
    setup_time, setup_cost : float
        Once a period in which any of it runs.
    split : bool
        Whether it holds the lots of one run that modes or price tiers share, not a group.
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
    split: bool = False

    def allows(self, pieces: IntArray | int) -> BoolArray:
        """Say which totals the group may make.

        Parameters
        ----------
        pieces : ndarray of int, any shape, or int
            Totals.

        Returns
        -------
        ndarray of bool, same shape
            True for 0 and for multiples from the MOQ to the largest lot.
        """
        fits = (pieces >= self.moq) & (pieces <= self.max_lot) & (pieces % self.multiple == 0)
        return np.asarray(fits | (pieces == 0))


AllowanceKind = Literal["material", "budget", "capacity"]
"""What an allowance is of."""


@dataclass(frozen=True)
class Allowance:
    """What some items may take together over some periods: a material, money, a group's capacity.

    ``sum(weights * made) + sum(setups * runs) <= amount`` over its items and periods.

    Parameters
    ----------
    name : str
        Of the material, department or group.
    kind : {"material", "budget", "capacity"}
        What it is of.
    items : ndarray of int, shape (n,)
        Its items, each once.
    weights : ndarray, shape (n,) or (n, n_periods)
        What one unit or pack takes, at least 0.
    first, last : int
        Its periods, both included.
    amount : float
        What there is.
    unit : str
        Of the amount.
    setups : ndarray, shape (n,), optional
        What a run takes whatever its size, at least 0; 0 unless given.
    """

    name: str
    kind: AllowanceKind
    items: IntArray
    weights: FloatArray
    first: int
    last: int
    amount: float
    unit: str = ""
    setups: FloatArray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        """Fill in what was not given."""
        if self.setups.shape != self.items.shape:
            object.__setattr__(self, "setups", np.broadcast_to(np.zeros(()), self.items.shape))

    @property
    def span(self) -> slice:
        """Its periods."""
        return slice(self.first, self.last + 1)

    @property
    def per_unit(self) -> FloatArray:
        """What a unit or pack takes in each of its periods, (n, last - first + 1) or (n, 1)."""
        return self.weights[:, None] if self.weights.ndim == 1 else self.weights[:, self.span]


@dataclass(frozen=True)
class Way:
    """How runs of a line come to the warehouse, and at which tier of its prices.

    Parameters
    ----------
    line : int
        The line.
    mode : str
        Of transport, as ``"sea"``; empty where there are no lanes.
    lead : int
        Periods from leaving the factory to the first period of sale; part of `Items.lead`.
    co2e : float
        Kilograms per unit that is sent.
    tier : int
        Units from which its price holds; 0 where there are no price breaks.
    """

    line: int
    mode: str = ""
    lead: int = 0
    co2e: float = 0.0
    tier: int = 0


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
    allowances : tuple of Allowance
        Hard limits on materials, money and the capacity of groups.
    ways : tuple of Way
        What `Items.way` means; one plain way a line unless given.
    extra_parts : mapping of str to ndarray, shape (n_items, n_periods)
        Parts of `Items.extra` by kind of cost (``"transport"``, ``"material"``); the rest is
        production.
    bought : tuple of Bought
        Materials, from which a plan lists its orders. What is there in time is an allowance, and
        what is used is paid for in `Items.extra`.
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
    allowances: tuple[Allowance, ...] = ()
    ways: tuple[Way, ...] = ()
    extra_parts: Mapping[str, FloatArray] = field(default_factory=dict)
    bought: tuple[Bought, ...] = ()

    def __post_init__(self) -> None:
        """Fill in what was not given."""
        if not self.ways:
            plain = tuple(Way(line) for line in range(len(self.lines)))
            object.__setattr__(self, "ways", plain)

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
        """How many blocks on lines, by each way, there are."""
        return len(self.items.block)

    @property
    def limit(self) -> FloatArray:
        """Capacity with all overtime, shape (n_lines, n_periods)."""
        return self.regular + self.overtime

    @cached_property
    def good_share(self) -> FloatArray:
        """Good units per piece begun, shape (n_items,): the mean over an item's pieces."""
        members = self.members
        good = np.bincount(members.item, members.units, self.n_items)
        begun = np.bincount(members.item, members.pieces, self.n_items)
        return np.asarray(good / np.maximum(begun, 1))

    @cached_property
    def price_lists(self) -> tuple[PriceList, ...]:
        """Items of blocks on lines with price breaks, and which of them clash in a period."""
        items, modes = self.items, {way.mode: 0 for way in self.ways}
        _, place = np.unique(np.stack([items.block, items.line]), axis=1, return_inverse=True)
        number = {mode: number for number, mode in enumerate(modes)}
        tier = np.array([way.tier for way in self.ways], dtype=np.int64)[items.way]
        mode = np.array([number[way.mode] for way in self.ways], dtype=np.int64)[items.way]
        return read_price_lists(place.reshape(-1), tier, mode)
