"""Segment, RudderStack and PostHog: the traps of the ecommerce spec, on exports in their shape."""

import json
from pathlib import Path

import pytest

import c2m
from c2m.errors import C2MWarning
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.posthog import POSTHOG
from c2m.signals.schemas.segment import RUDDERSTACK, SEGMENT, consent_bits
from c2m.signals.schemas.tracks import ALIASES, EVENT_TYPES, LEFT_OUT

FIXTURES = Path(__file__).parent / "fixtures"
KEY = bytes(range(32))
SHIRT = {"product_id": "507f", "sku": "0042-S", "price": 19.5, "quantity": 2}
SOCK = {"product_id": "505b", "sku": "0050", "price": 3, "quantity": 1}


def call(event, properties, at="2026-11-16T09:00:00Z", **more):
    values = {
        **{"type": "track", "event": event, "properties": properties, "timestamp": at},
        **{"messageId": f"m-{event}-{at}", "userId": "u-1", "anonymousId": "a-1", "context": {}},
    }
    return {**values, **more}


def outcomes(*calls, layout=SEGMENT):
    return list(layout.convert(Record(row, values) for row, values in enumerate(calls)))


def events(*calls, layout=SEGMENT):
    return [one.event for one in outcomes(*calls, layout=layout) if isinstance(one, Found)]


def units(found, kind):
    return [(event["sku"], event["quantity"]) for event in found if event["event_type"] == kind]


def order(name, products, at="2026-11-16T09:00:00Z", number="O-1", **more):
    listed = {} if products is None else {"products": products}
    return call(name, {"order_id": number, "currency": "USD", **listed}, at, **more)


def read(name, **how):
    with pytest.warns(C2MWarning):
        return c2m.read_events(FIXTURES / name, schema=name, key=KEY, **how).to_frame()


@pytest.mark.parametrize(("name", "kind"), EVENT_TYPES.items())
def test_every_event_of_the_spec_becomes_its_kind(name, kind):
    ordered = name in {"Order Updated", "Order Refunded", "Order Cancelled"}
    before = [order("Order Completed", [SHIRT])] if ordered else []
    properties = {**SHIRT, "order_id": "O-1", "products": [{**SHIRT, "quantity": 3}]}
    found = events(*before, call(name, properties, "2026-11-16T10:00:00Z"))
    assert {event["event_type"] for event in found[len(before) :]} == {kind}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_events_that_tell_of_no_product_are_left_out_by_their_name(name):
    assert outcomes(call(name, {"query": "x"})) == [Unread(0, name)]


@pytest.mark.parametrize(("old", "new"), ALIASES.items())
def test_names_of_the_first_version_mean_the_same(old, new):
    properties = {"orderId": "O-1", "id": "507f", "sku": "0042-S", "products": [SHIRT]}
    before = [] if new == "Order Completed" else [order("Order Completed", [SHIRT])]
    calls = [call(name, properties, "2026-11-16T10:00:00Z", messageId="m") for name in (old, new)]
    assert outcomes(*before, calls[0]) == outcomes(*before, calls[1])


def test_version_one_calls_a_product_id_and_an_order_otherwise():
    [viewed] = events(call("Viewed Product", {"id": "507f", "price": 18.99}))
    assert (viewed["sku"], viewed["product_id"]) == ("507f", "507f")
    done = call("Completed Order", {"orderId": "O-7", "products": [{"id": "507f"}]})
    assert [event["order_id"] for event in events(done)] == ["O-7"]


def test_a_product_without_sku_counts_under_its_product_id():
    [hat] = events(call("Product Viewed", {"product_id": "9714107479"}))
    [shirt] = events(call("Product Viewed", SHIRT))
    assert (hat["sku"], hat["product_id"]) == ("9714107479", "9714107479")
    assert (shirt["sku"], shirt["product_id"]) == ("0042-S", "507f")


def test_a_product_without_any_id_is_a_bad_row_and_the_others_count():
    found = outcomes(call("Product List Viewed", {"products": [SHIRT, {"name": "?"}, None, SOCK]}))
    assert [type(one) for one in found] == [Found, Bad, Bad, Found]


def test_an_order_is_one_purchase_a_product_in_the_currency_of_the_order():
    found = events(order("Order Completed", [SHIRT, SOCK]))
    assert units(found, "purchase") == [("0042-S", 2.0), ("0050", 1.0)]
    assert {event["currency"] for event in found} == {"USD"}
    assert [event["unit_price"] for event in found] == [19.5, 3.0]


def test_the_same_product_twice_in_an_order_is_two_lines():
    found = events(order("Order Completed", [SHIRT, {**SHIRT, "price": 10}]))
    assert units(found, "purchase") == [("0042-S", 2.0), ("0042-S", 2.0)]
    assert len({event["event_id"] for event in found}) == 2


def test_an_order_that_is_sent_again_on_another_day_counts_once():
    again = order("Order Completed", [SHIRT], "2026-11-19T09:00:00Z")
    assert units(events(order("Order Completed", [SHIRT]), again), "purchase") == [("0042-S", 2.0)]


