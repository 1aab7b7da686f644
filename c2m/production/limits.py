"""What a plan takes of lines, groups and allowances, and which limits it breaks."""

import numpy as np

from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_TOLERANCE = 1e-7
"""Share of a capacity or allowance that counts as rounding."""


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
        if group.line < 0:
            continue
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
        if group.line >= 0:
            used[group.line] += group.setup_time * (made[group.items] > 0).any(axis=0)
    return used


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


def allowance_usage(problem: Problem, made: IntArray) -> FloatArray:
    """Return how much of each allowance a plan takes.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray, shape (n_allowances,)
        In the allowance's unit.
    """
    used = np.zeros(len(problem.allowances))
    for number, allowance in enumerate(problem.allowances):
        mine = made[allowance.items, allowance.span]
        used[number] = np.sum(allowance.per_unit * mine)
        used[number] += np.sum(allowance.setups * np.count_nonzero(mine, axis=1))
    return used


def allowance_limits(problem: Problem) -> FloatArray:
    """Return the allowances with a hair for rounding.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray, shape (n_allowances,)
        Amounts.
    """
    amount = np.array([allowance.amount for allowance in problem.allowances], dtype=np.float64)
    return np.asarray(amount + _TOLERANCE * (1.0 + np.abs(amount)))


def two_tiers(problem: Problem, made: IntArray) -> BoolArray:
    """Say which runs are made at a tier of prices while another tier runs in the same period.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    ndarray of bool, shape (n_items, n_periods)
        True for the runs of a price list that clash with an earlier one of the period.
    """
    twice = np.zeros(made.shape, dtype=bool)
    for prices in problem.price_lists:
        runs = made[prices.items] > 0
        earlier = np.tril(prices.clash).astype(np.int64) @ runs > 0
        twice[prices.items] = runs & earlier
    return twice


def item_name(problem: Problem, item: int) -> str:
    """Return the SKUs of an item in one word.

    Parameters
    ----------
    problem : Problem
        The problem.
    item : int
        The item.

    Returns
    -------
    str
        Those of a pre-pack with a plus between them.
    """
    first, after = np.searchsorted(problem.members.item, [item, item + 1])
    return "+".join(problem.skus[sku] for sku in problem.members.sku[first:after].tolist())


def _run_name(problem: Problem, item: int) -> str:
    mode = problem.ways[int(problem.items.way[item])].mode
    by = f" by {mode}" if mode else ""
    return f"{item_name(problem, item)} on {problem.lines[problem.items.line[item]]}{by}"


def _in_period(problem: Problem, when: int) -> str:
    return problem.calendar.during(problem.calendar.label([problem.first + when])[0])


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
        "made at two tiers of its price list": two_tiers(problem, made),
    }
    for what, where in tests.items():
        broken += [
            f"{_run_name(problem, item)} is {what} {_in_period(problem, when)}"
            for item, when in np.argwhere(where).tolist()
        ]
    over = line_usage(problem, made) > limit_with_tolerance(problem)
    broken += [
        f"line {problem.lines[line]} is over capacity {_in_period(problem, when)}"
        for line, when in np.argwhere(over).tolist()
    ]
    for group in problem.groups:
        pieces = group.weights @ made[group.items]
        broken += [
            f"group {group.name} makes {pieces[when]:,} {_in_period(problem, when)}"
            for when in np.flatnonzero(~group.allows(pieces)).tolist()
        ]
    used = allowance_usage(problem, made)
    for number in np.flatnonzero(used > allowance_limits(problem)).tolist():
        each = problem.allowances[number]
        shares = f"{used[number]:,.2f} of {each.amount:,.2f}{f' {each.unit}' if each.unit else ''}"
        broken.append(f"the runs take {shares} of {each.kind} {each.name!r}")
    return broken
