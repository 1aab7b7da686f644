"""The check of a table: collect everything that is wrong with it, and raise it once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError
from c2m.frames import did_you_mean, name_list, share_of, text_codes

BoolArray = NDArray[np.bool_]

_MOST_EXACT: Final = 2**53
"""From here on float64 does not hold every whole number."""


class Check:
    """Collect the problems of one table and raise them together.

    Parameters
    ----------
    table : str
        Name of the table in messages.
    frame : DataFrame
        The table, with positions as its index (see `read_frame`).
    place : callable, optional
        From a position to what the row is called; ``"row 7"`` unless given.

    Examples
    --------
    >>> check = Check("stock", pd.DataFrame({"sku": ["A", "A"], "on_hand": [1.0, -2.0]}))
    >>> check.columns(["sku", "on_hand"])
    True
    >>> check.numbers("on_hand", at_least=0)
    >>> check.unique(["sku"])
    >>> check.done()
    Traceback (most recent call last):
        ...
    c2m.errors.DataError: `stock` has 2 problems:
      - 1 of 2 rows has 'on_hand' below 0 (first: row 1, -2.0)
      - 1 of 2 rows repeats the key ('sku') (first: row 1, 'A')
    Fix: correct the values below 0; merge or drop the repeated rows
    """

    def __init__(
        self, table: str, frame: pd.DataFrame, place: Callable[[int], str] = "row {}".format
    ) -> None:
        self.table, self.frame, self.place = table, frame, place
        self.problems: list[str] = []
        self.fixes: list[str] = []

    def add(self, problem: str, fix: str) -> None:
        """Note one problem and what to type about it.

        Parameters
        ----------
        problem, fix : str
            Two short phrases without a full stop.
        """
        self.problems.append(problem)
        if fix not in self.fixes:
            self.fixes.append(fix)

    def done(self) -> None:
        """Raise everything that was noted.

        Raises
        ------
        DataError
            If any problem was noted.
        """
        if self.problems:
            raise DataError(self.table, self.problems, "; ".join(self.fixes))

    def rows(
        self,
        bad: BoolArray,
        what: str,
        fix: str,
        show: Callable[[int], object] | None = None,
    ) -> None:
        """Note the rows that are bad, with their count and the first of them.

        Parameters
        ----------
        bad : ndarray of bool, shape (n_rows,)
            True where the row is bad.
        what : str
            What such a row does, in the singular: ``"has 'price' below 0"``.
        fix : str
            What to do about it.
        show : callable, optional
            From a row number to the value to show; leave it out for personal values.
        """
        count = int(np.count_nonzero(bad))
        if not count:
            return
        first = int(np.argmax(bad))
        example = self.place(first) + (f", {show(first)!r}" if show is not None else "")
        verb, _, rest = what.partition(" ")
        self.add(f"{share_of(count, len(bad), 'row', verb)} {rest} (first: {example})", fix)

    def columns(self, needed: Sequence[str]) -> bool:
        """Note the columns that are missing.

        Parameters
        ----------
        needed : sequence of str
            Column names.

        Returns
        -------
        bool
            True when all are there, so that their values can be checked.
        """
        present = [str(name) for name in self.frame.columns]
        missing = [name for name in needed if name not in self.frame.columns]
        for name in missing:
            hint = did_you_mean(name, present)
            self.add(
                f"no column {name!r}{hint}; the columns are {name_list(present)}",
                "rename the column or name it in the call",
            )
        return not missing

    def not_empty(self) -> bool:
        """Note a table without rows.

        Returns
        -------
        bool
            True when there are rows.
        """
        if len(self.frame) == 0:
            self.add("the table has no rows", "pass at least one row")
        return len(self.frame) > 0

    def codes(self, name: str, *, each: bool = False) -> None:
        """Note what cannot be a code: what is neither text nor a whole number, and empty text.

        Parameters
        ----------
        name : str
            A column of the table.
        each : bool
            Whether to look at every value of a column that may mix types.
        """
        column = self.frame[name]
        self.rows(
            column.isna().to_numpy(dtype=bool),
            f"has no {name!r}",
            f"fill or drop the rows without {name!r}",
        )
        fix = f"read {name!r} as text, so that 00123 does not become 123.0"
        values = column
        if isinstance(column.dtype, pd.CategoricalDtype):
            values = pd.Series(column.cat.categories)
        kind = values.dtype
        if not pd.api.types.is_object_dtype(kind):  # of one type throughout: a value tells
            values = values.iloc[[int(np.argmax(values.notna()))]] if len(values) else values
            values = values.astype("object")
        found = pd.api.types.infer_dtype(values, skipna=True)
        plain = found in {"string", "integer", "empty"}
        if not plain and not pd.api.types.is_object_dtype(kind):
            self.add(f"{name!r} holds {kind} values, which are no codes", fix)
            return
        if not plain and each:
            odd = [not _may_be_code(value) for value in column.astype("object")]
            self.rows(
                np.array(odd) & column.notna().to_numpy(dtype=bool),
                f"has a {name!r} that is neither text nor a whole number",
                fix,
            )
        self.rows(
            _is_empty(column), f"has an empty {name!r}", f"fill or drop the rows without {name!r}"
        )

    def numbers(
        self,
        name: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        unknown: bool = False,
        whole: bool = False,
    ) -> None:
        """Note what is no number, infinite, unknown or out of range.

        Parameters
        ----------
        name : str
            A column of the table.
        at_least, at_most : float, optional
            The range, ends included.
        unknown : bool
            Whether NaN is allowed.
        whole : bool
            Whether fractions are refused.
        """
        column = self.frame[name]
        known = column.notna()
        if getattr(column.dtype, "kind", "O") not in "iufb" and known.any():
            bad = pd.to_numeric(column.astype("object"), errors="coerce").isna() & known
            self.rows(
                bad.to_numpy(dtype=bool) | bool(not bad.any()),
                f"has no number in {name!r}",
                f"convert {name!r} to numbers",
                lambda row: column.iloc[row],
            )
            return
        if _are_plain(column, at_least, at_most) and not whole and (unknown or known.all()):
            return
        values = np.full(len(column), np.nan)
        if known.any():
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if column.dtype.kind in "iu":
            self.rows(
                np.abs(values) >= _MOST_EXACT,
                f"has a whole number in {name!r} that float64 would round",
                "count in thousands",
                lambda row: int(column.iloc[row]),
            )
        self.number_values(
            name, values, at_least=at_least, at_most=at_most, unknown=unknown, whole=whole
        )

    def number_values(
        self,
        name: str,
        values: NDArray[np.float64],
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        unknown: bool = False,
        whole: bool = False,
        name_of: Callable[[int], str] | None = None,
    ) -> None:
        """Do what `numbers` does for values that are an array already.

        Parameters
        ----------
        name : str
            What to call the values.
        values : ndarray, shape (n_rows,)
            The numbers.
        at_least, at_most, unknown, whole
            See `numbers`.
        name_of : callable, optional
            From a row number to what the row is about, such as its SKU; empty for nothing.
        """

        def _show(row: int) -> object:
            value, name = float(values[row]), name_of(row) if name_of is not None else ""
            return f"{name}: {value}" if name else value

        self.rows(np.isinf(values), f"has an infinite {name!r}", "replace the infinite values")
        if not unknown:
            self.rows(
                np.isnan(values), f"has no {name!r}", f"fill or drop the rows without {name!r}"
            )
        finite = np.isfinite(values)
        if at_least is not None:
            low = finite & (values < at_least)
            fix = f"correct the values below {at_least:g}"
            self.rows(low, f"has {name!r} below {at_least:g}", fix, _show)
        if at_most is not None:
            high = finite & (values > at_most)
            fix = f"correct the values above {at_most:g}"
            self.rows(high, f"has {name!r} above {at_most:g}", fix, _show)
        if whole:
            broken = finite & (values != np.floor(values))
            self.rows(broken, f"has a fraction in {name!r}", "pass whole units", _show)

    def unique(self, key: Sequence[str], read: "Mapping[str, NDArray[Any]] | None" = None) -> None:
        """Note rows whose key an earlier row has; codes are compared as text, so 1 repeats "1".

        Parameters
        ----------
        key : sequence of str
            The columns that must be unique together.
        read : mapping of str to ndarray, optional
            For some of these columns, the values as they were read: two spellings of a date are
            one period.
        """
        values = {name: (read or {}).get(name, _comparable(self.frame[name])) for name in key}
        repeated = pd.DataFrame(values).duplicated().to_numpy(dtype=bool)

        def _show(row: int) -> object:
            values = [self.frame[name].iloc[row] for name in key]
            return values[0] if len(values) == 1 else tuple(map(str, values))

        self.rows(
            repeated,
            f"repeats the key ({name_list(key)})",
            "merge or drop the repeated rows",
            _show,
        )


def _may_be_code(value: object) -> bool:
    return isinstance(value, str | int | np.integer) and not isinstance(value, bool)


def _is_empty(column: pd.Series) -> BoolArray:
    """Say which rows hold a text of no letters, without a Python object for each row."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        empty = np.append(_is_empty(pd.Series(column.cat.categories)), False)
        return empty[column.cat.codes.to_numpy()]
    if getattr(column.dtype, "kind", "O") in "iu":
        return np.zeros(len(column), dtype=bool)
    return (column == "").to_numpy(dtype=bool, na_value=False)


def _are_plain(column: pd.Series, at_least: float | None, at_most: float | None) -> bool:
    """Say whether a column holds fractions of the machine's own, all finite and in range."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind != "f" or not len(column):
        return False
    values = column.to_numpy()
    least, most = (float(pick.reduce(values)) for pick in (np.fmin, np.fmax))
    low = -np.inf if at_least is None else at_least
    high = np.inf if at_most is None else at_most
    return -np.inf < least and most < np.inf and low <= least and most <= high


def _comparable(column: pd.Series) -> pd.Series:
    """Return a column in which equal codes are equal, whatever types a caller has mixed."""
    mixed = column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype)
    return text_codes(column) if mixed else column
