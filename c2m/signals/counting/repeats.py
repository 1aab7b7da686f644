"""Events that a log holds twice: the same ``event_id`` on the same day counts once."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.signals.counting.coding import Codes, used_values
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import UNKNOWN


def drop_repeats(table: Any, tally: Tally) -> Any:
    """Keep one event for each ``event_id``: the one that came in last.

    Parameters
    ----------
    table : pyarrow.Table
        The events of a day.
    tally : Tally
        Counts what is dropped, under ``"repeats"``.

    Returns
    -------
    pyarrow.Table
        The events without their repeats; events without an id are all kept. Among versions of
        an event that came in together, or without ``ingest_time``, the choice depends on their
        values only, never on the order of the rows.
    """
    if "event_id" not in table.column_names:
        return table
    ids = table.column("event_id")
    if pc.count_distinct(ids).as_py() == len(ids) - ids.null_count:
        return table
    rows = np.flatnonzero(ids.is_valid().to_numpy())
    codes = _codes(ids)[rows]
    rank = _rank(table)[rows]
    order = np.lexsort((rank, codes))
    last = np.append(codes[order][1:] != codes[order][:-1], True)
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows[order[~last]]] = False
    tally.add("repeats", int(np.count_nonzero(~keep)))
    return table.filter(pa.array(keep))


def _codes(column: Any) -> Codes:
    return used_values(column.combine_chunks())[1]


def _rank(table: Any) -> NDArray[np.int64]:
    """Return the place of each row among all: by ingest time, then by its other values."""
    names = [name for name in table.column_names if name not in {"event_id", "ingest_time"}]
    ranks = []
    if "ingest_time" in table.column_names:
        came_in = table.column("ingest_time").cast(pa.int64()).fill_null(UNKNOWN)
        ranks.append(came_in.to_numpy())
    for name in names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        ranks.append(pc.rank(column.combine_chunks(), tiebreaker="min").to_numpy())
    return np.lexsort(ranks[::-1]).argsort()
