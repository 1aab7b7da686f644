"""The first run: the sizes from which the best second runs cost least.

The cost after the best second runs is convex in the first run. It is minimised by accelerated
projected gradients (Beck & Teboulle 2009, *SIAM J. Imaging Sci.* 2(1), 183-202, eq. 4.1-4.3) with a
restart whenever the cost rises (O'Donoghue & Candes 2015, *Found. Comput. Math.* 15, 715-732). At
fixed prices of capacity it parts into one convex problem per SKU, whose least costs add up to a
bound for every choice of runs.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.response.season import FloatArray
from c2m.production.response.second_run import Answer, SecondRun

_MOST_STEPS = 400
_CHECK_EVERY = 20
_MOST_BISECTIONS = 80
_SHARES = (1.0, 0.5, 0.25, 0.1)
"""Parts of the way to what each SKU would do alone that are tried."""
_STALLED = 0.1
"""Share of the gap by which the cost must fall between two checks, or SKUs are moved singly."""
_FEW_SKUS = 30
"""Up to so many SKUs are moved singly: beyond, one of them hardly counts."""
_FULL_STEP = 4.0
"""A step moves a SKU by its standard deviation where slope is so little of its unit costs."""


@dataclass(frozen=True)
class FirstLimits:
    """Capacity of the first run.

    Parameters
    ----------
    time : ndarray, shape (n_skus,)
        Capacity per unit.
    least, most : float
        Capacity that must and that may be used.
    """

    time: FloatArray
    least: float
    most: float

    def project(self, wish: FloatArray, ease: FloatArray) -> FloatArray:
        """Return the nearest first run that holds the limits.

        Parameters
        ----------
        wish : ndarray, shape (n_skus,)
            Units, of any sign.
        ease : ndarray, shape (n_skus,)
            Units by which a SKU moves per money of slope; a squared distance is divided by it.

        Returns
        -------
        ndarray, shape (n_skus,)
            Units, at least 0.
        """
        wished = np.maximum(wish, 0.0)
        used = float(self.time @ wished)
        if self.least <= used <= self.most:
            return wished
        goal = self.least if used < self.least else self.most
        per_price = self.time * ease
        top = float(np.max(np.abs(wish) / per_price) + goal / float(self.time @ per_price))
        low, high = -top, top
        for _ in range(_MOST_BISECTIONS):
            price = (low + high) / 2
            if self.time @ np.maximum(wish - price * per_price, 0.0) > goal:
                low = price
            else:
                high = price
        nearest = np.maximum(wish - high * per_price, 0.0)
        used = float(self.time @ nearest)
        return nearest * (goal / used) if used > 0 else nearest


@dataclass(frozen=True)
class Best:
    """The best first run that was found.

    Parameters
    ----------
    first : ndarray, shape (n_skus,)
        Units.
    answer : Answer
        The second runs.
    cost, bound : float
        Expected cost, and a cost that no choice can beat over the same draws.
    price : float
        Of capacity of the first run; below 0 where it must be used.
    """

    first: FloatArray
    answer: Answer
    cost: float
    bound: float
    price: float


def best_first_run(run: SecondRun, limits: FirstLimits, start: FloatArray, gap: float) -> Best:
    """Minimise the expected cost of both runs.

    Parameters
    ----------
    run : SecondRun
        What follows a first run.
    limits : FirstLimits
        Of the first run.
    start : ndarray, shape (n_skus,)
        Where the search starts.
    gap : float
        Share of the bound by which the cost may be above it.

    Returns
    -------
    Best
        The cheapest first run seen.
    """
    ease = _spread(run) / (run.terms.underage + run.terms.overage)
    descent = _Descent(run, limits, ease, limits.project(start, ease))
    bound, price, last = -np.inf, 0.0, np.inf
    for _ in range(_MOST_STEPS // _CHECK_EVERY):
        descent.steps(_CHECK_EVERY)
        proved, paid, alone = _bound(run, limits, descent.first, descent.answer, ease)
        if proved > bound:
            bound, price = proved, paid
        if descent.cost - bound <= gap * max(bound, 0.0):
            break
        descent.try_towards(alone)
        if last - descent.cost < _STALLED * (descent.cost - bound):
            descent.try_singly(alone)
        last = descent.cost
    return Best(descent.first, descent.answer, descent.cost, min(bound, descent.cost), price)


def total_cost(run: SecondRun, answer: Answer) -> float:
    """Return the expected cost of a season.

    Parameters
    ----------
    run : SecondRun
        Its terms.
    answer : Answer
        The second runs.

    Returns
    -------
    float
        Money, with the fee.
    """
    return float(answer.cost.sum(axis=1).mean() + run.terms.fee * answer.reserved)


class _Descent:
    """Accelerated projected gradients; `first` is the best point seen."""

    def __init__(
        self, run: SecondRun, limits: FirstLimits, ease: FloatArray, start: FloatArray
    ) -> None:
        self._run, self._limits, self._ease = run, limits, ease
        self._step = _FULL_STEP
        self._momentum = 1.0
        self._last = self._ahead = self.first = start
        self.answer = run.answer(start)
        self.cost = total_cost(run, self.answer)
        self._here = self.answer

    def steps(self, count: int) -> None:
        """Take some steps."""
        for _ in range(count):
            self._one_step()

    def try_towards(self, goal: FloatArray) -> None:
        """Go part of the way to a point, where that is cheaper."""
        start = self.first
        for share in _SHARES:
            point = self._limits.project(start + share * (goal - start), self._ease)
            answer = self._run.answer(point)
            cost = total_cost(self._run, answer)
            if cost < self.cost:
                self.first, self.answer, self.cost = point, answer, cost
                self._restart()

    def try_singly(self, goal: FloatArray) -> None:
        """Go part of the way to a point SKU by SKU, where that is cheaper and SKUs are few."""
        skus = np.arange(len(goal))
        for sku in skus if len(skus) <= _FEW_SKUS else ():
            self.try_towards(np.where(skus == sku, goal, self.first))

    def _restart(self) -> None:
        self._momentum = 1.0
        self._last = self._ahead = self.first
        self._here = self.answer

    def _one_step(self) -> None:
        here = self._run.answer(self._ahead) if self._momentum > 1 else self._here
        reached = self._limits.project(
            self._ahead - self._step * self._ease * here.slope, self._ease
        )
        there = self._run.answer(reached)
        cost = total_cost(self._run, there)
        if cost < self.cost:
            self.first, self.answer, self.cost = reached, there, cost
            momentum = (1 + np.sqrt(1 + 4 * self._momentum**2)) / 2
            push = (self._momentum - 1) / momentum
            self._ahead = self._limits.project(reached + push * (reached - self._last), self._ease)
            self._last, self._here, self._momentum = reached, there, momentum
            return
        if self._momentum == 1:
            self._step = self._step / 2
        self._restart()


def _spread(run: SecondRun) -> FloatArray:
    """Return each SKU's standard deviation of demand, above 0, (n_skus,)."""
    total = run.season.before + run.season.after
    spread = total.std(axis=(0, 2))
    return np.asarray(np.where(spread > 0, spread, np.maximum(total.mean(axis=(0, 2)), 1.0)))


