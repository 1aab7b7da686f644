import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import c2m
from c2m.cli.input_settings import Csv
from c2m.cli.tables import read_table


def written(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_codes_keep_their_zeros_and_numbers_are_numbers(tmp_path):
    path = written(tmp_path, "sku,on_hand,ean,price\n0012,3,0401,2.5\n7,,0402,3\n")
    table = read_table(path, Csv())
    assert table["sku"].tolist() == ["0012", "7"]
    assert table["ean"].tolist() == ["0401", "0402"]
    assert table["price"].tolist() == [2.5, 3.0]
    assert table["on_hand"].iloc[0] == 3
    assert np.isnan(table["on_hand"].iloc[1])


def test_a_zero_is_a_number(tmp_path):
    table = read_table(written(tmp_path, "sku,a,b\nA,0,0.5\nB,-3,-0.25\n"), Csv())
    assert table[["a", "b"]].to_numpy().tolist() == [[0.0, 0.5], [-3.0, -0.25]]


def test_a_european_file_is_read_as_it_is(tmp_path):
    text = "﻿sku;due;price\n01;23.11.2026;1,5\n02;24.11.2026;2\n\n"
    table = read_table(written(tmp_path, text), Csv(date_format="%d.%m.%Y"))
    assert table["price"].tolist() == [1.5, 2.0]
    assert table["due"].dt.day.tolist() == [23, 24]
    assert table["sku"].tolist() == ["01", "02"]


def test_a_number_with_the_other_sign_stays_text(tmp_path):
    table = read_table(written(tmp_path, 'sku,on_hand\nA,"1,5"\n'), Csv())
    assert table["on_hand"].tolist() == ["1,5"]


def test_a_column_is_text_where_the_caller_says_so(tmp_path):
    table = read_table(written(tmp_path, "sku,size\n1,38\n"), Csv(), codes=("size",))
    assert table.iloc[0].tolist() == ["1", "38"]


def test_a_word_that_pandas_takes_for_nothing_is_a_code(tmp_path):
    assert read_table(written(tmp_path, "sku,a\nNA,1\n"), Csv())["sku"].tolist() == ["NA"]


def test_a_workbook_is_read_like_a_text(tmp_path):
    path = tmp_path / "stock.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("sku", "on_hand"), ("001", 5), (17, 2.5)]):
            sheet.write_row(row, 0, cells)
    table = read_table(path, Csv())
    assert table["sku"].tolist() == ["001", "17"]
    assert table["on_hand"].tolist() == [5.0, 2.5]


def test_a_cell_with_an_error_is_not_taken_for_an_empty_one(tmp_path):
    path = tmp_path / "stock.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Stock")
        sheet.write_row(0, 0, ["sku", "on_hand"])
        sheet.write_string(1, 0, "A")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    with pytest.raises(c2m.DataError, match=r"sheet 'Stock' has 1 cell with an error value"):
        read_table(path, Csv())


def test_parquet_keeps_its_types(tmp_path):
    frame = pd.DataFrame({"sku": ["001"], "on_hand": [3]})
    frame.to_parquet(tmp_path / "stock.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "stock.parquet", Csv()), frame)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("stock.ods", b"", "Expected a table ending in one of .csv"),
        ("stock.csv", None, "there is no such file"),
        ("stock.csv", b"", "the file is empty"),
        ("stock.csv", b"sku,on_hand\nA\xff,3\n", "set csv.delimiter and csv.encoding"),
        ("stock.xlsx", b"no workbook", "the file is no workbook"),
        ("stock.parquet", b"no parquet", "the file is no parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        written(tmp_path, content, name)
    with pytest.raises((c2m.DataError, c2m.ArgumentError), match="stock") as wrong:
        read_table(path, Csv())
    assert message in str(wrong.value)


def test_dates_of_another_format_are_counted(tmp_path):
    path = written(tmp_path, "sku,due\nA,23.11.2026\nB,2026-11-23\n")
    with pytest.raises(c2m.DataError, match=r"1 of 2 rows .* \(first: row 3, '2026-11-23'\)"):
        read_table(path, Csv(date_format="%d.%m.%Y"))


def test_an_encoding_that_there_is_not_is_an_error(tmp_path):
    with pytest.raises(c2m.ArgumentError, match="'utf-9'"):
        read_table(written(tmp_path, "sku\nA\n"), Csv(encoding="utf-9"))
