"""What can be set about a simulated market, and where its random numbers come from."""

from dataclasses import dataclass, field, fields
from datetime import date
from enum import IntEnum
from typing import Final, Literal

import numpy as np

from c2m.errors import ArgumentError

LONGEST_LEAD: Final = 40
"""Days before its purchase in which a unit can leave its first trace."""

LONGEST_RETURN: Final = 45
"""Days after a purchase in which it can come back."""

ANNOUNCED: Final = 21
"""Days before its launch from which a style can be seen."""

FAKE_FAMILIES: Final = ("crawler", "ring", "hoarder", "replay", "drip", "mob", "sleeper")
"""Families of fake traffic."""


class Stream(IntEnum):
    """The streams of random numbers; each is drawn anew for a day, a block of days or the brand."""

    ASSORTMENT = 1
    WALK = 2
    BROWSING = 3
    PROMOTION = 4
    DEMAND = 5
    STOCK = 6
    UNITS = 7
    LOG = 8
    CRAWLERS = 9
    RINGS = 10
    DELIVERY = 11
    SPILL = 12
    ARRIVAL = 13
    HIDDEN = 14
    HOARDERS = 15
    REPLAYS = 16
    DRIPS = 17
    MOBS = 18
    SLEEPERS = 19


@dataclass(frozen=True)
class Settings:
    """The arguments of `c2m.datasets.simulate_market`, checked.

    Parameters
    ----------
    seed, n_styles, n_colours, n_sizes, n_stores, n_regions, start, n_days, events_per_day
        See `c2m.datasets.simulate_market`.
    fake_share, late_share, duplicate_share, spill_share, return_rate, launch_share,
    page_suppression, review_days, user_keys, fake_families
        See `c2m.datasets.simulate_market`.
    """

    seed: int
    n_styles: int = field(metadata={"range": (1, 5000)})
    n_colours: int = field(metadata={"range": (1, 50)})
    n_sizes: int = field(metadata={"range": (1, 50)})
    n_stores: int = field(metadata={"range": (0, 2000)})
    n_regions: int = field(metadata={"range": (1, 100)})
    start: str
    n_days: int = field(metadata={"range": (1, 3660)})
    events_per_day: int = field(metadata={"range": (100, 10_000_000)})
    fake_share: float = field(metadata={"range": (0.0, 0.5)})
    late_share: float = field(metadata={"range": (0.0, 0.5)})
    duplicate_share: float = field(metadata={"range": (0.0, 0.5)})
    spill_share: float = field(metadata={"range": (0.0, 1.0)})
    return_rate: float = field(metadata={"range": (0.0, 0.8)})
    launch_share: float = field(metadata={"range": (0.0, 0.9)})
    page_suppression: float = field(metadata={"range": (0.0, 1.0)})
    review_days: int = field(metadata={"range": (1, 28)})
    user_keys: Literal["text", "int"]
    fake_families: tuple[str, ...] = ("crawler", "ring")

    def __post_init__(self) -> None:
        """Refuse every argument that is out of its range, all at once."""
        wrong = []
        if self.seed < 0:
            wrong.append(f"seed 0 or above, got {self.seed!r}")
        for item in fields(self):
            low, high = item.metadata.get("range", (None, None))
            value = getattr(self, item.name)
            if low is not None and not low <= value <= high:
                wrong.append(f"{item.name} from {low:,} to {high:,}, got {value!r}")
        if self.user_keys not in {"text", "int"}:
            wrong.append(f"user_keys 'text' or 'int', got {self.user_keys!r}")
        families = self.fake_families
        if not families or set(families) - set(FAKE_FAMILIES) or len(set(families)) < len(families):
            wrong.append(f"fake_families from {', '.join(FAKE_FAMILIES)}, got {families!r}")
        if wrong:
            raise ArgumentError(f"Expected {'; '.join(wrong)}.")
        try:
            date.fromisoformat(self.start)
        except ValueError as error:
            raise ArgumentError(f"Expected start as an ISO date, got {self.start!r}.") from error

    def rng(self, stream: Stream, part: int = 0) -> np.random.Generator:
        """Return the random numbers of one part of one stream, the same whenever it is asked.

        Parameters
        ----------
        stream : Stream
            What they are for.
        part : int
            A day or a block of days.

        Returns
        -------
        Generator
            A fresh generator.
        """
        return np.random.Generator(np.random.PCG64DXSM([self.seed, int(stream), part]))

    @property
    def first_day(self) -> np.datetime64:
        """The first day, as ``datetime64[D]``."""
        return np.datetime64(self.start, "D")

    @property
    def n_simulated(self) -> int:
        """Days of demand to draw: later demand leaves traces before the last day."""
        return self.n_days + LONGEST_LEAD + 1

    @property
    def units_per_day(self) -> float:
        """Latent demand of all SKUs and locations in a mean day."""
        return self.events_per_day * 0.04

    @property
    def n_users(self) -> int:
        """How many people there are."""
        return max(500, 3 * self.events_per_day)
