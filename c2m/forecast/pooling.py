"""What is assumed of a series without history: the mean of series like it."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.frames import text_codes

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_LEAST_MEMBERS: Final = 5
"""A group of fewer series with history than this, on average, says too little."""

_PRIOR_MEMBERS: Final = 5.0
"""The mean of all series counts as so many members of every group."""


def group_series_by_attribute(
    attributes: pd.DataFrame, known: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Group series by the finest attribute that still has enough members.

    Parameters
    ----------
    attributes, known
        See `finest_attribute`.

    Returns
    -------
    ndarray of int, shape (n_series,)
        See `group_series_by`.
    """
    return group_series_by(attributes, finest_attribute(attributes, known))


def finest_attribute(attributes: pd.DataFrame, known: NDArray[np.bool_]) -> str | None:
    """Return the attribute with the most values of which each still has enough members.

    A model settles it once: other series must not change what its groups are.

    Parameters
    ----------
    attributes : DataFrame, n_series rows
        Of a panel.
    known : ndarray of bool, shape (n_series,)
        Which series have history.

    Returns
    -------
    str or None
        Its name; None when no attribute will do.
    """
    best, most = None, 1
    for name in attributes.columns:
        if pd.api.types.is_float_dtype(attributes[name].dtype):
            continue
        count = int(text_codes(attributes[name]).nunique(dropna=False))
        if most < count <= max(known.sum(), 1) / _LEAST_MEMBERS:
            best, most = str(name), count
    return best


def group_series_by(attributes: pd.DataFrame, name: str | None) -> NDArray[np.intp]:
    """Group series by an attribute.

    Parameters
    ----------
    attributes : DataFrame, n_series rows
        Of a panel.
    name : str, optional
        Which; all series are one group without.

    Returns
    -------
    ndarray of int, shape (n_series,)
        Group of each series. Series without a value are a group of their own.
    """
    if name is None:
        return np.zeros(len(attributes), dtype=np.intp)
    codes, _ = pd.factorize(text_codes(attributes[name]), use_na_sentinel=False)
    return np.asarray(codes, dtype=np.intp)


def pooled_mean(values: "FloatArray", groups: NDArray[np.intp]) -> "FloatArray":
    """Return for every series the mean of its group, drawn to the mean of all.

    Parameters
    ----------
    values : ndarray, shape (n_series,)
        A level for each series; NaN where unknown.
    groups : ndarray of int, shape (n_series,)
        Its group.

    Returns
    -------
    ndarray, shape (n_series,)
        ``(sum of the group + k * mean of all) / (members + k)`` with k = 5; 0 when nothing is
        known of any series.

    Examples
    --------
    >>> pooled_mean(np.array([2.0, 4.0, np.nan]), np.array([0, 0, 0])).tolist()
    [3.0, 3.0, 3.0]
    """
    known = ~np.isnan(values)
    overall = float(values[known].mean()) if known.any() else 0.0
    n_groups = int(groups.max(initial=0)) + 1
    total = np.bincount(groups[known], weights=values[known], minlength=n_groups)
    members = np.bincount(groups[known], minlength=n_groups)
    mean = (total + _PRIOR_MEMBERS * overall) / (members + _PRIOR_MEMBERS)
    return np.asarray(mean[groups], dtype=np.float64)  # [S]
