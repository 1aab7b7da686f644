import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import Catalogue, build_panel, describe_schema, read_events

FIXTURES = Path(__file__).parent / "fixtures"
KEY = b"0123456789abcdef0123456789abcdef"
SHOPS = {
    "shopify_orders": FIXTURES / "shopify_orders" / "orders_export_1.csv",
    "shopify_webhooks": FIXTURES / "shopify_webhooks" / "webhooks.jsonl",
    "woocommerce": FIXTURES / "woocommerce" / "orders.json",
}
UNITS = {  # sales, returns, cancels of lines with a SKU; see the tests of each schema
    "shopify_orders": (17, None, 3),
    "shopify_webhooks": (11, 2, 4),
    "woocommerce": (9, 3, 2),
}
pytestmark = pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")


def total(panel, channel):
    return None if channel not in panel else float(np.nansum(panel[channel]))


@pytest.mark.parametrize("schema", SHOPS)
def test_an_export_becomes_a_panel_with_its_totals(schema):
    events = read_events(SHOPS[schema], schema=schema, key=KEY)
    panel = build_panel(events, freq="D", tz="Europe/Berlin")
    found = tuple(total(panel, name) for name in ("sales", "returns", "cancellations"))
    assert found == UNITS[schema]


@pytest.mark.parametrize("schema", SHOPS)
def test_an_export_that_is_read_twice_counts_once(schema, tmp_path):
    for name in ("one", "two"):
        copy = tmp_path / (name + SHOPS[schema].suffix)
        copy.write_bytes(SHOPS[schema].read_bytes())
    events = read_events(tmp_path, schema=schema, key=KEY)
    panel = build_panel(events, freq="D", tz="Europe/Berlin")
    assert total(panel, "sales") == UNITS[schema][0]


@pytest.mark.parametrize("schema", SHOPS)
def test_nobody_can_be_told_from_the_events_the_bad_rows_or_the_warnings(schema, tmp_path):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        events = read_events(SHOPS[schema], schema=schema, key=KEY, bad_rows=tmp_path)
        held = events.to_frame().to_csv() + repr(events) + events.rejected.to_csv()
    held += "".join(str(one.message) for one in told)
    held += "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    for trace in ("canary", "@example", "203.0.113", "gclid", "+00 555", "#1001", "7410991465001"):
        assert trace not in held.lower()


@pytest.mark.parametrize("schema", SHOPS)
def test_a_key_is_needed_and_another_key_makes_other_pseudonyms(schema):
    with pytest.raises(ArgumentError, match="key"):
        read_events(SHOPS[schema], schema=schema)
    one, two = (
        read_events(SHOPS[schema], schema=schema, key=key).to_frame()["order_id"]
        for key in (KEY, KEY[::-1])
    )
    assert not set(one.dropna()) & set(two.dropna())
    assert one.nunique() == two.nunique() > 1


@pytest.mark.parametrize("schema", SHOPS)
def test_what_is_set_aside_and_what_is_not_read_is_counted(schema):
    events = read_events(SHOPS[schema], schema=schema, key=KEY)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", C2MWarning)
        events.to_frame()
    words = " ".join(str(one.message) for one in told)
    assert "set aside" in words
    assert "left out" in words


@pytest.mark.parametrize("schema", SHOPS)
def test_a_bad_row_is_an_error_where_that_is_asked_for(schema):
    events = read_events(SHOPS[schema], schema=schema, key=KEY, on_bad="error")
    with pytest.raises(DataError, match="row"):
        events.to_frame()


@pytest.mark.parametrize("schema", [*SHOPS, "shopify_products", "shopify_inventory"])
def test_a_person_is_told_what_is_read_and_what_is_dropped(schema):
    words = str(describe_schema(schema)) + describe_schema(schema)._repr_html_()
    assert "sku" in words
    assert len(describe_schema(schema).to_frame()) > 5


def test_the_stock_of_an_inventory_item_finds_its_sku_in_a_catalogue():
    events = read_events(SHOPS["shopify_webhooks"], schema="shopify_webhooks", key=KEY)
    items = pd.DataFrame(
        {
            "sku": ["PARKA-M", "PARKA-L", "TEE-M", "TEE-S", "SOCK-1", "BAG"],
            "inventory_item_id": ["9111", "9112", "9121", "9122", "9141", "9999"],
        }
    )
    catalogue = Catalogue.from_frame(items, sku="sku", variant_id="inventory_item_id")
    panel = build_panel(events, freq="D", tz="Europe/Berlin", catalogue=catalogue)
    assert total(panel, "sales") == UNITS["shopify_webhooks"][0]
    assert np.nanmax(panel["in_stock"][panel.skus.index("BAG")]) == 0


def states(schema):
    """Return two states of an order: 3 units, then 2."""
    if schema == "woocommerce":
        orders = json.loads(SHOPS[schema].read_text())
        first = next(one for one in orders if one["id"] == 728)
        then = {"date_modified_gmt": "2026-11-22T09:00:00"}
    else:
        sent = [json.loads(line) for line in SHOPS[schema].read_text().splitlines()]
        first = sent[1]["payload"]
        first["line_items"] = first["line_items"][1:]
        then = {"updated_at": "2026-11-22T10:00:00+01:00"}
    (line,) = first["line_items"]
    return first, first | then | {"line_items": [line | {"quantity": 2}]}


@pytest.mark.parametrize("schema", ["shopify_webhooks", "woocommerce"])
@pytest.mark.parametrize("latest_first", [False, True])
def test_the_state_that_was_written_last_counts_wherever_it_stands(schema, latest_first):
    sent = states(schema)[:: -1 if latest_first else 1]
    events = read_events(list(sent), schema=schema, key=KEY)
    panel = build_panel(events, freq="D", tz="Europe/Berlin")
    assert total(panel, "sales") == 2


@pytest.mark.parametrize("schema", ["shopify_webhooks", "woocommerce"])
def test_what_was_known_at_a_date_is_the_state_of_that_date(schema):
    events = read_events(list(states(schema)), schema=schema, key=KEY)
    panel = build_panel(events, freq="D", tz="UTC", as_of="2026-11-22 00:00")
    assert total(panel, "sales") == 3


def test_a_file_of_another_layout_is_refused_with_the_layout_that_it_has():
    with pytest.raises(DataError, match="shopify_orders"):
        read_events(SHOPS["shopify_orders"], schema="woocommerce", key=KEY)
