"""What one more unit of an allowance would earn, worked out from the plan that was chosen."""

from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem
from c2m.production.surplus import surplus_changes
from c2m.production.worth import needs_of, next_lots

_HAIR = 1e-9
"""Share of a quantity that counts as rounding."""


@dataclass(frozen=True)
class AllowanceWorth:
    """What more of each allowance would earn, and with what.

    Parameters
    ----------
    price : ndarray, shape (n_allowances,)
        Money per unit of the allowance; 0 where there is enough of it.
    item : ndarray of int, shape (n_allowances,)
        The item whose next lot would earn it; -1 where there is none.
    when, size : ndarray of int, shape (n_allowances,)
        Period and new size of that run; 0 where there is none.
    needs : ndarray, shape (n_allowances,)
        What that lot takes of the allowance beyond what is left of it; 0 where there is none.
    blocked : ndarray of int, shape (n_items, n_periods)
        The allowance that leaves no room for the next lot of an item; -1 for none. Of several it
        is the dearest.
    charge : ndarray, shape (n_items, n_periods)
        What a unit or pack takes of allowances, at their prices, where a lot less would free
        enough for the lot that waits.
    """

    price: FloatArray
    item: IntArray
    when: IntArray
    size: IntArray
    needs: FloatArray
    blocked: IntArray
    charge: FloatArray


def allowance_worth(problem: Problem, made: IntArray) -> AllowanceWorth:
    """Return what one more unit of each allowance would earn.

    It is the most that the next lot of any item would bring for each unit of the allowance that
    the lot takes, where nothing but the material, budget or group of that name is in its way.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.

    Returns
    -------
    AllowanceWorth
        Of every allowance.
    """
    count = len(problem.allowances)
    price, needs, item = np.zeros(count), np.zeros(count), np.full(count, -1, dtype=np.int64)
    when, new = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    blocked = np.full(made.shape, -1, dtype=np.int64)
    if count == 0:
        return AllowanceWorth(price, item, when, new, needs, blocked, np.zeros(made.shape))
    draft = Draft(problem, made)
    size, can = next_lots(problem, made, np.ones(problem.regular.shape, dtype=bool))
    stops = _stops(draft, size)
    alone = _names_that_stop(problem, stops) == 1
    gain = _gains(draft, size, can & alone & _has_capacity(draft, size))
    for number, where in stops.items():
        need = np.maximum(needs_of(draft, number, size), 1e-12)
        each = np.where(where & alone, gain, 0.0) / need
        best = int(each.argmax())
        if each.flat[best] > 0:
            price[number], new[number] = each.flat[best], size.flat[best]
            item[number], when[number] = divmod(best, problem.n_periods)
            left = draft.taken.limit[number] - draft.taken.used[number]
            needs[number] = float(need.flat[best]) - max(float(left), 0.0)
    for number in sorted(stops, key=lambda each: float(price[each])):
        blocked[stops[number]] = number
    charge = _charge(problem, price, needs)
    return AllowanceWorth(price, item, when, new, needs, blocked, charge)


def _stops(draft: Draft, size: IntArray) -> dict[int, BoolArray]:
    """Return for each allowance that is short where it leaves no room for the next lot."""
    stops = {}
    for number in range(len(draft.problem.allowances)):
        left = draft.taken.limit[number] - draft.taken.used[number]
        where = needs_of(draft, number, size) > max(left, 0.0)
        if where.any():
            stops[number] = where
    return stops


def _names_that_stop(problem: Problem, stops: dict[int, BoolArray]) -> IntArray:
    """Return how many materials, budgets and groups leave no room, (n_items, n_periods)."""
    of_name: dict[tuple[str, str], BoolArray] = {}
    for number, where in stops.items():
        key = problem.allowances[number].kind, problem.allowances[number].name
        of_name[key] = of_name[key] | where if key in of_name else where
    count = np.zeros(problem.items.most.shape, dtype=np.int64)
    for where in of_name.values():
        count += where
    return count


def _has_capacity(draft: Draft, size: IntArray) -> BoolArray:
    """Say where lines have room for the next lots, overtime included."""
    items, line = draft.problem.items, draft.problem.items.line
    more = items.unit_time[:, None] * (size - draft.made)
    more = more + items.setup_time[:, None] * (draft.made == 0)
    return np.asarray(draft.used[line] + more <= draft.limit[line])


def _gains(draft: Draft, size: IntArray, where: BoolArray) -> FloatArray:
    """Return what next lots bring, overtime paid; 0 where not asked for."""
    problem, gain = draft.problem, np.zeros(size.shape)
    surplus = surplus_changes(problem, draft.made, size, where)
    slot = np.arange(problem.n_items) - np.searchsorted(problem.items.block, problem.items.block)
    for when in np.flatnonzero(where.any(axis=0)).tolist():
        for number in np.unique(slot[where[:, when]]).tolist():
            item = np.flatnonzero(where[:, when] & (slot == number))
            step, new = np.full(len(item), when), size[item, when]
            line = problem.items.line[item]
            used, regular = draft.used[line, when], problem.regular[line, when]
            after = used + draft.usage_change(item, step, new)
            hours = np.maximum(after - regular, 0.0) - np.maximum(used - regular, 0.0)
            worth = draft.gains(Change(item, step, new)) - surplus[item, when]
            gain[item, when] = np.maximum(worth - problem.overtime_cost[line] * hours, 0.0)
    return gain


def _charge(problem: Problem, price: FloatArray, needs: FloatArray) -> FloatArray:
    """Return what a unit takes of allowances at their prices; nested ones of a name count once.

    What a lot less would free is worth something where it is enough for the lot that waits.
    """
    charge = np.zeros(problem.items.most.shape)
    names = sorted({(each.kind, each.name) for each in problem.allowances})
    for name in names:
        dearest = np.zeros_like(charge)
        for number, each in enumerate(problem.allowances):
            if (each.kind, each.name) == name and price[number] > 0:
                mine = dearest[each.items, each.span]
                freed = each.per_unit * problem.items.multiple[each.items, None]
                enough = freed >= needs[number] * (1.0 - _HAIR)
                paid = np.broadcast_to(price[number] * each.per_unit * enough, mine.shape)
                dearest[each.items, each.span] = np.maximum(mine, paid)
        charge += dearest
    return charge
