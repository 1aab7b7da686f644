"""Expected money by kind, as a list that adds up to the profit."""

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from c2m.plan import Plan

RESULT: Final = "expected_profit"
_APART: Final = "lost_margin"
_INCOME: Final = ("revenue", "end_value")
_NAMES: Final = {
    "revenue": "Revenue",
    "end_value": "Value of what is left at the end",
    "production": "Production (unit cost)",
    "material": "Materials used",
    "material_surplus": "Materials bought and not used",
    "setup": "Set-ups",
    "overtime": "Overtime",
    "transport": "Transport",
    "holding": "Holding",
    "lost_sale_penalty": "Lost-sale penalties",
}


def cost_frame(plan: "Plan") -> pd.DataFrame:
    """Return a plan's expected money by kind.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    DataFrame
        ``kind``, ``name`` (in words), ``value`` (costs are negative), ``summed`` (whether it is
        part of the profit). Income first, then costs, the profit, and what is for information
        only; empty for a plan without costs.
    """
    costs = dict(plan.costs)
    inner = [*_NAMES, *(kind for kind in costs if kind not in (*_NAMES, RESULT, _APART))]
    rows = [
        (kind, _NAMES.get(kind, kind.replace("_", " ")), _signed(kind, costs[kind]), True)
        for kind in inner
        if kind in costs and kind != "change_cost"
    ]
    if RESULT in costs:
        rows.append((RESULT, "Expected profit", costs[RESULT], False))
    if _APART in costs:
        name = "Not in the sum: margin of lost sales"
        rows.append((_APART, name, costs[_APART], False))
    if "change_cost" in costs:
        name = "Not in the sum: cost of changes"
        rows.append(("change_cost", name, costs["change_cost"], False))
    return pd.DataFrame(rows, columns=["kind", "name", "value", "summed"])


def _signed(kind: str, value: float) -> float:
    return value if kind in _INCOME else 0.0 - value  # no cost is 0, not -0
