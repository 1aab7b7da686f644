from dataclasses import replace

from c2m.plan.tables import typed_table
from c2m.report import write_workbook
from tests.report.overrides.typed import read


def test_a_plan_made_anew_says_which_changes_are_charged_and_each_reason_once(case, tmp_path):
    runs = case.plan.runs
    again = runs["sku"].value_counts().index[0]
    rows = runs[runs["sku"] == again].iloc[:2].assign(before=50, after=[55, 0], why="more; +5.00")
    changes = rows.assign(charged=[False, True]).to_dict("list")
    costs = {**case.plan.costs, "change_cost": 500.0}
    now = replace(
        case.plan,
        costs=costs,
        tables={**case.plan.tables, "changes": typed_table("changes", changes)},
    )
    path = write_workbook(tmp_path / "plan.xlsx", now)
    rows = read(path)["Changes"]
    charged, why = rows[1].index("Charged"), rows[1].index("Why")
    assert [(row[charged], row[why]) for row in rows[2:]] == [("no", "more"), ("yes", "")]
    said = rows[0][0]
    assert "1 of 2 is charged as a change (added, dropped, or off by more than a tenth)" in said
    assert "500 EUR" in said
