"""Adobe Analytics: the traps of data feeds and product strings."""

from pathlib import Path

import pandas as pd
import pytest

import c2m
from c2m.errors import C2MWarning
from c2m.signals.schemas.adobe import ADOBE
from c2m.signals.schemas.adobe_products import EVENTS, read_events, read_products
from c2m.signals.schemas.layout import Bad, Found, Record, Unread

FIXTURE = Path(__file__).parent / "fixtures" / "adobe" / "hit_data.tsv"
KEY = bytes(range(32))


def hit(names, products, **more):
    values = {
        **{"hit_time_gmt": "1763280000", "post_event_list": names, "post_product_list": products},
        **{"post_visid_high": "5", "post_visid_low": "6", "hitid_high": "1", "hitid_low": "2"},
        **{"exclude_hit": "0", "duplicate_purchase": "0", "currency": "EUR", "curr_rate": "1.0"},
    }
    return {**values, **more}


def outcomes(*hits):
    return list(ADOBE.convert(Record(row, values) for row, values in enumerate(hits)))


def events(*hits):
    return [one.event for one in outcomes(*hits) if isinstance(one, Found)]


def test_the_price_of_a_product_is_that_of_all_its_units():
    [socks] = events(hit("1", "Basics;0050;10;29.90"))
    assert (socks["quantity"], socks["unit_price"]) == (10.0, pytest.approx(2.99))


def test_a_product_has_category_name_quantity_price_events_and_evars():
    [one] = read_products("Shirts;0042-S;2;39.00;event1=4.99|200=5;eVar1=a|eVar2=b")
    assert (one.name, one.quantity, one.total, one.unit_price) == ("0042-S", 2.0, 39.0, 19.5)


def test_examples_of_the_documentation():
    listed = (
        "Example category 1;Example product 1;9;26.91,Example category;Example product 2;4;9.96"
    )
    assert [round(one.unit_price, 2) for one in read_products(listed)] == [2.99, 2.49]
    short = "Example category;Example product 1,;Example product 2"
    assert [one.name for one in read_products(short)] == ["Example product 1", "Example product 2"]
    [bare] = read_products(";Example product;;;;eVar1=Merchandising value")
    assert (bare.name, bare.quantity, bare.total) == ("Example product", None, None)


def test_a_caret_takes_the_meaning_from_a_mark():
    [one] = read_products("a^;b;Shirt^, blue^; ^^ x^=1;1;5")
    assert one.name == "Shirt, blue; ^ x=1"


@pytest.mark.parametrize("value", ["", ",", ";", "^", ",,;;", ";;;;;;;;", "^^^", "a^", "\x00;,^"])
def test_broken_strings_are_read_without_an_error(value):
    assert all(one.quantity is None for one in read_products(value))
    assert read_events(value) == []


def test_events_are_numbers_or_names_with_values_and_ids():
    assert read_events("1,2,10,11,12,13,14,100,200") == list(EVENTS.values())
    assert read_events("1=2,12=1,purchase:A9,SCADD") == ["purchase", "scAdd"]
    assert read_events("21,112,1000,event1,x") == []


def test_every_event_of_a_hit_counts_for_every_product():
    found = events(hit("2,12", ";A,;B"))
    assert [(one["event_type"], one["sku"]) for one in found] == [
        *[("view", "A"), ("view", "B")],
        *[("cart_add", "A"), ("cart_add", "B")],
    ]
    assert len({one["event_id"] for one in found}) == 4


def test_quantity_and_price_count_in_purchases_only():
    [added] = events(hit("12", ";A;3;99.00"))
    assert not {"quantity", "unit_price", "currency"} & set(added)


def test_products_without_a_cart_event_are_a_view_as_for_adobe():
    found = events(hit("", ";A"), hit("100,201", ";A"))
    assert [one["event_type"] for one in found] == ["view", "view"]
    assert outcomes(hit("14", ";A"), hit("100", "")) == [Unread(0, "other"), Unread(1, "other")]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"exclude_hit": "1"}, "exclude_hit"),
        ({"exclude_hit": 4}, "exclude_hit"),
        ({"exclude_hit": "yes"}, "exclude_hit"),
        ({"duplicate_purchase": "1"}, "duplicate_purchase"),
        ({"hit_source": "5"}, "hit_source (uploaded summaries)"),
    ],
)
def test_hits_that_are_none_for_adobe_are_left_out_and_counted(more, kind):
    assert outcomes(hit("1", ";A;1;5", **more)) == [Unread(0, kind)]


