"""The figures of page and workbook against sums that are made anew from the plan's inputs."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import c2m
from c2m.report import write_report, write_workbook
from c2m.report.changes_sheet import run_changes
from c2m.report.money import cost_frame
from c2m.report.outlook import key_figures, risk_tables
from c2m.report.products import opening_units, sku_table

COST = {"sea": 0.1, "air": 1.0, "truck": 0.2}
CO2E = {"sea": 0.05, "air": 2.0, "truck": 0.3}


@pytest.fixture(scope="module")
def book(mixed, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_workbook(path, mixed.plan, mixed.demand, describe=["style", "size"])
    sheets = CalamineWorkbook.from_path(str(path))
    return {name: sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names}


@pytest.fixture(scope="module")
def page(mixed, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(path, demand=mixed.demand, plan=mixed.plan, describe=["style", "size"])
    return path.read_text(encoding="utf-8")


def figures(rows):
    """Return the figures of the sheet Summary by what they are called."""
    return {row[0]: row[1] for row in rows if isinstance(row[1], float)}


def test_the_money_of_the_summary_is_that_of_the_runs_and_the_outlook(book, mixed):
    said, runs, outlook = figures(book["Summary"]), mixed.plan.runs, mixed.plan.outlook
    products = mixed.factory.products.set_index("sku").loc[list(mixed.plan.skus)]
    sold = (outlook["demand"] - outlook["lost"]).sum(axis=1)
    making = (runs["quantity"] * runs["sku"].map(products["unit_cost"])).sum()
    cloth = mixed.factory.bill_of_materials.set_index("sku")["quantity"]
    used = (runs["quantity"] * runs["sku"].map(cloth)).sum()
    bought = mixed.plan.materials["ordered"].sum()
    by_hand = {
        "Revenue": (sold * products["price"]).sum(),
        "Value of what is left at the end": outlook["stock"][:, -1].sum() * 1.0,
        "Production (unit cost)": -making,
        "Materials used": -1.2 * used,
        "Materials bought and not used": -1.2 * max(0.0, 50.0 + bought - used),
        "Transport": -(runs["good_quantity"] * runs["mode"].map(COST)).sum(),
        "Holding": -0.02 * outlook["stock"].sum(),
        "Lost-sale penalties": -0.5 * outlook["lost"].sum(),
    }
    for name, value in by_hand.items():
        assert said[name] == pytest.approx(value), name
    costs = {name: said[name] for name in ("Set-ups", "Overtime")} | by_hand
    assert said["Expected profit"] == pytest.approx(sum(costs.values()))
    co2e = (runs["good_quantity"] * runs["mode"].map(CO2E)).sum()
    assert said["CO2e of transport"] == pytest.approx(co2e) != 0


def test_a_cost_of_nothing_has_no_sign(mixed):
    costs = {**mixed.plan.costs, "overtime": 0.0}
    table = cost_frame(replace(mixed.plan, costs=costs)).set_index("kind")
    assert str(table.loc["overtime", "value"]) == "0.0"


def test_units_at_the_start_are_stock_and_orders_also_with_yields_below_one(mixed):
    orders = mixed.on_order
    there = mixed.stock["on_hand"].sum() + (orders["ordered"] - orders["received"]).sum()
    assert opening_units(mixed.plan) == pytest.approx(there)
    outlook = mixed.plan.outlook
    good = mixed.plan.runs["good_quantity"].sum()
    assert good < mixed.plan.runs["quantity"].sum()
    sold = (outlook["demand"] - outlook["lost"]).sum()
    assert there + good == pytest.approx(sold + outlook["stock"][:, -1].sum())


def test_minutes_and_pieces_are_not_added(page, mixed):
    load = mixed.plan.line_load.groupby("unit")[["used", "capacity"]].sum()
    minutes, pieces = (load["used"] / load["capacity"]).loc[["minutes", "pieces"]]
    tile = next(tile for tile in key_figures(mixed.plan, sku_table(mixed.plan))
                if tile.label == "Capacity used")  # fmt: skip
    assert tile.value == f"{minutes:.0%} / {pieces:.0%}"
    assert "of minutes and pieces" in tile.note


def test_the_buy_sheet_adds_up_and_writes_sizes_as_people_do(book, mixed):
    rows = book["Buy sheet"]
    assert rows[2][5:10] == ["8", "10", "10.5", "no size", "Total"]
    total = next(row for row in rows if row[0] == "Total")
    runs = mixed.plan.runs
    size = mixed.demand.attributes["size"].set_axis(mixed.demand.skus)
    own = runs["quantity"].groupby(runs["sku"].map(size), dropna=False).sum()
    assert total[5:9] == own.tolist()
    assert total[9] == runs["quantity"].sum()
    assert "8.0" not in {row[2] for row in book["By SKU"]}


def test_sizes_may_be_called_as_the_sheet_calls_its_columns(mixed, tmp_path):
    names = ["total", "cost", "line", "mode", "period"] * 2
    demand = replace(mixed.demand, attributes=mixed.demand.attributes.assign(size=names))
    write_workbook(tmp_path / "plan.xlsx", mixed.plan, demand)
    book = CalamineWorkbook.from_path(str(tmp_path / "plan.xlsx"))
    rows = book.get_sheet_by_name("Buy sheet").to_python()
    assert rows[2][5:11] == ["cost", "line", "mode", "period", "total", "Total"]
    total = next(row for row in rows if row[0] == "Total")
    units = mixed.plan.runs["quantity"].sum()
    assert sum(total[5:10]) == total[10] == units


def test_codes_are_in_both_to_the_letter(book, page, mixed):
    assert {row[0] for row in book["Stock"][3:]} == set(mixed.plan.skus)
    assert {row[1] for row in book["Plan"] if re.fullmatch(r"R\d+", str(row[0]))} == set(
        mixed.plan.runs["sku"]
    )
    assert not re.findall("<script>alert|<b>S|<i>PACK", page)
    drawn = re.findall(r"<text [^>]*>([^<]*)</text>", page)
    assert 'id="q" url(#z): #1f2933' in drawn
    assert any(text.startswith("LLL") and "…" in text for text in drawn)


def test_stock_that_nobody_wants_lasts_for_an_unknown_time(mixed):
    nothing = {name: cells.copy() for name, cells in mixed.plan.outlook.items()}
    nothing["demand"][-1] = nothing["lost"][-1] = 0.0
    nothing["stock"][-1] = 900.0
    plan = replace(mixed.plan, outlook=nothing)
    left = risk_tables(plan, sku_table(plan), mixed.demand, [])[1]
    row = next(row for row in left.rows if row[0] == mixed.plan.skus[-1])
    assert "–" in row
    assert "nan" not in row


def test_what_changed_since_a_plan_is_told_of_that_plan(mixed, tmp_path):
    runs = mixed.plan.runs
    told = run_changes(
        replace(mixed.plan, tables={"runs": runs.iloc[1:]}), mixed.plan, "a person has set it"
    )
    plan = replace(mixed.plan, tables={**mixed.plan.tables, "changes": told})
    since = replace(mixed.plan, tables={"runs": runs.iloc[2:]})
    write_workbook(tmp_path / "plan.xlsx", plan, since=since)
    book = CalamineWorkbook.from_path(str(tmp_path / "plan.xlsx"))
    rows = book.get_sheet_by_name("Changes").to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "SKU")
    changed = {row[0]: row[-1] for row in rows[head + 1 :]}
    assert changed == {
        runs["sku"].iloc[0]: "a person has set it",
        runs["sku"].iloc[1]: "",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"demand": "no forecast"}, "Expected a forecast .c2m.Demand., got str"),
        ({"plan": "no plan"}, "Expected a plan .c2m.Plan., got str"),
        ({"since": "no plan"}, "Expected a plan .c2m.Plan., got str"),
        ({"demand": None, "describe": ["style"]}, "describe= names attributes of the forecast"),
        ({"describe": "style"}, r"write \['style'\]"),
        ({"describe": ["stile", "farbe"]}, "no attribute 'stile' and no 'farbe' .did you mean"),
    ],
)
def test_a_workbook_of_what_does_not_belong_together_is_refused(mixed, tmp_path, change, message):
    given = {"plan": mixed.plan, "demand": mixed.demand} | change
    with pytest.raises(c2m.ArgumentError, match=message):
        write_workbook(tmp_path / "plan.xlsx", **given)


def test_a_workbook_with_a_forecast_of_other_skus_is_refused(mixed, tmp_path):
    demand = mixed.demand.select([mixed.plan.skus[0]])
    with pytest.raises(c2m.ArgumentError, match="9 SKUs that the forecast does not have"):
        write_workbook(tmp_path / "plan.xlsx", mixed.plan, demand)


def test_a_plan_without_lines_runs_or_skus_has_its_page_and_its_workbook(mixed, tmp_path):
    for skus in (mixed.plan.skus, ()):
        bare = replace(mixed.plan, skus=skus, tables={}, outlook={}, costs={})
        page = write_report(tmp_path / "report.html", demand=mixed.demand, plan=bare)
        assert "Nothing is planned after that." in page.read_text(encoding="utf-8")
        write_workbook(tmp_path / "plan.xlsx", bare, mixed.demand)


def test_a_plan_from_the_first_period_of_a_table_has_a_workbook(tmp_path):
    days = {"start": ["2026-11-23", "2026-12-01"], "end": ["2026-11-30", "2027-01-05"]}
    given = c2m.Plan.from_frame(
        pd.DataFrame({"sku": ["A"], "line": "L", "period": "2026-11-23", "quantity": 4}),
        freq=pd.DataFrame(days),
        lead_time_periods=0,
    )
    write_workbook(tmp_path / "plan.xlsx", given)
    book = CalamineWorkbook.from_path(str(tmp_path / "plan.xlsx"))
    summary = book.get_sheet_by_name("Summary").to_python()
    assert summary[1][0].endswith("made from data up to 22 November 2026.")
