import warnings

import numpy as np
import pytest

from c2m.errors import C2MWarning
from c2m.forecast.heads import CountHead, LevelSetHead, choose_head

LEVELS = np.array([0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995])


def packs(n_paths=2000, horizon=10, seed=0):
    """Draw demand that comes in packs of six, which no negative binomial describes."""
    chance = np.random.default_rng(seed)
    mean = chance.uniform(1, 12, (n_paths, 1)) * np.ones((1, horizon))
    return mean, 6.0 * chance.poisson(mean / 6)


def counts(n_paths=2000, horizon=10, seed=0):
    chance = np.random.default_rng(seed)
    mean = chance.gamma(1, 3, (n_paths, 1)) * np.ones((1, horizon))
    return mean, chance.negative_binomial(2, 2 / (2 + mean)).astype(float)


def coverage_error(law, actual, seed=0):
    """Return the largest error, in points, of randomised coverage at the nine levels."""
    grid = np.arange(1, 1000) / 1000
    quantiles = law.quantiles(grid)
    below = (quantiles < actual[..., None]).sum(axis=-1)
    up_to = (quantiles <= actual[..., None]).sum(axis=-1)
    chance = np.random.default_rng(seed).random(actual.shape)
    pit = (below + chance * (up_to - below + 1)) / 1000
    return max(abs(np.mean(pit <= level) - level) for level in LEVELS) * 100


def test_demand_in_packs_has_quantiles_in_packs():
    head = LevelSetHead.fit(*packs())
    quantiles = head.law(np.full((1, 1), 6.0)).quantiles(LEVELS)[0, 0]
    assert np.mean(quantiles % 6 == 0) >= 0.8
    assert quantiles[0] == 0
    assert quantiles[-1] == pytest.approx(30, abs=6)


@pytest.mark.parametrize("head", [CountHead, LevelSetHead])
def test_either_head_covers_counts_it_has_not_seen_within_two_points(head):
    fitted = head.fit(*counts())
    mean, actual = counts(n_paths=600, seed=1)
    assert coverage_error(fitted.law(mean), actual) <= 2


def test_the_law_keeps_the_mean_and_its_paths_have_it():
    mean, _ = counts(n_paths=60, seed=3)
    law = LevelSetHead.fit(*counts()).law(mean)
    assert np.array_equal(law.mean, mean)
    paths = law.draw(3000, 1, [str(row) for row in range(60)])
    large = mean[:, 0] > 0.5
    assert paths.mean(axis=(0, 2))[large] == pytest.approx(mean[large, 0], rel=0.08)


def test_a_mean_of_zero_is_never_exceeded_and_a_tiny_one_seldom():
    head = LevelSetHead.fit(*counts())
    law = head.law(np.array([[0.0, 1e-4]]))
    assert law.quantiles(LEVELS)[0].tolist() == [[0.0] * 9] * 2
    assert law.draw(50, 1, ["A"]).sum() == 0


def test_means_beyond_all_sets_stretch_the_last_curve():
    law = LevelSetHead.fit(*counts()).law(np.array([[50.0, 500.0]]))
    near, far = law.quantiles(np.array([0.5, 0.975]))[0]
    assert far == pytest.approx(10 * near, rel=0.1)


def test_packs_are_told_from_counts_by_the_loss_on_other_series():
    chosen = choose_head(*packs(), fold=np.arange(2000) % 2)
    assert isinstance(chosen, LevelSetHead)
    assert "level sets around the mean" in chosen.notes[0]
    chosen = choose_head(*counts(), fold=np.arange(2000) % 2)
    assert isinstance(chosen, CountHead)
    assert chosen.notes[0].startswith("Spread: negative binomial around the mean; on held-out")


def test_few_cells_are_left_to_the_smaller_head():
    mean, actual = packs(n_paths=100)
    chosen = choose_head(mean, actual, fold=np.arange(100) % 2)
    assert isinstance(chosen, CountHead)
    assert chosen.notes == ()


def test_nothing_to_learn_from_is_warned_of():
    with pytest.warns(C2MWarning, match="Only 0 past forecasts"):
        head = LevelSetHead.fit(np.empty((0, 3)), np.empty((0, 3)))
    assert head.law(np.ones((1, 2))).quantiles(np.array([0.5])).shape == (1, 2, 1)


def test_a_level_set_head_is_saved_as_arrays():
    head = LevelSetHead.fit(*counts(n_paths=500))
    again = LevelSetHead.from_arrays(head.to_arrays())
    mean = np.full((2, 3), 2.5)
    assert np.array_equal(again.law(mean).quantiles(LEVELS), head.law(mean).quantiles(LEVELS))
    assert np.array_equal(again.law(mean).draw(5, 1, "AB"), head.law(mean).draw(5, 1, "AB"))


@pytest.mark.parametrize("head", [CountHead, LevelSetHead])
def test_fractions_are_never_rounded(head):
    chance = np.random.default_rng(4)
    mean = np.full((1500, 6), 3.0)
    actual = chance.gamma(1.2, 2.5, mean.shape)
    law = head.fit(mean, actual).law(mean[:50])
    quantiles = law.quantiles(LEVELS)
    assert np.mean(quantiles % 1 != 0) > 0.9
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    paths = law.draw(400, 1, [str(row) for row in range(50)])
    assert np.mean(paths % 1 != 0) > 0.9
    assert paths.mean() == pytest.approx(3.0, rel=0.03)
    assert np.mean(law.total(0, 6, LEVELS) % 1 != 0) > 0.9
    assert np.array_equal(head.from_arrays(head.fit(mean, actual).to_arrays()).law(mean).mean, mean)


def test_whole_numbers_stay_whole_with_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law = CountHead.fit(*counts(n_paths=300)).law(np.full((3, 4), 2.5))
    assert np.all(law.quantiles(LEVELS) % 1 == 0)
