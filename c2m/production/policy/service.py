"""Plans that reach a service level: lost units get a price on top, found by bisection.

A price on each lost unit makes plans bring more. For the fill rate it is the multiplier of the
constraint, so that the bound at that price, and the units that may be lost at it, bound the profit
of every plan that reaches the level (Lagrangian relaxation).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from c2m.errors import ArgumentError, InfeasiblePlanError
from c2m.production.evaluate import arrivals, lost_so_far, profit
from c2m.production.factory.settings import Policy
from c2m.production.lotsizing.solution import Solution
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

Kind = Literal["fill_rate", "cycle_service_level"]
"""Share of the units that are served, or of the periods in which nothing is lost."""

_TRIES: Final = 12
"""Plans that are made at most."""

_DEAREST: Final = 300.0
"""Highest price of a lost unit, in sales prices: beyond it nothing more is brought."""

_ENOUGH: Final = 1e-9
_SHOWN: Final = 5


@dataclass(frozen=True)
class ServiceLevel:
    """What a plan must reach over its scenarios.

    Parameters
    ----------
    kind : {"fill_rate", "cycle_service_level"}
        ``"fill_rate"`` is the expected share of demand that is met, in units;
        ``"cycle_service_level"`` the share of periods, over all scenarios, in which a SKU loses
        no sale.
    target : float
        Above 0, below 1.
    each_sku : bool
        Whether every SKU must reach it, or all together: units summed, periods averaged.

    Examples
    --------
    >>> ServiceLevel("fill_rate", 0.97)
    ServiceLevel(kind='fill_rate', target=0.97, each_sku=True)
    """

    kind: Kind
    target: float
    each_sku: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no level."""
        if self.kind not in ("fill_rate", "cycle_service_level"):
            raise ArgumentError(
                f"Expected kind 'fill_rate' or 'cycle_service_level', got {self.kind!r}."
            )
        if not 0 < self.target < 1:
            raise ArgumentError(f"Expected 0 < {self.kind} < 1, got {self.target!r}.")


def service_level(
    policy: Policy, fill_rate: float | None, cycle_service_level: float | None
) -> ServiceLevel | None:
    """Return the level that every SKU of a plan must reach.

    Parameters
    ----------
    policy : Policy
        Of the factory; it counts where neither argument is given.
    fill_rate, cycle_service_level : float, optional
        One of them at most.

    Returns
    -------
    ServiceLevel or None
        None where runs are left to the money.

    Raises
    ------
    ArgumentError
        If both are given, or one is not between 0 and 1.
    """
    if fill_rate is None and cycle_service_level is None:
        fill_rate, cycle_service_level = policy.fill_rate, policy.cycle_service_level
    if fill_rate is not None and cycle_service_level is not None:
        raise ArgumentError("Expected a fill_rate or a cycle_service_level, got both.")
    if fill_rate is not None:
        return ServiceLevel("fill_rate", fill_rate)
    if cycle_service_level is not None:
        return ServiceLevel("cycle_service_level", cycle_service_level)
    return None


def service_of(problem: Problem, made: IntArray, level: ServiceLevel) -> FloatArray:
    """Return the level that a plan reaches.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.
    level : ServiceLevel
        What is measured; its target does not matter.

    Returns
    -------
    ndarray, shape (n_skus,) or (1,)
        Shares; 1 for a SKU without demand.
    """
    cumulative = arrivals(problem, made).cumsum(axis=1)
    if level.kind == "fill_rate":
        lost = lost_so_far(problem, cumulative)[:, -1]
        wanted = _wanted(problem)
        if not level.each_sku:
            lost, wanted = lost.sum(keepdims=True), wanted.sum(keepdims=True)
        return 1.0 - np.divide(lost, wanted, out=np.zeros_like(lost), where=wanted > 0)
    served = np.zeros(problem.n_skus)
    worst = np.zeros((problem.n_skus, problem.n_scenarios))
    for period in range(problem.n_periods):
        new = np.maximum(worst, problem.net[period] - cumulative[:, period, None])
        served += (new <= worst).mean(axis=1) / problem.n_periods
        worst = new
    return served if level.each_sku else served.mean(keepdims=True)


def solve_with_service(
    problem: Problem, level: ServiceLevel, solve: Callable[[Problem], Solution]
) -> Solution:
    """Plan so that a service level is reached at the least loss of profit found.

    Parameters
    ----------
    problem : Problem
        The problem.
    level : ServiceLevel
        What must be reached over the scenarios.
    solve : callable
        From a problem to a plan.

    Returns
    -------
    Solution
        Profit at the true penalties. The bound holds for every plan that reaches the level, and
        is proved where those of `solve` are.

    Raises
    ------
    InfeasiblePlanError
        If no plan that was found reaches the level, with the levels that can be reached.
    """
    return solve_priced(problem, level, solve)[0]


