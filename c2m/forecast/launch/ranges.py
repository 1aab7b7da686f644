"""A range: which styles come, in what colours and sizes, at what price, from when to when."""

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.errors import warn
from c2m.forecast.launch.range_cells import DATES, LIST, read_cells

if TYPE_CHECKING:
    from c2m.checks import Check
    from c2m.dates import Days

_NEEDED: Final = ("style", "on_sale")
_LISTS: Final = ("colours", "sizes", "like_styles", "location", "channel")
_PLACES: Final = ("channel", "location")
_SINGULAR: Final = {"colours": "colour", "sizes": "size"}
_MOST_DAYS: Final = 5 * 366
"""A style that is on sale for longer than this has a year mistyped."""

_WEEK: Final = re.compile(r"(\d{4})-?W(\d{1,2})(?:-?([1-7]))?", re.IGNORECASE)
_COMMA_PRICE: Final = re.compile(r"\d+,\d{1,2}")


@dataclass(frozen=True, eq=False, repr=False)
class Range:
    """SKUs to come. Make one with `read_range`.

    Parameters
    ----------
    skus : DataFrame, a row a SKU and place
        Text columns ``style``, and where the file has them ``colour``, ``size``, ``channel``,
        ``location``, ``like_styles`` (with ``";"`` between them) and any other column; ``price``
        (NaN where unknown); ``on_sale`` and ``exit``, first and last day on sale (NaT where it
        stays).
    """

    skus: pd.DataFrame

    @classmethod
    def read(cls, source: object) -> "Range":
        """Read a range; see `read_range`.

        Parameters
        ----------
        source : path or frame
            The range.

        Returns
        -------
        Range
            The range.
        """
        return read_range(source)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a SKU and place.

        Returns
        -------
        DataFrame
            A copy of `skus`, which `read_range` reads back.
        """
        return self.skus.copy()

    def summary(self) -> pd.DataFrame:
        """Describe the styles.

        Returns
        -------
        DataFrame, a row a style
            Colours, sizes, SKUs, price from and to, first and last day, like-styles.
        """
        grouped = self.skus.groupby("style", sort=True)
        parts: dict[str, pd.Series] = {}
        for name in ("colour", "size", *_PLACES):
            if name in self.skus:
                parts[f"{name}s"] = grouped[name].nunique()
        parts["rows"] = grouped.size()
        if "price" in self.skus:
            parts["price_from"], parts["price_to"] = grouped["price"].min(), grouped["price"].max()
        parts["on_sale"] = grouped["on_sale"].min()
        if "exit" in self.skus:
            parts["exit"] = grouped["exit"].max()
        if "like_styles" in self.skus:
            parts["like_styles"] = grouped["like_styles"].first()
        return pd.DataFrame(parts).reset_index()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.skus)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        start = self.skus["on_sale"].min().date()
        return f"Range({self.skus['style'].nunique():,} styles, {len(self):,} rows, from {start})"

    def _repr_html_(self) -> str:
        return str(self.summary().to_html(index=False))


def read_range(source: str | os.PathLike[str] | object) -> Range:
    """Read the range of a season from a planner's file.

    One row a style, with lists (``"red; blue"``, ``"S; M; L"``), or a row a SKU, or anything
    between: each row stands for every combination of its lists. The first sheet of a workbook is
    read. Names of columns may be written ``On sale``, ``on-sale`` or ``on_sale``, ``Color`` or
    ``colours``.

    Parameters
    ----------
    source : path or frame
        A CSV file, a workbook, or a DataFrame (other Arrow tables too). Columns: ``style``;
        ``on_sale`` and, optionally, ``exit``: first and last day on sale, as a date or an ISO
        week (``2027-W10``: its Monday for ``on_sale``, its Sunday for ``exit``); optionally
        ``colours``, ``sizes``, ``price``, ``like_styles``, ``channel``, ``location``; every other
        column becomes an attribute.

    Returns
    -------
    Range
        A row a SKU and place.

    Raises
    ------
    ArgumentError
        If the file is not there.
    DataError
        If anything is wrong with its cells; everything is listed, with row numbers as in the file.
    MissingEngineError
        If it is a workbook and python-calamine is not installed.

    Warns
    -----
    C2MWarning
        If codes were numbers, of which a spreadsheet drops leading zeros.

    Examples
    --------
    >>> range_ = read_range(pd.DataFrame({"style": ["0042"], "colours": ["red; blue"],
    ...                                   "sizes": ["S;M"], "on_sale": ["2027-W10"]}))
    >>> range_
    Range(1 styles, 4 rows, from 2027-03-08)
    >>> range_.to_frame()[["style", "colour", "size"]].values.tolist()[0]
    ['0042', 'red', 'S']
    """
    cells = read_cells(os.fspath(source) if isinstance(source, os.PathLike) else source)
    check = cells.check
    if not (check.columns(_NEEDED) and check.not_empty()):
        check.done()
    table = _read_values(check)
    skus = _expand(table)
    _check_unique(check, skus)
    check.done()
    if cells.number_codes:
        warn(
            f"{len(cells.number_codes):,} codes of {check.table} were numbers and were read as "
            f"their digits (first: {cells.number_codes[0]}). A spreadsheet drops zeros in front "
            "of a number: format the code columns as Text."
        )
    return Range(skus.drop(columns="row"))


def _read_values(check: "Check") -> pd.DataFrame:
    """Return the table with dates and prices read; raise everything that is wrong."""
    table = check.frame.copy()
    _need_text(check, "style")
    dates = {name: _read_days(check, name) for name in DATES if name in table}
    if "exit" in dates:
        _check_exit(check, dates["on_sale"], dates["exit"])
    if "price" in table:
        table["price"] = _read_prices(check)
    for name in (name for name in _LISTS if name in table):
        _check_list(check, name)
    if "like_styles" in table:
        own = [style in _listed(text) for style, text in _pairs(table)]
        check.rows(np.array(own), "is its own like-style", "name styles that were sold before")
    check.done()
    for name, days in dates.items():
        table[name] = pd.Series(pd.DatetimeIndex(days.astype("datetime64[s]")))
    return table


def _pairs(table: pd.DataFrame) -> "zip[tuple[str, str]]":
    return zip(table["style"], table["like_styles"], strict=True)


def _need_text(check: "Check", name: str) -> None:
    empty = (check.frame[name] == "").to_numpy(dtype=bool)
    check.rows(empty, f"has no {name!r}", f"fill {name!r} or drop the row")


def _read_days(check: "Check", name: str) -> "Days":
    """Read dates and ISO weeks; an empty exit is unknown."""
    texts = check.frame[name].tolist()
    days = np.array([_day(text, last=name == "exit") for text in texts], dtype="datetime64[D]")
    empty = np.array([text == "" for text in texts])
    if name == "on_sale":
        check.rows(empty, f"has no {name!r}", "type the first day or week on sale")
    check.rows(
        np.isnat(days) & ~empty,
        f"has no date or week in {name!r}",
        "type dates as 2027-03-08, or ISO weeks as 2027-W10",
        lambda row: str(texts[row]),
    )
    return days


def _day(text: str, *, last: bool) -> np.datetime64:
    """Return the day of a date, or the first or last of a week; NaT for anything else."""
    week = _WEEK.fullmatch(text)
    try:
        if week:
            year, number, day = week.groups()
            found = pd.Timestamp.fromisocalendar(
                int(year), int(number), int(day or (7 if last else 1))
            )
            return np.datetime64(found.date(), "D")
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return np.datetime64(text, "D")
    except ValueError:
        pass
    return np.datetime64("NaT", "D")


def _check_exit(check: "Check", start: "Days", stop: "Days") -> None:
    both = ~np.isnat(start) & ~np.isnat(stop)

    def _show(row: int) -> str:
        return f"{start[row]} to {stop[row]}"

    check.rows(both & (stop < start), "has an exit before 'on_sale'", "correct the dates", _show)
    too_long = both & ((stop - start).astype(np.int64) > _MOST_DAYS)
    check.rows(too_long, "is on sale for more than five years", "correct the year", _show)


def _read_prices(check: "Check") -> list[float]:
    """Read prices; a decimal comma before one or two digits is one."""
    texts = check.frame["price"].tolist()
    prices = [_price(text) for text in texts]
    bad = [
        text != "" and not (np.isfinite(p) and p > 0) for text, p in zip(texts, prices, strict=True)
    ]
    check.rows(
        np.array(bad, dtype=bool),
        "has no 'price' above 0",
        "type prices as 49.90, without a currency or a thousands separator",
        lambda row: str(texts[row]),
    )
    return prices


def _price(text: str) -> float:
    if _COMMA_PRICE.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text) if "_" not in text else np.nan
    except ValueError:
        return np.nan


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(LIST) if each.strip()]


def _check_list(check: "Check", name: str) -> None:
    texts = check.frame[name].tolist()
    if name in _SINGULAR or name in _PLACES:
        some = any(texts)
        check.rows(
            np.array([some and not _listed(text) for text in texts]),
            f"has no {name!r}, which other rows have",
            f"fill {name!r} in every row; type 'one size' or 'one colour' where there is no choice",
        )
    check.rows(
        np.array([len(set(_listed(text))) < len(_listed(text)) for text in texts]),
        f"names a value twice in {name!r}",
        "name each value once",
        lambda row: str(texts[row]),
    )


def _expand(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every combination of the lists of each row, with the row it came from."""
    result = table.assign(row=np.arange(len(table)))
    for name in ("colours", "sizes", *_PLACES):
        if name in result and any(result[name]):
            lists = result[name].map(_listed)
            result = result.assign(**{name: lists}).explode(name, ignore_index=True)
        elif name in result:
            result = result.drop(columns=name)
    if "like_styles" in result:
        result["like_styles"] = result["like_styles"].map(lambda text: LIST.join(_listed(text)))
    result = result.rename(columns=_SINGULAR)
    texts = [name for name in result.columns if name not in {"price", "row", *DATES}]
    for name in texts:
        result[name] = result[name].astype("str").mask(result[name] == "")
    order = ["style", "colour", "size", *_PLACES, "price", *DATES, "like_styles"]
    front = [name for name in order if name in result]
    return result[[*front, *(name for name in result.columns if name not in front)]]


def _check_unique(check: "Check", skus: pd.DataFrame) -> None:
    key = [name for name in ("style", "colour", "size", *_PLACES) if name in skus]
    repeated = skus.duplicated(key).to_numpy(dtype=bool)
    bad = np.zeros(len(check.frame), dtype=bool)
    bad[skus["row"].to_numpy()[repeated]] = True
    first = {
        int(row): values for row, *values in skus.loc[repeated, ["row", *key]].to_numpy()[::-1]
    }
    check.rows(
        bad,
        "repeats a SKU of a row above",
        "name every style, colour, size and place once",
        lambda row: " / ".join(map(str, first[row])),
    )
