"""Tables of a page: finished text, ready for a template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Column:
    """A column of a page's table.

    Parameters
    ----------
    source : str
        Column of the frame it is read from.
    title : str
        What stands above it.
    write : callable
        From a value to its text.
    number : bool
        Whether it is set to the right, as numbers are.
    """

    source: str
    title: str
    write: Callable[[Any], str] = str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Parameters
    ----------
    name : str
        Unique in the page.
    caption : str
        What it shows; read first by a screen reader.
    columns : sequence of Column
        The columns; the first one heads its row.
    rows : list of list of str
        The cells.
    note : str
        What is below it; nothing if empty.
    strong : str
        First cell of the row that the others add up to; none if empty.
    """

    name: str
    caption: str
    columns: Sequence[Column]
    rows: list[list[str]]
    note: str = ""
    strong: str = ""


def make_table(
    name: str, caption: str, frame: pd.DataFrame, columns: Sequence[Column], note: str = ""
) -> Table:
    """Write a frame as a table of a page.

    Parameters
    ----------
    name, caption : str
        See `Table`.
    frame : DataFrame
        A row each.
    columns : sequence of Column
        Those that the frame does not have are left out.
    note : str
        See `Table`.

    Returns
    -------
    Table
        The table.

    Examples
    --------
    >>> frame = pd.DataFrame({"sku": ["007"], "units": [12.0]})
    >>> columns = [Column("sku", "SKU"), Column("units", "Units", "{:.0f}".format, number=True)]
    >>> make_table("t", "Units", frame, columns).rows
    [['007', '12']]
    """
    shown = [column for column in columns if column.source in frame.columns]
    texts = [[column.write(value) for value in frame[column.source]] for column in shown]
    rows = [list(row) for row in zip(*texts, strict=True)]
    return Table(name, caption, shown, rows, note)