def solve_priced(
    problem: Problem, level: ServiceLevel, solve: Callable[[Problem], Solution]
) -> tuple[Solution, Problem]:
    """Plan as `solve_with_service`, and return what lost units were charged as well.

    Parameters
    ----------
    problem, level, solve
        See `solve_with_service`.

    Returns
    -------
    solution : Solution
        The plan.
    priced : Problem
        The problem with the penalties at which that plan was found.

    Raises
    ------
    InfeasiblePlanError
        If no plan that was found reaches the level.
    """
    free = solve(problem)
    if _reached(problem, free.made, level).all():
        return free, problem
    unit = np.maximum(problem.price if level.each_sku else problem.price.mean(), 1e-9)
    search = _Search(_reached(problem, free.made, level))
    best: Solution | None = None
    bound, nearest, priced = free, free, problem
    for _ in range(_TRIES):
        paid = search.price * unit
        charged = replace(problem, penalty=problem.penalty + paid)
        found = solve(charged)
        reached = _reached(problem, found.made, level)
        bound = min(bound, _bounded(problem, level, paid, found), key=lambda each: each.bound)
        value = profit(problem, found.made)
        if reached.all() and (best is None or value > best.profit):
            best, priced = replace(found, profit=value), charged
        nearest = _nearer(problem, level, nearest, found)
        if not search.go_on(service_of(problem, found.made, level) - level.target):
            break
    if best is None:
        raise _unreachable(problem, level, nearest)
    highest = max(bound.bound, best.profit)
    answer = replace(best, bound=highest, proved=bound.proved, bound_from=bound.bound_from)
    return answer, priced


def reaches(problem: Problem, made: IntArray, level: ServiceLevel | None) -> bool:
    """Say whether a plan reaches a service level.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.
    level : ServiceLevel, optional
        Every plan reaches None.

    Returns
    -------
    bool
        For every SKU, or all together.
    """
    return level is None or bool(_reached(problem, made, level).all())


class _Search:
    """Prices of lost units, in sales prices: dearer where it is not enough, else halfway down."""

    def __init__(self, reached: BoolArray) -> None:
        self.price = np.where(reached, 0.0, 1.0)
        self.low, self.high = np.zeros(len(reached)), np.full(len(reached), np.inf)

    def go_on(self, spare: FloatArray) -> bool:
        """Take in by how much the level was passed; return False where nothing is left to try."""
        reached = spare >= -_ENOUGH
        if not reached.all() and np.all(self.price[~reached] >= _DEAREST):
            return False
        once_enough = ~reached & np.isfinite(self.high)  # other SKUs have taken its capacity
        self.low = np.where(reached, self.low, self.price)
        self.high = np.where(reached, self.price, np.where(once_enough, np.inf, self.high))
        grown = np.where(once_enough, 1.5, 3.0) * np.maximum(self.price, 1.0 / 3.0)
        middle = (self.low + self.high) / 2 if reached.all() else self.price
        self.price = np.where(reached, middle, np.minimum(grown, _DEAREST))
        return True


def _wanted(problem: Problem) -> FloatArray:
    """Return the expected demand of each SKU, (n_skus,)."""
    return np.asarray(problem.mean_net[:, -1] + problem.supply[:, -1])


def _reached(problem: Problem, made: IntArray, level: ServiceLevel) -> BoolArray:
    """Say whether the level is reached, (n_skus,) or (1,)."""
    return np.asarray(service_of(problem, made, level) >= level.target - _ENOUGH)


def _bounded(problem: Problem, level: ServiceLevel, price: FloatArray, found: Solution) -> Solution:
    """Return the solution with a bound on the true profit of plans that reach the level."""
    if level.kind != "fill_rate":
        return replace(found, bound=np.inf)
    may_lose = (1.0 - level.target) * _wanted(problem)
    paid = float(np.sum(price * may_lose))
    return replace(
        found, bound=found.bound + paid, bound_from=f"{found.bound_from}, lost units priced"
    )


def _nearer(problem: Problem, level: ServiceLevel, one: Solution, other: Solution) -> Solution:
    """Return the plan that is nearer to the level."""
    missing = [
        (np.maximum(level.target - service_of(problem, each.made, level), 0.0) ** 2).sum()
        for each in (one, other)
    ]
    return one if missing[0] <= missing[1] else other


def _unreachable(problem: Problem, level: ServiceLevel, nearest: Solution) -> InfeasiblePlanError:
    """Return the error that says what can be reached."""
    name, reach = level.kind, service_of(problem, nearest.made, level)
    if not level.each_sku:
        reasons = [f"{name} {level.target:g} over all SKUs: the best plan found has {reach[0]:.4f}"]
    else:
        short = np.flatnonzero(reach < level.target - _ENOUGH)
        worst = short[np.argsort(reach[short], kind="stable")][:_SHOWN]
        reasons = [f"{len(short)} of {problem.n_skus} SKUs do not reach {name} {level.target:g}"]
        reasons += [
            f"{problem.skus[sku]}: {reach[sku]:.4f} in the nearest plan found" for sku in worst
        ]
    reachable = np.floor(reach.min() * 1000) / 1000
    relief = f"plan with {name}={reachable:.3f}, or " if reachable > 0 else ""
    relief += "add capacity, overtime or periods"
    return InfeasiblePlanError(reasons, relief)
