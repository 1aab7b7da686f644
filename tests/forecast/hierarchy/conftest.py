from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel
from c2m.periods import Calendar


def _make(
    *,
    n_skus: int = 4,
    n_channels: int = 2,
    n_locations: int = 3,
    n_periods: int = 120,
    seed: int = 0,
    drift: float = 0.0,
) -> Panel:
    """Daily counts of SKUs x channels x locations with a week, and a drift that all share."""
    chance = np.random.default_rng(seed)
    calendar = Calendar.of("D")
    keys = pd.MultiIndex.from_product(
        [
            [f"S{number:03d}" for number in range(n_skus)],
            [f"C{number}" for number in range(n_channels)],
            [f"L{number}" for number in range(n_locations)],
        ],
        names=["sku", "channel", "location"],
    ).to_frame(index=False)
    days = np.arange(n_periods)
    shape = np.exp(0.3 * np.sin(2 * np.pi * days / 7) + drift * days / n_periods)
    level = chance.gamma(2.0, 2.0, size=(len(keys), 1))
    sales = chance.poisson(level * shape).astype(float)
    stock = (chance.random(sales.shape) > 0.05).astype(float)
    return Panel(
        keys=keys,
        calendar=calendar,
        first=int(calendar.ordinal("2025-01-06")),
        n_periods=n_periods,
        channels={"sales": sales * stock, "in_stock": stock, "views": sales + 1},
        attributes=pd.DataFrame({"line": np.where(keys["sku"] < "S002", "one", "two")}),
    )


@pytest.fixture(scope="session")
def make_cube() -> Callable[..., Panel]:
    return _make
