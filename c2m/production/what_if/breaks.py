"""The limits that given runs break, each with the cheapest change that would mend it."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from c2m.production.firm import settle
from c2m.production.last_units import pieces_of
from c2m.production.limits import allowance_limits, allowance_usage, broken_limits, item_name
from c2m.production.lotsizing.draft import Draft
from c2m.production.problem import GroupLimit, IntArray, Problem
from c2m.production.reliefs import gain_of
from c2m.production.what_if.overrides import Placed

BREAKS = ("line", "period", "sku", "short", "unit", "what", "relief", "gain")
"""Columns of `breaks_table`."""

Row: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class _Mend:
    """A change that would mend a break, and what it adds to the expected profit."""

    gain: float
    text: str


def breaks_table(problem: Problem, placed: Placed, firm: IntArray | None = None) -> pd.DataFrame:
    """Return every limit that runs break, and the cheapest relief of each.

    Parameters
    ----------
    problem : Problem
        The problem.
    placed : Placed
        The runs.
    firm : ndarray of int, shape (n_items, n_periods), optional
        Those of them that are firm: their lots, and those of groups that only they make, are as
        they are.

    Returns
    -------
    DataFrame
        ``line``, ``period``, ``sku`` (or group, material, budget), ``short`` (how much is missing
        or too much) and its ``unit``, ``what`` and ``relief`` in words, and ``gain``: what the
        relief by itself would add to the expected profit (NaN where it cannot be told). Empty
        where all limits hold.
    """
    draft = Draft(problem, placed.made)
    rows: list[Row] = [_torn(problem, item, when) for item, when in placed.torn]
    settled = np.zeros_like(placed.made) if firm is None else firm
    rows += _lots(draft, settled) + _loads(draft)
    for group in problem.groups:
        rows += _group(draft, group, settled)
    rows += _allowances(draft)
    if not rows:
        left = settle(problem, settled, np.zeros(settled.shape, dtype=bool)).free
        rows = [
            ("", pd.NaT, "", np.nan, "", what, "change the runs that it names", np.nan)
            for what in broken_limits(left, placed.made - settled)
        ]
    table = pd.DataFrame(rows, columns=list(BREAKS))
    return table.astype({"period": "datetime64[s]", "short": "float64", "gain": "float64"})


def _place(problem: Problem, line: int, when: int) -> tuple[str, pd.Timestamp]:
    label = problem.calendar.label([problem.first + when])[0]
    return problem.lines[line] if line >= 0 else "", pd.Timestamp(label)


def _torn(problem: Problem, item: int, when: int) -> Row:
    line, label = _place(problem, int(problem.items.line[item]), when)
    here = problem.members.item == item
    ratio = ":".join(str(pieces) for pieces in problem.members.pieces[here].tolist())
    what = f"the pre-pack {item_name(problem, item)} is not made whole"
    relief = f"make its SKUs in the ratio {ratio}"
    return line, label, item_name(problem, item), np.nan, "packs", what, relief, np.nan


def _lots(draft: Draft, firm: IntArray) -> list[Row]:
    """Return the runs that are too small, too large or no multiple."""
    problem, items = draft.problem, draft.problem.items
    rows: list[Row] = []
    for item, when in np.argwhere((draft.made > 0) & (draft.made != firm)).tolist():
        size, moq = int(draft.made[item, when]), int(items.moq[item])
        multiple, most = int(items.multiple[item]), int(items.most[item, when])
        if size < moq:
            short, what = moq - size, f"a run of {size:,} is below the smallest, {moq:,}"
        elif size > most and _by_itself(draft, item, when):
            short, what = size - most, f"a run of {size:,} is above {most:,}, its largest"
            if when + int(items.lead[item]) >= problem.n_periods:
                lead = f"its lead time of {items.lead[item]}"
                what = f"{lead} would bring a run of {size:,} after the plan's end"
        elif size % multiple:
            short, what = size % multiple, f"a run of {size:,} is no multiple of {multiple:,}"
        else:
            continue
        line, label = _place(problem, int(items.line[item]), when)
        mend = _best(_other_sizes(draft, item, when))
        unit = "units" if pieces_of(problem)[item] == 1 else "packs"
        name = item_name(problem, item)
        rows.append((line, label, name, float(short), unit, what, mend.text, mend.gain))
    return rows


def _by_itself(draft: Draft, item: int, when: int) -> bool:
    """Say whether a run that is too large is so by its own limits, not by its line's load."""
    problem, items = draft.problem, draft.problem.items
    room = float(problem.limit[items.line[item], when] - items.setup_time[item])
    fitting = int(max(room, 0.0) / items.unit_time[item] + 1e-9)
    fitting -= fitting % int(items.multiple[item])
    late = when + int(items.lead[item]) >= problem.n_periods
    return late or int(items.moq[item]) <= fitting > int(items.most[item, when])


def _other_sizes(draft: Draft, item: int, when: int) -> list[_Mend]:
    """Return the sizes next to a run that its own limits allow, and what each adds."""
    items, size = draft.problem.items, int(draft.made[item, when])
    multiple, moq, most = (
        int(items.multiple[item]),
        int(items.moq[item]),
        int(items.most[item, when]),
    )
    below = min(size, most) // multiple * multiple
    sizes = {0, *(each for each in (below, max(below + multiple, moq)) if moq <= each <= most)}
    mends = []
    for other in sorted(sizes - {size}):
        text = f"make {other:,} instead" if other else "leave the run out"
        mends.append(_Mend(gain_of(draft, [(item, when, other)]), text))
    if size < moq and size <= most:
        mends.append(_Mend(0.0, f"have the MOQ of {moq:,} waived"))
    return mends


