"""Ways out of a shortfall other than more capacity, and what each would bring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.production.allowance_worth import AllowanceWorth
from c2m.production.evaluate import arrivals, lost_so_far
from c2m.production.last_units import first_sku, pieces_of
from c2m.production.limits import allowance_usage
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import IntArray, Problem


@dataclass(frozen=True)
class Relief:
    """A way out of a shortfall.

    Parameters
    ----------
    way : str
        ``"hours"``, ``"earlier period"``, ``"other line"``, ``"other mode"``,
        ``"MOQ waived"``, ``"more material"``, ``"more budget"``, ``"more capacity"`` or
        ``"order refused"``.
    gain : float
        Expected money that it would bring at most, before what the way itself costs: what the
        first unit brings, for every unit.
    text : str
        In words; empty where there is nothing to add.
    """

    way: str
    gain: float
    text: str = ""


def gain_of(draft: Draft, parts: Sequence[tuple[int, int, int]]) -> float:
    """Return what new sizes of one or two runs of a block bring, overtime paid.

    Limits are not looked at, and set-ups of groups are left out.

    Parameters
    ----------
    draft : Draft
        The plan.
    parts : sequence of (item, period, new size)
        One or two runs.

    Returns
    -------
    float
        Expected money.
    """
    columns = [np.array([value]) for part in parts for value in part]
    gain, problem = float(draft.gains(Change(*columns))[0]), draft.problem
    extra: dict[tuple[int, int], float] = {}
    for item, when, size in parts:
        place = int(problem.items.line[item]), when
        more = draft.usage_change(np.array([item]), np.array([when]), np.array([size]))[0]
        extra[place] = extra.get(place, 0.0) + float(more)
    for (line, when), more in extra.items():
        before, regular = float(draft.used[line, when]), float(problem.regular[line, when])
        hours = max(before + more - regular, 0.0) - max(before - regular, 0.0)
        gain -= float(problem.overtime_cost[line]) * hours
    return gain


def without_moq(draft: Draft, item: int, ready: int, units: float) -> Relief | None:
    """Return what a run smaller than its lots allow would bring, were it made in time.

    Parameters
    ----------
    draft : Draft
        The plan.
    item : int
        Any item of the block that is short.
    ready : int
        Last step in which it may arrive.
    units : float
        How many units, or packs, are missing.

    Returns
    -------
    Relief or None
        The best one; None where none pays.
    """
    problem, items = draft.problem, draft.problem.items
    room = problem.limit - draft.used
    best: tuple[float, int, int, int] | None = None
    for other in np.flatnonzero(items.block == items.block[item]).tolist():
        line, last = int(items.line[other]), ready - int(items.lead[other])
        for when in range(min(last + 1, problem.n_periods)):
            size = _fitting(draft, other, when, float(room[line, when]), units)
            if size is None:
                continue
            gain = gain_of(draft, [(other, when, size)])
            if gain > 0.0 and (best is None or gain > best[0]):
                best = gain, other, when, size
    if best is None:
        return None
    gain, other, when, size = best
    during = problem.calendar.during(problem.calendar.label([problem.first + when])[0])
    multiple = int(items.multiple[other])
    without = f"without its multiple of {multiple:,}" if size % multiple else "without its MOQ"
    packs = " packs" if pieces_of(problem)[other] != 1 else ""
    text = (
        f"{without} a run of {size:,}{packs} on {problem.lines[int(items.line[other])]} "
        f"{during} would bring {gain:+,.2f}"
    )
    return Relief("MOQ waived", gain, text)


def missing_allowances(
    problem: Problem, made: IntArray, wanted: IntArray, shared: AllowanceWorth
) -> list[tuple[object, ...]]:
    """Return value and row of each allowance of which more would earn something.

    Of the nested allowances of one name the dearest is named. What is short is what the plan
    without limits would take more, but no more than the lost units would take.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        The plan.
    wanted : ndarray of int, shape (n_items, n_periods)
        The plan that would be made without limits.
    shared : AllowanceWorth
        What one more unit of each would earn.

    Returns
    -------
    list of tuple
        The value, then the columns of `c2m.plan.SHORTFALLS`.
    """
    rows: list[tuple[object, ...]] = []
    named: set[tuple[str, str]] = set()
    would = allowance_usage(problem, wanted)
    lost = lost_so_far(problem, arrivals(problem, made).cumsum(axis=1))[:, -1]
    for number in np.argsort(-shared.price, kind="stable").tolist():
        each, price = problem.allowances[number], float(shared.price[number])
        if price <= 0 or (each.kind, each.name) in named:
            continue
        named.add((each.kind, each.name))
        item = int(shared.item[number])
        need = float(_unit_need(problem, number, item))
        units = float(lost[np.unique(_skus(problem, each.items))].sum())
        short = min(max(float(would[number]) - each.amount, 0.0), units * need)
        label = pd.Timestamp(problem.calendar.label([problem.first + each.first])[0])
        unit = each.unit or "units"
        what = f"{each.kind} {each.name}: {each.amount:,.1f} {unit} are used up"
        relief = f"each more {unit.removesuffix('s')} would earn {price:,.2f}"
        row = ("", label, first_sku(problem, item), short, each.unit, short / max(need, 1e-12))
        rows.append((price * short, *row, what, relief, f"more {each.kind}", price * short))
    return rows


def _skus(problem: Problem, items: IntArray) -> IntArray:
    """Return the SKUs of some items."""
    return problem.members.sku[np.isin(problem.members.item, items)]


def _unit_need(problem: Problem, number: int, item: int) -> float:
    """Return what a good unit of an item takes of an allowance."""
    allowance = problem.allowances[number]
    weight = float(allowance.per_unit[allowance.items == item].max(initial=0.0))
    return weight / float((pieces_of(problem) * problem.good_share)[item])


def _fitting(draft: Draft, item: int, when: int, room: float, units: float) -> int | None:
    """Return the size for which there is room, where the lots of the item forbid just that."""
    items, old = draft.problem.items, int(draft.made[item, when])
    free = room - (float(items.setup_time[item]) if old == 0 else 0.0)
    more = min(int(max(free, 0.0) / items.unit_time[item] + 1e-9), int(np.ceil(units)))
    multiple, moq, most = (
        int(items.multiple[item]),
        int(items.moq[item]),
        int(items.most[item, when]),
    )
    if _would_fit(draft.problem, item, when, most + multiple if most else moq):
        # it is not the capacity that keeps lots out: a largest lot, or nothing may run there
        more = min(more, most - old)
    more -= more % multiple if more >= multiple else 0
    allowed = (old + more) % multiple == 0 and moq <= old + more
    return None if more <= 0 or allowed else old + more


def _would_fit(problem: Problem, item: int, when: int, size: int) -> bool:
    """Say whether a line that did nothing else could make a run."""
    items = problem.items
    taken = float(items.setup_time[item] + items.unit_time[item] * size)
    return taken <= float(problem.limit[items.line[item], when])
