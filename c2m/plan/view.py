"""How a plan shows itself: a line, a table, plain sentences, a notebook's HTML."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean

if TYPE_CHECKING:
    from c2m.plan.plan import Plan


def line(plan: "Plan") -> str:
    """Return the plan in one line."""
    runs, skus = len(plan), len(plan.skus)
    gap = plan.gap
    source = f" to {plan.bound_from}" if plan.bound_from else ""
    bound = "no bound" if gap is None else f"{plan.bound_kind} gap {gap:.2%}{source}"
    return (
        f"Plan({runs:,} run{'s' * (runs != 1)}, {skus:,} SKU{'s' * (skus != 1)} x "
        f"{plan.n_periods} {plan.freq} periods from {plan.periods[0].date()}, "
        f"{plan.method!r}, {bound})"
    )


def summary(plan: "Plan") -> pd.DataFrame:
    """Return the plan's main figures; see `Plan.summary`."""
    runs = plan.tables["runs"]
    money = plan.currency or "money"
    rows: list[tuple[str, float, str]] = [
        ("runs", float(len(runs)), "runs"),
        ("skus made", float(runs["sku"].nunique()), "SKUs"),
        ("skus planned", float(len(plan.skus)), "SKUs"),
        ("units made", float(runs["quantity"].sum()), "units"),
    ]
    if plan.outlook:
        wanted, lost = plan.outlook["demand"].sum(), plan.outlook["lost"].sum()
        rows += [
            ("units wanted", float(wanted), "units, expected"),
            ("units lost", float(lost), "units, expected"),
            ("fill rate", float(1 - lost / wanted) if wanted > 0 else 1.0, "share of units"),
            ("units left over", float(plan.outlook["stock"][:, -1].sum()), "units, expected"),
        ]
    rows += [(name.replace("_", " "), value, money) for name, value in plan.costs.items()]
    if plan.bound is not None:
        rows += [
            (f"bound ({plan.bound_kind})", plan.bound, money),
            ("gap to bound", float(plan.gap or 0.0), "share of bound"),
        ]
    return pd.DataFrame(rows, columns=["figure", "value", "unit"]).set_index("figure")


def html(plan: "Plan") -> str:
    """Return the plan as HTML for a notebook."""
    return f"<div><p><code>{escape(line(plan))}</code></p>{summary(plan).to_html()}</div>"


def explain(plan: "Plan", sku: str) -> str:
    """Say why a SKU is made as it is; see `Plan.explain`."""
    if sku not in plan.skus:
        hint = did_you_mean(str(sku), plan.skus)
        raise ArgumentError(f"The plan has no SKU {sku!r}{hint}.")
    reasons = plan.tables["reasons"]
    mine = reasons[reasons["sku"] == sku]
    runs = plan.tables["runs"].set_index("run")
    if mine.empty:
        own = runs[runs["sku"] == sku]
        total = int(own["quantity"].sum())
        return f"{sku}: {len(own)} runs, {total:,} units. The plan came without reasons."
    texts = []
    for reason in mine.to_dict("records"):
        if reason["run"] == "":
            texts.append(_why_nothing(plan, sku, reason))
        else:
            texts.append(_why_run(plan, sku, reason, runs.loc[reason["run"]]))
    return "\n\n".join(texts)


def _why_run(plan: "Plan", sku: str, reason: Mapping[Any, Any], run: "pd.Series[Any]") -> str:
    """Write the sentences of one run."""
    money = plan.currency or "money"
    parts = [
        f"{sku}: make {int(run['quantity']):,} on {run['line']} in the period of "
        f"{_day(run['period'])}, to be sold from {_day(run['available'])}.",
        _coverage(reason),
        f"The last unit pays while the chance of having enough is below "
        f"{reason['critical_ratio']:.0%} (its critical ratio)" + _at_price(reason, money) + ".",
        _limit(reason, money),
        f"The chance to run out is {reason['p_stockout']:.0%}; the chance that some are left "
        f"after {_day(reason['covers_to'])} is {reason['p_left_over']:.0%}.",
    ]
    if reason["setup_per_unit"] > 0:
        parts.append(f"Set-up costs {reason['setup_per_unit']:,.2f} {money} a unit.")
    return " ".join(parts)


def _coverage(reason: Mapping[Any, Any]) -> str:
    return (
        f"From {_day(reason['covers_from'])} to {_day(reason['covers_to'])} customers want "
        f"{reason['demand_mean']:,.0f} on average (half of the time more than "
        f"{reason['demand_median']:,.0f}); {reason['supply']:,.0f} will be there, enough in "
        f"{reason['covered_level']:.0%} of the scenarios."
    )


def _at_price(reason: Mapping[Any, Any], money: str) -> str:
    if not reason["capacity_price"] > 0:
        return ""
    return (
        f", or {reason['critical_ratio_at_price']:.0%} once scarce capacity is charged at "
        f"{reason['capacity_price']:,.2f} {money} per {_single(reason['unit'])}"
    )


def _limit(reason: Mapping[Any, Any], money: str) -> str:
    more = f"One more unit would bring {reason['one_more']:+,.2f} {money}"
    return f"{more}; {reason['limit']}."


def _why_nothing(plan: "Plan", sku: str, reason: Mapping[Any, Any]) -> str:
    """Write the sentences of a SKU without a run."""
    money = plan.currency or "money"
    one = "" if np.isnan(reason["one_more"]) else f" {_limit(reason, money)}"
    return (
        f"{sku}: nothing is made. {_coverage(reason)} "
        f"The chance to run out is {reason['p_stockout']:.0%}."
        + (one or f" The cause: {reason['limit']}.")
    )


def _single(unit: str) -> str:
    return unit.removesuffix("s")


def _day(label: Any) -> str:
    return str(pd.Timestamp(label).date())
