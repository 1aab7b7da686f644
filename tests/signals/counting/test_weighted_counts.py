"""Weights of trust: beside plain pandas, through the one pass."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning
from c2m.signals import build_panel, read_events
from c2m.signals.counting.coding import user_ids

DAYS = pd.date_range("2026-06-01", periods=4, tz="UTC")
USERS = ["ann", "bob", "cid"]

rows = st.fixed_dictionaries(
    {
        "day": st.integers(0, 3),
        "sku": st.sampled_from(["PARKA", "HAT"]),
        "event_type": st.sampled_from(["view", "purchase"]),
        "user_key": st.sampled_from([*USERS, None]),
        "quantity": st.sampled_from([1.0, 3.0]),
        "trust": st.sampled_from([0.0, 0.25, 1.0, None]),
    }
)
weights = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=12, max_size=12)


class ByUserAndDay:
    """A trust of twelve numbers."""

    def __init__(self, numbers):
        import pyarrow as pa

        ids, _ = user_ids(pa.chunked_array([USERS]))
        first = DAYS[0].value // 86_400_000_000_000
        self.known = {
            (first + day, int(user)): numbers[3 * day + place]
            for day in range(4)
            for place, user in enumerate(ids)
        }

    def weights(self, day, users, known):
        found = [
            self.known[day, int(user)] if is_known else 1.0
            for user, is_known in zip(users, known, strict=True)
        ]
        return np.array(found)

    def of(self, frame):
        """The same by name, for plain pandas."""
        names = dict(zip(list(self.known)[:3], USERS, strict=True))
        by_name = {
            (day, names[next(iter(self.known))[0], user]): weight
            for (day, user), weight in self.known.items()
        }
        first = next(iter(self.known))[0]
        return [
            by_name.get((first + day, user), 1.0)
            for day, user in zip(frame["day"], frame["user_key"], strict=True)
        ]


def make_log(found):
    frame = pd.DataFrame(found)
    log = frame.drop(columns="day").assign(event_time=DAYS[frame["day"]], unit_price=2.0)
    log["user_key"] = log["user_key"].astype("str").where(frame["user_key"].notna())
    log["trust"] = log["trust"].astype("float64")
    return log, frame


def build(log, trust, freq):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return build_panel(
            read_events(log),
            freq=freq,
            tz="UTC",
            target="views" if (log["event_type"] == "view").any() else "sales",
            partial_period="keep",
            trust=trust,
        )


def expected(frame, weight, freq):
    """Count with plain pandas: name -> (sku, period) -> amount."""
    frame = frame.assign(weight=weight, period=frame["day"] if freq == "D" else 0, one=1.0, raw=1.0)
    cells = ["sku", "period"]
    views, bought = (frame[frame["event_type"] == kind] for kind in ("view", "purchase"))
    found = {}
    for prefix, column in (("", "weight"), ("raw_", "one")):
        for name, events in (("view", views), ("purchase", bought)):
            found[f"{prefix}{name}s"] = events.groupby(cells)[column].sum()
            users = events.dropna(subset="user_key").groupby([*cells, "user_key"])[column].max()
            found[f"{prefix}{name}_users"] = users.groupby(cells).sum()
        units = bought["quantity"] * bought[column]
        found[f"{prefix}sales"] = units.groupby([bought[name] for name in cells]).sum()
        found[f"{prefix}revenue"] = 2 * found[f"{prefix}sales"]
    return found


@settings(max_examples=40, deadline=None)
@given(
    found=st.lists(rows, min_size=1, max_size=20),
    numbers=weights,
    freq=st.sampled_from(["D", "W"]),
    with_column=st.booleans(),
)
def test_weighted_counts_equal_plain_pandas(found, numbers, freq, with_column):
    log, frame = make_log(found)
    trust = ByUserAndDay(numbers)
    weight = np.array(trust.of(frame))
    if with_column:
        weight = weight * log["trust"].fillna(1.0).to_numpy()
    else:
        log = log.drop(columns="trust")
    panel = build(log, trust, freq)
    first = frame["day"].min() if freq == "D" else 0
    for name, cells in expected(frame, weight, freq).items():
        if name not in panel.channels:
            assert not len(cells), name
            continue
        array = np.nan_to_num(panel[name].astype(float))
        truth = np.zeros_like(array)
        for (sku, period), amount in cells.items():
            truth[panel.keys["sku"].tolist().index(sku), period - first] = amount
        np.testing.assert_allclose(array, truth, rtol=1e-6, err_msg=name)


def test_a_user_of_several_days_has_the_largest_weight_of_the_week():
    found = [
        {
            "day": day,
            "sku": "PARKA",
            "event_type": "view",
            "user_key": "ann",
            "quantity": 1.0,
            "trust": trust,
        }
        for day, trust in ((0, 0.25), (1, 0.5), (1, 0.25))
    ]
    log, _ = make_log(found)
    week = build(log, "events", "W")
    assert week["view_users"].tolist() == [[0.5]]
    assert week["raw_view_users"].tolist() == [[1.0]]
    assert week["views"].tolist() == [[1.0]]
    assert week["raw_views"].tolist() == [[3.0]]
    days = build(log, "events", "D")
    assert days["view_users"].tolist() == [[0.25, 0.5]]


def test_weights_of_one_change_nothing():
    rng = np.random.default_rng(3)
    found = [
        {
            "day": int(rng.integers(4)),
            "sku": str(rng.choice(["PARKA", "HAT"])),
            "event_type": str(rng.choice(["view", "purchase"])),
            "user_key": str(rng.choice(USERS)),
            "quantity": 1.0,
            "trust": 1.0,
        }
        for _ in range(200)
    ]
    log, _ = make_log(found)
    plain, weighed = build(log, None, "D"), build(log, "events", "D")
    for name, array in plain.channels.items():
        np.testing.assert_array_equal(weighed[name], array, err_msg=name)
        if f"raw_{name}" in weighed.channels:
            np.testing.assert_array_equal(weighed[f"raw_{name}"], array)
    assert "raw_views" in weighed.channels


def test_a_trust_outside_0_to_1_is_a_bad_row():
    log = pd.DataFrame(
        {
            "event_time": pd.Timestamp("2026-06-01", tz="UTC"),
            "event_type": "view",
            "sku": "PARKA",
            "user_key": ["ann", "bob", "eve", "dan"],
            "trust": [5.0, -2.0, 0.5, None],
        }
    )
    with pytest.warns(C2MWarning, match="2 of 4 events are set aside: .*'trust' outside 0 to 1"):
        panel = build_panel(read_events(log), freq="D", tz="UTC", target="views", trust="events")
    assert panel["views"].tolist() == [[1.5]]
