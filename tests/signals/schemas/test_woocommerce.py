import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.schema import COLUMNS
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.values import micros
from c2m.signals.schemas.woocommerce import WOOCOMMERCE as LAYOUT

ORDERS = Path(__file__).parent / "fixtures" / "woocommerce" / "orders.json"


def objects():
    return json.loads(ORDERS.read_text())


def convert(bodies):
    projected = [{name: one[name] for name in LAYOUT.fields if name in one} for one in bodies]
    return list(LAYOUT.convert(Record(place, one) for place, one in enumerate(projected)))


def events(outcomes, kind=None):
    found = [one.event for one in outcomes if isinstance(one, Found)]
    return [event for event in found if kind is None or event["event_type"] == kind]


def read(number):
    return convert([one for one in objects() if one["id"] == number])


def test_units_of_paid_orders_and_of_refunds_are_conserved():
    outcomes = convert(objects())
    paid = {727, 728, 729, 735, 736, 738}
    sold = sum(
        line["quantity"]
        for one in objects()
        if one["id"] in paid
        for line in one["line_items"]
        if line["sku"] or line["product_id"]
    )
    back = -sum(
        line["quantity"] for one in objects() if "amount" in one for line in one["line_items"]
    )
    assert sum(event["quantity"] for event in events(outcomes, "purchase")) == sold
    assert sum(event["quantity"] for event in events(outcomes, "return")) == back


@pytest.mark.parametrize(
    ("number", "kind"),
    [(730, "pending"), (731, "on-hold"), (732, "failed"), (733, "trash"), (734, "cancelled")],
)
def test_orders_that_were_not_paid_are_no_sales(number, kind):
    assert read(number) == [Unread(0, f"{kind} order")]


@pytest.mark.parametrize("number", [727, 728, 729])
def test_orders_that_were_paid_are_sales(number):
    assert events(read(number), "purchase")


def test_a_status_of_a_plug_in_is_a_sale_where_it_was_paid():
    assert len(events(read(736), "purchase")) == 1
    (unread,) = read(737)
    assert unread == Unread(0, "order of another status, never paid")


def test_a_paid_order_that_was_cancelled_is_a_purchase_and_a_cancel_of_the_same_day():
    bought, cancelled = events(read(735))
    assert (bought["event_type"], cancelled["event_type"]) == ("purchase", "cancel")
    assert bought["event_time"] == cancelled["event_time"]
    assert bought["quantity"] == cancelled["quantity"] == 2


def test_a_guest_is_no_user():
    assert all("user_key" not in event for event in events(read(728)))
    assert {event["user_key"] for event in events(read(727))} == {"26"}


def test_times_are_those_in_utc_and_not_those_on_the_clock_of_the_shop():
    assert events(read(727))[0]["event_time"] == micros("2026-11-20T23:30:00Z")


def test_money_is_text_and_the_price_is_the_total_by_unit():
    assert [event["unit_price"] for event in events(read(727))] == [3.0, 12.0]


def test_a_product_without_variations_has_no_variant_and_one_without_sku_has_its_ids():
    first, second = events(read(727))
    assert (first["sku"], first["product_id"]) == ("0042", "93")
    assert "variant_id" not in first
    assert "sku" not in second
    assert (second["product_id"], second["variant_id"]) == ("22", "23")


def test_a_line_of_no_product_is_set_aside_and_one_of_no_units_is_not_read():
    outcomes = read(738)
    assert [type(one) for one in outcomes] == [Bad, Unread]


def test_a_refund_takes_back_the_units_of_its_lines_on_its_own_day():
    (event,) = events(read(741))
    assert (event["event_type"], event["quantity"], event["order_id"]) == ("return", 1.0, "729")
    assert event["event_time"] == micros("2026-11-23T08:00:00Z")
    assert event["unit_price"] == 10.0


def test_a_refund_without_parent_is_known_by_its_link_to_the_order():
    outcomes = read(742)
    assert [event["order_id"] for event in events(outcomes)] == ["728"]
    assert [one.kind for one in outcomes if isinstance(one, Unread)] == ["refund of 0 units"]


def test_a_refund_of_money_alone_is_counted_as_not_read():
    assert read(743) == [Unread(0, "refund without lines")]


def test_the_refund_in_an_order_makes_up_no_units():
    outcomes = read(729)
    assert not events(outcomes, "return")
    assert Unread(0, "refund in an order, without its lines") in outcomes


def test_a_refund_whose_lines_are_in_its_order_is_the_same_event_as_the_refund_alone():
    refund = next(one for one in objects() if one["id"] == 741)
    order = next(one for one in objects() if one["id"] == 729)
    inside = events(convert([order | {"refunds": [refund]}]), "return")
    alone = events(convert([refund]))
    assert [event["event_id"] for event in inside] == [event["event_id"] for event in alone]
    assert [event["order_id"] for event in inside] == ["729"]


def test_a_refund_of_units_above_zero_is_set_aside():
    refund = next(one for one in objects() if one["id"] == 741)
    refund["line_items"][0]["quantity"] = 1
    assert [type(one) for one in convert([refund])] == [Bad]


def test_only_the_words_of_a_campaign_are_read():
    event = events(read(727))[0]
    assert (event["source"], event["medium"]) == ("news", "email")
    assert "campaign" not in event  # it held an address
    assert event["region"] == "US"


def test_nobody_can_be_told_from_the_events():
    outcomes = convert(objects())
    text = repr([one.event if isinstance(one, Found) else one for one in outcomes]).lower()
    assert "canary" not in text
    assert "203.0.113" not in text


def test_events_hold_no_other_columns_than_the_layout_says():
    named = {name for event in events(convert(objects())) for name in event}
    assert named <= set(COLUMNS)
    assert named - {"event_type"} <= set(LAYOUT.reads)


def test_every_event_has_an_id_of_its_own():
    ids = Counter(event["event_id"] for event in events(convert(objects())))
    assert max(ids.values()) == 1


plain = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.floats()
anything = (
    plain | st.lists(plain, max_size=2) | st.lists(st.dictionaries(st.text(max_size=2), plain))
)
odd = st.dictionaries(st.sampled_from(LAYOUT.fields), anything, max_size=4)
known = st.sampled_from(objects())
mixed = st.tuples(known, odd).map(lambda pair: pair[0] | pair[1])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(odd, mixed), max_size=4))
def test_whatever_a_file_holds_every_object_has_an_outcome(bodies):
    outcomes = convert(bodies)
    assert all(event["quantity"] > 0 for event in events(outcomes))
    assert {one.row for one in outcomes} == set(range(len(bodies)))
