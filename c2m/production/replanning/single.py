"""What the changes to one SKU (or pre-pack) bring by themselves, materials that are left included.

A block is set back to its old runs while all others stay as they are in the new plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from c2m.production.bought import orders_of
from c2m.production.evaluate import block_values
from c2m.production.lotsizing.draft import Draft
from c2m.production.problem import IntArray, Problem
from c2m.production.replanning.calm import Calm, Part, cost_of

_HAIR = 1e-9
"""Share of a plan's profit that counts as rounding."""


@dataclass(frozen=True)
class Back:
    """A block that may be set back to its old runs.

    Parameters
    ----------
    block : int
        The block.
    parts : tuple of (item, period, old size)
        Its runs that have another size now.
    brings : float
        What its new runs bring more than its old ones, as expected profit; NaN where the old ones
        do not fit.
    """

    block: int
    parts: tuple[Part, ...]
    brings: float


def set_back(problem: Problem, made: IntArray, calm: Calm) -> list[Back]:
    """Set back each block that is not as it was, by itself.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.
    calm : Calm
        The old plan.

    Returns
    -------
    list of Back
        By block.
    """
    other = calm.other(made)[calm.place] & calm.counts
    before = np.where(other, calm.old, made)
    earned = block_values(problem, made) - block_values(problem, before)
    draft, of_block = Draft(problem, made), problem.items.block
    cells = np.argwhere(before != made)
    parts: dict[int, list[Part]] = {}
    for item, when in cells.tolist():
        part = item, when, int(before[item, when])
        parts.setdefault(int(of_block[item]), []).append(part)
    return [
        Back(block, tuple(parts[block]), _brings(draft, parts[block], float(earned[block])))
        for block in sorted(parts)
    ]


def take_back(problem: Problem, made: IntArray, calm: Calm) -> IntArray:
    """Set back those blocks whose changes bring less than they cost.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.
    calm : Calm
        The old plan, and what a change costs.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        A plan that holds them too; its profit less surplus materials and changes is no lower.
    """
    if not problem.bought:  # without materials this was looked at step by step
        return made
    best, value = made, calm.net(problem, made)
    backs = [each for each in set_back(problem, made, calm) if not isnan(each.brings)]
    for back in sorted(backs, key=lambda each: each.brings):
        if back.brings > calm.cost * len(back.parts):
            break
        if cost_of(Draft(problem, best), back.parts) is None:
            continue
        plan = with_parts(best, back.parts)
        net = calm.net(problem, plan)
        if net > value + _HAIR * (1.0 + abs(value)):
            best, value = plan, net
    return best


def sizes_hold(problem: Problem, parts: Sequence[Part]) -> bool:
    """Say whether runs hold the limits of their own sizes.

    Parameters
    ----------
    problem : Problem
        The problem.
    parts : sequence of (item, period, size)
        Runs.

    Returns
    -------
    bool
        False where one is too small, too large, or no multiple.
    """
    items = problem.items
    return all(
        size == 0
        or (items.moq[item] <= size <= items.most[item, when] and size % items.multiple[item] == 0)
        for item, when, size in parts
    )


def with_parts(made: IntArray, parts: Sequence[Part]) -> IntArray:
    """Return a plan in which some runs have another size.

    Parameters
    ----------
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    parts : sequence of (item, period, size)
        Runs.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Another one.
    """
    plan = made.copy()
    for item, when, size in parts:
        plan[item, when] = size
    return plan


def _brings(draft: Draft, parts: list[Part], earned: float) -> float:
    cost = cost_of(draft, parts) if sizes_hold(draft.problem, parts) else None
    if cost is None:
        return float("nan")
    return earned + cost + _surplus_change(draft, parts)


def _surplus_change(draft: Draft, parts: list[Part]) -> float:
    """Return how much more would be paid for materials left over."""
    if not draft.problem.bought:
        return 0.0
    plan = with_parts(draft.made, parts)
    pairs = [
        (orders_of(each, plan).cost, orders_of(each, draft.made).cost)
        for each in draft.problem.bought
    ]
    return float(sum(then - now for then, now in pairs))
