"""What a report was made from, and what it takes for granted."""

from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.report.products import opening_units
from c2m.report.words import day, joined, units

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.panel import Panel
    from c2m.plan import Plan

_ROUNDING: Final = 1e-6
"""Units; less than that is rounding of sums."""

_METHODS: Final = {
    "outside": "The runs came from outside c2m.",
    "given runs": "The runs were given, and costed as they are.",
    "runs of a person": "A person has set runs; all were costed as they are.",
    "exact (stopped)": "The runs were found by an exact search that ran out of time.",
    "replan": "Nothing was left to decide: the runs are those of the plan before.",
    "exact": "The runs were found by an exact search.",
    "heuristic": "The runs were found by a search that does not try every plan.",
}


def made_from(panel: "Panel | None", plan: "Plan") -> str:
    """Say what is planned and how new the data are.

    Parameters
    ----------
    panel : Panel, optional
        What was observed.
    plan : Plan
        The plan.

    Returns
    -------
    str
        One or two sentences.
    """
    word = plan.calendar.word
    money = f" Money in {plan.currency}." if plan.currency else ""
    span = f"{plural(plan.n_periods, word)} from {day(plan.periods[0])}."
    if panel is None:
        return span + money
    last = panel.calendar.labels(panel.first + panel.n_periods, 1)[0] - pd.Timedelta(days=1)
    return f"{span} Data up to {last:%A}, {day(last)}.{money}"


def forecast_sentence(demand: "Demand") -> str:
    """Say how large the forecast is.

    Parameters
    ----------
    demand : Demand
        The forecast.

    Returns
    -------
    str
        One sentence.
    """
    span = plural(demand.horizon, demand.calendar.word)
    return (
        f"The forecast covers {demand.n_series:,} series over {span}: "
        f"{units(float(demand.mean.sum()))} units are expected, the mean of its law."
    )


def plan_sentences(plan: "Plan") -> list[str]:
    """Say how the plan was made.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of str
        Sentences.
    """
    search = plan.method.removeprefix("replan, ")
    again = ["The plan before was made anew."] if search != plan.method else []
    how = _METHODS.get(search, f"The runs were found by the search {search!r}.")
    sentences = [*again, how, *_set_by_people(plan)]
    if plan.n_scenarios:
        sentences.append(
            f"Planned over {plan.n_scenarios:,} joint demand scenarios with seed {plan.seed}; the "
            "expected units and money are means over them."
        )
    tables = [f"{name} ({len(table):,})" for name, table in plan.inputs.items() if len(table)]
    if tables:
        sentences.append(f"Inputs, with their rows: {joined(tables)}.")
    return sentences


def _set_by_people(plan: "Plan") -> list[str]:
    """Say what people have set, which the forecast that is shown does not have."""
    runs, demand = (len(plan.inputs.get(name, ())) for name in ("overrides", "demand_overrides"))
    parts = [plural(runs, "run")] * (runs > 0) + [plural(demand, "part")] * (demand > 0)
    if not parts:
        return []
    of = " of the forecast, which is shown as it was before" if demand else ""
    return [f"People have set {joined(parts)}{of}."]


def assumptions(plan: "Plan") -> list[str]:
    """Say what every plan takes for granted.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of str
        Sentences.
    """
    sentences = [
        "Demand is gross: what must be shipped, before returns.",
        "Demand that is not served is a lost sale; nobody waits for a later run.",
    ]
    if plan.outlook:
        if opening_units(plan) < _ROUNDING:
            sentences.append("Nothing was in stock and nothing on order at the start.")
        sentences.append("What is left at the end is worth its end value, as the factory states.")
    return sentences
