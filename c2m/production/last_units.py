"""What the last unit of a run brings, and what one more would: money by kind, unit by unit.

The last unit of a run is sold, or it is left at the end, and until then it is kept. Played over
the scenarios with and without it, the difference in money is

    last_unit = sale + left_over - making - holding,

and where nothing but capacity limits a run of divisible goods, it is what its capacity earns
elsewhere. What is over is the residual that whole units, lots, MOQs and other limits leave:

    last_unit = capacity + shared + residual,

with `shared` for what the materials and the money that it takes would earn.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.allowance_worth import AllowanceWorth
from c2m.production.evaluate import Money, arrivals, lost_so_far, money
from c2m.production.limits import limit_with_tolerance, line_usage
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem
from c2m.production.surplus import ordered_more, surplus_change
from c2m.production.worth import CapacityWorth, displaced

_MOST_CELLS: Final = 2_000_000
"""Entries times scenarios that are worked out at a time."""

_MAKING, _TOTAL = 3, 5
"""Places of two amounts in `UnitMoney`."""

_NOTHING: Final = 1e-9
"""Share of the money at hand that counts as rounding."""


@dataclass(frozen=True)
class UnitMoney:
    """What one unit of each run brings, by kind: arrays of shape (n_runs,), per piece.

    For a run of pre-packs the unit is a pack; its money is shared equally by its pieces.

    Parameters
    ----------
    sold : ndarray
        Chance that the unit is sold.
    sale, left_over, making, holding : ndarray
        What its sale brings (the penalty that it saves included), what it is worth at the end
        where it is left, what making it costs, and what keeping it costs.
    total : ndarray
        ``sale + left_over - making - holding``.
    """

    sold: FloatArray
    sale: FloatArray
    left_over: FloatArray
    making: FloatArray
    holding: FloatArray
    total: FloatArray


def unit_money(
    problem: Problem,
    made: IntArray,
    item: IntArray,
    when: IntArray,
    *,
    more: bool,
    lots: IntArray | None = None,
) -> UnitMoney:
    """Return what a unit of each run brings: the last one, or one more.

    Set-ups are left out: a run has one whatever its size. So is the capacity that the unit takes.
    Material that is paid anyway, as it would be left of a whole order, costs nothing in making.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.
    item, when : ndarray of int, shape (n_runs,)
        The runs.
    more : bool
        Whether it is one more unit or pack, or the last of those that are made.
    lots : ndarray of int, shape (n_runs,), optional
        So many units or packs instead of one, no more than are made: what each brings on average.

    Returns
    -------
    UnitMoney
        Per piece.
    """
    cumulative = arrivals(problem, made).cumsum(axis=1)
    lost = lost_so_far(problem, cumulative)
    count = np.ones(len(item), dtype=np.int64) if lots is None else lots
    run, member = _entries(problem, item)
    totals = np.zeros((6, len(item)))
    step = max(_MOST_CELLS // problem.n_scenarios, 1)
    for first in range(0, len(run), step):
        here = slice(first, first + step)
        units = problem.members.units[member[here]] * count[run[here]]
        parts = _change(problem, cumulative, lost, member[here], when[run[here]], units, more=more)
        for total, part in zip(totals, parts, strict=True):
            np.add.at(total, run[here], part)
    sign = 1 if more else -1
    surplus = surplus_change(problem, made, item, when, made[item, when] + sign * count)
    extra = problem.items.extra[item, when] * count + sign * surplus
    totals[_MAKING] += extra
    totals[_TOTAL] -= extra
    return UnitMoney(*(totals / (pieces_of(problem)[item] * count)))


def _entries(problem: Problem, item: IntArray) -> tuple[IntArray, IntArray]:
    """Return for every SKU of every run the number of the run and the entry of the members."""
    starts = np.searchsorted(problem.members.item, np.arange(problem.n_items + 1))
    count = starts[item + 1] - starts[item]
    run = np.repeat(np.arange(len(item)), count)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    return run, np.repeat(starts[item], count) + offset


def _change(
    problem: Problem,
    cumulative: FloatArray,
    lost: FloatArray,
    member: IntArray,
    when: IntArray,
    units: FloatArray,
    *,
    more: bool,
) -> tuple[FloatArray, ...]:
    """Return what some units of a run bring their SKU, in the order of `UnitMoney`."""
    sku = problem.members.sku[member]
    comes = np.arange(problem.n_periods) >= (when + problem.members.lead[member])[:, None]
    other = cumulative[sku] + np.where(comes, units[:, None] if more else -units[:, None], 0.0)
    other_lost = lost_so_far(problem, other, sku)
    sign = 1.0 if more else -1.0
    before = money(problem, cumulative[sku], lost[sku], sku)
    after = money(problem, other, other_lost, sku)
    sold = sign * (lost[sku, -1] - other_lost[:, -1])
    return (sold, *(sign * part for part in _difference(before, after)))


def _difference(before: Money, after: Money) -> tuple[FloatArray, ...]:
    return (
        (after.revenue - after.penalty) - (before.revenue - before.penalty),
        after.end_value - before.end_value,
        after.production - before.production,
        after.holding - before.holding,
        after.profit - before.profit,
    )


def pieces_of(problem: Problem) -> FloatArray:
    """Return the pieces that are begun in one unit or pack of each item.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_items,)
        1 but for pre-packs.
    """
    members = problem.members
    return np.bincount(members.item, members.pieces, problem.n_items).astype(np.float64)


def first_sku(problem: Problem, item: int) -> str:
    """Return the code of an item's first SKU.

    Parameters
    ----------
    problem : Problem
        The problem.
    item : int
        The item.

    Returns
    -------
    str
        Its code.
    """
    member = int(np.searchsorted(problem.members.item, item))
    return problem.skus[int(problem.members.sku[member])]


@dataclass(frozen=True)
class _Beyond:
    """What units bring beyond what they take of capacity and allowances, per piece, (n_runs,).

    Parameters
    ----------
    last, more, last_lot, more_lot : ndarray
        The last unit, one more, the last multiple, and one multiple more.
    too_little : ndarray of bool
        Where a lot less would pay if it freed enough of the line for the lot that waits.
    order, order_cost : list of str, ndarray
        The material of which a lot more needs a whole order, and what is left of that order.
    """

    last: FloatArray
    more: FloatArray
    last_lot: FloatArray
    more_lot: FloatArray
    too_little: BoolArray
    order: list[str]
    order_cost: FloatArray


def _binding_limits(
    problem: Problem,
    made: IntArray,
    shared: AllowanceWorth,
    item: IntArray,
    when: IntArray,
    beyond: _Beyond,
) -> tuple[list[str], FloatArray]:
    """Say which limit holds each run at its size, and what a piece of it would bring.

    The names are ``"demand"`` where another unit stops paying; ``"capacity"``; the kind and name
    of an allowance, as in ``"material FLEECE"``; ``"moq"``, ``"lot_multiple"``, ``"max_lot"`` or
    ``"group"``; ``"order"`` and a material of which a lot more needs a whole order; ``"next_lot"``
    where a lot less would free too little capacity for the lot that waits for it; ``"search"``
    where nothing forbids a change that seems to pay by itself.
    """
    items, size = problem.items, made[item, when]
    multiple, most = items.multiple[item], items.most[item, when]
    line = items.line[item]
    slack = (limit_with_tolerance(problem) - line_usage(problem, made))[line, when]
    small = _NOTHING * (1.0 + np.abs(beyond.last) + np.abs(beyond.more))
    less, grow = beyond.last < -small, beyond.more > small
    lot_less, lot_more = less & (beyond.last_lot < -small), beyond.more_lot > small
    full = slack < items.unit_time[item] * multiple
    held = (less | grow) & _in_group(problem, made, item, when)
    total, least, largest = _whole_runs(problem, made, item, when)
    blocked, charged = shared.blocked[item, when], shared.charge[item, when] > 0
    order = np.array([f"order {name}" if name else "" for name in beyond.order], dtype=object)
    stops = (order != "") & ~lot_more & (beyond.more_lot + beyond.order_cost > small)
    cases = [
        ("group", held),
        ("moq", less & (total - multiple < least)),
        *(
            (f"{allowance.kind} {allowance.name}", (lot_more | charged & ~less) & (blocked == n))
            for n, allowance in enumerate(problem.allowances)
        ),
        ("capacity", lot_more & full),
        ("max_lot", lot_more & ((size + multiple > most) | (total + multiple > largest))),
        ("lot_multiple", (less | grow & ~stops) & (multiple > 1) & ~lot_less & ~lot_more),
        ("next_lot", beyond.too_little),
        ("search", less | grow & ~stops),
    ]
    names = np.full(len(item), "demand", dtype=object)
    names[stops] = order[stops]
    for name, rows in reversed(cases):
        names[rows] = name
    prices = np.where(less, -beyond.last, np.where(grow, beyond.more, 0.0))
    return names.tolist(), prices


def _in_group(problem: Problem, made: IntArray, item: IntArray, when: IntArray) -> BoolArray:
    """Say which runs are in a group that does not allow one unit or pack more, or less."""
    held = np.zeros(made.shape, dtype=bool)
    for group in problem.groups:
        if group.split:
            continue
        pieces = group.weights @ made[group.items]
        for sign in (1, -1):
            held[group.items] |= ~group.allows(pieces + sign * group.weights[:, None])
    return np.asarray(held[item, when])


def _whole_runs(
    problem: Problem, made: IntArray, item: IntArray, when: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return size, MOQ and largest lot of whole runs, which modes may share."""
    total = made.copy()
    least = np.array(problem.items.moq, copy=True)
    largest = np.full(len(least), np.inf)
    for group in problem.groups:
        if group.split:
            total[group.items] = group.weights @ made[group.items]
            least[group.items] = np.maximum(least[group.items], group.moq)
            largest[group.items] = np.minimum(largest[group.items], group.max_lot)
    return total[item, when], least[item], largest[item]


