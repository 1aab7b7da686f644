import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from c2m.errors import ArgumentError
from c2m.production.newsvendor import capacitated_run_sizes, critical_ratio, run_sizes
from c2m.production.newsvendor.laws import (
    discrete_run_sizes,
    lognormal_run_sizes,
    normal_run_sizes,
    poisson_run_sizes,
)

SAME_DIGITS = {"rtol": 1e-13}


@pytest.fixture(scope="module")
def book(shared_data):
    return json.loads((shared_data / "textbook" / "textbook.json").read_text())


@pytest.mark.parametrize("name", ["example_4_1", "example_4_3", "problem_4_1"])
def test_textbook_costs_with_normal_demand(book, name):
    case = book[name]
    data = case["data"]
    costs = (data["stockout_cost"], data["holding_cost"])
    run = normal_run_sizes(data["demand_mean"], data["demand_sd"], *costs)
    assert_allclose(critical_ratio(*costs), case["critical_ratio"], **SAME_DIGITS)
    assert_allclose([run.size, run.cost], [case["S"], case["cost"]], **SAME_DIGITS)


@pytest.mark.parametrize("name", ["example_4_2", "problem_4_3b"])
def test_textbook_profits_with_normal_demand(book, name):
    case = book[name]
    data = case["data"]
    margin = data["revenue"] - data["purchase_cost"]
    loss = data["purchase_cost"] - data["salvage_value"]
    run = normal_run_sizes(data["demand_mean"], data["demand_sd"], margin, loss)
    profit = margin * data["demand_mean"] - run.cost
    assert_allclose([run.size, profit], [case["S"], case["profit"]], **SAME_DIGITS)


def test_textbook_case_with_poisson_demand(book):
    case = book["problem_4_8a"]
    data = case["data"]
    run = poisson_run_sizes(data["demand_mean"], data["stockout_cost"], data["holding_cost"])
    assert_allclose([run.size, run.cost], [case["S"], case["cost"]], **SAME_DIGITS)


def test_textbook_case_with_lognormal_demand(book):
    case = book["problem_4_8b"]
    data = case["data"]
    run = lognormal_run_sizes(
        data["mu"], data["sigma"], data["stockout_cost"], data["holding_cost"]
    )
    assert run.size == pytest.approx(case["S"], rel=1e-13)
    assert run.cost == pytest.approx(case["cost"], rel=1e-8)  # stored from a coarse integral


def test_lognormal_cost_equals_a_fine_integral():
    run = lognormal_run_sizes(6.0, 0.3, 0.1765, 1.0)
    size = float(run.size)

    def density(units):
        return np.exp(-((np.log(units) - 6.0) ** 2) / 0.18) / (units * 0.3 * np.sqrt(2 * np.pi))

    def part(start, stop, cost):
        return quad(lambda x: cost * abs(x - size) * density(x), start, stop, epsrel=1e-12)[0]

    bounds = [(1e-3, 100.0, 1.0), (100.0, size, 1.0), (size, 900.0, 0.1765), (900.0, 9e3, 0.1765)]
    assert run.cost == pytest.approx(sum(part(*each) for each in bounds), rel=1e-10)


def test_textbook_case_with_discrete_demand(book):
    case = book["problem_4_7b"]
    data = case["data"]
    law = data["demand_pmf"]
    run = discrete_run_sizes(
        [int(value) for value in law], list(law.values()), data["stockout_cost"],
        data["holding_cost"],
    )  # fmt: skip
    assert_allclose([run.size, run.cost], [case["S"], case["cost"]], **SAME_DIGITS)


@pytest.mark.parametrize("mean", [0.3, 4.0, 18.0, 250.0])
def test_poisson_sizes_and_costs_equal_a_sum_over_the_law(mean):
    units = np.arange(2000)
    logs = units * np.log(mean) - mean - np.cumsum(np.log(np.maximum(units, 1)))
    chance = np.exp(logs)
    for underage in (0.1, 1.0, 30.0):
        run = poisson_run_sizes(mean, underage, 1.0)
        by_sum = discrete_run_sizes(units, chance / chance.sum(), underage, 1.0)
        assert run.size == by_sum.size
        assert run.cost == pytest.approx(by_sum.cost, rel=1e-9)


def test_normal_costs_equal_the_mean_over_many_quantiles():
    points = norm.ppf((np.arange(200_000) + 0.5) / 200_000, 100.0, 12.0)
    run = normal_run_sizes(100.0, 12.0, 5.0, 2.0)
    sampled = run_sizes(points[:, None], 5.0, 2.0)
    assert run.size == pytest.approx(sampled.size[0], rel=1e-5)
    assert run.cost == pytest.approx(sampled.cost[0], rel=1e-4)


