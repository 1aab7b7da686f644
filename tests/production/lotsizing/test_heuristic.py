import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.production.plan_production import plan_production


@pytest.mark.parametrize("seed", range(3))
def test_the_heuristic_is_near_the_exact_plan_and_below_every_bound(seed, random_case):
    demand, factory = random_case(seed, n_skus=3, n_periods=5, n_scenarios=6)
    quick, exact = (
        plan_production(demand, factory, n_scenarios=6, method=method)
        for method in ("heuristic", "exact")
    )
    assert quick.expected_profit <= exact.bound + 1e-6
    assert quick.bound >= exact.expected_profit - 1e-6
    assert quick.expected_profit >= 0.97 * exact.expected_profit
    assert (quick.method, quick.bound_kind, quick.bound_from) == (
        "heuristic",
        "proved",
        "scenario prices",
    )


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), moq=st.integers(0, 8), lead=st.integers(0, 1))
def test_no_exact_plan_is_above_the_bound_of_a_quick_plan(
    seed, moq, lead, fixed_demand, simple_factory
):
    paths = np.random.default_rng(seed).poisson(5, (3, 2, 3))
    factory = simple_factory(
        2,
        lines={"capacity": [14.0], "overtime_limit": [3.0], "overtime_cost": [1.0]},
        product={"holding_cost": 0.4},
        routing={"moq": moq, "setup_cost": 6.0, "setup_time": 1.0, "lead_time_periods": lead},
    )
    demand = fixed_demand(paths)
    exact = plan_production(demand, factory, n_scenarios=3, method="exact")
    quick = plan_production(demand, factory, n_scenarios=3, method="heuristic")
    assert quick.expected_profit <= exact.expected_profit + 1e-6
    assert exact.expected_profit <= quick.bound + 1e-6


def test_with_one_known_path_the_bound_is_tight(random_case):
    demand, factory = random_case(7, n_skus=30, n_periods=6)
    known = type(demand)(demand.paths[:1], demand.skus)
    plan = plan_production(known, factory, n_scenarios=1, method="heuristic")
    assert plan.gap < 0.06


def test_a_plan_is_never_worse_than_making_nothing(fixed_demand, simple_factory):
    factory = simple_factory(2, routing={"setup_cost": 1e6})
    plan = plan_production(
        fixed_demand(np.full((4, 2, 3), 9.0)), factory, n_scenarios=4, method="heuristic"
    )
    assert plan.runs.empty
    assert plan.expected_profit == pytest.approx(0.0)


def test_where_end_values_pay_for_making_the_bound_is_not_called_proved(
    fixed_demand, simple_factory
):
    with pytest.warns(UserWarning, match="end_value"):
        factory = simple_factory(1, product={"end_value": 6.0})
    plan = plan_production(
        fixed_demand(np.full((4, 1, 3), 9.0)), factory, n_scenarios=4, method="heuristic"
    )
    assert (plan.bound_kind, plan.bound_from) == ("heuristic", "columns found")
