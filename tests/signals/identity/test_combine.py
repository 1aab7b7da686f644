import warnings

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import build_panel, combine, read_events
from c2m.signals.logs.parquetfiles import ParquetSource

SHOP = pd.DataFrame(
    {
        "event_time": pd.to_datetime(["2026-11-16T09:00", "2026-11-17T09:00"], utc=True),
        "event_type": "purchase",
        "sku": ["A", "B"],
        "quantity": [2.0, 1.0],
        "order_id": ["1001", "1002"],
        "event_id": ["1", "2"],
    }
)
WEB = pd.DataFrame(
    {
        "event_time": pd.to_datetime(
            ["2026-11-16T08:00", "2026-11-16T09:00", "2026-11-18T07:00", "2026-11-18T08:00"],
            utc=True,
        ),
        "event_type": ["view", "purchase", "view", "purchase"],
        "sku": ["A", "A", "A", "B"],
        "quantity": [np.nan, 2.0, np.nan, 4.0],
        "order_id": [None, "1001", None, "1003"],
        "event_id": ["1", "2", "3", "4"],
        "user_key": ["ann", "ann", "bob", "bob"],
    }
)


def both(authority, shop=SHOP, web=WEB, **arguments):
    sources = {"shopify": read_events(shop, **arguments), "ga4": read_events(web)}
    return combine(sources, authority=authority)


def counted(events):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel = build_panel(events, freq="D", tz="UTC")
    return panel, [str(one.message) for one in caught]


def test_a_sale_that_two_systems_saw_counts_once():
    panel, told = counted(both({"purchase": "shopify"}))
    np.testing.assert_array_equal(panel["sales"], [[2, 0, 0], [np.nan, 1, 0]])
    np.testing.assert_array_equal(panel["views"], [[1, 0, 1], [np.nan, 0, 0]])
    assert "2 purchase events of 'ga4' are left out: 'shopify' has the authority." in told


def test_an_order_that_the_first_system_lacks_is_taken_from_the_second():
    panel, told = counted(both({"purchase": ("shopify", "ga4")}))
    np.testing.assert_array_equal(panel["sales"], [[2, 0, 0], [np.nan, 1, 4]])
    assert any(
        "1 are of orders that 'shopify' has and are left out, 1 are of orders that it has not and "
        "count." in one
        for one in told
    )


def test_a_return_alone_is_no_order_that_the_first_system_has():
    back = SHOP.head(1).assign(event_type="return", order_id="1003", event_id="9")
    back["event_time"] += pd.Timedelta(days=3)
    shop = pd.concat([SHOP, back])  # of a sale that only the other log reaches back to
    panel, _ = counted(both({"purchase": ("shopify", "ga4")}, shop=shop))
    np.testing.assert_array_equal(panel["sales"], [[2, 0, 0, 0], [np.nan, 1, 4, 0]])
    web = pd.concat([WEB, back.assign(order_id=["1002"], sku="B"), back])
    authority = dict.fromkeys(["purchase", "return"], ("shopify", "ga4"))
    panel, _ = counted(both(authority, shop=shop, web=web))
    assert np.nansum(panel["returns"]) == 2  # of orders it has, the first system knows the returns


def test_orders_that_never_meet_are_doubted():
    web = WEB.assign(order_id="#" + WEB["order_id"])
    _, told = counted(both({"purchase": ("shopify", "ga4")}, web=web))
    assert any("No order is in both: if the two write order ids differently" in one for one in told)


def test_events_without_an_order_id_are_never_added():
    web = WEB.assign(order_id=None)
    panel, told = counted(both({"purchase": ("shopify", "ga4")}, web=web))
    assert np.nansum(panel["sales"]) == 3
    assert any("2 have no order_id and are left out" in one for one in told)


def test_orders_are_compared_only_under_one_key():
    key, other = bytes(range(32)), bytes(range(1, 33))
    same = {"shopify": read_events(SHOP, key=key), "ga4": read_events(WEB, key=key)}
    panel, _ = counted(combine(same, authority={"purchase": ("shopify", "ga4")}))
    assert np.nansum(panel["sales"]) == 7
    for wrong in (read_events(WEB, key=other), read_events(WEB)):
        with pytest.raises(ArgumentError, match="different keys or without one"):
            combine(same | {"ga4": wrong}, authority={"purchase": ("shopify", "ga4")})
    bare = same | {"ga4": read_events(WEB.drop(columns="order_id"))}
    with pytest.raises(ArgumentError, match=r"Expected an order_id .* got none in 'ga4'"):
        combine(bare, authority={"purchase": ["ga4", "shopify"]})


def test_kinds_of_several_systems_without_an_authority_are_listed_with_counts():
    shop = pd.concat([SHOP, SHOP.assign(event_type="view", event_id=["8", "9"])])
    with pytest.raises(ArgumentError) as caught:
        both({}, shop=shop).to_arrow()
    assert "view (shopify 2, ga4 2); purchase (shopify 2, ga4 2)" in str(caught.value)
    assert "Add 'view': 'shopify' or 'ga4', 'purchase': 'shopify' or 'ga4'" in str(caught.value)


def test_a_believed_system_with_nothing_to_say_is_told():
    _, told = counted(both({"purchase": "shopify", "view": "shopify"}))
    assert any(
        "2 view events of 'ga4' are left out" in one and "no view event" in one for one in told
    )


