from itertools import product

import numpy as np
import pytest

from c2m.errors import ArgumentError
from c2m.production.response import Season, cost_of_first_run, size_second_run, size_two_runs


@pytest.fixture(scope="module")
def season():
    samples = np.random.default_rng(8).gamma(4.0, [50.0, 30.0, 20.0], size=(1000, 3))
    return Season.from_samples(samples, 0.5, n_signals=30, n_draws=20)


COSTS = {"underage_cost": [9.0, 8.0, 7.0], "overage_cost": [3.0, 2.0, 2.0]}


@pytest.mark.parametrize(
    ("moq", "multiple", "least", "most"),
    [(0.0, 50.0, 0.0, 1e4), (80.0, 40.0, 150.0, 1e4), (100.0, 50.0, 0.0, 260.0)],
)
def test_lots_cost_hardly_more_than_the_best_of_all_lots(season, moq, multiple, least, most):
    limits = {"first_at_least": least, "first_capacity": most}
    runs = size_two_runs(
        season, **COSTS, **limits, second_capacity=100.0, moq=moq, lot_multiple=multiple
    )
    sizes = [size for size in np.arange(0, 401, multiple) if size == 0 or size >= moq]
    allowed = [each for each in product(sizes, repeat=3) if least <= sum(each) <= most]
    cheapest = min(cost_of_first_run(season, each, **COSTS, reserved=100.0) for each in allowed)
    assert tuple(runs.first) in allowed
    assert runs.bound <= cheapest <= runs.cost * (1 + 1e-9)
    assert runs.cost <= 1.02 * cheapest
    again = cost_of_first_run(season, runs.first, **COSTS, reserved=100.0)
    assert again == pytest.approx(runs.cost)


def drawn_case(seed, lots):
    """Return a tiny season with drawn costs and limits, and the lots of every SKU."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 3))
    shape = (int(rng.integers(1, 3)), count, int(rng.integers(1, 3)))
    before, after = rng.integers(0, 8, shape) * 1.0, rng.integers(0, 10, shape) * 1.0
    skus = tuple(f"S{number}" for number in range(count))
    terms = {
        "underage_cost": rng.uniform(1, 9, count),
        "overage_cost": rng.uniform(0.5, 6, count),
        "unit_time": rng.choice([0.5, 1.0, 2.0], count),
    }
    return Season(skus, np.zeros(shape[:2]), before, after), terms, rng.integers(0, lots, count)


@pytest.mark.parametrize("seed", range(12))
def test_lots_far_from_the_best_run_are_found_where_only_they_hold_the_limits(seed):
    season, terms, moq = drawn_case(seed, 7)
    multiple, limits = moq % 3 + 1, {"first_at_least": 5.5, "first_capacity": 8.0}
    sizes = [
        [size for size in range(0, 41, step) if size == 0 or size >= least]
        for step, least in zip(multiple.tolist(), moq.tolist(), strict=True)
    ]
    costs = [
        cost_of_first_run(season, each, **terms, reserved=3.0)
        for each in product(*sizes)
        if 5.5 <= terms["unit_time"] @ each <= 8.0
    ]
    lots = {"second_capacity": 3.0, "moq": moq, "lot_multiple": multiple}
    if not costs:
        with pytest.raises(ArgumentError, match="lots that fit between"):
            size_two_runs(season, **terms, **limits, **lots)
        return
    runs = size_two_runs(season, **terms, **limits, **lots)
    assert 5.5 - 1e-9 <= terms["unit_time"] @ runs.first <= 8.0 + 1e-9
    assert runs.cost == pytest.approx(min(costs), rel=1e-3)


def test_a_moq_above_all_demand_means_no_first_run_where_a_second_may_follow(season):
    runs = size_two_runs(season, **COSTS, moq=5000.0)
    assert runs.first.tolist() == [0.0, 0.0, 0.0]


def test_lots_that_cannot_hold_the_limits_are_refused(season):
    with pytest.raises(ArgumentError, match="lots that fit between first_at_least and"):
        size_two_runs(
            season, **COSTS, first_at_least=150.0, first_capacity=160.0, lot_multiple=100.0
        )


def test_the_second_run_is_made_in_lots_and_says_how_far_it_may_be_from_the_best():
    samples = np.random.default_rng(8).gamma(4.0, [50.0, 30.0, 20.0], size=(1000, 3))
    rest = Season.from_samples(samples, 1.0, n_signals=1)
    plain = size_second_run(rest, 20.0, 9.0, 3.0, capacity=250.0)
    dozens = size_second_run(rest, 20.0, 9.0, 3.0, capacity=250.0, lot_multiple=12.0, moq=30.0)
    assert np.all(dozens.size % 12 == 0)
    assert np.all((dozens.size == 0) | (dozens.size >= 30))
    assert dozens.size.sum() <= 250
    assert plain.cost.sum() == pytest.approx(plain.bound)
    assert plain.cost.sum() <= dozens.cost.sum() <= 1.05 * plain.cost.sum()
    assert dozens.bound <= dozens.cost.sum()


def test_a_second_run_that_costs_more_than_it_brings_is_not_made():
    rest = Season.from_samples([[100.0], [200.0]], 1.0, n_signals=1)
    none = size_second_run(rest, 20.0, 9.0, 3.0, second_extra_cost=9.5)
    assert none.size.tolist() == [0.0]
    assert none.cost.sum() == pytest.approx(none.bound)
