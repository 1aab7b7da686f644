"""What a new plan changes of the old one, and why."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from c2m.plan import Plan
from c2m.plan.tables import typed_table
from c2m.production.limits import broken_limits
from c2m.production.problem import IntArray, Problem
from c2m.production.replanning.calm import Calm
from c2m.production.replanning.single import Back, set_back, sizes_hold, with_parts

_NAMED = 2_000
"""SKUs up to which the limit is named that old runs would break."""

_WORTH_SAYING = 0.05
"""Share by which demand or stock must differ from what the old plan expected to be named."""

_News = list[tuple[int, str]]
"""What is new about a SKU, and the runs that it explains: 1 larger ones, -1 smaller ones, 0 all."""


def changes_table(
    plan: Plan,
    problem: Problem,
    made: IntArray,
    calm: Calm,
    lost: pd.DataFrame,
    inputs: Mapping[str, pd.DataFrame],
    whole: str,
) -> pd.DataFrame:
    """Return every run that is not as it was in the old plan, and why.

    Parameters
    ----------
    plan : Plan
        The old plan.
    problem : Problem
        What was left to decide.
    made : ndarray of int, shape (n_items, n_periods)
        What was decided.
    calm : Calm
        The old plan in the same arrays.
    lost : DataFrame
        Old runs that cannot be made any more.
    inputs : mapping of str to DataFrame
        What the new plan was made from; its ``stock`` is compared.
    whole : str
        What the old plan as a whole would earn, said of every change.

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.CHANGES`, by period, line and SKU.
    """
    alone = {back.block: _alone(problem, made, back) + whole
             for back in set_back(problem, made, calm)}  # fmt: skip
    rows = _rows(problem, made, calm, _news(plan, problem, inputs), alone)
    for run in lost.to_dict("records"):
        why = f"{run['line']} cannot make it any more"
        if run["sku"] not in problem.skus:
            why = "there is no demand for it any more"
        place = run["sku"], run["line"], run["mode"], run["period"]
        rows.append((*place, int(run["quantity"]), 0, True, why))
    names = ("sku", "line", "mode", "period", "before", "after", "charged", "why")
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[]] * len(names)
    table = typed_table("changes", dict(zip(names, columns, strict=True)))
    return table.sort_values(["period", "line", "sku", "mode"], kind="stable").reset_index(
        drop=True
    )


def _rows(
    problem: Problem, made: IntArray, calm: Calm, news: list[_News], alone: dict[int, str]
) -> list[tuple[object, ...]]:
    """Return a row for each SKU of each run that has another size."""
    charged, other = calm.changed(made), calm.other(made)
    items, members = problem.items, problem.members
    now, old, first = calm.total(made), calm.total(calm.old), calm.first_items
    way = np.where(other, np.sign(now - old), 0)
    ways = {(int(items.block[first[place]]), int(way[place, when]))
            for place, when in np.argwhere(other)}  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for place, when in np.argwhere(other).tolist():
        item, sign = int(first[place]), int(way[place, when])
        block = int(items.block[item])
        label = pd.Timestamp(problem.calendar.label([problem.first + when])[0])
        mode = problem.ways[items.way[item]].mode
        here = np.flatnonzero(members.item == item).tolist()
        told = [news[sku] for sku in members.sku[here].tolist()]
        why = _explained(told, sign, both=(block, -sign) in ways) + alone[block]
        for member in here:
            pieces = int(members.pieces[member])
            sizes = int(old[place, when]) * pieces, int(now[place, when]) * pieces
            sku, line = problem.skus[members.sku[member]], problem.lines[items.line[item]]
            rows.append((sku, line, mode, label, *sizes, bool(charged[place, when]), why))
    return rows


def _explained(told: list[_News], sign: int, *, both: bool) -> str:
    """Say what of the news explains a run that is larger (1) or smaller (-1) than before."""
    for news in told:
        if fits := [text for way, text in news if way in (0, sign)]:
            return " and ".join(fits) + "; "
    if both:
        text = "it takes over from another run" if sign > 0 else "another run takes over from it"
        return f"{text} of the same SKU; "
    return ""


def _alone(problem: Problem, made: IntArray, back: Back) -> str:
    """Say what the changes of a block bring, or which limit its old runs would break."""
    if not np.isnan(back.brings):
        return f"its changes alone bring {back.brings:+,.2f}"
    if not sizes_hold(problem, back.parts):
        return "its old runs break the limits of a run"
    text = "beside the other runs its old ones do not fit any more"
    if problem.n_skus > _NAMED:
        return text
    broken = broken_limits(problem, with_parts(made, back.parts))
    more = f" and {len(broken) - 1:,} more" if len(broken) > 1 else ""
    return f"{text}: {broken[0]}{more}" if broken else text


def _news(plan: Plan, problem: Problem, inputs: Mapping[str, pd.DataFrame]) -> list[_News]:
    """Say for each SKU where demand and stock are not as the old plan expected."""
    shift = problem.first - plan.first
    both = min(plan.n_periods - shift, problem.n_periods)
    wanted = np.diff(problem.mean_net + problem.supply, axis=1, prepend=0.0)
    now = wanted[:, : max(both, 0)].sum(axis=1)
    there = inputs["stock"].set_index("sku")["on_hand"].reindex(problem.skus, fill_value=0.0)
    row = {sku: number for number, sku in enumerate(plan.skus)}
    texts = []
    for number, sku in enumerate(problem.skus):
        said: _News = [] if sku in row else [(0, "the old plan does not have it")]
        if sku in row and plan.outlook:
            course = {name: plan.outlook[name][row[sku]] for name in ("demand", "stock")}
            then = float(course["demand"][shift:][:both].sum())
            till = " till the old plan's end"
            said = _differs(float(now[number]), then, 1, "customers are expected to want", till)
            if 0 < shift <= plan.n_periods:
                left = float(course["stock"][shift - 1])
                on_hand = float(there.iloc[number])
                said += _differs(on_hand, left, -1, "there are", " in stock", then)
            said = said or [(0, "its demand and stock are about as expected")]
        texts.append(said)
    return texts


def _differs(now: float, then: float, way: int, what: str, where: str, scale: float = 0.0) -> _News:
    """Say what is not as expected; `way` is how runs follow where there is more."""
    if abs(now - then) <= _WORTH_SAYING * max(then, scale, 1.0):
        return []
    sign = way if now > then else -way
    return [(sign, f"{what} {now:,.0f} instead of {then:,.0f}{where}")]
