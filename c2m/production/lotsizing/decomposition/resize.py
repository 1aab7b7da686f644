"""Sizes of runs: units go to the SKU's run before, or to nothing, or come back, where that pays.

Which runs there are stays as it is, so that this is a linear programme with one row a line and
period. Only the moves that cost least at the prices enter it; what is fractional is settled one
by one.
"""

from dataclasses import dataclass

import numpy as np

from c2m.errors import C2MError
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import (
    Plans,
    SmallIntArray,
    loads,
    quantities,
)
from c2m.production.problem import FloatArray, IntArray

_MOVES = 40
"""Most moves from one cell (a line in a period) to another."""

_BEYOND = 10.0
"""Cost of capacity that there is not, as a multiple of the highest cost."""


@dataclass(frozen=True)
class _Moves:
    """Moves of units, arrays of shape (n_moves,).

    `down` and `up` are cells, `when` and `into` runs by arrival; -1: given up, or not made yet.
    """

    sku: IntArray
    when: IntArray
    into: IntArray
    down: IntArray
    up: IntArray
    saved: FloatArray
    taken: FloatArray
    cost: FloatArray
    most: FloatArray

    def take(self, rows: IntArray) -> "_Moves":
        """Return some of them."""
        return _Moves(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def resize(known: Known, plans: Plans, prices: FloatArray) -> FloatArray:
    """Return whole quantities that use capacity best, with the runs of the plans.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        One plan for each SKU.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    ndarray, shape (n_periods, n_skus)
        Units by the period in which they arrive.
    """
    brought = quantities(known, plans)
    used = loads(known, plans, np.zeros(known.n_skus, dtype=np.int64), 1)[0]
    moves = _cheapest(known, _moves(known, plans, brought), prices.ravel())
    if not len(moves.sku):
        return brought
    units = _whole(known, moves, _solve(known, moves, used), used)
    gone, kept = moves.down >= 0, moves.up >= 0
    np.subtract.at(brought, (moves.when[gone], moves.sku[gone]), units[gone])
    np.add.at(brought, (moves.into[kept], moves.sku[kept]), units[kept])
    return np.asarray(brought)


def resources(known: Known, way: SmallIntArray, brought: FloatArray) -> float:
    """Return what the set-ups and the overtime of quantities cost.

    Parameters
    ----------
    known : Known
        The problem.
    way : ndarray of int16, shape (n_periods, n_skus)
        See `Plans`.
    brought : ndarray, shape (n_periods, n_skus)
        Units by the period in which they arrive.

    Returns
    -------
    float
        Money; capacity that there is not costs many times the most that it could bring.
    """
    when, sku = np.nonzero((way >= 0) & (brought > 0))
    items, item = known.items, known.item_at[way[when, sku], sku]
    cell = items.line[item] * known.n_periods + when - items.lead[item]
    usage = items.unit_time[item] * brought[when, sku] + items.setup_time[item]
    extra = np.bincount(cell, usage, known.regular.size) - known.regular.ravel()
    over, beyond = _over_costs(known)
    late = np.maximum(extra - known.overtime.ravel(), 0.0)
    overtime = (over * np.maximum(extra, 0.0) + beyond * late).sum()
    return float(items.setup_cost[item].sum() + overtime)


def _moves(known: Known, plans: Plans, brought: FloatArray) -> _Moves:
    """Return every move: to the run before, to nothing, and back from what is lost."""
    sku, when = np.nonzero(plans.way.T >= 0)
    items = known.items
    item = known.item_at[plans.way[when, sku], sku]
    cell = items.line[item] * known.n_periods + when - items.lead[item]
    spare = brought[when, sku] - np.maximum(items.moq[item], 1)
    spare = np.where(items.multiple[item] == 1, spare, 0.0)
    after = np.flatnonzero(sku[1:] == sku[:-1]) + 1
    before = after - 1
    last = _last_served(plans)[when, sku]
    lost = known.worth[sku] - known.holding_cost[sku] * (last - when)
    more = _next_wanted(known)[last + 1, sku]
    inside = np.minimum(more, known.n_periods - 1)
    idle = (more < known.n_periods) & (plans.source[inside, sku] < 0)
    back = np.flatnonzero(idle & (items.multiple[item] == 1))
    won = known.worth[sku] - known.holding_cost[sku] * (inside - when)
    time = items.unit_time[item]
    held = known.holding_cost[sku[after]] * (when[after] - when[before])
    nothing = np.full(len(sku), -1, dtype=np.int64)
    parts = (
        (sku[after], sku, sku[back]),
        (when[after], when, nothing[back]),
        (when[before], nothing, when[back]),
        (cell[after], cell, nothing[back]),
        (cell[before], nothing, cell[back]),
        (time[after], time, np.zeros(len(back))),
        (time[before], np.zeros(len(sku)), time[back]),
        (held, lost, -won[back]),
        (spare[after], np.minimum(spare, known.wanted[last, sku]), known.wanted[inside, sku][back]),
    )
    return _Moves(*(np.concatenate(part) for part in parts))


def _last_served(plans: Plans) -> IntArray:
    """Return the last period that each run serves, by arrival."""
    last = np.zeros(plans.source.shape, dtype=np.int64)
    for step, source in enumerate(plans.source):
        rows = np.flatnonzero(source >= 0)
        last[source[rows], rows] = step
    return last


def _next_wanted(known: Known) -> IntArray:
    """Return the first period from each on in which units are wanted, (n_periods + 1, n_skus)."""
    found = np.full((known.n_periods + 1, known.n_skus), known.n_periods, dtype=np.int64)
    for step in range(known.n_periods - 1, -1, -1):
        found[step] = np.where(known.wanted[step] > 0, step, found[step + 1])
    return found


def _cheapest(known: Known, moves: _Moves, prices: FloatArray) -> _Moves:
    """Keep the moves that cost least at the prices, some for every pair of cells.

    The units of a run may be moved or given up, not both: the dearer way is left out.
    """
    n_cells = known.regular.size
    price = np.append(prices, 0.0)
    reduced = moves.cost + moves.taken * price[moves.up] - moves.saved * price[moves.down]
    reduced /= np.maximum(np.maximum(moves.saved, moves.taken), 1e-12)
    run = moves.sku * known.n_periods + np.where(moves.down >= 0, moves.when, moves.into)
    run = 2 * run + (moves.down < 0)
    order = np.lexsort((reduced, run))
    first = np.ones(len(order), dtype=bool)
    first[1:] = run[order][1:] != run[order][:-1]
    rows = order[first]
    rows = rows[(moves.most[rows] >= 1) & (moves.saved[rows] + moves.taken[rows] > 0)]
    pair = (moves.down[rows] + 1) * (n_cells + 1) + moves.up[rows] + 1
    order = np.lexsort((reduced[rows], pair))
    starts = np.searchsorted(pair[order], pair[order])
    return moves.take(np.sort(rows[order[np.arange(len(order)) - starts < _MOVES]]))


def _solve(known: Known, moves: _Moves, used: FloatArray) -> FloatArray:
    """Return how many units to move, fractions allowed."""
    import highspy
    from scipy.sparse import coo_matrix

    count, cells = len(moves.sku), known.regular.size
    gone, kept = np.flatnonzero(moves.down >= 0), np.flatnonzero(moves.up >= 0)
    place, each = np.arange(count), np.arange(cells)
    row = np.concatenate([moves.down[gone], moves.up[kept], each, each])
    column = np.concatenate([place[gone], place[kept], count + each, count + cells + each])
    ones = np.ones(cells)
    value = np.concatenate([-moves.saved[gone], moves.taken[kept], -ones, -ones])
    matrix = coo_matrix((value, (row, column)), shape=(cells, count + 2 * cells)).tocsc()
    over, beyond = _over_costs(known)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count + 2 * cells, cells
    lp.col_cost_ = np.concatenate([moves.cost, over, np.full(cells, beyond)])
    lp.col_lower_ = np.zeros(count + 2 * cells)
    lp.col_upper_ = np.concatenate([moves.most, known.overtime.ravel(), np.full(cells, np.inf)])
    lp.row_lower_, lp.row_upper_ = np.full(cells, -np.inf), known.regular.ravel() - used
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    for name, option in {"output_flag": False, "threads": 1, "presolve": "off"}.items():
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    if solver.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)  # another thread count was used before
        if solver.run() == highspy.HighsStatus.kError:
            raise C2MError(f"HiGHS could not size runs: {solver.getModelStatus()}.")
    found = np.array(solver.getSolution().col_value[:count], dtype=np.float64)
    return np.asarray(np.clip(found, 0.0, moves.most))


