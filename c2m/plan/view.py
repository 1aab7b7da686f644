"""How a plan shows itself: a line, a table, plain sentences, a notebook's HTML."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, plural

if TYPE_CHECKING:
    from c2m.plan.plan import Plan


_RUN: Final = ["line", "period", "available", "quantity", "mode"]
"""What the sentences of a run read of it."""

_LEAST_MONEY: Final = 0.005
"""Less than this is not worth a sentence."""


def line(plan: "Plan") -> str:
    """Return the plan in one line."""
    runs, skus = len(plan), len(plan.skus)
    return (
        f"Plan({runs:,} run{'s' * (runs != 1)}, {skus:,} SKU{'s' * (skus != 1)} x "
        f"{plan.n_periods} {plan.freq} periods from {plan.periods[0].date()}, "
        f"{plan.method!r}, {_bound(plan)})"
    )


def _bound(plan: "Plan") -> str:
    """Say what is known of better plans; a bound that knows the future is none to be reached."""
    if plan.bound is None or plan.gap is None:
        return "no bound"
    proved = plan.bound_kind == "proved"
    if not _has_foresight(plan):
        gap = f"{plan.gap:.2%} below the best plan"
        return f"proved to be at most {gap}" if proved else f"estimated to be {gap}"
    money = f" {plan.currency}" if plan.currency else ""
    most = "at most" if proved else "about"
    return f"the best plan would earn {most} {plan.bound:,.0f}{money}, knowing all demand"


def _has_foresight(plan: "Plan") -> bool:
    return "foresight" in plan.bound_from


def summary(plan: "Plan") -> pd.DataFrame:
    """Return the plan's main figures as they are read; see `Plan.summary`."""
    exact = figures(plan)
    told = [_rounded(*row) for row in zip(exact["value"], exact["unit"], strict=True)]
    return exact.assign(value=pd.Series(told, exact.index, dtype="object"))


def figures(plan: "Plan") -> pd.DataFrame:
    """Return the plan's main figures to the last digit: index ``figure``, ``value``, ``unit``."""
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
    if runs["co2e"].sum() > 0:
        rows.append(("CO2e of transport", float(runs["co2e"].sum()), "kg"))
    if plan.bound is not None:
        kind = "proved" if plan.bound_kind == "proved" else "estimate"
        rows.append((f"bound ({kind})", plan.bound, money))
        if _has_foresight(plan):
            knowing = max(0.0, plan.bound - (plan.expected_profit or 0.0))
            rows.append(("value of knowing demand, at most", knowing, money))
        else:
            rows.append(("gap to bound", float(plan.gap or 0.0), "share of bound"))
    return pd.DataFrame(rows, columns=["figure", "value", "unit"]).set_index("figure")


def _rounded(value: float, unit: str) -> float:
    """Return a figure as it is read: counts whole, units to tenths, money to cents."""
    if unit in {"runs", "SKUs", "units"}:
        return int(value)
    return round(value, 4 if unit.startswith("share") else 1 if unit.startswith("units") else 2)


def html(plan: "Plan") -> str:
    """Return the plan as HTML for a notebook."""
    return f"<div><p><code>{escape(line(plan))}</code></p>{summary(plan).to_html()}</div>"


def explain(plan: "Plan", sku: str, *, each_run: bool) -> str:
    """Say why a SKU is made as it is; see `Plan.explain`."""
    if sku not in plan.skus:
        hint = did_you_mean(str(sku), plan.skus)
        raise ArgumentError(f"The plan has no SKU {sku!r}{hint}.")
    reasons = plan.tables["reasons"]
    mine = reasons[reasons["sku"] == sku]
    runs = plan.tables["runs"]
    own = runs[runs["sku"] == sku]
    if mine.empty:
        total = int(own["quantity"].sum())
        return f"{sku}: {plural(len(own), 'run')}, {total:,} units. The plan came without reasons."
    if len(own) > 1 and not each_run:
        return _why_all(plan, sku, own, mine.to_dict("records"))
    texts = explain_runs(plan, mine, own)["text"]
    return "\n\n".join(f"{sku}: {text[0].lower()}{text[1:]}" for text in texts)


