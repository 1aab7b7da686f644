"""Prices that depend on the size of a run: which items may not run in one period."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class PriceList:
    """The items of one block on one line, by every tier of its prices and every mode.

    Parameters
    ----------
    items : ndarray of int, shape (n,)
        The items.
    clash : ndarray of bool, shape (n, n)
        Which of them a period may not hold together: those of two tiers, as the whole run has one
        price whatever its modes, and two by the same mode.
    """

    items: IntArray
    clash: BoolArray

    def met(self, runs: BoolArray) -> BoolArray:
        """Say where an item would run beside one that it clashes with.

        Parameters
        ----------
        runs : ndarray of bool, shape (n, n_periods)
            Which of the items run.

        Returns
        -------
        ndarray of bool, shape (n, n_periods)
            Whether the item itself runs or not.
        """
        return np.asarray(self.clash.astype(np.int64) @ runs > 0)

    def sets(self) -> list[IntArray]:
        """Return sets of items that clash with one another, in which every clash is.

        Returns
        -------
        list of ndarray of int
            Each has at least two items; each is as large as it can be.
        """
        sets: list[list[int]] = []
        for row, column in np.argwhere(np.triu(self.clash)).tolist():
            if any(row in each and column in each for each in sets):
                continue
            chosen = [row, column]
            for other in range(len(self.items)):
                if other not in chosen and self.clash[other, chosen].all():
                    chosen.append(other)
            sets.append(chosen)
        return [self.items[sorted(each)] for each in sets]


def read_price_lists(place: IntArray, tier: IntArray, mode: IntArray) -> tuple[PriceList, ...]:
    """Return the price lists of items.

    Parameters
    ----------
    place : ndarray of int, shape (n_items,)
        The same number for items of one block on one line.
    tier : ndarray of int, shape (n_items,)
        Units from which the price of each holds; 0 where there are no price breaks.
    mode : ndarray of int, shape (n_items,)
        The same number for items by one mode.

    Returns
    -------
    tuple of PriceList
        Those in which items clash.
    """
    if not tier.any():
        return ()
    order = np.argsort(place, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(place[order])) + 1)
    lists = [
        PriceList(items, _clash(tier[items], mode[items]))
        for items in parts
        if len(items) > 1 and tier[items].any()
    ]
    return tuple(each for each in lists if each.clash.any())


def _clash(tier: IntArray, mode: IntArray) -> BoolArray:
    clash = (tier[:, None] != tier) | (mode[:, None] == mode)
    np.fill_diagonal(clash, False)
    return np.asarray(clash)
