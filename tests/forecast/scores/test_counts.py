import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from c2m.errors import ArgumentError
from c2m.forecast import scores

LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9]


@settings(max_examples=15, deadline=None)
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


@settings(max_examples=20, deadline=None)
@given(mean=st.floats(0.01, 300), dispersion=st.floats(0.001, 5), count=st.integers(-2, 400))
def test_the_probability_of_counts_is_that_of_scipys_negative_binomial(mean, dispersion, count):
    size = 1 / dispersion
    expected = stats.nbinom.cdf(count, size, size / (size + mean))
    assert scores.count_probability(count, mean, dispersion) == pytest.approx(expected, abs=1e-12)
    poisson = scores.count_probability(count, mean, 0.0)
    assert poisson == pytest.approx(stats.poisson.cdf(count, mean), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(mean=st.floats(0.2, 20), dispersion=st.floats(0.05, 2), level=st.floats(0.02, 0.98))
def test_under_the_true_law_the_transform_lies_below_a_level_as_often_as_it_says(
    mean, dispersion, level
):
    law = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
    support = np.arange(int(law.ppf(1 - 1e-12)) + 1)
    below = scores.count_probability(support - 1, mean, dispersion)
    upto = scores.count_probability(support, mean, dispersion)
    each = [scores.pit_reach([b], [u], [level])[0] for b, u in zip(below, upto, strict=True)]
    assert np.dot(law.pmf(support), each) == pytest.approx(level, abs=1e-9)


def test_the_randomised_transform_of_the_true_law_is_uniform_and_of_a_wrong_one_is_not():
    rng = np.random.default_rng(3)
    actual = rng.negative_binomial(2, 2 / (2 + 1.5), 4000)  # mean 1.5, dispersion 0.5

    def drawn(dispersion):
        bounds = [scores.count_probability(actual - k, 1.5, dispersion) for k in (1, 0)]
        return scores.randomised_pit(*bounds, seed=1), scores.calibration_error(*bounds, LEVELS)

    right, small = drawn(0.5)
    wrong, large = drawn(0.0)
    assert stats.kstest(right, "uniform").pvalue > 0.01
    assert stats.kstest(wrong, "uniform").pvalue < 1e-6
    assert small < 0.02 < 0.05 < large
    assert np.array_equal(right, drawn(0.5)[0])


def test_what_is_unknown_has_no_transform():
    assert np.isnan(scores.randomised_pit([np.nan], [np.nan], seed=0)).all()
    assert np.isnan(scores.calibration_error([np.nan], [np.nan], [0.5]))
    assert scores.pit_reach([0.2, np.nan], [0.4, np.nan], [0.3]).tolist() == pytest.approx([0.5])


def test_probabilities_that_fall_or_grids_that_do_not_rise_are_refused():
    with pytest.raises(ArgumentError, match="at most"):
        scores.pit_reach([0.5], [0.4], [0.5])
    with pytest.raises(ArgumentError, match="rising levels"):
        scores.probabilities([1.0], [[1.0, 2.0]], [0.9, 0.1])
    with pytest.raises(ArgumentError, match="quantiles of shape"):
        scores.pit_coverage([1.0, 2.0], [[1.0, 2.0]], [0.1, 0.9], 0.8)
    with pytest.raises(ArgumentError, match="interval above 0"):
        scores.stretch_coverage([0.2], [0.4], 1.0)
