"""Ways out of a shortfall other than more capacity, and what each would bring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.production.allowance_worth import AllowanceWorth
from c2m.production.last_units import first_sku, pieces_of
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.problem import GroupLimit, Problem
from c2m.production.surplus import surplus_change

_LEAST_UNITS = 1.0
"""Expected units lost below which nothing is reported."""

_LEAST_MONEY = 0.005
"""Less than this shows as nothing."""

_LEAST_SHARE = 0.001
"""Share of what the plan earns below which a way out is not told."""


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
        Expected money that it would bring, before what the way itself costs, costed over the
        scenarios; NaN where only a new plan can tell.
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
        if problem.ways[int(items.way[other])].tier > 0:
            continue  # smaller runs go by the tier below
        line, last = int(items.line[other]), ready - int(items.lead[other])
        for when in range(min(last + 1, problem.n_periods)):
            size = _fitting(draft, other, when, float(room[line, when]), units)
            if size is None or not draft.taken.fits(draft.made, [(other, when, size)]):
                continue
            gain = gain_of(draft, [(other, when, size)])
            if best is None or gain > best[0]:
                best = gain, other, when, size
    if best is None or best[0] < least_gain(draft):
        return None
    gain, other, when, size = best
    during = problem.calendar.during(problem.calendar.label([problem.first + when])[0])
    packs = " packs" if pieces_of(problem)[other] != 1 else ""
    text = (
        f"{_waived(draft, other, when, size)} a run of {size:,}{packs} of "
        f"{first_sku(problem, other)} on {problem.lines[int(items.line[other])]} "
        f"{during} would bring {gain:+,.2f}"
    )
    return Relief("MOQ waived", gain, text)


def least_gain(draft: Draft) -> float:
    """Return the gain below which a way out is not told.

    Parameters
    ----------
    draft : Draft
        The plan.

    Returns
    -------
    float
        A thousandth of what the plan earns; a cent at least.
    """
    return max(_LEAST_SHARE * abs(float(draft.sku_profit.sum())), _LEAST_MONEY)


def _waived(draft: Draft, item: int, when: int, size: int) -> str:
    """Say which limit on its lots a run does not keep."""
    items = draft.problem.items
    multiple, moq = int(items.multiple[item]), int(items.moq[item])
    if size % multiple:
        return f"without its multiple of {multiple:,}"
    if size < moq:
        return f"without its MOQ of {moq:,}"
    group = _groups_that_forbid(draft, item, when, size)[0]
    if group.split:
        return f"without its MOQ of {group.moq:,}"
    return f"without the lots of group {group.name!r} (at least {group.moq:,})"


def _groups_that_forbid(draft: Draft, item: int, when: int, size: int) -> list[GroupLimit]:
    """Return the groups whose lots a new size would not keep, largest lots left out."""
    found = []
    for group in draft.groups_of.get(item, ()):
        weight = int(group.weights[group.items == item][0])
        total = int(group.weights @ draft.made[group.items, when])
        total += weight * (size - int(draft.made[item, when]))
        if total <= group.max_lot and not group.allows(total):
            found.append(group)
    return found


def recosted(draft: Draft, item: int, when: int, size: int) -> float:
    """Return what a larger run brings where the line had room for it, with all that it buys.

    Parameters
    ----------
    draft : Draft
        The plan.
    item, when, size : int
        The run, and its new size.

    Returns
    -------
    float
        Expected money, before overtime; 0 where a group, material or budget forbids it.
    """
    parts = [(item, when, size)]
    held = any(
        not group.allows(
            int(group.weights @ draft.made[group.items, when])
            + int(group.weights[group.items == item][0]) * (size - int(draft.made[item, when]))
        )
        for group in draft.groups_of.get(item, ())
    )
    if held or not draft.taken.fits(draft.made, parts):
        return 0.0
    columns = [np.array([value]) for value in parts[0]]
    surplus = surplus_change(draft.problem, draft.made, *columns)
    return float(draft.gains(Change(*columns))[0] - surplus[0])


def missing_allowances(
    problem: Problem, missing: dict[int, float], shared: AllowanceWorth
) -> list[tuple[object, ...]]:
    """Return value and row of each allowance of which more would earn something.

    Of the nested allowances of one name the dearest is named. What all that is short would earn
    only a new plan tells; what the next lot would earn is told.

    Parameters
    ----------
    problem : Problem
        The problem.
    missing : dict of int to float
        Units lost for want of each allowance, those of nested ones apart.
    shared : AllowanceWorth
        What one more unit of each would earn.

    Returns
    -------
    list of tuple
        The value, then the columns of `c2m.plan.SHORTFALLS`.
    """
    rows: list[tuple[object, ...]] = []
    units: dict[tuple[str, str], float] = {}
    for number, lost in missing.items():
        key = problem.allowances[number].kind, problem.allowances[number].name
        units[key] = units.get(key, 0.0) + lost
    for number in np.argsort(-shared.price, kind="stable").tolist():
        each, price = problem.allowances[number], float(shared.price[number])
        lost = units.pop((each.kind, each.name), 0.0) if price > 0 else 0.0
        if lost < _LEAST_UNITS or price < _LEAST_MONEY:
            continue
        item = int(shared.item[number])
        short = lost * unit_need(problem, number, item)
        label = pd.Timestamp(problem.calendar.label([problem.first + each.first])[0])
        unit, sku = each.unit or "units", first_sku(problem, item)
        what = f"{each.kind} {each.name}: {each.amount:,.1f} {unit} are used up"
        relief = (
            f"the next {float(shared.needs[number]):,.1f} {unit} would earn about {price:,.2f} "
            f"each, with {sku}; what more would earn tells a plan with another amount"
        )
        row = ("", label, sku, short, each.unit, lost)
        rows.append((price * short, *row, what, relief, f"more {each.kind}", float("nan")))
    return rows


def unit_need(problem: Problem, number: int, item: int) -> float:
    """Return what a good unit of an item takes of an allowance.

    Parameters
    ----------
    problem : Problem
        The problem.
    number : int
        Entry of `Problem.allowances`.
    item : int
        The item.

    Returns
    -------
    float
        In the allowance's unit.
    """
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
    size = old + more
    allowed = size % multiple == 0 and moq <= size
    if more <= 0 or (allowed and not _groups_that_forbid(draft, item, when, size)):
        return None
    return size


def _would_fit(problem: Problem, item: int, when: int, size: int) -> bool:
    """Say whether a line that did nothing else could make a run."""
    items = problem.items
    taken = float(items.setup_time[item] + items.unit_time[item] * size)
    return taken <= float(problem.limit[items.line[item], when])
