"""What can be set about a simulated panel, and where its random numbers come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import IntEnum
from typing import Final

import numpy as np

from c2m.errors import ArgumentError

LEADS: Final[Mapping[str, int]] = {"views": 10, "wishlists": 14, "carts": 2}
"""Days by which a signal foretells the level of sales."""

LONGEST_LEAD: Final = max(LEADS.values())

ANNOUNCED: Final = 42
"""Days before its launch from which an item can be viewed and wished for."""


class Stream(IntEnum):
    """The streams of random numbers: of what all items share, and of each item."""

    COMMON = 1
    ITEM = 2


@dataclass(frozen=True)
class Settings:
    """The arguments of `c2m.datasets.simulate_panel`, checked.

    Parameters
    ----------
    seed, n_items, n_stores, n_days, n_ahead, start, signals, launch_share, stockout_share
        See `c2m.datasets.simulate_panel`.
    """

    seed: int
    n_items: int = field(metadata={"range": (1, 100_000)})
    n_stores: int = field(metadata={"range": (1, 1000)})
    n_days: int = field(metadata={"range": (28, 20_000)})
    n_ahead: int = field(metadata={"range": (0, 400)})
    start: str
    signals: tuple[str, ...]
    launch_share: float = field(metadata={"range": (0.0, 1.0)})
    stockout_share: float = field(metadata={"range": (0.0, 0.5)})

    def __post_init__(self) -> None:
        """Refuse every argument that is out of its range, all at once."""
        wrong = []
        whole = isinstance(self.seed, int | np.integer) and not isinstance(self.seed, bool)
        if not whole or self.seed < 0:
            wrong.append(f"seed, a whole number from 0, got {self.seed!r}")
        for item in fields(self):
            low, high = item.metadata.get("range", (None, None))
            value = getattr(self, item.name)
            if low is not None and not _in_range(value, low, high):
                wrong.append(f"{item.name} from {low:,} to {high:,}, got {value!r}")
        if set(self.signals) - set(LEADS) or len(set(self.signals)) < len(self.signals):
            wrong.append(f"signals from {', '.join(LEADS)}, got {self.signals!r}")
        if wrong:
            raise ArgumentError(f"Expected {'; '.join(wrong)}.")
        try:
            date.fromisoformat(self.start)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"Expected start as an ISO date, got {self.start!r}.") from error

    def rng(self, stream: Stream, part: int = 0) -> np.random.Generator:
        """Return the random numbers of one part of one stream, the same whenever it is asked.

        Parameters
        ----------
        stream : Stream
            What they are for.
        part : int
            The number of an item.

        Returns
        -------
        Generator
            A fresh generator.
        """
        return np.random.Generator(np.random.SFC64([self.seed, int(stream), part]))

    @property
    def n_simulated(self) -> int:
        """Days to draw: a signal of the last day foretells sales of days after it."""
        return self.n_days + self.n_ahead + LONGEST_LEAD

    @property
    def days(self) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        """The days to draw, as ``datetime64[D]``, (n_simulated,)."""
        first = np.datetime64(self.start, "D")
        return np.arange(first, first + self.n_simulated)


def _in_range(value: object, low: float, high: float) -> bool:
    kind = int if isinstance(low, int) else float
    fits = isinstance(value, int | np.integer | kind) and not isinstance(value, bool)
    return fits and low <= value <= high  # type: ignore[operator]
