"""What was bought when, and how much of it has come back: cohorts of units by day of purchase."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.periods import Calendar

Floats = NDArray[np.float64]

_DAYS: Final = {"D": 1.0, "MS": 30.44}


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Units by the step of their purchase. A step is a day, or the period of a panel.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        Columns ``sku``, and where there are such, ``channel`` and ``location``.
    calendar : Calendar
        Whose periods the steps are.
    first : int
        The calendar's number of the first step.
    sold : ndarray, shape (n_series, n_steps)
        Units bought.
    returned : ndarray, shape (n_series, n_steps)
        Units that came back, by the step in which they came.
    back : ndarray, shape (n_series, n_steps)
        Of the units bought in a step, those that have come back by the last step.
    by_lag : ndarray, shape (n_series, n_lags)
        Units that came back, by the steps since their purchase.
    loose : ndarray, shape (n_series, n_steps)
        Of `returned`, the units whose purchase is not known.
    """

    keys: pd.DataFrame
    calendar: Calendar
    first: int
    sold: Floats = field(repr=False)
    returned: Floats = field(repr=False)
    back: Floats = field(repr=False)
    by_lag: Floats = field(repr=False)
    loose: Floats = field(repr=False)

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return int(self.sold.shape[1])

    @property
    def n_lags(self) -> int:
        """Steps from a purchase to its latest return, the step itself included."""
        return int(self.by_lag.shape[1])

    @property
    def end(self) -> pd.Timestamp:
        """The last day that is known."""
        after = self.calendar.label(self.first + self.n_steps)
        return pd.Timestamp(str(after)) - pd.Timedelta(days=1)

    @property
    def step_days(self) -> float:
        """Days in a step."""
        if self.calendar.freq == "table":
            numbers = np.arange(self.first, self.first + self.n_steps)
            return float(self.calendar.days_in(numbers).mean())
        return _DAYS.get(self.calendar.freq, 7.0)

    @property
    def exposure(self) -> Floats:
        """Units that were bought at least so many steps ago, (n_series, n_lags)."""
        total = np.zeros((len(self.sold), self.n_lags))
        running = np.cumsum(self.sold, axis=1)
        known = min(self.n_lags, self.n_steps)
        total[:, :known] = running[:, ::-1][:, :known]
        return total

    @property
    def ages(self) -> NDArray[np.intp]:
        """Steps since the purchase, at most those of the latest return, (n_steps,)."""
        return np.minimum(np.arange(self.n_steps)[::-1], self.n_lags - 1).astype(np.intp)

    def allotted(self, by_lag: Floats, back: Floats) -> "Cohorts":
        """Add what is believed about the purchases of loose returns.

        Parameters
        ----------
        by_lag, back : ndarray
            Expected units, shapes as in the class.

        Returns
        -------
        Cohorts
            The same units; no more come back than were sold.
        """
        both = np.minimum(self.back + back, self.sold)
        return replace(self, by_lag=self.by_lag + by_lag, back=both)
