import sys

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError, MissingEngineError
from c2m.forecast.launch.ranges import Range, read_range

ROW = {"style": "0042", "on_sale": "2027-03-08"}


def frame(**columns):
    return pd.DataFrame({"style": ["0042"], "on_sale": ["2027-W10"], **columns})


def test_lists_become_a_row_for_every_combination():
    got = read_range(frame(colours=["red; blue"], sizes=["36;36.5;38"])).to_frame()
    assert got[["colour", "size"]].to_numpy().tolist() == [
        [colour, size] for colour in ("red", "blue") for size in ("36", "36.5", "38")
    ]


def test_a_table_of_skus_reads_back_the_same():
    one = read_range(frame(colours=["red; blue"], price=["49,90"], exit=["2027-W20"]))
    two = read_range(one.to_frame())
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2027-W10", "2027-03-08", "2027-03-14"),
        ("2027w10", "2027-03-08", "2027-03-14"),
        ("2027-W10-3", "2027-03-10", "2027-03-10"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2027-03-08", "2027-03-08", "2027-03-08"),
    ],
)
def test_a_week_begins_on_its_monday_and_ends_on_its_sunday(text, first, last):
    got = read_range(pd.DataFrame({"style": ["A"], "on_sale": [text], "exit": [text]})).to_frame()
    assert str(got["on_sale"][0].date()) == first
    assert str(got["exit"][0].date()) == last


def test_codes_keep_leading_zeros_and_sizes_stay_text_in_a_csv(tmp_path):
    path = tmp_path / "range.csv"
    path.write_text('Style;Color;Sizes;On sale\n0042;red;"02/04;10-12";2027-W10\n', "utf-8")
    got = read_range(path).to_frame()
    assert got["style"].tolist() == ["0042", "0042"]
    assert got["size"].tolist() == ["02/04", "10-12"]


def test_a_workbook_is_read_and_numbers_in_code_columns_are_counted(tmp_path):
    path = tmp_path / "range.xlsx"
    table = pd.DataFrame(
        {
            "Style": ["0042", "0043"],
            "Colours": ["red; blue", "red"],
            "Sizes": [38.0, 40.5],
            "Price": [49.9, 10],
            "On sale": [pd.Timestamp("2027-03-08"), "2027-W11"],
            "Fabric": ["wool", None],
        }
    )
    table.to_excel(path, index=False, engine="xlsxwriter")
    with pytest.warns(C2MWarning, match="2 codes of range.xlsx were numbers"):
        got = read_range(path).to_frame()
    assert got["style"].tolist() == ["0042", "0042", "0043"]
    assert got["size"].tolist() == ["38", "38", "40.5"]
    assert got["price"].tolist() == [49.9, 49.9, 10.0]
    assert got["on_sale"].dt.strftime("%d.%m.").tolist() == ["08.03.", "08.03.", "15.03."]
    assert got["fabric"].isna().tolist() == [False, False, True]


def test_a_size_that_the_spreadsheet_made_a_date_is_refused_with_its_row(tmp_path):
    path = tmp_path / "range.xlsx"
    table = pd.DataFrame(
        {**{k: [v] for k, v in ROW.items()}, "sizes": [pd.Timestamp("2026-12-10")]}
    )
    table.to_excel(path, index=False, engine="xlsxwriter")
    with pytest.raises(DataError, match=r"made a date \(first: row 2, '2026-12-10'\)"):
        read_range(path)


def test_a_workbook_without_its_engine_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "range.xlsx"
    path.touch()
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingEngineError, match=r'pip install "c2m\[report\]"'):
        read_range(path)


def test_everything_wrong_is_listed_at_once_with_rows_as_in_the_file(tmp_path):
    path = tmp_path / "range.csv"
    path.write_text(
        "style,colours,price,on_sale,exit,like_styles\n"
        "A,red,1.234.5,2027-W10,2027-W09,\n"
        ",red,5,8.3.2027,,\n"
        "B,red; red,0,2027-W54,,B\n"
        "C,red,5,2027-W10,,\n"
        "C,red,5,2027-W10,,,extra\n",
        "utf-8",
    )
    with pytest.raises(DataError) as caught:
        read_range(path)
    problems = "\n".join(caught.value.problems)
    for expected in (
        "column without a name (first: row 6)",
        "has no 'style' (first: row 3)",
        "2 of 5 rows have no date or week in 'on_sale' (first: row 3, '8.3.2027')",
        "exit before 'on_sale' (first: row 2",
        "2 of 5 rows have no 'price' above 0 (first: row 2, '1.234.5')",
        "names a value twice in 'colours' (first: row 4, 'red; red')",
        "is its own like-style (first: row 4)",
    ):
        assert expected in problems
    assert "type ISO weeks" in caught.value.fix or "ISO weeks as 2027-W10" in caught.value.fix


def test_a_sku_named_twice_is_refused():
    table = pd.DataFrame(
        {"style": ["A", "A"], "colour": ["red;blue", "blue"], "on_sale": "2027-W1"}
    )
    with pytest.raises(
        DataError, match=r"repeats a SKU of a row above \(first: row 1, 'A / blue'\)"
    ):
        read_range(table)


def test_a_misspelt_column_is_named_with_what_was_meant():
    with pytest.raises(DataError, match="did you mean 'onsale'"):
        read_range(pd.DataFrame({"style": ["A"], "onsale": ["2027-W10"]}))


def test_what_is_no_range_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="there is no file"):
        read_range(tmp_path / "range.csv")
    with pytest.raises(ArgumentError, match="ending in"):
        read_range(tmp_path / "range.pdf")
    with pytest.raises(ArgumentError, match=r"ending in.*Save it as \.xlsx"):
        read_range(tmp_path / "range.ods")
    (tmp_path / "latin.csv").write_bytes("style,on_sale\nCafé,2027-W10\n".encode("latin-1"))
    with pytest.raises(DataError, match="no UTF-8 text"):
        read_range(tmp_path / "latin.csv")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    with pytest.raises(DataError, match="the file is no workbook"):
        read_range(tmp_path / "broken.xlsx")


def test_a_range_shows_its_styles():
    found = Range.read(frame(colours=["red; blue"], sizes=["S;M;L"], price=[20], exit=["2027-W20"]))
    assert repr(found) == "Range(1 styles, 6 rows, from 2027-03-08)"
    row = found.summary().iloc[0]
    assert (row["colours"], row["sizes"], row["rows"], row["price_from"]) == (2, 3, 6, 20.0)
    assert "0042" in found._repr_html_()
    assert len(found) == 6
    assert np.isfinite(found.skus["price"]).all()


def test_an_error_value_of_a_workbook_is_no_empty_cell(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "range.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Spring")
        sheet.write_row(0, 0, ["style", "on_sale", "price"])
        sheet.write_row(1, 0, ["TEE", "2027-W10"])
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    with pytest.raises(DataError, match=r"sheet 'Spring' has 1 cell with an error value.*C2"):
        read_range(path)
