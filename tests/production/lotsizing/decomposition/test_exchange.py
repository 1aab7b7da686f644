"""Plans exchanged unit by unit."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from c2m.production.lotsizing.decomposition.exchange import Pool, exchange


def test_more_units_than_single_skus_are_swept_all_find_room() -> None:
    count, room = 600, 300.0
    earned = np.tile([1.001, 1.0], (count, 1))  # the best plans of all are in the first cell
    usage = np.tile(np.eye(2), (count, 1, 1))
    pool = Pool.of(earned, usage @ np.ones(2), usage.__getitem__, usage[:, 0].sum(axis=0))
    assert len(pool.units) == count
    part: Any = SimpleNamespace(
        regular=np.full((1, 2), room),
        overtime=np.zeros((1, 2)),
        overtime_cost=np.ones(1),
        n_periods=2,
    )
    for chosen in exchange(part, pool, np.random.default_rng(0), 3):
        assert [len(chosen[plan]) for plan in (0, 1)] == [room, room]
