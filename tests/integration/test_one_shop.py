"""One small shop, seen by Shopify and by Google Analytics: one truthful panel of SKUs.

Shopify names SKUs, Analytics numbers products (7711, 7722). Order 9001 is in both; the order of
two beanies (9003) reached Analytics only. A parka was bought in the store by its old SKU.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError
from c2m.signals import Catalogue, build_panel, combine, match_ids, read_events
from c2m.signals.schemas.shopify_catalogue import shopify_catalogue
from c2m.signals.store import DayStore

FOLDER = Path(__file__).parents[1] / "signals" / "schemas" / "fixtures" / "one_shop"
KEY = bytes(range(32))
NAN = np.nan

SKUS = ["0042", "PARKA-BLU-M", "PARKA-RED-M", "PARKA-RED-S"]
SHOPIFY_SALES = [[NAN, 1, 0], [0, 0, 1], [1, 0, 0], [0, 2, 0]]  # 16, 17, 18 November in Berlin


@pytest.fixture(scope="module")
def sources():
    return {
        "shopify": read_events(FOLDER / "orders.csv", schema="shopify_orders", key=KEY),
        "ga4": read_events(FOLDER / "ga4.jsonl", schema="ga4", key=KEY, consent="all"),
    }


@pytest.fixture(scope="module")
def catalogue():
    products = pd.read_csv(FOLDER / "products.csv", dtype=str)
    found = Catalogue.from_frame(shopify_catalogue(products))
    found = found.with_ids(
        "ga4", {"7711": "nordlicht-parka", "7722": "fjord-beanie"}, level="product_id"
    )
    return found.replaced({"PARKA-NAVY-M": "PARKA-BLU-M"})


def count(sources, catalogue, purchases="shopify", **arguments):
    """Return the panel, and what was told on the way."""
    events = combine(sources, authority={"purchase": purchases})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel = build_panel(
            events, **({"freq": "D", "tz": "Europe/Berlin", "catalogue": catalogue} | arguments)
        )
    return panel, [str(one.message) for one in caught]


def told_of(told, *parts):
    return any(all(part in sentence for part in parts) for sentence in told)


def test_one_shop_becomes_one_truthful_panel_of_skus(sources, catalogue):
    panel, _ = count(sources, catalogue)
    assert panel.skus == SKUS
    assert [f"{day:%d}" for day in panel.periods] == ["16", "17", "18"]
    np.testing.assert_array_equal(panel["sales"], SHOPIFY_SALES)
    np.testing.assert_array_equal(
        panel["revenue"], [[NAN, 24.5, 0], [0, 0, 119], [129, 0, 0], [0, 258, 0]]
    )
    parka = [3, 1, 0]
    np.testing.assert_array_equal(panel["product_views"], [[NAN, 1, 0], parka, parka, parka])
    users = [2, 1, 0]
    np.testing.assert_array_equal(panel["product_view_users"], [[NAN, 1, 0], users, users, users])
    carts = [1, 0, 0]
    np.testing.assert_array_equal(panel["product_carts"], [[NAN, 0, 0], carts, carts, carts])
    assert not {"views", "carts", "product_sales"} & set(panel.channels)
    assert panel.currency == "EUR"
    assert panel.attributes["product_id"].tolist() == ["fjord-beanie", *["nordlicht-parka"] * 3]
    assert panel.attributes["colour"].tolist()[1:] == ["Blue", "Red", "Red"]


def test_everything_that_was_left_out_or_assumed_is_told(sources, catalogue):
    _, told = count(sources, catalogue)
    assert told_of(told, "2 purchase events of 'ga4' are left out: 'shopify' has the authority")
    assert told_of(told, "1 of 11 events name 1 ids", "(ga4 view 1; most often '9999' (1))")
    assert told_of(told, "1 events name 1 replaced SKUs (most often 'PARKA-NAVY-M')")
    assert told_of(told, "2 series begin with an event of what they belong to", "(0 have none)")


def test_an_order_that_only_analytics_saw_is_added_to_its_product(sources, catalogue):
    panel, told = count(sources, catalogue, ("shopify", "ga4"))
    np.testing.assert_array_equal(panel["sales"], SHOPIFY_SALES)
    beanie, parka = [NAN, 2, 0], [0, 0, 0]
    np.testing.assert_array_equal(panel["product_sales"], [beanie, parka, parka, parka])
    assert told_of(told, "1 are of orders that 'shopify' has", "1 are of orders that it has not")


def test_a_panel_of_products_adds_sales_and_counts_views_once(sources, catalogue):
    panel, _ = count(sources, catalogue, ("shopify", "ga4"), level="product_id")
    assert panel.skus == ["fjord-beanie", "nordlicht-parka"]
    np.testing.assert_array_equal(panel["sales"], [[NAN, 3, 0], [1, 2, 1]])
    np.testing.assert_array_equal(panel["views"], [[NAN, 1, 0], [3, 1, 0]])


def test_users_of_a_product_are_distinct_over_the_whole_week(sources, catalogue):
    panel, _ = count(sources, catalogue, level="style", freq="W", span=("2026-11-16", "2026-11-22"))
    assert panel.skus == ["Fjord Beanie", "Nordlicht Parka"]
    np.testing.assert_array_equal(panel["sales"], [[1], [4]])
    np.testing.assert_array_equal(panel["views"], [[1], [4]])
    np.testing.assert_array_equal(panel["view_users"], [[1], [2]])


def test_without_an_authority_the_sale_that_both_saw_is_refused(sources):
    with pytest.raises(ArgumentError, match=r"purchase \(shopify 4, ga4 2\)"):
        combine(sources).to_arrow()


def test_the_ids_of_both_systems_are_accounted_for(sources, catalogue):
    assert match_ids(sources["shopify"], catalogue).unmatched.empty
    matching = match_ids(sources["ga4"], catalogue)
    assert matching.unmatched[["id", "events"]].to_numpy().tolist() == [["9999", 1]]
    assert matching.counts["events"].sum() == 9


def test_no_personal_value_comes_through(sources):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = combine(sources, authority={"purchase": "shopify"}).to_frame()
    seen = " ".join(map(str, frame.astype("str").to_numpy().ravel()))
    for personal in ("example.com", "Ann", "1111.1763", "7410991469001", "#1001"):
        assert personal not in seen


def test_a_store_of_the_combined_log_gives_the_same_panel(sources, catalogue, tmp_path):
    direct, _ = count(sources, catalogue)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store = DayStore(tmp_path / "store")
        store.add(combine(sources, authority={"purchase": "shopify"}))
        stored = store.panel("D", tz="Europe/Berlin", catalogue=catalogue)
    assert stored == direct


def test_stores_of_each_system_combine_as_their_logs_do(sources, catalogue, tmp_path):
    stores = {name: DayStore(tmp_path / name) for name in sources}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, store in stores.items():
            store.add(sources[name])
    kept = {name: store.events() for name, store in stores.items()}
    assert count(kept, catalogue)[0] == count(sources, catalogue)[0]
