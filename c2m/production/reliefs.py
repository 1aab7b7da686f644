"""Ways out of a shortfall other than more capacity, and what each would bring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.production.lotsizing.draft import Change, Draft


@dataclass(frozen=True)
class Relief:
    """A way out of a shortfall.

    Parameters
    ----------
    way : str
        ``"hours"``, ``"earlier period"``, ``"other line"``, ``"MOQ waived"`` or
        ``"order refused"``.
    gain : float
        Expected money that it would bring, before what the way itself costs.
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
    label = pd.Timestamp(problem.calendar.label([problem.first + when])[0]).date()
    text = (
        f"without its smallest lot a run of {size:,} on {problem.lines[int(items.line[other])]} in "
        f"the {problem.calendar.word} of {label} would bring {gain:+,.2f}"
    )
    return Relief("MOQ waived", gain, text)


def _fitting(draft: Draft, item: int, when: int, room: float, units: float) -> int | None:
    """Return the size for which there is room, where the lots of the item forbid just that."""
    items, old = draft.problem.items, int(draft.made[item, when])
    free = room - (float(items.setup_time[item]) if old == 0 else 0.0)
    more = min(int(max(free, 0.0) / items.unit_time[item] + 1e-9), int(np.ceil(units)))
    size = old + more
    allowed = size % items.multiple[item] == 0 and items.moq[item] <= size <= items.most[item, when]
    return None if more <= 0 or allowed else size
