import numpy as np
import pandas as pd
import pytest

from c2m.production.factory import Material, MaterialUse
from c2m.production.lotsizing.draft import Draft
from c2m.production.plan_production import plan_production, read_problem
from c2m.production.reliefs import without_moq


def test_missing_hours_are_reported_by_line_and_week(fixed_demand, simple_factory):
    factory = simple_factory(
        1, lines={"capacity": [30.0], "unit": ["minutes"]}, routing={"unit_time": 2.0}
    )
    plan = plan_production(fixed_demand(np.full((2, 1, 2), 20.0)), factory, n_scenarios=2)
    short = plan.shortfalls
    assert short["line"].tolist() == ["L1", "L1"]
    np.testing.assert_allclose(short["units"], [5.0, 5.0])
    np.testing.assert_allclose(short["short"], [10.0, 10.0])
    assert short["unit"].tolist() == ["minutes", "minutes"]


def test_missing_hours_are_those_of_all_units_that_are_begun(fixed_demand, simple_factory):
    routing = {"unit_time": 2.0, "yield_share": 0.8}
    factory = simple_factory(1, lines={"capacity": [30.0], "unit": ["minutes"]}, routing=routing)
    plan = plan_production(fixed_demand(np.full((2, 1, 1), 20.0)), factory, n_scenarios=2)
    (short,) = plan.shortfalls.itertuples()
    assert short.units == pytest.approx(20.0 - 15 * 0.8)
    assert short.short == pytest.approx((20.0 - 15 * 0.8) / 0.8 * 2.0)


def test_missing_material_is_that_of_all_units_that_are_begun(fixed_demand, simple_factory):
    factory = simple_factory(
        1,
        routing={"yield_share": 0.8},
        materials=[Material("CLOTH", "m", on_hand=30.0, lead_time_periods=9)],
        bill_of_materials=[MaterialUse("S000", "CLOTH", 2.0)],
    )
    plan = plan_production(fixed_demand(np.full((2, 1, 1), 20.0)), factory, n_scenarios=2)
    short = plan.shortfalls.set_index("what").filter(like="CLOTH", axis=0).iloc[0]
    assert short["units"] == pytest.approx(20.0 - 15 * 0.8)
    assert short["short"] == pytest.approx((20.0 - 15 * 0.8) / 0.8 * 2.0)


def test_the_weeks_in_which_a_line_stands_still_are_named_with_their_hours(
    fixed_demand, simple_factory
):
    shut = pd.DataFrame({"line": ["L1"], "first_day": ["2026-11-23"], "last_day": ["2026-11-29"]})
    factory = simple_factory(1, routing={"unit_time": 2.0}, shutdowns=shut)
    plan = plan_production(fixed_demand(np.full((2, 1, 3), 10.0)), factory, n_scenarios=2)
    short = plan.shortfalls
    assert short["period"].tolist() == [plan.periods[0]]
    assert (short["units"].tolist(), short["short"].tolist()) == ([10.0], [20.0])
    assert "stands still" in short["what"].iloc[0]
    assert short["relief"].iloc[0] == "each more piece would earn 3.00"


def test_capacity_is_worth_what_one_more_unit_of_it_earns(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 2), 80.0))
    lines = {"overtime_limit": [20.0], "overtime_cost": [1.0]}
    plans = [
        plan_production(demand, simple_factory(1, lines={**lines, "capacity": [size]}))
        for size in (50.0, 51.0)
    ]
    gained = plans[1].expected_profit - plans[0].expected_profit
    assert gained == pytest.approx(plans[0].line_load["price"].sum())
    assert "each more piece would earn 6.00" in plans[0].shortfalls["relief"].iloc[0]


def test_no_line_is_named_as_a_way_out_that_cannot_make_the_sku(fixed_demand, simple_factory):
    factory = simple_factory(
        2,
        lines={"line": ["L1", "L2"], "capacity": [50.0, 500.0], "unit": ["pieces"] * 2},
        routing={"sku": ["S000", "S001", "S001"], "line": ["L1", "L1", "L2"]},
    )
    plan = plan_production(fixed_demand(np.full((2, 2, 2), 60.0)), factory, n_scenarios=2)
    assert plan.shortfalls["line"].tolist() == ["L1", "L1"]
    assert not plan.shortfalls["relief"].str.contains("L2").any()


def test_room_elsewhere_is_named_with_what_it_would_earn(fixed_demand, simple_factory):
    factory = simple_factory(1, lines={"capacity": [50.0]}, product={"holding_cost": 9.0})
    demand = fixed_demand(np.array([[[10.0, 150.0, 10.0]]] * 2))
    relief = plan_production(demand, factory, n_scenarios=2).shortfalls["relief"]
    where = "40.0 pieces are free on L1 in the week of 2026-11-23"
    assert f"{where}, where one more unit would bring -3.00" in relief.iloc[0]


def test_room_that_is_overtime_is_called_overtime(fixed_demand, simple_factory):
    factory = simple_factory(
        1,
        lines={"capacity": [50.0], "overtime_limit": [20.0], "overtime_cost": [1.0]},
        product={"holding_cost": 5.0},
    )
    demand = fixed_demand(np.array([[[50.0, 150.0, 10.0]]] * 2))
    short = plan_production(demand, factory, n_scenarios=2).shortfalls
    where = "20.0 pieces of overtime are free on L1 in the week of 2026-11-23"
    assert f"{where}, where one more unit would bring next to nothing" in short["relief"].iloc[0]


