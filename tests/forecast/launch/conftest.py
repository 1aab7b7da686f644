"""Simulated launches with a known truth: views foretell the level, sales fade with age."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel
from c2m.periods import Calendar


@dataclass(frozen=True)
class Launches:
    """A panel and the truth behind it: means (n_series, n_periods + ahead), births."""

    panel: Panel
    mean: np.ndarray
    born: np.ndarray
    future: np.ndarray


def _simulate(
    n_series: int = 60,
    n_periods: int = 90,
    *,
    ahead: int = 26,
    seed: int = 0,
    freq: str = "W",
    fade: float = 12.0,
    spread: float = 0.5,
    base: float = 12.0,
) -> Launches:
    chance = np.random.default_rng(seed)
    calendar = Calendar.of(freq)
    born = np.sort(chance.integers(2, n_periods + 1, n_series))
    born[:5] = 0
    born[-4:] = n_periods
    kind = np.arange(n_series) % 2
    level = base * np.exp(0.4 * kind + spread * chance.normal(size=n_series))
    age = np.arange(n_periods + ahead) - born[:, None]
    curve = np.where(age < 0, 0.0, 0.3 + np.exp(-np.maximum(age, 0) / fade))
    mean = level[:, None] * curve
    units = chance.poisson(mean * chance.gamma(5.0, 0.2, mean.shape)).astype(float)
    sales = np.where(age < 0, np.nan, units)
    views = chance.poisson(10 * level[:, None] * np.where(age < -8, 0.0, 1.0), mean.shape)
    panel = Panel(
        keys=pd.DataFrame({"sku": [f"S{number:03d}" for number in range(n_series)]}),
        calendar=calendar,
        first=int(calendar.ordinal("2024-01-01")),
        n_periods=n_periods,
        channels={
            "sales": sales[:, :n_periods],
            "views": views[:, :n_periods].astype(float),
        },
        attributes=pd.DataFrame({"kind": np.where(kind == 1, "coat", "hat")}),
    )
    return Launches(panel, mean, born, units[:, n_periods:])


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Launches]:
    return _simulate
