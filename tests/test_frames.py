from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from c2m.checks import Check
from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list, read_frame, text_codes


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"]
)
def test_every_kind_of_frame_comes_in_with_its_values(make):
    frame = read_frame(make({"sku": ["007", "8"], "sales": [1, 2]}), "panel")
    assert frame["sku"].tolist() == ["007", "8"]
    assert frame["sales"].tolist() == [1, 2]


def test_a_named_index_becomes_columns():
    frame = pd.DataFrame({"sku": ["A"], "period": ["2026-01-05"], "sales": [1]})
    assert set(read_frame(frame.set_index(["sku", "period"]), "panel").columns) == set(
        frame.columns
    )


def test_an_index_that_shares_a_columns_name_is_refused():
    frame = pd.DataFrame({"sku": ["A"]}, index=pd.Index(["B"], name="sku"))
    with pytest.raises(DataError, match="share names: 'sku'"):
        read_frame(frame, "panel")


def test_doubled_columns_are_refused():
    with pytest.raises(DataError, match="more than once: 'a'"):
        read_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]), "panel")


def test_the_callers_frame_is_not_written_to():
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 6])
    read = read_frame(frame, "panel")
    read["a"] = 0
    assert frame["a"].tolist() == [1, 2]
    assert frame.index.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series(["00123", " 7", "x"]), ["00123", " 7", "x"]),
        (pd.Series([12, 7]), ["12", "7"]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1, 2], dtype="Int32"), ["1", "2"]),
    ],
    ids=["text", "whole numbers", "categories", "nullable"],
)
def test_codes_keep_their_spelling(column, expected):
    assert text_codes(column).tolist() == expected


def test_an_unknown_code_stays_unknown():
    assert text_codes(pd.Series(["a", None])).isna().tolist() == [False, True]
    assert text_codes(pd.Series(["a", None], dtype="category")).isna().tolist() == [False, True]


def test_all_problems_are_raised_together():
    frame = pd.DataFrame({"sku": ["A", None, "A"], "units": [1.0, -1.0, np.inf]})
    check = Check("stock", frame)
    check.codes("sku")
    check.numbers("units", at_least=0)
    check.unique(["sku"])
    with pytest.raises(DataError) as caught:
        check.done()
    assert caught.value.problems == [
        "1 of 3 rows has no 'sku' (first: row 1)",
        "1 of 3 rows has an infinite 'units' (first: row 2)",
        "1 of 3 rows has 'units' below 0 (first: row 1, -1.0)",
        "1 of 3 rows repeats the key ('sku') (first: row 2, 'A')",
    ]


def test_fractions_truth_values_and_empty_text_are_no_codes():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [True, False], "c": ["", "x"]})
    check = Check("t", frame)
    for name in frame:
        check.codes(name)
    assert len(check.problems) == 3


def test_a_missing_column_is_named_with_the_one_that_was_meant():
    check = Check("t", pd.DataFrame({"Price": [1], "quantity": [2]}))
    assert not check.columns(["price", "sku"])
    assert "did you mean 'Price'" in check.problems[0]


def test_whole_numbers_above_a_limit_and_fractions_are_noted():
    check = Check("t", pd.DataFrame({"n": [1.5, 7.0]}))
    check.numbers("n", at_most=5, whole=True)
    assert [problem.split(" (")[0] for problem in check.problems] == [
        "1 of 2 rows has 'n' above 5",
        "1 of 2 rows has a fraction in 'n'",
    ]


def test_text_where_numbers_belong_is_noted_with_the_first_value():
    check = Check("t", pd.DataFrame({"n": ["1", "two"]}))
    check.numbers("n")
    assert "row 1, 'two'" in check.problems[0]


def test_long_lists_of_names_are_cut_with_a_count():
    assert name_list(range(10)).endswith("7 and 2 more")


def test_an_arrow_table_that_remembers_a_pandas_index_gives_it_back():
    frame = pd.DataFrame({"sku": ["A", "B"], "sales": [1, 2]})
    table = pa.Table.from_pandas(frame.set_index("sku"))
    assert read_frame(table, "panel")["sku"].tolist() == ["A", "B"]
    assert read_frame(pa.Table.from_pandas(frame[1:]), "panel").index.tolist() == [0]


def test_a_column_is_no_table():
    with pytest.raises(DataError, match="ChunkedArray is not a table"):
        read_frame(pa.chunked_array([[1, 2]]), "panel")


def test_whole_number_categories_are_codes_and_an_unknown_one_stays_unknown():
    column = pd.Series(pd.Categorical([2, None, 10], categories=[10, 5, 2]))
    assert text_codes(column).dropna().tolist() == ["2", "10"]
    assert text_codes(column).isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.0, "2"], dtype=object),
        pd.Series([b"a", "b"]),
        pd.Series([Decimal(1), "2"]),
        pd.Series([True, "2"], dtype=object),
        pd.to_datetime(pd.Series(["2026-01-01"])),
        pd.Series([1.5], dtype="category"),
    ],
    ids=["float", "bytes", "decimal", "bool", "time", "category"],
)
def test_what_has_no_one_spelling_is_no_code(values):
    check = Check("t", pd.DataFrame({"sku": values}))
    check.codes("sku", each=True)
    assert len(check.problems) == 1


def test_text_and_whole_numbers_may_be_mixed_but_not_repeat_each_other():
    check = Check("t", pd.DataFrame({"sku": pd.Series([1, "01", "1"], dtype=object)}))
    check.codes("sku", each=True)
    assert not check.problems
    check.unique(["sku"])
    assert "1 of 3 rows repeats the key" in check.problems[0]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (pd.Series([2**53 + 1, 1]), "9007199254740993"),
        (pd.Series([1 + 2j, 1]), "no number"),
        (pd.to_datetime(pd.Series([None, None])), "2 of 2 rows have no 'n'"),
    ],
    ids=["long", "complex", "no times"],
)
def test_numbers_that_float64_does_not_hold_are_noted(values, problem):
    check = Check("t", pd.DataFrame({"n": values}))
    check.numbers("n")
    assert problem in check.problems[0]


def test_a_name_in_capitals_is_recognised():
    assert did_you_mean("sku", ["DATE", "SKU"]) == " (did you mean 'SKU'?)"
