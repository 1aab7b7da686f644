import copy
import gzip
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import Consent, build_panel, read_events
from c2m.signals.schemas.ga4 import LAYOUT

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "ga4"
KEY = b"0123456789abcdef0123456789abcdef"
ASKED = {"schema": "ga4", "key": KEY, "consent": "all"}
TOLD = "ignore:.*(set aside|nothing new of demand|left out|are not read):c2m.errors.C2MWarning"

pytestmark = pytest.mark.filterwarnings(TOLD)


def frame_of(source, **more):
    return read_events(source, **(ASKED | more)).to_frame()


def kinds_of(frame):
    return frame["event_type"].value_counts().to_dict()


def one(records, name, **changes):
    """Take the first record of a name, with other values."""
    record = copy.deepcopy(next(row for row in records if row["event_name"] == name))
    return record | changes


def at(time):
    return str(pd.Timestamp(time, tz="UTC").value // 1000)


# ---------------------------------------------------------------- the export, as it lies there


def test_the_fixture_becomes_these_events():
    frame = frame_of(FOLDER)
    assert kinds_of(frame) == {
        **{"impression": 3, "search_click": 1, "view": 6, "wishlist_add": 1, "cart_add": 1},
        **{"cart_remove": 1, "checkout": 1, "purchase": 3, "return": 3},
    }
    bought = frame[frame["event_type"] == "purchase"]
    assert bought["sku"].tolist() == ["P-001", "P-002", "P-003"]
    assert bought["variant_id"].tolist()[:2] == ["green / M", "red / S"]
    assert bought["quantity"].tolist() == [1, 2, 1]
    assert bought["unit_price"].tolist() == [120, 80, 60]
    assert set(frame["currency"].dropna()) == {"EUR"}
    assert set(frame["channel"]) == {"WEB"}
    assert set(frame["campaign"]) == {"autumn"}


def test_what_is_left_out_is_counted_by_kind():
    events = read_events(FOLDER, **ASKED)
    assert events.excluded.set_index("reason")["events"].to_dict() == {
        "says nothing new of demand: session_start": 1,
        "says nothing new of demand: page_view": 1,
        "says nothing new of demand: add_shipping_info": 1,
        "says nothing new of demand: view_cart": 1,
        "says nothing new of demand: other": 1,  # its own name holds an e-mail address
        "says nothing new of demand: purchase of a transaction_id that was counted before": 2,
        "says nothing new of demand: refund of an order that was refunded before": 1,
        "repeats an event_id of the same day": 1,
    }
    assert events.rejected["rows"].tolist() == [1, 1]


def test_parquet_and_json_and_memory_give_the_same_events(tmp_path, records, as_parquet):
    expected = frame_of(FOLDER)
    table = as_parquet(records)
    pq.write_table(table, tmp_path / "events_20261120.parquet", row_group_size=7)
    packed = tmp_path / "events_20261120.json.gz"
    packed.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    array = tmp_path / "array.json"
    array.write_text(json.dumps(records, indent=1))
    for source in (tmp_path / "events_20261120.parquet", packed, array, records, table):
        pd.testing.assert_frame_equal(frame_of(source), expected)


def test_a_table_of_other_types_than_bigquery_s_is_read_value_by_value(records):
    table = pa.Table.from_pylist(records)  # the numbers are text, and there are fewer fields
    assert pa.types.is_string(table.schema.field("event_timestamp").type)
    pd.testing.assert_frame_equal(frame_of(table), frame_of(FOLDER))


def test_of_a_parquet_file_no_personal_leaf_is_read(tmp_path, records, as_parquet, monkeypatch):
    path = tmp_path / "events.parquet"
    pq.write_table(as_parquet(records), path)
    asked = []
    plain = pq.ParquetFile.iter_batches

    def spy(self, *args, columns=None, **more):
        asked.extend(columns)
        return plain(self, *args, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    frame_of(path)
    assert "items.list.element.item_id" in asked
    words = ("user_properties", "device", "city", "gclid", "item_params", "item_name", "term")
    assert [name for name in asked if any(word in name for word in words)] == []


# ---------------------------------------------------------------- what must be said


def test_key_and_consent_must_be_said():
    with pytest.raises(ArgumentError, match=r"secrets.token_bytes\(32\)"):
        read_events(FOLDER, schema="ga4", consent="all")
    with pytest.raises(ArgumentError, match=r'consent="all" reads every event'):
        read_events(FOLDER, schema="ga4", key=KEY)


def test_only_events_with_the_consent_that_is_asked_for_are_read_and_the_others_counted():
    events = read_events(FOLDER, **(ASKED | {"consent": ["analytics_storage"]}))
    with pytest.warns(C2MWarning, match="3 of 31 events are left out, because the consent"):
        frame = events.to_frame()
    assert set(frame["consent"]) == {float(Consent.ANALYTICS)}
    assert events.excluded.set_index("reason")["events"]["consent was not granted"] == 3
    assert frame_of(FOLDER)["consent"].tolist().count(0.0) == 3
    both = read_events(FOLDER, **(ASKED | {"consent": ["analytics_storage", "ad_storage"]}))
    assert list(both.by_day("UTC")) == []  # unset is no


def test_a_log_of_another_layout_says_which_it_looks_like():
    with pytest.raises(DataError, match="or pass schema='ga4', as which it looks"):
        read_events(FOLDER)
    log = pd.DataFrame({"event_time": ["2026-11-20T10:00Z"], "event_type": "view", "sku": "A"})
    with pytest.raises(DataError, match=r"(?s)lacks 'event_timestamp'.* pass schema='canonical'"):
        read_events(log, **ASKED)


# ---------------------------------------------------------------- traps


def test_a_day_that_was_exported_twice_counts_once(tmp_path):
    for folder in ("on the 21st", "on the 23rd"):
        (tmp_path / folder).mkdir()
        for path in FOLDER.glob("*.json"):
            (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    pd.testing.assert_frame_equal(frame_of(tmp_path), frame_of(FOLDER))


def test_late_rows_of_a_new_export_are_added(tmp_path, export, records):
    day = export["events_20261120"]
    late = one(records, "view_item", event_timestamp=at("2026-11-20 21:00"))
    for folder, rows in (("a", day), ("b", [*day, late])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "events_20261120.json").write_text("\n".join(map(json.dumps, rows)))
    assert len(frame_of(tmp_path)) == len(frame_of(day)) + 1


@pytest.mark.parametrize("name", ["events_{}.json", "events_{}/part-0.json"])
def test_of_a_day_so_far_and_the_whole_day_the_latter_is_read(tmp_path, export, records, name):
    only_so_far = one(records, "view_item", event_timestamp=at("2026-11-20 21:00"))
    rows = {"20261120": export["events_20261120"], "intraday_20261120": [only_so_far]}
    rows["intraday_20261121"] = export["events_20261121"]
    for day, found in rows.items():
        path = tmp_path / name.format(day)
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(map(json.dumps, found)))
    with pytest.warns(C2MWarning, match="1 of 3 files are not read, because others"):
        events = read_events(tmp_path, **ASKED)
    both = [*export["events_20261120"], *export["events_20261121"]]
    pd.testing.assert_frame_equal(events.to_frame(), frame_of(both))


def test_two_hundred_items_are_two_hundred_events(records, as_parquet):
    item = records[2]["items"][0]
    row = one(records, "view_item_list")
    row["items"] = [item | {"item_id": f"P-{place}"} for place in range(200)]
    for source in ([row], as_parquet([row])):
        frame = frame_of(source)
        assert frame["sku"].nunique() == len(frame) == 200
        assert frame["event_id"].nunique() == 200


def test_the_same_item_twice_in_a_list_is_two_events(records):
    row = one(records, "purchase")
    row["items"] = [row["items"][0]] * 2
    assert frame_of([row])["quantity"].tolist() == [1, 1]


def test_a_session_is_its_device_and_number_together_and_the_number_is_whole(records):
    frame = frame_of(FOLDER)
    same_number = frame[frame["event_time"] == "2026-11-20 09:01:10+00:00"]
    assert same_number["session_key"].nunique() == same_number["user_key"].nunique() == 2
    row = one(records, "view_item")
    for one_value in row["event_params"]:
        if one_value["key"] == "ga_session_id":
            one_value["value"] = {"string_value": "1763629200"}
    assert frame_of([row])["session_key"].isna().all()


@pytest.mark.parametrize("field", ["batch_page_id", "batch_ordering_id", "batch_event_index"])
def test_events_of_one_moment_are_told_apart_by_their_place_in_the_batch(records, field):
    row = one(records, "view_item")
    twins = [row, row | {field: "999"}]
    assert len(frame_of(twins)) == 2
    assert len(frame_of([row, dict(row)])) == 1  # Firebase writes 1 to 2 % of rows twice


def test_batch_ids_may_stand_among_the_parameters(records, as_parquet):
    rows = []
    for number in ("7", "8"):
        row = one(records, "view_item", batch_page_id=None, batch_ordering_id=None)
        row["event_params"].append({"key": "batch_ordering_id", "value": {"int_value": number}})
        rows.append(row)
    assert len(frame_of(rows)) == len(frame_of(as_parquet(rows))) == 2


def test_a_purchase_that_is_sent_again_counts_once_on_whatever_day(export):
    frame = frame_of(FOLDER)
    ordered = frame[(frame["event_type"] == "purchase") & frame["order_id"].notna()]
    assert len(ordered) == 2
    assert set(ordered["event_time"]) == {pd.Timestamp("2026-11-20 09:05", tz="UTC")}
    backwards = [row for day in reversed(export.values()) for row in day]
    pd.testing.assert_frame_equal(frame_of(backwards), frame)


def test_two_passes_over_one_log_see_the_same_orders():
    events = read_events(FOLDER, **ASKED)
    pd.testing.assert_frame_equal(events.to_frame(), events.to_frame())


@pytest.mark.parametrize("name", [None, "", "(not set)"])
def test_purchases_without_a_transaction_id_all_count(records, name):
    rows = [
        one(records, "purchase", event_timestamp=at(time)) | {"ecommerce": {"transaction_id": name}}
        for time in ("2026-11-20 09:00", "2026-11-20 09:01")
    ]
    frame = frame_of(rows)
    assert len(frame) == 4
    assert frame["order_id"].isna().all()


def test_a_transaction_id_may_stand_among_the_parameters(records):
    rows = [one(records, "purchase", event_timestamp=at(f"2026-11-2{day}")) for day in (0, 1)]
    for row in rows:
        row["ecommerce"] = None
        row["event_params"].append({"key": "transaction_id", "value": {"string_value": "T-9"}})
    assert len(frame_of(rows)) == 2


def test_a_refund_without_items_is_of_what_is_left_of_its_order():
    frame = frame_of(FOLDER)
    back = frame[frame["event_type"] == "return"]
    assert back["sku"].tolist() == ["P-002", "P-001", "P-002"]
    assert back["quantity"].tolist() == [1, 1, 1]  # one of the two P-002 came back before
    assert len(set(back["order_id"])) == 1
    assert back["currency"].tolist() == ["EUR"] * 3
    bought = frame.loc[frame["order_id"].notna() & (frame["event_type"] == "purchase"), "quantity"]
    assert back["quantity"].sum() == bought.sum()


def test_a_refund_of_an_order_that_is_not_in_the_log_is_a_bad_row(records):
    refund = [row for row in records if row["event_name"] == "refund" and not row.get("items")][:1]
    with pytest.raises(DataError, match=r"refund without items of an order .* \(first: row 0\)"):
        frame_of(refund, on_bad="error")


def test_without_consent_an_event_counts_and_its_user_does_not():
    frame = frame_of(FOLDER)
    unknown = frame[frame["sku"].eq("P-003") & frame["event_type"].eq("view")]
    assert len(unknown) == 3  # no device, no device, and a transient token
    assert unknown["user_key"].isna().all()
    assert unknown["session_key"].isna().all()


def test_times_are_utc_and_days_are_the_shop_s():
    events = read_events(FOLDER, **ASKED, time_zone="Europe/Paris")
    frame = events.to_frame()
    assert pd.Timestamp("2026-11-20 23:30", tz="UTC") in set(frame["event_time"])
    with pytest.warns(C2MWarning, match="have no user"):
        panel = build_panel(events, freq="D", partial_period="keep")
    views = pd.DataFrame(panel["views"], panel.keys["sku"], panel.periods)
    assert views.loc["P-002", "2026-11-21"] == 1  # half past midnight in Paris
    with pytest.warns(C2MWarning, match="have no user"):
        utc = build_panel(events, freq="D", tz="UTC", partial_period="keep")
    assert pd.DataFrame(utc["views"], utc.keys["sku"]).loc["P-002"].tolist()[0] == 1


def test_an_item_id_is_a_sku_unless_a_catalogue_says_otherwise():
    frame = frame_of(FOLDER)
    assert (frame["sku"] == frame["product_id"]).all()
    products = read_events(FOLDER, **ASKED, columns={"sku": None})
    assert products.to_frame()["product_id"].tolist() == frame["product_id"].tolist()
    assert products.rejected["rows"].sum() == 2  # as before: a product is enough


# ---------------------------------------------------------------- malformed records


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_timestamp", None),
        ("event_timestamp", "yesterday"),
        ("event_timestamp", {"x": 1}),
        ("event_timestamp", "9" * 30),
        ("items", [{"item_name": "no id"}]),
        ("items", "none"),
        ("items", [7]),
    ],
)
def test_a_record_that_cannot_be_used_is_set_aside(records, field, value):
    events = read_events([one(records, "view_item", **{field: value})], **ASKED)
    with pytest.warns(C2MWarning, match="1 of 1 events are set aside"):
        list(events.by_day("UTC"))
    assert events.rejected["rows"].sum() == 1


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[]], {"a": {"b": []}}, "\ud800", True])
@pytest.mark.parametrize("field", LAYOUT.tops)
def test_whatever_stands_in_a_field_nothing_but_a_bad_row_comes_of_it(records, field, value):
    for name in ("view_item", "purchase", "refund"):
        events = read_events([one(records, name, **{field: value})], **ASKED)
        list(events.by_day("UTC"))
        told = events.rejected["rows"].sum() + events.excluded["events"].sum()
        assert told or len(events.to_frame())
