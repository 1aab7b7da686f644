"""The periods of a plan."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from c2m.periods import Calendar


@dataclass(frozen=True)
class Span:
    """The periods of a plan.

    Parameters
    ----------
    calendar : Calendar
        How days make periods.
    first : int
        Number of the first period.
    n_periods : int
        How many there are.
    """

    calendar: Calendar
    first: int
    n_periods: int

    @property
    def ordinals(self) -> NDArray[np.int64]:
        """Numbers of the periods, shape (n_periods,)."""
        return np.arange(self.first, self.first + self.n_periods)

    @property
    def labels(self) -> NDArray[np.datetime64]:
        """First days of the periods, shape (n_periods,)."""
        return np.asarray(self.calendar.label(self.ordinals))