def run_identity(
    problem: Problem,
    made: IntArray,
    worth: CapacityWorth,
    shared: AllowanceWorth,
    item: IntArray,
    when: IntArray,
) -> dict[str, FloatArray | list[str]]:
    """Return the identity of the last unit of each run.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.
    worth : CapacityWorth
        What capacity would earn.
    shared : AllowanceWorth
        What allowances would earn.
    item, when : ndarray of int, shape (n_runs,)
        The runs.

    Returns
    -------
    dict
        Columns of `c2m.plan.REASONS`, each of shape (n_runs,).
    """
    last = unit_money(problem, made, item, when, more=False)
    more = unit_money(problem, made, item, when, more=True).total
    charge, withheld = _capacity_charge(problem, made, worth, item, when)
    taken = shared.charge[item, when] / pieces_of(problem)[item]
    residual, over = last.total - charge - taken, more - charge - taken
    lots = problem.items.multiple[item]
    larger = made[item, when] + lots
    too_little = (withheld > 0) & (residual < withheld)
    order = ordered_more(problem, made, item, when, larger)
    left = surplus_change(problem, made, item, when, larger) / (pieces_of(problem)[item] * lots)
    of_lots = _of_lots(problem, made, item, when, residual, over, charge + taken)
    beyond = _Beyond(residual, over, *of_lots, too_little, order, np.maximum(left, 0.0))
    names, prices = _binding_limits(problem, made, shared, item, when, beyond)
    names = [
        "capacity" if name == "demand" and paid > 0 else name
        for name, paid in zip(names, charge, strict=True)
    ]
    return {
        "one_more": more,
        "last_unit": last.total,
        "p_sell": last.sold,
        "sale": last.sale,
        "left_over": last.left_over,
        "making": last.making,
        "holding": last.holding,
        "capacity": charge,
        "shared": taken,
        "residual": residual,
        "binding": names,
        "binding_price": _with_charge(names, charge, taken) + prices,
        "displaced": displaced(problem, worth, item, when),
    }


