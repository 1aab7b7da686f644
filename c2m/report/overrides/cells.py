"""The cells of a sheet that a person has filled in, with the row that each came from."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.cells import as_digits
from c2m.checks import Check
from c2m.frames import did_you_mean

_SHARE: Final = re.compile(r"([+-]?\d+(?:[.,]\d{1,2})?)\s*%")


@dataclass(frozen=True)
class Filled:
    """The rows of a sheet below its header that hold anything.

    Parameters
    ----------
    sheet : str
        Its name.
    frame : DataFrame
        A column a title; None where a cell is empty.
    rows : list of int
        The row of the sheet, counted from 1, that each came from.
    head : int
        The row of the header, counted from 1.
    titles : sequence of str
        Of all columns of the sheet, from A on.
    """

    sheet: str
    frame: pd.DataFrame
    rows: list[int]
    head: int = 0
    titles: Sequence[str] = ()

    def below(self, cell: str, titles: Sequence[str]) -> bool:
        """Tell whether a cell stands below one of some titles.

        Parameters
        ----------
        cell : str
            Such as ``"B4"``.
        titles : sequence of str
            The titles.

        Returns
        -------
        bool
            Whether it does.
        """
        letters = cell.rstrip("0123456789")
        place = 0
        for letter in letters:
            place = 26 * place + ord(letter) - 64
        named = self.titles[place - 1] if place <= len(self.titles) else ""
        return int(cell[len(letters) :]) > self.head and named in titles

    def place(self, row: int) -> str:
        """Say where a row of the frame stands.

        Parameters
        ----------
        row : int
            Its position.

        Returns
        -------
        str
            Sheet and row.
        """
        return f"sheet {self.sheet!r}, row {self.rows[row]}"


def filled_rows(
    sheet: str, cells: Sequence[Sequence[object]], needed: Sequence[str]
) -> Filled | None:
    """Return what stands below the header.

    Parameters
    ----------
    sheet : str
        Its name.
    cells : sequence of sequences
        All cells from A1 on.
    needed : sequence of str
        Titles by which the header is known.

    Returns
    -------
    Filled or None
        None where there is no such header.
    """
    heads = [number for number, row in enumerate(cells) if set(needed) <= set(map(str, row))]
    if not heads:
        return None
    head = heads[0]
    titles = [str(title) for title in cells[head]]
    body = [
        (number, [_plain(value) for value in row])
        for number, row in enumerate(cells[head + 1 :], start=head + 2)
    ]
    body = [(number, row) for number, row in body if any(value is not None for value in row)]
    columns = {
        title: pd.Series([row[place] for _, row in body], dtype="object")
        for place, title in enumerate(titles)
        if title
    }
    return Filled(sheet, pd.DataFrame(columns), [number for number, _ in body], head + 1, titles)


def _plain(value: object) -> object:
    """Return a cell as it is meant: nothing for blanks, text without blanks around it."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, datetime.datetime | datetime.date):
        return pd.Timestamp(value)
    return None if value is None or value != value else value  # noqa: PLR0124


def read_code(value: object) -> str | None:
    """Return a code; a whole number, as a program may have made of one, as its digits.

    Parameters
    ----------
    value : object
        A cell.

    Returns
    -------
    str or None
        The code; None where the cell is empty.

    Examples
    --------
    >>> read_code("00123"), read_code(123.0), read_code(None)
    ('00123', '123', None)
    """
    return None if value is None else str(as_digits(value))


def read_codes(check: Check, name: str, known: Sequence[str]) -> "pd.Series[str]":
    """Read a column of codes, and note those that are empty or not known.

    Parameters
    ----------
    check : Check
        Of the table.
    name : str
        The column.
    known : sequence of str
        The codes there are.

    Returns
    -------
    Series of str
        The codes.
    """
    codes = pd.Series([read_code(value) for value in check.frame[name]], dtype="object")
    empty = codes.isna().to_numpy()
    check.rows(empty, f"has no {name!r}", f"fill {name!r} or empty the row")
    absent = ~empty & ~codes.isin(set(known)).to_numpy()
    if absent.any():
        first = str(codes[absent].iloc[0])
        alike = [code for code in known if code.lstrip("0") == first] or known
        hint = f" (did you mean {alike[0]!r}?)" if len(alike) == 1 else did_you_mean(first, alike)
        check.rows(
            absent,
            f"has a {name!r} that is not in the plan{hint}",
            f"correct {name!r}",
            lambda row: codes.iloc[row],
        )
    return codes


def read_units(check: Check, name: str, *, empty: bool) -> NDArray[np.float64]:
    """Read a column of whole units.

    Parameters
    ----------
    check : Check
        Of the table.
    name : str
        The column.
    empty : bool
        Whether cells may be empty.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        NaN where the cell is empty or holds no number.
    """
    column = check.frame[name]
    known = column.notna().to_numpy()
    numbers = pd.to_numeric(column.where(column.map(_is_number), None), errors="coerce")
    values: NDArray[np.float64] = numbers.to_numpy(dtype=np.float64)
    check.rows(
        known & np.isnan(values),
        f"has no number in {name!r}",
        f"write {name!r} as a number",
        lambda row: str(column.iloc[row]),
    )
    if not empty:
        check.rows(~known, f"has no {name!r}", f"fill {name!r} or empty the row")
    check.number_values(name, values, at_least=0, unknown=True, whole=True)
    return values


def read_change(value: object) -> object:
    """Return a share that was typed as text, such as ``"10%"``, as its number.

    Parameters
    ----------
    value : object
        A cell.

    Returns
    -------
    object
        The share; anything else as it is.

    Examples
    --------
    >>> read_change("10%"), read_change("-2,5 %"), read_change(0.1), read_change("a tenth")
    (0.1, -0.025, 0.1, 'a tenth')
    """
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    return float(found[1].replace(",", ".")) / 100 if found else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def renamed(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a table by the names of its columns instead of their titles.

    Parameters
    ----------
    frame : DataFrame
        Columns by title.
    names : mapping of str to str
        Title -> name; columns that are empty and not named are left out.

    Returns
    -------
    DataFrame
        The columns that are named, then those that hold something.
    """
    kept: dict[str, Any] = {
        names.get(str(title), str(title)): frame[title]
        for title in frame.columns
        if str(title) in names or frame[title].notna().any()
    }
    return pd.DataFrame(kept, index=frame.index)
