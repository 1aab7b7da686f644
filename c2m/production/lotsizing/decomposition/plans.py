"""The best plan of every SKU at prices of capacity: lot sizing with lost sales, all at once.

In an optimal plan nothing is in stock when a run arrives (Wagner & Whitin), and a cycle serves
the periods from its first on, as long as a unit is worth its cost, capacity and holding. The
dynamic programme goes over (arrival, next arrival); the SKUs are the axis of every array.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.problem import FloatArray, IntArray

SmallIntArray = NDArray[np.int16]

_CHUNK = 2048
"""SKUs that are solved together; their arrays stay in the processor's cache."""


@dataclass(frozen=True)
class Plans:
    """One plan for each SKU.

    Parameters
    ----------
    source : ndarray of int16, shape (n_periods, n_skus)
        The period in which the units wanted in a period arrive; -1 where they are lost.
    way : ndarray of int16, shape (n_periods, n_skus)
        Which item makes the run that arrives in a period; -1 for no run.
    """

    source: SmallIntArray
    way: SmallIntArray

    def take(self, skus: IntArray | slice) -> "Plans":
        """Return the plans of some SKUs.

        Parameters
        ----------
        skus : ndarray of int or slice
            Which.

        Returns
        -------
        Plans
            Theirs.
        """
        return Plans(self.source[:, skus], self.way[:, skus])


def best_plans(known: Known, prices: FloatArray) -> tuple[Plans, FloatArray]:
    """Return the best plan of every SKU and what it brings once its capacity is paid for.

    Parameters
    ----------
    known : Known
        The problem.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.

    Returns
    -------
    plans : Plans
        Without regard to MOQs, multiples and largest lots.
    value : ndarray, shape (n_skus,)
        More than that no plan brings at these prices, those limits or not.
    """
    shape = known.wanted.shape
    source, way = np.empty(shape, dtype=np.int16), np.empty(shape, dtype=np.int16)
    value = np.empty(known.n_skus)
    for start in range(0, known.n_skus, _CHUNK):
        part = slice(start, min(start + _CHUNK, known.n_skus))
        source[:, part], way[:, part], value[part] = _Chunk(known, part, prices).solve()
    return Plans(source, way), value


class _Chunk:
    """Some SKUs: cost of a run by way and arrival, and the programme over them."""

    def __init__(self, known: Known, part: slice, prices: FloatArray) -> None:
        item_at = known.item_at[:, part]
        self.wanted = known.wanted[:, part].copy()
        self.holding = known.holding_cost[part]
        self.shape = (known.n_periods, item_at.shape[1])
        self.fixed = np.empty((len(item_at), *self.shape))
        self.margin = np.empty((len(item_at), *self.shape))  # of a unit sold on arrival
        terms = known.terms
        for way, item in enumerate(item_at):
            made, can = known.when_made(item)
            price = prices[known.items.line[item], made]
            fixed = terms.setup_cost[item, made] + terms.setup_time[item, made] * price
            self.fixed[way] = np.where(can, fixed, np.inf)
            margin = known.worth[part] - terms.unit_time[item] * price - terms.extra[item, made]
            self.margin[way] = np.where(can, margin, -np.inf)

    def solve(self) -> tuple[SmallIntArray, SmallIntArray, FloatArray]:
        """Return source, way and value; see `Plans`."""
        n_periods, count = self.shape
        value = np.zeros((n_periods + 1, count))
        until = np.zeros(self.shape, dtype=np.int16)
        way_at = np.zeros(self.shape, dtype=np.int16)
        for start in range(n_periods - 1, -1, -1):
            value[start] = value[start + 1]
            for way in range(len(self.fixed)):
                rows = np.flatnonzero(np.isfinite(self.fixed[way, start]))
                if len(rows) < count // 2:
                    changed = self._few_cycles(start, way, rows, value, until[start])
                    way_at[start][rows[changed]] = way
                else:
                    way_at[start][self._cycles(start, way, value, until[start])] = way
        source, way_used = self._walk(until, way_at)
        return source, way_used, value[0]

    def _cycles(
        self, start: int, way: int, value: FloatArray, until: SmallIntArray
    ) -> NDArray[np.bool_]:
        """Try every cycle from one arrival; return where the best so far was beaten."""
        best = value[start]
        served, margin = -self.fixed[way, start], self.margin[way, start].copy()
        changed = np.zeros(len(best), dtype=bool)
        new = np.empty_like(best)
        better = np.empty_like(changed)
        for stop in range(start + 1, self.shape[0] + 1):
            np.maximum(margin, 0.0, out=new)
            new *= self.wanted[stop - 1]
            served += new
            np.add(served, value[stop], out=new)
            np.greater(new, best, out=better)
            np.copyto(best, new, where=better)
            np.copyto(until, stop, where=better)
            changed |= better
            margin -= self.holding
        return changed

    def _few_cycles(
        self, start: int, way: int, rows: IntArray, value: FloatArray, until: SmallIntArray
    ) -> NDArray[np.bool_]:
        """Do the same for the few SKUs that can have a run; for each, return if it was better."""
        held = self.holding[rows] * np.arange(self.shape[0] - start)[:, None]
        units = self.wanted[start:, rows]
        served = np.cumsum(np.maximum(self.margin[way, start, rows] - held, 0.0) * units, axis=0)
        total = served - self.fixed[way, start, rows] + value[start + 1 :, rows]
        stop = total.argmax(axis=0)
        best = total[stop, np.arange(len(rows))]
        changed = best > value[start, rows]
        value[start, rows[changed]] = best[changed]
        until[rows[changed]] = start + 1 + stop[changed]
        return np.asarray(changed)

    def _walk(
        self, until: SmallIntArray, way_at: SmallIntArray
    ) -> tuple[SmallIntArray, SmallIntArray]:
        """Follow the best cycles from the first period on."""
        source = np.full(self.shape, -1, dtype=np.int16)
        way = np.full(self.shape, -1, dtype=np.int16)
        place = np.arange(self.shape[1])
        turn = np.zeros(self.shape[1], dtype=np.int16)  # next period in which a cycle may begin
        arrival = np.full(self.shape[1], -1, dtype=np.int16)
        margin = np.zeros(self.shape[1])
        for step in range(self.shape[0]):
            here = turn == step
            runs = here & (until[step] > 0)
            arrival[here] = np.where(runs[here], step, -1)
            turn[here] = np.where(runs[here], until[step, here], step + 1)
            margin = np.where(runs, self.margin[way_at[step], step, place], margin)
            served = (arrival >= 0) & (margin > 0) & (self.wanted[step] > 0)
            source[step] = np.where(served, arrival, -1)
            rows = place[served]
            way[arrival[served], rows] = way_at[arrival[served], rows]
            margin = margin - self.holding
        return source, way