def test_a_purchaseid_counts_once_in_a_file():
    found = outcomes(*(hit("1", ";A;1;5", purchaseid="P-1", hitid_low=low) for low in "34"))
    assert [type(one) for one in found] == [Found, Unread]


def test_the_currency_is_known_where_prices_were_not_converted():
    same, other, raw = (
        hit("1", ";A;1;5"),
        hit("1", ";A;1;5", currency="USD", curr_rate="1.0834"),
        hit("1", None, product_list=";A;1;5", currency="USD", curr_rate="1.0834"),
    )
    found = events(same, other, raw)
    assert [one.get("currency") for one in found] == ["EUR", None, "USD"]


def test_a_hit_of_an_app_that_comes_late_has_its_own_time():
    [late] = events(hit("2", ";A", cust_hit_time_gmt="1763270000"))
    assert late["event_time"] == 1_763_270_000_000_000
    assert late["ingest_time"] == 1_763_280_000_000_000
    [plain] = events(hit("2", ";A", cust_hit_time_gmt="0"))
    assert plain["event_time"] == 1_763_280_000_000_000


@pytest.mark.parametrize("time", [None, "", "never", "1e400", "-99999999999999"])
def test_a_hit_without_a_time_is_bad(time):
    [found] = outcomes(hit("2", ";A", hit_time_gmt=time))
    assert isinstance(found, Bad)


@pytest.mark.parametrize(
    "product", [";A;two;5", ";A;1;five", ";A;0;5", ";A;-1;5", ";A;1;-5", ";;1;5"]
)
def test_a_broken_product_of_a_purchase_is_bad_and_the_others_count(product):
    found = outcomes(hit("1", f"{product},;B;1;7.00"))
    assert [type(one) for one in found] == [Bad, Found]


def test_a_purchase_or_view_without_a_product_is_bad_a_checkout_is_not():
    found = outcomes(hit("1", ""), hit("2", ""), hit("11", ""))
    assert [type(one) for one in found] == [Bad, Bad, Found]


def test_a_visitor_without_an_id_has_no_user():
    [found] = events(hit("2", ";A", post_visid_high="0", post_visid_low="0"))
    assert "user_key" not in found


def test_a_feed_becomes_a_panel_whatever_it_lies_in(tmp_path):
    table = pd.read_csv(FIXTURE, sep="\t", dtype=str, quoting=3, escapechar="\\")
    table.to_parquet(tmp_path / "feed.parquet")
    panels = []
    for path in (FIXTURE, tmp_path / "feed.parquet"):
        log = c2m.read_events(path, schema="adobe", key=KEY)
        with pytest.warns(C2MWarning):
            panels.append(c2m.build_panel(log, freq="D", tz="UTC").to_frame())
    assert panels[0].equals(panels[1])
    socks = panels[0][panels[0]["sku"] == "0050"]
    assert socks["sales"].tolist() == [12.0, 0.0]
    shirts = panels[0][panels[0]["sku"] == "0042-S"]
    assert shirts["revenue"].tolist() == [39.0, 0.0]
    assert shirts["views"].tolist() == [2.0, 1.0]


def test_quotation_marks_in_a_feed_mean_nothing(tmp_path):
    names = ["hit_time_gmt", "post_event_list", "post_product_list"]
    rows = [names, ["1763280000", "2", '"12" pan;"A"'], ["1763280001", "2", ';"B']]
    path = tmp_path / "hit_data.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    found = c2m.read_events(path, schema="adobe", key=KEY).to_frame()
    assert found["sku"].tolist() == ['"A"', '"B']


def test_of_a_duplicate_purchase_the_other_events_of_the_hit_count():
    found = outcomes(hit("1,12", ";A;1;5", duplicate_purchase="1"))
    assert [one.event["event_type"] for one in found if isinstance(one, Found)] == ["cart_add"]
    assert [one.kind for one in found if isinstance(one, Unread)] == ["duplicate_purchase"]
