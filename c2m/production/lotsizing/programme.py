"""A mixed-integer programme as arrays, and how its variables stand for a plan."""

from dataclasses import dataclass, replace

import numpy as np

from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem


@dataclass(frozen=True)
class Runs:
    """Columns of the possible runs: arrays of shape (n_runs,).

    Parameters
    ----------
    item, when : ndarray of int
        The run.
    lots, setup : ndarray of int
        Columns of its number of lots and of its set-up.
    """

    item: IntArray
    when: IntArray
    lots: IntArray
    setup: IntArray


@dataclass(frozen=True)
class Brought:
    """What a lot of a run brings of a SKU: arrays with one entry a (run, SKU) pair.

    Parameters
    ----------
    run, sku : ndarray of int
        The pair.
    first : ndarray of int
        First period in which it can be sold; it may lie past the horizon.
    units : ndarray
        Good units of the SKU in one lot.
    """

    run: IntArray
    sku: IntArray
    first: IntArray
    units: FloatArray


@dataclass(frozen=True)
class Rows:
    """Constraints ``low <= sum of entries <= high``.

    Parameters
    ----------
    row, column : ndarray of int, shape (n_entries,)
        Place of each entry; rows are counted from 0.
    value : ndarray, shape (n_entries,)
        Entries.
    low, high : ndarray, shape (n_rows,)
        Limits.
    """

    row: IntArray
    column: IntArray
    value: FloatArray
    low: FloatArray
    high: FloatArray

    def take(self, kept: BoolArray) -> "Rows":
        """Return some of the rows.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_rows,)
            Which.

        Returns
        -------
        Rows
            Those, counted anew.
        """
        entry = kept[self.row]
        number = np.cumsum(kept) - 1
        return Rows(
            number[self.row[entry]],
            self.column[entry],
            self.value[entry],
            self.low[kept],
            self.high[kept],
        )

    def joined(self, other: "Rows") -> "Rows":
        """Return these rows and others below them.

        Parameters
        ----------
        other : Rows
            More rows.

        Returns
        -------
        Rows
            All of them.
        """
        return Rows(
            np.concatenate([self.row, other.row + len(self.low)]),
            np.concatenate([self.column, other.column]),
            np.concatenate([self.value, other.value]),
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
        )


@dataclass(frozen=True)
class Programme:
    """A mixed-integer programme; its objective is maximised.

    Parameters
    ----------
    gain, low, high : ndarray, shape (n_columns,)
        Objective and limits of the variables.
    whole : ndarray of bool, shape (n_columns,)
        Which of them are whole numbers.
    rows : Rows
        Constraints.
    runs : Runs
        Where the runs are.
    capacity : ndarray of int, shape (n_lines, n_periods)
        Rows of the capacity.
    lost : ndarray of int, shape (n_periods, n_skus, n_scenarios)
        Columns of the units lost so far.
    constant : float
        Profit that no variable carries.
    """

    gain: FloatArray
    low: FloatArray
    high: FloatArray
    whole: BoolArray
    rows: Rows
    runs: Runs
    capacity: IntArray
    lost: IntArray
    constant: float

    def values_of(self, problem: Problem, made: IntArray) -> FloatArray:
        """Return the runs of a plan as variables; the others are 0.

        Parameters
        ----------
        problem : Problem
            The problem.
        made : ndarray of int, shape (n_items, n_periods)
            Units or packs made.

        Returns
        -------
        ndarray, shape (n_columns,)
            Lots and set-ups.
        """
        values, runs = np.zeros(len(self.gain)), self.runs
        size = made[runs.item, runs.when]
        values[runs.lots] = size / problem.items.multiple[runs.item]
        values[runs.setup] = size > 0
        return values

    def made_of(self, problem: Problem, values: FloatArray) -> IntArray:
        """Return the plan that variables stand for; parts of a lot are left out.

        Parameters
        ----------
        problem : Problem
            The problem.
        values : ndarray, shape (n_columns,)
            Variables.

        Returns
        -------
        ndarray of int, shape (n_items, n_periods)
            Units or packs made.
        """
        made, runs = np.zeros_like(problem.items.most), self.runs
        lots = np.floor(values[runs.lots] + 1e-5).astype(np.int64)
        lots *= values[runs.setup] > 0.5
        made[runs.item, runs.when] = lots * problem.items.multiple[runs.item]
        return made

    def with_rows(self, rows: Rows) -> "Programme":
        """Return a programme with more constraints.

        Parameters
        ----------
        rows : Rows
            Them.

        Returns
        -------
        Programme
            The same but for them.
        """
        return replace(self, rows=self.rows.joined(rows))
