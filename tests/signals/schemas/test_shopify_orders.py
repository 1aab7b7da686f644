import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.schema import COLUMNS
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.shopify_orders import SHOPIFY_ORDERS as LAYOUT
from c2m.signals.schemas.values import micros

EXPORT = Path(__file__).parent / "fixtures" / "shopify_orders" / "orders_export_1.csv"


def rows():
    with EXPORT.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def convert(records):
    projected = [{name: row[name] for name in LAYOUT.fields if name in row} for row in records]
    return list(LAYOUT.convert(Record(place, row) for place, row in enumerate(projected)))


def events(outcomes, kind=None):
    found = [one.event for one in outcomes if isinstance(one, Found)]
    return [event for event in found if kind is None or event["event_type"] == kind]


def order(name):
    return [row for row in rows() if row["Name"] == name]


def line(**more):
    row = {
        "Name": "#1",
        "Financial Status": "paid",
        "Created at": "2026-11-22 10:00:00 +0100",
        "Lineitem quantity": "1",
        "Lineitem sku": "A",
        "Lineitem price": "10.00",
    }
    return row | more


def test_units_of_the_export_are_conserved():
    outcomes = convert(rows())
    units = Counter()
    for row in rows():
        units[row["Name"]] += int(row["Lineitem quantity"])
    bought = sum(event["quantity"] for event in events(outcomes, "purchase"))
    voided, nameless = units["#1005"], 1  # the line of #1006 without SKU is one unit
    assert bought + voided + nameless == sum(units.values())


def test_order_fields_are_carried_on_to_the_later_lines_of_the_order():
    found = events(convert(order("#1001")))
    assert [event["sku"] for event in found] == ["0042-S", "TEE-M", "TEE-M"]
    assert {event["currency"] for event in found} == {"EUR"}
    assert {event["order_id"] for event in found} == {"7410991465001"}
    assert {event["region"] for event in found} == {"DE"}


def test_rows_of_two_orders_may_be_mixed():
    mixed = [row for pair in zip(order("#1001"), order("#1003"), strict=False) for row in pair]
    found = events(convert(mixed))
    assert Counter(event["order_id"] for event in found) == {
        "7410991465001": 2,
        "7410991465003": 2,
    }


def test_a_line_above_the_first_row_of_its_order_is_set_aside():
    outcomes = convert(order("#1001")[::-1])
    assert [type(one) for one in outcomes] == [Bad, Bad, Found]
    assert "Financial Status" in outcomes[0].reason


def test_created_at_is_a_moment_in_the_zone_of_its_offset():
    first = events(convert(order("#1001")))[0]
    assert first["event_time"] == micros("2026-11-20T22:30:00Z")


def test_a_time_without_an_offset_is_set_aside():
    bad = convert([line(**{"Created at": "2026-11-22 10:00:00"})])[0]
    assert isinstance(bad, Bad)
    assert "offset" in bad.reason


def test_a_refund_of_an_order_makes_up_no_returns_and_is_counted_once():
    outcomes = convert(order("#1003"))
    assert not events(outcomes, "return")
    assert [one.kind for one in outcomes if isinstance(one, Unread)] == [
        "refund of an order, without its lines"
    ]
    assert sum(event["quantity"] for event in events(outcomes, "purchase")) == 4


def test_a_refunded_order_stays_a_purchase():
    assert [event["quantity"] for event in events(convert(order("#1002")), "purchase")] == [1.0]


def test_a_cancelled_order_is_a_purchase_and_a_cancel_of_the_same_units():
    outcomes = convert(order("#1004"))
    bought, cancelled = events(outcomes, "purchase"), events(outcomes, "cancel")
    assert [event["quantity"] for event in bought] == [event["quantity"] for event in cancelled]
    assert {event["event_time"] for event in cancelled} == {micros("2026-11-22T07:00:00Z")}
    assert {event["event_time"] for event in bought} == {micros("2026-11-21T11:00:00Z")}


def test_a_voided_order_that_nobody_cancelled_is_no_sale():
    assert convert(order("#1005")) == [Unread(0, "voided order")]


def test_a_pending_order_is_a_sale():
    assert len(events(convert(order("#1010")), "purchase")) == 1


def test_a_financial_status_that_is_not_known_is_set_aside_and_not_shown():
    (bad,) = convert([line(**{"Financial Status": "paid by Ann"})])
    assert isinstance(bad, Bad)
    assert "Ann" not in bad.reason + bad.fix


