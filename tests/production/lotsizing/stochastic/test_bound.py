from dataclasses import replace

import numpy as np
import pytest

from c2m.production.evaluate import profit
from c2m.production.lotsizing import foresight
from c2m.production.lotsizing.dp import block_view
from c2m.production.lotsizing.prices import dual_value, empty_pool, price_capacity
from c2m.production.lotsizing.stochastic import bound as bound_room
from c2m.production.lotsizing.stochastic.bound import (
    capacity_slope,
    scenario_price_bound,
    sku_costs,
)
from c2m.production.lotsizing.stochastic.multipliers import Ascent
from c2m.production.plan_production import read_problem


def problem_of(random_case, *, n_scenarios, n_lines, seed=4):
    demand, factory = random_case(
        seed, n_skus=6, n_periods=6, n_scenarios=n_scenarios, n_lines=n_lines
    )
    problem, _ = read_problem(demand, factory, None, None, n_scenarios=n_scenarios, seed=0)
    return problem


def test_capacity_left_over_is_the_slope_of_the_bound_on_two_lines_with_leads(random_case):
    problem = problem_of(random_case, n_scenarios=1, n_lines=2)
    lead = np.where(problem.items.line == 1, 1, 0)
    problem = replace(problem, items=replace(problem.items, lead=lead))
    view, pool = block_view(problem), empty_pool(problem)
    prices = np.random.default_rng(1).uniform(0.1, 1.5, problem.regular.shape)

    def _bound(at):
        ascent = Ascent(sku_costs(problem, view, pool, at))
        return dual_value(problem, at, pool.value[0]) + float(ascent.run(1).sum()), ascent

    slope = capacity_slope(problem, view, prices, [_bound(prices)[1]])
    assert np.any(slope < problem.regular)
    for line, period in np.ndindex(prices.shape):
        step = np.zeros(prices.shape)
        step[line, period] = 1e-6
        change = (_bound(prices + step)[0] - _bound(prices - step)[0]) / 2e-6
        assert change == pytest.approx(slope[line, period], rel=1e-3, abs=1e-2)


def test_steps_of_capacity_prices_mend_a_bound_at_poor_prices(random_case, monkeypatch):
    problem = problem_of(random_case, n_scenarios=12, n_lines=1)
    view = block_view(problem)
    prices, pool = price_capacity(problem, view, empty_pool(problem), 4)
    value = profit(problem, pool.made[0])
    poor = 2.0 * prices + 1.0
    after = scenario_price_bound(problem, view, pool, poor, value)
    monkeypatch.setattr(bound_room, "_TURNS", 0)
    before = scenario_price_bound(problem, view, pool, poor, value)
    assert after < before - 0.01 * abs(before)


def test_the_bound_of_one_path_is_that_of_perfect_foresight(random_case, monkeypatch):
    problem = problem_of(random_case, n_scenarios=1, n_lines=1)
    view = block_view(problem)
    prices, pool = price_capacity(problem, view, empty_pool(problem), 4)
    ascent = Ascent(sku_costs(problem, view, pool, prices))
    bound = dual_value(problem, prices, pool.value[0]) + float(ascent.run(1).sum())
    monkeypatch.setattr(foresight, "_SCALES", (1.0,))
    known = foresight.foresight_bound(problem, view, prices, pool.value[0])
    assert known == pytest.approx(bound, rel=1e-12)


def test_a_large_problem_in_parts_has_a_bound_no_better_than_one_held_whole(
    random_case, monkeypatch
):
    problem = problem_of(random_case, n_scenarios=12, n_lines=1)
    view = block_view(problem)
    prices, pool = price_capacity(problem, view, empty_pool(problem), 4)
    whole = scenario_price_bound(problem, view, pool, prices, 0.0)
    monkeypatch.setattr(bound_room, "_HELD", 0)
    in_parts = scenario_price_bound(problem, view, pool, prices, 0.0)
    assert whole <= in_parts <= 1.2 * whole
