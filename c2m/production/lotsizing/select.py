"""Pick one column for every block so that the lines' capacity holds, block by block."""

import numpy as np

from c2m.production.lotsizing.prices import Pool, reduced_values
from c2m.production.problem import FloatArray, IntArray, Problem

_SWEEPS = 4


def pick_columns(problem: Problem, pool: Pool, prices: FloatArray) -> IntArray:
    """Pick the columns that are best at the prices, then exchange them until nothing is gained.

    Parameters
    ----------
    problem : Problem
        The problem.
    pool : Pool
        The columns.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    ndarray of int, shape (n_blocks,)
        A round for every block. Capacity may still be exceeded a little.
    """
    reduced = reduced_values(problem, pool, prices)
    choice = np.argmax(reduced, axis=0)
    starts = np.searchsorted(problem.items.block, np.arange(problem.n_blocks + 1))
    used = np.zeros(problem.regular.shape)
    np.add.at(
        used,
        problem.items.line,
        pool.usage[choice[problem.items.block], np.arange(problem.n_items)],
    )
    close = _contested(reduced)
    fine = 10.0 * (1.0 + float(prices.max(initial=0.0)) + float(problem.overtime_cost.max()))
    for _ in range(_SWEEPS):
        changed = 0
        for block in close.tolist():
            rows = slice(int(starts[block]), int(starts[block + 1]))
            lines, usage = _by_line(problem.items.line[rows], pool.usage[:, rows])
            others = used[lines] - usage[choice[block]]
            over = others + usage - problem.regular[lines]
            cost = problem.overtime_cost[lines, None] * np.maximum(over, 0.0)
            cost += fine * np.maximum(over - problem.overtime[lines], 0.0)
            best = int(np.argmax(pool.value[:, block] - cost.sum(axis=(1, 2))))
            if best != choice[block]:
                used[lines] = others + usage[best]
                choice[block] = best
                changed += 1
        if not changed:
            break
    return np.asarray(choice, dtype=np.int64)


def _by_line(lines: IntArray, usage: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the lines of a block, each once, and what each round takes of them, [R, lines, H]."""
    first = np.flatnonzero(np.append(True, lines[1:] != lines[:-1]))
    if len(first) == len(lines):
        return lines, usage
    return lines[first], np.add.reduceat(usage, first, axis=1)


def _contested(reduced: FloatArray) -> IntArray:
    """Return the blocks with more than one column, those with the closest second one first."""
    if len(reduced) < 2:
        return np.empty(0, dtype=np.int64)
    top = np.partition(reduced, -2, axis=0)
    return np.argsort(top[-1] - top[-2], kind="stable")
