"""Runs of a group that come together: when and where it runs, then what its SKUs make of it.

SKUs that share limits are one unit. Its runs are chosen by a dynamic programme over cycles, in
which every SKU is served by the last run and a missing piece of the MOQ has an elastic price;
given the runs, each SKU's own programme is exact. A few random changes of the runs are then tried
for all units at once, and kept where they pay.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, best_plans
from c2m.production.lotsizing.decomposition.price import Priced
from c2m.production.lotsizing.decomposition.shares import GroupTerms, Shares
from c2m.production.problem import BoolArray, FloatArray, IntArray

_TWICE = 0.5
"""How often two changes are tried together."""

_MOVES, _DROPS = 0.7, 0.15
"""How often a run is moved, and how often one is left out; otherwise one is added."""

_NEAR = 3
"""Most periods that a run is moved."""

_LEAST = 0.05
"""Weight of a place that no average plan uses."""

_COUNTS = 1e-6
"""Least weight in an average plan that is counted."""


class Together:
    """Units of SKUs whose runs come together.

    Parameters
    ----------
    group_terms : GroupTerms
        The limits on groups.
    rate : ndarray, shape (n_items, n_periods)
        How often each item runs in the average plan of the prices.
    shares : Shares
        Prices of the limits; between the runs of its unit a SKU fills MOQs for their bonus.

    Attributes
    ----------
    unit : ndarray of int, shape (n_skus,)
        The unit of each SKU.
    n_units : int
        How many there are.
    """

    def __init__(self, group_terms: GroupTerms, rate: FloatArray, shares: Shares) -> None:
        self.group_terms, self.known = group_terms, group_terms.known
        entries, known = group_terms.entries, self.known
        self._rewarded = replace(known, terms=group_terms.rewarded(shares))
        self._bonus = shares.bonus * group_terms.useful
        self.n_units, self.unit = _units(group_terms, known.n_skus)
        self._item_on = _item_on(known)  # [lines, N]
        shape = (self.n_units, len(known.regular))
        self._unit_of_group = np.zeros(len(entries.cost), dtype=np.int64)
        self._unit_of_group[entries.group] = self.unit[group_terms.sku[entries.item]]
        line = known.items.line[entries.item]
        pairs = np.unique(np.stack([entries.group, line]), axis=1)
        place = (self._unit_of_group[pairs[0]], pairs[1])
        self._cost, self._time, self._moq = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        np.add.at(self._cost, place, entries.cost[pairs[0]])
        np.add.at(self._time, place, entries.time[pairs[0]])
        np.maximum.at(self._moq, place, entries.moq[pairs[0]])
        own = self.unit[group_terms.sku] * shape[1] + known.items.line
        rows = shape[0] * shape[1]
        self._to_cell = _summing(own, np.arange(len(own)), (rows, len(own)))
        timed = entries.time[pairs[0]] > 0  # such a group has one line
        cells = self._unit_of_group[pairs[0]] * shape[1] + pairs[1]
        self._group_to_cell = _summing(cells[timed], pairs[0][timed], (rows, len(entries.cost)))
        often = np.zeros((rows, known.n_periods))
        np.maximum.at(often, own, rate)
        self._likely = often.reshape(*shape, known.n_periods)
        count = np.bincount(self.unit, minlength=self.n_units)
        held = np.bincount(self.unit, known.holding_cost, self.n_units)
        self._holding = held / np.maximum(count, 1)
        self._spoilt = np.zeros(self.n_units)
        np.maximum.at(self._spoilt, self._unit_of_group, group_terms.cap.max(axis=1))

    def likely_runs(self, least: float) -> BoolArray:
        """Return the runs of the average plan.

        Parameters
        ----------
        least : float
            How often at least any item of the unit runs there.

        Returns
        -------
        ndarray of bool, shape (n_units, n_lines, n_periods)
            When the unit runs where.
        """
        return np.asarray(self._likely > least)

    def open_runs(self, prices: FloatArray, urge: float) -> BoolArray:
        """Choose the runs of every unit, as if each SKU were served by the last of them.

        Parameters
        ----------
        prices : ndarray, shape (n_lines, n_periods)
            Money per unit of capacity.
        urge : float
            Cost of a piece that is missing from an MOQ, as a multiple of holding it for the
            length of the cycle.

        Returns
        -------
        ndarray of bool, shape (n_units, n_lines, n_periods)
            When the unit runs where.
        """
        known, n_periods = self.known, self.known.n_periods
        value = np.zeros((n_periods + 1, self.n_units))
        until = np.zeros((n_periods, self.n_units), dtype=np.int64)
        line_at = np.zeros_like(until)
        lead = np.where(self._item_on >= 0, known.items.lead[self._item_on], 0)
        latest = np.zeros((len(known.regular), self.n_units), dtype=np.int64)
        for line in range(len(known.regular)):
            np.maximum.at(latest[line], self.unit, lead[line])
        for start in range(n_periods - 1, -1, -1):
            value[start] = value[start + 1]
            for line in range(len(known.regular)):
                made = start - latest[line]
                cycle = self._cycles(start, line, made, prices, urge)
                for stop, gain in enumerate(cycle, start + 1):
                    total = gain + value[stop]
                    better = total > value[start]
                    value[start, better] = total[better]
                    until[start, better], line_at[start, better] = stop, line
        return self._walk(until, line_at, latest)

    def plans(self, runs: BoolArray, prices: FloatArray) -> Plans:
        """Return the best plan of every SKU with the runs of its unit and the bonus of pieces.

        Parameters
        ----------
        runs : ndarray of bool, shape (n_units, n_lines, n_periods)
            When the units run where.
        prices : ndarray, shape (n_lines, n_periods)
            Money per unit of capacity.

        Returns
        -------
        Plans
            Theirs.
        """
        known = self.known
        allowed = runs[self.unit[self.group_terms.sku], known.items.line]
        cost = np.where(allowed, known.terms.setup_cost, np.inf)
        return best_plans(self._rewarded.at_cost(cost), prices)[0]

    def score(self, plans: Plans) -> tuple[FloatArray, FloatArray]:
        """Return what plans bring and take, with the set-ups and missing pieces of groups.

        Parameters
        ----------
        plans : Plans
            Plans of all SKUs.

        Returns
        -------
        income : ndarray, shape (n_units,)
            Money before capacity is paid for.
        usage : ndarray, shape (n_units, n_lines * n_periods)
            Capacity.
        """
        known, terms, entries = self.known, self.known.terms, self.group_terms.entries
        run, made = self.group_terms.made(plans)
        good = made * terms.good[:, None]
        steps = np.arange(known.n_periods)[:, None]
        sold = (known.worth - known.holding_cost * (steps - plans.source)) * known.wanted
        earned = np.bincount(
            self.unit, np.where(plans.source >= 0, sold, 0.0).sum(axis=0), self.n_units
        )
        paid = (np.where(run > 0, terms.setup_cost, 0.0) + terms.extra * good).sum(axis=1)
        earned -= np.bincount(self.unit[self.group_terms.sku], paid, self.n_units)
        usage = self._to_cell @ (terms.unit_time[:, None] * good + terms.setup_time * run)
        pieces = entries.to_group @ (made[entries.item] * entries.weight[:, None])
        runs = (pieces > 0).astype(np.float64)
        earned -= np.bincount(self._unit_of_group, entries.cost * runs.sum(axis=1), self.n_units)
        usage += self._group_to_cell @ (entries.time[:, None] * runs)
        return earned - self._missing(made), usage.reshape(self.n_units, -1)

    def search(
        self, runs: BoolArray, prices: FloatArray, rng: np.random.Generator, tries: int
    ) -> tuple[BoolArray, Plans]:
        """Try random changes of the runs of all units, and keep those that pay.

        Parameters
        ----------
        runs : ndarray of bool, shape (n_units, n_lines, n_periods)
            To begin with.
        prices : ndarray, shape (n_lines, n_periods)
            Money per unit of capacity.
        rng : numpy.random.Generator
            Of the changes.
        tries : int
            How many changes of each unit.

        Returns
        -------
        runs : ndarray of bool, shape (n_units, n_lines, n_periods)
            Not worse.
        plans : Plans
            Theirs.
        """
        runs, likely = runs.copy(), np.maximum(self._likely, _LEAST)
        best = self.net(self.plans(runs, prices), prices)
        for _ in range(tries):
            new = _changed(runs, likely, rng)
            net = self.net(self.plans(new, prices), prices)
            better = net > best + 1e-9
            runs[better], best[better] = new[better], net[better]
        return runs, self.plans(runs, prices)

    def given(self, plans: Plans) -> tuple[Known, Known, float]:
        """Return the problem in which groups run when plans let them run, and only then.

        Parameters
        ----------
        plans : Plans
            Plans of all SKUs.

        Returns
        -------
        known, rewarded : Known
            Capacity without the set-ups of groups; every SKU is free again. In the second its
            pieces earn their bonus.
        cost : float
            Money for the set-ups of groups, and the bonus of all pieces that MOQs ask for.
        """
        known, entries = self.known, self.group_terms.entries
        made = self.group_terms.made(plans)[1]
        run = entries.to_group @ (made[entries.item] * entries.weight[:, None]) > 0
        closed = entries.to_item @ (1.0 - run[entries.group]) > 0
        cost = np.where(closed, np.inf, known.terms.setup_cost)
        time = (self._group_to_cell @ (entries.time[:, None] * run)).reshape(self._likely.shape)
        left = np.maximum(known.regular - time.sum(axis=0), 0.0)
        paid = float(((entries.cost[:, None] + self._bonus) * run).sum())
        plain, rewarded = (
            replace(each.at_cost(cost), regular=left) for each in (known, self._rewarded)
        )
        return plain, rewarded, paid

    def missing(self, priced: Priced) -> float:
        """Return what it costs to fill the MOQs in the average plan of prices.

        Parameters
        ----------
        priced : Priced
            Prices of a problem that `given` returned.

        Returns
        -------
        float
            Money.
        """
        made = np.zeros(self.known.items.most.shape)
        for number in np.flatnonzero(priced.weight.max(axis=1) > _COUNTS).tolist():
            share = priced.weight[number][priced.group][self.group_terms.sku]
            made += self.group_terms.made(priced.plans[number])[1] * share[:, None]
        return float(self._missing(made).sum())

    def net(self, plans: Plans, prices: FloatArray) -> FloatArray:
        """Return what plans bring once capacity is paid for.

        Parameters
        ----------
        plans : Plans
            Plans of all SKUs.
        prices : ndarray, shape (n_lines, n_periods)
            Money per unit of capacity.

        Returns
        -------
        ndarray, shape (n_units,)
            Money.
        """
        earned, usage = self.score(plans)
        return np.asarray(earned - (usage * prices.ravel()).sum(axis=1))

    def _cycles(
        self, start: int, line: int, made: IntArray, prices: FloatArray, urge: float
    ) -> list[FloatArray]:
        """Return what a run that arrives at `start` brings by the next arrival, (n_units,)."""
        known, terms, item = self.known, self.known.terms, self._item_on[line]
        when = np.maximum(made, 0)
        can = (made[self.unit] >= 0) & (item >= 0)
        can &= known.items.most[item, when[self.unit]] > 0
        price = prices[line, when][self.unit]
        own = terms.setup_cost[item, when[self.unit]]
        served = -own - terms.setup_time[item, when[self.unit]] * price
        margin = known.worth - terms.unit_time[item] * price - terms.extra[item, when[self.unit]]
        fixed = self._cost[:, line] + self._time[:, line] * prices[line, when]
        units, found = np.zeros(known.n_skus), []
        for stop in range(start + 1, known.n_periods + 1):
            left = margin - known.holding_cost * (stop - 1 - start)
            wanted = np.where(can & (left > 0), known.wanted[stop - 1], 0.0)
            served, units = served + left * wanted, units + wanted
            pays = can & (served > 0)
            gain = np.bincount(self.unit, np.where(pays, served, 0.0), self.n_units)
            pieces = np.bincount(self.unit, np.where(pays, units, 0.0), self.n_units)
            short = np.maximum(self._moq[:, line] - pieces, 0.0)
            each = self._holding * urge * (stop - start)
            each = self._spoilt if stop == known.n_periods else each
            found.append(np.where(pieces > 0, gain - fixed - short * each, -np.inf))
        return found

    def _walk(self, until: IntArray, line_at: IntArray, latest: IntArray) -> BoolArray:
        n_periods = self.known.n_periods
        runs = np.zeros((self.n_units, len(latest), n_periods), dtype=bool)
        turn = np.zeros(self.n_units, dtype=np.int64)
        for step in range(n_periods):
            here = turn == step
            starts = np.flatnonzero(here & (until[step] > 0))
            line = line_at[step, starts]
            runs[starts, line, step - latest[line, starts]] = True
            turn[here] = step + 1
            turn[starts] = until[step, starts]
        return runs

    def _missing(self, made: FloatArray) -> FloatArray:
        """Return what it costs to fill the MOQs: from the next run, or with what nobody wants."""
        known = self.known
        pieces = (self._to_cell @ made).reshape(self.n_units, -1, known.n_periods)
        owed, cost = np.zeros(self.n_units), np.zeros(self.n_units)
        for when in range(known.n_periods):
            cost += owed * self._holding
            for line in range(len(known.regular)):
                here = pieces[:, line, when]
                new = np.maximum(self._moq[:, line] - (here - owed), 0.0)
                owed = np.where(here > 0, new, owed)
        return cost + owed * self._spoilt


def _units(group_terms: GroupTerms, n_skus: int) -> tuple[int, IntArray]:
    """Return how many units there are, and that of each SKU."""
    entries = group_terms.entries
    sku, ones = group_terms.sku[entries.item], np.ones(len(entries.item))
    size = n_skus + len(entries.cost)
    graph = coo_matrix((ones, (sku, n_skus + entries.group)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    _, unit = np.unique(label[:n_skus], return_inverse=True)
    return int(unit.max()) + 1, np.asarray(unit.reshape(-1), dtype=np.int64)


def _summing(row: IntArray, column: IntArray, shape: tuple[int, int]) -> csr_matrix:
    """Return the matrix that sums columns into rows."""
    return csr_matrix((np.ones(len(row)), (row, column)), shape=shape)


def _item_on(known: Known) -> IntArray:
    """Return the first item of every SKU on every line, (n_lines, n_skus); -1 for none."""
    table = np.full((len(known.regular), known.n_skus), -1, dtype=np.int64)
    for item in known.item_at[::-1]:
        sku = np.flatnonzero(item >= 0)
        table[known.items.line[item[sku]], sku] = item[sku]
    return table


def _changed(runs: BoolArray, likely: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Return runs with one or two changes a unit."""
    one = _changed_once(runs, likely, rng)
    two = rng.random((len(runs), 1, 1)) < _TWICE
    return np.asarray(np.where(two, _changed_once(one, likely, rng), one))


def _changed_once(runs: BoolArray, likely: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Return runs with one more or less in a unit, or one somewhere near where it is likely."""
    n_units, n_lines, n_periods = runs.shape
    flat, rows = runs.reshape(n_units, -1).copy(), np.arange(n_units)
    picked = (rng.random(flat.shape) * flat).argmax(axis=1)
    kind = rng.random((n_units,))
    has = flat.any(axis=1)
    moves, drops = has & (kind < _MOVES), has & (kind > 1.0 - _DROPS)
    distance = np.abs(np.arange(n_periods) - (picked % n_periods)[:, None])
    here = np.tile(distance <= _NEAR, (1, n_lines)) | ~moves[:, None]
    weight = likely.reshape(n_units, -1) * (here & ~flat)
    to = (np.log(rng.random(flat.shape)) / np.maximum(weight, 1e-12)).argmax(axis=1)
    gone = moves | drops
    flat[rows[gone], picked[gone]] = False
    flat[rows[~drops], to[~drops]] = True
    return flat.reshape(runs.shape)
