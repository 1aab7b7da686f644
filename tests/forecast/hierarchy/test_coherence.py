"""Sums of paths are the paths of sums, whatever is summed and in whatever order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.forecast import DirectBoosting, MovingAverage, backtest, forecast_demand, select_model
from c2m.forecast.hierarchy.aligned import Aligned

BY = [["line"], ["sku"], ["line", "location"], ["sku", "location"], ["sku", "channel"]]


@pytest.fixture(scope="module")
def panel(make_cube):
    return make_cube(n_skus=5, n_periods=98)


@pytest.fixture(scope="module")
def demand(panel):
    return Aligned(MovingAverage(), by="location", strength=0.5, horizon=14).fit(panel).predict(14)


def total_paths(demand, n, seed):
    return demand.sample(n, seed=seed).sum(axis=1, dtype=np.float64)


@settings(max_examples=12, deadline=None)
@given(by=st.sampled_from(BY), n=st.integers(1, 40), seed=st.integers(0, 2**31))
def test_a_roll_up_has_the_total_paths_of_its_parts(demand, by, n, seed):
    rolled = demand.rollup(by, n=n, seed=seed)
    assert np.array_equal(total_paths(rolled, n, seed), total_paths(demand, n, seed))
    assert (rolled.sample(n, seed=seed) >= 0).all()


@settings(max_examples=8, deadline=None)
@given(by=st.sampled_from(BY), seed=st.integers(0, 2**31))
def test_select_then_roll_up_is_roll_up_of_the_selected(demand, by, seed):
    skus = ["S000", "S003"]
    part = demand.select(skus).rollup([*by], n=20, seed=seed)
    parts = demand.sample(20, seed=seed, skus=skus).sum(axis=1, dtype=np.float64)
    assert np.array_equal(total_paths(part, 20, seed), parts)
    if by[0] == "sku":
        whole = demand.rollup(by, n=20, seed=seed).select(skus)
        assert np.array_equal(whole.sample(20, seed=0), part.sample(20, seed=0))


@settings(max_examples=8, deadline=None)
@given(by=st.sampled_from(BY), seed=st.integers(0, 2**31))
def test_roll_up_and_then_longer_periods_adds_the_same_paths(demand, by, seed):
    rolled = demand.rollup(by, n=20, seed=seed)
    weekly = rolled.resample("W").sample(20, seed=seed)
    daily = rolled.sample(20, seed=seed)
    assert np.array_equal(weekly, daily.reshape(20, rolled.n_series, 2, 7).sum(axis=3))


def test_longer_periods_and_then_roll_up_has_the_same_means_in_law(demand):
    one = demand.resample("W").rollup(["line"], n=4000).mean
    other = demand.rollup(["line"], n=4000).resample("W").mean
    assert np.allclose(one, other, rtol=0.03)


def test_a_roll_up_of_a_roll_up_is_the_roll_up(demand):
    twice = demand.rollup(["sku", "location"], n=30, seed=5).rollup(["sku"], n=30, seed=5)
    assert np.array_equal(twice.law.paths, demand.rollup(["sku"], n=30, seed=5).law.paths)


def test_channels_and_locations_go_through_the_whole_wing(panel, tmp_path):
    trees = DirectBoosting(7, n_estimators=12, num_threads=1)
    model = trees.fit(panel)
    whole = model.predict(7)
    assert whole.keys.equals(panel.keys)
    assert len(model.predict(7, skus=["S002"]).keys) == 6
    assert model.predict(7, skus=["S002"]) == whole.select(["S002"])
    model.save(tmp_path / "trees")
    assert DirectBoosting.load(tmp_path / "trees").predict(7) == whole
    found = backtest({"trees": trees}, panel, horizon=7, windows=1)
    assert len(found.scores) == 3
    selection = select_model(panel, 7, windows=1)
    assert forecast_demand(panel, 7, selection=selection).keys.equals(panel.keys)
    assert whole.rollup(["sku"]).n_series == 5


def test_where_and_how_it_is_sold_teach_the_trees(make_cube):
    panel = make_cube(n_skus=10, n_channels=2, n_locations=3, n_periods=98)
    columns = DirectBoosting(7, n_estimators=4, num_threads=1).fit(panel).table_.names
    assert any("location" in name for name in columns)
    assert any("channel" in name for name in columns)
