"""How tables come in, and how messages name what they hold.

Every door of c2m takes a table from outside: a pandas, polars or pyarrow frame, or anything
else that speaks the Arrow PyCapsule protocol. `read_frame` turns it into pandas without changing
a value; `c2m.checks.Check` says what is wrong with it.
"""

from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError, warn

BoolArray = NDArray[np.bool_]

_MOST_NAMES: Final = 8
"""How many names a message lists before it says how many more there are."""

_PLURAL: Final = {"has": "have", "is": "are", "does": "do"}

_MOST_EXACT: Final = 2**53
"""From here on float64 does not hold every whole number."""


def read_frame(frame: object, table: str) -> pd.DataFrame:
    """Return `frame` as a pandas frame with positions 0, 1, 2, ... as its index.

    Named levels of a pandas index become columns, so that nothing is lost; an Arrow table that
    remembers such an index is read in the same way.

    Parameters
    ----------
    frame : DataFrame, pyarrow.Table, or object with ``__arrow_c_stream__``
        The table that a caller passed.
    table : str
        Its name in error messages.

    Returns
    -------
    DataFrame
        The same columns and values; the caller's frame is never written to.

    Raises
    ------
    DataError
        If the object is no table, or if two of its columns share a name.

    Examples
    --------
    >>> read_frame([1, 2], "panel")
    Traceback (most recent call last):
        ...
    c2m.errors.DataError: `panel` has 1 problem:
      - a list is not a table
    Fix: pass a pandas, polars or pyarrow frame
    """
    if not isinstance(frame, pd.DataFrame):
        frame = _from_arrow(frame, table)
    result = _plain_index(frame, table)
    doubled = result.columns[result.columns.duplicated()].tolist()
    if doubled:
        problem = f"column names occur more than once: {name_list(doubled)}"
        raise DataError(table, [problem], "rename or drop the doubled columns")
    return result


def _from_arrow(frame: object, table: str) -> pd.DataFrame:
    import pyarrow as pa

    if hasattr(frame, "__arrow_c_stream__"):
        with suppress(pa.ArrowInvalid):  # a column speaks the protocol too, and is no table
            result: pd.DataFrame = pa.table(frame).to_pandas()
            return result
    problem = f"a {type(frame).__name__} is not a table"
    raise DataError(table, [problem], "pass a pandas, polars or pyarrow frame")


def _plain_index(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    named = [name for name in frame.index.names if name is not None]
    both = [name for name in named if name in frame.columns]
    if both:
        problem = f"index and columns share names: {name_list(both)}"
        raise DataError(table, [problem], "rename the index or the columns")
    return frame.reset_index(drop=not named)


def name_list(names: Iterable[object]) -> str:
    """Write names for a message: the first eight, then how many more.

    Parameters
    ----------
    names : iterable
        What to list.

    Returns
    -------
    str
        ``"'a', 'b' and 3 more"``.

    Examples
    --------
    >>> name_list("abcdefghij")
    "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more"
    """
    listed = [repr(name) for name in names]
    more = len(listed) - _MOST_NAMES
    return ", ".join(listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count : int
        How many.
    noun : str
        In the singular; its plural ends in s.

    Returns
    -------
    str
        ``"1 run"``, ``"2,000 runs"``.

    Examples
    --------
    >>> plural(1, "run"), plural(2_000, "run")
    ('1 run', '2,000 runs')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def share_of(count: int, total: int, noun: str, verb: str = "") -> str:
    """Write how many of a number of things do something.

    Parameters
    ----------
    count, total : int
        How many do, and how many there are.
    noun : str
        In the singular; its plural ends in s.
    verb : str
        In the singular: has, is, does, needs; empty for none.

    Returns
    -------
    str
        ``"1 of 3 rows has"``, ``"2 of 3 rows have"``.

    Examples
    --------
    >>> share_of(1, 1, "SKU", "is"), share_of(2, 3, "SKU", "needs"), share_of(2, 3, "SKU")
    ('1 of 1 SKU is', '2 of 3 SKUs need', '2 of 3 SKUs')
    """
    does = verb if count == 1 else _PLURAL.get(verb, verb.removesuffix("s"))
    return f"{count:,} of {plural(total, noun)} {does}".rstrip()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the known name that a misspelt one, or one in capitals, probably meant.

    Parameters
    ----------
    name : str
        The name that was not found.
    known : iterable of str
        The names there are.

    Returns
    -------
    str
        ``" (did you mean 'price'?)"``, or nothing where no name is close.

    Examples
    --------
    >>> did_you_mean("pirce", ["price", "sku"])
    " (did you mean 'price'?)"
    """
    spelled: dict[str, str] = {}
    for one in known:
        spelled.setdefault(one.casefold(), one)
    close = get_close_matches(str(name).casefold(), spelled, n=1)
    return f" (did you mean {spelled[close[0]]!r}?)" if close else ""


def text_codes(column: pd.Series) -> "pd.Series[str]":
    """Return codes (SKUs, stores, channels) as text, exactly as they were.

    Text is kept to the letter, leading zeros and blanks included. Whole numbers become their
    decimal digits. Unknown codes stay unknown. Other types have no one spelling: see
    `Check.codes`, which refuses them.

    Parameters
    ----------
    column : Series
        Text, whole numbers or categories.

    Returns
    -------
    Series of str
        One code a row.

    Examples
    --------
    >>> text_codes(pd.Series(["00123", "7"])).tolist()
    ['00123', '7']
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        spelled = text_codes(pd.Series(column.cat.categories))
        codes = spelled.array.take(column.cat.codes.to_numpy(), allow_fill=True)
        return pd.Series(codes, index=column.index, name=column.name)
    unknown = column.isna()
    return column.astype("str").mask(unknown)


def attribute_texts(column: pd.Series) -> "pd.Series[str]":
    """Return attributes (sizes, colours) as people write them; unknown ones stay unknown.

    Parameters
    ----------
    column : Series
        Of any type. Whole numbers are their digits, also where gaps have made 8 an 8.0.

    Returns
    -------
    Series of str
        One text a row.

    Examples
    --------
    >>> attribute_texts(pd.Series([8.0, 8.5, None])).tolist()
    ['8', '8.5', nan]
    """
    texts = [
        f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
        for value in column.tolist()
    ]
    return pd.Series(texts, index=column.index, name=column.name, dtype="str").mask(column.isna())


def warn_of_unnamed(table: str, columns: Iterable[object], named: Iterable[object]) -> None:
    """Warn of the columns of a table that no argument names.

    Parameters
    ----------
    table : str
        Name of the table in the warning.
    columns, named : iterable
        The columns there are, and those that were asked for.
    """
    known = set(named)
    unnamed = [str(name) for name in columns if name not in known]
    if unnamed:
        noun = "column" if len(unnamed) == 1 else "columns"
        verb = "is" if len(unnamed) == 1 else "are"
        warn(
            f"{len(unnamed)} {noun} of `{table}` {verb} left out: {name_list(unnamed)}. Name what "
            "is meant in the call, or drop it."
        )
