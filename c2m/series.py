"""What names a series: a SKU, optionally in a channel and at a location."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, text_codes

KEY_COLUMNS: Final = ("sku", "channel", "location")
"""Columns that may name a series, in their order."""

JOINT: Final = " / "
"""Between the attributes that name a rolled-up series together: ``"PARKA / red"``."""

_FEW: Final = 200

Positions = NDArray[np.intp]


def check_keys(keys: pd.DataFrame, check: Check) -> None:
    """Note what is wrong with the keys of a panel or a forecast.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        The keys.
    check : Check
        Where to note it; its frame is `keys`.

    Raises
    ------
    DataError
        If the columns are not key columns in their order.
    """
    names = list(keys.columns)
    if names[:1] != ["sku"] or names != [name for name in KEY_COLUMNS if name in names]:
        problem = f"its keys are {name_list(names)}, not 'sku', 'channel', 'location' in this order"
        check.add(problem, "name the columns that hold them")
        check.done()
    if not check.not_empty():
        return
    rows = _few_texts(keys)
    if rows and all(row < after for row, after in pairwise(rows)):
        return
    for name in names:
        check.codes(name, each=True)
    check.unique(names)
    if check.problems:
        return
    order = keys.sort_values(names, kind="stable").index
    if not np.array_equal(order, np.arange(len(keys))):
        check.add("its series are not in the order of their keys", "use from_frame, which sorts")


def check_names(names: Iterable[str], check: Check) -> None:
    """Note columns that a long table would have twice.

    Parameters
    ----------
    names : iterable of str
        Of its keys, values and attributes.
    check : Check
        Where to note it.
    """
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        problem = f"keys, channels and attributes share the names {name_list(doubled)}"
        check.add(problem, "rename the attributes or channels")


def _few_texts(keys: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the rows of a few keys of plain text; none of other keys.

    Looking at a few values costs a tenth of asking pandas about columns, and a service makes many
    small forecasts.
    """
    if len(keys) > _FEW:
        return []
    columns = [keys[name] for name in keys.columns]
    if any(column.dtype != "str" for column in columns):
        return []
    texts = [column.tolist() for column in columns]
    plain = all(isinstance(value, str) and value for values in texts for value in values)
    return list(zip(*texts, strict=True)) if plain else []


def plain_attributes(attributes: pd.DataFrame, n_series: int) -> pd.DataFrame:
    """Return attributes with text as names and positions as index.

    Parameters
    ----------
    attributes : DataFrame
        Attributes as a caller built them; one without columns stands for none.
    n_series : int
        How many series there are.

    Returns
    -------
    DataFrame
        The same; of as many rows as they came with, if there are any columns.
    """
    names = attributes.columns
    if not len(names):
        return pd.DataFrame(index=range(n_series))
    told = all(isinstance(name, str) for name in names)
    return (attributes if told else attributes.rename(columns=str)).reset_index(drop=True)


def rows_of(table: pd.DataFrame, rows: Positions) -> pd.DataFrame:
    """Return some rows of a table; of rows that follow one another, a view at a fifth of the cost.

    Parameters
    ----------
    table : DataFrame
        Keys or attributes.
    rows : ndarray of int, shape (n,)
        Which, rising.

    Returns
    -------
    DataFrame, n rows
        They alone.
    """
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return table.iloc[rows[0] : rows[-1] + 1]
    return table.iloc[rows]


def plain_keys(keys: pd.DataFrame) -> pd.DataFrame:
    """Return keys as text with positions as their index.

    Parameters
    ----------
    keys : DataFrame
        Keys as a caller built them.

    Returns
    -------
    DataFrame
        The same, as `text_codes` spells them. What is no code stays as it is, for `check_keys`
        to refuse.
    """
    plain = keys.reset_index(drop=True)
    if plain.columns.has_duplicates or _few_texts(plain):
        return plain
    check = Check("keys", plain)
    for name in plain.columns:
        noted = len(check.problems)
        check.codes(name, each=True)
        if len(check.problems) == noted:
            plain[name] = text_codes(plain[name])
    return plain


def read_keys(table: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, Positions]:
    """Find the series of a long table.

    Parameters
    ----------
    table : DataFrame, n_rows
        The table.
    columns : mapping of str to str
        Key column -> column of the table.

    Returns
    -------
    DataFrame, n_series rows
        The keys, sorted.
    ndarray of int, shape (n_rows,)
        The position of each row's series.
    """
    codes = pd.DataFrame({key: text_codes(table[column]) for key, column in columns.items()})
    grouped = codes.groupby(list(codes.columns), sort=True, observed=True)
    series = np.asarray(grouped.ngroup(), dtype=np.intp)
    first_row = np.unique(series, return_index=True)[1]
    return codes.iloc[first_row].reset_index(drop=True), series


