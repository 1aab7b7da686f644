"""Type into a workbook as a person would, and read it as a spreadsheet program shows it."""

import re
import shutil
import subprocess
import zipfile
from html import escape

import pandas as pd
from python_calamine import CalamineWorkbook

SOFFICE = shutil.which("soffice")

DAY_NULL = pd.Timestamp("1899-12-30")


def sheet_parts(archive):
    relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    targets = dict(re.findall('Id="([^"]+)"[^>]*?Target="([^"]+)"', relations))
    sheets = re.findall(
        '<sheet name="([^"]+)"[^>]*?r:id="([^"]+)"', archive.read("xl/workbook.xml").decode()
    )
    return {name: f"xl/{targets[key]}" for name, key in sheets}


def type_into(path, target, cells):
    """Type texts and numbers into cells, keyed by sheet and name, as a person would."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        parts = sheet_parts(source)
        for name in source.namelist():
            text = source.read(name)
            for (sheet, cell), value in cells.items():
                if parts[sheet] == name:
                    text = re.sub(
                        rf'<c r="{cell}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)'.encode(),
                        lambda found, cell=cell, value=value: typed(cell, found[1] or b"", value),
                        text,
                        count=1,
                    )
            out.writestr(name, text)
    return target


def typed(cell, style, value):
    start = f'<c r="{cell}"'.encode() + style
    if isinstance(value, str):
        return start + f' t="inlineStr"><is><t>{escape(value)}</t></is></c>'.encode()
    return start + f"><v>{value}</v></c>".encode()


def through_libreoffice(path, folder):
    """Let LibreOffice open a workbook and save it again; return where."""
    command = [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    kind = "xlsx:Calc MS Excel 2007 XML"
    subprocess.run(
        [*command, "--convert-to", kind, "--outdir", str(folder / "lo"), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / "lo" / path.name


def read(path):
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def serial(day):
    return (pd.Timestamp(day) - DAY_NULL).days
