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
from c2m.report.buy_sheet import size_order
from c2m.report.files import whole_file
from c2m.report.money import cost_frame
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
    assert list(book) == [
        *("Summary", "Plan", "Exceptions", "By SKU", "Stock", "Load", "Forecast", "Why"),
        *("c2m", "Overrides", "Demand overrides", "Inputs"),
    ]


def part(path, sheet):
    """Return the XML of a sheet."""
    with zipfile.ZipFile(path) as archive:
        names = re.findall('<sheet name="([^"]+)"', archive.read("xl/workbook.xml").decode())
        return archive.read(f"xl/worksheets/sheet{names.index(sheet) + 1}.xml").decode()


def test_codes_keep_their_zeros_and_never_become_dates_numbers_or_formulas(book, case):
    for sheet in ("Plan", "By SKU", "Stock", "Forecast", "Why"):
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


def test_the_summary_says_what_the_plan_is_and_what_to_do_now(book, case):
    rows = book["Summary"]
    firsts = [row[0] for row in rows]
    assert firsts[0] == "Production plan"
    assert "4 weeks from 23 November 2026" in firsts[1]
    assert firsts[2] == bound_sentence(case.plan)
    assert any("the forecast has no attributes style, colour and size" in row for row in firsts[9:])
    now = case.plan.runs[case.plan.runs["period"] == case.plan.periods[0]]
    start = firsts.index("To do this week")
    tasks = [row for row in rows[start + 2 :] if row[0] == "Start run"]
    assert sorted((row[1], row[3], row[5]) for row in tasks) == sorted(
        now[["sku", "quantity", "line"]].itertuples(index=False, name=None)
    )


def test_the_money_of_the_summary_adds_up_to_the_profit(book, path, case):
    rows = {row[0]: row[1] for row in book["Summary"] if isinstance(row[1], float)}
    assert rows["Revenue"] == pytest.approx(case.plan.costs["revenue"])
    assert rows["Production (unit cost)"] == pytest.approx(-case.plan.costs["production"])
    assert rows["Expected profit"] == pytest.approx(case.plan.expected_profit)
    kinds = [row["kind"] for row in cost_frame(case.plan).to_dict("records") if row["summed"]]
    signed = cost_frame(case.plan).set_index("kind").loc[kinds, "value"].sum()
    assert signed == pytest.approx(case.plan.expected_profit)
    assert re.search("<f>SUM\\(B[0-9]+:B[0-9]+\\)</f>", part(path, "Summary"))


def test_the_summary_links_every_sheet_that_people_read(book):
    named = {row[0] for row in book["Summary"]}
    assert {name for name in book if name not in {"Summary", "c2m"}} <= named


def test_totals_are_formulas_with_the_right_value(path, book, case):
    units = int(case.plan.runs["quantity"].sum())
    above = next(row for row in book["Plan"] if "Units of the rows shown" in row)
    assert units in above
    rows = table(book["By SKU"], "SKU")
    assert sum(row["Made"] for row in rows) == units
    assert part(path, "Plan").count("<f>SUBTOTAL(109") == 1
    assert part(path, "By SKU").count("<f>SUBTOTAL(109") >= 5


def test_the_stock_of_every_sku_and_week_is_there(book, case):
    rows = table(book["Stock"], "SKU")
    outlook = case.plan.outlook
    names = {"Arriving": "arrivals", "Wanted": "demand", "Lost": "lost"}
    names |= {"Stock at the end": "stock", "Chance to run out": "stockout"}
    for title, name in names.items():
        own = [list(row.values())[3:7] for row in rows if row["What"] == title]
        assert own == pytest.approx(outlook[name])
    made = [list(row.values())[3:7] for row in rows if row["What"] == "Made"]
    assert [sum(column) for column in zip(*made, strict=True)] == [
        case.plan.runs.loc[case.plan.runs["period"] == day, "quantity"].sum()
        for day in case.plan.periods
    ]


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
    assert len(rows) == 4 * case.demand.n_series
    expected = [list(row.values())[2:6] for row in rows if row["What"] == "Expected"]
    assert expected == pytest.approx(case.demand.mean)
    low, high = (
        [list(row.values())[2:6] for row in rows if row["What"] == f"{level}% chance of less"]
        for level in (10, 90)
    )
    assert low == case.demand.quantiles([0.1])[..., 0].tolist()
    assert high == case.demand.quantiles([0.9])[..., 0].tolist()


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


