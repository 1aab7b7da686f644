"""Trust: the weight of each user on each day, and what lowered it."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.storage import Folder, read_folder, write_folder

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]

REASONS: Final = {
    "machine": "an even pace, the order of the catalogue, or far more than customers do",
    "hoard": "carts filled as no customer does",
    "pace": "many users with the same events after the same seconds",
    "way": "many users with the same way through the catalogue",
    "review": "reviews in a burst by users who never bought, or of the same text",
    "past": "doubted on earlier days, and never bought",
    "crowd": "more strangers at a SKU than its customers and orders vouch for",
}
"""Why a weight is below 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Trust:
    """Weights of users on days, from 0 (counts nothing) to 1. Make one with `score_trust`.

    Parameters
    ----------
    day : ndarray of int32, shape (n_doubted,)
        Days since 1970-01-01, sorted. Only weights below 1 are kept.
    user : ndarray of uint64, shape (n_doubted,)
        The users as `c2m.signals.counting.coding.user_ids` numbers them, sorted within a day.
    weight : ndarray of float32, shape (n_doubted,)
        Their weights.
    reason : ndarray of int8, shape (n_doubted,)
        Place in `REASONS`.
    events : ndarray of int32, shape (n_doubted,)
        Events of the user on the day.
    time_zone : str
        The zone whose days are meant.
    n_events, n_visits : int
        Events of known users, and days of users, in the whole log.
    """

    day: NDArray[np.int32] = field(repr=False)
    user: Ids = field(repr=False)
    weight: NDArray[np.float32] = field(repr=False)
    reason: NDArray[np.int8] = field(repr=False)
    events: NDArray[np.int32] = field(repr=False)
    time_zone: str
    n_events: int
    n_visits: int

    def weights(self, day: int, users: Ids, known: BoolArray) -> Floats:
        """Return the weight of each event of a day.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.
        users : ndarray of uint64, shape (n_rows,)
            Who, see `c2m.signals.counting.coding.user_ids`.
        known : ndarray of bool, shape (n_rows,)
            Where the user is known.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            1 where the user is unknown or nothing speaks against it.
        """
        result = np.ones(len(users))
        first, last = np.searchsorted(self.day, [day, day + 1])
        if first == last:
            return result
        own = self.user[first:last]
        place = np.minimum(np.searchsorted(own, users), len(own) - 1)
        found = known & (own[place] == users)
        result[found] = self.weight[first:last][place[found]]
        return result

    # ---------------------------------------------------------------- looking at it

    @cached_property
    def lost(self) -> float:
        """Share of the events of known users that the weights take away."""
        return float(((1.0 - self.weight) * self.events).sum() / max(self.n_events, 1))

    def summary(self) -> pd.DataFrame:
        """Say what was found, by reason.

        Returns
        -------
        DataFrame, a row a reason
            ``users``, ``visits`` (days of users), ``events``, their ``weight`` (mean over events),
            ``share`` (what the weights take away, of all events of known users) and ``meaning``.
        """
        rows = []
        for place, (name, meaning) in enumerate(REASONS.items()):
            own = self.reason == place
            events, weight = self.events[own], self.weight[own].astype(np.float64)
            total = int(events.sum())
            rows.append(
                {
                    "reason": name,
                    "users": len(np.unique(self.user[own])),
                    "visits": len(events),
                    "events": total,
                    "weight": float((weight * events).sum() / total) if total else np.nan,
                    "share": float(((1 - weight) * events).sum() / max(self.n_events, 1)),
                    "meaning": meaning,
                }
            )
        return pd.DataFrame(rows).set_index("reason")

    def to_frame(self) -> pd.DataFrame:
        """Return the weights below 1: day, user (number), weight, reason, events."""
        return pd.DataFrame(
            {
                "day": self.day.astype("datetime64[D]").astype("datetime64[s]"),
                "user": self.user,
                "weight": self.weight,
                "reason": np.array([*REASONS], dtype=object)[self.reason],
                "events": self.events,
            }
        )

    def __repr__(self) -> str:
        """Say what was found in one line."""
        return (
            f"Trust({self.n_events:,} events of {self.n_visits:,} user-days: "
            f"{len(self.day):,} user-days doubted, {self.lost:.1%} of the events taken away)"
        )

    def _repr_html_(self) -> str:
        table = self.summary().to_html(float_format="{:.3f}".format)
        return f"<div><p><code>{escape(repr(self))}</code></p>{table}</div>"

    # ---------------------------------------------------------------- on disk

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save it to a folder, whole or not at all.

        Parameters
        ----------
        path : path
            Where; a saved trust that is there already is replaced.
        """
        facts = {name: getattr(self, name) for name in ("time_zone", "n_events", "n_visits")}
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        write_folder(path, "trust", Folder(facts, arrays))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Trust":
        """Load what `save` saved.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Trust
            The same weights.

        Raises
        ------
        DataError
            If it is no such folder, or damaged.
        """
        folder = read_folder(path, "trust")
        given: dict[str, Any] = {**folder.arrays, **folder.facts}
        return cls(**given)


_ARRAYS: Final = ("day", "user", "weight", "reason", "events")
