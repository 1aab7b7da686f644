import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

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


def test_bias_is_positive_when_too_much_was_forecast_and_negative_when_too_little():
    assert scores.bias([10.0, 10.0], [15.0, 10.0]) == 0.25
    assert scores.bias([10.0, 10.0], [5.0, 10.0]) == -0.25


def test_errors_that_cancel_within_a_series_leave_no_total_error():
    actual, forecast = [[4.0, 6.0], [5.0, 5.0]], [[6.0, 4.0], [5.0, 9.0]]
    assert scores.total_error(actual, forecast) == pytest.approx(4 / 20)
    assert scores.wape(actual, forecast) == pytest.approx(8 / 20)


def test_what_is_unknown_is_skipped_and_not_counted_as_zero():
    actual, forecast = np.array([10.0, np.nan, 10.0]), np.array([12.0, 50.0, 10.0])
    assert scores.wape(actual, forecast) == pytest.approx(0.1)
    assert scores.bias(actual, forecast) == pytest.approx(0.1)
    assert scores.pinball(actual, forecast[:, None], [0.5]) == pytest.approx(0.5)
    assert scores.coverage(actual, forecast - 1, forecast + 1) == 0.5
    assert scores.total_error(actual[None], forecast[None]) == pytest.approx(0.1)


def test_a_score_over_nothing_is_unknown():
    nothing = np.full((1, 2), np.nan)
    assert np.isnan(scores.wape(nothing, nothing))
    assert np.isnan(scores.wape([0.0], [1.0]))
    assert np.isnan(scores.pinball(nothing, nothing[..., None], [0.5]))
    assert np.isnan(scores.coverage(nothing, nothing, nothing))
    assert np.isnan(scores.pit_coverage(nothing, nothing[..., None], [0.5], 0.8))


def test_the_naive_forecast_has_scaled_errors_of_one_on_a_zigzag():
    history = np.array([[0.0, 2.0, 0.0, 2.0, 0.0]])
    actual, naive = np.array([[2.0]]), np.array([[0.0]])
    assert scores.mase(actual, naive, history) == 1.0
    assert scores.rmsse(actual, naive, history) == 1.0


def test_scaled_errors_follow_their_definition_over_seasons():
    history = np.array([[1.0, 5.0, 3.0, 6.0, 2.0, 9.0]])
    actual, forecast = np.array([[4.0, 8.0]]), np.array([[5.0, 5.0]])
    steps = np.array([2.0, 1.0, 1.0, 3.0])
    assert scores.mase(actual, forecast, history, 2) == pytest.approx(2 / steps.mean())
    expected = np.sqrt(5 / (steps**2).mean())
    assert scores.rmsse(actual, forecast, history, 2) == pytest.approx(expected)


def test_a_series_that_never_moved_has_no_scale_and_is_left_out():
    history = np.array([[3.0, 3.0, 3.0], [0.0, 1.0, 0.0]])
    assert scores.mase([[5.0], [1.0]], [[3.0], [3.0]], history) == 2.0


@settings(max_examples=15)
@given(mean=st.floats(0.3, 20), interval=st.sampled_from([0.5, 0.8, 0.95]))
def test_pit_coverage_of_the_true_law_is_its_level_whatever_the_share_of_zeros(mean, interval):
    levels = np.arange(1, 200) / 200
    law = stats.poisson(mean)
    quantiles = law.ppf(levels)
    support = np.arange(int(law.ppf(1 - 1e-9)) + 1)
    covered = [
        scores.pit_coverage([float(count)], quantiles[None], levels, interval) for count in support
    ]
    assert np.dot(law.pmf(support), covered) == pytest.approx(interval, abs=0.01)


def test_raw_coverage_of_the_true_law_of_rare_sales_is_too_high():
    zeros_and_ones = np.array([0.0] * 9 + [1.0])
    assert scores.coverage(zeros_and_ones, np.zeros(10), np.zeros(10)) == 0.9


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="quantiles of shape"):
        scores.pinball([1.0, 2.0], [1.0, 2.0], [0.5])
    with pytest.raises(ArgumentError, match="forecast of shape"):
        scores.wape([1.0, 2.0], [[1.0, 2.0]])


def test_poisson_deviance_is_that_of_scikit_learn():
    from sklearn.metrics import mean_poisson_deviance

    rng = np.random.default_rng(1)
    actual, forecast = rng.poisson(0.7, 200).astype(float), rng.gamma(2.0, 0.4, 200)
    assert scores.poisson_deviance(actual, forecast) == pytest.approx(
        mean_poisson_deviance(actual, forecast)
    )
    holes = np.where(np.arange(200) < 50, np.nan, actual)
    assert scores.poisson_deviance(holes, forecast) == pytest.approx(
        mean_poisson_deviance(actual[50:], forecast[50:])
    )
    assert scores.poisson_deviance([0.0, 1.0], [0.0, 0.0]) == np.inf
    assert scores.poisson_deviance([0.0], [0.0]) == 0
    assert np.isnan(scores.poisson_deviance([np.nan], [1.0]))
