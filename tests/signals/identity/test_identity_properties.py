"""What must always hold of identity: nothing appears or vanishes uncounted."""

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import DataError
from c2m.signals import Catalogue, build_panel, combine, match_ids, read_events

SKUS = ["A1", "A2", "B1", "C1"]
PRODUCTS = ["A", "A", "B", "C"]
CATALOGUE = Catalogue.from_frame(
    pd.DataFrame({"sku": SKUS, "product_id": PRODUCTS, "style": ["x", "x", "x", "y"]})
)

EVENT = st.tuples(
    st.integers(16, 22),
    st.sampled_from(["view", "purchase", "return", "social_mention"]),
    st.sampled_from([*SKUS, "old", "lost", None]),
    st.sampled_from(["A", "B", "C", "gone", None]),
    st.sampled_from(["ann", "bob", "eve"]),
    st.integers(1, 5),
)
LOGS = st.lists(EVENT, min_size=1, max_size=40)


def make_log(rows):
    names = ["day", "event_type", "sku", "product_id", "user_key", "quantity"]
    frame = pd.DataFrame(rows, columns=names).astype({"quantity": float})
    text = {name: frame[name].astype("str").mask(frame[name].isna()) for name in names[2:4]}
    days = pd.to_datetime("2026-11-" + frame.pop("day").astype(str), utc=True)
    frame = frame.assign(event_time=days, **text)
    needs = frame["event_type"] != "social_mention"
    return frame[~needs | frame["sku"].notna() | frame["product_id"].notna()]


@contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def panel_of(events, **arguments):
    """Return the panel, or None where there is nothing to count."""
    given_arguments = {"freq": "D", "tz": "UTC", "target": "purchases"} | arguments
    with quiet():
        try:
            return build_panel(events, **given_arguments)
        except DataError:
            return None


def total(panel, name):
    """Add a channel over the series, a product's number once."""
    if panel is None or name not in panel:
        return 0.0
    array = panel[name]
    if name.startswith("product_"):
        first = ~panel.attributes["product_id"].duplicated().to_numpy()
        array = array[first]
    return float(np.nansum(array, dtype=np.float64))


@settings(max_examples=20, deadline=None)
@given(rows=LOGS)
def test_resolved_coarse_and_unmatched_events_and_units_are_all_there_are(rows):
    log = make_log(rows)
    if log.empty:
        return
    events = read_events(log)
    counts = match_ids(events, CATALOGUE).counts
    assert counts["events"].sum() == len(log)
    lost = log["sku"].isin(["old", "lost"]) & ~log["product_id"].isin(PRODUCTS)
    lost |= log["sku"].isna() & (log["product_id"] == "gone")
    assert counts["events"][counts["names"] == "unmatched"].sum() == lost.sum()
    bought = log["event_type"] == "purchase"
    panel = panel_of(events, catalogue=CATALOGUE, target="purchases")
    if panel is None:
        panel = panel_of(events, catalogue=CATALOGUE, target="product_purchases")
    for channel, what in (("purchases", bought * 1.0), ("sales", bought * log["quantity"])):
        found = total(panel, channel) + total(panel, f"product_{channel}")
        assert found == what[~lost].sum()


@settings(max_examples=12, deadline=None)
@given(rows=LOGS)
def test_a_panel_of_products_equals_a_plain_group_by(rows):
    log = make_log(rows)
    own = log["sku"].map(dict(zip(SKUS, PRODUCTS, strict=True)))
    product = own.fillna(log["product_id"].where(log["product_id"].isin(PRODUCTS)))
    views = log.assign(product=product)[log["event_type"] == "view"]
    panel = panel_of(read_events(log), catalogue=CATALOGUE, level="product_id", target="views")
    if panel is None:
        assert views["product"].notna().sum() == 0
        return
    frame = panel.to_frame().query("views > 0").set_index(["sku", "period"])
    plain = views.dropna(subset="product").groupby(
        ["product", views["event_time"].dt.tz_localize(None)]
    )
    assert frame["views"].to_dict() == plain.size().to_dict()
    assert frame["view_users"].to_dict() == plain["user_key"].nunique().to_dict()


@settings(max_examples=12, deadline=None)
@given(rows=LOGS, day=st.integers(15, 23) | st.none())
def test_a_replaced_sku_loses_and_invents_nothing(rows, day):
    log = make_log([row for row in rows if row[2] is not None and row[2] != "lost"])
    if log.empty:
        return
    frame = pd.DataFrame({"sku": [*SKUS, "old"]})
    date = None if day is None else f"2026-11-{day}"
    before = panel_of(read_events(log), catalogue=Catalogue.from_frame(frame))
    after = panel_of(
        read_events(log),
        catalogue=Catalogue.from_frame(frame).replaced({"old": "A1", "C1": "old"}, from_date=date),
    )
    assert (before is None) == (after is None)
    if before is not None:
        for name in ("sales", "purchases"):
            np.testing.assert_array_equal(
                np.nansum(before[name], axis=0), np.nansum(after[name], axis=0)
            )


@settings(max_examples=12, deadline=None)
@given(rows=LOGS)
def test_a_log_combined_with_itself_counts_once(rows):
    log = make_log(rows).assign(order_id="o1")
    if log["sku"].isna().all():
        return
    kinds = log["event_type"].unique()
    once = panel_of(read_events(log))
    for believed in ("one", ("one", "two")):
        events = combine(
            {"one": read_events(log), "two": read_events(log)},
            authority=dict.fromkeys(kinds, believed),
        )
        assert panel_of(events) == once


@settings(max_examples=12, deadline=None)
@given(one=LOGS, two=LOGS)
def test_the_order_of_the_sources_does_not_matter(one, two):
    first = make_log(one).assign(order_id="1")
    second = make_log(two).assign(order_id="2")
    logs = {"one": read_events(first), "two": read_events(second)}
    kinds = ["view", "purchase", "return", "social_mention"]
    authority = dict.fromkeys(kinds, "one") | {"purchase": ("two", "one")}
    turned = dict(reversed(logs.items()))
    assert panel_of(combine(logs, authority=authority)) == panel_of(
        combine(turned, authority=authority)
    )
