"""What happens after the first plan: changes, overrides, reports of older days, the rehearsal."""

import shutil
import subprocess
import sys
from string import ascii_uppercase

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import c2m
from c2m.rehearse import Rehearsal
from tests.cli.conftest import history, run_in
from tests.report.overrides.typed import type_into

POLICIES = "rehearse.policies=['c2m', 'c2m once', 'order what sold']"


def output(project):
    return project / "c2m-output"


def sheet(project, name):
    book = CalamineWorkbook.from_path(str(output(project) / "plan.xlsx"))
    return book.get_sheet_by_name(name).to_python() if name in book.sheet_names else None


def test_the_first_plan_has_no_changes(walked):
    assert sheet(walked[0], "Changes") is None
    assert "Changed:" not in walked[1]["plan"].out


def test_a_second_plan_is_compared_with_the_first(project):
    before = c2m.Plan.load(output(project) / "plan")
    pd.DataFrame({"sku": ["001", "002", "003"], "on_hand": [0, 0, 0]}).to_csv(
        project / "stock.csv", index=False
    )
    ran = run_in(project, "plan", "--quiet")
    assert ran.last.endswith(f" and {output(project) / 'previous-plan'}")
    assert c2m.Plan.load(output(project) / "previous-plan") == before
    changes = sheet(project, "Changes")
    assert {"Last plan", "This plan", "Before", "After"} <= {
        cell for row in changes for cell in row
    }


@pytest.mark.usefixtures("no_book")
def test_a_damaged_plan_does_not_hinder_the_next(project):
    array = next((output(project) / "plan").glob("*.npy"))
    array.write_bytes(array.read_bytes()[:-1])
    ran = run_in(project, "plan")
    assert ran.code == 0
    assert "note: The plan before is damaged, and nothing is compared with it" in ran.err
    assert "Changed:" not in ran.out
    assert len(c2m.Plan.load(output(project) / "plan"))


def test_what_is_no_plan_is_not_replaced_by_one(project):
    (output(project) / "plan" / "manifest.json").unlink()
    ran = run_in(project, "plan")
    assert (ran.code, ran.out) == (2, "")
    assert "plan is no saved plan, but stands where one is saved. Move it away" in ran.err
    assert "Planning" not in ran.err


@pytest.mark.usefixtures("no_book")
def test_a_plan_of_other_periods_is_kept_and_not_compared_with(project):
    plan = c2m.Plan.load(output(project) / "plan")
    later = c2m.Demand.load(output(project) / "demand")
    history(30).to_csv(project / "history.csv", index=False)
    for verb in ("panel", "forecast", "plan"):
        ran = run_in(project, verb)
        assert ran.code == 0
    assert later.first > c2m.Plan.load(output(project) / "plan").first
    assert "Changed:" not in ran.out
    assert c2m.Plan.load(output(project) / "previous-plan") == plan


@pytest.mark.usefixtures("no_book")
def test_what_was_set_in_the_workbook_becomes_the_plan(project):
    rows = sheet(project, "Plan")
    head = next(number for number, row in enumerate(rows) if row[0] == "Run")
    place = f"{ascii_uppercase[rows[head].index('Set units')]}{head + 2}"
    runs = c2m.Plan.load(output(project) / "plan").runs
    cells = {("Plan", place): int(runs["quantity"].iloc[0]) + 7}
    type_into(output(project) / "plan.xlsx", project / "mine.xlsx", cells)
    ran = run_in(project, "plan", "--overrides", "mine.xlsx")
    assert ran.code == 0, ran.err
    assert "Changed:            1 run since the plan before" in ran.out
    after = c2m.Plan.load(output(project) / "plan").runs
    assert after["quantity"].sum() == runs["quantity"].sum() + 7


@pytest.mark.usefixtures("no_book")
def test_a_workbook_where_nothing_is_set_leaves_the_plan(project):
    before = c2m.Plan.load(output(project) / "plan")
    ran = run_in(project, "plan", "--overrides", output(project) / "plan.xlsx")
    assert ran.code == 0
    assert "note: Nothing is set in plan.xlsx" in ran.err
    after = c2m.Plan.load(output(project) / "plan")
    pd.testing.assert_frame_equal(after.runs[["sku", "quantity"]], before.runs[["sku", "quantity"]])


def test_another_workbook_is_no_plan(project):
    c2m.Factory.write_template(project / "factory.xlsx")
    ran = run_in(project, "plan", "--quiet", "--overrides", "factory.xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert "`factory.xlsx` has 1 problem" in ran.err


def test_a_report_needs_no_panel(project, monkeypatch):
    seen = {}
    monkeypatch.setattr("c2m.report.write_report", lambda path, **how: seen.update(how) or path)
    shutil.rmtree(output(project) / "panel")
    ran = run_in(project, "report", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert ran.last == f"Wrote {output(project) / 'report.html'}"
    assert seen["panel"] is None
    assert seen["plan"] == c2m.Plan.load(output(project) / "plan")


def test_a_report_of_the_week_before_says_so(project, monkeypatch):
    seen = {}
    monkeypatch.setattr("c2m.report.write_report", lambda path, **how: seen.update(how) or path)
    table = history()
    week = table.tail(1).assign(period="2026-10-12")
    weeks = pd.concat([table, *(week.assign(sku=sku) for sku in ("001", "002", "003"))])
    weeks.to_csv(project / "history.csv", index=False)
    assert run_in(project, "panel", "--quiet").code == 0
    ran = run_in(project, "report")
    assert ran.code == 0
    assert "note: The forecast was made from data up to 2026-10-05, the panel holds" in ran.err
    assert seen["panel"].cutoff == seen["demand"].cutoff == pd.Timestamp("2026-10-05")


def test_the_past_is_played(project):
    sets = ("--set", "rehearse.periods=2", "--set", "rehearse.n_scenarios=5", "--set", POLICIES)
    ran = run_in(project, "rehearse", *sets)
    assert ran.code == 0, ran.err
    table = output(project) / "rehearsal.csv"
    assert ran.last == f"Wrote {output(project) / 'rehearsal'} and {table}"
    assert Rehearsal.load(output(project) / "rehearsal").policies == (
        "c2m",
        "c2m once",
        "order what sold",
    )
    scores = pd.read_csv(table, index_col="policy")
    assert sorted(scores.index) == ["c2m", "c2m once", "order what sold"]
    assert "Against the best simple policy: c2m" in ran.out
    assert "What the second run is worth: c2m" in ran.out
    assert "True demand is taken to be what was sold" in ran.out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("rehearse.policies=['c2n']", "got 'c2n' (did you mean 'c2m'?)"),
        ("rehearse.periods=40", "Expected rehearse.periods from 1 to 39"),
    ],
)
def test_a_rehearsal_that_cannot_be_played_is_refused(project, change, message):
    ran = run_in(project, "rehearse", "--quiet", "--set", change)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_process_that_is_killed_halfway_leaves_the_old_file(project):
    killed = (
        "import os, pandas; from pathlib import Path; from c2m.cli import main\n"
        "def half(table, path, **how): Path(path).write_text('model,'); os._exit(9)\n"
        "pandas.DataFrame.to_csv = half\n"
        "main(['backtest', '--quiet'])"
    )
    board = output(project) / "leaderboard.csv"
    before = board.read_bytes()
    ran = subprocess.run([sys.executable, "-c", killed], cwd=project, check=False)
    assert ran.returncode == 9
    assert board.read_bytes() == before
    assert run_in(project, "backtest", "--quiet").code == 0
