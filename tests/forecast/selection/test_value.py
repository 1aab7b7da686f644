from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError
from c2m.forecast.selection.value import signal_value
from c2m.panel import Panel

SMALL = {"n_estimators": 30}


@pytest.fixture(scope="module")
def panel():
    """Make a panel in which views foretell sales and clicks are noise."""
    rng = np.random.default_rng(0)
    n_series, n_periods, lead = 60, 70, 4
    level = rng.gamma(3, 3, (n_series, 1))
    wave = np.exp(np.cumsum(rng.normal(0, 0.2, (n_series, n_periods + lead)), axis=1))
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number:03d}" for number in range(n_series)], n_periods),
            "period": np.tile(pd.date_range("2024-01-01", periods=n_periods, freq="7D"), n_series),
            "sales": rng.poisson(level * wave[:, :n_periods]).reshape(-1),
            "views": rng.poisson(20 * level * wave[:, lead:]).reshape(-1),
            "clicks": rng.poisson(20, n_series * n_periods),
            "kind": np.repeat(["x", "y"] * (n_series // 2), n_periods),
        }
    )
    return Panel.from_frame(frame, freq="W", signals=["views", "clicks"], attributes=["kind"])


@pytest.fixture(scope="module")
def value(panel):
    return signal_value(panel, 4, by="kind", windows=3, boosting=SMALL)


def percent(value, signal, question, group="all"):
    table = value.to_frame().set_index(["group", "signal", "question"])
    return table.loc[(group, signal, question)]


def test_a_signal_that_foretells_sales_is_worth_something_and_noise_is_not(value):
    views, clicks = percent(value, "views", "alone"), percent(value, "clicks", "alone")
    assert views["low"] > 0
    assert views["percent"] > 5
    assert clicks["percent"] < 2
    assert percent(value, "views", "left out")["percent"] > 5


def test_the_savings_are_those_of_the_kept_losses(value):
    lost = {name: np.nansum(losses) for name, losses in value.losses.items()}
    row = percent(value, "all signals", "left out")
    assert row["percent"] == pytest.approx(100 * (1 - lost["all"] / lost["none"]))
    cells = np.count_nonzero(~np.isnan(value.losses["all"]))
    assert row["units"] == pytest.approx((lost["none"] - lost["all"]) / cells)
    assert row["low"] < row["percent"] < row["high"]


def test_groups_add_up_to_all(value):
    parts = sum(
        percent(value, "views", "alone", group)["units"] * value.losses["all"].size / 2
        for group in ("x", "y")
    )
    assert parts == pytest.approx(
        percent(value, "views", "alone")["units"] * value.losses["all"].size
    )


def test_exchanging_values_needs_two_fits_and_finds_the_same_signal(panel):
    quick = signal_value(panel, 4, by=None, windows=2, method="exchange", boosting=SMALL)
    assert set(quick.losses) == {"all", "none", "without views", "without clicks"}
    views = percent(quick, "views", "left out")["percent"]
    assert views > 5 > abs(percent(quick, "clicks", "left out")["percent"])
    assert "by exchange" in repr(quick)


def test_it_shows_itself(value):
    assert repr(value).startswith("SignalValue('views', 'clicks': together")
    assert "\n" not in repr(value)
    assert list(value.summary().index) == ["all signals", "views", "clicks"]
    assert "views" in value._repr_html_()


def test_what_cannot_be_measured_is_refused(panel):
    with pytest.raises(ArgumentError, match=r"got 'view' \(did you mean 'views'\?\)"):
        signal_value(panel, 4, ["view"])
    bare = replace(panel, channels={"sales": panel["sales"]})
    with pytest.raises(ArgumentError, match="it has none"):
        signal_value(bare, 4)
    with pytest.raises(ArgumentError, match="'refit' or 'exchange'"):
        signal_value(panel, 4, method="guess")
    with pytest.raises(ArgumentError, match="windows, a whole number"):
        signal_value(panel, 4, windows=0)
    with pytest.raises(ArgumentError, match="history of more than 70 periods"):
        signal_value(panel, 35)


def test_what_cannot_be_valued_is_refused_before_anything_is_fitted(panel, monkeypatch):
    monkeypatch.setattr("c2m.forecast.selection.value.DirectBoosting.fit", None)
    with pytest.raises(ArgumentError, match="did you mean 'kind'"):
        signal_value(panel, 4, by="kinds")
    with pytest.raises(ArgumentError, match="got 'sales'"):
        signal_value(panel, 4, ["sales"])
    with pytest.raises(ArgumentError, match=r"got 'views'.*it has 'clicks'"):
        signal_value(panel, 4, ["views"], boosting={"target": "views"})
    with pytest.raises(ArgumentError, match="got 'views': pass a list"):
        signal_value(panel, 4, "views")
    with pytest.raises(ArgumentError, match="signals as an argument of its own"):
        signal_value(panel, 4, boosting={"signals": ()})
    with pytest.raises(ArgumentError, match="did you mean 'n_estimators'"):
        signal_value(panel, 4, boosting={"n_estimatrs": 3})
    with pytest.raises(ArgumentError, match="argument -> value"):
        signal_value(panel, 4, boosting=3)
    with pytest.raises(ArgumentError, match="several series to exchange"):
        signal_value(panel.select(["S000"]), 4, method="exchange")


def test_what_all_series_share_is_not_exchanged_and_called_worthless(panel):
    shared = panel.with_channels({"ad_spend": np.arange(70.0)})
    with pytest.raises(ArgumentError, match="'ad_spend': exchanging them changes nothing"):
        signal_value(shared, 4, method="exchange", boosting=SMALL)
    found = signal_value(shared, 4, ["ad_spend"], windows=2, boosting=SMALL)
    assert percent(found, "ad_spend", "alone")["units"] != 0
