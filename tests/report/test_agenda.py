from dataclasses import replace

import pandas as pd
import pytest

from c2m.plan.tables import typed_table
from c2m.report import write_report
from c2m.report.agenda import read_agenda
from c2m.report.alerts import change_tables, soon_out_table
from c2m.report.bought import allowance_table, material_table
from c2m.report.facts import plan_sentences

BOUGHT = {
    "material": ["JERSEY", "SHELL", "JERSEY"],
    "unit": ["kg", "m", "kg"],
    "period": pd.to_datetime(["2026-12-07", "2026-12-14", "2026-12-14"]),
    "used": [90.0, 40.0, 20.0],
    "ordered": [100.0, 50.0, 0.0],
    "order_by": pd.to_datetime(["2026-11-23", "2026-11-30", None]),
    "cost": [700.0, 320.0, 0.0],
    "left": [10.0, 10.0, 0.0],
}


def with_tables(plan, **tables):
    typed = {name: typed_table(name, columns) for name, columns in tables.items()}
    return replace(plan, tables={**plan.tables, **typed})


def with_orders(plan, rows):
    orders = pd.DataFrame(rows, columns=["sku", "ordered", "received", "due", "open"])
    return replace(plan, inputs={**plan.inputs, "on_order": orders})


def without_runs(plan, until):
    late = plan.tables["runs"]["period"] >= pd.Timestamp(until)
    return replace(plan, tables={**plan.tables, "runs": plan.tables["runs"][late]})


@pytest.fixture
def quiet(case):
    """The plan without a run in its first week."""
    return without_runs(case.plan, "2026-11-30")


def test_a_week_without_a_run_still_says_which_material_to_order(quiet):
    agenda = read_agenda(with_tables(quiet, materials=BOUGHT))
    assert [action.what for action in agenda.actions] == ["Order 100 kg of JERSEY."]
    assert agenda.nothing == ""
    assert agenda.actions[0].table.rows[0][:3] == ["JERSEY", "100", "kg"]


def test_a_material_whose_day_has_passed_is_late(quiet):
    passed = {**BOUGHT, "order_by": pd.to_datetime(["2026-11-16", "2026-11-30", None])}
    action = read_agenda(with_tables(quiet, materials=passed)).actions[0]
    assert action.late
    assert action.what == "Order 100 kg of JERSEY, partly overdue."


def test_only_a_week_in_which_nothing_is_due_has_nothing_to_do(quiet, case):
    agenda = read_agenda(quiet)
    assert agenda.actions == []
    assert agenda.nothing == "Nothing has to be started, ordered or shipped this week."
    assert [action.what[:5] for action in read_agenda(case.plan).actions] == ["Start"]


def test_late_purchase_orders_come_first_and_name_their_skus(case):
    rows = [
        ("00123", 60.0, 10.0, "2026-11-16", 50.0),
        ("3-4", 30.0, 0.0, "2026-11-25", 30.0),
        ("1E5", 30.0, 30.0, "2026-11-02", 0.0),
        ("unknown", 30.0, 0.0, "2026-11-02", 30.0),
    ]
    chase, start, receive = read_agenda(with_orders(case.plan, rows)).actions
    assert chase.late
    assert chase.what.startswith("Chase 1 late purchase order, 50 units: the plan takes them to")
    assert [row[0] for row in chase.table.rows] == ["00123"]
    assert start.what.startswith("Start ")
    assert receive.what == "Receive 30 units of 1 purchase order."


def test_what_comes_next_is_the_first_day_after_the_week(quiet):
    plan = with_tables(quiet, materials=BOUGHT)
    runs = plan.runs[plan.runs["period"] == pd.Timestamp("2026-11-30")]
    following = read_agenda(plan).following
    assert following.startswith("Next, 30\xa0Nov\xa02026: ")
    assert "SHELL to order" in following
    assert (f"{runs['quantity'].sum():,} units" in following) == (len(runs) > 0)
    over = read_agenda(without_runs(plan, "2030-01-07")).following
    assert over == "Next, 30\xa0Nov\xa02026: SHELL to order."


def test_the_materials_of_the_whole_plan_are_listed_by_their_day(case):
    table = material_table(with_tables(case.plan, materials=BOUGHT))
    assert table.caption == "2 orders of materials, the earliest first; together 1,020.00 EUR"
    assert [row[0] for row in table.rows] == ["JERSEY", "SHELL"]
    assert material_table(case.plan) is None


