import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog

from c2m.errors import ArgumentError
from c2m.production.newsvendor import capacitated_run_sizes, critical_ratio, run_sizes

money = st.floats(0.01, 1e4)


def expected_cost(size, demand, underage, overage):
    return np.mean(underage * np.maximum(demand - size, 0) + overage * np.maximum(size - demand, 0))


@given(demand=st.lists(st.integers(0, 60), min_size=1, max_size=30), underage=money, overage=money)
def test_no_other_run_size_is_cheaper(demand, underage, overage):
    demand = np.array(demand, dtype=float)
    best = run_sizes(demand[:, None], underage, overage)
    cheapest = min(expected_cost(size, demand, underage, overage) for size in range(61))
    assert best.cost[0] == pytest.approx(cheapest)
    assert expected_cost(best.size[0], demand, underage, overage) == pytest.approx(cheapest)


def test_each_sku_has_its_own_costs():
    samples = np.column_stack([np.arange(1, 11), np.arange(1, 11)])
    sizes = run_sizes(samples, underage_cost=[9.0, 1.0], overage_cost=[1.0, 9.0])
    assert sizes.size.tolist() == [9.0, 1.0]


def test_the_ratio_is_reached_exactly_where_it_is_a_share_of_the_samples():
    for hit in range(1, 50):
        sizes = run_sizes(np.arange(1.0, 51.0)[:, None], float(hit), float(50 - hit))
        assert sizes.size.tolist() == [hit]


def test_free_leftovers_mean_the_largest_demand_and_free_shortage_means_nothing():
    samples = [[3.0], [8.0]]
    assert run_sizes(samples, 1.0, 0.0).size.tolist() == [8.0]
    assert run_sizes(samples, 0.0, 1.0).size.tolist() == [0.0]


