import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.schema import COLUMNS
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.shopify_webhooks import SHOPIFY_WEBHOOKS as LAYOUT
from c2m.signals.schemas.values import micros

FILE = Path(__file__).parent / "fixtures" / "shopify_webhooks" / "webhooks.jsonl"


def deliveries():
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def convert(envelopes):
    projected = [{name: one[name] for name in LAYOUT.fields if name in one} for one in envelopes]
    return list(LAYOUT.convert(Record(place, one) for place, one in enumerate(projected)))


def events(outcomes, kind=None):
    found = [one.event for one in outcomes if isinstance(one, Found)]
    return [event for event in found if kind is None or event["event_type"] == kind]


def latest(outcomes, kind):
    """Return the events that count: of each id the one that was known last."""
    known = {}
    for event in sorted(events(outcomes), key=lambda event: event.get("ingest_time", 0)):
        known[event["event_id"]] = event
    return [event for event in known.values() if event["event_type"] == kind]


def units(found):
    total = Counter()
    for event in found:
        total[event.get("sku") or event["variant_id"]] += int(event["quantity"])
    return total


def named(*webhooks):
    """Return the deliveries with these ids."""
    return [
        one
        for one in deliveries()
        if one.get("headers", {}).get("X-Shopify-Webhook-Id") in webhooks
    ]


def body(webhook):
    return named(webhook)[0]["payload"]


def test_units_of_all_deliveries_are_conserved():
    outcomes = convert(deliveries())
    assert units(latest(outcomes, "purchase")) == {
        **{"PARKA-M": 2 + 2, "TEE-M": 3, "PARKA-L": 2, "TEE-S": 1, "SOCK-1": 1},
        **{"131": 1, "121": 3},
    }
    assert units(latest(outcomes, "return")) == {"PARKA-M": 1 + 1}
    assert units(latest(outcomes, "cancel")) == {"TEE-M": 2, "PARKA-L": 2, "121": 2}


def test_a_delivery_that_comes_again_is_read_once():
    outcomes = convert(named("w-01"))
    assert Unread(1, "repeated delivery") in outcomes
    assert len(events(outcomes)) == 2


def test_a_delivery_without_headers_has_the_same_ids_each_time():
    outcomes = convert([body("w-01"), body("w-01")])
    ids = [event["event_id"] for event in events(outcomes)]
    assert ids[:2] == ids[2:]


def test_headers_may_be_lists_and_of_any_case():
    envelope = named("w-01")[0]
    headers = {name.lower(): [value] for name, value in envelope["headers"].items()}
    again = envelope | {"headers": headers}
    assert convert([envelope, again])[-1] == Unread(1, "repeated delivery")


def test_an_event_bridge_envelope_is_opened():
    envelope = named("w-01")[0]
    bridge = {"detail": {"metadata": envelope["headers"], "payload": envelope["payload"]}}
    assert events(convert([bridge])) == events(convert([envelope]))


@pytest.mark.parametrize(
    ("webhook", "kind"),
    [
        ("w-01", "purchase"),
        ("w-02", "return"),
        ("w-10", "stock_level"),
    ],
)
def test_a_bare_body_is_known_by_its_fields(webhook, kind):
    with_topic, bare = convert(named(webhook)[:1]), convert([body(webhook)])
    found = {event["event_id"] for event in events(bare, kind)}
    assert found
    assert found == {event["event_id"] for event in events(with_topic, kind)}


def test_an_agents_order_that_says_nowhere_when_it_was_placed_is_set_aside():
    assert [type(one) for one in convert([body("w-20")])] == [Bad]


def test_topics_may_be_spelt_as_in_the_api():
    envelope = named("w-10")[0]
    envelope["headers"]["X-Shopify-Topic"] = "INVENTORY_LEVELS_UPDATE"
    assert events(convert([envelope]), "stock_level")


def test_the_state_of_an_order_that_was_sent_last_counts():
    states = events(convert(named("w-01", "w-03")), "purchase")
    first, last = states[0], states[2]
    assert first["event_id"] == last["event_id"]
    assert first["event_time"] == last["event_time"]
    assert first["ingest_time"] < last["ingest_time"]


