import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_market
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.panel import Panel
from c2m.signals import read_events, stock_share

MOVES = pd.DataFrame({
    "sku": ["A", "A", "A", "B"],
    "location": ["hub", "hub", "shop", "hub"],
    "time": pd.to_datetime(
        ["2026-11-21 06:00", "2026-11-22 12:00", "2026-11-21 18:00", "2026-11-21 12:00"]
    ),
    "quantity": [-2, 5, -1, -3],
})  # fmt: skip
OPENING = pd.DataFrame(
    {"sku": ["A", "A", "B"], "location": ["hub", "shop", "hub"], "on_hand": [2, 1, 9]}
)


def shares(*arguments, **keywords):
    return stock_share(*arguments, **({"tz": "UTC"} | keywords))


def test_movements_are_added_up_from_the_opening_stock():
    found = shares(MOVES, "movements", opening=OPENING)
    assert found.keys["sku"].tolist() == ["A", "B"]
    # A is at the hub until 06:00 and in the shop until 18:00, and back at noon of the next day
    np.testing.assert_allclose(found.share, [[0.75, 0.5], [1, 1]])


def test_a_location_may_be_a_series_of_its_own():
    found = shares(MOVES, "movements", opening=OPENING, by_location=True)
    assert found.keys.to_numpy().tolist() == [["A", "hub"], ["A", "shop"], ["B", "hub"]]
    np.testing.assert_allclose(found.share, [[0.25, 0.5], [0.75, 0], [1, 1]])


def test_what_comes_and_goes_at_one_moment_was_there():
    moves = MOVES.iloc[[0, 0]].assign(quantity=[-2, 4])
    found = shares(moves, "movements", opening=OPENING.iloc[:1])
    np.testing.assert_array_equal(found.share, [[1]])


def test_less_than_nothing_on_hand_is_told_and_counts_as_empty():
    with pytest.warns(C2MWarning, match="1 of 4 movements leave less than nothing"):
        found = shares(MOVES, "movements", opening=OPENING.assign(on_hand=[1, 1, 9]))
    np.testing.assert_allclose(found.share, [[0.75, 0.5], [1, 1]])


def test_a_sku_without_opening_stock_is_unknown_and_told():
    with pytest.warns(C2MWarning, match=r"1 of 3 SKUs and locations have no row .*first 'B'"):
        found = shares(MOVES, "movements", opening=OPENING.iloc[:2])
    assert np.isnan(found.share[1]).all()


def test_opening_stock_that_never_moves_is_told():
    more = pd.concat([OPENING, pd.DataFrame({"sku": ["C"], "location": "hub", "on_hand": 1})])
    with pytest.warns(C2MWarning, match="1 rows of opening have no movement"):
        shares(MOVES, "movements", opening=more)


def test_movements_need_an_opening_stock():
    with pytest.raises(ArgumentError, match="Expected opening="):
        shares(MOVES, "movements")


def test_days_without_a_snapshot_stay_unknown():
    snapshots = pd.DataFrame({
        "sku": ["A", "A", "B"], "quantity": [3, 0, 0],
        "time": ["2026-11-20", "2026-11-23", "2026-11-23"],
    })  # fmt: skip
    found = stock_share(snapshots, "snapshots")
    np.testing.assert_array_equal(found.share, [[1, np.nan, np.nan, 0], [np.nan] * 3 + [0]])
    assert np.isnan(found.demand_share).all()
    assert found.summary()["unknown"] == 5


def test_a_snapshot_counts_a_sku_that_any_location_has():
    snapshots = pd.DataFrame({
        "sku": "A", "location": ["hub", "shop"], "quantity": [0, 1], "time": "2026-11-20",
    })  # fmt: skip
    np.testing.assert_array_equal(stock_share(snapshots, "snapshots").share, [[1]])


def test_every_problem_of_a_table_is_listed():
    wrong = MOVES.assign(quantity=[1.0, np.nan, -3, 2], time=["x", *MOVES["time"].astype(str)[1:]])
    with pytest.raises(DataError) as caught:
        shares(wrong, "levels")
    assert len(caught.value.problems) == 3


def test_times_without_a_zone_need_one():
    with pytest.raises(DataError, match="times in 'time' have no time zone"):
        stock_share(MOVES, "movements", opening=OPENING)


