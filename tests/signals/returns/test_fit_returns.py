import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_market
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import read_events
from c2m.signals.returns import fit_returns

KEY = ("sku", "channel")


def fit_log(log, **options):
    return fit_returns(read_events(log), **{"key": KEY, "tz": "UTC", **options})


@pytest.fixture(scope="module")
def fitted(shop):
    return fit_log(shop.log())


def recent_kept(returns, panel, shop):
    """Return expected and true kept units of the last four weeks, by series."""
    n_periods = 4 if panel.freq == "W" else 28
    kept = returns.kept(panel)
    frame = panel.keys.assign(
        kept=kept["kept"][:, -n_periods:].sum(axis=1),
        sd=np.sqrt((kept["kept_sd"][:, -n_periods:] ** 2).sum(axis=1)),
        sales=panel["sales"][:, -n_periods:].sum(axis=1),
        returns=panel["returns"][:, -n_periods:].sum(axis=1),
    )
    return frame.merge(shop.kept(), how="left").fillna({"truth": 0.0})


def bias_by_channel(frame, column="kept"):
    total = frame.groupby("channel")[[column, "truth"]].sum()
    return (total[column] / total["truth"] - 1).to_dict()


@pytest.mark.parametrize("freq", ["D", "W"])
def test_kept_units_of_the_latest_weeks_are_unbiased_in_every_channel(shop, fitted, freq):
    bias = bias_by_channel(recent_kept(fitted, shop.panel(freq), shop))
    assert bias.keys() == {"live", "store", "web"}
    assert all(abs(value) <= 0.03 for value in bias.values()), bias


def test_returns_over_sales_of_the_same_weeks_would_be_biased(shop):
    panel = shop.panel("D")
    frame = recent_kept(fit_returns(panel), panel, shop)
    naive = bias_by_channel(frame.assign(naive=frame["sales"] - frame["returns"]), "naive")
    assert naive["live"] > 0.1
    assert naive["web"] > 0.04


def test_the_units_to_come_in_four_weeks_are_unbiased(shop, fitted):
    expected = fitted.back_to_stock(28).groupby("channel")["returns"].sum()
    truth = shop.coming()
    error = (expected - truth) / truth
    assert (error.abs() <= np.maximum(0.03, 3 / np.sqrt(truth))).all(), error
    assert abs(expected.sum() / truth.sum() - 1) <= 0.03


@pytest.mark.parametrize("n_days", [63, 91])
def test_a_short_history_is_enough(draw_shop, n_days):
    short = draw_shop(n_days=n_days, seed=5)
    returns = fit_log(short.log())
    bias = bias_by_channel(recent_kept(returns, short.panel("D"), short))
    assert all(abs(value) <= 0.03 for value in bias.values()), bias


def test_two_standard_deviations_cover_the_kept_units(shop, fitted):
    frame = recent_kept(fitted, shop.panel("D"), shop)
    inside = (frame["truth"] - frame["kept"]).abs() <= 2 * frame["sd"]
    assert 0.9 <= inside.mean() <= 0.99


def test_a_channel_keeps_its_own_rate(fitted):
    table = fitted.summary()
    sold = table.groupby("channel")["sold"].sum()
    rate = (table["rate"] * table["sold"]).groupby(table["channel"]).sum() / sold
    assert rate.to_dict() == pytest.approx({"live": 0.8, "store": 0.15, "web": 0.5}, abs=0.02)
    new = table.loc[(table["channel"] == "live") & (table["sold"] < 10), "rate"]
    assert len(new)
    assert new.min() > 0.65


def test_the_mean_delay_is_found(fitted):
    # days are whole: a delay of 15.0 days on average is 14.5 calendar days
    assert np.average(fitted.mean_delay) == pytest.approx(14.5, abs=0.4)


@pytest.mark.parametrize("freq", ["D", "W"])
def test_a_panel_alone_is_enough_where_no_order_is_known(shop, freq):
    panel = shop.panel(freq)
    returns = fit_returns(panel)
    bias = bias_by_channel(recent_kept(returns, panel, shop))
    assert all(abs(value) <= 0.03 for value in bias.values()), bias
    assert np.average(returns.mean_delay) == pytest.approx(14.5, abs=1.5)


