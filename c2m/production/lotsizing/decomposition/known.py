"""One known path of demand as arrays: what has to be brought, and the ways to bring it.

With one path nothing is left to chance: without runs a SKU loses a known number of units in each
period, and a run can only save those. They are worth the price and the penalty that they save.
"""

from dataclasses import dataclass, replace

import numpy as np

from c2m.production.lotsizing.foresight import is_bounded
from c2m.production.problem import BoolArray, FloatArray, IntArray, Items, Problem


@dataclass(frozen=True)
class Terms:
    """What runs take and cost, by the good units that they bring.

    Parameters
    ----------
    unit_time : ndarray, shape (n_items,)
        Capacity per good unit.
    extra : ndarray, shape (n_items, n_periods)
        Money per good unit made then, beyond the SKU's unit cost; may be below 0.
    setup_time, setup_cost : ndarray, shape (n_items, n_periods)
        Capacity and money per run then. A cost that is infinite forbids the run.
    good : ndarray, shape (n_items,)
        Good units that one unit made brings.
    """

    unit_time: FloatArray
    extra: FloatArray
    setup_time: FloatArray
    setup_cost: FloatArray
    good: FloatArray

    @classmethod
    def of(cls, items: Items, units: FloatArray | None = None) -> "Terms":
        """Return the terms of items.

        Parameters
        ----------
        items : Items
            What can be made where.
        units : ndarray, shape (n_items,), optional
            Good units that one unit made brings; 1 unless given.

        Returns
        -------
        Terms
            Views of the items' arrays where nothing changes.
        """
        shape = items.most.shape
        good = np.ones(shape[0]) if units is None else units
        setup_time, setup_cost = (
            np.broadcast_to(values[:, None], shape)
            for values in (items.setup_time, items.setup_cost)
        )
        return cls(items.unit_time / good, _extra(items, good), setup_time, setup_cost, good)


@dataclass(frozen=True)
class Known:
    """A problem with one path of demand and one SKU a block.

    Parameters
    ----------
    wanted : ndarray, shape (n_periods, n_skus)
        Units that are lost in each period when nothing is made.
    worth : ndarray, shape (n_skus,)
        Price and lost-sale penalty less unit cost: what a unit in time brings.
    holding_cost : ndarray, shape (n_skus,)
        Money per unit and period.
    items : Items
        What can be made where; its times and costs are in `terms`.
    terms : Terms
        What runs take and cost.
    item_at : ndarray of int, shape (n_ways, n_skus)
        The items of each SKU; -1 where there are fewer.
    regular, overtime : ndarray, shape (n_lines, n_periods)
        Capacity and what can be added.
    overtime_cost : ndarray, shape (n_lines,)
        Money per unit of it.
    """

    wanted: FloatArray
    worth: FloatArray
    holding_cost: FloatArray
    items: Items
    terms: Terms
    item_at: IntArray
    regular: FloatArray
    overtime: FloatArray
    overtime_cost: FloatArray

    @classmethod
    def of(cls, problem: Problem) -> "Known":
        """Return a problem's arrays.

        Parameters
        ----------
        problem : Problem
            A problem for which `is_known` holds.

        Returns
        -------
        Known
            Its one path.
        """
        missing = np.maximum.accumulate(np.maximum(problem.net[:, :, 0], 0.0), axis=0)
        missing[1:] -= missing[:-1].copy()
        return cls(
            missing,
            problem.price + problem.penalty - problem.unit_cost,
            problem.holding_cost,
            problem.items,
            Terms.of(problem.items, _good_units(problem)),
            _item_table(problem),
            problem.regular,
            problem.overtime,
            problem.overtime_cost,
        )

    @property
    def n_periods(self) -> int:
        """How many periods are planned."""
        return len(self.wanted)

    @property
    def n_skus(self) -> int:
        """How many SKUs there are."""
        return int(self.wanted.shape[1])

    def when_made(self, items: IntArray) -> tuple[IntArray, BoolArray]:
        """Say when runs are made that arrive in each period.

        Parameters
        ----------
        items : ndarray of int, shape (n,)
            Items; -1 for none.

        Returns
        -------
        made : ndarray of int, shape (n_periods, n)
            Periods of the runs, 0 where there is none.
        can : ndarray of bool, shape (n_periods, n)
            Whether such a run is possible.
        """
        made = np.arange(self.n_periods)[:, None] - self.items.lead[items]
        inside = np.maximum(made, 0)
        can = (made >= 0) & (items >= 0) & (self.items.most[items, inside] > 0)
        return inside, can

    def at_cost(self, setup_cost: FloatArray) -> "Known":
        """Return the problem with other set-up costs.

        Parameters
        ----------
        setup_cost : ndarray, shape (n_items, n_periods)
            Money per run; infinite forbids it.

        Returns
        -------
        Known
            Otherwise the same.
        """
        return replace(self, terms=replace(self.terms, setup_cost=setup_cost))

    def take(self, skus: IntArray) -> "Known":
        """Return some of the SKUs, with all the capacity.

        Parameters
        ----------
        skus : ndarray of int
            Which.

        Returns
        -------
        Known
            A smaller problem.
        """
        return replace(
            self,
            wanted=np.ascontiguousarray(self.wanted[:, skus]),
            worth=self.worth[skus],
            holding_cost=self.holding_cost[skus],
            item_at=np.ascontiguousarray(self.item_at[:, skus]),
        )

    def sample(self, step: int) -> "Known":
        """Return every `step`-th SKU, with the capacity that falls to them.

        Parameters
        ----------
        step : int
            At least 1.

        Returns
        -------
        Known
            A smaller problem with about the same prices.
        """
        skus = np.arange(0, self.n_skus, step)
        load = self.terms.unit_time[self.item_at[0]] * self.wanted.sum(axis=0)
        share = float(load[skus].sum() / load.sum()) if load.sum() > 0 else 1.0
        part = self.take(skus)
        return replace(part, regular=self.regular * share, overtime=self.overtime * share)


def is_known(problem: Problem) -> bool:
    """Say whether a problem has one path, one SKU a block, no allowances, and a bound.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        Whether it can be solved as `Known`.
    """
    plain = problem.n_blocks == problem.n_skus and problem.n_items > 0 and not problem.allowances
    whole = bool(np.all(problem.members.units > 0))
    finite = bool(np.all(np.isfinite(problem.limit)))
    return problem.n_scenarios == 1 and plain and whole and finite and is_bounded(problem)


def _item_table(problem: Problem) -> IntArray:
    """Return the items of each SKU, (n_ways, n_skus)."""
    block = problem.items.block
    way = np.arange(len(block)) - np.searchsorted(block, block)
    table = np.full((int(way.max()) + 1, problem.n_skus), -1, dtype=np.int64)
    table[way, np.argsort(problem.block_of, kind="stable")[block]] = np.arange(len(block))
    return table


def _good_units(problem: Problem) -> FloatArray:
    """Return the good units that one unit made of each item brings, (n_items,)."""
    units = np.ones(problem.n_items)
    units[problem.members.item] = problem.members.units
    return units


def _extra(items: Items, good: FloatArray) -> FloatArray:
    """Return the extra money per good unit, (n_items, n_periods)."""
    return np.asarray(items.extra / good[:, None]) if items.has_extra else items.extra
