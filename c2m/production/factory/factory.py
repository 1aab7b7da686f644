"""A factory: what it can make, on which lines, in which lots, at which cost."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.periods import Calendar
from c2m.production.factory import view
from c2m.production.factory.capacity import shut_share
from c2m.production.factory.checks import as_source, finished, raise_all
from c2m.production.factory.excel import read_excel
from c2m.production.factory.files import Contents, read_settings, settings_of
from c2m.production.factory.links import checked_tables, warn_about_values
from c2m.production.factory.tables import (
    TABLES,
    Group,
    Limit,
    Line,
    Prepack,
    Product,
    Routing,
    Settings,
    Shutdown,
)
from c2m.production.factory.toml import read_toml, write_toml
from c2m.production.factory.workbook import write_workbook

__all__ = ["Factory", "Group", "Limit", "Line", "Prepack", "Product", "Routing", "Shutdown"]

PathLike: TypeAlias = str | os.PathLike[str]

Table: TypeAlias = object
"""A pandas, polars or pyarrow frame, or a sequence of the row dataclasses."""

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Factory:
    """What a factory can make. Build it with `from_frames`, `from_toml` or `from_excel`.

    Parameters
    ----------
    calendar : Calendar
        How days are grouped into periods; a plan's demand must use the same.
    currency : str or None
        Currency of every amount of money.
    name : str
        Name of the factory.
    lines, products, routings, shutdowns, groups, prepacks, limits : DataFrame
        Checked tables. Their columns are the fields of `Line`, `Product`, `Routing`, `Shutdown`,
        `Group`, `Prepack` and `Limit`, in that order; a table that was not given has no rows.

    Examples
    --------
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=2400.0, unit="minutes")],
    ...     products=[Product("TEE-M", price=20.0, unit_cost=6.0, end_value=4.0)],
    ...     routings=[Routing("TEE-M", "A", unit_time=1.5, moq=100)],
    ...     currency="EUR",
    ... )
    >>> factory
    Factory('factory': 1 line, 1 product, 1 routing, freq 'W', EUR)
    """

    calendar: Calendar
    currency: str | None
    name: str
    lines: pd.DataFrame
    products: pd.DataFrame
    routings: pd.DataFrame
    shutdowns: pd.DataFrame
    groups: pd.DataFrame
    prepacks: pd.DataFrame
    limits: pd.DataFrame

    @classmethod
    def from_frames(
        cls,
        *,
        lines: Table,
        products: Table,
        routings: Table,
        shutdowns: Table | None = None,
        limits: Table | None = None,
        groups: Table | None = None,
        prepacks: Table | None = None,
        freq: str | pd.DataFrame | Calendar = "W",
        currency: str | None = None,
        name: str = "factory",
    ) -> "Factory":
        """Build a factory from tables.

        A column that is left out takes the default of the row's dataclass; a column that is
        there must be filled in every row.

        Parameters
        ----------
        lines, products, routings : DataFrame or sequence of rows
            Frames (pandas, polars, pyarrow) with the fields of `Line`, `Product` and `Routing` as
            columns, or lists of these.
        shutdowns, limits, groups, prepacks : DataFrame or sequence of rows, optional
            The same for `Shutdown`, `Limit`, `Group` and `Prepack`.
        freq : str, DataFrame or Calendar
            Length of a period, see `Calendar.of`.
        currency : str, optional
            Currency of every amount of money.
        name : str
            Name of the factory.

        Returns
        -------
        Factory
            The checked factory.

        Raises
        ------
        DataError
            If anything is wrong in any table; every problem is listed.
        ArgumentError
            If `freq`, `currency` or `name` is not valid.

        Examples
        --------
        >>> Factory.from_frames(
        ...     lines=pd.DataFrame({"line": ["A"], "capacity": [100], "unit": ["pieces"]}),
        ...     products=[Product("TEE-M", price=20.0, unit_cost=6.0, end_value=4.0)],
        ...     routings=[Routing("TEE-M", "AA"), Routing("TEE-L", "A", moq=50, max_lot=40)],
        ... )
        Traceback (most recent call last):
            ...
        c2m.errors.DataError: `factory` has 3 problems:
          - routings: 1 of 2 rows has a 'sku' that is not in `products` (did you mean 'TEE-M'?) \
