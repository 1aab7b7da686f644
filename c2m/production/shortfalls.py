"""What is wanted and cannot be made, by line and period, and the cheapest way out."""

from typing import Any

import numpy as np
import pandas as pd

from c2m.plan.tables import typed_table
from c2m.production.evaluate import arrivals, line_usage, lost_so_far
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_WORTH_SAYING = 0.05
"""Share of a line's capacity above which what is left of it is more than lots leave behind."""

_LEAST_UNITS = 0.05
"""Expected units lost in a line's period below which nothing is reported."""


def shortfalls_table(
    problem: Problem, made: IntArray, wanted: IntArray, prices: FloatArray
) -> pd.DataFrame:
    """Return where capacity is missing, and the runs that can never fit.

    Units are booked to the line that would make them, in the last period, early enough for the
    sale, in which that line is full.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    wanted : ndarray of int, shape (n_items, n_periods)
        The plan that would be made if capacity had no limit.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.SHORTFALLS`, by line and period.
    """
    rows = _missing_capacity(problem, made, wanted, prices) + _impossible_runs(problem)
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[]] * 8
    names = ("line", "period", "sku", "short", "unit", "units", "what", "relief")
    table = typed_table("shortfalls", dict(zip(names, columns, strict=True)))
    return table.sort_values(["line", "period", "sku"], kind="stable").reset_index(drop=True)


def _missing_capacity(
    problem: Problem, made: IntArray, wanted: IntArray, prices: FloatArray
) -> list[tuple[Any, ...]]:
    """Return rows for the units that are lost because a line is full, where they would be made."""
    used = line_usage(problem, made)
    full = used >= problem.regular * (1.0 - 1e-3)
    units, hours = _missing(problem, _lost_for_capacity(problem, made, wanted), wanted, full)
    labels, rows = _labels(problem), []
    for line, when in np.argwhere(units >= _LEAST_UNITS).tolist():
        unit = problem.units[line]
        missing, short = float(units[line, when]), float(hours[line, when])
        what = f"{missing:,.1f} units are lost for want of {short:,.1f} {unit}"
        relief = _relief(problem, used, prices, line, when)
        row = (problem.lines[line], labels[when], "", short, unit, missing, what, relief)
        rows.append(row)
    return rows


def _lost_for_capacity(problem: Problem, made: IntArray, wanted: IntArray) -> FloatArray:
    """Return the expected units lost that would not be without limits, (n_skus, n_periods)."""
    lost = [lost_so_far(problem, arrivals(problem, each).cumsum(axis=1)) for each in (made, wanted)]
    more = np.maximum(lost[0] - lost[1], 0.0)
    return np.maximum(np.diff(more, axis=1, prepend=0.0), 0.0)


def _missing(
    problem: Problem, lost: FloatArray, wanted: IntArray, full: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Book lost units to the line that would make them, in the last full period in time."""
    units, hours = np.zeros(full.shape), np.zeros(full.shape)
    members, items = problem.members, problem.items
    weight = wanted.sum(axis=1)[members.item] + 1e-9
    order = np.lexsort((-weight, members.sku))
    _, first = np.unique(members.sku[order], return_index=True)
    steps = np.where(full, np.arange(full.shape[1]), -1)
    last_full = np.maximum.accumulate(steps, axis=1)  # [L, H]
    per_piece = items.unit_time / _pieces(problem)
    for member in order[first].tolist():
        item, sku = int(members.item[member]), int(members.sku[member])
        line, lead = int(items.line[item]), int(members.lead[member])
        if not items.most[item].any():
            continue  # named by `_impossible_runs`
        for period in np.flatnonzero(lost[sku] > 0).tolist():
            when = int(last_full[line, period - lead]) if period >= lead else -1
            if when >= 0:
                units[line, when] += lost[sku, period]
                hours[line, when] += lost[sku, period] * per_piece[item]
    return units, hours


def _relief(problem: Problem, used: FloatArray, prices: FloatArray, line: int, when: int) -> str:
    """Say what is the cheapest way to get capacity for a period."""
    unit, labels = problem.units[line], _labels(problem)
    free = problem.limit - used
    left = float(free[line, when])
    if left > _WORTH_SAYING * problem.limit[line, when]:
        cost = problem.overtime_cost[line]
        return (
            f"{left:,.1f} {unit} of overtime are left at {cost:,.2f} a {unit.removesuffix('s')}, "
            "which costs more than they earn"
        )
    much = free > _WORTH_SAYING * problem.limit
    earlier = np.flatnonzero(much[line, :when])
    if len(earlier):
        step = int(earlier[-1])
        return (
            f"make it earlier: {free[line, step]:,.1f} {unit} are free in the period of "
            f"{pd.Timestamp(labels[step]).date()}"
        )
    others = [other for other in _other_lines(problem, line) if much[other, when]]
    if others:
        best = max(others, key=lambda other: float(free[other, when]))
        return f"{problem.lines[best]} has {free[best, when]:,.1f} {problem.units[best]} free"
    return f"each more {unit.removesuffix('s')} would earn {prices[line, when]:,.2f}"


def _other_lines(problem: Problem, line: int) -> list[int]:
    """Return the other lines on which something of a line can be made too."""
    blocks = problem.items.block[problem.items.line == line]
    shared = np.isin(problem.items.block, blocks) & (problem.items.line != line)
    return [int(other) for other in np.unique(problem.items.line[shared])]


def _impossible_runs(problem: Problem) -> list[tuple[Any, ...]]:
    """Name the items of which the smallest run fits no period."""
    items, labels = problem.items, _labels(problem)
    rows = []
    for item in np.flatnonzero(~(items.most > 0).any(axis=1)).tolist():
        line, moq = int(items.line[item]), int(items.moq[item])
        unit = problem.units[line]
        needed = float(items.setup_time[item] + items.unit_time[item] * moq)
        best = int(np.argmax(problem.limit[line]))
        short = max(needed - float(problem.limit[line, best]), 0.0)
        if items.lead[item] >= problem.n_periods:
            what = f"its lead time of {items.lead[item]} periods is longer than the plan"
            relief = "plan more periods, or find a way with a shorter lead time"
        else:
            most = float(problem.limit[line].max())
            what = (
                f"the smallest run of {moq:,} takes {needed:,.1f} {unit} with its set-up; no "
                f"period in which it would arrive in time has more than {most:,.1f}"
            )
            relief = "a smaller MOQ, a faster line, or more capacity in one period"
        first = int(np.flatnonzero(problem.members.item == item)[0])
        sku = problem.skus[int(problem.members.sku[first])]
        units = float(max(problem.mean_net[problem.members.sku[first], -1], 0.0))
        rows.append((problem.lines[line], labels[best], sku, short, unit, units, what, relief))
    return rows


def _pieces(problem: Problem) -> FloatArray:
    """Return the pieces in one unit or pack of each item."""
    pieces = np.bincount(problem.members.item, problem.members.units, problem.n_items)
    return pieces.astype(np.float64)


def _labels(problem: Problem) -> np.ndarray:
    steps = np.arange(problem.n_periods)
    return np.asarray(problem.calendar.label(problem.first + steps).astype("datetime64[s]"))
