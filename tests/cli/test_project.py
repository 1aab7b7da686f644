"""Every command on a small project, against the calls of the library that it stands for."""

import numpy as np
import pandas as pd
import pytest

import c2m
from c2m.cli.config import read_config
from c2m.cli.saved import load_backtest
from c2m.report.changes_sheet import run_changes
from tests.cli.conftest import FACTORY, history, run_in

WROTE = {
    "panel": ["panel"],
    "backtest": ["backtest", "leaderboard.csv"],
    "forecast": ["demand", "model", "backtest", "forecast.csv"],
    "plan": ["plan", "plan.xlsx"],
    "report": ["report.html"],
}


def output(project):
    return project / "c2m-output"


def names(project):
    return sorted(path.name for path in output(project).iterdir())


@pytest.fixture(scope="session")
def panel() -> c2m.Panel:
    return c2m.Panel.from_frame(history(), freq="W")


@pytest.mark.parametrize("verb", WROTE)
def test_the_last_line_names_what_was_written(walked, verb):
    folder, ran = walked
    assert ran[verb].code == 0
    named = ran[verb].last.removeprefix("Wrote ").replace(" and ", ", ").split(", ")
    assert named == [str(output(folder) / name) for name in WROTE[verb]]


def test_nothing_else_is_left_in_the_output_folder(walked):
    assert names(walked[0]) == sorted({name for written in WROTE.values() for name in written})


def test_the_check_of_a_project_says_what_it_read(walked):
    ran = walked[1]["check"]
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Factory('factory': 1 line, 3 products, 3 routings, freq 'W', EUR)",
        "Panel(3 series x 40 W periods, 2026-01-05 to 2026-10-05, target 'sales')",
        "stock: 3 rows",
        "Nothing is wrong with c2m.toml",
    ]


def test_the_panel_is_that_of_the_library(walked, panel):
    assert c2m.Panel.load(output(walked[0]) / "panel") == panel


def test_the_forecast_is_that_of_the_library(walked, panel):
    demand = c2m.forecast_demand(panel, 4, candidates=["SES"])
    saved = c2m.Demand.load(output(walked[0]) / "demand")
    assert saved == demand
    assert saved.notes == demand.notes
    assert "SES was picked" in walked[1]["forecast"].out
    table = pd.read_csv(output(walked[0]) / "forecast.csv", dtype={"sku": str})
    assert table["sku"].unique().tolist() == ["001", "002", "003"]
    np.testing.assert_allclose(table["mean"], demand.mean.reshape(-1))


def test_the_saved_model_forecasts_the_same(walked, panel):
    model = c2m.load_model(output(walked[0]) / "model")
    np.testing.assert_array_equal(
        model.predict(4).mean, c2m.Demand.load(output(walked[0]) / "demand").mean
    )


def test_the_plan_is_that_of_the_library(walked):
    folder = walked[0]
    demand = c2m.Demand.load(output(folder) / "demand")
    stock = pd.read_csv(folder / "stock.csv", dtype={"sku": str})
    factory = c2m.Factory.from_toml(folder / "factory.toml")
    plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=20)
    assert c2m.Plan.load(output(folder) / "plan") == plan
    assert f"Expected profit:    {plan.expected_profit:,.0f} EUR" in walked[1]["plan"].out


def test_the_backtest_can_be_read_back(walked, panel):
    found = load_backtest(read_config(walked[0] / "c2m.toml"))
    trials = c2m.select_model(panel, 4, candidates=["SES"]).backtest
    own, other = (each.leaderboard().drop(columns=["seconds", "wins"]) for each in (found, trials))
    pd.testing.assert_frame_equal(own, other)
    assert found.note == trials.note
    board = pd.read_csv(output(walked[0]) / "leaderboard.csv", index_col="model")
    assert sorted(board.index) == ["MovingAverage", "SES", "SeasonalNaive"]


def test_the_report_shows_the_backtest(walked):
    page = (output(walked[0]) / "report.html").read_text("utf-8")
    assert "SeasonalNaive" in page


