import warnings

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import Catalogue, build_panel, match_ids, read_events

NAN = np.nan

CATALOGUE = pd.DataFrame(
    {
        "sku": ["P-S", "P-M", "H-S"],
        "variant_id": ["1", "2", "3"],
        "product_id": ["77", "77", "88"],
        "style": ["OUTER", "OUTER", "HATS"],
        "size": ["S", "M", "S"],
    }
)


def make_log(rows):
    """Rows: day of November, kind, sku, product, variant, user, quantity, source."""
    names = [
        *("day", "event_type", "sku", "product_id", "variant_id", "user_key", "quantity"),
        "source_system",
    ]
    frame = pd.DataFrame(rows, columns=names)
    days = pd.to_datetime("2026-11-" + frame.pop("day").astype(str), utc=True)
    return frame.assign(event_time=days)


def event(day, kind, sku=None, product=None, variant=None, user="ann", units=1.0, source="shop"):
    return (day, kind, sku, product, variant, user, units, source)


def count(rows, catalogue=None, **arguments):
    """Return the panel and what was told."""
    catalogue = Catalogue.from_frame(CATALOGUE) if catalogue is None else catalogue
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel = build_panel(
            read_events(make_log(rows)),
            **({"freq": "D", "tz": "UTC", "catalogue": catalogue} | arguments),
        )
    return panel, [str(one.message) for one in caught]


SHOP = [
    event(16, "purchase", sku="P-S", units=2),
    event(16, "view", product="77", user="ann"),
    event(16, "view", product="77", user="ann"),
    event(17, "view", product="77", user="bob"),
    event(17, "view", product="88", user="bob"),
    event(17, "purchase", variant="3", user="bob", units=3),
]


# ---------------------------------------------------------------- coarser than a SKU


def test_views_of_a_product_stand_on_each_of_its_skus_under_a_name_of_their_own():
    panel, _ = count(SHOP)
    assert panel.skus == ["H-S", "P-M", "P-S"]
    np.testing.assert_array_equal(panel["product_views"], [[NAN, 1], [2, 1], [2, 1]])
    np.testing.assert_array_equal(panel["product_view_users"], [[NAN, 1], [1, 1], [1, 1]])
    assert "views" not in panel
    assert panel.attributes["size"].tolist() == ["S", "M", "S"]


def test_sales_of_a_variant_are_sales_of_its_sku():
    panel, _ = count(SHOP)
    np.testing.assert_array_equal(panel["sales"], [[NAN, 3], [0, 0], [2, 0]])


def test_a_size_that_only_its_product_tells_of_sells_nothing_and_that_is_told():
    _, told = count(SHOP)
    assert any("1 series begin with an event of what they belong to" in one for one in told)
    assert any("(1 have none)" in one for one in told)


def test_sales_that_name_only_a_product_do_not_vanish():
    panel, told = count([*SHOP, event(17, "purchase", product="77", units=5)])
    np.testing.assert_array_equal(panel["product_sales"], [[NAN, 0], [0, 5], [0, 5]])
    np.testing.assert_array_equal(panel["sales"], [[NAN, 3], [0, 0], [2, 0]])
    assert any(
        "1 purchase events name no SKU but what it belongs to (2 a SKU, 1 a product)" in one
        and "in product_sales, the same number on each SKU, and not in sales" in one
        for one in told
    )


def test_a_log_of_products_only_says_at_which_level_to_count():
    with pytest.raises(DataError, match="pass level='product_id'"):
        count([event(16, "purchase", product="77")])


def test_a_variant_with_several_sizes_is_a_level_of_its_own():
    frame = CATALOGUE.assign(variant_id=["red", "red", "blue"])
    catalogue = Catalogue.from_frame(frame, shared_variants=True)
    panel, _ = count([*SHOP[:1], event(16, "purchase", variant="red", units=4)], catalogue)
    np.testing.assert_array_equal(panel["variant_sales"], [[4], [4]])
    assert panel.skus == ["P-M", "P-S"]


