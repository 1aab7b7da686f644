import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from c2m.errors import ArgumentError
from c2m.forecast.baselines.smoothing import SES

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.9, 1.0])
def test_the_level_is_that_of_statsmodels_with_the_same_weight(panel_of, alpha):
    sales = np.random.default_rng(1).poisson(6.0, (7, 50)).astype(float)
    ours = SES(alpha).fit(panel_of(sales)).predict(3).mean
    for row, values in enumerate(sales):
        peer = SimpleExpSmoothing(values, initialization_method="known", initial_level=values[0])
        theirs = peer.fit(smoothing_level=alpha, optimized=False).forecast(3)
        assert ours[row] == pytest.approx(theirs)


def brute_force(values, grid):
    """Return the final level with the least squared errors, in one loop over one series."""
    known = values[~np.isnan(values)]
    found = []
    for alpha in grid:
        level, total = known[0], 0.0
        for value in known:
            total += (value - level) ** 2
            level += alpha * (value - level)
        found.append((total, level))
    return min(found, key=lambda pair: pair[0])[1]


def test_the_weight_is_the_one_with_the_least_errors_one_step_ahead(panel_of, sparse_counts):
    grid = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
    ours = SES().fit(panel_of(sparse_counts)).predict(1).mean[:, 0]
    assert ours == pytest.approx([brute_force(values, grid) for values in sparse_counts])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=3, max_size=12), st.integers(1, 8))
def test_an_unknown_period_changes_nothing(panel_of, counts, place):
    holed = [*counts[:place], np.nan, *counts[place:]]
    full = SES(0.3).fit(panel_of([counts])).predict(1).mean
    assert SES(0.3).fit(panel_of([holed])).predict(1).mean == pytest.approx(full)


def test_a_series_does_not_depend_on_the_series_beside_it(panel_of, sparse_counts):
    every = SES().fit(panel_of(sparse_counts)).predict(2).mean
    alone = SES().fit(panel_of(sparse_counts[7:8])).predict(2).mean
    assert np.array_equal(every[7:8], alone)


@pytest.mark.parametrize("alpha", [0, -0.1, 1.01, "much"])
def test_a_weight_out_of_range_is_refused(panel_of, alpha):
    with pytest.raises(ArgumentError, match="Expected alpha above 0 and at most 1, got"):
        SES(alpha).fit(panel_of([[1.0, 2.0]]))
