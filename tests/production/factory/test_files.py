import sys
import zipfile
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError, MissingEngineError
from c2m.periods import Calendar
from c2m.production.factory import Factory, Line, Product, Routing, Shutdown
from c2m.production.factory.example import EXAMPLE
from c2m.production.factory.files import FILE_TABLES
from c2m.production.factory.tables import columns

xlsxwriter = pytest.importorskip("xlsxwriter")
calamine = pytest.importorskip("python_calamine")


def example(**changes):
    rows = {name: list(each) for name, each in EXAMPLE.items()}
    (plant,) = rows.pop("settings")
    given = {name: getattr(plant, name) for name in ("freq", "currency", "name", "policy")}
    return Factory.from_frames(**{**rows, **given, **changes})


def sheets(**changes):
    """Return the smallest workbook that is a factory, as rows of cells by sheet."""
    book = {
        "lines": [["line", "capacity", "unit"], ["A", 1000.0, "minutes"]],
        "products": [["sku", "price", "unit_cost", "end_value"], ["X", 20.0, 6.0, 4.0]],
        "routings": [["sku", "line", "moq"], ["X", "A", 20.0]],
    }
    return {**book, **changes}


def write(path, book):
    """Write cells without the library: what a person or another program might save."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in book.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for position, cell in enumerate(row):
                    if isinstance(cell, (date, datetime)):
                        sheet.write_datetime(number, position, cell, day)
                    elif isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(number, position, cell, None, "#N/A")
                    elif cell is not None:
                        sheet.write(number, position, cell)
    return path


@pytest.fixture
def read(tmp_path):
    return lambda **changes: Factory.from_excel(write(tmp_path / "f.xlsx", sheets(**changes)))


def problems_of(call):
    with pytest.raises(DataError) as caught:
        call()
    return caught.value.problems


@pytest.mark.parametrize("door", ["toml", "excel"])
def test_a_factory_comes_back_as_it_was(door, tmp_path):
    factory = example()
    path = tmp_path / ("f.toml" if door == "toml" else "f.xlsx")
    assert getattr(factory, f"to_{door}")(path) == path
    assert getattr(Factory, f"from_{door}")(path) == factory


codes = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters='\t"\\\x7f'),
    min_size=1,
    max_size=6,
).filter(lambda text: text.strip() and text != "*")
money = st.floats(0.0, 1e6).map(lambda value: float(f"{value:.15G}"))


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    skus=st.lists(codes, min_size=1, max_size=4, unique=True),
    line=codes,
    price=money,
    name=codes,
    max_lot=st.sampled_from([1.0, 7.0, np.inf]),
    currency=st.none() | codes,
)
def test_any_codes_and_amounts_come_back(skus, line, price, name, max_lot, currency, tmp_path):
    factory = Factory.from_frames(
        lines=[Line(line, 1e9, "pieces", overtime_cost=price)],
        products=[Product(sku, price, 0.0, -price, holding_cost=price) for sku in skus],
        routings=[Routing(sku, line, max_lot=max_lot) for sku in skus],
        name=name,
        currency=currency,
    )
    assert Factory.from_toml(factory.to_toml(tmp_path / "f.toml")) == factory
    assert Factory.from_excel(factory.to_excel(tmp_path / "f.xlsx")) == factory


def test_codes_with_signs_that_toml_escapes_come_back(tmp_path):
    odd = 'a"b\\c\td\x7fe=\u00e9'
    factory = example(name=odd, currency="\x7f")
    assert Factory.from_toml(factory.to_toml(tmp_path / "f.toml")) == factory
    assert Factory.from_excel(factory.to_excel(tmp_path / "f.xlsx")) == factory


def test_a_period_table_and_an_own_week_come_back(tmp_path):
    table = pd.DataFrame(
        {"start": ["2026-01-01", "2026-01-29"], "end": ["2026-01-28", "2026-03-04"]}
    )
    factory = example(freq=table)
    assert Factory.from_toml(factory.to_toml(tmp_path / "f.toml")) == factory
    assert Factory.from_excel(factory.to_excel(tmp_path / "f.xlsx")) == factory
    with pytest.warns(C2MWarning, match="weeks that start on SUN"):
        sunday = example(freq="W-SUN")
    with pytest.warns(C2MWarning, match="weeks that start on SUN"):
        assert Factory.from_toml(sunday.to_toml(tmp_path / "f.toml")) == sunday


def test_digits_that_a_workbook_cannot_keep_are_counted(tmp_path):
    pack = EXAMPLE["lines"][1]
    factory = example(lines=[EXAMPLE["lines"][0], replace(pack, overtime_cost=0.1 + 0.2)])
    assert Factory.from_toml(factory.to_toml(tmp_path / "f.toml")) == factory
    with pytest.warns(C2MWarning, match="to the 16 digits that a workbook keeps: 1."):
        factory.to_excel(tmp_path / "f.xlsx")


def test_toml_may_be_written_by_hand_in_either_form(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(
        """
        freq = "MS"
        lines = [ { line = "A", capacity = 1000, unit = "minutes" } ]
        [[products]]
        sku = "007"
        price = 20
        unit_cost = 6
        end_value = 4
        [[routings]]
        sku = "007"
        line = "A"
        max_lot = inf
        [[shutdowns]]
        line = "*"
        first_day = 2026-12-24
        last_day = "2027-01-03"
        """
    )
    expected = Factory.from_frames(
        lines=[Line("A", 1000.0, "minutes")],
        products=[Product("007", 20.0, 6.0, 4.0)],
        routings=[Routing("007", "A")],
        shutdowns=[Shutdown("*", "2026-12-24", "2027-01-03")],
        freq="MS",
    )
    assert Factory.from_toml(path) == expected
    assert Factory.from_toml(str(path)).calendar == Calendar("MS")


def test_toml_problems_name_the_table_and_the_entry(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(
        """
        freq = "weekly"
        curency = "EUR"
        lines = [ { line = "A", capacity = 1000, unit = "minutes" }, { line = "B", unit = "m" } ]
        products = { sku = "X" }
        [[routings]]
        sku = 1.5
        lines = "A"
        moq = "20"
        """
    )
    expected = [
        "f.toml: unknown key 'curency' (did you mean 'currency'?)",
        "f.toml: 'products' is no list of tables",
        "settings: Expected freq 'D', 'W'",
        "lines: 1 of 2 rows has no 'capacity' (first: entry 2)",
        "lines: 1 of 2 rows has an unknown 'unit' (first: entry 2, 'm')",
        "products: the table has no rows",
        "routings: unknown column 'lines' (did you mean 'line'?)",
        "routings: no column 'line'",
        "routings: 1 of 1 row has another kind of value than text in 'sku' (first: entry 1, '1.5')",
        "routings: 1 of 1 row has text in 'moq' that looks like a number (first: entry 1, '20')",
    ]
    found = problems_of(lambda: Factory.from_toml(path))
    for start in expected:
        assert any(each.startswith(start) for each in found), (start, found)
    assert len(found) == len(expected), found


def test_what_is_no_toml_is_said_with_its_line(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text("lines = [\nname = 3")
    assert "line 2" in problems_of(lambda: Factory.from_toml(path))[0]
    path.write_bytes(b'name = "\xff"')
    assert "utf-8" in problems_of(lambda: Factory.from_toml(path))[0]


def test_an_own_period_table_and_the_freq_must_agree(tmp_path, read):
    periods = [["start", "end"], [date(2026, 1, 1), date(2026, 1, 28)]]
    found = problems_of(lambda: read(periods=periods))
    assert found == ["settings: the freq is 'W' but 'periods' lists periods"]
    found = problems_of(lambda: read(settings=[["freq"], ["table"]]))
    assert found == ["settings: the freq is 'table' but 'periods' lists none"]
    torn = [*periods, [date(2026, 2, 1), date(2026, 2, 28)]]
    found = problems_of(lambda: read(settings=[["freq"], ["table"]], periods=torn))
    assert "does not start on the day after the row before ends" in found[0]
    assert problems_of(lambda: read(settings=[["name"], ["a"], ["b"]])) == [
        "settings: there are 2 rows"
    ]


def test_the_smallest_workbook_is_read_with_defaults(read):
    factory = read()
    assert factory.routings.loc[0, ["moq", "lot_multiple", "max_lot"]].tolist() == [20, 1, np.inf]
    assert (factory.name, factory.currency, factory.calendar) == ("factory", None, Calendar("W"))


def test_excel_problems_name_the_row_that_the_spreadsheet_shows(read):
    found = problems_of(
        lambda: read(
            products=[
                ["sku", "price", "unit_cost", "end_value"],
                ["X", 20.0, 6.0, 4.0],
                [None, "   ", None, None],
                ["Y", -1.0, 6.0, -2.0],
                ["Z", "20", None, 4.0],
            ]
        )
    )
    assert found == [
        "products: 1 of 3 rows has text in 'price' that looks like a number (first: row 5, '20')",
        "products: 1 of 3 rows has 'price' below 0 (first: row 4, 'Y: -1.0')",
        "products: 1 of 3 rows has no 'unit_cost' (first: row 5)",
    ]


def test_a_row_that_is_only_half_empty_is_a_problem(read):
    found = problems_of(lambda: read(routings=[["sku", "line", "moq"], ["X", "A", 1], [None, "A"]]))
    assert found == ["routings: 1 of 2 rows has no 'sku' (first: row 3)"]


def test_numbers_in_code_columns_become_digits_and_are_counted(read):
    with pytest.warns(C2MWarning, match=r"digits: 2 \(first: sheet 'products', row 2, 'sku' 7\)"):
        factory = read(
            products=[["sku", "price", "unit_cost", "end_value"], [7, 20.0, 6.0, 4.0]],
            routings=[["sku", "line"], [7, "A"]],
        )
    assert factory.products["sku"].tolist() == ["7"]


@pytest.mark.parametrize("cell", [date(2026, 8, 6), 1.5, True, 123456789012345678.0])
def test_a_code_that_a_spreadsheet_changed_is_refused(cell, read):
    products = [["sku", "price", "unit_cost", "end_value"], ["X", 20, 6, 4], [cell, 20, 6, 4]]
    (found,) = problems_of(lambda: read(products=products))
    assert found.startswith("products: 1 of 2 rows has another kind of value than text in 'sku'")
    assert "row 3" in found


def test_zeros_lost_in_one_sheet_only_are_a_problem(read):
    products = [["sku", "price", "unit_cost", "end_value"], ["007", 20.0, 6.0, 4.0]]
    found = problems_of(lambda: read(products=products, routings=[["sku", "line"], [7, "A"]]))
    assert found == [
        "routings: 1 of 1 row has a 'sku' that is not in `products` (did you mean '007'?) "
        "(first: row 2, '7')"
    ]


def test_headers_may_have_capitals_and_blanks_but_must_be_known_and_unique(read):
    assert read(routings=[[" SKU", "Line", "Setup Time"], ["X", "A", 3]]) == read(
        routings=[["sku", "line", "setup_time"], ["X", "A", 3]]
    )
    found = problems_of(
        lambda: read(routings=[["sku", "line", "line", "set_time", None], ["X", "A", "A", 3, 4]])
    )
    assert found[0] == "f.xlsx: sheet 'routings' has columns more than once: 'line'"
    assert "values in column E but no name" in found[1]
    assert "unknown column 'set_time' (did you mean 'setup_time'?)" in found[2]


def test_unknown_sheets_are_an_error_when_they_look_meant_and_a_warning_otherwise(read):
    with pytest.raises(DataError) as caught:
        read(limit=[["scope", "name"], ["sku", "X"]])
    (found,) = caught.value.problems
    assert found.startswith("f.xlsx: unknown sheet 'limit' (did you mean 'limits'?)")
    assert caught.value.fix == "rename or remove it"
    with pytest.warns(C2MWarning, match="not read: 'Notes from Ann'"):
        read(**{"Notes from Ann": [["hello"]]})
    assert read(Help=[["anything"]]) == read()


def test_error_values_and_formulas_without_a_result_do_not_pass_as_empty_cells(tmp_path):
    path = write(
        tmp_path / "f.xlsx", sheets(routings=[["sku", "line", "moq"], ["X", "A", "=NA()"]])
    )
    found = problems_of(lambda: Factory.from_excel(path))
    assert "sheet 'routings' has 1 cell with an error value" in found[0]
    assert "(first: C2)" in found[0]
    _replace(path, b'<c r="C2" t="e"><f>NA()</f><v>#N/A</v></c>', b'<c r="C2"><f>1+19</f><v/></c>')
    assert problems_of(lambda: Factory.from_excel(path)) == found
    _replace(path, b"<f>1+19</f><v/>", b"<f>1+19</f><v>20</v>")
    assert Factory.from_excel(path).routings["moq"].tolist() == [20]


def _replace(path, old, new):
    """Replace bytes in the parts of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert any(old in text for text in parts.values())
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text.replace(old, new))


