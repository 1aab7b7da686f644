import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import c2m
from c2m.demand import override_demand
from c2m.report import with_overrides, write_workbook
from tests.report.overrides.typed import SOFFICE, read, serial, through_libreoffice, type_into


@dataclass(frozen=True)
class Desk:
    """A workbook on a planner's desk, and what it was written from."""

    path: Path
    plan: c2m.Plan
    demand: c2m.Demand
    factory: c2m.Factory

    def row(self, run):
        """Return the row of the sheet Plan, as a spreadsheet counts, in which a run stands."""
        return next(n for n, row in enumerate(read(self.path)["Plan"], start=1) if row[0] == run)

    def set_cell(self, run):
        rows = read(self.path)["Plan"]
        head = next(row for row in rows if row[0] == "Run")
        return ("Plan", f"{chr(65 + head.index('Set units'))}{self.row(run)}")

    def type(self, tmp_path, cells):
        return type_into(self.path, tmp_path / "typed.xlsx", cells)


@pytest.fixture(scope="module")
def desk(case, tmp_path_factory):
    skus = case.demand.skus
    sizes = pd.DataFrame({"style": ["00T"] * 3 + ["HAT"] * 3, "size": ["3-4", "S", "M"] * 2})
    demand = replace(case.demand, attributes=sizes)
    factory = c2m.Factory.from_frames(
        lines=[
            c2m.Line("SEW", 90.0, "minutes", overtime_limit=30.0, overtime_cost=0.1),
            c2m.Line("PACK", 400.0, "pieces"),
        ],
        products=[c2m.Product(sku, 10.0, 3.0, end_value=2.0) for sku in skus],
        routings=[
            *(c2m.Routing(sku, "SEW", unit_time=2.0, setup_time=5.0) for sku in skus[:4]),
            *(c2m.Routing(sku, "PACK", moq=20, lead_time_periods=1) for sku in skus[2:]),
        ],
        currency="EUR",
    )
    stock = pd.DataFrame({"sku": skus, "on_hand": 5})
    plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=40, method="heuristic")
    path = write_workbook(tmp_path_factory.mktemp("desk") / "plan.xlsx", plan, demand)
    return Desk(path, plan, demand, factory)


def packed(desk):
    """Return a run on the line that has room, and a free period for the same SKU."""
    runs = desk.plan.runs
    run = runs[runs["line"] == "PACK"].iloc[0]
    taken = set(runs.loc[(runs["sku"] == run["sku"]) & (runs["line"] == "PACK"), "period"])
    return run, next(day for day in desk.plan.periods[:3] if day not in taken)


def test_a_workbook_in_which_nothing_is_set_is_the_same_plan(desk):
    with pytest.warns(c2m.C2MWarning, match=r"Nothing is set in plan.xlsx"):
        again = with_overrides(desk.path, desk.factory)
    assert again.expected_profit == desk.plan.expected_profit
    assert again.runs.drop(columns="run").equals(desk.plan.runs.drop(columns="run"))
    assert again.changes.empty


def test_what_a_person_sets_is_made_and_costed_as_recost_does(desk, tmp_path):
    run, free = packed(desk)
    path = desk.type(
        tmp_path,
        {
            desk.set_cell(run["run"]): int(run["quantity"]) + 3,
            ("Overrides", "A6"): run["sku"],
            ("Overrides", "B6"): "PACK",
            ("Overrides", "C6"): serial(free),
            ("Overrides", "D6"): 25,
            ("Overrides", "F6"): "the shop asked",
        },
    )
    plan = with_overrides(path, desk.factory)
    rows = [
        (run["sku"], "PACK", run["period"], run["quantity"] + 3),
        (run["sku"], "PACK", free, 25),
    ]
    own = pd.DataFrame(rows, columns=["sku", "line", "period", "quantity"])
    wanted = c2m.recost(desk.plan, desk.demand, desk.factory, overrides=own)
    assert plan.runs.equals(wanted.runs)
    assert plan.expected_profit == wanted.expected_profit
    told = plan.changes.set_index("period")
    assert told.loc[run["period"], ["before", "after"]].tolist() == [
        run["quantity"],
        run["quantity"] + 3,
    ]
    assert told.loc[free, "why"] == "a person has set it: the shop asked"
    again = read(write_workbook(tmp_path / "again.xlsx", plan, desk.demand))["Overrides"]
    assert {row[5] for row in again[5:7]} == {"", "the shop asked"}
    same = with_overrides(tmp_path / "again.xlsx", desk.factory)
    assert same.expected_profit == plan.expected_profit


