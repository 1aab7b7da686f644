"""What must be known of a workbook's cells: codes kept as numbers, and cells that look empty.

python-calamine returns an error value (#N/A) and a formula without a stored result as an empty
cell. An empty cell takes the column's default, so these two must be found in the file itself.
"""

import re
import zipfile
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Final

_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATIONSHIP: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ERROR: Final = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="(\w+)"')
_UNCALCULATED: Final = re.compile(
    rb'<(?:\w+:)?c\b[^>]*\br="(\w+)"[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

_EXACT_BELOW: Final = 1e15
"""A spreadsheet keeps 15 digits of a number."""


def as_digits(value: object) -> object:
    """Return a code that a spreadsheet has kept as a number as its digits.

    Parameters
    ----------
    value : object
        A cell.

    Returns
    -------
    object
        The digits of a whole number that was kept exactly; else the value.

    Examples
    --------
    >>> as_digits(123.0), as_digits("00123"), as_digits(0.5)
    ('123', '00123', 0.5)
    """
    exact = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW
    return f"{value:.0f}" if exact else value


def hidden_cells(path: Path, sheets: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Return the cells that hold an error or a formula that was never calculated.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` or ``.xlsm`` workbook.
    sheets : sequence of str, optional
        Names of those to look at; all unless given.

    Returns
    -------
    dict of str to list of str
        By name of the sheet, cells such as ``"B4"``; sheets without such a cell are left out.
    """
    found = {}
    with zipfile.ZipFile(path) as archive:
        for sheet, part in _sheet_parts(archive).items():
            if sheets is not None and sheet not in sheets:
                continue
            text = archive.read(part)
            cells = _ERROR.findall(text) + _UNCALCULATED.findall(text)
            if cells:
                found[sheet] = [cell.decode() for cell in cells]
    return found


def hidden_problem(sheet: str, hidden: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a sheet that has hidden cells, and what to do.

    Parameters
    ----------
    sheet : str
        Its name.
    hidden : sequence of str
        The cells, at least one.

    Returns
    -------
    problem, fix : str
        For `c2m.checks.Check.add`.
    """
    problem = (
        f"sheet {sheet!r} has {len(hidden):,} cell{'s' * (len(hidden) != 1)} with an error "
        f"value or with a formula that was never calculated (first: {hidden[0]})"
    )
    fix = "correct the formulas, or open the workbook in a spreadsheet program and save it"
    return problem, fix


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the file inside the archive that holds each sheet."""
    relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATIONSHIP.findall(relations)
    }
    parts = {}
    for tag in _SHEET.findall(archive.read("xl/workbook.xml").decode()):
        target = targets[_attribute(tag, r"\w+:id")]
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in archive.namelist():
            parts[_attribute(tag, "name")] = part
    return parts


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(match[1]) if match else ""
