from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.distribution import GammaPoisson, Shared
from c2m.distribution.level_sets import LevelSets
from c2m.errors import ArgumentError, DataError
from c2m.forecast import DirectBoosting, MovingAverage
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.launch.with_launches import WithLaunches
from c2m.forecast.saving import load_model


def test_old_series_have_the_model_and_new_ones_the_launch_model(simulate):
    truth = simulate(40, 80)
    model = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(truth.panel)
    demand = model.predict(6)
    new = truth.born > 72
    assert np.array_equal(model.new_, new)
    alone = LaunchModel(6).fit(truth.panel).predict(6)
    assert np.array_equal(demand.mean[new], alone.mean[new])
    established = truth.panel.select(truth.panel.keys["sku"][~new].tolist())
    old = MovingAverage(8).fit(established).predict(6)
    assert np.allclose(demand.mean[~new], old.mean)
    assert demand.keys.equals(truth.panel.keys)


def test_some_skus_are_forecast_like_all(simulate):
    truth = simulate(30, 60)
    model = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(truth.panel)
    whole = model.predict(6)
    for skus in (["S000"], ["S029"], ["S000", "S029"]):
        rows = whole.keys["sku"].isin(skus).to_numpy()
        assert np.allclose(model.predict(6, skus=skus).mean, whole.mean[rows])


def test_plans_reach_both_models(simulate):
    truth = simulate(30, 60)
    days = truth.panel.calendar.labels(truth.panel.first + 60, 6)
    keys = truth.panel.keys["sku"].repeat(6).reset_index(drop=True)
    closed = pd.DataFrame({"sku": keys, "period": np.tile(days, 30), "on_sale": 1.0})
    closed.loc[closed["sku"].isin(["S000", "S029"]) & (closed["period"] > days[2]), "on_sale"] = 0
    panel = truth.panel.with_channels(
        {"on_sale": np.where(np.isnan(truth.panel["sales"]), 0.0, 1.0)}
    )
    demand = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(panel).predict(6, future=closed)
    for sku in ("S000", "S029"):
        mean = demand.select([sku]).mean[0]
        assert (mean[3:] == 0).all()
        assert (mean[:3] > 0).all()


def test_new_series_have_the_levels_that_a_category_shares(simulate):
    truth = simulate(40, 80)

    class Sharing(MovingAverage):
        def predict(self, horizon, future=None, skus=None):
            demand = super().predict(horizon, future, skus)
            law = demand.law
            labels = demand.attributes[["kind"]].to_numpy(dtype=str)
            level = np.maximum(law.level_variance, 0.1)
            shared = GammaPoisson(
                law.mean,
                np.maximum(law.dispersion, level[:, None]),
                level,
                Shared(labels, ["kind"], np.array([0.1])),
            )
            return replace(demand, law=shared)

    demand = WithLaunches(Sharing(8), LaunchModel(6)).fit(truth.panel).predict(6)
    assert demand.law.shared is not None
    assert demand.law.shared.codes[:, 0].tolist() == truth.panel.attributes["kind"].tolist()
    assert (demand.law.level_variance >= 0.1).all()


def test_level_sets_and_fractions_keep_their_shared_levels_and_kind(simulate):
    panel = simulate(40, 80).panel
    panel = panel.with_channels({"demand": panel["sales"] * np.float32(0.3)})
    panel = replace(panel, target="demand")

    class Curved(MovingAverage):
        def predict(self, horizon, future=None, skus=None):
            demand = super().predict(horizon, future, skus)
            law = demand.law
            level = np.maximum(law.level_variance, 0.1)
            shared = Shared(demand.attributes[["kind"]].to_numpy(str), ["kind"], np.array([0.1]))
            spread = np.maximum(law.dispersion, level[:, None])
            counts = GammaPoisson(law.mean, spread, level, shared, whole=False)
            place, levels = np.full(law.mean.shape, -1.0), np.array([0.1, 0.5, 0.9])
            sets = LevelSets(counts, place, np.ones(law.mean.shape), levels, np.ones((2, 3)))
            return replace(demand, law=sets)

    law = WithLaunches(Curved(8), LaunchModel(6)).fit(panel).predict(6).law
    assert law.shared is not None
    assert law.shared.codes[:, 0].tolist() == panel.attributes["kind"].tolist()
    assert not law.whole


def test_places_of_a_sku_may_be_old_and_new(simulate):
    truth = simulate(20, 60)
    keys = pd.DataFrame(
        {"sku": ["A"] * 10 + ["B"] * 10, "location": [f"L{n:02d}" for n in range(20)]}
    )
    panel = replace(truth.panel, keys=keys)
    demand = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(panel).predict(6, skus=["B"])
    assert demand.keys["location"].tolist() == keys["location"][10:].tolist()
    assert (demand.mean.sum(axis=1) > 0).all()


def test_a_model_without_a_horizon_needs_one_for_its_launches(simulate):
    with pytest.raises(ArgumentError, match="launch=LaunchModel"):
        WithLaunches(MovingAverage(8)).fit(simulate(10, 20).panel)


def test_a_saved_model_forecasts_the_same_bits(simulate, tmp_path):
    panel = simulate(40, 80).panel
    every = panel.select(panel.keys["sku"][-3:].tolist() + panel.keys["sku"][6:7].tolist())
    for number, one in enumerate((panel, every)):
        model = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(one)
        model.save(tmp_path / f"model-{number}")
        again = load_model(tmp_path / f"model-{number}")
        assert repr(again) == repr(model)
        assert np.array_equal(again.new_, model.new_)
        assert np.array_equal(again.predict(6).mean, model.predict(6).mean)
        assert np.array_equal(again.predict(6).quantiles(), model.predict(6).quantiles())


def test_a_plan_for_a_sku_that_nobody_knows_is_told(simulate):
    panel = simulate(30, 60).panel
    model = WithLaunches(MovingAverage(8), LaunchModel(6)).fit(panel)
    plan = pd.DataFrame(
        {"sku": ["S00"], "period": panel.calendar.labels(panel.first + 60, 1), "on_sale": 0.0}
    )
    with pytest.raises(DataError, match="names a series that the panel does not have"):
        model.predict(6, future=plan, skus=["S000"])


def test_both_models_forecast_the_same_channel(simulate):
    panel = simulate(30, 60).panel
    panel = panel.with_channels({"demand": 2 * panel["sales"]})
    learnt = WithLaunches(DirectBoosting(4, target="demand", n_estimators=5)).fit(panel)
    assert learnt.launch_.target_ == "demand"
    with pytest.raises(ArgumentError, match="Expected two models of one target"):
        WithLaunches(DirectBoosting(4, target="demand"), LaunchModel(4)).fit(panel)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (WithLaunches("x", LaunchModel(4)), "Expected a model with fit"),
        (WithLaunches(MovingAverage, LaunchModel(4)), "Expected a model with fit"),
        (WithLaunches(MovingAverage(), launch="x"), "Expected launch, a LaunchModel"),
        (WithLaunches(MovingAverage(), LaunchModel(4), young=0), "Expected young"),
    ],
)
def test_what_is_no_model_is_told(simulate, model, told):
    with pytest.raises(ArgumentError, match=told):
        model.fit(simulate(10, 40).panel)


def test_a_signal_that_all_series_share_stays_one_for_the_model_of_the_old(simulate):
    panel = simulate(40, 80).panel.with_channels({"ad_spend": np.arange(80.0)})
    model = WithLaunches(DirectBoosting(4, n_estimators=5), LaunchModel(4)).fit(panel)
    assert model.new_.any()
    assert model.model_.recipe_.shared == ("ad_spend",)