def _of_lots(
    problem: Problem,
    made: IntArray,
    item: IntArray,
    when: IntArray,
    last: FloatArray,
    more: FloatArray,
    charge: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return what the last lot and one more bring beyond their charge, where a unit would pay."""
    lots, found = problem.items.multiple[item], [last.copy(), more.copy()]
    for value, rows in zip(found, ((last < 0) & (lots > 1), (more > 0) & (lots > 1)), strict=True):
        one, step, size = item[rows], when[rows], lots[rows]
        grow = value is found[1]
        size = size if grow else np.minimum(size, made[one, step])
        value[rows] = unit_money(problem, made, one, step, more=grow, lots=size).total
        value[rows] -= charge[rows]
    return found[0], found[1]


def _capacity_charge(
    problem: Problem, made: IntArray, worth: CapacityWorth, item: IntArray, when: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return what the capacity of a piece would earn, and what it cannot as it frees too little.

    What a lot less frees earns its price if that is enough for the lot that waits; if not, it
    saves the overtime that is worked.
    """
    items, line = problem.items, problem.items.line[item]
    used = line_usage(problem, made)[line, when]
    freed = items.unit_time[item] * items.multiple[item]
    slack = limit_with_tolerance(problem)[line, when] - used
    enough = slack + freed >= worth.needs[line, when]
    worked = used > problem.regular[line, when] * (1.0 + _NOTHING)
    price = worth.price[line, when]
    saved = np.minimum(price, np.where(worked, problem.overtime_cost[line], 0.0))
    each = items.unit_time[item] / pieces_of(problem)[item]
    paid = np.where(enough, price, saved)
    return paid * each, (price - paid) * each


def _with_charge(names: list[str], charge: FloatArray, taken: FloatArray) -> FloatArray:
    """Return what a piece of room in capacity or an allowance earns by its price alone."""
    shared = np.array([" " in name for name in names], dtype=bool)  # kind and name
    own = np.array([name == "capacity" for name in names], dtype=bool)
    return np.where(own, charge, np.where(shared, taken, 0.0))
