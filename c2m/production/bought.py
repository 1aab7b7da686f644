"""Materials that are bought for the runs: what is used, ordered, when and for how much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_HAIR = 1e-9
"""Share of a quantity that counts as rounding."""


@dataclass(frozen=True)
class Bought:
    """A material that items take, and how it is bought.

    Parameters
    ----------
    name, unit : str
        Its code, and what it is counted in.
    items : ndarray of int, shape (n,)
        Items that take it, each once.
    weights : ndarray, shape (n,)
        What one unit or pack takes, waste included.
    comes : ndarray, shape (n_periods,)
        What comes without a new order: stock and open orders that can be used in the first
        period, then what comes later.
    unit_cost : ndarray, shape (n_periods,)
        Money per unit that is used in a period.
    moq, multiple : float
        Smallest order, and the step of an order; 0 for any quantity.
    lead : int
        Periods from an order to the first period whose runs can use it.
    last_order : int
        Last period in which it can be ordered; -1 for none.
    """

    name: str
    unit: str
    items: IntArray
    weights: FloatArray
    comes: FloatArray
    unit_cost: FloatArray
    moq: float
    multiple: float
    lead: int
    last_order: int

    def order(self, missing: float) -> float:
        """Return the smallest order that brings a quantity.

        Parameters
        ----------
        missing : float
            What is missing, above 0.

        Returns
        -------
        float
            At least the MOQ, and a multiple.
        """
        size = max(missing, self.moq)
        if self.multiple > 0:
            size = float(np.ceil(size / self.multiple - _HAIR)) * self.multiple
        return size


@dataclass(frozen=True)
class Orders:
    """What is ordered of one material, by the period in which it is first used.

    Parameters
    ----------
    used : ndarray, shape (n_periods,)
        What runs take.
    ordered : ndarray, shape (n_periods,)
        What has to be there from the period on, beyond what comes anyway.
    placed : ndarray of int, shape (n_periods,)
        The period in which it is ordered at the latest.
    stock : ndarray, shape (n_periods,)
        What is there at the end of each period.
    left : float
        What is bought and not used.
    cost : float
        Money for what is bought and not used, at the cost of the last order's period.
    """

    used: FloatArray
    ordered: FloatArray
    placed: IntArray
    stock: FloatArray
    left: float
    cost: float


def orders_of(material: Bought, made: IntArray) -> Orders:
    """Return the orders that a plan needs, each as late and as small as it may be.

    What can be ordered in time for a period is ordered for that period alone; what is needed
    after the last order could have come has to come with the last one.

    Parameters
    ----------
    material : Bought
        The material.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    Orders
        Lot for lot; what rounding to MOQ and multiple leaves serves the next period first.
    """
    n_periods = made.shape[1]
    used = material.weights @ made[material.items]
    last_use = material.last_order + material.lead
    ordered, stock = np.zeros(n_periods), np.zeros(n_periods)
    there, spare = 0.0, 0.0
    hair = _HAIR * (1.0 + float(used.sum()))
    for period in range(n_periods):
        there += float(material.comes[period]) - float(used[period])
        spare = there
        if period == last_use:  # nothing can be ordered for later periods than this
            later = np.cumsum(material.comes[period + 1 :] - used[period + 1 :])
            spare += min(float(later.min(initial=0.0)), 0.0)
        if spare < -hair and material.lead <= period <= last_use:
            ordered[period] = material.order(-spare)
            there += ordered[period]
        stock[period] = max(there, 0.0)
    left = min(max(there, 0.0), float(ordered.sum()))
    cost = left * float(material.unit_cost[np.flatnonzero(ordered)[-1]]) if left > hair else 0.0
    placed = np.arange(n_periods) - material.lead
    return Orders(used, ordered, placed, stock, left if left > hair else 0.0, cost)


def surplus_cost(bought: tuple[Bought, ...], made: IntArray) -> float:
    """Return the money for what a plan buys of all materials and does not use.

    Parameters
    ----------
    bought : tuple of Bought
        The materials.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs made.

    Returns
    -------
    float
        Money.
    """
    return float(sum(orders_of(each, made).cost for each in bought))
