import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning, InfeasiblePlanError
from c2m.production import Material, MaterialOrder, MaterialUse, plan_production
from c2m.production.replanning import replan

FIRST = pd.Timestamp("2026-11-23")
WEEK = pd.Timedelta("7D")
NO_STOCK = pd.DataFrame({"sku": ["S000"], "on_hand": [0.0]})


@pytest.fixture(name="shop")
def shop_fixture(fixed_demand, simple_factory):
    """Return a factory whose cloth for week 1 is ordered in week 0, and demand of 10 a week."""

    def _factory(on_hand, lead=1, **more):
        return simple_factory(
            1,
            materials=[Material("CLOTH", "m", on_hand, 1.0, lead_time_periods=lead)],
            bill_of_materials=[MaterialUse("S000", "CLOTH", 1.0)],
            **more,
        )

    def _demand(week, n_periods):
        return fixed_demand(np.full((1, 1, n_periods), 10.0), cutoff=FIRST + (week - 1) * WEEK)

    return _factory, _demand


def sizes(plan):
    table = plan.runs
    return dict(zip(((table["period"] - FIRST).dt.days // 7), table["quantity"], strict=True))


def test_material_that_the_old_plan_has_ordered_comes_when_it_was_to_come(shop):
    factory, demand = shop
    plan = plan_production(demand(0, 4), factory(10.0), n_scenarios=1)
    with pytest.warns(C2MWarning, match="1 orders of the plan .of 'CLOTH'. are taken to come as"):
        again = replan(plan, demand(1, 3), factory(0.0), stock=NO_STOCK)
    assert sizes(again) == {1: 10, 2: 10, 3: 10}
    assert again.inputs["material_orders"]["quantity"].tolist() == [10.0]
    with pytest.warns(C2MWarning, match="1 orders of the plan .of 'CLOTH'. are taken to come as"):
        third = replan(again, demand(2, 2), factory(0.0), stock=NO_STOCK)
    assert sizes(third) == {2: 10, 3: 10}


def test_material_orders_that_are_given_stand_before_those_of_the_plan(shop):
    factory, demand = shop
    plan = plan_production(demand(0, 4), factory(10.0), n_scenarios=1)
    late = factory(0.0, material_orders=[MaterialOrder("CLOTH", FIRST + 3 * WEEK, 4.0)])
    assert sizes(replan(plan, demand(1, 3), late, stock=NO_STOCK)) == {2: 10, 3: 10}
    past = factory(0.0, material_orders=[MaterialOrder("CLOTH", FIRST - 9 * WEEK, 0.0)])
    with pytest.warns(C2MWarning, match="1 of 1 material orders of the plan are not in"):
        again = replan(plan, demand(1, 3), past, stock=NO_STOCK)
    assert sizes(again) == {2: 10, 3: 10}


def test_firm_runs_without_their_material_are_told_where_it_may_be_on_its_way(shop):
    factory, demand = shop
    plan = plan_production(demand(0, 4), factory(10.0), n_scenarios=1)
    none = factory(0.0, material_orders=[MaterialOrder("CLOTH", FIRST + WEEK, 0.0)])
    with pytest.raises(InfeasiblePlanError, match="on its way stands in the factory's material_"):
        replan(plan, demand(1, 3), none, stock=NO_STOCK, frozen_periods=1)


@pytest.fixture(name="tailor")
def tailor_fixture(fixed_demand, simple_factory):
    """Return a factory that buys cloth in hundreds of metres, and demand of one SKU."""
    cloth = Material("CLOTH", "m", unit_cost=3.0, moq=100.0, lot_multiple=100.0)

    def _demand(*units):
        return fixed_demand(np.array([[units]], dtype=float), cutoff=FIRST - WEEK)

    factory = simple_factory(
        1,
        lines={"capacity": [500.0]},
        materials=[cloth],
        bill_of_materials=[MaterialUse("S000", "CLOTH", 1.0)],
    )
    return factory, _demand


@pytest.mark.parametrize("change_cost", [0.0, 10.0])
def test_a_run_does_not_grow_into_another_whole_order_of_its_material(tailor, change_cost):
    factory, demand = tailor
    plan = plan_production(demand(100.0), factory, n_scenarios=1)
    again = replan(plan, demand(104.0), factory, change_cost=change_cost)
    assert sizes(again) == {0: 100}
    assert again.costs["material_surplus"] == 0.0


def test_what_firm_runs_leave_of_their_order_is_counted_for_the_others(tailor):
    factory, demand = tailor
    plan = plan_production(demand(60.0, 30.0), factory, n_scenarios=1)
    again = replan(plan, demand(60.0, 44.0), factory, frozen_periods=1)
    assert sizes(again) == {0: 60, 1: 40}
    assert again.runs["firm"].tolist() == [True, False]
    assert again.costs["material_surplus"] == 0.0


def test_changes_say_which_limit_the_old_runs_would_break_beside_the_others(
    fixed_demand, simple_factory
):
    factory = simple_factory(2, product={"price": [10.0, 20.0]})
    before = fixed_demand(np.array([[[60.0], [40.0]]]), cutoff=FIRST - WEEK)
    plan = plan_production(before, factory, n_scenarios=1)
    now = fixed_demand(np.array([[[60.0], [90.0]]]), cutoff=FIRST - WEEK)
    why = replan(plan, now, factory).changes.set_index("sku")["why"]
    assert why["S000"] == (
        "its demand and stock are about as expected; beside the other runs its old ones do not fit "
        "any more: line L1 is over capacity in the week of 2026-11-23; the old plan as a whole "
        "would earn 1,000.00, the new one 500.00 more"
    )
    assert "its changes alone bring +800.00" in why["S001"]
