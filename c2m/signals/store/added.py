"""What an `add` brought, and what is said of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from c2m.errors import warn


@dataclass(frozen=True)
class Added:
    """What an `add` brought. Its counts sum to ``rows``.

    Parameters
    ----------
    rows : int
        Events that were read and could be used.
    new : int
        Events that the store did not have on that day.
    changed : int
        Other versions of events that it had on that day.
    repeated : int
        Events that say nothing new; they are not kept.
    too_old : int
        Events older than the retention; they are not kept.
    moved : int
        Events that lie on several days since; each counts on one of them.
    days : DatetimeIndex
        Days with events in it.
    """

    rows: int
    new: int
    changed: int
    repeated: int
    too_old: int
    moved: int
    days: pd.DatetimeIndex = field(repr=False)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return (
            f"Added({self.rows:,} events on {len(self.days):,} days: {self.new:,} new, "
            f"{self.changed:,} changed, {self.repeated:,} repeated, {self.too_old:,} too old)"
        )


def labels(days: Iterable[int]) -> pd.DatetimeIndex:
    """Return days as labels, in order.

    Parameters
    ----------
    days : iterable of int
        Days since 1970-01-01.

    Returns
    -------
    DatetimeIndex
        The same.
    """
    return pd.DatetimeIndex(np.array(sorted(days), dtype="datetime64[D]"), name="day")


def tell_expired(expired: int, too_old: int, retention_days: int | None) -> None:
    """Tell of what was dropped because of its age.

    Parameters
    ----------
    expired : int
        Rows of the store.
    too_old : int
        Events of the log.
    retention_days : int, optional
        What the store keeps.
    """
    if expired or too_old:
        warn(
            f"{expired:,} rows of the store and {too_old:,} events of the log lie more than "
            f"{retention_days:,} days back (retention_days=) and are dropped."
        )


def tell_mixed(columns: Iterable[str]) -> None:
    """Tell of codes that are text in one add and whole numbers in another.

    Parameters
    ----------
    columns : iterable of str
        Theirs.
    """
    for name in columns:
        warn(
            f"Column {name!r} is text in some events and whole numbers in others. A number is read "
            "as its digits: 00123 and 123 stay different."
        )
