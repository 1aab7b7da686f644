"""The best plan of one SKU, given the capacity that the others leave.

Each cycle has one run, in one period, so that overtime can be charged to the cycle itself: the
dynamic programme over cycles stays exact, with what is left of each line and period as data.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, SmallIntArray, income
from c2m.production.problem import FloatArray, IntArray

_FORBIDDEN = 1e6
"""Money per unit of capacity that there is not; a price, so that the least evil wins."""


@dataclass(frozen=True)
class Reply:
    """A plan of one SKU.

    Parameters
    ----------
    source, way : ndarray of int16, shape (n_periods,)
        See `Plans`.
    value : float
        What it brings before overtime.
    cells : ndarray of int, shape (n_runs,)
        Where it takes capacity: line times n_periods plus period.
    usage : ndarray, shape (n_runs,)
        How much of it.
    """

    source: SmallIntArray
    way: SmallIntArray
    value: float
    cells: IntArray
    usage: FloatArray


class Responder:
    """Every cycle of some SKUs: what it brings and what it takes.

    Parameters
    ----------
    known : Known
        The problem.
    skus : ndarray of int, shape (n,)
        SKUs that may change.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity; a cycle leaves out units that are not worth it.
    """

    def __init__(self, known: Known, skus: IntArray, prices: FloatArray) -> None:
        n_periods, items, terms = known.n_periods, known.items, known.terms
        self.skus, self.n_periods = skus, n_periods
        item_at = known.item_at[:, skus]
        shape = (len(skus), len(item_at), n_periods, n_periods + 1)
        self.value, self.usage = np.full(shape, -np.inf), np.zeros(shape)
        self.cell = np.zeros(shape[:3], dtype=np.int64)
        self._least = np.zeros(shape[:3])  # what a unit has to bring to be made
        self.regular, self.total = known.regular.ravel(), (known.regular + known.overtime).ravel()
        self.over = np.repeat(known.overtime_cost, n_periods)
        wanted = known.wanted[:, skus]
        for way, item in enumerate(item_at):
            made, can = known.when_made(item)
            self.cell[:, way] = (items.line[item] * n_periods + made).T
            for start in range(n_periods):
                held = known.holding_cost[skus] * np.arange(n_periods - start)[:, None]
                margin = known.worth[skus] - held
                when = made[start]
                extra = terms.extra[item, when]
                least = terms.unit_time[item] * prices[items.line[item], when] + extra
                self._least[:, way, start] = least
                units = np.where(margin > least, wanted[start:], 0.0)
                stops = slice(start + 1, None)
                served = np.cumsum((margin - extra) * units, axis=0) - terms.setup_cost[item, when]
                self.value[:, way, start, stops] = np.where(can[start], served, -np.inf).T
                taken = np.cumsum(units, axis=0)
                used = terms.unit_time[item] * taken + terms.setup_time[item, when]
                self.usage[:, way, start, stops] = np.where(taken > 0, used, 0.0).T
        self._worth = known.worth[skus]
        self._holding = known.holding_cost[skus]
        self._wanted = wanted

    def reply(self, place: int, used: FloatArray, charge: FloatArray | None = None) -> Reply:
        """Return the best plan of one SKU.

        Parameters
        ----------
        place : int
            Its place among the SKUs of the responder.
        used : ndarray, shape (n_lines * n_periods,)
            Capacity that the others take.
        charge : ndarray, shape (n_lines * n_periods,), optional
            Money per unit of regular capacity; free unless given.

        Returns
        -------
        Reply
            Its plan.
        """
        cell, usage = self.cell[place], self.usage[place]
        spare = (self.regular - used)[cell][:, :, None]
        gain = self.value[place] - self.over[cell][:, :, None] * _beyond(usage, spare)
        limit = (self.total - used)[cell][:, :, None]
        gain -= _FORBIDDEN * _beyond(usage, limit)
        if charge is not None:
            gain -= charge[cell][:, :, None] * usage
        return self._reply(place, gain)

    def overtime(self, used: FloatArray) -> float:
        """Return what overtime costs, and capacity that there is not.

        Parameters
        ----------
        used : ndarray, shape (n_lines * n_periods,)
            Capacity taken.

        Returns
        -------
        float
            Money.
        """
        extra = np.maximum(used - self.regular, 0.0)
        beyond = np.maximum(used - self.total, 0.0)
        return float((self.over * extra + _FORBIDDEN * beyond).sum())

    def _reply(self, place: int, gain: FloatArray) -> Reply:
        """Run the programme over cycles; `gain` has shape (n_ways, n_periods, n_periods + 1)."""
        best = gain[0] if len(gain) == 1 else gain.max(axis=0)
        ahead = np.zeros(self.n_periods + 1)
        until = np.zeros(self.n_periods, dtype=np.int64)
        for start in range(self.n_periods - 1, -1, -1):
            options = best[start, start + 1 :] + ahead[start + 1 :]
            stop = int(options.argmax())
            ahead[start] = ahead[start + 1]
            if options[stop] > ahead[start]:
                ahead[start], until[start] = options[stop], start + 1 + stop
        return self._walk(place, gain, until)

    def _walk(self, place: int, gain: FloatArray, until: IntArray) -> Reply:
        source = np.full(self.n_periods, -1, dtype=np.int16)
        way = np.full(self.n_periods, -1, dtype=np.int16)
        cells, usage, value, start = [], [], 0.0, 0
        while start < self.n_periods:
            stop = int(until[start])
            if stop == 0:
                start += 1
                continue
            chosen = int(gain[:, start, stop].argmax())
            if self.usage[place, chosen, start, stop] > 0:
                held = self._holding[place] * np.arange(stop - start)
                worth = self._worth[place] - held > self._least[place, chosen, start]
                served = worth & (self._wanted[start:stop, place] > 0)
                source[start:stop] = np.where(served, start, -1)
                way[start] = chosen
                cells.append(int(self.cell[place, chosen, start]))
                usage.append(self.usage[place, chosen, start, stop])
                value += float(self.value[place, chosen, start, stop])
            start = stop
        return Reply(source, way, value, np.array(cells, dtype=np.int64), np.array(usage))

    def current(self, known: Known, plans: Plans) -> list[Reply]:
        """Return plans as replies.

        Parameters
        ----------
        known : Known
            The problem.
        plans : Plans
            Plans of all its SKUs.

        Returns
        -------
        list of Reply
            One a SKU of the responder.
        """
        mine = plans.take(self.skus)
        value = income(known, mine, self.skus)
        return [self._as_reply(known, mine, place, value) for place in range(len(self.skus))]

    def _as_reply(self, known: Known, mine: Plans, place: int, value: FloatArray) -> Reply:
        source, way = mine.source[:, place], mine.way[:, place]
        runs = np.flatnonzero(way >= 0)
        served = source >= 0
        units = np.bincount(source[served], self._wanted[served, place], self.n_periods)[runs]
        item = known.item_at[way[runs], self.skus[place]]
        terms, made = known.terms, runs - known.items.lead[item]
        usage = terms.unit_time[item] * units + terms.setup_time[item, made]
        return Reply(source, way, float(value[place]), self.cell[place, way[runs], runs], usage)


def _beyond(usage: FloatArray, room: FloatArray) -> FloatArray:
    """Return how much of a usage goes beyond what is left or already exceeded."""
    return np.asarray(np.maximum(usage - np.maximum(room, 0.0), 0.0))
