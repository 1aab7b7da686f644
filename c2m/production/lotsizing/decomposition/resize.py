"""Sizes of runs: units go to the SKU's run before, or to nothing, or come back, where that pays.

Which runs there are stays as it is, so that this is a linear programme with one row a line and
period. Only the moves that cost least at the prices enter it; what is fractional is settled one
by one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, hstack, identity

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import (
    Plans,
    SmallIntArray,
    loads,
    quantities,
)
from c2m.production.lotsizing.decomposition.shares import Entries
from c2m.production.lotsizing.highs import run, silent_solver
from c2m.production.problem import BoolArray, FloatArray, IntArray

_MOVES = 40
"""Most moves from one cell (a line in a period) to another."""

_BEYOND = 10.0
"""Cost of capacity that there is not, as a multiple of the highest cost."""


@dataclass(frozen=True)
class _Moves:
    """Moves of units, arrays of shape (n_moves,).

    `down` and `up` are cells, `when` and `into` runs by arrival, `source` and `target` their
    items; -1: given up, or not made yet.
    """

    sku: IntArray
    when: IntArray
    into: IntArray
    down: IntArray
    up: IntArray
    source: IntArray
    target: IntArray
    saved: FloatArray
    taken: FloatArray
    cost: FloatArray
    most: FloatArray

    def take(self, rows: IntArray) -> "_Moves":
        """Return some of them."""
        return _Moves(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Rows:
    """What runs take and must reach: arrays of shape (n_rows,), one row a cell first.

    Then comes a row for every MOQ of a group in a period: less pieces than it are over its limit.
    """

    used: FloatArray
    regular: FloatArray
    overtime: FloatArray
    over: FloatArray


def resize(
    known: Known, plans: Plans, prices: FloatArray, entries: Entries | None = None
) -> FloatArray:
    """Return whole quantities that use capacity best, with the runs of the plans.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        One plan for each SKU.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    entries : Entries, optional
        Limits on groups, whose MOQs are reached where that can be.

    Returns
    -------
    ndarray, shape (n_periods, n_skus)
        Units by the period in which they arrive.
    """
    brought = quantities(known, plans)
    used = loads(known, plans, np.zeros(known.n_skus, dtype=np.int64), 1)[0]
    over, beyond = _over_costs(known)
    rows = _Rows(used, known.regular.ravel(), known.overtime.ravel(), over)
    moves, short = _moves(known, plans, brought), np.empty(0, dtype=np.int64)
    if entries is not None:
        pieces = entries.pieces(known, plans, brought)
        rows, short = _with_moqs(rows, entries, pieces, beyond, known.n_periods)
    moves = _cheapest(known, moves, prices.ravel(), _fills(known, entries, moves, short))
    if not len(moves.sku):
        return brought
    effect = _effect(known, entries, moves, len(rows.used))
    units = _whole(effect, moves, _solve(effect, moves, rows, beyond), rows, beyond)
    gone, kept = moves.down >= 0, moves.up >= 0
    np.subtract.at(brought, (moves.when[gone], moves.sku[gone]), units[gone])
    np.add.at(brought, (moves.into[kept], moves.sku[kept]), units[kept])
    return np.asarray(brought)


def resources(known: Known, way: SmallIntArray, brought: FloatArray) -> float:
    """Return what the runs of quantities cost: set-ups, extra money and overtime.

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
    terms, made = known.terms, when - items.lead[item]
    usage = terms.unit_time[item] * brought[when, sku] + terms.setup_time[item, made]
    extra = np.bincount(cell, usage, known.regular.size) - known.regular.ravel()
    over, beyond = _over_costs(known)
    late = np.maximum(extra - known.overtime.ravel(), 0.0)
    overtime = (over * np.maximum(extra, 0.0) + beyond * late).sum()
    money = terms.setup_cost[item, made] + terms.extra[item, made] * brought[when, sku]
    return float(money.sum() + overtime)


