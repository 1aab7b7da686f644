"""The estimators beside brute force and published identities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from c2m.signals.stockouts.negbin import moments_above
from c2m.signals.stockouts.rates import Common, Rates, Setting, fit_rates, group_sum, smooth
from c2m.signals.stockouts.spill import missing


@given(st.integers(1, 20), st.floats(0.5, 50), st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_smoothing_is_the_weighted_sum_over_all_periods(n_periods, half_life, seed):
    values = np.random.default_rng(seed).random((3, n_periods))
    apart = np.abs(np.subtract.outer(np.arange(n_periods), np.arange(n_periods)))
    np.testing.assert_allclose(smooth(values, half_life), values @ 0.5 ** (apart / half_life))


def test_groups_are_added_up():
    values = np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(group_sum(values, np.array([1, 0, 1, 1])), [[2, 3], [10, 13]])


@pytest.mark.parametrize("mean", [0.3, 4.0, 60.0])
@pytest.mark.parametrize("shape", [0.7, 5.0, 400.0])
@pytest.mark.parametrize("least", [0, 1, 2, 30])
def test_moments_above_are_those_of_the_summed_law(mean, shape, least):
    count = np.arange(least, 3000)
    weight = stats.nbinom.pmf(count, shape, shape / (shape + mean))
    if weight.sum() < 1e-9:
        return
    first, second = moments_above(*(np.array([float(v)]) for v in (mean, shape, least)))
    assert first[0] == pytest.approx((weight * count).sum() / weight.sum(), rel=1e-6)
    assert second[0] == pytest.approx((weight * count**2).sum() / weight.sum(), rel=1e-6)


def test_a_sale_that_the_law_cannot_explain_is_its_own_demand():
    first, second = moments_above(np.array([0.1]), np.array([1e6]), np.array([500.0]))
    assert first[0] == 500
    assert second[0] == 500**2


@pytest.mark.parametrize(("sold", "share"), [(0.0, 0.0), (7.0, 0.4), (0.0, 0.9)])
def test_what_is_missing_is_the_posterior_mean_of_a_gamma_rate(sold, share):
    shape, mean = 3.0, 10.0
    one = np.ones((1, 1))
    rates = Rates(mean * one, shape * one, Common(one, one, ()))
    found = missing(sold * one, share * one, rates)[0, 0]

    def _joint(rate):
        prior = stats.gamma.pdf(rate, shape, scale=mean / shape)
        return prior * stats.poisson.pmf(sold, rate * share)

    whole = integrate.quad(_joint, 0, 200)[0]
    posterior = integrate.quad(lambda rate: rate * _joint(rate), 0, 200)[0] / whole
    assert found == pytest.approx((1 - share) * posterior, rel=1e-6)


def setting(n_series, n_periods, groups=()):
    level = np.zeros((n_series, n_periods), dtype=np.intp)
    return Setting(tuple(groups), level, np.arange(n_periods) % 7, 28.0, 3.0)


def test_the_rate_of_a_cell_does_not_depend_on_the_cell_itself():
    rng = np.random.default_rng(5)
    events, exposure = rng.poisson(20, (12, 40)).astype(float), np.ones((12, 40))
    other = events.copy()
    other[3, 20] = 400
    low, high = (fit_rates(one, exposure, setting(12, 40)).mean[3, 20] for one in (events, other))
    assert high < 1.6 * low  # it moves a little, through what all series share
    assert fit_rates(other, exposure, setting(12, 40)).mean[3, 25] > 1.05 * low


def test_a_style_day_that_siblings_saw_is_known_of_the_sku_that_was_out():
    rng = np.random.default_rng(6)
    events, exposure = rng.poisson(50, (40, 42)).astype(float), np.ones((40, 42))
    style = np.repeat([0, 1], 20)
    events[:20, 30] = rng.poisson(100, 20)
    events[0, 30], exposure[0, 30] = 0, 0
    found = fit_rates(events, exposure, setting(40, 42, [style]))
    assert found.mean[0, 30] == pytest.approx(100, rel=0.12)
    assert found.mean[0, 10] == pytest.approx(50, rel=0.12)


def test_a_rate_is_less_sure_where_the_whole_style_was_out():
    rng = np.random.default_rng(7)
    style = np.repeat(np.arange(4), 10)
    shock = rng.gamma(10, 0.1, (4, 60))[style]
    events, exposure = rng.poisson(40 * shock).astype(float), np.ones((40, 60))
    events[:10, 30:36], exposure[:10, 30:36] = 0, 0
    events[10, 30], exposure[10, 30] = 0, 0
    found = fit_rates(events, exposure, setting(40, 60, [style]))
    assert found.shape[:10, 32].max() < 0.5 * found.shape[10, 30]


def test_nothing_seen_at_all_gives_a_rate_and_no_error():
    found = fit_rates(np.zeros((2, 5)), np.zeros((2, 5)), setting(2, 5))
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.shape).all()
