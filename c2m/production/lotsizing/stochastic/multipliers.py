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

from c2m.production.lotsizing.stochastic.paths import PathCase, parts_of, solve_paths, units_lost
from c2m.production.problem import FloatArray

_MEMORY = 0.85
"""Weight of the last direction in the next one."""

_PATIENCE = 5
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
    bounds = [Ascent(costs.take(part)).run(rounds) for part in parts_of(costs.net.shape)]
    return np.concatenate(bounds) if bounds else np.empty(0)


class Ascent:
    """The prices of some SKUs on every path while they are improved.

    Parameters
    ----------
    costs : SkuCosts
        The SKUs.
    """

    def __init__(self, costs: SkuCosts) -> None:
        missing = units_lost(costs.net)
        self.case = PathCase(missing, costs.gain[:, None], costs.holding_cost[:, None])
        self.target = costs.target
        n_periods, n_skus, _ = missing.shape
        left = (n_periods - np.arange(n_periods))[:, None]
        self.floor = (costs.end_value - costs.holding_cost * left)[:, :, None]
        self.mean = np.maximum(costs.each[:, :, None], self.floor)
        self.each = _unit_values(costs, self.floor)
        self._project()
        self.set_up = costs.fixed[:, :, None]
        self.fixed = np.broadcast_to(self.set_up, missing.shape).copy()
        self.units_way, self.runs_way = (np.zeros(missing.shape) for _ in range(2))
        self.share, self.waited = np.ones(n_skus), np.zeros(n_skus, dtype=np.int64)
        self.units, self.runs = (np.zeros(missing.shape[:2]) for _ in range(2))

    def charge(self, each: FloatArray, fixed: FloatArray, target: FloatArray) -> None:
        """Change what units and runs cost; what paths pay more or less than that stays.

        Parameters
        ----------
        each, fixed : ndarray, shape (n_periods, n_skus)
            See `SkuCosts`.
        target : ndarray, shape (n_skus,)
            See `SkuCosts`.
        """
        mean = np.maximum(each[:, :, None], self.floor)
        self.each += mean - self.mean
        self.mean, self.target = mean, target
        self._project()
        self.fixed += fixed[:, :, None] - self.set_up
        self.set_up = fixed[:, :, None]

    def run(self, rounds: int) -> FloatArray:
        """Improve the prices; `units` and `runs` become what the plans had on average.

        Parameters
        ----------
        rounds : int
            Steps, at least 1.

        Returns
        -------
        ndarray, shape (n_skus,)
            The best bound of each SKU at these costs.
        """
        best = np.full(len(self.target), np.inf)
        self.units, self.runs = (np.zeros(array.shape) for array in (self.units, self.runs))
        for _ in range(rounds):
            value, units, runs = solve_paths(self.case, self.each, self.fixed)
            bound = value.mean(axis=1)
            better = bound < best - 1e-7 * np.abs(bound)
            best = np.minimum(best, bound)
            self.waited = np.where(better, 0, self.waited + 1)
            tired = self.waited >= _PATIENCE
            self.share = np.where(tired, _SHORTER * self.share, self.share)
            self.waited[tired] = 0
            self._step(bound, units, runs)
        self.units /= rounds
        self.runs /= rounds
        return best

    def _step(self, bound: FloatArray, units: FloatArray, runs: FloatArray) -> None:
        """Move the prices along what paths do more than others, and what they did before."""
        count = units.shape[2]
        usual = (units.sum(axis=(0, 2)) / np.maximum(runs.sum(axis=(0, 2)), 1.0)) ** 2
        self.units += _turn(self.units_way, units)
        self.runs += _turn(self.runs_way, runs)
        size = np.einsum("tns,tns->n", self.units_way, self.units_way)
        size += usual * np.einsum("tns,tns->n", self.runs_way, self.runs_way)
        away = np.maximum(bound - self.target, _LEAST * np.abs(self.target))
        step = (self.share * away / np.maximum(size / count, 1e-9))[:, None]
        np.multiply(self.units_way, step, out=units)
        self.each += units
        self._project()
        np.multiply(self.runs_way, step * usual[:, None], out=runs)
        self.fixed += runs

    def _project(self) -> None:
        """Make unit prices average to the cost, or less, and none be below the floor."""
        each, floor, count = self.each, self.floor, self.each.shape[2]
        for _ in range(2):
            np.maximum(each, floor, out=each)
            each += self.mean - np.add.reduce(each, axis=2, keepdims=True) / count
        np.maximum(each, floor, out=each)
        above = np.add.reduce(each, axis=2, keepdims=True) / count - floor
        scale = np.divide(self.mean - floor, above, out=np.ones_like(above), where=above > 0)
        each -= floor
        each *= np.minimum(scale, 1.0)
        each += floor


def _turn(way: FloatArray, taken: FloatArray) -> FloatArray:
    """Turn a direction towards what paths take beyond their mean; return the mean."""
    mean = taken.mean(axis=2, keepdims=True)
    taken -= mean
    way *= _MEMORY
    way += taken
    return np.asarray(mean[:, :, 0])


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
