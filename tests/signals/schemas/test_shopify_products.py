import csv
from pathlib import Path

import pandas as pd
import pytest

from c2m.errors import C2MWarning, DataError
from c2m.signals.schemas.layout import Bad, Found, Record, Unread
from c2m.signals.schemas.shopify_catalogue import COLOUR, SIZE, shopify_catalogue
from c2m.signals.schemas.shopify_inventory import SHOPIFY_INVENTORY
from c2m.signals.schemas.shopify_products import SHOPIFY_PRODUCTS
from c2m.signals.schemas.values import micros

FIXTURES = Path(__file__).parent / "fixtures"
FILES = ["products_old.csv", "products_new.csv"]
DAY = "2026-11-22T00:00:00Z"


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def convert(layout, path):
    kept = [{name: row[name] for name in layout.fields if name in row} for row in rows(path)]
    return list(
        layout.convert(Record(place, {**row, "date": DAY}) for place, row in enumerate(kept))
    )


def catalogue(source):
    with pytest.warns(C2MWarning, match="1 variants of `products` have no SKU"):
        return shopify_catalogue(source)


@pytest.mark.parametrize("name", FILES)
def test_old_and_new_exports_hold_the_same_levels(name):
    outcomes = convert(SHOPIFY_PRODUCTS, FIXTURES / "shopify_products" / name)
    levels = {one.event["sku"]: one.event["quantity"] for one in outcomes if isinstance(one, Found)}
    assert levels == {"PARKA-RED-M": 3.0, "PARKA-L": 0.0, "TEE-S": 0.0, "TEE-M": 0.0}
    assert {one.event["event_time"] for one in outcomes if isinstance(one, Found)} == {micros(DAY)}


@pytest.mark.parametrize("name", FILES)
def test_pictures_and_untracked_stock_are_not_read_and_a_variant_without_sku_is_set_aside(name):
    outcomes = convert(SHOPIFY_PRODUCTS, FIXTURES / "shopify_products" / name)
    assert [one.kind for one in outcomes if isinstance(one, Unread)] == [
        "row of a picture",
        "stock that is not tracked",
    ]
    assert [one.reason for one in outcomes if isinstance(one, Bad)] == ["a variant without SKU"]
    assert len(outcomes) == 7


@pytest.mark.parametrize("name", FILES)
def test_what_is_sold_on_without_stock_is_in_stock(name):
    outcomes = convert(SHOPIFY_PRODUCTS, FIXTURES / "shopify_products" / name)
    there = {
        one.event["sku"] for one in outcomes if isinstance(one, Found) and one.event["in_stock"]
    }
    assert there == {"PARKA-RED-M", "TEE-M"}


def test_an_export_without_a_date_is_no_level():
    row = {"SKU": "A", "Inventory quantity": "3", "Inventory tracker": "shopify"}
    assert [type(one) for one in SHOPIFY_PRODUCTS.convert([Record(0, row)])] == [Bad]


def test_the_inventory_of_a_location_that_does_not_stock_it_is_unknown():
    (path,) = (FIXTURES / "shopify_inventory").iterdir()
    outcomes = convert(SHOPIFY_INVENTORY, path)
    assert [type(one) for one in outcomes] == [Found, Found, Found, Unread, Found, Bad]
    stores = {one.event["store_id"] for one in outcomes if isinstance(one, Found)}
    assert stores == {"Warehouse 1", "Hamburg Store"}


def test_available_is_what_can_be_sold_and_on_hand_is_not():
    (path,) = (FIXTURES / "shopify_inventory").iterdir()
    first = convert(SHOPIFY_INVENTORY, path)[0].event
    assert first["quantity"] == 3.0  # of 4 on hand


@pytest.mark.parametrize("name", FILES)
def test_the_catalogue_has_a_row_a_sku_with_the_fields_of_its_product(name):
    frame = catalogue(FIXTURES / "shopify_products" / name).set_index("sku")
    assert frame.index.tolist() == ["PARKA-RED-M", "PARKA-L", "TEE-S", "TEE-M", "SOCK-1"]
    assert frame.loc["PARKA-L"].to_dict() == {
        "product_id": "parka",
        "style": "Nordic Parka",
        "colour": "Red",
        "size": "L",
        "vendor": "Nordlicht",
        "department": "Jackets",
        "list_price": 80.0,
        "fit": "Wide",
    }


@pytest.mark.parametrize("name", FILES)
def test_a_product_without_options_has_neither_colour_nor_size(name):
    frame = catalogue(FIXTURES / "shopify_products" / name).set_index("sku")
    assert frame.loc["SOCK-1", ["colour", "size", "fit"]].isna().all()
    assert "title" not in frame


def test_old_and_new_exports_make_the_same_catalogue():
    old, new = (catalogue(FIXTURES / "shopify_products" / name) for name in FILES)
    pd.testing.assert_frame_equal(old, new)


def test_descriptions_and_tags_are_not_read():
    frame = catalogue(FIXTURES / "shopify_products" / "products_old.csv")
    assert "canary" not in repr(frame.to_dict()).lower()


@pytest.mark.parametrize(
    ("option", "attribute"),
    [
        ("Colour", "colour"),
        ("COULEUR", "colour"),
        ("Farbe", "colour"),
        ("颜色", "colour"),
        ("Taille", "size"),
        ("GRÖSSE", "size"),
        ("Größe", "size"),
        ("Length", "length"),
        ("Vendor", "option vendor"),
    ],
)
def test_names_of_options_become_attributes(option, attribute):
    export = pd.DataFrame(
        {
            "Handle": ["x"],
            "Title": ["X"],
            "Variant SKU": ["1"],
            "Option1 Name": [option],
            "Option1 Value": ["v"],
        }
    )
    assert shopify_catalogue(export)[attribute].tolist() == ["v"]


def test_no_word_is_a_colour_and_a_size():
    assert not COLOUR & SIZE
    assert all(word == word.casefold() or "ß" in word for word in COLOUR | SIZE)


def test_skus_that_two_variants_share_are_counted():
    export = pd.DataFrame({"Handle": ["x", "y"], "Variant SKU": ["1", "1"]})
    with pytest.warns(C2MWarning, match="1 rows of `products` repeat the SKU"):
        assert len(shopify_catalogue(export)) == 2


def test_another_table_is_no_products_export():
    with pytest.raises(DataError, match="no column 'Handle' \\(in new exports 'URL handle'\\)"):
        shopify_catalogue(pd.DataFrame({"sku": ["1"]}))
