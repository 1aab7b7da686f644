"""One known path of demand as arrays: what has to be brought, and the ways to bring it.

With one path nothing is left to chance: without runs a SKU loses a known number of units in each
period, and a run can only save those. They are worth the price and the penalty that they save.
"""

from dataclasses import dataclass, replace

import numpy as np

from c2m.production.lotsizing.dp import units_of
from c2m.production.lotsizing.foresight import is_bounded
from c2m.production.problem import BoolArray, FloatArray, IntArray, Items, Problem


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
        What can be made where.
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
        load = self.items.unit_time[self.item_at[0]] * self.wanted.sum(axis=0)
        share = float(load[skus].sum() / load.sum()) if load.sum() > 0 else 1.0
        part = self.take(skus)
        return replace(part, regular=self.regular * share, overtime=self.overtime * share)


def is_known(problem: Problem) -> bool:
    """Say whether a problem has one path, no pre-packs, no groups, and a bound.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        Whether it can be solved as `Known`.
    """
    single = problem.n_blocks == problem.n_skus and bool(np.all(units_of(problem) == 1))
    plain = single and not problem.groups and problem.n_items > 0
    finite = bool(np.all(np.isfinite(problem.limit)))
    return problem.n_scenarios == 1 and plain and finite and is_bounded(problem)


def _item_table(problem: Problem) -> IntArray:
    """Return the items of each SKU, (n_ways, n_skus)."""
    block = problem.items.block
    way = np.arange(len(block)) - np.searchsorted(block, block)
    table = np.full((int(way.max()) + 1, problem.n_skus), -1, dtype=np.int64)
    table[way, np.argsort(problem.block_of, kind="stable")[block]] = np.arange(len(block))
    return table
