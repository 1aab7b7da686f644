"""The checks of what units and capacity cost."""

from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor import critical_ratio
from c2m.production.newsvendor.arguments import above_zero, amount, at_least_zero, per_sku
from c2m.production.response.season import Season
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
        If a number is out of its range, or the season is something else.
    """
    if not isinstance(season, Season):
        raise ArgumentError(
            f"Expected a Season, got {type(season).__name__}; make one with Season.from_demand or "
            "Season.from_samples."
        )
    names = ("underage_cost", "overage_cost", "unit_time", "second_extra_cost")
    under, over, time, extra = (
        per_sku(name, cost, len(season.skus), season.skus)
        for name, cost in zip(names, costs, strict=True)
    )
    critical_ratio(under, over)  # refuses what is out of range
    above_zero("unit_time", time)
    most, price = amount("second_capacity", capacity), amount("reservation_fee", fee)
    at_least_zero("reservation_fee", price)  # unlike a capacity it is finite
    return Terms(under, over, time, extra, most, price)


def one_signal(season: Season) -> None:
    """Check that the signal of a season is known.

    Parameters
    ----------
    season : Season
        What remains of one.

    Raises
    ------
    ArgumentError
        If it has several signals.
    """
    if season.n_signals != 1:
        raise ArgumentError(
            f"Expected a season with one signal, got {season.n_signals}; type "
            "Season.from_demand(demand.given(sales), observed=0, available=...)."
        )
