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
    attributes : DataFrame, n_series rows
        Of a panel.
    known : ndarray of bool, shape (n_series,)
        Which series have history.

    Returns
    -------
    ndarray of int, shape (n_series,)
        Group of each series; all 0 when no attribute will do. Series without the attribute are
        a group of their own.
    """
    best, most = np.zeros(len(attributes), dtype=np.intp), 1
    for name in attributes.columns:
        values = attributes[name]
        if pd.api.types.is_float_dtype(values.dtype):
            continue
        codes, levels = pd.factorize(text_codes(values), use_na_sentinel=False)
        if most < len(levels) <= max(known.sum(), 1) / _LEAST_MEMBERS:
            best, most = np.asarray(codes, dtype=np.intp), len(levels)
    return best


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
