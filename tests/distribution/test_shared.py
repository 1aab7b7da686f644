import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.demand.update import given_sales
from c2m.distribution import GammaPoisson, LevelSets, Shared
from c2m.errors import DataError

CODES = [f"S{row}" for row in range(12)]
LEVELS = np.array([0.1, 0.5, 0.9])


def shared(variances=(0.05, 0.02)):
    store = np.repeat(["a", "b", "c"], 4)
    kind = np.tile(["x", "y"], 6)
    return Shared(np.stack([store, kind], axis=1), ("store", "kind"), np.array(variances))


def law(*, whole=True, means=8.0, factors=None):
    factors = factors or shared()
    mean = np.full((12, 5), means) * np.linspace(0.5, 2, 12)[:, None]
    return GammaPoisson(mean, 0.4, 0.1, factors, whole)


def level_sets(counts=None):
    counts = counts or law()
    curves = np.stack([np.round(np.arange(1, 20) * middle / 10) for middle in (4.0, 8.0, 16.0)])
    place = np.interp(counts.mean, [0, 4, 8, 16], [-1, 0, 1, 2])
    return LevelSets(counts, place, np.ones(place.shape), np.arange(1, 20) / 20, curves)


LAWS = [law(), law(whole=False), law(means=30.0), level_sets()]
IDS = ["counts", "amounts", "large", "level sets"]


@pytest.mark.parametrize("one", LAWS, ids=IDS)
@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.integers(0, 11), min_size=1, max_size=12, unique=True), seed=st.integers())
def test_paths_do_not_depend_on_which_series_are_drawn_or_in_which_order(one, rows, seed):
    whole = one.draw(9, seed, CODES)
    part = one.rows(np.array(rows)).draw(9, seed, [CODES[row] for row in rows])
    assert np.array_equal(part, whole[:, rows])


@pytest.mark.parametrize("one", LAWS, ids=IDS)
def test_quantiles_never_cross_and_paths_are_never_negative(one):
    quantiles = one.quantiles(np.linspace(0.01, 0.99, 50))
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert one.draw(50, 1, CODES).min() >= 0


@pytest.mark.parametrize("whole", [True, False])
def test_series_covary_by_what_they_share(whole):
    one = law(whole=whole)
    paths = one.draw(60_000, 3, CODES).astype(np.float64)
    mean = one.mean
    assert paths.mean(axis=0) == pytest.approx(mean, rel=0.03)
    assert paths.var(axis=0) == pytest.approx(mean + 0.4 * mean**2, rel=0.08)
    both, one_only, none = (1.05 * 1.02 - 1, 0.05, 0.0)
    for left, right, wanted in ((0, 2, both), (0, 1, one_only), (0, 4, 0.02), (0, 5, none)):
        found = np.cov(paths[:, left, 0], paths[:, right, 3])[0, 1]
        assert found == pytest.approx(wanted * mean[left, 0] * mean[right, 3], abs=1.0)
    own = np.cov(paths[:, 3, 0], paths[:, 3, 4])[0, 1]
    assert own == pytest.approx(0.1 * mean[3, 0] * mean[3, 4], rel=0.2)


def test_the_closed_form_of_a_total_has_the_moments_of_the_paths():
    one = law()
    merged = one.merge(np.zeros(5, dtype=np.intp))
    totals = one.draw(40_000, 2, CODES).sum(axis=2)
    assert totals.mean(axis=0) == pytest.approx(merged.mean[:, 0], rel=0.02)
    variance = merged.mean[:, 0] + merged.dispersion[:, 0] * merged.mean[:, 0] ** 2
    assert totals.var(axis=0) == pytest.approx(variance, rel=0.06)
    by_path = np.quantile(totals, LEVELS, axis=0).T
    assert one.total(0, 5, LEVELS) == pytest.approx(by_path, rel=0.08, abs=1)


