import numpy as np
import pytest

from c2m.errors import ArgumentError
from c2m.forecast import scores


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


def test_zeros_before_the_first_sale_do_not_shrink_the_scale_of_rmsse():
    late = np.array([[0.0, 0.0, 0.0, 0.0, 3.0, 1.0, 4.0]])
    steps = np.array([2.0, 3.0])
    expected = 1 / np.sqrt((steps**2).mean())
    assert scores.rmsse([[5.0]], [[6.0]], late) == pytest.approx(expected)
    whole = 1 / np.sqrt((np.diff(late[0]) ** 2).mean())
    assert scores.rmsse([[5.0]], [[6.0]], late, from_first_sale=False) == pytest.approx(whole)
    unknown = np.where(np.arange(7) < 4, np.nan, late)
    assert scores.rmsse([[5.0]], [[6.0]], unknown) == pytest.approx(expected)


def test_scaled_errors_do_not_depend_on_the_unit():
    rng = np.random.default_rng(0)
    past, actual = rng.poisson(4, (5, 30)) + 0.0, rng.poisson(4, (5, 6)) + 0.0
    quantiles = np.sort(rng.gamma(4, 1, (5, 6, 2)), axis=-1)
    levels = [0.2, 0.7]
    one = scores.scaled_quantile_loss(actual, quantiles, levels, past)
    assert scores.scaled_quantile_loss(9 * actual, 9 * quantiles, levels, 9 * past) == (
        pytest.approx(one)
    )


def test_the_scaled_loss_of_the_median_is_half_the_mase_of_a_series_that_sold_from_the_start():
    rng = np.random.default_rng(1)
    past, actual = 1.0 + rng.poisson(4, (5, 30)), rng.poisson(4, (5, 6)) + 0.0
    forecast = rng.gamma(4, 1, (5, 6))
    half = scores.scaled_quantile_loss(actual, forecast[..., None], [0.5], past)
    assert 2 * half == pytest.approx(scores.mase(actual, forecast, past))


def test_a_history_that_is_no_table_or_a_season_of_none_is_refused():
    with pytest.raises(ArgumentError, match="series by periods"):
        scores.mase([[1.0]], [[1.0]], [1.0, 2.0])
    with pytest.raises(ArgumentError, match="season_length"):
        scores.mase([[1.0]], [[1.0]], [[1.0, 2.0]], 0)


@pytest.mark.parametrize("history", [[[1.0, 2.0, 3.0]], [1.0, 2.0, 3.0]])
def test_a_history_of_other_series_is_refused(history):
    actual = np.ones((2, 2))
    for score in (scores.mase, scores.rmsse):
        with pytest.raises(ArgumentError, match="of the same series"):
            score(actual, actual, history)
    with pytest.raises(ArgumentError, match="of the same series"):
        scores.scaled_quantile_loss(actual, actual[..., None], [0.5], history)


def test_one_series_without_a_second_dimension_is_refused():
    with pytest.raises(ArgumentError, match="series by periods"):
        scores.mase([1.0], [1.0], [[1.0, 2.0]])