@pytest.mark.parametrize("order", [("w-02", "w-03"), ("w-03", "w-02"), ("w-02",), ("w-03",)])
def test_a_refund_counts_once_whichever_delivery_brings_it(order):
    outcomes = convert([one for name in order for one in named(name)])
    assert units(latest(outcomes, "return")) == {"PARKA-M": 1}
    assert units(latest(outcomes, "cancel")) == {"TEE-M": 2}


def test_units_that_were_not_restocked_are_returns_only_where_they_were_shipped():
    refund = body("w-02")
    for shipped, kind in ((None, "cancel"), ("partial", "return"), ("fulfilled", "return")):
        refund["refund_line_items"][1]["line_item"]["fulfillment_status"] = shipped
        found = [one for one in events(convert([refund])) if one["fulfilment"] == "no_restock"]
        assert [event["event_type"] for event in found] == [kind]


def test_a_refund_of_money_alone_is_counted_as_not_read():
    assert convert(named("w-06")) == [Unread(0, "refund without lines")]


def test_a_refund_line_of_a_line_that_is_not_given_is_set_aside():
    refund = body("w-02")
    del refund["refund_line_items"][0]["line_item"]
    assert isinstance(convert([refund])[0], Bad)


def test_a_cancel_counts_the_units_that_no_refund_speaks_of():
    outcomes = convert(named("w-04", "w-05"))
    cancelled = latest(outcomes, "cancel")
    assert units(cancelled) == {"PARKA-L": 2}
    assert {event["event_time"] for event in cancelled} == {micros("2026-11-21T11:00:00Z")}
    assert units(latest(outcomes, "purchase")) == {"PARKA-L": 2}


def test_a_refund_that_comes_beside_the_cancel_is_not_counted_twice():
    state = named("w-05")[0]
    (refund,) = state["payload"].pop("refunds")
    beside = {"headers": {"X-Shopify-Topic": "refunds/create"}, "payload": refund}
    for order in ([state, beside], [beside, state]):
        assert units(latest(convert(order), "cancel")) == {"PARKA-L": 2}


def test_a_voided_order_is_no_sale_unless_it_was_cancelled():
    order = body("w-04") | {"financial_status": "voided"}
    assert convert([order]) == [Unread(0, "voided order")]
    order["cancelled_at"] = "2026-11-21T12:00:00+01:00"
    kinds = [event["event_type"] for event in events(convert([order]))]
    assert kinds == ["purchase", "cancel"]


def test_a_test_order_is_no_sale():
    assert convert(named("w-07")) == [Unread(0, "test order")]


def test_a_till_is_a_store_and_its_buyer_may_be_unknown():
    (event,) = events(convert(named("w-08")))
    assert (event["channel"], event["store_id"]) == ("pos", "905")
    assert not {"user_key", "region"} & set(event)


def test_a_line_without_sku_has_its_ids_and_one_without_any_is_set_aside():
    outcomes = convert(named("w-09"))
    assert [type(one) for one in outcomes] == [Found, Bad]
    assert "sku" not in outcomes[0].event
    assert outcomes[0].event["variant_id"] == "131"


def test_the_price_is_less_the_share_of_all_discounts():
    prices = {event["sku"]: event["unit_price"] for event in events(convert(named("w-01")[:1]))}
    assert prices == {"PARKA-M": 76.0, "TEE-M": 12.0}


def test_stock_is_a_stream_of_changes_by_inventory_item():
    outcomes = convert(named("w-10", "w-11"))
    first, second = events(outcomes)
    assert (first["variant_id"], first["store_id"]) == ("9111", "905")
    assert (first["in_stock"], first["quantity"]) == (1.0, 4.0)
    assert (second["in_stock"], second["quantity"]) == (0.0, 0.0)
    assert first["event_id"] != second["event_id"]


def test_a_products_delivery_tells_the_sku_of_an_inventory_item():
    outcomes = convert(named("w-00", "w-10"))
    assert outcomes[0] == Unread(0, "products/update")
    (event,) = events(outcomes)
    assert event["sku"] == "PARKA-M"


def test_stock_below_zero_is_none_and_stock_that_is_not_tracked_is_unknown():
    below, unknown = convert(named("w-12", "w-13"))
    assert (below.event["quantity"], below.event["in_stock"]) == (0.0, 0.0)
    assert unknown == Unread(1, "stock that is not tracked")


