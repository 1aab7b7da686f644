import itertools
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.errors import InfeasiblePlanError
from c2m.production.align import align
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition import solve_known
from c2m.production.lotsizing.exact import solve_exact
from c2m.production.lotsizing.kernel import cuts, serve_all_demand, solve_kernel
from c2m.production.lotsizing.kernel.cuts import tighten
from c2m.production.lotsizing.kernel.first import serve_at_any_cost
from c2m.production.lotsizing.kernel.served import with_shares
from c2m.production.lotsizing.kernel.strict import units_lost
from c2m.production.lotsizing.mip import relaxed, resolve
from c2m.production.lotsizing.solution import Solution
from c2m.production.lotsizing.write_programme import write_programme


def silent(stage):
    """Show nothing."""


def one_path(case, *, lots=False):
    """Return the problem of the first path of a case, without MOQs and multiples unless asked."""
    demand, factory = case
    one = type(demand)(demand.paths[:1], demand.skus)
    count, periods = demand.paths.shape[1:]
    problem = align(
        one, factory, np.zeros(count), np.zeros((count, periods)), n_scenarios=1, seed=0
    )
    if lots:
        return problem
    ones = np.ones_like(problem.items.moq)
    return replace(problem, items=replace(problem.items, moq=ones, multiple=ones))


def nothing(problem):
    """Return the plan without a run."""
    made = np.zeros_like(problem.items.most)
    prices = np.zeros(problem.regular.shape)
    return Solution(made, profit(problem, made), prices, np.inf, False, "nothing", "nothing")


def cheapest_that_serves_all(demand, capacity, setup_time, setup_cost, holding):
    """Try every run size of every SKU in every period; one unit takes one unit of capacity."""
    best = np.inf
    totals = demand.sum(axis=1)
    sizes = [range(int(total) + 1) for total in totals for _ in range(demand.shape[1])]
    for flat in itertools.product(*sizes):
        made = np.array(flat).reshape(demand.shape)
        stock = made.cumsum(axis=1) - demand.cumsum(axis=1)
        used = (made + setup_time[:, None] * (made > 0)).sum(axis=0)
        if np.any(stock < 0) or np.any(used > capacity):
            continue
        cost = (setup_cost[:, None] * (made > 0)).sum() + (holding[:, None] * stock).sum()
        best = min(best, float(cost))
    return best


def strict_case(fixed_demand, simple_factory, demand, capacity):
    """Return a problem in which a sale earns nothing, so that only strictness makes units."""
    factory = simple_factory(
        len(demand),
        lines={"capacity": [capacity], "unit": ["minutes"]},
        product={
            "price": [1.0] * len(demand),
            "unit_cost": [1.0] * len(demand),
            "end_value": [0.0] * len(demand),
            "holding_cost": [0.5] * len(demand),
        },
        routing={"setup_time": [1.0] * len(demand), "setup_cost": [3.0] * len(demand)},
    )
    return one_path((fixed_demand(np.array([demand], dtype=float)), factory))


def trigeiro(shared_data, name):
    """Return the problem of a published case: capacity is strict and a sale earns nothing."""
    with zipfile.ZipFile(shared_data / "lot_sizing" / "trigeiro_X.zip") as files:
        (path,) = (each for each in files.namelist() if each.endswith(name))
        text = files.read(path).decode()
    rows = [[float(cell) for cell in line.split()] for line in text.splitlines()[:33] if line]
    count, periods = (int(number) for number in rows[0])
    items = np.array(rows[3 : 3 + count])
    demand = np.array(rows[3 + count : 3 + count + periods]).T
    return demand, rows[2][0], items


def published(shared_data, name, fixed_demand, simple_factory):
    """Return a published case in which serving all demand is the aim."""
    demand, capacity, items = trigeiro(shared_data, name)
    factory = simple_factory(
        len(demand),
        lines={"capacity": [capacity], "unit": ["minutes"]},
        product={
            "price": [1.0] * len(demand),
            "unit_cost": [1.0] * len(demand),
            "end_value": [0.0] * len(demand),
            "holding_cost": items[:, 1],
        },
        routing={"unit_time": items[:, 0], "setup_time": items[:, 2], "setup_cost": items[:, 3]},
    )
    return one_path((fixed_demand(demand[None]), factory))


@pytest.mark.parametrize("seed", range(2))
def test_cuts_lift_the_relaxation_to_the_bound_of_capacity_prices(seed, random_case):
    problem = one_path(random_case(seed, n_skus=4, n_periods=6, n_scenarios=1, n_lines=2))
    loose = replace(problem, items=replace(problem.items, most=0 * problem.items.most + 10**6))
    plain = write_programme(loose, whole=False)
    known = solve_known(loose, silent)
    tight = tighten(loose, plain)
    assert tight.bound == pytest.approx(known.bound, rel=2e-3)
    assert tight.bound >= known.profit - 1e-6
    assert len(tight.programme.rows.low) > len(plain.rows.low)


