"""Ways to sum the same series: the levels of a hierarchy, and what each series is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from c2m.forecast.target import FloatArray

M5_LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("state",),
    ("location",),
    ("category",),
    ("department",),
    ("state", "category"),
    ("state", "department"),
    ("location", "category"),
    ("location", "department"),
    ("sku",),
    ("sku", "state"),
    ("sku", "location"),
)
"""The twelve levels of M5, for keys sku (item) and location (store) with three attributes."""


@dataclass(frozen=True, eq=False, repr=False)
class Groupings:
    """Several ways to sum the same series: all, by department, by store, each on its own.

    Parameters
    ----------
    codes : dict of str to ndarray of int, shape (n_series,)
        Name of the level -> the group of each series, from 0 without gaps.

    Examples
    --------
    >>> keys = pd.DataFrame({"sku": ["A", "B", "C"]})
    >>> groups = Groupings.of(keys, [(), ("style",), ("sku",)],
    ...                       pd.DataFrame({"style": ["x", "x", "y"]}))
    >>> groups
    Groupings(all: 1, style: 2, sku: 3)
    >>> groups.sums("style", [[1.0], [2.0], [5.0]]).tolist()
    [[3.0], [5.0]]
    """

    codes: Mapping[str, NDArray[np.intp]]

    @classmethod
    def of(
        cls,
        keys: pd.DataFrame,
        by: Sequence[Sequence[str]],
        attributes: pd.DataFrame | None = None,
    ) -> "Groupings":
        """Group series by columns.

        Parameters
        ----------
        keys : DataFrame, n_series rows
            Of a panel or a forecast.
        by : sequence of sequence of str
            One tuple of columns a level; the empty one sums all series.
        attributes : DataFrame, n_series rows, optional
            More columns, row by row as in `keys`, whatever the index.

        Returns
        -------
        Groupings
            In the order of `by`. Series without a value are a group of their own.

        Raises
        ------
        ArgumentError
            If a column is unknown, a level is there twice, there is none, or keys and attributes
            are of different length.
        """
        table = _side_by_side(keys, attributes)
        if not _is_list(by) or not by or not all(map(_is_list, by)):
            raise ArgumentError(f"Expected a tuple of columns for each level, got {by!r}.")
        named = {name for names in by for name in names}
        absent = sorted(map(str, named - {*table.columns}))
        if absent:
            hint = did_you_mean(absent[0], map(str, table.columns))
            raise ArgumentError(
                f"Expected columns of {name_list(table.columns)}, got {name_list(absent)}{hint}."
            )
        codes = {" x ".join(names) or "all": _codes(table, names) for names in by}
        if len(codes) < len(by):
            raise ArgumentError(f"Expected each level once, got {list(by)!r}.")
        return cls(codes)

    @property
    def names(self) -> list[str]:
        """Names of the levels."""
        return list(self.codes)

    def size(self, name: str) -> int:
        """Return the number of groups of a level.

        Parameters
        ----------
        name : str
            The level.

        Returns
        -------
        int
            How many.
        """
        return int(self.codes[name].max(initial=-1)) + 1

    def sums(self, name: str, values: ArrayLike) -> "FloatArray":
        """Add up series within the groups of a level.

        Parameters
        ----------
        name : str
            The level.
        values : array_like, shape (n_series, n_periods)
            Any numbers; NaN makes the group's sum NaN.

        Returns
        -------
        ndarray, shape (n_groups, n_periods)
            The sums.

        Raises
        ------
        ArgumentError
            If there is no such level.
        """
        if name not in self.codes:
            raise ArgumentError(f"Expected a level of {name_list(self.names)}, got {name!r}.")
        return np.asarray(self._matrix(name) @ np.asarray(values, dtype=np.float64))

    def _matrix(self, name: str) -> "csr_array":
        from scipy.sparse import csr_array

        codes = self.codes[name]
        ones = np.ones(len(codes))
        return csr_array((ones, (codes, np.arange(len(codes)))), (self.size(name), len(codes)))

    def __repr__(self) -> str:
        """Show the levels and how many series each has."""
        sizes = ", ".join(f"{name}: {self.size(name):,}" for name in self.names)
        return f"Groupings({sizes})"


def revenue(sales: ArrayLike, price: ArrayLike | None = None, periods: int = 28) -> "FloatArray":
    """Return what each series brought in over its last periods: the weights of M5.

    Parameters
    ----------
    sales : array_like, shape (n_series, n_periods)
        Units; unknown ones add nothing.
    price : array_like, same shape, optional
        Price of a unit; the weight is in units unless given.
    periods : int
        How many of the last periods count.

    Returns
    -------
    ndarray, shape (n_series,)
        At least 0.

    Raises
    ------
    ArgumentError
        If the shapes differ or `periods` is below 1.

    Examples
    --------
    >>> revenue([[9.0, 1.0, 2.0]], [[5.0, 5.0, 4.0]], periods=2).tolist()
    [13.0]
    """
    units = np.asarray(sales)
    each = np.ones_like(units) if price is None else np.asarray(price)
    whole = isinstance(periods, int | np.integer)
    if units.ndim != 2 or each.shape != units.shape or not whole or periods < 1:
        raise ArgumentError(
            f"Expected sales and price of one shape and a whole periods >= 1, got {units.shape}, "
            f"{each.shape} and {periods!r}."
        )
    last = np.s_[:, -periods:]
    worth = np.nansum(units[last].astype(np.float64) * each[last].astype(np.float64), axis=1)
    return np.asarray(worth, dtype=np.float64)


def _side_by_side(keys: pd.DataFrame, attributes: pd.DataFrame | None) -> pd.DataFrame:
    if attributes is None:
        return keys
    if len(attributes) != len(keys):
        raise ArgumentError(
            f"Expected attributes of {len(keys):,} series, got {len(attributes):,} rows."
        )
    tables = [table.reset_index(drop=True) for table in (keys, attributes)]
    return pd.concat(tables, axis=1)


def _codes(table: pd.DataFrame, names: Sequence[str]) -> NDArray[np.intp]:
    if not names:
        return np.zeros(len(table), dtype=np.intp)
    grouped = table.groupby(list(names), dropna=False, sort=True, observed=True)
    return np.asarray(grouped.ngroup(), dtype=np.intp)


def _is_list(names: object) -> bool:
    return isinstance(names, Sequence) and not isinstance(names, str)
