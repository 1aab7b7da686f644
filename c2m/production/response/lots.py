"""First runs in lots: the best sizes next to the best run without lots."""

from dataclasses import dataclass

import numpy as np

from c2m.errors import ArgumentError
from c2m.production.newsvendor.lots import Lots
from c2m.production.response.first_run import Best, FirstLimits
from c2m.production.response.lot_search import LotSearch
from c2m.production.response.season import FloatArray
from c2m.production.response.second_run import SecondRun

_AROUND = (-1.0, 0.0, 1.0, 2.0)
"""Multiples beside the rounded-down size that are tried."""

_CLOSE = 5e-4
"""Share of the bound without lots by which lots may cost more and are not bettered."""


@dataclass(frozen=True)
class LotRules:
    """Rules of the first run's sizes.

    Parameters
    ----------
    moq, multiple : ndarray, shape (n_skus,)
        Least run, and step of it; 0 is no limit. A MOQ is rounded up to the multiple.
    """

    moq: FloatArray
    multiple: FloatArray

    @property
    def none(self) -> bool:
        """Whether there is no limit at all."""
        return not (self.moq.any() or self.multiple.any())

    def choices(self, size: FloatArray) -> FloatArray:
        """Return sizes in lots next to a size, ascending, (n_skus, n_choices); the first is 0.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Units.

        Returns
        -------
        ndarray, shape (n_skus, n_choices)
            Some may be equal.
        """
        free = np.zeros_like(size)
        lots = Lots.of(self.moq, self.multiple, free, free)
        step = np.where(self.multiple > 0, self.multiple, 1.0)
        near = [np.maximum(lots.down(size) + times * step, lots.first) for times in _AROUND]
        columns = [free, *near]
        return np.sort(np.maximum(np.column_stack(columns), 0.0), axis=1)


def fit_lots(run: SecondRun, limits: FirstLimits, best: Best, rules: LotRules) -> FloatArray:
    """Round a first run to lots that hold its limits.

    Each SKU takes the size that costs least at the prices of the second run's capacity; then the
    changes that cost least per unit of capacity are made until the first run's limits hold. Where
    they do not get there, the nearest lots that do are taken. Single SKUs and pairs are then
    changed as long as that pays at the true cost and the bound is not near.

    Parameters
    ----------
    run : SecondRun
        What follows.
    limits : FirstLimits
        Of the first run.
    best : Best
        The best run without lots.
    rules : LotRules
        The lots.

    Returns
    -------
    ndarray, shape (n_skus,)
        Units in lots.

    Raises
    ------
    ArgumentError
        If no lots hold the limits.
    """
    first = best.first
    free = np.zeros_like(first)
    search = LotSearch(run, limits, Lots.of(rules.moq, rules.multiple, free, free))
    rounded = _rounded(run, limits, first, best.answer.price, rules)
    start = search.nearest(first) if rounded is None else rounded
    if start is None:
        raise ArgumentError(
            "Expected lots that fit between first_at_least and first_capacity, got none: "
            f"{limits.least:g} to {limits.most:g}."
        )
    return search.better(start, best.bound * (1 + _CLOSE))


def _rounded(
    run: SecondRun, limits: FirstLimits, first: FloatArray, price: FloatArray, rules: LotRules
) -> FloatArray | None:
    """Return lots next to a run that hold the limits, or None where steps do not get there."""
    sizes = rules.choices(first)
    cost = np.column_stack([run.at_price(price, each)[0] for each in sizes.T])
    taken = np.argmin(cost, axis=1)
    everyone = np.arange(len(first))
    hours = sizes * limits.time[:, None]
    slack = 1e-9 * max(limits.least, 1.0)
    for _ in range(2 * sizes.size):
        used = float(hours[everyone, taken].sum())
        sign = 1.0 if used < limits.least - slack else -1.0 if used > limits.most + slack else 0.0
        if sign == 0:
            return np.asarray(sizes[everyone, taken])
        gain = sign * (hours - hours[everyone, taken][:, None])
        loss = cost - cost[everyone, taken][:, None]
        worth = np.divide(loss, gain, out=np.full_like(loss, np.inf), where=gain > 0)
        sku, choice = np.unravel_index(np.argmin(worth), worth.shape)
        if not np.isfinite(worth[sku, choice]):
            break
        taken[sku] = choice
    return None
