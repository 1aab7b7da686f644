import itertools

import numpy as np
import pytest

from c2m.production.evaluate import profit
from c2m.production.lotsizing.dp import block_view
from c2m.production.lotsizing.stochastic.articles import articles_at, brought_by, whole_runs
from c2m.production.lotsizing.stochastic.patterns import best_patterns
from c2m.production.lotsizing.stochastic.sizes import plan_value, size_runs
from c2m.production.plan_production import read_problem


def free_problem(fixed_demand, simple_factory, paths, **routing):
    """Return a problem with capacity to spare: its profit is a sum over SKUs."""
    factory = simple_factory(
        paths.shape[1],
        lines={"capacity": [1e6]},
        product={"holding_cost": 0.3},
        routing=routing,
    )
    problem, _ = read_problem(
        fixed_demand(paths), factory, None, None, n_scenarios=len(paths), seed=0
    )
    return problem


def at_no_price(problem):
    view = block_view(problem)
    prices = np.zeros(problem.regular.shape)
    return articles_at(problem, view, prices, view.net.transpose(1, 0, 2).copy())


def best_by_enumeration(problem, runs, top):
    """Return the most that sizes 0 .. top of given runs of the only SKU can bring."""
    best = -np.inf
    for sizes in itertools.product(range(top + 1), repeat=int(runs.sum())):
        made = np.zeros(runs.shape, dtype=np.int64)
        made[runs] = sizes
        best = max(best, profit(problem, made))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_sizes_of_given_runs_are_the_best_there_are(seed, fixed_demand, simple_factory):
    paths = np.random.default_rng(seed).poisson(3, (7, 1, 4))
    problem = free_problem(fixed_demand, simple_factory, paths)
    articles = at_no_price(problem)
    runs = np.array([[True, False, True, False]])
    units = size_runs(articles, np.array([0]), runs, np.where(runs, 6.0, 0.0), 4)
    made = whole_runs(problem, articles, units)
    best = best_by_enumeration(problem, runs, 14)
    assert profit(problem, made) == pytest.approx(best, rel=2e-3)


def test_the_value_of_a_plan_differs_from_its_profit_by_the_price_of_all_demand(
    fixed_demand, simple_factory
):
    paths = np.random.default_rng(3).poisson(4, (9, 3, 5))
    problem = free_problem(fixed_demand, simple_factory, paths, setup_cost=7.0, lead_time_periods=1)
    articles = at_no_price(problem)
    made = np.array([[5, 0, 3, 0, 0], [0, 8, 0, 0, 0], [0, 0, 0, 0, 0]])
    value = plan_value(articles, np.arange(3), brought_by(problem, made)).sum()
    everything = (problem.price * (problem.mean_net[:, -1] + problem.supply[:, -1])).sum()
    assert value + everything == pytest.approx(profit(problem, made))


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_nearly_the_best_periods_and_sizes(seed, fixed_demand, simple_factory):
    paths = np.random.default_rng(seed).poisson(3, (6, 1, 4))
    problem = free_problem(fixed_demand, simple_factory, paths, setup_cost=20.0)
    articles = at_no_price(problem)
    start = np.array([[0.0, 5.0, 0.0, 0.0]])
    plans = best_patterns(articles, start, rounds=4, tried=6, kept=1)
    found = profit(problem, whole_runs(problem, articles, plans[0]))
    best = max(
        best_by_enumeration(problem, np.array([runs]), 20)
        for runs in itertools.product((False, True), repeat=4)
        if sum(runs) <= 2
    )
    assert found >= best - 0.005 * abs(best)


def test_sizes_stay_between_the_moq_and_the_largest_lot(fixed_demand, simple_factory):
    paths = np.random.default_rng(5).poisson(6, (8, 2, 5))
    problem = free_problem(fixed_demand, simple_factory, paths, moq=9, max_lot=14)
    articles = at_no_price(problem)
    runs = np.tile([True, False, True, True, False], (2, 1))
    units = size_runs(articles, np.arange(2), runs, np.where(runs, 9.0, 0.0), 3)
    assert units[runs].min() >= 9
    assert units[runs].max() <= 14
    assert not units[~runs].any()
