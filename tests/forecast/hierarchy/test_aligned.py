import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import DirectBoosting, MovingAverage, backtest
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.params import Parameters
from c2m.forecast.target import need_panel


@pytest.fixture(scope="module")
def panel(make_cube):
    return make_cube(n_skus=8, n_periods=180, drift=1.0)


@pytest.fixture(scope="module")
def model(panel):
    return Aligned(MovingAverage(window=84), by="location", horizon=14).fit(panel)


def test_a_drift_that_all_series_have_is_taken_from_the_totals(panel, model):
    plain = MovingAverage(window=84).fit(panel).predict(14)
    assert model.strength_ > 0
    assert model.losses_[model.strength_] < model.losses_[0.0]
    assert model.predict(14).mean.sum() > 1.05 * plain.mean.sum()
    assert "Aligned to 3 totals (location) with strength" in model.predict(14).notes[-1]


def test_a_subset_has_the_numbers_of_the_whole(panel, model):
    whole = model.predict(14)
    part = model.predict(14, skus=["S003", "S001"])
    assert len(part.keys) == 2 * 6  # every channel and location of both
    assert part == whole.select(["S001", "S003"])


def test_a_shorter_horizon_is_the_begin_of_a_longer_one(model):
    assert np.array_equal(model.predict(5).mean, model.predict(14).mean[:, :5])
    assert model.predict(20).horizon == 20


def test_strength_zero_is_the_model_itself(panel):
    plain = MovingAverage().fit(panel).predict(7)
    same = Aligned(MovingAverage(), by=(), strength=0, horizon=7).fit(panel).predict(7)
    assert np.array_equal(same.mean, plain.mean)
    assert same.notes[-1].startswith("Not aligned")


def test_full_strength_has_the_totals_of_the_aggregate_models(panel):
    model = Aligned(MovingAverage(), by="location", strength=1, horizon=14).fit(panel)
    demand = model.predict(14)
    ahead = model.aggregates_.forecast(model.totals_.units, 14)
    sums = demand.mean.reshape(8, 2, 3, 14).sum(axis=(0, 1))
    assert np.allclose(sums.sum(axis=1), ahead.sum(axis=1))


def test_nothing_observed_after_the_cutoff_changes_a_forecast(panel):
    cutoff = panel.periods[150]
    channels = {name: panel[name].copy() for name in panel.channels}
    channels["sales"][:, 151:] = 99.0
    changed = replace(panel, channels=channels)
    fresh = Aligned(MovingAverage(), by="location", horizon=14)
    one, two = (fresh.fit(each.upto(cutoff)).predict(14) for each in (panel, changed))
    assert one == two


def test_a_saved_model_forecasts_the_same(panel, model, tmp_path):
    model.save(tmp_path / "model")
    loaded = Aligned.load(tmp_path / "model")
    assert loaded.predict(14) == model.predict(14)
    assert loaded.predict(21) == model.predict(21)
    assert loaded.losses_ == model.losses_
    assert not list((tmp_path / "model").glob("*.pkl"))


def test_new_data_keep_the_model_and_move_the_totals(panel):
    early = panel.upto(panel.periods[-15])
    trees = DirectBoosting(7, n_estimators=8, signals=(), num_threads=1)
    fitted = Aligned(trees, by="location", strength=0.5).fit(early)
    newer = fitted.update(panel)
    assert newer.predict(7).cutoff == panel.cutoff
    assert fitted.predict(7).cutoff == early.cutoff
    assert newer.strength_ == fitted.strength_
    assert newer.aggregates_.parameters.shape == fitted.aggregates_.parameters.shape
    assert not np.array_equal(newer.totals_.units, fitted.totals_.units)


def test_a_model_without_update_says_so(panel, model):
    with pytest.raises(ArgumentError, match="MovingAverage cannot take in new data"):
        model.update(panel)


def test_the_wrapped_model_is_never_fitted_itself(panel):
    inner = MovingAverage()
    Aligned(inner, by=(), strength=1, horizon=7).fit(panel)
    assert not hasattr(inner, "panel_")