def _moves(known: Known, plans: Plans, brought: FloatArray) -> _Moves:
    """Return every move: to the run before, to nothing, and back from what is lost."""
    sku, when = np.nonzero(plans.way.T >= 0)
    items = known.items
    item = known.item_at[plans.way[when, sku], sku]
    cell = items.line[item] * known.n_periods + when - items.lead[item]
    spare = brought[when, sku] - np.maximum(items.moq[item] * known.terms.good[item], 1)
    spare = np.where(items.multiple[item] == 1, spare, 0.0)
    after = np.flatnonzero(sku[1:] == sku[:-1]) + 1
    before = after - 1
    last = _last_served(plans)[when, sku]
    each = known.terms.extra[item, when - items.lead[item]]
    lost = known.worth[sku] - known.holding_cost[sku] * (last - when) - each
    more = _next_wanted(known)[last + 1, sku]
    inside = np.minimum(more, known.n_periods - 1)
    idle = (more < known.n_periods) & (plans.source[inside, sku] < 0)
    back = np.flatnonzero(idle & (items.multiple[item] == 1))
    won = known.worth[sku] - known.holding_cost[sku] * (inside - when) - each
    time = known.terms.unit_time[item]
    held = known.holding_cost[sku[after]] * (when[after] - when[before])
    held = held + each[before] - each[after]
    nothing = np.full(len(sku), -1, dtype=np.int64)
    parts = (
        (sku[after], sku, sku[back]),
        (when[after], when, nothing[back]),
        (when[before], nothing, when[back]),
        (cell[after], cell, nothing[back]),
        (cell[before], nothing, cell[back]),
        (item[after], item, nothing[back]),
        (item[before], nothing, item[back]),
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


def _cheapest(known: Known, moves: _Moves, prices: FloatArray, fills: BoolArray) -> _Moves:
    """Keep the moves that cost least at the prices, some for every pair of cells.

    The units of a run may be moved or given up, not both: the dearer way is left out, but never
    a move that fills an MOQ.
    """
    n_cells = known.regular.size
    price = np.append(prices, 0.0)
    reduced = moves.cost + moves.taken * price[moves.up] - moves.saved * price[moves.down]
    reduced /= np.maximum(np.maximum(moves.saved, moves.taken), 1e-12)
    reduced[fills] = -np.inf
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
    close = (np.arange(len(order)) - starts < _MOVES) | fills[rows[order]]
    return moves.take(np.sort(rows[order[close]]))


def _with_moqs(
    rows: _Rows, entries: Entries, pieces: FloatArray, beyond: float, n_periods: int
) -> tuple[_Rows, IntArray]:
    """Add a row for every group and period; return also which of these are not reached."""
    moq = np.repeat(entries.moq, n_periods)
    limit = np.where(pieces.ravel() > 0, -moq, np.inf)
    none = np.zeros(len(moq))
    added = (-pieces.ravel(), limit, none, np.full(len(moq), beyond))
    names = ("used", "regular", "overtime", "over")
    parts = [
        np.concatenate([getattr(rows, name), new]) for name, new in zip(names, added, strict=True)
    ]
    return _Rows(*parts), np.flatnonzero(-pieces.ravel() > limit)


def _fills(known: Known, entries: Entries | None, moves: _Moves, short: IntArray) -> BoolArray:
    """Say which moves bring pieces to a group that is short of its MOQ."""
    if entries is None or not len(short):
        return np.zeros(len(moves.sku), dtype=bool)
    row, move, _ = _group_effect(known, entries, moves.target, moves.up)
    fills = np.zeros(len(moves.sku), dtype=bool)
    fills[move[np.isin(row, short)]] = True
    return fills & (moves.down >= 0)


def _group_effect(
    known: Known, entries: Entries, item: IntArray, cell: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the group rows that a unit more of items touches: row, place of the item, pieces."""
    to_item, n_periods = entries.to_item, known.n_periods
    place = np.flatnonzero(item >= 0)
    start, count = to_item.indptr[item[place]], np.diff(to_item.indptr)[item[place]]
    each = np.repeat(np.arange(len(place)), count)
    offset = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
    entry = to_item.indices[start[each] + offset]
    row = entries.group[entry] * n_periods + cell[place][each] % n_periods
    return row, place[each], entries.weight[entry] / known.terms.good[item[place]][each]


def _effect(known: Known, entries: Entries | None, moves: _Moves, n_rows: int) -> csc_matrix:
    """Return what one unit of every move adds to every row."""
    gone, kept = np.flatnonzero(moves.down >= 0), np.flatnonzero(moves.up >= 0)
    row, column = [moves.down[gone], moves.up[kept]], [gone, kept]
    value = [-moves.saved[gone], moves.taken[kept]]
    if entries is not None:
        ends = ((moves.source, moves.down, 1.0), (moves.target, moves.up, -1.0))
        for item, cell, sign in ends:
            group, move, pieces = _group_effect(known, entries, item, cell)
            row.append(known.regular.size + group)
            column.append(move)
            value.append(sign * pieces)
    parts = (np.concatenate(part) for part in (row, column))
    shape = (n_rows, len(moves.sku))
    return csc_matrix((np.concatenate(value), tuple(parts)), shape=shape)


def _solve(effect: csc_matrix, moves: _Moves, rows: _Rows, beyond: float) -> FloatArray:
    """Return how many units to move, fractions allowed."""
    import highspy

    live = np.flatnonzero(np.isfinite(rows.regular))
    count, cells = len(moves.sku), len(live)
    slack = -identity(cells, format="csc")
    matrix = hstack([effect[live], slack, slack], format="csc")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count + 2 * cells, cells
    over = np.full(cells, beyond)
    lp.col_cost_ = np.concatenate([moves.cost, rows.over[live], over])
    lp.col_lower_ = np.zeros(count + 2 * cells)
    lp.col_upper_ = np.concatenate([moves.most, rows.overtime[live], np.full(cells, np.inf)])
    lp.row_lower_, lp.row_upper_ = np.full(cells, -np.inf), (rows.regular - rows.used)[live]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    solver = silent_solver({"presolve": "off"})
    solver.passModel(lp)
    run(solver, "size runs")
    found = np.array(solver.getSolution().col_value[:count], dtype=np.float64)
    return np.asarray(np.clip(found, 0.0, moves.most))


def _whole(
    effect: csc_matrix, moves: _Moves, units: FloatArray, rows: _Rows, beyond: float
) -> FloatArray:
    """Round every move down or up, the way that costs less, one after the other."""
    floor = np.floor(units + 1e-6)
    load = rows.used + effect @ floor

    def _cost(row: IntArray, change: FloatArray | float) -> float:
        extra = np.maximum(load[row] + change - rows.regular[row], 0.0)
        late = np.maximum(extra - rows.overtime[row], 0.0)
        return float((rows.over[row] * extra + beyond * late).sum())

    for place in np.flatnonzero(units - floor > 1e-6).tolist():
        part = slice(effect.indptr[place], effect.indptr[place + 1])
        row, change = effect.indices[part].astype(np.int64), effect.data[part]
        gain = _cost(row, 0.0) - _cost(row, change)
        if gain > moves.cost[place] and floor[place] + 1 <= moves.most[place]:
            floor[place] += 1
            load[row] += change
    return np.asarray(floor)


def _over_costs(known: Known) -> tuple[FloatArray, float]:
    """Return the cost of overtime by cell, and of capacity that there is not."""
    over = np.repeat(known.overtime_cost, known.n_periods)
    highest = max(float(over.max()), float(known.worth.max() / _least(known.terms.unit_time)))
    return over, _BEYOND * highest


def _least(times: FloatArray) -> float:
    positive = times[times > 0]
    return float(positive.min()) if len(positive) else 1.0
