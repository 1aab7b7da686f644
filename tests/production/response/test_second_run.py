import numpy as np
import pytest
from numpy.testing import assert_allclose

from c2m.production.response import Season
from c2m.production.response.first_run import total_cost
from c2m.production.response.second_run import SecondRun, Terms


def random_run(seed, capacity, fee):
    """Draw a season in whole units, with sales before the second run, and its terms."""
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 30, (4, 3, 5)).astype(float)
    after = rng.integers(0, 60, (4, 3, 5)).astype(float)
    season = Season(("A", "B", "C"), np.zeros((4, 3)), before, after)
    under, over, time, extra = rng.uniform([[1]] * 3 + [[0]], [[9]] * 3 + [[1]], (4, 3))
    return SecondRun(season, Terms(under, over, time, extra, capacity, fee))


@pytest.mark.parametrize(("capacity", "fee"), [(np.inf, 0.0), (90.0, 0.0), (np.inf, 0.2)])
@pytest.mark.parametrize("seed", range(5))
def test_the_slope_is_the_change_of_the_cost_beside_a_first_run(seed, capacity, fee):
    run = random_run(seed, capacity, fee)
    first = np.random.default_rng(seed).integers(0, 50, 3) + np.pi / 10  # beside all kinks
    slope = run.answer(first).slope
    for sku in range(3):
        step = 1e-4 * (np.arange(3) == sku)
        ends = [total_cost(run, run.answer(first + sign * step)) for sign in (1, -1)]
        low, high = (
            total_cost(run, run.answer(first + 2 * sign * step)) - ends[place]
            for place, sign in ((1, -1), (0, 1))
        )
        change = (ends[0] - ends[1]) / 2e-4
        assert low + high == pytest.approx(0.0, abs=1e-9)  # no kink within reach
        assert slope[sku] == pytest.approx(change, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_slope_at_a_price_of_capacity_is_the_change_of_the_cost(seed):
    run = random_run(seed, np.inf, 0.0)
    price = np.random.default_rng(seed).uniform(0, 1, 4)
    first = np.arange(1.0, 49.0, 3.0)[:, None] + np.full(3, 0.3)
    for each in first:
        above, below = (run.at_price(price, each + step)[0] for step in (1e-5, -1e-5))
        assert_allclose(run.at_price(price, each)[1], (above - below) / 2e-5, atol=1e-5)


def test_the_price_is_what_one_more_hour_saves():
    run = random_run(0, 60.0, 0.0)
    first = np.full(3, 5.3)
    answer = run.answer(first)
    more = run.answer(first, reserved=answer.reserved + 1e-4)
    saved = (answer.cost.sum(axis=1) - more.cost.sum(axis=1)) / 1e-4
    assert_allclose(saved, answer.price, atol=1e-6)
    assert answer.price.max() > 0
