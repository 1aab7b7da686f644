"""The rows of a table, one by one."""

from typing import Any

import pandas as pd


def table_rows(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a table as named tuples, ``Index`` first.

    Parameters
    ----------
    frame : DataFrame
        A table.

    Returns
    -------
    list of namedtuple
        Text is plain, because Arrow's is slow row by row.
    """
    text = {name: "object" for name, kind in frame.dtypes.items() if kind == "str"}
    return list(frame.astype(text).itertuples())
