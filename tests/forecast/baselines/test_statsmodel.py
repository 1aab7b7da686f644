import numpy as np
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.baselines.statsmodel import StatsModel, moments_law

WEEK = np.array([10.0, 12.0, 15.0, 11.0, 9.0, 30.0, 25.0])


def weekly_counts(n_series=2, weeks=10, seed=0):
    mean = np.tile(WEEK, (n_series, weeks))
    return np.random.default_rng(seed).poisson(mean).astype(float)


@pytest.mark.parametrize("kind", ["ets", "uc"])
def test_a_season_goes_on_and_the_spread_covers_what_came(panel_of, kind):
    sales = weekly_counts(weeks=11)
    demand = StatsModel(kind).fit(panel_of(sales[:, :-7])).predict(7)
    assert demand.mean == pytest.approx(np.tile(WEEK, (2, 1)), rel=0.5)
    low, high = np.moveaxis(demand.quantiles([0.05, 0.95]), -1, 0)
    inside = (sales[:, -7:] >= low) & (sales[:, -7:] <= high)
    assert inside.mean() > 0.7


def test_mean_and_variance_are_those_of_statsmodels(panel_of):
    sales = np.random.default_rng(1).negative_binomial(4, 0.1, (1, 60)).astype(float)
    law = StatsModel("uc", season_length=1).fit(panel_of(sales)).predict(5).law
    peer = UnobservedComponents(sales[0], level="local level").fit(disp=False).get_forecast(5)
    assert law.mean[0] == pytest.approx(peer.predicted_mean)
    variance = law.mean + law.dispersion * law.mean**2
    assert variance[0] == pytest.approx(peer.var_pred_mean)


def test_the_best_of_the_small_orders_is_used(panel_of):
    walk = 50 + np.random.default_rng(2).normal(0, 1, (1, 60)).cumsum(axis=1)
    model = StatsModel("arima", season_length=1)
    with pytest.warns(C2MWarning, match="not whole numbers"):
        model.fit(panel_of(walk))
    assert model.predict(1).mean[0, 0] == pytest.approx(walk[0, -1], abs=3)
    assert np.isfinite(model.results_[0].result.aicc)


def test_unknown_periods_are_left_to_the_state_space_and_filled_for_ets(panel_of):
    sales = weekly_counts(1)
    sales[0, [0, 1, 20, 21]] = np.nan
    panel = panel_of(sales)
    assert StatsModel("uc").fit(panel).predict(3).mean.min() > 0
    with pytest.warns(C2MWarning, match="2 unknown values were filled by the season before"):
        StatsModel("ets").fit(panel)


def test_a_short_or_constant_series_is_forecast_at_its_mean_and_counted(panel_of):
    sales = np.full((3, 20), 4.0)
    sales[1, :15] = np.nan
    sales[1, 15:] = [1, 2, 3, 4, 5]
    sales[2, :] = 0
    with pytest.warns(C2MWarning, match="3 of 3 series are constant or have fewer than 8"):
        model = StatsModel().fit(panel_of(sales))
    assert model.predict(2).mean.tolist() == [[4, 4], [3, 3], [0, 0]]


def test_what_does_not_converge_is_counted_once(panel_of, monkeypatch):
    import warnings

    from c2m.forecast.baselines import statsmodel

    def _fails(history, season):
        warnings.warn("Maximum Likelihood optimization failed to converge.", stacklevel=2)
        return statsmodel._fit_components(history, season)

    monkeypatch.setitem(statsmodel._FITS, "uc", _fails)
    with pytest.warns(C2MWarning, match="The likelihood of 2 of 2 series did not converge"):
        StatsModel("uc").fit(panel_of(weekly_counts()))


def test_the_same_history_gives_the_same_bits(panel_of):
    panel = panel_of(weekly_counts())
    one, two = (StatsModel("uc").fit(panel).predict(4) for _ in range(2))
    assert one == two
    alone = StatsModel("uc").fit(panel.select(["S001"])).predict(4)
    assert np.array_equal(alone.mean, one.mean[1:])
    assert np.array_equal(StatsModel("uc").fit(panel).predict(4, skus=["S001"]).mean, alone.mean)


def test_many_series_are_refused_with_what_to_use(panel_of):
    with pytest.raises(ArgumentError, match=r"at most 300 series.*got 301.*ETS\(\)"):
        StatsModel().fit(panel_of(np.ones((301, 3))))
    with pytest.raises(ArgumentError, match="Expected kind 'ets', 'uc' or 'arima', got 'tbats'"):
        StatsModel("tbats").fit(panel_of([[1.0]]))


def test_a_law_by_moments_is_never_negative_and_keeps_the_variance():
    law = moments_law(np.array([[-1.0, 5.0]]), np.array([[4.0, 30.0]]))
    assert law.mean.tolist() == [[0, 5]]
    assert law.dispersion[0, 1] == pytest.approx(1.0)
    assert law.level_variance == pytest.approx(1.0)  # 26 / 25, at most the dispersion


def test_a_series_without_history_is_forecast_like_the_others_and_never_at_a_sure_0(panel_of):
    sales = np.vstack([weekly_counts(2), np.full((1, 70), np.nan)])
    with pytest.warns(C2MWarning, match="for the 1 of them without any"):
        model = StatsModel("uc").fit(panel_of(sales))
    demand = model.predict(7)
    assert demand.mean[2] == pytest.approx(np.nanmean(sales))
    assert (demand.law.dispersion[2] > 0).all()


def test_a_closed_period_leaves_the_level_of_the_others_uncertain():
    mean, variance = np.array([[4.0, 4.0, 4.0]]), np.array([[12.0, 16.0, 20.0]])
    whole = moments_law(mean, variance)
    closed = moments_law(mean * [1, 0, 1], variance)
    assert closed.level_variance == pytest.approx(whole.level_variance)
    assert closed.mean[0, 1] == 0
