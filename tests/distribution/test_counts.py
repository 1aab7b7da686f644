import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from c2m.distribution.amounts import amount_quantiles
from c2m.distribution.counts import count_quantiles, invert_counts

M5 = np.array([0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995])
MEANS = np.concatenate([[0.0], np.geomspace(1e-3, 1e5, 120)])


@pytest.mark.parametrize("dispersion", [0.0, 1e-4, 0.01, 0.1, 0.5, 1.0, 3.0, 30.0])
def test_quantiles_are_scipys_to_the_unit(dispersion):
    found = count_quantiles(MEANS, np.full(len(MEANS), dispersion), M5)
    law = (
        stats.nbinom(1 / dispersion, 1 / (1 + dispersion * MEANS[:, None]))
        if dispersion
        else stats.poisson(MEANS[:, None])
    )
    assert np.array_equal(found, law.ppf(M5))


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(0.01, 1e7),
    dispersion=st.one_of(st.just(0.0), st.floats(1e-3, 4)),
    levels=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=6),
)
def test_one_by_one_and_in_a_table_quantiles_are_the_same(mean, dispersion, levels):
    cell, spread, asked = np.array([mean]), np.array([dispersion]), np.array(levels)
    together = count_quantiles(cell, spread, asked)
    assert np.array_equal(together[0], invert_counts(cell, spread, asked))
    assert (np.diff(together[0][np.argsort(asked, kind="stable")]) >= 0).all()


def test_cells_do_not_depend_on_what_stands_beside_them():
    chance = np.random.default_rng(0)
    mean, dispersion = chance.gamma(0.5, 20, 9000), chance.gamma(1, 0.4, 9000)
    whole = count_quantiles(mean, dispersion, M5)
    order = chance.permutation(9000)
    assert np.array_equal(count_quantiles(mean[order], dispersion[order], M5), whole[order])
    backwards = count_quantiles(mean, dispersion, M5[::-1])
    assert np.array_equal(backwards[:, ::-1], whole)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(0.01, 1e5),
    dispersion=st.one_of(st.just(0.0), st.floats(1e-3, 4)),
    level=st.floats(0.001, 0.999),
)
def test_amounts_have_the_quantiles_of_the_gamma_law(mean, dispersion, level):
    found = amount_quantiles(np.array([mean]), np.array([dispersion]), np.array([level]))[0, 0]
    variance = mean + dispersion * mean**2
    law = stats.gamma(mean**2 / variance, scale=variance / mean)
    assert found == pytest.approx(law.ppf(level), rel=2e-3, abs=1e-9)


def test_no_amount_is_expected_where_the_mean_is_zero_or_nearly():
    found = amount_quantiles(np.array([0.0, 1e-12]), np.zeros(2), M5)
    assert np.all(found == 0)
