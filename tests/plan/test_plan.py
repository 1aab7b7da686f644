import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, DataError
from c2m.periods import Calendar
from c2m.plan import LOAD, OUTLOOK, REASONS, RUNS, SHORTFALLS, Plan


def frame():
    return pd.DataFrame(
        {
            "article": ["007", "B", "B"],
            "plant": ["L2", "L1", "L1"],
            "week": ["2026-11-30", "2026-11-23", "2026-12-07"],
            "pieces": [5, 10, 20],
            "weeks": [1, 0, 2],
        }
    )


def outside_plan(**more):
    names = {"sku": "article", "line": "plant", "period": "week", "quantity": "pieces"}
    arguments = {"freq": "W", "lead_time_periods": "weeks", **names, **more}
    return Plan.from_frame(arguments.pop("frame", frame()), **arguments)


def full_plan():
    """Return a plan with every part filled."""
    skus, shape = ("A", "B"), (2, 2)
    label = pd.to_datetime(["2026-11-23", "2026-11-30"]).astype("datetime64[s]")
    run = {
        "run": ["R0001"], "sku": ["A"], "line": ["L1"], "period": label[:1], "quantity": [7],
        "available": label[1:], "capacity_used": [7.5],
    }  # fmt: skip
    load = {
        "line": ["L1", "L1"], "period": label, "unit": ["pieces"] * 2, "capacity": [8.0] * 2,
        "overtime_limit": [1.0] * 2, "used": [7.5, 0.0], "overtime": [0.0] * 2,
        "price": [0.25, 0.0],
    }  # fmt: skip
    short = {
        "line": ["L1"], "period": label[:1], "sku": [""], "short": [2.0], "unit": ["pieces"],
        "units": [2.0], "what": ["2 units are lost"], "relief": ["overtime"],
    }  # fmt: skip
    reason = {
        "sku": ["A", "B"], "run": ["R0001", ""], "covers_from": label[[1, 0]],
        "covers_to": label[[1, 1]], "demand_mean": [6.0, 1.0], "demand_median": [6.0, 0.0],
        "supply": [7.0, 3.0], "covered_level": [0.8, 1.0], "critical_ratio": [0.9, 0.5],
        "critical_ratio_at_price": [0.8, 0.5], "p_stockout": [0.2, 0.0],
        "p_left_over": [0.7, 1.0], "capacity_price": [0.25, 0.0], "unit": ["pieces", ""],
        "one_more": [0.3, np.nan], "setup_per_unit": [1.5, 0.0],
        "limit": ["the capacity of L1 is used up in that period", "stock covers every scenario"],
    }  # fmt: skip
    return Plan(
        skus=skus,
        calendar=Calendar("W"),
        first=int(Calendar("W").ordinal(["2026-11-23"])[0]),
        n_periods=2,
        tables={
            "runs": pd.DataFrame(run),
            "load": pd.DataFrame(load),
            "shortfalls": pd.DataFrame(short),
            "reasons": pd.DataFrame(reason),
        },
        outlook={name: np.arange(4.0).reshape(shape) for name in OUTLOOK},
        costs={"revenue": 100.0, "production": 40.0, "expected_profit": 60.0},
        inputs={"shutdowns": pd.DataFrame({"line": ["*"], "first_day": label[:1]})},
        currency="EUR",
        bound=75.0,
        bound_kind="proved",
        method="exact",
        seed=3,
        n_scenarios=10,
    )


def test_anyones_runs_come_back_as_they_went_in():
    plan = outside_plan()
    assert list(plan.runs.columns) == list(RUNS)
    assert plan.skus == ("007", "B")
    assert plan.runs["quantity"].tolist() == [10, 5, 20]
    again = Plan.from_frame(plan.to_frame(), freq="W", available="available")
    assert again == plan


def test_lead_time_moves_when_runs_can_be_sold():
    available = outside_plan().runs.set_index("run")["available"].dt.strftime("%Y-%m-%d")
    assert available.tolist() == ["2026-11-23", "2026-12-07", "2026-12-21"]
    assert outside_plan().n_periods == 5


def test_a_plan_from_outside_has_no_bound_and_no_profit():
    plan = outside_plan()
    assert (plan.bound_kind, plan.bound, plan.gap, plan.expected_profit) == (
        "none",
        None,
        None,
        None,
    )
    assert plan.line_load.empty
    assert list(plan.line_load.columns) == list(LOAD)
    assert list(plan.shortfalls.columns) == list(SHORTFALLS)
    assert list(plan.reasons.columns) == list(REASONS)


def test_a_bound_that_is_not_proved_is_called_an_estimate():
    plan = full_plan()
    assert repr(plan).endswith("proved to be at most 20.00% below the best plan)")
    estimate = replace(plan, bound_kind="heuristic", bound_from="columns found, allowances priced")
    assert repr(estimate).endswith("estimated to be 20.00% below the best plan)")
    assert "bound (estimate)" in replace(plan, bound_kind="heuristic").summary().index


def test_every_problem_of_a_table_is_reported_at_once():
    table = frame()
    table["pieces"] = [0.0, 2.5, 4.0]
    table.loc[2, "week"] = "2026-12-08"
    table.loc[1, "article"] = None
    with pytest.raises(DataError) as caught:
        outside_plan(frame=table)
    text = str(caught.value)
    assert "'article'" in text
    assert "'pieces' below 1" in text
    assert "fraction in 'pieces'" in text
    assert "no first day of a 'W' period" in text


def test_the_same_sku_line_and_period_twice_is_refused():
    table = pd.concat([frame(), frame().iloc[:1]])
    with pytest.raises(DataError, match="repeats the key"):
        outside_plan(frame=table)


