"""The old plan in the arrays of the new problem: what of it is firm, and what goes on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.errors import DataError, InfeasiblePlanError, warn
from c2m.frames import name_list, share_of
from c2m.plan import Plan
from c2m.production.limits import allowance_limits, allowance_usage
from c2m.production.problem import BoolArray, IntArray, Problem
from c2m.production.what_if.breaks import breaks_table
from c2m.production.what_if.overrides import Placed, place_runs, with_overrides
from c2m.production.what_if.recost import sentences

_KEY = ["sku", "line", "period"]


@dataclass(frozen=True)
class Ahead:
    """The runs of an old plan that are still to come, in the periods of a new one.

    Parameters
    ----------
    firm : DataFrame
        ``sku``, ``line``, ``period``, ``quantity`` and ``mode`` of those that are settled: in
        frozen periods, and those that a person has set; 0 where a person wants no run.
    open : DataFrame
        The same of the others, which may change.
    """

    firm: pd.DataFrame
    open: pd.DataFrame


def runs_ahead(
    plan: Plan, own: pd.DataFrame | None, start: int, n_periods: int, frozen_periods: int
) -> Ahead:
    """Split the runs of an old plan by what may still change.

    Parameters
    ----------
    plan : Plan
        The old plan.
    own : DataFrame or None
        Runs that a person has set: the same columns.
    start, n_periods : int
        The calendar's number of the first period to come, and how many are planned.
    frozen_periods : int
        So many of them are settled.

    Returns
    -------
    Ahead
        Both parts.

    Warns
    -----
    C2MWarning
        If runs are after the last planned period.
    """
    runs = plan.runs[[*_KEY, "quantity", "mode"]]
    number = plan.calendar.ordinal(runs["period"].to_numpy().astype("datetime64[D]"))
    late = number >= start + n_periods
    if late.any():
        warn(
            f"{share_of(int(late.sum()), len(late), 'run', 'is')} after the last period of the "
            "demand, and left out of the old plan."
        )
    inside = (number >= start) & ~late
    frozen = inside & (number < start + frozen_periods)
    firm, rest = runs[frozen], runs[inside & ~frozen]
    if own is not None:
        firm = with_overrides(firm, own)
        rest = with_overrides(rest, firm).iloc[: -len(firm)]
    return Ahead(firm.reset_index(drop=True), rest.reset_index(drop=True))


def place_firm(problem: Problem, firm: pd.DataFrame) -> IntArray:
    """Put firm runs into a problem's arrays, and check that lines can do them.

    Parameters
    ----------
    problem : Problem
        The problem.
    firm : DataFrame
        See `Ahead`.

    Returns
    -------
    ndarray of int, shape (n_items, n_periods)
        Units or packs.

    Raises
    ------
    DataError
        If a run is of a SKU that its line cannot make, or tears a pre-pack.
    InfeasiblePlanError
        If they take more of a line, or of an allowance, than there is: by how much, and the
        cheapest relief.
    """
    placed = place_runs(problem, firm)
    if placed.torn:
        rows = breaks_table(problem, Placed(placed.made, placed.torn))
        torn = rows[rows["unit"] == "packs"]
        problems = [
            f"in {row['period'].date()} on {row['line']} {row['what']}; {row['relief']}"
            for row in torn.to_dict("records")
        ]
        raise DataError("firm", problems, "correct the quantities")
    _check_room(problem, placed)
    return placed.made


def _check_room(problem: Problem, placed: Placed) -> None:
    broken = breaks_table(problem, placed)
    over = broken[(broken["sku"] == "") & (broken["line"] != "")]
    reasons, relief = sentences(over)
    spent, most = allowance_usage(problem, placed.made), allowance_limits(problem)
    for number in np.flatnonzero(spent > most).tolist():
        allowance = problem.allowances[number]
        reasons.append(
            f"{allowance.kind} {allowance.name!r}: firm runs take {spent[number]:,.1f} "
            f"{allowance.unit} of {allowance.amount:,.1f}"
        )
        more = f"more of {allowance.name!r}"
        if allowance.kind == "material":
            more += " (what is on its way stands in the factory's material_orders)"
        relief = "; ".join([*([relief] if relief else []), more])
    if reasons:
        raise InfeasiblePlanError([f"firm runs: {reason}" for reason in reasons], relief)


def place_open(problem: Problem, runs: pd.DataFrame) -> tuple[IntArray, pd.DataFrame]:
    """Put those runs of an old plan into a problem's arrays that can still be made.

    Parameters
    ----------
    problem : Problem
        The problem.
    runs : DataFrame
        See `Ahead`.

    Returns
    -------
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs; a pre-pack that is not whole is rounded up.
    lost : DataFrame
        The runs of SKUs without demand, or without a routing on the line.
    """
    known = _can_be_made(problem, runs)
    return place_runs(problem, runs[known]).made, runs[~known].reset_index(drop=True)


def _can_be_made(problem: Problem, runs: pd.DataFrame) -> BoolArray:
    """Say which runs are of a SKU that their line can make, by their mode."""
    modes = modes_of(problem)
    told = zip(runs["sku"], runs["line"], runs["mode"], strict=True)
    made = [
        mode in modes.get((sku, line), {}) or (mode == "" and len(modes.get((sku, line), {})) == 1)
        for sku, line, mode in told
    ]
    return np.array(made, dtype=bool)


def modes_of(problem: Problem) -> dict[tuple[str, str], dict[str, int]]:
    """Return the modes by which each line can bring each SKU, with their lead times.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    dict of (str, str) to dict of str to int
        From SKU and line to mode and periods.
    """
    members, items = problem.members, problem.items
    lines, ways = items.line[members.item].tolist(), items.way[members.item].tolist()
    modes: dict[tuple[str, str], dict[str, int]] = {}
    rows = zip(members.sku.tolist(), lines, ways, members.lead.tolist(), strict=True)
    for sku, line, way, lead in rows:
        place = problem.skus[sku], problem.lines[line]
        modes.setdefault(place, {})[problem.ways[way].mode] = lead
    return modes


def closed_cells(problem: Problem, firm: pd.DataFrame, frozen_periods: int) -> BoolArray:
    """Say where nothing may be planned: in frozen periods, and where a person wants no run.

    Parameters
    ----------
    problem : Problem
        The problem.
    firm : DataFrame
        See `Ahead`.
    frozen_periods : int
        So many from the first one.

    Returns
    -------
    ndarray of bool, shape (n_items, n_periods)
        True for closed.
    """
    closed = np.zeros(problem.items.most.shape, dtype=bool)
    closed[:, :frozen_periods] = True
    members, items = problem.members, problem.items
    none = firm[firm["quantity"] == 0]
    steps = problem.calendar.ordinal(none["period"].to_numpy().astype("datetime64[D]"))
    for run, step in zip(none.to_dict("records"), (steps - problem.first).tolist(), strict=True):
        if run["sku"] in problem.skus and run["line"] in problem.lines:
            mine = members.item[members.sku == problem.skus.index(run["sku"])]
            here = mine[items.line[mine] == problem.lines.index(run["line"])]
            by_mode = [run["mode"] in ("", problem.ways[way].mode) for way in items.way[here]]
            closed[here[np.array(by_mode, dtype=bool)], step] = True
    return closed


def check_skus(firm: pd.DataFrame, skus: tuple[str, ...]) -> None:
    """Raise firm runs of SKUs that are not planned.

    Parameters
    ----------
    firm : DataFrame
        See `Ahead`.
    skus : tuple of str
        The SKUs of the demand.

    Raises
    ------
    DataError
        If there are any.
    """
    runs = firm[firm["quantity"] > 0]
    unknown = sorted(set(runs["sku"]) - set(skus))
    if unknown:
        count = int(runs["sku"].isin(unknown).sum())
        known = share_of(count, len(runs), "firm run", "is")
        problem = f"{known} of a SKU without demand: {name_list(unknown)}"
        raise DataError(
            "firm", [problem], "add their demand (0 is one), or take the runs out with quantity 0"
        )


def places_of(problem: Problem) -> IntArray:
    """Return the same number for the items of one block, line and mode.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    ndarray of int, shape (n_items,)
        Numbers from 0.
    """
    items = problem.items
    modes = {mode: number for number, mode in enumerate({way.mode: 0 for way in problem.ways})}
    mode = np.array([modes[way.mode] for way in problem.ways], dtype=np.int64)[items.way]
    keys = np.stack([items.block, items.line, mode])
    _, place = np.unique(keys, axis=1, return_inverse=True)
    return np.asarray(place.reshape(-1), dtype=np.int64)
