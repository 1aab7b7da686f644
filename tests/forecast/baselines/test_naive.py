from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import MovingAverage, SeasonalNaive
from c2m.panel import Panel
from c2m.periods import Calendar

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")


def panel_of(sales, freq="W", attributes=None, **channels):
    sales = np.array(sales, dtype=float)
    calendar = Calendar.of(freq)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:02d}" for number in range(len(sales))]}),
        calendar=calendar,
        first=int(calendar.ordinal("2024-01-01")),
        n_periods=sales.shape[1],
        channels={"sales": sales, **{name: np.array(v, float) for name, v in channels.items()}},
        attributes=pd.DataFrame(attributes or {}),
    )


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=9, max_size=9), min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_the_moving_average_is_the_mean_of_the_last_periods(sales, window):
    forecast = MovingAverage(window=window).fit(panel_of(sales)).predict(3).mean
    expected = np.mean(np.array(sales)[:, -window:], axis=1)
    assert forecast == pytest.approx(np.repeat(expected[:, None], 3, axis=1))


def test_the_seasonal_naive_repeats_the_last_season():
    panel = panel_of([np.arange(10.0)], freq="D")
    forecast = SeasonalNaive(season_length=4).fit(panel).predict(6).mean
    assert forecast.tolist() == [[6, 7, 8, 9, 6, 7]]


def test_an_unknown_period_is_skipped_and_not_zero():
    panel = panel_of([[4.0, np.nan, 8.0, np.nan]])
    assert MovingAverage(window=3).fit(panel).predict(1).mean.tolist() == [[8.0]]
    assert SeasonalNaive(season_length=1).fit(panel).predict(1).mean.tolist() == [[8.0]]


def test_a_period_out_of_stock_hides_demand_and_is_skipped():
    panel = panel_of([[6.0, 6.0, 0.0, 0.0]], in_stock=[[1.0, 1.0, 0.1, 0.0]])
    assert MovingAverage(window=4).fit(panel).predict(1).mean.tolist() == [[6.0]]


def test_unconstrained_demand_is_not_masked_a_second_time():
    panel = panel_of([[6.0, 6.0, 0.0, 0.0]], in_stock=[[1.0, 1.0, 0.1, 0.0]])
    imputed = panel.with_channels({"demand": [[6.0, 6.0, 2.0, 2.0]]}, target="demand")
    assert MovingAverage(window=4).fit(imputed).predict(1).mean.tolist() == [[4.0]]


def test_a_window_without_known_periods_takes_all_history_there_is():
    panel = panel_of([[2.0, 4.0, np.nan, np.nan]])
    assert MovingAverage(window=2).fit(panel).predict(1).mean.tolist() == [[3.0]]


def test_a_series_without_history_takes_the_mean_of_series_like_it_and_is_counted():
    sales = [[1.0, 1.0]] * 6 + [[9.0, 9.0]] * 6 + [[np.nan, np.nan]]
    lines = ["low"] * 6 + ["high"] * 7
    promised = np.ones((13, 2))
    panel = panel_of(sales, attributes={"line": lines}, views=promised)
    model = MovingAverage().fit(panel)
    with pytest.warns(C2MWarning, match="1 of 13 series have no known 'sales'"):
        forecast = model.predict(1).mean
    assert forecast[-1, 0] == pytest.approx((6 * 9 + 5 * 5) / 11)


def test_a_given_season_longer_than_the_history_is_warned_of():
    with pytest.warns(C2MWarning, match="A season of 52 periods is longer than the history of 3"):
        model = SeasonalNaive(season_length=52).fit(panel_of([[1.0, 2.0, 3.0]]))
    assert model.season_length_ == 1


def test_the_usual_season_is_used_where_the_history_holds_one():
    assert SeasonalNaive().fit(panel_of([np.ones(60)])).season_length_ == 52
    assert SeasonalNaive().fit(panel_of([np.ones(51)])).season_length_ == 1


@pytest.mark.parametrize("model", [MovingAverage(), SeasonalNaive()])
def test_one_period_of_history_gives_a_forecast_with_an_assumed_spread(model):
    model.fit(panel_of([[5.0]]))
    with pytest.warns(C2MWarning, match="a dispersion of 1 is assumed"):
        demand = model.predict(3)
    assert demand.mean.tolist() == [[5.0, 5.0, 5.0]]
    assert demand.quantiles([0.9]).min() > 5


@pytest.mark.parametrize("model", [MovingAverage(), SeasonalNaive()])
def test_series_that_never_sold_are_forecast_at_zero(model):
    with pytest.warns(C2MWarning, match="a dispersion of 1 is assumed"):
        demand = model.fit(panel_of(np.zeros((3, 20)))).predict(4)
    assert demand.mean.max() == demand.quantiles([0.99]).max() == 0


def test_a_period_in_which_it_is_planned_not_to_be_on_sale_is_forecast_at_zero():
    base = panel_of([np.full(12, 7.0)])
    panel = replace(
        base,
        channels={**base.channels, "on_sale": np.array([[1.0] * 13 + [0.0]])},
        known=("on_sale",),
    )
    assert MovingAverage().fit(panel).predict(3).mean.tolist() == [[7.0, 0.0, 7.0]]


def test_the_intervals_cover_what_they_promise_on_poisson_counts(make_panel):
    panel = make_panel(60, 60, seed=3)
    panel = replace(panel, channels={"sales": panel["sales"]}, known=())
    past = panel.upto(panel.periods[-5])
    low, high = np.moveaxis(MovingAverage().fit(past).predict(4).quantiles([0.1, 0.9]), -1, 0)
    inside = (panel["sales"][:, -4:] >= low) & (panel["sales"][:, -4:] <= high)
    assert 0.75 < inside.mean() < 0.95


def test_a_subset_of_skus_is_forecast_as_within_all_of_them(make_panel):
    model = MovingAverage().fit(make_panel())
    some = model.predict(2, skus=["S003", "S001"])
    assert some.skus == ["S001", "S003"]
    assert np.array_equal(some.mean, model.predict(2).mean[[1, 3]])


def test_arguments_out_of_range_are_refused(make_panel):
    with pytest.raises(ArgumentError, match="Expected window, a whole number >= 1, got 0"):
        MovingAverage(window=0).fit(make_panel())
    with pytest.raises(ArgumentError, match="Expected horizon"):
        MovingAverage().fit(make_panel()).predict(0)
    with pytest.raises(ArgumentError, match="Expected a fitted SeasonalNaive"):
        SeasonalNaive().predict(1)


@pytest.mark.parametrize("model", [MovingAverage(), SeasonalNaive()])
def test_a_plan_not_to_be_on_sale_is_obeyed_when_it_is_passed_at_the_end(model):
    panel = panel_of([np.full(12, 7.0)], on_sale=[np.ones(12)])
    weeks = panel.calendar.labels(panel.first + 12, 2)
    closed = pd.DataFrame({"period": weeks, "on_sale": [1.0, 0.0]})
    assert model.fit(panel).predict(2, future=closed).mean.tolist() == [[7.0, 0.0]]
