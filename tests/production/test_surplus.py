from datetime import date

import numpy as np
import pandas as pd
import pytest

from c2m.production import recost
from c2m.production.bought import orders_of
from c2m.production.factory import Budget, Material, MaterialUse, Policy
from c2m.production.plan_production import plan_production, read_problem
from c2m.production.surplus import ordered_more, surplus_change


def cloth(**more):
    return {
        "materials": [Material("CLOTH", "m", unit_cost=1.0, lead_time_periods=0, **more)],
        "bill_of_materials": [MaterialUse("S000", "CLOTH", 2.0), MaterialUse("S001", "CLOTH", 1.5)],
    }


@pytest.mark.parametrize("lots", [{"lot_multiple": 50.0}, {"moq": 70.0}, {"on_hand": 40.0}])
def test_what_changes_leave_of_materials_is_what_their_orders_leave(
    lots, fixed_demand, simple_factory
):
    demand = fixed_demand(np.full((2, 3, 4), 20.0))
    factory = simple_factory(3, **cloth(**lots))
    problem, _ = read_problem(demand, factory, None, None, n_scenarios=2, seed=0)
    rng = np.random.default_rng(1)
    made = rng.integers(0, 40, problem.items.most.shape)
    item, when = (index.ravel() for index in np.indices(made.shape))
    size = rng.integers(0, 60, len(item))

    def _paid(plan):
        return sum(orders_of(each, plan).cost for each in problem.bought)

    found = surplus_change(problem, made, item, when, size)
    for number, change in enumerate(found):
        other = made.copy()
        other[item[number], when[number]] = size[number]
        assert change == pytest.approx(_paid(other) - _paid(made), abs=1e-9)
    named = np.array(ordered_more(problem, made, item, when, size))
    assert ((named == "CLOTH") == (found > 0)).all()


def test_material_that_is_paid_anyway_costs_the_last_unit_nothing(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 1), 30.0))
    tables = cloth(lot_multiple=100.0)
    tables["bill_of_materials"] = tables["bill_of_materials"][:1]
    plan = plan_production(demand, simple_factory(1, **tables), n_scenarios=2)
    run, reason = plan.runs.iloc[0], plan.reasons.iloc[0]
    own = plan.runs[["sku", "line", "period", "quantity"]].assign(quantity=run["quantity"] - 1)
    less = recost(plan, demand, simple_factory(1, **tables), overrides=own)
    lost = plan.expected_profit - less.expected_profit
    assert reason["last_unit"] == pytest.approx(lost)


def test_a_lot_that_would_need_another_order_says_so(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 1), 60.0))
    tables = cloth(lot_multiple=100.0)
    tables["bill_of_materials"] = tables["bill_of_materials"][:1]
    tables["materials"] = [
        Material("CLOTH", "m", unit_cost=2.0, lot_multiple=100.0, lead_time_periods=0)
    ]
    plan = plan_production(demand, simple_factory(1, **tables), n_scenarios=2)
    reason = plan.reasons.iloc[0]
    assert plan.runs["quantity"].tolist() == [50]
    assert reason["binding"] == "order CLOTH"
    assert reason["limit"] == "a lot more needs another whole order of CLOTH"


def test_lost_units_are_booked_once_and_money_that_only_a_new_plan_can_tell_is_unknown(
    fixed_demand, simple_factory
):
    weeks = pd.date_range("2026-11-23", periods=3, freq="7D").date
    budgets = [Budget("*", day, day, 100.0) for day in weeks]
    factory = simple_factory(2, lines={"capacity": [30.0]}, budgets=budgets)
    plan = plan_production(fixed_demand(np.full((2, 2, 3), 20.0)), factory, n_scenarios=2)
    short = plan.shortfalls
    assert set(short["way"]) == {"more budget"}
    assert short["gain"].isna().all()
    assert (short["units"] >= 1).all()
    assert short["units"].sum() <= plan.outlook["lost"].sum() + 1e-9
    assert "would earn about" in short["relief"].iloc[0]


def test_no_relief_is_in_a_frozen_period_of_a_plan_that_is_costed_again(
    fixed_demand, simple_factory
):
    calm = simple_factory(1, lines={"capacity": [50.0]}, policy=Policy(frozen_periods=1))
    demand = fixed_demand(np.array([[[0.0, 80.0, 80.0]]] * 2))
    plan = plan_production(demand, calm, n_scenarios=2)
    again = recost(plan, demand, calm)
    assert len(again.shortfalls) > 0
    assert not again.shortfalls["relief"].str.contains("2026-11-23").any()


def test_the_set_up_of_every_run_is_within_the_budget(fixed_demand, simple_factory):
    budget = [Budget("*", date(2026, 11, 23), date(2026, 11, 30), 90.0)]
    factory = simple_factory(2, routing={"setup_cost": 10.0}, budgets=budget)
    plan = plan_production(fixed_demand(np.full((2, 2, 1), 20.0)), factory, n_scenarios=2)
    assert plan.costs["production"] + plan.costs["setup"] <= 90.0 + 1e-9
