"""Groupings of series that may share a level: channels, locations, attributes and their pairs."""

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from c2m.series import JOINT

Labels = dict[str, NDArray[np.str_]]

ALL = "all series"
"""The grouping that has every series in one group."""


def grouping_names(keys: pd.DataFrame, attributes: pd.DataFrame) -> list[str]:
    """Return the groupings of series that may share a level.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        See `Panel`.
    attributes : DataFrame, n_series rows
        See `Panel`; numbers group nothing.

    Returns
    -------
    list of str
        All series, each key column but the SKU, each attribute, and pairs of the last two, as in
        ``"location / category"``.

    Examples
    --------
    >>> keys = pd.DataFrame({"sku": ["A", "B"], "location": "x"})
    >>> grouping_names(keys, pd.DataFrame({"style": ["a", "b"]}))
    ['all series', 'location', 'style', 'location / style']
    """
    places = [name for name in keys.columns if name != "sku"]
    kinds = [str(name) for name in attributes if not is_numeric_dtype(attributes[name])]
    return [ALL, *places, *kinds, *(JOINT.join(pair) for pair in product(places, kinds))]


def labels_of(
    keys: pd.DataFrame, attributes: pd.DataFrame, names: Iterable[str] | None = None
) -> Labels:
    """Return the label of each series in some groupings.

    Parameters
    ----------
    keys, attributes : DataFrame, n_series rows
        See `grouping_names`.
    names : iterable of str, optional
        Groupings; all of `grouping_names` unless given.

    Returns
    -------
    dict of str to ndarray, shape (n_series,)
        The groupings that there are; a series without an attribute has the label ``""``.
    """
    chosen = grouping_names(keys, attributes) if names is None else names
    return dict(_labels(keys, attributes, chosen))


def _labels(
    keys: pd.DataFrame, attributes: pd.DataFrame, names: Iterable[str]
) -> Iterator[tuple[str, NDArray[np.str_]]]:
    for name in names:
        parts = [name] if name in keys or name in attributes else name.split(JOINT)
        if name == ALL:
            yield name, np.full(len(keys), name)
        elif all(part in keys or part in attributes for part in parts):
            columns = [_text(keys[part] if part in keys else attributes[part]) for part in parts]
            joint = columns[0]
            for column in columns[1:]:
                joint = np.char.add(np.char.add(joint, JOINT), column)
            yield name, joint


def _text(values: pd.Series) -> NDArray[np.str_]:
    known = values.astype("object").where(values.notna(), "")
    return known.astype(str).to_numpy(dtype=np.str_)
