"""What a new plan changes of the old one, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from c2m.plan import Plan
from c2m.plan.tables import typed_table
from c2m.production.evaluate import block_values
from c2m.production.lotsizing.draft import Draft
from c2m.production.problem import BoolArray, IntArray, Problem
from c2m.production.replanning.calm import Calm, cost_of

_WORTH_SAYING = 0.05
"""Share by which demand or stock must differ from what the old plan expected to be named."""


def changes_table(
    plan: Plan,
    problem: Problem,
    made: IntArray,
    calm: Calm,
    lost: pd.DataFrame,
    inputs: Mapping[str, pd.DataFrame],
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

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.CHANGES`, by period, line and SKU.
    """
    changed = calm.changed(made)
    news = _news(plan, problem, inputs)
    rows = _rows(problem, made, calm, changed, _why(problem, made, calm, news))
    for run in lost.to_dict("records"):
        why = f"{run['line']} cannot make it any more"
        if run["sku"] not in problem.skus:
            why = "there is no demand for it any more"
        place = run["sku"], run["line"], run["mode"], run["period"]
        rows.append((*place, int(run["quantity"]), 0, why))
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[]] * 7
    names = ("sku", "line", "mode", "period", "before", "after", "why")
    table = typed_table("changes", dict(zip(names, columns, strict=True)))
    return table.sort_values(["period", "line", "sku", "mode"], kind="stable").reset_index(
        drop=True
    )


def _rows(
    problem: Problem, made: IntArray, calm: Calm, changed: BoolArray, why: dict[int, str]
) -> list[tuple[object, ...]]:
    """Return a row for each SKU of each run that is changed."""
    items, members = problem.items, problem.members
    now, old, first = calm.total(made), calm.total(calm.old), calm.first_items
    rows: list[tuple[object, ...]] = []
    for place, when in np.argwhere(changed).tolist():
        item = int(first[place])
        label = pd.Timestamp(problem.calendar.label([problem.first + when])[0])
        mode = problem.ways[items.way[item]].mode
        for member in np.flatnonzero(members.item == item).tolist():
            pieces = int(members.pieces[member])
            sizes = int(old[place, when]) * pieces, int(now[place, when]) * pieces
            sku, line = problem.skus[members.sku[member]], problem.lines[items.line[item]]
            rows.append((sku, line, mode, label, *sizes, why[int(items.block[item])]))
    return rows


def _why(problem: Problem, made: IntArray, calm: Calm, news: list[str]) -> dict[int, str]:
    """Say for each block with changes what is new about it, and what its changes earn."""
    item = calm.first_items[calm.changed(made).any(axis=1)]
    blocks = sorted(set(problem.items.block[item].tolist()))
    before = np.where(calm.counts & calm.changed(made)[calm.place], calm.old, made)
    earned = block_values(problem, made) - block_values(problem, before)
    draft, texts = Draft(problem, made), {}
    for block in blocks:
        skus = np.flatnonzero(problem.block_of == block).tolist()
        said = [news[sku] for sku in skus if news[sku]] or ["the needs of other SKUs have changed"]
        texts[block] = f"{said[0]}; {_worth(draft, before, block, float(earned[block]))}"
    return texts


def _worth(draft: Draft, before: IntArray, block: int, earned: float) -> str:
    """Say what the changes of a block earn, or that its old runs do not fit any more."""
    items = np.flatnonzero(draft.problem.items.block == block)
    cells = np.argwhere(draft.made[items] != before[items])
    parts = [(int(items[row]), int(when), int(before[items[row], when])) for row, when in cells]
    if not _own_limits(draft.problem, parts):
        return "its old runs break the limits of a run"
    cost = cost_of(draft, parts)
    if cost is None:
        return "beside the other runs its old ones do not fit any more"
    return f"its changes together bring {earned + cost:+,.2f}"


def _own_limits(problem: Problem, parts: Sequence[tuple[int, int, int]]) -> bool:
    items = problem.items
    return all(
        size == 0
        or (items.moq[item] <= size <= items.most[item, when] and size % items.multiple[item] == 0)
        for item, when, size in parts
    )


def _news(plan: Plan, problem: Problem, inputs: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say for each SKU where demand and stock are not as the old plan expected."""
    shift = problem.first - plan.first
    both = min(plan.n_periods - shift, problem.n_periods)
    wanted = np.diff(problem.mean_net + problem.supply, axis=1, prepend=0.0)
    now = wanted[:, : max(both, 0)].sum(axis=1)
    there = inputs["stock"].set_index("sku")["on_hand"].reindex(problem.skus, fill_value=0.0)
    row = {sku: number for number, sku in enumerate(plan.skus)}
    texts = []
    for number, sku in enumerate(problem.skus):
        said = [] if sku in row else ["the old plan does not have it"]
        if not said and plan.outlook:
            course = {name: plan.outlook[name][row[sku]] for name in ("demand", "stock")}
            then = float(course["demand"][shift:][:both].sum())
            till = " till the old plan's end"
            said = _differs(float(now[number]), then, "customers are expected to want", till)
            if 0 < shift <= plan.n_periods:
                left = float(course["stock"][shift - 1])
                said += _differs(float(there.iloc[number]), left, "there are", " in stock", then)
        texts.append(" and ".join(said))
    return texts


def _differs(now: float, then: float, what: str, where: str, scale: float = 0.0) -> list[str]:
    if abs(now - then) <= _WORTH_SAYING * max(then, scale, 1.0):
        return []
    return [f"{what} {now:,.0f} instead of {then:,.0f}{where}"]