@pytest.mark.parametrize("name", ["Plan", "Exceptions", "By SKU", "Stock", "Load", "Forecast"])
def test_headers_are_frozen_and_filtered_and_the_table_alone_is_printed(path, name):
    sheet = part(path, name)
    assert 'state="frozen"' in sheet
    assert "<autoFilter " in sheet
    with zipfile.ZipFile(path) as archive:
        areas = re.findall(
            "_xlnm.Print_Area[^>]*>([^<]*)<", archive.read("xl/workbook.xml").decode()
        )
    assert any(area.strip("'").startswith(name) for area in areas)


def test_all_cells_are_locked_but_those_for_a_person(path, book):
    for name in book:
        assert "<sheetProtection " in part(path, name)
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
    formats = re.findall("<xf [^>]*/>|<xf .*?</xf>", styles[styles.index("<cellXfs") :], re.DOTALL)
    free = {number for number, how in enumerate(formats) if 'locked="0"' in how}
    assert free
    used = {
        name: {
            int(style) for style in re.findall('<c r="[A-Z]+[0-9]+" s="([0-9]+)"', part(path, name))
        }
        for name in book
    }
    assert {name for name in book if used[name] & free} == {
        *("Summary", "Plan", "Overrides", "Demand overrides"),
    }


def test_overtime_and_shortfalls_are_marked(path):
    assert len(re.findall('<cfRule type="cellIs"', part(path, "Load"))) == 2


def test_the_sheet_of_reasons_says_what_a_negative_unit_means(path):
    heads = [str(value) for row in read(path)["Why"] for value in row]
    assert "One more unit earns, EUR" in heads
    assert "below 0 it would lose, as after rounding up to a lot" in heads[0]


def test_the_plan_delegates_to_the_workbook(case, tmp_path):
    case.plan.to_excel(tmp_path / "plan.xlsx", case.demand)
    assert next(iter(read(tmp_path / "plan.xlsx"))) == "Summary"


def test_without_a_forecast_the_plans_own_expectation_is_shown(case, tmp_path):
    rows = table(read(write_workbook(tmp_path / "plan.xlsx", case.plan))["Forecast"], "SKU")
    total = sum(row["Total"] for row in rows)
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
    assert (row["By"], row["Firm"]) == ("sea", "yes")
    assert {"Materials", "Shared"} <= {row[0] for row in book["Summary"]}
    task = next(row for row in book["Summary"] if row[0] == "Order material")
    assert task[1:5] == ["CLOTH", period.date(), 8.0, "m"]
    full = next(row for row in table(book["Exceptions"], "Kind") if row["Kind"] == "Used up")
    assert "TEES: 89 of 90 EUR are used" in full["What"]
    (order,) = table(book["Materials"], "Material")
    assert (order["To order"], order["Order by"]) == (8.0, period.date())
    (shared,) = table(book["Shared"], "What is shared")
    assert (shared["There is"], shared["Used"]) == (90.0, 89.0)


SIZES = pd.DataFrame(
    {
        "style": ["T", "T", "T", "H", "H", "H"],
        "colour": ["007", "007", "RED", "RED", "RED", "RED"],
        "size": ["3-4", "10", "3-4", "S", "XL", "M"],
    }
)


def test_the_buy_sheet_has_style_and_colour_down_and_sizes_across(case, tmp_path):
    demand = replace(case.demand, attributes=SIZES)
    rows = read(write_workbook(tmp_path / "plan.xlsx", case.plan, demand))["Buy sheet"]
    assert rows[2][:2] == ["Style", "Colour"]
    assert rows[2][5:12] == ["3-4", "10", "S", "M", "XL", "Total", "Cost, EUR"]
    whole = table(rows, "Style")[:3]
    assert [(row["Style"], row["Colour"]) for row in whole] == [
        ("H", "RED"),
        ("T", "007"),
        ("T", "RED"),
    ]
    own = SIZES.assign(sku=demand.skus).merge(case.plan.runs, on="sku")
    tall = own[(own["style"] == "H") & (own["size"] == "XL")]["quantity"].sum()
    assert (rows[3][0], rows[3][5], rows[3][9]) == ("H", "", tall)
    total = next(row for row in rows if row[0] == "Total")
    assert total[10] == case.plan.runs["quantity"].sum()
    assert total[11] == pytest.approx(3.0 * case.plan.runs["quantity"].sum())
    parts = [row for row in rows[rows.index(total) + 1 :] if row[0] in {"H", "T"}]
    assert sum(row[10] for row in parts) == case.plan.runs["quantity"].sum()


