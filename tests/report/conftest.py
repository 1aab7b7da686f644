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


HOSTILE = [
    *("+7", "00123", "10-12", "=1+1", "<script>alert(1)</script>", "@x", "A$B", "L" * 200),
    *("\N{GRINNING FACE}-M", 'id="q" url(#z): #1f2933'),
]


@dataclass(frozen=True)
class Mixed:
    """A plan of a factory with yields, groups, lanes, a pre-pack, and materials."""

    demand: c2m.Demand
    factory: c2m.Factory
    stock: pd.DataFrame
    on_order: pd.DataFrame
    plan: c2m.Plan


@pytest.fixture(scope="session")
def mixed() -> Mixed:
    """Make a plan of codes that programs like to change."""
    skus, parts = sorted(HOSTILE), c2m.production
    week = c2m.Calendar.of("W")
    mean = np.random.default_rng(3).gamma(2.0, 6.0, len(skus))[:, None] * np.ones(6)
    places = range(len(skus))
    attributes = pd.DataFrame(
        {
            "style": [f"<b>S{place // 4}</b>" for place in places],
            "colour": ["=RED()" if place % 2 else "@blk" for place in places],
            "size": [(8.0, 10.0, 10.5, np.nan)[place % 4] for place in places],
        }
    )
    first = int(week.ordinal("2026-11-23"))
    demand = c2m.Demand(
        pd.DataFrame({"sku": skus}), week, first, GammaPoisson(mean, 0.3, 0.1), attributes
    )
    factory = c2m.Factory.from_frames(
        lines=[
            c2m.Line("SEW", 400.0, "minutes", overtime_limit=60.0, overtime_cost=0.2, plant="PT"),
            c2m.Line("<i>PACK</i>", 500.0, "pieces", plant="CN"),
        ],
        products=[
            c2m.Product(sku, 10.0 + place, 3.0 + place / 5, 1.0, 0.02, 0.5)
            for place, sku in enumerate(skus)
        ],
        routings=[
            *(c2m.Routing(sku, "SEW", 1.0, 5.0, 4.0, yield_share=0.9) for sku in skus),
            *(
                c2m.Routing(sku, "<i>PACK</i>", moq=10, lot_multiple=5, lead_time_periods=1)
                for sku in skus[5:]
            ),
        ],
        groups=[parts.Group(sku, f"G{place % 3}") for place, sku in enumerate(skus)],
        limits=[parts.Limit("group", f"G{n}", "SEW", moq=20, setup_cost=10.0) for n in range(3)],
        prepacks=[parts.Prepack("PK<1>", sku, 2) for sku in skus[:2]],
        lanes=[
            parts.Lane("CN", "sea", 0.1, 2, co2e_per_unit=0.05),
            parts.Lane("CN", "air", 1.0, 0, co2e_per_unit=2.0),
            parts.Lane("PT", "truck", 0.2, 0, co2e_per_unit=0.3),
        ],
        materials=[
            parts.Material("=cloth", "m", 50.0, 1.2, moq=100.0, lot_multiple=25.0,
                           lead_time_periods=1)
        ],
        bill_of_materials=[parts.MaterialUse(sku, "=cloth", 1.5) for sku in skus[::2]],
        currency="EUR",
    )  # fmt: skip
    stock = pd.DataFrame({"sku": skus, "on_hand": 3 * np.arange(len(skus))})
    orders = {"sku": skus[:2], "ordered": [30, 10], "received": [5, 0]}
    on_order = pd.DataFrame(orders | {"due": ["2026-11-23", "2026-12-07"]})
    plan = c2m.plan_production(
        demand, factory, stock=stock, on_order=on_order, n_scenarios=20, method="heuristic"
    )
    return Mixed(demand, factory, stock, on_order, plan)
