import numpy as np
import pytest

from c2m.errors import ArgumentError, InfeasiblePlanError
from c2m.production.factory.settings import Policy
from c2m.production.lotsizing.one_period import solve_one_period
from c2m.production.plan_production import plan_production, read_problem
from c2m.production.policy import ServiceLevel, service_level, service_of, solve_with_service


def solve_quietly(problem):
    return solve_one_period(problem, lambda stage: None)


def one_period(fixed_demand, simple_factory, capacity=60.0):
    """Return demand for three SKUs with little margin in one period, and a factory."""
    paths = np.random.default_rng(4).poisson(8, (40, 3, 1))
    factory = simple_factory(
        3,
        lines={"capacity": [capacity]},
        product={"price": [5.0, 6.0, 7.0], "end_value": 1.0},
    )
    return fixed_demand(paths), factory


def units_met(plan):
    lost, demand = (plan.outlook[name].sum(axis=1) for name in ("lost", "demand"))
    return (1 - lost / demand).min()


@pytest.mark.parametrize("fill_rate", [0.9, 0.99])
def test_every_sku_reaches_the_fill_rate_with_few_units_too_many(
    fill_rate, fixed_demand, simple_factory
):
    demand, factory = one_period(fixed_demand, simple_factory)
    free = plan_production(demand, factory, n_scenarios=40)
    plan = plan_production(demand, factory, n_scenarios=40, fill_rate=fill_rate)
    assert units_met(free) < fill_rate <= units_met(plan) + 1e-9
    assert plan.expected_profit <= plan.bound <= free.bound + 1e-6
    paths = demand.paths[:, :, 0]
    for sku, made in zip(range(3), plan.runs["quantity"], strict=True):
        lost = np.maximum(paths[:, sku] - (made - 2), 0).mean() / paths[:, sku].mean()
        assert 1 - lost < fill_rate  # two units less would not do


def test_over_several_periods_every_sku_reaches_the_fill_rate(fixed_demand, simple_factory):
    paths = np.random.default_rng(4).poisson(8, (10, 2, 3))
    factory = simple_factory(
        2, lines={"capacity": [60.0]}, product={"price": 5.0}, routing={"setup_cost": 4.0}
    )
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=10, fill_rate=0.95)
    assert units_met(plan) >= 0.95 - 1e-9
    assert plan.bound_kind == "proved"


def test_the_cycle_service_level_counts_periods_without_a_lost_sale(fixed_demand, simple_factory):
    demand, factory = one_period(fixed_demand, simple_factory)
    plan = plan_production(demand, factory, n_scenarios=40, cycle_service_level=0.95)
    paths, made = demand.paths[:, :, 0], plan.runs["quantity"].to_numpy()
    assert (paths <= made).mean(axis=0).min() >= 0.95


def test_a_level_over_all_skus_costs_no_more_than_one_for_each(fixed_demand, simple_factory):
    problem, _ = read_problem(
        *one_period(fixed_demand, simple_factory), None, None, n_scenarios=40, seed=0
    )
    together = ServiceLevel("fill_rate", 0.97, each_sku=False)
    one, each = (
        solve_with_service(problem, level, solve_quietly)
        for level in (together, ServiceLevel("fill_rate", 0.97))
    )
    assert service_of(problem, one.made, together)[0] >= 0.97 - 1e-9
    assert one.profit >= each.profit - 1e-6


def test_a_level_beyond_the_capacity_is_refused_with_what_is_reachable(
    fixed_demand, simple_factory
):
    demand = fixed_demand(np.full((3, 2, 1), 9.0))
    factory = simple_factory(2, lines={"capacity": [9.0]})
    with pytest.raises(InfeasiblePlanError, match=r"SKUs do not reach fill_rate 0\.9"):
        plan_production(demand, factory, n_scenarios=3, fill_rate=0.9)
    problem, _ = read_problem(demand, factory, None, None, n_scenarios=3, seed=0)
    level = ServiceLevel("fill_rate", 0.9, each_sku=False)
    with pytest.raises(InfeasiblePlanError, match=r"found has 0\.5000") as caught:
        solve_with_service(problem, level, solve_quietly)
    assert "plan with fill_rate=0.500" in str(caught.value)


def test_the_policy_of_the_factory_counts_where_no_level_is_given():
    policy = Policy(fill_rate=0.9)
    assert service_level(policy, None, None) == ServiceLevel("fill_rate", 0.9)
    assert service_level(policy, None, 0.8) == ServiceLevel("cycle_service_level", 0.8)
    assert service_level(Policy(), None, None) is None


@pytest.mark.parametrize(("fill_rate", "cycle"), [(0.9, 0.9), (1.0, None), (None, 0.0)])
def test_levels_that_are_no_levels_are_refused(fill_rate, cycle):
    with pytest.raises(ArgumentError):
        service_level(Policy(), fill_rate, cycle)