def quantities(known: Known, plans: Plans, skus: IntArray | slice = slice(None)) -> FloatArray:
    """Return the units that arrive in each period.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        Plans of the SKUs.
    skus : ndarray of int, optional
        Which SKUs they are for; all unless given.

    Returns
    -------
    ndarray, shape (n_periods, n_skus)
        Units.
    """
    wanted = known.wanted[:, skus]
    brought = np.zeros_like(wanted)
    for step, source in enumerate(plans.source):
        rows = np.flatnonzero(source >= 0)
        brought[source[rows], rows] += wanted[step, rows]
    return brought


def income(known: Known, plans: Plans, skus: IntArray | slice = slice(None)) -> FloatArray:
    """Return what plans bring before capacity is paid for.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        Plans of the SKUs.
    skus : ndarray of int, optional
        Which SKUs they are for; all unless given.

    Returns
    -------
    ndarray, shape (n_skus,)
        Money beyond making nothing: less unit cost, holding and set-ups.
    """
    total = np.zeros(plans.source.shape[1])
    worth, holding, wanted = known.worth[skus], known.holding_cost[skus], known.wanted[:, skus]
    for step, source in enumerate(plans.source):
        served = (worth - holding * (step - source)) * wanted[step]
        total += np.where(source >= 0, served, 0.0)
    terms, brought = known.terms, quantities(known, plans, skus)
    for step, row, item, made in runs(known, plans, skus):
        total[row] -= terms.setup_cost[item, made] + terms.extra[item, made] * brought[step, row]
    return total


def runs(
    known: Known, plans: Plans, skus: IntArray | slice = slice(None)
) -> Iterator[tuple[int, IntArray, IntArray, IntArray]]:
    """Go through the runs of plans by the period in which they arrive.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        Plans of the SKUs.
    skus : ndarray of int, optional
        Which SKUs they are for; all unless given.

    Yields
    ------
    tuple
        Period, places of the SKUs that have a run, their items, and the periods of the runs.
    """
    item_at, lead = known.item_at[:, skus], known.items.lead
    for step, way in enumerate(plans.way):
        rows = np.flatnonzero(way >= 0)
        item = item_at[way[rows], rows]
        yield step, rows, item, step - lead[item]


def loads(
    known: Known, plans: Plans, group: IntArray, n_groups: int, skus: IntArray | slice = slice(None)
) -> FloatArray:
    """Return the capacity that plans take, summed by group.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        Plans of the SKUs.
    group : ndarray of int, shape (n_skus,)
        The group of each SKU.
    n_groups : int
        How many there are.
    skus : ndarray of int, optional
        Which SKUs they are for; all unless given.

    Returns
    -------
    ndarray, shape (n_groups, n_lines * n_periods)
        In the units of the lines.
    """
    n_cells = known.regular.size
    brought = quantities(known, plans, skus)
    terms, total = known.terms, np.zeros(n_groups * n_cells)
    for step, rows, item, made in runs(known, plans, skus):
        usage = terms.unit_time[item] * brought[step, rows] + terms.setup_time[item, made]
        cell = known.items.line[item] * known.n_periods + made
        total += np.bincount(group[rows] * n_cells + cell, usage, len(total))
    return total.reshape(n_groups, n_cells)
