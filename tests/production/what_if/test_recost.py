import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError, InfeasiblePlanError
from c2m.plan import Plan
from c2m.production.factory import Lane, PriceBreak
from c2m.production.plan_production import plan_production
from c2m.production.what_if import recost, what_if

DAY = "2026-11-23"


def override(sku="S000", quantity=10, period=DAY, line="L1"):
    return pd.DataFrame({"sku": [sku], "line": line, "period": period, "quantity": quantity})


@pytest.fixture(name="case")
def case_fixture(random_case):
    demand, factory = random_case(3, n_skus=6, n_periods=4, n_scenarios=9)
    return plan_production(demand, factory, n_scenarios=9, method="heuristic"), demand, factory


def test_a_plan_costed_again_as_it_is_brings_the_same_to_the_last_digit(case):
    plan, demand, factory = case
    again = recost(plan, demand, factory)
    assert again.runs.equals(plan.runs)
    assert dict(again.costs) == dict(plan.costs)
    assert again.line_load.equals(plan.line_load)
    assert (again.bound_kind, again.method) == ("none", "given runs")


def test_what_a_person_sets_is_made_and_the_rest_stays(case):
    plan, demand, factory = case
    run = plan.runs.iloc[0]
    less = int(run["quantity"]) - int(
        factory.routings.set_index("sku").loc[run["sku"], "lot_multiple"]
    )
    own = override(run["sku"], less, run["period"], run["line"])
    changed = recost(plan, demand, factory, overrides=own)
    key = ["sku", "line", "period"]
    both = plan.runs.merge(changed.runs, on=key, suffixes=("", "_new"))
    differ = both[both["quantity"] != both["quantity_new"]]
    assert differ[key].to_numpy().tolist() == run[key].to_numpy()[None].tolist()
    assert differ["quantity_new"].tolist() == [less]
    reason = changed.reasons.set_index("run").loc[differ["run"].iloc[0]]
    assert (reason["limit"], reason["binding"]) == ("a person has set its size", "override")


def test_overrides_stay_when_more_are_made_and_are_never_planned_away(fixed_demand, simple_factory):
    demand, factory = fixed_demand(np.full((2, 2, 2), 30.0)), simple_factory(2)
    plan = plan_production(demand, factory, n_scenarios=2)
    one = recost(plan, demand, factory, overrides=override("S000", 10))
    two = recost(one, demand, factory, overrides=override("S001", 0))
    first_week = two.runs[two.runs["period"] == pd.Timestamp(DAY)]
    assert first_week[["sku", "quantity"]].to_numpy().tolist() == [["S000", 10]]
    assert len(two.inputs["overrides"]) == 2
    answer = what_if(two, simple_factory(2, lines={"capacity": [500.0]}), demand)
    assert answer.best is None
    assert answer.kept.runs.equals(two.runs)


def test_a_person_who_takes_every_run_out_is_named(fixed_demand, simple_factory):
    demand, factory = fixed_demand(np.full((2, 1, 1), 30.0)), simple_factory(1)
    plan = plan_production(demand, factory, n_scenarios=2)
    nothing = recost(plan, demand, factory, overrides=override(quantity=0))
    assert len(nothing) == 0
    assert nothing.reasons["limit"].tolist() == ["a person has taken its run out"]
    assert nothing.expected_profit == 0


def test_every_limit_that_runs_break_is_named_with_its_relief(fixed_demand, simple_factory):
    factory = simple_factory(
        3,
        lines={"capacity": [60.0]},
        routing={"moq": [0, 20, 0], "lot_multiple": [1, 1, 12], "lead_time_periods": [0, 0, 1]},
    )
    demand = fixed_demand(np.full((2, 3, 2), 30.0))
    runs = pd.DataFrame(
        {
            "sku": ["S000", "S001", "S002", "S002"],
            "line": "L1",
            "period": [DAY, DAY, DAY, "2026-11-30"],
            "quantity": [50, 5, 15, 12],
        }
    )
    plan = Plan.from_frame(runs, freq="W", lead_time_periods=0, horizon=2)
    with pytest.raises(InfeasiblePlanError) as caught:
        recost(plan, demand, factory)
    reasons = caught.value.reasons
    assert reasons == [
        "L1, 2026-11-23, S001: a run of 5 is below the smallest, 20 (short 15.0 units)",
        "L1, 2026-11-23, S002: a run of 15 is no multiple of 12 (short 3.0 units)",
        "L1, 2026-11-30, S002: its lead time of 1 would bring a run of 12 after the plan's end "
        "(short 12.0 units)",
        "L1, 2026-11-23: the runs take 70.0 pieces; with all overtime there are 60.0 "
        "(short 10.0 pieces)",
    ]
    relief = caught.value.relief
    assert "S001: make 20 instead (+90.00 to the expected profit)" in relief
    assert "10.0 more pieces, or 10 fewer S000" in relief


