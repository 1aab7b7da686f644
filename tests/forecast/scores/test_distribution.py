import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from c2m.errors import ArgumentError
from c2m.forecast import scores


def integral(actual, law):
    """Return the definition for counts: the sum of (F(k) - 1{y <= k})**2."""
    support = np.arange(int(max(law.ppf(1 - 1e-13), actual)) + 2)
    return float(((law.cdf(support) - (support >= actual)) ** 2).sum())


@settings(max_examples=40, deadline=None)
@given(mean=st.floats(0.01, 200), dispersion=st.floats(0.0002, 8), count=st.integers(0, 300))
def test_the_closed_form_for_the_negative_binomial_is_the_sum_over_its_probabilities(
    mean, dispersion, count
):
    size = 1 / dispersion
    expected = integral(count, stats.nbinom(size, size / (size + mean)))
    found = scores.crps_negative_binomial([float(count)], mean, dispersion)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dispersion", [0.0, 1e-9, 5e-5])
def test_the_closed_form_goes_over_into_that_of_poisson(dispersion):
    for mean, count in ((0.3, 0), (4.0, 7), (60.0, 50)):
        size = 1 / dispersion if dispersion else np.inf
        law = stats.nbinom(size, size / (size + mean)) if dispersion else stats.poisson(mean)
        found = scores.crps_negative_binomial([float(count)], mean, dispersion)
        assert found == pytest.approx(integral(count, law), rel=2e-4)


def test_a_law_without_spread_has_the_absolute_error_and_the_unknown_does_not_count():
    assert scores.crps_negative_binomial([3.0, np.nan], [0.0, 1.0], 0.5) == 3.0
    assert np.isnan(scores.crps_negative_binomial([np.nan], 1.0, 0.5))
    assert scores.crps_paths([3.0], np.ones((5, 1))) == 2.0


def test_the_score_is_twice_the_integral_of_the_pinball_loss_over_the_levels():
    mean, dispersion, actual = 3.0, 0.4, np.arange(12.0)
    levels = (np.arange(20_000) + 0.5) / 20_000
    quantiles = stats.nbinom.ppf(levels, 2.5, 2.5 / (2.5 + mean))
    curves = np.broadcast_to(quantiles, (12, len(levels)))
    expected = scores.crps_negative_binomial(actual, mean, dispersion)
    assert scores.crps_quantiles(actual, curves, levels) == pytest.approx(expected, rel=2e-4)
    twice = 2 * scores.pinball(actual, curves, levels)
    assert scores.crps_quantiles(actual, curves, levels) == pytest.approx(twice)


def test_the_score_of_paths_does_not_depend_on_their_number_in_expectation():
    rng = np.random.default_rng(0)
    draws = rng.negative_binomial(2.5, 2.5 / 5.5, (5, 40_000))
    actual = np.full(40_000, 4.0)
    expected = scores.crps_negative_binomial([4.0], 3.0, 0.4)
    assert scores.crps_paths(actual, draws) == pytest.approx(expected, rel=0.01)
    assert scores.crps_paths(actual, draws[:2]) == pytest.approx(expected, rel=0.03)


def test_the_score_of_paths_is_its_energy_form():
    rng = np.random.default_rng(1)
    paths, actual = rng.gamma(2, 2, (7, 3)), rng.gamma(2, 2, 3)
    apart = np.abs(paths[:, None] - paths[None]).sum(axis=(0, 1)) / (2 * 7 * 6)
    expected = (np.abs(paths - actual).mean(axis=0) - apart).mean()
    assert scores.crps_paths(actual, paths) == pytest.approx(expected)


def test_one_path_or_levels_that_do_not_rise_are_refused():
    with pytest.raises(ArgumentError, match="at least 2 paths"):
        scores.crps_paths([1.0], [[1.0]])
    with pytest.raises(ArgumentError, match="rising levels"):
        scores.crps_quantiles([1.0], [[1.0, 2.0]], [0.9, 0.1])


def test_parameters_that_do_not_fit_what_came_are_refused():
    with pytest.raises(ArgumentError, match=r"mean of \(3,\)"):
        scores.crps_negative_binomial([1.0, 2.0], [1.0, 2.0, 3.0], 0.1)
