import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import linprog

from c2m.errors import ArgumentError
from c2m.production.newsvendor import capacitated_run_sizes, run_sizes
from c2m.production.response import Season, cost_of_first_run, size_second_run, size_two_runs


def random_season(rng, n_signals, n_skus, n_draws):
    """Draw a season, half of the time with sales before the second run."""
    shape = (n_signals, n_skus, n_draws)
    observed = rng.integers(0, 6, shape[:2]) * rng.integers(0, 2)
    before = observed[:, :, None] + rng.integers(0, 20, shape) * (observed.max() > 0)
    after = rng.integers(0, 60, shape).astype(float)
    return Season(tuple(map(str, range(n_skus))), observed * 1.0, before * 1.0, after)


def least_cost(season, under, over, time, extra, at_least, first, second, fee):
    """Solve both runs of all signals as one linear programme: x, reserved, y, units lost."""
    n_signals, n_skus, n_draws = season.after.shape
    n_second, n_lost = n_signals * n_skus, season.after.size
    total = season.before + season.after
    cost = [over, [fee], np.tile((over + extra) / n_signals, n_signals)]
    cost.append(np.repeat(np.tile((under + over) / (n_signals * n_draws), n_signals), n_draws))
    sku = np.repeat(np.tile(np.arange(n_skus), n_signals), n_draws)
    own_x = sparse.csr_array((np.ones(n_lost), (np.arange(n_lost), sku)), (n_lost, n_skus))
    own_y = sparse.kron(sparse.eye(n_second), np.ones((n_draws, 1)))
    used = sparse.kron(sparse.eye(n_signals), time[None, :])
    rows = [
        [-own_x, None, None, -sparse.eye(n_lost)],
        [-own_x, None, -own_y, -sparse.eye(n_lost)],
        [None, -np.ones((n_signals, 1)), used, None],
        [np.array([time, -time]), None, None, None],
    ]
    limits = [-season.before.ravel(), -total.ravel(), np.zeros(n_signals), [first, -at_least]]
    bounds = [(0, None)] * n_skus + [(0, second)] + [(0, None)] * (n_second + n_lost)
    matrix = sparse.block_array(rows, format="csr")
    result = linprog(np.concatenate(cost), matrix, np.concatenate(limits), bounds=bounds)
    assert result.status == 0
    return result.fun - float((over * total.mean(axis=(0, 2))).sum())


@pytest.mark.parametrize("seed", range(8))
def test_no_runs_of_a_linear_programme_cost_less_than_the_bound(seed):
    rng = np.random.default_rng(seed)
    season = random_season(rng, 5, 3, 12)
    under, over, time = rng.uniform(1, 9, (3, 3))
    extra = rng.uniform(0, 1, 3) * rng.integers(0, 2)
    at_least, first = rng.choice([0.0, 40.0]), rng.choice([60.0, 1e4])
    second, fee = rng.choice([10.0, 60.0, 1e4]), rng.choice([0.0, 0.05, 0.5])
    least = least_cost(season, under, over, time, extra, at_least, first, second, fee)
    runs = size_two_runs(
        season,
        under,
        over,
        unit_time=time,
        first_at_least=at_least,
        first_capacity=first,
        second_capacity=second,
        reservation_fee=fee,
        second_extra_cost=extra,
    )
    assert runs.bound <= least * (1 + 1e-9) <= runs.cost * (1 + 2e-9)
    assert runs.cost <= least * 1.003
    assert at_least * (1 - 1e-9) <= time @ runs.first <= first * (1 + 1e-9)
    assert runs.reserved <= second
    assert np.all(runs.second @ time <= runs.reserved * (1 + 1e-9) + 1e-9)
    assert runs.first.min() >= 0
    assert runs.second.min() >= 0


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_holds_where_more_must_be_made_first_than_can_be_sold(seed):
    rng = np.random.default_rng(seed)
    season = random_season(rng, 3, 3, 5)
    under, over, time = rng.uniform(1, 9, (3, 3))
    must = rng.choice([1.0, 2.0, 5.0]) * float(time @ (season.before + season.after).max((0, 2)))
    least = least_cost(season, under, over, time, np.zeros(3), must, 2 * must, 40.0, 0.05)
    limits = {"first_at_least": must, "second_capacity": 40.0, "reservation_fee": 0.05}
    runs = size_two_runs(season, under, over, unit_time=time, first_capacity=2 * must, **limits)
    assert runs.bound <= least * (1 + 1e-9) <= runs.cost * (1 + 2e-9)
    assert runs.cost <= least * 1.01


