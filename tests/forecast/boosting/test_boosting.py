import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.forecast import DirectBoosting, MovingAverage
from c2m.forecast.boosting import calibration
from c2m.forecast.heads import choose_head
from c2m.forecast.scores import weighted_quantile_loss

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


def small(horizon=4, **arguments):
    return DirectBoosting(horizon, **{"n_estimators": 20, **arguments})


@pytest.fixture(scope="module")
def panel(make_panel):
    return make_panel(40, 60, ahead=4)


@pytest.fixture(scope="module")
def model(panel):
    return small().fit(panel)


def same(one, other):
    return np.array_equal(one.mean, other.mean) and all(
        np.array_equal(left, right)
        for left, right in zip(one.law.arrays().values(), other.law.arrays().values(), strict=True)
    )


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(20, 35))
def test_nothing_observed_after_the_cutoff_changes_a_forecast(make_panel, seed, cut):
    chance = np.random.default_rng(seed)
    panel = make_panel(8, 40).with_channels({"ad_spend": chance.gamma(4.0, 2.0, 40)})
    other = {name: panel[name].copy() for name in panel.channels}
    other["ad_spend"] = panel["ad_spend"][0].copy()  # one row for all series
    other["ad_spend"][cut + 1 :] = 500.0
    for name in ("sales", "views", "price"):
        other[name][:, cut + 1 :] = chance.poisson(99, size=other[name][:, cut + 1 :].shape)
    changed = replace(panel, channels=other)
    cutoff = panel.periods[cut]
    one = small().fit(panel.upto(cutoff)).predict(4)
    assert same(one, small().fit(changed.upto(cutoff)).predict(4))


def test_what_is_planned_after_the_cutoff_changes_the_forecast(panel, model):
    future = pd.DataFrame({"period": panel.ahead, "promotion": [1.0, 0.0, 1.0, 0.0]})
    mean = model.predict(4, future=future).mean.sum(axis=0)
    assert mean[[0, 2]].min() > 1.4 * mean[[1, 3]].max()


def test_one_and_two_threads_give_the_same_bits(panel):
    one, two = (small(num_threads=n, n_estimators=8).fit(panel).predict(4) for n in (1, 2))
    assert same(one, two)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(panel, model):
    assert same(small().fit(panel).predict(4), model.predict(4))
    assert not same(small(seed=1).fit(panel).predict(4), model.predict(4))


def test_threads_that_share_a_model_get_what_one_after_the_other_gets(panel, model):
    groups = [panel.skus[start::5] for start in range(5)] * 4
    alone = [model.predict(4, skus=group).mean for group in groups]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda group: model.predict(4, skus=group).mean, groups))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_sku_is_forecast_alike_whatever_others_are_asked_for(panel, model):
    alone = model.predict(4, skus=["S007"])
    assert alone.skus == ["S007"]
    assert np.array_equal(alone.mean[0], model.predict(4).mean[7])


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(model):
    assert np.array_equal(model.predict(2).mean, model.predict(4).mean[:, :2])


def test_quantiles_are_ordered_and_not_negative(model):
    quantiles = model.predict(4).quantiles(LEVELS)
    assert quantiles.min() >= 0
    assert np.diff(quantiles, axis=-1).min() >= 0


def test_a_saved_model_forecasts_the_same_bits(tmp_path, panel, model):
    model.save(tmp_path / "model")
    again = DirectBoosting.load(tmp_path / "model")
    assert again.get_params() == model.get_params()
    assert same(again.predict(4), model.predict(4))
    future = pd.DataFrame({"period": panel.ahead, "promotion": 1.0})
    assert same(again.predict(4, future=future), model.predict(4, future=future))


def test_a_saved_model_holds_text_json_and_arrays_and_refuses_changes(tmp_path, model):
    model.save(tmp_path / "model")
    kinds = {file.suffix for file in (tmp_path / "model").iterdir()}
    assert kinds == {".json", ".npy", ".parquet", ".txt"}
    text = tmp_path / "model" / "learnt.trees.txt"
    text.write_text(text.read_text() + " ")
    with pytest.raises(DataError, match=r"learnt\.trees\.txt was changed"):
        DirectBoosting.load(tmp_path / "model")


