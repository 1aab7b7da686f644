import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from c2m.distribution import GammaPoisson, PathSet, QuantileCurves
from c2m.distribution.counts import count_quantiles
from c2m.errors import DataError

LEVELS = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
CODES = ["A", "B", "C"]


def gamma_poisson():
    mean = np.array([[2.0, 5.0, 0.1], [40.0, 30.0, 20.0], [0.0, 0.0, 3.0]])
    return GammaPoisson(mean, np.full((3, 3), 0.4), np.array([0.1, 0.2, 0.0]))


def curves():
    levels = np.array([0.05, 0.5, 0.95])
    return QuantileCurves(
        levels, np.array([[[1.0, 3, 9]] * 3, [[0.0, 0, 5]] * 3, [[2.0, 2, 2]] * 3]), 0.3
    )


LAWS = [gamma_poisson(), curves(), PathSet(gamma_poisson().draw(50, 1, CODES))]


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(0, 1500),
    dispersion=st.one_of(st.just(0.0), st.floats(1e-4, 4)),
    level=st.floats(0.001, 0.999),
)
def test_count_quantiles_are_the_negative_binomials(mean, dispersion, level):
    found = count_quantiles(np.array([mean]), np.array([dispersion]), np.array([level]))[0, 0]
    law = (
        stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
        if dispersion
        else stats.poisson(mean)
    )
    assert law.cdf(found) >= level - 1e-9
    assert found == 0 or law.cdf(found - 1) <= level + 1e-9


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_quantiles_are_ordered_and_never_negative(law):
    quantiles = law.quantiles(LEVELS)
    assert quantiles.shape == (3, 3, 5)
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_a_series_draws_the_same_numbers_alone_and_among_others(law):
    together = law.draw(20, 7, CODES)
    alone = law.rows(np.array([1])).draw(20, 7, CODES[1:2])
    assert np.array_equal(together[:, 1:2], alone)
    assert np.array_equal(together, law.draw(20, 7, CODES))
    assert not np.array_equal(together, law.draw(20, 8, CODES)) or len(together) == 50


def test_the_moments_of_the_paths_are_those_of_the_law():
    law = gamma_poisson()
    paths = law.draw(40_000, 3, CODES)[:, 1].astype(float)
    mean = law.mean[1]
    assert paths.mean(axis=0) == pytest.approx(mean, rel=0.02)
    assert paths.var(axis=0) == pytest.approx(mean + 0.4 * mean**2, rel=0.05)
    assert np.cov(paths[:, 0], paths[:, 2])[0, 1] == pytest.approx(0.2 * 40 * 20, rel=0.1)


@pytest.mark.parametrize("level", [0.05, 0.5, 1.0])
def test_quantiles_and_totals_are_near_those_of_the_paths(level):
    law = GammaPoisson(np.array([[2.0, 20, 200]] * 2), np.ones((2, 3)), np.full(2, level))
    paths = law.draw(40_000, 5, CODES[:2])[:, 1]
    levels = np.array([0.5, 0.75, 0.9, 0.975])
    by_path = np.quantile(paths, levels, axis=0).T
    assert law.quantiles(levels)[1] == pytest.approx(by_path, rel=0.08, abs=1)
    total = np.quantile(paths.sum(axis=1), levels)
    assert law.total(0, 3, levels)[1] == pytest.approx(total, rel=0.08)


def test_a_total_is_not_the_sum_of_quantiles():
    law = GammaPoisson(np.full((1, 10), 5.0), np.full((1, 10), 0.5), np.zeros(1))
    level = np.array([0.95])
    assert law.total(0, 10, level)[0, 0] < law.quantiles(level)[0, :, 0].sum()


def test_merged_periods_keep_mean_variance_and_covariance():
    law = gamma_poisson()
    merged = law.merge(np.array([0, 0, 1]))
    mean, own = law.mean[1], 0.4
    assert merged.mean[1].tolist() == [70, 20]
    variance = (mean[:2] + own * mean[:2] ** 2).sum() + 2 * 0.2 * mean[0] * mean[1]
    assert merged.mean[1, 0] + merged.dispersion[1, 0] * 70**2 == pytest.approx(variance)