def test_a_zero_takes_a_run_out(desk, tmp_path):
    run, _ = packed(desk)
    plan = with_overrides(desk.type(tmp_path, {desk.set_cell(run["run"]): 0}), desk.factory)
    assert len(plan) == len(desk.plan) - 1
    assert plan.changes[["before", "after"]].to_numpy().tolist() == [[run["quantity"], 0]]


def test_demand_that_is_set_is_spread_kept_apart_and_can_be_set_again(desk, tmp_path):
    cells = {
        ("Demand overrides", "B6"): "00T",
        ("Demand overrides", "D6"): "2026-12",
        ("Demand overrides", "H6"): 0.5,
        ("Demand overrides", "I6"): "campaign",
    }
    head = read(desk.path)["Demand overrides"][4]
    assert head[:9] == [
        *("SKU", "Style", "Size", "Month", "From", "To", "Units", "Change", "Remark")
    ]
    plan = with_overrides(desk.type(tmp_path, cells), desk.factory)
    kept = plan.inputs["demand_overrides"].iloc[0]
    december = desk.demand.mean[:3, 2:]
    assert desk.demand.periods[2] == pd.Timestamp("2026-12-07")
    rows = pd.DataFrame({"style": ["00T"], "month": ["2026-12"], "change": [0.5]})
    wanted = override_demand(desk.demand, rows)
    assert (kept["style"], kept["remark"]) == ("00T", "campaign")
    assert kept["set"] == pytest.approx(1.5 * kept["was"])
    assert kept["was"] >= december.sum()
    assert (
        plan.expected_profit == c2m.recost(desk.plan, wanted.demand, desk.factory).expected_profit
    )

    plan.save(tmp_path / "saved")
    saved = c2m.Plan.load(tmp_path / "saved")
    again = write_workbook(tmp_path / "again.xlsx", saved, desk.demand)
    second = with_overrides(again, desk.factory)
    assert second.expected_profit == plan.expected_profit
    shown = [row for row in read(again)["Forecast"] if row[1] == "As set by a person"]
    assert sum(row[-1] for row in shown) == pytest.approx(wanted.demand.mean.sum())
    score = override_demand(desk.demand, second.inputs["demand_overrides"]).score(
        pd.DataFrame({"sku": desk.demand.skus[:1], "period": "2026-12-07", "sales": 0})
    )
    assert not score.loc["all", "better"]


def test_runs_set_before_are_shown_and_stay_unless_their_row_is_emptied(desk, tmp_path):
    run, _ = packed(desk)
    size = int(run["quantity"]) + 3
    plan = with_overrides(desk.type(tmp_path, {desk.set_cell(run["run"]): size}), desk.factory)
    path = write_workbook(tmp_path / "second.xlsx", plan, desk.demand)
    row = read(path)["Overrides"][5]
    assert row[:4] == [run["sku"], "PACK", run["period"].date(), size]
    stays = with_overrides(path, desk.factory)
    assert "override" in set(stays.reasons["binding"])
    emptied = type_into(
        path, tmp_path / "third.xlsx", {("Overrides", f"{c}6"): "" for c in "ABCDE"}
    )
    with pytest.warns(c2m.C2MWarning, match="Nothing is set"):
        free = with_overrides(emptied, desk.factory)
    assert free.runs.equals(stays.runs)
    assert "override" not in set(free.reasons["binding"])
    newer = Desk(path, stays, desk.demand, desk.factory)
    cell = newer.set_cell(stays.runs.set_index("sku").loc[[run["sku"]], "run"].iloc[0])
    again = with_overrides(newer.type(tmp_path, {cell: size + 2}), desk.factory)
    assert size + 2 in set(again.runs["quantity"])


def test_everything_that_is_wrong_is_listed_by_sheet_and_row(desk, tmp_path):
    run, _ = packed(desk)
    sheet, cell = desk.set_cell(run["run"])
    number = cell.lstrip("ABCDEFGHIJ")
    cells = {
        (sheet, cell): 10.5,
        ("Plan", f"C{number}"): "SEW",
        ("Overrides", "A6"): 123.0,
        ("Overrides", "B6"): "PACK",
        ("Overrides", "C6"): serial("2026-11-25"),
        ("Overrides", "D6"): "many",
        ("Overrides", "A7"): run["sku"],
    }
    with pytest.raises(c2m.DataError) as caught:
        with_overrides(desk.type(tmp_path, cells), desk.factory)
    text = str(caught.value)
    assert f"has a fraction in 'Set units' (first: sheet 'Plan', row {number}, 10.5)" in text
    assert (
        f"another 'Line' than the plan, in a locked cell (first: sheet 'Plan', row {number}" in text
    )
    assert "has a 'SKU' that is not in the plan (did you mean '00123'?)" in text
    assert "'Make in week of' that is no first day of a planned period" in text
    assert "has no number in 'Units' (first: sheet 'Overrides', row 6, 'many')" in text
    assert "has no 'Line' (first: sheet 'Overrides', row 7)" in text


