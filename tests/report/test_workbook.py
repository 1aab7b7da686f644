import datetime
import re
import sys
import zipfile
from dataclasses import replace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import c2m
from c2m.report import sheets, write_workbook
from c2m.report.files import whole_file
from c2m.report.outlook import bound_sentence


def read(path):
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def table(rows, first):
    """Return the rows below the header that starts with `first`, as dicts."""
    head = next(number for number, row in enumerate(rows) if row[0] == first)
    names = [name for name in rows[head] if name]
    return [dict(zip(names, row, strict=False)) for row in rows[head + 1 :]]


@pytest.fixture(scope="module")
def path(case, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    return write_workbook(path, case.plan, case.demand, describe=["style"])


@pytest.fixture(scope="module")
def book(path):
    return read(path)


def test_the_sheets_stand_in_the_order_of_their_use(book):
    assert list(book) == ["Plan", "By SKU", "Load", "Forecast", "Why", "Inputs"]


def test_codes_keep_their_zeros_and_never_become_dates_numbers_or_formulas(book, case):
    for sheet in ("Plan", "By SKU", "Forecast", "Why"):
        rows = table(book[sheet], "Run" if sheet == "Plan" else "SKU")
        wanted = set(case.plan.runs["sku"]) if sheet == "Plan" else set(case.plan.skus)
        assert {row["SKU"] for row in rows} == wanted
    inputs = {cell for row in book["Inputs"] for cell in row if isinstance(cell, str)}
    assert set(case.plan.skus) <= inputs


def test_every_run_is_on_the_plan_sheet(book, case):
    rows = table(book["Plan"], "Run")
    runs = case.plan.runs
    assert [row["Run"] for row in rows] == runs["run"].tolist()
    assert [row["Units"] for row in rows] == runs["quantity"].tolist()
    assert [row["Make in week of"] for row in rows] == [day.date() for day in runs["period"]]
    assert [row["To sell from"] for row in rows] == [day.date() for day in runs["available"]]
    assert rows[0]["Product"].startswith("style <")
    days = {"Order by": "order_by", "Ex factory": "ex_factory", "In warehouse": "in_warehouse"}
    for title, column in days.items():
        assert [row[title] for row in rows] == [day.date() for day in runs[column]]


def test_the_plan_sheet_begins_with_what_it_is(book, case):
    lines = [row[0] for row in book["Plan"][:4]]
    assert lines[0] == "Production plan"
    assert "4 weeks from 23 November 2026" in lines[1]
    assert "Every row is a run." in lines[2]
    assert lines[3] == bound_sentence(case.plan)


def test_totals_are_formulas_with_the_right_value(path, book, case):
    units = int(case.plan.runs["quantity"].sum())
    above = book["Plan"][5]
    assert units in above
    rows = table(book["By SKU"], "SKU")
    assert sum(row["Made"] for row in rows) == units
    assert sum(row["2026-11-23"] or 0 for row in rows) == _made_first(case)
    with zipfile.ZipFile(path) as archive:
        plan = archive.read("xl/worksheets/sheet1.xml").decode()
        skus = archive.read("xl/worksheets/sheet2.xml").decode()
    assert plan.count("<f>SUBTOTAL(109") == 1
    assert skus.count("<f>SUM(") == len(case.plan.skus)


def _made_first(case):
    runs = case.plan.runs
    return runs.loc[runs["period"] == case.plan.periods[0], "quantity"].sum()


def test_the_load_sheet_is_the_load(book, case):
    rows = table(book["Load"], "Line")
    load = case.plan.line_load
    for name, column in (("Used", "used"), ("Overtime", "overtime")):
        assert sum(row[name] for row in rows) == pytest.approx(load[column].sum())
    free = [row["Regular capacity"] - row["Used"] for row in rows]
    assert [row["Free"] for row in rows] == pytest.approx(free)
    assert all(isinstance(row["Week of"], datetime.date) for row in rows)


def test_the_forecast_sheet_is_the_forecast(book, case):
    rows = table(book["Forecast"], "SKU")
    assert len(rows) == case.demand.n_series * case.demand.horizon
    total = sum(row["Expected units"] for row in rows)
    assert total == pytest.approx(case.demand.mean.sum())
    assert all(row["10% chance of less"] <= row["90% chance of less"] for row in rows)


def test_every_run_has_its_reason(book, case):
    rows = table(book["Why"], "SKU")
    assert sorted(row["Run"] for row in rows) == sorted(case.plan.reasons["run"])
    for row in rows:
        sentence = row["Why"].split(".")[0]
        assert sentence[1:] in case.plan.explain(row["SKU"], each_run=True)
        if row["Run"]:
            run = case.plan.runs.set_index("run").loc[row["Run"]]
            assert f"{run['quantity']:,} on {run['line']}" in sentence


def test_the_inputs_are_all_there(book, case):
    firsts = [row[0] for row in book["Inputs"]]
    for name, frame in case.plan.inputs.items():
        if len(frame):
            assert name in firsts
            assert any(str(cell).startswith(f"{name}: {len(frame)} row") for cell in firsts)


def test_headers_are_frozen_and_filtered(path):
    with zipfile.ZipFile(path) as archive:
        for number in range(1, 6):
            sheet = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert 'state="frozen"' in sheet
            assert "<autoFilter " in sheet


def test_overtime_and_shortfalls_are_marked(path):
    with zipfile.ZipFile(path) as archive:
        load = archive.read("xl/worksheets/sheet3.xml").decode()
    assert len(re.findall('<cfRule type="cellIs"', load)) == 2


def test_the_sheet_of_reasons_says_what_a_negative_unit_means(path):
    heads = [str(value) for row in read(path)["Why"] for value in row]
    assert (
        "One more unit earns, EUR (below 0: it would lose, as after rounding up to a lot)" in heads
    )


def test_the_plan_delegates_to_the_workbook(case, tmp_path):
    case.plan.to_excel(tmp_path / "plan.xlsx", case.demand)
    assert next(iter(read(tmp_path / "plan.xlsx"))) == "Plan"


def test_without_a_forecast_the_plans_own_expectation_is_shown(case, tmp_path):
    rows = table(read(write_workbook(tmp_path / "plan.xlsx", case.plan))["Forecast"], "SKU")
    total = sum(row["Expected units"] for row in rows)
    assert total == pytest.approx(case.plan.outlook["demand"].sum())


def test_a_plan_from_outside_can_be_written(outside, tmp_path):
    book = read(write_workbook(tmp_path / "plan.xlsx", outside))
    assert len(table(book["Plan"], "Run")) == len(outside)
    assert book["Forecast"] == [["The plan came without a forecast."]]
    assert book["Why"] == [["The plan came without reasons."]]


def test_the_same_plan_gives_the_same_bytes(case, path, tmp_path):
    again = write_workbook(tmp_path / "again.xlsx", case.plan, case.demand, describe=["style"])
    assert again.read_bytes() == path.read_bytes()


def test_more_rows_than_a_sheet_has_are_refused(case, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 20)
    with pytest.raises(c2m.ArgumentError, match=r"would need .* rows; Excel has 20"):
        write_workbook(tmp_path / "plan.xlsx", case.plan, case.demand)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"old")
    draft = whole_file(path, ".xlsx")
    draft.__enter__().write_bytes(b"half")
    assert not draft.__exit__(RuntimeError, RuntimeError(), None)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "plan.xlsx").mkdir()
    with (
        pytest.raises(c2m.ArgumentError, match="is a folder"),
        whole_file(tmp_path / "plan.xlsx", ".xlsx"),
    ):
        pass