def test_the_buy_sheet_can_be_made_of_other_attributes(case, tmp_path):
    demand = replace(case.demand, attributes=SIZES)
    path = write_workbook(tmp_path / "p.xlsx", case.plan, demand, buy_by=["colour", "style"])
    assert read(path)["Buy sheet"][2][:5] == ["Colour", "", "", "", "H"]
    with pytest.raises(c2m.ArgumentError, match=r"no attribute 'stile' .did you mean 'style'"):
        write_workbook(tmp_path / "p.xlsx", case.plan, case.demand, buy_by=["style", "stile"])
    with pytest.raises(c2m.ArgumentError, match="at least two attributes, sizes last"):
        write_workbook(tmp_path / "p.xlsx", case.plan, case.demand, buy_by="style")


def test_sizes_stand_in_the_order_in_which_people_read_them():
    sizes = ["XL", "44", "M", "XXS", "38", "one size", "3XL", "36.5"]
    assert size_order(sizes) == ["36.5", "38", "44", "XXS", "M", "XL", "3XL", "one size"]


def test_what_changed_since_the_last_plan_is_a_sheet_of_its_own(case, tmp_path):
    runs = case.plan.runs
    less = runs.iloc[1:].assign(quantity=[runs["quantity"].iloc[1] + 7, *runs["quantity"].iloc[2:]])
    costs = {**case.plan.costs, "revenue": case.plan.costs["revenue"] - 10.0}
    tables = {"runs": less, "load": case.plan.line_load}
    now = replace(case.plan, tables=tables, costs=costs)
    book = read(write_workbook(tmp_path / "plan.xlsx", now, since=case.plan))
    first, second = runs.iloc[0], runs.iloc[1]
    rows = {row["SKU"]: row for row in table(book["Changes"], "SKU")}
    assert set(rows) == {first["sku"], second["sku"]}
    assert (rows[first["sku"]]["Before"], rows[first["sku"]]["After"]) == (first["quantity"], 0)
    assert rows[second["sku"]]["Difference"] == 7
    money = next(row for row in book["Changes"] if row[0] == "Revenue")
    assert money[3:6] == pytest.approx([costs["revenue"] + 10, costs["revenue"], -10.0])
    assert "Changes" not in read(write_workbook(tmp_path / "first.xlsx", case.plan))


def test_a_plan_of_other_periods_is_no_last_plan(case, tmp_path):
    frame = case.plan.runs[["sku", "line", "period", "quantity"]].assign(period="2026-11-23")
    frame = frame.drop_duplicates(["sku", "line"])
    days = c2m.Plan.from_frame(frame, freq="D", lead_time_periods=0)
    with pytest.raises(c2m.ArgumentError, match="an earlier plan in the same periods"):
        write_workbook(tmp_path / "plan.xlsx", case.plan, since=days)


def test_the_summary_begins_with_the_orders_to_chase(case, tmp_path):
    orders = pd.DataFrame(
        {
            "sku": [case.plan.skus[0], "not planned"],
            "ordered": [50.0, 8.0],
            "received": [20.0, 0.0],
            "open": [30.0, 8.0],
            "due": pd.to_datetime(["2026-11-02", "2026-11-02"]),
        }
    )
    plan = replace(case.plan, inputs={**case.plan.inputs, "on_order": orders})
    rows = read(write_workbook(tmp_path / "plan.xlsx", plan))["Summary"]
    tasks = rows[[row[0] for row in rows].index("To do this week") + 2 :]
    assert tasks[0][:4] == ["Chase order", plan.skus[0], datetime.date(2026, 11, 2), 30.0]
    assert tasks[1][0] == "Start run"