def test_days_come_as_dates_or_iso_text(read):
    expected = read(
        shutdowns=[["line", "first_day", "last_day"], ["*", date(2026, 12, 24), "2027-01-03"]]
    )
    assert expected.shutdowns.loc[0, "last_day"] == pd.Timestamp("2027-01-03")
    found = problems_of(
        lambda: read(shutdowns=[["line", "first_day", "last_day"], ["*", 46015, "24.12.2026"]])
    )
    assert "has no day in 'first_day' (first: row 2, '46015.0')" in found[0]
    assert "has no day in 'last_day' (first: row 2, '24.12.2026')" in found[1]


def test_the_template_is_empty_and_explains_every_column(tmp_path):
    path = Factory.write_template(tmp_path / "template.xlsx")
    with calamine.CalamineWorkbook.from_path(str(path)) as book:
        assert book.sheet_names == ["Help", *FILE_TABLES]
        for name, row in FILE_TABLES.items():
            rows = book.get_sheet_by_name(name).to_python()
            assert rows == [[column.name for column in columns(row)]]
        text = [cell for row in book.get_sheet_by_name("Help").to_python() for cell in row]
    for row in FILE_TABLES.values():
        for column in columns(row):
            assert column.name in text
            assert column.help in text
    found = problems_of(lambda: Factory.from_excel(path))
    assert found == [f"{name}: the table has no rows" for name in ("lines", "products", "routings")]


