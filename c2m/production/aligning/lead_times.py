"""Lead times that are not certain, as the periods that a plan counts on."""

from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

_HIGH_LEVEL: Final = 0.9
"""Chance with which a run is there by its high lead time."""

_HAIR: Final = 1e-9


def planned_periods(parts: list[tuple[float, float]], level: float) -> int:
    """Return the periods by which a run is there with a given chance.

    Each part follows a normal law through its usual lead time at 0.5 and its high one at 0.9;
    the parts are independent, so that their spreads add as squares.

    Parameters
    ----------
    parts : list of (float, float)
        Usual and high lead time of each part, in periods; high is 0 where a part is certain.
    level : float
        The chance.

    Returns
    -------
    int
        Periods, rounded up; never below the usual ones.

    Examples
    --------
    >>> [planned_periods([(3, 5)], level) for level in (0.5, 0.9, 0.98)]
    [3, 5, 7]
    >>> planned_periods([(3, 6), (2, 6)], 0.9)
    10
    """
    usual = sum(low for low, _ in parts)
    spread = sqrt(sum((high - low) ** 2 for low, high in parts if high > 0))
    if spread == 0:
        return int(usual)
    law = NormalDist()
    ratio = law.inv_cdf(level) / law.inv_cdf(_HIGH_LEVEL)
    return ceil(usual + ratio * spread - _HAIR)
