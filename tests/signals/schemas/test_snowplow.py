"""Snowplow ecommerce: the traps of enriched events, as JSON lines and as warehouse columns."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import c2m
from c2m.errors import C2MWarning
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.snowplow import EVENT_TYPES, IN_STOCK, LEFT_OUT, SNOWPLOW, stock_share

FIXTURE = Path(__file__).parent / "fixtures" / "snowplow" / "enriched.jsonl"
KEY = bytes(range(32))
VENDOR = "com_snowplowanalytics_snowplow_ecommerce"
SHIRT = {"id": "0042", "category": "Shirts", "price": 19.5, "currency": "EUR", "quantity": 2}
SOCK = {"id": "0050", "category": "Socks", "price": 3, "currency": "EUR", "quantity": 1}


def event(action, products=(), at="2026-11-16T09:00:00Z", version="1", **entities):
    values = {
        **{"event_id": f"e-{action}-{at}", "event_name": "snowplow_ecommerce_action"},
        **{"derived_tstamp": at, "collector_tstamp": at, "domain_userid": "d-1"},
        f"unstruct_event_{VENDOR}_snowplow_ecommerce_action_{version}": {"type": action},
        f"contexts_{VENDOR}_product_{version}": list(products),
    }
    return values | {f"contexts_{VENDOR}_{name}_1": [one] for name, one in entities.items()}


def outcomes(*records):
    return list(SNOWPLOW.convert(Record(row, values) for row, values in enumerate(records)))


def events(*records):
    return [one.event for one in outcomes(*records) if isinstance(one, Found)]


def sold(*products, number="T-1", at="2026-11-16T09:00:00Z", **more):
    transaction = {"transaction_id": number, "currency": "EUR", "total_quantity": 3, **more}
    return event("transaction", products, at, transaction=transaction)


def refunded(*products, number="T-1", at="2026-11-18T09:00:00Z"):
    return event("refund", products, at, refund={"transaction_id": number, "currency": "EUR"})


def units(found, kind):
    return [(one["sku"], one["quantity"]) for one in found if one["event_type"] == kind]


@pytest.mark.parametrize(("action", "kind"), EVENT_TYPES.items())
def test_every_action_becomes_its_kind(action, kind):
    entity = {"transaction_id": "T-1", "currency": "EUR"}
    found = events(event(action, [SHIRT], transaction=entity, refund=entity))
    assert [one["event_type"] for one in found] == [kind]


@pytest.mark.parametrize("action", LEFT_OUT)
def test_promotions_and_failed_payments_are_left_out(action):
    assert outcomes(event(action)) == [Unread(0, action)]


def test_there_is_no_action_for_wishlists():
    assert "wishlist_add" not in EVENT_TYPES.values()


def test_page_views_and_events_of_other_schemas_are_left_out():
    records = [{"event_name": name, "event_id": "e"} for name in ("page_view", "ann@example.com")]
    assert outcomes(*records) == [Unread(0, "page_view"), Unread(1, "other")]


@pytest.mark.parametrize("version", ["1", "1_0_0", "1_0_1", "1_0_2"])
def test_every_version_in_the_name_of_a_column_is_read(version):
    assert len(events(event("product_view", [SHIRT], version=version))) == 1


def test_columns_of_a_warehouse_may_hold_text_of_json():
    record = {
        name: json.dumps(value) if isinstance(value, dict | list) else value
        for name, value in event("product_view", [SHIRT]).items()
    }
    assert events(record) == events(event("product_view", [SHIRT]))


def test_inventory_status_is_the_mask_of_stock_outs():
    seen = [{**SHIRT, "inventory_status": word} for word in ("in stock", "Out of Stock", "x", None)]
    found = outcomes(event("product_view", seen))
    shares = [one.event.get("in_stock") for one in found if isinstance(one, Found)]
    assert shares == [1.0, 0.0, None, None]
    assert [one.kind for one in found if isinstance(one, Unread)] == [
        "inventory_status in other words (the product counts)"
    ]


@pytest.mark.parametrize("word", IN_STOCK)
def test_words_of_inventory_status_are_read_however_they_are_written(word):
    spaced = " ".join(word)
    assert stock_share(spaced.upper()) == stock_share("-".join(word)) == IN_STOCK[word]


def test_what_can_be_ordered_ahead_can_be_bought():
    assert stock_share("PreOrder") == stock_share("back-order") == 1.0


def test_stock_after_a_purchase_says_nothing_of_demand():
    [found] = events(sold({**SHIRT, "inventory_status": "out of stock"}))
    assert "in_stock" not in found


def test_an_id_names_a_product_and_a_variant_is_kept_beside_it():
    [found] = events(event("product_view", [{**SHIRT, "variant": "Blue"}]))
    assert (found["sku"], found["product_id"], found["variant_id"]) == ("0042", "0042", "Blue")


def test_two_variants_of_a_product_in_an_order_are_two_lines():
    found = events(sold({**SHIRT, "variant": "Blue"}, {**SHIRT, "variant": "Red"}))
    assert len({one["event_id"] for one in found}) == 2


def test_a_transaction_is_one_purchase_a_product_and_counts_once():
    found = events(sold(SHIRT, SOCK), sold(SHIRT, SOCK, at="2026-11-17T09:00:00Z"))
    assert units(found, "purchase") == [("0042", 2.0), ("0050", 1.0)]
    assert {one["currency"] for one in found} == {"EUR"}


def test_the_quantity_of_a_transaction_is_that_of_its_only_product():
    alone = {name: value for name, value in SHIRT.items() if name != "quantity"}
    assert units(events(sold(alone)), "purchase") == [("0042", 3)]
    both = units(events(sold(alone, SOCK)), "purchase")
    assert both == [("0042", None), ("0050", 1.0)]


def test_a_refund_is_partial_with_products_and_whole_without():
    found = events(sold(SHIRT, SOCK), refunded(SOCK), refunded(at="2026-11-19T09:00:00Z"))
    assert units(found, "return") == [("0050", 1.0), ("0042", 2.0)]


def test_a_whole_refund_of_a_transaction_of_another_file_is_a_bad_row():
    [found] = outcomes(refunded())
    assert isinstance(found, Bad)


def test_only_the_first_step_of_a_checkout_counts():
    steps = [event("checkout_step", checkout_step={"step": number}) for number in (1, 2, 3)]
    assert [type(one) for one in outcomes(*steps)] == [Found, Unread, Unread]


def test_times_are_derived_and_utc_where_they_have_no_zone():
    base = event("product_view", [SHIRT], "2026-11-16 09:00:00.250")
    device = {"dvce_created_tstamp": "2031-01-01T00:00:00Z", "etl_tstamp": "2026-11-16 09:01:00"}
    [text] = events({**base, **device})
    naive = datetime(2026, 11, 16, 9, 0, 0, 250_000)
    [stamp] = events({**base, **device, "derived_tstamp": naive})
    [aware] = events({**base, **device, "derived_tstamp": naive.replace(tzinfo=UTC)})
    assert text["event_time"] == stamp["event_time"] == aware["event_time"] == 1794819600250000
    assert text["ingest_time"] == 1794819660000000


def test_without_a_derived_time_the_collector_tells_and_without_both_the_row_is_bad():
    base = event("product_view", [SHIRT], derived_tstamp=None)
    [collected] = events({**base, "derived_tstamp": None})
    assert collected["event_time"] == 1794819600000000
    [bad] = outcomes({**base, "derived_tstamp": None, "collector_tstamp": "soon"})
    assert isinstance(bad, Bad)


def test_a_user_is_the_one_who_logged_in_else_the_browser():
    base = event("product_view", [SHIRT])
    [known] = events({**base, "user_id": "u-1"})
    [browser] = events(base)
    [network] = events({**base, "domain_userid": None, "network_userid": "n-1"})
    assert [one["user_key"] for one in (known, browser, network)] == ["u-1", "d-1", "n-1"]


def test_an_action_without_a_product_or_a_product_without_id_is_bad():
    found = outcomes(event("product_view"), event("add_to_cart", [{"price": 1}]), sold())
    assert all(isinstance(one, Bad) for one in found)
    assert len(found) == 3


@pytest.mark.parametrize("broken", [None, 7, "x", "[{", [], [None], {"id": {}}, [[1]]])
def test_broken_entities_are_bad_rows_and_no_errors(broken):
    for action in (*EVENT_TYPES, *LEFT_OUT):
        record = {name: broken for name in SNOWPLOW.fields if name.startswith("contexts")}
        found = outcomes({**event(action), **record})
        assert found
        assert not any(isinstance(one, Found) for one in found) or action == "checkout_step"


def test_the_export_and_the_columns_of_a_warehouse_become_the_same_panel(tmp_path):
    lines = [json.loads(line) for line in FIXTURE.read_text().splitlines()]
    columns = {name: [line.get(name) for line in lines] for line in lines for name in line}
    table = pa.table(
        {
            name: pa.array([json.dumps(v) if isinstance(v, dict | list) else v for v in values])
            for name, values in columns.items()
        }
    )
    pq.write_table(table, tmp_path / "events.parquet", row_group_size=3)
    panels = []
    for path in (FIXTURE, tmp_path / "events.parquet"):
        log = c2m.read_events(path, schema="snowplow", key=KEY)
        with pytest.warns(C2MWarning):
            panels.append(c2m.build_panel(log, freq="D", tz="UTC").to_frame())
    assert panels[0].equals(panels[1])
    socks = panels[0][panels[0]["sku"] == "0050"]
    assert socks["sales"].tolist() == [2.0, 6.0]
    assert socks["returns"].tolist() == [0.0, 2.0]
    shirts = panels[0][panels[0]["sku"] == "0042"]
    assert shirts["returns"].tolist() == [0.0, 2.0]
    assert shirts["in_stock"].tolist() == [1.0, 1.0]
