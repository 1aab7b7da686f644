"""The tables of the planner's guide are a factory, the one of its code."""

import re
from pathlib import Path

import pandas as pd
from pandas.testing import assert_frame_equal

import c2m

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "planner.md"


def sheets() -> dict[str, pd.DataFrame]:
    """Return the tables below ``Sheet `name`:``."""
    text = GUIDE.read_text("utf-8")
    found = re.findall(r"Sheet `(\w+)`:[^|]*?\n\n((?:\|.*\n)+)", text)
    cells = {name: [_cells(line) for line in table.splitlines()] for name, table in found}
    return {name: _numbers(pd.DataFrame(rows[2:], columns=rows[0])) for name, rows in cells.items()}


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Type numbers as a spreadsheet does."""
    digits = [name for name in table if table[name].str.match(r"[\d.]+$").all()]
    return table.astype(dict.fromkeys(digits, "float64"))


def _cells(line: str) -> list[str]:
    return [text.strip() for text in line.strip("|").split("|")]


def in_code() -> c2m.Factory:
    """Return the factory that the guide makes in code."""
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(code, names)
    return names["factory"]


def test_six_rows_of_four_sheets_are_a_factory(tmp_path):
    tables = sheets()
    assert list(tables) == ["settings", "lines", "products", "routings"]
    assert sum(map(len, tables.values())) == 6
    with pd.ExcelWriter(tmp_path / "factory.xlsx", engine="xlsxwriter") as book:
        for name, table in tables.items():
            table.to_excel(book, sheet_name=name, index=False)
    factory, other = c2m.Factory.from_excel(tmp_path / "factory.xlsx"), in_code()
    for name in ("lines", "products", "routings"):
        assert_frame_equal(getattr(factory, name), getattr(other, name))
    assert (factory.calendar, factory.currency) == (other.calendar, other.currency)
