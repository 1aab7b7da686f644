"""The master problem: prices of capacity at which the known plans of all groups cost least.

Kelley's cutting planes for the Lagrangian dual, one cut a group and round (the dual of
Dantzig-Wolfe with one convexity row a group), solved by HiGHS inside a box around the best
prices so far (Marsten, Hogan & Blankenship, 1975, *Operations Research* 23(3), 389-405).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from c2m.production.lotsizing.highs import run, silent_solver
from c2m.production.problem import FloatArray, IntArray


@dataclass(frozen=True)
class MasterAnswer:
    """What the master says.

    Parameters
    ----------
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    value : float
        The dual over the known plans; inside the box no price brings it lower.
    weight : ndarray, shape (n_rounds, n_groups)
        Share of each round in each group; every column sums to 1.
    """

    prices: FloatArray
    value: float
    weight: FloatArray


class Master:
    """Cuts that are added round by round.

    Parameters
    ----------
    regular, overtime : ndarray, shape (n_lines, n_periods)
        Capacity and what can be added.
    overtime_cost : ndarray, shape (n_lines,)
        Money per unit of it.
    n_groups : int
        Groups of SKUs.
    """

    def __init__(
        self, regular: FloatArray, overtime: FloatArray, overtime_cost: FloatArray, n_groups: int
    ) -> None:
        self.shape = regular.shape
        self.n_groups = n_groups
        self.n_rounds = 0
        self._solver: Any = silent_solver({"presolve": "off"})
        cells = regular.size
        none, huge = np.zeros(cells), np.full(cells, np.inf)
        free = np.full(n_groups, np.inf)
        self._columns(regular.ravel(), none, huge)
        self._columns(overtime.ravel(), none, huge)  # price above that of overtime
        self._columns(np.ones(n_groups), -free, free)
        cost = np.repeat(overtime_cost, regular.shape[1])
        column = np.column_stack([np.arange(cells), np.arange(cells) + cells])
        self._rows(-huge, cost, column, np.tile([1.0, -1.0], (cells, 1)))

    def add(self, income: FloatArray, usage: FloatArray) -> None:
        """Add the plans of one round.

        Parameters
        ----------
        income : ndarray, shape (n_groups,)
            What the plans of each group bring before capacity is paid for.
        usage : ndarray, shape (n_groups, n_lines * n_periods)
            Capacity that they take.
        """
        cells = usage.shape[1]
        column = np.empty((self.n_groups, cells + 1), dtype=np.int64)
        column[:, :cells] = np.arange(cells)
        column[:, cells] = 2 * cells + np.arange(self.n_groups)
        entry = np.concatenate([usage, np.ones((self.n_groups, 1))], axis=1)
        self._rows(income, np.full(self.n_groups, np.inf), column, entry)
        self.n_rounds += 1

    def solve(self, low: FloatArray, high: FloatArray) -> MasterAnswer:
        """Minimise over prices in a box.

        Parameters
        ----------
        low, high : ndarray, shape (n_lines, n_periods)
            The box.

        Returns
        -------
        MasterAnswer
            Prices, value and weights.
        """
        cells = low.size
        self._solver.changeColsBounds(
            cells, np.arange(cells, dtype=np.int32), low.ravel(), high.ravel()
        )
        run(self._solver, "price capacity")
        solution = self._solver.getSolution()
        prices = np.clip(np.array(solution.col_value[:cells]), low.ravel(), high.ravel())
        weight = np.maximum(np.array(solution.row_dual[cells:]), 0.0)
        weight = weight.reshape(self.n_rounds, self.n_groups)
        weight /= weight.sum(axis=0)
        value = float(self._solver.getInfo().objective_function_value)
        return MasterAnswer(prices.reshape(self.shape), value, weight)

    def _columns(self, cost: FloatArray, low: FloatArray, high: FloatArray) -> None:
        count, none = len(cost), np.empty(0, dtype=np.int32)
        starts = np.zeros(count, dtype=np.int32)
        self._solver.addCols(count, cost, low, high, 0, starts, none, np.empty(0))

    def _rows(self, low: FloatArray, high: FloatArray, column: IntArray, entry: FloatArray) -> None:
        """Add rows; `column` and `entry` have one row each, zeros are left out."""
        used = entry != 0
        starts = np.concatenate([[0], np.cumsum(used.sum(axis=1))[:-1]]).astype(np.int32)
        index, value = column[used].astype(np.int32), entry[used]
        self._solver.addRows(len(low), low, high, len(value), starts, index, value)
