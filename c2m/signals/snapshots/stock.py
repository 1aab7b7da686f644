"""Levels of all files together: codes as numbers, so that a year of files fits into memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from c2m.dates import Days
from c2m.signals.snapshots.levels import Aside

TORN: Final = "several levels of one SKU, location and day (pass location= where there are more)"
"""Reason of rows that contradict each other."""


@dataclass
class Codes:
    """Codes and their numbers, in the order in which they were met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def encode(self, codes: pd.Series) -> NDArray[np.int32]:
        """Return the number of each code; -1 where it is unknown."""
        position, names = pd.factorize(codes)
        own = [self.numbers.setdefault(str(name), len(self.numbers)) for name in names]
        return np.array([*own, -1], dtype=np.int32)[position]

    def decode(self, numbers: NDArray[np.int32]) -> pa.Array:
        """Return codes as a dictionary of text."""
        unknown = numbers < 0
        indices = pa.array(numbers, pa.int32(), mask=unknown if unknown.any() else None)
        return pa.DictionaryArray.from_arrays(indices, pa.array(list(self.numbers), pa.string()))


@dataclass
class Stock:
    """The levels that were read so far.

    Parameters
    ----------
    skus, stores : Codes
        Their numbers.
    parts : list of DataFrame
        Levels a table: ``day`` (since 1970-01-01), ``sku``, ``store``, ``quantity``,
        ``in_stock``, ``row``, ``part``.
    places : list of str
        How messages name each table.
    """

    skus: Codes = field(default_factory=Codes)
    stores: Codes = field(default_factory=Codes)
    parts: list[pd.DataFrame] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def add(self, found: pd.DataFrame, days: Days, place: str) -> None:
        """Take the levels of one table.

        Parameters
        ----------
        found : DataFrame
            See `flat_levels`.
        days : ndarray of datetime64[D], shape (n_rows,)
            Their days.
        place : str
            How messages name the table.
        """
        columns = {
            "day": days.astype(np.int64).astype(np.int32),
            "sku": self.skus.encode(found["sku"]),
            "store": self.stores.encode(found["store_id"]),
            "quantity": found["quantity"].to_numpy(dtype=np.float64),
            "in_stock": found["in_stock"].to_numpy(dtype=np.float32),
            "row": found["row"].to_numpy(dtype=np.int32),
            "part": np.full(len(found), len(self.places), dtype=np.int32),
        }
        self.parts.append(pd.DataFrame(columns))
        self.places.append(place)

    def together(self, aside: Aside) -> pd.DataFrame:
        """Return all levels: one of rows that say the same, none of those that contradict.

        Parameters
        ----------
        aside : Aside
            Counts what contradicts.

        Returns
        -------
        DataFrame
            As in `parts`.
        """
        levels = pd.concat(self.parts, ignore_index=True)
        self.parts = []
        key = ["day", "sku", "store"]
        repeated = levels.duplicated(key, keep=False).to_numpy(dtype=bool)
        if not repeated.any():
            return levels
        doubled = levels[repeated]
        told = doubled["quantity"].fillna(-1.0)
        distinct = told.groupby([doubled[name] for name in key]).transform("nunique")
        torn = doubled[(distinct > 1).to_numpy(dtype=bool)]
        if len(torn):
            aside.bad[TORN] += len(torn)
            place = f"row {torn['row'].iloc[0]}{self.places[torn['part'].iloc[0]]}"
            aside.first.setdefault(TORN, place)
        kept: pd.DataFrame = levels.drop(index=torn.index).drop_duplicates(key, ignore_index=True)
        return kept


def day_moments(days: Sequence[int], at: pd.Timedelta, zone: str) -> pd.DatetimeIndex:
    """Return when the files of days were written, in UTC.

    Parameters
    ----------
    days : sequence of int
        Days since 1970-01-01.
    at : Timedelta
        Time of day on the shop's clock: of an hour that is twice the first, of one that the clock
        skips the moment after it.
    zone : str
        The shop's zone.

    Returns
    -------
    DatetimeIndex
        The moments.
    """
    wall = pd.DatetimeIndex(np.array(days).astype("datetime64[D]").astype("datetime64[us]")) + at
    twice = np.ones(len(wall), dtype=bool)
    local = wall.tz_localize(zone, ambiguous=twice, nonexistent="shift_forward")
    return local.tz_convert("UTC").as_unit("us")
