"""What a plan brings over the scenarios.

Lost sales follow from one identity. With D the demand so far and X what has come so far,
the units lost so far are L[t] = max(0, max over s <= t of D[s] - X[s]) and the stock is
X[t] - D[t] + L[t]: one running maximum gives the whole path. L is convex in X.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.limits import line_usage
from c2m.production.problem import FloatArray, IntArray, Problem

_AT_ONCE = 2**16
"""Numbers up to which all periods are worked out together, which takes fewer calls."""


@dataclass(frozen=True)
class Money:
    """Expected money of each SKU, every array of shape (n_skus,); all but profit are amounts.

    Parameters
    ----------
    revenue, end_value, production, holding, penalty, profit : ndarray
        ``profit = revenue + end_value - production - holding - penalty``; set-ups, overtime and
        `Items.extra` are not a SKU's.
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
    if cumulative.size * problem.n_scenarios <= _AT_ONCE:
        net = problem.net if rows is None else problem.net[:, rows]
        paths = net - cumulative.T[:, :, None]
        np.maximum(paths[0], 0.0, out=paths[0])
        np.maximum.accumulate(paths, axis=0, out=paths)
        return np.ascontiguousarray(np.add.reduce(paths, axis=2).T) / problem.n_scenarios
    lost = np.empty_like(cumulative)
    worst = np.zeros((len(cumulative), problem.n_scenarios))
    for period in range(problem.n_periods):
        net = problem.net[period] if rows is None else problem.net[period, rows]
        np.maximum(worst, net - cumulative[:, period, None], out=worst)
        np.add.reduce(worst, axis=1, out=lost[:, period])
    lost /= problem.n_scenarios
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
    """Return the expected profit of each block before overtime and group set-ups.

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
    paid = np.bincount(problem.items.block, setups + extra_paid(problem, made), problem.n_blocks)
    return (value - paid).astype(np.float64)


def extra_paid(problem: Problem, made: IntArray) -> FloatArray:
    """Return what each item costs beyond the unit costs of its SKUs and its set-ups.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_items,)
        Money; below 0 where it is cheaper than its unit cost.
    """
    if not problem.items.has_extra:
        return np.zeros(problem.n_items)
    return np.asarray(np.einsum("jt,jt->j", problem.items.extra, made))


def charges(
    problem: Problem, prices: FloatArray, allowance_prices: FloatArray | None = None
) -> FloatArray:
    """Return what a unit or pack costs beyond the unit cost of its SKUs, scarcity charged.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    allowance_prices : ndarray, shape (n_allowances,), optional
        Money per unit of each allowance; free unless given.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        Money: ``extra + prices[line] * unit_time +`` price times weight of every allowance.
    """
    items = problem.items
    paid = items.unit_time[:, None] * prices[items.line]
    if items.has_extra:
        paid = paid + items.extra
    return paid if allowance_prices is None else paid + _charged(problem, allowance_prices)[0]


def setup_charges(
    problem: Problem, prices: FloatArray, allowance_prices: FloatArray | None = None
) -> FloatArray:
    """Return what a run costs whatever its size, scarcity charged.

    Parameters
    ----------
    problem : Problem
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    allowance_prices : ndarray, shape (n_allowances,), optional
        Money per unit of each allowance; free unless given.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        Money; the set-ups of groups are left out.
    """
    items = problem.items
    paid = items.setup_cost[:, None] + items.setup_time[:, None] * prices[items.line]
    return paid if allowance_prices is None else paid + _charged(problem, allowance_prices)[1]


def _charged(problem: Problem, prices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what allowances charge a unit and a run, each (n_items, n_periods)."""
    unit, run = (np.zeros(problem.items.most.shape) for _ in range(2))
    for allowance, price in zip(problem.allowances, prices.tolist(), strict=True):
        if price != 0:
            unit[allowance.items, allowance.span] += price * allowance.per_unit
            run[allowance.items, allowance.span] += price * allowance.setups[:, None]
    return unit, run


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
