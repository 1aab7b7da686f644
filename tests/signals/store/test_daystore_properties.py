import tempfile
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning, DataError
from c2m.signals import DayStore, build_panel, read_events
from c2m.signals.store import echoes, tables

DAY = pd.Timestamp("2026-06-01 12:00", tz="UTC")
MOMENT = pd.Timestamp("2026-07-01", tz="UTC")

rows = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", "d", None]),
        "day": st.integers(0, 3),
        "sku": st.sampled_from(["PARKA", "HAT"]),
        "event_type": st.sampled_from(["view", "purchase"]),
        "user_key": st.sampled_from(["ann", "bob", "cid", None]),
        "quantity": st.sampled_from([1.0, 2.0]),
        "moment": st.integers(0, 3),
        "add": st.integers(0, 3),
    }
)


@contextmanager
def tiny_buckets():
    kept = tables._ROWS_A_BUCKET, echoes._GROUP_IDS
    tables._ROWS_A_BUCKET, echoes._GROUP_IDS = 2, 2
    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore", C2MWarning)
            yield folder
    finally:
        tables._ROWS_A_BUCKET, echoes._GROUP_IDS = kept


def make_log(found):
    frame = pd.DataFrame(found)
    return pd.DataFrame(
        {
            "event_id": frame["id"].astype("str").where(frame["id"].notna()),
            "event_time": DAY + pd.to_timedelta(frame["day"], unit="D"),
            "event_type": frame["event_type"],
            "sku": frame["sku"],
            "user_key": frame["user_key"].astype("str").where(frame["user_key"].notna()),
            "quantity": frame["quantity"],
            "unit_price": 5.0,
            "ingest_time": MOMENT + pd.to_timedelta(frame["moment"], unit="D"),
        }
    )


def once(log):
    """Drop the versions of an event that lie on other days than the one that came in last."""
    ordered = log.dropna(subset="event_id").sort_values(["ingest_time", "event_time"])
    last = dict(zip(ordered["event_id"], ordered["event_time"], strict=True))
    counts = [
        last.get(name, moment) == moment
        for name, moment in zip(log["event_id"], log["event_time"], strict=True)
    ]
    return log[counts]


def panel_or_error(make):
    try:
        return make()
    except DataError as error:
        return str(error).partition("\n")[0]


def assert_same(panel, other):
    if isinstance(panel, str) or isinstance(other, str):
        assert isinstance(panel, str)
        assert isinstance(other, str)
        return
    assert panel.keys.equals(other.keys)
    assert panel.periods.equals(other.periods)
    assert list(panel.channels) == list(other.channels)
    for name, array in other.channels.items():
        np.testing.assert_array_equal(panel[name], array, err_msg=name)


@settings(max_examples=30, deadline=None)
@given(found=st.lists(rows, min_size=1, max_size=14), order=st.permutations(range(4)))
def test_any_split_and_order_of_adds_gives_the_panel_of_the_whole(found, order):
    log = make_log(found)
    add = np.array([row["add"] for row in found])
    kept = {"freq": "D", "tz": "UTC", "target": "views", "partial_period": "keep"}
    with tiny_buckets() as folder:
        for number in order:
            if (add == number).any():
                DayStore(folder).add(read_events(log[add == number]))
        store = DayStore(folder)
        now = panel_or_error(lambda: store.panel(**kept))
        assert_same(now, panel_or_error(lambda: build_panel(read_events(once(log)), **kept)))
        for moment in range(4):
            as_of = MOMENT + pd.Timedelta(days=moment)
            known = once(log[log["ingest_time"] <= as_of])
            assert_same(
                panel_or_error(lambda as_of=as_of: store.panel(as_of=as_of, **kept)),
                panel_or_error(
                    lambda known=known, as_of=as_of: build_panel(
                        read_events(known), as_of=as_of, **kept
                    )
                ),
            )


@settings(max_examples=15, deadline=None)
@given(found=st.lists(rows, min_size=1, max_size=14))
def test_without_ingest_time_the_moment_of_the_add_tells_the_versions_apart(found):
    log = make_log(found).drop(columns="ingest_time")
    add = np.array([row["add"] for row in found])
    kept = {"freq": "D", "tz": "UTC", "target": "views", "partial_period": "keep"}
    parts, moments = [], []
    with tiny_buckets() as folder:
        store = DayStore(folder)
        for number in range(4):
            part = log[add == number]
            part = part[~part["event_id"].duplicated() | part["event_id"].isna()]
            if len(part):
                store.add(read_events(part))
                moments.append(pd.Timestamp.now("UTC"))
                parts.append(part.assign(ingest_time=moments[-1]))
        for count, moment in enumerate(moments, start=1):
            known = once(pd.concat(parts[:count]))
            panel = panel_or_error(
                lambda known=known, moment=moment: build_panel(
                    read_events(known), as_of=moment, **kept
                )
            )
            assert_same(
                panel_or_error(lambda moment=moment: store.panel(as_of=moment, **kept)), panel
            )


@settings(max_examples=15, deadline=None)
@given(
    found=st.lists(rows, min_size=1, max_size=14),
    users=st.sets(st.sampled_from(["ann", "bob", "cid"]), min_size=1),
)
def test_forgetting_users_is_as_if_they_had_never_been(found, users):
    log = make_log(found)
    left = log[~log["user_key"].isin(users)]
    add = np.array([row["add"] for row in found])
    kept = {"freq": "D", "tz": "UTC", "target": "views", "partial_period": "keep"}
    with tiny_buckets() as folder:
        store = DayStore(folder)
        for number in range(4):
            if (add == number).any():
                store.add(read_events(log[add == number]))
        rows_before = store.summary()["rows"].sum()
        gone = store.forget(users)
        assert store.summary()["rows"].sum() == rows_before - gone
        assert_same(
            panel_or_error(lambda: store.panel(**kept)),
            panel_or_error(lambda: build_panel(read_events(once(left)), **kept)),
        )
