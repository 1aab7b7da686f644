import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c2m.distribution import GammaPoisson
from c2m.forecast.selection.blend import blend_laws


def law(mean, dispersion=0.5):
    return GammaPoisson(np.array(mean, dtype=float), dispersion, 0.1)


def test_a_weight_of_none_or_all_is_the_law_itself():
    one, other = law([[1.0, 2.0], [3.0, 4.0]]), law([[5.0, 6.0], [7.0, 8.0]], 0.9)
    mixed = blend_laws(one, other, np.array([0.0, 1.0]))
    assert mixed.mean.tolist() == [[1.0, 2.0], [7.0, 8.0]]
    assert mixed.dispersion[:, 0].tolist() == [0.5, 0.9]


@given(weight=st.floats(0, 1), one=st.floats(0, 50), other=st.floats(0, 50))
def test_the_mean_lies_between_the_two_and_the_relative_spread_is_one_of_theirs(weight, one, other):
    mixed = blend_laws(law([[one]]), law([[other]], 0.9), np.array([weight]))
    low, high = sorted([one, other])
    assert low - 1e-9 <= mixed.mean[0, 0] <= high * (1 + 1e-12) + 1e-9
    if low > 0:
        assert mixed.dispersion[0, 0] == pytest.approx(0.9 if weight >= 0.5 else 0.5)


def test_a_mean_of_0_in_the_heavier_law_is_blended_too():
    mixed = blend_laws(law([[0.0, 4.0]]), law([[2.0, 0.0]]), np.array([0.25]))
    assert mixed.mean.tolist() == [[0.5, 3.0]]
