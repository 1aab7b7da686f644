"""Plans where runs share materials, budgets or a group's capacity: such allowances get a price.

At a price an allowance is one more cost of every unit that takes from it, so that a problem without
allowances is left, for which there are good ways. Profit there, and the allowances at their
prices, is a bound for every plan (Lagrangian relaxation; Fisher, 1981, *Management Science* 27(1),
1-18, equation 2). Prices are found on a pool of plans of every block, one price after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.limits import allowance_limits, allowance_usage, broken_limits
from c2m.production.lotsizing.dp import best_runs, block_view
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.lost import lost_paths
from c2m.production.lotsizing.prices import Pool, empty_pool, master_prices, reduced_values
from c2m.production.lotsizing.regroup import regroup
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.lotsizing.unsplit import without_splits
from c2m.production.problem import Allowance, BoolArray, FloatArray, IntArray, Problem

_ROUNDS = 12
"""How often every block is asked for a plan while prices settle."""

_SWEEPS = 3
"""How often all prices are found anew, one after the other, once the last plans are there."""

_HALVINGS = 24
"""Halvings of the span in which a price lies."""

_HEAT = 0.01
"""Temperature of the choice among a block's plans, as a share of a block's mean best value."""

_SCALES = (0.5, 1.0)
"""Multiples of the prices of allowances at which runs are fitted into them; few SKUs at all."""

_FITS = 2
"""How often few SKUs are fitted at each, one plan from the other."""

_REGROUPED = 50
"""SKUs up to which they are fitted once, and whole periods of groups are tried instead."""

_FEW = 300
"""SKUs up to which they are few."""

_USED_UP = 0.85
"""Share of an allowance taken below which its price was not needed, or was too high."""

_NEARLY = 1.5
"""Multiple of an allowance that a free plan may take to be worth fitting into it."""

_IMPROVED = 5_000
"""SKUs up to which plans are improved run by run."""


def solve_shared(
    problem: Problem, solve: Callable[[Problem, Progress], Solution], progress: Progress
) -> Solution:
    """Plan for a problem with allowances by a way for problems without.

    Parameters
    ----------
    problem : Problem
        The problem.
    solve : callable
        From a problem without allowances, and `progress`, to a plan with a bound.
    progress : callable
        Told what is being done.

    Returns
    -------
    Solution
        That holds every allowance. The bound is proved where those of `solve` are.
    """
    progress("prices of materials, budgets and groups")
    pricing, nearly = _price(without_splits(problem))
    found = []
    if pricing.any():
        found.append(_at(problem, pricing, solve, progress))
    if not found or nearly or not _all_used(problem, pricing, found[0].made):
        free = solve(replace(problem, allowances=()), progress)
        if not broken_limits(problem, free.made):
            return free
        found.append(free)
    progress("fitting runs into materials, budgets and groups")
    plans = [np.zeros_like(found[0].made)]
    for each in found:
        plans += _fits(problem, pricing, each.made, found[0].prices)
    values = [profit(problem, made) for made in plans]
    made = plans[int(np.argmax(values))]
    if problem.n_skus <= _REGROUPED:
        made = regroup(problem, made, found[0].prices)
    value = profit(problem, made)
    tight = min(found, key=lambda each: (not each.proved, each.bound))
    return replace(
        found[0],
        made=made,
        profit=value,
        bound=max(tight.bound, value),
        proved=tight.proved,
        bound_from=tight.bound_from,
    )


def _at(
    problem: Problem,
    pricing: FloatArray,
    solve: Callable[[Problem, Progress], Solution],
    progress: Progress,
) -> Solution:
    """Return the plan at prices of the allowances, with a bound for those that hold them."""
    answer = solve(replace(_charged(problem, pricing), allowances=()), progress)
    amount = np.array([allowance.amount for allowance in problem.allowances])
    source = f"{answer.bound_from}, allowances priced"
    return replace(answer, bound=answer.bound + float(pricing @ amount), bound_from=source)


def _fits(
    problem: Problem, pricing: FloatArray, start: IntArray, prices: FloatArray
) -> list[IntArray]:
    """Return plans that hold every limit, fitted at a few multiples of the allowances' prices."""
    plans, few = [], problem.n_skus <= _FEW
    for scale in _SCALES if few else _SCALES[:1]:
        made, charged = start, _charged(problem, scale * pricing)
        for _ in range(_FITS if _REGROUPED < problem.n_skus <= _FEW else 1):
            made = _fitted(problem, charged, made, prices)
            plans.append(made)
    return plans


def _all_used(problem: Problem, pricing: FloatArray, made: IntArray) -> bool:
    """Say whether a plan takes nearly all of each allowance that has a price."""
    amount = np.array([allowance.amount for allowance in problem.allowances])
    used = allowance_usage(problem, made) >= _USED_UP * amount
    return bool(used[pricing > 0].all())


def _charged(problem: Problem, prices: FloatArray) -> Problem:
    """Return the problem whose runs pay for what they take, set-ups what they do in any period."""
    items = problem.items
    extra, run = np.array(items.extra), np.zeros(items.most.shape)
    for allowance, price in zip(problem.allowances, prices.tolist(), strict=True):
        extra[allowance.items, allowance.span] += price * allowance.per_unit
        run[allowance.items, allowance.span] += price * allowance.setups[:, None]
    least = np.where(items.most > 0, run, np.inf).min(axis=1)
    setup = items.setup_cost + np.where(np.isfinite(least), least, 0.0)
    return replace(problem, items=replace(items, extra=extra, setup_cost=setup))


