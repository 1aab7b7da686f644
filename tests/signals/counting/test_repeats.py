import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.counting import repeats
from c2m.signals.counting.repeats import drop_repeats
from c2m.signals.reading.tally import Tally

texts = st.one_of(
    st.text(max_size=3),
    st.text("ab", min_size=6, max_size=10),
    st.text("ä0\0", min_size=14, max_size=18),
)
KINDS = {
    "text": (texts, pa.string()),
    "long text": (texts, pa.large_string()),
    "dictionary": (texts, pa.dictionary(pa.int32(), pa.string())),
    "whole": (st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]), pa.int64()),
}


def make_table(ids, kind, cuts):
    """Return events in several chunks; the later an event stands, the later it came in."""
    values = pa.array(ids, kind.value_type if pa.types.is_dictionary(kind) else kind).cast(kind)
    bounds = sorted({0, len(ids), *(cut % (len(ids) + 1) for cut in cuts)})
    chunks = [values[low:high] for low, high in pairwise(bounds)]
    came_in = pa.array(range(len(ids)), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    columns = {
        "event_id": pa.chunked_array(chunks, kind),
        "ingest_time": came_in,
        "quantity": pa.array(np.arange(len(ids)) % 3 * 1.0),
    }
    return pa.table(columns)


def expected(ids):
    """Return the places of the events that count, by plain pandas."""
    found = pd.Series(ids, dtype=object)
    repeated = found.duplicated(keep="last") & found.notna()
    return np.flatnonzero(~repeated).tolist()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("alike", [False, True])
def test_the_last_of_equal_ids_counts_whatever_their_fingerprints(name, alike, monkeypatch):
    if alike:  # as if all ids had one fingerprint
        monkeypatch.setattr(repeats, "_fingerprints", lambda chunk: np.zeros(len(chunk), "u8"))
    values, kind = KINDS[name]

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.none() | values, max_size=12), st.lists(st.integers(0, 12), max_size=3))
    def _check(ids, cuts):
        tally = Tally()
        left = drop_repeats(make_table(ids, kind, cuts), tally)
        places = left.column("ingest_time").cast(pa.int64()).to_pylist()
        assert places == expected(ids)
        assert tally.counts.get("repeats", 0) == len(ids) - len(places)

    _check()


def test_a_slice_of_a_larger_table_is_read_at_its_place():
    table = make_table(["a", "b", "b", "c", "a"], pa.string(), [])
    assert drop_repeats(table.slice(1, 3), Tally()).column("event_id").to_pylist() == ["b", "c"]
    assert drop_repeats(table.slice(3), Tally()).column("event_id").to_pylist() == ["c", "a"]


def test_ids_have_different_fingerprints():
    ids = [f"order-{number}:line" for number in range(100_000)] + ["", "\0", "\0\0"]
    prints = repeats._fingerprints(pa.array(ids))
    assert len(np.unique(prints)) == len(ids)


def test_one_endless_id_among_many_costs_no_more_than_its_length():
    ids = [str(number) for number in range(100_000)] + ["x" * 200_000]
    table = make_table(ids, pa.string(), [])
    start = time.process_time()
    assert drop_repeats(table, Tally()).num_rows == len(ids)
    assert time.process_time() - start < 2