@pytest.mark.usefixtures("no_book")
def test_a_week_later_the_plan_is_changed_and_the_old_one_kept(new_project):
    history(36).to_csv(new_project / "history.csv", index=False)
    for verb in ("panel", "forecast", "plan"):
        assert run_in(new_project, verb, "--quiet").code == 0
    old = c2m.Plan.load(output(new_project) / "plan")
    history(37).to_csv(new_project / "history.csv", index=False)
    for verb in ("panel", "forecast"):
        assert run_in(new_project, verb, "--quiet").code == 0
    late = run_in(new_project, "report")
    assert late.code == 2
    assert "Run again: c2m plan or c2m replan" in late.err
    frozen = ("--set", "replan.frozen_periods=1")
    ran = run_in(new_project, "replan", "--set", "replan.change_cost=5", *frozen)
    assert ran.code == 0
    new = c2m.Plan.load(output(new_project) / "plan")
    assert new.periods[0] == old.periods[1]
    assert c2m.Plan.load(output(new_project) / "previous-plan") == old
    changed = len(run_changes(old, new))
    assert changed
    assert f"Changed:            {changed} run" in ran.out
    assert "any gain" not in ran.out
    assert "previous-plan" in ran.last
    before = output(new_project) / "previous-plan"
    again = run_in(new_project, "replan", "--old", before, *frozen)
    assert again.code == 0
    assert "(replan.change_cost is 0: any gain moves a run)" in again.out
    assert c2m.Plan.load(before) == old


def test_a_report_of_an_older_forecast_is_refused(project):
    history(39).to_csv(project / "history.csv", index=False)
    assert run_in(project, "panel", "--quiet").code == 0
    ran = run_in(project, "report")
    assert ran.code == 2
    assert "from data up to 2026-10-05, the panel holds data up to 2026-09-28" in ran.err


@pytest.mark.parametrize(
    ("verb", "missing", "first"),
    [
        ("forecast", "panel", "panel"),
        ("backtest", "panel", "panel"),
        ("plan", "forecast", "forecast"),
        ("replan", "plan", "plan"),
        ("rehearse", "panel", "panel"),
        ("report", "plan", "plan"),
        ("serve", "model", "forecast"),
    ],
)
def test_a_command_that_comes_too_early_names_the_one_before(new_project, verb, missing, first):
    ran = run_in(new_project, verb)
    assert (ran.code, ran.out) == (2, "")
    assert f"Expected a saved {missing} in" in ran.err
    assert ran.err.endswith(f"Run first: c2m {first}\n")


def test_a_plan_that_no_factory_could_make_exits_with_3(project):
    runs = "sku,line,period,quantity\n001,SEW,2026-10-12,900\n"
    (project / "firm.csv").write_text(runs, "utf-8")
    ran = run_in(project, "replan", "--quiet", "--set", "files.firm=firm.csv")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("c2m: No plan fits the limits:\n  - firm runs: SEW, 2026-10-12: ")
    assert "Cheapest relief: 500" in ran.err
    assert names(project) == sorted({name for written in WROTE.values() for name in written})


@pytest.mark.usefixtures("no_book")
def test_quiet_leaves_the_last_line_only(project):
    ran = run_in(project, "plan", "--quiet")
    assert ran.err == ""
    assert ran.out == f"{ran.last}\n"
    assert ran.last.startswith("Wrote ")


def test_progress_names_the_steps(walked):
    steps = [line for line in walked[1]["forecast"].err.splitlines() if line.startswith("[")]
    assert [line.split("]")[0] for line in steps] == ["[1/4", "[2/4", "[3/4", "[4/4"]


@pytest.mark.usefixtures("no_book")
def test_the_log_file_has_steps_results_and_errors(project):
    log = project / "logs" / "c2m.log"
    ran = run_in(project, "plan", "--log-file", log, "--quiet")
    assert run_in(project, "plan", "--log-file", log, "--set", "plan.seed=-1").code == 2
    lines = log.read_text("utf-8").splitlines()
    assert any("INFO c2m.cli: Planning the runs" in line for line in lines)
    assert any(line.endswith(ran.last) for line in lines)
    assert any("ERROR c2m.cli: exit 2: " in line for line in lines[-3:])
    assert lines[0][:4].isdigit()


