"""Plans whose materials come in whole orders: what is bought and not used is used, or not bought.

A minimum order or a multiple makes the last order of a material larger than what is needed. Either
runs grow while the surplus lasts, since it is paid for, or runs shrink until one order less will
do, those first that lose the least per unit of material; the better of the two is kept where it
earns more.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from c2m.production.bought import Bought, orders_of, surplus_cost
from c2m.production.evaluate import profit
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import FloatArray, IntArray, Problem

_MOST: Final = 2_000
"""SKUs up to which this is tried: with more, the surplus is a small part of the money."""

_PASSES: Final = 12
"""How often a material is looked at, at most."""

_SHARES: Final = (0.5, 0.2, 0.05, 0.0)
"""Steps in which runs change, as shares of what is still to be used or saved; 0 is one lot."""

_SWEEPS: Final = 8
"""How often a step is tried again, at most."""

_HAIR: Final = 1e-9
"""Share of a quantity that counts as rounding."""


def with_whole_orders(
    problem: Problem, made: IntArray, other_cost: Callable[[IntArray], float] | None = None
) -> IntArray:
    """Change runs where the surplus of a material's orders is better used, or not bought.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.
    other_cost : callable, optional
        Returns what a plan costs besides, as for its changes to an older one.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        A plan that holds them too, and earns no less once the surplus and all other cost is paid.
    """
    if not problem.bought or problem.n_skus > _MOST:
        return made

    def _worth(plan: IntArray) -> float:
        return profit_less_surplus(problem, plan) - (other_cost(plan) if other_cost else 0.0)

    best, value = made, _worth(made)
    for _ in range(_PASSES):
        plans = [
            _moved(problem, best, material, grow)
            for material in problem.bought
            if orders_of(material, best).cost > 0.0
            for grow in (True, False)
        ]
        values = [_worth(plan) for plan in plans]
        if not values or max(values) <= value + _HAIR * (1.0 + abs(value)):
            break
        best, value = plans[int(np.argmax(values))], max(values)
    return best


def profit_less_surplus(problem: Problem, made: IntArray) -> float:
    """Return the expected profit once what is bought and not used is paid.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        A plan.

    Returns
    -------
    float
        Money.
    """
    return profit(problem, made) - surplus_cost(problem.bought, made)


def _moved(problem: Problem, made: IntArray, material: Bought, grow: bool) -> IntArray:
    """Return the plan with the surplus used up by larger runs, or with the last order smaller."""
    amount = orders_of(material, made).left if grow else _to_save(material, made)
    draft = Draft(_paid(problem, material) if grow else problem, made)
    weight = np.zeros(problem.n_items)
    weight[material.items] = material.weights
    hair = _HAIR * (1.0 + amount)
    for share in _SHARES:
        for _ in range(_SWEEPS):
            if amount <= hair:
                return draft.made
            changed = _sweep(draft, weight, amount, share, grow)
            amount -= changed
            if changed <= 0.0:
                break
    return draft.made


def _to_save(material: Bought, made: IntArray) -> float:
    """Return how much less must be used so that the last order may be a step smaller."""
    orders = orders_of(material, made)
    last = float(orders.ordered[np.flatnonzero(orders.ordered)[-1]])
    smaller = last - material.multiple if material.multiple > 0 else 0.0
    smaller = max(smaller, material.moq) if last > material.moq else 0.0
    return last - smaller - orders.left


def _paid(problem: Problem, material: Bought) -> Problem:
    """Return the problem in which the material costs nothing more: it is there."""
    extra = np.array(problem.items.extra)
    extra[material.items] -= material.weights[:, None] * material.unit_cost
    return replace(problem, items=replace(problem.items, extra=extra))


def _sweep(draft: Draft, weight: FloatArray, amount: float, share: float, grow: bool) -> float:
    """Change each SKU or pack once at most, the best first; return how much material it moved."""
    moved, seen = 0.0, set()
    block = draft.problem.items.block
    for gain, item, when, size in _ranked(draft, weight, amount * share, grow):
        use = float(weight[item]) * abs(size - int(draft.made[item, when]))
        if int(block[item]) in seen or (grow and moved + use > amount):
            continue
        cost = draft.cost_if_fits([(item, when, size)])
        if cost is None or (grow and gain <= cost):
            continue
        draft.apply([(item, when, size)])
        seen.add(int(block[item]))
        moved += use
        if not grow and moved >= amount:
            break
    return moved


def _ranked(
    draft: Draft, weight: FloatArray, amount: float, grow: bool
) -> list[tuple[float, int, int, int]]:
    """Return changes of single runs, those that bring the most per unit of material first."""
    items = draft.problem.items
    slot = np.arange(len(items.block)) - np.searchsorted(items.block, items.block)
    found: list[tuple[float, float, int, int, int]] = []
    for number in range(int(slot.max(initial=0)) + 1):
        mine = np.flatnonzero((slot == number) & (weight > 0))
        for when in range(draft.problem.n_periods):
            item = mine[items.most[mine, when] > 0]
            size = _sizes(draft, item, when, amount / weight[item], grow)
            change = size != draft.made[item, when]
            found += _gains(draft, weight, item[change], when, size[change])
    found.sort(key=lambda row: (-row[0], row[2:]))
    return [row[1:] for row in found]


def _sizes(draft: Draft, item: IntArray, when: int, step: FloatArray, grow: bool) -> IntArray:
    """Return each run a step larger or smaller, within the item's own limits."""
    items, now = draft.problem.items, draft.made[item, when]
    multiple, moq = items.multiple[item], items.moq[item]
    lots = np.maximum(step // multiple, 1.0).astype(np.int64) * multiple
    if grow:
        return np.asarray(np.minimum(np.maximum(now + lots, moq), items.most[item, when]))
    less = np.maximum(now - lots, 0)
    return np.asarray(np.where(less < moq, np.where(now > moq, moq, 0), less))


def _gains(
    draft: Draft, weight: FloatArray, item: IntArray, when: int, size: IntArray
) -> list[tuple[float, float, int, int, int]]:
    """Return for each change what it brings per unit of material and in all, and the run."""
    if not len(item):
        return []
    gain = draft.gains(Change(item, np.full(len(item), when), size))
    rate = gain / (weight[item] * np.abs(size - draft.made[item, when]))
    runs = zip(rate.tolist(), gain.tolist(), item.tolist(), size.tolist(), strict=True)
    return [(each, total, one, when, units) for each, total, one, units in runs]
