import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, InfeasiblePlanError
from c2m.production.factory import Policy
from c2m.production.plan_production import plan_production


@pytest.fixture(name="case")
def case_fixture(fixed_demand, simple_factory):
    """Return known demand and a factory in which no sale pays for its run."""

    def _case(paths, **lines):
        count = np.shape(paths)[1]
        factory = simple_factory(
            count,
            lines={"capacity": [8.0], "unit": ["minutes"], **lines},
            product={"price": 1.0, "unit_cost": 1.0, "end_value": 0.0, "holding_cost": 0.5},
            routing={"setup_time": 1.0, "setup_cost": 3.0},
        )
        return fixed_demand(paths), factory

    return _case


PATHS = [[[1, 2, 2], [0, 2, 3]]]


def test_serving_all_makes_what_money_alone_would_not(case):
    demand, factory = case(PATHS)
    assert len(plan_production(demand, factory).runs) == 0
    plan = plan_production(demand, factory, serve_all=True)
    assert plan.outlook["lost"].sum() == 0
    assert plan.runs["quantity"].sum() == 10
    assert plan.bound_kind == "proved"
    assert plan.costs["lost_sale_penalty"] == 0
    assert plan.expected_profit == pytest.approx(plan.bound)


def test_stock_on_hand_is_served_first(case):
    demand, factory = case(PATHS)
    stock = pd.DataFrame({"sku": ["S000", "S001"], "on_hand": [5, 0]})
    plan = plan_production(demand, factory, stock, serve_all=True)
    assert set(plan.runs["sku"]) == {"S001"}
    assert plan.runs["quantity"].sum() == 5


def test_demand_beyond_the_capacity_is_refused_with_what_is_short(case):
    demand, factory = case([[[1, 9, 2], [0, 9, 3]]])
    with pytest.raises(InfeasiblePlanError, match=r"line L1 is [\d.]+ minutes short") as caught:
        plan_production(demand, factory, serve_all=True)
    assert "more minutes of line L1" in caught.value.relief


def test_demand_in_frozen_periods_is_refused_with_the_freeze(fixed_demand, simple_factory):
    factory = simple_factory(1, policy=Policy(frozen_periods=1))
    with pytest.raises(InfeasiblePlanError, match="frozen_periods=1: no run may begin") as caught:
        plan_production(fixed_demand(np.full((1, 1, 3), 10.0)), factory, serve_all=True)
    assert "fewer frozen_periods" in caught.value.relief


def test_demand_that_is_not_known_is_refused_with_the_way_out(case):
    demand, factory = case([*PATHS, [[1, 2, 2], [0, 2, 4]]])
    with pytest.raises(ArgumentError, match=r"scenarios differ from the first.*fill_rate="):
        plan_production(demand, factory, serve_all=True)


def test_serving_all_leaves_no_room_for_a_level_of_service(case):
    demand, factory = case(PATHS)
    with pytest.raises(ArgumentError, match="serve_all or a level of service"):
        plan_production(demand, factory, serve_all=True, fill_rate=0.9)


def test_the_exact_way_betters_a_plan_of_known_demand_that_is_not_small(random_case):
    demand, factory = random_case(4, n_skus=8, n_periods=8, n_scenarios=1, load=1.2)
    quick = plan_production(demand, factory, n_scenarios=1, method="heuristic")
    plan = plan_production(demand, factory, n_scenarios=1, method="exact")
    slack = 1e-9 * plan.bound
    assert quick.expected_profit < plan.expected_profit <= plan.bound + slack
    assert plan.bound <= quick.bound + slack
    assert plan.method == "kernel"
