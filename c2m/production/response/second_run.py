"""The second run of a season: exact for every signal at once, at one reserved capacity.

Let B and A be the demand before and after the second run can be sold, x the first run and y the
second. Units lost are ``max(0, B - x, B + A - x - y)`` and units left ``x + y - B - A + lost``: the
need for the second run is ``A - max(x - B, 0)``, and given the signal it is a newsvendor. Step j of
a SKU leads from its j-th to its next needed quantity; a unit there is worth
``underage - extra - (underage + overage) j / n``, whatever the signal and the first run. One order
of all steps, by worth per unit of capacity, thus serves every signal.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from c2m.production.response.season import FloatArray, Season

IntArray = NDArray[np.int64]
_CLOSE = 1e-10
"""Share of a capacity to which the reserved one is found."""


@dataclass(frozen=True)
class Terms:
    """What units and capacity cost; arrays of shape (n_skus,).

    Parameters
    ----------
    underage, overage, time : ndarray
        Money per unit short and left over, capacity per unit.
    extra : ndarray
        What a unit of the second run costs beyond one of the first.
    capacity : float
        Most that can be reserved for the second run.
    fee : float
        Price of reserving one unit of it, used or not.
    """

    underage: FloatArray
    overage: FloatArray
    time: FloatArray
    extra: FloatArray
    capacity: float
    fee: float


@dataclass(frozen=True)
class Answer:
    """The best second runs after one first run.

    Parameters
    ----------
    reserved : float
        Capacity reserved for the second run.
    price : ndarray, shape (n_signals,)
        Value of one more unit of it, by signal.
    size : ndarray, shape (n_signals, n_skus)
        Units to make.
    cost : ndarray, shape (n_signals, n_skus)
        Expected cost given the signal, without the fee.
    slope : ndarray, shape (n_skus,)
        Change of the expected cost per unit more in the first run.
    """

    reserved: float
    price: FloatArray
    size: FloatArray
    cost: FloatArray
    slope: FloatArray


@dataclass(frozen=True)
class SecondRun:
    """The second run as a function of the first.

    Parameters
    ----------
    season : Season
        Signals and draws.
    terms : Terms
        Costs and capacity.
    """

    season: Season
    terms: Terms

    def answer(self, first: FloatArray, reserved: float | None = None) -> Answer:
        """Return the best second runs.

        Parameters
        ----------
        first : ndarray, shape (n_skus,)
            The first run, in units.
        reserved : float, optional
            Capacity for the second; the cheapest unless given.

        Returns
        -------
        Answer
            Exact over the season's signals and draws.
        """
        need = self.need(first)
        sku, step = self._order
        length = np.diff(need, axis=2, prepend=0.0)[:, sku, step]  # [K, P]
        hours = np.cumsum(length * self.terms.time[sku], axis=1)
        room, price = self._reserve(hours) if reserved is None else (reserved, None)
        whole = _whole(hours, room)
        price = self._ranked[whole] if price is None else price
        size = _at_counts(need, self._counts(whole))
        self._fill(size, hours, whole, room)
        cost = self.costs(first, size)
        return Answer(room, price, size, cost, self._slope(first, need, (size, price)))

    def need(self, first: FloatArray) -> FloatArray:
        """Return what the second run may have to bring, ascending, (n_signals, n_skus, n_draws).

        Parameters
        ----------
        first : ndarray, shape (n_skus,)
            The first run.

        Returns
        -------
        ndarray, shape (n_signals, n_skus, n_draws)
            Units, at least 0.
        """
        stock = np.maximum(first[:, None] - self.season.before, 0.0)
        return np.sort(np.maximum(self.season.after - stock, 0.0), axis=2)

    def lost(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return the units lost in each draw.

        Parameters
        ----------
        first, second : ndarray, shapes (n_skus,), (n_signals, n_skus)
            The runs.

        Returns
        -------
        ndarray, shape (n_signals, n_skus, n_draws)
            Units.
        """
        short = self.season.before - first[:, None]
        return np.maximum(np.maximum(short, short + self.season.after - second[:, :, None]), 0.0)

    def costs(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return the expected cost given each signal.

        Parameters
        ----------
        first, second
            See `lost`.

        Returns
        -------
        ndarray, shape (n_signals, n_skus)
            Money, without the fee.
        """
        lost = self.lost(first, second).mean(axis=2)
        surplus = first + second - self._total
        return np.asarray(
            self._weight * lost + self.terms.overage * surplus + self.terms.extra * second
        )

    def at_price(self, price: FloatArray, first: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return cost and slope of each SKU where the second run's capacity has a price.

        Parameters
        ----------
        price : ndarray, shape (n_signals,)
            Of capacity.
        first : ndarray, shape (n_skus,)
            The first run.

        Returns
        -------
        cost, slope : ndarray, shape (n_skus,)
            Expected money, with the rent of the capacity used; its change per unit of `first`.
        """
        terms, n_draws = self.terms, self.season.n_draws
        rent = price[:, None] * terms.time
        ratio = (terms.underage - terms.extra - rent) / self._weight
        counts = np.clip(np.ceil(np.round(ratio * n_draws, 9)), 0, n_draws).astype(np.int64)
        need = self.need(first)
        size = _at_counts(need, counts)
        cost = (self.costs(first, size) + rent * size).mean(axis=0)
        return cost, self._slope(first, need, (size, price))

    def _slope(
        self, first: FloatArray, need: FloatArray, answer: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """Return the change of the expected cost per unit more in the first run, (n_skus,).

        Where there is a second run, it shrinks by that unit, which then counts only in draws that
        are sold out before the second run comes: by the share of their chance that a larger second
        run would not serve. A draw whose need is just met belongs to both in the share that keeps
        the second run best.
        """
        second, price = answer
        terms, season = self.terms, self.season
        saved = terms.extra + price[:, None] * terms.time
        beyond = (need > second[:, :, None]).mean(axis=2)
        met = (need == second[:, :, None]).mean(axis=2)
        wanted = (terms.overage + saved) / self._weight - beyond
        share = np.clip(np.divide(wanted, met, out=np.zeros_like(met), where=met > 0), 0.0, 1.0)
        out = season.before > first[:, None]
        more = season.after - second[:, :, None]
        served = (out & (more > 0)).mean(axis=2) + share * (out & (more == 0)).mean(axis=2)
        short = (season.before + season.after > first[:, None]).mean(axis=2)
        slope = np.where(
            second > 0,
            -self._weight * (out.mean(axis=2) - served) - saved,
            terms.overage - self._weight * short,
        )
        return np.asarray(slope.mean(axis=0))

    @cached_property
    def _weight(self) -> FloatArray:
        return np.asarray(self.terms.underage + self.terms.overage)

    @cached_property
    def _total(self) -> FloatArray:
        """Return the expected demand given each signal, (n_signals, n_skus)."""
        return np.asarray((self.season.before + self.season.after).mean(axis=2))

    @cached_property
    def _worth(self) -> FloatArray:
        """Return the worth of each step per unit of capacity, (n_skus, n_draws)."""
        terms, n_draws = self.terms, self.season.n_draws
        gone = self._weight[:, None] * np.arange(n_draws) / n_draws
        return np.asarray(((terms.underage - terms.extra)[:, None] - gone) / terms.time[:, None])

    @cached_property
    def _order(self) -> tuple[IntArray, IntArray]:
        """Return SKU and step of every step that is worth anything, the best first."""
        worth = self._worth.ravel()
        order = np.argsort(-worth, kind="stable")
        order = order[worth[order] > 0]
        return order // self.season.n_draws, order % self.season.n_draws

    @cached_property
    def _ranked(self) -> FloatArray:
        """Return the worth of the steps in that order, and 0 after the last."""
        return np.append(self._worth[self._order], 0.0)

    def _reserve(self, hours: FloatArray) -> tuple[float, FloatArray]:
        """Return the capacity whose last unit is worth its fee, and its worth by signal.

        Between two steps of a signal its worth may be anything in between; it is taken so that the
        mean over the signals is the fee.
        """
        fee = self.terms.fee
        most = min(float(hours.max(initial=0.0)), self.terms.capacity)
        below = self._ranked[_whole(hours, most)]
        if fee == 0 or below.mean() >= fee:
            return most, below
        low, high = 0.0, most
        above = self._ranked[_whole(hours, low)]
        if above.mean() <= fee:
            return 0.0, above
        while high - low > _CLOSE * most:
            middle = (low + high) / 2
            price = self._ranked[_whole(hours, middle)]
            if price.mean() > fee:
                low, above = middle, price
            else:
                high, below = middle, price
        share = (fee - below.mean()) / (above.mean() - below.mean())
        whole = _whole(hours, high)
        room = float(hours[whole > 0, whole[whole > 0] - 1].max())  # the step's end without noise
        return room, below + share * (above - below)

    def _counts(self, whole: IntArray) -> IntArray:
        """Return how many steps of each SKU are among the first so many, (K, S)."""
        n_skus, n_draws = self._worth.shape
        sku, step = self._order
        rank = np.full((n_skus, n_draws), len(sku))
        rank[sku, step] = np.arange(len(sku))
        counts = [np.searchsorted(row, whole, side="left") for row in rank]
        return np.array(counts).T

    def _fill(self, size: FloatArray, hours: FloatArray, whole: IntArray, room: float) -> None:
        """Give the rest of the room to the step that does not fit whole."""
        part = np.flatnonzero(whole < hours.shape[1])
        step = whole[part]
        used = np.where(step > 0, hours[part, step - 1], 0.0)
        sku = self._order[0][step]
        size[part, sku] += (room - used) / self.terms.time[sku]


def _whole(hours: FloatArray, room: float) -> IntArray:
    """Return how many steps fit whole after each signal, (K,), given hours used (K, P)."""
    return np.array([np.searchsorted(row, room, side="right") for row in hours])


def _at_counts(need: FloatArray, counts: IntArray) -> FloatArray:
    """Return the needed quantity that covers so many draws, (K, S); none covers no draw."""
    size = np.take_along_axis(need, np.maximum(counts - 1, 0)[:, :, None], axis=2)[:, :, 0]
    return np.where(counts > 0, size, 0.0)
