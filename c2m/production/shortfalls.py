"""What is wanted and cannot be made, by line and period, and the cheapest way out."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from c2m.plan.tables import typed_table
from c2m.production.allowance_worth import AllowanceWorth
from c2m.production.evaluate import arrivals, lost_so_far
from c2m.production.last_units import pieces_of
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.production.reliefs import (
    Relief,
    gain_of,
    least_gain,
    missing_allowances,
    recosted,
    without_moq,
)

_WORTH_SAYING = 0.05
"""Share of a line's capacity above which overtime that is left is mentioned."""

_LEAST_UNITS = 1.0
"""Expected units lost below which nothing is reported."""

_LEAST_MONEY = 0.005
"""Less than this shows as nothing: a unit of capacity that earns less is not reported."""


def shortfalls_table(
    problem: Problem,
    made: IntArray,
    wanted: IntArray,
    worth: FloatArray,
    shared: AllowanceWorth,
) -> pd.DataFrame:
    """Return where capacity, a material or money is missing, and the runs that can never fit.

    Units are booked once: to the line that would make them, in the last period, early enough for
    the sale, in which that line has no room for the next lot; or, if a material, a budget or a
    group's capacity leaves none there, to that. Left out are rows of less than one
    expected unit, and those where more capacity would earn next to nothing. A row's value, by
    which rows are sorted, is the missing capacity times what a unit of it would earn; for a run
    that can never fit, the lost units times the margin and penalty of one.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    wanted : ndarray of int, shape (n_items, n_periods)
        The plan that would be made if capacity had no limit.
    worth : ndarray, shape (n_lines, n_periods)
        Money that one more unit of capacity would earn.
    shared : AllowanceWorth
        What one more unit of each allowance would earn.

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.SHORTFALLS`, the largest value first.
    """
    draft = Draft(problem, made)
    missing, scarce = _missing(draft, _lost_for_capacity(problem, made, wanted), wanted, shared)
    rows = _missing_capacity(draft, missing, worth) + _impossible_runs(problem, made)
    rows += missing_allowances(problem, scarce, shared)
    rows.sort(key=lambda row: (-row[0], *row[1:4]))
    columns: list[Any] = list(zip(*rows, strict=True))[1:] if rows else [[]] * 10
    names = ("line", "period", "sku", "short", "unit", "units", "what", "relief", "way", "gain")
    return typed_table("shortfalls", dict(zip(names, columns, strict=True)))


@dataclass
class _Short:
    """What is missing on a line in a period."""

    units: float = 0.0
    capacity: float = 0.0
    item: int = -1  # the one that misses most there
    most: float = 0.0  # units that it misses
    of: dict[int, float] = field(default_factory=dict)  # item -> units that it misses

    def book(self, item: int, units: float, capacity: float) -> None:
        """Add units that an item misses."""
        self.units += units
        self.of[item] = self.of.get(item, 0.0) + units
        self.capacity += capacity
        if units > self.most:
            self.item, self.most = item, units


def _missing_capacity(
    draft: Draft, missing: dict[tuple[int, int], _Short], worth: FloatArray
) -> list[tuple[Any, ...]]:
    """Return value and row for units lost because a line is full, where they would be made."""
    problem = draft.problem
    labels, rows = _labels(problem), []
    for (line, when), short in sorted(missing.items()):
        earns = float(worth[line, when])
        if short.units < _LEAST_UNITS or earns < _LEAST_MONEY:
            continue
        unit = problem.units[line]
        what = f"{short.units:,.1f} units are lost for want of {short.capacity:,.1f} {unit}"
        if problem.limit[line, when] == 0:
            what += ", for the line stands still"
        relief = _relief(draft, earns, short, when)
        row = (problem.lines[line], labels[when], "", short.capacity, unit, short.units)
        rows.append((earns * short.capacity, *row, what, relief.text, relief.way, relief.gain))
    return rows


