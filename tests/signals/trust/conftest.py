from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from c2m.signals import Events, read_events
from c2m.signals.trust import Trust

START = pd.Timestamp("2026-03-02", tz="UTC")


def shop(days: int = 20, seed: int = 1, n_skus: int = 30, users: int = 150) -> pd.DataFrame:
    """Return a small shop: people who look at a few SKUs; one in ten visits ends in a purchase."""
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(2.0, days * users)
    visit = np.repeat(np.arange(len(size)), size)
    person = rng.integers(0, 20 * users, len(size))
    kinds = np.where(rng.random(len(visit)) < 0.06, "cart_add", "view").astype(object)
    last = np.append(visit[1:] != visit[:-1], True)
    kinds[last & (rng.random(len(size)) < 0.1)[visit]] = "purchase"
    weight = 1 / np.arange(1, n_skus + 1)
    start = (np.arange(len(size)) // users) * 86_400 + rng.uniform(6 * 3600, 22 * 3600, len(size))
    seconds = start[visit] + _since(rng.lognormal(4, 1, len(visit)), size)
    return frame(
        seconds=seconds,
        event_type=kinds,
        sku=[f"S{k:02}" for k in rng.choice(n_skus, len(visit), p=weight / weight.sum())],
        user_key=[f"u{k}" for k in person[visit]],
    )


def _since(gaps: np.ndarray, size: np.ndarray) -> np.ndarray:
    total = np.cumsum(gaps)
    return total - np.repeat(total[np.cumsum(size) - size], size)


def frame(*, seconds: Any, **columns: Any) -> pd.DataFrame:
    """Return events at seconds since the start."""
    time = START + pd.to_timedelta(np.asarray(seconds, dtype=float).round(3), unit="s")
    return pd.DataFrame({"event_time": time, **columns})


def on_day(day: int, seconds: Any, **columns: Any) -> pd.DataFrame:
    return frame(seconds=day * 86_400 + np.asarray(seconds, dtype=float), **columns)


def opened(*parts: pd.DataFrame) -> Events:
    return read_events(pa.Table.from_pandas(pd.concat(parts), preserve_index=False))


def mean_weight(trust: Trust, events: pd.DataFrame) -> float:
    """Return the mean weight of some events."""
    from c2m.signals.counting.coding import user_ids

    ids, known = user_ids(pa.chunked_array([pa.array(events["user_key"])]))
    days = events["event_time"].dt.floor("D").astype("int64").to_numpy()
    unit = {"ns": 86_400 * 10**9, "us": 86_400 * 10**6, "ms": 86_400_000, "s": 86_400}
    days = days // unit[events["event_time"].dt.unit]
    weights = np.ones(len(events))
    for day in np.unique(days):
        rows = days == day
        weights[rows] = trust.weights(int(day), ids[rows], known[rows])
    return float(weights.mean())


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    return shop()


@pytest.fixture(scope="session")
def weight() -> Callable[[Trust, pd.DataFrame], float]:
    return mean_weight