def _whole(known: Known, moves: _Moves, units: FloatArray, used: FloatArray) -> FloatArray:
    """Round every move down or up, the way that costs less, one after the other."""
    over, beyond = _over_costs(known)
    regular, overtime = known.regular.ravel(), known.overtime.ravel()
    floor = np.floor(units + 1e-6)
    load = np.append(used, 0.0)  # the last takes what is in no cell
    np.subtract.at(load, moves.down, moves.saved * floor)
    np.add.at(load, moves.up, moves.taken * floor)

    def _cost(cell: int, change: float) -> float:
        if cell < 0:
            return 0.0
        extra = max(load[cell] + change - regular[cell], 0.0)
        return float(over[cell] * extra + beyond * max(extra - overtime[cell], 0.0))

    for place in np.flatnonzero(units - floor > 1e-6).tolist():
        down, up = int(moves.down[place]), int(moves.up[place])
        saved, taken = float(moves.saved[place]), float(moves.taken[place])
        gain = _cost(down, 0.0) - _cost(down, -saved) + _cost(up, 0.0) - _cost(up, taken)
        if gain > moves.cost[place] and floor[place] + 1 <= moves.most[place]:
            floor[place] += 1
            load[down] -= saved
            load[up] += taken
    return np.asarray(floor)


def _over_costs(known: Known) -> tuple[FloatArray, float]:
    """Return the cost of overtime by cell, and of capacity that there is not."""
    over = np.repeat(known.overtime_cost, known.n_periods)
    highest = max(float(over.max()), float(known.worth.max() / _least(known.items.unit_time)))
    return over, _BEYOND * highest


def _least(times: FloatArray) -> float:
    positive = times[times > 0]
    return float(positive.min()) if len(positive) else 1.0
