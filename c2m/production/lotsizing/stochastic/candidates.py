"""The plans that are compared: for the scenarios, the mean, quantiles of demand, and no run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.lotsizing.dp import BlockView, block_view
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.prices import (
    Pool,
    empty_pool,
    master_prices,
    price_capacity,
    reduced_values,
)
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.select import pick_columns
from c2m.production.lotsizing.solution import Progress
from c2m.production.lotsizing.stochastic.articles import articles_at, brought_by, whole_runs
from c2m.production.lotsizing.stochastic.group_moves import move_groups
from c2m.production.lotsizing.stochastic.group_setups import with_group_setups
from c2m.production.lotsizing.stochastic.patterns import best_patterns
from c2m.production.lotsizing.unsplit import without_splits
from c2m.production.problem import FloatArray, IntArray, Problem

_LEVELS = {"mean": None, "q75": 0.75, "q90": 0.9}
"""Plans for one path: the mean demand so far, and quantiles of it."""

FEW = 50
"""Blocks up to which one choice counts, so that more is tried."""


@dataclass(frozen=True)
class Candidate:
    """A plan that holds every limit.

    Parameters
    ----------
    name : str
        What it was made for.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    pool : Pool
        The columns that it was picked from.
    """

    name: str
    made: IntArray
    prices: FloatArray
    pool: Pool


@dataclass(frozen=True)
class _Effort:
    """How hard to look for a plan."""

    rounds: int  # of the programme that prices capacity
    searches: int  # of neighbours, each at new prices
    tried: int
    kept: int
    starts: int  # of the pick
    shares: tuple[float, ...]  # step sizes of the improvement; none for none
    improved: int = 1  # picks that are improved where groups have set-ups; 2 or more: by moves too


def candidate_plans(problem: Problem, view: BlockView, progress: Progress) -> list[Candidate]:
    """Return the plans for the scenarios, for single paths, and the empty one.

    Parameters
    ----------
    problem : Problem
        The problem.
    view : BlockView
        Its blocks.
    progress : callable
        Told what is being done.

    Returns
    -------
    list of Candidate
        ``"scenarios"`` first, then ``"mean"``, ``"q75"``, ``"q90"`` where there is more than one
        scenario, then ``"nothing"``.
    """
    progress("the plan for the scenarios")
    first = _plan(problem, view, _effort(problem), "scenarios")
    found = [first]
    if problem.n_scenarios > 1:
        for name, level in _LEVELS.items():
            progress(f"the plan for the {name} demand")
            found.append(point_plan(problem, name, level, first.prices))
    nothing = np.zeros_like(first.made)
    return [*found, Candidate("nothing", nothing, first.prices, first.pool)]


def point_plan(problem: Problem, name: str, level: float | None, start: FloatArray) -> Candidate:
    """Return the plan for one path of demand.

    Parameters
    ----------
    problem : Problem
        The problem.
    name : str
        Of the candidate.
    level : float, optional
        Quantile of the demand so far that the path follows; the mean if None.
    start : ndarray, shape (n_lines, n_periods)
        Prices of capacity to begin with.

    Returns
    -------
    Candidate
        The plan.
    """
    if level is None:
        path = problem.mean_net.T[:, :, None]
    else:
        path = np.quantile(problem.net, level, axis=2, method="inverted_cdf")[:, :, None]
    one = replace(problem, net=np.ascontiguousarray(path), mean_net=path[:, :, 0].T.copy())
    shares = (0.25, 0.0) if problem.groups and problem.n_blocks <= FEW else ()
    effort = _Effort(2, 1, 4, 4, 3, shares)
    return _plan(one, block_view(one), effort, name, start)


def _effort(problem: Problem) -> _Effort:
    """Return more effort where there are few blocks, for which one choice counts."""
    if problem.n_blocks <= FEW:
        return _Effort(6, 4, 8, 8, 9, (0.5, 0.25, 0.1, 0.03, 0.0), 3)
    if problem.n_blocks <= 300:
        return _Effort(6, 3, 6, 4, 5, (0.25, 0.1, 0.03, 0.0))
    return _Effort(6, 3, 5, 2, 1, (0.1, 0.0))


def _plan(
    problem: Problem,
    view: BlockView,
    effort: _Effort,
    name: str,
    start: FloatArray | None = None,
) -> Candidate:
    """Price capacity, search every block at the prices, pick, repair and improve."""
    single = without_splits(problem)
    searched = with_group_setups(single)
    prices, pool = _searched(searched, view, effort, start)
    made, value = pool.made[0], profit(problem, pool.made[0])
    count = 1 if searched is single else effort.improved
    for draft in _picked(single, searched, pool, prices, effort.starts)[:count]:
        better = _improved(problem, draft, prices, effort.shares, moves=count > 1)
        if profit(problem, better) > value:
            made, value = better, profit(problem, better)
    if searched is not single:
        pool = empty_pool(single).add_all(single, list(pool.made[1:]))
        prices = master_prices(single, pool, prices)
    return Candidate(name, made, prices, pool)


def _searched(
    problem: Problem, view: BlockView, effort: _Effort, start: FloatArray | None
) -> tuple[FloatArray, Pool]:
    """Price capacity and search every block at the prices."""
    prices, pool = price_capacity(problem, view, empty_pool(problem), effort.rounds, start)
    net = np.ascontiguousarray(view.net.transpose(1, 0, 2))
    for _ in range(effort.searches):
        articles = articles_at(problem, view, prices, net)
        best = reduced_values(problem, pool, prices).argmax(axis=0)
        units = brought_by(problem, pool.pick(problem, best))
        plans = best_patterns(articles, units, rounds=2, tried=effort.tried, kept=effort.kept)
        pool = pool.add_all(problem, [whole_runs(problem, articles, plan) for plan in plans])
        prices = master_prices(problem, pool, prices)
    return prices, pool


def _picked(
    problem: Problem, searched: Problem, pool: Pool, prices: FloatArray, starts: int
) -> list[Draft]:
    """Pick columns at a few scales of the prices, repair, and return the best first."""
    drafts = []
    for scale in _scales(starts):
        choice = pick_columns(searched, pool, scale * prices)
        draft = Draft(problem, pool.pick(problem, choice))
        repair(draft)
        drafts.append(draft)
    return sorted(drafts, key=lambda draft: -draft.profit())


def _improved(
    problem: Problem, draft: Draft, prices: FloatArray, shares: tuple[float, ...], *, moves: bool
) -> IntArray:
    """Improve a draft, then by moves of whole groups, then with runs split over modes."""
    made = improve(draft, prices, shares) if shares else draft.made
    if moves:
        moved = Draft(draft.problem, made)
        move_groups(moved, prices)
        made = improve(moved, prices, shares)
    if draft.problem is not problem:
        made = improve(Draft(problem, made), prices, shares)
    return made


def _scales(starts: int) -> Iterator[float]:
    """Yield multiples of the prices around 1."""
    for number in range(starts):
        yield 1.0 + 0.05 * ((number + 1) // 2) * (1 if number % 2 else -1)
