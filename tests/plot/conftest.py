from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import c2m
from c2m.distribution import GammaPoisson

mpl.use("agg")

SKUS = ["00123", "3-4", "A$B$", "PARKA"]


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def panel() -> c2m.Panel:
    rng = np.random.default_rng(0)
    weeks = pd.date_range("2026-08-03", periods=12, freq="7D")
    rows = [(sku, week, float(rng.poisson(8))) for sku in SKUS for week in weeks]
    frame = pd.DataFrame(rows, columns=["sku", "period", "sales"])
    frame.loc[(frame["sku"] == "PARKA") & (frame["period"] == weeks[5]), "sales"] = np.nan
    return c2m.Panel.from_frame(frame, freq="W", gaps="unknown")


@pytest.fixture(scope="session")
def demand(panel) -> c2m.Demand:
    mean = np.array([8.0, 9.0, 7.0, 40.0])[:, None] * np.ones(4)
    return c2m.Demand(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first + panel.n_periods,
        law=GammaPoisson(mean, 0.3, 0.1),
    )


@pytest.fixture(scope="session")
def plan(demand) -> c2m.Plan:
    lines = [
        c2m.Line("SEW", 60.0, "minutes", overtime_limit=20.0, overtime_cost=0.1),
        c2m.Line("PACK", 500.0, "pieces"),
    ]
    factory = c2m.Factory.from_frames(
        lines=lines,
        products=[c2m.Product(sku, 10.0, 3.0, end_value=2.0) for sku in SKUS],
        routings=[
            *(c2m.Routing(sku, "SEW", unit_time=2.0, setup_time=5.0) for sku in SKUS[:3]),
            c2m.Routing("PARKA", "PACK", moq=20),
        ],
        shutdowns=pd.DataFrame(
            {"line": ["SEW"], "first_day": ["2026-11-02"], "last_day": ["2026-11-08"]}
        ),
        currency="EUR",
    )
    return c2m.plan_production(demand, factory, n_scenarios=50, method="heuristic")


@pytest.fixture(scope="session")
def tested(panel) -> c2m.Backtest:
    filled = panel.select(SKUS[:3])
    models = {"short": c2m.MovingAverage(window=2)}
    return c2m.backtest(models, filled, horizon=2, windows=3)