@st.composite
def lines(draw):
    """Draw SKUs that share a line, often with ties in demand and in money."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_samples, n_skus = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    samples = rng.integers(0, draw(st.sampled_from([2, 20])), size=(n_samples, n_skus))
    few = draw(st.booleans())
    amounts = rng.integers(1, 3, size=(3, n_skus)) if few else rng.uniform(0.1, 9, (3, n_skus))
    share = draw(st.floats(0.0, 1.2))
    return samples.astype(float), *amounts.astype(float), share


def least_cost(samples, underage, overage, time, capacity):
    """Solve the same problem as a linear programme: sizes, units short, units left."""
    n_samples, n_skus = samples.shape
    eye = np.eye(n_samples * n_skus)
    own = np.tile(np.eye(n_skus), (n_samples, 1))
    cost = [np.zeros(n_skus), np.tile(underage, n_samples), np.tile(overage, n_samples)]
    used = np.concatenate([time, np.zeros(2 * n_samples * n_skus)])
    result = linprog(
        np.concatenate(cost) / np.repeat([1, n_samples], [n_skus, 2 * n_samples * n_skus]),
        A_ub=used[None, :],
        b_ub=[capacity],
        A_eq=np.hstack([own, eye, -eye]),
        b_eq=samples.ravel(),
    )
    assert result.status == 0
    return result.fun, result.ineqlin.marginals[0]


@settings(max_examples=60, deadline=None)
@given(line=lines())
def test_shared_capacity_is_used_as_a_linear_programme_would(line):
    samples, underage, overage, time, share = line
    free = run_sizes(samples, underage, overage).size
    capacity = share * float(time @ free)
    shared = capacitated_run_sizes(samples, underage, overage, time, capacity)
    fun, _ = least_cost(samples, underage, overage, time, capacity)
    assert float(time @ shared.size) <= capacity * (1 + 1e-12) + 1e-12
    assert np.all(shared.size >= 0)
    assert shared.cost.sum() == pytest.approx(fun, abs=1e-7)
    assert shared.bound == pytest.approx(shared.cost.sum(), rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(line=lines(), more=st.floats(0.0, 5.0))
def test_more_capacity_never_costs_more_and_its_price_bounds_the_gain(line, more):
    samples, underage, overage, time, share = line
    capacity = share * float(time @ run_sizes(samples, underage, overage).size)
    first = capacitated_run_sizes(samples, underage, overage, time, capacity)
    second = capacitated_run_sizes(samples, underage, overage, time, capacity + more)
    gain = first.cost.sum() - second.cost.sum()
    assert -1e-9 <= gain <= first.price * more + 1e-9
    assert second.price <= first.price + 1e-12


@pytest.mark.parametrize("capacity", [1000.0, np.inf])
def test_capacity_that_does_not_bind_has_no_price(capacity):
    samples = np.arange(12.0).reshape(6, 2)
    shared = capacitated_run_sizes(samples, 3.0, 1.0, 1.0, capacity)
    assert shared.price == 0.0
    assert shared.bound == pytest.approx(shared.cost.sum())
    assert_allclose(shared.size, run_sizes(samples, 3.0, 1.0).size)


def test_no_capacity_means_no_run():
    shared = capacitated_run_sizes([[4.0, 5.0], [6.0, 7.0]], [3.0, 9.0], 1.0, [1.0, 2.0], 0.0)
    assert shared.size.tolist() == [0.0, 0.0]
    assert shared.price == pytest.approx(4.5)


def test_many_steps_are_bisected_to_the_same_optimum():
    rng = np.random.default_rng(7)
    samples = rng.gamma(2.0, 50.0, size=(200, 400))
    underage, overage, time = rng.uniform(1, 20, (3, 400))
    capacity = 0.5 * float(time @ run_sizes(samples, underage, overage).size)
    shared = capacitated_run_sizes(samples, underage, overage, time, capacity)
    assert float(time @ shared.size) == pytest.approx(capacity, rel=1e-12)
    assert shared.cost.sum() == pytest.approx(shared.bound, rel=1e-12)
    off_sample = ~np.any(samples == shared.size, axis=0) & (shared.size > 0)
    assert np.count_nonzero(off_sample) <= 1


def test_many_skus_are_priced_by_a_sample_first_and_proved_with_all():
    rng = np.random.default_rng(11)
    samples = rng.gamma(2.0, rng.lognormal(3, 1, 12_000), size=(30, 12_000))
    underage, overage, time = rng.uniform(0.2, 20, (3, 12_000))
    free = float(time @ run_sizes(samples, underage, overage).size)
    for share in (1e-6, 0.03, 0.5, 0.99, 0.999999):
        shared = capacitated_run_sizes(samples, underage, overage, time, share * free)
        assert float(time @ shared.size) == pytest.approx(share * free, rel=1e-12)
        assert shared.gap <= 1e-12


@pytest.mark.parametrize("share", [0.0, 0.4, 0.97, 1.0, 7.0])
def test_the_steps_near_the_price_give_what_all_samples_give(share, monkeypatch):
    rng = np.random.default_rng(4)
    samples = rng.poisson(rng.gamma(1.0, 3.0, 9_000), size=(25, 9_000)).astype(float)
    underage, overage, time = rng.uniform(0.2, 20, (3, 9_000))
    capacity = share * float(time @ run_sizes(samples, underage, overage).size)
    near = capacitated_run_sizes(samples, underage, overage, time, capacity)
    monkeypatch.setattr("c2m.production.newsvendor.sizes.MANY_SKUS", 10**9)
    whole = capacitated_run_sizes(samples, underage, overage, time, capacity)
    assert_allclose(near.size, whole.size, rtol=1e-9, atol=1e-9)
    assert_allclose(near.cost, whole.cost, rtol=1e-9)
    assert near.price == pytest.approx(whole.price, rel=1e-12)
    assert near.bound == pytest.approx(whole.bound, rel=1e-12)


def test_a_sample_of_skus_that_misleads_about_the_price_moves_no_result():
    rng = np.random.default_rng(8)
    samples = rng.gamma(2.0, 10.0, size=(20, 9_000))
    samples[:, 17] *= 1e6  # nearly all of the capacity, and as good as never among the sampled
    arguments = (rng.uniform(1, 9, 9_000), rng.uniform(1, 9, 9_000), rng.uniform(1, 2, 9_000))
    shared = capacitated_run_sizes(samples, *arguments, 3e6)
    assert float(arguments[2] @ shared.size) == pytest.approx(3e6, rel=1e-12)
    assert shared.gap <= 1e-12


def test_a_missing_draw_of_one_among_many_skus_is_refused():
    samples = np.ones((4, 9_000))
    samples[2, 8_999] = np.nan
    with pytest.raises(ArgumentError, match="Expected every sample"):
        capacitated_run_sizes(samples, 1.0, 1.0, 1.0, 100.0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_float32_samples_give_what_float64_gives_and_stay_as_they_are(order):
    rng = np.random.default_rng(2)
    narrow = np.asarray(rng.gamma(2.0, 50.0, (80, 900)), dtype=np.float32, order=order)
    before = narrow.copy()
    arguments = (3.0, rng.uniform(1, 4, 900), rng.uniform(1, 2, 900), 60_000.0)
    first = capacitated_run_sizes(narrow, *arguments)
    second = capacitated_run_sizes(narrow.astype(np.float64), *arguments)
    assert np.array_equal(narrow, before)
    assert np.array_equal(first.size, second.size)
    assert np.array_equal(first.cost, second.cost)
    assert first.price == second.price


def test_whole_numbers_are_taken_as_samples():
    assert run_sizes(np.arange(10)[:, None], 9.0, 1.0).size.tolist() == [8.0]


def test_a_thousand_equal_skus_fill_the_line_although_no_price_parts_them():
    samples = np.tile(np.arange(1.0, 21.0)[:, None], (1, 1000))
    shared = capacitated_run_sizes(samples, 3.0, 1.0, 1.0, 10_500.0)
    assert shared.size.sum() == pytest.approx(10_500.0)
    assert set(shared.size.tolist()) == {10.0, 11.0}
    assert shared.cost.sum() == pytest.approx(shared.bound)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], 1.0, 1.0), "Expected samples of shape"),
        (([[-1.0]], 1.0, 1.0), "Expected every sample"),
        (([[np.nan]], 1.0, 1.0), "Expected every sample"),
        (([["many"]], 1.0, 1.0), "Expected samples that are numbers"),
        ((np.ones((2, 1, 3)), 1.0, 1.0), r"got 2x1x3; of a forecast's paths take the total"),
        (([[1.0]], "much", 1.0), "Expected underage_cost >= 0, got 'much'"),
        (([[1.0]], -1.0, 1.0), "Expected underage_cost >= 0, got -1.0"),
        (([[1.0]], 1.0, np.inf), "Expected overage_cost >= 0, got inf"),
        (([[1.0]], 0.0, 0.0), r"Expected underage_cost \+ overage_cost > 0"),
        (([[1.0]], [1.0, 2.0], 1.0), "Expected one underage_cost or one per SKU"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        run_sizes(*arguments)


@pytest.mark.parametrize(
    ("time", "capacity", "message"),
    [
        (0.0, 1.0, "unit_time > 0"),
        (np.inf, 1.0, "unit_time > 0"),
        (1.0, -1.0, "capacity >= 0"),
        (1.0, np.nan, "capacity >= 0"),
        (1.0, [5.0, 3.0], "capacity >= 0"),
        (1.0, "5", "capacity >= 0"),
    ],
)
def test_a_line_needs_times_and_a_capacity(time, capacity, message):
    with pytest.raises(ArgumentError, match=message):
        capacitated_run_sizes([[1.0]], 1.0, 1.0, time, capacity)


def test_costs_of_different_numbers_of_skus_have_no_critical_ratio():
    with pytest.raises(ArgumentError, match=r"underage_cost \(2,\), overage_cost \(3,\)"):
        critical_ratio([1.0, 2.0], [1.0, 2.0, 3.0])


def test_the_critical_ratio_of_the_textbook():
    assert critical_ratio(underage_cost=18.0, overage_cost=2.0) == 0.9


def test_numbers_that_name_their_skus_are_read_by_the_columns_of_the_samples():
    samples = pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": [10.0, 20.0, 30.0], "C": [4.0, 5.0, 6.0]})
    under = pd.Series({"C": 1.0, "B": 9.0, "A": 2.0, "other": 7.0})
    time = pd.Series({"B": 1.0, "C": 3.0, "A": 2.0})
    named = run_sizes(samples, under, 1.0)
    plain = run_sizes(samples.to_numpy(), [2.0, 9.0, 1.0], 1.0)
    assert named.size.tolist() == plain.size.tolist()
    shared = capacitated_run_sizes(samples, under, 1.0, time, 40.0, moq=time)
    same = capacitated_run_sizes(
        samples.to_numpy(), [2.0, 9.0, 1.0], 1.0, [2.0, 1.0, 3.0], 40.0, moq=[2.0, 1.0, 3.0]
    )
    assert shared.size.tolist() == same.size.tolist()
    swapped = critical_ratio(pd.Series({"A": 1.0, "B": 9.0}), pd.Series({"B": 1.0, "A": 3.0}))
    assert swapped.tolist() == [0.25, 0.9]


def test_numbers_that_name_skus_which_the_samples_do_not_are_refused():
    under = pd.Series({"B": 9.0, "A": 2.0})
    with pytest.raises(ArgumentError, match=r"samples that name no SKUs.*underage_cost.to_numpy"):
        run_sizes(np.ones((3, 2)), under, 1.0)
    with pytest.raises(ArgumentError, match="none for 'C'"):
        run_sizes(pd.DataFrame({"A": [1.0], "C": [2.0]}), under, 1.0)
    twice = pd.concat([under, under])
    with pytest.raises(ArgumentError, match="'B', 'A' twice"):
        run_sizes(pd.DataFrame({"A": [1.0], "B": [2.0]}), twice, 1.0)
