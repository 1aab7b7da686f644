import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.production.lotsizing.stochastic.multipliers import SkuCosts, scenario_bound
from c2m.production.lotsizing.stochastic.paths import PathCase, solve_paths
from c2m.production.plan_production import plan_production


def by_enumeration(missing, gain, holding, each, fixed):
    """Return the best value of one SKU on one path: every set of runs, every unit its best run."""
    best, periods = 0.0, len(missing)
    for runs in itertools.product((False, True), repeat=periods):
        value = -sum(fixed[t] for t in range(periods) if runs[t])
        for step in range(periods):
            margins = [gain - each[t] - holding * (step - t) for t in range(step + 1) if runs[t]]
            value += missing[step] * max([0.0, *margins])
        best = max(best, value)
    return best


@pytest.mark.parametrize("seed", range(5))
def test_every_path_gets_its_best_plan_even_where_set_ups_pay(seed):
    rng = np.random.default_rng(seed)
    shape = (5, 2, 3)
    missing = rng.poisson(4, shape).astype(float)
    each, fixed = rng.uniform(0, 12, shape), rng.uniform(-5, 40, shape)
    gain, holding = np.array([[10.0], [8.0]]), np.array([[0.5], [1.5]])
    value, units, runs = solve_paths(PathCase(missing, gain, holding), each, fixed)
    for sku, path in np.ndindex(value.shape):
        best = by_enumeration(
            missing[:, sku, path],
            gain[sku, 0],
            holding[sku, 0],
            each[:, sku, path],
            fixed[:, sku, path],
        )
        assert value[sku, path] == pytest.approx(best)
    assert np.all(runs[fixed < 0] == 1)
    assert np.all((units == 0) | (runs == 1))


def costs_of(seed, n_scenarios):
    rng = np.random.default_rng(seed)
    net = rng.poisson(5, (4, 1, n_scenarios)).cumsum(axis=0).astype(float)
    one = np.ones(1)
    return SkuCosts(
        net,
        10 * one,
        0.4 * one,
        2 * one,
        np.full((4, 1), 4.0),
        np.full((4, 1), 12.0),
        np.zeros((1, 4)),
        one,
    )


def test_more_steps_never_loosen_the_bound_and_one_path_needs_none():
    costs = costs_of(1, 6)
    bounds = [scenario_bound(costs, steps)[0] for steps in (1, 10, 60)]
    assert bounds[0] >= bounds[1] >= bounds[2]
    known = costs_of(2, 1)
    assert scenario_bound(known, 1)[0] == pytest.approx(scenario_bound(known, 20)[0])


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10_000),
    moq=st.integers(0, 8),
    lead=st.integers(0, 1),
    end_value=st.floats(0.0, 3.9),
)
def test_no_exact_plan_is_above_the_proved_bound(
    seed, moq, lead, end_value, fixed_demand, simple_factory
):
    paths = np.random.default_rng(seed).poisson(5, (4, 2, 3))
    factory = simple_factory(
        2,
        lines={"capacity": [14.0], "overtime_limit": [3.0], "overtime_cost": [1.0]},
        product={"holding_cost": 0.4, "end_value": end_value},
        routing={"moq": moq, "setup_cost": 6.0, "setup_time": 1.0, "lead_time_periods": lead},
    )
    demand = fixed_demand(paths)
    exact = plan_production(demand, factory, n_scenarios=4, method="exact")
    quick = plan_production(demand, factory, n_scenarios=4, method="heuristic")
    assert exact.expected_profit <= quick.bound + 1e-6
    assert quick.bound_kind == "proved"


def test_the_bound_is_within_three_percent_on_a_season_of_uncertain_demand(random_case):
    demand, factory = random_case(3, n_skus=12, n_periods=8, n_scenarios=30)
    plan = plan_production(demand, factory, n_scenarios=30, method="heuristic")
    assert plan.bound_from == "scenario prices"
    assert plan.gap <= 0.03
