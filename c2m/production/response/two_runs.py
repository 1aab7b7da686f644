"""Accurate response: a first run now, and a second after early sales have been seen."""

from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor import run_sizes
from c2m.production.newsvendor.arguments import amount, per_sku
from c2m.production.response.first_run import Best, FirstLimits, best_first_run, total_cost
from c2m.production.response.lots import LotRules, fit_lots
from c2m.production.response.season import FloatArray, Season
from c2m.production.response.second_run import SecondRun, Terms
from c2m.production.response.terms import read_terms


@dataclass(frozen=True)
class TwoRuns:
    """The sizes of a first run, and what a second is expected to be.

    Parameters
    ----------
    skus : tuple of str
        Codes.
    first : ndarray, shape (n_skus,)
        Units to make now.
    reserved : float
        Capacity to reserve for the second run.
    second : ndarray, shape (n_signals, n_skus)
        Units of the second run after each signal.
    left_over : ndarray, shape (n_skus,)
        Chance that the season's demand is below the first run, so that its last unit is left.
    stock_out : ndarray, shape (n_skus,)
        Chance that demand is lost although there is a second run.
    sku_cost : ndarray, shape (n_skus,)
        Expected underage and overage cost, with the second run's extra cost.
    cost : float
        Expected cost of all SKUs, with the fee of the reserved capacity.
    bound : float
        Cost that no choice of runs can beat over the same signals and draws.
    first_price : float
        What one more unit of the first run's capacity would save; below 0 where the least that
        must be used costs money.
    second_price : ndarray, shape (n_signals,)
        What one more unit of the reserved capacity would save after each signal.
    """

    skus: tuple[str, ...]
    first: FloatArray
    reserved: float
    second: FloatArray
    left_over: FloatArray
    stock_out: FloatArray
    sku_cost: FloatArray
    cost: float
    bound: float
    first_price: float
    second_price: FloatArray

    @property
    def gap(self) -> float:
        """How far the cost may be above the least, as a share of the bound."""
        return max(0.0, self.cost - self.bound) / max(abs(self.bound), 1e-9)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per SKU.

        Returns
        -------
        DataFrame
            ``sku``, ``first``, the mean and the 10 and 90 % quantiles of the second run over the
            signals, ``left_over``, ``stock_out`` and ``cost``.
        """
        low, high = np.quantile(self.second, [0.1, 0.9], axis=0)
        return pd.DataFrame(
            {
                "sku": list(self.skus),
                "first": self.first,
                "second_mean": self.second.mean(axis=0),
                "second_low": low,
                "second_high": high,
                "left_over": self.left_over,
                "stock_out": self.stock_out,
                "cost": self.sku_cost,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Return the totals in one row.

        Returns
        -------
        DataFrame
            ``first``, ``second_mean``, ``reserved``, ``cost``, ``bound`` and ``gap``.
        """
        row = {
            "first": self.first.sum(),
            "second_mean": self.second.sum(axis=1).mean(),
            "reserved": self.reserved,
            "cost": self.cost,
            "bound": self.bound,
            "gap": self.gap,
        }
        return pd.DataFrame([row])

    def _repr_html_(self) -> str:
        """Return the SKUs as HTML for a notebook."""
        table = self.to_frame().to_html(index=False, max_rows=20)
        return f"<div><p><code>{escape(repr(self))}</code></p>{table}</div>"

    def __repr__(self) -> str:
        """Say what it is in one line."""
        now, later = self.first.sum(), self.second.sum(axis=1).mean()
        return (
            f"TwoRuns({len(self.skus)} SKUs, {now:,.0f} units now, {later:,.0f} expected later, "
            f"cost {self.cost:,.2f}, gap {self.gap:.2%})"
        )


