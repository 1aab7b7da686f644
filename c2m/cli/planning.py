"""``c2m plan`` and ``c2m replan``: from the forecast and the factory to the plan."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c2m.cli.carrying import INPUT, carried
from c2m.cli.config import Config
from c2m.cli.costing import cost_of_changes, same_demand
from c2m.cli.findings import Findings
from c2m.cli.history import optional_table, read_factory
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.saved import PLAN, PREVIOUS, check_output, load_demand, load_plan
from c2m.cli.shown import main_figures
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import plural

if TYPE_CHECKING:
    from c2m.demand import Demand, DemandOverrides
    from c2m.plan import Plan

N_STEPS = 3


def make_plan(config: Config, step: Steps) -> Outcome:
    """Plan the runs for the forecast, and save the plan and its workbook.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        The plan's main figures, and what was written.
    """
    check_output(config.output, workbook=True)
    step("Reading the forecast and the factory")
    from c2m.production import plan_production

    demand, given = _read(config, load_demand)
    before = _last_plan(config)
    known = carried(before, demand)
    step("Planning the runs")
    plan = plan_production(
        demand if known is None else known.demand,
        **given,
        **_way(config),
        serve_all=config.settings.plan.serve_all,
        progress=step.stage,
    )
    return _save(config, step, _with(plan, known), demand, before)


def make_replan(config: Config, step: Steps, old: Path | None) -> Outcome:
    """Plan again from the last plan, and save the new one in its place.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.
    old : Path, optional
        The folder of the plan to start from; the project's own unless given.

    Returns
    -------
    Outcome
        The plan's main figures, how many runs changed, and what was written.
    """
    own = config.settings.replan
    check_output(config.output, workbook=True)
    step("Reading the last plan, the forecast and the factory")
    from c2m.production import replan

    (before, demand), given = _read(config, _both(old), "firm")
    known = carried(before, demand)
    step("Planning again")
    plan = replan(
        before,
        demand if known is None else known.demand,
        **given,
        **_way(config),
        frozen_periods=own.frozen_periods,
        change_cost=own.change_cost,
        progress=step.stage,
    )
    done = _save(config, step, _with(plan, known), demand, before)
    if own.change_cost or plan.changes.empty:
        return done
    return replace(done, lines=[*done.lines, "(replan.change_cost is 0: any gain moves a run)"])


def take_overrides(config: Config, step: Steps, book: Path) -> Outcome:
    """Cost what a person has set in a workbook, and save it as the plan.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.
    book : Path
        A workbook that ``c2m plan`` wrote.

    Returns
    -------
    Outcome
        The plan's main figures, how many runs changed, what that costs, and what was written.
    """
    check_output(config.output, workbook=True)
    step("Reading the forecast and the factory")
    from c2m.report import with_overrides

    demand, given = _read(config, load_demand)
    before = _last_plan(config)
    step("Checking and costing what was set by hand")
    plan = with_overrides(book, demand=demand, **given)
    done = _save(config, step, plan, demand, before)
    if before is None or before.first != plan.first or _same(before, plan):
        return done
    return replace(done, lines=[*done.lines, *cost_of_changes(before, plan, demand, given)])


def _with(plan: "Plan", known: "DemandOverrides | None") -> "Plan":
    """Return a plan that keeps what people set in its forecast."""
    if known is None:
        return plan
    return replace(plan, inputs={**plan.inputs, INPUT: known.to_frame()})


def _both(old: Path | None) -> "Callable[[Config], tuple[Plan, Demand]]":
    """Return what reads the last plan and the forecast."""

    def _load(config: Config) -> "tuple[Plan, Demand]":
        return load_plan(config, old), load_demand(config)

    return _load


def _read(config: Config, load: Callable[[Config], Any], *more: str) -> tuple[Any, dict[str, Any]]:
    """Return what earlier commands saved, and what else a plan is made from."""
    found = Findings(config)
    saved = found.look(lambda: load(config))
    given: dict[str, Any] = {"factory": found.look(lambda: read_factory(config))}
    for name in ("stock", "on_order", *more):
        given[name] = found.look(partial(optional_table, config, name))
    found.stop()
    return saved, given


def _way(config: Config) -> dict[str, Any]:
    own = config.settings.plan
    return {
        "n_scenarios": own.n_scenarios,
        "seed": own.seed,
        "method": own.method,
        "time_limit_s": own.time_limit_s,
        "fill_rate": own.fill_rate,
        "cycle_service_level": own.cycle_service_level,
    }


def _last_plan(config: Config) -> "Plan | None":
    """Return the plan that is about to be replaced; one that is damaged is no hindrance."""
    path = config.output / PLAN
    if not path.exists():
        return None
    if not (path / "manifest.json").is_file():
        raise ArgumentError(f"{path} is no saved plan, but stands where one is saved. Move it away")
    try:
        return load_plan(config)
    except DataError as error:
        warn(f"The plan before is damaged, and nothing is compared with it: {error.problems[0]}.")
        return None


def _save(
    config: Config, step: Steps, plan: "Plan", demand: "Demand", before: "Plan | None"
) -> Outcome:
    """Save a plan, its workbook, and the plan that it replaces."""
    from c2m.report import write_workbook

    step("Writing the plan")
    folder, previous = config.output / PLAN, config.output / PREVIOUS
    since = before if before is not None and _comparable(before, plan) else None
    book = write_workbook(
        config.output / "plan.xlsx",
        plan,
        demand,
        describe=config.settings.report.describe,
        since=since,
    )
    written = [folder, book]
    if before is not None and not _same(before, plan):
        before.save(previous)
        written.append(previous)
    plan.save(folder)
    return Outcome([main_figures(plan), *_changed(plan, since)], written)


def _same(before: "Plan", plan: "Plan") -> bool:
    """Say whether a plan has the runs of an earlier one, for a forecast that was set alike."""
    if (before.calendar, before.first) != (plan.calendar, plan.first):
        return False
    from c2m.report.changes_sheet import run_changes

    return run_changes(before, plan).empty and same_demand(before, plan)


def _comparable(before: "Plan", plan: "Plan") -> bool:
    """Say whether an earlier plan has periods of a plan, and begins no later."""
    same = before.calendar == plan.calendar
    return same and before.first <= plan.first < before.first + before.n_periods


def _changed(plan: "Plan", since: "Plan | None") -> list[str]:
    """Say how many runs are otherwise than in the plan before."""
    from c2m.report.changes_sheet import run_changes

    if since is None:
        return []
    changes = run_changes(since, plan)
    small = int((~changes["charged"]).sum())
    few = f", {small:,} of them by a tenth or less" if small else ""
    return [f"{'Changed:':<20}{plural(len(changes), 'run')} since the plan before{few}"]
