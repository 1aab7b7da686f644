"""What is sold where: items by department, stores by state."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.datasets.retail.settings import Settings

DEPARTMENTS: Final = {
    "FOODS_1": 216,
    "FOODS_2": 398,
    "FOODS_3": 823,
    "HOBBIES_1": 416,
    "HOBBIES_2": 149,
    "HOUSEHOLD_1": 532,
    "HOUSEHOLD_2": 515,
}
"""Items of each department in M5; other sizes are dealt out in this proportion."""

STATES: Final = {"CA": 4, "TX": 3, "WI": 3}
"""Stores of each state in M5."""


@dataclass(frozen=True)
class Shelf:
    """Items and stores, each in the order of their names.

    Parameters
    ----------
    items : list of str
        ``"FOODS_3_090"``: the department and a number within it.
    department : ndarray of int, shape (n_items,)
        Position in `DEPARTMENTS`.
    stores : list of str
        ``"CA_1"``: the state and a number within it.
    state : ndarray of int, shape (n_stores,)
        Position in `STATES`.
    """

    items: list[str]
    department: NDArray[np.intp]
    stores: list[str]
    state: NDArray[np.intp]

    @classmethod
    def of(cls, settings: Settings) -> "Shelf":
        """Deal items out to departments and stores to states.

        Parameters
        ----------
        settings : Settings
            How many of each.

        Returns
        -------
        Shelf
            What is sold where.
        """
        items, department = _dealt(DEPARTMENTS, settings.n_items, 3)
        stores, state = _dealt(STATES, settings.n_stores, 1)
        return cls(items, department, stores, state)

    @property
    def keys(self) -> pd.DataFrame:
        """One row a series, item by item: sku and location."""
        return pd.DataFrame(
            {
                "sku": np.repeat(self.items, len(self.stores)),
                "location": np.tile(self.stores, len(self.items)),
            }
        )

    @property
    def attributes(self) -> pd.DataFrame:
        """One row a series: department, category and state."""
        department = np.array(list(DEPARTMENTS))[self.department]
        category = np.array([name.partition("_")[0] for name in department])
        state = np.array(list(STATES))[self.state]
        return pd.DataFrame(
            {
                "department": np.repeat(department, len(self.stores)),
                "category": np.repeat(category, len(self.stores)),
                "state": np.tile(state, len(self.items)),
            }
        )


def _dealt(groups: dict[str, int], count: int, width: int) -> tuple[list[str], NDArray[np.intp]]:
    """Deal `count` things out to groups in proportion, and name them."""
    weights = np.array(list(groups.values()), dtype=float)
    bounds = np.round(np.cumsum(weights) / weights.sum() * count).astype(int)
    group = np.searchsorted(bounds, np.arange(count), side="right")
    within = np.arange(count) - np.concatenate([[0], bounds[:-1]])[group]
    width = max(width, len(str(within.max() + 1)))
    names = np.array(list(groups))[group]
    return [f"{name}_{n + 1:0{width}d}" for name, n in zip(names, within, strict=True)], group
