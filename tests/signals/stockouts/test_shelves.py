"""Shares in stock beside an oracle that looks at every minute."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning
from c2m.signals import build_panel, read_events, stock_share
from c2m.signals.stockouts.daytime import Daytime, HourCounts
from c2m.signals.stockouts.shelves import Observations, Shelves

ZONE = "Europe/Paris"
MINUTE = 60_000_000
SPRING, AUTUMN = "2026-03-28", "2026-10-24"  # the clock moves on the next day
N_DAYS = 4


def day_starts(first, n_days=N_DAYS):
    starts = pd.date_range(first, periods=n_days + 1, tz=ZONE).tz_convert("UTC").tz_localize(None)
    return starts.to_numpy(dtype="datetime64[us]").astype(np.int64)


def by_minute(changes, starts):
    """Walk through all minutes: {(sku, place): [(minute, level)]} -> {sku: share of each day}."""
    first, last = starts[0], starts[-1]
    n_minutes = (last - first) // MINUTE
    found = {}
    for sku in sorted({sku for sku, _ in changes}):
        there = np.zeros(n_minutes, dtype=bool)
        known = np.zeros(n_minutes, dtype=bool)
        for (owner, _), rows in changes.items():
            if owner != sku:
                continue
            state = np.full(n_minutes, -1)
            for minute, level in sorted(rows):
                state[minute:] = level
            there |= state > 0
            known |= state >= 0
        shares = []
        for low, high in pairwise(starts):
            part = slice((low - first) // MINUTE, (high - first) // MINUTE)
            seen = np.count_nonzero(known[part])
            shares.append(np.count_nonzero(there[part] & known[part]) / seen if seen else np.nan)
        found[sku] = shares
    return found


changes_strategy = st.dictionaries(
    st.tuples(st.sampled_from("AB"), st.sampled_from([None, "s1", "s2"])),
    st.lists(
        st.tuples(st.integers(0, N_DAYS * 1380 - 1), st.integers(0, 2)),
        min_size=1,
        max_size=8,
        unique_by=lambda pair: pair[0],
    ),
    min_size=1,
    max_size=5,
)


def log_of(changes, start):
    rows = [
        {"sku": sku, "store_id": place, "event_time": start + minute * MINUTE, "quantity": level}
        for (sku, place), pairs in changes.items()
        for minute, level in pairs
    ]
    rows += [
        {"sku": sku, "store_id": None, "event_time": start, "quantity": 1, "event_type": "purchase"}
        for sku in sorted({sku for sku, _ in changes})
    ]
    frame = pd.DataFrame(rows)
    if "event_type" not in frame:
        frame["event_type"] = None
    frame["event_type"] = frame["event_type"].fillna("stock_level")
    frame["event_time"] = pd.to_datetime(frame["event_time"], unit="us", utc=True)
    frame["store_id"] = frame["store_id"].astype("str").where(frame["store_id"].notna())
    return frame.sort_values("event_time", kind="stable")


@settings(max_examples=60, deadline=None)
@given(changes=changes_strategy, first=st.sampled_from([SPRING, AUTUMN]))
def test_the_panel_has_the_shares_that_a_walk_through_all_minutes_finds(changes, first):
    starts = day_starts(first)
    log = log_of(changes, starts[0])
    span = (pd.Timestamp(first), pd.Timestamp(first) + pd.Timedelta(days=N_DAYS - 1))
    panel = build_panel(
        read_events(log), freq="D", tz=ZONE, stock="changes", span=span, complete=True
    )
    expected = by_minute(changes, starts)
    assert panel.skus == list(expected)
    np.testing.assert_allclose(panel["in_stock"], list(expected.values()), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(changes=changes_strategy, first=st.sampled_from([SPRING, AUTUMN]))
def test_a_table_of_levels_has_the_same_shares_as_the_log(changes, first):
    starts = day_starts(first)
    log = log_of(changes, starts[0]).query("event_type == 'stock_level'")
    table = log.rename(columns={"event_time": "time", "store_id": "location"})
    last = pd.Timestamp(first) + pd.Timedelta(days=N_DAYS - 1)
    found = stock_share(table.drop(columns="event_type"), "levels", tz=ZONE, until=last)
    expected = np.array(list(by_minute(changes, starts).values()))
    offset = found.first - int(np.datetime64(first, "D").astype(int))
    np.testing.assert_allclose(found.share, expected[:, offset:], atol=1e-9)
    assert np.isnan(expected[:, :offset]).all()


def test_a_short_day_and_a_long_one_count_by_their_own_length():
    noon = pd.to_datetime(["2026-03-28 12:00", "2026-03-29 12:00", "2026-10-25 12:00"])
    levels = pd.DataFrame({"sku": "A", "time": noon, "quantity": [5, 0, 5]})
    found = stock_share(levels, "levels", tz=ZONE)
    days = found.to_frame().set_index("period")["in_stock"]
    assert days["2026-03-29"] == pytest.approx(11 / 23)  # the clock skips an hour before noon
    assert days["2026-10-25"] == pytest.approx(12 / 25)
    assert days["2026-06-01"] == 0


def test_a_state_that_was_only_seen_began_halfway_since_it_was_last_seen():
    times = pd.to_datetime(
        ["2026-11-21 06:00", "2026-11-21 12:00", "2026-11-21 18:00", "2026-11-22 12:00"], utc=True
    )
    log = pd.DataFrame({
        "event_time": times, "event_type": "view", "sku": "A", "in_stock": [1.0, 1.0, 0.0, 1.0],
    })  # fmt: skip
    found = stock_share(read_events(log), tz="UTC")
    # known from 06:00 on; out from 15:00; the next morning it is taken as back from midnight on
    np.testing.assert_allclose(found.share, [[9 / 18, 1.0]])


def test_days_without_an_event_carry_the_state_on_and_unknown_days_stay_unknown():
    log = pd.DataFrame({
        "event_time": pd.to_datetime(
            ["2026-11-02 00:00", "2026-11-04 00:00", "2026-11-11 12:00"], utc=True
        ),
        "event_type": ["view", "stock_level", "stock_level"],
        "sku": "A", "quantity": [np.nan, 0.0, 3.0],
    })  # fmt: skip
    panel = build_panel(
        read_events(log), freq="D", tz="UTC", stock="changes", target="views", complete=True
    )
    expected = [[np.nan, np.nan, *[0.0] * 7, 0.5]]
    np.testing.assert_allclose(panel["in_stock"], expected)
    weekly = build_panel(
        read_events(log), freq="W", tz="UTC", stock="changes", target="views", complete=True,
        span=("2026-11-02", "2026-11-15"),
    )  # fmt: skip
    np.testing.assert_allclose(weekly["in_stock"], [[0.0, 4.5 / 7]])  # means over known days


def test_hours_in_which_people_buy_weigh_more():
    weights = np.zeros(24)
    weights[18:22] = 1
    levels = pd.DataFrame({
        "sku": "A", "quantity": [5, 0], "time": ["2026-11-21 00:00", "2026-11-21 19:00"],
    })  # fmt: skip
    found = stock_share(levels, "levels", tz="UTC", profile=weights)
    assert found.share[0, 0] == pytest.approx(19 / 24)
    assert found.demand_share[0, 0] == pytest.approx(1 / 4)


def test_the_hours_are_learnt_from_what_was_in_stock_all_day():
    shelves = Shelves("UTC")
    day, n = 20_000, 4_000
    start = day * 86_400_000_000
    zero = np.zeros(2, dtype=np.int64)
    seen = Observations(
        np.array([0, 1]), np.array([0, 1]), start + zero, np.array([True, True]), zero == 0
    )
    evening = start + (20 * 60 + np.arange(n) % 60) * MINUTE
    shelves.day(day, 2, seen, (np.zeros(n, dtype=np.int64), evening))
    assert shelves.profile[20] > 0.95
    assert shelves.profile.sum() == pytest.approx(1)


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(4)
    n, start = 400, 20_000 * 86_400_000_000
    rows = {
        "shelf": rng.integers(0, 12, n),
        "micros": start + rng.integers(0, 1440, n) * MINUTE,
        "there": rng.random(n) < 0.5,
        "exact": rng.random(n) < 0.5,
    }
    results = []
    for order in (np.arange(n), rng.permutation(n)):
        part = {name: values[order] for name, values in rows.items()}
        seen = Observations(
            part["shelf"], part["shelf"] // 3, part["micros"], part["there"], part["exact"]
        )
        results.append(Shelves("UTC", np.full(24, 1 / 24)).day(20_000, 4, seen))
    np.testing.assert_array_equal(results[0].time, results[1].time)


def test_an_hour_without_a_purchase_still_weighs_something():
    counts = HourCounts(bought=np.eye(24)[9] * 1e6)
    assert (counts.profile() > 0).all()


def test_a_day_is_cut_at_the_half_hours_of_its_clock():
    lord_howe = Daytime.of(int(np.datetime64("2026-04-05", "D").astype(int)), "Australia/Lord_Howe")
    assert len(lord_howe.hours) == 49  # 24.5 hours
    assert set(lord_howe.hours) == set(range(24))


def test_a_fraction_in_stock_is_told():
    log = pd.DataFrame({
        "event_time": pd.to_datetime(["2026-11-21", "2026-11-22"], utc=True),
        "event_type": "view", "sku": "A", "in_stock": [0.5, 1.0],
    })  # fmt: skip
    with pytest.warns(C2MWarning, match="1 events have an in_stock between 0 and 1"):
        panel = build_panel(
            read_events(log), freq="D", tz="UTC", target="views", stock="changes", complete=True
        )
    np.testing.assert_array_equal(panel["in_stock"], [[1, 1]])


def test_a_log_without_stock_has_no_shares_and_a_panel_no_channel():
    log = pa.table({
        "event_time": pa.array([0, 10**12], pa.timestamp("us", tz="UTC")),
        "event_type": ["view", "view"], "sku": ["A", "A"],
    })  # fmt: skip
    with pytest.warns(C2MWarning, match="No event says whether anything was in stock"):
        panel = build_panel(
            read_events(log), freq="D", tz="UTC", target="views", stock="changes", complete=True
        )
    assert "in_stock" not in panel