@pytest.mark.parametrize(
    ("authority", "message"),
    [
        ({"purchase": "shopfy"}, "did you mean 'shopify'"),
        ({"purchases": "shopify"}, "did you mean 'purchase'"),
        ({"purchase": ("ga4", "ga4")}, "once each"),
        ({"purchase": ()}, "once each"),
    ],
)
def test_an_authority_names_kinds_and_systems_that_there_are(authority, message):
    with pytest.raises(ArgumentError, match=message):
        both(authority)
    with pytest.raises(ArgumentError, match="Expected names of systems with events"):
        combine({"shopify": SHOP})
    with pytest.raises(ArgumentError, match="an empty mapping"):
        combine({})


def test_the_days_of_all_systems_interleave_and_name_their_source():
    events = both({"purchase": ("shopify", "ga4")})
    with pytest.warns(C2MWarning):
        days = [
            (day.day, sorted(t["source_system"].to_pylist())) for day, t in events.by_day("UTC")
        ]
    assert days == [(16, ["ga4", "shopify"]), (17, ["shopify"]), (18, ["ga4", "ga4"])]
    with pytest.warns(C2MWarning):
        assert [day.day for day in events.days("UTC")] == [16, 17, 18]


def test_equal_event_ids_of_two_systems_are_different_events():
    with pytest.warns(C2MWarning):
        frame = both({"purchase": "shopify"}).to_frame()
    assert sorted(frame["event_id"]) == ["ga4:1", "ga4:3", "shopify:1", "shopify:2"]
    assert frame["user_key"].isna().sum() == 2


def test_whole_numbers_and_text_meet_as_text():
    shop = SHOP.assign(sku=[7, 8], user_key=[1, 2])
    with pytest.warns(C2MWarning):
        frame = both({"purchase": "shopify"}, shop=shop).to_frame()
    assert set(frame["sku"]) == {"7", "8", "A"}
    assert set(frame["user_key"].dropna()) == {"1", "2", "ann", "bob"}


def test_systems_with_clocks_of_different_zones_keep_their_moments():
    local = SHOP.assign(event_time=["2026-11-16 23:30", "2026-11-17 09:00"])
    shop = read_events(local, time_zone="America/New_York")
    web = read_events(
        WEB.assign(event_time=WEB["event_time"].dt.tz_localize(None)), time_zone="UTC"
    )
    events = combine({"shopify": shop, "ga4": web}, authority={"purchase": "shopify"})
    assert events.time_zone is None
    with pytest.warns(C2MWarning):
        times = events.to_frame()["event_time"]
    assert pd.Timestamp("2026-11-17T04:30Z") in set(times)
    alike = combine({"shopify": shop, "ga4": read_events(WEB)}, authority={"purchase": "shopify"})
    assert alike.time_zone == "America/New_York"


def test_bad_rows_are_told_with_the_system_that_has_them():
    bad = pd.concat([SHOP, SHOP.iloc[:1].assign(quantity=-1.0, event_id="7")], ignore_index=True)
    events = both({"purchase": "shopify"}, shop=bad, on_bad="set_aside")
    assert events.rejected["reason"].tolist() == ["shopify: 'quantity' below 0"]
    strict = both({"purchase": "shopify"}, shop=bad, on_bad="error")
    with pytest.raises(DataError, match="shopify: 'quantity' below 0"):
        strict.to_arrow()


def test_a_column_that_every_event_needs_must_be_in_all_systems():
    web = WEB.assign(channel="web")
    with pytest.raises(DataError, match="the log of 'shopify' has no column 'channel'"):
        build_panel(both({"purchase": "shopify"}, web=web), freq="D", key=("sku", "channel"))


def test_as_of_holds_for_orders_too():
    late = ["2026-11-20T00:00Z", "2026-11-20T00:00Z"]
    shop = SHOP.assign(ingest_time=pd.to_datetime(late, utc=True))
    web = WEB.assign(ingest_time=WEB["event_time"])
    events = both({"purchase": ("shopify", "ga4")}, shop=shop, web=web)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        early = build_panel(events, freq="D", tz="UTC", as_of="2026-11-19")
        later = build_panel(events, freq="D", tz="UTC", as_of="2026-11-21")
    assert np.nansum(early["sales"]) == 6
    assert np.nansum(later["sales"]) == 7


def test_a_combination_can_be_combined_again():
    inner = both({"purchase": "shopify"})
    outer = combine({"shop": inner, "till": read_events(SHOP)}, authority={"purchase": "till"})
    with pytest.warns(C2MWarning):
        frame = outer.to_frame()
    assert frame.groupby(["source_system", "event_type"]).size().to_dict() == {
        ("shop", "view"): 2,
        ("till", "purchase"): 2,
    }


def test_the_days_of_all_logs_are_read_one_after_the_other(tmp_path, monkeypatch):
    for name, log in (("shop", SHOP), ("web", WEB)):
        for day, rows in log.groupby(log["event_time"].dt.date):
            (tmp_path / name).mkdir(exist_ok=True)
            rows.to_parquet(tmp_path / name / f"{day}.parquet")
    read = []
    plain = ParquetSource.read

    def _noting(self, part, columns):
        read.append(part.place)
        return plain(self, part, columns)

    monkeypatch.setattr(ParquetSource, "read", _noting)
    events = combine(
        {name: read_events(tmp_path / name) for name in ("shop", "web")},
        authority={"purchase": "shop"},
    )
    assert not read
    days = events.by_day("UTC")
    next(days)
    assert len(read) == 2  # the first day of each of four files' two logs
    days.close()