@pytest.mark.usefixtures("no_book")
def test_a_note_is_in_the_log_too(project):
    stock = pd.DataFrame({"sku": ["001", "002"], "on_hand": [1, 2]})
    stock.to_csv(project / "stock.csv", index=False)
    ran = run_in(project, "plan", "--log-file", "c2m.log")
    assert "note: 1 of 3 SKUs is not in `stock`" in ran.err
    assert "WARNING c2m.cli: 1 of 3 SKUs is not in `stock`" in (project / "c2m.log").read_text()


def test_a_bug_is_kept_in_the_log_with_its_place(project, monkeypatch):
    def broken(path):
        raise RuntimeError("this is a bug")

    monkeypatch.setattr(c2m.Demand, "load", broken)
    with pytest.raises(RuntimeError, match="this is a bug"):
        run_in(project, "plan", "--log-file", "c2m.log")
    text = (project / "c2m.log").read_text("utf-8")
    assert "Traceback" in text
    assert "RuntimeError: this is a bug" in text


def test_what_stops_halfway_leaves_the_files_as_they_were(project, monkeypatch):
    before = {path: path.read_bytes() for path in output(project).rglob("*") if path.is_file()}

    def full(frame, path, **how):
        path.write_text("sku,per", "utf-8")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    ran = run_in(project, "backtest")
    assert (ran.code, ran.out) == (2, "")
    assert "c2m: No space left on device: " in ran.err
    after = {path: path.read_bytes() for path in output(project).rglob("*") if path.is_file()}
    changed = [path for path in before if before[path] != after.get(path)]
    assert {path.parent.name for path in changed} <= {"backtest"}
    assert set(after) == set(before)


