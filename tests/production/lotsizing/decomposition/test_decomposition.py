import hashlib
import itertools
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from c2m.production.align import align
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition import is_known, solve_known
from c2m.production.lotsizing.decomposition.choose import choose
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import best_plans, income, loads
from c2m.production.lotsizing.decomposition.price import price_plans
from c2m.production.lotsizing.exact import solve_exact
from c2m.production.plan_production import plan_production


def silent(stage):
    """Show nothing."""


def known_case(case, *, stock=None, scenario=0):
    """Return the problem of one path of a random case, without MOQs and multiples."""
    demand, factory = case
    one = type(demand)(demand.paths[scenario : scenario + 1], demand.skus)
    count = len(demand.skus)
    on_hand = np.zeros(count) if stock is None else stock
    arriving = np.zeros((count, demand.paths.shape[2]))
    problem = align(one, factory, on_hand, arriving, n_scenarios=1, seed=0)
    ones = np.ones_like(problem.items.moq)
    return replace(problem, items=replace(problem.items, moq=ones, multiple=ones))


def best_of_all_run_periods(known, prices, sku):
    """Try every set of runs; each unit comes from the run that pays most, or is lost."""
    items, ways = known.items, []
    for item in known.item_at[:, sku]:
        made, can = known.when_made(np.array([item]))
        for step in np.flatnonzero(can[:, 0]):
            price = prices[items.line[item], made[step, 0]]
            fixed = items.setup_cost[item] + items.setup_time[item] * price
            ways.append((step, fixed, items.unit_time[item] * price))
    best = 0.0
    for size in range(len(ways) + 1):
        for chosen in itertools.combinations(ways, size):
            value = -sum(way[1] for way in chosen)
            for step, wanted in enumerate(known.wanted[:, sku]):
                options = [0.0]
                for start, _, each in chosen:
                    if start <= step:
                        held = known.holding_cost[sku] * (step - start)
                        options.append(known.worth[sku] - each - held)
                value += max(options) * wanted
            best = max(best, value)
    return best


def relaxed_by_location(known):
    """Return the most that the facility-location relaxation brings, by linear programming."""
    items, n_periods = known.items, known.n_periods
    cost, high, rows, right, column = [], [], {}, {}, 0
    for item in range(len(items.line)):
        (sku,) = np.flatnonzero((known.item_at == item).any(axis=0))
        for start in range(n_periods):
            runs = column
            cost.append(items.setup_cost[item])
            high.append(1.0)
            load = ("load", items.line[item], start)
            rows.setdefault(load, []).append((runs, items.setup_time[item]))
            column += 1
            for step in range(start, n_periods):
                wanted = known.wanted[step, sku]
                held = known.holding_cost[sku] * (step - start)
                cost.append(-(known.worth[sku] - held) * wanted)
                high.append(1.0)
                rows[load].append((column, items.unit_time[item] * wanted))
                rows.setdefault(("all", sku, step), []).append((column, 1.0))
                rows[("link", item, start, step)] = [(column, 1.0), (runs, -1.0)]
                column += 1
    for line, step in itertools.product(range(len(known.regular)), range(n_periods)):
        cost.append(known.overtime_cost[line])
        high.append(known.overtime[line, step])
        rows.setdefault(("load", line, step), []).append((column, -1.0))
        right["load", line, step] = known.regular[line, step]
        column += 1
    matrix, limit = np.zeros((len(rows), column)), np.zeros(len(rows))
    for number, (name, entries) in enumerate(rows.items()):
        limit[number] = right.get(name, 1.0 if name[0] == "all" else 0.0)
        for place, value in entries:
            matrix[number, place] += value
    ends = list(zip([0.0] * column, high, strict=True))
    return -linprog(cost, A_ub=matrix, b_ub=limit, bounds=ends).fun


