import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c2m import Calendar, Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError
from c2m.forecast import scores

counts = st.lists(st.integers(0, 50), min_size=2, max_size=20)


@given(actual=counts, median=st.integers(0, 50))
def test_pinball_at_the_median_is_half_the_absolute_error(actual, median):
    actual = np.array(actual, dtype=float)
    quantiles = np.full((len(actual), 1), float(median))
    expected = np.abs(actual - median).mean() / 2
    assert scores.pinball(actual, quantiles, [0.5]) == pytest.approx(expected)


@given(actual=counts.filter(any), median=st.integers(0, 50))
def test_weighted_quantile_loss_at_the_median_is_the_wape(actual, median):
    forecast = np.full(len(actual), float(median))
    loss = scores.weighted_quantile_loss(actual, forecast[:, None], [0.5])
    assert loss == pytest.approx(scores.wape(actual, forecast))


def test_no_constant_has_less_pinball_loss_than_the_quantile_of_the_data():
    actual = np.random.default_rng(0).poisson(7, size=400).astype(float)
    best = np.quantile(actual, 0.9, method="inverted_cdf")
    losses = [scores.pinball(actual, np.full((400, 1), float(k)), [0.9]) for k in range(25)]
    assert losses[int(best)] == pytest.approx(min(losses))


def test_raw_coverage_of_the_true_law_of_rare_sales_is_too_high():
    zeros_and_ones = np.array([0.0] * 9 + [1.0])
    assert scores.coverage(zeros_and_ones, np.zeros(10), np.zeros(10)) == 0.9


def test_the_interval_score_is_the_pinball_loss_of_both_ends():
    rng = np.random.default_rng(0)
    actual = rng.poisson(5, 300).astype(float)
    ends = np.sort(rng.gamma(4, 1.5, (300, 2)), axis=1)
    expected = scores.pinball(actual, ends, [0.1, 0.9]) * 2 * 2 / 0.2
    assert scores.interval_score(actual, ends[:, 0], ends[:, 1], 0.8) == pytest.approx(expected)
    with pytest.raises(ArgumentError, match="interval above 0"):
        scores.interval_score(actual, ends[:, 0], ends[:, 1], 80)


def make_demand(mean, dispersion, level):
    keys = pd.DataFrame({"sku": [f"S{number:03d}" for number in range(len(mean))]})
    return Demand(keys, Calendar.of("W"), 3000, GammaPoisson(mean, dispersion, level))


def test_the_lead_time_pinball_is_that_of_the_total_and_less_than_that_of_summed_quantiles():
    mean = np.full((400, 4), 3.0)
    demand = make_demand(mean, 0.4, 0.0)
    actual = demand.sample(1, seed=1)[0].astype(float)
    levels = [0.05, 0.95]
    loss = scores.lead_time_pinball(actual, demand, 1, 4, levels)
    total = actual[:, 1:].sum(axis=1)
    assert loss == scores.pinball(total, demand.total(1, 4, levels), levels)
    summed = demand.quantiles(levels)[:, 1:].sum(axis=1)
    assert loss < 0.8 * scores.pinball(total, summed, levels)


def test_a_lead_time_with_an_unknown_period_does_not_count():
    demand = make_demand(np.full((2, 3), 3.0), 0.4, 0.1)
    actual = np.array([[3.0, 4.0, np.nan], [1.0, np.nan, 9.0]])
    expected = scores.pinball([7.0], demand.total(0, 2, [0.5])[:1], [0.5])
    assert scores.lead_time_pinball(actual, demand, 0, 2, [0.5]) == expected
    assert np.isnan(scores.lead_time_pinball(actual, demand, 0, 3, [0.5]))
    with pytest.raises(ArgumentError, match="actual of shape"):
        scores.lead_time_pinball(actual[:1], demand, 0, 2, [0.5])


def test_levels_that_are_no_probabilities_are_refused():
    with pytest.raises(ArgumentError, match="levels above 0 and below 1"):
        scores.pinball([1.0], [[1.0]], [95])


def test_ends_of_another_shape_are_refused_and_one_level_needs_no_list():
    with pytest.raises(ArgumentError, match=r"low of \(1,\)"):
        scores.coverage([1.0, 2.0], [0.0], [3.0, 3.0])
    with pytest.raises(ArgumentError, match=r"high of \(1,\)"):
        scores.interval_score([1.0, 2.0], [0.0, 0.0], [3.0], 0.8)
    assert scores.pinball([10.0], [[8.0]], 0.5) == scores.pinball([10.0], [[8.0]], [0.5])
