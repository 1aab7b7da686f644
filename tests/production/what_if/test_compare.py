from dataclasses import replace

import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.plan import Plan
from c2m.production.what_if import compare


def plan_of(sizes, **more):
    rows = [(sku, "L1", "2026-11-23", size) for sku, size in sizes.items()]
    frame = pd.DataFrame(rows, columns=["sku", "line", "period", "quantity"])
    options = {"freq": "W", "lead_time_periods": 0, **more}
    return Plan.from_frame(frame, **options)


def test_only_the_runs_that_differ_are_listed_with_nothing_as_0():
    plans = {"now": plan_of({"A": 5, "B": 7}), "then": plan_of({"A": 5, "B": 9})}
    runs = compare(plans).to_frame()
    assert runs[["sku", "now", "then"]].to_numpy().tolist() == [["B", 7, 9]]
    gone = Plan.from_frame(
        pd.DataFrame({"sku": "A", "line": "L2", "period": "2026-11-23", "quantity": [5]}),
        freq="W",
        lead_time_periods=0,
    )
    moved = compare([plan_of({"A": 5}), gone]).to_frame()
    assert moved[["line", "plan 1", "plan 2"]].to_numpy().tolist() == [["L1", 5, 0], ["L2", 0, 5]]


def test_runs_of_two_modes_are_compared_mode_by_mode():
    both = plan_of({"A": 5, "B": 7})
    runs = both.runs.assign(sku="A", mode=["sea", "air"])
    two = replace(both, skus=("A",), tables={**both.tables, "runs": runs})
    more = replace(two, tables={**two.tables, "runs": runs.assign(quantity=[5, 9])})
    table = compare({"now": two, "then": more}).to_frame()
    assert table[["sku", "mode", "now", "then"]].to_numpy().tolist() == [["A", "air", 7, 9]]


def test_figures_stand_side_by_side_with_their_difference_to_the_first():
    summary = compare({"a": plan_of({"A": 5}), "b": plan_of({"A": 9})}).summary()
    assert summary.loc["units made"].tolist() == [5.0, 9.0, 4.0, "units"]
    assert list(summary.columns) == ["a", "b", "b - a", "unit"]


def test_figures_are_compared_to_the_last_digit_not_as_they_are_printed():
    plans = [replace(plan_of({"A": 5}), costs={"holding": cost}) for cost in (1.001, 1.003)]
    table = compare(plans).summary()
    assert table.loc["holding", "plan 2 - plan 1"] == pytest.approx(0.002, rel=1e-9)


def test_what_plans_do_not_have_in_common_is_said_once():
    with pytest.warns(C2MWarning, match=r"for \[1, 2\] SKUs") as caught:
        comparison = compare([plan_of({"A": 5}), plan_of({"A": 5, "B": 1})])
    assert len(caught) == 1
    assert len(comparison.notes) == 1


def test_plans_of_other_periods_or_currencies_are_not_compared():
    with pytest.raises(ArgumentError, match="one freq"):
        compare([plan_of({"A": 5}), plan_of({"A": 5}, freq="D")])
    with pytest.raises(ArgumentError, match="one currency"):
        compare([plan_of({"A": 5}, currency="EUR"), plan_of({"A": 5}, currency="USD")])


def test_one_plan_is_nothing_to_compare():
    with pytest.raises(ArgumentError, match="at least two plans"):
        compare([plan_of({"A": 5})])
    with pytest.raises(ArgumentError, match="mapping or a sequence"):
        compare(plan_of({"A": 5}))
    with pytest.raises(ArgumentError, match=r"Expected plans, got int as .*\.$"):
        compare([plan_of({"A": 5}), 3])


def test_a_comparison_is_one_line_and_a_table_in_a_notebook():
    comparison = compare([plan_of({"A": 5}), plan_of({"A": 6})])
    assert repr(comparison) == "Comparison(2 plans, 1 runs differ)"
    assert "units made" in comparison._repr_html_()