def _lost_for_capacity(problem: Problem, made: IntArray, wanted: IntArray) -> FloatArray:
    """Return the expected units lost that would not be without limits, (n_skus, n_periods)."""
    lost = [lost_so_far(problem, arrivals(problem, each).cumsum(axis=1)) for each in (made, wanted)]
    more = np.maximum(lost[0] - lost[1], 0.0)
    return np.maximum(np.diff(more, axis=1, prepend=0.0), 0.0)


def _missing(
    draft: Draft, lost: FloatArray, wanted: IntArray, shared: AllowanceWorth
) -> tuple[dict[tuple[int, int], _Short], dict[int, float]]:
    """Book lost units to what stops them last: a line that is full, or an allowance."""
    problem = draft.problem
    members, items = problem.members, problem.items
    weight = wanted.sum(axis=1)[members.item] + 1e-9
    order = np.lexsort((-weight, members.sku))
    _, first = np.unique(members.sku[order], return_index=True)
    room = problem.regular[items.line] - draft.used[items.line]
    scarce = shared.blocked >= 0
    full = (room < _next_lot(draft) * (1 - 1e-9)) | scarce
    steps = np.where(full, np.arange(problem.n_periods), -1)
    last_full = np.maximum.accumulate(steps, axis=1)  # [J, H]
    per_unit = items.unit_time / (pieces_of(problem) * problem.good_share)
    missing: dict[tuple[int, int], _Short] = {}
    for_want: dict[int, float] = {}
    for member in order[first].tolist():
        item, sku = int(members.item[member]), int(members.sku[member])
        lead = int(members.lead[member])
        if not items.most[item].any():
            continue  # named by `_impossible_runs`
        for period in np.flatnonzero(lost[sku] > 0).tolist():
            when = int(last_full[item, period - lead]) if period >= lead else -1
            units = float(lost[sku, period])
            if when >= 0 and scarce[item, when]:
                number = int(shared.blocked[item, when])
                for_want[number] = for_want.get(number, 0.0) + units
            elif when >= 0:
                short = missing.setdefault((int(items.line[item]), when), _Short())
                short.book(item, units, units * float(per_unit[item]))
    return missing, for_want


def _next_lot(draft: Draft) -> FloatArray:
    """Return the capacity that the next lot of each item takes, (n_items, n_periods)."""
    items = draft.problem.items
    more = items.unit_time * items.multiple
    start = items.unit_time * items.moq + items.setup_time
    return np.where(draft.made > 0, more[:, None], start[:, None])


def _relief(draft: Draft, worth: float, short: _Short, when: int) -> Relief:
    """Say what more capacity would earn, and why what there is elsewhere is not used."""
    problem, item = draft.problem, short.item
    line = int(problem.items.line[item])
    unit, cost = problem.units[line], float(problem.overtime_cost[line])
    each, used = unit.removesuffix("s"), float(draft.used[line, when])
    overtime = float(problem.limit[line, when]) - max(used, float(problem.regular[line, when]))
    left = f"{overtime:,.1f} {unit} of overtime are left"
    said, dear = [f"each more {each} would earn {worth:,.2f}"], False
    if overtime > _WORTH_SAYING * problem.limit[line, when]:
        dear = cost - worth >= _LEAST_MONEY
        if dear:
            said = [f"{left}, but cost {cost:,.2f} a {each} and would earn {worth:,.2f}"]
        else:
            said.append(f"{left} at {cost:,.2f} a {each}")
    packs = short.most / float((pieces_of(problem) * problem.good_share)[item])
    ready = when + int(problem.items.lead[item])
    ways = [
        _elsewhere(draft, item, when, packs, dear_overtime=dear),
        without_moq(draft, item, ready, packs),
    ]
    found = [way for way in ways if way is not None]
    text = "; ".join([*said, *(way.text for way in found)])
    paying = [way for way in found if way.gain >= least_gain(draft)]
    brings = sum(_with_hours(draft, each, when, units) for each, units in short.of.items())
    hours = Relief("hours", brings if brings >= _LEAST_MONEY else float("nan"))
    hours = Relief("order refused", 0.0) if dear else hours
    best = max(paying, key=lambda way: way.gain, default=hours)
    return Relief(best.way, best.gain, text)


