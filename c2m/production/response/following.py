"""What follows a first run: the second, once its signal is known, and the cost of any first."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor import capacitated_run_sizes
from c2m.production.newsvendor.arguments import by_sku, per_sku
from c2m.production.response.first_run import total_cost
from c2m.production.response.season import FloatArray, Season
from c2m.production.response.second_run import SecondRun
from c2m.production.response.terms import one_signal, read_terms


@dataclass(frozen=True)
class SecondSizes:
    """The second run, now that the signal is known.

    Parameters
    ----------
    skus : tuple of str
        Codes.
    size : ndarray, shape (n_skus,)
        Units to make.
    cost : ndarray, shape (n_skus,)
        Expected underage and overage cost from now on, with extra costs and set-ups.
    price : float
        What one more unit of capacity would save.
    bound : float
        Total cost that no second run can beat over the same draws.
    """

    skus: tuple[str, ...]
    size: FloatArray
    cost: FloatArray
    price: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the total cost may be above the least, as a share of the bound."""
        return max(0.0, float(self.cost.sum()) - self.bound) / max(abs(self.bound), 1e-9)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per SKU.

        Returns
        -------
        DataFrame
            ``sku``, ``size`` and ``cost``.
        """
        return pd.DataFrame({"sku": list(self.skus), "size": self.size, "cost": self.cost})

    def _repr_html_(self) -> str:
        """Return the SKUs as HTML for a notebook."""
        table = self.to_frame().to_html(index=False, max_rows=20)
        return f"<div><p><code>{escape(repr(self))}</code></p>{table}</div>"

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return (
            f"SecondSizes({len(self.skus)} SKUs, {self.size.sum():,.0f} units, cost "
            f"{self.cost.sum():,.2f}, gap {self.gap:.2%})"
        )


def size_second_run(
    season: Season,
    on_hand: ArrayLike,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    *,
    unit_time: ArrayLike = 1.0,
    capacity: float = np.inf,
    second_extra_cost: ArrayLike = 0.0,
    moq: ArrayLike = 0.0,
    lot_multiple: ArrayLike = 0.0,
    setup_cost: ArrayLike = 0.0,
) -> SecondSizes:
    """Size the second run once its signal is known.

    Parameters
    ----------
    season : Season
        What remains, with one signal: ``Season.from_demand(demand.given(sales), observed=0,
        available=...)``.
    on_hand : array_like, shape (n_skus,) or ()
        Units of the first run that are still there.
    underage_cost, overage_cost, unit_time
        See `size_two_runs`.
    capacity : float
        What the second run may take.
    second_extra_cost
        See `size_two_runs`.
    moq, lot_multiple, setup_cost
        See `c2m.production.newsvendor.capacitated_run_sizes`.

    Returns
    -------
    SecondSizes
        Exact over the season's draws where runs have no lots or set-ups.

    Raises
    ------
    ArgumentError
        If an argument is out of its range, or the season has several signals.

    Examples
    --------
    >>> rest = Season.from_samples([[40.0], [60.0], [80.0], [100.0]], 1.0, n_signals=1, n_draws=4)
    >>> size_second_run(rest, 30.0, 3.0, 1.0).size
    array([50.])
    >>> size_second_run(rest, 30.0, 3.0, 1.0, lot_multiple=12.0).size
    array([60.])
    """
    terms = read_terms(
        season, (underage_cost, overage_cost, unit_time, second_extra_cost), capacity, 0.0
    )
    one_signal(season)
    run = SecondRun(season, terms)
    stock = per_sku("on_hand", on_hand, len(season.skus), season.skus)
    setup = by_sku("setup_cost", setup_cost, season.skus)
    shared = capacitated_run_sizes(
        run.need(stock)[0].T,
        np.maximum(terms.underage - terms.extra, 0.0),
        terms.overage + terms.extra,
        terms.time,
        capacity,
        moq=by_sku("moq", moq, season.skus),
        lot_multiple=by_sku("lot_multiple", lot_multiple, season.skus),
        setup_cost=setup,
    )
    cost = run.costs(stock, shared.size[None])[0] + np.asarray(setup) * (shared.size > 0)
    bound = float(cost.sum() - shared.cost.sum()) + shared.bound
    return SecondSizes(season.skus, shared.size, cost, shared.price, bound)


def cost_of_first_run(
    season: Season,
    first: ArrayLike,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    *,
    unit_time: ArrayLike = 1.0,
    reserved: float = np.inf,
    reservation_fee: float = 0.0,
    second_extra_cost: ArrayLike = 0.0,
) -> float:
    """Return the expected cost of any first run, each signal followed by its best second run.

    Parameters
    ----------
    season : Season
        Signals and draws, for an honest figure others than those the run was sized on.
    first : array_like, shape (n_skus,) or ()
        Units of the first run.
    underage_cost, overage_cost, unit_time
        See `size_two_runs`.
    reserved : float
        Capacity of the second run; 0 for none.
    reservation_fee, second_extra_cost
        See `size_two_runs`.

    Returns
    -------
    float
        Money, with the fee.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.

    Examples
    --------
    >>> season = Season.from_samples([[40.0], [60.0], [80.0], [100.0]], 0.5)
    >>> none, some = (cost_of_first_run(season, first, 3.0, 1.0) for first in (0.0, 100.0))
    >>> 0 < none < some
    True
    """
    costs = (underage_cost, overage_cost, unit_time, second_extra_cost)
    if reservation_fee > 0 and not np.isfinite(reserved):
        raise ArgumentError("Expected a finite reserved capacity where it has a fee.")
    run = SecondRun(season, read_terms(season, costs, reserved, reservation_fee))
    made = per_sku("first", first, len(season.skus), season.skus)
    return total_cost(run, run.answer(made, reserved=reserved if reservation_fee else None))