def explain_runs(plan: "Plan", reasons: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Put every reason into words; see `Plan.explain_runs`."""
    by_name = runs.set_index("run")[_RUN].to_dict("index")
    texts = [
        _why_run(plan, reason, by_name[reason["run"]])
        if reason["run"]
        else _why_nothing(plan, reason)
        for reason in reasons.to_dict("records")
    ]
    return reasons[["sku", "run"]].assign(text=texts).reset_index(drop=True)


def _why_all(
    plan: "Plan", sku: str, runs: pd.DataFrame, reasons: Sequence[Mapping[Any, Any]]
) -> str:
    """Write a few sentences about all runs of a SKU together."""
    money = plan.currency or "money"
    lines = " and ".join(sorted(set(runs["line"])))
    sizes = runs["quantity"]
    first, last = runs["period"].min(), runs["period"].max()
    least, most = f"{sizes.min():,}", f"{sizes.max():,}"
    span = f"{least} each" if least == most else f"{least} to {most} a run"
    scarce = [reason for reason in reasons if reason["capacity_price"] > 0]
    parts = [
        f"{sku}: make {int(sizes.sum()):,} on {lines} in {plural(len(runs), 'run')} ({span}), "
        f"{_when(plan, first, last)}.",
        *_outlook(plan, sku),
        _worst(plan, sku, reasons),
        _common_limit(reasons),
    ]
    if scarce:
        dearest = max(scarce, key=lambda reason: float(reason["capacity_price"]))
        parts.append(
            f"Capacity is scarce for {len(scarce)} of the {len(runs)} runs; one more "
            f"{_single(dearest['unit'])} of it would earn up to "
            f"{dearest['capacity_price']:,.2f} {money}."
        )
    return " ".join(parts)


def _outlook(plan: "Plan", sku: str) -> list[str]:
    """Say what becomes of a SKU over the whole plan, where the plan knows."""
    if not plan.outlook:
        return []
    row = plan.skus.index(sku)
    of = {name: plan.outlook[name][row] for name in ("demand", "lost", "stock")}
    return [
        f"Over the plan customers want {of['demand'].sum():,.0f} on average; "
        f"{of['lost'].sum():,.0f} of it is expected to be lost, and {of['stock'][-1]:,.0f} to be "
        "left at its end."
    ]


def _worst(plan: "Plan", sku: str, reasons: Sequence[Mapping[Any, Any]]) -> str:
    """Name when a SKU is most likely to run out: before its first run arrives, or after."""
    if "stockout" in plan.outlook:
        chances = plan.outlook["stockout"][plan.skus.index(sku)]
        worst = plan.periods[int(chances.argmax())]
        when, chance = _when(plan, worst, worst), float(chances.max())
    else:
        reason = max(reasons, key=lambda each: float(each["p_stockout"]))
        when = _when(plan, reason["covers_from"], reason["covers_to"])
        chance = float(reason["p_stockout"])
    return f"The chance to run out is highest {when}: {chance:.0%}."


def _common_limit(reasons: Sequence[Mapping[Any, Any]]) -> str:
    """Name what sets most of the sizes."""
    limits = Counter(str(reason["limit"]) for reason in reasons).most_common(2)
    named = [f"{text} ({count} run{'s' * (count != 1)})" for text, count in limits]
    return f"What sets the sizes: {'; '.join(named)}."


def _why_run(plan: "Plan", reason: Mapping[Any, Any], run: Mapping[Any, Any]) -> str:
    """Write the sentences of one run."""
    money = plan.currency or "money"
    when = _when(plan, run["period"], run["period"])
    sent = f", sent by {run['mode']}" if run["mode"] else ""
    sold = (
        "" if run["available"] == run["period"] else f", to be sold from {_day(run['available'])}"
    )
    parts = [
        f"Make {int(run['quantity']):,} on {run['line']} {when}{sent}{sold}.",
        _coverage(plan, reason),
        f"The last unit pays while the chance of having enough is below "
        f"{_ratio(reason['critical_ratio'])} (its critical ratio){_at_price(reason, money)}.",
        *_last_unit(reason, money),
        f"{_one_more(float(reason['one_more']), money)}; {reason['limit']}.",
        f"The chance to run out is {reason['p_stockout']:.0%}; the chance that some are left "
        f"after that is {reason['p_left_over']:.0%}.",
    ]
    if reason["setup_per_unit"] >= _LEAST_MONEY:
        parts.append(f"Set-up costs {reason['setup_per_unit']:,.2f} {money} a unit.")
    return " ".join(parts)


def _last_unit(reason: Mapping[Any, Any], money: str) -> list[str]:
    """Say what the last unit brings, and what its capacity would earn otherwise, where known."""
    worth, capacity = float(reason["last_unit"]), float(reason["capacity"])
    if math.isnan(worth):
        return []
    brings = "next to nothing" if abs(worth) < _LEAST_MONEY else f"{worth:+,.2f} {money}"
    text = f"Its last unit is sold with a chance of {reason['p_sell']:.0%} and brings {brings}"
    if capacity >= _LEAST_MONEY:
        other = f"with {reason['displaced']}" if reason["displaced"] else "otherwise"
        text += f"; the capacity that it takes would earn {capacity:,.2f} {other}"
    shared = float(reason["shared"])
    if shared >= _LEAST_MONEY:
        text += f"; what it takes of materials and budgets would earn {shared:,.2f} elsewhere"
    return [f"{text}."]


def _one_more(worth: float, money: str) -> str:
    if abs(worth) < _LEAST_MONEY:
        return "One more unit would bring next to nothing"
    return f"One more unit would bring {worth:+,.2f} {money}"


def _coverage(plan: "Plan", reason: Mapping[Any, Any]) -> str:
    when = _when(plan, reason["covers_from"], reason["covers_to"])
    return (
        f"{when[0].upper()}{when[1:]} customers want "
        f"{reason['demand_mean']:,.0f} on average (median {reason['demand_median']:,.0f}); "
        f"{reason['supply']:,.0f} will be there, enough in {reason['covered_level']:.0%} of the "
        "scenarios."
    )


def _at_price(reason: Mapping[Any, Any], money: str) -> str:
    parts = []
    if float(reason["capacity"]) >= _LEAST_MONEY or math.isnan(float(reason["capacity"])):
        price, unit = float(reason["capacity_price"]), _single(reason["unit"])
        parts = [f"scarce capacity ({price:,.2f} {money} per {unit})"] * (price >= _LEAST_MONEY)
    if float(reason["shared"]) >= _LEAST_MONEY:
        taken = float(reason["shared"])
        parts.append(f"what it takes of materials and budgets ({taken:,.2f} {money})")
    if not parts:
        return ""
    charged = " and ".join(parts)
    return f", or {_ratio(reason['critical_ratio_at_price'])} once {charged} is charged"


def _ratio(value: float) -> str:
    """Return a share in percent; one that is short of all never reads as all."""
    if not 0.995 <= value < 1.0:
        return f"{value:.0%}"
    return f"{math.floor(value * 1000) / 1000:.1%}"


def _why_nothing(plan: "Plan", reason: Mapping[Any, Any]) -> str:
    """Write the sentences of a SKU without a run."""
    return (
        f"Nothing is made. {_coverage(plan, reason)} The chance to run out is "
        f"{reason['p_stockout']:.0%}. The cause: {reason['limit']}."
    )


def _when(plan: "Plan", first: Any, last: Any) -> str:
    """Name a span of periods: a day, a week, or from one to another."""
    if first != last:
        return f"from {_day(first)} to {plan.calendar.name(last)}"
    return plan.calendar.during(first)


def _single(unit: str) -> str:
    return unit.removesuffix("s")


def _day(label: Any) -> str:
    return str(pd.Timestamp(label).date())
