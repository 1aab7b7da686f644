"""Open or close a group's period where that lets other runs earn more.

Run by run, a group with a large MOQ neither starts nor ends: its first small run is below the
MOQ, and its last ones are worth more than nothing. Here all runs of a period go at once, or start
at the MOQ; the plan is made to fit, and the few most hopeful are improved run by run.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.problem import FloatArray, GroupLimit, IntArray, Problem

_ROUNDS: Final = 3
"""Changes of groups that are made at most."""

_TRIED: Final = 4
"""The most hopeful changes, which are improved run by run."""

_WORK: Final = 10_000_000
"""Numbers of SKUs, periods, paths and changes tried, multiplied, up to which a round is made with
all paths; beyond it, with some of them."""

_LEAST: Final = 20
"""Paths below which none of this is tried."""

_SHARES: Final = (0.25, 0.0)
"""Step sizes of that improvement."""


def regroup(problem: Problem, made: IntArray, prices: FloatArray) -> IntArray:
    """Open and close the periods of groups with a MOQ while that earns more.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        A plan that holds every limit.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        A plan that holds them too, and earns no less.
    """
    some = _with_fewer_paths(problem)
    if some is None:
        return made
    best, value = made, Draft(problem, made).profit()
    for _ in range(_ROUNDS):
        drafts = list(_changed(some, best))
        drafts.sort(key=lambda draft: -_hope(draft, prices))
        found, most = best, value
        for draft in drafts[:_TRIED]:
            plan = improve(Draft(problem, draft.made), prices, _SHARES)
            if (profit := Draft(problem, plan).profit()) > most:
                found, most = plan, profit
        if found is best:
            break
        best, value = found, most
    return best


def _with_fewer_paths(problem: Problem) -> Problem | None:
    """Return the problem with so many of its paths that a round is quick; None if too few."""
    tried = sum(_may_start(problem, group) for group in problem.groups) * problem.n_periods
    work = tried * problem.n_skus * problem.n_periods
    count = min(problem.n_scenarios, _WORK // max(work, 1))
    if tried == 0 or count < min(_LEAST, problem.n_scenarios):
        return None
    if count == problem.n_scenarios:
        return problem
    rows = np.arange(count) * problem.n_scenarios // count
    net = np.ascontiguousarray(problem.net[:, :, rows])
    return replace(problem, net=net, mean_net=np.ascontiguousarray(net.mean(axis=2).T))


def _hope(draft: Draft, prices: FloatArray) -> float:
    """Return the profit, and what the capacity that is left may earn."""
    return draft.profit() - float((prices * draft.used).sum())


def _may_start(problem: Problem, group: GroupLimit) -> bool:
    """Say whether a group has a MOQ that several SKUs or packs share."""
    return group.moq > 1 and len(np.unique(problem.items.block[group.items])) > 1


def _changed(problem: Problem, made: IntArray) -> Iterator[Draft]:
    """Yield the plans with one period of a group closed or opened."""
    for group in problem.groups:
        if not _may_start(problem, group):
            continue
        for when in range(problem.n_periods):
            draft = Draft(problem, made)
            if not made[group.items, when].any():
                _open(draft, group, when)
            else:
                for item in group.items[made[group.items, when] > 0].tolist():
                    draft.apply([(item, when, 0)])
            repair(draft)
            if not np.array_equal(draft.made, made):
                yield draft


def _open(draft: Draft, group: GroupLimit, when: int) -> None:
    """Start runs of the group that make its MOQ together, each by the way that earns most."""
    items = draft.problem.items
    block = items.block[group.items]
    part = -(-group.moq // len(np.unique(block)))
    for number in np.unique(block).tolist():
        mine = group.items[(block == number) & (items.most[group.items, when] > 0)]
        step = items.multiple[mine]
        weight = group.weights[np.isin(group.items, mine)]
        size = np.maximum(-(-part // (weight * step)) * step, items.moq[mine])
        fits = size <= items.most[mine, when]
        sizes = list(zip(mine[fits].tolist(), size[fits].tolist(), strict=True))
        if sizes:
            draft.apply([max(((i, when, s) for i, s in sizes), key=lambda run: _gain(draft, *run))])


def _gain(draft: Draft, item: int, when: int, size: int) -> float:
    return float(draft.gains(Change(*(np.array([each]) for each in (item, when, size))))[0])