def _with_hours(draft: Draft, item: int, when: int, units: float) -> float:
    """Return what the missing units of an item would bring if its line had room for them."""
    items = draft.problem.items
    packs = units / float((pieces_of(draft.problem) * draft.problem.good_share)[item])
    lots = int(np.ceil(packs / items.multiple[item] - 1e-9)) * int(items.multiple[item])
    size = max(int(draft.made[item, when]) + lots, int(items.moq[item]))
    return max(recosted(draft, item, when, size), 0.0)


def _elsewhere(
    draft: Draft, item: int, when: int, packs: float, *, dear_overtime: bool
) -> Relief | None:
    """Name the best place with room where an item could be made in time, and what it would earn.

    With `dear_overtime`, places with nothing but overtime that would not pay are passed over. A
    `when` of -1 is for a run that can be made nowhere: any other place is in time.
    """
    problem, items = draft.problem, draft.problem.items
    ready = when + int(items.lead[item]) if when >= 0 else problem.n_periods - 1
    best: tuple[float, int, int] | None = None
    for other in np.flatnonzero(items.block == items.block[item]).tolist():
        for step in range(min(ready - int(items.lead[other]) + 1, problem.n_periods)):
            size = int(draft.made[other, step] + items.multiple[other])
            size = max(size, int(items.moq[other]))
            extra = draft.cost_if_fits([(other, step, size)])
            if extra is None or size > items.most[other, step] or (other, step) == (item, when):
                continue
            where = np.array([other]), np.array([step]), np.array([size])
            pieces = (size - int(draft.made[other, step])) * float(pieces_of(problem)[other])
            gain = (float(draft.gains(Change(*where))[0]) - extra) / pieces
            if dear_overtime and gain < _LEAST_MONEY and _only_overtime(draft, other, step):
                continue
            if best is None or gain > best[0]:
                best = gain, other, step
    return None if best is None else _told(draft, item, packs, *best)


