import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from c2m.signals.counting import distinct
from c2m.signals.counting.distinct import DistinctPairs, UserNumbers

days = st.lists(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from([0, 1, 7, 2**39, 2**63, 2**64 - 1])),
        max_size=12,
    ),
    max_size=6,
)


@given(days=days, least_merge=st.sampled_from([1, 1 << 20]))
def test_distinct_users_equal_a_set(days, least_merge):
    before, distinct._LEAST_MERGE = distinct._LEAST_MERGE, least_merge
    try:
        pairs, numbers = DistinctPairs(), UserNumbers()
        for day in days:
            frame = pd.DataFrame(day, columns=["series", "user"])
            users = numbers.of(np.array(frame["user"].tolist(), dtype=np.uint64))
            pairs.add(frame["series"].to_numpy(dtype=np.int64), users)
        counts = pairs.counts(6)
    finally:
        distinct._LEAST_MERGE = before
    everything = {pair for day in days for pair in day}
    assert counts.tolist() == [sum(series == s for s, _ in everything) for series in range(6)]


def test_large_ids_keep_their_number_from_day_to_day():
    numbers = UserNumbers()
    first = numbers.of(np.array([2**50, 3, 2**60], dtype=np.uint64))
    second = numbers.of(np.array([2**60, 2**41, 2**50], dtype=np.uint64))
    assert first[0] == second[2]
    assert first[2] == second[0]
    assert first[1] == 3
    assert len({*first.tolist(), *second.tolist()}) == 4
