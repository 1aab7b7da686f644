"""Long tables of any order, type and size give one and the same panel."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m import ArgumentError, DataError, Panel
from c2m.panel import coding


def long_table(n_days=7):
    days = pd.date_range("2026-01-01", periods=n_days)
    frame = pd.DataFrame(
        {
            "item": np.repeat(["10", "9", "b"], n_days),
            "store": np.repeat(["S2", "S1", "S2"], n_days),
            "day": list(days) * 3,
            "sales": np.arange(3 * n_days, dtype=np.float32),
            "price": np.linspace(1, 2, 3 * n_days),
            "style": np.repeat(["u", "v", "u"], n_days),
        }
    )
    return frame.drop(index=[0, 1, n_days + 3])


def read(frame):
    names = {"sku": "item", "location": "store", "period": "day"}
    columns = {"signals": ["price"], "attributes": ["style"]}
    return Panel.from_frame(frame, freq="D", gaps="zero", **names, **columns)


_TYPES = {
    "categories": lambda f: f.astype({"item": "category", "store": "category"}),
    "categories in another order": lambda f: f.assign(
        item=pd.Categorical(f["item"], ["b", "none", "9", "10"])
    ),
    "objects": lambda f: f.astype({"item": object, "store": object, "style": object}),
    "days as text": lambda f: f.assign(day=f["day"].dt.strftime("%Y-%m-%d")),
    "days as categories": lambda f: f.astype({"day": "category"}),
    "doubles": lambda f: f.astype({"sales": np.float64}),
    "whole numbers": lambda f: f.astype({"sales": np.int64}),
    "nullable numbers": lambda f: f.astype({"sales": "Int32", "price": "Float64"}),
}


@pytest.mark.parametrize("change", _TYPES.values(), ids=_TYPES)
def test_the_types_of_the_columns_do_not_matter(change):
    assert read(change(long_table())) == read(long_table())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), rows_at_once=st.integers(1, 9))
def test_neither_order_nor_reading_in_chunks_matters(seed, rows_at_once):
    whole = read(long_table())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "_ROWS_AT_ONCE", rows_at_once)
        assert read(long_table().sample(frac=1, random_state=seed)) == whole


def test_a_category_without_a_row_is_no_series():
    frame = long_table()
    frame["item"] = pd.Categorical(frame["item"], ["never", "10", "9", "b"])
    assert read(frame).skus == ["10", "9", "b"]


def test_two_categories_of_one_spelling_are_one_series():
    frame = pd.DataFrame(
        {
            "sku": pd.Categorical([7, "7"], categories=[7, "7"]),
            "period": ["2026-01-01", "2026-01-02"],
            "sales": [1.0, 2.0],
        }
    )
    assert Panel.from_frame(frame, freq="D")["sales"].tolist() == [[1, 2]]


def test_whole_numbers_that_the_panel_would_round_are_counted_over_all_rows(monkeypatch):
    monkeypatch.setattr(coding, "_ROWS_AT_ONCE", 4)
    frame = long_table().assign(sales=float(2**24 + 1))
    with pytest.raises(DataError, match="has 18 whole numbers that float32 would round"):
        read(frame)


def test_an_empty_category_is_an_empty_code():
    frame = long_table()
    frame["item"] = frame["item"].replace("b", "").astype("category")
    with pytest.raises(DataError, match="7 of 18 rows have an empty 'item'"):
        read(frame)


def test_a_table_of_single_precision_is_read_without_a_copy_in_double(monkeypatch):
    frame = long_table().astype({"price": np.float32})

    def _refuse(*_arguments, **_options):
        raise AssertionError

    monkeypatch.setattr("c2m.panel.reading.check_rounding", _refuse)
    assert read(frame)["price"].dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"signals": None}, "names of columns"),
        ({"attributes": 5}, "names of columns"),
        ({"gaps": []}, "Expected gaps"),
        ({"currency": 5}, "currency 5 is neither a column nor a code"),
        ({"attributes": ["tags"]}, "values of 'tags' cannot be told apart"),
    ],
)
def test_arguments_of_another_type_are_refused_in_words(arguments, problem):
    days = pd.date_range("2026-01-01", periods=3)
    frame = pd.DataFrame({"sku": "A", "period": days, "sales": 1.0, "tags": [["x"]] * 3})
    with pytest.raises((ArgumentError, DataError), match=problem):
        Panel.from_frame(frame, freq="D", **arguments)
    with pytest.raises(ArgumentError, match="a mapping of names to arrays"):
        Panel.from_frame(frame.drop(columns="tags"), freq="D").with_channels(days)
