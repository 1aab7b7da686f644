"""How many strangers a SKU would have: what its customers, its orders and its past vouch for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TIMES_OWN: Final = 2.0
"""What a SKU usually draws is believed up to so many times what a middling SKU would draw."""

_SIGMAS: Final = 2.0
_NONE: Final = 3.0
"""Where none was counted, up to three were to be expected: the rule of three."""

_YOUNG_DAYS: Final = 5
"""A log so young has no past to compare with."""

NEW_DAYS: Final = 3
"""A SKU so new has no level of its own."""


@dataclass(frozen=True)
class Level:
    """What each SKU has in a day, as decaying sums; arrays of shape (n_skus,).

    Parameters
    ----------
    strangers, customers, orders : ndarray
        Touches by users who never bought, touches by those who did, orders.
    days : ndarray
        Days since the SKU was first seen.
    """

    strangers: Floats
    customers: Floats
    orders: Floats
    days: Floats

    @classmethod
    def empty(cls) -> "Level":
        """Return the level before the first day."""
        return cls(*(np.zeros(0) for _ in range(4)))

    def plus(
        self, strangers: Floats, customers: Floats, orders: Floats, keep: float = 1.0
    ) -> "Level":
        """Return it with another day.

        Parameters
        ----------
        strangers, customers, orders : ndarray, shape (n_skus,)
            Of the day.
        keep : float
            What is left of the days before.

        Returns
        -------
        Level
            The sums.
        """
        return Level(
            strangers=keep * self.strangers + strangers,
            customers=keep * self.customers + customers,
            orders=keep * self.orders + orders,
            days=keep * self.days + 1,
        )

    def grown(self, n: int) -> "Level":
        """Return it with room for new SKUs.

        Parameters
        ----------
        n : int
            How many SKUs there are now.

        Returns
        -------
        Level
            New SKUs have nothing.
        """
        own = (self.strangers, self.customers, self.orders, self.days)
        return Level(*(np.append(part, np.zeros(n - len(part))) for part in own))


def expected(
    level: Level,
    strangers: Floats,
    customers: Floats,
    orders: Floats,
    *,
    linked: bool = True,
) -> tuple[Floats, Floats]:
    """Return the strangers that each SKU would have, and the most that can be vouched for.

    Both are the largest of three: ``r_c * customers``, ``r_o * orders`` and ``season * level``.
    The rates are those of a middling SKU of the shop, the season is how much a middling SKU has
    against its level. A level counts only as far as the SKU's customers and orders of the same
    days bear it out, or an attack that was there from the first day would vouch for itself.

    Parameters
    ----------
    level : Level
        Earlier days; of the strangers, those that were believed.
    strangers, customers, orders : ndarray, shape (n_skus,)
        Today, or sums over the last days.
    linked : bool
        Whether those who order are seen to look, too. Where the orders come from another system
        with users of its own, there are no customers, and how many look for each order differs
        too much between SKUs: then a level counts in full.

    Returns
    -------
    usual, vouched : ndarray, shape (n_skus,)
        Touches by strangers.
    """
    young = level.days.max(initial=0.0) < _YOUNG_DAYS
    base = level.plus(strangers, customers, orders) if young else level
    by_customers = _rate(base.strangers, base.customers)
    by_orders = _rate(base.strangers, base.orders)

    def _borne_out(customers: Floats, orders: Floats) -> Floats:
        return np.maximum(by_customers * customers, by_orders * orders)

    a_day = _season(level, strangers) / np.maximum(level.days, 1)
    some = _TIMES_OWN * _borne_out(level.customers + 0.5, level.orders + 0.5)
    many = _TIMES_OWN * _borne_out(_most(level.customers), _most(level.orders))
    if not linked:
        some, many = level.strangers, level.strangers
    new = level.days < NEW_DAYS
    now = _borne_out(np.where(new, customers, _least(customers)), _least(orders))
    usual = np.maximum(a_day * np.minimum(level.strangers, some), now)
    now_most = _borne_out(_most(customers), _most(orders))
    return usual, np.maximum(a_day * np.minimum(level.strangers, many), now_most)


def _season(level: Level, strangers: Floats) -> float:
    """Return how many days of its level a middling SKU has."""
    mean = level.strangers / np.maximum(level.days, 1)
    known = (level.days >= NEW_DAYS) & (mean >= 1)
    return weighted_median(strangers[known] / mean[known], mean[known]) if known.any() else 1.0


def _rate(strangers: Floats, vouchers: Floats) -> float:
    """Return the strangers for each customer (or order) of a middling SKU."""
    return weighted_median(strangers / np.maximum(vouchers, 1e-9), vouchers)


def _most(count: Floats) -> Floats:
    """Return how many there were to expect at most, where so many were counted."""
    return np.asarray(count + _SIGMAS * np.sqrt(count) + _NONE, dtype=np.float64)


def _least(count: Floats) -> Floats:
    """Return how many there were to expect at least, where so many were counted."""
    return np.maximum(count - _SIGMAS * np.sqrt(count), 0)


def weighted_median(values: Floats, weights: Floats) -> float:
    """Return the value with half of the weight on each side.

    Parameters
    ----------
    values, weights : ndarray, shape (n,)
        Weights of 0 or more.

    Returns
    -------
    float
        0 without any weight.
    """
    if not weights.sum() > 0:
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