def size_two_runs(
    season: Season,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    *,
    unit_time: ArrayLike = 1.0,
    first_at_least: float = 0.0,
    first_capacity: float = np.inf,
    second_capacity: float = np.inf,
    reservation_fee: float = 0.0,
    second_extra_cost: ArrayLike = 0.0,
    moq: ArrayLike = 0.0,
    lot_multiple: ArrayLike = 0.0,
    gap: float = 1e-4,
) -> TwoRuns:
    """Size a first run against the option of a second one.

    Minimises the expected underage and overage cost of the season, the fee of the reserved
    capacity, and the extra cost of the second run. A unit made now costs something only where it
    is left over, or where the second run would not have made it: units go first to the SKUs where
    that chance is small. A second run is the best one for what its signal says, never for the
    demand that then comes.

    Parameters
    ----------
    season : Season
        What may be learnt, and the demand that is then possible.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        Margin lost per unit short, loss per unit left over.
    unit_time : array_like, shape (n_skus,) or ()
        Capacity that one unit takes in either run.
    first_at_least, first_capacity : float
        Least and most capacity that the first run takes.
    second_capacity : float
        Most capacity that can be reserved for the second run.
    reservation_fee : float
        Price per unit of reserved capacity, used or not.
    second_extra_cost : array_like, shape (n_skus,) or ()
        What a unit of the second run costs more (a faster lane, a dearer plant).
    moq, lot_multiple : array_like, shape (n_skus,) or ()
        Units that a first run has at least, units of which it is a multiple; 0 is no limit. Second
        runs are costed without lots.
    gap : float
        Share of the bound by which the cost may be above it when the search stops. It also stops
        after 400 steps: the `gap` of the result says where.

    Returns
    -------
    TwoRuns
        First sizes are whole units only with a whole `lot_multiple`.

    Raises
    ------
    ArgumentError
        If an argument is out of its range, or no lots hold the limits of the first run.

    Notes
    -----
    With lots, each SKU takes the best of no run and the lots next to its best size at the prices
    of capacity; then single SKUs and pairs are changed as long as that pays. The bound is that
    without lots, so the gap holds what lots cost, too.

    ``second_capacity=0`` gives the best single run; the difference in cost is the value of the
    second.

    References
    ----------
    Fisher & Raman (1996), *Operations Research* 44(1), 87-99: two runs, the second after early
    sales, with a least first and a most second.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> demand = rng.normal([1000.0, 400.0], [300.0, 200.0], size=(2000, 2)).clip(0)
    >>> season = Season.from_samples(demand, residual=0.5)
    >>> once = size_two_runs(season, 24.0, 8.0, second_capacity=0.0)
    >>> twice = size_two_runs(season, 24.0, 8.0, first_at_least=700.0, second_capacity=700.0)
    >>> twice.cost < 0.6 * once.cost
    True
    """
    terms = read_terms(
        season,
        (underage_cost, overage_cost, unit_time, second_extra_cost),
        second_capacity,
        reservation_fee,
    )
    least, most = (
        amount("first_at_least", first_at_least),
        amount("first_capacity", first_capacity),
    )
    if not (least <= most and np.isfinite(least)):
        raise ArgumentError(
            f"Expected 0 <= first_at_least <= first_capacity, got {least} and {most}."
        )
    rules = LotRules(
        *(
            per_sku(name, lots, len(season.skus), season.skus)
            for name, lots in (("moq", moq), ("lot_multiple", lot_multiple))
        )
    )
    run = SecondRun(season, terms)
    limits = FirstLimits(terms.time, least, most)
    best = best_first_run(run, limits, _start(season, terms), amount("gap", gap))
    best = _in_lots(run, limits, best, rules)
    answer, total = best.answer, season.before + season.after
    lost = run.lost(best.first, answer.size)
    return TwoRuns(
        skus=season.skus,
        first=best.first,
        reserved=answer.reserved,
        second=answer.size,
        left_over=(total < best.first[:, None]).mean(axis=(0, 2)),
        stock_out=(lost > 1e-9 * (1 + total)).mean(axis=(0, 2)),
        sku_cost=answer.cost.mean(axis=0),
        cost=best.cost,
        bound=best.bound,
        first_price=best.price,
        second_price=answer.price,
    )


def _start(season: Season, terms: Terms) -> FloatArray:
    """Return half of what would be made without a second run."""
    total = (season.before + season.after).transpose(0, 2, 1)
    draws = total.reshape(-1, total.shape[2])
    return run_sizes(draws, terms.underage, terms.overage).size / 2


def _in_lots(run: SecondRun, limits: FirstLimits, best: Best, rules: LotRules) -> Best:
    """Return the best run in lots, with the bound of the run without them."""
    if rules.none:
        return best
    first = fit_lots(run, limits, best, rules)
    answer = run.answer(first)
    return replace(best, first=first, answer=answer, cost=total_cost(run, answer))
