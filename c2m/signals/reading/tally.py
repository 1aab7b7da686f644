"""The rows that cannot be used: counted by reason, with the place of the first one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.checks import BoolArray
from c2m.errors import DataError

_MOST_REASONS: Final = 20
"""How many reasons a message lists before it says how many more there are."""

MOST_REASONS: Final = 200
"""How many reasons are told apart."""

_EXCLUDED: Final = {
    "ignored": "of a type that event_types= leaves out",
    "no consent": "consent was not granted",
    "repeats": "repeats an event_id of the same day",
}
"""Key of a count -> why events were left out, though they are in order."""

OTHER_REASONS: Final = "other reasons"

MOST_SAMPLES: Final = 100
"""How many bad rows of a reason are kept."""


@dataclass(frozen=True)
class Sample:
    """A bad row as it may be written down.

    Parameters
    ----------
    reason : str
        What is wrong with it.
    place : str
        ``" of day-1.parquet"``, or nothing for a frame.
    row : int
        Its number there, from 0.
    shown : mapping of str to object
        Its fields, redacted.
    """

    reason: str
    place: str
    row: int
    shown: Mapping[str, Any] = field(repr=False)


@dataclass
class Tally:
    """Counts of one pass over a log.

    Parameters
    ----------
    rows : int
        Rows that were read.
    rejected : dict of str to [int, str, str]
        Reason -> number of rows, place of the first, what to do about it.
    counts : dict of str to int
        What was assumed or left out on the way, by the message's own key.
    unread : dict of str to int
        Kind of record in the source -> how many of them mean nothing for demand.
    samples : list of Sample
        The first bad rows of each reason, redacted; only where a file of them is wanted.
    notes : list of str
        What else is told: of several systems, whose events counted.
    """

    rows: int = 0
    rejected: dict[str, list[Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=dict, repr=False)
    notes: list[str] = field(default_factory=list)

    def reject(self, bad: BoolArray, reason: str, fix: str, place: str, first_row: int) -> None:
        """Count the bad rows of one batch.

        Parameters
        ----------
        bad : ndarray of bool, shape (n_rows,)
            True where a row is bad.
        reason : str
            What such a row does: ``"has no 'sku'"``. Never a value of a personal column.
        fix : str
            What to do about it.
        place : str
            Where the batch comes from: ``" of day-1.parquet"``, or nothing for a frame.
        first_row : int
            Number of the batch's first row in that place.
        """
        count = int(np.count_nonzero(bad))
        if count:
            self.refuse(reason, fix, f"row {first_row + int(np.argmax(bad)):,}{place}", count)

    def refuse(self, reason: str, fix: str, where: str, count: int = 1) -> None:
        """Count rows of one reason.

        Parameters
        ----------
        reason, fix : str
            See `reject`.
        where : str
            Place of the first of them: ``"row 7 of day-1.parquet"``.
        count : int
            How many.
        """
        if self._named(reason) == OTHER_REASONS:
            reason, fix = OTHER_REASONS, "correct the other rows first"
        entry = self.rejected.setdefault(reason, [0, where, fix])
        entry[0] += count

    def _named(self, reason: str) -> str:
        if reason in self.rejected or len(self.rejected) < MOST_REASONS:
            return reason
        return OTHER_REASONS

    def room(self, reason: str) -> int:
        """Return how many more bad rows of a reason may be kept as samples.

        Parameters
        ----------
        reason : str
            What is wrong with them; it was counted before.

        Returns
        -------
        int
            `MOST_SAMPLES` less those there are.
        """
        return MOST_SAMPLES - self._kept.get(self._named(reason), 0)

    def keep(self, reason: str, place: str, row: int, shown: Mapping[str, Any]) -> None:
        """Keep a bad row as a sample, while there is room for it.

        Parameters
        ----------
        reason, place, row, shown
            See `Sample`.
        """
        if self.room(reason) > 0:
            name = self._named(reason)
            self._kept[name] = self._kept.get(name, 0) + 1
            self.samples.append(Sample(name, place, row, shown))

    def leave(self, kinds: Mapping[str, int]) -> None:
        """Count records that mean nothing for demand.

        Parameters
        ----------
        kinds : mapping of str to int
            What they are -> how many.
        """
        for kind, count in kinds.items():
            self.unread[kind] = self.unread.get(kind, 0) + count

    def add(self, key: str, count: int) -> None:
        """Count something that is no error.

        Parameters
        ----------
        key : str
            What.
        count : int
            How many more.
        """
        if count:
            self.counts[key] = self.counts.get(key, 0) + count

    @property
    def n_rejected(self) -> int:
        """How many rows were set aside; a row counts once, for its first reason."""
        return sum(entry[0] for entry in self.rejected.values())

    def problems(self) -> list[str]:
        """Return a sentence a reason."""
        return [
            f"{count:,} of {self.rows:,} {'row' if self.rows == 1 else 'rows'}: "
            f"{reason} (first: {where})"
            for reason, (count, where, _) in self.rejected.items()
        ]

    def raise_rejected(self) -> None:
        """Raise every reason at once.

        Raises
        ------
        DataError
            If a row was rejected.
        """
        if not self.rejected:
            return
        problems, fixes = self.problems(), [entry[2] for entry in self.rejected.values()]
        if len(problems) > _MOST_REASONS:
            more = len(problems) - _MOST_REASONS
            problems = [*problems[:_MOST_REASONS], f"and {more:,} more kinds of bad rows"]
            fixes = fixes[:_MOST_REASONS]
        advice = "; ".join(dict.fromkeys(fixes))
        raise DataError(
            "events", problems, f"{advice}; or pass on_bad='set_aside' to go on without these rows"
        )

    def left_out(self) -> list[str]:
        """Say what was in order and left out: what tells nothing new, and what nobody agreed to."""
        sentences = [*self.notes]
        if self.unread:
            kinds = sorted(self.unread.items(), key=lambda entry: (-entry[1], entry[0]))
            listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds[:_MOST_REASONS])
            more = (
                f" and {len(kinds) - _MOST_REASONS:,} more kinds"
                if len(kinds) > _MOST_REASONS
                else ""
            )
            sentences.append(
                f"{sum(self.unread.values()):,} records say nothing new of demand and are left "
                f"out: {listed}{more}."
            )
        sentences += [
            f"{count:,} values of {what.removeprefix('no code ')!r} are no codes (an e-mail "
            "or IP address, a phone number, a user agent, or no currency of three letters) and are "
            "unknown."
            for what, count in self.counts.items()
            if what.startswith("no code ")
        ]
        if excluded := self.counts.get("no consent", 0):
            sentences.append(
                f"{excluded:,} of {self.rows:,} events are left out, because the consent that "
                "consent= asks for was not granted. Counts are of those who granted it."
            )
        return sentences

    def excluded(self) -> pd.DataFrame:
        """Return what was left out in order as a table: reason, events."""
        rows = [
            (f"says nothing new of demand: {kind}", count) for kind, count in self.unread.items()
        ]
        rows += [(why, self.counts[key]) for key, why in _EXCLUDED.items() if self.counts.get(key)]
        return pd.DataFrame(rows, columns=["reason", "events"])

    def frame(self) -> pd.DataFrame:
        """Return the rejected rows as a table: reason, rows, first."""
        rows = [(reason, entry[0], entry[1]) for reason, entry in self.rejected.items()]
        return pd.DataFrame(rows, columns=["reason", "rows", "first"])
