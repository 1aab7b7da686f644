"""Bought crowds: more strangers at a SKU than its customers and its orders vouch for.

A stranger is a user who has never bought. How many strangers a SKU draws for each customer and
for each order is learned from the shop itself, and follows the season, because both follow it. A
wave of real interest brings customers and orders too; a crowd that was paid to look does not.
Where a SKU has too many strangers, those that differ from the strangers of other SKUs are doubted
most, and as many are believed as the SKU would have had.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.signals.trust.memory import Past
from c2m.signals.trust.visits import Touches, Visits
from c2m.signals.trust.vouching import NEW_DAYS, Level, expected

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_TIMES: Final = 3.0
"""A crowd has at least so many times the strangers that customers and orders vouch for."""

_TIMES_WEEK: Final = 2.0
"""The same for the days before together, which leave less to chance."""

_FEWEST: Final = 10
_FEWEST_STILL: Final = 4
"""Strangers beyond the usual, in a crowd that is found by its day, or by the days before."""

_KEEP: Final = 0.5 ** (1 / 14)
"""What was learned loses half of its weight in 14 days."""

_KEEP_WEEK: Final = 0.5 ** (1 / 3)
"""The days before together: yesterday counts 1, a week ago 0.25."""

_FEWEST_ORDERS: Final = 20
"""Orders of the shop without which there is nothing to measure a crowd by."""

_LARGEST_STEP: Final = 4.0
_RARE: Final = 0.02
_ROUNDS: Final = 12
_QUARTER_HOURS: Final = 96
_MICROS: Final = 900_000_000

_FIRST_DAYS: Final = 1
"""Days with nothing to compare with: what is found only keeps the level low, or the orders of one
wholesaler would make crowds of everyone else."""

_LINKED: Final = 0.2
"""Looks of customers for each order, from which orders and looks have the same users."""

_GROWTH: Final = 2.0
_SOME: Final = 3.0
"""What a SKU drew is learned up to so many times what was usual, and some more: or a crowd would
vouch for itself from its second day on."""


class Crowds:
    """Finds crowds day by day."""

    def __init__(self) -> None:
        self.level = Level.empty()
        self.week = Level.empty()
        self.reference: list[Floats] = []
        self.has_orders = False
        self.days = 0

    def judge(
        self,
        visits: Visits,
        rows: Touches,
        past: Past,
        fake: Floats,
        reputation: Floats,
        orders: Ints,
    ) -> Floats:
        """Tell who belongs to a crowd, and learn of the day.

        Parameters
        ----------
        visits : Visits
            A day.
        rows : Touches
            Which SKUs they were about.
        past : Past
            What was known of the users.
        fake : ndarray, shape (n_visits,)
            Probability to be fake, by the visit itself.
        reputation : ndarray, shape (n_visits,)
            The same by earlier days. It tells what is learned, not who is judged: or a known
            crowd would hide the one that comes with it.
        orders : ndarray of int, shape (n_skus,)
            Of each SKU, whoever ordered.

        Returns
        -------
        ndarray, shape (n_visits,)
            Probability to belong to a crowd; 0 for customers.
        """
        n_skus = len(orders)
        level = self.level.grown(n_skus)
        customer = (past.buys > 0) | visits.settled
        real = (1 - fake)[rows.visit]
        by = customer[rows.visit]
        strangers, customers = (
            np.bincount(rows.sku, weights=real * who, minlength=n_skus).astype(np.float64)
            for who in (~by, by & rows.looked)
        )
        ordered = orders.astype(np.float64)
        today = level.plus(strangers, customers, ordered)
        self.has_orders |= bool(today.orders.sum() >= _FEWEST_ORDERS)
        linked = bool(today.customers.sum() >= _LINKED * today.orders.sum())
        usual, crowded = self._crowded(level, strangers, customers, ordered, linked=linked)
        doubt = self._doubt(visits, rows, past, fake, customer, crowded, usual)
        crowd = np.zeros(len(visits.users))
        np.maximum.at(crowd, rows.visit, doubt)
        sure = (1 - np.maximum.reduce([fake, crowd, reputation]))[rows.visit]
        believed = np.bincount(rows.sku, weights=sure * ~by, minlength=n_skus).astype(np.float64)
        learned = np.minimum(believed, _GROWTH * usual + _SOME) if linked else believed
        self.level = level.plus(learned, customers, ordered, _KEEP)
        self.days += 1
        return crowd if self.days > _FIRST_DAYS else np.zeros_like(crowd)

    def _crowded(
        self, level: Level, strangers: Floats, customers: Floats, orders: Floats, *, linked: bool
    ) -> tuple[Floats, BoolArray]:
        """Return the usual strangers of each SKU, and where a crowd is."""
        usual, vouched = expected(level, strangers, customers, orders, linked=linked)
        crowded = (strangers > _TIMES * vouched) & (strangers - usual >= _FEWEST)
        still = (strangers > _TIMES_WEEK * usual) & (strangers - usual >= _FEWEST_STILL)
        crowded |= self._crowded_week(level, strangers, customers, orders, linked=linked) & still
        if not linked:
            crowded &= (level.days >= NEW_DAYS) & (level.orders + orders > 0)
        return usual, crowded & self.has_orders

    def _crowded_week(
        self, level: Level, strangers: Floats, customers: Floats, orders: Floats, *, linked: bool
    ) -> BoolArray:
        """Tell where the last days together have more strangers than can be vouched for."""
        week = self.week.grown(len(strangers)).plus(strangers, customers, orders, _KEEP_WEEK)
        self.week = week
        usual, vouched = expected(level, week.strangers, week.customers, week.orders, linked=linked)
        found = (week.strangers > _TIMES_WEEK * vouched) & (week.days >= 3)
        return np.asarray(found & (week.strangers - usual >= _FEWEST), dtype=np.bool_)

    def _doubt(
        self,
        visits: Visits,
        rows: Touches,
        past: Past,
        fake: Floats,
        customer: BoolArray,
        crowded: BoolArray,
        usual: Floats,
    ) -> Floats:
        """Return the probability of each touch to belong to a crowd, (n_touches,)."""
        looks = _looks(visits, rows, past)
        open_ = ~customer[rows.visit] & (fake[rows.visit] < 0.5)
        self._refer(looks, open_ & ~crowded[rows.sku])
        doubt = np.zeros(len(rows.sku))
        inside = np.flatnonzero(open_ & crowded[rows.sku])
        inside = inside[np.argsort(rows.sku[inside], kind="stable")]
        sku = rows.sku[inside]
        bounds = np.append(np.flatnonzero(np.diff(sku, prepend=-1)), len(sku))
        for start, stop in pairwise(bounds):
            group = inside[start:stop]
            people = min(max(usual[sku[start]], 0.5), stop - start - 0.5)
            own = [look[group] for look in looks]
            doubt[group] = 1 - _people(own, self.reference, people)
        return doubt

    def _refer(self, looks: list[Ints], rows: BoolArray) -> None:
        """Learn what strangers look like at SKUs without a crowd."""
        today = [
            np.bincount(look[rows], minlength=size).astype(np.float64)
            for look, size in zip(looks, _SIZES, strict=True)
        ]
        before = self.reference or [np.zeros(size) for size in _SIZES]
        self.reference = [_KEEP * old + new for old, new in zip(before, today, strict=True)]


_SIZES: Final = (9, 24, 8, _QUARTER_HOURS, 9, 4)


def _looks(visits: Visits, rows: Touches, past: Past) -> list[Ints]:
    """Return what each touch looks like: six small whole numbers, each (n_touches,)."""
    size = visits.n_events
    skus = np.bincount(rows.visit, minlength=len(size))
    age = np.searchsorted([0.5, 6.5], past.age)
    doubted = np.searchsorted([0.02, 0.5], past.fake)
    much = np.searchsorted([1.5, 2.5, 4.5, 8.5, 16.5], size)
    wide = np.searchsorted([1.5, 2.5, 4.5], skus)
    long = np.searchsorted([0.5, 1, 2, 5, 15, 60, 240, 720], visits.minutes)
    of = rows.visit
    return [
        (3 * age + doubted)[of],
        (4 * much + wide)[of],
        visits.mixture[of],
        (rows.first // _MICROS) % _QUARTER_HOURS,
        long[of],
        np.searchsorted([0.34, 0.67, 0.99], rows.n_events / size[of]),
    ]


def _people(looks: list[Ints], reference: list[Floats], people: float) -> Floats:
    """Return the probability of each member of a group to be a person.

    The group is a mixture of people, who look like the reference, and of a crowd, which looks
    like the rest: a latent class model with independent looks, fitted by EM [1]_ with the looks of
    people held fixed.

    Parameters
    ----------
    looks : list of ndarray of int, each (n_members,)
        What the members look like.
    reference : list of ndarray
        How often each look occurs elsewhere.
    people : float
        How many people the group has at most.

    Returns
    -------
    ndarray, shape (n_members,)
        Probabilities; their sum is `people` or less.

    References
    ----------
    .. [1] Dempster, Laird and Rubin (1977), Maximum likelihood from incomplete data via the EM
       algorithm, JRSS B 39.
    """
    n = len(looks[0])
    usual = [np.log((seen + 0.5) / (seen + 0.5).sum()) for seen in reference]
    person = np.full(n, people / n)
    for _ in range(_ROUNDS):
        evidence = np.zeros(n)
        for look, log_usual in zip(looks, usual, strict=True):
            seen = np.bincount(look, weights=1 - person, minlength=len(log_usual))
            crowd = np.maximum(seen / seen.sum(), _RARE * np.exp(log_usual))
            evidence += np.clip(log_usual - np.log(crowd), -_LARGEST_STEP, _LARGEST_STEP)[look]
        share = min(person.sum(), people) / n
        person = _logistic(np.log(share / (1 - share)) + evidence)
    return np.asarray(person * min(1.0, people / person.sum()), dtype=np.float64)


def _logistic(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.clip(-values, -700, 700))), dtype=np.float64)
