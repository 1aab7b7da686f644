"""Two public data sets in their original shape: the traps of each."""

import warnings
from pathlib import Path

import pandas as pd
import pytest

import c2m
from c2m.signals.schemas import LAYOUTS
from c2m.signals.schemas.layout import Bad, Found, Record, Unread

FIXTURES = Path(__file__).parent / "fixtures"
KEY = bytes(range(16))


def read(name):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        frame = c2m.read_events(FIXTURES / name, schema=name, key=KEY).to_frame()
    return frame, " ".join(str(one.message) for one in told)


def outcomes(name):
    table = pd.read_csv(next((FIXTURES / name).iterdir()), dtype=str, keep_default_na=False)
    records = [Record(row, values) for row, values in enumerate(table.to_dict("records"))]
    return list(LAYOUTS[name].convert(records))


def test_online_retail_keeps_what_was_bought_and_what_was_taken_back():
    frame, told = read("online_retail")
    units = frame.groupby(["event_type", "sku"])["quantity"].sum().to_dict()
    assert units == {
        ("purchase", "85123A"): 8.0,
        ("purchase", "71053"): 12.0,
        ("purchase", "22139"): 56.0,
        ("return", "71053"): 4.0,
    }
    for words in ("3 postage, fee or correction", "1 stock adjustment", "1 line of 0 units"):
        assert words in told
    assert "3 of 14" in told


def test_the_clock_of_london_is_an_hour_ahead_in_summer():
    frame, _ = read("online_retail")
    times = frame.sort_values("event_time")["event_time"]
    assert str(times.iloc[0]) == "2010-12-01 08:26:00+00:00"
    assert str(times.iloc[-1]) == "2011-06-30 23:30:00+00:00"


def test_every_line_of_online_retail_has_one_outcome():
    found = outcomes("online_retail")
    assert [type(one) for one in found].count(Found) == 6
    assert [type(one) for one in found].count(Unread) == 5
    assert [type(one) for one in found].count(Bad) == 3
    assert [one.row for one in found] == list(range(14))


def test_the_price_of_the_journey_is_that_on_the_shelf():
    frame, told = read("complete_journey")
    line = frame.set_index("sku").loc["9878513"]
    assert line["quantity"] == 2
    assert line["unit_price"] == pytest.approx((0.99 + 0.01) / 2)
    assert str(line["event_time"]) == "2017-01-02 04:10:28+00:00"
    assert line["store_id"] == "330"
    assert len(frame) == 2
    assert "1 line of 0 units" in told
    assert "2 of 5" in told