def test_the_stated_cost_is_what_a_replay_of_every_draw_costs():
    rng = np.random.default_rng(4)
    season = random_season(rng, 6, 2, 5)
    runs = size_two_runs(
        season, 7.0, 2.0, second_capacity=30.0, reservation_fee=0.1, second_extra_cost=0.5
    )
    costs = []
    for signal, sku, draw in np.ndindex(season.after.shape):
        stock = runs.first[sku]
        sold = min(stock, season.before[signal, sku, draw])
        stock += runs.second[signal, sku] - sold
        sold_later = min(stock, season.after[signal, sku, draw])
        wanted = season.before[signal, sku, draw] + season.after[signal, sku, draw]
        short, left = wanted - sold - sold_later, stock - sold_later
        costs.append(7 * short + 2 * left + 0.5 * runs.second[signal, sku])
    per_sku = np.mean(np.reshape(costs, season.after.shape), axis=(0, 2))
    assert_allclose(per_sku, runs.sku_cost)
    assert per_sku.sum() + 0.1 * runs.reserved == pytest.approx(runs.cost)


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(5).gamma(4.0, [50.0, 100.0, 25.0, 70.0], size=(2000, 4))


def test_a_signal_that_tells_nothing_saves_nothing(samples):
    season = Season.from_samples(samples, residual=1.0, n_signals=20, n_draws=100)
    runs = size_two_runs(season, 9.0, 3.0)
    once = run_sizes(season.after[0].T, 9.0, 3.0)
    assert runs.cost == pytest.approx(once.cost.sum(), rel=1e-6)
    assert_allclose(runs.first + runs.second, np.broadcast_to(once.size, (20, 4)), rtol=1e-6)


def test_the_better_the_signal_the_lower_the_cost(samples):
    costs = [
        size_two_runs(Season.from_samples(samples, residual), 9.0, 3.0, second_capacity=400.0).cost
        for residual in (0.9, 0.6, 0.3, 0.0)
    ]
    assert costs == sorted(costs, reverse=True)


def test_more_second_capacity_never_costs_more_and_none_is_one_run(samples):
    season = Season.from_samples(samples, 0.5)
    costs = [
        size_two_runs(season, 9.0, 3.0, second_capacity=capacity).cost
        for capacity in (0.0, 100.0, 200.0, 400.0, np.inf)
    ]
    once = run_sizes(season.after.transpose(0, 2, 1).reshape(-1, 4), 9.0, 3.0)
    assert costs[0] == pytest.approx(once.cost.sum(), rel=1e-3)
    assert all(costs[k + 1] <= costs[k] * (1 + 1e-4) for k in range(4))


def test_before_a_perfect_signal_units_go_where_the_chance_of_being_left_over_is_smallest(samples):
    season = Season.from_samples(samples, residual=0.0, n_signals=2000, n_draws=1)
    runs = size_two_runs(season, 9.0, 3.0, first_at_least=700.0)
    assert runs.first.sum() == pytest.approx(700.0)
    assert np.ptp(runs.left_over) < 0.01
    assert runs.first_price == pytest.approx(-3.0 * runs.left_over.mean(), rel=0.05)


def test_capacity_is_reserved_until_its_expected_value_is_its_fee(samples):
    season = Season.from_samples(samples, 0.5)
    runs = size_two_runs(season, 9.0, 3.0, reservation_fee=0.4)
    assert 0 < runs.reserved < runs.second.sum(axis=1).max() + 1e-6
    assert runs.second_price.mean() == pytest.approx(0.4, abs=0.1)
    assert size_two_runs(season, 9.0, 3.0, reservation_fee=9.0).reserved == 0.0