def test_runs_outside_the_horizon_are_refused():
    with pytest.raises(DataError, match="1 of 3 runs is outside the horizon, first 2026-12-07"):
        outside_plan(horizon=2)
    with pytest.raises(DataError, match="first 2026-11-23"):
        outside_plan(first="2026-11-30")


@pytest.mark.parametrize("more", [{"available": "week"}, {"lead_time_periods": None}])
def test_lead_time_and_available_are_one_or_the_other(more):
    with pytest.raises(ArgumentError, match="one of lead_time_periods and available"):
        outside_plan(**more)


def test_a_run_that_is_sold_before_it_is_made_is_refused():
    table = frame().assign(ready="2026-11-23")
    table.loc[0, "ready"] = "2026-12-28"
    with pytest.raises(DataError, match="available before it is made"):
        outside_plan(frame=table, lead_time_periods=None, available="ready")


@pytest.mark.parametrize("make", [outside_plan, full_plan])
def test_a_saved_plan_is_the_same_plan(make, tmp_path):
    plan = make()
    plan.save(tmp_path / "plan")
    loaded = Plan.load(tmp_path / "plan")
    assert loaded == plan
    assert loaded.summary().equals(plan.summary())


def test_a_changed_number_makes_another_plan():
    tables = dict(full_plan().tables)
    tables["runs"] = tables["runs"].assign(quantity=8)
    plan = full_plan()
    other = Plan(plan.skus, plan.calendar, plan.first, 2, tables)
    assert plan != other


def test_tables_handed_out_are_copies_and_arrays_are_read_only():
    plan = full_plan()
    runs = plan.runs
    runs["quantity"] = 99
    assert plan.runs["quantity"].tolist() == [7]
    with pytest.raises(ValueError, match="read-only"):
        plan.outlook["lost"][0, 0] = 1.0


def test_gap_is_the_share_of_the_bound_that_is_open():
    assert full_plan().gap == pytest.approx((75 - 60) / 75)


def test_explain_says_the_numbers_in_words():
    text = full_plan().explain("A")
    for part in (
        "make 7 on L1",
        "80%",
        "critical ratio",
        "+0.30 EUR",
        "capacity of L1",
        "1.50 EUR",
    ):
        assert part in text
    nothing = full_plan().explain("B")
    assert "nothing is made" in nothing
    assert "stock covers every scenario" in nothing


def test_a_chance_that_is_short_of_all_is_never_said_to_be_all():
    plan = full_plan()
    for ratio, said in ((0.9961, "99.6%"), (0.99999, "99.9%"), (1.0, "100%"), (0.994, "99%")):
        reasons = plan.reasons.assign(critical_ratio=ratio)
        told = replace(plan, tables={**plan.tables, "reasons": reasons}).explain("A")
        assert f"is below {said} (its critical ratio)" in told


def test_the_worst_week_is_named_even_before_the_first_arrival():
    plan = full_plan()
    label = plan.periods.astype("datetime64[s]")
    one = plan.tables["runs"].iloc[0].to_dict()
    second = {**one, "run": "R0002", "line": "L2"}
    reason = plan.tables["reasons"].iloc[0].to_dict()
    tables = {
        **plan.tables,
        "runs": pd.DataFrame([one, second]),
        "reasons": pd.DataFrame([reason, {**reason, "run": "R0002"}]),
    }
    stockout = np.array([[0.97, 0.2], [0.0, 0.0]])
    early = replace(plan, tables=tables, outlook={**plan.outlook, "stockout": stockout})
    assert label[0] < reason["covers_from"]
    text = early.explain("A")
    assert "The chance to run out is highest in the week of 2026-11-23: 97%." in text


def test_explain_of_an_unknown_sku_suggests_one():
    with pytest.raises(ArgumentError, match="did you mean '007'"):
        outside_plan().explain("07")


def test_a_plan_without_reasons_says_so():
    assert "2 runs, 30 units" in outside_plan().explain("B")


def test_the_summary_prints_counts_whole_and_money_to_cents():
    plan = full_plan()
    plan = replace(plan, costs={**plan.costs, "expected_profit": 60.123456})
    lines = dict(re.split(r"  +", line)[:2] for line in str(plan.summary()).splitlines()[2:])
    assert lines["runs"] == str(len(plan))
    assert lines["expected profit"] == "60.12"


def test_summary_and_html_carry_money_and_bound():
    plan = full_plan()
    assert plan.summary().loc["expected profit", "value"] == 60.0
    assert plan.summary().loc["bound (proved)", "unit"] == "EUR"
    assert "at most 20.00% below the best plan" in plan._repr_html_()


def test_runs_travel_as_arrow():
    table = full_plan().to_arrow()
    assert table.column("quantity").to_pylist() == [7]
    again = Plan.from_frame(table, freq="W", available="available")
    assert again.runs["sku"].tolist() == ["A"]


def test_an_outlook_of_the_wrong_shape_is_refused():
    plan = outside_plan()
    with pytest.raises(DataError, match="outlook 'lost' has shape"):
        Plan(
            plan.skus, plan.calendar, plan.first, 5, plan.tables, outlook={"lost": np.zeros((1, 5))}
        )


def test_reasons_from_before_the_identity_of_last_units_are_read_with_what_they_lack_unknown():
    plan = full_plan()
    assert plan.reasons["last_unit"].isna().all()
    assert plan.reasons["displaced"].tolist() == ["", ""]
    assert plan.shortfalls["gain"].isna().all()
