"""Plans for known demand in lots: what a lot brings beyond its need serves the next one."""

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import PathSet
from c2m.periods import Calendar
from c2m.production import Factory, Line, Product, Routing
from c2m.production.lotsizing.decomposition import solve
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.plan_production import read_problem


def test_what_a_lot_brings_beyond_a_week_is_not_made_again_for_the_next_one():
    week = Calendar.of("W")
    demand = Demand(
        keys=pd.DataFrame({"sku": ["CAP"]}),
        calendar=week,
        first=int(week.ordinal("2026-11-23")),
        law=PathSet(np.full((1, 1, 8), 3.0, dtype=np.float32)),
    )
    factory = Factory.from_frames(
        lines=[Line("A", 100.0, "pieces")],
        products=[Product("CAP", 20.0, 8.0, 8.0, holding_cost=1.0)],
        routings=[Routing("CAP", "A", moq=10, lot_multiple=5)],
    )
    problem = read_problem(demand, factory, None, None, n_scenarios=1, seed=0)[0]
    brought = np.array([3.0, 3.0, 3.0, 3.0, 0.0, 14.0, 3.0, 3.0])[:, None]
    way = np.where(brought > 0, 0, -1).astype(np.int8)
    made = solve._made(problem, Known.of(problem), way, brought)
    assert made.tolist() == [[10, 0, 0, 10, 0, 10, 0, 10]]
