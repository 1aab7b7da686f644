from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel
from c2m.periods import Calendar


def _make(
    n_series: int = 12,
    n_periods: int = 40,
    *,
    seed: int = 0,
    freq: str = "W",
    ahead: int = 0,
    late: bool = False,
) -> Panel:
    """Counts around a level that views announce, sold more in promoted periods."""
    chance = np.random.default_rng(seed)
    calendar = Calendar.of(freq)
    level = chance.gamma(2.0, 4.0, size=(n_series, 1))
    promotion = (chance.random((n_series, n_periods + ahead)) < 0.2).astype(float)
    mean = level * (1 + promotion[:, :n_periods])
    sales = chance.poisson(mean).astype(float)
    views = chance.poisson(5 * level, size=(n_series, n_periods)).astype(float)
    if late:
        sales[n_series // 2, : n_periods // 2] = np.nan
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:03d}" for number in range(n_series)]}),
        calendar=calendar,
        first=int(calendar.ordinal("2024-01-01")),
        n_periods=n_periods,
        channels={
            "sales": sales,
            "views": views,
            "price": np.full((n_series, n_periods), 10.0),
            "promotion": promotion,
        },
        known=("promotion",),
        attributes=pd.DataFrame({"line": np.where(np.arange(n_series) % 2, "even", "odd")}),
    )


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., Panel]:
    return _make
