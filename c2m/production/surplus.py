"""What changes of single runs do to the materials that are paid and not used."""

from collections.abc import Iterator

import numpy as np

from c2m.production.bought import Bought
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_HAIR = 1e-9
"""Share of a quantity that counts as rounding."""


def surplus_change(
    problem: Problem, made: IntArray, item: IntArray, when: IntArray, size: IntArray
) -> FloatArray:
    """Return how much more is paid for materials left over if one run had another size.

    Materials come in whole orders. A run that shrinks leaves more of what is ordered anyway, until
    an order can be smaller; one that grows uses up what would be left, until one more is needed.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    item, when, size : ndarray of int, shape (n_changes,)
        A run and its new size, each change by itself.

    Returns
    -------
    ndarray, shape (n_changes,)
        Money; below 0 where less is left.
    """
    change = np.zeros(len(item))
    for _, rows, more in _by_material(problem, made, item, when, size):
        change[rows] += more
    return change


def ordered_more(
    problem: Problem, made: IntArray, item: IntArray, when: IntArray, size: IntArray
) -> list[str]:
    """Name the material of which a larger run would leave more: it needs another whole order.

    Parameters
    ----------
    problem, made, item, when, size
        See `surplus_change`.

    Returns
    -------
    list of str
        A name for each change; empty where nothing more would be left. Of several the dearest.
    """
    names, most = np.full(len(item), "", dtype=object), np.zeros(len(item))
    for material, rows, more in _by_material(problem, made, item, when, size):
        here = rows[more > most[rows]]
        names[here] = material.name
        most[rows] = np.maximum(most[rows], more)
    return names.tolist()


def _by_material(
    problem: Problem, made: IntArray, item: IntArray, when: IntArray, size: IntArray
) -> Iterator[tuple[Bought, IntArray, FloatArray]]:
    """Yield each material, the changes that take it, and how much more of it is paid and left."""
    for material in problem.bought:
        weight = np.zeros(problem.n_items)
        weight[material.items] = material.weights
        rows = np.flatnonzero(weight[item] > 0)
        now = material.weights @ made[material.items]
        used = np.tile(now, (len(rows) + 1, 1))  # the last row is the plan as it is
        which, step = item[rows], when[rows]
        used[np.arange(len(rows)), step] += weight[which] * (size[rows] - made[which, step])
        cost = _cost_left(material, used)
        yield material, rows, cost[:-1] - cost[-1]


def surplus_changes(
    problem: Problem, made: IntArray, size: IntArray, where: BoolArray
) -> FloatArray:
    """Return `surplus_change` for new sizes of many runs, each by itself.

    Parameters
    ----------
    problem : Problem
        The problem.
    made, size : ndarray of int, shape (n_items, n_periods)
        The plan, and the new sizes.
    where : ndarray of bool, shape (n_items, n_periods)
        The runs that are asked for.

    Returns
    -------
    ndarray, shape (n_items, n_periods)
        Money; 0 where it is not asked for.
    """
    change = np.zeros(made.shape)
    if problem.bought:
        item, when = np.nonzero(where)
        change[item, when] = surplus_change(problem, made, item, when, size[item, when])
    return change


def _cost_left(material: Bought, used: FloatArray) -> FloatArray:
    """Return what is paid for material left over: `orders_of` for many rows of uses at once."""
    count, n_periods = used.shape
    last_use = material.last_order + material.lead
    there, total, price = np.zeros(count), np.zeros(count), np.zeros(count)
    hair = _HAIR * (1.0 + used.sum(axis=1))
    for period in range(n_periods):
        there = there + material.comes[period] - used[:, period]
        if not material.lead <= period <= last_use:
            continue
        spare = there
        if period == last_use and period + 1 < n_periods:
            later = np.cumsum(material.comes[period + 1 :] - used[:, period + 1 :], axis=1)
            spare = spare + np.minimum(later.min(axis=1), 0.0)
        short = spare < -hair
        order = np.where(short, np.maximum(-spare, material.moq), 0.0)
        if material.multiple > 0:
            order = np.ceil(order / material.multiple - _HAIR * short) * material.multiple
        there, total = there + order, total + order
        price = np.where(short, material.unit_cost[period], price)
    left = np.minimum(np.maximum(there, 0.0), total)
    return np.asarray(np.where(left > hair, left * price, 0.0))
