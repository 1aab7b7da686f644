"""The world that policies meet: what happened, what may be made, and what units are worth."""

import warnings
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import PathSet
from c2m.errors import ArgumentError, C2MWarning, warn
from c2m.frames import name_list, share_of
from c2m.periods import Calendar
from c2m.production import Factory
from c2m.production.factory.costs import least_costs
from c2m.production.plan_production import read_problem
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.production.supply import read_on_order, read_stock

_FAR: Final = 260
"""Periods after the last arrivals in which orders on the way at the start may still be due."""


@dataclass(frozen=True)
class World:
    """What is the same for every policy.

    Parameters
    ----------
    factory : Factory
        What can be made.
    limits : Problem
        Its limits over the periods that are played and those in which their runs still arrive.
        The demand in it is 0: policies see it.
    n_periods : int
        Periods that are played.
    wanted : ndarray, shape (n_skus, n_periods)
        What customers wanted.
    back : ndarray, shape (n_skus, n_periods)
        Units that come back to stock in time to be sold in the period, were all demand served.
    on_hand : ndarray, shape (n_skus,)
        Stock at the start.
    arriving : ndarray, shape (n_skus, n_periods)
        What was on the way at the start, in the period from which it can be sold.
    later : ndarray, shape (n_skus,)
        What of it comes after the last period.
    orders : DataFrame
        The same as purchase-order lines.
    least_cost : ndarray, shape (n_skus,)
        The least that a good unit costs, materials and transport included.
    """

    factory: Factory
    limits: Problem
    n_periods: int
    wanted: FloatArray
    back: FloatArray
    on_hand: FloatArray
    arriving: FloatArray
    later: FloatArray
    orders: pd.DataFrame
    least_cost: FloatArray

    @property
    def skus(self) -> tuple[str, ...]:
        """What is played."""
        return self.limits.skus

    @property
    def calendar(self) -> Calendar:
        """How days make periods."""
        return self.limits.calendar

    @property
    def first(self) -> int:
        """The calendar's number of the first period."""
        return self.limits.first

    @property
    def margin(self) -> FloatArray:
        """What a sale brings beyond the least cost of its unit, (n_skus,)."""
        return self.limits.price - self.least_cost

    @property
    def in_time(self) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
        """Which runs can be sold in the periods that are played, (n_items, all periods)."""
        steps = np.arange(self.limits.n_periods)
        return np.asarray(steps[None, :] + self.limits.items.lead[:, None] < self.n_periods)

    def label(self, step: int) -> pd.Timestamp:
        """Return the first day of a period.

        Parameters
        ----------
        step : int
            Its number, from 0.

        Returns
        -------
        Timestamp
            The label.
        """
        return pd.Timestamp(self.calendar.label([self.first + step])[0])

    def days(self, steps: IntArray) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
        """Return the first days of periods.

        Parameters
        ----------
        steps : ndarray of int, shape (n,)
            Their numbers, from 0.

        Returns
        -------
        ndarray of datetime64, shape (n,)
            The labels.
        """
        return np.asarray(self.calendar.label(self.first + steps).astype("datetime64[s]"))


def known_demand(
    skus: tuple[str, ...] | list[str], calendar: Calendar, first: int, units: FloatArray
) -> Demand:
    """Return a forecast that is one path.

    Parameters
    ----------
    skus : sequence of str
        Sorted.
    calendar : Calendar
        The periods.
    first : int
        The calendar's number of the first one.
    units : ndarray, shape (n_skus, n_periods)
        The path.

    Returns
    -------
    Demand
        Without doubt.
    """
    keys = pd.DataFrame({"sku": list(skus)})
    return Demand(
        keys=keys, calendar=calendar, first=first, law=PathSet(units[None].astype(np.float32))
    )


