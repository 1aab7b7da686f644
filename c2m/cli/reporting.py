"""``c2m report``: the plan and what it rests on as one page."""

from typing import TYPE_CHECKING

from c2m.cli.config import Config
from c2m.cli.findings import Findings
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.saved import PANEL, check_output, load_backtest, load_demand, load_panel, load_plan
from c2m.cli.shown import main_figures
from c2m.errors import ArgumentError, warn

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast import Backtest
    from c2m.panel import Panel
    from c2m.plan import Plan

N_STEPS = 2


def make_report(config: Config, step: Steps) -> Outcome:
    """Write the report of what the other commands saved.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        The plan's main figures, and where the report is.
    """
    own, output = config.settings.report, config.output
    check_output(output, report=True)
    step("Reading panel, forecast and plan")
    from c2m.report import write_report

    panel, demand, plan, backtest = _read(config)
    step("Writing the report")
    path = write_report(
        output / "report.html",
        panel=panel,
        demand=demand,
        plan=plan,
        backtest=backtest,
        title=own.title,
        describe=own.describe,
        assumed=own.assumed,
    )
    return Outcome([main_figures(plan)], [path])


def _read(config: Config) -> "tuple[Panel | None, Demand, Plan, Backtest | None]":
    """Read what the report shows; the past is shown where it is there."""
    found = Findings(config)
    panel = found.look(lambda: load_panel(config)) if (config.output / PANEL).exists() else None
    demand, plan = found.look(lambda: load_demand(config)), found.look(lambda: load_plan(config))
    backtest = found.look(lambda: load_backtest(config))
    found.stop()
    if plan.cutoff != demand.cutoff:
        raise ArgumentError(
            f"The plan was made from data up to {plan.cutoff.date()}, the forecast from data up to "
            f"{demand.cutoff.date()}. Run again: c2m plan or c2m replan"
        )
    return _until(panel, demand), demand, plan, backtest


def _until(panel: "Panel | None", demand: "Demand") -> "Panel | None":
    """Return the past that the forecast was made from."""
    if panel is None or panel.cutoff == demand.cutoff:
        return panel
    days = (
        f"The forecast was made from data up to {demand.cutoff.date()}, the panel holds data up "
        f"to {panel.cutoff.date()}."
    )
    if panel.cutoff < demand.cutoff:
        raise ArgumentError(f"{days} Run again: c2m forecast, then c2m plan or c2m replan")
    warn(f"{days} The report is of the older day; for the new one run: c2m forecast, c2m replan")
    return panel.upto(demand.cutoff)