def test_sales_less_cancellations_are_those_of_the_last_write():
    found = events(
        order("Order Completed", [SHIRT, SOCK]),
        order("Order Updated", [{**SHIRT, "quantity": 5}], "2026-11-16T10:00:00Z"),
        order("Order Updated", [{**SHIRT, "quantity": 4}], "2026-11-16T11:00:00Z"),
    )
    assert units(found, "purchase") == [("0042-S", 2.0), ("0050", 1.0), ("0042-S", 3.0)]
    assert units(found, "cancel") == [("0050", 1.0), ("0042-S", 1.0)]


def test_a_write_that_is_older_than_the_last_one_changes_nothing():
    late = order("Order Updated", [{**SHIRT, "quantity": 9}], "2026-11-16T08:00:00Z")
    *_, last = outcomes(order("Order Completed", [SHIRT]), late)
    assert isinstance(last, Unread)


def test_an_update_of_an_order_that_never_was_completed_is_a_bad_row():
    [found] = outcomes(order("Order Updated", [SHIRT]))
    assert isinstance(found, Bad)


def test_a_refund_with_products_is_partial():
    refund = order("Order Refunded", [{**SHIRT, "quantity": 1}], "2026-11-18T09:00:00Z")
    found = events(order("Order Completed", [SHIRT, SOCK]), refund)
    assert units(found, "return") == [("0042-S", 1.0)]
    assert found[-1]["quantity"] > 0


def test_a_refund_without_products_is_all_that_is_left_of_the_order():
    part = order("Order Refunded", [{**SHIRT, "quantity": 1}], "2026-11-18T09:00:00Z")
    whole = order("Order Refunded", None, "2026-11-19T09:00:00Z")
    found = events(order("Order Completed", [SHIRT, SOCK]), part, whole)
    assert units(found, "return") == [("0042-S", 1.0), ("0042-S", 1.0), ("0050", 1.0)]


def test_a_whole_refund_of_an_order_of_another_file_is_a_bad_row():
    [found] = outcomes(order("Order Refunded", None))
    assert isinstance(found, Bad)
    assert "not completed in this file" in found.reason


def test_a_partial_refund_of_an_order_of_another_file_counts():
    assert units(events(order("Order Refunded", [SHIRT])), "return") == [("0042-S", 2.0)]


def test_no_unit_comes_back_twice_by_cancellation_and_refund():
    found = outcomes(
        order("Order Completed", [SHIRT]),
        order("Order Cancelled", [SHIRT], "2026-11-17T09:00:00Z"),
        order("Order Refunded", [SHIRT], "2026-11-17T09:00:01Z"),
    )
    kinds = [one.event["event_type"] for one in found if isinstance(one, Found)]
    assert kinds == ["purchase", "cancel"]
    assert isinstance(found[-1], Unread)


def test_a_refund_that_is_sent_twice_counts_once():
    refund = order("Order Refunded", [{**SHIRT, "quantity": 1}], "2026-11-18T09:00:00Z")
    found = events(order("Order Completed", [SHIRT]), refund, refund)
    assert units(found, "return") == [("0042-S", 1.0)]


@pytest.mark.parametrize("quantity", [0, -1, "two", [2], 4006381333931])
def test_a_line_without_a_usable_quantity_is_bad_and_the_rest_of_the_order_counts(quantity):
    found = outcomes(order("Order Completed", [{**SHIRT, "quantity": quantity}, SOCK]))
    assert isinstance(found[0], Bad)
    assert units([found[1].event], "purchase") == [("0050", 1.0)]


def test_a_rating_is_a_text_and_a_review_counts_without_one():
    rated = events(
        *(call("Product Reviewed", {**SHIRT, "rating": value}) for value in ("4", "five", None))
    )
    assert [event["rating"] for event in rated] == [4.0, None, None]


def test_the_time_is_timestamp_and_nothing_else():
    sent = {"sentAt": "2026-11-20T00:00:00Z", "originalTimestamp": "2026-11-21T00:00:00Z"}
    [event] = events(
        call("Product Viewed", SHIRT, **sent, receivedAt="2026-11-16T09:00:05Z", context=None)
    )
    assert event["event_time"] == 1_794_819_600_000_000
    assert event["ingest_time"] == event["event_time"] + 5_000_000
    [bad] = outcomes(call("Product Viewed", SHIRT, "2026-11-16T09:00:00"))
    assert isinstance(bad, Bad)
    assert "zone" in bad.reason


def test_a_call_is_of_the_user_where_there_is_one_else_of_the_device():
    known, unknown = events(
        call("Product Viewed", SHIRT), call("Product Viewed", SHIRT, userId=None)
    )
    assert (known["user_key"], unknown["user_key"]) == ("u-1", "a-1")


def test_consent_is_what_was_granted_and_unset_is_no():
    preferences = {"Analytics": True, "Advertising": False, "Functional": True}
    assert consent_bits({"consent": {"categoryPreferences": preferences}}) == 1
    assert consent_bits({"consent": {"categoryPreferences": {"Analytics": "maybe"}}}) == 0
    assert consent_bits({"consentManagement": {"allowedConsentIds": ["C0002", "C0004"]}}) == 3
    assert consent_bits(None) == consent_bits({"consent": []}) == 0