def test_events_by_channel_stay_in_their_channel():
    log = make_log(SHOP).assign(channel=["web", "web", "web", "app", "app", "app"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = build_panel(
            read_events(log),
            freq="D",
            tz="UTC",
            key=("sku", "channel"),
            catalogue=Catalogue.from_frame(CATALOGUE),
        )
    views = panel.to_frame().dropna(subset="product_views")
    assert views.groupby("channel")["product_views"].sum().to_dict() == {"app": 3, "web": 4}


# ---------------------------------------------------------------- a coarser panel


def test_a_panel_of_products_adds_sales_and_counts_views_and_users_once():
    rows = [*SHOP, event(16, "view", sku="P-S", user="ann"), event(16, "view", sku="P-M")]
    panel, _ = count(rows, level="product_id", freq="W", partial_period="keep")
    assert panel.skus == ["77", "88"]
    np.testing.assert_array_equal(panel["sales"], [[2], [3]])
    np.testing.assert_array_equal(panel["views"], [[5], [1]])
    np.testing.assert_array_equal(panel["view_users"], [[2], [1]])
    assert list(panel.attributes.columns) == ["style"]


def test_a_panel_of_styles_takes_everything():
    panel, _ = count(SHOP, level="style")
    assert panel.skus == ["HATS", "OUTER"]
    np.testing.assert_array_equal(panel["views"], [[NAN, 1], [2, 1]])


def test_a_level_that_some_skus_lack_is_refused():
    catalogue = Catalogue.from_frame(CATALOGUE.assign(style=["OUTER", "OUTER", None]))
    with pytest.raises(DataError, match=r"1 of 3 SKUs have no 'style' \(first 'H-S'\)"):
        count(SHOP, catalogue, level="style")
    with pytest.raises(ArgumentError, match="did you mean 'product_id'"):
        count(SHOP, level="product")
    with pytest.raises(ArgumentError, match="Expected a catalogue with level='style'"):
        build_panel(read_events(make_log(SHOP)), freq="D", level="style")


def test_stock_that_changes_has_no_meaning_for_a_whole_product():
    with pytest.raises(ArgumentError, match="Expected stock='observed' with level='style'"):
        count(SHOP, level="style", stock="changes")


# ---------------------------------------------------------------- crosswalk


def test_a_source_with_ids_of_its_own_is_looked_up_in_them():
    frame = CATALOGUE.assign(asin=["B1", "B2", "B3"], web=["w77", "w77", "w88"])
    ids = {"amazon": "asin", "ga4": {"product_id": "web"}}
    rows = [
        event(16, "purchase", sku="B1", units=7, source="amazon"),
        event(16, "view", sku="w77", source="ga4"),
        event(16, "purchase", sku="P-S", units=2),
    ]
    panel, told = count(rows, Catalogue.from_frame(frame, ids=ids))
    assert panel["sales"][panel.skus.index("P-S"), 0] == 9
    assert panel["product_views"][:, 0].tolist() == [1, 1]
    assert not any("does not know" in one for one in told)


def test_several_columns_of_ids_lead_to_one_sku():
    frame = CATALOGUE.assign(inventory_item_id=["i1", "i2", "i3"])
    ids = {"shop": {"sku": ["variant_id", "inventory_item_id"]}}
    rows = [event(16, "purchase", sku="i1"), event(16, "purchase", sku="1")]
    panel, _ = count(rows, Catalogue.from_frame(frame, ids=ids))
    np.testing.assert_array_equal(panel["sales"], [[2]])


def test_unmatched_ids_are_counted_by_source_and_kind_and_listed():
    rows = [
        *SHOP,
        event(16, "view", sku="X1", source="ga4"),
        event(17, "view", sku="X1", source="ga4"),
        event(17, "purchase", sku="X2"),
    ]
    _, told = count(rows)
    sentence = next(one for one in told if "does not know" in one)
    assert sentence.startswith("3 of 9 events name 2 ids that the catalogue does not know")
    assert "ga4 view 2" in sentence
    assert "shop purchase 1" in sentence
    matching = match_ids(read_events(make_log(rows)), Catalogue.from_frame(CATALOGUE))
    assert matching.unmatched.to_numpy().tolist() == [
        ["ga4", "sku", "X1", 2],
        ["shop", "sku", "X2", 1],
    ]
    assert matching.summary().loc[("ga4", "view"), "unmatched"] == 2
    assert repr(matching) == "Matching(9 events, 3 unmatched, 2 unmatched ids)"


@pytest.mark.parametrize(
    ("written", "way", "words"),
    [
        ("00P-S", "zeros", "stripping zeros"),
        ("p-s", "case", "ignoring case"),
        (" P-S ", "blanks", "trimming blanks"),
        ("shopify_US_1_P-S", "prefix", "taking the part after"),
    ],
)
def test_a_spelling_is_suggested_and_used_only_when_it_is_asked_for(written, way, words):
    rows = [event(16, "purchase", sku="P-S"), event(16, "purchase", sku=written)]
    panel, told = count(rows)
    np.testing.assert_array_equal(panel["sales"], [[1]])
    assert any(words in one and f"normalise={{'shop': ['{way}']}}" in one for one in told)
    panel, told = count(rows, Catalogue.from_frame(CATALOGUE, normalise={"shop": [way]}))
    np.testing.assert_array_equal(panel["sales"], [[2]])
    assert not told


def test_ids_of_another_column_are_suggested():
    rows = [event(16, "purchase", sku="P-S"), event(16, "view", sku="2", source="ga4")]
    _, told = count(rows)
    assert any("pass ids={'ga4': {'sku': 'variant_id'}}" in one for one in told)


def test_a_source_that_no_event_is_of_is_told():
    frame = CATALOGUE.assign(asin=["B1", "B2", "B3"])
    _, told = count(SHOP, Catalogue.from_frame(frame, ids={"amazn": "asin"}))
    assert any("No event is of the sources 'amazn'" in one for one in told)


def test_ids_that_disagree_are_counted_and_the_finest_wins():
    rows = [event(16, "purchase", sku="P-S", product="88"), event(16, "purchase", sku="P-S")]
    panel, told = count(rows)
    np.testing.assert_array_equal(panel["sales"], [[2]])
    assert any("1 events have ids that disagree" in one for one in told)


# ---------------------------------------------------------------- replaced SKUs


def test_the_histories_of_a_renamed_sku_are_one_series():
    catalogue = Catalogue.from_frame(CATALOGUE).replaced({"OLD": "OLDER", "OLDER": "P-S"})
    rows = [event(16, "purchase", sku="OLD", units=5), event(17, "purchase", sku="P-S", units=2)]
    panel, told = count(rows, catalogue)
    np.testing.assert_array_equal(panel["sales"], [[5, 2]])
    assert any("1 events name 1 replaced SKUs (most often 'OLD')" in one for one in told)


def test_from_a_date_on_the_old_code_means_the_new_sku():
    catalogue = Catalogue.from_frame(CATALOGUE).replaced({"P-S": "P-M"}, from_date="2026-11-17")
    rows = [event(16, "purchase", sku="P-S", units=5), event(17, "purchase", sku="P-S", units=2)]
    panel, _ = count(rows, catalogue)
    assert panel.skus == ["P-M", "P-S"]
    np.testing.assert_array_equal(panel["sales"], [[NAN, 2], [5, 0]])


def test_a_product_whose_skus_were_all_replaced_is_its_successor():
    catalogue = Catalogue.from_frame(CATALOGUE).replaced({"H-S": "P-S"})
    panel, _ = count([*SHOP, event(17, "view", product="88")], catalogue)
    assert panel.skus == ["P-M", "P-S"]
    np.testing.assert_array_equal(panel["product_views"], [[2, 3], [2, 3]])
    np.testing.assert_array_equal(panel["sales"], [[0, 0], [2, 3]])


def test_a_product_that_nothing_is_left_of_is_counted():
    frame = pd.DataFrame({"sku": ["A1", "A2", "B", "C"], "product_id": ["A", "A", "B", "C"]})
    catalogue = Catalogue.from_frame(frame).replaced({"A1": "B", "A2": "C"})
    _, told = count([event(16, "purchase", sku="A1"), event(16, "view", product="A")], catalogue)
    assert any("1 events of 1 product have no SKU in the catalogue" in one for one in told)


# ---------------------------------------------------------------- the arguments


def test_a_catalogue_is_one_and_brings_the_attributes():
    with pytest.raises(ArgumentError, match="got both"):
        count(SHOP, attributes=CATALOGUE)
    with pytest.raises(ArgumentError, match="got a DataFrame"):
        count(SHOP, CATALOGUE)


def test_kinds_that_are_not_counted_are_not_unmatched_either():
    _, told = count([*SHOP, event(17, "view", sku="X")], kinds=["purchase"])
    assert not any("does not know" in one for one in told)


def test_doubtful_events_count_in_full_until_trust_is_asked_for():
    log = make_log(SHOP).assign(trust=[1.0, 0.0, 1.0, 1.0, NAN, 1.0])
    catalogue = Catalogue.from_frame(CATALOGUE)
    arguments = {"freq": "D", "tz": "UTC", "catalogue": catalogue}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weighed = build_panel(read_events(log), trust="events", **arguments)
    np.testing.assert_array_equal(weighed["product_views"], [[NAN, 1], [1, 1], [1, 1]])
    np.testing.assert_array_equal(weighed["raw_product_views"], [[NAN, 1], [2, 1], [2, 1]])
    with pytest.warns(C2MWarning) as caught:
        build_panel(read_events(log), **arguments)
    told = [str(one.message) for one in caught]
    assert any("1 of 6 events have a trust below 1 and count in full" in one for one in told)
    with pytest.raises(ArgumentError, match="Expected trust="):
        build_panel(read_events(log), trust="column", **arguments)


def test_without_a_catalogue_events_of_products_are_counted_as_left_out():
    with pytest.warns(C2MWarning) as caught:
        build_panel(read_events(make_log(SHOP)), freq="D", tz="UTC")
    told = [str(one.message) for one in caught]
    assert any(
        "5 of 6 events name a product or a variant and no SKU. Pass catalogue=" in one
        for one in told
    )


def test_a_log_that_names_no_sku_at_all_needs_a_catalogue():
    events = read_events(make_log(SHOP[1:]).drop(columns="sku"))
    arguments = {"freq": "D", "tz": "UTC", "catalogue": Catalogue.from_frame(CATALOGUE)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match="or pass catalogue="):
            build_panel(events, freq="D", tz="UTC")
        panel = build_panel(events, **arguments)
    np.testing.assert_array_equal(panel["sales"][0], [NAN, 3])


def test_stock_that_changes_is_that_of_the_sku_which_an_inventory_id_means():
    frame = CATALOGUE.assign(inventory=["i1", "i2", "i3"])
    catalogue = Catalogue.from_frame(frame, ids={"shop": {"sku": ["sku", "inventory"]}})
    rows = [
        event(16, "stock_level", sku="i1", units=0),
        event(18, "stock_level", sku="i1", units=5),
        event(19, "purchase", sku="P-S"),
    ]
    panel, _ = count(rows, catalogue, stock="changes")
    np.testing.assert_array_equal(panel["in_stock"], [[0, 0, 1, 1]])