def test_wrong_demand_is_named_by_its_row(desk, tmp_path):
    cells = {("Demand overrides", "B8"): "TEA", ("Demand overrides", "H8"): 0.1}
    with pytest.raises(
        c2m.DataError, match=r"'style' that the forecast does not have.*row 8, 'TEA'"
    ):
        with_overrides(desk.type(tmp_path, cells), desk.factory)


def test_one_run_set_in_two_places_is_refused(desk, tmp_path):
    run, _ = packed(desk)
    cells = {
        desk.set_cell(run["run"]): 30,
        ("Overrides", "A6"): run["sku"],
        ("Overrides", "B6"): "PACK",
        ("Overrides", "C6"): serial(run["period"]),
        ("Overrides", "D6"): 40,
    }
    with pytest.raises(c2m.DataError, match="sets a run that the column Set units sets as well"):
        with_overrides(desk.type(tmp_path, cells), desk.factory)


def test_runs_that_break_a_limit_are_refused_with_their_relief(desk, tmp_path):
    run, _ = packed(desk)
    with pytest.raises(c2m.InfeasiblePlanError, match="a run of 3 is below the smallest, 20"):
        with_overrides(desk.type(tmp_path, {desk.set_cell(run["run"]): 3}), desk.factory)


def test_a_workbook_without_a_forecast_asks_for_it(desk, tmp_path):
    path = write_workbook(tmp_path / "plan.xlsx", desk.plan)
    with pytest.raises(c2m.ArgumentError, match=r"carries no forecast: pass demand="):
        with_overrides(path, desk.factory)
    run, _ = packed(desk)
    sheet = Desk(path, desk.plan, desk.demand, desk.factory)
    other = type_into(path, tmp_path / "typed.xlsx", {sheet.set_cell(run["run"]): 0})
    assert len(with_overrides(other, desk.factory, desk.demand)) == len(desk.plan) - 1


def test_other_files_are_refused(desk, tmp_path):
    desk.factory.to_excel(tmp_path / "factory.xlsx")
    with pytest.raises(c2m.DataError, match="no hidden sheet 'c2m', which carries the plan"):
        with_overrides(tmp_path / "factory.xlsx", desk.factory)
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(c2m.DataError, match="the file is no workbook"):
        with_overrides(tmp_path / "text.xlsx", desk.factory)
    with pytest.raises(c2m.ArgumentError, match="There is no file"):
        with_overrides(tmp_path / "none.xlsx", desk.factory)
    with pytest.raises(c2m.ArgumentError, match=r"ending in '.xlsx'"):
        with_overrides(tmp_path / "plan.csv", desk.factory)


@pytest.mark.parametrize("text", ["%%%", "UEsDBA==", "QUJD"])
def test_a_damaged_carrier_is_told(desk, tmp_path, text):
    with pytest.raises(c2m.DataError, match="its hidden sheet is damaged"):
        with_overrides(desk.type(tmp_path, {("c2m", "A2"): text}), desk.factory)


def test_a_removed_sheet_is_told(desk, tmp_path):
    with pytest.raises(
        c2m.DataError, match="sheet 'Overrides' has no header with SKU, Line, Units"
    ):
        with_overrides(desk.type(tmp_path, {("Overrides", "A5"): "Article"}), desk.factory)


def test_a_workbook_that_openpyxl_has_saved_is_read(desk, tmp_path):
    run, _ = packed(desk)
    book = openpyxl.load_workbook(desk.path)
    sheet, cell = desk.set_cell(run["run"])
    book[sheet][cell] = int(run["quantity"]) + 3
    book.save(tmp_path / "saved.xlsx")
    plan = with_overrides(tmp_path / "saved.xlsx", desk.factory)
    assert plan.changes["after"].tolist() == [run["quantity"] + 3]