def test_work_that_is_too_much_is_moved_to_an_earlier_period_where_that_is_cheapest(
    fixed_demand, simple_factory
):
    demand = fixed_demand(np.array([[[10.0, 130.0]]]))
    runs = pd.DataFrame(
        {"sku": "S000", "line": "L1", "period": [DAY, "2026-11-30"], "quantity": [10, 130]}
    )
    plan = Plan.from_frame(runs, freq="W", lead_time_periods=0)
    answer = what_if(plan, simple_factory(1, product={"holding_cost": 0.1}), demand)
    assert answer.kept.runs["quantity"].tolist() == [10, 100]  # what cannot run is cut
    assert answer.summary().loc["limits broken", ["kept", "best"]].tolist() == [0.0, 0.0]
    assert "break 1 limit, without what cannot run" in repr(answer)
    assert answer.broken["short"].tolist() == [30.0]
    assert "30 of S000 on L1 in the week of 2026-11-23 (-3.00" in answer.broken["relief"].iloc[0]
    assert answer.best.runs["quantity"].tolist() == [40, 100]


def test_a_torn_pack_is_said_with_its_ratio(fixed_demand, simple_factory):
    packs = pd.DataFrame({"prepack": "P", "sku": ["S000", "S001"], "units": [2, 3]})
    factory = simple_factory(2, prepacks=packs)
    runs = pd.concat([override("S000", 4), override("S001", 5)])
    plan = Plan.from_frame(runs, freq="W", lead_time_periods=0)
    with pytest.raises(InfeasiblePlanError, match=r"not made whole.*\n.*ratio 2:3"):
        recost(plan, fixed_demand(np.full((1, 2, 1), 9.0)), factory)


def test_a_group_that_makes_too_little_is_said_with_the_pieces(fixed_demand, simple_factory):
    factory = simple_factory(
        2,
        groups=pd.DataFrame({"sku": ["S000", "S001"], "group": "style"}),
        limits=pd.DataFrame({"scope": ["group"], "name": "style", "line": "*", "moq": 50}),
    )
    runs = pd.concat([override("S000", 20), override("S001", 15)])
    plan = Plan.from_frame(runs, freq="W", lead_time_periods=0)
    answer = what_if(plan, factory, fixed_demand(np.full((1, 2, 1), 30.0)), method="no")
    row = answer.broken.iloc[0]
    assert (row["sku"], row["short"], row["unit"]) == ("style", 15.0, "pieces")
    assert row["relief"].startswith("15 more or none of its 35")


def test_everything_wrong_with_a_table_of_overrides_is_listed(case):
    plan, demand, factory = case
    with pytest.raises(DataError, match=r"'sku' that is not in the plan \(did you mean 'S00"):
        recost(plan, demand, factory, overrides=override("S00"))
    with pytest.raises(DataError, match="'period' outside the plan"):
        recost(plan, demand, factory, overrides=override(period="2027-11-22"))
    with pytest.raises(DataError, match="repeats the key"):
        recost(plan, demand, factory, overrides=pd.concat([override(), override()]))
    with pytest.raises(DataError, match="no routing on the line"):
        recost(plan, demand, factory, overrides=override(line="L9"))
    with pytest.raises(DataError, match="quantity"):
        recost(plan, demand, factory, overrides=override(quantity=-1))


def test_arguments_that_are_mixed_up_are_named(case):
    plan, demand, factory = case
    with pytest.raises(ArgumentError, match=r"type what_if\(plan, factory, demand\)"):
        what_if(plan, demand, factory)
    with pytest.raises(ArgumentError, match=r"Expected a plan .* got FixedDemand"):
        recost(demand, plan, factory)
    with pytest.raises(ArgumentError, match=r"Expected method .* got 'fast'"):
        what_if(plan, factory, demand, method="fast")
    with pytest.raises(ArgumentError, match="time_limit_s > 0"):
        what_if(plan, factory, demand, time_limit_s=0.0)