@pytest.mark.parametrize("lots", [False, True])
def test_shares_of_demand_bound_as_rows_do_and_capacity_bounds_more(lots, random_case, monkeypatch):
    case = random_case(3, n_skus=3, n_periods=5, n_scenarios=1, n_lines=1, load=1.4)
    problem = one_path(case, lots=lots)
    problem = replace(problem, regular=0.5 * problem.regular, overtime=0.0 * problem.overtime)
    plain = write_programme(problem, whole=False)
    shared = with_shares(problem, plain)
    values = resolve(relaxed(shared))
    bound = float(shared.gain @ values) + shared.constant
    tight, best = tighten(problem, plain), solve_exact(problem, nothing(problem), None)
    monkeypatch.setattr(cuts, "MOST_SHARES", 0)
    by_rows = tighten(problem, plain)
    assert bound == pytest.approx(by_rows.bound, rel=2e-3)
    assert best.profit - 1e-6 * abs(best.profit) <= tight.bound <= bound + 1e-6 * abs(bound)
    assert tight.bound < bound - 1e-4 * abs(bound)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6), lots=st.booleans())
def test_the_kernel_never_passes_its_bound_nor_falls_behind_its_start(seed, lots, random_case):
    case = random_case(seed, n_skus=3, n_periods=4, n_scenarios=1, n_lines=1, load=1.2)
    problem = one_path(case, lots=lots)
    start = nothing(problem)
    best = solve_exact(problem, start, None)
    found = solve_kernel(problem, start, silent)
    slack = 1e-6 * abs(best.profit)
    assert not broken_limits(problem, found.made)
    assert found.profit == pytest.approx(profit(problem, found.made))
    assert start.profit <= found.profit <= best.bound + slack
    assert best.profit <= found.bound + slack
    assert found.profit >= best.profit - 0.01 * abs(best.profit)


def test_from_no_plan_the_kernel_comes_as_far_as_the_decomposition_with_the_same_bits(random_case):
    problem = one_path(random_case(2, n_skus=6, n_periods=6, n_scenarios=1, load=1.3))
    known = solve_known(problem, silent)
    found = solve_kernel(problem, nothing(problem), silent)
    assert found.profit >= 0.999 * known.profit
    assert found.bound <= known.bound * (1 + 2e-3)
    again = solve_kernel(problem, nothing(problem), silent)
    assert again.made.tolist() == found.made.tolist()
    assert again.bound == found.bound


def test_a_clock_that_has_run_out_leaves_the_plan_as_it_is(random_case):
    problem = one_path(random_case(3, n_skus=8, n_periods=6, n_scenarios=1, load=1.3))
    start = solve_known(problem, silent)
    ticks = itertools.count(step=100)
    found = solve_kernel(problem, start, silent, seconds=1.0, clock=lambda: float(next(ticks)))
    assert start.profit <= found.profit <= found.bound


@pytest.mark.parametrize("capacity", [6.0, 9.0])
def test_serving_all_demand_costs_what_enumeration_says(capacity, fixed_demand, simple_factory):
    demand = np.array([[1.0, 2.0, 2.0], [0.0, 2.0, 3.0]])
    problem = strict_case(fixed_demand, simple_factory, demand, capacity)
    plan = serve_all_demand(problem, silent)
    best = cheapest_that_serves_all(demand, capacity, np.ones(2), np.full(2, 3.0), np.full(2, 0.5))
    assert units_lost(problem, plan.made).sum() == 0
    assert -plan.profit == pytest.approx(best)
    assert plan.bound == pytest.approx(plan.profit, abs=1e-5)
    assert not broken_limits(problem, plan.made)


def test_demand_that_cannot_be_served_is_refused_with_the_missing_minutes(
    fixed_demand, simple_factory
):
    demand = np.array([[1.0, 9.0, 2.0], [0.0, 9.0, 3.0]])
    problem = strict_case(fixed_demand, simple_factory, demand, 8.0)
    with pytest.raises(InfeasiblePlanError, match="units short") as caught:
        serve_all_demand(problem, silent)
    assert any(
        "line L1 is" in reason and "minutes short" in reason for reason in caught.value.reasons
    )
    assert "more minutes of line L1" in caught.value.relief
    assert caught.value.proved
    assert str(caught.value).startswith("No plan serves all:")


def test_a_search_that_ran_out_of_time_claims_no_more_than_that_it_found_none(
    shared_data, fixed_demand, simple_factory
):
    problem = published(shared_data, "X11429D", fixed_demand, simple_factory)
    ticks = itertools.count(step=100)
    with pytest.raises(InfeasiblePlanError, match=r"No plan was found in 1 s") as caught:
        serve_all_demand(problem, silent, seconds=1.0, clock=lambda: float(next(ticks)))
    assert not caught.value.proved
    assert caught.value.relief.startswith("a longer search")
    assert not any("line" in reason for reason in caught.value.reasons)


def test_a_plan_that_serves_all_of_a_tight_case_is_found_near_to_one_that_loses(
    shared_data, fixed_demand, simple_factory
):
    problem = published(shared_data, "X12429B", fixed_demand, simple_factory)
    costly = replace(problem, penalty=problem.penalty + 10_000.0)
    near = solve_known(costly, silent).made
    assert units_lost(problem, near).sum() > 0
    first = serve_at_any_cost(problem, near)
    assert not first.impossible
    assert units_lost(problem, first.made).sum() == 0
    assert not broken_limits(problem, first.made)
    assert np.count_nonzero((first.made > 0) != (near > 0)) < 20


@pytest.mark.parametrize(("name", "optimum"), [("X11117A", 8375.8), ("X12117A", 7447.8)])
def test_published_optima_with_strict_capacity_are_reached(
    name, optimum, shared_data, fixed_demand, simple_factory
):
    problem = published(shared_data, name, fixed_demand, simple_factory)
    plan = serve_all_demand(problem, silent)
    assert -plan.profit == pytest.approx(optimum)
    assert plan.bound == pytest.approx(plan.profit, rel=1e-6)