def test_overtime_that_costs_too_much_is_said_once(fixed_demand, simple_factory):
    factory = simple_factory(
        1, lines={"capacity": [50.0], "overtime_limit": [20.0], "overtime_cost": [7.0]}
    )
    plan = plan_production(fixed_demand(np.full((2, 1, 3), 60.0)), factory, n_scenarios=2)
    assert plan.shortfalls["relief"].tolist() == [
        "20.0 pieces of overtime are left, but cost 7.00 a piece and would earn 6.00"
    ] * len(plan.shortfalls)
    assert len(plan.shortfalls) > 0
    assert set(plan.shortfalls["way"]) == {"order refused"}  # no hours that are worth their price


def test_shortfalls_without_worth_or_of_less_than_a_unit_are_left_out(fixed_demand, simple_factory):
    factory = simple_factory(1, lines={"capacity": [50.0]})
    for wanted, rows in ((50.6, 0), (52.0, 1)):
        plan = plan_production(fixed_demand(np.full((2, 1, 1), wanted)), factory, n_scenarios=2)
        assert len(plan.shortfalls) == rows
    lots = simple_factory(
        1, lines={"capacity": [50.0]}, product={"end_value": 3.9}, routing={"lot_multiple": 40}
    )
    plan = plan_production(fixed_demand([[[50.0]]]), lots, n_scenarios=1)
    assert plan.outlook["lost"].sum() == 10
    assert plan.line_load["price"].tolist() == [0.0]
    assert plan.shortfalls.empty


def test_the_most_valuable_shortfall_comes_first(fixed_demand, simple_factory):
    factory = simple_factory(
        2,
        lines={"line": ["L1", "L2"], "capacity": [50.0, 50.0], "unit": ["pieces"] * 2},
        routing={"line": ["L1", "L2"]},
        product={"price": [5.0, 40.0]},
    )
    demand = fixed_demand(np.array([[[70.0, 70.0], [60.0, 75.0]]] * 2))
    short = plan_production(demand, factory, n_scenarios=2).shortfalls
    weeks = short["period"].dt.strftime("%m-%d")
    assert list(zip(short["line"], weeks, strict=True)) == [
        ("L2", "11-30"),
        ("L2", "11-23"),
        ("L1", "11-23"),
        ("L1", "11-30"),
    ]


def test_a_moq_that_no_week_has_room_for_is_said_to_be_waived_with_what_that_brings(
    fixed_demand, simple_factory
):
    shut = pd.DataFrame({"line": ["L1"], "first_day": ["2026-11-23"], "last_day": ["2026-11-26"]})
    factory = simple_factory(1, shutdowns=shut, routing={"moq": 60})
    plan = plan_production(fixed_demand(np.full((2, 1, 1), 30.0)), factory, n_scenarios=2)
    short = plan.shortfalls.iloc[0]
    assert (short["way"], short["gain"]) == ("MOQ waived", 180.0)
    waived = simple_factory(1, shutdowns=shut)
    better = plan_production(fixed_demand(np.full((2, 1, 1), 30.0)), waived, n_scenarios=2)
    assert better.expected_profit - plan.expected_profit == short["gain"]
    way = "a run of 30 of S000 on L1 in the week of 2026-11-23 would bring +180.00"
    assert way in short["relief"]


def test_more_hours_are_the_way_where_nothing_else_pays_with_what_they_would_earn(
    fixed_demand, simple_factory
):
    factory = simple_factory(1, lines={"capacity": [50.0]})
    plan = plan_production(fixed_demand(np.full((2, 1, 1), 60.0)), factory, n_scenarios=2)
    short = plan.shortfalls.iloc[0]
    assert (short["way"], short["gain"]) == ("hours", 60.0)
    wide = plan_production(
        fixed_demand(np.full((2, 1, 1), 60.0)),
        simple_factory(1, lines={"capacity": [60.0]}),
        n_scenarios=2,
    )
    assert wide.expected_profit - plan.expected_profit == short["gain"]


def test_room_that_is_too_little_for_the_next_lot_is_the_way_out_without_it(
    fixed_demand, simple_factory
):
    factory = simple_factory(
        1, lines={"capacity": [41.0]}, product={"end_value": 3.9}, routing={"lot_multiple": 40}
    )
    plan = plan_production(fixed_demand(np.full((2, 1, 1), 79.0)), factory, n_scenarios=2)
    short = plan.shortfalls.iloc[0]
    assert (short["way"], short["gain"]) == ("MOQ waived", 6.0)
    assert "without its multiple of 40 a run of 41 of S000 on L1" in short["relief"]


def test_the_way_out_without_a_smallest_lot_keeps_multiples_and_the_largest_lot(
    fixed_demand, simple_factory
):
    def _way(wanted, made, item, **given):
        factory = simple_factory(len(made), **given)
        demand = fixed_demand(np.full((2, len(made), 1), wanted))
        problem, _ = read_problem(demand, factory, None, None, n_scenarios=2, seed=0)
        return without_moq(Draft(problem, np.array(made)[:, None]), item, 0, wanted)

    lots = {"moq": 60, "lot_multiple": 5}
    way = _way(80.0, [80, 0], 1, lines={"capacity": [109.0]}, routing=lots)
    assert "without its MOQ of 60 a run of 25 of S001 on L1" in way.text
    assert way.gain == pytest.approx(25 * 6.0)
    assert _way(80.0, [40], 0, routing={"lot_multiple": 5, "max_lot": 42.0}) is None


def test_what_arrives_after_the_plan_can_only_be_refused(fixed_demand, simple_factory):
    factory = simple_factory(1, routing={"lead_time_periods": 4})
    plan = plan_production(fixed_demand(np.full((2, 1, 2), 30.0)), factory, n_scenarios=2)
    short = plan.shortfalls.iloc[0]
    assert (short["way"], short["gain"]) == ("order refused", 0.0)
