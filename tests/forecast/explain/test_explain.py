from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import DirectBoosting
from c2m.forecast.explain.groups import group_of
from c2m.panel import Panel
from c2m.periods import Calendar

DAY = Calendar.of("D")


def lively(n_series=60, n_periods=300, *, ahead=14, seed=0):
    """Daily sales that follow views, and rise where the price is cut or it is Saturday."""
    chance = np.random.default_rng(seed)
    first = int(DAY.ordinal("2024-01-01"))
    walk = np.cumsum(chance.normal(0, 0.05, size=(n_series, n_periods)), axis=1)
    views = chance.poisson(chance.gamma(2, 5, size=(n_series, 1)) * np.exp(walk)).astype(float)
    price = np.where(chance.random((n_series, n_periods + ahead)) < 0.1, 7.0, 10.0)
    saturday = DAY.labels(first, n_periods).day_of_week == 5
    mean = views / 4 * np.where(price[:, :n_periods] < 8, 2.0, 1.0) * np.where(saturday, 2.0, 1.0)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:03d}" for number in range(n_series)]}),
        calendar=DAY,
        first=first,
        n_periods=n_periods,
        channels={
            "sales": chance.poisson(mean).astype(float),
            "views": views,
            "price": price,
            "on_sale": np.ones((n_series, n_periods + ahead)),
            "temperature": chance.normal(0, 9, size=(n_series, n_periods)),
        },
        known=("price", "on_sale"),
        attributes=pd.DataFrame(
            {
                "line": np.where(np.arange(n_series) % 2, "even", "odd"),
                "weight": chance.gamma(2, 1, n_series),
            }
        ),
    )


@pytest.fixture(scope="module")
def panel():
    return lively()


@pytest.fixture(scope="module")
def model(panel):
    return DirectBoosting(14, n_estimators=120).fit(panel.upto(panel.periods[-8], ahead=14))


@pytest.fixture(scope="module")
def explanation(model):
    return model.explain(14)


def test_level_times_multipliers_is_the_mean_of_predict(model, explanation):
    product = explanation.base * explanation.multipliers.prod(axis=2)
    np.testing.assert_allclose(product, model.predict(14).mean, rtol=1e-6)
    assert model.trees_.booster is not None


def test_every_feature_belongs_to_a_group(model, make_panel):
    weekly = DirectBoosting(4, n_estimators=2).fit(make_panel(20, 120, ahead=4))
    monthly = DirectBoosting(4, n_estimators=2).fit(make_panel(20, 60, freq="MS", ahead=4))
    for one in (model, weekly, monthly):
        for name in one.table_.names:
            assert group_of(name, one.recipe_)
    with pytest.raises(LookupError, match="no group is known for the feature 'moon'"):
        group_of("moon", model.recipe_)


def test_what_was_made_from_a_channel_goes_under_its_name(model):
    found = {name: group_of(name, model.recipe_) for name in model.table_.names}
    assert {found[name] for name in found if name.startswith("views ")} == {"views"}
    assert {found[name] for name in found if name.startswith("price ")} == {"price"}
    assert {found[name] for name in found if name.startswith("season ")} == {"season"}
    assert found["weekday"] == "calendar"
    assert found["level"] == found["recent 7"] == "recent level"


def test_a_channel_that_is_named_like_a_group_keeps_a_name_of_its_own(panel):
    named = panel.with_channels({"season": panel["views"]})
    model = DirectBoosting(7, n_estimators=5).fit(named)
    groups = model.explain(7, skus=["S001"]).groups
    assert {"season", "channel season"} <= set(groups)


def test_a_price_cut_raises_the_mean_through_the_group_of_the_price(model, explanation):
    price = model.panel_["price"][:, -14:]
    place = explanation.groups.index("price")
    cut, usual = (explanation.multipliers[:, :, place][price == value] for value in (7.0, 10.0))
    assert np.median(cut) > 1.4 * np.median(usual)


def test_saturdays_are_raised_by_calendar_and_season(explanation):
    saturday = explanation.periods.day_of_week == 5
    places = [explanation.groups.index(name) for name in ("calendar", "season")]
    weekly = explanation.multipliers[:, :, places].prod(axis=2)
    assert np.median(weekly[:, saturday]) > 1.3 * np.median(weekly[:, ~saturday])


def test_some_skus_are_explained_as_among_all(model, explanation):
    some = model.explain(14, skus=["S007", "S003"])
    assert some.keys["sku"].tolist() == ["S003", "S007"]
    np.testing.assert_array_equal(some.multipliers, explanation.multipliers[[3, 7]])


def test_threads_and_blocks_do_not_change_a_bit(model, explanation, monkeypatch):
    from c2m.forecast.explain import explain

    monkeypatch.setattr(explain, "_ROWS_AT_ONCE", 17)
    np.testing.assert_array_equal(model.explain(14).multipliers, explanation.multipliers)


def test_a_plan_changes_what_it_plans(model):
    days = model.panel_.ahead
    future = pd.DataFrame({"period": days, "price": np.where(np.arange(14) < 7, 7.0, 10.0)})
    found = model.explain(14, future=future)
    np.testing.assert_allclose(found.mean, model.predict(14, future=future).mean, rtol=1e-6)
    multiplier = found.multipliers[:, :, found.groups.index("price")]
    assert np.median(multiplier[:, :7]) > 1.4 * np.median(multiplier[:, 7:])


def test_periods_off_sale_are_explained_by_that_alone(panel):
    on_sale = panel["on_sale"].copy()
    on_sale[:, -7:] = 0
    closing = replace(panel, channels={**panel.channels, "on_sale": on_sale})
    model = DirectBoosting(14, n_estimators=10).fit(closing)
    found = model.explain(14)
    np.testing.assert_allclose(found.mean, model.predict(14).mean, rtol=1e-6)
    assert (found.mean[:, 7:] == 0).all()
    assert (found.multipliers[:, 7:, found.groups.index("on sale")] == 0).all()
    total = found.total("S003")
    assert np.isclose(total["units"].sum(), (found.mean - found.base)[3].sum())


def test_a_series_without_history_is_its_level(panel):
    sales = panel["sales"].copy()
    sales[5] = np.nan
    model = DirectBoosting(7, n_estimators=20).fit(
        replace(panel, channels={**panel.channels, "sales": sales})
    )
    with pytest.warns(C2MWarning, match="no known 'sales'"):
        mean = model.predict(7).mean[5]
    found = model.explain(7, skus=["S005"])
    np.testing.assert_allclose(found.mean[0], mean, rtol=1e-6)
    assert (found.multipliers == 1).all()


def test_without_trees_everything_is_the_level(panel):
    model = DirectBoosting(7, n_estimators=0).fit(panel)
    found = model.explain(7)
    assert (found.multipliers == 1).all()
    np.testing.assert_allclose(found.mean, model.predict(7).mean)


def test_another_learner_is_refused_with_what_to_use(panel):
    from sklearn.tree import DecisionTreeRegressor

    model = DirectBoosting(7, learner=DecisionTreeRegressor(max_depth=3, random_state=0))
    model.fit(panel)
    with pytest.raises(ArgumentError, match=r"learnt with LightGBM.*permutation_importance"):
        model.explain(7)


def test_a_horizon_beyond_the_fitted_one_and_an_unknown_sku_are_refused(model):
    with pytest.raises(ArgumentError, match="up to max_horizon=14, got 15"):
        model.explain(15)
    with pytest.raises(ArgumentError, match="SKUs that are there"):
        model.explain(14, skus=["nothing"])