def test_a_dearer_second_run_makes_the_first_larger(samples):
    season = Season.from_samples(samples, 0.5)
    cheap, dear = (
        size_two_runs(season, 9.0, 3.0, first_at_least=100.0, second_extra_cost=extra)
        for extra in (0.0, 2.0)
    )
    assert dear.first.sum() > cheap.first.sum() + 100


def test_a_first_run_is_costed_on_new_signals_as_on_its_own(samples):
    season, other = (Season.from_samples(samples, 0.5, n_signals=400, seed=s) for s in (1, 2))
    runs = size_two_runs(season, 9.0, 3.0, second_capacity=200.0)
    again = cost_of_first_run(season, runs.first, 9.0, 3.0, reserved=200.0)
    assert again == pytest.approx(runs.cost)
    new = cost_of_first_run(other, runs.first, 9.0, 3.0, reserved=200.0)
    assert new == pytest.approx(runs.cost, rel=0.1)


def test_a_known_signal_is_answered_like_a_newsvendor_with_a_shared_line(samples):
    season = Season.from_samples(samples, 1.0, n_signals=1, n_draws=50)
    stock = np.array([80.0, 0.0, 500.0, 20.0])
    need = np.maximum(season.after[0].T - stock, 0.0)
    second = size_second_run(season, stock, [9.0, 7.0, 8.0, 5.0], 3.0, capacity=300.0)
    shared = capacitated_run_sizes(need, [9.0, 7.0, 8.0, 5.0], 3.0, 1.0, 300.0)
    assert_allclose(second.size, shared.size)
    assert second.price == pytest.approx(shared.price)


def test_the_second_run_after_real_sales_follows_from_the_forecast_given_them(demand):
    slow, fast = (
        size_second_run(
            Season.from_demand(demand.given(np.full((3, 2), sold)), observed=0, available=1),
            30.0,
            9.0,
            3.0,
        ).size
        for sold in (5.0, 80.0)
    )
    assert np.all(fast > slow + 50)


def test_the_same_seed_gives_the_same_runs(demand):
    one, two = (
        size_two_runs(Season.from_demand(demand, observed=1, available=2, n_signals=20), 9.0, 3.0)
        for _ in range(2)
    )
    assert_array_equal(one.first, two.first)
    assert_array_equal(one.second, two.second)


def test_a_table_has_a_row_per_sku_and_the_summary_the_totals(demand):
    season = Season.from_demand(demand, observed=1, available=2, n_signals=20)
    runs = size_two_runs(season, 9.0, 3.0, second_capacity=100.0)
    table, total = runs.to_frame(), runs.summary()
    assert table["sku"].tolist() == ["A", "B", "C"]
    assert table["cost"].sum() == pytest.approx(total["cost"].item())
    assert (table["second_low"] <= table["second_high"]).all()
    assert total["gap"].item() == runs.gap < 0.01
    assert repr(runs).startswith("TwoRuns(3 SKUs, ")


def test_units_sold_before_the_second_run_must_come_from_the_first(demand):
    late, early = (
        size_two_runs(
            Season.from_demand(demand, observed=1, available=arrives, n_signals=30), 9.0, 3.0
        ).first.sum()
        for arrives in (4, 1)
    )
    assert late > 2 * early


@pytest.fixture(scope="module")
def obermeyer(shared_data):
    table = pd.read_parquet(shared_data / "sport_obermeyer" / "exhibit10.parquet")
    mean, sd, price = (
        table[name].to_numpy(float) for name in ("avg_forecast", "two_sd", "price_usd")
    )
    draws = np.random.default_rng(1).normal(mean, sd, size=(20_000, 10)).clip(0)
    return mean, draws, 0.24 * price, 0.08 * price