@pytest.mark.parametrize("bad", [{"sd": 0.0}, {"underage_cost": 0.0}, {"overage_cost": np.nan}])
def test_laws_refuse_what_is_not_above_zero(bad):
    good = {"mean": 10.0, "sd": 2.0, "underage_cost": 1.0, "overage_cost": 1.0}
    with pytest.raises(ArgumentError, match=f"Expected {next(iter(bad))} > 0"):
        normal_run_sizes(**{**good, **bad})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": np.nan}, "Expected mean finite, got nan"),
        ({"capacity_price": -1.0}, "Expected capacity_price >= 0, got -1.0"),
        ({"mean": [1.0, 2.0], "sd": [1.0, 2.0, 3.0]}, r"got shapes .* mean \(2,\), sd \(3,\)"),
        ({"underage_cost": 1e20}, "critical ratio is 1 and no size is large enough"),
        ({"underage_cost": "much"}, "Expected underage_cost > 0, got 'much'"),
    ],
)
def test_a_law_without_an_answer_is_refused(change, message):
    good = {"mean": 10.0, "sd": 2.0, "underage_cost": 1.0, "overage_cost": 1.0}
    with pytest.raises(ArgumentError, match=message):
        normal_run_sizes(**{**good, **change})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0.5, 0.4], 1.0, 1.0), "sum to 1"),
        (([1, 2], [np.nan, 1.0], 1.0, 1.0), "every probability >= 0, got nan"),
        (([1, np.nan], [0.5, 0.5], 1.0, 1.0), "every value >= 0, got nan"),
        (([-1, 2], [0.5, 0.5], 1.0, 1.0), "every value >= 0, got -1.0"),
        (([1, 2], [0.5, 0.5], [1.0, 2.0], 1.0), r"one underage_cost and overage_cost, got \(2,\)"),
    ],
)
def test_values_and_probabilities_that_are_no_law_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        discrete_run_sizes(*arguments)


@pytest.fixture(scope="module")
def obermeyer(book):
    """Return the published case and its normal laws: mean, and twice the committee's spread."""
    case = book["sport_obermeyer"]
    forecasts = np.array(case["forecasts"])
    mean, sd = forecasts.mean(axis=1), 2 * forecasts.std(axis=1, ddof=1)
    assert_allclose(mean, case["mean"], atol=0.005)
    assert_allclose(sd, case["sigma"], atol=0.005)
    price = np.array(case["price"])
    return case, mean, sd, 0.24 * price, 0.08 * price


def test_sport_obermeyer_without_a_limit(obermeyer):
    case, mean, sd, underage, overage = obermeyer
    run = normal_run_sizes(mean, sd, underage, overage)
    assert_allclose(run.size, case["uncapacitated"], atol=0.05)
    assert run.size.sum() == pytest.approx(case["uncapacitated_total"], rel=1e-12)
    assert run.cost.sum() == pytest.approx(case["uncapacitated_cost"], rel=1e-12)


@pytest.mark.parametrize("capacity", [20_000, 10_000])
def test_sport_obermeyer_with_a_shared_capacity(obermeyer, capacity):
    case, mean, sd, underage, overage = obermeyer

    def over(price):
        return normal_run_sizes(mean, sd, underage, overage, price).size.sum() - capacity

    price = brentq(over, 0.0, underage.max(), xtol=1e-12)
    run = normal_run_sizes(mean, sd, underage, overage, price)
    assert price == pytest.approx(case[f"cap{capacity}_lambda"], rel=1e-9)
    assert_allclose(run.size, case[f"cap{capacity}"], atol=0.05)
    if capacity == 20_000:
        assert run.cost.sum() == pytest.approx(case["cap20000_cost"], rel=1e-9)


@pytest.mark.parametrize("capacity", [20_000, 10_000])
def test_samples_of_sport_obermeyer_give_the_same_sizes(obermeyer, capacity):
    case, mean, sd, underage, overage = obermeyer
    points = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None] * sd + mean
    demand = np.maximum(points, 0.0)  # cutting off below zero moves no quantile above zero
    shared = capacitated_run_sizes(demand, underage, overage, 1.0, capacity)
    assert_allclose(shared.size, case[f"cap{capacity}"], atol=1.0)
    assert shared.price == pytest.approx(case[f"cap{capacity}_lambda"], rel=1e-3)
    assert shared.cost.sum() == pytest.approx(shared.bound, rel=1e-12)