def _bound(
    run: SecondRun, limits: FirstLimits, first: FloatArray, answer: Answer, ease: FloatArray
) -> tuple[float, float, FloatArray]:
    """Return a bound from prices of capacity, the first run's, and each SKU's best size at them."""
    price = _price_of_first(limits, first, answer.slope, ease)
    rent = price * (limits.most if price > 0 else limits.least)
    free = run.terms.fee - float(answer.price.mean())
    reserve = min(free, 0.0) * run.terms.capacity if free < -1e-12 * abs(run.terms.fee) else 0.0
    least, alone = _least(run, limits, answer.price, price)
    return least + reserve - rent, price, alone


def _price_of_first(
    limits: FirstLimits, first: FloatArray, slope: FloatArray, ease: FloatArray
) -> float:
    """Return what a unit of the first run's capacity saves, where a limit of it is reached."""
    used = float(limits.time @ first)
    slack = 1e-9 * max(used, 1.0)
    weight = limits.time * ease * (first > 0)
    if limits.most <= slack:
        return float(np.max(-slope / limits.time, initial=0.0))
    if used == 0 or not min(abs(used - limits.most), abs(used - limits.least)) <= slack:
        return 0.0
    price = -float(weight @ slope) / float(weight @ limits.time)
    lowest = -np.inf if used <= limits.least + slack else 0.0
    highest = np.inf if used >= limits.most - slack else 0.0
    return float(np.clip(price, lowest, highest))


def _least(
    run: SecondRun, limits: FirstLimits, second: FloatArray, price: float
) -> tuple[float, FloatArray]:
    """Return the least cost at prices of both runs' capacities, and the sizes that have it."""
    low = np.zeros_like(limits.time)
    most = (run.season.before + run.season.after).max(axis=(0, 2))
    high = np.maximum(most, limits.least / limits.time)  # only the least use needs more than demand
    rent = price * limits.time
    for _ in range(_MOST_BISECTIONS // 2):
        middle = (low + high) / 2
        _, slope = run.at_price(second, middle)
        up = slope + rent < 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    ends = []
    for at, other in ((low, high), (high, low)):
        cost, slope = run.at_price(second, at)
        ends.append(cost + rent * at + np.minimum((slope + rent) * (other - at), 0.0))
    return float(np.maximum(*ends).sum()), (low + high) / 2