def read_world(
    factory: Factory,
    skus: list[str],
    span: tuple[int, int],
    happened: tuple[FloatArray, FloatArray],
    supply: tuple[object | None, object | None],
) -> World:
    """Align what happened with the factory.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : list of str
        What is played, sorted.
    span : (int, int)
        The calendar's number of the first period, and how many are played.
    happened : (ndarray, ndarray)
        What was wanted and what came back, each (n_skus, n_periods).
    supply : (DataFrame or None, DataFrame or None)
        Stock and purchase-order lines at the start.

    Returns
    -------
    World
        Checked.

    Raises
    ------
    ArgumentError
        If the factory has limits over several periods that are used up on the way.
    DataError
        If a table is wrong, or a SKU cannot be made.
    """
    first, n_periods = span
    limits = _limits(factory, skus, first, n_periods)
    _refuse_used_up(limits)
    on_hand, _ = read_stock(supply[0], skus)
    ahead = limits.n_periods + (0 if factory.calendar.bounds else _FAR)
    arriving, table = read_on_order(supply[1], skus, factory.calendar, first, ahead)
    cost = pd.Series(least_costs(factory.tables()).to_numpy(), index=factory.products["sku"])
    return World(
        factory=factory,
        limits=limits,
        n_periods=n_periods,
        wanted=happened[0],
        back=happened[1],
        on_hand=on_hand,
        arriving=arriving[:, :n_periods],
        later=arriving[:, n_periods:].sum(axis=1),
        orders=_open_orders(table, skus),
        least_cost=cost.loc[list(limits.skus)].to_numpy(dtype=np.float64),
    )


def check_reach(world: World, horizon: int, every: int) -> None:
    """Check that a plan reaches as far as the runs that are decided with it.

    Parameters
    ----------
    world : World
        What happens.
    horizon, every : int
        Periods to look ahead, and from one decision to the next.

    Raises
    ------
    ArgumentError
        If some of the runs begin after the horizon.

    Warns
    -----
    C2MWarning
        If the last of them arrive after it, with how many SKUs.
    """
    last = world.factory.policy.frozen_periods + every
    if horizon < min(last, world.n_periods):
        raise ArgumentError(
            f"Expected horizon >= {last}, since each decision is about runs of so many periods "
            f"(frozen_periods and every={every}), got {horizon}."
        )
    members = world.limits.members
    quickest = np.full(world.limits.n_skus, np.inf)
    np.minimum.at(quickest, members.sku, members.lead)
    late = quickest + last > horizon
    if horizon < world.n_periods and late.any():
        warn(
            f"{share_of(int(late.sum()), len(late), 'SKU', 'has')} a lead time of "
            f"{quickest[late].min():.0f} periods or more: runs just before the next decision "
            f"would arrive beyond horizon={horizon}, where no planner makes them. Pass "
            f"horizon={quickest.max() + last:.0f} or more."
        )


def _limits(factory: Factory, skus: list[str], first: int, n_periods: int) -> Problem:
    """Return the factory's limits over the periods played and those of the last arrivals."""

    def _read(count: int) -> Problem:
        nothing = known_demand(skus, factory.calendar, first, np.zeros((len(skus), count)))
        return read_problem(nothing, factory, None, None, n_scenarios=1, seed=0)[0]

    ahead = 0 if factory.calendar.bounds else _longest_lead(factory)
    limits = _read(n_periods + ahead)
    lead = int(limits.members.lead.max(initial=0))
    if lead > ahead:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)  # said when they were read before
            limits = _read(n_periods + lead)
    frozen = min(factory.policy.frozen_periods, n_periods)
    most = limits.items.most.copy()
    most[:, :frozen] = 0
    return replace(limits, items=replace(limits.items, most=most))


def _longest_lead(factory: Factory) -> int:
    """Return periods in which every run has arrived, so that the factory is read once."""
    tables = (factory.routings, factory.lanes)
    return sum(int(table["lead_time_periods"].max()) for table in tables if len(table))


def _refuse_used_up(limits: Problem) -> None:
    """Refuse what every decision would count anew as if nothing of it were used."""
    names = {each.name for each in limits.allowances if each.first != each.last}
    names |= {each.name for each in limits.bought}
    if names:
        raise ArgumentError(
            f"Expected a factory without materials, budgets and other limits over several periods "
            f"({name_list(sorted(names))}): each decision would count all of them as unused. Type "
            "factory.with_tables(materials=[], material_orders=[], bill_of_materials=[], "
            "budgets=[]) and put the cost of materials into the products' unit_cost."
        )


def _open_orders(table: pd.DataFrame, skus: list[str]) -> pd.DataFrame:
    """Return the lines of which something is still to come."""
    if "open" not in table:
        return pd.DataFrame({"sku": [], "open": [], "due": pd.to_datetime([])})
    rows = table[(table["open"] > 0) & table["sku"].isin(skus)]
    return rows[["sku", "open", "due"]].reset_index(drop=True)
