"""Markets of which everything is known, small enough for a test."""

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel
from c2m.periods import Calendar

MONDAY = int(np.datetime64("2026-03-02", "D").astype(int))


def _make_panel(channels, attributes=None, freq="D"):
    """Return a panel of arrays of the shape (n_series, n_periods)."""
    arrays = {name: np.asarray(values, dtype=np.float32) for name, values in channels.items()}
    n_series, n_periods = arrays["sales"].shape
    calendar = Calendar(freq)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:05d}" for number in range(n_series)]}),
        calendar=calendar,
        first=int(calendar.ordinal(np.datetime64(MONDAY, "D"))),
        n_periods=n_periods,
        channels=arrays,
        attributes=pd.DataFrame() if attributes is None else attributes,
    )


def _grid(n_styles, n_colours, n_sizes):
    """Return the attributes of all SKUs of some styles."""
    index = pd.MultiIndex.from_product(
        [range(n_styles), range(n_colours), range(n_sizes)], names=["style", "colour", "size"]
    )
    return index.to_frame(index=False).astype(str)


@pytest.fixture(scope="session")
def make_panel():
    """Return the maker of panels from arrays."""
    return _make_panel


@pytest.fixture(scope="session")
def grid():
    """Return the maker of attributes."""
    return _grid


@pytest.fixture(scope="session")
def plain_market():
    """Poisson sales cut off at the time at which stock runs out, with views; truth beside it.

    A quarter of the cells runs out, at a uniform share of their demand. A page is seen 0.7 times
    as often while its SKU is out. Levels drift, weekdays differ, a shock is shared by a style.
    """
    rng = np.random.default_rng(11)
    n_series, n_periods = 240, 90
    attributes = _grid(12, 5, 4)
    style = attributes["style"].astype(int).to_numpy()
    level = rng.gamma(3, 12, (n_series, 1)) * np.exp(
        np.cumsum(rng.normal(0, 0.01, (n_series, n_periods)), axis=1)
    )
    week = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9])[np.arange(n_periods) % 7]
    shock = rng.gamma(30, 1 / 30, (12, n_periods))[style]
    rate = level * week * shock
    share = np.where(rng.random(rate.shape) < 0.25, rng.random(rate.shape), 1.0)
    served, lost = rng.poisson(rate * share), rng.poisson(rate * (1 - share))
    views = rng.poisson(25 * rate * (share + 0.7 * (1 - share)))
    panel = _make_panel({"sales": served, "in_stock_demand": share, "views": views}, attributes)
    return panel, served + lost
