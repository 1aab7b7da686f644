import numpy as np
import pandas as pd
import pytest

from c2m.datasets import load_journey
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import build_panel, read_events

DAYS = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]


def make_log(**columns):
    base = {
        "event_time": pd.to_datetime(DAYS, utc=True),
        "event_type": "purchase",
        "sku": ["A", "A", "B", "A"],
        "quantity": [3.0, 1.0, 2.0, 4.0],
    }
    return pd.DataFrame(base | columns)


def panel_of(log, *, on_bad="set_aside", **arguments):
    return build_panel(read_events(log, on_bad=on_bad), **({"freq": "D", "tz": "UTC"} | arguments))


# ---------------------------------------------------------------- what is unknown, what is zero


def test_before_its_first_event_a_series_is_unknown_and_then_zero():
    panel = panel_of(make_log())
    np.testing.assert_array_equal(panel["sales"], [[3, 1, 0, 4], [np.nan, np.nan, 2, 0]])
    assert panel.tz == "UTC"


@pytest.mark.parametrize("complete", [False, np.False_])
def test_a_log_with_gaps_leaves_periods_without_events_unknown(complete):
    panel = panel_of(make_log(), complete=complete)
    np.testing.assert_array_equal(panel["sales"], [[3, 1, np.nan, 4], [np.nan, np.nan, 2, np.nan]])


def test_a_series_that_began_in_the_dropped_period_is_zero_not_unknown():
    log = make_log(event_time=pd.to_datetime(
        ["2026-11-14", "2026-11-16", "2026-11-15", "2026-11-22"], utc=True
    ))  # fmt: skip
    with pytest.warns(C2MWarning, match="2026-11-09 is covered only in part .* with 2 events"):
        panel = panel_of(log, freq="W")
    np.testing.assert_array_equal(panel["sales"], [[5], [0]])


# ---------------------------------------------------------------- periods


def test_a_partial_period_is_kept_only_when_asked():
    with pytest.warns(C2MWarning, match="its counts are too low"):
        panel = panel_of(make_log(), freq="W", partial_period="keep")
    np.testing.assert_array_equal(panel["sales"], [[8], [2]])
    with pytest.raises(DataError, match=r"no whole period .*"):
        panel_of(make_log(), freq="W")


def test_span_says_which_days_the_log_covers():
    panel = panel_of(make_log(), freq="W", span=("2026-11-09", "2026-11-22"))
    np.testing.assert_array_equal(panel["sales"], [[np.nan, 8], [np.nan, 2]])


def test_events_outside_the_span_are_counted():
    with pytest.warns(C2MWarning, match="1 events lie outside span="):
        panel = panel_of(make_log(), span=("2026-11-16", "2026-11-18"))
    assert panel.n_periods == 3


def test_a_series_of_only_partial_periods_is_left_out_and_counted():
    log = make_log(event_time=pd.to_datetime(
        ["2026-11-09", "2026-11-15", "2026-11-16", "2026-11-10"], utc=True
    ))  # fmt: skip
    with pytest.warns(C2MWarning) as caught:
        panel = panel_of(log, freq="W")
    assert any("1 of 2 series have no event" in str(one.message) for one in caught)
    assert panel.skus == ["A"]


def test_a_stray_date_is_an_error_not_a_century_of_zeros():
    log = make_log(event_time=pd.to_datetime([*DAYS[:3], "2031-11-19"], utc=True))
    with pytest.raises(DataError, match="some dates are probably wrong"):
        panel_of(log)


def test_a_missing_day_of_a_busy_shop_is_told():
    days = pd.to_datetime(np.repeat([DAYS[0], DAYS[2]], 30), utc=True)
    log = pd.DataFrame({"event_time": days, "event_type": "view", "sku": "A"})
    with pytest.warns(C2MWarning, match="1 of 3 days have no event of any kind"):
        panel_of(log, target="views")
    assert panel_of(log, target="views", complete=True)["views"].tolist() == [[30, 0, 30]]


