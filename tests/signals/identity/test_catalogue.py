import pandas as pd
import pytest

from c2m.errors import ArgumentError, DataError
from c2m.signals import Catalogue


def make_frame(**columns):
    return pd.DataFrame(
        {
            "sku": ["P-RED-S", "P-RED-M", "H-BLU-S"],
            "product_id": ["77", "77", "88"],
            "variant_id": ["1", "2", "3"],
            "style": ["PARKA", "PARKA", "HAT"],
            "colour": ["red", "red", "blue"],
            "weight": [1.5, 1.6, 0.2],
        }
        | columns
    )


def problems_of(frame, **arguments):
    with pytest.raises(DataError) as caught:
        Catalogue.from_frame(frame, **arguments)
    return caught.value.problems


def test_levels_and_attributes_are_found_under_their_own_names():
    catalogue = Catalogue.from_frame(make_frame())
    assert catalogue.levels == ("sku", "product_id", "style")
    assert list(catalogue.attributes.columns) == [
        *("variant_id", "product_id", "style", "colour", "weight")
    ]
    assert len(catalogue) == 3


def test_columns_of_other_names_become_the_levels_and_attributes_that_they_are():
    frame = make_frame().rename(columns=str.upper)
    catalogue = Catalogue.from_frame(
        frame, sku="SKU", product_id="PRODUCT_ID", style="STYLE", colour="COLOUR", attributes=[]
    )
    assert list(catalogue.frame.columns) == ["sku", "product_id", "style", "colour"]


def test_leading_zeros_and_whole_numbers_are_kept_as_they_are_written():
    frame = make_frame(sku=["0042", "42", "7"], product_id=[77, 77, 88])
    catalogue = Catalogue.from_frame(frame)
    assert catalogue.frame["sku"].tolist() == ["0042", "42", "7"]
    assert catalogue.frame["product_id"].tolist() == ["77", "77", "88"]


def test_every_problem_of_a_catalogue_is_told_at_once():
    frame = pd.DataFrame(
        {
            "sku": ["A", "A", "B", "C", None],
            "style": ["x", "y", "x", "x", "x"],
            "product_id": ["1", "1", "1", "2", "2"],
            "variant_id": ["v1", "v1", "v2", "v2", "v3"],
            "item": ["i1", "i1", "i1", "i2", "i3"],
        }
    )
    found = problems_of(frame, ids={"ga4": "item"})
    assert found == [
        "1 of 5 rows has no 'sku' (first: row 4)",
        "1 of 5 rows repeats the key ('sku') (first: row 1, 'A')",
        "1 SKU has several styles (first 'A': 'x', 'y')",
        "1 product has several styles (first '1': 'x', 'y')",
        "1 variant id stands for several SKUs (first 'v2': 'B', 'C')",
        "1 id of 'ga4' stands for several things (first 'i1': 'SKU A', 'SKU B')",
    ]


def test_an_id_of_a_product_stands_for_one_product():
    ids = {"ga4": {"product_id": "item"}}
    Catalogue.from_frame(make_frame(item=["w77", "w77b", "w88"]), ids=ids)
    assert problems_of(make_frame(item=["w", "w", "w"]), ids=ids) == [
        "1 id of 'ga4' stands for several things (first 'w': 'product 77', 'product 88')"
    ]


def test_an_id_is_never_a_sku_and_a_product_at_once():
    frame = make_frame(item=["77", "b", "c"])
    ids = {"ga4": {"sku": "item", "product_id": "product_id"}}
    assert "first '77': 'SKU P-RED-S', 'product 77'" in problems_of(frame, ids=ids)[0]


def test_a_variant_may_be_a_colour_with_its_sizes_where_that_is_said():
    frame = make_frame(variant_id=["1", "1", "3"])
    assert "pass shared_variants=True" in str(_error(frame))
    assert Catalogue.from_frame(frame, shared_variants=True).levels[1] == "variant_id"


def _error(frame):
    with pytest.raises(DataError) as caught:
        Catalogue.from_frame(frame)
    return caught.value


def test_a_spelling_that_makes_two_skus_one_is_refused():
    frame = make_frame(sku=["0042", "42", "7"])
    found = problems_of(frame, normalise=["zeros"])
    assert found == [
        "after stripping zeros, 1 ids of the catalogue mean several things (first '42')"
    ]
    Catalogue.from_frame(frame, normalise=["case"])


def test_unknown_levels_and_spellings_are_named():
    with pytest.raises(ArgumentError, match=r"did you mean 'zeros'"):
        Catalogue.from_frame(make_frame(), normalise=["zeroes"])
    with pytest.raises(ArgumentError, match=r"did you mean 'product_id'"):
        Catalogue.from_frame(make_frame(item="1"), ids={"ga4": {"product": "item"}})


def test_a_crosswalk_of_its_own_is_added_and_checked():
    catalogue = Catalogue.from_frame(make_frame()).with_ids("amazon", {"B0": "P-RED-S"})
    assert catalogue.to_frame()["amazon sku"].tolist()[0] == "B0"
    with pytest.raises(DataError, match=r"1 of 1 ids lead to no SKU \(first 'X'\)"):
        catalogue.with_ids("amazon", {"B1": "X"})
    with pytest.raises(DataError, match="stands for several things"):
        catalogue.with_ids("amazon", {"B0": "P-RED-M"})


def test_successors_never_run_in_a_circle_or_lead_nowhere():
    catalogue = Catalogue.from_frame(make_frame())
    with pytest.raises(DataError, match="in a circle: 'A', 'B', 'C'"):
        catalogue.replaced({"A": "B", "B": "C", "C": "A"})
    with pytest.raises(DataError, match="in a circle: 'A'"):
        catalogue.replaced({"A": "A"})
    with pytest.raises(DataError, match="no SKUs of the catalogue: 'Z'"):
        catalogue.replaced({"A": "Z"})
    later = catalogue.replaced({"A": "P-RED-S"})
    with pytest.raises(DataError, match="two successors: 'A'"):
        later.replaced({"A": "P-RED-M"})
    with pytest.raises(DataError, match="in a circle"):
        later.replaced({"P-RED-S": "A"})
    with pytest.raises(ArgumentError, match="from_date to be a day"):
        catalogue.replaced({"A": "P-RED-S"}, from_date="soon")


def test_a_summary_counts_codes_and_foreign_ids():
    frame = make_frame(style=["PARKA", "PARKA", None], item=["a", "b", "c"])
    table = Catalogue.from_frame(frame, ids={"ga4": "item"}).summary()
    assert table.loc["style", "without"] == 1
    assert table.loc["sku", "ga4"] == 3
