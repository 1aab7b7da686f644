"""What a person sets in a plan: what it costs, and what becomes of it in the next plan."""

import re
import shutil

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import c2m
from c2m.report.overrides.sheets import DEMAND_SHEET
from tests.cli.conftest import history, run_in
from tests.report.overrides.typed import serial, type_into

MORE = {"A6": "002", "C6": serial("2026-10-19"), "F6": 0.5}
"""Half as much again of SKU 002 from the second week on."""


def output(project):
    return project / "c2m-output"


def saved(project, name="plan"):
    return c2m.Plan.load(output(project) / name)


def set_by_hand(project, **sheets):
    """Type into the project's workbook, cells by sheet, and have it costed."""
    cells = {
        (name.replace("_", " "), place): value
        for name, typed in sheets.items()
        for place, value in typed.items()
    }
    type_into(output(project) / "plan.xlsx", project / "mine.xlsx", cells)
    ran = run_in(project, "plan", "--overrides", "mine.xlsx")
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture(scope="module")
def costed(walked, tmp_path_factory):
    """Return a project whose plan has more demand and another run, and what was said of it."""
    folder = tmp_path_factory.mktemp("by_hand") / "project"
    shutil.copytree(walked[0], folder)
    before = saved(folder)
    ran = set_by_hand(folder, Demand_overrides=MORE, Plan=larger_run(folder))
    return folder, ran, before


def larger_run(project, units=30):
    """Return the cell that makes the first run larger."""
    book = CalamineWorkbook.from_path(str(output(project) / "plan.xlsx"))
    rows = book.get_sheet_by_name("Plan").to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "Run")
    place = f"{chr(ord('A') + rows[head].index('Set units'))}{head + 2}"
    return {place: int(saved(project).runs["quantity"].iloc[0]) + units}


@pytest.fixture
def by_hand(costed, tmp_path):
    """Return a copy of that project, to change."""
    folder = tmp_path / "project"
    shutil.copytree(costed[0], folder)
    return folder


def money(ran, name):
    return int(re.search(rf"{name}: +([-+][\d,]+) EUR", ran.out)[1].replace(",", ""))


def test_the_cost_of_runs_is_told_apart_from_the_worth_of_demand(costed):
    folder, ran, before = costed
    plan = saved(folder)
    demand = c2m.Demand.load(output(folder) / "demand")
    factory = c2m.Factory.from_toml(folder / "factory.toml")
    same_demand = c2m.recost(plan, demand, factory).expected_profit
    assert money(ran, "Your runs") == round(same_demand - before.expected_profit)
    assert money(ran, "Your demand") == round(plan.expected_profit - same_demand)
    assert money(ran, "Your runs") < 0 < money(ran, "Your demand")
    assert "by a tenth or less" not in ran.out


@pytest.mark.usefixtures("no_book")
def test_where_no_demand_was_set_the_runs_alone_are_costed(project):
    before = saved(project)
    ran = set_by_hand(project, Plan=larger_run(project, 1))
    assert "1 run since the plan before, 1 of them by a tenth or less\n" in ran.out
    change = saved(project).expected_profit - before.expected_profit
    assert money(ran, "Your runs") == round(change)
    assert "Your demand" not in ran.out


def test_the_next_plan_keeps_what_was_set_in_its_forecast(by_hand):
    set_then = saved(by_hand).inputs["demand_overrides"]
    ran = run_in(by_hand, "plan")
    assert "note: 1 of 1 demand override of the last plan is applied again" in ran.err
    assert "002, 2026-10-19 to 2026-11-02" in ran.err
    plan = saved(by_hand)
    pd.testing.assert_frame_equal(plan.inputs["demand_overrides"], set_then)
    book = CalamineWorkbook.from_path(str(output(by_hand) / "plan.xlsx"))
    assert book.get_sheet_by_name(DEMAND_SHEET).to_python()[5][0] == "002"
    demand = c2m.Demand.load(output(by_hand) / "demand")
    known = c2m.override_demand(demand, set_then).demand
    stock = pd.read_csv(by_hand / "stock.csv", dtype={"sku": str})
    factory = c2m.Factory.from_toml(by_hand / "factory.toml")
    expected = c2m.plan_production(known, factory, stock=stock, n_scenarios=20)
    assert plan.expected_profit == expected.expected_profit


def a_week_later(project):
    """Forecast from one more week."""
    table = history()
    week = table[table["period"] == table["period"].max()].assign(period="2026-10-12")
    pd.concat([table, week]).to_csv(project / "history.csv", index=False)
    for verb in ("panel", "forecast"):
        assert run_in(project, verb, "--quiet").code == 0


@pytest.mark.usefixtures("no_book")
def test_a_replan_keeps_what_lies_ahead(by_hand):
    a_week_later(by_hand)
    ran = run_in(by_hand, "replan")
    assert "note: 1 of 1 demand override of the last plan is applied again" in ran.err
    rows = saved(by_hand).inputs["demand_overrides"]
    demand = c2m.Demand.load(output(by_hand) / "demand")
    assert rows["set"].item() == pytest.approx(1.5 * demand.mean[1].sum())


@pytest.mark.usefixtures("no_book")
@pytest.mark.parametrize(
    "typed",
    [
        {"A6": "002", "C6": serial("2026-10-12"), "D6": serial("2026-10-12"), "F6": 0.5},
        {"A6": "002", "C6": serial("2026-10-12"), "E6": 900},
    ],
    ids=["its week has passed", "some of its units have come"],
)
def test_what_has_passed_is_not_set_again_and_told(project, typed):
    set_by_hand(project, Demand_overrides=typed)
    a_week_later(project)
    ran = run_in(project, "replan")
    assert ran.code == 0
    assert "note: 1 of 1 demand override of the last plan is not applied" in ran.err
    assert "demand_overrides" not in saved(project).inputs


@pytest.mark.usefixtures("no_book")
def test_what_the_forecast_no_longer_has_is_told(by_hand):
    table = history()
    table[table["sku"] != "002"].to_csv(by_hand / "history.csv", index=False)
    for verb in ("panel", "forecast"):
        assert run_in(by_hand, verb, "--quiet").code == 0
    ran = run_in(by_hand, "plan")
    assert ran.code == 0
    assert "is not applied (first: 002, 2026-10-19 to 2026-11-02): " in ran.err
    assert "the forecast does not have" in ran.err


def test_a_workbook_without_it_takes_it_out(by_hand):
    assert run_in(by_hand, "plan", "--quiet").code == 0
    set_by_hand(by_hand, Demand_overrides=dict.fromkeys(MORE, ""))
    assert "demand_overrides" not in saved(by_hand).inputs


@pytest.mark.usefixtures("no_book")
def test_the_plan_before_stays_where_nothing_changed(by_hand):
    before = saved(by_hand, "previous-plan")
    set_then = saved(by_hand)
    ran = set_by_hand(by_hand)
    assert saved(by_hand, "previous-plan") == before != set_then
    assert "previous-plan" not in ran.last