def test_days_are_the_shop_s_and_without_a_zone_it_says_so():
    log = make_log(event_time=pd.to_datetime([f"{day} 23:30" for day in DAYS], utc=True))
    assert str(panel_of(log, tz="Europe/Paris").periods[0].date()) == "2026-11-17"
    with pytest.warns(C2MWarning, match="Days are counted in UTC"):
        build_panel(read_events(log), freq="D")


# ---------------------------------------------------------------- units and money


def test_price_is_the_mean_over_units_and_unknown_where_nothing_was_sold():
    panel = panel_of(make_log(
        event_time=pd.to_datetime([DAYS[0]] * 3 + [DAYS[1]], utc=True),
        sku=["A", "A", "B", "A"], unit_price=[1.0, 5.0, 7.0, 2.0],
    ))  # fmt: skip
    np.testing.assert_allclose(panel["revenue"], [[8, 8], [14, 0]])
    np.testing.assert_allclose(panel["price"], [[2, 2], [7, np.nan]])


def test_revenue_is_unknown_where_a_purchase_has_no_price():
    with pytest.warns(C2MWarning, match="1 purchases have no unit_price"):
        panel = panel_of(make_log(unit_price=[1.0, np.nan, 7.0, 2.0]))
    np.testing.assert_allclose(panel["revenue"], [[3, np.nan, 0, 8], [np.nan, np.nan, 14, 0]])


def test_a_missing_quantity_counts_one_unit_and_is_told():
    with pytest.warns(C2MWarning, match="1 purchase events have no quantity"):
        panel = panel_of(make_log(quantity=[3.0, np.nan, 2.0, 4.0]))
    np.testing.assert_array_equal(panel["sales"][0], [3, 1, 0, 4])


def test_returns_stay_beside_the_sales_in_the_period_in_which_they_came():
    panel = panel_of(make_log(event_type=["purchase", "return", "purchase", "cancel"]))
    np.testing.assert_array_equal(panel["sales"][0], [3, 0, 0, 0])
    np.testing.assert_array_equal(panel["returns"][0], [0, 1, 0, 0])
    np.testing.assert_array_equal(panel["cancellations"][0], [0, 0, 0, 4])


def test_a_negative_quantity_says_what_to_call_it():
    with pytest.raises(DataError, match="event type 'return'"):
        panel_of(make_log(quantity=[3.0, -1.0, 2.0, 4.0]), on_bad="error")


def test_mixed_currencies_are_an_error_with_counts():
    log = make_log(unit_price=1.0, currency=["EUR", "EUR", "USD", "EUR"])
    with pytest.raises(DataError, match="EUR in 3, USD in 1"):
        panel_of(log)
    assert panel_of(log.assign(currency="EUR")).currency == "EUR"
    with pytest.warns(C2MWarning, match="1 purchases have no currency and count as EUR"):
        panel_of(log.assign(currency=["EUR", None, "EUR", "EUR"]))


def test_units_that_float32_would_round_are_an_error():
    with pytest.raises(DataError, match="16,777,217"):
        panel_of(make_log(quantity=[2.0**24 + 1, 1, 1, 1]))


def test_in_stock_is_the_mean_of_days_not_of_events():
    log = make_log(
        event_time=pd.to_datetime([DAYS[0], DAYS[0], DAYS[1], DAYS[3]], utc=True),
        sku="A", in_stock=[1.0, 1.0, 0.0, np.nan],
    )  # fmt: skip
    panel = panel_of(log, freq="W", span=("2026-11-16", "2026-11-22"))
    assert panel["in_stock"].tolist() == [[0.5]]


def test_a_stock_level_tells_whether_it_is_in_stock():
    panel = panel_of(make_log(
        event_type=["stock_level", "stock_level", "purchase", "purchase"],
        quantity=[0, 12, 1, 1], in_stock=np.nan,
    ))  # fmt: skip
    np.testing.assert_array_equal(panel["in_stock"][0], [0, 1, np.nan, np.nan])
    assert "stock_levels" not in panel.channels