def test_a_budget_that_holds_runs_back_stands_first(case):
    shared = {
        "name": ["spring", "winter", "JERSEY"],
        "kind": ["budget", "budget", "material"],
        "first": case.plan.periods[[0, 1, 0]],
        "last": case.plan.periods[[0, 1, 0]],
        "amount": [100.0, 200.0, 10.0],
        "used": [40.0, 199.0, 10.0],
        "unit": ["EUR", "EUR", "kg"],
        "price": [0.0, 0.4, 0.0],
        "sku": ["", "3-4", ""],
    }
    rows = allowance_table(with_tables(case.plan, allowances=shared)).rows
    assert [row[0] for row in rows] == ["winter", "spring"]
    assert [row[-2:] for row in rows] == [["99.5%", "0.40"], ["40.0%", "nothing"]]
    assert allowance_table(case.plan) is None


def test_skus_that_run_out_are_told_with_the_week_and_the_next_arrival(case):
    outlook = {name: values.copy() for name, values in case.plan.outlook.items()}
    outlook["stockout"][:] = 0.1
    row = case.plan.skus.index("1E5")
    outlook["stockout"][row] = [0.2, 0.9, 0.9, 0.3]
    outlook["arrivals"][row] = [5.0, 0.0, 0.0, 20.0]
    outlook["stockout"][0, 3] = 0.5
    outlook["arrivals"][0] = 0.0
    table = soon_out_table(replace(case.plan, outlook=outlook), case.demand, [])
    soon, never = table.rows
    assert soon[:4] == ["1E5", "30\xa0Nov\xa02026", "90.0%", "14\xa0Dec\xa02026"]
    assert never[3] == "not in this plan"
    outlook["stockout"][:] = 0.49
    assert soon_out_table(replace(case.plan, outlook=outlook), case.demand, []) is None


def test_a_plan_made_anew_lists_its_changes(case):
    changes = {
        "sku": ["00123", "3-4"], "line": ["SEW", "SEW"], "mode": ["", ""],
        "period": case.plan.periods[[1, 0]], "before": [0, 20], "after": [30, 10],
        "charged": [True, True], "why": ["more is wanted; 5 more", "less is wanted; 5 more"],
    }  # fmt: skip
    (table,) = change_tables(with_tables(case.plan, changes=changes))
    assert table.caption == "2 changes since the last plan, the earliest first"
    assert [row[0] for row in table.rows] == ["3-4", "00123"]
    assert [row[-1] for row in table.rows] == ["less is wanted", "more is wanted"]
    assert table.note == "5 more."
    assert change_tables(case.plan) == []


def test_a_plan_made_anew_gives_the_reason_of_a_sku_once(case):
    changes = {
        "sku": ["3-4", "00123", "3-4"], "line": ["SEW"] * 3, "mode": [""] * 3,
        "period": case.plan.periods[[0, 1, 2]], "before": [0, 20, 5], "after": [30, 10, 9],
        "charged": [True] * 3, "why": ["more", "less", "more"],
    }  # fmt: skip
    plan = replace(case.plan, costs={**case.plan.costs, "change_cost": 0.0})
    (table,) = change_tables(with_tables(plan, changes=changes))
    assert [row[-1] for row in table.rows] == ["more", "less", ""]


def test_more_than_ten_changes_open_on_demand(case, tmp_path):
    first = {"sku": "3-4", "line": "SEW", "mode": "", "period": case.plan.periods[0]}
    rows = [{**first, "before": n, "after": 50, "charged": True, "why": ""} for n in range(45)]
    plan = with_tables(case.plan, changes=pd.DataFrame(rows).to_dict("list"))
    shown, rest = change_tables(plan)
    assert (len(shown.rows), len(rest.rows)) == (10, 30)
    assert rest.note == "5 more changes in the workbook."
    page = write_report(tmp_path / "r.html", demand=case.demand, plan=plan)
    assert "<summary>30 more changes</summary>" in page.read_text(encoding="utf-8")


def test_the_basis_says_what_people_have_set_and_how_the_plan_was_made(case):
    own = {"overrides": pd.DataFrame({"sku": ["A", "B"]}), "demand_overrides": pd.DataFrame([1])}
    plan = replace(case.plan, method="replan, heuristic", inputs={**case.plan.inputs, **own})
    said = plan_sentences(plan)
    assert said[:3] == [
        "The plan before was made anew.",
        "The runs were found by a search that does not try every plan.",
        "People have set 2 runs and 1 part of the forecast, which is shown as it was before.",
    ]
    assert not any("People" in text for text in plan_sentences(case.plan))
