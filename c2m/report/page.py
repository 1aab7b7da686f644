"""Gather what the page shows, and write it as one HTML file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from c2m.engines import engine
from c2m.report import drawings, outlook, runs
from c2m.report.agenda import Agenda, read_agenda
from c2m.report.alerts import change_tables, soon_out_table
from c2m.report.bought import allowance_table, material_table
from c2m.report.facts import assumptions, forecast_sentence, made_from, plan_sentences
from c2m.report.figures import Figure
from c2m.report.files import whole_file
from c2m.report.finder import Finder, read_finder
from c2m.report.matching import check_match
from c2m.report.products import sku_table
from c2m.report.skill import Skill, read_skill
from c2m.report.tables import Table
from c2m.report.words import day, first_period

if TYPE_CHECKING:
    from jinja2 import Template

    from c2m.demand import Demand
    from c2m.forecast import Backtest, SignalValue
    from c2m.panel import Panel
    from c2m.plan import Plan

TEMPLATE: Final = "report.html.jinja"


@dataclass(frozen=True)
class Page:
    """Everything a report shows, as the template reads it.

    Parameters
    ----------
    title, lead : str
        Head of the page.
    when, date : str
        What the first period is called, and its first day.
    agenda : Agenda
        What to do first.
    starts : list of LineStart
        The runs of the first period.
    tiles : list of Tile
        Key figures.
    soon_out, shortfalls : Table, optional
        The exceptions.
    changes : list of Table
        What changed since the last plan: the first ones, and the others.
    materials, shared : Table, optional
        What is bought and shared.
    costs : Table, optional
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
    signals : Figure, optional
        What each signal is worth.
    risk : Figure, optional
        Lost sales and left-over stock.
    risks : list of Table
        The same as numbers.
    finder : Finder
        Every SKU.
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
    date: str
    agenda: Agenda
    starts: list[runs.LineStart]
    tiles: list[outlook.Tile]
    soon_out: Table | None
    shortfalls: Table | None
    changes: list[Table]
    materials: Table | None
    shared: Table | None
    costs: Table | None
    glance: list[Figure]
    loads: list[Figure]
    load_table: Table | None
    fans: list[Figure]
    notes: tuple[str, ...]
    skill: Skill | None
    signals: Figure | None
    risk: Figure | None
    risks: list[Table]
    finder: Finder
    reasons: list[runs.Reason]
    bound: str
    facts: list[str]
    assumed: list[str]


def write_report(
    path: str | os.PathLike[str],
    *,
    demand: "Demand",
    plan: "Plan",
    panel: "Panel | None" = None,
    backtest: "Backtest | None" = None,
    signal_value: "SignalValue | None" = None,
    title: str = "Production plan",
    describe: Sequence[str] = (),
    assumed: Sequence[str] = (),
) -> Path:
    """Write the plan and what it rests on as one self-contained HTML page.

    It says what to do in the first period, what needs a person, what to buy, how full the lines
    are, where sales are lost and units left, and what the forecast rests on; every SKU can be
    searched. The page loads nothing from anywhere, follows the reader's light or dark setting,
    can be used with the keyboard and a screen reader, and prints. The same input gives the same
    bytes.

    Parameters
    ----------
    path : path
        The file, ending in ``.html``; it is written whole or not at all.
    demand : Demand
        The forecast.
    plan : Plan
        The plan for it.
    panel : Panel, optional
        What was observed; drawn before the forecast.
    backtest : Backtest, optional
        How the forecast's models did on held-back periods.
    signal_value : SignalValue, optional
        What each signal is worth, from `c2m.signal_value`.
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
    check_match(plan, demand, describe, panel)
    template = _template()
    with whole_file(path, ".html") as draft:
        page = Page(
            title=title,
            skill=None if backtest is None else read_skill(backtest, drawings.HALF),
            signals=drawings.signals_worth(signal_value),
            assumed=[*assumptions(plan), *assumed],
            **_of_plan(plan, demand, describe),
            **_of_forecast(panel, demand, plan, describe),
        )
        draft.write_text(template.render(page=page), encoding="utf-8", newline="\n")
    return Path(path)


def _of_plan(plan: "Plan", demand: "Demand", describe: Sequence[str]) -> dict[str, Any]:
    """Return the parts of the page that are about the plan."""
    table = sku_table(plan)
    return {
        "when": first_period(plan.calendar),
        "date": day(plan.periods[0]),
        "agenda": read_agenda(plan),
        "starts": runs.first_runs(plan, demand, describe),
        "tiles": outlook.key_figures(plan, table),
        "soon_out": soon_out_table(plan, demand, describe),
        "shortfalls": outlook.shortfall_table(plan),
        "changes": change_tables(plan),
        "materials": material_table(plan),
        "shared": allowance_table(plan),
        "costs": outlook.cost_table(plan),
        "loads": drawings.loads(plan),
        "load_table": drawings.load_table(plan),
        "risk": drawings.risk(plan),
        "risks": outlook.risk_tables(plan, table, demand, describe),
        "finder": read_finder(plan, demand, describe),
        "reasons": runs.largest_reasons(plan),
        "bound": outlook.bound_sentence(plan),
    }


def _of_forecast(
    panel: "Panel | None", demand: "Demand", plan: "Plan", describe: Sequence[str]
) -> dict[str, Any]:
    """Return the parts of the page that are about the forecast."""
    return {
        "lead": made_from(panel, plan),
        "glance": [*drawings.load_of_all(plan), drawings.fan_of_all(demand, panel)],
        "fans": drawings.fans(panel, demand, plan, describe),
        "notes": demand.notes,
        "facts": [forecast_sentence(demand), *plan_sentences(plan)],
    }


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
