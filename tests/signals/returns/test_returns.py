import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError, C2MWarning
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals import read_events
from c2m.signals.returns import fit_returns
from c2m.signals.returns.linking import read_cohorts

START = pd.Timestamp("2026-01-05 12:00", tz="UTC")
KEY = ("sku", "channel")


@pytest.fixture(scope="module")
def small(draw_shop):
    return draw_shop(n_skus=30, n_days=120, seed=4)


@pytest.fixture(scope="module")
def fitted(small):
    return fit_returns(read_events(small.log()), key=KEY, tz="UTC")


def log_of(rows):
    """Make a log from rows of kind, day, order, sku, quantity."""
    frame = pd.DataFrame(rows, columns=["event_type", "day", "order_id", "sku", "quantity"])
    frame["event_time"] = START + pd.to_timedelta(frame["day"], unit="D")
    return read_events(frame.drop(columns="day"))


def test_each_return_finds_its_purchase_by_order_and_sku():
    log = log_of(
        [
            ("purchase", 0, "A", "X", 2),
            ("purchase", 0, "A", "Y", 1),
            ("purchase", 3, "B", "X", 1),
            ("return", 4, "A", "X", 1),
            ("return", 5, "B", "X", 1),
            ("return", 9, "A", "X", 1),
        ]
    )
    found = read_cohorts(log, ("sku",), 20, "UTC", None)
    assert found.keys["sku"].tolist() == ["X", "Y"]
    assert np.flatnonzero(found.by_lag[0]).tolist() == [2, 4, 9]
    assert found.back[0, [0, 3]].tolist() == [2, 1]
    assert found.sold[1].sum() == 1
    assert not found.loose.any()


def test_no_more_comes_back_than_was_bought_and_none_too_late():
    log = log_of(
        [
            ("purchase", 0, "A", "X", 1),
            ("purchase", 1, "B", "X", 1),
            ("return", 5, "A", "X", 3),
            ("return", 30, "B", "X", 1),
        ]
    )
    with pytest.warns(C2MWarning, match="1 returned units"):
        found = read_cohorts(log, ("sku",), 10, "UTC", None)
    assert found.back.sum() == 1
    assert found.returned.sum() == 4
    assert found.loose.sum() == 1  # that of day 5 may lie before the log


def test_a_return_in_a_store_counts_for_the_channel_of_its_purchase():
    rows = [("purchase", 0, "A", "X", 1), ("return", 4, "A", "X", 1), ("purchase", 1, "B", "Y", 1)]
    frame = pd.DataFrame(rows, columns=["event_type", "day", "order_id", "sku", "quantity"])
    frame["event_time"] = START + pd.to_timedelta(frame["day"], unit="D")
    frame["channel"] = ["web", "store", "web"]
    found = read_cohorts(read_events(frame.drop(columns="day")), KEY, 10, "UTC", None)
    assert found.keys["channel"].unique().tolist() == ["web"]
    assert found.back.sum() == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.sampled_from("XY"), st.integers(1, 3), st.integers(0, 12)),
        min_size=1,
        max_size=12,
    )
)
def test_linking_agrees_with_a_plain_loop(orders):
    rows, by_lag = [], np.zeros((2, 11))
    for number, (day, sku, units, delay) in enumerate(orders):
        rows.append(("purchase", day, f"O{number}", sku, units))
        if delay <= 10:
            rows.append(("return", day + delay, f"O{number}", sku, 1))
            by_lag["XY".index(sku), delay] += 1
    rows += [("purchase", 0, "P", sku, 1) for sku in "XY"] + [("return", 1, "P", "X", 1)]
    by_lag[0, 1] += 1
    found = read_cohorts(log_of(rows), ("sku",), 10, "UTC", None)
    assert np.array_equal(found.by_lag, by_lag)
    assert (found.back <= found.sold).all()


def test_kept_units_are_between_none_and_all_that_was_sold(small, fitted):
    panel = fitted.kept(small.panel("D"))
    assert (panel["kept"] >= 0).all()
    assert (panel["kept"] <= panel["sales"] + 1e-5).all()
    assert panel.target == "sales"


def test_sales_that_are_old_enough_keep_what_did_not_come_back(small, fitted):
    panel = fitted.kept(small.panel("D"))
    old = panel.n_periods - 61
    assert np.allclose(panel["kept"][:, :old], (fitted.cohorts.sold - fitted.cohorts.back)[:, :old])
    assert panel["kept_sd"][:, :old].max() < 0.01


def test_days_weeks_and_skus_alone_add_up_to_the_same_kept_units(small, fitted):
    daily = fitted.kept(small.panel("D"))["kept"].sum()
    weekly = fitted.kept(small.panel("W"))["kept"].sum()
    frame = small.panel("D").rollup("sku")
    by_sku = fitted.kept(frame)["kept"].sum()
    assert weekly == pytest.approx(daily, rel=1e-3)  # the last week is covered in part
    assert by_sku == pytest.approx(daily, rel=1e-5)


