from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from c2m.periods import Calendar
from c2m.production.factory import Factory

WEEKS = Calendar("W")
CUTOFF = pd.Timestamp("2026-11-16")


@dataclass(frozen=True)
class FixedDemand:
    """Paths that are what they are: asking for all of them gives them in their order."""

    paths: np.ndarray  # [S, N, H]
    skus: tuple[str, ...]
    calendar: Calendar = WEEKS
    cutoff: pd.Timestamp = CUTOFF

    @property
    def keys(self):
        return pd.DataFrame({"sku": self.skus})

    @property
    def periods(self):
        first = int(self.calendar.ordinal([np.datetime64(self.cutoff, "D")])[0]) + 1
        return self.calendar.labels(first, self.paths.shape[2])

    def sample(self, n, seed):
        if n == len(self.paths):
            return self.paths
        return self.paths[np.random.default_rng(seed).integers(len(self.paths), size=n)]


def fixed_demand(paths, skus=None, **more):
    paths = np.asarray(paths, dtype=float)
    names = tuple(skus or [f"S{number:03d}" for number in range(paths.shape[1])])
    return FixedDemand(paths, names, **more)


def simple_factory(n_skus=2, *, lines=None, product=None, routing=None, **tables):
    """Return a factory with one line; every table can be overridden by columns or rows."""
    skus = [f"S{number:03d}" for number in range(n_skus)]
    products = {"sku": skus, "price": 10.0, "unit_cost": 4.0, "end_value": 2.0}
    routings = {"sku": skus, "line": "L1"}
    plain = {"line": ["L1"], "capacity": [100.0], "unit": ["pieces"]}
    return Factory.from_frames(
        lines=pd.DataFrame({**plain, **(lines or {})}),
        products=pd.DataFrame({**products, **(product or {})}),
        routings=pd.DataFrame({**routings, **(routing or {})}),
        freq="W",
        **tables,
    )


def random_case(seed, *, n_skus=20, n_periods=8, n_scenarios=30, n_lines=1, load=0.95):
    """Return demand and factory of a season with trends, set-ups, MOQs, multiples and overtime."""
    rng = np.random.default_rng(seed)
    base = rng.lognormal(3.0, 0.8, n_skus)
    season = 1 + 0.3 * np.sin(np.arange(n_periods) / n_periods * 6 + rng.uniform(0, 6, (n_skus, 1)))
    level = rng.gamma(8, 1 / 8, (n_scenarios, n_skus, 1))
    market = rng.gamma(20, 1 / 20, (n_scenarios, 1, 1))
    week = rng.gamma(4, 1 / 4, (n_scenarios, n_skus, n_periods))
    paths = rng.poisson(base[:, None] * season * level * market * week)
    price = rng.uniform(10, 60, n_skus).round(2)
    cost = (price * rng.uniform(0.3, 0.7, n_skus)).round(2)
    unit_time = rng.uniform(0.5, 2.0, n_skus).round(2)
    need = float((unit_time * base).sum()) + 2.5 * n_skus
    capacity = max(need / load / n_lines, 300.0)
    names = [f"L{number + 1}" for number in range(n_lines)]
    skus = [f"S{number:03d}" for number in range(n_skus)]
    routings = [
        pd.DataFrame(
            {
                "sku": skus,
                "line": name,
                "unit_time": unit_time,
                "setup_time": 10.0,
                "setup_cost": rng.uniform(20, 80, n_skus).round(1),
                "moq": np.rint(base * 0.5).astype(int),
                "lot_multiple": rng.choice([1, 6, 12], n_skus),
            }
        )
        for name in names
    ]
    factory = simple_factory(
        n_skus,
        lines={
            "line": names,
            "capacity": [capacity] * n_lines,
            "unit": ["minutes"] * n_lines,
            "overtime_limit": [0.2 * capacity] * n_lines,
            "overtime_cost": [2.0] * n_lines,
        },
        product={
            "price": price,
            "unit_cost": cost,
            "end_value": (cost * 0.6).round(2),
            "holding_cost": (cost * 0.005).round(3),
        },
        routing=pd.concat(routings).to_dict("list"),
    )
    return fixed_demand(paths), factory


@pytest.fixture(name="fixed_demand")
def fixed_demand_fixture():
    return fixed_demand


@pytest.fixture(name="simple_factory")
def simple_factory_fixture():
    return simple_factory


@pytest.fixture(name="random_case")
def random_case_fixture():
    return random_case
