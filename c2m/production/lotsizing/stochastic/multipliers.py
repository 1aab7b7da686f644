"""A proved bound under uncertain demand: one plan for all paths, relaxed at a price.

At prices of capacity the SKUs part. A plan is the same on every path of demand; if each path may
have its own, the bound is that of perfect foresight. Here each path also pays its own price for a
unit and for a run in each period, and the prices of a period average to what it costs. A plan
that is the same everywhere pays its true cost, so every such set of prices gives a bound; where
paths disagree, those that make more pay more. The prices begin at what one more unit is worth on
each path under a good plan, and follow subgradients with a memory, each SKU with its own step
(Polyak), toward the value of its best plan. (Dual decomposition: Caroe & Schultz 1999,
*Oper. Res. Letters* 24, 37-45.)

Left out of the bound, which can only raise it: MOQs, multiples, largest lots, allowances and the
set-ups of groups and pre-packs.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.stochastic.paths import PathCase, solve_paths
from c2m.production.problem import FloatArray

_CELLS = 8_192
"""SKUs times scenarios that are solved together, so that they stay in the cache."""

_MEMORY = 0.85
"""Weight of the last direction in the next one."""

_PATIENCE = 3
"""Steps without a better bound after which steps become shorter."""

_SHORTER = 0.7
_LEAST = 2e-4
"""Distance to the target that a step aims at, at least, as a share of the target."""


@dataclass(frozen=True)
class SkuCosts:
    """What the bound needs of each SKU.

    Parameters
    ----------
    net : ndarray, shape (n_periods, n_skus, n_scenarios)
        See `Problem.net`.
    gain, holding_cost, end_value : ndarray, shape (n_skus,)
        Money per unit; gain is price and lost-sale penalty.
    each, fixed : ndarray, shape (n_periods, n_skus)
        Money per unit and per run by arrival, capacity charged.
    level : ndarray, shape (n_skus, n_periods)
        Units that a good plan has brought so far.
    target : ndarray, shape (n_skus,)
        What it brings beyond making nothing.
    """

    net: FloatArray
    gain: FloatArray
    holding_cost: FloatArray
    end_value: FloatArray
    each: FloatArray
    fixed: FloatArray
    level: FloatArray
    target: FloatArray

    def take(self, skus: slice) -> "SkuCosts":
        """Return some of the SKUs.

        Parameters
        ----------
        skus : slice
            Which.

        Returns
        -------
        SkuCosts
            Theirs.
        """
        by_period = ("net", "each", "fixed")
        return SkuCosts(
            **{
                name: array[:, skus] if name in by_period else array[skus]
                for name, array in vars(self).items()
            }
        )


def scenario_bound(costs: SkuCosts, rounds: int) -> FloatArray:
    """Return more than runs can bring to each SKU, beyond making nothing.

    Parameters
    ----------
    costs : SkuCosts
        The SKUs; no unit may cost less than it brings at the end.
    rounds : int
        Steps.

    Returns
    -------
    ndarray, shape (n_skus,)
        Expected money.
    """
    n_skus, n_scenarios = costs.net.shape[1:]
    part = max(1, _CELLS // n_scenarios)
    bounds = [
        _Ascent(costs.take(slice(start, start + part))).run(rounds)
        for start in range(0, n_skus, part)
    ]
    return np.concatenate(bounds) if bounds else np.empty(0)


class _Ascent:
    """The prices of some SKUs on every path while they are improved."""

    def __init__(self, costs: SkuCosts) -> None:
        lost = np.maximum.accumulate(np.maximum(costs.net, 0.0), axis=0)
        missing = np.diff(lost, axis=0, prepend=0.0)  # [H, N, S]
        self.case = PathCase(missing, costs.gain[:, None], costs.holding_cost[:, None])
        self.target = costs.target
        n_periods = len(missing)
        left = (n_periods - np.arange(n_periods))[:, None]
        self.floor = (costs.end_value - costs.holding_cost * left)[:, :, None]
        self.mean = np.maximum(costs.each[:, :, None], self.floor)
        self.each = self._project(_unit_values(costs, self.floor))
        self.fixed = np.broadcast_to(costs.fixed[:, :, None], missing.shape).copy()

    def run(self, rounds: int) -> FloatArray:
        """Return the best bound of each SKU."""
        count = len(self.target)
        best, share = np.full(count, np.inf), np.ones(count)
        waited = np.zeros(count, dtype=np.int64)
        units_way, runs_way = (np.zeros(self.each.shape) for _ in range(2))
        for number in range(rounds):
            value, units, runs = solve_paths(self.case, self.each, self.fixed)
            bound = value.mean(axis=1)
            better = bound < best - 1e-7 * np.abs(bound)
            best = np.minimum(best, bound)
            if number == rounds - 1:
                break
            waited = np.where(better, 0, waited + 1)
            tired = waited >= _PATIENCE
            share, waited = np.where(tired, _SHORTER * share, share), np.where(tired, 0, waited)
            usual = (units.sum(axis=(0, 2)) / np.maximum(runs.sum(axis=(0, 2)), 1.0)) ** 2
            units_way = units - units.mean(axis=2, keepdims=True) + _MEMORY * units_way
            runs_way = runs - runs.mean(axis=2, keepdims=True) + _MEMORY * runs_way
            size = (units_way**2).mean(axis=2).sum(axis=0)
            size += usual * (runs_way**2).mean(axis=2).sum(axis=0)
            away = np.maximum(bound - self.target, _LEAST * np.abs(self.target))
            step = (share * away / np.maximum(size, 1e-9))[None, :, None]
            self.each = self._project(self.each + step * units_way)
            self.fixed += step * usual[None, :, None] * runs_way
        return best

    def _project(self, each: FloatArray) -> FloatArray:
        """Return prices near given ones that average to the cost and are never below the floor."""
        for _ in range(2):
            np.maximum(each, self.floor, out=each)
            each += self.mean - each.mean(axis=2, keepdims=True)
        np.maximum(each, self.floor, out=each)
        above = each.mean(axis=2, keepdims=True) - self.floor
        scale = np.divide(self.mean - self.floor, above, out=np.ones_like(above), where=above > 0)
        each -= self.floor
        each *= np.minimum(scale, 1.0)
        each += self.floor
        return each


def _unit_values(costs: SkuCosts, floor: FloatArray) -> FloatArray:
    """Return what one more unit that arrives is worth on each path, (n_periods, n_skus, S)."""
    n_periods = len(costs.net)
    value = np.empty(costs.net.shape)
    worst = np.zeros(costs.net.shape[1:])
    last = np.full((n_periods, *worst.shape), -1)  # period of the largest loss so far
    for period in range(n_periods):
        short = costs.net[period] - costs.level[:, period, None]
        last[period] = np.where(short > worst, period, last[period - 1] if period else -1)
        np.maximum(worst, short, out=worst)
    saves = costs.gain - costs.end_value
    for period in range(n_periods):
        sold = (last[period:] >= period).sum(axis=0)  # periods in which it is no longer in stock
        value[period] = floor[period] + costs.holding_cost[:, None] * sold
        value[period] += np.where(last[-1] >= period, saves[:, None], 0.0)
    return value
