"""Runs that are settled: what is left to decide beside them, and both together again."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from c2m.plan import Plan
from c2m.production.bought import Bought
from c2m.production.evaluate import arrivals, profit
from c2m.production.limits import allowance_usage, line_usage
from c2m.production.lotsizing.solution import Solution
from c2m.production.problem import BoolArray, FloatArray, IntArray, Items, Problem


@dataclass(frozen=True)
class Settled:
    """A problem in which some runs and periods are no longer decided. Make it with `settle`.

    Parameters
    ----------
    whole : Problem
        With all its capacity and demand. A settled run cannot grow, and where nothing may be
        planned `Items.most` is what is settled there, mostly 0.
    free : Problem
        What is left to decide: settled runs are supply, and what they take of lines,
        allowances and materials is gone.
    made : ndarray of int, shape (n_items, n_periods)
        The settled runs, in units or packs.
    """

    whole: Problem
    free: Problem
    made: IntArray

    def joined(self, solution: Solution) -> Solution:
        """Return a solution of the free part together with the settled runs.

        Parameters
        ----------
        solution : Solution
            Of `free`.

        Returns
        -------
        Solution
            Of `whole`; its bound is for plans that hold the settled runs.
        """
        made = self.made + solution.made
        value = profit(self.whole, made)
        bound = solution.bound + value - solution.profit
        return replace(solution, made=made, profit=value, bound=max(bound, value))


def settle(problem: Problem, made: IntArray, closed: BoolArray) -> Settled:
    """Take runs that are settled out of what is to be decided.

    A settled run is as it is: nothing else of its SKU (or pre-pack) is made on its line in that
    period, and nothing else of its groups, so that set-ups are never paid or counted twice.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The settled runs, in units or packs. They may break limits; where they take more than
        there is, nothing is left.
    closed : ndarray of bool, shape (n_items, n_periods)
        Where nothing may be planned besides.

    Returns
    -------
    Settled
        The whole, and what is left to decide.
    """
    items = problem.items
    most = np.where(closed | taken(problem, made), made, items.most)
    whole = replace(problem, items=replace(items, most=most))
    used = line_usage(problem, made)
    regular = np.maximum(problem.regular - used, 0.0)
    overtime = np.maximum(problem.limit - np.maximum(used, problem.regular), 0.0)
    spent = allowance_usage(problem, made)
    allowances = tuple(
        replace(allowance, amount=max(allowance.amount - float(amount), 0.0))
        for allowance, amount in zip(problem.allowances, spent, strict=True)
    )
    bought = tuple(_less(material, made) for material in problem.bought)
    left = replace(
        problem, regular=regular, overtime=overtime, allowances=allowances, bought=bought
    )
    fitting = np.where(closed | taken(problem, made), 0, _fitting(items, left.limit))
    left = replace(left, items=replace(items, most=fitting))
    return Settled(whole, with_supply(left, arrivals(problem, made)), made)


def taken(problem: Problem, made: IntArray) -> BoolArray:
    """Say where runs stand in the way of others: of their SKUs on the line, and of their groups.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs.

    Returns
    -------
    ndarray of bool, shape (n_items, n_periods)
        True also for the runs themselves.
    """
    items, runs = problem.items, made > 0
    _, place = np.unique(np.stack([items.block, items.line]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    beside = np.zeros((int(place.max(initial=-1)) + 1, problem.n_periods), dtype=bool)
    np.logical_or.at(beside, place, runs)
    blocked = beside[place]
    for group in problem.groups:
        blocked[group.items] |= runs[group.items].any(axis=0)
    return blocked


def told_firm(plan: Plan, firm: pd.DataFrame) -> Plan:
    """Say in a plan which of its runs are firm.

    Parameters
    ----------
    plan : Plan
        The plan.
    firm : DataFrame
        ``sku``, ``line`` and ``period`` of the firm ones.

    Returns
    -------
    Plan
        With ``runs.firm``, and that as the reason of these runs.
    """
    runs, reasons, key = plan.runs, plan.reasons, ["sku", "line", "period"]
    firm = firm.astype({"period": runs["period"].dtype})
    runs["firm"] = pd.MultiIndex.from_frame(runs[key]).isin(pd.MultiIndex.from_frame(firm[key]))
    named = reasons["run"].isin(set(runs.loc[runs["firm"], "run"]))
    reasons.loc[named, "limit"] = "it is firm"
    reasons.loc[named, "binding"] = "firm"
    return replace(plan, tables={**plan.tables, "runs": runs, "reasons": reasons})


def with_supply(problem: Problem, more: FloatArray) -> Problem:
    """Return a problem to which more comes in.

    Parameters
    ----------
    problem : Problem
        The problem.
    more : ndarray, shape (n_skus, n_periods)
        Units that come in, by period; below 0 where less comes in than was counted.

    Returns
    -------
    Problem
        With other supply and net demand.
    """
    if not more.any():
        return problem
    total = more.cumsum(axis=1)
    return replace(
        problem,
        supply=problem.supply + total,
        net=problem.net - total.T[:, :, None],
        mean_net=problem.mean_net - total,
    )


def _less(material: Bought, made: IntArray) -> Bought:
    """Return a material of which settled runs take their part; below 0 it is still to be bought."""
    used = material.weights @ made[material.items]
    return replace(material, comes=material.comes - used)


def _fitting(items: Items, limit: FloatArray) -> IntArray:
    """Return the largest run that fits what is left of the lines."""
    room = np.maximum(limit[items.line] - items.setup_time[:, None], 0.0)
    fitting = np.floor(room / items.unit_time[:, None] + 1e-9).astype(np.int64)
    most = np.minimum(items.most, fitting)
    most -= most % items.multiple[:, None]
    return np.where(most >= items.moq[:, None], most, 0)