def test_runs_of_skus_without_demand_are_told_from_those_without_a_routing(
    fixed_demand, simple_factory
):
    runs = pd.concat([override("S000"), override("S001"), override("S002", line="L2")])
    plan = Plan.from_frame(runs, freq="W", lead_time_periods=0)
    demand = fixed_demand(np.full((1, 2, 1), 9.0), ["S000", "S002"])
    with pytest.raises(DataError) as caught, pytest.warns(C2MWarning, match="no demand"):
        recost(plan, demand, simple_factory(3))
    assert "1 SKU with runs but without demand: 'S001'" in str(caught.value)
    assert "1 run with no routing on the line: 'S002 on L2'" in str(caught.value)


def test_a_better_factory_never_makes_a_worse_plan_and_the_scenarios_stay(random_case):
    demand, factory = random_case(4, n_skus=6, n_periods=4, n_scenarios=9)
    plan = plan_production(demand, factory, n_scenarios=9, method="heuristic")
    _, wider = random_case(4, n_skus=6, n_periods=4, n_scenarios=9, load=0.6)
    answer = what_if(plan, wider, demand, method="heuristic")
    assert answer.kept.expected_profit >= plan.expected_profit
    assert answer.best.expected_profit >= answer.kept.expected_profit
    assert answer.comparison.notes == ()
    assert "planned anew" in repr(answer)
    assert "expected profit" in answer._repr_html_()


def test_the_stock_that_a_plan_was_made_with_is_kept_unless_another_is_given(
    fixed_demand, simple_factory
):
    demand, factory = fixed_demand(np.full((2, 1, 1), 30.0)), simple_factory(1)
    stock = pd.DataFrame({"sku": ["S000"], "on_hand": [10.0]})
    plan = plan_production(demand, factory, stock, n_scenarios=2)
    assert plan.runs["quantity"].tolist() == [20]
    assert recost(plan, demand, factory).outlook["lost"].sum() == 0
    none = recost(plan, demand, factory, stock=stock.assign(on_hand=0.0))
    assert none.outlook["lost"].sum() == 10


@pytest.fixture(name="two_modes")
def two_modes_fixture(fixed_demand, simple_factory):
    lanes = [Lane("CN", "sea", 1.0, 1), Lane("CN", "air", 3.0, 0)]
    factory = simple_factory(
        1, lines={"plant": ["CN"]}, lanes=lanes, routing={"moq": 20, "lot_multiple": 5}
    )
    demand = fixed_demand(np.full((2, 1, 4), 30.0))
    return plan_production(demand, factory, n_scenarios=2), demand, factory


def test_a_run_taken_out_without_a_mode_is_taken_out_by_every_mode(two_modes):
    plan, demand, factory = two_modes
    first = plan.runs["period"] == pd.Timestamp(DAY)
    assert set(plan.runs["mode"][first]) == {"sea", "air"}
    left = recost(plan, demand, factory, overrides=override(quantity=0))
    assert left.runs["quantity"].tolist() == plan.runs["quantity"][~first].tolist()


def test_a_run_over_several_modes_is_not_said_to_be_a_group(two_modes):
    plan, demand, factory = two_modes
    assert not plan.reasons["limit"].str.contains("group").any()
    assert not (plan.reasons["binding"] == "group").any()
    small = pd.concat([override(quantity=5), override(quantity=5)]).assign(mode=["sea", "air"])
    with pytest.raises(InfeasiblePlanError, match="S000, by all modes together, is a run of 10"):
        recost(plan, demand, factory, overrides=small)


def test_a_plan_of_other_periods_is_refused(case):
    plan, demand, factory = case
    daily = Plan.from_frame(
        plan.runs[["sku", "line", "period", "quantity"]], freq="D", lead_time_periods=0
    )
    with pytest.raises(ArgumentError, match="Expected plan and demand in the same periods"):
        recost(daily, demand, factory)


def test_runs_that_modes_share_are_costed_at_the_tier_of_the_whole_run(
    fixed_demand, simple_factory
):
    factory = simple_factory(
        1,
        lines={"plant": ["CN"]},
        lanes=[Lane("CN", "sea", 0.1, 1), Lane("CN", "air", 1.5, 0)],
        price_breaks=[PriceBreak("S000", "*", 1, 4.0), PriceBreak("S000", "*", 80, 2.0)],
    )
    demand = fixed_demand(np.full((2, 1, 3), 30.0))
    plan = plan_production(demand, factory, n_scenarios=2)
    first = plan.runs[plan.runs["period"] == pd.Timestamp(DAY)]
    assert first["mode"].tolist() == ["sea", "air"]
    assert first["quantity"].max() < 80 <= first["quantity"].sum()
    again = recost(plan, demand, factory)
    assert again.runs.equals(plan.runs)
    assert dict(again.costs) == dict(plan.costs)
