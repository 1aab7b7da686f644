"""From signals to a forecast: demand without stock-outs, kept units, peaks known ahead."""

import warnings

import numpy as np
import pandas as pd
import pytest

from c2m import Panel, backtest, build_panel, forecast_demand, read_events, select_model
from c2m.errors import C2MWarning
from c2m.forecast import DirectBoosting, MovingAverage
from c2m.forecast.target import observed_target
from c2m.signals import (
    fit_returns,
    maturation,
    peak_days,
    peak_effects,
    unconstrain,
    with_peaks,
)

N_SERIES, N_WEEKS, HORIZON = 60, 104, 4


@pytest.fixture(scope="module")
def shop():
    """Two years of a shop that runs out in a quarter of its weeks, in good weeks more than in bad.

    A third of what is sold comes back a week later. Black Friday sells three times the usual.
    """
    rng = np.random.default_rng(4)
    weeks = pd.date_range("2024-11-04", periods=N_WEEKS, freq="7D")
    black = np.isin(weeks, pd.to_datetime(["2024-11-25", "2025-11-24"]))
    level = rng.gamma(4, 8, (N_SERIES, 1)) * np.where(black, 3.0, 1.0)
    wanted = rng.poisson(level * rng.gamma(20, 1 / 20, (N_SERIES, N_WEEKS)))
    stock = np.where(rng.random(wanted.shape) < 0.35, rng.poisson(level), 10**6)
    sold = np.minimum(wanted, stock)
    share = np.where(sold < wanted, sold / np.maximum(wanted, 1), 1.0)
    back = np.zeros_like(sold)
    back[:, 1:] = rng.binomial(sold, 1 / 3)[:, :-1]
    channels = {"sales": sold, "returns": back, "in_stock": share, "in_stock_demand": share}
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number:02d}" for number in range(N_SERIES)], N_WEEKS),
            "period": np.tile(weeks, N_SERIES),
        }
        | {name: array.reshape(-1) for name, array in channels.items()}
    )
    signals = ["returns", "in_stock", "in_stock_demand"]
    return Panel.from_frame(frame, freq="W", signals=signals), wanted


def test_unconstrained_demand_is_forecast_and_censored_only_once(shop):
    panel, wanted = shop
    found = unconstrain(panel).panel
    assert found.target == "demand"
    assert np.array_equal(observed_target(found), found["demand"].astype(np.float64))  # no mask
    assert np.isnan(observed_target(panel)).any()  # sales of empty shelves are no lesson
    usual = wanted[:, -8:].mean() * HORIZON * N_SERIES
    forecast = {
        name: forecast_demand(one, HORIZON, model=MovingAverage(window=8).fit(one)).mean.sum()
        for name, one in (("demand", found), ("sales", panel))
    }
    assert forecast["demand"] == pytest.approx(usual, rel=0.03)
    assert panel["sales"][:, -8:].mean() * HORIZON * N_SERIES < 0.97 * usual
    with warnings.catch_warnings():
        warnings.simplefilter("error", C2MWarning)  # an estimate need not be whole
        picked = select_model(found, HORIZON, windows=2)
    assert picked.backtest is not None
    demand = forecast_demand(found, HORIZON, selection=picked)
    assert demand.mean.sum() == pytest.approx(1.5 * usual, rel=0.1)  # a week is Black Friday's


def test_no_model_learns_from_estimates_that_restate_its_target(shop):
    panel, _ = shop
    found = unconstrain(fit_returns(panel, longest=14).kept(panel)).panel
    found = found.with_channels({"spill_in": np.zeros_like(found["demand"])})
    model = DirectBoosting(max_horizon=2).fit(found)
    assert not {"sales", "kept", "kept_sd", "demand_sd", "spill_in"} & set(model.recipe_.signals)


def test_a_backtest_of_demand_knows_no_more_than_was_known_at_the_cutoff(shop):
    panel, _ = shop

    def known_at(cutoff):
        return unconstrain(panel.upto(cutoff)).panel

    truth = unconstrain(panel).panel
    plan = {"horizon": HORIZON, "windows": 3, "step": HORIZON, "keep_forecasts": True}
    model = [MovingAverage(window=8)]
    honest = backtest(model, truth, **plan, panel_at=known_at)
    late = truth["demand"].copy()
    late[:, -1] *= 50  # what only the last week tells
    other = truth.with_channels({"demand": late}, target="demand")
    again = backtest(model, other, **plan, panel_at=known_at)
    forecasts = [one.forecasts.drop(columns="actual") for one in (honest, again)]
    pd.testing.assert_frame_equal(*forecasts)
    scores = honest.leaderboard()
    assert abs(scores.loc["MovingAverage", "bias"]) < 0.1