def test_an_agents_order_has_its_first_date_and_its_last_state():
    outcomes = convert(named("w-20", "w-21"))
    bought = latest(outcomes, "purchase")
    assert {event["event_time"] for event in bought} == {micros("2026-11-21T18:00:00Z")}
    assert units(bought) == {"111": 2, "121": 3}
    assert {event["unit_price"] for event in bought} == {80.0, 12.0}
    assert {event["channel"] for event in bought} == {"agent"}


def test_an_agents_refund_of_units_that_were_returned_is_no_second_return():
    outcomes = convert(named("w-20", "w-21"))
    assert units(latest(outcomes, "return")) == {"111": 1}
    kinds = Counter(one.kind for one in outcomes if isinstance(one, Unread))
    assert kinds == {"refund of units that were returned": 1, "adjustment without units": 1}


def test_units_that_an_edit_took_away_without_a_word_are_cancelled_on_the_day_of_the_order():
    outcomes = convert(named("w-20", "w-21"))
    cancelled = latest(outcomes, "cancel")
    assert sorted((event["quantity"], event["event_time"]) for event in cancelled) == [
        (1.0, micros("2026-11-21T18:00:00Z")),
        (1.0, micros("2026-11-22T17:40:00Z")),
    ]


def test_an_agents_order_in_yen_has_no_cents():
    order = body("w-20") | {"currency": "JPY", "created_time": "2026-11-21T18:00:00Z"}
    assert events(convert([order]))[0]["unit_price"] == 8000.0


def test_other_topics_are_counted_and_bodies_of_nothing_are_set_aside():
    outcomes = convert([*named("w-30"), deliveries()[-1], {"payload": None}])
    assert outcomes[0] == Unread(0, "customers/update")
    assert [type(one) for one in outcomes[1:]] == [Bad, Bad]


def test_a_topic_that_is_not_known_is_not_shown():
    assert convert([{"topic": "ann/bought", "payload": {}}]) == [Unread(0, "other")]


def test_nobody_can_be_told_from_the_events():
    outcomes = convert(deliveries())
    text = repr([one.event if isinstance(one, Found) else one for one in outcomes]).lower()
    assert "canary" not in text
    assert "203.0.113" not in text
    assert "gclid" not in text


def test_the_words_of_a_campaign_are_read_from_the_landing_page():
    event = events(convert(named("w-01")))[0]
    assert (event["source"], event["medium"], event["campaign"]) == ("news", "email", "autumn")


def test_events_hold_no_other_columns_than_the_layout_says():
    found = {name for event in events(convert(deliveries())) for name in event}
    assert found <= set(COLUMNS)
    assert found - {"event_type"} <= set(LAYOUT.reads)


plain = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.floats()
anything = (
    plain | st.lists(plain, max_size=2) | st.lists(st.dictionaries(st.text(max_size=2), plain))
)
odd = st.dictionaries(st.sampled_from(LAYOUT.fields), anything, max_size=4)
known = st.sampled_from([one.get("payload", one) for one in deliveries()])
mixed = st.tuples(known, odd).map(lambda pair: pair[0] | pair[1])
topics = st.sampled_from(["orders/updated", "refunds/create", "inventory_levels/update", "x"])
sent = st.tuples(topics, mixed).map(lambda pair: {"topic": pair[0], "payload": pair[1]})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(odd, mixed, sent), max_size=5))
def test_whatever_a_file_holds_every_delivery_has_an_outcome(envelopes):
    outcomes = convert(envelopes)
    assert {one.row for one in outcomes} == set(range(len(envelopes)))
    for event in events(outcomes):
        assert event["quantity"] > 0 or event["event_type"] == "stock_level"
        assert isinstance(event["event_time"], int)


@pytest.mark.parametrize(("restock", "how"), [(True, "legacy_restock"), (False, "no_restock")])
def test_refunds_of_old_versions_say_of_all_their_lines_whether_they_were_restocked(restock, how):
    refund = body("w-02") | {"restock": restock}
    del refund["refund_line_items"][0]["restock_type"]
    event = events(convert([refund]))[0]
    assert (event["event_type"], event["fulfilment"]) == ("return", how)


def test_an_order_of_the_shop_may_name_its_checkout_and_is_no_agents_order():
    order = body("w-01") | {"checkout_id": 901414060}
    assert {event["channel"] for event in events(convert([order]))} == {"web"}