def test_stock_levels_need_no_column_in_stock():
    log = make_log(
        event_type=["stock_level", "stock_level", "purchase", "stock_level"],
        quantity=[5, 0, 1, np.nan],
    )
    with pytest.warns(C2MWarning, match="1 stock_level events have neither"):
        panel = panel_of(log)
    np.testing.assert_array_equal(panel["in_stock"][0], [1, 0, np.nan, np.nan])


# ---------------------------------------------------------------- users, keys, kinds


def test_unknown_users_count_as_events_only():
    with pytest.warns(C2MWarning, match="2 of 4 events have no user"):
        panel = panel_of(make_log(sku="A", user_key=["u", None, None, "u"]))
    assert panel["purchase_users"].tolist() == [[1, 0, 0, 1]]
    assert panel["purchases"].tolist() == [[1, 1, 1, 1]]


def test_events_without_a_sku_are_refused_or_left_out_by_kind():
    log = make_log(event_type=["purchase", "store_checkin", "purchase", "purchase"])
    log.loc[1, "sku"] = None
    with pytest.warns(C2MWarning, match="1 of 4 events name no SKU"):
        assert panel_of(log)["sales"][0].tolist() == [3, 0, 0, 4]
    log["event_type"] = "purchase"
    with pytest.raises(DataError, match="no code in 'sku'"):
        panel_of(log, on_bad="error")


def test_series_by_channel_and_location():
    log = make_log(channel=["web", "app", "web", "web"], store_id=["1", "1", "2", "1"])
    panel = panel_of(log, key=("sku", "channel", "location"))
    assert panel.keys.to_numpy().tolist() == [
        ["A", "app", "1"],
        ["A", "web", "1"],
        ["B", "web", "2"],
    ]
    assert np.nansum(panel["sales"], axis=1).tolist() == [1, 7, 2]


def test_a_key_that_the_log_lacks_is_an_error():
    with pytest.raises(DataError, match="no column 'store_id', which key="):
        panel_of(make_log(), key=("sku", "location"))
    log = make_log(channel=["web", None, "web", "web"])
    with pytest.raises(DataError, match="no code in 'channel'"):
        panel_of(log, on_bad="error", key=("sku", "channel"))
    for key in ("sku", ("channel", "sku"), ("store",), ()):
        with pytest.raises(ArgumentError, match="key"):
            panel_of(make_log(channel="web"), key=key)


def test_only_the_kinds_that_are_asked_for():
    log = make_log(event_type=["purchase", "view", "view", "purchase"])
    panel = panel_of(log, kinds=["purchase"])
    assert set(panel.channels) == {"sales", "purchases"}
    assert panel.skus == ["A"]
    with pytest.raises(ArgumentError, match="did you mean 'view'"):
        panel_of(log, kinds=["views"])


def test_a_log_without_purchases_needs_another_target():
    log = make_log(event_type="view")
    with pytest.raises(DataError, match="nothing fills the target 'sales'"):
        panel_of(log)
    assert panel_of(log, target="views").target == "views"


def test_attributes_are_looked_up_by_sku():
    catalogue = pd.DataFrame({"sku": ["B", "A", "C"], "colour": ["red", "blue", "green"]})
    assert panel_of(make_log(), attributes=catalogue).attributes["colour"].tolist() == [
        "blue",
        "red",
    ]
    with pytest.warns(C2MWarning, match="1 of 2 series have no row in attributes"):
        panel_of(make_log(), attributes=catalogue.head(1))
    with pytest.raises(DataError, match="3 of 6 rows repeat the key"):
        panel_of(make_log(), attributes=pd.concat([catalogue, catalogue]))


# ---------------------------------------------------------------- what was known then