(first: row 1, 'TEE-L')
          - routings: 1 of 2 rows has a 'line' that is not in `lines` (did you mean 'A'?) \
(first: row 0, 'AA')
          - routings: 1 of 2 rows has a 'max_lot' below the smallest run that 'moq' and \
'lot_multiple' allow (first: row 1, '40 < 50')
        Fix: correct 'sku' or add it to `products`; correct 'line' or add it to `lines`; raise \
'max_lot' or lower 'moq' or 'lot_multiple'
        """
        given = {
            "lines": lines,
            "products": products,
            "routings": routings,
            "shutdowns": shutdowns,
            "groups": groups,
            "prepacks": prepacks,
            "limits": limits,
        }
        sources = {
            table: as_source(value, table) for table, value in given.items() if value is not None
        }
        for argument, value in (("currency", currency), ("name", name)):
            if value is not None and not (isinstance(value, str) and value):
                raise ArgumentError(f"Expected {argument} to be text, got {value!r}.")
        checks = checked_tables(sources)
        raise_all("factory", checks.values())
        return _make(checks, Calendar.of(freq), currency, name)

    @classmethod
    def from_toml(cls, path: PathLike) -> "Factory":
        """Read a factory from a TOML file.

        The file has the keys ``name``, ``freq`` and ``currency`` and one array per table:
        ``lines``, ``products``, ``routings``, ``shutdowns``, ``groups``, ``prepacks``, ``limits``
        (and ``periods`` with ``start`` and ``end`` where the freq is ``"table"``). A key that is
        left out takes the default of the row's dataclass.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Factory
            The checked factory.

        Raises
        ------
        ArgumentError
            If the file is not there.
        DataError
            If the file is not TOML or anything is wrong in it; every problem is listed with the
            table and the number of its entry, counted from 1.
        """
        return _from_contents(read_toml(Path(path)))

    @classmethod
    def from_excel(cls, path: PathLike) -> "Factory":
        """Read a factory from a workbook that was filled in.

        The workbook is the one that `write_template` writes: one sheet per table, the names of
        the columns in its first row. Wholly empty rows are passed over. An empty cell takes the
        column's default. Numbers where a code belongs are read as their digits, with a warning,
        since a spreadsheet drops zeros in front. The sheet Help is not read; other sheets are
        passed over with a warning.

        Parameters
        ----------
        path : path
            An ``.xlsx`` or ``.xlsm`` file.

        Returns
        -------
        Factory
            The checked factory.

        Raises
        ------
        ArgumentError
            If the file is not there or its name does not end in ``.xlsx`` or ``.xlsm``.
        DataError
            If the file is no workbook or anything is wrong in it; every problem is listed with
            the sheet, the column and the row as the spreadsheet numbers it.
        MissingEngineError
            If python-calamine is not installed.
        """
        return _from_contents(read_excel(Path(path)))

    @staticmethod
    def write_template(path: PathLike) -> Path:
        """Write the empty workbook that `from_excel` reads, with help texts and an example.

        Parameters
        ----------
        path : path
            Where, ending in ``.xlsx``.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        MissingEngineError
            If xlsxwriter is not installed.
        """
        return write_workbook(Path(path), None, {})

    def to_excel(self, path: PathLike) -> Path:
        """Write the factory as the workbook that `from_excel` reads.

        Parameters
        ----------
        path : path
            Where, ending in ``.xlsx``.

        Returns
        -------
        Path
            The file. A workbook keeps 16 digits of a number; a warning counts the numbers that
            have more.

        Raises
        ------
        MissingEngineError
            If xlsxwriter is not installed.
        """
        return write_workbook(Path(path), *self._file_tables())

    def to_toml(self, path: PathLike) -> Path:
        """Write the factory as the TOML file that `from_toml` reads.

        Parameters
        ----------
        path : path
            Where.

        Returns
        -------
        Path
            The file. Values that equal their default are left out.
        """
        write_toml(Path(path), *self._file_tables())
        return Path(path)

    def capacity(self, first_ordinal: int, n_periods: int) -> tuple[FloatArray, FloatArray]:
        """Return what each line can do in each period, shutdowns taken off.

        A period loses the share of its days on which the line stands still, at the normal cost
        and in overtime alike. Shutdowns that overlap count once.

        Parameters
        ----------
        first_ordinal : int
            Number of the first period, see `Calendar.ordinal`.
        n_periods : int
            How many periods.

        Returns
        -------
        regular, overtime : ndarray of float64, shape (n_lines, n_periods)
            Capacity in each line's unit, lines in the order of `lines`.

        Raises
        ------
        ArgumentError
            If `n_periods` is below 1.

        Examples
        --------
        >>> factory = Factory.from_frames(
        ...     lines=[Line("A", 700.0, "pieces", overtime_limit=70.0)],
        ...     products=[Product("TEE", 20.0, 6.0, 4.0)],
        ...     routings=[Routing("TEE", "A")],
        ...     shutdowns=[Shutdown("*", "2026-12-24", "2027-01-03")],
        ... )
        >>> first = int(factory.calendar.ordinal("2026-12-14"))
        >>> regular, overtime = factory.capacity(first, 3)
        >>> regular.round(6)
        array([[700., 300.,   0.]])
        """
        if n_periods < 1:
            raise ArgumentError(f"Expected n_periods >= 1, got {n_periods}.")
        ordinals = np.arange(first_ordinal, first_ordinal + n_periods)
        shut = shut_share(self.lines["line"], self.shutdowns, self.calendar, ordinals)  # [L, T]
        regular = self.lines["capacity"].to_numpy()[:, None] * (1.0 - shut)
        overtime = self.lines["overtime_limit"].to_numpy()[:, None] * (1.0 - shut)
        return regular, overtime

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name, in the order in which a person fills them in.

        Returns
        -------
        dict of str to DataFrame
            ``lines``, ``products``, ``routings``, ``shutdowns``, ``groups``, ``prepacks``,
            ``limits``.
        """
        return {name: getattr(self, name) for name in TABLES}

    def summary(self) -> pd.DataFrame:
        """Return one row per line: what it can do and what is made on it.

        Returns
        -------
        DataFrame, shape (n_lines, 6)
            By line: unit, capacity, overtime_limit, overtime_cost, skus (number of SKUs routed
            to it) and days_shut (days of its shutdowns, overlaps counted once).
        """
        return view.summary(self)

    def __repr__(self) -> str:
        """Return the factory in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        """Return the factory as HTML for a notebook."""
        return view.html(self)

    def __eq__(self, other: object) -> bool:
        """Return whether both say the same, the order of their rows included."""
        if not isinstance(other, Factory):
            return NotImplemented
        facts = (self.calendar, self.currency, self.name)
        return facts == (other.calendar, other.currency, other.name) and all(
            frame.equals(getattr(other, name)) for name, frame in self.tables().items()
        )

    __hash__ = None  # type: ignore[assignment]

    def _file_tables(self) -> tuple[Settings, dict[str, pd.DataFrame]]:
        settings, periods = settings_of(self.calendar, self.currency, self.name)
        return settings, {**self.tables(), "periods": periods}


def _from_contents(contents: Contents) -> Factory:
    """Check a factory's file and build the factory."""
    settings, calendar, checks = read_settings(contents)
    tables = checked_tables(contents.sources)
    raise_all(contents.title, [contents.check, *checks, *tables.values()])
    for note in contents.notes:
        warn(note)
    return _make(tables, calendar, settings.currency, settings.name)


def _make(
    checks: Mapping[str, Check], calendar: Calendar, currency: str | None, name: str
) -> Factory:
    frames = finished(checks)
    warn_about_values(frames["products"])
    return Factory(calendar=calendar, currency=currency, name=name, **frames)