def test_too_short_a_history_is_not_aligned_and_says_so(panel):
    short = panel.upto(panel.periods[25])
    with pytest.warns(C2MWarning, match="too few to hold back 14"):
        model = Aligned(MovingAverage(), by=(), horizon=14).fit(short)
    assert model.strength_ == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"aggregate": "arima"}, "aggregate='arima'"),
        ({"strength": 1.5}, r"strength=1\.5"),
        ({"windows": 0}, "windows=0"),
        ({"horizon": -1, "strength": "half"}, r"strength='half'.*horizon=-1"),
        ({"by": "shop"}, "'shop'"),
    ],
)
def test_arguments_out_of_range_are_refused(panel, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Aligned(MovingAverage(), **arguments).fit(panel)


class Constant(Parameters):
    """Forecasts the same everywhere, whatever came."""

    def __init__(self, units=1.0):
        self.units = units

    def fit(self, panel):
        need_panel(panel)
        self.panel_ = panel
        return self

    def predict(self, horizon, future=None, skus=None):
        from c2m.distribution import GammaPoisson

        demand = Demand(
            keys=self.panel_.keys,
            calendar=self.panel_.calendar,
            first=self.panel_.first + self.panel_.n_periods,
            law=GammaPoisson(np.full((self.panel_.n_series, horizon), self.units), 0.1, 0.0),
            attributes=self.panel_.attributes,
        )
        return demand if skus is None else demand.select(skus)


def falling(panel):
    """Sales that are about to end: a trend that would run below 0."""
    sales = np.maximum(60 - np.arange(panel.n_periods) * 0.5, 0.0)
    return np.broadcast_to(sales, panel["sales"].shape).copy()


@pytest.mark.parametrize("units", [0.0, 1e-9, 3.0, 1e6])
@pytest.mark.parametrize("case", ["zero", "falling", "unknown in one group", "one series"])
def test_alignment_never_makes_a_negative_or_an_unknown(panel, units, case):
    sales = panel["sales"].copy()
    if case == "zero":
        sales[:] = 0.0
    elif case == "falling":
        sales = falling(panel)
    elif case == "unknown in one group":
        sales[panel.keys["location"] == "L1"] = np.nan
    torn = replace(panel, channels={"sales": sales})
    if case == "one series":
        torn = torn._rows(np.array([0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        model = Aligned(Constant(units), by="location", strength=1, horizon=14).fit(torn)
    demand = model.predict(14)
    assert np.isfinite(demand.mean).all()
    assert (demand.mean >= 0).all()
    assert (demand.sample(20, seed=0) >= 0).all()
    assert np.all(demand.mean <= 2 * units + 1e-12)


def test_groups_without_a_model_are_counted(panel):
    sales = panel["sales"].copy()
    sales[panel.keys["location"] == "L1"] = np.nan
    torn = replace(panel, channels={"sales": sales})
    with pytest.warns(C2MWarning, match="1 of 3 groups stay as they are"):
        model = Aligned(Constant(), by="location", strength=1, horizon=14).fit(torn)
    table = model.factor_table()
    assert table["form"].tolist() == ["multiplicative", "none", "multiplicative"]
    assert table["factor"].iloc[1] == 1.0
    assert table["n_series"].tolist() == [16, 16, 16]


def test_it_enters_a_backtest_and_its_leaderboard(panel):
    entrant = Aligned(MovingAverage(), by="location", strength=0.5, horizon=14)
    found = backtest({"aligned": entrant}, panel, horizon=14, windows=2)
    assert "aligned" in found.leaderboard().index


def test_plans_go_to_the_model(panel):
    future = pd.DataFrame({"period": panel.calendar.labels(panel.first + panel.n_periods, 7)})
    future["on_sale"] = [1.0] * 6 + [0.0]
    model = Aligned(MovingAverage(), by="location", strength=0.5, horizon=7).fit(panel)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        demand = model.predict(7, future=future)
    assert not demand.mean[:, 6].any()
    assert (demand.mean[:, :6] > 0).all()


@pytest.mark.parametrize(
    "wrong", [{"by": None}, {"by": 3}, {"strength": np.array([1, 2])}, {"model": MovingAverage}]
)
def test_arguments_of_other_types_are_refused(panel, wrong):
    with pytest.raises(ArgumentError, match="Expected"):
        Aligned(**{"model": MovingAverage(), **wrong}).fit(panel)


def test_the_totals_are_those_of_the_channel_that_the_innermost_model_forecasts(panel):
    panel = panel.with_channels({"demand": 2 * panel["sales"]})
    inner = DirectBoosting(7, target="demand", n_estimators=5, signals=(), num_threads=1)
    one, two = (
        Aligned(model, by=(), strength=1.0, horizon=7).fit(panel)
        for model in (inner, Aligned(inner, by=(), strength=0.0, horizon=7))
    )
    assert np.array_equal(one.totals_.units, two.totals_.units)
