"""Order a fixed lot when stock falls to a point: (s, Q) with the forecast of SBA."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Literal

import numpy as np
import pandas as pd

from c2m.forecast.baselines.history import by_period
from c2m.forecast.baselines.intermittent import croston_rates
from c2m.production.problem import FloatArray
from c2m.rehearse.policies.lesson import Lesson, spread
from c2m.rehearse.policies.release import release
from c2m.rehearse.policies.shelves import SAFETY, Terms, history, position
from c2m.rehearse.policy import Known

Lot = Literal["eoq", "moq"]

_ALPHAS: Final = (0.05, 0.1, 0.2, 0.3)
_LOTS: Final[tuple[Lot, ...]] = ("eoq", "moq")


@dataclass(frozen=True)
class ReorderPoint:
    """Where the position is at or below ``s = f (L + R) + z e sqrt(L + R)``, order lots of Q.

    f is the forecast of Croston's method with the correction of Syntetos and Boylan, e the
    standard deviation of its errors one period ahead, L the lead time and R the periods until the
    next decision. As many lots as it takes to be above s are ordered.

    Parameters
    ----------
    alpha : float, optional
        Weight of the newest size and interval. What is not given is chosen for the least cost of
        mismatch on what was known before the start: here of 0.05, 0.1, 0.2 and 0.3.
    z : float, optional
        Safety factor.
    lot : {"eoq", "moq"}, optional
        Q is the economic order quantity (the MOQ where holding is free), or the MOQ, both at least
        the MOQ and in whole multiples.
    name : str
        What it is called.

    References
    ----------
    Syntetos & Boylan (2005), "The accuracy of intermittent demand estimates", *IJF* 21. Silver,
    Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, ch. 6.
    """

    alpha: float | None = None
    z: float | None = None
    lot: Lot | None = None
    name: str = "reorder point"

    def tune(self, known: Known) -> "ReorderPoint":
        """Choose what was not given, on what was known before the start.

        Parameters
        ----------
        known : Known
            What was known.

        Returns
        -------
        ReorderPoint
            With every setting; where the past is too short to try, a weight of 0.1, the factor of
            the critical ratio, and the MOQ.
        """
        wanted, terms = history(known), Terms.of(known)
        lesson = Lesson.of(wanted, terms, known.review, known.left)
        if lesson is None:
            alpha = 0.1 if self.alpha is None else self.alpha
            z = terms.usual_safety(known.review) if self.z is None else self.z
            return replace(self, alpha=alpha, z=z, lot=self.lot or "moq")
        alphas = _ALPHAS if self.alpha is None else (self.alpha,)
        lots = _LOTS if self.lot is None else (self.lot,)
        factors = SAFETY if self.z is None else (self.z,)
        tried = list(product(alphas, lots))
        start = _rates(wanted, 0.1)[:, lesson.begin] * terms.cover(known)
        costs = [
            lesson.costs(self._rule(wanted, terms, known, each, factors), len(factors), start)
            for each in tried
        ]
        best, factor = np.unravel_index(np.argmin(costs), (len(tried), len(factors)))
        alpha, lot = tried[int(best)]
        return replace(self, alpha=alpha, lot=lot, z=factors[int(factor)])

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
        if self.alpha is None or self.z is None or self.lot is None:
            return self.tune(known).decide(known)
        wanted, terms = history(known), Terms.of(known)
        rule = self._rule(wanted, terms, known, (self.alpha, self.lot), (self.z,))
        wishes = rule(wanted.shape[1], position(known)[None])[0]
        return release(known, wishes, _rates(wanted, self.alpha)[:, -1])

    @staticmethod
    def _rule(
        wanted: FloatArray,
        terms: Terms,
        known: Known,
        setting: tuple[float, Lot],
        factors: tuple[float, ...],
    ) -> "_Rule":
        alpha, lot = setting
        rates = _rates(wanted, alpha)
        return _Rule(rates, spread(wanted, rates), terms.cover(known), terms, lot, factors)


@dataclass(frozen=True)
class _Rule:
    """What is ordered at a position."""

    rates: FloatArray
    error: FloatArray
    cover: FloatArray
    terms: Terms
    lot: Lot
    factors: tuple[float, ...]

    def __call__(self, now: int, there: FloatArray) -> FloatArray:
        rate, error = self.rates[:, now], self.error[:, now]
        z = np.array(self.factors)[:, None]
        point = rate * self.cover + z * error * np.sqrt(self.cover)
        size = self.terms.lots(self._lot(rate))
        short = point - there
        count = np.floor(short / np.maximum(size, 1e-9)) + 1
        return np.where((short >= 0) & (rate > 0), count * size, 0.0)

    def _lot(self, rate: FloatArray) -> FloatArray:
        least = np.maximum(self.terms.moq, 1.0)
        if self.lot == "moq":
            return least
        held = self.terms.holding > 0
        square = np.divide(
            2 * self.terms.setup_cost * rate,
            self.terms.holding,
            out=np.zeros_like(rate),
            where=held,
        )
        return np.maximum(np.sqrt(square), least)


def _rates(wanted: FloatArray, alpha: float) -> FloatArray:
    """Return what is expected of each period and of the next one; 0 if nothing is known."""
    value, seen = by_period(wanted)
    rates = croston_rates(value, seen, alpha, range(len(value))) * (1 - alpha / 2)
    return np.hstack([np.zeros((len(wanted), 1)), np.nan_to_num(rates.T)])
