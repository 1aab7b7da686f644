from dataclasses import replace

import numpy as np
import pytest

from c2m.production.align import align
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits, line_usage
from c2m.production.lotsizing.decomposition.fill import fill
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.plan_production import plan_production

PRODUCTS = {
    "price": [13.9, 22.7],
    "unit_cost": [4.0, 2.2],
    "end_value": [0.8, 1.5],
    "holding_cost": [0.42, 0.0],
}


def many_lines(simple_factory, count):
    """Return a factory of lines that have two SKUs each and room for part of what is wanted."""
    return simple_factory(
        2 * count,
        lines={
            "line": [f"L{number:02d}" for number in range(count)],
            "capacity": [11.0] * count,
            "unit": ["pieces"] * count,
        },
        product={name: values * count for name, values in PRODUCTS.items()},
        routing={
            "line": [f"L{number:02d}" for number in range(count) for _ in range(2)],
            "unit_time": [1.0, 0.5] * count,
        },
    )


@pytest.mark.parametrize(("method", "count"), [("heuristic", 1), ("auto", 30)])
def test_a_demand_that_no_line_holds_as_a_whole_is_made_in_part(
    fixed_demand, simple_factory, method, count
):
    demand = fixed_demand(np.array([[[16.0, 12.0], [2.0, 4.0]] * count]))
    plan = plan_production(demand, many_lines(simple_factory, count), n_scenarios=1, method=method)
    assert plan.expected_profit == pytest.approx(311.1 * count)
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def lost_case(random_case, seed):
    """Return a problem of one path, its capacity halved, and its arrays."""
    demand, factory = random_case(seed, n_skus=12, n_periods=6, n_lines=2)
    one = type(demand)(demand.paths[:1], demand.skus)
    nothing = np.zeros(12), np.zeros((12, 6))
    problem = align(one, factory, *nothing, n_scenarios=1, seed=0)
    problem = replace(problem, regular=problem.regular / 2)
    return problem, Known.of(problem)


@pytest.mark.parametrize("seed", range(4))
def test_filling_holds_every_limit_and_earns_what_it_says(random_case, seed):
    problem, known = lost_case(random_case, seed)
    nothing = np.zeros_like(problem.items.most)
    made = fill(problem, known, nothing)
    assert not broken_limits(problem, made)
    assert profit(problem, made) > profit(problem, nothing)
    again = fill(problem, known, made)
    assert profit(problem, again) >= profit(problem, made)


def test_filling_stops_at_overtime_that_costs_more_than_units_bring(random_case):
    problem, _ = lost_case(random_case, 1)
    problem = replace(problem, overtime_cost=np.full(len(problem.lines), 1e6))
    made = fill(problem, Known.of(problem), np.zeros_like(problem.items.most))
    assert np.all(line_usage(problem, made) <= problem.regular + 1e-6)


def test_where_nothing_is_lost_the_plan_stays_as_it_is(random_case):
    problem, known = lost_case(random_case, 2)
    known = replace(known, wanted=np.zeros_like(known.wanted))
    made = np.zeros_like(problem.items.most)
    assert fill(problem, known, made) is made
