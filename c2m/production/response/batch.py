"""A test batch of a new article: make few, look at its first sales, then kill, keep or reorder."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.distribution.law import read_count
from c2m.errors import ArgumentError
from c2m.production.newsvendor.arguments import at_least_zero, per_sku
from c2m.production.response.season import FloatArray, Season
from c2m.production.response.terms import one_signal

_SHARES = (0.05, 0.1, 0.2, 0.35, 0.5)
"""Small test batches that are tried, as shares of the median demand."""
_LEVELS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Larger ones, as quantiles of demand."""


@dataclass(frozen=True)
class BatchTerms:
    """Money and lot rules of a new article, the same for all articles of one call.

    Parameters
    ----------
    price, unit_cost : float
        Per unit sold and made.
    end_value : float
        Of a unit left at the end of the season, below `unit_cost`.
    clear_value : float
        Of a unit that is cleared as soon as the article is killed.
    keep_cost : float
        Of selling the article on, once: shelf, listing, photographs. Killing it saves that.
    setup_cost : float
        Of each run.
    moq, lot_multiple : int
        Least run and step of it, in units; the MOQ is rounded up to the multiple.

    Examples
    --------
    >>> BatchTerms(price=40.0, unit_cost=15.0, end_value=5.0, clear_value=9.0, moq=50).least
    50
    """

    price: float
    unit_cost: float
    end_value: float
    clear_value: float
    keep_cost: float = 0.0
    setup_cost: float = 0.0
    moq: int = 1
    lot_multiple: int = 1

    def __post_init__(self) -> None:
        """Check the numbers."""
        names = ("price", "unit_cost", "end_value", "clear_value", "keep_cost", "setup_cost")
        for name in names:
            at_least_zero(name, getattr(self, name))
        if not self.end_value < self.unit_cost or not self.end_value <= self.price:
            raise ArgumentError(
                "Expected end_value below unit_cost and not above price, got "
                f"end_value={self.end_value}, unit_cost={self.unit_cost}, price={self.price}."
            )
        for name in ("moq", "lot_multiple"):
            read_count(getattr(self, name), f"a whole number {name} >= 1")

    @property
    def least(self) -> int:
        """The smallest run, in units."""
        return -(-self.moq // self.lot_multiple) * self.lot_multiple

    def lots(self, sizes: FloatArray) -> FloatArray:
        """Return the runs next to some sizes, in ascending order without repeats.

        Parameters
        ----------
        sizes : ndarray, shape (n,)
            Units.

        Returns
        -------
        ndarray, shape (at most 2 n,)
            Multiples at or above the least run.
        """
        step = self.lot_multiple
        both = np.concatenate([np.floor(sizes / step), np.ceil(sizes / step)]) * step
        return np.unique(np.maximum(both, self.least))


class _Choice(NamedTuple):
    """Expected income from now on, by decision, and the best reorder."""

    kill: float
    keep: float
    reorder: float
    units: int

    def best(self) -> tuple[str, float]:
        """Return the decision and what it brings; the least trouble wins a tie."""
        value = max(self.kill, self.keep, self.reorder)
        names = ("kill", "keep", "reorder")
        return next((name, value) for name in names if getattr(self, name) == value)


def judge_test_batch(season: Season, on_hand: ArrayLike, terms: BatchTerms) -> pd.DataFrame:
    """Decide for each tested article: kill, keep or reorder, and how many.

    Parameters
    ----------
    season : Season
        What remains, with one signal: ``Season.from_demand(demand.given(sales), observed=0,
        available=...)``, where `available` is the period in which a reorder could be sold. Where
        the batch sold out, give the unconstrained demand as sales.
    on_hand : array_like, shape (n_skus,) or ()
        Units of the batch that are left.
    terms : BatchTerms
        Money and lot rules.

    Returns
    -------
    DataFrame
        ``sku``, ``decision`` (``"kill"``, ``"keep"`` or ``"reorder"``), ``quantity`` to make, and
        the expected income from now on of each decision: ``kill``, ``keep``, ``reorder``; what the
        best brings over the second best is ``lead``.

    Raises
    ------
    ArgumentError
        If `on_hand` is out of its range, or the season has several signals.

    Examples
    --------
    >>> terms = BatchTerms(price=40.0, unit_cost=15.0, end_value=5.0, clear_value=9.0,
    ...                    keep_cost=100.0, setup_cost=50.0, moq=20)
    >>> slow_and_fast = [[1.0, 90.0], [3.0, 110.0], [0.0, 70.0], [4.0, 130.0]]
    >>> season = Season.from_samples(slow_and_fast, 1.0, n_signals=1, skus=["SLOW", "FAST"])
    >>> judge_test_batch(season, [30, 5], terms)[["sku", "decision", "quantity"]]
        sku decision  quantity
    0  SLOW     kill         0
    1  FAST  reorder       112
    """
    one_signal(season)
    n_skus = len(season.skus)
    stock = per_sku("on_hand", on_hand, n_skus, season.skus)
    rows = []
    for sku in range(n_skus):
        between = (season.before[0, sku] - season.observed[0, sku])[None]
        choice = _choose(between, season.after[0, sku][None], float(stock[sku]), terms)
        name, value = choice.best()
        second = sorted((choice.kill, choice.keep, choice.reorder))[1]
        made = choice.units if name == "reorder" else 0
        rows.append((season.skus[sku], name, made, *choice[:3], value - second))
    names = ["sku", "decision", "quantity", "kill", "keep", "reorder", "lead"]
    return pd.DataFrame(rows, columns=names)


def size_test_batch(season: Season, terms: BatchTerms) -> pd.DataFrame:
    """Size a test batch of each new article, knowing what may be decided after it.

    The sizes compared are 0, shares of the median demand from 5 to 50 %, deciles of demand and the
    best single run, in lots; each is followed by the best decision for what its sales say. Where
    the batch sells out, all signals above it look the same and are answered alike.

    Parameters
    ----------
    season : Season
        Whose signals are early sales: ``Season.from_demand(demand, observed=..., available=...)``.
        What else may be learnt, as in `Season.from_samples`, does not need a batch.
    terms : BatchTerms
        Money and lot rules.

    Returns
    -------
    DataFrame
        ``sku``, ``quantity`` of the batch (0: do not start), ``profit`` expected, ``all_at_once``
        (the profit of the best single run without a later decision, at least 0), ``kill``,
        ``keep`` and ``reorder`` (the chance of each decision) and ``reorder_mean`` (units
        expected to be made later).

    Raises
    ------
    ArgumentError
        If no signal shows early sales, so that no batch could tell anything.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.distribution import GammaPoisson
    >>> from c2m.periods import Calendar
    >>> law = GammaPoisson(np.full((1, 8), 30.0), np.full((1, 8), 1.4), np.full(1, 1.2))
    >>> demand = Demand(pd.DataFrame({"sku": ["NEW"]}), Calendar.of("W"), 2900, law)
    >>> season = Season.from_demand(demand, observed=2, available=3)
    >>> terms = BatchTerms(price=40.0, unit_cost=15.0, end_value=5.0, clear_value=9.0)
    >>> tested = size_test_batch(season, terms)
    >>> bool((tested["profit"] > tested["all_at_once"]).all())
    True
    """
    if season.n_signals > 1 and not season.observed.any():
        raise ArgumentError(
            "Expected a season whose signals are early sales, got none in any of its "
            f"{season.n_signals:,} signals, so that no batch could tell anything; type "
            "Season.from_demand(demand, observed=..., available=...)."
        )
    rows = [_best_batch(season, sku, terms) for sku in range(len(season.skus))]
    names = [
        *("sku", "quantity", "profit", "all_at_once"),
        *("kill", "keep", "reorder", "reorder_mean"),
    ]
    return pd.DataFrame(rows, columns=names)


def _best_batch(season: Season, sku: int, terms: BatchTerms) -> tuple[object, ...]:
    total = season.before[:, sku] + season.after[:, sku]
    small = np.median(total) * np.array(_SHARES)
    alone = _newsvendor(total, terms)
    sizes = terms.lots(np.concatenate([small, np.quantile(total, _LEVELS), [alone]]))
    best: tuple[float, float, dict[str, float]] = (0.0, 0.0, {})
    at_once = 0.0
    for size in sizes:
        profit, shares = _value_of_batch(season, sku, float(size), terms)
        if profit > best[1]:
            best = float(size), profit, shares
        spent = terms.unit_cost * size + terms.setup_cost + terms.keep_cost
        income = terms.price * np.minimum(total, size) + terms.end_value * np.maximum(
            size - total, 0.0
        )
        at_once = max(at_once, float(income.mean() - spent))
    size, profit, shares = best
    names = ("kill", "keep", "reorder", "units")
    return season.skus[sku], int(size), profit, at_once, *(shares.get(name, 0.0) for name in names)


def _value_of_batch(
    season: Season, sku: int, size: float, terms: BatchTerms
) -> tuple[float, dict[str, float]]:
    """Return the expected profit of a batch, and how often each decision follows."""
    seen = season.observed[:, sku]
    between, after = season.before[:, sku] - seen[:, None], season.after[:, sku]
    income = terms.price * float(np.minimum(seen, size).mean())
    shares = dict.fromkeys(("kill", "keep", "reorder", "units"), 0.0)
    sold_out = seen >= size
    groups = [np.flatnonzero(sold_out)] if sold_out.any() else []
    groups += [np.array([signal]) for signal in np.flatnonzero(~sold_out)]
    for group in groups:
        stock = max(size - float(seen[group[0]]), 0.0)
        choice = _choose(between[group], after[group], stock, terms)
        name, value = choice.best()
        weight = len(group) / len(seen)
        income += weight * value
        shares[name] += weight
        shares["units"] += weight * choice.units * (name == "reorder")
    return income - terms.unit_cost * size - terms.setup_cost, shares


def _choose(between: FloatArray, after: FloatArray, stock: float, terms: BatchTerms) -> _Choice:
    """Return what each decision brings over equally likely draws."""
    sold = np.minimum(stock, between.ravel())
    left, later = stock - sold, after.ravel()
    keep = _income(sold, left, later, 0.0, terms) - terms.keep_cost
    wish = _newsvendor(np.maximum(later - left, 0.0), terms)
    best, units = -np.inf, 0
    for lot in terms.lots(np.array([wish])):
        spent = terms.unit_cost * lot + terms.setup_cost + terms.keep_cost
        value = _income(sold, left, later, float(lot), terms) - spent
        if value > best:
            best, units = value, int(lot)
    return _Choice(terms.clear_value * stock, keep, best, units)


def _newsvendor(demand: FloatArray, terms: BatchTerms) -> float:
    """Return the best run for equally likely demands if there were no lots."""
    ratio = (terms.price - terms.unit_cost) / (terms.price - terms.end_value or 1.0)
    return float(np.quantile(demand, np.clip(ratio, 0.0, 1.0), method="inverted_cdf"))


def _income(
    sold: FloatArray, left: FloatArray, later: FloatArray, more: float, terms: BatchTerms
) -> float:
    """Return the expected income of stock and a reorder, without what they cost."""
    sold_later = np.minimum(left + more, later)
    over = left + more - sold_later
    return float((terms.price * (sold + sold_later) + terms.end_value * over).mean())
