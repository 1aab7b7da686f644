"""Limits on groups at prices: every item bears a share of the set-up, and is paid for the MOQ.

A group may run in a period if it pays its set-up once and makes its MOQ. Both are given prices:
a run of an item costs a share of the set-up and of the MOQ (the shares of a group and period add
up to 1), and each of its pieces earns a bonus. What is left of the group earns nothing, so that
the SKUs part, and every choice of shares and bonuses gives a proved bound. They are improved by
steps along the subgradient of an average plan (Barahona & Anbil, 2000, *Mathematical
Programming* 87, 385-399).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from c2m.production.lotsizing.decomposition.known import Known, Terms
from c2m.production.lotsizing.decomposition.plans import Plans, best_plans, quantities, runs
from c2m.production.lotsizing.decomposition.price import Priced, first_prices, price_scale, settle
from c2m.production.problem import FloatArray, GroupLimit, IntArray, Problem

_PHASES = 4
"""How often the capacity is priced between steps of the shares."""

_STEPS, _LEAST_STEPS = 50, 25
"""Most and least steps of the shares in each phase."""

_MOST_STEPS = 200_000
"""Steps in each phase, times the SKUs, so that large problems take few."""

_ROUGHLY, _FINELY = 2e-4, 2e-5
"""Gain still promised, as a share of the cost, at which prices are settled: inside and last."""

_CLOSE = 40.0
"""How much smaller the box around prices is after the first time."""

_AVERAGE = 0.3
"""Weight of the newest plan in the average."""

_SLOW = 0.05
"""The same of the rate of runs, which is returned."""

_SHARE_STEP, _BONUS_STEP = 2.0, 0.6
"""First steps of shares and bonuses."""

_LAST_STEP = 0.02
"""The last step over the first, however many there are."""


@dataclass(frozen=True)
class Entries:
    """The items of the limits on groups.

    Parameters
    ----------
    group, item : ndarray of int, shape (n_entries,)
        The pair.
    weight : ndarray, shape (n_entries,)
        Pieces in one unit of the item.
    cost, time, moq : ndarray, shape (n_groups,)
        Money and capacity of a set-up; pieces.
    to_group, to_item : csr_matrix
        Sum entries by group and by item.
    """

    group: IntArray
    item: IntArray
    weight: FloatArray
    cost: FloatArray
    time: FloatArray
    moq: FloatArray
    to_group: csr_matrix
    to_item: csr_matrix

    @classmethod
    def of(cls, groups: Sequence[GroupLimit], n_items: int) -> "Entries":
        """Return the entries of limits.

        Parameters
        ----------
        groups : sequence of GroupLimit
            The limits.
        n_items : int
            How many items there are.

        Returns
        -------
        Entries
            In the order of the limits.
        """
        sizes = [len(group.items) for group in groups]
        group = np.repeat(np.arange(len(groups)), sizes)
        item = np.concatenate([each.items for each in groups])
        place, ones = np.arange(len(item)), np.ones(len(item))
        return cls(
            group,
            item,
            np.concatenate([each.weights for each in groups]).astype(np.float64),
            np.array([each.setup_cost for each in groups], dtype=np.float64),
            np.array([each.setup_time if each.line >= 0 else 0.0 for each in groups]),
            np.array([each.moq for each in groups], dtype=np.float64),
            csr_matrix((ones, (group, place)), shape=(len(groups), len(item))),
            csr_matrix((ones, (item, place)), shape=(n_items, len(item))),
        )

    def pieces(self, known: Known, plans: Plans, brought: FloatArray) -> FloatArray:
        """Return the pieces of every group in every period.

        Parameters
        ----------
        known : Known
            The problem.
        plans : Plans
            Plans of all SKUs.
        brought : ndarray, shape (n_periods, n_skus)
            Units by arrival.

        Returns
        -------
        ndarray, shape (n_groups, n_periods)
            By the period of the run.
        """
        made = np.zeros(known.items.most.shape)
        for step, rows, item, when in runs(known, plans):
            made[item, when] = brought[step, rows] / known.terms.good[item]
        return np.asarray(self.to_group @ (made[self.item] * self.weight[:, None]))


@dataclass(frozen=True)
class Shares:
    """Prices of the limits on groups.

    Parameters
    ----------
    share : ndarray, shape (n_entries, n_periods)
        At least 0; those of a group and period add up to 1.
    bonus : ndarray, shape (n_groups, n_periods)
        Money per piece, at least 0.
    """

    share: FloatArray
    bonus: FloatArray


class GroupTerms:
    """What the limits on groups make of the terms of runs.

    Parameters
    ----------
    problem : Problem
        The problem.
    known : Known
        Its one path.
    """

    def __init__(self, problem: Problem, known: Known) -> None:
        self.known, self.good = known, known.terms.good
        self.entries = entries = Entries.of(problem.groups, problem.n_items)
        self.sku = np.zeros(problem.n_items, dtype=np.int64)
        self.sku[problem.members.item] = problem.members.sku
        spoilt = problem.unit_cost + problem.holding_cost - problem.end_value
        cap = (spoilt[self.sku] * self.good)[:, None] + self.good[:, None] * known.terms.extra
        cap = np.maximum(cap[entries.item] / entries.weight[:, None], 0.0)
        self.cap = np.full((len(entries.cost), known.n_periods), np.inf)
        np.minimum.at(self.cap, entries.group, cap)
        self.useful = np.minimum(entries.moq[:, None], self._still_wanted())

    def start(self) -> Shares:
        """Return shares by what the SKUs of a group pay for holding, as if demand were even."""
        entries, known = self.entries, self.known
        sku, items = self.sku[entries.item], known.items
        demand = known.wanted.mean(axis=0)[sku]
        held = known.holding_cost[sku] * demand / 2.0 + 1e-9
        pieces = entries.to_group @ (demand * entries.weight / self.good[entries.item])
        holding = entries.to_group @ held
        moq_pays = holding * (entries.moq / np.maximum(pieces, 1e-9)) ** 2 - entries.cost
        bonus = np.minimum(np.maximum(moq_pays, 0.0) / entries.moq, self.cap.min(axis=1))
        own = items.setup_cost[entries.item]
        whole = (entries.cost + entries.moq * bonus + entries.to_group @ own) / holding
        part = whole[entries.group] * held
        share = np.maximum(part - own, 1e-3 * part) + 1e-12
        share /= (entries.to_group @ share)[entries.group]
        shape = (1, known.n_periods)
        return Shares(np.tile(share[:, None], shape), np.tile(bonus[:, None], shape))

    def terms(self, shares: Shares) -> Terms:
        """Return the terms at which every SKU is planned by itself.

        Parameters
        ----------
        shares : Shares
            Prices of the limits.

        Returns
        -------
        Terms
            With the shares and bonuses in them.
        """
        entries, plain = self.entries, self.rewarded(shares)
        missed = (entries.moq[:, None] - self.useful) * self.cap
        run = entries.cost[:, None] + shares.bonus * self.useful + missed
        paid = entries.to_item @ (shares.share * run[entries.group])
        taken = entries.to_item @ (shares.share * entries.time[entries.group][:, None])
        return replace(
            plain, setup_cost=plain.setup_cost + paid, setup_time=plain.setup_time + taken
        )

    def rewarded(self, shares: Shares) -> Terms:
        """Return the terms at which pieces earn their bonus, without the shares.

        Parameters
        ----------
        shares : Shares
            Prices of the limits.

        Returns
        -------
        Terms
            Set-ups as they are.
        """
        entries, plain = self.entries, self.known.terms
        earned = entries.to_item @ (shares.bonus[entries.group] * entries.weight[:, None])
        return replace(plain, extra=plain.extra - earned / self.good[:, None])

    def better(self, shares: Shares, run: FloatArray, made: FloatArray, step: float) -> Shares:
        """Take one step.

        Parameters
        ----------
        shares : Shares
            Prices of the limits.
        run, made : ndarray, shape (n_items, n_periods)
            Runs and units of the average plan.
        step : float
            Length, at most 1.

        Returns
        -------
        Shares
            Items that run more than others of their group bear more.
        """
        entries = self.entries
        each = run[entries.item]
        share = shares.share * np.exp(np.minimum(_SHARE_STEP * step * each, 5.0))
        share /= (entries.to_group @ share)[entries.group]
        runs_of = entries.to_group @ (shares.share * each)
        pieces = entries.to_group @ (made[entries.item] * entries.weight[:, None])
        missing = (self.useful * runs_of - pieces) / entries.moq[:, None]
        scale = (entries.cost / entries.moq)[:, None] + shares.bonus
        bonus = shares.bonus + _BONUS_STEP * step * scale * missing
        return Shares(share, np.clip(bonus, 0.0, self.cap))

    def made(self, plans: Plans) -> tuple[FloatArray, FloatArray]:
        """Return the runs (0 or 1) and units made of plans, each (n_items, n_periods).

        Parameters
        ----------
        plans : Plans
            Plans of all SKUs.

        Returns
        -------
        run, made : ndarray
            By item and period of the run.
        """
        run = np.zeros(self.known.items.most.shape)
        made = np.zeros_like(run)
        brought = quantities(self.known, plans)
        for step, rows, item, when in runs(self.known, plans):
            run[item, when] = 1.0
            made[item, when] = brought[step, rows] / self.good[item]
        return run, made

    def missing(self, known: Known, plans: Plans, brought: FloatArray) -> float:
        """Return what it costs to fill the MOQs of runs with pieces that nobody wants.

        Parameters
        ----------
        known : Known
            The problem.
        plans : Plans
            Plans of all SKUs.
        brought : ndarray, shape (n_periods, n_skus)
            Units by arrival.

        Returns
        -------
        float
            Money.
        """
        pieces = self.entries.pieces(known, plans, brought)
        short = np.maximum(self.entries.moq[:, None] - pieces, 0.0)
        return float((self.cap * np.where(pieces > 0, short, 0.0)).sum())

    def _still_wanted(self) -> FloatArray:
        """Return the pieces that runs of a group in a period can sell, (n_groups, n_periods)."""
        known, entries = self.known, self.entries
        left = known.wanted[::-1].cumsum(axis=0)[::-1]
        left = np.concatenate([left, np.zeros((1, known.n_skus))])
        steps = np.arange(known.n_periods)
        lead = known.items.lead[entries.item]
        arrival = np.minimum(steps + lead[:, None], known.n_periods)
        units = left[arrival, self.sku[entries.item][:, None]]
        return np.asarray(
            entries.to_group @ (units * (entries.weight / self.good[entries.item])[:, None])
        )


def price_groups(group_terms: GroupTerms) -> tuple[Priced, FloatArray, Shares]:
    """Find prices of capacity and of the limits on groups, and a proved bound.

    Parameters
    ----------
    group_terms : GroupTerms
        The limits.

    Returns
    -------
    priced : Priced
        Prices and bound of the capacity; its plans do not yet run together.
    rate : ndarray, shape (n_items, n_periods)
        How often each item runs in the average plan.
    shares : Shares
        Prices of the limits.
    """
    known, shares = group_terms.known, group_terms.start()
    part = replace(known, terms=group_terms.terms(shares))
    prices, width = first_prices(part)
    count = min(_STEPS, max(_MOST_STEPS // known.n_skus, _LEAST_STEPS))
    shorter = _LAST_STEP ** (1.0 / (_PHASES * count))
    priced = settle(part, prices, width, _ROUGHLY)
    step, average = 1.0, group_terms.made(best_plans(part, priced.prices)[0])
    rate = average[0].copy()
    for phase in range(_PHASES):
        for _ in range(count):
            new = group_terms.made(best_plans(part, priced.prices)[0])
            average = _mixed(average, new)
            rate += _SLOW * (average[0] - rate)
            shares = group_terms.better(shares, *average, step)
            part = replace(part, terms=group_terms.terms(shares))
            step *= shorter
        width = np.broadcast_to(price_scale(known)[:, None] / _CLOSE, priced.prices.shape)
        last = phase == _PHASES - 1
        priced = settle(part, priced.prices, width, _FINELY if last else _ROUGHLY)
    return priced, rate, shares


def _mixed(
    old: tuple[FloatArray, FloatArray], new: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return the average plan with the newest one in it."""
    run, made = ((1.0 - _AVERAGE) * a + _AVERAGE * b for a, b in zip(old, new, strict=True))
    return run, made
