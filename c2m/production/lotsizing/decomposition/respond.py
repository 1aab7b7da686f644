"""The best plans of SKUs, each given the capacity that others leave, many of them at once.

Each cycle has one run, in one period, so that overtime can be charged to the cycle itself: the
dynamic programme over cycles stays exact, with what is left of each line and period as data.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, income, loads
from c2m.production.problem import FloatArray, IntArray

_FORBIDDEN = 1e6
"""Money per unit of capacity that there is not; a price, so that the least evil wins."""


@dataclass(frozen=True)
class Replies:
    """Plans of some SKUs, one each.

    Parameters
    ----------
    until : ndarray of int, shape (n, n_periods)
        End of the cycle of the run that arrives in a period; 0 for no run.
    way : ndarray of int, shape (n, n_periods)
        Which item makes it.
    value : ndarray, shape (n,)
        What the plans bring before overtime.
    usage : ndarray, shape (n, n_lines * n_periods)
        Capacity that they take.
    """

    until: IntArray
    way: IntArray
    value: FloatArray
    usage: FloatArray


class Responder:
    """Every cycle of all SKUs: what it brings and what it takes.

    Parameters
    ----------
    known : Known
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity; a cycle leaves out units that are not worth it.
    """

    def __init__(self, known: Known, prices: FloatArray) -> None:
        n_periods, items, terms = known.n_periods, known.items, known.terms
        self._known, self.n_periods = known, n_periods
        shape = (known.n_skus, len(known.item_at), n_periods, n_periods + 1)
        self.value, self.usage = np.full(shape, -np.inf), np.zeros(shape)
        self.cell = np.zeros(shape[:3], dtype=np.int64)
        self._least = np.zeros(shape[:3])  # what a unit has to bring to be made
        self.regular, self.total = known.regular.ravel(), (known.regular + known.overtime).ravel()
        self.over = np.repeat(known.overtime_cost, n_periods)
        for way, item in enumerate(known.item_at):
            made, can = known.when_made(item)
            self.cell[:, way] = (items.line[item] * n_periods + made).T
            for start in range(n_periods):
                held = known.holding_cost * np.arange(n_periods - start)[:, None]
                margin = known.worth - held
                when = made[start]
                extra = terms.extra[item, when]
                least = terms.unit_time[item] * prices[items.line[item], when] + extra
                self._least[:, way, start] = least
                units = np.where(margin > least, known.wanted[start:], 0.0)
                stops = slice(start + 1, None)
                served = np.cumsum((margin - extra) * units, axis=0) - terms.setup_cost[item, when]
                taken = np.cumsum(units, axis=0)
                runs = can[start] & (taken > 0)
                self.value[:, way, start, stops] = np.where(runs, served, -np.inf).T
                used = terms.unit_time[item] * taken + terms.setup_time[item, when]
                self.usage[:, way, start, stops] = np.where(runs, used, 0.0).T

    def reply(self, skus: IntArray, used: FloatArray, charge: FloatArray | None = None) -> Replies:
        """Return the best plan of each SKU.

        Parameters
        ----------
        skus : ndarray of int, shape (n,)
            Which.
        used : ndarray, shape (n, n_lines * n_periods)
            Capacity that the others take, as each of them sees it.
        charge : ndarray, shape (n, n_lines * n_periods), optional
            Money per unit of regular capacity; free unless given.

        Returns
        -------
        Replies
            Their plans.
        """
        cell, usage = self.cell[skus], self.usage[skus]
        row = np.arange(len(skus))[:, None, None]
        gain = self.value[skus]
        for room, cost in ((self.regular, self.over), (self.total, _FORBIDDEN + 0.0 * self.over)):
            spare = np.maximum(room - used, 0.0)[row, cell][:, :, :, None]
            beyond = usage - spare
            np.maximum(beyond, 0.0, out=beyond)
            beyond *= cost[cell][:, :, :, None]
            gain -= beyond
        if charge is not None:
            gain -= charge[row, cell][:, :, :, None] * usage
        return self._chosen(skus, gain)

    def overtime(self, used: FloatArray) -> FloatArray:
        """Return what overtime costs, and capacity that there is not.

        Parameters
        ----------
        used : ndarray, shape (..., n_lines * n_periods)
            Capacity taken.

        Returns
        -------
        ndarray, shape (...)
            Money.
        """
        extra = np.maximum(used - self.regular, 0.0)
        beyond = np.maximum(used - self.total, 0.0)
        return np.asarray(extra @ self.over + _FORBIDDEN * beyond.sum(axis=-1))

    def _chosen(self, skus: IntArray, gain: FloatArray) -> Replies:
        """Run the programme over cycles; `gain` has shape (n, n_ways, n_periods, n_periods + 1)."""
        n_periods, rows = self.n_periods, np.arange(len(skus))
        best = gain[:, 0] if gain.shape[1] == 1 else gain.max(axis=1)
        ahead = np.zeros((len(skus), n_periods + 1))
        stops = np.zeros((len(skus), n_periods), dtype=np.int64)
        for start in range(n_periods - 1, -1, -1):
            options = best[:, start, start + 1 :] + ahead[:, start + 1 :]
            stop = options.argmax(axis=1)
            value = options[rows, stop]
            runs = value > ahead[:, start + 1]
            stops[:, start] = np.where(runs, start + 1 + stop, 0)
            ahead[:, start] = np.where(runs, value, ahead[:, start + 1])
        turn, until = np.zeros(len(skus), dtype=np.int64), np.zeros_like(stops)
        for start in range(n_periods):
            here = np.where(turn == start, stops[:, start], 0)
            until[:, start] = here
            turn = np.where(turn == start, np.maximum(here, start + 1), turn)
        return self._with_ways(skus, gain, until)

    def _with_ways(self, skus: IntArray, gain: FloatArray, until: IntArray) -> Replies:
        row, start = np.nonzero(until)
        stop, sku = until[row, start], skus[row]
        chosen: IntArray = gain[row, :, start, stop].argmax(axis=1)
        way = np.full(until.shape, -1, dtype=np.int64)
        way[row, start] = chosen
        value = np.zeros(len(skus))
        np.add.at(value, row, self.value[sku, chosen, start, stop])
        usage = np.zeros((len(skus), len(self.over)))
        cell = self.cell[sku, chosen, start]
        np.add.at(usage, (row, cell), self.usage[sku, chosen, start, stop])
        return Replies(until, way, value, usage)

    def plans(self, skus: IntArray, until: IntArray, way: IntArray) -> Plans:
        """Return the plans that replies stand for.

        Parameters
        ----------
        skus : ndarray of int, shape (n,)
            Which.
        until, way : ndarray of int, shape (n, n_periods)
            See `Replies`.

        Returns
        -------
        Plans
            Theirs.
        """
        known = self._known
        source = np.full(until.shape[::-1], -1, dtype=np.int16)
        for row, start in np.argwhere(until).tolist():
            steps = slice(start, int(until[row, start]))
            sku = skus[row]
            held = known.holding_cost[sku] * np.arange(steps.stop - start)
            worth = known.worth[sku] - held > self._least[sku, way[row, start], start]
            served = worth & (known.wanted[steps, sku] > 0)
            source[steps, row] = np.where(served, start, -1)
        return Plans(source, way.T.astype(np.int16))

    def current(self, plans: Plans) -> tuple[FloatArray, FloatArray]:
        """Return what plans of all SKUs bring before overtime, and the capacity they take.

        Parameters
        ----------
        plans : Plans
            One plan for each SKU.

        Returns
        -------
        value : ndarray, shape (n_skus,)
            Money.
        usage : ndarray, shape (n_skus, n_lines * n_periods)
            Capacity.
        """
        count = self._known.n_skus
        return income(self._known, plans), loads(self._known, plans, np.arange(count), count)