def _told(draft: Draft, item: int, packs: float, gain: float, other: int, step: int) -> Relief:
    """Put into words that an item could be made as another one, in another place."""
    problem, items = draft.problem, draft.problem.items
    room = problem.limit[items.line] - draft.used[items.line]
    line = int(items.line[other])
    free, kind = float(room[other, step]), ""
    if _only_overtime(draft, other, step):
        regular = max(float(problem.regular[line, step] - draft.used[line, step]), 0.0)
        free, kind = free - regular, " of overtime"
    brings = "next to nothing" if abs(gain) < _LEAST_MONEY else f"{gain:+,.2f}"
    text = (
        f"{free:,.1f} {problem.units[line]}{kind} are free on {problem.lines[line]} "
        f"{problem.calendar.during(_labels(problem)[step])}, where "
        f"one more unit would bring {brings}"
    )
    way = "earlier period" if line == int(items.line[item]) else "other line"
    mode = problem.ways[int(items.way[other])].mode
    if mode != problem.ways[int(items.way[item])].mode:
        way, text = "other mode", f"by {mode or 'the plain way'}: {text}"
    more = min(packs, free / float(items.unit_time[other]))
    lots = int(more // items.multiple[other]) * int(items.multiple[other])
    old = int(draft.made[other, step])
    size = min(max(old + lots, int(items.moq[other])), int(items.most[other, step]))
    if size <= old or draft.cost_if_fits([(other, step, size)]) is None:
        return Relief(way, 0.0, text)
    return Relief(way, gain_of(draft, [(other, step, size)]), text)


def _only_overtime(draft: Draft, item: int, when: int) -> bool:
    """Say whether an item's line has no regular capacity left for as much as a unit."""
    problem, items = draft.problem, draft.problem.items
    line = int(items.line[item])
    left = float(problem.regular[line, when] - draft.used[line, when])
    return left < float(items.unit_time[item]) <= float(problem.limit[line, when])


def _impossible_runs(problem: Problem, made: IntArray) -> list[tuple[Any, ...]]:
    """Return value and row for items whose smallest run fits no period, of SKUs that are lost."""
    items, labels, draft = problem.items, _labels(problem), Draft(problem, made)
    lost = lost_so_far(problem, arrivals(problem, made).cumsum(axis=1))[:, -1]
    margin = np.maximum(problem.price + problem.penalty - problem.unit_cost, 0.0)
    rows = []
    for item in np.flatnonzero(~(items.most > 0).any(axis=1)).tolist():
        line = int(items.line[item])
        first = int(np.flatnonzero(problem.members.item == item)[0])
        row = int(problem.members.sku[first])
        units = float(lost[row])
        if units < _LEAST_UNITS:
            continue
        best = int(np.argmax(problem.limit[line]))
        short = max(_smallest(problem, item) - float(problem.limit[line, best]), 0.0)
        what, advice = _why_impossible(problem, item)
        relief = _way_for_one(draft, item, units, units * float(margin[row]), advice)
        name = (problem.lines[line], labels[best], problem.skus[row])
        numbers = (short, problem.units[line], units, what)
        value = units * float(margin[row])
        rows.append((value, *name, *numbers, relief.text, relief.way, relief.gain))
    return rows


def _smallest(problem: Problem, item: int) -> float:
    """Return the capacity that an item's smallest run takes."""
    items = problem.items
    return float(items.setup_time[item] + items.unit_time[item] * items.moq[item])


def _why_impossible(problem: Problem, item: int) -> tuple[str, str]:
    """Say why no run of an item fits, and what would help."""
    items, line = problem.items, int(problem.items.line[item])
    if items.lead[item] >= problem.n_periods:
        return (
            f"its lead time of {items.lead[item]} periods is longer than the plan",
            "plan more periods, or find a way with a shorter lead time",
        )
    most, unit = float(problem.limit[line].max()), problem.units[line]
    if most == 0:
        return (
            "its line stands still in every period in which it would arrive in time",
            "another line, or days on which this one works",
        )
    return (
        f"the smallest run of {int(items.moq[item]):,} takes {_smallest(problem, item):,.1f} "
        f"{unit} with its set-up; no period in which it would arrive in time has more than "
        f"{most:,.1f}",
        "a smaller MOQ, a faster line, or more capacity in one period",
    )


def _way_for_one(draft: Draft, item: int, units: float, value: float, advice: str) -> Relief:
    """Return the cheapest way out for an item that cannot be made."""
    problem, items = draft.problem, draft.problem.items
    packs = units / float((pieces_of(problem) * problem.good_share)[item])
    other = _elsewhere(draft, item, -1, packs, dear_overtime=False)
    if other is not None and other.way == "other mode" and other.gain >= _LEAST_MONEY:
        return Relief(other.way, other.gain, other.text)
    smaller = without_moq(draft, item, problem.n_periods - 1, packs)
    if smaller is not None:
        return Relief(smaller.way, smaller.gain, f"{advice}; {smaller.text}")
    late = items.lead[item] >= problem.n_periods
    if late or value < _LEAST_MONEY:
        return Relief("order refused", 0.0, advice)
    return Relief("hours", _first_run(draft, item, packs), advice)


def _first_run(draft: Draft, item: int, packs: float) -> float:
    """Return what the best first run of an item would bring if its line had room for it."""
    items = draft.problem.items
    size = max(int(np.ceil(packs)), int(items.moq[item]))
    size += -size % int(items.multiple[item])
    last = draft.problem.n_periods - int(items.lead[item])
    return max((recosted(draft, item, when, size) for when in range(last)), default=0.0)


def _labels(problem: Problem) -> np.ndarray:
    steps = np.arange(problem.n_periods)
    return np.asarray(problem.calendar.label(problem.first + steps).astype("datetime64[s]"))
