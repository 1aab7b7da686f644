from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import c2m
from c2m.distribution import GammaPoisson

mpl.use("agg")

CODES = ["00123", "3-4", "=1+1", "<b>&'\"", "1E5", "PARKA-RED-M"]


@dataclass(frozen=True)
class Case:
    """A panel, its forecast, the plan for it and a backtest."""

    panel: c2m.Panel
    demand: c2m.Demand
    plan: c2m.Plan
    tested: c2m.Backtest


@pytest.fixture(scope="session")
def case() -> Case:
    rng = np.random.default_rng(1)
    weeks = pd.date_range("2026-08-03", periods=16, freq="7D")
    rows = [
        (sku, f"style <{number % 2}>", week, float(rng.poisson(6 + 3 * number)))
        for number, sku in enumerate(CODES)
        for week in weeks
    ]
    frame = pd.DataFrame(rows, columns=["sku", "style", "period", "sales"])
    panel = c2m.Panel.from_frame(frame, freq="W", attributes=["style"], currency="EUR")
    mean = panel["sales"].astype(float).mean(axis=1)[:, None] * np.ones(4)
    demand = c2m.Demand(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first + panel.n_periods,
        law=GammaPoisson(mean, 0.3, 0.1),
        attributes=panel.attributes,
        notes=("<MovingAverage> was picked & that is why.",),
    )
    factory = c2m.Factory.from_frames(
        lines=[
            c2m.Line("SEW", 90.0, "minutes", overtime_limit=30.0, overtime_cost=0.1),
            c2m.Line("PACK", 400.0, "pieces"),
        ],
        products=[c2m.Product(sku, 10.0, 3.0, end_value=2.0) for sku in CODES],
        routings=[
            *(c2m.Routing(sku, "SEW", unit_time=2.0, setup_time=5.0) for sku in CODES[:4]),
            *(c2m.Routing(sku, "PACK", moq=20, lead_time_periods=1) for sku in CODES[4:]),
        ],
        currency="EUR",
    )
    stock = pd.DataFrame({"sku": CODES, "on_hand": 5})
    plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=50, method="heuristic")
    models = {"short": c2m.MovingAverage(window=3)}
    return Case(panel, demand, plan, c2m.backtest(models, panel, horizon=4, windows=2))


@pytest.fixture(scope="session")
def outside(case) -> c2m.Plan:
    """The same runs, as another program would hand them over."""
    frame = case.plan.runs[["sku", "line", "period", "quantity", "available"]]
    return c2m.Plan.from_frame(
        frame, freq="W", available="available", first=case.demand.periods[0], horizon=4
    )