def test_the_template_guides_the_person_who_types(tmp_path):
    path = Factory.write_template(tmp_path / "template.xlsx")
    with zipfile.ZipFile(path) as archive:
        text = "".join(
            archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")
        )
    assert '"minutes,pieces,dozens"' in text
    assert '"group,prepack,sku"' in text
    assert 'state="frozen"' in text
    total = sum(len(columns(row)) for row in FILE_TABLES.values())
    assert text.count("<comment ") == total
    assert text.count("<dataValidation ") == total


@pytest.mark.parametrize("door", ["toml", "xlsx"])
def test_a_file_that_is_not_there_is_an_argument_that_is_wrong(door, tmp_path):
    path = tmp_path / f"nowhere.{door}"
    read_file = Factory.from_toml if door == "toml" else Factory.from_excel
    with pytest.raises(ArgumentError, match=rf"nowhere\.{door}': there is no such file"):
        read_file(path)


def test_files_that_are_no_workbook_are_refused(tmp_path):
    path = tmp_path / "f.xlsx"
    path.write_text("no workbook")
    assert "the file is no workbook" in problems_of(lambda: Factory.from_excel(path))[0]
    with pytest.raises(ArgumentError, match=r"ending in '\.xlsx', '\.xlsm'"):
        Factory.from_excel(tmp_path / "f.ods")
    with pytest.raises(ArgumentError, match=r"ending in '\.xlsx'"):
        example().to_excel(tmp_path / "f.xls")


