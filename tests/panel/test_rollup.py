import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.panel import Panel
from c2m.panel.channels import channel


def make_panel(**columns):
    frame = pd.DataFrame(
        {
            "sku": ["P1", "P2", "P3", "H1"],
            "period": "2026-11-16",
            "sales": [1.0, 2.0, 4.0, 8.0],
            "style": ["PARKA", "PARKA", "PARKA", "HAT"],
            "colour": ["red", "red", "blue", "red"],
            "size": ["S", "M", "S", "S"],
            "design": ["1", "1", "1", "2"],
        }
        | columns
    )
    attributes = ["style", "colour", "size", "design"]
    signals = [name for name in columns if name not in {*attributes, "sales"}]
    return Panel.from_frame(frame, freq="D", attributes=attributes, signals=signals, gaps="zero")


@pytest.mark.parametrize(
    ("by", "sales"),
    [
        ("style", {"HAT": 8, "PARKA": 7}),
        ("colour", {"blue": 4, "red": 11}),
        ("size", {"M": 2, "S": 13}),
        ("design", {"1": 7, "2": 8}),
        (["style", "colour"], {"HAT / red": 8, "PARKA / blue": 4, "PARKA / red": 3}),
        (["colour", "size"], {"blue / S": 4, "red / M": 2, "red / S": 9}),
        (["design", "style", "size"], {"1 / PARKA / M": 2, "1 / PARKA / S": 5, "2 / HAT / S": 8}),
    ],
)
def test_a_panel_rolls_up_by_each_attribute_and_by_several(by, sales):
    rolled = make_panel().rollup(by)
    assert dict(zip(rolled.skus, rolled["sales"][:, 0].tolist(), strict=True)) == sales


def test_what_a_rolled_up_series_was_named_by_stays_an_attribute():
    rolled = make_panel().rollup(["style", "colour"])
    assert rolled.attributes["colour"].tolist() == ["red", "blue", "red"]
    assert rolled.attributes["style"].tolist() == ["HAT", "PARKA", "PARKA"]


def test_two_combinations_never_share_a_name():
    panel = make_panel(style=["A", "A / x", "B", "C"], colour=["x / y", "y", "x", "x"])
    with pytest.raises(ArgumentError, match=r"1 combinations of 'style', 'colour' have the name"):
        panel.rollup(["style", "colour"])


def test_a_sku_beside_an_attribute_names_nothing_new():
    with pytest.raises(ArgumentError, match="Expected 'sku' or attributes"):
        make_panel().rollup(["sku", "style"])


@pytest.mark.parametrize("by", [5, [5], None, []])
def test_what_names_no_column_is_refused(by):
    panel = make_panel()
    with pytest.raises(ArgumentError, match=r"names of keys|keys or attributes to roll up by, got"):
        panel.rollup(by)


@pytest.mark.parametrize("name", ["product_views", "style_sales", "variant_view_users"])
def test_what_is_known_of_a_whole_product_is_never_added_over_its_skus(name):
    panel = make_panel(**{name: [10.0, 10.0, 10.0, 3.0]})
    with pytest.warns(C2MWarning, match=f"1 channel is left out .* '{name}'. Count it again"):
        rolled = panel.rollup("style")
    assert name not in rolled


def test_a_channel_without_weights_rolls_up_as_the_weighted_one():
    ways = {name: channel(name).rollup for name in ("raw_views", "raw_price", "raw_view_users")}
    assert ways == {"raw_views": "sum", "raw_price": "mean", "raw_view_users": "leave"}
    assert channel("raw_product_views").rollup == "leave"
    np.testing.assert_array_equal(
        make_panel(raw_price=[2.0, 4.0, 6.0, 1.0]).rollup("style")["raw_price"], [[1], [4]]
    )