def test_as_of_counts_only_what_had_come_in():
    log = make_log(ingest_time=pd.to_datetime([*DAYS[:3], "2026-12-01"], utc=True))
    panel = panel_of(log, as_of="2026-11-20")
    np.testing.assert_array_equal(panel["sales"], [[3, 1, 0], [np.nan, np.nan, 2]])
    with pytest.raises(DataError, match="1 of 4 rows: no time in 'ingest_time'"):
        panel_of(log.assign(ingest_time=log["ingest_time"].where([True, False, True, True])),
                 on_bad="error", as_of="2026-11-20")  # fmt: skip
    with pytest.raises(DataError, match="no event is left"):
        panel_of(log, as_of="2026-11-01")
    with pytest.raises(DataError, match="'ingest_time', which as_of= needs"):
        panel_of(make_log(), as_of="2026-11-20")


def test_a_day_that_was_not_over_is_partial_and_a_later_one_is_not_zero():
    times = pd.to_datetime(DAYS, utc=True) + pd.Timedelta(hours=9)
    log = make_log(sku="A", event_time=times, ingest_time=times)
    span = ("2026-11-16", "2026-11-30")
    at_midnight = panel_of(log, as_of="2026-11-19", span=span)
    assert at_midnight["sales"].tolist() == [[3, 1, 2]]
    with pytest.warns(C2MWarning, match="2026-11-19 is covered only in part .* with 1 events"):
        at_noon = panel_of(log, as_of="2026-11-19 12:00", span=span)
    assert at_noon["sales"].tolist() == [[3, 1, 2]]
    ahead = log.assign(event_time=log["event_time"] + pd.to_timedelta([0, 0, 0, 9], unit="D"))
    with pytest.warns(C2MWarning, match="1 events came in by as_of= but happened later"):
        assert panel_of(ahead, as_of="2026-11-19 12:00")["sales"].tolist() == [[3, 1, 2]]


def test_a_correction_is_not_known_before_it_came_in():
    log = make_log(event_id="e", ingest_time="2026-11-17T00:00Z").head(1)
    log = pd.concat([log, log.assign(quantity=1.0, ingest_time="2026-11-25T00:00Z")])
    assert panel_of(log, as_of="2026-11-20")["sales"].tolist() == [[3]]
    with pytest.warns(C2MWarning, match="1 of 1 events repeat an event_id"):
        assert panel_of(log)["sales"].tolist() == [[1]]


# ---------------------------------------------------------------- errors and real data


def test_a_frame_in_place_of_events_is_an_error():
    with pytest.raises(ArgumentError, match="wrap a frame"):
        build_panel(make_log(), freq="D")


@pytest.mark.parametrize(
    "wrong", [{"span": ("2026-11-18", "2026-11-16")}, {"span": 7}, {"partial_period": "half"},
              {"as_of": pd.NaT}, {"as_of": "soon"}, {"tz": "Mars"}, {"complete": "no"},
              {"as_of": "2026-03-29 02:30", "tz": "Europe/Paris"}],
)  # fmt: skip
def test_arguments_out_of_range_are_named(wrong):
    log = make_log(ingest_time="2026-11-20T00:00Z")
    with pytest.raises(ArgumentError, match=f"Expected {next(iter(wrong))}"):
        panel_of(log, **wrong)


def test_bad_rows_are_set_aside_before_counting():
    events = read_events(make_log(quantity=[3.0, -1.0, 2.0, 4.0]))
    with pytest.warns(C2MWarning, match="1 of 4 events are set aside"):
        panel = build_panel(events, freq="D", tz="UTC")
    assert np.nansum(panel["sales"]) == 9


def test_the_journey_s_units_are_conserved():
    journey = load_journey()
    events = read_events(journey.events_path)
    panel = build_panel(
        events, freq=journey.calendar, tz=journey.tz, attributes=journey.products[["sku", "line"]],
        kinds=["purchase"], complete=True,
    )  # fmt: skip
    bought = journey.events[journey.events["event_type"] == "purchase"]
    assert np.nansum(panel["sales"], dtype=np.float64) == bought["quantity"].sum()
    assert panel.n_periods == 52
    assert panel.currency == journey.currency
    expected = bought.groupby("sku")["quantity"].sum()
    assert np.nansum(panel["sales"], axis=1).tolist() == expected[panel.skus].tolist()