@dataclass(frozen=True, eq=False)
class SkuIndex:
    """Where the series of each SKU are, for keys that are asked for one SKU after the other.

    Parameters
    ----------
    places : mapping of str to range
        SKU -> its rows.
    """

    places: Mapping[str, range]

    @classmethod
    def of(cls, keys: pd.DataFrame) -> "SkuIndex":
        """Look once at all keys.

        Parameters
        ----------
        keys : DataFrame, n_series rows
            Sorted keys.

        Returns
        -------
        SkuIndex
            The index.
        """
        places: dict[str, range] = {}
        for row, sku in enumerate(keys["sku"].tolist()):
            before = places.get(sku)
            places[sku] = range(row, row + 1) if before is None else range(before.start, row + 1)
        return cls(places)

    def rows(self, skus: Sequence[str]) -> Positions:
        """Return the rows of some SKUs, in the order of the keys.

        Parameters
        ----------
        skus : sequence of str
            Which SKUs.

        Returns
        -------
        ndarray of int
            Rows.

        Raises
        ------
        ArgumentError
            If there is no series of a SKU, or no SKU is given.
        """
        if not isinstance(skus, Iterable):
            raise ArgumentError(f"Expected SKUs, a sequence of codes, got {skus!r}.")
        wanted = {skus} if isinstance(skus, str) else set(skus)
        unknown = sorted((sku for sku in wanted if sku not in self.places), key=str)
        if unknown or not wanted:
            hint = did_you_mean(unknown[0], self.places) if unknown else ""
            raise ArgumentError(
                f"Expected SKUs that are there, got {name_list(unknown) or 'none'}{hint}."
            )
        found = np.concatenate([np.asarray(self.places[sku], dtype=np.intp) for sku in wanted])
        return np.sort(found)


def find_skus(keys: pd.DataFrame, skus: Sequence[str]) -> Positions:
    """Return the rows of some SKUs, in the order of the keys.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        The keys.
    skus : sequence of str
        Which SKUs.

    Returns
    -------
    ndarray of int
        Rows.

    Raises
    ------
    ArgumentError
        If there is no series of a SKU, or no SKU is given.
    """
    return SkuIndex.of(keys).rows(skus)


def group_series(
    keys: pd.DataFrame, attributes: pd.DataFrame, by: str | Sequence[str]
) -> tuple[pd.DataFrame, Positions]:
    """Return the keys of rolled-up series and, for each series, the one it goes to.

    Parameters
    ----------
    keys, attributes : DataFrame, n_series rows
        Of a panel or a forecast.
    by : str or sequence of str
        Key columns and attributes. One attribute becomes ``sku``; of several, ``sku`` holds the
        values with `JOINT` between them, and each stays an attribute.

    Returns
    -------
    DataFrame, n_groups rows
        Keys, sorted.
    ndarray of int, shape (n_series,)
        Position of each series' group.

    Raises
    ------
    ArgumentError
        If a name is neither key nor attribute, a series has no value for it, or two groups would
        have the same name.
    """
    if not isinstance(by, Iterable):
        raise ArgumentError(f"Expected names of keys or attributes to roll up by, got {by!r}.")
    by = [by] if isinstance(by, str) else list(by)
    both = pd.concat([keys, attributes], axis=1)
    absent = [name for name in by if name not in both.columns]
    if absent or not by:
        hint = did_you_mean(str(absent[0]), map(str, both.columns)) if absent else ""
        raise ArgumentError(
            f"Expected keys or attributes to roll up by, got {name_list(absent) or 'none'}{hint}; "
            f"there are {name_list(both.columns)}."
        )
    others = [name for name in by if name not in KEY_COLUMNS]
    if ("sku" in by) == bool(others):
        raise ArgumentError(
            "Expected 'sku' or attributes, beside 'channel' and 'location', to roll up by, got "
            f"{name_list(by)}."
        )
    without = int(both[by].isna().any(axis=1).sum())
    if without:
        raise ArgumentError(f"{without:,} of {len(both):,} series have no {name_list(by)}.")
    if others:
        both["sku"] = _joint_names(both[others])
    return read_keys(both, {name: name for name in KEY_COLUMNS if name in {"sku", *by}})


def _joint_names(values: pd.DataFrame) -> pd.Series:
    """Return one name for each row's values; different values have different names."""
    texts = pd.DataFrame({name: text_codes(values[name]) for name in values.columns})
    names = texts.iloc[:, 0].str.cat(texts.iloc[:, 1:], sep=JOINT)
    meant = texts.assign(**{"its name": names}).drop_duplicates()
    torn = meant["its name"].duplicated()
    if torn.any():
        raise ArgumentError(
            f"{int(torn.sum()):,} combinations of {name_list(values.columns)} have the name of "
            f"another (first {meant['its name'][torn].iloc[0]!r}): values hold {JOINT!r}."
        )
    return names


def common_attributes(attributes: pd.DataFrame, group: Positions) -> pd.DataFrame:
    """Keep the attributes that are the same within every group.

    Parameters
    ----------
    attributes : DataFrame, n_series rows
        Attributes of the series.
    group : ndarray of int, shape (n_series,)
        The group of each series.

    Returns
    -------
    DataFrame, n_groups rows
        The attributes of the groups.
    """
    first_row = np.unique(group, return_index=True)[1]
    kept = {}
    for name in attributes.columns:
        values = attributes[name]
        own = values.iloc[first_row[group]].reset_index(drop=True)
        same = (values == own).fillna(value=False) | (values.isna() & own.isna())
        if same.all():
            kept[name] = values.iloc[first_row].reset_index(drop=True)
    return pd.DataFrame(kept, index=range(len(first_row)))


def same_table(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Compare what two tables say; storage may have changed a column's type.

    Parameters
    ----------
    one, other : DataFrame
        Tables with positions as their index.

    Returns
    -------
    bool
        Whether columns and values are the same; unknown equals unknown.
    """
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        return False
    left, right = one.astype("object"), other.astype("object")
    return bool(((left == right) | (left.isna() & right.isna())).all(axis=None))
