"""A factory: what it can make, on which lines, in which lots, at which cost."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import did_you_mean, name_list
from c2m.periods import Calendar
from c2m.production.factory import view
from c2m.production.factory.checks import as_source, finished, raise_all
from c2m.production.factory.excel import read_excel
from c2m.production.factory.files import Contents, read_settings, settings_of
from c2m.production.factory.held import FactoryTables
from c2m.production.factory.links import checked_tables
from c2m.production.factory.notes import warn_about_tables, warn_about_values
from c2m.production.factory.settings import Policy, Settings
from c2m.production.factory.tables import TABLES
from c2m.production.factory.toml import read_toml, write_toml
from c2m.production.factory.workbook import write_workbook

PathLike: TypeAlias = str | os.PathLike[str]

Table: TypeAlias = object
"""A pandas, polars or pyarrow frame, or a sequence of the row dataclasses."""


class Factory(FactoryTables):
    """What a factory can make. Build it with `from_frames`, `from_toml` or `from_excel`.

    It holds a calendar, a currency, a name, a policy and the checked tables, see `FactoryTables`.

    Examples
    --------
    >>> from c2m.production import Line, Product, Routing
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=2400.0, unit="minutes")],
    ...     products=[Product("TEE-M", price=20.0, unit_cost=6.0, end_value=4.0)],
    ...     routings=[Routing("TEE-M", "A", unit_time=1.5, moq=100)],
    ...     currency="EUR",
    ... )
    >>> factory
    Factory('factory': 1 line, 1 product, 1 routing, freq 'W', EUR)
    """

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
        families: Table | None = None,
        group_capacities: Table | None = None,
        price_breaks: Table | None = None,
        materials: Table | None = None,
        material_orders: Table | None = None,
        bill_of_materials: Table | None = None,
        lanes: Table | None = None,
        markdowns: Table | None = None,
        budgets: Table | None = None,
        rates: Table | None = None,
        policy: Policy | None = None,
        freq: str | pd.DataFrame | Calendar = "W",
        currency: str | None = None,
        name: str = "factory",
    ) -> "Factory":
        """Build a factory from tables.

        A column that is left out takes the default of the row's dataclass; a column that is
        there must be filled in every row, unless its default is None.

        Parameters
        ----------
        lines, products, routings : DataFrame or sequence of rows
            Frames (pandas, polars, pyarrow) with the fields of `Line`, `Product` and `Routing` as
            columns, or lists of these.
        shutdowns, limits, groups, prepacks : DataFrame or sequence of rows, optional
            The same for `Shutdown`, `Limit`, `Group` and `Prepack`.
        families, group_capacities, price_breaks : DataFrame or sequence of rows, optional
            The same for `SetupFamily`, `GroupCapacity` and `PriceBreak`.
        materials, material_orders, bill_of_materials : DataFrame or sequence of rows, optional
            The same for `Material`, `MaterialOrder` and `MaterialUse`.
        lanes, markdowns, budgets, rates : DataFrame or sequence of rows, optional
            The same for `Lane`, `Markdown`, `Budget` and `Rate`.
        policy : Policy, optional
            How careful plans are.
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
        >>> from c2m.production import Product, Routing
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
            "families": families,
            "group_capacities": group_capacities,
            "price_breaks": price_breaks,
            "materials": materials,
            "material_orders": material_orders,
            "bill_of_materials": bill_of_materials,
            "lanes": lanes,
            "markdowns": markdowns,
            "budgets": budgets,
            "rates": rates,
        }
        sources = {
            table: as_source(value, table) for table, value in given.items() if value is not None
        }
        for argument, value in (("currency", currency), ("name", name)):
            if value is not None and not (isinstance(value, str) and value):
                raise ArgumentError(f"Expected {argument} to be text, got {value!r}.")
        if policy is not None and not isinstance(policy, Policy):
            raise ArgumentError(f"Expected policy to be a Policy, got {policy!r}.")
        checks = checked_tables(sources, currency)
        raise_all("factory", checks.values())
        return _make(checks, Calendar.of(freq), currency, name, policy or Policy())

    def with_tables(self, **tables: Table) -> "Factory":
        """Return the factory with some of its tables replaced, as for a what-if.

        Calendar, currency, name and policy stay.

        Parameters
        ----------
        **tables : DataFrame or sequence of rows
            By name, as in `from_frames`; each takes the place of the whole table, and ``[]``
            empties one. To add rows, start from those that there are:
            ``pd.concat([factory.shutdowns, more])``.

        Returns
        -------
        Factory
            Checked like any other.

        Raises
        ------
        ArgumentError
            If there is no table of that name.
        DataError
            If anything is wrong in any table; every problem is listed.

        Examples
        --------
        >>> from c2m.production import Line, Product, Routing, Shutdown
        >>> factory = Factory.from_frames(
        ...     lines=[Line("A", capacity=700.0, unit="pieces")],
        ...     products=[Product("TEE", price=20.0, unit_cost=6.0, end_value=4.0)],
        ...     routings=[Routing("TEE", "A")],
        ... )
        >>> factory.with_tables(shutdowns=[Shutdown("A", "2026-12-24", "2027-01-03")])
        Factory('factory': 1 line, 1 product, 1 routing, 1 shutdown, freq 'W')
        """
        for name in tables:
            if name not in TABLES:
                hint = did_you_mean(name, TABLES)
                raise ArgumentError(
                    f"Expected names of a factory's tables, got {name!r}{hint}; they are "
                    f"{name_list(TABLES)}."
                )
        given = {**self.tables(), **tables}
        checks = checked_tables(
            {name: as_source(table, name) for name, table in given.items()}, self.currency
        )
        raise_all("factory", checks.values())
        return _make(checks, self.calendar, self.currency, self.name, self.policy)

    @classmethod
    def from_toml(cls, path: PathLike) -> "Factory":
        """Read a factory from a TOML file.

        The file has the keys ``name``, ``freq`` and ``currency``, those of `Policy`, and one array
        per table of `FactoryTables` (and ``periods`` with ``start`` and ``end`` where the freq is
        ``"table"``). A key that is left out takes the default of the row's dataclass.

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
        the columns in its first row (rows with text above them are passed over with a warning).
        Wholly empty rows are passed over. An empty cell takes the column's default. Numbers where
        a code belongs are read as their digits, with a warning, since a spreadsheet drops zeros in
        front; blanks around a code that the workbook has without them as well are taken away, with
        a warning. Columns named remark, note or comment and the sheet Help are not read; other
        sheets are passed over with a warning.

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

    def _file_tables(self) -> tuple[Settings, dict[str, pd.DataFrame]]:
        settings, periods = settings_of(self.calendar, self.currency, self.name, self.policy)
        return settings, {**self.tables(), "periods": periods}


def _from_contents(contents: Contents) -> Factory:
    """Check a factory's file and build the factory."""
    settings, calendar, checks = read_settings(contents)
    tables = checked_tables(contents.sources, settings.currency)
    raise_all(contents.title, [contents.check, *checks, *tables.values()])
    for note in contents.notes:
        warn(note)
    factory = _make(tables, calendar, settings.currency, settings.name, settings.policy)
    warn_about_tables(factory.tables())
    return factory


def _make(
    checks: Mapping[str, Check],
    calendar: Calendar,
    currency: str | None,
    name: str,
    policy: Policy,
) -> Factory:
    frames = finished(checks)
    warn_about_values(frames)
    return Factory(calendar=calendar, currency=currency, name=name, policy=policy, **frames)