def test_times_with_a_zone_are_counted_in_utc_and_that_is_told():
    zoned = MOVES.assign(time=MOVES["time"].dt.tz_localize("UTC"))
    with pytest.warns(C2MWarning, match="Days are counted in UTC"):
        found = stock_share(zoned, "movements", opening=OPENING)
    np.testing.assert_allclose(found.share, [[0.75, 0.5], [1, 1]])


@pytest.mark.parametrize("kind", [None, "level", 3])
def test_a_table_must_say_what_its_rows_are(kind):
    with pytest.raises(ArgumentError, match="Expected kind 'movements'"):
        shares(MOVES, kind)


@pytest.mark.parametrize("profile", [[1, 2], np.zeros(24), "evening"])
def test_a_profile_has_24_weights(profile):
    with pytest.raises(ArgumentError, match="24 weights"):
        shares(MOVES, "movements", opening=OPENING, profile=profile)


def test_weeks_are_means_of_their_known_days():
    levels = pd.DataFrame({
        "sku": "A", "time": ["2026-11-18 00:00", "2026-11-20 12:00"], "quantity": [1, 0],
    })  # fmt: skip
    found = shares(levels, "levels", freq="W", until="2026-11-29")
    np.testing.assert_allclose(found.share, [[2.5 / 5, 0]])


def test_shares_find_their_series_and_periods_in_a_panel():
    frame = pd.DataFrame({
        "sku": ["A"] * 3 + ["C"] * 3, "sales": 1, "channel": "web",
        "period": pd.date_range("2026-11-20", periods=3).tolist() * 2,
    })  # fmt: skip
    panel = Panel.from_frame(frame, freq="D", channel="channel")
    found = shares(MOVES, "movements", opening=OPENING)
    with pytest.warns(C2MWarning, match=r"1 of 2 series have no shares .*'C'"):
        joined = found.add_to(panel)
    np.testing.assert_allclose(joined["in_stock"], [[np.nan, 0.75, 0.5], [np.nan] * 3])
    assert "in_stock_demand" in joined
    weekly = shares(MOVES, "movements", opening=OPENING, freq="W")
    with pytest.raises(ArgumentError, match="Expected a panel of freq 'W'"):
        weekly.add_to(panel)


def test_a_log_that_says_nothing_of_stock_is_refused():
    log = pd.DataFrame({
        "event_time": pd.to_datetime(["2026-11-21"], utc=True), "event_type": "view", "sku": "A",
    })  # fmt: skip
    with (
        pytest.warns(C2MWarning, match="No event says"),
        pytest.raises(DataError, match="none of them says whether anything was in stock"),
    ):
        shares(read_events(log))


@pytest.fixture(scope="module")
def market():
    return simulate_market(
        5, n_styles=2, n_stores=0, n_days=42, events_per_day=4_000, launch_share=0, review_days=2
    )


def test_the_shares_of_a_log_are_those_of_the_market(market):
    found = shares(read_events(market.events))
    rows = pd.Index(market.skus["sku"]).get_indexer(found.keys["sku"])
    truth = market.truth.in_stock[:, rows, 0].T
    known = ~np.isnan(found.share)
    assert known.mean() > 0.98
    part = known & (truth > 0) & (truth < 1)
    assert part.sum() > 50
    assert np.abs(found.share - truth)[known].mean() < 0.005
    assert np.abs(found.share - truth)[part].mean() < 0.03
    assert (found.share[known & (truth == 1)] == 1).all()


@pytest.mark.parametrize(
    ("schema", "file", "sku", "day", "share"),
    [
        ("shopify_webhooks", "webhooks.jsonl", "PARKA-M", "2026-11-21", 0.6667),
        ("retailrocket_properties", "item_properties_part1.csv", "318965", "2015-06-03", 0.125),
        ("snowplow", "enriched.jsonl", "0050", "2026-11-16", 0.9961),
    ],
)
def test_the_exports_of_shops_tell_how_long_a_sku_was_there(schema, file, sku, day, share):
    path = Path(__file__).parents[1] / "schemas" / "fixtures" / schema / file
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)  # what else these exports lack
        found = shares(read_events(str(path), schema=schema, key=b"0" * 32, consent="all"))
    told = found.to_frame().set_index(["sku", "period"])["in_stock"]
    assert told[sku, day] == pytest.approx(share, abs=1e-4)