def test_sport_obermeyer_reaches_what_accurate_response_promises(obermeyer):
    mean, draws, under, over = obermeyer
    season = Season.from_samples(draws, residual=0.5, n_signals=150, seed=3)
    new = Season.from_samples(draws, residual=0.5, n_signals=500, n_draws=50, seed=4)
    plain = cost_of_first_run(new, mean, under, over, reserved=0.0)
    once = size_two_runs(season, under, over, second_capacity=0.0)
    one_run = cost_of_first_run(new, once.first, under, over, reserved=0.0)
    assert one_run <= 0.8 * plain
    for second in (np.inf, 10_000.0):
        runs = size_two_runs(season, under, over, first_at_least=1e4, second_capacity=second)
        two_runs = cost_of_first_run(new, runs.first, under, over, reserved=second)
        assert two_runs <= 0.55 * one_run
        assert runs.gap < 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"underage_cost": -1.0}, "underage_cost >= 0, got -1.0"),
        ({"overage_cost": "much"}, "overage_cost >= 0, got 'much'"),
        ({"overage_cost": [1.0, 2.0, 3.0]}, r"one overage_cost or one per SKU \(2\)"),
        ({"unit_time": 0.0}, "unit_time > 0"),
        ({"second_extra_cost": np.nan}, "second_extra_cost >= 0, got nan"),
        ({"second_capacity": np.nan}, "second_capacity >= 0"),
        ({"reservation_fee": np.inf}, "reservation_fee >= 0, got inf"),
        ({"season": [[1.0]]}, "Expected a Season, got list"),
        ({"first_at_least": 5.0, "first_capacity": 4.0}, "first_at_least <= first_capacity"),
        ({"gap": -1.0}, "gap >= 0"),
    ],
)
def test_arguments_out_of_range_are_refused(change, message):
    season = Season.from_samples([[1.0, 2.0], [2.0, 1.0]], 0.5)
    with pytest.raises(ArgumentError, match=message):
        size_two_runs(**{"season": season, "underage_cost": 3.0, "overage_cost": 1.0, **change})


def test_a_second_run_needs_one_signal_and_a_fee_a_finite_reservation():
    season = Season.from_samples([[1.0], [2.0]], 0.5, n_signals=2)
    with pytest.raises(ArgumentError, match="one signal, got 2"):
        size_second_run(season, 0.0, 3.0, 1.0)
    with pytest.raises(ArgumentError, match="finite reserved capacity"):
        cost_of_first_run(season, 1.0, 3.0, 1.0, reservation_fee=1.0)


def test_a_season_lived_through_costs_what_was_stated_and_far_less_than_one_run(demand):
    season = Season.from_demand(demand, observed=2, available=3, n_signals=60)
    twice = size_two_runs(season, 9.0, 3.0)
    once = size_two_runs(season, 9.0, 3.0, second_capacity=0.0)
    costs = np.zeros((100, 2))
    for year, path in enumerate(demand.sample(100, seed=99).astype(float)):
        seen, before, after = (path[:, part].sum(axis=1) for part in np.s_[:2, :3, 3:])
        rest = Season.from_demand(
            demand.given(path[:, :2]), observed=0, available=1, n_draws=60, seed=year
        )
        later = size_second_run(rest, np.maximum(twice.first - seen, 0.0), 9.0, 3.0).size
        for way, (first, second) in enumerate(((twice.first, later), (once.first, 0.0))):
            left = np.maximum(first - before, 0.0) + second
            short = np.maximum(before - first, 0.0) + np.maximum(after - left, 0.0)
            costs[year, way] = np.sum(9 * short + 3 * np.maximum(left - after, 0.0))
    error = costs.std(axis=0) / 10
    assert np.all(np.abs(costs.mean(axis=0) - [twice.cost, once.cost]) < 3 * error)
    assert costs[:, 0].mean() < 0.7 * costs[:, 1].mean()


def test_costs_that_name_their_skus_are_read_by_those_of_the_season():
    samples = pd.DataFrame({"A": [40.0, 60.0, 80.0], "B": [10.0, 30.0, 20.0]})
    season = Season.from_samples(samples, pd.Series({"B": 0.3, "A": 0.8}), n_signals=6)
    plain = Season.from_samples(samples.to_numpy(), [0.8, 0.3], n_signals=6)
    assert season.skus == ("A", "B")
    assert_array_equal(season.after, plain.after)
    moq = pd.Series({"B": 8.0, "A": 30.0})
    named = size_two_runs(season, pd.Series({"B": 3.0, "A": 9.0}), 2.0, moq=moq)
    same = size_two_runs(season, [9.0, 3.0], 2.0, moq=[30.0, 8.0])
    assert_array_equal(named.first, same.first)
