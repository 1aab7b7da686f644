"""What a person is told who has never seen the library: files, rows, settings, and all of it."""

import pandas as pd
import pytest

import c2m
from c2m.cli.wording import in_settings
from tests.cli.conftest import history, run_in


def run_with(project, verb, *changes):
    """Run a command with settings of the command line."""
    return run_in(project, verb, "--quiet", *(part for one in changes for part in ("--set", one)))


def test_a_wrong_cell_is_named_by_its_file_and_its_row(new_project):
    lines = history().to_csv(index=False).splitlines()
    lines[4:4] = ["", ",,"]
    lines[8] = lines[8].rpartition(",")[0] + ",many"
    (new_project / "history.csv").write_text("\n".join(lines), "utf-8")
    ran = run_with(new_project, "panel")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("c2m: `history.csv` has 1 problem:\n")
    assert "no number in 'sales' (first: row 9, 'many')" in ran.err


def test_a_row_of_a_workbook_is_counted_as_the_workbook_does(new_project):
    table = history().astype({"sales": "object"})
    table.loc[5, "sales"] = "many"
    table.to_excel(new_project / "history.xlsx", index=False, engine="xlsxwriter")
    table.astype(str).to_parquet(new_project / "history.parquet")
    book = run_with(new_project, "panel", "files.history=history.xlsx")
    assert "`history.xlsx` has 1 problem" in book.err
    assert "(first: row 7, 'many')" in book.err
    plain = run_with(new_project, "panel", "files.history=history.parquet")
    assert "(first: row 6, 'many')" in plain.err


def test_missing_columns_are_all_named_with_the_settings_that_name_them(new_project):
    table = history().rename(columns={"sku": "article", "sales": "sold"})
    table.to_csv(new_project / "history.csv", index=False)
    ran = run_with(new_project, "panel")
    assert "no column 'sku'" in ran.err
    assert "no column 'sales'" in ran.err
    assert "set history.sku, history.period or history.target to its name" in ran.err
    named = run_with(new_project, "panel", "history.sku=article", "history.target=sold")
    assert named.code == 0


def test_a_message_says_which_setting_to_set(new_project):
    history().drop(index=7).to_csv(new_project / "history.csv", index=False)
    ran = run_with(new_project, "panel")
    assert "Fix: set history.gaps = 'zero' if" in ran.err
    assert run_with(new_project, "panel", "history.gaps=zero").code == 0


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("pass freq='W-WED' if", "set panel.freq = 'W-WED' if"),
        ("plan with fill_rate=0.925, or", "plan with plan.fill_rate = 0.925, or"),
        ("or pass complete=True.", "or set panel.complete = true."),
        ("pass columns={'sku': 'a'}", "set events.columns = {'sku' = 'a'}"),
        ("Pass on_order= to say", "Set files.on_order to say"),
        ("pass key= or stock='x'", "pass key= or stock='x'"),
        ("pass at least one row", "fill in at least one row"),
    ],
)
def test_an_argument_becomes_the_setting_that_is_passed_to_it(told, typed):
    assert in_settings(told) == typed


def test_tables_of_a_plan_are_named_by_their_files(project):
    (project / "on_hand.csv").write_text("sku,on_hand\n001,3\n002,-1\n", "utf-8")
    ran = run_with(project, "plan", "files.stock=on_hand.csv")
    assert "`on_hand.csv` has 1 problem:" in ran.err
    assert "'on_hand' below 0 (first: row 3, -1" in ran.err


def test_everything_that_a_plan_misses_is_said_at_once(new_project):
    changes = ("files.factory=mill.xlsx", "files.stock=nowhere.csv", "files.on_order=way.csv")
    for verb in ("plan", "replan"):
        ran = run_with(new_project, verb, *changes)
        assert (ran.code, ran.out) == (2, "")
        for word in ("Run first: c2m ", "mill.xlsx", "nowhere.csv", "way.csv"):
            assert word in ran.err