def test_arguments_that_json_cannot_hold_are_named_when_saving(tmp_path, panel):
    odd = small(lgb_params={"metric": {"rmse"}}).fit(panel)
    with pytest.raises(ArgumentError, match="arguments that JSON can hold"):
        odd.save(tmp_path / "model")
    assert json.dumps(small().get_params())


def test_known_promotions_beat_the_moving_average(make_panel):
    panel = make_panel(40, 60, seed=5)
    past, actual = panel.upto(panel.periods[51]), panel["sales"][:, 52:]
    loss = {
        type(model).__name__: weighted_quantile_loss(
            actual, model.fit(past).predict(8).quantiles(LEVELS), LEVELS
        )
        for model in (DirectBoosting(8), MovingAverage())
    }
    assert loss["DirectBoosting"] < 0.9 * loss["MovingAverage"]


def test_a_plan_for_a_channel_that_was_not_known_ahead_is_not_used_and_warned_of(panel):
    model = small(known=()).fit(panel)
    usual = model.predict(4)
    future = pd.DataFrame({"period": panel.ahead, "price": 1.0})
    with pytest.warns(C2MWarning, match="1 planned channel is not used.*'price'"):
        planned = model.predict(4, future=future)
    assert same(planned, usual)


def test_an_observed_price_can_be_named_as_known_ahead(panel):
    model = small(known=("price",)).fit(panel)
    assert "price" in model.recipe_.known
    assert "price" not in model.recipe_.signals
    model.predict(4, future=pd.DataFrame({"period": panel.ahead, "price": 9.0}))
    with pytest.warns(C2MWarning, match="160 of 160 series-periods have no planned 'price'"):
        model.predict(4)


def test_one_sku_is_forecast(make_panel):
    panel = make_panel(1, 60, ahead=4)
    demand = small().fit(panel).predict(4)
    assert demand.mean.min() > 0


def test_one_period_of_history_gives_its_level(make_panel):
    panel = make_panel(5, 1, ahead=4)
    with (
        pytest.warns(C2MWarning, match="The history is one period"),
        pytest.warns(C2MWarning, match="Only 0 past forecasts"),
    ):
        demand = small().fit(panel).predict(4)
    assert np.all(np.diff(demand.mean, axis=1) == 0)


def test_series_that_never_sold_are_forecast_near_zero(make_panel):
    panel = replace(make_panel(5, 40), channels={"sales": np.zeros((5, 40))}, known=())
    demand = small().fit(panel).predict(4)
    assert demand.mean.max() < 0.01
    assert demand.quantiles([0.95]).max() == 0


def test_a_history_shorter_than_the_horizon_is_warned_of_and_forecast(make_panel):
    panel = make_panel(20, 6, ahead=12)
    with pytest.warns(C2MWarning, match="6 periods teaches 5 steps ahead; the 7 steps beyond"):
        demand = small(12).fit(panel).predict(12)
    assert demand.horizon == 12
    assert np.isfinite(demand.mean).all()


def test_a_series_without_history_takes_the_level_of_series_like_it(make_panel):
    panel = make_panel(20, 40, ahead=4)
    sales = panel["sales"].copy()
    sales[4] = np.nan
    panel = replace(panel, channels={**panel.channels, "sales": sales})
    model = small().fit(panel)
    with pytest.warns(C2MWarning, match="1 of 20 series have no known 'sales'"):
        mean = model.predict(4).mean
    like = [row for row in range(0, 20, 2) if row != 4]
    assert mean[4] == pytest.approx(sales[like].mean(), rel=0.35)


def test_arguments_out_of_range_are_listed_together(panel):
    with pytest.raises(ArgumentError, match=r"max_horizon=0 .*n_estimators=-1 .*learning_rate=0"):
        DirectBoosting(0, n_estimators=-1, learning_rate=0).fit(panel)


def test_a_horizon_beyond_the_fitted_one_says_what_to_type(model):
    with pytest.raises(ArgumentError, match=r"Fit DirectBoosting\(max_horizon=9\)"):
        model.predict(9)
    with pytest.raises(ArgumentError, match="Expected a fitted DirectBoosting"):
        small().predict(2)


@pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")
@pytest.mark.parametrize("n_periods", [2, 3, 5])
def test_too_few_rows_for_a_split_give_the_level(make_panel, n_periods):
    demand = small(1).fit(make_panel(1, n_periods, ahead=1)).predict(1)
    assert demand.mean.min() > 0


def test_a_target_below_zero_is_refused(make_panel):
    panel = make_panel(5, 20)
    net = panel.with_channels({"net": panel["sales"] - 1000}, target="net")
    with pytest.raises(DataError, match="100 values of 'net', which is to be forecast, are below"):
        small().fit(net)


def test_a_target_of_which_nothing_is_known_is_refused(make_panel):
    panel = make_panel(5, 20).with_channels({"in_stock": np.zeros((5, 20))})
    for model in (small(), MovingAverage()):
        with pytest.raises(DataError, match=r"no value of 'sales' is known.*100 are hidden by"):
            model.fit(panel)


def test_a_target_that_is_not_whole_is_warned_of_unless_it_is_estimated_demand(make_panel):
    panel = replace(make_panel(8, 30), known=())
    panel = replace(panel, channels={**panel.channels, "sales": panel["sales"] + 0.5})
    with pytest.warns(C2MWarning, match="240 of 240 values of 'sales' are not whole numbers"):
        MovingAverage().fit(panel)
    small().fit(panel.with_channels({"demand": panel["sales"]}, target="demand"))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"application": "regression"}, "objective='regression'"),
        ({"num_trees": 500}, "pass n_estimators="),
        ({"boosting": "dart"}, "boosting='dart'"),
        ({"linear_tree": True}, "linear_tree"),
    ],
)
def test_parameters_that_would_change_what_the_trees_mean_are_refused(panel, parameters, told):
    with pytest.raises(ArgumentError, match=told):
        small(lgb_params=parameters).fit(panel)


def test_a_parameter_of_lightgbm_is_obeyed_under_any_of_its_names(panel):
    one, other = (
        small(lgb_params={name: 5}).fit(panel).predict(4)
        for name in ("min_data_in_leaf", "min_child_samples")
    )
    assert same(one, other)


def test_a_tuple_among_the_arguments_survives_saving(tmp_path, panel):
    model = small(signals=("views",)).fit(panel)
    model.save(tmp_path / "model")
    assert DirectBoosting.load(tmp_path / "model").get_params() == model.get_params()


def test_the_longest_horizon_is_that_of_the_fit(tmp_path, panel):
    model = small(2).fit(panel).set_params(max_horizon=4)
    with pytest.raises(ArgumentError, match="up to max_horizon=2, got 4"):
        model.predict(4)
    model.save(tmp_path / "model")
    with pytest.raises(ArgumentError, match="up to max_horizon=2, got 4"):
        DirectBoosting.load(tmp_path / "model").predict(4)


@pytest.mark.parametrize(
    "parameters",
    [
        5,
        {"num_leaves": -3},
        {"bagging_fraction": "a"},
        {"learning_rate": "fast"},
        {"early_stopping_round": 5},
        {"num_class": 3},
        {"num_leafs": 15},
    ],
)
def test_parameters_that_lightgbm_refuses_are_an_argument_that_is_wrong(panel, parameters):
    with pytest.raises(ArgumentError, match=r"^Expected .*lgb_params"):
        small(lgb_params=parameters).fit(panel)


def test_a_target_that_is_one_row_for_all_series_is_forecast_like_any(panel):
    spend = np.arange(60.0)
    shared = panel.with_channels({"ad_spend": spend})
    own = panel.with_channels({"ad_spend": np.tile(spend, (panel.n_series, 1))})
    one, other = (small(target="ad_spend", signals=()).fit(each) for each in (shared, own))
    assert same(one.predict(4), other.predict(4))


def test_heads_are_compared_on_both_halves_of_the_series_that_are_held_out(panel, monkeypatch):
    halves = []

    def _choose(mean, actual, fold):
        halves.append(fold)
        return choose_head(mean, actual, fold)

    monkeypatch.setattr(calibration, "choose_head", _choose)
    monkeypatch.setattr(calibration, "_series", lambda *_: np.arange(0, 40, 2))
    small().fit(panel)
    assert np.bincount(halves[0]).tolist() == [len(halves[0]) / 2] * 2
