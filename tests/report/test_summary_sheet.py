import re
import textwrap
import zipfile

from c2m.report import write_workbook
from tests.report.overrides.typed import read, sheet_parts


def test_the_summary_says_how_to_cost_what_was_set_in_a_row_that_is_high_enough(case, tmp_path):
    path = write_workbook(tmp_path / "plan.xlsx", case.plan, case.demand)
    rows = read(path)["Summary"]
    (number,) = [place for place, row in enumerate(rows, start=1) if "--overrides" in str(row[1])]
    said = str(rows[number - 1][1])
    assert said.index("c2m plan --overrides <this file>") < said.index("c2m.with_overrides")
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(sheet_parts(archive)["Summary"]).decode()
    height = float(re.search(rf'<row r="{number}"[^>]* ht="([0-9.]+)"', xml)[1])
    widths = {
        int(found[1]): float(found[2])
        for found in re.finditer(r'<col min="(\d+)" max="\d+" width="([0-9.]+)"', xml)
    }
    room = sum(widths.get(column, 9.14) for column in range(2, 7))
    assert height >= 15 * sum(len(textwrap.wrap(part, int(room))) for part in said.splitlines())


def test_whole_amounts_stand_without_a_decimal(case, tmp_path):
    path = write_workbook(tmp_path / "plan.xlsx", case.plan)
    rows = read(path)["Summary"]
    head = next(place for place, row in enumerate(rows) if row[0] == "Do")
    place = rows[head].index("Amount")
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(sheet_parts(archive)["Summary"]).decode()
        styles = archive.read("xl/styles.xml").decode()
    style = int(re.search(rf'<c r="{chr(65 + place)}{head + 2}" s="(\d+)"', xml)[1])
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.split("<cellXfs")[1])
    codes = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', styles))
    assert codes[formats[style]] == "#,##0"


def test_what_is_left_out_is_said_below_the_list_of_sheets(case, tmp_path):
    rows = read(write_workbook(tmp_path / "plan.xlsx", case.plan, case.demand))["Summary"]
    firsts = [str(row[0]) for row in rows]
    (place,) = [number for number, text in enumerate(firsts) if "no Buy sheet" in text]
    assert place > firsts.index("Sheets")