def test_paths_of_level_sets_have_the_covariance_of_their_counts():
    one = level_sets()
    paths = one.draw(20_000, 2, CODES).astype(np.float64)
    found = np.cov(paths[:, 4, 0], paths[:, 4, 3])[0, 1]
    centre = one.draw(20_000, 2, CODES)[:, 4].mean()
    assert found == pytest.approx(0.1 * centre**2, rel=0.25)
    totals = paths[:, :4].sum(axis=(1, 2)).var()
    assert totals > 1.3 * paths[:, :4].sum(axis=2).var(axis=0).sum()


def test_a_factor_that_scales_leaves_the_relative_spread():
    one = law()
    doubled = one.scaled(np.full((12, 5), 2.0))
    assert np.array_equal(doubled.mean, 2 * one.mean)
    assert np.array_equal(doubled.dispersion, one.dispersion)
    assert doubled.shared is one.shared
    tripled = level_sets().scaled(np.full((12, 5), 3.0))
    assert tripled.quantiles(LEVELS)[3, 0, 1] == pytest.approx(tripled.mean[3, 0], abs=1)


@pytest.mark.parametrize("factor", [0.4, 1.2])
def test_small_counts_that_are_scaled_have_the_scaled_mean(factor):
    levels = np.arange(1, 1000) / 1000
    curves = GammaPoisson(np.linspace(0.1, 4, 80)[:, None], 0.5, 0.1).quantiles(levels)[:, 0]
    counts = law(means=1.0)
    place = np.interp(counts.mean, [0, *curves.mean(axis=1)], np.arange(-1, 80))
    scaled = LevelSets(counts, place, np.ones(place.shape), levels, curves).scaled(factor)
    means = scaled.draw(4000, 1, CODES).mean(axis=0)
    assert means.mean(axis=1) == pytest.approx(factor * counts.mean[:, 0], rel=0.1)


@pytest.mark.parametrize("one", LAWS, ids=IDS)
def test_a_law_comes_back_from_its_arrays(one):
    again = type(one).from_arrays(one.arrays())
    assert np.array_equal(again.draw(5, 1, CODES), one.draw(5, 1, CODES))
    assert np.array_equal(again.quantiles(LEVELS), one.quantiles(LEVELS))


def test_sales_of_a_group_move_the_series_that_share_its_level():
    one = law()
    sold = np.round(one.mean[:, :2])
    sold[:3] *= 3  # of the four series of store a
    after = given_sales(one.moments(), sold, shared=one.shared, whole=True)
    moved = after.mean[:, 0] / one.mean[:, 2]
    assert moved[3] > moved[7] > 0.9  # both sold what was expected; the first has a busy store
    assert moved[0] > moved[3]
    assert after.shared.variance < one.shared.variance
    assert (after.level_variance < one.level_variance).all()


def test_sales_as_expected_leave_the_means_of_series_that_share_levels():
    one = law()
    after = given_sales(one.moments(), one.mean[:, :2], shared=one.shared, whole=False)
    assert after.mean == pytest.approx(one.mean[:, 2:])
    assert not after.whole


def test_a_label_draws_the_same_level_in_any_forecast():
    levels = shared().draw(7, 4)
    alone = Shared(np.array([["c", "y"]]), ("store", "kind"), np.array([0.05, 0.02])).draw(7, 4)
    assert np.array_equal(levels[11], alone[0])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: law(factors=shared((0.2, 0.1))), "below the variance of the shared levels"),
        (lambda: GammaPoisson(np.ones((2, 2)), 0.4, 0.2, shared()), "name 12 series"),
        (lambda: shared((0.0, 0.1)), "not above 0"),
        (lambda: Shared(np.array([["a"]]), (), np.zeros(0)), "do not fit"),
        (lambda: Shared(np.array([["a", "b"]]), ("x", "x"), np.full(2, 0.1)), "names of their own"),
        (lambda: LevelSets(law(), np.zeros((1, 1)), 1.0, LEVELS, np.ones((1, 3))), "shapes"),
        (lambda: level_sets(law(means=1.0)).scaled(np.array(-1.0)), "below 0"),
    ],
)
def test_shared_levels_that_do_not_fit_are_refused(make, problem):
    with pytest.raises(DataError, match=problem):
        make()