def test_a_plan_of_skus_that_the_factory_does_not_make_says_what_to_set(project):
    factory = project / "factory.toml"
    factory.write_text(factory.read_text("utf-8").replace('"003"', '"004"'), "utf-8")
    ran = run_with(project, "plan")
    assert ran.code == 2
    assert "`factory.toml` has 2 problems" in ran.err
    assert "set panel.only_made = true, then run c2m panel, forecast and plan" in ran.err
    assert "demand.select" not in ran.err


def test_an_empty_factory_is_to_be_filled_in(new_project):
    c2m.Factory.write_template(new_project / "factory.xlsx")
    for more in (["factory.xlsx"], ["--set", "files.factory=factory.xlsx"]):
        ran = run_in(new_project, "check", "--quiet", *more)
        assert ran.code == 2
        assert "lines: the table has no rows" in ran.err
        assert "Fix: fill in at least one row" in ran.err


def test_a_message_can_be_read_by_who_writes_no_code():
    assert in_settings("correct the forecast, or plan demand.select(skus)") == (
        "correct what the forecast is made from"
    )


@pytest.mark.parametrize("name", ["history.csv", "history.xlsx", "history.parquet"])
def test_an_empty_file_is_called_so(new_project, name):
    (new_project / name).write_bytes(b"")
    ran = run_with(new_project, "check", f"files.history={name}")
    assert f"`{name}` has 1 problem:\n  - the file is empty\nFix: export it again" in ran.err


def test_a_file_of_empty_lines_and_an_empty_sheet_are_called_so(new_project):
    (new_project / "history.csv").write_text("\n\n", "utf-8")
    pd.DataFrame().to_excel(new_project / "stock.xlsx", engine="xlsxwriter")
    ran = run_with(new_project, "check", "files.stock=stock.xlsx")
    assert "`history.csv` has 1 problem:\n  - the file is empty" in ran.err
    assert "`stock.xlsx` has 1 problem:\n  - the file is empty" in ran.err


def test_a_past_that_is_too_short_for_the_horizon_is_told(new_project):
    history(8).to_csv(new_project / "history.csv", index=False)
    ran = run_with(new_project, "check")
    assert ran.out == "No errors, 1 note in c2m.toml\n"
    assert ran.err.startswith("note: The past has 8 weeks, and 4 weeks are to be forecast")
    assert "from 9 weeks on" in ran.err
    history(9).to_csv(new_project / "history.csv", index=False)
    assert run_with(new_project, "check").out == "Nothing is wrong with c2m.toml\n"


@pytest.mark.usefixtures("no_book")
def test_a_panel_without_rows_or_with_one_sku(new_project):
    table = history()
    table.head(0).to_csv(new_project / "history.csv", index=False)
    empty = run_with(new_project, "panel")
    assert empty.code == 2
    assert "Fix: fill in at least one row" in empty.err
    table[table["sku"] == "002"].to_csv(new_project / "history.csv", index=False)
    for verb in ("panel", "forecast", "plan"):
        assert run_with(new_project, verb).code == 0
    plan = c2m.Plan.load(new_project / "c2m-output" / "plan")
    assert set(plan.runs["sku"]) == {"002"}


def test_where_nothing_may_be_written_nothing_is_begun(new_project, monkeypatch):
    monkeypatch.setattr("c2m.cli.saved.os.access", lambda path, how: False)
    ran = run_with(new_project, "panel")
    assert (ran.code, ran.out) == (2, "")
    assert "it may not be written to. Choose another folder with --out" in ran.err
    in_the_way = new_project / "c2m-output"
    in_the_way.rmdir()
    in_the_way.write_text("mine", "utf-8")
    assert f"Expected a folder, got the file {in_the_way}" in run_with(new_project, "panel").err


def test_a_factory_of_other_skus_is_refused(project):
    table = pd.read_csv(project / "history.csv", dtype=str)
    table.assign(sku="A" + table["sku"]).to_csv(project / "history.csv", index=False)
    ran = run_with(project, "check")
    assert ran.code == 2
    assert "`factory.toml` has 1 problem" in ran.err
    assert "3 of 3 SKUs are no product of the factory (first: 'A001'" in ran.err
