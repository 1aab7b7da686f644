"""What is remembered of each user from one day to the next."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]

MEMORY_DAYS: Final = 90
"""A user who was not seen for so long is forgotten, and new again."""

_FIRST, _LAST, _DAYS, _BUYS, _FAKE = range(5)


@dataclass(frozen=True)
class Past:
    """What is known of the users of a day from earlier days; arrays of shape (n_visits,).

    Parameters
    ----------
    age : ndarray
        Days since the user was first seen; 0 for new users.
    days : ndarray
        Earlier days with events.
    buys : ndarray
        Earlier days with a purchase.
    fake : ndarray
        Mean probability to be fake on earlier days; 0 for new users.
    """

    age: Floats
    days: Floats
    buys: Floats
    fake: Floats


class Users:
    """The users that were seen lately.

    They lie in sorted blocks, each more than twice as large as the next, so that a day's new
    users do not move all others.
    """

    def __init__(self) -> None:
        self.blocks: list[tuple[Ids, NDArray[np.float32]]] = []

    def __len__(self) -> int:
        """Return how many users are remembered."""
        return sum(len(ids) for ids, _ in self.blocks)

    def past(self, users: Ids, day: int) -> Past:
        """Look up the users of a day.

        Parameters
        ----------
        users : ndarray of uint64, shape (n_visits,)
            Sorted.
        day : int
            Today.

        Returns
        -------
        Past
            What was known this morning.
        """
        rows = np.zeros((len(users), 5), dtype=np.float64)
        rows[:, _FIRST] = day
        for ids, table in self.blocks:
            place, found = _find(ids, users)
            rows[found] = table[place[found]]
        gone = (rows[:, _DAYS] > 0) & (rows[:, _LAST] < day - MEMORY_DAYS)
        rows[gone] = [day, 0, 0, 0, 0]
        return Past(
            age=day - rows[:, _FIRST],
            days=rows[:, _DAYS],
            buys=rows[:, _BUYS],
            fake=rows[:, _FAKE] / np.maximum(rows[:, _DAYS], 1),
        )

    def learn(
        self, users: Ids, past: Past, day: int, bought: NDArray[np.bool_], fake: Floats
    ) -> None:
        """Remember a day.

        Parameters
        ----------
        users : ndarray of uint64, shape (n_visits,)
            Sorted.
        past : Past
            What was known of them.
        day : int
            Today.
        bought : ndarray of bool, shape (n_visits,)
            Who bought today.
        fake : ndarray, shape (n_visits,)
            Probability to be fake today.
        """
        columns = (
            day - past.age,
            np.full(len(users), day),
            past.days + 1,
            past.buys + bought,
            past.fake * past.days + fake,
        )
        rows = np.stack(columns, axis=1).astype(np.float32)
        new = np.ones(len(users), dtype=bool)
        for ids, table in self.blocks:
            place, found = _find(ids, users)
            table[place[found]] = rows[found]
            new &= ~found
        if new.any():
            self.blocks.append((users[new], rows[new]))
            self._settle(day)

    def _settle(self, day: int) -> None:
        """Join blocks until each is more than twice as large as the next."""
        while len(self.blocks) > 1 and len(self.blocks[-2][0]) <= 2 * len(self.blocks[-1][0]):
            (ids, table), (more_ids, more) = self.blocks[-2:]
            joined, rows = np.concatenate([ids, more_ids]), np.concatenate([table, more])
            kept = np.flatnonzero(rows[:, _LAST] >= day - MEMORY_DAYS)
            order = kept[np.argsort(joined[kept], kind="stable")]
            self.blocks[-2:] = [(joined[order], rows[order])]


def _find(ids: Ids, users: Ids) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(ids, users), len(ids) - 1)
    return place, ids[place] == users
