"""The numbers behind every run, so that a plan can say why without planning again."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.plan.tables import typed_table
from c2m.production.allowance_worth import AllowanceWorth
from c2m.production.evaluate import arrivals
from c2m.production.last_units import first_sku, pieces_of, run_identity
from c2m.production.limits import limit_with_tolerance, line_usage
from c2m.production.lotsizing.draft import Draft
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.production.worth import CapacityWorth

_MOST_CELLS: Final = 2_000_000
"""Rows times scenarios that are worked out at a time."""


@dataclass(frozen=True)
class RunList:
    """The runs of a plan, one entry each, in the order of `Plan.runs`.

    Parameters
    ----------
    member : ndarray of int, shape (n_runs,)
        Entry of `Problem.members`: the SKU on its line.
    when : ndarray of int, shape (n_runs,)
        Step of the horizon in which it is made.
    """

    member: IntArray
    when: IntArray


def list_runs(problem: Problem, made: IntArray) -> RunList:
    """Return the runs by period, line and SKU.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    RunList
        One entry a SKU, line and period with a run.
    """
    members, items = problem.members, problem.items
    member, when = np.nonzero(made[members.item] > 0)
    line = np.array(problem.lines)[items.line[members.item[member]]]
    sku = np.array(problem.skus)[members.sku[member]]
    order = np.lexsort((sku, line, when))
    return RunList(member[order], when[order])


def reasons_table(
    problem: Problem,
    made: IntArray,
    worth: CapacityWorth,
    shared: AllowanceWorth,
    runs: RunList,
    names: list[str],
) -> pd.DataFrame:
    """Return the reason of every run, and of every SKU without one.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.
    worth : CapacityWorth
        What one more unit of capacity would earn.
    shared : AllowanceWorth
        What one more unit of each allowance would earn.
    runs : RunList
        The runs.
    names : list of str
        Their names.

    Returns
    -------
    DataFrame
        The columns of `c2m.plan.REASONS`, sorted by SKU and run.
    """
    windows = _windows(problem, runs, names)
    cumulative = arrivals(problem, made).cumsum(axis=1)
    numbers = _window_numbers(problem, cumulative, windows)
    identity = _identity(problem, made, worth, shared, windows)
    money = _ratios(problem, worth.price, identity, windows)
    span = problem.calendar.label(problem.first + np.arange(problem.n_periods + 1))
    table = {
        "sku": np.array(problem.skus, dtype=object)[windows["sku"]],
        "run": windows["run"],
        "covers_from": span[windows["start"]].astype("datetime64[s]"),
        "covers_to": span[windows["stop"] - 1].astype("datetime64[s]"),
        "limit": _limits(problem, made, windows, identity, shared),
        "setup_per_unit": _setup_per_unit(problem, made, windows),
        **numbers,
        **money,
        **identity,
    }
    return typed_table("reasons", table)


def _windows(problem: Problem, runs: RunList, names: list[str]) -> dict[str, Any]:
    """Return for every run the steps it covers: from its arrival to the SKU's next arrival."""
    members = problem.members
    sku, start = members.sku[runs.member], runs.when + members.lead[runs.member]
    without = np.setdiff1d(np.arange(problem.n_skus), sku)
    all_sku = np.concatenate([sku, without])
    all_start = np.concatenate([start, np.zeros(len(without), dtype=np.int64)])
    order = np.lexsort((all_start, all_sku))
    all_sku, all_start = all_sku[order], all_start[order]
    stop = np.full(len(order), problem.n_periods)
    later = np.append(all_start[1:], 0)
    same = np.append(all_sku[1:] == all_sku[:-1], False)
    for place in range(len(order) - 2, -1, -1):
        if same[place]:
            tied = later[place] == all_start[place]
            stop[place] = stop[place + 1] if tied else later[place]
    nothing = np.full(len(without), -1)
    return {
        "sku": all_sku,
        "start": all_start,
        "stop": stop,
        "run": np.array([*names, *[""] * len(without)], dtype=object)[order],
        "member": np.concatenate([runs.member, nothing])[order],
        "when": np.concatenate([runs.when, nothing])[order],
    }


