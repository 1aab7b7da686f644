from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import DirectBoosting, backtest
from c2m.forecast.selection.guard import SignalGuard
from c2m.panel import Panel

SMALL = {"n_estimators": 30, "seed": 1}


@pytest.fixture(scope="module")
def panel():
    """Make a panel whose views foretell sales in one half, and are noise in the other."""
    rng = np.random.default_rng(0)
    n_series, n_periods, lead = 80, 70, 4
    level = rng.gamma(3, 3, (n_series, 1))
    wave = np.exp(np.cumsum(rng.normal(0, 0.25, (n_series, n_periods + lead)), axis=1) * 0.8)
    wave /= wave.mean(axis=1, keepdims=True)
    sales = rng.poisson(level * wave[:, :n_periods])
    views = rng.poisson(20 * level * wave[:, lead:])
    noise = rng.permutation(np.arange(1, n_series, 2))
    views[1::2] = views[noise]
    keys = pd.DataFrame({"sku": [f"S{number:03d}" for number in range(n_series)]})
    frame = pd.DataFrame(
        {
            "sku": np.repeat(keys["sku"], n_periods),
            "period": np.tile(pd.date_range("2024-01-01", periods=n_periods, freq="7D"), n_series),
            "sales": sales.reshape(-1),
            "views": views.reshape(-1),
            "kind": np.repeat(["pays", "noise"] * (n_series // 2), n_periods),
        }
    )
    return Panel.from_frame(frame, freq="W", signals=["views"], attributes=["kind"])


@pytest.fixture(scope="module")
def guard(panel):
    return SignalGuard(4, by="kind", boosting=SMALL).fit(panel)


def test_signals_are_used_more_where_they_pay(guard):
    weight, gain = guard.groups_["weight"], guard.groups_["gain"]
    assert weight["pays"] >= 0.75
    assert weight["noise"] <= 0.5
    assert gain["pays"] > 0.05 > gain["noise"]
    assert guard.groups_["n_series"].tolist() == [40, 40, 80]


def test_it_enters_a_backtest_and_loses_no_more_than_the_better_of_both(panel):
    models = {
        "guard": SignalGuard(4, by="kind", boosting=SMALL),
        "without": DirectBoosting(4, signals=(), **SMALL),
        "with": DirectBoosting(4, **SMALL),
    }
    loss = backtest(models, panel, horizon=4, windows=1).leaderboard()["total_wql"]
    assert loss["guard"] <= 1.02 * min(loss["with"], loss["without"])


def test_the_forecast_lies_between_those_of_both_models(guard):
    said = guard.predict(3).mean
    both = np.stack([model.predict(3).mean for model in guard.models_.values()])
    assert (said >= both.min(axis=0) - 1e-9).all()
    assert (said <= both.max(axis=0) + 1e-9).all()


def test_a_subset_is_forecast_as_within_all(guard, panel):
    some = [panel.skus[5], panel.skus[2]]
    assert guard.predict(3, skus=some) == replace(
        guard.predict(3).select(some), notes=guard.predict(3, skus=some).notes
    )


def test_an_explanation_is_that_of_the_mixture(guard, panel):
    some = panel.skus[:4]
    found = guard.explain(3, skus=some)
    assert found.mean == pytest.approx(guard.predict(3, skus=some).mean)
    assert "views" in found.groups


def test_a_saved_guard_forecasts_the_same(guard, tmp_path):
    guard.save(tmp_path / "guard")
    read = SignalGuard.load(tmp_path / "guard")
    assert read.predict(4) == guard.predict(4)
    pd.testing.assert_frame_equal(read.groups_, guard.groups_)


def test_new_data_go_under_the_same_trees_and_decisions(guard, panel):
    earlier = SignalGuard(4, by="kind", boosting=SMALL).fit(panel.upto(panel.periods[-3]))
    later = earlier.update(panel)
    assert later.predict(2).cutoff == panel.cutoff
    assert later.groups_ is earlier.groups_
    assert earlier.predict(2).cutoff == panel.periods[-3]
    assert not np.array_equal(later.predict(2).mean, earlier.predict(2).mean)


def test_fewer_series_are_still_grouped_as_the_decisions_were(panel, tmp_path):
    guard = SignalGuard(4, by="auto", boosting=SMALL).fit(panel)
    assert guard.by_ == "kind"
    guard.save(tmp_path / "guard")
    some = panel.select(panel.skus[:50])  # too few for two groups
    for one in (guard, SignalGuard.load(tmp_path / "guard")):
        note = guard.predict(2, skus=some.skus).notes[-1]
        assert one.update(some).predict(2).notes[-1] == note
        assert note == "signals are used for 25 of 50 series"


def test_nothing_after_the_cutoff_changes_a_decision_or_a_forecast(panel):
    cut = panel.periods[-6]
    changed = {name: array.copy() for name, array in panel.channels.items()}
    for array in changed.values():
        array[:, -5:] = 7.0
    other = replace(panel, channels=changed)
    one, two = (
        SignalGuard(4, by="kind", windows=2, boosting=SMALL).fit(each.upto(cut))
        for each in (panel, other)
    )
    pd.testing.assert_frame_equal(one.groups_, two.groups_)
    assert one.predict(4) == two.predict(4)


def test_too_short_a_history_leaves_signals_out_and_says_so(panel):
    short = panel.upto(panel.periods[9])
    with pytest.warns(C2MWarning, match="too short to try signals"):
        guard = SignalGuard(4, by="kind", boosting=SMALL).fit(short)
    assert list(guard.models_) == ["without"]
    assert guard.predict(2).notes[-1] == "signals are used for 0 of 80 series"


def test_arguments_out_of_range_are_refused(panel):
    with pytest.raises(ArgumentError, match="windows, a whole number >= 2"):
        SignalGuard(4, windows=1).fit(panel)
    with pytest.raises(ArgumentError, match="Expected signals as an argument of its own"):
        SignalGuard(4, boosting={"signals": ()}).fit(panel)
    with pytest.raises(ArgumentError, match="fitted SignalGuard"):
        SignalGuard(4).predict(2)
    with pytest.raises(ArgumentError, match="Expected by, a key or an attribute"):
        SignalGuard(4, by="colour").fit(panel)


def test_one_sku_needs_no_list(guard):
    one, same = guard.predict(2, skus="S003"), guard.predict(2, skus=["S003"])
    assert one.notes == same.notes
    assert np.array_equal(one.mean, same.mean)