@pytest.mark.parametrize("seed", range(4))
def test_the_best_plan_of_a_sku_is_the_best_of_all_sets_of_runs(seed, random_case):
    problem = known_case(random_case(seed, n_skus=3, n_periods=5, n_lines=2))
    known = Known.of(problem)
    prices = np.random.default_rng(seed).uniform(0, 8, problem.regular.shape)
    plans, value = best_plans(known, prices)
    brute = [best_of_all_run_periods(known, prices, sku) for sku in range(3)]
    assert value == pytest.approx(brute)
    used = loads(known, plans, np.arange(3), 3)
    assert income(known, plans) - (used * prices.ravel()).sum(axis=1) == pytest.approx(value)


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_that_of_the_facility_location_relaxation(seed, random_case):
    known = Known.of(known_case(random_case(seed, n_skus=8, n_periods=6, n_lines=1 + seed % 2)))
    priced = price_plans(known)
    assert priced.bound == pytest.approx(relaxed_by_location(known), rel=1e-5)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10_000),
    capacity=st.sampled_from([14.0, 40.0]),
    closed=st.integers(0, 3),
    overtime=st.sampled_from([0.0, 5.0]),
    price=st.sampled_from([4.5, 10.0]),
    moq=st.integers(0, 9),
    lead=st.integers(0, 4),
)
def test_no_exact_plan_is_above_the_bound_and_every_limit_holds(
    seed, capacity, closed, overtime, price, moq, lead, fixed_demand, simple_factory
):
    paths = np.random.default_rng(seed).poisson(5, (1, 2, 3))
    factory = simple_factory(
        2,
        lines={"capacity": [capacity], "overtime_limit": [overtime], "overtime_cost": [1.0]},
        product={"holding_cost": 0.4, "price": price},
        routing={"moq": moq, "setup_cost": 6.0, "setup_time": 1.0, "lead_time_periods": lead},
    )
    problem = align(
        fixed_demand(paths), factory, np.zeros(2), np.zeros((2, 3)), n_scenarios=1, seed=0
    )
    works = np.arange(3) >= closed
    items = replace(problem.items, most=problem.items.most * works)
    shut = {"regular": problem.regular * works, "overtime": problem.overtime * works}
    problem = replace(problem, items=items, **shut)
    found = solve_known(problem, silent)
    exact = solve_exact(problem, found, None)
    assert is_known(problem)
    assert not broken_limits(problem, found.made)
    assert found.profit == pytest.approx(profit(problem, found.made))
    assert found.profit <= exact.profit + 1e-6
    assert exact.profit <= found.bound + 1e-6


def test_a_hundred_skus_on_two_lines_far_over_capacity_come_near_the_bound(random_case):
    problem = known_case(random_case(3, n_skus=100, n_periods=13, n_lines=2))
    found = solve_known(problem, silent)
    nothing = np.zeros_like(found.made)
    known = Known.of(problem)
    top = profit(problem, nothing) + (known.worth * known.wanted.sum(axis=0)).sum()
    assert not broken_limits(problem, found.made)
    assert found.bound - found.profit <= 0.025 * (top - found.bound)


def test_known_demand_with_moqs_is_never_planned_worse_than_by_the_heuristic(random_case):
    demand, factory = random_case(5, n_skus=20, n_periods=5)
    one = type(demand)(demand.paths[:1], demand.skus)
    plan = plan_production(one, factory, n_scenarios=1, method="heuristic")
    assert (plan.bound_kind, plan.bound_from) == ("proved", "capacity prices")
    assert plan.gap < 0.03


def test_a_sku_that_does_not_pay_is_not_made(fixed_demand, simple_factory):
    factory = simple_factory(2, routing={"setup_cost": [1e6, 1.0]})
    plan = plan_production(fixed_demand(np.full((1, 2, 3), 9.0)), factory, n_scenarios=1)
    assert plan.runs["sku"].unique().tolist() == ["S001"]


def test_the_choice_never_counts_units_twice(random_case):
    known = Known.of(known_case(random_case(9, n_skus=40, n_periods=8)))
    choice = choose(known, price_plans(known))
    served, wanted = choice.brought.cumsum(axis=0), known.wanted.cumsum(axis=0)
    assert np.all(choice.brought >= 0)
    assert np.all(choice.brought[choice.way < 0] == 0)
    assert np.all(served[-1] <= wanted[-1] + 1e-9)


SCRIPT = """
import hashlib, sys
import numpy as np
from c2m.production.lotsizing.decomposition.known import Known, Terms
from c2m.production.lotsizing.decomposition.choose import choose
from c2m.production.lotsizing.decomposition.price import price_plans
from c2m.production.problem import Items
rng = np.random.default_rng(0)
n, h = 300, 13
zero, one = np.zeros(n, dtype=int), np.ones(n, dtype=int)
times, setups = rng.uniform(0.5, 2, n), rng.uniform(10, 50, n)
most = np.full((n, h), 2**40)
items = Items(np.arange(n), zero, times, setups, rng.uniform(50, 200, n), one, one, most, zero)
wanted = rng.poisson(20, (h, n)).astype(float)
regular = np.full((1, h), (wanted * times).sum() / h * 1.15)
known = Known(wanted, np.full(n, 50.0), rng.uniform(0.1, 0.5, n), items, Terms.of(items),
              np.arange(n)[None], regular, 0.3 * regular, np.array([5.0]))
priced = price_plans(known)
choice = choose(known, priced)
print(hashlib.sha256(choice.brought.tobytes() + priced.prices.tobytes()).hexdigest())
"""


def test_the_same_bits_come_from_any_number_of_threads():
    seen = set()
    for threads in ("1", "2"):
        env = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout.strip())
    assert len(seen) == 1
    assert len(seen.pop()) == len(hashlib.sha256().hexdigest())