def test_returns_that_know_more_than_the_panel_are_refused(small, fitted):
    panel = small.panel("D")
    with pytest.raises(ArgumentError, match="after the panel's cutoff"):
        fitted.kept(panel.upto(panel.periods[-2]))
    assert "kept" in fitted.kept(small.panel("W"))


def test_a_new_sku_takes_the_rate_of_its_channel(small, fitted):
    frame = small.panel("D").to_frame()
    extra = frame[frame["sku"] == frame["sku"].iloc[0]].assign(sku="ZNEW", sales=1.0)
    both = pd.concat([frame, extra])
    panel = Panel.from_frame(both, freq="D", channel="channel", signals=["returns"])
    with pytest.warns(C2MWarning, match="3 of 92 series"):
        kept = fitted.kept(panel)
    new = kept.keys["sku"].to_numpy() == "ZNEW"
    share = kept["kept"][new].mean(axis=1)
    assert share == pytest.approx([0.2, 0.85, 0.5], abs=0.05)


def test_a_panel_with_keys_that_were_not_fitted_is_refused(small):
    returns = fit_returns(read_events(small.log()), tz="UTC")
    with pytest.raises(ArgumentError, match="fit them with key="):
        returns.kept(small.panel("D"))


def test_all_that_is_still_to_come_does_come(fitted):
    stream = fitted.back_to_stock(60)
    waiting = fitted.cohorts.sold - fitted.cohorts.back
    # the chance of a unit is corrected for the doubt about its rate, its spread over time is not
    assert stream["returns"].sum() == pytest.approx(
        (waiting * fitted.chance_to_come()).sum(), rel=0.01
    )
    assert fitted.summary()["still_to_come"].sum() == pytest.approx(
        (waiting * fitted.chance_to_come()).sum()
    )


def test_only_the_resellable_share_goes_back_to_stock_after_handling(fitted):
    plain = fitted.back_to_stock(20)
    assert np.allclose(plain["returns"], plain["to_stock"])
    skus = plain["sku"].unique()
    shares = dict.fromkeys(skus, 0.5) | {skus[0]: 0.0}
    late = fitted.back_to_stock(20, resellable=shares, handling_days=3)
    assert late.loc[late["sku"] == skus[0], "to_stock"].sum() == 0
    one = late[(late["sku"] == skus[1]) & (late["channel"] == "web")]
    row = fitted.keys.query("sku == @skus[1] and channel == 'web'").index[0]
    arrived = fitted.cohorts.returned[row, -3:]
    assert np.allclose(one["to_stock"].iloc[:3], 0.5 * arrived)
    assert np.allclose(one["to_stock"].iloc[3:], 0.5 * one["returns"].iloc[:-3])


def test_expected_sales_bring_returns_of_their_own(fitted):
    first = fitted.cohorts.first + fitted.cohorts.n_steps
    mean = np.full((len(fitted.keys), 10), 2.0)
    future = Demand(fitted.keys, Calendar("D"), first, GammaPoisson(mean, 0.1, 0.0))
    more = fitted.back_to_stock(90, future=future)["returns"].sum()
    alone = fitted.back_to_stock(90)["returns"].sum()
    assert more - alone == pytest.approx(20 * fitted.rate.sum(), rel=1e-6)
    with pytest.raises(ArgumentError, match="to begin on"):
        fitted.back_to_stock(
            5, future=Demand(fitted.keys, Calendar("D"), first + 1, GammaPoisson(mean, 0.1, 0.0))
        )


def test_curves_are_shares_and_rates(fitted):
    frame = fitted.to_frame()
    total = frame.groupby(["sku", "channel"])["share"].sum()
    assert np.allclose(total, 1)
    assert frame["returned"].between(0, 1).all()
    assert repr(fitted).startswith("Returns(89 series, ")


def test_arguments_of_the_stream_are_checked(fitted):
    with pytest.raises(ArgumentError, match="horizon of 1 or more"):
        fitted.back_to_stock(0)
    with pytest.raises(ArgumentError, match="from 0 to 1"):
        fitted.back_to_stock(3, resellable=1.2)
    with pytest.raises(ArgumentError, match="got none for"):
        fitted.back_to_stock(3, resellable={"S0000": 0.5})


def test_few_sales_leave_the_rate_in_doubt():
    rows = [("2026-01-01", "purchase", "1"), ("2026-01-02", "purchase", "2")]
    rows += [("2026-01-05", "return", "1")]
    log = pd.DataFrame(rows, columns=["event_time", "event_type", "order_id"])
    log["event_time"] = pd.to_datetime(log["event_time"], utc=True)
    events = read_events(log.assign(sku="A", quantity=1, unit_price=1.0))
    with pytest.warns(C2MWarning, match="later than any purchase"):
        found = fit_returns(events, tz="UTC", longest=10)
    assert found.rate_sd[0] > 0.2
