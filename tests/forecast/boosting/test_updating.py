import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.forecast import DirectBoosting, forecast_demand
from c2m.forecast.heads.shared import SharedLevels


@pytest.fixture(scope="module")
def panel(make_panel):
    return make_panel(40, 60, ahead=4)


@pytest.fixture(scope="module")
def fitted_on(panel):
    return panel.upto(panel.periods[49], ahead=4)


@pytest.fixture(scope="module")
def model(fitted_on):
    return DirectBoosting(4, n_estimators=20).fit(fitted_on)


def test_an_updated_model_has_the_same_trees_and_forecasts_the_periods_after_the_new_cutoff(
    model, panel
):
    new = model.update(panel)
    demand = new.predict(4)
    assert demand.first == panel.first + panel.n_periods
    assert new.trees_ is model.trees_
    assert new.head_ is model.head_
    assert new.recipe_ is model.recipe_
    assert new.get_params() == model.get_params()


def test_an_update_with_the_same_panel_changes_nothing(model, fitted_on):
    assert np.array_equal(model.update(fitted_on).predict(4).mean, model.predict(4).mean)


def test_the_model_that_is_updated_stays_as_it_was(model, panel, fitted_on):
    before = model.predict(4)
    model.update(panel)
    after = model.predict(4)
    assert model.panel_ is fitted_on
    assert after.first == before.first
    assert np.array_equal(after.mean, before.mean)


def test_new_sales_move_the_forecast(model, panel):
    sales = panel["sales"].copy()
    sales[3, -8:] *= 4
    more = replace(panel, channels={**panel.channels, "sales": sales})
    one, other = (model.update(each).predict(4).mean for each in (panel, more))
    assert (other[3] > 1.5 * one[3]).all()


def test_a_loaded_model_can_be_updated(tmp_path, model, panel):
    model.save(tmp_path / "model")
    again = DirectBoosting.load(tmp_path / "model").update(panel)
    assert np.array_equal(again.predict(4).mean, model.update(panel).predict(4).mean)


def test_new_series_are_forecast_and_old_ones_may_be_gone(model, panel):
    keys = panel.keys.assign(sku=[f"N{sku}" for sku in panel.skus])
    assert model.update(replace(panel, keys=keys)).predict(4).skus == list(keys["sku"])
    assert model.update(panel.select(["S003", "S004"])).predict(4).n_series == 2


def test_a_series_is_forecast_alike_in_an_update_as_with_a_fit_on_the_same_trees(model, panel):
    """What is read from the panel is the same, so that only the trees could differ."""
    new = model.update(panel)
    one = new.predict(4, skus=["S007"]).mean[0]
    assert np.array_equal(one, new.predict(4).mean[7])


def test_everything_that_does_not_fit_is_listed_at_once(model, panel):
    poor = replace(
        panel,
        channels={name: panel[name] for name in ("sales", "promotion")},
        attributes=pd.DataFrame(),
        currency="EUR",
    )
    with pytest.raises(DataError) as caught:
        model.update(poor)
    assert caught.value.problems == [
        "it has no channel 'price', 'views'; it has 'sales', 'promotion'",
        "it has no attribute 'line'; it has none",
        "its currency is 'EUR', that of the model None",
    ]


def test_a_panel_of_another_freq_or_an_earlier_cutoff_is_refused(model, make_panel, fitted_on):
    with pytest.raises(DataError, match="its periods are 'D', those of the model 'W'"):
        model.update(make_panel(40, 60, freq="D", ahead=4))
    with pytest.raises(DataError, match=r"cutoff .* lies before .*has learnt what came"):
        model.update(fitted_on.upto(fitted_on.periods[40]))


def test_a_channel_that_censors_may_not_get_lost(panel):
    stocked = panel.with_channels({"in_stock": np.ones((40, 60))})
    model = DirectBoosting(4, n_estimators=5).fit(stocked)
    with pytest.raises(DataError, match="no channel 'in_stock'"):
        model.update(panel)


def test_values_that_the_trees_have_not_met_are_counted_and_read_as_unknown(model, panel):
    lines = panel.attributes["line"].to_numpy(dtype=object).copy()
    lines[:3] = "new"
    changed = replace(panel, attributes=pd.DataFrame({"line": lines.astype(str)}))
    with pytest.warns(C2MWarning, match=r"3 of 40 series have a 'line' .*first: 'new'"):
        new = model.update(changed)
    assert (new.table_.attributes[:3, 0] == -1).all()
    assert np.isfinite(new.predict(4).mean).all()


