"""What one more unit of capacity would earn, worked out from the plan that was chosen."""

from dataclasses import dataclass

import numpy as np

from c2m.production.limits import line_usage
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem
from c2m.production.surplus import surplus_changes

_SCARCE = 0.05
"""Share of a line's regular capacity below which what is left of it is what lots leave behind."""


@dataclass(frozen=True)
class CapacityWorth:
    """What one more unit of capacity would earn, and with what.

    Parameters
    ----------
    price : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity; 0 where there is capacity to spare.
    item : ndarray of int, shape (n_lines, n_periods)
        The item whose next lot would earn it; -1 where there is none.
    needs : ndarray, shape (n_lines, n_periods)
        Capacity that this lot takes, set-up included; 0 where there is none.
    """

    price: FloatArray
    item: IntArray
    needs: FloatArray


def capacity_worth(problem: Problem, made: IntArray) -> CapacityWorth:
    """Return what one more unit of each line's regular capacity would earn.

    It is the most that the next lot of any item that does not fit would bring, set-up included,
    for each unit of capacity that the lot takes. Where the lot would fit into overtime, no more
    than overtime costs is gained, and no less where overtime is worked. The prices by which a plan
    is found are not used: of a few items they say little.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.

    Returns
    -------
    CapacityWorth
        Of every line and period.
    """
    used = line_usage(problem, made)
    scarce = used >= problem.regular * (1.0 - _SCARCE)
    draft = Draft(problem, made)
    next_size, can = next_lots(problem, made, scarce)
    started = (made == 0) * problem.items.setup_time[:, None]
    more = problem.items.unit_time[:, None] * (next_size - made) + started
    can &= (problem.regular - used)[problem.items.line] < more * (1.0 - 1e-9)
    for number in range(len(problem.allowances)):
        left = draft.taken.limit[number] - draft.taken.used[number]
        can &= needs_of(draft, number, next_size) <= max(left, 0.0)
    surplus = surplus_changes(problem, made, next_size, can)
    in_overtime = (problem.limit - used)[problem.items.line] >= more
    cost = problem.overtime_cost
    best = np.zeros(problem.regular.shape)
    waiting = np.full(best.shape, -1, dtype=np.int64)
    slot = np.arange(problem.n_items) - np.searchsorted(problem.items.block, problem.items.block)
    for when in np.flatnonzero(can.any(axis=0)).tolist():
        for number in np.unique(slot[can[:, when]]).tolist():
            item = np.flatnonzero(can[:, when] & (slot == number))
            step, size = np.full(len(item), when), next_size[item, when]
            gain = draft.gains(Change(item, step, size)) - surplus[item, when]
            gain = gain / draft.usage_change(item, step, size)
            line = problem.items.line[item]
            gain = np.where(in_overtime[item, when], np.minimum(gain, cost[line]), gain)
            order = np.argsort(gain, kind="stable")  # of several entries the last one stays
            order = order[gain[order] > best[line[order], when]]
            best[line[order], when], waiting[line[order], when] = gain[order], item[order]
    overtime = used > problem.regular + 1e-6 * (1.0 + problem.limit)
    best = np.where(overtime, np.maximum(best, cost[:, None]), best)
    waiting = np.where(scarce, waiting, -1)
    needs = np.where(waiting >= 0, more[waiting, np.arange(problem.n_periods)], 0.0)
    return CapacityWorth(np.where(scarce, best, 0.0), waiting, needs)


def next_lots(problem: Problem, made: IntArray, scarce: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return the next larger size of every run, and where no limit of its own is in its way.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    scarce : ndarray of bool, shape (n_lines, n_periods)
        Lines and periods to look at.

    Returns
    -------
    size : ndarray of int, shape (n_items, n_periods)
        In units or packs.
    can : ndarray of bool, shape (n_items, n_periods)
        Where capacity and allowances alone could forbid it.
    """
    items = problem.items
    multiple, moq = items.multiple[:, None], items.moq[:, None]
    size = np.where(made > 0, made + multiple, moq)
    room = np.maximum(problem.limit[items.line] - items.setup_time[:, None], 0.0)
    fitting = np.floor(room / items.unit_time[:, None] + 1e-9).astype(np.int64)
    fitting -= fitting % multiple
    steps = np.arange(problem.n_periods)
    in_time = steps[None, :] + items.lead[:, None] < problem.n_periods
    can = scarce[items.line] & in_time & ((size <= items.most) | (items.most >= fitting))
    can |= scarce[items.line] & in_time & (fitting < moq)
    for group in problem.groups:
        pieces = group.weights @ made[group.items]
        after = pieces + group.weights[:, None] * (size - made)[group.items]
        can[group.items] &= np.asarray(group.allows(after))
    for prices in problem.price_lists:
        can[prices.items] &= ~prices.met(made[prices.items] > 0)
    return size, can


def needs_of(draft: Draft, number: int, size: IntArray) -> FloatArray:
    """Return what larger runs take more of an allowance.

    Parameters
    ----------
    draft : Draft
        The plan.
    number : int
        Entry of `Problem.allowances`.
    size : ndarray of int, shape (n_items, n_periods)
        New sizes, above 0.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        In the allowance's unit.
    """
    allowance, made = draft.problem.allowances[number], draft.made
    need = np.zeros(made.shape)
    mine, span = allowance.items, allowance.span
    need[mine, span] = allowance.per_unit * (size - made)[mine, span]
    need[mine, span] += allowance.setups[:, None] * (made[mine, span] == 0)
    return need


def displaced(problem: Problem, worth: CapacityWorth, item: IntArray, when: IntArray) -> list[str]:
    """Name the SKU that would be made next with the capacity, where it is another one.

    Parameters
    ----------
    problem : Problem
        The problem.
    worth : CapacityWorth
        What capacity would earn.
    item, when : ndarray of int, shape (n_runs,)
        Runs.

    Returns
    -------
    list of str
        A SKU for each run; empty for none.
    """
    waiting = worth.item[problem.items.line[item], when]
    blocks = problem.items.block
    starts = np.searchsorted(problem.members.item, np.arange(problem.n_items))
    other = (waiting >= 0) & (blocks[waiting] != blocks[item])
    skus = problem.members.sku[starts[waiting]]
    return [problem.skus[sku] if there else "" for sku, there in zip(skus, other, strict=True)]
