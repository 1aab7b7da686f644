import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_market
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.panel import Panel
from c2m.signals import build_panel, read_events
from c2m.signals.leads import lead

TRUTH = {"views": 10.0, "wishlists": 14.0, "carts": 2.0}


def make_panel(n_skus=120, n_days=240, seed=0, *, styles=True, pads=30):
    """Sales with a season, weekdays and moving styles, and signals of known kinds."""
    rng = np.random.default_rng(seed)
    days = n_days + 2 * pads
    style = np.arange(n_skus) // 10
    season = 1 + 0.5 * np.sin(np.arange(days) * 2 * np.pi / 180) + 0.3 * (np.arange(days) % 7 > 4)
    walk = np.exp(np.cumsum(rng.normal(0, 0.05, (style[-1] + 1, days)), axis=1))[style]
    level = rng.gamma(2, 1, (n_skus, 1))
    rate = level * season * (walk if styles else 1)
    sales = rng.poisson(rate)

    def _traces(chance, low, high):
        """A trace of a part of the units, evenly spread over some days before."""
        count = np.zeros((n_skus, days))
        for lag in range(low, high + 1):
            drawn = rng.binomial(sales, chance / (high - low + 1))
            count += np.roll(drawn, -lag, axis=1)
        return count + rng.poisson(rate)

    signals = {
        "views": _traces(0.7, 3, 9),
        "carts": _traces(0.7, 0, 0),
        "reviews": _traces(0.5, -12, -6),
        "noise": rng.poisson(2 * rate),
        "early_season": rng.poisson(2 * np.roll(rate, -5, axis=1)),
    }
    keep = slice(pads, pads + n_days)
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number:03d}" for number in range(n_skus)], n_days),
            "style": np.repeat([f"T{number:02d}" for number in style], n_days),
            "period": np.tile(pd.date_range("2026-01-05", periods=n_days), n_skus),
            "sales": sales[:, keep].reshape(-1),
            **{name: part[:, keep].reshape(-1) for name, part in signals.items()},
        }
    )
    return Panel.from_frame(frame, freq="D", signals=list(signals), attributes=["style"])


@pytest.fixture(scope="module")
def found():
    return lead(make_panel(), ["views", "carts", "reviews", "noise", "early_season"], max_lag=21)


def verdict(leads, signal):
    return leads.summary().set_index("signal").loc[signal, "verdict"]


def test_a_lead_of_three_to_nine_days_is_six_days_on_average(found):
    row = found.summary().set_index("signal").loc["views"]
    assert row["verdict"] == "leads"
    assert row["low"] <= 6 <= row["high"]
    assert row["high"] - row["low"] < 3
    assert row["gain"] > 0


def test_a_signal_of_the_same_day_moves_together(found):
    assert verdict(found, "carts") == "moves together"


def test_what_comes_after_the_sale_does_not_lead(found):
    assert verdict(found, "reviews") == "nothing found"


def test_a_common_season_or_style_makes_no_lead(found):
    assert verdict(found, "noise") == "nothing found"
    assert verdict(found, "early_season") == "nothing found"


def test_the_kernel_lies_where_the_lead_is(found):
    kernel = found.to_frame().query("signal == 'views'").set_index("lag")["correlation"]
    assert kernel.loc[3:9].mean() > 5 * abs(kernel.loc[-21:-1].mean())
    assert kernel.loc[3:9].mean() > 5 * abs(kernel.loc[12:21].mean())


def test_placebos_are_found_out_in_nineteen_of_twenty_seeds():
    false = 0
    for seed in range(20):
        panel = make_panel(60, 120, seed=100 + seed)
        order = np.roll(np.arange(panel.n_series), 1 + seed % 5)  # the signal of another SKU
        other = panel.with_channels({"other": panel["views"][order]})
        verdicts = lead(other, ["noise", "other"], max_lag=14, seed=seed).summary()["verdict"]
        false += int((verdicts != "nothing found").sum())
    assert false <= 2  # of 40


def test_the_simulated_market_s_leads_are_recovered():
    market = simulate_market(5, n_days=240, events_per_day=8_000, late_share=0.0)
    with pytest.warns(C2MWarning, match="repeat an event_id"):
        panel = build_panel(
            read_events(market.events),
            freq="D",
            tz="UTC",
            attributes=market.skus[["sku", "style", "department"]],
        )
    table = lead(panel, list(TRUTH)).summary().set_index("signal")
    assert (table["verdict"] == "leads").all()
    for signal, truth in TRUTH.items():
        row = table.loc[signal]
        assert row["low"] - 0.5 <= truth <= row["high"] + 0.5, (signal, row.to_dict())
    assert table.loc["views", "together"] > 0.1  # they also look on the day itself


def test_weeks_are_enough_for_a_long_lead():
    daily = make_panel(150, 364, seed=3)
    frame = daily.to_frame()
    frame["views"] = frame.groupby("sku")["views"].shift(-7).fillna(0)  # 10 to 16 days
    frame["period"] -= pd.to_timedelta(frame["period"].dt.day_of_week, unit="D")
    weekly = frame.groupby(["sku", "style", "period"], as_index=False)[["sales", "views"]].sum()
    panel = Panel.from_frame(weekly, freq="W", signals=["views"], attributes=["style"])
    row = lead(panel, "views").summary().iloc[0]
    assert row["verdict"] == "leads"
    assert row["lead"] == pytest.approx(13 / 7, abs=0.6)


def test_the_same_seed_gives_the_same_table():
    panel = make_panel(40, 90)
    one, two = (lead(panel, "views", max_lag=14, seed=7) for _ in range(2))
    pd.testing.assert_frame_equal(one.summary(), two.summary())


def test_a_lead_is_found_without_any_attribute():
    frame = make_panel(styles=False).to_frame()[["sku", "period", "sales", "views"]]
    panel = Panel.from_frame(frame, freq="D", signals=["views"])
    found = lead(panel, max_lag=21)
    assert found.pooled_by is None
    assert verdict(found, "views") == "leads"


def test_it_says_in_words_what_it_found(found):
    lines = found.reading().splitlines()
    assert lines[0].startswith("views lead sales by ")
    assert lines[1] == "carts move together with sales, in the same day."
    assert lines[3] == "noise: nothing found."
    assert repr(found).startswith("Leads(of 5 signals on sales, in days: views ")


def test_what_lacks_is_said():
    panel = make_panel(20, 60)
    with pytest.raises(DataError, match=r"no channel 'view' \(did you mean 'views'"):
        lead(panel, "view")
    with pytest.raises(DataError, match="it has 60 periods, 105 are needed"):
        lead(panel, "views")
    with pytest.raises(ArgumentError, match="max_lag of 2 or more"):
        lead(panel, "views", max_lag=1)
    with pytest.raises(DataError, match="it has no signal"):
        lead(Panel.from_frame(panel.to_frame()[["sku", "period", "sales"]], freq="D"))


def test_a_signal_that_hardly_varies_is_left_out_aloud_and_hides_no_other():
    panel = make_panel(n_skus=40)
    signal = next(name for name in panel.channels if name not in {panel.target, "in_stock"})
    rare = np.zeros((panel.n_series, panel.n_periods))
    rare[0, 5] = 1.0
    more = panel.with_channels({"carts" if signal != "carts" else "views": rare})
    with pytest.warns(C2MWarning, match="fewer than 3 series vary"):
        found = lead(more, max_lag=20)
    assert signal in found.table["signal"].tolist()
    with pytest.raises(DataError, match="fewer than 3 series"):
        lead(more, "carts" if signal != "carts" else "views", max_lag=20)