def test_a_line_without_sku_is_set_aside_and_its_name_is_not_read():
    outcomes = convert(order("#1006"))
    assert [type(one) for one in outcomes] == [Bad, Found]
    assert outcomes[0].reason == "no 'Lineitem sku'"


def test_a_line_of_no_units_is_not_read():
    outcomes = convert(order("#1007"))
    assert outcomes[0] == Unread(0, "line of 0 units")
    assert [event["sku"] for event in events(outcomes)] == ["SOCK-1"]


@pytest.mark.parametrize("quantity", ["-1", "1.5", "", "two", "99999999999"])
def test_a_quantity_that_is_no_number_of_units_is_set_aside(quantity):
    (bad,) = convert([line(**{"Lineitem quantity": quantity})])
    assert isinstance(bad, Bad)


def test_the_discount_of_a_line_is_shared_by_its_units():
    prices = {event["sku"]: event["unit_price"] for event in events(convert(order("#1003")))}
    assert prices == {"SOCK-1": 9.0, "TEE-M": 12.0}


def test_a_discount_above_the_price_of_the_line_is_set_aside():
    (bad,) = convert([line(**{"Lineitem discount": "10.01"})])
    assert isinstance(bad, Bad)
    assert events(convert([line(**{"Lineitem discount": "10.00"})]))[0]["unit_price"] == 0


def test_source_is_the_channel_and_only_a_till_is_a_store():
    (till,), (packed,) = events(convert(order("#1008"))), events(convert(order("#1009")))
    assert (till["channel"], till["store_id"]) == ("pos", "Hamburg Store")
    assert packed["channel"] == "web"
    assert "store_id" not in packed


def test_a_country_that_is_no_code_is_unknown():
    assert all("region" not in event for event in events(convert(order("#1007"))))


def test_an_order_is_known_by_its_name_where_there_is_no_id():
    assert events(convert([line()]))[0]["order_id"] == "#1"


def test_orders_of_two_shops_may_share_a_name():
    twice = convert([line(Id="7", Currency="EUR"), line(Id="8")])
    assert [event["order_id"] for event in events(twice)] == ["7", "8"]
    assert "currency" not in events(twice)[1]


def test_equal_lines_of_an_order_are_different_events_and_a_second_export_repeats_them():
    once, again = events(convert(rows())), events(convert(rows()[3:] + rows()[:3]))
    ids = [event["event_id"] for event in once]
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(event["event_id"] for event in again)


def test_nobody_can_be_told_from_the_events():
    outcomes = convert(rows())
    text = repr([one.event if isinstance(one, Found) else one for one in outcomes]).lower()
    assert "canary" not in text
    assert "user_key" not in text


def test_events_hold_no_other_columns_than_the_layout_says():
    named = {name for event in events(convert(rows())) for name in event}
    assert named <= set(COLUMNS)
    assert named - {"event_type"} <= set(LAYOUT.reads)


def test_personal_columns_are_never_asked_for():
    personal = ("Email", "Phone", "Billing", "Notes", "Note Attributes", "Lineitem name", "Tags")
    assert not [name for name in LAYOUT.fields if name.startswith(personal)]
    shipping = [name for name in LAYOUT.fields if name.startswith("Shipping")]
    assert shipping == ["Shipping Country"]


lines = st.builds(
    line,
    **{
        "Name": st.sampled_from(["#1", "#2", "", None]),
        "Financial Status": st.sampled_from(["paid", "voided", "", "refunded", "odd"]),
        "Lineitem quantity": st.sampled_from(["0", "1", "7", "-2", "x", ""]),
        "Lineitem sku": st.sampled_from(["A", "B", "", None]),
        "Lineitem discount": st.sampled_from(["", "0.00", "3", "9999", "-1"]),
        "Cancelled at": st.sampled_from(["", "2026-11-23 10:00:00 +0100", "tomorrow"]),
        "Refunded Amount": st.sampled_from(["", "0.00", "5.00", "x"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(lines, max_size=8))
def test_every_row_is_found_set_aside_or_not_read(exported):
    outcomes = convert(exported)
    assert {one.row for one in outcomes} == set(range(len(exported)))
    for event in events(outcomes):
        assert event["quantity"] > 0
        assert event.get("unit_price", 0) >= 0
    bought = sum(event["quantity"] for event in events(outcomes, "purchase"))
    aside = {one.row for one in outcomes if not isinstance(one, Found)} - {
        one.row for one in outcomes if isinstance(one, Found)
    }
    left = [row for place, row in enumerate(exported) if place not in aside]
    assert bought == sum(int(row["Lineitem quantity"]) for row in left)
