"""Scores trust: one pass over a log, each day judged by what was known at its end."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError, warn
from c2m.signals.counting.scan import finish, scan
from c2m.signals.events import Events, choose_zone
from c2m.signals.reading.asof import read_as_of
from c2m.signals.reading.reading import LATEST
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import local_days
from c2m.signals.trust.crowds import Crowds
from c2m.signals.trust.machines import Norm, hoarding, machine_like, spare_customers
from c2m.signals.trust.memory import Ids, Past, Users
from c2m.signals.trust.patterns import Copies, same_pace, same_way
from c2m.signals.trust.reviews import Reviews
from c2m.signals.trust.trust import REASONS, Trust
from c2m.signals.trust.visits import SkuNames, Visits, orders_of, read_visits, touches

Floats = NDArray[np.float64]

_LEAST: Final = 0.01
"""A smaller doubt is none."""

_PRIOR, _HIT, _MISS = -2.0, 3.5, -1.2
"""Log-odds of a user seen again to be fake, and what a doubted and an undoubted day add: fakes are
doubted on most days, people in about one of fifty."""


def score_trust(
    events: Events, *, tz: str | None = None, as_of: str | pd.Timestamp | None = None
) -> Trust:
    """Find robots, bought crowds and review bursts by what they do, and weigh users down.

    Nothing is learned from labels. A weight of a user on a day comes from that day and earlier
    ones alone, so a weighted panel tells nothing of its future.

    Parameters
    ----------
    events : Events
        The log, from `c2m.read_events`, with a ``user_key``. Events that the log itself does not
        trust (``trust`` below 0.5: declared robots) are not looked at; `c2m.build_panel` weighs
        them anyway.
    tz : str, optional
        The shop's zone, whose days are judged; give `c2m.build_panel` the same. The ``time_zone``
        of the events unless given.
    as_of : time, optional
        Look only at events whose ``ingest_time`` is not later.

    Returns
    -------
    Trust
        Weights of users on days. A day with a purchase, a return or another event of a kind that
        costs money keeps its full weight. Who bought on an earlier day is never taken for part of
        a crowd, and counts at least as much as a busy customer, however many events there are.

    Raises
    ------
    DataError
        If the log does not say who did something, or rows cannot be used.
    ArgumentError
        If `events` are none, or `as_of` is no time.

    Warns
    -----
    C2MWarning
        If there are too few orders to tell a bought crowd from a wave of interest.

    Notes
    -----
    Crowds are measured against orders and known customers. A wave that brings a third of the
    usual orders for its size keeps its weight, and so does a SKU that is boosted less than
    three times in a day, or less than twice over a week. Robots that pay are customers. Orders
    without a user vouch, too. Where the users who order are never seen to look (orders from
    another system), a SKU is measured against its own past and orders; one that is new or never
    sold is not judged. On the first day no crowd is told.

    Copies (``pace``, ``way``) are told from chance by how often customers are alike, from the
    hundredth customer on.

    Memory: about 30 bytes a user of the last 90 days, besides the events of a day.

    Examples
    --------
    >>> import warnings
    >>> from c2m.datasets import simulate_market
    >>> from c2m.signals import read_events
    >>> market = simulate_market(1, n_styles=5, n_days=10, events_per_day=1000, fake_share=0.4)
    >>> trust = score_trust(read_events(market.events))
    >>> trust.summary().loc["machine", "users"].item()
    2
    """
    if not isinstance(events, Events):
        raise ArgumentError(
            f"Expected events from c2m.read_events, got a {type(events).__name__}; wrap a frame "
            "with c2m.read_events(frame)."
        )
    if "user_key" not in events.columns:
        raise DataError(
            "events",
            ["there is no column 'user_key', which trust needs: it weighs users"],
            "say which column holds a pseudonym of the user in read_events: "
            "columns={'user_key': '...'}",
        )
    zone = choose_zone(events, tz)
    known_by = read_as_of(events, as_of, zone)
    today = local_days(np.array([LATEST if known_by is None else known_by]), zone)[0]
    wanted = [name for name in _WANTED if name in events.columns]
    needed = [] if known_by is None else ["ingest_time"]
    tally, watch = Tally(), _Watch()
    with closing(scan(events, zone, wanted, needed, tally, known_by)) as days:
        found = [watch.judge(day, table) for day, table in days if day <= today]
    finish(events, tally)
    if watch.n_events and not watch.crowds.has_orders:
        warn(
            "The log has too few purchases to tell a bought crowd from a wave of interest: mostly "
            "machines and hoarders are weighed down."
        )
    return _collect(found, zone, watch)


_WANTED: Final = ("user_key", "text_hash", "trust")


@dataclass(frozen=True)
class _Doubts:
    """The doubted users of a day; arrays of shape (n_doubted,)."""

    day: int
    user: Ids
    weight: NDArray[np.float32]
    reason: NDArray[np.int8]
    events: NDArray[np.int32]


class _Watch:
    """All that is remembered from one day to the next."""

    def __init__(self) -> None:
        self.names, self.users, self.norm = SkuNames(), Users(), Norm()
        self.paces, self.ways = Copies(), Copies()
        self.crowds, self.reviews = Crowds(), Reviews()
        self.n_events = self.n_visits = 0

    def judge(self, day: int, table: Any) -> _Doubts:
        """Judge a day, and learn of it."""
        visits = read_visits(table, self.names)
        self.n_events += len(visits.kind)
        self.n_visits += len(visits.users)
        if not len(visits.users):
            return _doubts(day, visits, {name: np.zeros(0) for name in REASONS})
        past, settled = self.users.past(visits.users, day), visits.settled
        alone = self._alone(visits, past)
        alone["review"] = self.reviews.judge(table, visits, past, self.names, day)
        alone = {name: np.where(settled, 0.0, doubt) for name, doubt in alone.items()}
        by_itself = np.maximum.reduce([*alone.values()])
        earlier = np.where(settled, 0.0, _reputation(past))
        orders = orders_of(table, self.names)
        crowd = self.crowds.judge(visits, touches(visits), past, by_itself, earlier, orders)
        fresh = np.maximum(by_itself, crowd)
        self.norm.learn(visits, (past.buys > 0) | settled)
        self.users.learn(visits.users, past, day, visits.bought, fresh)
        return _doubts(day, visits, {**alone, "past": earlier, "crowd": crowd})

    def _alone(self, visits: Visits, past: Past) -> dict[str, Floats]:
        """Return what speaks against each visit by itself or for being a copy, by reason."""
        busy, busy_carts = self.norm.busy()
        customers = ((past.buys > 0) | visits.settled) & visits.looked
        found = {
            "machine": machine_like(visits, self.names, busy),
            "hoard": hoarding(visits, busy_carts),
            "pace": self.paces.judge(same_pace(visits), customers).astype(np.float64),
            "way": self.ways.judge(same_way(visits, self.names), customers).astype(np.float64),
        }
        return {name: spare_customers(doubt, visits, past, busy) for name, doubt in found.items()}


def _reputation(past: Past) -> Floats:
    """Return the probability that a user is fake, by its earlier days; 0 for customers."""
    odds = _PRIOR + past.days * (_HIT * past.fake + _MISS * (1 - past.fake))
    chance = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    told = (past.buys == 0) & (past.fake > 0) & (odds > _PRIOR)
    return np.where(told, chance, 0.0)


def _doubts(day: int, visits: Visits, by_reason: dict[str, Floats]) -> _Doubts:
    doubt = np.stack([by_reason[name] for name in REASONS])  # [reasons, visits]
    reason, most = np.argmax(doubt, axis=0), np.max(doubt, axis=0)
    kept = np.flatnonzero(most >= _LEAST)
    return _Doubts(
        day=day,
        user=visits.users[kept],
        weight=(1 - most[kept]).astype(np.float32),
        reason=reason[kept].astype(np.int8),
        events=visits.n_events[kept].astype(np.int32),
    )


def _collect(found: list[_Doubts], zone: str, watch: _Watch) -> Trust:
    empty = Visits(np.zeros(0, np.uint64), np.zeros(1, int), *(np.zeros(0, int),) * 3)
    parts = [*found, _doubts(0, empty, {name: np.zeros(0) for name in REASONS})]
    lengths = [len(part.user) for part in parts]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("user", "weight", "reason", "events")
    }
    days = np.repeat(np.array([part.day for part in parts], dtype=np.int32), lengths)
    return Trust(
        day=days, **joined, time_zone=zone, n_events=watch.n_events, n_visits=watch.n_visits
    )
