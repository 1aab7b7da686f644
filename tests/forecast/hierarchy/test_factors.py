import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from c2m.distribution import GammaPoisson, PathSet, QuantileCurves
from c2m.errors import ArgumentError
from c2m.forecast.hierarchy.factors import alignment_factors, sums_by_group
from c2m.forecast.hierarchy.scaling import scaled_law

amounts = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
forecasts = st.one_of(st.just(np.nan), st.floats(-100, 1e6))


@settings(max_examples=60, deadline=None)
@given(
    bottom=arrays(float, (3, 15), elements=amounts),
    aggregate=arrays(float, (3, 15), elements=forecasts),
    season=st.sampled_from([1, 7, 52]),
    strength=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_factors_are_never_negative_unknown_or_wild(bottom, aggregate, season, strength):
    factor = alignment_factors(bottom, aggregate, season_length=season) ** strength
    assert factor.shape == bottom.shape
    assert np.all((factor >= 0.5) & (factor <= 2.0))
    assert np.all(factor[np.isnan(aggregate).any(axis=1)] == 1.0)


def test_nothing_to_scale_is_left_as_it_is():
    assert alignment_factors(np.zeros((1, 4)), np.full((1, 4), 9.0)).tolist() == [[1.0] * 4]


def test_full_strength_gives_the_totals_of_the_aggregate_model():
    chance = np.random.default_rng(0)
    bottom = chance.uniform(8, 12, (2, 28))
    aggregate = chance.uniform(8, 12, (2, 28))
    scaled = bottom * alignment_factors(bottom, aggregate, season_length=7)
    mondays = slice(0, None, 7)
    assert np.allclose(scaled[:, mondays].sum(axis=1), aggregate[:, mondays].sum(axis=1))
    assert np.allclose(scaled.sum(axis=1), aggregate.sum(axis=1))


def test_a_single_day_keeps_its_event():
    bottom = np.full((1, 28), 10.0)
    bottom[0, 9] = 20.0
    factor = alignment_factors(bottom, np.full((1, 28), 10.0), season_length=7)
    assert factor[0, 9] == factor[0, 2] == pytest.approx(0.8)


def test_sums_by_group_skip_the_unknown():
    values = np.array([[1.0, np.nan], [2.0, 3.0], [4.0, 5.0]])
    assert sums_by_group(values, np.array([0, 0, 1]), 3).tolist() == [[3, 3], [4, 5], [0, 0]]


def test_every_law_is_scaled_without_negatives():
    factor = np.array([[2.0, 0.5]])
    counts = GammaPoisson(np.array([[4.0, 6.0]]), 0.3, 0.1)
    curves = QuantileCurves(np.array([0.1, 0.9]), np.array([[[1.0, 3.0], [2.0, 6.0]]]), 0.5)
    paths = PathSet(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]))
    for law in (counts, curves, paths):
        assert np.allclose(scaled_law(law, factor).mean, law.mean * factor)
    assert np.array_equal(scaled_law(counts, factor).dispersion, counts.dispersion)


def test_a_law_of_another_kind_is_refused():
    with pytest.raises(ArgumentError, match=r"law of c2m\.distribution"):
        scaled_law(object(), np.ones((1, 1)))
