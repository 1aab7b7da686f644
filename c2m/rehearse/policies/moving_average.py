"""Order up to a level: moving average over lead time and review, and normal safety stock."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from c2m.production.problem import FloatArray
from c2m.rehearse.policies.lesson import Lesson, spread
from c2m.rehearse.policies.release import release
from c2m.rehearse.policies.shelves import SAFETY, Terms, history, position
from c2m.rehearse.policy import Known

_WINDOWS: Final = (2, 4, 8, 13, 26)


@dataclass(frozen=True)
class MovingAverageStock:
    """Order up to ``m (L + R) + z s sqrt(L + R)``.

    m is the mean of the last `window` known periods, s the standard deviation of its errors one
    period ahead, L the lead time and R the periods until the next decision. Runs are made by
    `release`.

    Parameters
    ----------
    window : int, optional
        Periods of the mean. Where it is not given, the one of 2, 4, 8, 13 and 26 with the least
        cost of mismatch on what was known before the start, together with `z`.
    z : float, optional
        Safety factor.
    name : str
        What it is called.

    References
    ----------
    Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, ch. 6:
    the (R, S) system.
    """

    window: int | None = None
    z: float | None = None
    name: str = "moving average"

    def tune(self, known: Known) -> "MovingAverageStock":
        """Choose what was not given, on what was known before the start.

        Parameters
        ----------
        known : Known
            What was known.

        Returns
        -------
        MovingAverageStock
            With every setting; where the past is too short to try, a mean of 8 periods and the
            factor of the critical ratio.
        """
        wanted, terms = history(known), Terms.of(known)
        windows = _WINDOWS if self.window is None else (self.window,)
        factors = SAFETY if self.z is None else (self.z,)
        lesson = Lesson.of(wanted, terms, known.review, known.left)
        if lesson is None:
            usual = terms.usual_safety(known.review) if self.z is None else self.z
            return replace(self, window=8 if self.window is None else self.window, z=usual)
        cover = terms.cover(known)
        start = _rates(wanted, 8)[:, lesson.begin] * cover
        z = np.array(factors)[:, None]
        costs = []
        for window in windows:
            rates = _rates(wanted, window)
            error = spread(wanted, rates)

            def _order(now: int, there: FloatArray) -> FloatArray:
                level = rates[:, now] * cover + z * error[:, now] * np.sqrt(cover)  # noqa: B023
                return np.maximum(level - there, 0.0)

            costs.append(lesson.costs(_order, len(factors), np.nan_to_num(start)))
        best, factor = np.unravel_index(np.argmin(costs), (len(windows), len(factors)))
        return replace(self, window=windows[int(best)], z=factors[int(factor)])

    def decide(self, known: Known) -> pd.DataFrame:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        DataFrame
            Runs.
        """
        if self.window is None or self.z is None:
            return self.tune(known).decide(known)
        wanted, cover = history(known), Terms.of(known).cover(known)
        rates = _rates(wanted, self.window)
        error = spread(wanted, rates)[:, -1]
        level = rates[:, -1] * cover + self.z * error * np.sqrt(cover)
        return release(known, np.maximum(level - position(known), 0.0), rates[:, -1])


def _rates(wanted: FloatArray, window: int) -> FloatArray:
    """Return the mean of the last known periods before each, and before the next; 0 without any."""
    known = ~np.isnan(wanted)
    sums = np.cumsum(np.where(known, wanted, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    zero = np.zeros((len(wanted), 1))
    sums, counts = np.hstack([zero, sums]), np.hstack([zero, counts])
    before = np.maximum(np.arange(sums.shape[1]) - window, 0)
    return np.asarray((sums - sums[:, before]) / np.maximum(counts - counts[:, before], 1))
