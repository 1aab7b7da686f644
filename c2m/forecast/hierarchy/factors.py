"""By how much the parts of a group are scaled, so that they move towards its own model."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.target import FloatArray
    from c2m.series import Positions

MOST_CHANGE: Final = 2.0
"""A group is never scaled by more than this, or by less than one over it."""


def alignment_factors(
    bottom: "FloatArray", aggregate: "FloatArray", *, season_length: int = 1
) -> "FloatArray":
    """Return the factor from the sum of the parts to the aggregate model.

    Steps at the same place of the season share a factor, the ratio of their sums: the level and
    the profile of a week are the aggregate model's business, single days with an event are not.
    A horizon of fewer than two seasons has one factor.

    Parameters
    ----------
    bottom : ndarray, shape (n_groups, horizon)
        Sums of the means of each group's series.
    aggregate : ndarray, shape (n_groups, horizon)
        What the aggregate model forecasts; NaN where there is none.
    season_length : int
        Periods of a season.

    Returns
    -------
    ndarray, shape (n_groups, horizon)
        Within 1/2 to 2; 1 where there is nothing to scale or nothing to scale to.

    Examples
    --------
    >>> alignment_factors(np.array([[8.0, 12.0]]), np.array([[10.0, 12.0]]))
    array([[1.1, 1.1]])
    """
    horizon = bottom.shape[1]
    places = season_length if 2 * season_length <= horizon else 1
    to = np.eye(places)[np.arange(horizon) % places]  # [H, P]
    own, wanted = bottom @ to, np.where(np.isnan(aggregate), 0.0, aggregate) @ to
    factor = np.divide(wanted, own, out=np.ones_like(own), where=(own > 0) & (wanted > 0))
    factor[np.isnan(aggregate).any(axis=1)] = 1.0
    return np.clip(factor, 1 / MOST_CHANGE, MOST_CHANGE) @ to.T  # [G, H]


def sums_by_group(values: "NDArray[Any]", codes: "Positions", n_groups: int) -> "FloatArray":
    """Add up the rows of each group.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_columns)
        Units; NaN counts nothing.
    codes : ndarray of int, shape (n_series,)
        The group of each row.
    n_groups : int
        How many groups there are.

    Returns
    -------
    ndarray, shape (n_groups, n_columns)
        The sums.
    """
    from scipy.sparse import csr_array

    member = csr_array(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), (n_groups, len(codes))
    )
    return np.asarray(member @ np.nan_to_num(values, nan=0.0).astype(np.float64))
