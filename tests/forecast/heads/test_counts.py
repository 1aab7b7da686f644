import numpy as np
import pytest
from scipy import stats

from c2m.errors import C2MWarning
from c2m.forecast.heads.counts import CountHead, negative_binomial_loss


def draw(mean, dispersion, level, n_paths, horizon, seed=0):
    chance = np.random.default_rng(seed)
    noise = (dispersion - level) / (1 + level)
    rate = mean * chance.gamma(1 / level, level, size=(n_paths, 1))
    rate = rate * chance.gamma(1 / noise, noise, size=(n_paths, horizon))
    return np.full((n_paths, horizon), mean), chance.poisson(rate).astype(float)


def test_the_loss_differs_from_scipys_likelihood_by_what_no_parameter_moves():
    counts = np.array([0.0, 1.0, 7.0])
    losses = []
    for mean, dispersion in ((2.0, 0.5), (5.0, 2.0)):
        size = 1 / dispersion
        exact = stats.nbinom(size, size / (size + mean)).logpmf(counts)
        losses.append(negative_binomial_loss(counts, np.array(mean), np.array(dispersion)) + exact)
    assert losses[0] == pytest.approx(losses[1])


def test_the_spread_of_known_counts_is_found_again():
    head = CountHead.fit(*draw(10.0, 0.6, 0.3, n_paths=3000, horizon=6))
    law = head.law(np.full((1, 6), 10.0))
    assert law.dispersion[0] == pytest.approx(0.6, rel=0.15)
    assert law.level_variance[0] == pytest.approx(0.3, rel=0.25)


def test_independent_periods_share_almost_no_level():
    head = CountHead.fit(*draw(10.0, 0.6, 0.001, n_paths=3000, horizon=6))
    assert head.law(np.full((1, 6), 10.0)).level_variance[0] < 0.06


def test_small_and_large_means_keep_their_own_spread():
    small, large = (draw(2.0, 1.5, 0.1, 800, 6), draw(200.0, 0.2, 0.1, 800, 6, seed=1))
    head = CountHead.fit(*(np.concatenate(pair) for pair in zip(small, large, strict=True)))
    law = head.law(np.array([[2.0], [200.0]]))
    assert law.dispersion[0, 0] > 3 * law.dispersion[1, 0]


def test_unknown_cells_do_not_change_what_is_learnt():
    mean, actual = draw(10.0, 0.6, 0.3, n_paths=500, horizon=4)
    padded = np.concatenate([actual, np.full((500, 1), np.nan)], axis=1)
    wide = np.concatenate([mean, np.full((500, 1), 10.0)], axis=1)
    one, other = CountHead.fit(mean, actual), CountHead.fit(wide, padded)
    assert np.array_equal(one.dispersion, other.dispersion)
    assert np.array_equal(one.level_variance, other.level_variance)


def test_a_forecast_that_has_faded_away_counts_as_none():
    mean, actual = draw(10.0, 0.6, 0.3, n_paths=500, horizon=4)
    faded = np.full((100, 4), 1e-200)  # its square is 0
    both = np.concatenate([mean, faded]), np.concatenate([actual, np.zeros((100, 4))])
    one, other = CountHead.fit(mean, actual), CountHead.fit(*both)
    assert np.array_equal(one.dispersion, other.dispersion)
    assert np.array_equal(one.level_variance, other.level_variance)


def test_nothing_to_learn_from_is_warned_of():
    with pytest.warns(C2MWarning, match="Only 0 past forecasts"):
        head = CountHead.fit(np.empty((0, 3)), np.empty((0, 3)))
    assert head.law(np.ones((2, 3))).dispersion.tolist() == [[1.0] * 3] * 2


def test_a_head_is_saved_as_arrays():
    head = CountHead.fit(*draw(10.0, 0.6, 0.3, n_paths=500, horizon=4))
    again = CountHead.from_arrays(head.to_arrays())
    assert np.array_equal(again.level_variance, head.level_variance)
    assert np.array_equal(again.log_mean, head.log_mean)
