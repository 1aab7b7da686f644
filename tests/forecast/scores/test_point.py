import numpy as np
import pytest

from c2m.errors import ArgumentError
from c2m.forecast import scores


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


def test_too_much_and_too_little_change_the_sign_of_the_bias_and_nothing_else():
    rng = np.random.default_rng(0)
    actual, error = rng.poisson(5, 40).astype(float), rng.normal(0, 1, 40)
    assert scores.bias(actual, actual + error) == pytest.approx(
        -scores.bias(actual, actual - error)
    )
    assert scores.wape(actual, actual + error) == pytest.approx(scores.wape(actual, actual - error))


@pytest.mark.parametrize("power", [1.0, 1.3, 1.9])
def test_tweedie_deviance_is_that_of_scikit_learn(power):
    from sklearn.metrics import mean_tweedie_deviance

    rng = np.random.default_rng(2)
    actual, forecast = rng.poisson(0.7, 200).astype(float), rng.gamma(2.0, 0.4, 200)
    expected = mean_tweedie_deviance(actual, forecast, power=power)
    assert scores.tweedie_deviance(actual, forecast, power) == pytest.approx(expected)


def test_tweedie_deviance_of_a_forecast_of_zero_is_endless_where_something_sold():
    assert scores.tweedie_deviance([1.0], [0.0], 1.5) == np.inf
    assert scores.tweedie_deviance([0.0], [0.0], 1.5) == 0
    assert np.isnan(scores.tweedie_deviance([np.nan], [1.0], 1.5))
    with pytest.raises(ArgumentError, match="at least 1 and below 2"):
        scores.tweedie_deviance([1.0], [1.0], 2.0)
