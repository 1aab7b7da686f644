"""Gather what the page shows, and write it as one HTML file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.engines import engine
from c2m.errors import ArgumentError
from c2m.frames import plural
from c2m.plot import plot_demand, plot_plan, plot_risk
from c2m.plot.style import free_axes
from c2m.report import outlook, runs
from c2m.report.facts import assumptions, forecast_sentence, made_from, plan_sentences
from c2m.report.figures import Figure, draw
from c2m.report.files import whole_file
from c2m.report.products import add_description, most_important, sku_table
from c2m.report.skill import Skill, read_skill
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import first_period, short_day, units

if TYPE_CHECKING:
    from jinja2 import Template

    from c2m.demand import Demand
    from c2m.forecast import Backtest
    from c2m.panel import Panel
    from c2m.plan import Plan

TEMPLATE: Final = "report.html.jinja"

_WIDE: Final = 10.6
_HALF: Final = 5.1
"""Inches that a drawing is wide: over the whole page, or over half of it."""

_GLANCE: Final = 2.3
"""Inches that the two drawings at the top are high."""

_MOST_FANS: Final = 6
_MOST_LINES: Final = 12
"""Lines that get a figure of their own; a table of loads shows all."""


@dataclass(frozen=True)
class Page:
    """Everything a report shows, as the template reads it.

    Parameters
    ----------
    title, lead : str
        Head of the page.
    when : str
        What the first period is called.
    starts : list of LineStart
        What to do first.
    tiles : list of Tile
        Key figures.
    shortfalls, costs : Table, optional
        See `c2m.report.outlook`.
    glance : list of Figure
        Load of all lines, and the forecast of all series.
    loads : list of Figure
        Load of each line against its capacity.
    load_table : Table, optional
        The same as numbers.
    fans : list of Figure
        Forecasts of the most important SKUs.
    notes : tuple of str
        What the forecaster had to say.
    skill : Skill, optional
        The backtest.
    risk : Figure, optional
        Lost sales and left-over stock.
    risks : list of Table
        The same as numbers.
    reasons : list of Reason
        Why the largest runs have their size.
    bound : str
        What is known about better plans.
    facts, assumed : list of str
        What the report was made from, and what it takes for granted.
    """

    title: str
    lead: str
    when: str
    starts: list[runs.LineStart]
    tiles: list[outlook.Tile]
    shortfalls: Table | None
    costs: Table | None
    glance: list[Figure]
    loads: list[Figure]
    load_table: Table | None
    fans: list[Figure]
    notes: tuple[str, ...]
    skill: Skill | None
    risk: Figure | None
    risks: list[Table]
    reasons: list[runs.Reason]
    bound: str
    facts: list[str]
    assumed: list[str]


def write_report(
    path: str | os.PathLike[str],
    *,
    panel: "Panel",
    demand: "Demand",
    plan: "Plan",
    backtest: "Backtest | None" = None,
    title: str = "Production plan",
    describe: Sequence[str] = (),
    assumed: Sequence[str] = (),
) -> Path:
    """Write the plan and what it rests on as one self-contained HTML page.

    The page loads nothing from anywhere, follows the reader's light or dark setting and prints.
    The same input gives the same bytes.

    Parameters
    ----------
    path : path
        The file, ending in ``.html``; it is written whole or not at all.
    panel : Panel
        What was observed.
    demand : Demand
        The forecast of it.
    plan : Plan
        The plan for it.
    backtest : Backtest, optional
        How the forecast's models did on held-back periods.
    title : str
        Headline.
    describe : sequence of str
        Attributes of the SKUs to show beside their codes.
    assumed : sequence of str
        Sentences on what was assumed, such as costs that nobody measured.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        If panel, forecast and plan do not belong together, or an attribute is not there.
    MissingEngineError
        If jinja2 or matplotlib is not installed.
    """
    _check_match(panel, demand, plan)
    template = _template()
    with whole_file(path, ".html") as draft:
        page = _gather(panel, demand, plan, backtest, title, describe, assumed)
        draft.write_text(template.render(page=page), encoding="utf-8", newline="\n")
    return Path(path)


def _check_match(panel: "Panel", demand: "Demand", plan: "Plan") -> None:
    """Refuse a plan for another forecast, and a forecast of another panel."""
    if panel.calendar != demand.calendar or demand.calendar != plan.calendar:
        raise ArgumentError(
            "Expected panel, demand and plan of one freq, got "
            f"{panel.freq!r}, {demand.freq!r} and {plan.freq!r}."
        )
    if plan.first != demand.first:
        raise ArgumentError(
            f"Expected a plan from {demand.periods[0].date()}, the first period forecast, got one "
            f"from {plan.periods[0].date()}."
        )
    unknown = sorted(set(plan.skus) - set(demand.skus))
    if unknown:
        raise ArgumentError(
            f"The plan has {plural(len(unknown), 'SKU')} that the forecast does not have, first "
            f"{unknown[0]!r}."
        )


def _gather(
    panel: "Panel",
    demand: "Demand",
    plan: "Plan",
    backtest: "Backtest | None",
    title: str,
    describe: Sequence[str],
    assumed: Sequence[str],
) -> Page:
    table = sku_table(plan)
    return Page(
        title=title,
        lead=made_from(panel, plan),
        when=first_period(plan.calendar),
        starts=runs.first_runs(plan, demand, describe),
        tiles=outlook.key_figures(plan, table),
        shortfalls=outlook.shortfall_table(plan),
        costs=outlook.cost_table(plan),
        glance=[_load_of_all(plan), _fan(demand, panel, None, "fan-total", "")],
        loads=_loads(plan),
        load_table=_load_table(plan),
        fans=_fans(panel, demand, plan, describe),
        notes=demand.notes,
        skill=None if backtest is None else read_skill(backtest, _HALF),
        risk=_risk(plan),
        risks=outlook.risk_tables(plan, table, demand, describe),
        reasons=runs.largest_reasons(plan),
        bound=outlook.bound_sentence(plan),
        facts=[forecast_sentence(demand), *plan_sentences(plan)],
        assumed=[*assumptions(plan), *assumed],
    )


def _lines(plan: "Plan") -> list[str]:
    return sorted(set(plan.line_load["line"]) | set(plan.runs["line"]))


def _load_of_all(plan: "Plan") -> Figure:
    """Draw the loads of all lines in one figure."""
    lines = _lines(plan)
    ax = plot_plan(plan, free_axes((_HALF, max(_GLANCE, 0.9 + 0.3 * len(lines)))))
    by = f"{plural(len(lines), 'line')} by {plan.calendar.word}"
    return draw(ax, "load-all", f"Load of {by}; a table below has the numbers.")


def _loads(plan: "Plan") -> list[Figure]:
    """Draw the load of each line."""
    load = plan.line_load
    figures = []
    for number, line in enumerate(_lines(plan)[:_MOST_LINES]):
        ax = plot_plan(plan, free_axes((_HALF, 2.5)), line=line)
        figures.append(draw(ax, f"load-{number}", _load_alt(plan, load, line)))
    return figures


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


def _load_table(plan: "Plan") -> Table | None:
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
    return make_table("loads", "Load and capacity of every line", load, columns)


def _fans(panel: "Panel", demand: "Demand", plan: "Plan", describe: Sequence[str]) -> list[Figure]:
    """Draw the forecasts of the most important SKUs."""
    skus = pd.DataFrame({"sku": most_important(plan, demand, _MOST_FANS)})
    shown = add_description(skus.assign(what=""), demand, describe)
    return [
        _fan(demand, panel, str(sku), f"fan-{number}", str(what))
        for number, (sku, what) in enumerate(zip(shown["sku"], shown["what"], strict=True))
    ]


def _fan(demand: "Demand", panel: "Panel", sku: str | None, name: str, caption: str) -> Figure:
    size = (_HALF, _GLANCE if sku is None else 2.4)
    ax = plot_demand(demand, free_axes(size), sku=sku, panel=panel)
    part = demand if sku is None else demand.select([sku])
    whom = f"all {demand.n_series:,} series" if sku is None else sku
    expected = units(float(part.mean.sum()))
    alt = (
        f"Observed sales and forecast of {whom}: {expected} units expected over "
        f"{plural(demand.horizon, demand.calendar.word)}"
    )
    return draw(ax, name, alt + ".", caption)


def _risk(plan: "Plan") -> Figure | None:
    if not plan.outlook:
        return None
    most = min(12, len(plan.skus))
    ax = plot_risk(plan, free_axes((_WIDE, 0.9 + 0.24 * most)), most=most)
    return draw(ax, "risk", "SKUs with the largest expected lost sales and left-over stock.")


def _template() -> "Template":
    """Load the page's template; every value it shows is escaped."""
    jinja = engine("jinja2", "Reports")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("c2m.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    template: Template = environment.get_template(TEMPLATE)
    return template
