"""What holds for every baseline."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.history import History, by_period
from c2m.forecast.baselines.intermittent import TSB, Croston
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.baselines.smoothing import SES

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")

MODELS = [MovingAverage(), SeasonalNaive(), SES(), Croston(), TSB(), ETS()]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_what_comes_after_the_cutoff_changes_nothing(panel_of, sparse_counts, model):
    changed = sparse_counts.copy()
    changed[:, 50:] = 99.0
    cutoff = panel_of(sparse_counts).periods[49]
    one, two = (
        model.fit(panel_of(sales).upto(cutoff)).predict(5) for sales in (sparse_counts, changed)
    )
    assert one == two


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_forecasts_of_some_skus_are_those_within_all(panel_of, sparse_counts, model):
    fitted = model.fit(panel_of(sparse_counts))
    every, some = fitted.predict(4), fitted.predict(4, skus=["S003", "S021"])
    assert some == every.select(["S003", "S021"])
    assert every.mean.min() >= 0


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_next_period_is_covered_as_often_as_promised(panel_of, model):
    chance = np.random.default_rng(9)
    sales = chance.poisson(chance.gamma(2.0, 3.0, (150, 1)), (150, 120))
    law = model.fit(panel_of(sales[:, :-7])).predict(7)
    low, high = np.moveaxis(law.quantiles([0.1, 0.9]), -1, 0)
    inside = (sales[:, -7:] >= low) & (sales[:, -7:] <= high)
    assert 0.76 < inside.mean() < 0.95


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_nothing_recent_is_forecast_at_the_mean_of_all_history(panel_of, model):
    sales = np.full((2, 900), 3.0)
    sales[0, 300:] = np.nan
    sales[0, :300] = [2.0, 4.0] * 150
    assert model.fit(panel_of(sales)).predict(1).mean[0] == pytest.approx(3.0)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 60), st.integers(1, 40))
def test_past_forecasts_stand_beside_what_came(panel_of, n_periods, horizon):
    sales = np.tile(np.arange(float(n_periods)), (3, 1))
    history = History.of(panel_of(sales))

    def _rule(target, origins, horizon):
        steps = np.array(origins)[:, None, None] + np.arange(1, horizon + 1)
        return np.repeat(steps.astype(float), len(target), axis=1)

    mean, actual = history.past(_rule, horizon)
    known = ~np.isnan(actual)
    assert np.array_equal(mean[known], actual[known])
    assert known.any() == (n_periods > 1)


def test_many_series_are_thinned_and_old_periods_are_not_read(panel_of):
    history = History.of(panel_of(np.ones((900, 450))))
    assert history.recent.shape == (900, 392)
    mean, actual = history.past(lambda target, at, h: np.ones((len(at), len(target), h)), 28)
    assert mean.shape == actual.shape
    assert 300 <= len(mean) <= 900


def test_a_hole_in_a_block_is_multiplied_away():
    value, known = by_period(np.array([[1.0, np.nan], [np.nan, 4.0]]))
    assert value.tolist() == [[1, 0], [0, 4]]
    assert known.tolist() == [[1, 0], [0, 1]]


def test_values_that_do_not_count_units_are_told(panel_of):
    with pytest.warns(C2MWarning, match="2 of 4 values of 'sales' are not whole numbers"):
        SES().fit(panel_of([[1.5, 2.0, 0.5, 3.0]]))