def test_kept_units_are_forecast_as_a_target_of_their_own(shop):
    panel, wanted = shop
    kept = fit_returns(panel, longest=14).kept(panel).with_channels({}, target="kept")
    with warnings.catch_warnings():
        warnings.simplefilter("error", C2MWarning)
        demand = MovingAverage(window=8).fit(kept).predict(HORIZON)
    usual = wanted[:, -8:].mean() * HORIZON * N_SERIES * 2 / 3
    assert demand.mean.sum() == pytest.approx(usual, rel=0.06)


def test_peaks_known_ahead_go_through_a_backtest_and_find_the_peak(shop):
    panel, wanted = shop
    peaks = peak_days("2024-01-01", "2027-12-31", ["black_friday"])
    known = with_peaks(unconstrain(panel).panel, peaks, ahead=HORIZON)
    model = DirectBoosting(max_horizon=HORIZON, seed=1)
    result = backtest([model], known, horizon=HORIZON, windows=1)
    assert "DirectBoosting" in result.leaderboard().index
    before = known.upto("2025-11-17", ahead=HORIZON)  # a week before the second Black Friday
    assert before["peak"][0, -HORIZON:].tolist() == pytest.approx([1, 0, 0, 0])
    forecast = DirectBoosting(max_horizon=HORIZON, seed=1).fit(before).predict(HORIZON)
    weeks = forecast.mean.sum(axis=0)
    assert weeks[0] > 1.5 * weeks[2]
    at = known.periods.get_loc(pd.Timestamp("2025-11-24"))
    assert weeks[0] == pytest.approx(wanted[:, at].sum(), rel=0.35)


def test_deposits_of_a_presale_are_preorders_that_tell_of_the_peak():
    rng = np.random.default_rng(9)
    days = pd.date_range("2025-09-01", "2025-11-11", tz="UTC")
    dates = pd.to_datetime(["2025-09-20", "2025-10-10", "2025-10-30", "2025-11-18"], utc=True)
    rows = []
    for sku in [f"S{number:02d}" for number in range(20)]:
        rows += [(day, "purchase", sku, 2) for day in days]
        for date in dates:
            paid = date - pd.to_timedelta(rng.integers(1, 11, rng.poisson(30)), unit="D")
            rows += [(day, "preorder", sku, 1) for day in paid]
            rows += [(date, "purchase", sku, 1) for _ in paid]  # the balance
    log = pd.DataFrame(rows, columns=["event_time", "event_type", "sku", "quantity"])
    log["unit_price"] = np.where(log["event_type"] == "preorder", 10.0, 90.0)
    log = log[log["event_time"] <= days[-1]].sort_values("event_time", kind="stable")
    panel = build_panel(read_events(log), freq="D", tz="UTC")
    bought = log[log["event_type"] == "purchase"]
    assert panel["sales"].sum() == bought["quantity"].sum()  # no deposit is a sale
    assert panel["revenue"].sum() == (bought["quantity"] * 90.0).sum()
    targets = [date.tz_localize(None) for date in dates]
    found = maturation(panel, targets, advance="preorders", longest=14)
    to_come = found.expected
    assert to_come["expected"].sum() == pytest.approx(20 * 30, rel=0.15)
    assert (to_come["so_far"] <= to_come["expected"] + 1e-9).all()
    own = pd.DataFrame({"peak": ["presale"], "day": ["2025-10-10"], "presale": ["2025-09-30"]})
    net = peak_effects(panel, peak_days(days[0].tz_localize(None), "2025-11-11", own=own)).net
    paid = log.loc[log["event_type"] == "preorder", "event_time"]
    assert net["deposits"].tolist() == [paid.between("2025-09-30", "2025-10-10").sum()]


def test_what_signals_add_is_rolled_up_as_it_should_be(shop):
    panel, _ = shop
    kept = fit_returns(panel, longest=14).kept(unconstrain(panel).panel)
    peaks = peak_days("2024-01-01", "2027-12-31", ["black_friday"])
    frame = with_peaks(kept, peaks, ahead=HORIZON).to_frame()
    frame["style"] = frame["sku"].str[:2]
    signals = [name for name in kept.channels if name != "demand"]
    known = ["peak", "peak_presale", "peak_after"]
    styled = Panel.from_frame(
        frame, freq="W", target="demand", signals=signals, known=known, attributes=["style"]
    )
    with pytest.warns(C2MWarning, match="'demand_sd', 'kept_sd'"):
        rolled = styled.rollup("style")
    assert rolled["kept"].sum() == pytest.approx(kept["kept"].sum(), rel=1e-5)
    assert rolled["peak"].max() == 1
    assert np.array_equal(rolled["peak_after"][0], styled["peak_after"][0])
