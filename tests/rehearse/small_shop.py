"""A small shop and its factory, on which policies are played."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from c2m.forecast import MovingAverage
from c2m.panel import Panel
from c2m.production import (
    Factory,
    Group,
    Lane,
    Limit,
    Line,
    Policy,
    Product,
    Routing,
    Shutdown,
)
from c2m.rehearse import MovingAverageStock, OrderWhatSold, Ours, ReorderPoint, rehearse

WEEKS = pd.date_range("2026-01-05", periods=40, freq="7D")
SKUS = ("CAP", "SCARF", "TEE")


def draw_sales(seed=0, n_weeks=40):
    rng = np.random.default_rng(seed)
    return rng.poisson(np.array([[6.0], [2.0], [15.0]]), (3, n_weeks))


def make_panel(sales):
    frame = pd.DataFrame(
        {
            "sku": np.repeat(SKUS, sales.shape[1]),
            "period": np.tile(WEEKS[: sales.shape[1]], 3),
            "sales": sales.ravel(),
        }
    )
    return Panel.from_frame(frame, freq="W")


@cache
def make_factory(*, frozen_periods=0, lead=2, moq=6, yield_share=1.0, capacity=30.0):
    return Factory.from_frames(
        lines=[
            Line("A", capacity, "pieces", overtime_limit=8.0, overtime_cost=1.5, plant="HUE"),
            Line("B", 40.0, "pieces", plant="HUE"),
        ],
        products=[
            Product("CAP", 12.0, 5.0, 3.0, holding_cost=0.05, lost_sale_penalty=1.0),
            Product("SCARF", 30.0, 11.0, 6.0, holding_cost=0.1),
            Product("TEE", 20.0, 8.0, 4.0, holding_cost=0.08),
        ],
        routings=[
            Routing("CAP", "A", setup_cost=4.0, setup_time=1.0, moq=moq, lot_multiple=2),
            Routing("SCARF", "A", setup_cost=3.0, moq=2, yield_share=yield_share),
            Routing("TEE", "B", setup_cost=6.0, moq=moq, lead_time_periods=1),
        ],
        groups=[Group("CAP", "SOFT"), Group("SCARF", "SOFT")],
        limits=[Limit("group", "SOFT", "A", moq=8, setup_cost=2.5)],
        lanes=[
            Lane("HUE", "sea", 0.4, lead_time_periods=lead, co2e_per_unit=0.1),
            Lane("HUE", "air", 2.0, lead_time_periods=0, co2e_per_unit=1.2),
        ],
        shutdowns=[Shutdown("A", "2026-08-03", "2026-08-09")],
        policy=Policy(frozen_periods=frozen_periods),
        currency="EUR",
    )


def opening_stock():
    return pd.DataFrame({"sku": SKUS, "on_hand": [20.0, 6.0, 40.0]})


START = WEEKS[28]
SIMPLE = (MovingAverageStock(), ReorderPoint(), OrderWhatSold())


def ours(**more):
    return Ours(MovingAverage(4), n_scenarios=2, method="heuristic", **more)


def play(panel, factory=None, policies=SIMPLE[-1:], **more):
    given = {"horizon": 6, "start": START, "stock": opening_stock(), **more}
    return rehearse(panel, factory or make_factory(), policies=policies, **given)


@cache
def by_one_way():
    """Return the factory without a choice of transport, which is planned sooner."""
    return make_factory().with_tables(lanes=[])


@dataclass
class Spy:
    """Remembers what it was told, and orders the same again and again."""

    name: str = "spy"
    told: list = field(default_factory=list)
    quantity: int = 10

    def decide(self, known):
        self.told.append(known)
        return pd.DataFrame(
            {"sku": ["TEE"], "line": "B", "mode": "air", "period": known.period}
        ).assign(quantity=self.quantity)
