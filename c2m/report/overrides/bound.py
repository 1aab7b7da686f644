"""Whether the bound of a plan still holds once a person has set runs and demand."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.plan import Plan
from c2m.report.words import joined

if TYPE_CHECKING:
    from c2m.production import Factory

BASIS: Final = "bound_basis"
"""Name of the table, among the inputs that a workbook carries, of what the bound holds for."""

_OTHER: Final = {
    "demand": "another demand",
    "factory": "another factory",
    "stock": "another stock",
    "on_order": "other open orders",
}
_NOT_FACTORY: Final = ("firm", "frozen", "overrides", "demand_overrides", BASIS)


def bound_basis(plan: Plan) -> pd.DataFrame:
    """Return the marks of what a bound holds for.

    Parameters
    ----------
    plan : Plan
        A plan with its outlook and inputs.

    Returns
    -------
    DataFrame
        ``part`` (demand, factory, stock, on_order) and ``mark``, which is the same for the same
        content.
    """
    demand = plan.outlook.get("demand")
    own = {"stock", "on_order"}
    names = sorted(set(plan.inputs) - own - set(_NOT_FACTORY))
    parts = {
        "demand": b"" if demand is None else demand.round(6).tobytes(),
        "factory": b"".join(_content(plan, name) for name in names),
        "stock": _content(plan, "stock"),
        "on_order": _content(plan, "on_order"),
    }
    marks = [hashlib.sha256(content).hexdigest() for content in parts.values()]
    return pd.DataFrame({"part": list(parts), "mark": marks})


def _content(plan: Plan, name: str) -> bytes:
    table = plan.inputs.get(name)
    return b"" if table is None or table.empty else f"{name}\n{table.to_csv()}".encode()


def with_bound(plan: Plan, before: Plan, changes: pd.DataFrame, factory: "Factory") -> Plan:
    """Keep the bound of the plan before where it holds, or say why it does not.

    Parameters
    ----------
    plan : Plan
        What a person has set, costed.
    before : Plan
        The plan of the workbook; its input `BASIS` says what its bound holds for.
    changes : DataFrame
        The runs that differ.
    factory : Factory
        What can be made now.

    Returns
    -------
    Plan
        With the bound; or without, and with the reason in ``bound_from``.
    """
    profit = plan.expected_profit
    if before.bound is None or profit is None:
        return replace(plan, bound_from=before.bound_from)
    lost = _other_parts(plan, before)
    if _is_fixed(plan, before, changes, factory):
        lost.append("plans that leave promised runs and frozen periods as they are")
    if len(changes) and "lost units priced" in before.bound_from:
        lost.append("plans that reach the level of service")
    if lost:
        reason = f"the bound of the plan that was changed is for {joined(lost)}"
        return replace(plan, bound_from=reason)
    return replace(
        plan,
        bound=max(before.bound, profit),
        bound_kind=before.bound_kind,
        bound_from=before.bound_from,
    )


def _other_parts(plan: Plan, before: Plan) -> list[str]:
    """Name what is not as it was when the bound was found."""
    known = before.inputs.get(BASIS, pd.DataFrame({"part": [], "mark": []}))
    then = dict(zip(known["part"], known["mark"], strict=True))
    now = bound_basis(plan)
    return [
        _OTHER[part]
        for part, mark in zip(now["part"], now["mark"], strict=True)
        if then.get(part) != mark
    ]


def _is_fixed(plan: Plan, before: Plan, changes: pd.DataFrame, factory: "Factory") -> bool:
    """Tell whether a run was changed that a plan may not choose."""
    frozen = set(plan.periods[: factory.policy.frozen_periods])
    if "frozen" in before.inputs:
        frozen |= set(pd.to_datetime(before.inputs["frozen"]["period"]))
    firm = before.runs[before.runs["firm"]]
    promised = pd.MultiIndex.from_frame(firm[["sku", "line", "period"]])
    changed = pd.MultiIndex.from_frame(changes[["sku", "line", "period"]])
    return bool(changes["period"].isin(frozen).any() or changed.isin(promised).any())