def test_a_robot_that_says_so_gets_no_trust_and_its_user_agent_is_forgotten():
    agent = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
    [event] = events(call("Product Viewed", SHIRT, context={"userAgent": agent}))
    assert event["trust"] == 0.0
    assert not any("GPTBot" in str(value) for value in event.values())
    [human] = events(call("Product Viewed", SHIRT, context={"userAgent": "Mozilla/5.0 Firefox/9"}))
    assert "trust" not in human


def test_unknown_event_names_are_never_shown_for_they_may_hold_anything():
    assert outcomes(call("Signed up ann@example.com", {})) == [Unread(0, "other")]


def test_pages_and_identities_are_left_out():
    calls = [{"type": kind, "timestamp": "2026-11-16T09:00:00Z"} for kind in ("page", "identify")]
    assert outcomes(*calls) == [Unread(0, "page"), Unread(1, "identify")]


@pytest.mark.parametrize("broken", [None, 7, "x", [], {"products": 3}, {"products": [[]]}])
def test_broken_properties_are_bad_rows_and_no_errors(broken):
    names = [*EVENT_TYPES, *LEFT_OUT, *ALIASES]
    found = outcomes(*(call(name, broken) for name in names))
    assert {one.row for one in found} == set(range(len(names)))
    kinds = {one.event["event_type"] for one in found if isinstance(one, Found)}
    assert kinds <= {"checkout"}  # which needs no product


def test_an_export_becomes_a_panel():
    log = c2m.read_events(FIXTURES / "segment", schema="segment", key=KEY, consent="all")
    with pytest.warns(C2MWarning):
        panel = c2m.build_panel(log, freq="D", tz="UTC").to_frame()
    row = panel[panel["sku"] == "0042-S"].set_index("period")
    assert row["sales"].tolist() == [2.0, 1.0]
    assert row["returns"].tolist() == [0.0, 3.0]
    assert row["views"].tolist() == [1.0, 3.0]
    assert panel.loc[panel["sku"] == "0050", "cancellations"].tolist() == [0.0, 4.0]


def test_consent_is_asked_for_and_those_without_it_are_left_out():
    with pytest.raises(c2m.ArgumentError, match="consent"):
        c2m.read_events(FIXTURES / "segment", schema="segment", key=KEY)
    everyone = read("segment", consent="all")
    granted = read("segment", consent=["analytics_storage"])
    assert len(everyone) == len(granted) + 1


def test_rudderstack_exports_have_the_same_names():
    lines = (FIXTURES / "rudderstack/track.jsonl").read_text().splitlines()
    viewed, *_ = events(*map(json.loads, lines), layout=RUDDERSTACK)
    assert viewed["session_key"] == "u-100:1763280000"
    assert viewed["consent"] == 1


def posthog_events(**more):
    lines = (FIXTURES / "posthog/events.jsonl").read_text().splitlines()
    return [{**json.loads(line), **more} for line in lines]


def test_posthog_exports_are_read_as_objects_and_as_text():
    objects = outcomes(*posthog_events(), layout=POSTHOG)
    texts = [{**one, "properties": json.dumps(one["properties"])} for one in posthog_events()]
    assert objects == outcomes(*texts, layout=POSTHOG)
    kinds = [one.event["event_type"] for one in objects if isinstance(one, Found)]
    assert kinds == ["view", "cart_add", "purchase", "return", "view"]
    assert objects[-1].event["trust"] == 0.0


def test_what_posthog_captures_by_itself_is_left_out():
    found = outcomes(*posthog_events(), layout=POSTHOG)
    assert [one for one in found if isinstance(one, Unread)] == [Unread(0, "other")]


@pytest.mark.parametrize("broken", [[None], ["A"], [{}], [7, []]])
def test_a_refund_of_broken_products_is_a_bad_row_and_not_one_of_the_whole_order(broken):
    refund = order("Order Refunded", broken, "2026-11-19T09:00:00Z")
    found = outcomes(order("Order Completed", [SHIRT, SOCK]), refund)
    assert "return" not in [one.event["event_type"] for one in found if isinstance(one, Found)]
    assert len([one for one in found if isinstance(one, Bad)]) == len(broken)


@pytest.mark.parametrize("products", [None, [{**SHIRT, "quantity": 1}]])
@pytest.mark.parametrize("message", ["m-1", "m-2"])
def test_an_order_that_is_sent_again_after_it_was_cancelled_counts_once(products, message):
    bought = order("Order Completed", [SHIRT], messageId="m-1")
    cancelled = order("Order Cancelled", products, "2026-11-18T09:00:00Z")
    again = order("Order Completed", [SHIRT], messageId=message)
    found = events(bought, cancelled, again, cancelled)
    assert units(found, "purchase") == [("0042-S", 2.0)]
    assert units(found, "cancel") == [("0042-S", 2.0 if products is None else 1.0)]
