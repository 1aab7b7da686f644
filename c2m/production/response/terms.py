"""The checks of what units and capacity cost."""

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor import critical_ratio
from c2m.production.response.season import FloatArray, Season
from c2m.production.response.second_run import Terms


def read_terms(
    season: Season,
    costs: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    capacity: float,
    fee: float,
) -> Terms:
    """Return checked terms.

    Parameters
    ----------
    season : Season
        Whose SKUs.
    costs : tuple of array_like, each of shape (n_skus,) or ()
        Underage and overage cost, unit time, extra cost of the second run.
    capacity, fee : float
        Of the second run.

    Returns
    -------
    Terms
        One number per SKU.

    Raises
    ------
    ArgumentError
        If a number is out of its range.
    """
    names = ("underage_cost", "overage_cost", "unit_time", "second_extra_cost")
    under, over, time, extra = (
        per_sku(name, cost, len(season.skus)) for name, cost in zip(names, costs, strict=True)
    )
    critical_ratio(under, over)  # refuses what is out of range
    if not np.all(time > 0):
        raise ArgumentError("Expected every unit_time > 0.")
    for name, amount in (("second_capacity", capacity), ("reservation_fee", fee)):
        if not amount >= 0:
            raise ArgumentError(f"Expected {name} >= 0, got {amount}.")
    if not np.isfinite(fee):
        raise ArgumentError(f"Expected a finite reservation_fee, got {fee}.")
    return Terms(under, over, time, extra, float(capacity), float(fee))


def per_sku(name: str, values: ArrayLike, n_skus: int) -> FloatArray:
    """Return one number per SKU.

    Parameters
    ----------
    name : str
        What it is, for the message.
    values : array_like, shape (n_skus,) or ()
        At least 0.
    n_skus : int
        How many.

    Returns
    -------
    ndarray, shape (n_skus,)
        Read-only.

    Raises
    ------
    ArgumentError
        If the shape does not fit, or a number is negative or not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in {(), (n_skus,)}:
        raise ArgumentError(f"Expected one {name} or one per SKU ({n_skus}), got {array.shape}.")
    if not np.all(np.isfinite(array) & (array >= 0)):
        raise ArgumentError(f"Expected every {name} to be finite and >= 0.")
    return np.broadcast_to(array, n_skus)