def test_returns_without_an_order_are_allotted_and_told(shop, fitted):
    log = shop.log()
    unnamed = (log["event_type"] == "return") & (np.arange(len(log)) % 4 == 0)
    log["order_id"] = log["order_id"].mask(unnamed)
    with pytest.warns(C2MWarning, match="name no purchase"):
        returns = fit_log(log)
    assert np.average(returns.rate) == pytest.approx(np.average(fitted.rate), abs=0.02)


def test_nothing_after_as_of_changes_the_estimate(draw_shop):
    shop = draw_shop(n_skus=40, n_days=120, seed=3)
    as_of = pd.Timestamp("2026-01-05") + pd.Timedelta(days=90)
    known = fit_log(shop.log(90))
    later = fit_log(shop.log(), as_of=as_of)
    pd.testing.assert_frame_equal(known.summary(), later.summary())
    pd.testing.assert_frame_equal(known.to_frame(), later.to_frame())


def test_what_came_in_late_is_not_known_before(draw_shop):
    log = draw_shop(n_skus=40, n_days=120, seed=3).log()
    log["ingest_time"] = log["event_time"] + pd.to_timedelta(
        np.where(log["event_type"] == "return", 50, 0), unit="D"
    )
    as_of = pd.Timestamp("2026-01-05") + pd.Timedelta(days=100)
    back = fit_log(log, as_of=as_of).cohorts.returned.sum()
    assert back == ((log["event_type"] == "return") & (log["ingest_time"] < "2026-04-15")).sum()


def test_the_simulated_market_gets_its_returns_right():
    market = simulate_market(
        5, n_styles=25, n_days=133, events_per_day=8_000, return_rate=0.5, late_share=0.0
    )
    cut = market.days[105]
    returns = fit_returns(read_events(market.events), tz="UTC", longest=45, as_of=cut)
    log = market.events.to_pandas().drop_duplicates("event_id")
    bought = log[log["event_type"] == "purchase"].set_index("order_id")["event_time"]
    came = log[log["event_type"] == "return"]
    moment = cut.tz_localize("UTC")
    due = came[(came["event_time"] >= moment) & (came["order_id"].map(bought) < moment)]
    expected = returns.back_to_stock(28)["returns"].sum()
    assert len(due) > 800
    assert expected == pytest.approx(len(due), rel=max(0.03, 3 / np.sqrt(len(due))))
    # longest delay is 45 days: what came later than 28 days is still small
    assert returns.cohorts.n_lags == 46


def test_what_lacks_is_said_with_what_to_type(draw_shop):
    log = draw_shop(n_skus=3, n_days=30).log()
    with pytest.raises(DataError, match="no column 'order_id'"):
        fit_log(log.drop(columns="order_id"))
    with pytest.raises(DataError, match="no unit came back"):
        fit_log(log[log["event_type"] == "purchase"])
    with pytest.raises(ArgumentError, match="Expected key="):
        fit_log(log, key=("channel", "sku"))
    with pytest.raises(ArgumentError, match="longest of 1 or more"):
        fit_log(log, longest=0)
    with pytest.raises(ArgumentError, match="Events or a Panel"):
        fit_returns(log)


def test_a_panel_refuses_what_belongs_to_a_log(draw_shop):
    panel = draw_shop(n_skus=3, n_days=91).panel("D")
    with pytest.raises(ArgumentError, match="as_of go with a log"):
        fit_returns(panel, as_of="2026-02-01")
    with pytest.raises(ArgumentError, match="61 or more periods"):
        fit_returns(panel.upto(panel.periods[40]))


def test_a_curve_beyond_the_oldest_purchase_is_told(draw_shop):
    log = draw_shop(n_skus=60, n_days=14, seed=1, units=4.0).log()
    with pytest.warns(C2MWarning, match="later than any purchase is old"):
        fit_log(log)