@pytest.mark.parametrize("what", ["Plan", "Overrides"])
def test_a_formula_without_a_result_in_a_coloured_cell_is_refused(desk, tmp_path, what):
    run, _ = packed(desk)
    cell = desk.set_cell(run["run"])[1] if what == "Plan" else "D6"
    book = openpyxl.load_workbook(desk.path)
    book[what][cell] = "=2*30"
    book.save(tmp_path / "saved.xlsx")
    with pytest.raises(c2m.DataError, match=rf"'{what}' has 1 cell .* \(first: {cell}\)"):
        with_overrides(tmp_path / "saved.xlsx", desk.factory)


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("-2.5 %", -0.025), ("+5,5%", 0.055)])
def test_a_change_may_be_typed_as_a_text_of_percent(desk, tmp_path, text, share):
    path = desk.type(tmp_path, {("Demand overrides", "H6"): text})
    kept = with_overrides(path, desk.factory).inputs["demand_overrides"]
    assert kept["change"].tolist() == pytest.approx([share])


def test_the_bound_is_kept_while_only_runs_are_set(desk, tmp_path):
    assert desk.plan.bound is not None
    run, _ = packed(desk)
    path = desk.type(tmp_path, {desk.set_cell(run["run"]): int(run["quantity"]) + 3})
    plan = with_overrides(path, desk.factory, desk.demand, stock=desk.plan.inputs["stock"])
    assert (plan.bound, plan.bound_kind) == (desk.plan.bound, desk.plan.bound_kind)
    assert plan.bound_from == desk.plan.bound_from
    again = write_workbook(tmp_path / "again.xlsx", plan, desk.demand)
    with warnings.catch_warnings(action="ignore"):
        assert with_overrides(again, desk.factory).bound == desk.plan.bound
        desk.plan.save(tmp_path / "saved")
        saved = write_workbook(tmp_path / "s.xlsx", c2m.Plan.load(tmp_path / "saved"), desk.demand)
        assert with_overrides(saved, desk.factory).bound == desk.plan.bound


def test_a_bound_for_another_demand_or_factory_is_not_kept_and_it_is_said_why(desk, tmp_path):
    path = desk.type(tmp_path, {("Demand overrides", "H6"): 0.1})
    factory = replace(desk.factory, lines=desk.factory.lines.assign(overtime_cost=0.2))
    stock = desk.plan.inputs["stock"].assign(on_hand=6)
    plan = with_overrides(path, factory, stock=stock)
    assert (plan.bound, plan.bound_kind) == (None, "none")
    again = read(write_workbook(tmp_path / "again.xlsx", plan, desk.demand))
    told = " ".join(str(row[0]) for row in again["Summary"][:4])
    assert "is for another demand, another factory and another stock." in told
    with warnings.catch_warnings(action="ignore"):
        next_one = with_overrides(tmp_path / "again.xlsx", factory)
    assert (next_one.bound, next_one.bound_from) == (None, plan.bound_from)


def test_a_bound_is_not_kept_once_a_frozen_period_is_changed(desk, tmp_path):
    plan = c2m.replan(desk.plan, desk.demand, desk.factory, frozen_periods=4)
    path = write_workbook(tmp_path / "plan.xlsx", plan, desk.demand)
    other = Desk(path, plan, desk.demand, desk.factory)
    run = plan.runs[plan.runs["line"] == "PACK"].iloc[0]
    typed = other.type(tmp_path, {other.set_cell(run["run"]): int(run["quantity"]) + 3})
    with pytest.warns(c2m.C2MWarning, match="frozen"):
        changed = with_overrides(typed, desk.factory)
    assert changed.bound is None
    assert "promised runs and frozen periods" in changed.bound_from


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_a_round_trip_through_libreoffice_loses_nothing(desk, tmp_path):
    run, _ = packed(desk)
    cells = {
        desk.set_cell(run["run"]): int(run["quantity"]) + 3,
        ("Overrides", "A6"): "00123",
        ("Overrides", "B6"): "SEW",
        ("Overrides", "C6"): serial(desk.plan.periods[3]),
        ("Overrides", "D6"): 1,
        ("Demand overrides", "C6"): "3-4",
        ("Demand overrides", "D6"): "2026-12",
        ("Demand overrides", "H6"): 0.25,
    }
    path = desk.type(tmp_path, cells)
    saved = through_libreoffice(path, tmp_path)
    before, after = read(path), read(saved)
    assert list(before) == list(after)
    for name, rows in before.items():
        for own, came in zip(rows, after[name], strict=True):
            assert same_row(own, came), name
    assert with_overrides(saved, desk.factory) == with_overrides(path, desk.factory)


def same_row(own, came):
    return len(own) == len(came) and all(
        one == other or (isinstance(one, float) and one == pytest.approx(other, rel=1e-12))
        for one, other in zip(own, came, strict=True)
    )
