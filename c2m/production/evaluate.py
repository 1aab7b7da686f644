"""What a plan brings over the scenarios, and which limits it breaks.

Lost sales follow from one identity. With D the demand so far and X what has come so far,
the units lost so far are L[t] = max(0, max over s <= t of D[s] - X[s]) and the stock is
X[t] - D[t] + L[t]: one running maximum gives the whole path. L is convex in X.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.problem import FloatArray, IntArray, Problem

_TOLERANCE = 1e-7
"""Share of a capacity that counts as rounding."""


@dataclass(frozen=True)
class Money:
    """Expected money of each SKU, every array of shape (n_skus,); all but profit are amounts.

    Parameters
    ----------
    revenue, end_value, production, holding, penalty, profit : ndarray
        ``profit = revenue + end_value - production - holding - penalty``; set-ups and overtime
        are not a SKU's.
    """

    revenue: FloatArray
    end_value: FloatArray
    production: FloatArray
    holding: FloatArray
    penalty: FloatArray
    profit: FloatArray


def arrivals(problem: Problem, made: IntArray) -> FloatArray:
    """Return the units of each SKU that runs bring in each period.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_skus, n_periods)
        Units, in the period from which they can be sold.
    """
    brought = np.zeros((problem.n_skus, problem.n_periods))
    members = problem.members
    for lead in np.unique(members.lead):
        if lead >= problem.n_periods:
            continue
        here = members.lead == lead
        pieces = made[members.item[here]] * members.units[here, None]
        np.add.at(brought[:, lead:], members.sku[here], pieces[:, : problem.n_periods - lead])
    return brought


def lost_so_far(
    problem: Problem, cumulative: FloatArray, rows: IntArray | None = None
) -> FloatArray:
    """Return the expected units lost up to each period.

    Parameters
    ----------
    problem : Problem
        The problem.
    cumulative : ndarray, shape (n_rows, n_periods)
        Units that runs have brought so far.
    rows : ndarray of int, shape (n_rows,), optional
        SKUs; all unless given.

    Returns
    -------
    ndarray, shape (n_rows, n_periods)
        Mean over the scenarios of L[t].
    """
    lost = np.empty_like(cumulative)
    worst = np.zeros((len(cumulative), problem.n_scenarios))
    for period in range(problem.n_periods):
        net = problem.net[period] if rows is None else problem.net[period, rows]
        np.maximum(worst, net - cumulative[:, period, None], out=worst)
        lost[:, period] = worst.mean(axis=1)
    return lost


def money(
    problem: Problem,
    cumulative: FloatArray,
    lost: FloatArray,
    rows: IntArray | slice = slice(None),
) -> Money:
    """Return the expected money of SKUs.

    Parameters
    ----------
    problem : Problem
        The problem.
    cumulative, lost : ndarray, shape (n_rows, n_periods)
        Units that runs have brought so far, and that are lost so far.
    rows : ndarray of int, optional
        SKUs; all unless given.

    Returns
    -------
    Money
        By kind.
    """
    mean_net = problem.mean_net[rows]
    stock = cumulative - mean_net + lost
    wanted = mean_net[:, -1] + problem.supply[rows, -1]
    revenue = problem.price[rows] * (wanted - lost[:, -1])
    end_value = problem.end_value[rows] * stock[:, -1]
    production = problem.unit_cost[rows] * cumulative[:, -1]
    holding = problem.holding_cost[rows] * stock.sum(axis=1)
    penalty = problem.penalty[rows] * lost[:, -1]
    profit = revenue + end_value - production - holding - penalty
    return Money(revenue, end_value, production, holding, penalty, profit)


def block_values(problem: Problem, made: IntArray) -> FloatArray:
    """Return the expected profit of each block, before overtime and group set-ups.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_blocks,)
        Money.
    """
    cumulative = arrivals(problem, made).cumsum(axis=1)
    profit = money(problem, cumulative, lost_so_far(problem, cumulative)).profit
    setups = problem.items.setup_cost * np.count_nonzero(made, axis=1)
    value = np.bincount(problem.block_of, profit, problem.n_blocks)
    paid = np.bincount(problem.items.block, setups, problem.n_blocks)
    return (value - paid).astype(np.float64)


def item_usage(problem: Problem, made: IntArray) -> FloatArray:
    """Return the capacity that each item takes, its own set-ups included.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        In the unit of the item's line.
    """
    items = problem.items
    return items.unit_time[:, None] * made + items.setup_time[:, None] * (made > 0)


def run_usage(problem: Problem, made: IntArray) -> FloatArray:
    """Return the capacity that each run takes, with its share of the set-ups of its groups.

    A group's set-up is shared by its runs in proportion to the capacity that each takes by
    itself, so that the runs of a line and period add up to `line_usage`.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        In the unit of the item's line.
    """
    own = item_usage(problem, made)
    shared = own.copy()
    for group in problem.groups:
        part = own[group.items]
        whole = part.sum(axis=0)
        shared[group.items] += group.setup_time * np.divide(
            part, whole, out=np.zeros_like(part), where=whole > 0
        )
    return shared


def line_usage(problem: Problem, made: IntArray) -> FloatArray:
    """Return the capacity used on each line, the set-ups of groups included.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_lines, n_periods)
        In the line's unit.
    """
    used = np.zeros(problem.regular.shape)
    np.add.at(used, problem.items.line, item_usage(problem, made))
    for group in problem.groups:
        used[group.line] += group.setup_time * (made[group.items] > 0).any(axis=0)
    return used


def group_setups(problem: Problem, made: IntArray) -> float:
    """Return the money that the set-ups of groups cost.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    float
        Money.
    """
    return float(
        sum(
            group.setup_cost * np.count_nonzero((made[group.items] > 0).any(axis=0))
            for group in problem.groups
        )
    )


def overtime_money(problem: Problem, used: FloatArray) -> float:
    """Return what overtime costs.

    Parameters
    ----------
    problem : Problem
        The problem.
    used : ndarray, shape (n_lines, n_periods)
        See `line_usage`.

    Returns
    -------
    float
        Money.
    """
    extra = np.maximum(used - problem.regular, 0.0).sum(axis=1)
    return float(np.sum(problem.overtime_cost * extra))


def profit(problem: Problem, made: IntArray) -> float:
    """Return the expected profit of a plan over the scenarios.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    float
        Money.
    """
    value = float(block_values(problem, made).sum())
    return value - overtime_money(problem, line_usage(problem, made)) - group_setups(problem, made)


def broken_limits(problem: Problem, made: IntArray) -> list[str]:
    """Say which hard limits a plan breaks.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    list of str
        One phrase a broken limit; empty for a plan that holds all of them.
    """
    items = problem.items
    runs = made > 0
    broken = []
    tests = {
        "below 0": made < 0,
        "below the MOQ": runs & (made < items.moq[:, None]),
        "not a multiple": made % items.multiple[:, None] != 0,
        "larger than fits": made > items.most,
    }
    for what, where in tests.items():
        broken += [
            f"item {item} is {what} in period {period}" for item, period in np.argwhere(where)
        ]
    over = line_usage(problem, made) > limit_with_tolerance(problem)
    broken += [
        f"line {line} is over capacity in period {period}" for line, period in np.argwhere(over)
    ]
    for group in problem.groups:
        pieces = group.weights @ made[group.items]
        for (period,) in np.argwhere(~group.allows(pieces)):
            broken.append(f"group {group.name} makes {pieces[period]} in period {period}")
    return broken


def limit_with_tolerance(problem: Problem) -> FloatArray:
    """Return the capacity with all overtime and a hair for rounding.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_lines, n_periods)
        Capacity.
    """
    return problem.limit * (1 + _TOLERANCE) + _TOLERANCE
