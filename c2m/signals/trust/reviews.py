"""Review bursts: users who only rate, many at once at one SKU, or in the same words.

The reviews of those who bought vouch for those of others: what people who bought elsewhere write
rises and falls with them.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from c2m.signals.counting.coding import kind_numbers, user_ids
from c2m.signals.schema import KINDS
from c2m.signals.trust.memory import Past
from c2m.signals.trust.visits import SkuNames, Visits

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_REVIEW: Final = KINDS.index("review")
_TIMES: Final = 4.0
_FEWEST: Final = 8
_SAME_TEXT: Final = 3
"""Users who never bought and write the same: from so many on none is believed."""

_KEEP: Final = 0.5 ** (1 / 28)
_TEXT_DAYS: Final = 28


@dataclass(frozen=True)
class _Rows:
    """The reviews of a day: visit, SKU (-1: none) and text of each, (n_reviews,)."""

    visit: Ints
    sku: Ints
    text: list[str | None]


class Reviews:
    """Finds bursts of reviews day by day."""

    def __init__(self) -> None:
        self.strangers = np.zeros(0)
        self.buyers = np.zeros(0)
        self.days = 0.0
        self.known: dict[str, int] = {}
        """Text of a review by someone else than a stranger -> last day."""
        self.writers: dict[str, dict[int, int]] = {}
        """Text -> user -> last day."""

    def judge(self, table: Any, visits: Visits, past: Past, names: SkuNames, day: int) -> Floats:
        """Tell whose reviews are bought, and learn of the day.

        Parameters
        ----------
        table : pyarrow.Table
            The events of the day.
        visits : Visits
            The same, sorted.
        past : Past
            What was known of the users.
        names : SkuNames
            Numbers the SKUs.
        day : int
            Today.

        Returns
        -------
        ndarray, shape (n_visits,)
            1 for users who never bought, did nothing but review, and belong to a burst or write
            what others write; else 0.
        """
        fake = np.zeros(len(visits.users))
        rows = _reviews(table, visits, names)
        if rows is None:
            return fake
        buyer = (past.buys > 0) | visits.settled
        only = np.add.reduceat((visits.kind != _REVIEW).astype(np.int64), visits.start[:-1]) == 0
        suspect = (only & ~buyer)[rows.visit]
        burst = self._burst(rows, suspect, len(names))
        same = self._same_text(rows, suspect, visits, day)
        fake[rows.visit[suspect & (burst | same)]] = 1.0
        return fake

    def _burst(self, rows: _Rows, suspect: NDArray[np.bool_], n_skus: int) -> NDArray[np.bool_]:
        """Tell which reviews are at a SKU with more strangers' reviews than can be vouched for."""
        at = np.maximum(rows.sku, 0)
        somewhere = rows.sku >= 0
        counts = [
            np.bincount(at[who & somewhere], minlength=n_skus).astype(np.float64)
            for who in (suspect, ~suspect)
        ]
        before = [
            np.append(part, np.zeros(n_skus - len(part))) for part in (self.strangers, self.buyers)
        ]
        rate = (before[0].sum() + 1) / (before[1].sum() + 1)  # strangers for each buyer
        usual = before[0] / max(self.days, 1)
        vouched = np.maximum(usual, rate * (counts[1] + 2 * np.sqrt(counts[1])))
        crowded = (counts[0] > _TIMES * vouched) & (counts[0] >= _FEWEST)
        crowded &= before[1].sum() + counts[1].sum() >= _FEWEST  # else nothing to measure by
        believed = np.where(crowded, np.minimum(counts[0], usual), counts[0])
        self.strangers = _KEEP * before[0] + believed
        self.buyers = _KEEP * before[1] + counts[1]
        self.days = _KEEP * self.days + 1
        return np.asarray(crowded[at] & somewhere, dtype=np.bool_)

    def _same_text(
        self, rows: _Rows, suspect: NDArray[np.bool_], visits: Visits, day: int
    ) -> NDArray[np.bool_]:
        """Tell which reviews have a text that other strangers wrote in the last four weeks.

        What customers write too, like "Good", is no one's own.
        """
        for place, text in enumerate(rows.text):
            if text is not None and suspect[place]:
                self.writers.setdefault(text, {})[int(visits.users[rows.visit[place]])] = day
            elif text is not None:
                self.known[text] = day
        self.known = {text: last for text, last in self.known.items() if last > day - _TEXT_DAYS}
        for text in list(self.writers):
            recent = {u: d for u, d in self.writers[text].items() if d > day - _TEXT_DAYS}
            self.writers[text] = recent
            if not recent:
                del self.writers[text]
        shared = {text for text, users in self.writers.items() if len(users) >= _SAME_TEXT}
        shared -= self.known.keys()
        return np.array([text in shared for text in rows.text], dtype=bool)


def _reviews(table: Any, visits: Visits, names: SkuNames) -> _Rows | None:
    """Return the reviews of known users, or None where there are none."""
    reviews = kind_numbers(table) == _REVIEW
    if not reviews.any():
        return None
    table = table.filter(pa.array(reviews))
    ids, known = user_ids(table.column("user_key"))
    known &= np.isin(ids, visits.users)
    table, ids = table.filter(pa.array(known)), ids[known]
    if not len(ids):
        return None
    texts: list[str | None] = [None] * len(ids)
    if "text_hash" in table.column_names:
        texts = table.column("text_hash").cast(pa.string()).to_pylist()
    return _Rows(np.searchsorted(visits.users, ids), names.encode(table), texts)
