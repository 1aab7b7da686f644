from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel
from c2m.periods import Calendar


def _panel(sales: object, freq: str = "D", **channels: object) -> Panel:
    values = np.array(sales, dtype=float)
    calendar = Calendar.of(freq)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:03d}" for number in range(len(values))]}),
        calendar=calendar,
        first=int(calendar.ordinal("2024-01-01")),
        n_periods=values.shape[1],
        channels={"sales": values, **{name: np.array(v, float) for name, v in channels.items()}},
    )


@pytest.fixture(scope="session")
def panel_of() -> Callable[..., Panel]:
    return _panel


@pytest.fixture(scope="session")
def sparse_counts() -> np.ndarray:
    """Counts of which most are 0; some unknown, some before the first known period."""
    chance = np.random.default_rng(5)
    counts = chance.poisson(chance.gamma(0.6, 1.5, (40, 1)), (40, 70)).astype(float)
    counts[chance.random(counts.shape) < 0.1] = np.nan
    counts[:5, :30] = np.nan
    counts[5] = 0.0
    return counts