def _window_numbers(
    problem: Problem, cumulative: FloatArray, windows: dict[str, Any]
) -> dict[str, FloatArray]:
    """Return demand, supply and chances of every window."""
    names = ("demand_mean", "demand_median", "supply", "covered_level", "p_stockout", "p_left_over")
    count = len(windows["sku"])
    result = {name: np.zeros(count) for name in names}
    worst = _running_lost(problem, cumulative)
    step = max(_MOST_CELLS // problem.n_scenarios, 1)
    for first in range(0, count, step):
        rows = slice(first, first + step)
        sku, start, stop = (windows[name][rows] for name in ("sku", "start", "stop"))
        wanted = _wanted_by(problem, sku, stop) - _wanted_by(problem, sku, start)  # [R, S]
        lost_before = np.where(start[:, None] > 0, worst[start - 1, sku], 0.0)
        lost = worst[stop - 1, sku] - lost_before
        left = cumulative[sku, stop - 1][:, None] - problem.net[stop - 1, sku]
        left += worst[stop - 1, sku]
        result["demand_mean"][rows] = wanted.mean(axis=1)
        result["demand_median"][rows] = np.median(wanted, axis=1)
        result["supply"][rows] = (left + wanted - lost).mean(axis=1)
        result["p_stockout"][rows] = np.mean(lost > 1e-9, axis=1)
        result["p_left_over"][rows] = np.mean(left > 1e-9, axis=1)
    result["covered_level"] = 1.0 - result["p_stockout"]
    return result


def _wanted_by(problem: Problem, sku: IntArray, step: IntArray) -> FloatArray:
    """Return the demand of SKUs before a step each, (n_rows, n_scenarios)."""
    wanted = problem.net[step - 1, sku] + problem.supply[sku, step - 1][:, None]
    return np.asarray(np.where(step[:, None] > 0, wanted, 0.0))


def _running_lost(problem: Problem, cumulative: FloatArray) -> FloatArray:
    """Return the units lost so far in every scenario, shape of `Problem.net`."""
    worst = np.maximum(problem.net - cumulative.T[:, :, None], 0.0)
    return np.maximum.accumulate(worst, axis=0)


def _ratios(
    problem: Problem, worth: FloatArray, identity: dict[str, Any], windows: dict[str, Any]
) -> dict[str, Any]:
    """Return critical ratios before and after capacity and allowances have their prices."""
    sku, member, when = windows["sku"], windows["member"], windows["when"]
    runs = member >= 0
    item = problem.members.item[member]
    line = np.where(runs, problem.items.line[item], 0)
    price = np.where(runs, worth[line, when], 0.0)
    pieces = pieces_of(problem)[item]
    extra = np.where(runs, problem.items.extra[item, when], 0.0) / pieces
    taken = np.where(runs, identity["capacity"] + identity["shared"], 0.0)
    length = windows["stop"] - windows["start"]
    last = windows["stop"] == problem.n_periods
    left_worth = np.where(last, problem.end_value[sku], problem.unit_cost[sku])
    under = problem.price[sku] + problem.penalty[sku] - problem.unit_cost[sku] - extra
    over = problem.unit_cost[sku] + extra - left_worth + problem.holding_cost[sku] * length
    spread = np.maximum(under + over, 1e-12)
    charged = under - taken
    unit = np.array(problem.units, dtype=object)[line]
    return {
        "critical_ratio": np.clip(under / spread, 0.0, 1.0),
        "critical_ratio_at_price": np.clip(charged / spread, 0.0, 1.0),
        "capacity_price": price,
        "unit": np.where(runs, unit, ""),
    }


def _setup_per_unit(problem: Problem, made: IntArray, windows: dict[str, Any]) -> FloatArray:
    member, when = windows["member"], windows["when"]
    item = problem.members.item[member]
    pieces = made[item, when] * pieces_of(problem)[item]
    cost = np.where(member >= 0, problem.items.setup_cost[item], 0.0)
    made_some = (member >= 0) & (pieces > 0)
    return np.asarray(np.divide(cost, pieces, out=np.zeros(len(member)), where=made_some))


def _identity(
    problem: Problem,
    made: IntArray,
    worth: CapacityWorth,
    shared: AllowanceWorth,
    windows: dict[str, Any],
) -> dict[str, Any]:
    """Return the identity of every run's last unit; unknown for SKUs without a run."""
    rows = np.flatnonzero(windows["member"] >= 0)
    item = problem.members.item[windows["member"][rows]]
    identity = run_identity(problem, made, worth, shared, item, windows["when"][rows])
    columns: dict[str, Any] = {}
    for name, values in identity.items():
        text = isinstance(values, list)
        column = np.full(len(windows["member"]), "" if text else np.nan, dtype=object)
        column[rows] = values
        columns[name] = column if text else column.astype(np.float64)
    return columns


def _limits(
    problem: Problem,
    made: IntArray,
    windows: dict[str, Any],
    identity: dict[str, Any],
    shared: AllowanceWorth,
) -> list[str]:
    """Say what keeps each run as it is, in the words of what binds it."""
    draft = Draft(problem, made)
    slack = limit_with_tolerance(problem) - line_usage(problem, made)
    return [
        _run_limit(draft, int(problem.members.item[m]), int(w), binding, float(g), slack, shared)
        if m >= 0
        else _no_run_limit(problem, int(sku), shared)
        for m, w, binding, g, sku in zip(
            windows["member"],
            windows["when"],
            identity["binding"],
            identity["residual"],
            windows["sku"],
            strict=True,
        )
    ]


def _run_limit(
    draft: Draft,
    item: int,
    when: int,
    binding: str,
    residual: float,
    slack: FloatArray,
    shared: AllowanceWorth,
) -> str:
    """Say in a clause what keeps a run from being larger or smaller."""
    problem, items = draft.problem, draft.problem.items
    whole, line = _whole_run(draft, item, when), int(items.line[item])
    name = problem.lines[line]
    if binding == "group":
        return _group_clause(draft, item, when)
    if binding == "capacity":
        if slack[line, when] < items.unit_time[item] * items.multiple[item]:
            return f"the capacity of {name} is used up in that period"
        if draft.used[line, when] >= problem.regular[line, when] - 1e-9:
            return "the overtime that another unit would take costs more"
        return f"what is left of the capacity of {name} earns more with another lot"
    if binding.startswith("order "):
        return f"a lot more needs another whole order of {binding.removeprefix('order ')}"
    texts = {
        "moq": f"the smallest run is {whole.moq:,}{whole.unit}{whole.note}",
        "lot_multiple": f"runs come in multiples of {int(items.multiple[item]):,}{whole.unit}",
        "max_lot": f"the largest run that the period allows is {whole.size:,}{whole.unit}"
        f"{whole.note}",
        "next_lot": f"one lot fewer would free too little of {name} for the lot that waits",
        "search": _not_found(residual),
        "demand": "that is where another unit stops paying",
    }
    return texts.get(binding) or _used_up(problem, shared, int(shared.blocked[item, when]))


def _not_found(residual: float) -> str:
    """Say that the search may have missed a better size."""
    if residual >= 0:
        return "nothing forbids a larger run, yet the search found none that pays"
    return (
        "one lot fewer would free what seems to earn more elsewhere, yet the search found no such "
        "exchange"
    )


def _used_up(problem: Problem, shared: AllowanceWorth, number: int) -> str:
    """Say that an allowance is used up, and what one more unit of it would earn."""
    allowance, price = problem.allowances[number], float(shared.price[number])
    what = "capacity of" if allowance.kind == "capacity" else allowance.kind
    unit, needs = allowance.unit or "units", float(shared.needs[number])
    earns = ""
    if price > 0:
        other = first_sku(problem, int(shared.item[number]))
        earns = f"; the next {needs:,.1f} {unit} would earn {price:,.2f} each, with {other}"
    return f"the {what} {allowance.name} is used up{earns}"


def _group_clause(draft: Draft, item: int, when: int) -> str:
    """Name the group that does not allow a run one unit or pack more, or less."""
    for group in draft.groups_of[item]:
        total = int(group.weights @ draft.made[group.items, when])
        own = group.weights[group.items == item]
        if group.split or group.allows(np.array([total + own, total - own])).all():
            continue
        whose = f"{group.name!r} on all lines" if group.line < 0 else f"group {group.name!r}"
        in_packs = pieces_of(draft.problem)[group.items].min() > group.weights.max() == 1
        unit = "packs" if in_packs else "pieces together"
        return f"the limit of {whose} ({total:,} {unit}) holds it there"
    return "the limit of a group holds it there"


@dataclass(frozen=True)
class _WholeRun:
    """A run with its parts by all modes of transport, its MOQ, and how to say that."""

    size: int
    moq: int
    unit: str
    note: str = ""


def _whole_run(draft: Draft, item: int, when: int) -> _WholeRun:
    items, pack = draft.problem.items, draft.problem.members.pieces[_members(draft.problem, item)]
    unit = " packs" if pack.sum() != 1 else ""
    for group in draft.groups_of.get(item, ()):
        modes = {draft.problem.ways[int(way)].mode for way in items.way[group.items]}
        if group.split and len(modes) > 1:
            size = int(group.weights @ draft.made[group.items, when])
            return _WholeRun(size, group.moq, unit, ", by all modes together")
    return _WholeRun(int(draft.made[item, when]), int(items.moq[item]), unit)


def _members(problem: Problem, item: int) -> slice:
    first, after = np.searchsorted(problem.members.item, [item, item + 1])
    return slice(int(first), int(after))


def _no_run_limit(problem: Problem, sku: int, shared: AllowanceWorth) -> str:
    """Say in a clause why a SKU is not made."""
    item = problem.members.item[problem.members.sku == sku]
    if problem.mean_net[sku, -1] + problem.supply[sku, -1] <= 0:
        return "no scenario has any demand for it"
    if problem.net[:, sku].max() <= 0:
        return "stock and orders on the way cover every scenario"
    if not (problem.items.most[item] > 0).any():
        late = (problem.items.lead[item] >= problem.n_periods).all()
        return "every run would arrive too late" if late else "no period has room for a run in time"
    if problem.price[sku] + problem.penalty[sku] <= problem.unit_cost[sku]:
        return "a unit costs more than it brings"
    return _no_paying_run(problem, item, shared)


def _no_paying_run(problem: Problem, item: IntArray, shared: AllowanceWorth) -> str:
    """Say in a clause why no run of some items pays, though there is room for one."""
    stopped = shared.blocked[item][problem.items.most[item] > 0]
    if (stopped >= 0).all():
        return _used_up(problem, shared, int(stopped[0]))
    text = "a run would not earn its set-up, its smallest quantity or the capacity it takes"
    dear = stopped[stopped >= 0]
    dear = dear[shared.price[dear] > 0]
    if not len(dear):
        return text
    return f"{text}; where it would, {_used_up(problem, shared, int(np.bincount(dear).argmax()))}"