def test_numbers_that_became_text_are_refused(panel):
    weights = replace(panel, attributes=pd.DataFrame({"weight": np.arange(40.0)}))
    model = DirectBoosting(4, n_estimators=5).fit(weights)
    words = replace(panel, attributes=pd.DataFrame({"weight": [f"{n} g" for n in range(40)]}))
    with pytest.raises(DataError, match="attribute 'weight' holds"):
        model.update(words)


def test_a_short_history_is_warned_of(model, panel):
    short = panel.keys, panel.calendar, panel.first + 50, 10
    cut = {name: panel[name][:, 50:] for name in panel.channels}
    with pytest.warns(C2MWarning, match="has 10 periods; the model looks back"):
        model.update(type(panel)(*short, cut, panel.known, "sales", panel.attributes))


def test_a_model_that_is_not_fitted_or_no_panel_is_refused(model, panel):
    with pytest.raises(ArgumentError, match="fit"):
        DirectBoosting(4).update(panel)
    with pytest.raises(ArgumentError, match=r"Expected a c2m\.Panel"):
        model.update(panel.to_frame())


def test_a_newer_panel_is_forecast_after_an_update_as_the_error_says(model, panel):
    with pytest.raises(ArgumentError, match=r"update\(panel\)"):
        forecast_demand(panel, 4, model=model)
    demand = forecast_demand(panel, 4, model=model.update(panel))
    assert demand.first == panel.first + panel.n_periods


def test_threads_that_ask_while_others_update_get_the_old_or_the_new(model, panel):
    known = [model.predict(4).mean, model.update(panel).predict(4).mean]
    box, stop = [model], threading.Event()

    def _swap():
        while not stop.is_set():
            box[0] = model.update(panel)
            box[0] = model

    swapping = threading.Thread(target=_swap)
    swapping.start()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: box[0].predict(4).mean, range(100)))
    stop.set()
    swapping.join()
    assert all(any(np.array_equal(mean, one) for one in known) for mean in found)


def test_a_signal_that_fell_below_0_is_unknown_and_warned_of(make_panel):
    panel = make_panel(40, 60)
    views = panel["views"].copy()
    views[3, -20:] = -5
    less, steady = (
        replace(panel, channels={"sales": panel["sales"], "net views": each}, known=())
        for each in (views, panel["views"])
    )
    model = DirectBoosting(4, n_estimators=20).fit(steady)
    with pytest.warns(C2MWarning, match="20 values of 'net views' are below 0"):
        new = model.update(less)
    one, other = (each.features(1).filter(like="net views") for each in (model, new))
    assert other.iloc[3].isna().any()
    assert one.notna().all(axis=None)
    others = (np.delete(each.to_numpy(), 3, axis=0) for each in (one, other))
    np.testing.assert_allclose(*others, rtol=0.02)


def test_an_update_without_the_attribute_by_which_series_share_a_level_is_refused(make_panel):
    panel = make_panel(40, 60, ahead=4)
    model = DirectBoosting(4, n_estimators=20).fit(panel)
    attributes = panel.attributes.assign(house="one")
    model.head_ = model.head_.with_shared(SharedLevels({"house": 0.05}))
    model = model.update(replace(panel, attributes=attributes))
    assert model.predict(4).law.moments()[2].min() >= 0.05
    with pytest.raises(DataError, match="it has no 'house', by which series share a level"):
        model.update(panel)


@pytest.mark.parametrize("n_periods", [1, 2])
def test_a_model_of_hardly_any_history_is_updated(make_panel, n_periods):
    panel = make_panel(3, 5, ahead=2)
    with pytest.warns(C2MWarning):
        model = DirectBoosting(2).fit(panel.upto(panel.periods[n_periods - 1], ahead=2))
    assert model.update(panel).predict(2).first == panel.first + panel.n_periods


def test_more_series_do_not_change_which_series_are_alike(make_panel):
    panel = make_panel(26, 60, ahead=4)
    kinds = pd.DataFrame({"kind": [f"k{number % 5}" for number in range(26)]})
    panel = replace(panel, attributes=kinds)
    few = panel.select(panel.skus[:24])  # 24 are too few for five groups
    models = [DirectBoosting(4, n_estimators=5).fit(each) for each in (few, panel)]
    assert [model.recipe_.group for model in models] == [None, "kind"]
    coarse, fine = (model.update(each) for model, each in zip(models, (panel, few), strict=True))
    assert np.unique(coarse.table_.group).tolist() == [0]
    assert np.unique(fine.table_.group).tolist() == [0, 1, 2, 3, 4]