def test_without_xlsxwriter_the_error_says_what_to_install(case, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(c2m.MissingEngineError, match=r'pip install "c2m\[report\]"'):
        write_workbook(tmp_path / "plan.xlsx", case.plan)


def test_materials_modes_and_budgets_have_columns_and_sheets_of_their_own(case, tmp_path):
    runs, period = case.plan.runs, case.plan.periods[0]
    cloth = {"material": ["CLOTH"], "unit": ["m"], "period": [period], "used": [6.0],
             "ordered": [8.0], "order_by": [period], "cost": [16.0], "left": [2.0]}  # fmt: skip
    money = {"name": ["TEES"], "kind": ["budget"], "first": [period], "last": [period],
             "amount": [90.0], "used": [89.0], "unit": ["EUR"], "price": [1.5],
             "sku": [case.plan.skus[0]]}  # fmt: skip
    tables = {
        **case.plan.tables,
        "runs": runs.assign(mode="sea", firm=True),
        "materials": pd.DataFrame(cloth),
        "allowances": pd.DataFrame(money),
    }
    book = read(write_workbook(tmp_path / "plan.xlsx", replace(case.plan, tables=tables)))
    row = table(book["Plan"], "Run")[0]
    assert (row["By"], row["Firm"]) == ("sea", "True")
    assert "Materials, Shared" in book["Plan"][2][0]
    (order,) = table(book["Materials"], "Material")
    assert (order["To order"], order["Order by"]) == (8.0, period.date())
    (shared,) = table(book["Shared"], "What is shared")
    assert (shared["There is"], shared["Used"]) == (90.0, 89.0)