def _best(mends: list[_Mend]) -> _Mend:
    """Return the change that leaves the most profit, with that in words."""
    best = max(mends, key=lambda mend: mend.gain)
    return _Mend(best.gain, f"{best.text} ({best.gain:+,.2f} to the expected profit)")


def _loads(draft: Draft) -> list[Row]:
    """Return the lines and periods with more work than they can do."""
    problem = draft.problem
    rows: list[Row] = []
    for line, when in np.argwhere(draft.over() > 0).tolist():
        over = float(draft.over()[line, when])
        unit = problem.units[line]
        code, label = _place(problem, line, when)
        what = (
            f"the runs take {draft.used[line, when]:,.1f} {unit}; with all overtime there are "
            f"{problem.limit[line, when]:,.1f}"
        )
        mends = _less_work(draft, line, when, over)
        if not mends:
            text = f"{over:,.1f} more {unit}, or several runs cut"
            rows.append((code, label, "", over, unit, what, text, np.nan))
            continue
        mend = _best(mends)
        text = f"{over:,.1f} more {unit}, or {mend.text}"
        rows.append((code, label, "", over, unit, what, text, mend.gain))
    return rows


def _less_work(draft: Draft, line: int, when: int, over: float) -> list[_Mend]:
    """Return the single runs whose cut or move would free enough of a line."""
    problem, items = draft.problem, draft.problem.items
    mends = []
    for item in np.flatnonzero((items.line == line) & (draft.made[:, when] > 0)).tolist():
        size, multiple = int(draft.made[item, when]), int(items.multiple[item])
        rest = size - int(np.ceil(over / items.unit_time[item] / multiple - 1e-9)) * multiple
        rest = rest if rest >= items.moq[item] else 0
        freed = -float(draft.usage_change(*_one(item, when, rest))[0])
        if freed < over * (1 - 1e-9):
            continue
        name = item_name(problem, item)
        cut = f"{size - rest:,} fewer {name}" if rest else f"refuse the run of {size:,} {name}"
        mends.append(_Mend(gain_of(draft, [(item, when, rest)]), cut))
        mends += _moves(draft, item, when, rest)
    return mends


def _moves(draft: Draft, item: int, when: int, rest: int) -> list[_Mend]:
    """Return the places with room to which a part of a run could go, in time for its sale."""
    problem, items = draft.problem, draft.problem.items
    moved, mends = int(draft.made[item, when]) - rest, []
    ready = when + int(items.lead[item])
    for other in np.flatnonzero(items.block == items.block[item]).tolist():
        for step in range(min(ready - int(items.lead[other]) + 1, problem.n_periods)):
            size = int(draft.made[other, step]) + moved
            allowed = items.moq[other] <= size <= items.most[other, step]
            if (other, step) == (item, when) or not allowed or size % items.multiple[other]:
                continue
            line = int(items.line[other])
            more = float(draft.usage_change(*_one(other, step, size))[0])
            if draft.used[line, step] + more > draft.limit[line, step]:
                continue
            code, label = _place(problem, line, step)
            text = f"{moved:,} of {item_name(problem, item)} on {code} "
            text += problem.calendar.during(label)
            parts = [(item, when, rest), (other, step, size)]
            mends.append(_Mend(gain_of(draft, parts), text))
    return mends


def _one(item: int, when: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([item]), np.array([when]), np.array([size])


def _group(draft: Draft, group: GroupLimit, firm: IntArray) -> list[Row]:
    """Return the periods in which a group makes a quantity that it may not."""
    problem = draft.problem
    rows: list[Row] = []
    pieces = group.weights @ draft.made[group.items]
    others = pieces != group.weights @ firm[group.items]
    for when in np.flatnonzero(~group.allows(pieces) & others).tolist():
        total = int(pieces[when])
        code, label = _place(problem, group.line, when)
        up = max(-(-total // group.multiple) * group.multiple, group.moq)
        down = int(min(total, group.max_lot)) // group.multiple * group.multiple
        short = up - total if up <= group.max_lot else total - down
        who = f"group {group.name!r} makes"
        if group.split:
            who = f"{group.name}, by all modes together, is a run of"
        what = f"{who} {total:,}, which its limit does not allow"
        ways = [f"{up - total:,} more"] if up <= group.max_lot else []
        ways += [f"{total - down:,} fewer"] if down >= group.moq else [f"none of its {total:,}"]
        relief = f"{' or '.join(ways)} in that period, or have the limit waived"
        rows.append((code, label, group.name, float(short), "pieces", what, relief, np.nan))
    return rows


def _allowances(draft: Draft) -> list[Row]:
    """Return the materials, budgets and capacities of groups of which the runs take too much."""
    problem = draft.problem
    used, most = allowance_usage(problem, draft.made), allowance_limits(problem)
    rows: list[Row] = []
    for number in np.flatnonzero(used > most).tolist():
        allowance = problem.allowances[number]
        over, unit = float(used[number] - allowance.amount), allowance.unit
        name = f"{allowance.kind} {allowance.name!r}"
        _, label = _place(problem, -1, allowance.last)
        what = f"the runs until then take {used[number]:,.1f} of {allowance.amount:,.1f} {unit}"
        relief = f"{over:,.1f} more of {name}, or fewer of the runs that take it"
        rows.append(("", label, name, over, unit, what, relief, np.nan))
    return rows