def test_stopping_from_the_keyboard_is_no_traceback(project, monkeypatch):
    def stopped(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(c2m.Panel, "load", stopped)
    ran = run_in(project, "forecast", "--quiet")
    assert (ran.code, ran.out, ran.err) == (130, "", "c2m: stopped\n")


def test_the_output_folder_can_be_another_one(new_project):
    ran = run_in(new_project, "panel", "--out", "elsewhere")
    assert ran.last == f"Wrote {new_project / 'elsewhere' / 'panel'}"


def test_a_project_can_be_run_from_elsewhere(new_project):
    ran = run_in(new_project.parent, "panel", "--config", new_project / "c2m.toml")
    assert ran.last == f"Wrote {output(new_project) / 'panel'}"


def test_what_the_factory_does_not_make_is_left_out_where_that_is_wished(new_project):
    table = history()
    other = table[table["sku"] == "001"].assign(sku="9")
    pd.concat([table, other]).to_csv(new_project / "history.csv", index=False)
    wrong = run_in(new_project, "check")
    assert wrong.code == 2
    assert "1 of 4 SKUs is no product of the factory (first: '9'" in wrong.err
    ran = run_in(new_project, "panel", "--set", "panel.only_made=true")
    assert "note: 1 of 4 SKUs is not made by the factory and left out" in ran.err
    assert c2m.Panel.load(output(new_project) / "panel").skus == ["001", "002", "003"]
    nothing = FACTORY.replace('"00', '"X')
    (new_project / "factory.toml").write_text(nothing, "utf-8")
    ran = run_in(new_project, "panel", "--set", "panel.only_made=true")
    assert "None of the 4 SKUs (first '001') is made by the factory" in ran.err


def test_check_lists_what_is_wrong_in_every_file(new_project):
    (new_project / "factory.toml").write_text(FACTORY.replace("400.0", "-4.0"), "utf-8")
    table = history()
    table.loc[3, "sales"] = -1
    table.to_csv(new_project / "history.csv", index=False)
    (new_project / "on_order.csv").write_text("sku,ordered\n001,3\n", "utf-8")
    sets = ("--set", "files.on_order=on_order.csv", "--set", "files.firm=nowhere.csv")
    ran = run_in(new_project, "check", *sets)
    assert (ran.code, ran.out) == (2, "")
    for word in ("'capacity'", "'sales' below 0", "nowhere.csv"):
        assert word in ran.err


def test_check_compares_the_tables_with_each_other(new_project):
    (new_project / "factory.toml").write_text(FACTORY.replace('"W"', '"D"'), "utf-8")
    (new_project / "stock.csv").write_text("sku,on_hand\n001,-3\n", "utf-8")
    (new_project / "on_order.csv").write_text("sku,ordered\n001,3\n", "utf-8")
    (new_project / "future.csv").write_text("sku,period,price\n9,2026-10-12,3\n", "utf-8")
    changes = [
        "files.on_order=on_order.csv",
        "files.future=future.csv",
        "report.describe=['style']",
        "backtest.models=['SAS']",
    ]
    sets = [part for change in changes for part in ("--set", change)]
    ran = run_in(new_project, "check", *sets)
    assert ran.code == 2
    for word in (
        "the panel's freq is 'W', the factory's is 'D'",
        "'on_hand' below 0",
        "no column 'received'",
        "names a series that the panel does not have",
        "report.describe has 'style'",
        "backtest.models has 'SAS' (did you mean 'SES'?)",
    ):
        assert word in ran.err


def test_check_of_a_project_counts_its_notes(new_project):
    (new_project / "stock.csv").write_text("sku,on_hand\n001,3\n", "utf-8")
    ran = run_in(new_project, "check", "--quiet")
    assert ran.code == 0
    assert ran.out == "No errors, 1 note in c2m.toml\n"
    assert ran.err.startswith("note: 2 of 3 SKUs are not in `stock`")


def test_the_factory_can_lend_its_periods(new_project):
    (new_project / "factory.toml").write_text(FACTORY.replace('"W"', '"MS"'), "utf-8")
    table = history().assign(period=lambda one: one["period"].str[:7] + "-01")
    table = table.groupby(["sku", "period"], as_index=False)["sales"].sum()
    table.to_csv(new_project / "history.csv", index=False)
    ran = run_in(new_project, "panel", "--set", "panel.freq=factory")
    assert "MS periods" in ran.out


def events(folder, **columns):
    table = history(8)
    bought = pd.DataFrame(
        {
            "at": pd.to_datetime(table["period"]) + pd.Timedelta(hours=9),
            "what": "buy",
            "article": table["sku"],
            "quantity": table["sales"].astype(float),
        }
    )
    seen = bought.assign(what="scroll", quantity=1.0)
    pd.concat([bought, seen]).to_parquet(folder / "events.parquet")
    (folder / "c2m.toml").write_text(
        '[files]\nevents = "*.parquet"\nfactory = "factory.toml"\nproducts = "products.csv"\n'
        '[events]\ntime_zone = "UTC"\nevent_types = { buy = "purchase", scroll = "" }\n'
        'columns = { event_time = "at", event_type = "what", sku = "article" }\n'
        "[panel]\ncomplete = true\npartial_period = 'keep'\n",
        "utf-8",
    )
    (folder / "products.csv").write_text("sku,style\n001,07\n002,07\n003,08\n", "utf-8")


def test_events_are_counted_as_the_settings_say(new_project):
    events(new_project)
    ran = run_in(new_project, "panel")
    assert ran.code == 0, ran.err
    panel = c2m.Panel.load(output(new_project) / "panel")
    sold = history(8).pivot(index="sku", columns="period", values="sales")
    np.testing.assert_array_equal(panel["sales"], sold)
    assert panel.attributes["style"].tolist() == ["07", "07", "08"]
    ran = run_in(new_project, "panel", "--set", "panel.span=[2026-01-05, 2026-02-01]")
    assert "x 4 W periods, 2026-01-05 to 2026-01-26" in ran.out
    ran = run_in(new_project, "panel", "--set", "panel.span=[2026-01-05]")
    assert (ran.code, "Expected two days in panel.span" in ran.err) == (2, True)


def test_the_past_comes_from_one_place(new_project):
    both = run_in(new_project, "panel", "--set", "files.events=events.parquet")
    (new_project / "c2m.toml").write_text("", "utf-8")
    neither = run_in(new_project, "panel")
    expected = "c2m: Expected files.events or files.history to be set, got"
    assert (both.code, neither.code) == (2, 2)
    assert both.err.splitlines()[-1].startswith(f"{expected} both.")
    assert neither.err.splitlines()[-1].startswith(f"{expected} neither. Below [files] in the")


def test_a_damaged_backtest_says_how_to_make_it_again(project):
    c2m.storage.write_folder(output(project) / "backtest", "backtest", c2m.storage.Folder({}))
    ran = run_in(project, "report")
    assert ran.code == 2
    assert "run c2m backtest again" in ran.err
