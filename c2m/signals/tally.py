"""The rows that cannot be used: counted by reason, with the place of the first one."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.checks import BoolArray
from c2m.errors import DataError

_MOST_REASONS: Final = 20
"""How many reasons a message lists before it says how many more there are."""


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
    """

    rows: int = 0
    rejected: dict[str, list[Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

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
            where = f"row {first_row + int(np.argmax(bad)):,}{place}"
            entry = self.rejected.setdefault(reason, [0, where, fix])
            entry[0] += count

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

    def frame(self) -> pd.DataFrame:
        """Return the rejected rows as a table: reason, rows, first."""
        rows = [(reason, entry[0], entry[1]) for reason, entry in self.rejected.items()]
        return pd.DataFrame(rows, columns=["reason", "rows", "first"])