def test_curves_go_through_their_knots_and_spread_by_their_dependence():
    law = curves()
    assert law.quantiles(np.array([0.05, 0.5, 0.95]))[0, 0] == pytest.approx([1, 3, 9])
    values = law.values[:1]
    spread = [
        QuantileCurves(law.levels, values, rho).draw(4000, 1, ["A"]).sum(axis=2).std()
        for rho in (0.0, 0.5, 1.0)
    ]
    assert spread[0] < spread[1] < spread[2]
    locked = QuantileCurves(law.levels, values, 1.0).draw(100, 1, ["A"])
    assert np.allclose(locked[:, 0, 0], locked[:, 0, 2])


def test_the_mean_of_curves_is_that_of_their_paths():
    law = curves()
    assert law.draw(40_000, 2, CODES).mean(axis=0) == pytest.approx(law.mean, rel=0.03, abs=0.01)


def test_paths_come_back_as_they_are_or_shuffled():
    law = LAWS[2]
    assert np.array_equal(law.draw(50, 9, CODES), law.paths)
    twice = law.draw(100, 9, CODES)
    assert twice.sum() == pytest.approx(2 * law.paths.sum())


def test_path_moments_find_the_level_they_were_drawn_with():
    law = gamma_poisson()
    mean, dispersion, level = PathSet(law.draw(20_000, 4, CODES)).moments()
    assert mean[1] == pytest.approx(law.mean[1], rel=0.02)
    assert dispersion[1] == pytest.approx([0.4, 0.4, 0.4], rel=0.1)
    assert level[1] == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: GammaPoisson(np.full((1, 2), -1.0), 0.1, 0.0), "mean has 2 values below 0"),
        (lambda: GammaPoisson(np.ones((1, 2)), 0.1, 0.2), "below level_variance"),
        (lambda: GammaPoisson(np.ones(2), 0.1, 0.0), "not series by periods"),
        (lambda: PathSet(np.full((1, 1, 1), np.nan)), "unknown"),
        (lambda: PathSet(np.ones((0, 1, 1))), "shape"),
        (lambda: QuantileCurves(np.array([0.1, 0.9]), np.array([[[2.0, 1.0]]]), 0.0), "cross"),
        (lambda: QuantileCurves(np.array([0.9, 0.1]), np.array([[[1.0, 1.0]]]), 0.0), "rise"),
        (lambda: QuantileCurves(np.array([0.5]), np.array([[[1.0]]]), 2.0), "between 0 and 1"),
    ],
)
def test_a_law_that_is_none_is_refused(make, problem):
    with pytest.raises(DataError, match=problem):
        make()


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.7, 9.1]), min_size=3, max_size=3),
    levels=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=20),
)
def test_quantiles_of_curves_never_fall_not_even_by_rounding(values, levels):
    law = QuantileCurves(np.array([0.13, 0.4, 0.77]), np.array([[sorted(values)]]), 0.1)
    asked = np.array(levels)
    found = law.quantiles(asked)[0, 0]
    assert (np.diff(found[np.argsort(asked, kind="stable")]) >= 0).all()


def test_the_mean_of_curves_counts_what_would_fall_below_zero_as_zero():
    law = QuantileCurves(np.array([0.1, 0.9]), np.array([[[0.0, 10.0]]]), 0.0)
    assert law.mean[0, 0] == pytest.approx(law.draw(200_000, 1, ["A"]).mean(), rel=0.01)


@pytest.mark.parametrize(("mean", "dispersion"), [(8.17, 0.1), (1.33, 1.0), (18.24, 0.4)])
def test_a_level_within_rounding_of_one_ends_the_walk(mean, dispersion):
    level = np.array([1 - 2.0**-53])
    found = count_quantiles(np.array([mean]), np.array([dispersion]), level)[0, 0]
    assert found < 500


def test_means_whose_square_vanishes_have_a_law_of_their_sum():
    law = GammaPoisson(np.full((1, 2), 1e-200), 0.3, 0.1)
    assert law.total(0, 2, np.array([0.5])).tolist() == [[0]]


def test_shapes_that_do_not_fit_are_said():
    with pytest.raises(DataError, match="shapes do not fit"):
        GammaPoisson(np.ones((2, 2)), 1.0, np.ones(5))