def _fitted(problem: Problem, charged: Problem, made: IntArray, prices: FloatArray) -> IntArray:
    """Return a plan that holds every limit: what earns little makes room first."""
    draft = Draft(charged, made)
    repair(draft)
    if problem.n_skus > _IMPROVED:
        return draft.made
    better = improve(Draft(without_splits(charged), draft.made), prices)
    return improve(Draft(problem, better), prices)


@dataclass(frozen=True)
class _Columns:
    """Plans of every block from some rounds, and what they take of the allowances that matter."""

    pool: Pool
    use: FloatArray  # [A, R, B]
    amount: FloatArray  # [A]


def _price(problem: Problem) -> tuple[FloatArray, bool]:
    """Return a price of each allowance, 0 for those that do not bind, and whether all are near.

    They are where plans that take them for free take little more than there is.
    """
    view, pool = block_view(problem), empty_pool(problem)
    prices = np.zeros(problem.regular.shape)
    charge = np.zeros(len(problem.allowances))
    needed = _needed(problem)
    lost, limit, nearly = None, allowance_limits(problem), True
    for number in range(_ROUNDS):
        charged = _charged(problem, charge)
        made = best_runs(charged, view, prices, lost)
        lost = lost_paths(problem, view, made)
        pool = pool.add(problem, made)
        usage = allowance_usage(problem, made)
        if number == 0:
            nearly = bool(np.all(usage <= _NEARLY * limit))
        over = (usage > limit) | (charge > 0)
        rows = np.flatnonzero(over & needed)
        columns = _columns(problem, pool, rows)
        sweeps = 1 if number < _ROUNDS - 1 else _SWEEPS
        for _ in range(sweeps):
            paid = Pool(pool.made, pool.value - _paid(columns, charge[rows]), pool.usage)
            prices = master_prices(problem, paid, prices)
            value = reduced_values(problem, pool, prices)
            charge[rows] = _settled(columns, value, charge[rows])
    return charge, nearly


def _needed(problem: Problem) -> BoolArray:
    """Say which allowances do not follow from one of the same name over more periods."""
    needed = np.ones(len(problem.allowances), dtype=bool)
    last: dict[tuple[str, str, int, float], int] = {}
    for number, each in enumerate(problem.allowances):
        if each.weights.ndim > 1:
            continue
        key = (each.kind, each.name, each.first, each.amount)
        before = last.setdefault(key, number)
        if before == number or not _takes_the_same(each, problem.allowances[before]):
            continue
        if each.last > problem.allowances[before].last:
            needed[before], last[key] = False, number
        else:
            needed[number] = False
    return needed


def _takes_the_same(one: Allowance, other: Allowance) -> bool:
    same = np.array_equal(one.items, other.items) and np.array_equal(one.weights, other.weights)
    return same and np.array_equal(one.setups, other.setups)


def _columns(problem: Problem, pool: Pool, rows: IntArray) -> _Columns:
    """Return what every block's plans take of some allowances."""
    shape = len(rows), len(pool.made), problem.n_blocks
    use, starts = np.zeros(shape), problem.items.block
    for place, number in enumerate(rows.tolist()):
        allowance = problem.allowances[number]
        mine = pool.made[:, allowance.items, allowance.span]  # [R, n, H]
        taken = (mine * allowance.per_unit).sum(axis=2)
        taken += allowance.setups * np.count_nonzero(mine, axis=2)
        block = starts[allowance.items]
        for number_of_round, row in enumerate(taken):
            use[place, number_of_round] = np.bincount(block, row, problem.n_blocks)
    amount = np.array([problem.allowances[number].amount for number in rows.tolist()])
    return _Columns(pool, use, amount)


def _paid(columns: _Columns, charge: FloatArray) -> FloatArray:
    """Return what every block's plans pay for allowances, (n_rounds, n_blocks)."""
    return np.asarray(np.einsum("arb,a->rb", columns.use, charge))


def _settled(columns: _Columns, value: FloatArray, charge: FloatArray) -> FloatArray:
    """Return prices at which allowances are just used up, one found after the other."""
    heat = _HEAT * max(float((value.max(axis=0) - value[0]).mean()), 1e-9)
    charge, net = charge.copy(), value - _paid(columns, charge)
    for row in range(len(charge)):
        use, amount = columns.use[row], float(columns.amount[row])
        net += charge[row] * use
        worth = np.where(use > 0, net - net[0], 0.0)
        high = float((worth / np.maximum(use, 1e-12)).max(initial=0.0)) + 1e-12
        low = 0.0
        if _taken(net, use, heat) <= amount:
            high = 0.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            too_much = _taken(net - middle * use, use, heat) > amount
            low, high = (middle, high) if too_much else (low, middle)
        charge[row] = high
        net -= high * use
    return charge


def _taken(net: FloatArray, use: FloatArray, heat: float) -> float:
    """Return how much the blocks take when they choose among plans by what they bring."""
    weight = np.exp((net - net.max(axis=0)) / heat)
    return float((weight * use).sum(axis=0) @ (1.0 / weight.sum(axis=0)))
