"""What each setting of a simple policy would have cost on what was known before the start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.problem import FloatArray
from c2m.rehearse.policies.shelves import Terms

MEMORY: Final = 26
"""Past errors from which a standard deviation is worked out."""

_LONGEST: Final = 52
"""Periods on which settings are tried, at most."""

_ENOUGH: Final = 12
"""Orders that are seen to arrive where the past is long enough."""

_LEAST: Final = 2
"""Orders that have to be seen to arrive, to try settings at all: where sales are lost, even these
few tell more than the factor of the critical ratio, which is far too high at long lead times."""

Rule = Callable[[int, FloatArray], FloatArray]
"""From a period and positions (n_settings, n_skus) to wishes of that shape."""


@dataclass(frozen=True)
class Lesson:
    """Past demand on which settings are tried.

    Parameters
    ----------
    wanted : ndarray, shape (n_skus, n_periods)
        All of it; NaN where unknown.
    begin : int
        The first period on which settings are tried; the ones before warm up.
    terms : Terms
        Of the SKUs.
    review : int
        Periods between orders.
    ends : float
        How often the span on which settings are tried comes to an end in the span played: what is
        left over at the end counts so much.
    """

    wanted: FloatArray
    begin: int
    terms: Terms
    review: int
    ends: float = 1.0

    @classmethod
    def of(cls, wanted: FloatArray, terms: Terms, review: int, span: int) -> "Lesson | None":
        """Take a lesson, or none where the past is too short.

        Parameters
        ----------
        wanted : ndarray, shape (n_skus, n_periods)
            Past demand; NaN where unknown.
        terms : Terms
            Of the SKUs.
        review : int
            Periods between orders.
        span : int
            Periods that will be played: no more are tried on.

        Returns
        -------
        Lesson or None
            None where too few orders would be seen to arrive.
        """
        length = wanted.shape[1]
        lead = int(np.median(terms.lead))
        enough = lead + _ENOUGH * review
        count = min(max(_LONGEST, enough), max(span, enough), length - max(length // 4, 4))
        if count < lead + _LEAST * review:
            return None
        return cls(wanted, length - count, terms, review, min(count / max(span, 1), 1.0))

    def costs(self, rule: Rule, n_settings: int, start: FloatArray) -> FloatArray:
        """Return the cost of mismatch of each setting, without limits of groups.

        What a line has no room for in a period is made in the next ones, all in the same share, and
        let go at the next order.

        Parameters
        ----------
        rule : callable
            What is ordered.
        n_settings : int
            How many are tried at once.
        start : ndarray, shape (n_skus,)
            Stock to begin with.

        Returns
        -------
        ndarray, shape (n_settings,)
            Money.
        """
        terms, wanted = self.terms, np.nan_to_num(self.wanted)
        count, lead = wanted.shape[1] - self.begin, terms.lead
        stock = np.tile(start, (n_settings, 1))  # [C, N]
        coming = np.zeros((count + int(lead.max()) + 1, n_settings, len(start)))
        money, skus = np.zeros_like(stock), np.arange(len(start))
        to_make = np.zeros_like(stock)
        for now in range(count):
            if now % self.review == 0:
                to_make = terms.lots(rule(self.begin + now, stock + coming[now:].sum(axis=0)))
                money += terms.setup_cost * (to_make > 0)
            made = to_make * self._share(to_make)
            to_make = to_make - made
            coming[now + lead, :, skus] += made.T
            stock += coming[now]
            sold = np.minimum(stock, wanted[:, self.begin + now])
            lost = wanted[:, self.begin + now] - sold
            stock -= sold
            money += (terms.margin + terms.penalty) * lost + terms.holding * stock
        money += self.ends * terms.loss * (stock + coming[count:].sum(axis=0))
        return np.asarray(money.sum(axis=1))

    def _share(self, to_make: FloatArray) -> FloatArray:
        """Return the share for which each SKU's line has room, shape (n_settings, n_skus)."""
        terms = self.terms
        taken = to_make * terms.unit_time + terms.setup_time * (to_make > 0)
        at_line = terms.line[:, None] == np.arange(len(terms.capacity))
        load = taken @ at_line  # [C, L]
        room = np.divide(terms.capacity, load, out=np.ones_like(load), where=load > terms.capacity)
        return np.asarray(room[:, terms.line])


def spread(wanted: FloatArray, rates: FloatArray) -> FloatArray:
    """Return the standard deviation of errors one period ahead, as it was known before each period.

    Parameters
    ----------
    wanted : ndarray, shape (n_skus, n_periods)
        NaN where unknown.
    rates : ndarray, shape (n_skus, n_periods + 1)
        What was expected of a period before it; the last is for the next one.

    Returns
    -------
    ndarray, shape (n_skus, n_periods + 1)
        Root of the mean squared error of the last `MEMORY` periods, 0 without any.
    """
    error = wanted - rates[:, :-1]
    known = ~np.isnan(error)
    squares = _last(np.where(known, error, 0.0) ** 2)
    return np.asarray(np.sqrt(squares / np.maximum(_last(known.astype(np.float64)), 1.0)))


def _last(values: FloatArray) -> FloatArray:
    """Return sums of the last `MEMORY` periods before each, and before the next."""
    whole = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    before = np.maximum(np.arange(whole.shape[1]) - MEMORY, 0)
    return np.asarray(whole - whole[:, before])
