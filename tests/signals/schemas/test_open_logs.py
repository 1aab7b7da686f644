"""REES46, RetailRocket and Taobao: flat logs with a trap each."""

from pathlib import Path

import pytest

import c2m
from c2m.errors import C2MWarning

FIXTURES = Path(__file__).parent / "fixtures"
KEY = bytes(range(32))


def open_log(name, **how):
    return c2m.read_events(FIXTURES / name, schema=name, key=KEY, **how)


def test_rees46_has_a_row_a_unit_even_where_two_rows_are_equal():
    with pytest.warns(C2MWarning, match="no quantity and count as one unit each"):
        panel = c2m.build_panel(open_log("rees46"), freq="D").to_frame()
    heater = panel[panel["sku"] == "3900821"]
    assert heater["sales"].tolist() == [2.0, 0.0]
    assert heater["revenue"].tolist() == [pytest.approx(66.40), 0.0]


def test_times_of_rees46_end_in_utc():
    found = open_log("rees46").to_frame()
    assert str(found["event_time"].iloc[0]) == "2019-10-01 00:00:00+00:00"
    assert [str(day.date()) for day in open_log("rees46").days()] == ["2019-10-01", "2019-10-02"]


def test_kinds_of_rees46_and_empty_categories():
    found = open_log("rees46").to_frame()
    assert set(found["event_type"]) == {"view", "cart_add", "cart_remove", "purchase"}
    assert not {"category_code", "brand"} & set(found)
    assert found["session_key"].isna().sum() == 1


def test_retailrocket_counts_milliseconds_and_a_transaction_is_one_unit():
    with pytest.warns(C2MWarning, match="2 purchase events have no quantity"):
        panel = c2m.build_panel(open_log("retailrocket"), freq="D", tz="UTC").to_frame()
    assert panel["sales"].sum() == 2.0
    found = open_log("retailrocket").to_frame()
    assert str(found["event_time"].min()) == "2015-06-02 05:02:12.117000+00:00"
    assert found["order_id"].nunique() == 1


def test_available_of_retailrocket_is_a_stock_level_and_the_rest_is_left_out():
    log = c2m.read_events(FIXTURES / "retailrocket_properties", schema="retailrocket_properties")
    with pytest.warns(C2MWarning, match="3 records"):
        found = log.to_frame()
    assert set(found["event_type"]) == {"stock_level"}
    assert dict(zip(found["sku"], found["in_stock"], strict=True)) == {"318965": 0.0, "356475": 1.0}
    assert log.rejected.empty


def test_taobao_has_no_header_and_days_of_china():
    found = open_log("taobao").to_frame()
    assert len(found) == 9
    log = open_log("taobao")
    with pytest.warns(C2MWarning) as told:
        panel = c2m.build_panel(log, freq="D", span=("2017-11-25", "2017-12-03")).to_frame()
    assert any("3 events lie outside span=" in str(one.message) for one in told)
    bought = panel[(panel["sku"] == "1953042") & (panel["sales"] > 0)]
    assert [str(day.date()) for day in bought["period"]] == ["2017-11-26"]  # 00:00 there


def test_taobao_has_dates_of_another_century_and_the_panel_says_what_to_type():
    with pytest.raises(c2m.DataError, match="dates are probably wrong") as raised:
        c2m.build_panel(open_log("taobao"), freq="D")
    assert "span=" in raised.value.fix


def test_the_last_evening_of_taobao_belongs_to_the_log_and_the_next_second_does_not():
    with pytest.warns(C2MWarning):
        panel = c2m.build_panel(
            open_log("taobao"), freq="D", span=("2017-11-25", "2017-12-03")
        ).to_frame()
    late = panel[panel["sku"] == "4911125"]
    assert late["views"].sum() == 1.0
