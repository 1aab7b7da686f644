"""The drawings of a page, each with what a reader who does not see it should know."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.plot import plot_demand, plot_plan, plot_risk, plot_signal_value
from c2m.plot.style import free_axes
from c2m.report.figures import Figure, draw
from c2m.report.products import add_description, most_important
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import short_day, units

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast import SignalValue
    from c2m.panel import Panel
    from c2m.plan import Plan

WIDE: Final = 10.6
HALF: Final = 5.1
"""Inches that a drawing is wide: over the whole page, or over half of it."""

_GLANCE: Final = 2.6
"""Inches that the two drawings at the top are high."""

_MOST_FANS: Final = 6
_MOST_LINES: Final = 12
"""Lines that get a figure of their own; a table of loads shows more."""

_MOST_LOADS: Final = 2000
"""Rows of the table of loads."""


def load_of_all(plan: "Plan") -> list[Figure]:
    """Draw the loads of all lines in one figure.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of Figure
        The drawing; none where the plan has no lines.
    """
    lines = _lines(plan)
    if not lines:
        return []
    ax = plot_plan(plan, free_axes((HALF, max(_GLANCE, 1.2 + 0.3 * len(lines)))))
    by = f"{plural(len(lines), 'line')} by {plan.calendar.word}"
    return [draw(ax, "load-all", f"Load of {by}; a table below has the numbers.")]


def loads(plan: "Plan") -> list[Figure]:
    """Draw the load of each line.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    list of Figure
        The drawings of the first dozen lines.
    """
    load = plan.line_load
    figures = []
    for number, line in enumerate(_lines(plan)[:_MOST_LINES]):
        ax = plot_plan(plan, free_axes((HALF, 2.5)), line=line)
        figures.append(draw(ax, f"load-{number}", _load_alt(plan, load, line)))
    return figures


def load_table(plan: "Plan") -> Table | None:
    """Return the loads as numbers.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Table or None
        None for a plan that says nothing of capacity.
    """
    load = plan.line_load
    if load.empty:
        return None
    columns = [
        Column("line", "Line"),
        Column("period", plan.calendar.word.capitalize(), short_day),
        Column("capacity", "Regular capacity", units, number=True),
        Column("used", "Used", units, number=True),
        Column("overtime", "Overtime", units, number=True),
        Column("overtime_limit", "Overtime limit", units, number=True),
        Column("unit", "Unit"),
    ]
    hidden = len(load) - _MOST_LOADS
    note = f"{plural(hidden, 'more row')} in the workbook." if hidden > 0 else ""
    caption = "Load and capacity of every line"
    return make_table("loads", caption, load.iloc[:_MOST_LOADS], columns, note)


def fan_of_all(demand: "Demand", panel: "Panel | None") -> Figure:
    """Draw the forecast of all series together.

    Parameters
    ----------
    demand : Demand
        The forecast.
    panel : Panel, optional
        What was observed.

    Returns
    -------
    Figure
        The drawing.
    """
    return _fan(demand, panel, None, "fan-total", "")


def fans(
    panel: "Panel | None", demand: "Demand", plan: "Plan", describe: Sequence[str]
) -> list[Figure]:
    """Draw the forecasts of the most important SKUs.

    Parameters
    ----------
    panel : Panel, optional
        What was observed.
    demand : Demand
        The forecast.
    plan : Plan
        Whose inputs hold the prices.
    describe : sequence of str
        See `add_description`.

    Returns
    -------
    list of Figure
        The drawings.
    """
    skus = pd.DataFrame({"sku": most_important(plan, demand, _MOST_FANS)})
    shown = add_description(skus.assign(what=""), demand, describe)
    return [
        _fan(demand, panel, str(sku), f"fan-{number}", str(what))
        for number, (sku, what) in enumerate(zip(shown["sku"], shown["what"], strict=True))
    ]


def risk(plan: "Plan") -> Figure | None:
    """Draw where sales are lost and units are left.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Figure or None
        None for a plan without an outlook.
    """
    if not plan.outlook:
        return None
    most = min(12, len(plan.skus))
    ax = plot_risk(plan, free_axes((WIDE, 0.9 + 0.24 * most)), most=most)
    return draw(ax, "risk", "SKUs with the largest expected lost sales and left-over stock.")


def signals_worth(value: "SignalValue | None") -> Figure | None:
    """Draw what each signal saves.

    Parameters
    ----------
    value : SignalValue, optional
        From `c2m.signal_value`.

    Returns
    -------
    Figure or None
        None where nothing was measured.
    """
    if value is None:
        return None
    table = value.to_frame()
    table = table[table["group"] == "all"]
    n_signals = table["signal"].nunique()
    ax = plot_signal_value(value, free_axes((WIDE, 1.4 + 0.45 * n_signals)))
    said = [
        f"{row['signal']} ({row['question']}) {round(row['percent'], 1) + 0.0:.1f}%"
        for row in table.to_dict("records")
    ]
    return draw(ax, "signals", f"Pinball loss saved by each signal: {'; '.join(said)}.")


def _lines(plan: "Plan") -> list[str]:
    return sorted(set(plan.line_load["line"]) | set(plan.runs["line"]))


def _load_alt(plan: "Plan", load: pd.DataFrame, line: str) -> str:
    own = load[load["line"] == line]
    if own.empty or not own["capacity"].sum() > 0:
        return f"Units made on {line} by {plan.calendar.word}."
    used = own["used"].sum() / own["capacity"].sum()
    over = own["overtime"].sum()
    return (
        f"Load of {line} against its capacity: {used:.0%} of regular capacity used, "
        f"{units(over)} {own['unit'].iloc[0]} of overtime."
    )


def _fan(
    demand: "Demand", panel: "Panel | None", sku: str | None, name: str, caption: str
) -> Figure:
    size = (HALF, _GLANCE if sku is None else 2.4)
    ax = plot_demand(demand, free_axes(size), sku=sku, panel=panel)
    part = demand if sku is None else demand.select([sku])
    whom = f"all {demand.n_series:,} series" if sku is None else sku
    expected = units(float(part.mean.sum()))
    what = "Forecast" if panel is None else "Observed sales and forecast"
    alt = (
        f"{what} of {whom}: {expected} units expected over "
        f"{plural(demand.horizon, demand.calendar.word)}"
    )
    return draw(ax, name, alt + ".", caption)