@pytest.mark.parametrize("package", ["xlsxwriter", "python_calamine"])
def test_a_missing_excel_package_names_what_to_install(package, tmp_path, monkeypatch):
    path = example().to_excel(tmp_path / "f.xlsx")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingEngineError, match=r'pip install "c2m\[report\]"'):
        example().to_excel(path) if package == "xlsxwriter" else Factory.from_excel(path)


def test_rows_above_the_names_and_blanks_around_codes_are_passed_over_with_a_note(tmp_path):
    book = sheets()
    book["products"] = [["Prices of 2027"], [], *book["products"]]
    book["products"][-1][0] = "X "
    path = write(tmp_path / "book.xlsx", book)
    with pytest.warns(C2MWarning) as caught:
        factory = Factory.from_excel(path)
    assert factory.products["sku"].tolist() == ["X"]
    texts = "\n".join(str(each.message) for each in caught)
    assert "in 1 sheet (first: sheet 'products', names in row 3)" in texts
    assert "taken away: 1 (first: sheet 'products', row 4, 'sku' 'X ')" in texts


def test_a_column_of_remarks_is_not_read(tmp_path):
    book = sheets()
    book["products"] = [[*book["products"][0], "Remark"], [*book["products"][1], "old price?"]]
    assert len(Factory.from_excel(write(tmp_path / "book.xlsx", book)).products) == 1


def test_a_cell_with_an_error_is_one_problem(tmp_path):
    book = sheets()
    book["products"][1][1] = "=NA()"
    with pytest.raises(DataError) as caught:
        Factory.from_excel(write(tmp_path / "book.xlsx", book))
    (problem,) = caught.value.problems
    assert "sheet 'products' has 1 cell with an error value" in problem
