"""Hard limits over items and periods: capacities of groups, budgets, materials."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import warn
from c2m.frames import name_list, share_of
from c2m.production.aligning.rates import Rates
from c2m.production.aligning.rows import table_rows
from c2m.production.aligning.shared import group_rows
from c2m.production.aligning.span import Span
from c2m.production.bought import Bought
from c2m.production.factory import Factory
from c2m.production.factory.buying import ALL
from c2m.production.factory.capacity import shut_together
from c2m.production.factory.making import ALL_LINES, PIECES_IN_A_DOZEN, TOGETHER
from c2m.production.problem import (
    Allowance,
    BoolArray,
    FloatArray,
    GroupLimit,
    Items,
    Members,
)

_ALL_PRODUCTS: Final = "all products"
_PIECES_OF: Final = {"pieces": 1.0, "dozens": 1 / PIECES_IN_A_DOZEN}


def group_capacities(
    factory: Factory,
    skus: Sequence[str],
    items: Items,
    members: Members,
    times: FloatArray,
    span: Span,
) -> list[Allowance]:
    """Return what can be made of groups in each period.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.
    items, members
        See `Problem`.
    times : ndarray, shape (n_members,)
        Capacity that one unit of the SKU takes, in the line's unit.
    span : Span
        The periods.

    Returns
    -------
    list of Allowance
        One for each period; set-ups take nothing of it.
    """
    made: list[Allowance] = []
    rows = group_rows(factory, skus)
    codes = factory.lines["line"].to_numpy(dtype=object)
    on = items.line[members.item]
    for row in table_rows(factory.group_capacities):
        inside = np.isin(members.sku, rows.get(row.group, []))
        if row.line == TOGETHER:
            spots = [inside]
        else:
            lines = np.flatnonzero((codes == row.line) | (row.line == ALL_LINES))
            spots = [inside & (on == number) for number in lines]
        each = times if row.unit == "minutes" else np.full(len(times), _PIECES_OF[row.unit])
        per_unit = members.pieces * each
        for here in spots:
            if here.any():
                used = factory.lines["line"].iloc[np.unique(on[here])]
                open_share = _open_share(factory, used, span)
                which, weights = _summed(members, here, per_unit)
                made += [
                    Allowance(row.group, "capacity", which, weights, t, t, amount, row.unit)
                    for t, amount in enumerate((row.capacity * open_share).tolist())
                ]
    return made


def budgets(
    factory: Factory,
    skus: Sequence[str],
    members: Members,
    cost: FloatArray,
    setup_cost: FloatArray,
    labels: NDArray[np.datetime64],
) -> list[Allowance]:
    """Return what departments may spend.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.
    members : Members
        Which SKUs the items hold.
    cost : ndarray, shape (n_members, n_periods)
        What one unit or pack costs for the SKU.
    setup_cost : ndarray, shape (n_items,)
        Of a run of each item; the SKUs of a pre-pack share it by their pieces. A run that goes by
        several modes counts it for each of them, so that no more is spent than there is.
    labels : ndarray of datetime64, shape (n_periods,)
        First days of the periods.

    Returns
    -------
    list of Allowance
        Those that pay for some period of the plan.

    Warns
    -----
    C2MWarning
        If budgets inside the plan hold the first day of no period.
    """
    department = factory.products.set_index("sku")["department"].loc[list(skus)].to_numpy(object)
    days = labels.astype("datetime64[s]")
    begun = np.bincount(members.item, members.pieces, len(setup_cost))
    share = (setup_cost / begun)[members.item] * members.pieces
    made, idle = [], []
    for row in table_rows(factory.budgets):
        steps = np.flatnonzero(
            (days >= row.first_day.to_datetime64()) & (days <= row.last_day.to_datetime64())
        )
        here = (department[members.sku] == row.department) | (row.department == ALL)
        name = _ALL_PRODUCTS if row.department == ALL else row.department
        title = f"{name} from {row.first_day:%Y-%m-%d}"
        if not len(steps) or not here.any():
            inside = days[0] < row.first_day.to_datetime64() < days[-1]
            idle += [title] if inside and here.any() else []
            continue
        which, weights = _summed(members, here, cost)
        first, last = int(steps[0]), int(steps[-1])
        money = factory.currency or ""
        setups = _summed(members, here, share)[1]
        made.append(
            Allowance(title, "budget", which, weights, first, last, row.amount, money, setups)
        )
    if idle:
        warn(
            f"{share_of(len(idle), len(factory.budgets), 'budget', 'holds')} the first day of no "
            f"period, and no limit comes of it: {name_list(idle)}. A budget pays "
            "for the periods that start in its days."
        )
    return made


def warn_of_shared_setups(limits: Sequence[Allowance], groups: Sequence[GroupLimit]) -> None:
    """Say whose set-ups budgets do not count, as several runs share them.

    Parameters
    ----------
    limits : sequence of Allowance
        Budgets among them.
    groups : sequence of GroupLimit
        Of the same problem.

    Warns
    -----
    C2MWarning
        If a budget pays for runs of a group whose set-ups cost money.
    """
    paid = [limit for limit in limits if limit.kind == "budget"]
    shared = [group for group in groups if group.setup_cost > 0 and not group.split]
    names, most = set(), 0.0
    for group in shared:
        periods = {
            step
            for limit in paid
            if np.isin(group.items, limit.items).any()
            for step in range(limit.first, limit.last + 1)
        }
        names |= {group.name} if periods else set()
        most += group.setup_cost * len(periods)
    if names:
        count = "1 group" if len(names) == 1 else f"{len(names):,} groups"
        unit = f" {paid[0].unit}".rstrip()
        warn(
            f"Budgets do not count the set-ups that the runs of {count} share "
            f"({name_list(sorted(names))}): up to {most:,.0f}{unit}, if all run in every period. "
            "Leave room for them in the amounts."
        )


def materials(
    factory: Factory,
    skus: Sequence[str],
    members: Members,
    labels: NDArray[np.datetime64],
    rates: Rates,
) -> tuple[Bought, ...]:
    """Return the materials that planned items take.

    Parameters
    ----------
    factory : Factory
        What can be made.
    skus : sequence of str
        The planned SKUs.
    members : Members
        Which SKUs the items hold.
    labels : ndarray of datetime64, shape (n_periods,)
        First days of the periods.
    rates : Rates
        Of the currencies.

    Returns
    -------
    tuple of Bought
        In the order of the table.
    """
    row = {sku: number for number, sku in enumerate(skus)}
    bill = factory.bill_of_materials[factory.bill_of_materials["sku"].isin(list(row))]
    made = []
    for material in table_rows(factory.materials):
        takes = bill[bill["material"] == material.material]
        if not len(takes):
            continue
        per_sku = np.zeros(len(skus))
        per_sku[[row[sku] for sku in takes["sku"]]] = takes["quantity"]
        per_member = per_sku[members.sku] * members.pieces
        which, weights = _summed(members, per_member > 0, per_member)
        made.append(
            Bought(
                name=material.material,
                unit=material.unit,
                items=which,
                weights=weights,
                comes=_comes(factory, material.material, material.on_hand, labels),
                unit_cost=material.unit_cost * rates.of(material.currency),
                moq=material.moq,
                multiple=material.lot_multiple,
                lead=int(material.lead_time_periods),
                last_order=_last_order(material.commit_by, labels),
            )
        )
    return tuple(made)


def material_limits(bought: Sequence[Bought]) -> list[Allowance]:
    """Return the limits of materials before a new order of them can be there, or for good.

    Parameters
    ----------
    bought : sequence of Bought
        The materials.

    Returns
    -------
    list of Allowance
        What runs take up to a period is no more than what has come by then. A row that a later
        one implies is left out.
    """
    made = []
    for material in bought:
        n_periods = len(material.comes)
        closed = n_periods if material.last_order < 0 else min(material.lead, n_periods)
        there = np.cumsum(material.comes).tolist()
        made += [
            Allowance(
                material.name,
                "material",
                material.items,
                material.weights,
                0,
                step,
                there[step],
                material.unit,
            )
            for step in range(closed)
            if step == closed - 1 or material.comes[step + 1] > 0
        ]
    return made


def _open_share(factory: Factory, lines: "pd.Series[str]", span: Span) -> FloatArray:
    return 1.0 - shut_together(lines, factory.shutdowns, span.calendar, span.ordinals)


def _summed(
    members: Members, here: BoolArray, values: FloatArray
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the items of some members, and the sum of the values of each."""
    which, place = np.unique(members.item[here], return_inverse=True)
    total = np.zeros((len(which), *values.shape[1:]))
    np.add.at(total, place, values[here])
    return which, total


def _comes(
    factory: Factory, code: str, on_hand: float, labels: NDArray[np.datetime64]
) -> FloatArray:
    """Return what comes of a material in each period without a new order."""
    comes = np.zeros(len(labels))
    comes[0] = on_hand
    orders = factory.material_orders[factory.material_orders["material"] == code]
    due = orders["due"].to_numpy("datetime64[s]")
    step = np.searchsorted(labels.astype("datetime64[s]"), due, side="left")
    inside = step < len(labels)
    np.add.at(comes, step[inside], orders["quantity"].to_numpy(dtype=np.float64)[inside])
    return comes


def _last_order(commit_by: Any, labels: NDArray[np.datetime64]) -> int:
    """Return the last period on whose first day a material can be ordered, -1 for none."""
    if commit_by is pd.NaT:
        return len(labels) - 1
    day = commit_by.to_datetime64()
    return int(np.searchsorted(labels.astype("datetime64[s]"), day, side="right")) - 1
